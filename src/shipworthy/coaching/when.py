"""Reads the dates that people type into dialogs."""

from __future__ import annotations

import re
from datetime import date, timedelta

_DAYS = re.compile(r"(\d{1,4})\s*(?:d|days?)?", re.I | re.A)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.A)


class DateError(ValueError):
    """The text is no date that fits; says what would be."""


def until(text: str, today: date) -> date:
    """The day up to which something counts: "90", "90 days" or "2027-02-16". Raises DateError."""
    text = text.strip()
    if match := _DAYS.fullmatch(text):
        days = int(match[1])
        if days == 0:
            raise DateError("It must count for at least one day.")
        return today + timedelta(days=days)
    found = _date(text, "Give a number of days (90) or a date (2027-02-16).")
    if found <= today:
        raise DateError("This day is not in the future.")
    return found


def past(text: str, today: date) -> date:
    """A day that has come: "2026-11-18". Raises DateError."""
    found = _date(text.strip(), "Give the day as 2026-11-18, or leave it empty.")
    if found > today:
        raise DateError("This day is in the future.")
    return found


def _date(text: str, advice: str) -> date:
    if not _ISO.fullmatch(text):
        raise DateError(advice)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise DateError(f"There is no day {text}.") from error
