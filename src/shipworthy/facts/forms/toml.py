"""Reads a form that is kept as TOML: a key for each question, a `[[table]]` for each row."""

from __future__ import annotations

from datetime import date, datetime

from shipworthy.checklist.document import Document, Section
from shipworthy.facts.forms.model import DAYS, Answers, Flaw, Form, Kind, Place, Question, Row, Written
from shipworthy.facts.forms.reading import MAX_LINE, MAX_LONG, MAX_ROWS


def read_toml(form: Form, data: bytes) -> Written:
    """The answers of a file; unknown keys and wrong types are flaws of the file as a whole."""
    document = Document(data, form.file)
    texts: dict[str, str] = {}
    rows: dict[str, tuple[Row, ...]] = {}
    lines: dict[Place, int] = {}
    if not document.problems:
        top = document.top()
        for question in form.questions:
            if question.id in top:
                lines[question.id,] = document.line((question.id,)) or 1
            if question.kind is Kind.ROWS:
                rows[question.id] = _rows(top, question, lines)
            else:
                texts[question.id] = _text(top, question.id, question.kind)
        top.close()
    broken = tuple(
        Flaw(
            file=form.file,
            line=each.line,
            rule="not-understood",
            message=f"{each.key}: {each.message}" if each.key else each.message,
            remedy=each.remedy or "Write it as the template does.",
            anchor=f"{each.key} {each.message}",
        )
        for each in document.problems
    )
    return Written(form=form, answers=Answers(texts=texts, rows=rows), lines=lines, broken=broken)


def _text(section: Section, key: str, kind: Kind) -> str:
    if kind in DAYS:
        value = section.table.get(key)
        if isinstance(value, date) and not isinstance(value, datetime):
            section.raw(key)
            return value.isoformat()
    limit = MAX_LONG if kind is Kind.LONG else MAX_LINE
    return section.text(key, limit=limit, required=False, empty=True, multiline=kind is Kind.LONG).strip()


def _rows(top: Section, question: Question, lines: dict[Place, int]) -> tuple[Row, ...]:
    found: list[Row] = []
    for number, section in enumerate(top.sections(question.id, required=False, most=MAX_ROWS)):
        lines[question.id, number] = section.document.line(section.path) or 1
        cells = {}
        for column in question.columns:
            if column.id in section:
                lines[question.id, number, column.id] = section.document.line((*section.path, column.id)) or 1
            cells[column.id] = _text(section, column.id, column.kind)
        where = section.text("found", limit=MAX_LINE, required=False, empty=True)
        confirmed = section.raw("confirmed", required=False)
        if confirmed is not None and not isinstance(confirmed, bool):
            section.wrong("confirmed", "must be true or false", "Write `confirmed = true` once it is so.")
        section.close()
        found.append(
            Row(
                cells={key: text for key, text in cells.items() if text},
                # A row that somebody wrote by hand needs no word that a person said it.
                confirmed=confirmed is not False,
                found=where,
            )
        )
    return tuple(found)
