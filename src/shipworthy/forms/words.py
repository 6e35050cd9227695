"""How answers are put into words: TOML values, Markdown tables, the template of a form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from shipworthy.facts.forms import DAYS, Answers, Form, Kind, Question, Row
from shipworthy.facts.forms.markdown import CONFIRMED, FOUND

WIDTH = 100


def normal(form: Form, answers: Answers) -> Answers:
    """The answers as they are kept: without space around them, one-line answers on one line, only what is asked."""
    texts = {each.id: _text(each.kind, answers.text(each.id)) for each in form.questions if each.kind is not Kind.ROWS}
    rows = {
        each.id: tuple(_row(each, row) for row in answers.table(each.id))
        for each in form.questions
        if each.kind is Kind.ROWS
    }
    rows = {key: tuple(row for row in found if row.cells) for key, found in rows.items()}
    return Answers(texts={key: text for key, text in texts.items() if text}, rows=rows)


def _text(kind: Kind, text: str) -> str:
    if kind is not Kind.LONG:
        return " ".join(text.split())
    return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")).strip()


def _row(question: Question, row: Row) -> Row:
    cells = {each.id: " ".join(row.cell(each.id).split()) for each in question.columns}
    return Row(
        cells={key: text for key, text in cells.items() if text},
        confirmed=row.confirmed,
        found=" ".join(row.found.split()),
    )


def value(text: str, kind: Kind) -> str:
    """A text as a TOML value: a day as a date, many lines between three quotes."""
    import tomlkit  # only a writer needs it

    if kind in DAYS:
        try:
            return str(tomlkit.item(date.fromisoformat(text)).as_string())
        except ValueError:
            pass
    if "\n" in text:
        # TOML drops a line end that follows the opening quotes at once.
        return '"""\n' + str(tomlkit.string(f"{text}\n", multiline=True).as_string())[3:]
    return str(tomlkit.item(text).as_string())


def keys(question: Question, row: Row) -> Iterator[tuple[str, str]]:
    """Key and TOML value of everything that is written of a row."""
    for column in question.columns:
        yield column.id, value(row.cell(column.id), column.kind)
    if row.found:
        yield "found", value(row.found, Kind.TEXT)
    if row.found or not row.confirmed:
        yield "confirmed", "true" if row.confirmed else "false"


def block(question: Question, row: Row) -> str:
    """A row as a TOML table of its own."""
    return f"[[{question.id}]]\n" + "".join(f"{key} = {text}\n" for key, text in keys(question, row))


def table(question: Question, rows: Iterable[Row]) -> list[str]:
    """A table as lines of Markdown."""
    held = list(rows)
    heads = [each.label for each in question.columns]
    # Who wrote every row by hand has nothing to confirm.
    filled = bool(question.sources) or any(row.found or not row.confirmed for row in held)
    if filled:
        heads += [FOUND, CONFIRMED]
    lines = [_line(heads), _line("---" for _ in heads)]
    for row in held:
        more = [row.found, "yes" if row.confirmed else "no"] if filled else []
        lines.append(_line([*(row.cell(each.id) for each in question.columns), *more]))
    return lines


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(each.replace("\\", "\\\\").replace("|", "\\|") for each in cells) + " |"


def template(form: Form) -> str:
    """The form's file without answers."""
    return _markdown(form) if form.markdown else _toml(form)


def _markdown(form: Form) -> str:
    lines = [f"# {form.title}", ""]
    lines += _comment(
        f"{form.intro} Written by hand or by `shipworthy form {form.id}`. Headings and words of your own stay. "
        "It is part of what gets signed: commit it."
    )
    for question in form.questions:
        lines += section(question)
    return "\n".join(lines) + "\n"


def section(question: Question) -> list[str]:
    """A question's heading and help in Markdown, without an answer."""
    lines = ["", f"## {question.label}", "", *_comment(question.help)]
    return [*lines, "", *table(question, ())] if question.kind is Kind.ROWS else lines


def _comment(text: str) -> list[str]:
    lines = wrapped(text, WIDTH - 9)
    lines[0] = f"<!-- {lines[0]}"
    lines[-1] += " -->"
    return lines


def _toml(form: Form) -> str:
    words = f"{form.title}. {form.intro} Written by hand or by `shipworthy form {form.id}`; comments of your own stay."
    lines = [f"# {each}" for each in wrapped(f"{words} It is part of what gets signed: commit it.", WIDTH - 2)]
    for question in form.questions:
        if question.kind is not Kind.ROWS:
            lines += ["", *asked(question), f'{question.id} = ""']
    for question in form.questions:
        if question.kind is Kind.ROWS:
            lines += ["", *asked(question), "#", f"#   [[{question.id}]]"]
            for column in question.columns:
                lines.append(f'#   {column.id} = ""  # {column.help}')
    return "\n".join(lines) + "\n"


def asked(question: Question) -> list[str]:
    """A question and its help as comments of TOML."""
    return [f"# {each}" for each in wrapped(f"{question.label} {question.help}", WIDTH - 2)]


def wrapped(text: str, width: int) -> list[str]:
    """A text as lines of at most so many characters."""
    import textwrap

    found: Any = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    return list(found) or [""]
