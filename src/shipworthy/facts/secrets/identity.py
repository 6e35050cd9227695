"""What may be kept of a secret: a masked preview and, for a random token, a hash; of a chosen password nothing."""

from __future__ import annotations

import hashlib
import re

from shipworthy.facts.secrets.rules import Rule

BULLETS = "••••••••"
_PERSON = b"shipworthysecret"
_SALT = b"token"
_SPACE = re.compile(rb"\\[nrt]|[\s\"',+\\]")
LEAST_SALT = 16


def masked(rule: Rule | None, value: bytes, guessable: bool) -> str:
    """A preview: the prefix that every token of the kind has, and bullets; of the value itself not one character.

    Of a value somebody could guess, and of a key over several lines, the prefix is not shown either.
    """
    text = value.decode("utf-8", "replace")
    if guessable or len(text) < 16 or "\n" in text or (rule is not None and rule.shape == "pem"):
        return BULLETS
    prefix = ""
    if rule is not None and rule.gate != "shape" and rule.shape == "token":
        keywords = [word for word in rule.keywords if text.startswith(word) and len(word) * 2 <= len(text)]
        prefix = max(keywords, key=len, default="")
    return f"{prefix}{BULLETS}"


def token_hash(rule: str, value: bytes) -> str:
    """32 hex digits that are the same wherever the token stands. Only for values of 64 bits of entropy and more.

    The salt here is the same for all projects, which is safe for such values only: nobody can try them all. A
    project's own salt is mixed in by `identity`.
    """
    bare = _SPACE.sub(b"", value)
    return hashlib.blake2b(rule.encode() + b"\0" + bare, digest_size=16, salt=_SALT, person=_PERSON).hexdigest()


def identity(token: str, salt: bytes) -> str:
    """A finding's fingerprint (16 hex digits) from a token hash and the project's salt (empty where it has none)."""
    return hashlib.sha256(salt + b"\0" + token.encode("ascii")).hexdigest()[:16]
