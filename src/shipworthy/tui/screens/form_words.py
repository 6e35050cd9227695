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
HINTS = {Kind.DATE: "YYYY-MM-DD, or the word today", Kind.DUE: "YYYY-MM-DD", Kind.EMAIL: "name@example.org"}
"""What stands in an empty field."""

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
    "no-fingerprint": "no fingerprint",
    "no-way-to-reach": "no way to reach anybody",
}


def harmless(text: str) -> str:
    """A text of many lines with no character a terminal would obey."""
    return "\n".join(visible(line, MAX_TEXT) for line in text.splitlines())


def one_line(text: str) -> str:
    return visible(" ".join(text.split()), MAX_TEXT)


def told_once(hints: Sequence[str]) -> str:
    """What was found, "data store: redis (compose.yaml:3)", each name with its first place, kind by kind."""
    kinds: dict[str, dict[str, str]] = {}
    for hint in hints:
        kind, _, rest = visible(hint, 200).partition(": ")
        kinds.setdefault(kind, {}).setdefault(rest.partition(" (")[0], rest)
    return " · ".join(f"{kind}: {', '.join(each.values())}" for kind, each in kinds.items())


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
    if not words:
        return Ends(left, shown(aside, FAINT))
    first, comma, _ = words.partition(",")
    return Ends(left, shown(words, "$warning"), shown(first + (" …" if comma else ""), "$warning"))


def row_face(row: Row, wrong: int) -> Face:
    """How a row stands; `wrong` is how many of its cells lack something."""
    return WAITS if not row.confirmed else GAPS if wrong else SAID


def row_entry(question: Question, number: int, row: Row, today: date) -> Entry:
    """One row of a table as a line of the list."""
    first = question.columns[0]
    wrong = sum(bool(flaws_of(each, row.cell(each.id), today)) for each in question.columns) if row.confirmed else 0
    face = row_face(row, wrong)
    others = "  ".join(row.cell(each.id) for each in question.columns[1:] if not blank(row.cell(each.id)))
    left = joined(
        (f"{face.glyph} {face.word:<8}", f"bold {face.style}" if face is not SAID else face.style),
        (row.cell(first.id) or "(no name)", ""),
        (f"  {others}" if others else "", DIM),
    )
    asides: list[Content] = []
    if wrong:
        asides.append(shown(f"{plural(wrong, 'cell')} to fill in", "$warning"))
    elif row.found and not row.confirmed:
        asides += [shown(f"found at {row.found}", DIM, 60), shown(row.found, DIM, 60)]
    return Entry(f"row:{number}", Ends(left, *asides, keep=20, firm=24))


def add_entry(question: Question, some: bool) -> Entry:
    """The line that adds a row; `some` rows are there already, or none."""
    words = "Add a row" if some else f"Add the first row: {question.columns[0].label}"
    return Entry(ADD, Ends(joined(("+ ", "bold $primary"), (words, DIM))))


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
