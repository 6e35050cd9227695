"""Scans one file's text for secrets: rules and assignments, judged by named filters and by the file's context.

A secret's value exists only in the `Hit`s this module returns to the modules of this package, which mask it at once.
What judges them is loaded with the first text in which a secret could stand: most runs over a few files see none.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from shipworthy.facts.secrets.engine import Candidates, engine, pattern_engine
from shipworthy.model import Confidence

GUESSABLE = "guessable-signing"
"""The rule of a signing secret that is a word in the code; it fails `secret-store`, where a doubt does not."""
RANK = {Confidence.CERTAIN: 0, Confidence.LIKELY: 1, Confidence.REVIEW: 2}
TOO_MANY = "it has more places that look like a secret than are looked at in one file"
MOST_HITS = 500
"""Findings kept of one file."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Something secret-looking: which rule, how sure, where (byte span), under which name."""

    rule: str
    confidence: Confidence
    start: int
    end: int
    value: bytes = field(repr=False)
    name: str = ""
    guessable: bool = False
    """Chosen by a person: no hash of it may be kept."""

    @property
    def general(self) -> bool:
        """Found by the name it was given to, not by a form of its own."""
        return self.rule.startswith("assigned")


@dataclass(slots=True)
class Found:
    """All hits of one file, and by which filter others were left out: (filter, byte offset)."""

    hits: list[Hit] = field(default_factory=list)
    left_out: list[tuple[str, int]] = field(default_factory=list)
    cut: bool = False
    """There are more places that look like a secret than are looked at in one file."""


def scan(path: str, data: bytes, *, minified: bool | None = False, sensitive: bool = False) -> Found:
    """Every secret in a file's text (UTF-8 bytes), review confidence included, in file order, none overlapping.

    `minified`: whether a bundler wrote it; None to find out from the text, which most texts need not be asked.
    `sensitive` also looks at assignments where they are usually no secrets (lock files, translations, bundles).
    """
    # Text to be masked is short, and every word of it counts.
    found = (pattern_engine() if sensitive else engine()).candidates(data, path)
    return judged(path, data, found, minified=minified, sensitive=sensitive)


def judged(
    path: str, data: bytes, candidates: Candidates | None, *, minified: bool | None = False, sensitive: bool = False
) -> Found:
    """What `scan` says of a text of which an engine told where something could stand."""
    if candidates is None:
        return Found()
    from shipworthy.facts.secrets.judging import judge

    return judge(path, data, candidates, minified=minified, sensitive=sensitive)
