"""One row of a form's table, cell by cell, with what each is for; what was found has to be confirmed to count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.suggester import SuggestFromList
from textual.widgets import Button, Input

from shipworthy.facts.forms.complete import blank
from shipworthy.forms import Column, Kind, Question, Row, flaws_of
from shipworthy.tui.screens.dialogs import Answer, Choice, Dialog
from shipworthy.tui.screens.dialogs import Question as Ask
from shipworthy.tui.screens.form_words import HINTS, one_line
from shipworthy.tui.widgets.line_input import LineInput
from shipworthy.tui.widgets.lines import Line
from shipworthy.tui.widgets.safe import BOLD, DIM, SafeStatic, joined, shown

COUNTS = "Fill in what is true; it counts once you say that it is so. "
TAKES = "The right arrow takes the end of a word from another row."


class RowDialog(Dialog[Row]):
    """Dismissed with the row as it was filled in, or None where nothing of it is to be kept."""

    AUTO_FOCUS = "Input"
    # The form's line of keys is in sight behind it, and names this one.
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "keep", show=False)]

    def __init__(self, question: Question, row: Row | None, others: Sequence[Row], today: date) -> None:
        name = row.cell(question.columns[0].id) if row else ""
        super().__init__(one_line(name) or "A new row", question.label)
        self._question = question
        self._row = row or Row(cells={})
        self._new = row is None
        self._others = others
        self._today = today
        self._seen = {each.id: one_line(self._row.cell(each.id)) for each in question.columns}

    @property
    def _waits(self) -> bool:
        return not self._new and not self._row.confirmed

    def compose(self) -> ComposeResult:
        with self.box():
            with self.words():
                if words := self._intro():
                    yield SafeStatic(shown(words, DIM, 600), classes="statement")
                for column in self._question.columns:
                    with Vertical(classes="cell"):
                        yield SafeStatic(joined((column.label, BOLD), (f"  {column.help}", DIM)))
                        yield self._input(column)
            yield SafeStatic(id="problem")
            with Horizontal(classes="buttons"):
                yield Choice("Cancel", id="no")
                if self._waits:
                    yield Choice("Keep for later", id="later")
                yield Choice("It is so" if self._waits else "Add" if self._new else "Keep", id="yes", tone="primary")

    def _intro(self) -> str:
        where = f"Found at {self._row.found}. " if self._row.found else ""
        again = TAKES if any(len(each.cells) > 1 for each in self._others) else ""
        return f"{where}{COUNTS if self._waits else ''}{again}".strip()

    def _input(self, column: Column) -> Input:
        # What other rows say: owners and places are the same again and again.
        known = list(dict.fromkeys(one_line(each.cell(column.id)) for each in self._others if each.cell(column.id)))
        suggester = SuggestFromList(known, case_sensitive=False) if known else None
        hint = HINTS.get(column.kind, "")
        name = f"cell-{column.id}"
        return LineInput(value=self._seen[column.id], placeholder=hint, id=name, compact=True, suggester=suggester)

    def on_mount(self) -> None:
        empty = next((each for each in self._question.columns if blank(self._seen[each.id])), None)
        if empty is not None:
            self.query_one(f"#cell-{empty.id}", Input).focus()
        self._look()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._look()

    def _cells(self) -> dict[str, str]:
        """What is typed, by column; what nobody touched stays as it was, to the last character."""
        found = {}
        for column in self._question.columns:
            typed = self.query_one(f"#cell-{column.id}", Input).value
            text = self._row.cell(column.id) if typed == self._seen[column.id] else one_line(typed)
            is_day = column.kind is Kind.DATE and text.casefold() == "today"
            found[column.id] = self._today.isoformat() if is_day else text
        return {key: text for key, text in found.items() if text}

    def _look(self) -> None:
        """Say what is still missing, as it is typed."""
        cells = self._cells()
        wrong = [
            flaw for each in self._question.columns for flaw in flaws_of(each, cells.get(each.id, ""), self._today)
        ]
        rest = [flaw for flaw in wrong if flaw.rule != "empty"]
        if rest:
            self._say(f"{rest[0].message}. {rest[0].remedy}", "$error")
        elif wrong:
            asked = (each for each in self._question.columns if each.required)
            names = ", ".join(each.label for each in asked if blank(cells.get(each.id, "")))
            self._say(f"Still empty: {names}", DIM)
        else:
            self._say("", DIM)
        for button in self.query("#yes, #later").results(Button):
            button.disabled = not cells

    def _say(self, words: str, style: str) -> None:
        self.query_one("#problem", SafeStatic).put(shown(words, style, 600))

    def on_input_submitted(self) -> None:
        here = self.focused
        inputs = list(self.query(Input))
        if isinstance(here, Button):
            here.press()
        elif here is inputs[-1] and not self.query_one("#yes", Button).disabled:
            self.set_focus(self.query_one("#yes", Button))
        else:
            self.focus_next(Input)

    def action_keep(self) -> None:
        """As the last button; the form is saved from the form."""
        self.query_one("#yes", Button).press()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if not self.is_current:
            return
        if event.button.id == "no":
            self.action_cancel()
        else:
            self.dismiss(replace(self._row, cells=self._cells(), confirmed=event.button.id == "yes"))

    @property
    def unsaved(self) -> bool:
        """Whether something was typed that is nowhere else."""
        return self._cells() != {key: text for key, text in self._row.cells.items() if text}

    def leave_first(self) -> None:
        """As in the form below."""
        self.action_cancel()

    def action_cancel(self) -> None:
        if not self.unsaved:
            self.dismiss(None)
            return
        lines = [Line(shown("What you typed into this row would be lost."))]
        answers = (Answer("no", "Keep writing"), Answer("drop", "Drop it"))
        self.app.push_screen(Ask("This row is not kept yet", lines, answers), self._dropped)

    def _dropped(self, answer: str | None) -> None:
        if answer == "drop":
            self.dismiss(None)
