"""Comments beside a secret that say it may stand there, as three scanners document them.

- gitleaks (README, "gitleaks:allow"): the words `gitleaks:allow` on a line of the finding.
- detect-secrets (README, "Inline Allowlisting"): a comment `pragma: allowlist secret` at the end of the line, or
  `pragma: allowlist nextline secret` on the line above; `whitelist` is the older word. It looks line by line, so for a
  value over several lines the first one counts.
- TruffleHog (README, "trufflehog:ignore"): these words on the line that contains the secret.
"""

from __future__ import annotations

import re

from shipworthy.facts.secrets.allow.place import Allowed, Place
from shipworthy.model import Location

COMMENT = "comment"
_GITLEAKS = b"gitleaks:allow"
_TRUFFLEHOG = b"trufflehog:ignore"
# What opens a comment and what closes it, as detect-secrets knows them.
_OPENS = rb"(?:#|//|/\*|'|--|<!--[# \t]{0,10})"
_HERE = re.compile(rb"[ \t]" + _OPENS + rb" {0,10}pragma: ?(?:allow|white)list[ -]secret")
_NEXT = re.compile(rb"[ \t]{0,200}" + _OPENS + rb" {0,10}pragma: ?(?:allow|white)list[ -]nextline[ -]secret")


def by_comment(place: Place) -> Allowed | None:
    """The permission that a comment gives."""
    rows = place.lines.split(b"\n")
    for number, row in enumerate(rows):
        at = row.find(_GITLEAKS)
        if at >= 0:
            return _allowed(place, number, row, at, _GITLEAKS)
    at = rows[0].find(_TRUFFLEHOG)
    if at >= 0:
        return _allowed(place, 0, rows[0], at, _TRUFFLEHOG)
    if match := _HERE.search(rows[0]):
        return _allowed(place, 0, rows[0], match.start() + 1, b"pragma: allowlist secret")
    if _NEXT.match(place.before):
        return _allowed(place, -1, place.before, 0, b"pragma: allowlist nextline secret")
    return None


def _allowed(place: Place, number: int, row: bytes, at: int, words: bytes) -> Allowed:
    column = len(row[:at].decode("utf-8", "replace")) + 1
    # The rest of the comment is no reason to show: a line with a secret may hold another one.
    return Allowed(
        by=COMMENT,
        reason=words.decode("ascii"),
        location=Location(path=place.path, line=place.line + number, column=column, commit=place.commit),
    )
