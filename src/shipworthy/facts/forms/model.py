"""What a form is, and what was written into one: questions with answers, rows with cells, each with its line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Kind(StrEnum):
    """What an answer is made of."""

    TEXT = "text"
    """One line."""
    LONG = "long"
    """Any number of lines."""
    DATE = "date"
    """A day that has come, YYYY-MM-DD."""
    DUE = "due"
    """A day that may still come, YYYY-MM-DD."""
    EMAIL = "email"
    REACH = "reach"
    """A way to reach somebody: an e-mail address, a telephone number, a link, or a channel such as `#alerts`."""
    FINGERPRINT = "fingerprint"
    """Of a finding: 16 hex digits."""
    ROWS = "rows"
    """A table; only a question of a form has this kind, never a column."""


DAYS = frozenset({Kind.DATE, Kind.DUE})
"""Kinds whose answer is a day; TOML keeps it as a date."""


class Source(StrEnum):
    """What of the code rows are filled from beforehand, and are held against afterwards."""

    ROUTES = "routes"
    STORES = "stores"
    SERVICES = "services"
    PAID_SERVICES = "paid-services"
    KEYS = "keys"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table. Its `label` heads it in Markdown, its `id` is the key in TOML."""

    id: str
    label: str
    help: str
    kind: Kind = Kind.TEXT
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of a form, with a plain text that helps to answer it."""

    id: str
    label: str
    """The question itself; in Markdown the heading."""
    help: str
    kind: Kind
    required: bool = True
    max_days: int | None = None
    """Of a date: how long ago it may lie."""
    columns: tuple[Column, ...] = ()
    """Of a table; the first names the thing the row is about."""
    least: int = 0
    """Of a table: how many confirmed rows there must be."""
    sources: tuple[Source, ...] = ()
    """Of a table: what it is filled from and held against."""

    def column(self, column_id: str) -> Column:
        """Raises KeyError where there is none."""
        for column in self.columns:
            if column.id == column_id:
                return column
        raise KeyError(column_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A short form about what only a person knows. Its id is the id of the item it serves."""

    id: str
    title: str
    file: str
    """Where it is kept, from the repository's top: `.shipworthy/threat-model.md`."""
    intro: str
    questions: tuple[Question, ...]

    @property
    def markdown(self) -> bool:
        return self.file.endswith(".md")

    def question(self, question_id: str) -> Question:
        """Raises KeyError where there is none."""
        for question in self.questions:
            if question.id == question_id:
                return question
        raise KeyError(question_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a table. `cells` holds a text for every column that is not empty, by column id."""

    cells: Mapping[str, str]
    confirmed: bool = True
    """Whether a person said that it is so; a row filled from the code waits for that and counts for nothing."""
    found: str = ""
    """Where in the code it was found, `file:line`; empty for what a person added."""

    def cell(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a form holds. A question that has no entry is not answered."""

    texts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """By question id; a date is YYYY-MM-DD."""
    rows: Mapping[str, tuple[Row, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """By the id of a question whose kind is rows."""

    def text(self, question: str) -> str:
        return self.texts.get(question, "")

    def table(self, question: str) -> tuple[Row, ...]:
        return self.rows.get(question, ())

    def with_text(self, question: str, text: str) -> Answers:
        """A copy with another answer."""
        return Answers(texts={**self.texts, question: text}, rows=self.rows)

    def with_rows(self, question: str, rows: tuple[Row, ...]) -> Answers:
        """A copy with another table."""
        return Answers(texts=self.texts, rows={**self.rows, question: rows})

    def same(self, other: Answers) -> bool:
        """Whether both say the same; what is empty is not said."""
        return _said(self) == _said(other)


def _said(answers: Answers) -> object:
    texts = {key: text for key, text in answers.texts.items() if text}
    rows = {
        key: [({name: cell for name, cell in row.cells.items() if cell}, row.confirmed, row.found) for row in found]
        for key, found in answers.rows.items()
        if found
    }
    return texts, rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """Something wrong with a form's file, or missing from it. Its texts may quote the file: show them by `visible`."""

    file: str
    line: int | None
    """1-based; None where the file as a whole is meant."""
    rule: str
    """A short name for the kind of flaw: "empty", "too-old", "not-confirmed"."""
    message: str
    remedy: str
    anchor: str = ""
    """What it is about, without a line number: `services/stripe/owner`."""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.message}. {self.remedy}"


class FormError(Exception):
    """A form's file cannot be read or written: what happened and where; in `diagnostics` what to do."""

    def __init__(self, message: str, diagnostics: str) -> None:
        super().__init__(message)
        self.diagnostics = diagnostics


Place = tuple[str | int, ...]
"""(question), (question, row number from 0) or (question, row number, column)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A form's file as it was read: the answers, where each stands, and what keeps it from being understood."""

    form: Form
    answers: Answers = field(default_factory=Answers)
    lines: Mapping[Place, int] = field(default_factory=lambda: MappingProxyType({}))
    broken: tuple[Flaw, ...] = ()
    """Why it cannot be relied on at all; empty for a file that was understood."""

    def line(self, *place: str | int) -> int:
        """The line of a cell, else of its row, else of its question, else 1."""
        for length in range(len(place), 0, -1):
            found = self.lines.get(place[:length])
            if found is not None:
                return found
        return 1
