"""Masks secrets in text that a person or a report will see: by the scanner's own rules, at their most sensitive."""

from __future__ import annotations

import re

from shipworthy.facts.secrets import values
from shipworthy.facts.secrets.context import context_of
from shipworthy.facts.secrets.identity import BULLETS
from shipworthy.facts.secrets.scanner import scan

_ENV_LINE = re.compile(rb"^[ \t]*#?[ \t]*(?:export[ \t]+)?[A-Za-z_][\w.]*[ \t]*=[ \t]*(?P<value>[^\r\n]+)", re.M)
_PLAIN_VALUE = re.compile(rb"[\"']?(?:true|false|yes|no|on|off|\d{1,6}|[a-z]{0,12}|)[\"']?[ \t]*(?:#.*)?", re.I)
_RUN = re.compile(rb"(?<![\w+/=-])[A-Za-z0-9+/_=-]{20,2000}(?![\w+/=-])")
_HEX = re.compile(rb"[0-9a-fA-F]+")
_KEY_BLOCK = re.compile(
    rb"-{5}BEGIN[ A-Z0-9]{0,30}PRIVATE[ ]KEY[^-]{0,20}-{5}(?P<value>[\s\S]{0,20000}?)(?:-{5}END|\Z)"
)


def mask_text(path: str, text: str) -> str:
    """The text with every secret replaced by bullets; newlines stay, so line numbers do too.

    In env files every value goes (in an example of one, all but words, short numbers and switches); elsewhere
    whatever the scanner finds, what its filters were in doubt about, and long random text.
    """
    data = text.encode("utf-8", "surrogateescape" if _escaped(text) else "replace")
    spans = [(hit.start, hit.end) for hit in scan(path, data, sensitive=True).hits]
    spans += [match.span("value") for match in _KEY_BLOCK.finditer(data)]
    name = path.rpartition("/")[2]
    if name.startswith(".env") or name.endswith(".env"):
        example = context_of(path).role == "example"
        spans += [
            match.span("value")
            for match in _ENV_LINE.finditer(data)
            if not (example and _PLAIN_VALUE.fullmatch(match.group("value")))
        ]
    spans += [match.span() for match in _RUN.finditer(data) if _stray(match.group())]
    return _covered(data, spans).decode("utf-8", "surrogateescape")


def mask_lines(path: str, text: str) -> list[str]:
    """The lines of a file (split at newlines, without carriage returns) with every secret masked."""
    return [line.removesuffix("\r") for line in mask_text(path, text).split("\n")]


def _escaped(text: str) -> bool:
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True


def _stray(run: bytes) -> bool:
    # A run of hex is far more often a pinned commit or a digest, which a reader needs to see.
    return not _HEX.fullmatch(run) and values.random(run.decode("ascii"), 20)


def _covered(data: bytes, spans: list[tuple[int, int]]) -> bytes:
    shown: list[bytes] = []
    position = 0
    for start, end in sorted(spans):
        if end <= position:
            continue
        start = max(start, position)
        shown.append(data[position:start])
        # Nothing of a line's ends or of its length is given away, but every newline stays.
        shown.append(b"\n".join(BULLETS.encode() if part.strip() else part for part in data[start:end].split(b"\n")))
        position = end
    shown.append(data[position:])
    return b"".join(shown)
