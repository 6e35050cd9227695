"""What can be done about the item under the cursor: check again, decide, copy, edit, sign."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from textual import work
from textual.app import SuspendNotSupported
from textual.screen import Screen

from shipworthy.assess.signing import SessionError
from shipworthy.coaching.deciding import WRITTEN
from shipworthy.coaching.refusals import ON_ITEM, refusal, why_not_sign
from shipworthy.coaching.session import Session
from shipworthy.coaching.words import heading
from shipworthy.model import Result
from shipworthy.text import visible
from shipworthy.tui.widgets.safe import BOLD, DIM, shown

if TYPE_CHECKING:
    from shipworthy.tui.app import CoachApp
    from shipworthy.tui.screens.review_desk import Desk


class Commands(Screen[None]):
    """Actions on `current_result`; the layout is `MainScreen`'s business."""

    session: Session
    signed: str = ""
    """What was signed in this session, in words."""

    @property
    def coach(self) -> CoachApp:
        """The app, with what is its own."""
        from shipworthy.tui.app import CoachApp

        app = self.app
        assert isinstance(app, CoachApp)  # noqa: S101 - this screen belongs to no other app
        return app

    @property
    def current_result(self) -> Result | None:
        """The item under the cursor."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Show what is known now."""
        raise NotImplementedError

    def tell(self, words: str, *, bad: bool = False) -> None:
        """A short message that goes away by itself."""
        self.app.notify(visible(words, 600), severity="warning" if bad else "information", markup=False, timeout=6)

    def refusal(self, action: str) -> str:
        """Why a command has no effect now; empty where it has one."""
        result = self.current_result
        if action in ("recheck_all", "stop_checking"):
            return "" if self.coach.checking or action == "recheck_all" else "Nothing is being checked."
        if action == "sign":
            waiting = self.session.pending | self.session.running if self.coach.checking else frozenset()
            return why_not_sign(self.coach.known, waiting)
        if action not in ON_ITEM:
            return ""
        if self.coach.failed is not None:
            return "Nothing could be examined. Press R to try again."
        if result is None:
            return "Choose an item first."
        return refusal(action, result)

    def allowed_now(self, action: str) -> Result | None:
        """The current item where the action has an effect, else None after saying why it has none."""
        if words := self.refusal(action):
            self.tell(words, bad=True)
            return None
        return self.current_result

    # Checking

    @work(group="ask", exclusive=True)
    async def action_recheck(self) -> None:
        result = self.allowed_now("recheck")
        if result is None:
            return
        item = result.item.id
        command = self.session.consent_needed(item)
        if command is not None:
            answer = await self._ask_consent(result, command)
            if answer is None:
                return
            if answer == "always" and not self._remember(command):
                return
            if answer == "session":
                self.session.allow(command)
        await self.coach.examine((item,))

    async def _ask_consent(self, result: Result, command: str) -> str | None:
        from shipworthy.tui.screens.dialogs import Answer, Question
        from shipworthy.tui.widgets.lines import Line

        lines = [
            Line(shown("Checking this runs the project's own command on your machine:")),
            Line(),
            Line(shown(command, BOLD, 1_000), head=shown("  $ ", DIM)),
            Line(),
            Line(shown("It runs in a copy of the repository. Say yes only if you would run it yourself.", DIM)),
        ]
        yes = (Answer("session", "Yes, until I quit"), Answer("always", "Always for this command"))
        return await self.app.push_screen_wait(Question(heading(result), lines, (Answer("no", "No"), *yes)))

    def _remember(self, command: str) -> bool:
        try:
            self.session.remember_consent(command)
        except SessionError as error:
            self._problem("Your answer could not be kept", error)
            return False
        return True

    async def action_recheck_all(self) -> None:
        await self.coach.examine(None)

    async def action_stop_checking(self) -> None:
        if self.allowed_now("stop_checking") or self.coach.checking:
            await self.coach.engine.cancel()

    # Deciding

    def action_attest(self) -> None:
        if result := self.allowed_now("attest"):
            from shipworthy.tui.screens.decide import Attest

            self.app.push_screen(Attest(self.session, result), self._decided)

    def action_waive(self) -> None:
        if result := self.allowed_now("waive"):
            from shipworthy.tui.screens.decide import Waive

            self.app.push_screen(Waive(self.session, result), self._decided)

    def _decided(self, done: bool | None) -> None:
        if done:
            self.signed = ""
            self.coach.look_again()
            self.tell(WRITTEN)

    @work(group="ask", exclusive=True)
    async def action_undo(self) -> None:
        from shipworthy.tui.screens.dialogs import Answer, Question
        from shipworthy.tui.widgets.lines import Line

        result = self.allowed_now("undo")
        if result is None:
            return
        said = result.decision.reason if result.decision else result.note
        lines = [Line(shown("This takes back:")), Line(), Line(shown(f"“{said}”", BOLD, 1_000), head=shown("  "))]
        answers = (Answer("no", "Keep it"), Answer("yes", "Take it back"))
        if await self.app.push_screen_wait(Question(result.item.title, lines, answers)) != "yes":
            return
        try:
            taken_back = self.session.undo(result.item.id)
        except SessionError as error:
            self._problem("It could not be taken back", error)
            return
        self.signed = ""
        self.coach.look_again()
        self.tell("Taken back." if taken_back else "There was nothing to take back.")

    def _problem(self, title: str, error: SessionError) -> None:
        from shipworthy.tui.screens.dialogs import Message

        self.app.push_screen(Message(title, error.message, error.diagnostics))

    # Writing down

    @work(group="form", exclusive=True)
    async def action_form(self) -> None:
        from shipworthy.tui.screens.form_open import show_form

        if result := self.allowed_now("form"):
            await show_form(self, result.item.id)

    # Fixing

    @work(group="fix", exclusive=True)
    async def action_fix(self) -> None:
        from shipworthy.fixes import NoFix
        from shipworthy.tui.screens.fix import Diff
        from shipworthy.tui.screens.sign import Busy

        result = self.allowed_now("fix")
        if result is None:
            return
        item = result.item.id
        busy = Busy("Looking at what a machine could change …")
        self.app.push_screen(busy)
        try:
            found = await asyncio.to_thread(self.session.propose_fix, item)
        except SessionError as error:
            if busy.done():
                self._problem("No fix could be made", error)
            return
        if not busy.done():
            return
        if isinstance(found, NoFix):
            self.tell(f"No fix by machine: {found.why}", bad=True)
            return
        if await self.app.push_screen_wait(Diff(self.session, heading(result), found)):
            self.signed = ""
            self.tell("Applied, and checked again now. Press U to take it back.")
            await self.coach.examine((item,))

    @work(group="fix", exclusive=True)
    async def action_undo_fix(self) -> None:
        from shipworthy.tui.screens.dialogs import Answer, Message, Question
        from shipworthy.tui.widgets.lines import Line

        lines = [Line(shown("This takes back the last fix that was applied here, in all its files."))]
        lines += [Line(), Line(shown("A secret it removed does not come back: it was kept nowhere.", DIM))]
        answers = (Answer("no", "Keep it"), Answer("yes", "Take it back"))
        if await self.app.push_screen_wait(Question("Take back the last fix", lines, answers)) != "yes":
            return
        try:
            done = await asyncio.to_thread(self.session.undo_fix)
        except SessionError as error:
            self._problem("It could not be taken back", error)
            return
        self.signed = ""
        self.tell(f"Taken back: {', '.join(done.paths) or 'nothing was left of it'}.")
        if done.notes:
            self.app.push_screen(Message("Taken back, but for the secret", " ".join(done.notes)))
        if any(each.id == done.item for each in self.session.checklist.items):
            await self.coach.examine((done.item,))

    # Signing

    @work(group="sign", exclusive=True)
    async def action_sign(self) -> None:
        from shipworthy.tui.screens.sign import Busy, Sign

        if words := self.refusal("sign"):
            self.tell(words, bad=True)
            return
        if self.coach.checking:
            waiting = Busy("Signing goes on as soon as everything is checked …")
            self.app.push_screen(waiting)
            await self.coach.checked()
            if not waiting.done():
                return
            if words := self.refusal("sign"):
                self.tell(words, bad=True)
                return
        busy = Busy("Examining everything once more, without what was kept from before …")
        self.app.push_screen(busy)
        try:
            plan = await asyncio.to_thread(self.session.signing)
        except SessionError as error:
            if busy.done():
                await self._cannot_sign(error)
            return
        if busy.done():
            self.app.push_screen(Sign(self.session, plan), self._signed)

    async def _cannot_sign(self, error: SessionError) -> None:
        from shipworthy.signing import NoKey

        if not isinstance(error, NoKey):
            self._problem("This cannot be signed yet", error)
            return
        from shipworthy.tui.screens.key import NewKey

        if await self.app.push_screen_wait(NewKey(self.session, error)):
            self.action_sign()

    def _signed(self, words: str | None) -> None:
        if words:
            self.signed = words
        self.coach.look_again()

    # Reviewing

    def action_review(self) -> None:
        from shipworthy.tui.screens.review import Review

        def desk() -> Desk:
            from shipworthy.reviewing import open_desk

            return open_desk(self.session.root, others_only=True)

        self.app.push_screen(Review(desk), lambda left: self.coach.look_again())

    # Looking back, and at keys

    @work(group="look", exclusive=True)
    async def action_changes(self) -> None:
        from shipworthy.tui.screens.changes import show_changes

        await show_changes(self)

    @work(group="look", exclusive=True)
    async def action_people(self) -> None:
        from shipworthy.tui.screens.people import show_people

        await show_people(self)

    # Handing over

    @work(group="copy", exclusive=True)
    async def action_copy(self) -> None:
        from shipworthy.tui.screens.dialogs import Reader
        from shipworthy.tui.terminal import copy_with_tool
        from shipworthy.tui.widgets.lines import text_lines

        result = self.allowed_now("copy")
        if result is None:
            return
        # Line by line: what is pasted into a terminal must not be obeyed by it either.
        text = "\n".join(visible(line) for line in self.session.prompt(result.item.id).splitlines())
        self.app.copy_to_clipboard(text)
        reader = Reader("Prompt for your assistant", text_lines(text), note="Copied, if your terminal allows it.")
        await self.app.push_screen(reader)
        tool = await asyncio.to_thread(copy_with_tool, text, self.session.root)
        if tool and reader.is_current:
            reader.say(f"Copied with {tool}. Paste it into your assistant, then press r here.")
        elif reader.is_current:
            where = "browser" if self.app.is_web else "terminal"
            reader.say(f"Sent to your {where}'s clipboard. If it did not arrive, hold Shift and select the text.")

    def action_edit(self) -> None:
        import subprocess

        from shipworthy.coaching.editor import editable, editor_command

        result = self.allowed_now("edit")
        if result is None:
            return
        location = self.location_to_edit(result)
        if location is None:
            return
        path, line = location
        words = f"{path}:{line}" if line else path
        if not editable(self.session.root, path):
            self.tell(f"{words} is not a plain file in this repository now.", bad=True)
            return
        if self.app.is_web:
            # An editor would come up on a terminal nobody looks at, or on none.
            self.tell(f"In the browser no editor opens. Open it yourself: {words}", bad=True)
            return
        command = editor_command(self.session.root, path, line, os.environ)
        if command is None:
            self.tell(f"Set VISUAL or EDITOR to open it from here: {words}", bad=True)
            return
        try:
            with self.app.suspend():
                code = subprocess.run(command, cwd=self.session.root, check=False).returncode
        except SuspendNotSupported:
            self.tell(f"This terminal cannot be lent to an editor. Open it yourself: {words}", bad=True)
        except OSError as error:
            self.tell(f"{command[0]} could not start ({error.strerror}). Open it yourself: {words}", bad=True)
        else:
            self.app.refresh(layout=True)
            if code:
                self.tell(f"{command[0]} ended with {code}.", bad=True)
            else:
                self.tell("Press r to check this item again.")

    def location_to_edit(self, result: Result) -> tuple[str, int | None] | None:
        """The place of the evidence in sight."""
        raise NotImplementedError

    def action_help(self) -> None:
        from shipworthy.tui.screens.help import Help

        self.app.push_screen(Help(self))
