"""Says why a rotation would not count: it lies before the leak that it should have ended."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from shipworthy.checks.secrets.leaks import counts, last_leak
from shipworthy.facts import Fact
from shipworthy.facts.forms import FormError, Row
from shipworthy.facts.forms.complete import FINGERPRINT
from shipworthy.facts.secret_history import SecretHistory
from shipworthy.project import ProjectError
from shipworthy.reading import facts_of


def must_count(fingerprint: str, day: date, history: Fact | str) -> None:
    """Raises FormError where the day is not after the commits that brought the secret in, as far as they are known."""
    if not isinstance(history, SecretHistory):
        return
    leaks = [each for each in history.sightings if each.identity == fingerprint and each.allowed is None]
    if leaks and not counts(day, leaks, history):
        advice = (
            "Write the day on which the old key stopped working. If it did so before that commit, let it stand, "
            f"with that as the reason: shipworthy secret allow {fingerprint} --in-history -m REASON"
        )
        raise FormError(
            f"{fingerprint}: {day} is not after {last_leak(leaks, history)}, so it would not count",
            f"{unread(history)} {advice}".strip(),
        )


def unread(history: Fact | str) -> str:
    """Why a leak may be older than it seems, or others not be known, as a sentence; empty where all was read."""
    why = history if isinstance(history, str) else history.gaps[0].reason if history.gaps else ""
    return f"Not all of the history could be looked at: {why}." if why else ""


def new_days(rows: Iterable[Row], held: Iterable[Row]) -> list[tuple[str, date]]:
    """Fingerprint and day of the rotations among a form's rows that would count by themselves and are not written."""
    written = {_said(each) for each in held}
    new = [said for each in rows if each.confirmed and (said := _said(each)) not in written]
    days = ((fingerprint, _day(text)) for fingerprint, text in new if FINGERPRINT.fullmatch(fingerprint))
    return [(fingerprint, day) for fingerprint, day in days if day is not None]


def days_must_count(root: Path, days: Iterable[tuple[str, date]]) -> str:
    """As `must_count`, of many; what `unread` says of the history they were held against."""
    try:
        (history,) = facts_of(root, SecretHistory)
    except ProjectError as error:
        return unread(str(error))
    for fingerprint, day in days:
        must_count(fingerprint, day, history)
    return unread(history)


def _said(row: Row) -> tuple[str, str]:
    return row.cell("fingerprint"), row.cell("rotated")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
