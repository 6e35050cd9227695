"""Forms are read strictly: hostile and broken files are named with their line, and empty words are no answers."""

from __future__ import annotations

from datetime import date

import pytest
from tests.forms.filled import DAY, a_form, complete, text

from shipworthy.checklist import load
from shipworthy.facts.forms import Kind, forms, lacking, read
from shipworthy.facts.forms.complete import blank, flaws_of, reaches
from shipworthy.model import Decides

TODAY = date(2026, 11, 22)
ITEMS = [each.id for each in forms()]
MODEL, PARTIES = a_form("threat-model"), a_form("third-party-inventory")


@pytest.mark.parametrize("item", ITEMS)
def test_a_form_serves_an_item_that_its_check_judges_and_a_person_settles(item: str) -> None:
    found = load("production").item(item)
    assert found.check == item
    assert found.decides is Decides.BOTH
    assert f"shipworthy form {item}" in " ".join(found.fix)
    form = a_form(item)
    assert form.file.startswith(".shipworthy/")
    assert all(each.columns and not each.max_days for each in form.questions if each.kind is Kind.ROWS)
    assert any(each.kind is Kind.DATE and each.max_days for each in form.questions)


@pytest.mark.parametrize("item", ITEMS)
def test_what_was_written_is_read_back_and_lacks_nothing(item: str) -> None:
    form = a_form(item)
    found = read(form, text(item, "stripe").encode())
    assert found.broken == ()
    assert found.answers.same(complete(item, ["stripe"]))
    assert lacking(form, found.answers, TODAY, found) == ()


@pytest.mark.parametrize("item", ITEMS)
def test_the_template_answers_nothing(item: str) -> None:
    from shipworthy.forms.store import template

    form = a_form(item)
    found = read(form, template(form).encode())
    assert found.broken == ()
    missing = lacking(form, found.answers, TODAY, found)
    assert {flaw.anchor for flaw in missing} == {
        each.id for each in form.questions if each.least or each.kind is not Kind.ROWS
    }


@pytest.mark.parametrize(
    ("form", "data", "line", "says"),
    [
        (PARTIES, b"checked = \n", 1, "not valid TOML"),
        (PARTIES, b"x = 1\n", 1, "not a known key"),
        (PARTIES, b'\nchecked = "a\xff"\n', 2, "not UTF-8"),
        (PARTIES, b"checked = 5\n", 1, "must be a text"),
        (PARTIES, b"services = 1\n", 1, "must be written as [[services]]"),
        (PARTIES, b'[[services]]\nname = "x"\nownr = "y"\n', 3, "not a known key"),
        (PARTIES, b'[[services]]\nname = "x"\nconfirmed = "no"\n', 3, "must be true or false"),
        (PARTIES, b'[[services]]\nname = "' + b"x" * 2_001 + b'"\n', 2, "at most 2,000"),
        (PARTIES, b'[[services]]\nname = "x"\n' * 501, 1, "at most 500"),
        (PARTIES, b'checked = "\x1b[2J"\n', 1, "control character"),
        (PARTIES, b"#" * (256 * 1024 + 1), None, "larger than 256 KiB"),
        (PARTIES, b"\n" * 10_001, None, "more than 10,000 lines"),
        (MODEL, b"# Threat model\n\nNothing here.\n", 1, "none of the form's questions"),
        (MODEL, b"## What are we building?\nx\n## What are we building?\ny\n", 3, "stands twice"),
        (MODEL, b"## What is it made of?\n| Part | Colour |\n| --- | --- |\n", 2, "no column of this table"),
        (MODEL, b"## What is it made of?\n| Part | Part |\n| --- | --- |\n", 2, "stands twice"),
        (MODEL, b"## What is it made of?\n\n| Part |\n| x |\n", 3, "no line of dashes"),
        (MODEL, b"## What is it made of?\n| Part |\n| --- |\n| a | b |\n", 4, "more cells"),
        (MODEL, b"## What is it made of?\n| Part | Confirmed |\n|---|---|\n| a | maybe |\n", 4, "neither yes nor no"),
        (MODEL, b"## What are we building?\n" + b"x" * 20_001, 1, "more than 20,000"),
        (MODEL, "## What are we building?\n\u0000".encode(), 2, "control character"),
    ],
)
def test_what_is_not_understood_is_named_with_its_line(form: object, data: bytes, line: int | None, says: str) -> None:
    assert form in (MODEL, PARTIES)
    found = read(MODEL if form is MODEL else PARTIES, data)
    assert found.broken
    assert found.broken[0].line == line
    assert says in found.broken[0].message
    assert found.broken[0].remedy


