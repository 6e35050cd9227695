"""What the form screen says: how each question stands, what is still missing, and how a row of a table looks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from textual.content import Content

from shipworthy.coaching.words import Face
from shipworthy.facts.forms.complete import blank
from shipworthy.forms import Answers, Flaw, Form, Kind, Question, Row, flaws_of
from shipworthy.text import plural, visible
from shipworthy.tui.widgets.items import Entry
from shipworthy.tui.widgets.lines import Line
from shipworthy.tui.widgets.safe import BOLD, DIM, FAINT, Ends, joined, shown

MAX_TEXT = 100_000
"""Characters of one line of an answer that are shown and kept."""
ADD = "add:"

SAID = Face("✔", "so", "Somebody said that this row is so", "$success")
GAPS = Face("!", "so, but", "Somebody said that it is so, and a cell is empty or does not fit", "$warning")
WAITS = Face(
    "?", "confirm", "It was found in the code, or kept for later: it counts once you say that it is so", "$warning"
)
MEANS = (WAITS, SAID, GAPS)

_SHORT = {
    "empty": "not answered",
    "no-date": "no day",
    "in-the-future": "a day in the future",
    "too-old": "too long ago",
    "no-address": "no e-mail address",
    "no-way-to-reach": "no way to reach anybody",
}


def harmless(text: str) -> str:
    """A text of many lines with no character a terminal would obey."""
    return "\n".join(visible(line, MAX_TEXT) for line in text.splitlines())


def one_line(text: str) -> str:
    return visible(" ".join(text.split()), MAX_TEXT)


def by_question(flaws: Sequence[Flaw]) -> dict[str, list[Flaw]]:
    """The flaws of each question, by its id."""
    found: dict[str, list[Flaw]] = {}
    for flaw in flaws:
        found.setdefault(flaw.anchor.partition("/")[0], []).append(flaw)
    return found


def gaps(question: Question, answers: Answers, flaws: Sequence[Flaw]) -> str:
    """What a question still lacks, in few words; "" where it lacks nothing."""
    if not flaws:
        return ""
    if question.kind is not Kind.ROWS:
        return _SHORT.get(flaws[0].rule, "does not fit")
    rows = len(answers.table(question.id))
    waiting = sum(each.rule == "not-confirmed" for each in flaws)
    empty = sum(each.rule == "empty" for each in flaws)
    odd = len(flaws) - waiting - empty - any(each.rule == "too-few" for each in flaws)
    parts = [
        f"{plural(waiting, 'row')} to confirm" if waiting else "",
        f"{plural(empty, 'cell')} empty" if empty else "",
        f"{plural(odd, 'cell')} to mend" if odd else "",
        # With enough rows there, confirming them is all it takes.
        f"{question.least - rows} more {'row' if question.least - rows == 1 else 'rows'}"
        if rows < question.least
        else "",
    ]
    return ", ".join(each for each in parts if each)


def missing(questions: Sequence[Question], answers: Answers, flaws: Sequence[Flaw]) -> Content:
    """The foot of the screen: everything still missing, question by question."""
    if not flaws:
        return joined(("✔ ", "bold $success"), ("Nothing is missing.", ""))
    held = by_question(flaws)
    numbers: dict[str, list[str]] = {}
    for number, question in enumerate(questions, 1):
        if words := gaps(question, answers, held.get(question.id, ())):
            numbers.setdefault(words, []).append(str(number))
    parts = [joined((f"{', '.join(each)}: ", BOLD), (words, "")) for words, each in numbers.items()]
    return joined(("Still missing  ", "bold $warning")) + Content.assemble(("  ·  ", FAINT)).join(parts)


def heading(number: int, of: int, question: Question, words: str) -> Ends:
    """A question, and at the right end what it lacks."""
    mark = ("? ", "bold $warning") if words else ("✔ ", "bold $success")
    left = joined(mark, (f"{number} of {of}  ", DIM), (question.label, BOLD))
    aside = "" if words or question.required else "optional"
    return Ends(left, shown(words, "$warning") if words else shown(aside, FAINT))


def row_face(question: Question, row: Row, wrong: int) -> Face:
    """How a row stands; `wrong` is how many of its cells lack something."""
    return WAITS if not row.confirmed else GAPS if wrong else SAID


def row_entries(question: Question, rows: Sequence[Row], wrong: Sequence[int]) -> Iterator[Entry]:
    """A line for each row, and one that adds another."""
    first = question.columns[0]
    for number, row in enumerate(rows):
        face = row_face(question, row, wrong[number])
        others = "  ".join(row.cell(each.id) for each in question.columns[1:] if not blank(row.cell(each.id)))
        left = joined(
            (f"{face.glyph} {face.word:<8}", f"bold {face.style}" if face is not SAID else face.style),
            (row.cell(first.id) or "(no name)", ""),
            (f"  {others}" if others else "", DIM),
        )
        asides = []
        if wrong[number] and row.confirmed:
            asides.append(shown(plural(wrong[number], "cell") + " to fill in", "$warning"))
        elif row.found and not row.confirmed:
            asides += [shown(f"found at {row.found}", DIM, 60), shown(row.found, DIM, 60)]
        yield Entry(f"row:{number}", Ends(left, *asides, keep=20, firm=24))
    words = "Add a row" if rows else f"Add the first row: {first.label}"
    yield Entry(ADD, Ends(joined(("+ ", "bold $primary"), (words, DIM))))


def wrong_cells(question: Question, rows: Sequence[Row], today: date) -> list[int]:
    """For each row how many of its cells lack something."""
    return [
        sum(bool(flaws_of(column, row.cell(column.id), today)) for column in question.columns) if row.confirmed else 0
        for row in rows
    ]


def help_lines(form: Form) -> Iterator[Line]:
    """What the marks of rows mean, and when an answer counts."""
    yield Line(shown("Rows of a table", "bold $secondary"))
    for face in MEANS:
        yield Line(
            shown(face.words), head=joined((f"  {face.glyph} ", f"bold {face.style}"), (f"{face.word:<9}", face.style))
        )
    yield Line()
    yield Line(shown(f"{form.file} is an ordinary file of the repository: git shows what changed in it and undoes it."))
    yield Line(shown("It is part of what gets signed: commit it."))
    yield Line(joined((f"shipworthy form {form.id}", BOLD), (" asks the same without this screen.", DIM)))
