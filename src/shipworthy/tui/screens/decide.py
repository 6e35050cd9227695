"""The dialogs in which a person says that an item is true, or accepts that it is not."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Input

from shipworthy.assess.signing import SessionError
from shipworthy.coaching.deciding import (
    APPROVER,
    APPROVER_HINT,
    ATTEST_DAYS,
    ATTEST_REASON,
    WAIVE_DAYS,
    WAIVE_REASON,
    acceptance,
    form_words,
    seen_file,
    statement,
    with_day,
)
from shipworthy.coaching.session import Session
from shipworthy.coaching.when import DateError, past, until
from shipworthy.coaching.words import day, decides_words, level_words
from shipworthy.model import Result
from shipworthy.tui.screens.dialogs import Choice, Dialog, Field, Tick
from shipworthy.tui.widgets.safe import BOLD, DIM, SafeStatic, joined, shown


class Decide(Dialog[bool]):
    """What both dialogs share: fields, an end date, who it is written down for, and no yes before a reason."""

    BINDINGS: ClassVar[list[BindingType]] = []
    DAYS: ClassVar[int]
    REASON: ClassVar[str]
    YES: ClassVar[str]

    def __init__(self, session: Session, result: Result) -> None:
        item = result.item
        super().__init__(item.title, f"{level_words(result.level)} · {decides_words(item)}")
        self.session = session
        self.result = result

    def compose(self) -> ComposeResult:
        with self.box():
            with VerticalScroll(classes="fields", can_focus=False):
                yield from self.fields()
                yield Field("Valid for", "until", value=f"{self.DAYS} days", hint="90 days, or 2027-02-16")
                yield SafeStatic(id="until-day", classes="hint")
                yield SafeStatic(joined(("Said as      ", DIM), (self._author(), BOLD)), classes="author")
            yield SafeStatic(id="problem")
            with Horizontal(classes="buttons"):
                yield Choice("Cancel", id="no")
                yield Choice(self.YES, id="yes", tone="primary", disabled=True)

    def fields(self) -> ComposeResult:
        """The inputs above the end date; one of them has the id "reason"."""
        raise NotImplementedError

    def decide(self, reason: str, expires: date) -> None:
        """Write it down. Raises SessionError, DateError."""
        raise NotImplementedError

    def _author(self) -> str:
        try:
            return self.session.author()
        except SessionError as error:
            return f"nobody yet: {error.message}"

    def on_mount(self) -> None:
        self._look()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._look()

    def value(self, id: str) -> str:
        """What stands in an input, without space around it."""
        return self.query_one(f"#{id}", Input).value.strip()

    def _look(self) -> None:
        """Say what is missing as it is typed; the yes works only when nothing is."""
        problem = self.missing()
        words = ""
        try:
            words = f"until {day(until(self.value('until'), self.session.today), self.session.today)}"
            self.check()
        except DateError as error:
            problem = problem or str(error)
        self.query_one("#until-day", SafeStatic).put(shown(words, DIM))
        self._say(problem, quiet=bool(self.missing()))
        self.query_one("#yes", Button).disabled = bool(problem)

    def missing(self) -> str:
        """What is still to be filled in; empty where nothing is."""
        return "" if self.value("reason") else self.REASON

    def check(self) -> None:
        """Raises DateError for what a field of the dialog's own holds."""

    def _say(self, problem: str, *, quiet: bool = False) -> None:
        self.query_one("#problem", SafeStatic).put(shown(problem, DIM if quiet else "$error"))

    def on_input_submitted(self) -> None:
        # What has the focus by now, not the input it was pressed in: several that come at once are all delivered to the
        # first input, before the first of them moves the focus.
        here = self.focused
        if isinstance(here, Button):
            here.press()
        elif here is not None and here.id == "until" and not self.query_one("#yes", Button).disabled:
            # At once; `Button.focus` would come after the next one.
            self.set_focus(self.query_one("#yes", Button))
        else:
            self.focus_next(Input)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if not self.is_current:
            # Pressed once more after it was answered.
            return
        if event.button.id != "yes":
            self.dismiss(None)
            return
        try:
            self.decide(self.value("reason"), until(self.value("until"), self.session.today))
        except SessionError as error:
            self._say(f"{error.message} {error.diagnostics}".strip())
        except DateError as error:
            self._say(str(error))
        else:
            self.dismiss(True)


class Attest(Decide):
    """ "I say: …", when it was, how one knows, where that can be looked up."""

    DAYS = ATTEST_DAYS
    REASON = ATTEST_REASON
    YES = "Say it"

    def fields(self) -> ComposeResult:
        yield SafeStatic(joined(("I say: ", DIM), (statement(self.result), BOLD)), classes="statement")
        yield Field("When", "when", hint="2026-11-18 (optional)")
        yield Field("How I know", "reason")
        yield Field("Link", "evidence", value=self._evidence(), hint="file or URL (optional)")
        if words := form_words(self.result, self.session.form_file(self.result.item.id)):
            yield SafeStatic(shown(words, DIM), classes="hint")

    def _evidence(self) -> str:
        """A form that was written is what the person goes by; else the file a machine saw."""
        item = self.result.item.id
        return self.session.form_file(item) if self.session.form_there(item) else seen_file(self.result)

    def check(self) -> None:
        if self.value("when"):
            past(self.value("when"), self.session.today)

    def decide(self, reason: str, expires: date) -> None:
        reason = with_day(reason, self.value("when"), self.session.today)
        self.session.attest(self.result.item.id, reason, self.value("evidence"), expires)


class Waive(Decide):
    """Accepts an open item as it is, with a reason and an end."""

    DAYS = WAIVE_DAYS
    REASON = WAIVE_REASON
    YES = "Waive it"

    def __init__(self, session: Session, result: Result) -> None:
        super().__init__(session, result)
        self._needs_approver = session.needs_approver(result)

    def fields(self) -> ComposeResult:
        result = self.result
        what, covers = acceptance(result)
        yield SafeStatic(
            joined(("I accept: ", DIM), (f"{what} ", BOLD), (covers, DIM)),
            classes="statement",
        )
        yield Field("Because", "reason")
        if self._needs_approver:
            yield Field("Accepted by", "by", hint=APPROVER_HINT)
        if result.item.not_applicable:
            yield Tick("It does not apply here", id="not-applicable")
            yield SafeStatic(shown(f"That is so when: {result.item.not_applicable}", DIM), classes="hint")

    def decide(self, reason: str, expires: date) -> None:
        boxes = self.query("#not-applicable").results(Tick)
        not_applicable = any(box.value for box in boxes)
        by = self.value("by") if self._needs_approver else None
        self.session.waive(self.result.item.id, reason, expires, not_applicable=not_applicable, by=by)

    def missing(self) -> str:
        return super().missing() or ("" if not self._needs_approver or self.value("by") else APPROVER)
