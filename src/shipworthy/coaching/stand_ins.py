"""Whether a terminal shows our glyphs, and the ASCII characters that stand in where it does not."""

from __future__ import annotations

from collections.abc import Mapping

_NEEDED = "✔✘…–·│▸→"
STAND_INS = {
    "✔": "+", "✘": "x", "…": ".", "–": "-", "—": "-", "·": "-", "•": "*", "→": ">", "←": "<", "▸": ">", "▾": "v",
    "▹": ">", "▶": ">", "◀": "<", "“": '"', "”": '"', "‘": "'", "’": "'", "×": "x", "§": "S", "\u00a0": " ",
    "▌": "|", "▐": "|", "█": "#", "▔": "-", "▁": "_", "▎": "|", "▊": "|", "▏": "|", "▕": "|", "⏺": "o",
    "↓": "v", "↑": "^", "⏎": "<",
}  # fmt: skip


def needs_ascii(encoding: str | None, environ: Mapping[str, str]) -> bool:
    """Whether our glyphs would not arrive: the Linux console, the C locale, or an encoding without them."""
    locale = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or ""
    if environ.get("TERM") == "linux" or environ.get("LC_ALL", "") in ("C", "POSIX"):
        return True
    if locale in ("C", "POSIX"):
        return True
    try:
        _NEEDED.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return True
    return False
