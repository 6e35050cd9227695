"""Tells whether a key was replaced after it leaked: the days of the commits that brought it in, and that day."""

from __future__ import annotations

from datetime import UTC, date

from shipworthy.facts.secret_history import SecretHistory, Stamp
from shipworthy.facts.secrets import Sighting


def _day(stamp: Stamp) -> tuple[date, date]:
    """The day of a commit: as its maker's calendar had it, and the latest that anybody's could have had."""
    when = max(stamp.committed, stamp.authored)
    return when.date(), max(when.date(), when.astimezone(UTC).date())


def counts(on: date, group: list[Sighting], history: SecretHistory) -> bool:
    """Whether a rotation on this day came after every commit that brought the secret in.

    Where a file that a ref holds outright has it, nobody can tell.
    """
    stamps = [history.stamps.get(each.location.commit or "") for each in group]
    days = [_day(stamp) for stamp in stamps if stamp is not None]
    if len(days) < len(stamps):
        return False
    if group[0].identity in history.chosen:
        return on > max(latest for _, latest in days)
    return on >= max(own for own, _ in days)


def last_leak(group: list[Sighting], history: SecretHistory) -> str:
    """The commit that a rotation has to come after, in words."""
    stamped = [
        (max(stamp.committed, stamp.authored), each.location.commit or "")
        for each in group
        if (stamp := history.stamps.get(each.location.commit or ""))
    ]
    if len(stamped) < len(group):
        return "a file that a ref holds outright, without a date"
    when, commit = max(stamped)
    return f"commit {commit[:10]} of {when.date()}, which brought it in"
