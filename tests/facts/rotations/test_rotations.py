"""Rotations are read strictly: who replaced which leaked key on which day; everything else does not count."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tests.support import NOW, write

from shipworthy.assess.store import FactStore
from shipworthy.facts import Context
from shipworthy.facts.rotations import Rotations
from shipworthy.project import Project

ID, OTHER = "0123456789abcdef", "fedcba9876543210"


def row(fingerprint: str = ID, day: str = "2026-11-20", by: str = "ada@example.org", more: str = "") -> str:
    return f'[[rotation]]\nfingerprint = "{fingerprint}"\nrotated = {day}\nby = "{by}"\n{more}'


def rotations(folder: Path, text: str | bytes | None) -> tuple[Rotations, list[str]]:
    """The fact, and the gaps that any check that needs it would see."""
    write(folder, {"app.py": "print(1)\n"} | ({} if text is None else {".shipworthy/keys.toml": text}))
    store = FactStore(Project.open(folder), Context(now=NOW, home=folder), [Rotations])
    known, gaps, missing = store.facts([Rotations])
    assert missing is None
    fact = known[Rotations]
    assert isinstance(fact, Rotations)
    return fact, [f"{gap.path}:{gap.line} {gap.reason}" for gap in gaps]


def test_the_latest_rotation_of_a_fingerprint_counts(tmp_path: Path) -> None:
    text = (
        row(day="2026-11-02", by="bo")
        + row(OTHER)
        + row(day="2026-11-20", more='name = "API_KEY"\n')
        + row(day="2026-11-10")
    )
    fact, gaps = rotations(tmp_path, text)
    assert (gaps, fact.remarks) == ([], ())
    found = fact.of(ID)
    assert found is not None
    assert (found.on, found.by, found.key) == (date(2026, 11, 20), "ada@example.org", "API_KEY")
    assert str(found.location) == ".shipworthy/keys.toml:9"
    assert fact.of("0" * 16) is None


@pytest.mark.parametrize("text", [None, "", "# nothing\n", '[[keys]]\nname = "API_KEY"\n'])
def test_nothing_written_is_no_rotation(tmp_path: Path, text: str | None) -> None:
    fact, gaps = rotations(tmp_path, text)
    assert (fact.rotations, fact.remarks, gaps) == ((), (), [])


@pytest.mark.parametrize(
    ("rule", "line", "text"),
    [
        ("in-the-future", 3, row(day="2026-11-23")),
        ("no-date", 3, row(day='"2026-11-31"')),
        ("empty", 3, row(day='""')),
        ("empty", 4, row(by="")),
        ("empty", 4, row(by="todo")),
        ("no-fingerprint", 2, row("0123456789ABCDEF")),
        ("no-fingerprint", 2, row("0123456789abcde")),
        ("empty", 2, row("")),
        ("not-confirmed", 1, row(more="confirmed = false\n")),
        ("empty", 1, f'[[rotation]]\nfingerprint = "{ID}"\n'),
    ],
)
def test_what_is_not_said_does_not_count_and_is_told(tmp_path: Path, rule: str, line: int, text: str) -> None:
    fact, gaps = rotations(tmp_path, text)
    assert (fact.rotations, gaps) == ((), [])
    assert (fact.remarks[0].rule, fact.remarks[0].line) == (rule, line)
    assert all("does not count" in flaw.message and flaw.remedy for flaw in fact.remarks)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (row() + "who = 1\n", "not a known key"),
        ("rotation = 3\n", "must be written as [[rotation]]"),
        (row(day="20261120"), "must be a text"),
        (row(day="2026-11-20T10:00:00Z"), "must be a text"),
        (row() + "x\n", "not valid TOML"),
        (row().encode() + b"# \xff\n", "not UTF-8"),
        (row() + "# \x1b[2J\n", "control character"),
        (row() * 501, "500"),
    ],
    ids=["key", "no table", "number", "time of day", "no TOML", "no text", "control", "too many"],
)
def test_a_file_that_is_not_understood_is_a_gap_and_nothing_of_it_counts(
    tmp_path: Path, text: str | bytes, says: str
) -> None:
    fact, gaps = rotations(tmp_path, text)
    assert fact.of(ID) is None
    assert says in " ".join(gaps)
