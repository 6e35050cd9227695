"""Makes example secrets at run time from the rules' parts, so that no token-shaped text stands in the repository."""

from __future__ import annotations

import base64
import json
import random
import re
import string
from collections.abc import Iterator

from shipworthy.facts.secrets.forms import crc32
from shipworthy.facts.secrets.rules import Rule

ALPHABETS = {
    "an": string.ascii_letters + string.digits,
    "word": string.ascii_letters + string.digits + "_-",
    "al": string.ascii_letters,
    "lc": string.ascii_lowercase,
    "hex": "0123456789abcdef",
    "HEX": "0123456789ABCDEF",
    "lo": string.ascii_lowercase + string.digits,
    "b32": string.ascii_uppercase + "234567",
    "b58": "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
    "b64": string.ascii_letters + string.digits + "+/",
    "bech": "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
    "d": string.digits,
    "pw": string.ascii_letters + string.digits + "!*^_",
}
_DRAWN = re.compile(r"\{(\w+):(\d+)\}")


def drawn(kind: str, size: int, seed: int = 1) -> str:
    """`size` characters of one of ALPHABETS, the same for the same seed; edges are letters or digits.

    Besides those, "crc" is letters and digits ending in their own checksum, "coded" the base64 of some; "basic" and
    "jwt" have forms of their own.
    """
    if kind == "basic":
        return base64.b64encode(f"deploy:{drawn('pw', size, seed)}".encode()).decode()
    if kind == "jwt":
        parts = (json.dumps({"alg": "HS256"}), json.dumps({"sub": drawn("hex", 12, seed)}))
        return ".".join(
            [*(base64.urlsafe_b64encode(p.encode()).decode().rstrip("=") for p in parts), drawn("word", size)]
        )
    if kind == "coded":
        return base64.b64encode(drawn("an", size, seed).encode()).decode()
    if kind == "crc":
        body = drawn("an", size - 6, seed)
        return body + crc32(body)
    source = random.Random(f"{kind}{size}{seed}")
    text = [source.choice(ALPHABETS[kind]) for _ in range(size)]
    for edge in (0, -1):
        if not text[edge].isalnum():
            text[edge] = "k"
    if kind == "pw":
        text[1:5] = "K7!q"
    return "".join(text)


def example(rule: Rule, seed: int = 1) -> str:
    """A text the rule must find, made of the rule's parts."""
    count = iter(range(seed * 1_000, seed * 1_000 + 999))
    return _DRAWN.sub(lambda m: drawn(m[1], int(m[2]), next(count)), "".join(rule.example))


def near_misses(rule: Rule) -> Iterator[tuple[str, str]]:
    """What differs, and a text that differs from the rule's example in this alone: the rule must not match it.

    Its marks (the fixed parts of two letters or digits and more) are other ones, the secret is cut to a few characters,
    or a character stands in it that no token has; passwords are of any length and alphabet.
    """
    parts = re.split(r"(\{\w+:\d+\})", "".join(rule.example))
    drawn_parts = [number for number, part in enumerate(parts) if _DRAWN.fullmatch(part)]
    text = [_DRAWN.sub(lambda m: drawn(m[1], int(m[2]), 7), part) for part in parts]
    marks = [number for number in range(0, len(parts), 2) if len(re.findall(r"[A-Za-z0-9]", parts[number])) >= 2]
    if marks:
        changed = list(text)
        for number in marks:
            changed[number] = re.sub(r"[A-Za-z0-9]", lambda m: "%" if m[0] == "y" else "y", text[number])
        yield "mark", "".join(changed)
    if rule.shape not in ("token", "random"):
        return
    longest = max(drawn_parts, key=lambda number: len(text[number]))
    yield "short", "".join([*text[:longest], text[longest][: min(len(text[longest]) // 3, 7)], *text[longest + 1 :]])
    broken = re.sub(r"(...).", "\\1\u00a7", text[longest])
    yield "alphabet", "".join([*text[:longest], broken, *text[longest + 1 :]])


def placeholders(rule: Rule) -> Iterator[str]:
    """The rule's example with what people write where the secret goes."""

    def filled(text: str) -> str:
        def fill(match: re.Match[str]) -> str:
            size = int(match[2])
            return (text * (size // len(text) + 1))[:size]

        return _DRAWN.sub(fill, "".join(rule.example))

    kinds = {match[1] for match in _DRAWN.finditer("".join(rule.example))}
    if kinds <= {"hex", "HEX", "d"}:
        yield from (filled("0"), filled("1234567890") if kinds == {"d"} else filled("0123456789abcdef"))
    elif kinds <= {"b32", "bech"}:
        yield from (filled("X"), filled("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    else:
        yield from (filled("x"), filled("YOUR"), filled("example"))
