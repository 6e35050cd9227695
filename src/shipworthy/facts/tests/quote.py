"""Quotes text from a test (its name, its reason, its failure) for a finding: one line, bounded, secrets masked."""

from __future__ import annotations

import re

from shipworthy.facts.secrets.identity import BULLETS
from shipworthy.facts.secrets.mask import mask_lines
from shipworthy.facts.secrets.values import random
from shipworthy.text import visible

# The name of a Python test, class included: long ones look random to a scanner and hold nothing to hide.
_IDENTIFIER = re.compile(r"(?:[A-Za-z_]\w{0,80}\.){0,4}test\w{0,200}")
_WORD = re.compile(r"[^\s'\"`,;()<>\[\]{}=]{16,400}")
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
    line = " ".join(" ".join(lines).split())
    return visible(_WORD.sub(_without_value, line), limit)


def _without_value(found: re.Match[str]) -> str:
    # What an assertion compares stands without the name that would give it away.
    return BULLETS if random(found[0], 16) else found[0]


def quote(text: str) -> str:
    """`masked` in typographic quotes."""
    return f"“{masked(text)}”"
