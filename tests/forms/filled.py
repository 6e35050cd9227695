"""Forms that are filled in completely, as text: what many tests start from."""

from __future__ import annotations

from collections.abc import Iterable

from shipworthy.facts.forms import Answers, Column, Form, Kind, Question, Row, form_of
from shipworthy.forms.store import rendered

DAY = "2026-11-10"


def a_form(item: str) -> Form:
    found = form_of(item)
    assert found is not None
    return found


def said(asked: Question | Column) -> str:
    """An answer of the kind that is asked for."""
    return {Kind.DATE: DAY, Kind.DUE: "2027-01-31", Kind.REACH: "#alerts", Kind.EMAIL: "ada@example.org"}.get(
        asked.kind, f"What we say about {asked.id.replace('_', ' ')}."
    )


def row(question: Question, name: str, *, confirmed: bool = True, found: str = "") -> Row:
    first, *others = question.columns
    return Row(
        cells={first.id: name, **{each.id: said(each) for each in others}} if confirmed else {first.id: name},
        confirmed=confirmed,
        found=found,
    )


def complete(item: str, names: Iterable[str] = ()) -> Answers:
    """Answers to every question; `names` are the rows of the table that is held against the code."""
    form = a_form(item)
    answers = Answers()
    for question in form.questions:
        if question.kind is Kind.ROWS:
            wanted = list(names) if question.sources else []
            wanted += [f"Own {number}" for number in range(question.least - len(wanted))]
            answers = answers.with_rows(question.id, tuple(row(question, name) for name in wanted))
        else:
            answers = answers.with_text(question.id, said(question))
    return answers


def text(item: str, *names: str) -> str:
    """The file of a form that lacks nothing."""
    return rendered(a_form(item), complete(item, names), b"").decode()
