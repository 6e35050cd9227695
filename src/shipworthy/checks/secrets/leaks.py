"""Tells whether a key was replaced after it leaked: the days of the commits that brought it in, and that day."""

from __future__ import annotations

from datetime import UTC, date

from shipworthy.facts.secret_history import SecretHistory, Stamp
from shipworthy.facts.secrets import Sighting
from shipworthy.facts.secrets.within import Within


def _day(stamp: Stamp) -> tuple[date, date]:
    """The day of a commit: as its maker's calendar had it, and the latest that anybody's could have had."""
    when = max(stamp.committed, stamp.authored)
    return when.date(), max(when.date(), when.astimezone(UTC).date())


def counts(on: date, group: list[Sighting], history: SecretHistory) -> bool:
    """Whether a rotation on this day came after every commit that brought the secret in.

    Where a file that a ref holds outright has it, nobody can tell. The name of a ref says nothing of when it was given,
    and holds nothing but tokens, which are told by themselves: the one that was replaced is the one that stands there.
    """
    stamps = [history.stamps.get(each.location.commit or "") for each in _dated(group)]
    days = [_day(stamp) for stamp in stamps if stamp is not None]
    if len(days) < len(stamps):
        return False
    if not days:
        return True
    if group[0].identity in history.chosen:
        return on > max(latest for _, latest in days)
    return on >= max(own for own, _ in days)


def last_leak(group: list[Sighting], history: SecretHistory) -> str:
    """The commit that a rotation has to come after, in words."""
    dated = _dated(group)
    stamped = [
        (max(stamp.committed, stamp.authored), _what(each))
        for each in dated
        if (stamp := history.stamps.get(each.location.commit or ""))
    ]
    if len(stamped) < len(dated):
        return "a tag or a file that a ref holds outright, without a date"
    when, what = max(stamped)
    return f"{what} of {when.date()}, which brought it in"


def _dated(group: list[Sighting]) -> list[Sighting]:
    return [each for each in group if each.within is not Within.REF]


def _what(each: Sighting) -> str:
    return f"the {each.location.part}" if each.within is Within.TAG else f"commit {(each.location.commit or '')[:10]}"
