"""Judges secrets that have a form of their own: PEM keys, web tokens, Basic headers, connection strings."""

from __future__ import annotations

import base64
import binascii
import json
import re
import string
import zlib
from dataclasses import dataclass
from urllib.parse import unquote

from shipworthy.facts.secrets import values, words
from shipworthy.facts.secrets.context import FileContext
from shipworthy.facts.secrets.rules import load
from shipworthy.model import Confidence


@dataclass(frozen=True, slots=True)
class Refused:
    """No secret, and the filter that says so."""

    by: str


Judged = tuple[str | None, Confidence] | Refused
"""Another rule's id or None for the one that matched, and how sure; or why it is none."""

_PEM_NOISE = re.compile(rb"\\[nrt]|[\s\"'`,+\\]|(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset): ?[^\n\\]*")
_EXAMPLE_HOST = re.compile(
    r"(?:^|\.)(?:example(?:\.\w+)?|invalid|test)(?::\d+)?$|^(?:host(?:name)?|server|your\S*|db_?host)\b", re.I
)
_LOCAL_HOST = re.compile(
    r"^(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[?::1\]?|host\.docker\.internal|[\w-]+\.local)(?::|$)", re.I
)


def pem(value: bytes) -> Judged:
    """A private key's body: base64 of some length. Doc stand-ins such as `MII...` are refused."""
    body = _PEM_NOISE.sub(b"", value)
    if not re.fullmatch(rb"[A-Za-z0-9+/=]{60,}", body):
        return Refused("placeholder")
    text = body.decode("ascii")
    # What a key begins and ends with says how it is written: with many zeros, in OpenSSH's form. The rest is drawn.
    if values.entropy(text) < 4.0 or values.sequence(text[len(text) // 2 : -20]):
        return Refused("entropy")
    return None, Confidence.CERTAIN


def drawn(value: str, least: float, confidence: Confidence) -> Judged:
    """What only a machine writes in such a place, of any characters: by its entropy, `least` in bits a character."""
    if values.entropy(value) < least or values.sequence(value):
        return Refused("entropy")
    return None, confidence


_MOST_KEY_BYTES = 96
_LOGIN = re.compile(
    r'://[^\s:/@]{0,100}:(?P<address>[^\s:/@]{3,200})@|"(?:password|auth)"\s*:\s*"(?P<login>[^"]{4,200})"'
)


def encoded(value: bytes) -> Judged:
    """A value of a manifest in base64: a key in PEM, an address or a login with a password, or a random value."""
    try:
        refused = values.plainly_not(value.decode("ascii"))
        if refused:
            return Refused(refused)
        raw = base64.b64decode(value + b"=" * (-len(value) % 4), validate=True)
    except (binascii.Error, ValueError):
        return Refused("not-a-token")
    try:
        text = raw.decode("utf-8").strip()
    except UnicodeDecodeError:
        # Bytes of a key; those of an archive or a keystore are many more.
        return (None, Confidence.LIKELY) if len(raw) <= _MOST_KEY_BYTES else Refused("not-a-token")
    if "PRIVATE KEY-----" in text:
        return pem(text.partition("KEY-----")[2].partition("-----END")[0].encode("utf-8"))
    found = _LOGIN.search(text)
    secret = (found["address"] or found["login"]) if found else text
    refused = values.plainly_not(secret) or (None if found else values.other_thing(secret))
    if refused:
        return Refused(refused)
    if load().public_key(secret):
        return Refused("public-key")
    if values.random(secret) or (found and values.chosen_password(secret)):
        return None, Confidence.LIKELY
    return Refused("dictionary-words")


def _json_part(part: str) -> dict[str, object] | None:
    try:
        read = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def jwt(value: bytes) -> Judged:
    """A JSON web token, by what its own claims say it is."""
    header, payload, signature = value.decode("ascii").split(".", 2)
    head, claims = _json_part(header), _json_part(payload)
    if head is None or claims is None or "alg" not in head:
        return Refused("not-a-token")
    if str(claims.get("iss", "")).startswith("supabase-demo"):
        return Refused("documented-default")
    if claims.get("role") in ("anon", "authenticated") and "ref" in claims:
        return Refused("public-key")
    if claims.get("role") == "anon" and claims.get("iss") == "supabase":
        return Refused("public-key")
    if claims.get("role") in ("service_role", "supabase_admin"):
        return "supabase-service-role", Confidence.CERTAIN
    if str(claims.get("sub", "")) == "1234567890" or claims.get("name") == "John Doe":
        return Refused("placeholder")
    if values.sequence(signature) or values.entropy(signature) < 3.2:
        return Refused("placeholder")
    lasts = _seconds(claims, "exp") - (_seconds(claims, "iat") or _seconds(claims, "nbf"))
    if 0 < lasts <= 2 * 86_400:
        # It was dead two days after it was made, long before anybody reads it here.
        return None, Confidence.REVIEW
    return None, Confidence.LIKELY


def _seconds(claims: dict[str, object], name: str) -> float:
    value = claims.get(name)
    return value if isinstance(value, int | float) else 0


def basic(value: str) -> Judged:
    """Base64 of `user:password`."""
    try:
        text = base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return Refused("not-a-token")
    user, colon, password = text.partition(":")
    if not colon or not text.isprintable():
        return Refused("not-a-token")
    refused = values.plainly_not(password) if password else values.plainly_not(user)
    if refused:
        return Refused(refused)
    secret = password or user
    return (
        (None, Confidence.LIKELY)
        if values.chosen_password(secret) or values.random(secret, 12)
        else Refused("dictionary-words")
    )


def url(scheme: str, user: str, password: str, host: str) -> Judged:
    """A password in an address: by the password itself, and by whether the host is a real one."""
    refused = values.plainly_not(password)
    if refused and refused != "number":
        return Refused(refused)
    written = values.random(unquote(password), 12) or values.chosen_password(unquote(password))
    if values.plainly_not(host) == "template" and not written:
        return Refused("template")
    if _EXAMPLE_HOST.search(host) or user.startswith(("<", "$", "{")) or "{" in user:
        return Refused("placeholder")
    if scheme in ("urn", "data", "javascript") or (password.isdigit() and len(password) < 6):
        return Refused("code")
    password = unquote(password)
    strong = values.random(password, 12)
    chosen = values.chosen_password(password)
    low = password.lower()
    stand_in = low == user.lower() or low in words.COMMON_PASSWORDS or low in words.PLACEHOLDER_WORDS
    if _LOCAL_HOST.match(host):
        return None, Confidence.LIKELY if strong else Confidence.REVIEW
    real_host = "." in host.partition(":")[0]
    if strong or chosen or (real_host and not stand_in and not values.identifier(password)):
        return None, Confidence.LIKELY
    return None, Confidence.REVIEW


def signing(value: str) -> Judged:
    """A secret handed to a function that signs: words are as bad as a random value, but may be an example."""
    refused = values.plainly_not(value)
    if refused:
        return Refused(refused)
    if values.random(value, 12) or (values.chosen_password(value) and len(value) >= 8):
        return None, Confidence.LIKELY
    return None, Confidence.REVIEW


def password(value: str, *, command: bool = False) -> Judged:
    """A password in a form that leaves no doubt that it is one."""
    refused = values.plainly_not(value)
    if refused:
        return Refused(refused)
    if values.seed_phrase(value):
        return None, Confidence.LIKELY
    other = values.other_thing(value)
    if other and other != "uuid":
        return Refused(other)
    if values.random(value, 12) or values.chosen_password(value):
        return None, Confidence.LIKELY
    return Refused("dictionary-words") if command else (None, Confidence.REVIEW)


_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SUMMED = re.compile(r"[a-z]{3}_([A-Za-z0-9]{30})([A-Za-z0-9]{6})")


def crc32(body: str) -> str:
    """The checksum of a token's body (ASCII): its CRC-32 in base 62, six characters with leading zeros."""
    rest, text = zlib.crc32(body.encode("ascii")), ""
    while rest:
        rest, digit = divmod(rest, len(_DIGITS))
        text = _DIGITS[digit] + text
    return text.rjust(6, "0")


def wrong_crc32(token: str) -> bool:
    """Whether a token of the length that has a checksum ends in another one; longer ones are of newer forms."""
    found = _SUMMED.fullmatch(token)
    return found is not None and crc32(found[1]) != found[2]


def settled(confidence: Confidence, context: FileContext) -> Confidence:
    """What anybody can make, in tests and documentation, is for review."""
    return Confidence.REVIEW if context.doubtful else confidence
