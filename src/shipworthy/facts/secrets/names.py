"""Tells from a setting's or variable's name whether it names a secret, and of which kind."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from shipworthy.facts.secrets import words

Kind = Literal["password", "signing", "secret", "key", "token"]

_BORDER = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


PUBLIC_PREFIX = re.compile(
    r"^(?:NEXT_PUBLIC|NUXT_PUBLIC|NUXT_ENV|VITE|REACT_APP|EXPO_PUBLIC|GATSBY|PUBLIC(?!_KEYS?(?:_|$))|VUE_APP|STORYBOOK)_"
)
"""What front-end frameworks want before the name of a setting that goes into the browser's bundle."""


_PRIVATE_PREFIX = re.compile(r"^NEXT_(?:PRIVATE_|(?=[A-Z0-9]+_))")
"""The framework's name, and not the next page's: NEXT_PRIVATE_API_KEY and NEXT_STRIPE_KEY, unlike NEXT_TOKEN."""


@dataclass(frozen=True, slots=True)
class SecretName:
    """What a name says. `sure`: nothing in it speaks against a secret."""

    kind: Kind
    sure: bool


def split(name: str) -> list[str]:
    """The words of a name in lower case: `DB_apiKey` is db, api, key."""
    return [word.lower() for word in _BORDER.split(name) if word]


@lru_cache(maxsize=65_536)
def read_name(name: str) -> SecretName | None:
    """What kind of secret a name names; None for none: `API_KEY` is a key, `API_KEY_HEADER` is nothing."""
    parts = _joined(split(_PRIVATE_PREFIX.sub("", PUBLIC_PREFIX.sub("", name))))
    while len(parts) > 1 and (parts[-1] in words.NEUTRAL_TAIL or parts[-1].isdigit()):
        parts.pop()
    if not parts:
        return None
    found = _at_end(parts)
    if found is not None:
        return found
    if parts[-1] in words.OTHER_TAIL:
        return None
    # `SECRET_KEY_PLANTSHOP`: a word nobody knows follows.
    for end in range(len(parts) - 1, max(len(parts) - 4, 0), -1):
        if parts[end] in words.OTHER_TAIL:
            return None
        inner = _at_end(parts[:end])
        if inner is not None:
            return SecretName(inner.kind, False)
    return None


def _joined(parts: list[str]) -> list[str]:
    found: list[str] = []
    for part in parts:
        if found and found[-1] == "pass" and part in words.PASS_WORDS:
            found[-1] += part
        else:
            found.append(part)
    return found


def _at_end(parts: list[str]) -> SecretName | None:
    last, before = parts[-1], parts[:-1]
    if any(word in words.NOT_A_SECRET for word in before):
        return None
    previous = before[-1] if before else ""
    if last == "pass" and previous in words.PASSES:
        return None
    if last in words.PASSWORD:
        return SecretName("password", True)
    if last in words.SECRET:
        return SecretName("signing" if previous in words.SIGNING else "secret", True)
    if last in ("key", "keys", "pat"):
        return _key(before, previous, last)
    if last in ("token", "tokens") and previous in words.NOT_A_TOKEN:
        return None
    if last in words.TOKEN:
        return SecretName("token", last in ("token", "jwt", "bearer"))
    if last in ("salt", "pepper"):
        return SecretName("secret", False)
    for ending, kind in words.GLUED:
        if last.endswith(ending) and last not in words.NOT_GLUED:
            return SecretName(kind, True)  # type: ignore[arg-type]  # GLUED holds kinds
    return None


def _key(before: list[str], previous: str, last: str) -> SecretName | None:
    if last == "pat":
        return SecretName("token", False) if before else None
    if not previous:
        return SecretName("key", False)
    if previous in words.NOT_A_KEY or "public" in before or "publishable" in before or "anon" in before:
        return None
    if previous in ("secret", "signing") or (previous in ("app", "session", "cookie", "jwt") and last == "key"):
        return SecretName("signing", True)
    return SecretName("key", previous in words.KEY_QUALIFIERS)
