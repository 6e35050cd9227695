"""Text of a repository as it may leave this machine, in a page or a prompt: secrets masked first, then made visible."""

from __future__ import annotations

import re
from functools import lru_cache

from shipworthy.text import MAX_CHARACTERS, visible

_LOOKED_AT = 8_000
"""Characters masked of one text; more than any `limit`, so that a secret the limit cuts was masked whole."""
_FINGERPRINT = re.compile(r"(SHA256:[A-Za-z0-9+/]{43})(?![A-Za-z0-9+/=])")
"""Of an SSH key, as ssh-keygen prints it: random to look at, and what a reader compares."""


@lru_cache(maxsize=8_192)
def quoted(text: str, limit: int = MAX_CHARACTERS) -> str:
    """One line of at most `limit` characters, as `visible` gives it, every secret in it replaced by bullets.

    Excerpts come masked (`assess.excerpts`, which sees the whole file); this is for everything else: messages,
    summaries, names, and what people wrote.
    """
    from shipworthy.facts.secrets.mask import mask_text

    # No file's name: the rules that look at one take it for ordinary text.
    parts = _FINGERPRINT.split(text[:_LOOKED_AT])
    parts[::2] = (mask_text("quoted", part) if part else part for part in parts[::2])
    return visible("".join(parts), limit)
