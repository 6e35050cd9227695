"""Dates as people type them."""

from __future__ import annotations

from datetime import date

import pytest

from shipworthy.coaching.when import DateError, past, until
from shipworthy.coaching.words import day, effort, took

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("90", date(2027, 2, 20)),
        (" 1 day ", date(2026, 11, 23)),
        ("30 days", date(2026, 12, 22)),
        ("7d", date(2026, 11, 29)),
        ("2027-02-16", date(2027, 2, 16)),
    ],
)
def test_until(text: str, found: date) -> None:
    assert until(text, TODAY) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "-1",
        "2026-11-22",
        "2020-01-01",
        "2026-02-30",
        "2026-13-01",
        "16.2.2027",
        "soon",
        "99999",
        "9" * 5000,
        "٩٠",
    ],
)
def test_no_such_day_to_count_until(text: str) -> None:
    with pytest.raises(DateError):
        until(text, TODAY)


def test_past() -> None:
    assert past("2026-11-22", TODAY) == TODAY
    for text in ("2026-11-23", "", "yesterday", "2026-02-30"):
        with pytest.raises(DateError):
            past(text, TODAY)


def test_words_for_days_and_spans() -> None:
    assert day(date(2026, 12, 20), TODAY) == "20 Dec"
    assert day(date(2027, 1, 2), TODAY) == "2 Jan 2027"
    assert [took(each) for each in (0, 84, 999, 1000, 3200, 59_999, 60_000, 125_000)] == [
        "0 ms", "84 ms", "999 ms", "1.0 s", "3.2 s", "60.0 s", "1 min 0 s", "2 min 5 s",
    ]  # fmt: skip
    assert [effort(each) for each in (0, 10, 90, 120, 300, 480, 960)] == [
        "about 1 min", "about 10 min", "about 90 min", "about 2 hours", "about 5 hours", "about a day", "about 2 days",
    ]  # fmt: skip
