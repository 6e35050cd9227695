"""Small questions and messages: the safest answer has the focus, Esc gives it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Generic, NamedTuple, TypeVar

from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import Key, Paste
from textual.screen import ModalScreen, Screen
from textual.widgets import Button, Checkbox

from shipworthy.tui.keys import DIALOG, PAGES
from shipworthy.tui.widgets.line_input import LineInput
from shipworthy.tui.widgets.lines import Line, Lines
from shipworthy.tui.widgets.safe import SafeStatic, shown

T = TypeVar("T")
DIALOG_CSS = Path(__file__).with_name("dialogs.tcss")


class Choice(Button):
    """A button with words that are never markup."""

    def __init__(self, words: str, *, id: str, tone: str = "", disabled: bool = False) -> None:
        super().__init__(shown(words), id=id, classes=tone, disabled=disabled, compact=True)
        # No flash: it moves, and while it lasts a second press would be lost.
        self.active_effect_duration = 0


class Tick(Checkbox):
    """A yes or no that is told apart without colour: "[x]" or "[ ]"."""

    def __init__(self, words: str, *, id: str) -> None:
        super().__init__(shown(words), id=id, compact=True)

    @property
    def _button(self) -> Content:
        # Textual draws the same X for both and leaves the difference to its colour.
        return Content.styled("[x]" if self.value else "[ ]", self.get_visual_style("toggle--button"))


class Field(Horizontal):
    """A label and an input in a row."""

    def __init__(self, label: str, id: str, *, value: str = "", hint: str = "", secret: bool = False) -> None:
        super().__init__(classes="field")
        self._label = label
        self._input = LineInput(value=value, placeholder=hint, id=id, compact=True, max_length=1_000, password=secret)

    def compose(self) -> ComposeResult:
        yield SafeStatic(shown(self._label), classes="label")
        yield self._input


class Once(Screen[T], Generic[T]):
    """A screen that is dismissed once: the second key of a burst takes down nothing else that is shown by then."""

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        # Textual's own takes down whatever is on top.
        return super().dismiss(result) if self.on_top else AwaitComplete()

    @property
    def on_top(self) -> bool:
        """Whether keys come here."""
        return self.app.screen_stack[-1] is self

    def on_line_input_no_room(self, event: LineInput.NoRoom) -> None:
        """Say what was left out, until something else is typed."""
        for line in self.query("#problem").results(SafeStatic):
            line.put(shown(event.words, "$warning"))


class Dialog(Once[T], ModalScreen[T], Generic[T]):
    """A box with a title; Esc dismisses it with None."""

    CSS_PATH = DIALOG_CSS
    BINDINGS: ClassVar[list[BindingType]] = [*DIALOG]
    AUTO_FOCUS = "#no"

    def __init__(self, title: str, aside: str = "") -> None:
        super().__init__()
        self._title = title
        self._aside = aside

    def box(self) -> Vertical:
        """The box, with its title on the border."""
        box = Vertical(classes="box")
        box.border_title = shown(self._title, "bold", 64)
        box.border_subtitle = shown(self._aside, limit=64)
        return box

    def words(self) -> VerticalScroll:
        """The part of the box that scrolls where there is no room for all of it; what comes after it stays in sight."""
        return VerticalScroll(classes="fields", can_focus=False)

    def action_text_scroll(self, rows: int) -> None:
        self.query_one(".fields", VerticalScroll).scroll_relative(y=rows, animate=False)

    def action_text_page(self, pages: int) -> None:
        text = self.query_one(".fields", VerticalScroll)
        text.scroll_relative(y=pages * max(text.size.height - 1, 1), animate=False)

    def on_key(self, event: Key) -> None:
        """What is typed while a button has the focus is meant for the first field that is empty."""
        if isinstance(self.focused, Button) and event.key == "space":
            return
        if event.is_printable and event.character and self._meant(event.character):
            event.stop()

    def on_paste(self, event: Paste) -> None:
        """As what is typed."""
        if event.text.strip() and self._meant(event.text):
            event.stop()

    def _meant(self, text: str) -> bool:
        """Put a text that came to no field into the one it is meant for; False where there is none."""
        here = self.focused
        if isinstance(here, Button):
            field = next((each for each in self.query(LineInput) if not each.value), None)
            if field is None:
                return False
            # At once: the next letter comes before its turn would.
            self.set_focus(field)
        elif isinstance(here, LineInput):
            # A field takes what comes to it, so this came to a button, before the letter ahead of it moved the focus.
            field = here
        else:
            return False
        # After the field was told that it has the focus, for then it selects what it holds.
        field.call_later(field.add, text)
        return True

    def action_cancel(self) -> None:
        self.dismiss(None)


class Answer(NamedTuple):
    """A button of a question: its id is the answer."""

    id: str
    words: str
    tone: str = ""


class Question(Dialog[str]):
    """Asks; gives the id of the chosen answer, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [*DIALOG, *PAGES]

    def __init__(self, title: str, lines: Sequence[Line], answers: Sequence[Answer], aside: str = "") -> None:
        super().__init__(title, aside)
        self._lines = lines
        self._answers = answers

    def compose(self) -> ComposeResult:
        with self.box():
            with self.words():
                for line in self._lines:
                    yield SafeStatic(line.head + line.text if line.head.plain else line.text)
            with Horizontal(classes="buttons"):
                for answer in self._answers:
                    yield Choice(answer.words, id=answer.id, tone=answer.tone)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id if event.button.id != "no" else None)


class Message(Dialog[None]):
    """Says something: what happened, and what to do about it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(each for each in DIALOG if each.id == "dialog-cancel"),
        *PAGES,
        # There is but one button, so the arrows have nothing else to do.
        Binding("down", "text_scroll(1)", show=False),
        Binding("up", "text_scroll(-1)", show=False),
    ]

    def __init__(self, title: str, message: str, advice: str = "") -> None:
        super().__init__(title)
        self._message = message
        self._advice = advice

    def compose(self) -> ComposeResult:
        with self.box():
            with self.words():
                yield SafeStatic(shown(self._message, limit=2_000))
                if self._advice:
                    yield SafeStatic(Content(""))
                    for each in self._advice.splitlines()[:12]:
                        yield SafeStatic(shown(each, limit=1_000))
            with Horizontal(classes="buttons"):
                yield Choice("Close", id="no")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(None)


class Reader(Dialog[None]):
    """Shows a long text; the arrows scroll it."""

    AUTO_FOCUS = "#text"

    def __init__(self, title: str, lines: Sequence[Line], *, note: str = "", aside: str = "") -> None:
        super().__init__(title, aside)
        self._lines = lines
        self._note = note

    def compose(self) -> ComposeResult:
        box = self.box()
        box.add_class("tall")
        with box:
            if self._note:
                yield SafeStatic(shown(self._note), id="note")
            yield Lines(self._lines, id="text")
            with Horizontal(classes="buttons"):
                yield Choice("Close", id="no")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(None)

    def say(self, note: str) -> None:
        """Change the note above the text."""
        self.query_one("#note", SafeStatic).put(shown(note))
