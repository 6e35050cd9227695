"""What the words beside a disabled test amount to."""

from __future__ import annotations

import pytest

from shipworthy.facts.tests import reasons


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://tracker.example/browse/12", "https://tracker.example/browse/12"),
        ("broken since #4711", "#4711"),
        ("waiting for PAY-77", "PAY-77"),
        ("off since 2026-03-01", "2026-03-01"),
        ("until March 2027", "March 2027"),
        ("back in Q3 2026", "Q3 2026"),
        ("issue 12 upstream", "issue 12"),
        ("needs UTF-8 and SHA-256", ""),
        ("version 1.2.3 is too old", ""),
        ("colour &#123; is wrong", ""),
        ("", ""),
    ],
)
def test_reference(text: str, expected: str) -> None:
    assert reasons.reference(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("until 2026-12-31", "2026-12-31"),
        ("re-enable after 2026-05", "2026-05-31"),
        ("off since 2025-01-01", ""),
        ("until the bank answers", ""),
    ],
)
def test_until(text: str, expected: str) -> None:
    assert reasons.until(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("TODO: fix this later", False),
        ("temporarily disabled", False),
        ("flaky #12", False),
        ("skip", False),
        ("the gateway has no sandbox", True),
        ("Windows only", True),
        ("nicht unter macOS", True),
    ],
)
def test_says_why(text: str, expected: bool) -> None:
    assert reasons.says_why(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("times out on slow machines", True),
        ("flaky under load", True),
        ("TODO: rewrite with the new client", True),
        ("only for the PostgreSQL backend", False),
        ("the service has no sandbox", False),
        ("prefix lookup differs", False),
    ],
)
def test_defers(text: str, expected: bool) -> None:
    assert reasons.defers(text) is expected


def test_hostile_text_takes_no_time() -> None:
    for text in ("a" * 1_000_000, "until " * 200_000, "https://" * 100_000, "A-" * 500_000, "1." * 500_000):
        reasons.reference(text), reasons.until(text), reasons.defers(text), reasons.clean(text)
