"""What the review screen opens: sending a claim back, telling the author, countersigning, and the help."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Button, Input

from shipworthy.assess.signing import SessionError
from shipworthy.coaching.words import day
from shipworthy.readiness.seen import Claim, Countersign, Worth
from shipworthy.text import plural
from shipworthy.tui.keys import DIALOG, REVIEW
from shipworthy.tui.screens.dialogs import DIALOG_CSS, Answer, Choice, Dialog, Field, Once, Question, Reader
from shipworthy.tui.screens.help import key_lines
from shipworthy.tui.screens.review_desk import Desk
from shipworthy.tui.screens.review_rows import ACCEPTED, NOT_HERE, OPEN, SAME, SENT_BACK, WORSE, View, top_rows
from shipworthy.tui.widgets.lines import Line, Lines, text_lines
from shipworthy.tui.widgets.safe import BOLD, DIM, NOTHING, Ends, SafeStatic, joined, shown
from shipworthy.tui.widgets.verdict import chip


class SendBack(Dialog[str]):
    """Asks what has to change; gives the remark, or None."""

    def __init__(self, claim: Claim) -> None:
        super().__init__("Send it back", claim.title)
        self._claim = claim

    def compose(self) -> ComposeResult:
        with self.box():
            first = self._claim.words.split("\n")[0]
            yield SafeStatic(joined((f"{self._claim.by}: ", DIM), (f"“{first}”", BOLD)), classes="statement")
            yield Field("To change", "remark", value=self._claim.remark, hint="What the author has to do or to show")
            yield SafeStatic(id="problem")
            with Horizontal(classes="buttons"):
                yield Choice("Cancel", id="no")
                yield Choice("Send it back", id="yes", disabled=not self._claim.remark)

    def on_mount(self) -> None:
        self._look()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._look()

    def _look(self) -> None:
        words = self.query_one("#remark", Input).value.strip()
        self.query_one("#yes", Button).disabled = not words
        hint = "" if words else "Say what has to change. It stays on this machine until you tell the author."
        self.query_one("#problem", SafeStatic).put(shown(hint, DIM))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        yes = self.query_one("#yes", Button)
        if not yes.disabled:
            self.set_focus(yes)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if not self.is_current:
            return
        words = self.query_one("#remark", Input).value.strip()
        self.dismiss(words if event.button.id == "yes" and words else None)


def ask_to_tell(rows: Sequence[Claim]) -> Question:
    """Whether to commit what was sent back."""
    lines = [Line(shown("This commits your remarks on this branch, and nothing else:")), Line()]
    lines += [Line(shown(each.remark, limit=1_000), head=joined((f"  {each.id}  ", BOLD))) for each in rows]
    lines += [Line(), Line(shown("The author reads them, changes what is needed, and signs anew.", DIM))]
    return Question("Tell the author", lines, (Answer("no", "Not now"), Answer("yes", "Commit the remarks")))


class Ended(NamedTuple):
    """What countersigning came to."""

    words: Content
    ready: bool


class Countersigning(Once[Ended]):
    """What gets countersigned, with which key; then the commit; then what it is worth."""

    CSS_PATH = [DIALOG_CSS, Path(__file__).with_name("review.tcss")]
    BINDINGS: ClassVar[list[BindingType]] = [
        *DIALOG,
        Binding("v", "bytes", "Show the exact bytes", id="countersign-bytes", show=True),
    ]
    AUTO_FOCUS = "#no"

    def __init__(self, desk: Desk, view: View, plan: Countersign) -> None:
        super().__init__()
        self._desk = desk
        self._view = view
        self._plan = plan
        self._signed = False
        self._commit = ""
        self._worth: Worth | None = None

    def compose(self) -> ComposeResult:
        yield SafeStatic(self._top("COUNTERSIGN", "checking"), id="top")
        yield SafeStatic(
            shown("You sign the very bytes the author signed, as somebody else who looked. Nothing else.", DIM),
            id="what",
        )
        yield Lines(list(self._plan_lines()), id="plan")
        if self._plan.needs_passphrase:
            yield Field("Passphrase", "passphrase", secret=True)
        yield SafeStatic(id="problem")
        with Horizontal(classes="buttons"):
            yield Choice("Cancel", id="no")
            yield Choice("Countersign", id="yes", tone="primary", disabled=self._plan.needs_passphrase)
            yield SafeStatic(joined(("v", "bold $primary"), (" shows the exact bytes", DIM)), id="bytes")

    def _top(self, words: str, tone: str) -> Ends:
        return Ends(chip(words, tone), *top_rows(self._view)[0].rights)

    def _plan_lines(self) -> Iterator[Line]:
        view, plan = self._view, self._plan
        head = f"{'Accepted by you':<17}{len(view.claims):>3}  "
        for number, each in enumerate(view.claims):
            said = f"  {each.kind} by {each.by} to {day(each.until, view.today)}"
            lead = shown(head, DIM) if number == 0 else Content(" " * len(head))
            yield Line(joined((each.title, ""), (said, DIM)), head=lead)
        if not view.claims:
            yield Line(shown("nobody claims anything", DIM), head=shown(head, DIM))
        yield Line(shown(view.rerun.words), head=shown(f"{'Machines':<22}", DIM))
        if view.rerun.left_out:
            yield Line(shown(", ".join(view.rerun.left_out)), head=shown(f"{'Not repeated here':<22}", DIM))
        for words in view.head.alarms:
            yield Line(shown(words, "$warning", 1_000), head=shown(f"{'Look at this':<22}", DIM))
        yield Line()
        yield Line(shown(plan.who, BOLD), head=shown(f"{'As approver':<22}", DIM))
        key = joined((plan.key_label, BOLD), (f"  {plan.key_fingerprint}  {plan.key_place}", DIM))
        yield Line(key, head=shown(f"{'Key':<22}", DIM))
        if plan.needs_touch:
            yield Line(shown("it waits for your touch"), head=shown(f"{'':<22}"))
        if plan.resumed:
            yield Line(
                shown("is there already: an earlier approval was not committed"), head=shown(f"{'Signature':<22}")
            )
        yield Line(shown(plan.file), head=shown(f"{'Changes':<22}", DIM))

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

    def action_bytes(self) -> None:
        text = self._desk.payload.decode("utf-8", "surrogateescape")
        size = plural(len(self._desk.payload), "byte")
        self.app.push_screen(Reader("What gets signed", text_lines(text, wrap=False), aside=size))

    def action_cancel(self) -> None:
        self.dismiss(self._ended())

    def _ended(self) -> Ended | None:
        if not self._signed:
            return None
        if not self._commit:
            words = f"not committed, so it counts for nothing yet: {self._plan.commit_command}"
            return Ended(joined(("Signed  ", "bold $warning"), (words, "")), False)
        at = f"committed as {self._commit[:7]}"
        if self._worth is None:
            return Ended(joined(("Approved  ", "bold $warning"), (f"{at}; what it is worth is not known", "")), False)
        if self._worth.ready:
            return Ended(joined(("READY  ", "bold $success"), (f"{at}, {self._worth.words}. Now: git push", "")), True)
        return Ended(joined(("NOT READY yet  ", "bold $error"), (f"{at}; {self._worth.words}", "")), False)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if not self.is_current:
            return
        if event.button.id == "yes":
            passphrase = self.query_one("#passphrase", Input).value if self._plan.needs_passphrase else None
            self._still(True)
            self._say("Signing. If your key has a button, touch it now.", DIM)
            self._approve(passphrase)
        elif event.button.id == "commit":
            self._still(True)
            self._say("Making the commit, and verifying it as the workflow will …", DIM)
            self._make_commit()
        else:
            self.dismiss(self._ended())

    def _still(self, still: bool) -> None:
        for button in self.query(Button):
            button.disabled = still

    def _say(self, words: str, style: str = "$error") -> None:
        self.query_one("#problem", SafeStatic).put(shown(words, style, 1_000))

    def _refused(self, error: SessionError) -> None:
        self._still(False)
        self._say(f"{error.message} {error.diagnostics}".strip())
        self.query_one("#no", Button).focus()

    @work(group="sign", exclusive=True)
    async def _approve(self, passphrase: str | None) -> None:
        # In a thread: a key may wait for a touch, and a passphrase is made slow on purpose.
        try:
            await asyncio.to_thread(self._desk.approve, passphrase)
        except SessionError as error:
            self._refused(error)
            return
        self._signed = True
        if self._plan.needs_passphrase:
            await self.query(Field).remove()
        await self._buttons(Choice("Not now", id="no"), Choice("Commit it", id="commit", tone="primary"))
        self.query_one("#top", SafeStatic).put(self._top("SIGNED", "checking"))
        self.query_one("#what", SafeStatic).put(shown("It counts for nothing until it is committed.", DIM))
        self._show_result()
        self._say("")

    async def _buttons(self, *buttons: Choice) -> None:
        row = self.query_one(".buttons", Horizontal)
        await row.remove_children()
        await row.mount(*buttons)
        self.set_focus(buttons[0])

    @work(group="sign", exclusive=True)
    async def _make_commit(self) -> None:
        try:
            self._commit = await asyncio.to_thread(self._desk.commit)
        except SessionError as error:
            self._refused(error)
            return
        self._say("")
        try:
            self._worth = await asyncio.to_thread(self._desk.worth)
        except SessionError as error:
            self._say(f"What it is worth could not be told: {error.message} {error.diagnostics}".strip())
        ready = self._worth is not None and self._worth.ready
        words, tone = ("READY", "ready") if ready else ("NOT READY YET", "not-ready")
        if self._worth is None:
            words, tone = "COMMITTED", "failed"
        self.query_one("#top", SafeStatic).put(self._top(words, tone))
        self.query_one("#what", SafeStatic).put(NOTHING)
        self._show_result()
        await self._buttons(Choice("Done", id="no"))

    def _show_result(self) -> None:
        self.query_one("#plan", Lines).put(self._result_lines())

    def _result_lines(self) -> Iterator[Line]:
        yield Line(shown(self._plan.file), head=shown(f"{'Wrote':<12}", DIM))
        yield Line()
        if not self._commit:
            yield Line(shown("The commit would be exactly this:", DIM))
            yield Line(shown(self._plan.commit_command, BOLD, 1_000), head=Content("  "))
            return
        yield Line(shown(f"as {self._commit[:12]}", BOLD), head=shown(f"{'Committed':<12}", DIM))
        if self._worth is not None:
            word = joined(("READY  ", "bold $success") if self._worth.ready else ("NOT READY  ", "bold $error"))
            yield Line(word + shown(self._worth.words, limit=1_000), head=shown(f"{'Worth':<12}", DIM))
            if self._worth.advice:
                yield Line(shown(self._worth.advice, limit=1_000), head=shown(f"{'':<12}"))
        yield Line()
        yield Line(shown("Bring it to the author and the workflow:", DIM))
        yield Line(shown("git push", BOLD), head=Content("  "))


_MEANS = (
    (OPEN, "You have not answered it; it cannot be countersigned."),
    (ACCEPTED, "You would say the same. Kept for exactly this file."),
    (SENT_BACK, "It has to change. t tells the author, in a commit."),
    (SAME, "The check gave the same answer on this machine."),
    (WORSE, "The check says worse here than what was signed: do not approve."),
    (NOT_HERE, "The check needs a run or the outside world."),
)


def help_lines(screen: Screen[Any]) -> Iterator[Line]:
    """Keys as they are bound now, and what the words mean."""
    yield from key_lines(screen, REVIEW)
    yield Line(shown("Words", "bold $secondary"))
    for face, words in _MEANS:
        yield Line(shown(words), head=joined((f"  {face.glyph} {face.word:<11}", f"bold {face.style}")))
    yield Line()
    yield Line(
        joined(("shipworthy review --plain", BOLD), (" asks the same without this screen.", DIM)), head=shown("  ")
    )


class ReviewHelp(Reader):
    """The help over a review."""

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__("Keys and words", list(help_lines(screen)))
