"""What a form is filled in with: lines, texts and tables, each as wide as the screen, with its question above it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import TextArea

from shipworthy.forms import Kind, Question, Row, flaws_of
from shipworthy.tui.screens.form_words import HINTS, add_entry, harmless, heading, one_line, row_entry
from shipworthy.tui.screens.review_rows import RowList
from shipworthy.tui.widgets.items import Entry
from shipworthy.tui.widgets.line_input import LineInput
from shipworthy.tui.widgets.safe import DIM, SafeStatic, shown


class FormInput(LineInput):
    """One line."""

    def __init__(self, value: str, id: str, kind: Kind) -> None:
        super().__init__(value=value, placeholder=HINTS.get(kind, ""), id=id, compact=True)


class FormText(TextArea):
    """Any number of lines; the arrows leave it at its first and its last one."""

    def __init__(self, value: str, id: str) -> None:
        super().__init__(value, id=id, compact=True, highlight_cursor_line=False)

    def action_cursor_down(self, select: bool = False) -> None:
        if not select and self.navigator.is_last_wrapped_line(self.cursor_location):
            self.screen.focus_next()
        else:
            super().action_cursor_down(select)

    def action_cursor_up(self, select: bool = False) -> None:
        if not select and self.navigator.is_first_wrapped_line(self.cursor_location):
            self.screen.focus_previous()
        else:
            super().action_cursor_up(select)


class FormTable(RowList):
    """The rows of one question, and a last line that adds one."""

    def __init__(self, question: Question, rows: Sequence[Row], today: date, id: str) -> None:
        super().__init__(id=id)
        self.question = question
        self.rows: tuple[Row, ...] = tuple(rows)
        self._made: list[Entry] = []
        self._today = today

    def on_mount(self) -> None:
        self.set(self.rows)

    def watch_has_focus(self, _has_focus: bool) -> None:
        # Unlike other lists, it has an edge that tells it.
        self.update_node_styles()

    def set(self, rows: Sequence[Row]) -> None:
        """Show these rows in place of what is shown."""
        before, self.rows = self.rows, tuple(rows)
        known = self._made
        # What did not change is not made anew: a table may have hundreds of rows.
        self._made = [
            known[number]
            if number < min(len(known), len(before)) and before[number] is row
            else row_entry(self.question, number, row, self._today)
            for number, row in enumerate(self.rows)
        ]
        self.put([*self._made, add_entry(self.question, bool(self.rows))])

    @property
    def number(self) -> int | None:
        """The number of the row under the cursor, from 0; None on the line that adds one."""
        kind, _, number = (self.key or "").partition(":")
        return int(number) if kind == "row" else None

    def move(self, step: int) -> bool:
        """Move the cursor; False where there is no further line."""
        at = (self.highlighted or 0) + step
        if not 0 <= at < self.option_count:
            return False
        self.highlighted = at
        return True

    def go_to_waiting(self, start: int) -> None:
        """Put the cursor on the next row that waits for a yes, from one on; else on that one."""
        order = [*range(start, len(self.rows)), *range(start)]
        waiting = next((each for each in order if not self.rows[each].confirmed), None)
        self.go(f"row:{waiting if waiting is not None else max(min(start, len(self.rows)) - 1, 0)}")


class Asked(Vertical):
    """A question, its help, and what its answer is written into."""

    def __init__(self, number: int, of: int, question: Question, text: str, rows: Sequence[Row], today: date) -> None:
        super().__init__(classes="asked")
        self.question = question
        self._number, self._of = number, of
        self._raw, self._rows, self._today = text, rows, today
        self._seen = harmless(text) if question.kind is Kind.LONG else one_line(text)

    def compose(self) -> ComposeResult:
        question, name = self.question, f"ask-{self.question.id}"
        yield SafeStatic(heading(self._number, self._of, question, ""), classes="asked-head")
        yield SafeStatic(shown(question.help, DIM, 1_000), classes="asked-help")
        if question.kind is Kind.ROWS:
            yield FormTable(question, self._rows, self._today, name)
        elif question.kind is Kind.LONG:
            yield FormText(self._seen, name)
        else:
            yield FormInput(self._seen, name, question.kind)
            yield SafeStatic(classes="asked-note")

    @property
    def field(self) -> FormTable | FormText | FormInput:
        """What the answer is written into."""
        found = self.query_one(f"#ask-{self.question.id}")
        assert isinstance(found, FormTable | FormText | FormInput)  # noqa: S101 - as composed above
        return found

    @property
    def text(self) -> str:
        """The answer as it would be kept: untouched where nobody changed it, else without anything that acts."""
        field = self.field
        if isinstance(field, FormTable):
            return ""
        typed = field.text if isinstance(field, FormText) else field.value
        if typed == self._seen:
            return self._raw
        if isinstance(field, FormText):
            return harmless(typed)
        text = one_line(typed)
        return self._today.isoformat() if self.question.kind is Kind.DATE and text.casefold() == "today" else text

    def look(self, words: str) -> None:
        """Say how the question stands; `words` are what it lacks."""
        self.query_one(".asked-head", SafeStatic).put(heading(self._number, self._of, self.question, words))
        for note in self.query(".asked-note").results(SafeStatic):
            wrong = flaws_of(self.question, self.text, self._today) if self.text else ()
            if wrong:
                # The question stands right above.
                said = wrong[0].message.replace(f'"{self.question.label}"', "This", 1)
                note.put(shown(f"{said}. {wrong[0].remedy}", "$error", 600))
            elif self.text and self.question.kind is Kind.DATE:
                note.put(shown(_ago(date.fromisoformat(self.text), self._today), DIM))
            else:
                note.put(shown(""))


def _ago(day: date, today: date) -> str:
    days = (today - day).days
    return f"{day:%A}, {'today' if days == 0 else 'yesterday' if days == 1 else f'{days} days ago'}"
