"""What is still missing from a form: empty answers, days out of bounds, rows nobody confirmed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from shipworthy.facts.forms.model import DAYS, Answers, Column, Flaw, Form, Kind, Question, Row, Written
from shipworthy.text import plural

_EMAIL = re.compile(r"[^\s@,;<>]{1,64}@[^\s@,;<>]{1,255}\.[^\s@,;<>.]{2,63}")
_LINK = re.compile(r"https?://[^\s/]+", re.I)
FINGERPRINT = re.compile(r"[0-9a-f]{16}")
_CHANNEL = re.compile(r"(?:^|\s)[#@][\w-]{2,}")
# What somebody writes to get past a question, compared without its punctuation.
_NOBODY = frozenset({"na", "none", "nobody", "noone", "nil", "null", "unknown", "undefined", "unowned"})
"""What names no owner, compared in the same way: an answer elsewhere, where nothing may be the truth."""
_EMPTY_WORDS = frozenset({"", "todo", "tbd", "tba", "fixme", "xxx", "wip", "tobedone", "later", "fillmein"})


def lacking(form: Form, answers: Answers, today: date, written: Written | None = None) -> tuple[Flaw, ...]:
    """Everything that keeps the form from being complete, in the order of its questions.

    `today` is the day ages are counted from; `written` gives the lines, where the answers come from a file.
    """
    return tuple(_Look(form, today, written or Written(form=form, answers=answers)).all(answers))


def flaws_of(asked: Question | Column, text: str, today: date) -> tuple[Flaw, ...]:
    """What is wrong with one answer, or one cell, by itself; the flaws name no file and no line."""
    form = Form(id="", title="", file="", intro="", questions=())
    look = _Look(form, today, Written(form=form))
    return tuple(look.value(asked, text, asked.label, asked.id))


def blank(text: str) -> bool:
    """Whether a text says nothing: empty, dashes, or a word such as "todo". The path `/` is a name."""
    return _letters(text) in _EMPTY_WORDS and text.strip() != "/"


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def reaches(text: str) -> bool:
    """Whether a text holds a way to reach somebody: an address, a number, a link, a channel."""
    digits = sum(character.isdigit() for character in text)
    return bool(digits >= 6 or _EMAIL.search(text) or _LINK.search(text) or _CHANNEL.search(text))


class _Look:
    def __init__(self, form: Form, today: date, written: Written) -> None:
        self.form = form
        self.today = today
        self.written = written

    def flaw(self, rule: str, message: str, remedy: str, *place: str | int, anchor: str = "") -> Flaw:
        return Flaw(
            file=self.form.file,
            line=self.written.line(*place),
            rule=rule,
            message=message,
            remedy=remedy,
            anchor=anchor or "/".join(str(each) for each in place),
        )

    def all(self, answers: Answers) -> Iterator[Flaw]:
        for question in self.form.questions:
            if question.kind is Kind.ROWS:
                yield from self.table(question, answers.table(question.id))
            else:
                yield from self.value(question, answers.text(question.id), question.label, question.id)

    def value(
        self, asked: Question | Column, text: str, what: str, *place: str | int, anchor: str = ""
    ) -> Iterator[Flaw]:
        if blank(text) or (asked.id == "owner" and _letters(text) in _NOBODY):
            if asked.required:
                yield self.flaw("empty", f'"{what}" is not answered', asked.help, *place, anchor=anchor)
            return
        if asked.kind in DAYS:
            yield from self.day(asked, text, what, *place, anchor=anchor)
        elif asked.kind is Kind.EMAIL and not _EMAIL.search(text):
            yield self.flaw("no-address", f'"{what}" is no e-mail address', "Write one.", *place, anchor=anchor)
        elif asked.kind is Kind.FINGERPRINT and not FINGERPRINT.fullmatch(text):
            remedy = "Write the 16 digits and letters (0 to 9, a to f) that stand beside the finding."
            yield self.flaw("no-fingerprint", f'"{what}" is no fingerprint', remedy, *place, anchor=anchor)
        elif asked.kind is Kind.REACH and not reaches(text):
            remedy = "Write an e-mail address, a telephone number, a link, or a channel such as #alerts."
            yield self.flaw("no-way-to-reach", f'"{what}" names no way to reach anybody', remedy, *place, anchor=anchor)

    def day(self, asked: Question | Column, text: str, what: str, *place: str | int, anchor: str) -> Iterator[Flaw]:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            yield self.flaw("no-date", f'"{what}" is no day', "Write it as YYYY-MM-DD.", *place, anchor=anchor)
            return
        most = asked.max_days if isinstance(asked, Question) else None
        if asked.kind is Kind.DUE:
            return
        if day > self.today:
            remedy = "Write the day on which it was done."
            yield self.flaw(
                "in-the-future", f'"{what}" names a day in the future: {day}', remedy, *place, anchor=anchor
            )
        elif most is not None and (self.today - day).days > most:
            age = plural((self.today - day).days, "day")
            message = f'"{what}" names a day {age} ago; {most} days are allowed'
            yield self.flaw("too-old", message, "Do it again, and write down the day.", *place, anchor=anchor)

    def table(self, question: Question, rows: tuple[Row, ...]) -> Iterator[Flaw]:
        first = question.columns[0].id
        for number, row in enumerate(rows):
            name = row.cell(first)
            if not row.confirmed:
                yield self.flaw(
                    "not-confirmed",
                    f'nobody has confirmed the row "{name[:80]}"',
                    "Fill it in and say that it is so, or take it out.",
                    question.id,
                    number,
                    anchor=f"{question.id}/{name}",
                )
                continue
            for column in question.columns:
                what = f"{column.label} ({name[:60]})" if column.id != first else column.label
                anchor = f"{question.id}/{name or number}/{column.id}"
                yield from self.value(column, row.cell(column.id), what, question.id, number, column.id, anchor=anchor)
        confirmed = sum(row.confirmed for row in rows)
        if confirmed < question.least:
            there = "none is" if not confirmed else f"{confirmed} {'is' if confirmed == 1 else 'are'}"
            yield self.flaw(
                "too-few",
                f'"{question.label}" asks for {plural(question.least, "row")} at least, and {there} there',
                question.help,
                question.id,
            )
