"""Decisions and a decisions file by hand, shared by the tests beside it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from shipworthy.decisions import read
from shipworthy.model import Decision, DecisionKind

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FILE = ".shipworthy/decisions.toml"
BASE = Decision(
    item="routes-protected",
    kind=DecisionKind.ATTESTED,
    by="ada@example.org",
    at=AT,
    reason="I went through the list.",
    evidence="docs/x.md",
    expires=date(2027, 2, 20),
    findings=("0123456789abcdef",),
    subjects={"docs/x.md": "a" * 64},
)
BY_HAND = """\
# Decisions of the todo app.

[items.lockfile]   # one service only
decision = 'waived'
# asked Grace first
by   = "grace@example.org"  # on holiday until May
at = 2026-11-01T09:30:00+01:00
reason = \"\"\"Prototype:
no lock yet.\"\"\"
expires = 2027-01-01
findings = [
  "00aa",  # the missing lock
]

# What Ada said in the meeting of 20 November:
[items.spend-alert]
decision = "attested"
by = "ada@example.org"
at = 2026-11-20T12:00:00Z
reason = "Budget alarm at 50 euros."
expires = 2027-02-01

# end of file
"""


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def parsed(text: str) -> dict[str, Decision]:
    return read(text.encode(), FILE)
