"""Signing: what it covers, with which key, what it writes; then the commit, and how to verify."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Input

from shipworthy.assess.signing import SessionError, Signed, SigningPlan
from shipworthy.coaching.session import Session
from shipworthy.coaching.signing import covered, signed_words, terms
from shipworthy.text import plural
from shipworthy.tui.keys import DIALOG
from shipworthy.tui.screens.dialogs import DIALOG_CSS, Choice, Dialog, Field, Once, Reader
from shipworthy.tui.widgets.lines import Line, Lines, text_lines
from shipworthy.tui.widgets.safe import BOLD, DIM, Ends, SafeStatic, joined, shown
from shipworthy.tui.widgets.verdict import chip, where


def plan_lines(plan: SigningPlan, today: date) -> Iterator[Line]:
    """What the plan covers, then its terms."""
    for row in covered(plan, today):
        number = "" if row.number is None else str(row.number)
        head = joined((f"{row.name:<21}", DIM), (f"{number:>3}  ", BOLD))
        yield Line(joined((row.text, ""), (f"  {row.aside}" if row.text and row.aside else row.aside, DIM)), head=head)
    yield Line()
    for row in terms(plan):
        bold = "" if row.name in ("", "Writes", "With") else BOLD
        aside = f"{' ' if row.name == 'With' else '  '}{row.aside}" if row.aside else ""
        yield Line(joined((row.text, bold), (aside, DIM)), head=shown(f"{row.name:<12}", DIM))


class Busy(Dialog[None]):
    """Says what takes a while; Esc stops waiting for it."""

    def __init__(self, words: str) -> None:
        super().__init__("One moment")
        self._words = words

    def compose(self) -> ComposeResult:
        with self.box():
            yield SafeStatic(shown(self._words))
            with Horizontal(classes="buttons"):
                yield Choice("Cancel", id="no")

    def on_button_pressed(self) -> None:
        self.dismiss(None)

    def done(self) -> bool:
        """Close it; False where the person no longer waits."""
        if not self.on_top:
            return False
        self.dismiss(None)
        return True


class Sign(Once[str]):
    """Dismissed with what was signed in words, or None."""

    CSS_PATH = [DIALOG_CSS, Path(__file__).with_name("sign.tcss")]
    BINDINGS: ClassVar[list[BindingType]] = [
        *DIALOG,
        Binding("v", "bytes", "Show the exact bytes", id="sign-bytes", show=True),
    ]
    AUTO_FOCUS = "#no"

    def __init__(self, session: Session, plan: SigningPlan) -> None:
        super().__init__()
        self._session = session
        self._plan = plan
        self._signed: Signed | None = None
        self._committed = ""

    def compose(self) -> ComposeResult:
        assessment = self._plan.assessment
        settled = sum(each.settled for each in assessment.required)
        said = joined(("  ", ""), (f"{settled} of {len(assessment.required)} settled", ""))
        yield SafeStatic(Ends(chip("READY TO SIGN", "ready") + said, *where(assessment)), id="top")
        yield SafeStatic(
            shown("You sign: what was checked, what you said, and this tree. Nothing else.", DIM), id="what"
        )
        yield Lines(list(plan_lines(self._plan, self._session.today)), id="plan")
        if self._plan.needs_passphrase:
            yield Field("Passphrase", "passphrase", secret=True)
        yield SafeStatic(id="problem")
        with Horizontal(classes="buttons"):
            yield Choice("Cancel", id="no")
            yield Choice("Sign", id="yes", tone="primary", disabled=self._plan.needs_passphrase)
            yield SafeStatic(joined(("v", "bold $primary"), (" shows the exact bytes", DIM)), id="bytes")

    def on_mount(self) -> None:
        if self._plan.needs_passphrase:
            # As safe as Cancel: nothing can be signed before something is typed.
            self.query_one("#passphrase").focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        self.query_one("#yes", Button).disabled = not event.value

    def on_input_submitted(self, event: Input.Submitted) -> None:
        yes = self.query_one("#yes", Button)
        if not yes.disabled:
            yes.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        # While the passphrase is typed, v is a letter.
        return not (action == "bytes" and isinstance(self.focused, Input))

    def action_cancel(self) -> None:
        self.dismiss(self._words())

    def action_bytes(self) -> None:
        text = self._plan.payload.decode("utf-8", "surrogateescape")
        size = plural(len(self._plan.payload), "byte")
        self.app.push_screen(Reader("What gets signed", text_lines(text, wrap=False), aside=size))

    def _words(self) -> str:
        return signed_words(self._signed, self._committed) if self._signed else ""

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "yes":
            passphrase = self.query_one("#passphrase", Input).value if self._plan.needs_passphrase else None
            for button in self.query(Button):
                button.disabled = True
            self._say("Signing. If your key has a button, touch it now.", DIM)
            self._sign(passphrase)
        elif event.button.id == "commit":
            self._commit()
        else:
            self.dismiss(self._words())

    def _say(self, words: str, style: str = "$error") -> None:
        self.query_one("#problem", SafeStatic).put(shown(words, style, 1_000))

    @work(group="sign", exclusive=True)
    async def _sign(self, passphrase: str | None) -> None:
        # In a thread: a key may wait for a touch, and a passphrase is made slow on purpose.
        try:
            self._signed = await asyncio.to_thread(self._session.sign, self._plan, passphrase)
        except SessionError as error:
            for button in self.query(Button):
                button.disabled = False
            self._say(f"{error.message} {error.diagnostics}".strip())
            self.query_one("#no", Button).focus()
            return
        await self._after(self._signed)

    async def _after(self, signed: Signed) -> None:
        """From here on the screen says what was done and what comes next."""
        if self._plan.needs_passphrase:
            await self.query(Field).remove()
        buttons = self.query_one(".buttons", Horizontal)
        await buttons.remove_children()
        no = Choice("Not now", id="no")
        await buttons.mount(no, Choice("Commit it", id="commit", tone="primary"))
        self.set_focus(no)
        settled = joined(("  ", ""), (signed.fingerprint, BOLD))
        self.query_one("#top", SafeStatic).put(Ends(chip("SIGNED", "ready") + settled, *where(self._plan.assessment)))
        self.query_one("#what", SafeStatic).put(shown("The signature holds for this tree only.", DIM))
        self.query_one("#plan", Lines).put(self._result_lines(signed))
        self._say("")

    def _result_lines(self, signed: Signed) -> Iterator[Line]:
        for number, path in enumerate(signed.files):
            yield Line(shown(path), head=shown(f"{'Wrote' if number == 0 else '':<12}", DIM))
        yield Line()
        if self._committed:
            yield Line(shown(f"as {self._committed[:12]}", BOLD), head=shown(f"{'Committed':<12}", DIM))
        else:
            yield Line(shown("The commit would be exactly this:", DIM))
            yield Line(shown(signed.commit_command, BOLD), head=Content("  "))
        yield Line()
        yield Line(shown("Before a deploy, this command decides; exit 0 means ready:", DIM))
        yield Line(shown(f"shipworthy verify --trust {signed.fingerprint}", BOLD), head=Content("  "))

    def _commit(self) -> None:
        signed = self._signed
        if signed is None:
            return
        try:
            self._committed = self._session.commit(signed)
        except SessionError as error:
            self._say(f"{error.message} {error.diagnostics}".strip())
            return
        self.query_one("#plan", Lines).put(self._result_lines(signed))
        self.query_one("#commit", Button).remove()
        no = self.query_one("#no", Button)
        no.label = shown("Done")
        no.focus()