@pytest.mark.parametrize(
    ("change", "line", "rule"),
    [
        (("What we say about building.", ""), 7, "empty"),
        (("What we say about building.", "TODO"), 7, "empty"),
        (("What we say about building.", "<!-- only a remark -->"), 7, "empty"),
        (("## Did it work?", "## Did it work at all?"), 1, "empty"),
        ((DAY, "2026-11-23"), 46, "in-the-future"),
        ((DAY, "2025-11-21"), 46, "too-old"),
        ((DAY, "last week"), 46, "no-date"),
        (("| stripe | What we say about note. |  | yes |", "| stripe |  | a.py:1 | no |"), 21, "not-confirmed"),
        (("| stripe | What we say about note. |  | yes |", "| stripe | - |  | yes |"), 21, "empty"),
        (("| Own 2 | What we say about answer. |\n", ""), 23, "too-few"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named_with_its_line(change: tuple[str, str], line: int, rule: str) -> None:
    whole = text("threat-model", "stripe")
    assert change[0] in whole
    found = read(MODEL, whole.replace(*change).encode())
    flaws = lacking(MODEL, found.answers, TODAY, found)
    assert [(each.rule, each.line) for each in flaws][:1] == [(rule, line)]


def test_headings_in_code_and_comments_are_no_headings() -> None:
    body = "Before\n\n```sh\n## What can go wrong?\n```\n<!--\n## Did it work?\nremark\n-->\nAfter"
    found = read(MODEL, f"## What are we building?\n{body}\n## My own heading\nnot an answer\n".encode())
    assert found.broken == ()
    assert set(found.answers.texts) == {"building"}
    assert found.answers.text("building").startswith("Before")
    assert found.answers.text("building").endswith("After")
    assert "remark" not in found.answers.text("building")


@pytest.mark.parametrize("data", [b"<!--" * 60_000, b"|" * 200_000, b"## " * 80_000, b"\\" * 200_000, b"`" * 200_000])
def test_no_file_takes_long(data: bytes) -> None:
    assert read(MODEL, b"## What is it made of?\n" + data[:250_000]) is not None


@pytest.mark.parametrize(
    ("words", "nothing"),
    [("", True), ("-", True), ("  todo ", True), ("T.B.D.", True), ("?", True), ("/", False), ("none", False)],
)
def test_words_that_say_nothing(words: str, nothing: bool) -> None:
    assert blank(words) is nothing


@pytest.mark.parametrize(
    ("words", "way"),
    [
        ("ada@example.org", True), ("+49 30 1234567", True), ("https://status.example/x", True), ("#alerts", True),
        ("@oncall", True), ("Ada", False), ("by telephone", False), ("a@b", False), ("# alerts", False), ("", False),
    ],
)  # fmt: skip
def test_ways_to_reach_somebody(words: str, way: bool) -> None:
    assert reaches(words) is way


@pytest.mark.parametrize(("words", "rules"), [("N/A", ["empty"]), ("nobody", ["empty"]), ("Ada", []), ("ops team", [])])
def test_an_owner_is_somebody(words: str, rules: list[str]) -> None:
    """Where "none" may be the truth elsewhere, it names nobody who could replace a key or close an account."""
    columns = PARTIES.question("services").columns
    owner = next(each for each in columns if each.id == "owner")
    data = next(each for each in columns if each.id == "data")
    assert [flaw.rule for flaw in flaws_of(owner, words, TODAY)] == rules
    assert not flaws_of(data, words, TODAY)
