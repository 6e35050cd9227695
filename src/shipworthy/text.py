"""The one function every text from a repository goes through before a terminal, HTML page, CI log or markup."""

from __future__ import annotations

import unicodedata

MAX_CHARACTERS = 2_000
_TAB = "    "

# Characters that reorder, hide or join text: bidi controls, zero-width characters, soft hyphen, separators, tags.
_HIDDEN = {
    0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x3164, 0xFEFF, 0xFFA0,
    *range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070), *range(0xFFF0, 0xFFFC),
    *range(0xE0000, 0xE1000),
}  # fmt: skip


def _picture(character: str) -> str:
    code = ord(character)
    if character == "\t":
        return _TAB
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if 0x80 <= code < 0xA0:
        return f"<{code:02X}>"
    if 0xD800 <= code <= 0xDFFF:
        # A byte that was not UTF-8 (surrogateescape) or a lone surrogate.
        return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"
    if code in _HIDDEN or unicodedata.category(character) in ("Cf", "Co", "Cn"):
        return f"<U+{code:04X}>"
    return character


def visible(text: str, limit: int = MAX_CHARACTERS) -> str:
    """Text that a terminal shows and never obeys: one line, at most `limit` characters, then "…".

    C0 controls become Unicode control pictures (a newline shows as U+240A), C1 controls `<9B>`, bidi and zero-width
    characters `<U+202E>`, undecodable bytes `\\xff`, tabs four spaces. It does not quote for HTML or markup: give the
    result to an escaping sink (textual `Content`, jinja2 autoescape).
    """
    cut = text[: limit + 1]
    if "##" in cut:
        # Found anywhere in a line, the first is a command to GitHub's runners, the second to Azure's.
        cut = cut.replace("##[", "# #[").replace("##vso[", "# #vso[")
    shown = cut if cut.isascii() and cut.isprintable() else "".join(map(_picture, cut))
    return shown if len(shown) <= limit else shown[: max(limit - 1, 0)] + "…"


def plural(count: int, noun: str, many: str | None = None) -> str:
    """`plural(1, "file")` is "1 file", `plural(2, "entry", "entries")` is "2 entries"."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"
