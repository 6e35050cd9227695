"""Quotes text from a test (its name, its reason, its failure) for a finding: one line, bounded, secrets masked."""

from __future__ import annotations

import re

from shipworthy.facts.secrets.mask import mask_lines
from shipworthy.text import visible

# The name of a Python test, class included: long ones look random to a scanner and hold nothing to hide.
_IDENTIFIER = re.compile(r"(?:[A-Za-z_]\w{0,80}\.){0,4}test\w{0,200}")
MAX_QUOTE = 120
NOT_SHOWN = "(text that could not be checked for secrets)"


def masked(text: str, limit: int = MAX_QUOTE) -> str:
    """The text as one visible line with every secret in it masked; `NOT_SHOWN` where masking fails."""
    if _IDENTIFIER.fullmatch(text):
        return visible(text, limit)
    try:
        lines = mask_lines("test-output.txt", text[:4_000])
    except Exception:
        # Whatever went wrong in the scanner: better no text than an unmasked one.
        return NOT_SHOWN
    return visible(" ".join(" ".join(lines).split()), limit)


def quote(text: str) -> str:
    """`masked` in typographic quotes."""
    return f"“{masked(text)}”"
