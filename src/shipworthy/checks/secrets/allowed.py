"""Says which secrets somebody allowed, by what and until when: what is allowed fails nothing, and stays visible.

standing = [each for each in secrets.sightings if each.allowed is None]   # what findings are made of
message = f"… in this file: {each.masked}{not_followed(each)}"            # why a permission did not help
Outcome.passed(…, [*looked_at, *allowed_lines(secrets)], [*findings, *allowed_findings(secrets)])
"""

from __future__ import annotations

from collections import Counter
from datetime import date

from shipworthy.facts.secrets import Secrets, Sighting
from shipworthy.model import Confidence, Finding, Location, Severity
from shipworthy.text import plural

ALLOWED = "secret-allowed"
PROBLEM = "secret-permission"
_REMEDY = "If it guards anything, replace it where it was issued, and take the permission out."


def allowed_lines(secrets: Secrets) -> list[str]:
    """For `looked_at`: how many places are allowed, by what."""
    by = Counter(each.allowed.by for each in secrets.sightings if each.allowed is not None)
    return [f"allowed by {name}: {plural(count, 'place')}" for name, count in sorted(by.items())]


def allowed_findings(secrets: Secrets) -> list[Finding]:
    """One remark (INFO) for each allowed secret, at its place, and one for each permission that allows nothing."""
    groups: dict[str, list[Sighting]] = {}
    for each in secrets.sightings:
        if each.allowed is not None:
            groups.setdefault(each.identity, []).append(each)
    found = [_allowed(group) for group in groups.values()]
    found += [
        Finding.at(
            Location(path=each.file, line=each.line),
            PROBLEM,
            f"{each.key}: {each.message}." if each.key else f"{each.message[:1].upper()}{each.message[1:]}.",
            anchor=f"{each.key}\0{each.message}",
            severity=Severity.INFO,
            confidence=Confidence.REVIEW,
            remedy=each.remedy,
        )
        for each in secrets.problems
    ]
    return found


def allowed_until(secrets: Secrets) -> date | None:
    """The last day of the permission that ends first, of those a pass rests on; None where none ends."""
    ends = [
        each.allowed.expires
        for each in secrets.sightings
        if each.allowed is not None and each.allowed.expires and each.confidence is not Confidence.REVIEW
    ]
    return min(ends, default=None)


def not_followed(sighting: Sighting) -> str:
    """The end of a finding's message where a permission would cover the secret but is too wide to be followed."""
    wide = sighting.too_wide
    if wide is None:
        return ""
    return f" ({wide.location} would allow it, but allows nearly everything, so it is not followed)"


def _allowed(group: list[Sighting]) -> Finding:
    first = group[0]
    allowed = first.allowed
    assert allowed is not None  # noqa: S101 - only such are grouped
    until = f" until {allowed.expires}" if allowed.expires else ""
    why = f": {allowed.reason}" if allowed.reason else ""
    return Finding.at(
        first.location,
        ALLOWED,
        f"{first.says} {first.where} and is allowed{until} by {allowed.by} ({allowed.location}){why}",
        anchor=first.identity,
        severity=Severity.INFO,
        confidence=Confidence.REVIEW,  # it is for a person to look at, and nothing that a fix may take out
        related=[allowed.location, *(each.location for each in group[1:])],
        remedy=_REMEDY,
    )
