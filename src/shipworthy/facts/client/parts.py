"""Cuts the script out of a component or page, with everything else blanked, so that lines and offsets stay."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_SCRIPT = re.compile(r"<script\b([^>]{0,500})>", re.I)
_END = re.compile(r"</script\b", re.I)
FRONTMATTER = re.compile(r"\A\s*---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.S | re.M)
_SOURCE = re.compile(r"""\bsrc\s*=\s*(?:"([^"]{1,500})"|'([^']{1,500})')""", re.I)
_LANG = re.compile(r"""\blang\s*=\s*["']?(ts|tsx|jsx|typescript)\b""", re.I)
_ISLAND = re.compile(r"<([A-Z][\w.]*)\b[^<>]{0,2000}?\bclient:(?:load|idle|visible|media|only)\b", re.S)
_CODE_TYPES = re.compile(
    r"""\btype\s*=\s*["'](?!module|text/javascript|application/javascript|text/babel|text/typescript)"""
)


@dataclass(slots=True)
class Parts:
    """The script text of a file, as long as the file itself, and what the markup around it says."""

    text: str
    language: str
    sources: list[tuple[str, int]] = field(default_factory=list)
    """`src` of script elements, with their lines."""
    server: tuple[int, int] | None = None
    """Lines that run on the server (Astro's frontmatter), 1-based, inclusive."""
    islands: frozenset[str] = frozenset()
    """Components that Astro sends to the browser."""


def cut(suffix: str, text: str) -> Parts:
    """The parts of a .vue, .svelte, .astro or HTML file."""
    keep: list[tuple[int, int]] = []
    sources: list[tuple[str, int]] = []
    language = "javascript"
    past = 0
    while match := _SCRIPT.search(text, past):
        attributes = match[1]
        closed = _END.search(text, match.end())
        past = closed.start() if closed else len(text)
        found = _SOURCE.search(attributes)
        if found:
            sources.append((found[1] or found[2], text.count("\n", 0, match.start()) + 1))
        if _CODE_TYPES.search(attributes):
            continue
        told = _LANG.search(attributes)
        if told or suffix == ".astro":
            language = "tsx" if told and told[1].lower() in ("tsx", "jsx") else "typescript"
        keep.append((match.end(), past))
    server = None
    islands: frozenset[str] = frozenset()
    if suffix == ".astro":
        language = "typescript"
        front = FRONTMATTER.search(text)
        if front:
            keep.append(front.span(1))
            server = (text.count("\n", 0, front.start(1)) + 1, text.count("\n", 0, front.end(1)) + 1)
        islands = frozenset(match[1].partition(".")[0] for match in _ISLAND.finditer(text))
    pieces: list[str] = []
    at = 0
    for start, end in sorted(keep):
        if start < at:
            continue
        pieces += [_blank(text[at:start]), text[start:end]]
        at = end
    pieces.append(_blank(text[at:]))
    return Parts("".join(pieces), language, sources, server, islands)


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)
