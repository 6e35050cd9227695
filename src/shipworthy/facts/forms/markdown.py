"""Reads a form that is kept as Markdown: each question is a heading, its answer the text or the table below it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from shipworthy.facts.forms.model import Answers, Flaw, Form, Kind, Place, Question, Row, Written
from shipworthy.facts.forms.reading import MAX_LINE, MAX_LONG, MAX_ROWS

CONFIRMED = "Confirmed"
FOUND = "Found at"
YES = frozenset({"yes", "y", "x", "[x]", "true"})
NO = frozenset({"", "no", "n", "[ ]", "false"})
_HEADING = re.compile(r" {0,3}(#{1,2})[ \t]+(.*?)[ \t#]*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_RULE = re.compile(r"[ \t]*\|?[ \t:|-]*-[ \t:|-]*$")


@dataclass(slots=True)
class Part:
    """A heading and the lines below it, as (1-based number, text without comments)."""

    title: str
    line: int
    body: list[tuple[int, str]] = field(default_factory=list)


def plain(text: str) -> str:
    """A heading or label as it is compared: letters and digits in lower case."""
    return "".join(character for character in text.casefold() if character.isalnum())


def parts(text: str) -> Iterator[Part]:
    """The parts that headings of the first and second level make, in order; what comes before them is left out."""
    part: Part | None = None
    fence = ""
    comment = False
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if not fence:
            line, comment = _without_comments(line, comment)
        opening = _FENCE.match(line)
        if opening and not fence:
            fence = opening[1]
        elif opening and line.strip().startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
        heading = None if fence or opening else _HEADING.match(line)
        if heading:
            if part is not None:
                yield part
            part = Part(heading[2] if heading[1] == "##" else "", number)
        elif part is not None:
            part.body.append((number, line))
    if part is not None:
        yield part


def _without_comments(line: str, inside: bool) -> tuple[str, bool]:
    """A line without `<!-- -->`, and whether one is still open at its end."""
    kept = ""
    while True:
        if inside:
            _, mark, line = line.partition("-->")
            if not mark:
                return kept, True
        before, mark, line = line.partition("<!--")
        kept += before
        if not mark:
            return kept, False
        inside = True


class _Reading:
    def __init__(self, form: Form) -> None:
        self.form = form
        self.texts: dict[str, str] = {}
        self.rows: dict[str, tuple[Row, ...]] = {}
        self.lines: dict[Place, int] = {}
        self.broken: list[Flaw] = []

    def wrong(self, line: int, message: str, remedy: str) -> None:
        self.broken.append(
            Flaw(file=self.form.file, line=line, rule="not-understood", message=message, remedy=remedy, anchor=message)
        )

    def text(self, question: Question, part: Part) -> None:
        value = "\n".join(line.rstrip() for _, line in part.body).strip()
        if question.kind is not Kind.LONG:
            value = " ".join(value.split())
        most = MAX_LONG if question.kind is Kind.LONG else MAX_LINE
        if len(value) > most:
            self.wrong(part.line, f'"{question.label}" has more than {most:,} characters', "Shorten it.")
            value = ""
        self.texts[question.id] = value

    def table(self, question: Question, part: Part) -> None:
        lines = [(number, line) for number, line in part.body if line.lstrip().startswith("|")]
        if not lines:
            self.rows[question.id] = ()
            return
        (first, head), *rest = lines
        names = self._head(question, first, cells(head))
        if names is None:
            return
        if not rest or not _RULE.fullmatch(rest[0][1]):
            self.wrong(first, "below the table's first line there is no line of dashes", "Write `| --- | --- |` there.")
            return
        found: list[Row] = []
        for number, line in rest[1:]:
            row = self._row(number, names, cells(line))
            if row is None:
                continue
            place = len(found)
            self.lines[question.id, place] = number
            found.append(row)
        if len(found) > MAX_ROWS:
            self.wrong(first, f"the table has more than {MAX_ROWS} rows", "Take some out.")
            found = []
        self.rows[question.id] = tuple(found)

    def _head(self, question: Question, line: int, labels: list[str]) -> list[str] | None:
        """The column ids in the order of the file."""
        known = {plain(each.label): each.id for each in question.columns}
        known |= {plain(CONFIRMED): CONFIRMED, plain(FOUND): FOUND}
        names: list[str] = []
        for label in labels:
            name = known.get(plain(label))
            if name is None or name in names:
                asked = ", ".join(each.label for each in question.columns)
                problem = "stands twice" if name else "is no column of this table"
                self.wrong(line, f'"{label[:60]}" {problem}', f"The columns are: {asked}, {FOUND}, {CONFIRMED}.")
                return None
            names.append(name)
        return names

    def _row(self, line: int, names: list[str], values: list[str]) -> Row | None:
        if len(values) > len(names):
            self.wrong(
                line, "the row has more cells than the table's first line", "Write a `|` inside a cell as `\\|`."
            )
            return None
        held = dict(zip(names, values, strict=False))
        if any(len(each) > MAX_LINE for each in values):
            self.wrong(line, f"a cell has more than {MAX_LINE:,} characters", "Shorten it.")
            return None
        said = held.pop(CONFIRMED, "yes").casefold()
        if said not in YES | NO:
            self.wrong(line, f'"{said[:40]}" is neither yes nor no', f"Write yes or no under {CONFIRMED}.")
            return None
        where = held.pop(FOUND, "")
        if not any(held.values()):
            return None
        return Row(cells={key: text for key, text in held.items() if text}, confirmed=said in YES, found=where)


def cells(line: str) -> list[str]:
    """The cells of one line of a table; `\\|` is a bar inside a cell."""
    inner = line.strip().removeprefix("|")
    found, cell = [], ""
    escaped = False
    for character in inner:
        if escaped:
            cell += character if character in "|\\" else f"\\{character}"
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == "|":
            found.append(cell.strip())
            cell = ""
        else:
            cell += character
    cell += "\\" if escaped else ""
    return [*found, cell.strip()] if cell.strip() else found


def read_markdown(form: Form, text: str) -> Written:
    """The answers below the form's headings; headings of one's own are left alone."""
    reading = _Reading(form)
    wanted = {plain(each.label): each for each in form.questions}
    for part in parts(text):
        question = wanted.get(plain(part.title))
        if question is None:
            continue
        if (question.id,) in reading.lines:
            reading.wrong(part.line, f'the heading "{question.label}" stands twice', "Put both parts under one.")
            continue
        reading.lines[question.id,] = part.line
        if question.kind is Kind.ROWS:
            reading.table(question, part)
        else:
            reading.text(question, part)
    if not reading.lines:
        reading.wrong(1, "none of the form's questions stands here as a heading", "Write each as `## question`.")
    return Written(
        form=form,
        answers=Answers(texts=reading.texts, rows=reading.rows),
        lines=reading.lines,
        broken=tuple(reading.broken),
    )
