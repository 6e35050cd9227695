"""Says why a rotation would not count: it lies before the leak that it should have ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from shipworthy.checks.secrets.leaks import counts, last_leak
from shipworthy.facts.forms import FormError, Row
from shipworthy.facts.forms.complete import FINGERPRINT
from shipworthy.facts.secret_history import SecretHistory
from shipworthy.project import ProjectError
from shipworthy.reading import facts_of


def must_count(fingerprint: str, day: date, history: SecretHistory) -> None:
    """Raises FormError where the day is not after the commits that brought the secret in."""
    leaks = [each for each in history.sightings if each.identity == fingerprint and each.allowed is None]
    if leaks and not counts(day, leaks, history):
        raise FormError(
            f"{fingerprint}: {day} is not after {last_leak(leaks, history)}, so it would not count",
            "Write the day on which the old key stopped working. If it did so before that commit, let it stand, "
            f"with that as the reason: shipworthy secret allow {fingerprint} --in-history -m REASON",
        )


def new_days(rows: Iterable[Row], held: Iterable[Row]) -> dict[str, date]:
    """The rotations among a form's rows that would count by themselves and are not written already; by fingerprint."""
    written = {_said(each) for each in held}
    new = [said for each in rows if each.confirmed and (said := _said(each)) not in written]
    days = ((fingerprint, _day(text)) for fingerprint, text in new if FINGERPRINT.fullmatch(fingerprint))
    return {fingerprint: day for fingerprint, day in days if day is not None}


def days_must_count(root: Path, days: Mapping[str, date]) -> None:
    """As `must_count`, of many. Where the history cannot be read nothing is said: what counts is judged from it."""
    try:
        (history,) = facts_of(root, SecretHistory)
    except ProjectError:
        return
    if isinstance(history, SecretHistory):
        for fingerprint, day in days.items():
            must_count(fingerprint, day, history)


def _said(row: Row) -> tuple[str, str]:
    return row.cell("fingerprint"), row.cell("rotated")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
