"""The coach: an app that shows a session while an engine examines the repository elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping
from time import monotonic
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

from textual import work
from textual.app import SystemCommand
from textual.command import Provider
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from shipworthy.assess.signing import SessionError
from shipworthy.coaching.session import Session
from shipworthy.coaching.words import took
from shipworthy.model import Assessment
from shipworthy.text import plural, visible
from shipworthy.tui.engine import Engine
from shipworthy.tui.frame import Frame
from shipworthy.tui.quiet import Quiet
from shipworthy.tui.screens.main import MainScreen

if TYPE_CHECKING:
    from shipworthy.assess.events import Changed, Done, Event, Failed

SETTLE_SECONDS = 0.06
"""While results stream in, the screen is redrawn at most this often."""
STOP_SECONDS = 3.0


@runtime_checkable
class _Holds(Protocol):
    """A screen that holds what is nowhere else, while it is `unsaved`."""

    @property
    def unsaved(self) -> bool: ...

    def leave_first(self) -> None:
        """Ask what is to become of it."""
        ...


def _palette() -> type[Provider]:
    from shipworthy.tui.palette import ItemProvider

    return ItemProvider


def _commands() -> type[Provider]:
    from textual.system_commands import SystemCommandsProvider

    return SystemCommandsProvider


class CoachApp(Frame):
    """Shows `session`, kept up to date by `engine`.

    The other arguments are `Frame`'s.
    """

    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_commands, _palette}

    def __init__(
        self,
        session: Session,
        engine: Engine,
        *,
        keymap: Mapping[str, str] | None = None,
        theme: str = "dark",
        ascii_only: bool | None = None,
        first_time: bool = False,
        watch: bool = True,
    ) -> None:
        super().__init__(keymap=keymap, theme=theme, ascii_only=ascii_only)
        self.session = session
        self.engine = engine
        self.known: Assessment = session.assessment()
        """What the session knew when it was last asked; screens read this, so that one redraw asks once."""
        self.took: dict[str, int] = {}
        """Milliseconds each item's check took, by item id."""
        self.planned = False
        self._idle = asyncio.Event()
        self.failed: Failed | None = None
        self.progress = "starting"
        self.brief = ""
        """`progress` in fewer words, where it has many."""
        self.watching = watch
        """Whether the engine is to examine again by itself when files change."""
        self._causes = ("", "")
        self._by_itself = False
        self._arrived = False
        self._first_time = first_time
        self._quiet = Quiet(self._prepare)
        self._listening = False
        self._judged = 0
        self._drawn = 0.0
        self._due = False

    def get_default_screen(self) -> Screen[None]:
        return MainScreen(self.session, first_time=self._first_time)

    @property
    def main(self) -> MainScreen:
        """The screen below every dialog."""
        screen = self.screen_stack[0]
        assert isinstance(screen, MainScreen)  # noqa: S101 - it is the default screen above
        return screen

    async def action_quit(self) -> None:
        # What is typed into a form is nowhere else yet.
        held = [each for each in self.screen_stack if isinstance(each, _Holds) and each.unsaved]
        if not held:
            await super().action_quit()
        elif held[-1] is self.screen:
            held[-1].leave_first()
        else:
            self.notify("Close this first: what you typed below it is not saved.", severity="warning", markup=False)

    # The engine

    @property
    def checking(self) -> bool:
        """Whether an examination is under way, or about to be."""
        return not self._idle.is_set()

    @checking.setter
    def checking(self, on: bool) -> None:
        if on:
            self._idle.clear()
        else:
            self._idle.set()

    async def checked(self) -> None:
        """Wait until no examination is under way."""
        await self._idle.wait()

    def post_display_hook(self) -> None:
        self._quiet.drawn()

    def _prepare(self) -> bool:
        # A timer of the event loop calls it: also while screens are closed one by one, and no app hears of its errors.
        if not self.is_running:
            return False
        try:
            return self.main.prepare()
        except Exception as error:
            # The loop would print it over the screen.
            self._handle_exception(error)
            return False

    def on_mount(self) -> None:
        # The first picture is on the screen before anything else begins.
        self.call_after_refresh(self._begin)

    async def on_unmount(self) -> None:
        self._quiet.end()
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self.engine.stop(), STOP_SECONDS)

    @work(group="engine", exclusive=True, exit_on_error=False)
    async def _begin(self) -> None:
        from shipworthy.assess.events import Failed

        self._quiet.begin()
        self._listening = True
        try:
            await self.engine.start()
            if self.watching:
                await self.engine.watch(True)
            await self.engine.run()
            async for event in self.engine.events():
                self._take(event)
        except (OSError, SessionError) as error:
            advice = getattr(error, "diagnostics", "") or "Press R to try again."
            self._take(Failed(message=f"The examination could not start: {error}", diagnostics=advice))
        else:
            if self.is_running:
                ended = Failed(message="The examination ended by itself.", diagnostics="Press R to start it again.")
                self._take(ended)
        finally:
            self._listening = False

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        # A bug of ours in the listener ends the app like any other, instead of a screen that waits for ever.
        if event.state is WorkerState.ERROR and event.worker.group == "engine":
            raise RuntimeError("the engine's listener broke") from event.worker.error

    async def examine(self, only: tuple[str, ...] | None) -> None:
        """Ask for an examination with what the person allowed; after a failure, of everything."""
        if self.failed is not None:
            self.failed, only = None, None
            self.planned = False
        self.checking = True
        self._say("starting")
        self._causes, self._by_itself = ("", ""), False
        self._judged = 0
        self.look_again()
        if not self._listening:
            self._begin()
            return
        from shipworthy.assess.events import Failed

        try:
            await self.engine.run(only, frozenset(self.session.allowed))
        except (OSError, SessionError) as error:
            self._take(Failed(message=f"The examination could not start: {error}", diagnostics="Press R to try again."))

    def _say(self, *wordings: str) -> None:
        """What the examination does, the longest wording first."""
        self.progress, self.brief = wordings[0], wordings[-1] if len(wordings) > 1 else ""

    async def set_watching(self, on: bool) -> None:
        """Have changes of the files noticed, or not."""
        self.watching = on
        if self._listening:
            await self.engine.watch(on)

    def _changed(self, event: Changed) -> None:
        from shipworthy.tui.watching import causes, looking

        self._by_itself = True
        self._causes = causes(event)
        if any(self._causes):
            self._say(*(looking(cause, len(event.items)) for cause in self._causes))

    def _done(self, event: Done) -> None:
        from shipworthy.tui.watching import looked

        if not event.cancelled and any(self._causes):
            self._say(*(looked(cause, self._judged, event.milliseconds) for cause in self._causes))
        elif event.cancelled or not self._by_itself:
            said = "stopped after" if event.cancelled else "checked"
            self._say(f"{said} {plural(self._judged, 'item')} in {took(event.milliseconds)}")

    def _take(self, event: Event) -> None:
        from shipworthy.assess.events import Changed, Done, Failed, Judged, Planned, Progress, Started, Watching

        self.session.apply(event)
        match event:
            case Planned():
                self.planned = self.checking = True
                self.failed = None
                self._judged = 0
            case Progress():
                # A run that a change began reads files before it says so; until then nothing is under way.
                if self.checking and not self._by_itself:
                    self._say(f"{event.what} {event.done:,} of {event.total:,}")
            case Started():
                self.checking = True
                if not self._by_itself:
                    self._say(f"checking {event.item}")
            case Judged():
                self.took[event.item] = event.milliseconds
                self._judged += 1
            case Done():
                self.checking = False
                self.planned = True
                self._done(event)
            case Failed():
                self.checking = False
                self.failed = event
            case Changed():
                self._changed(event)
            case Watching():
                self.watching = event.on
                if event.problem:
                    self.notify(
                        visible(f"Changes are not noticed any more: {event.problem}. Press R after a change.", 600),
                        severity="warning",
                        markup=False,
                    )
        self._draw(now=isinstance(event, Planned | Done | Failed | Changed))
        if isinstance(event, Done) and not (self._by_itself and self._arrived):
            self._arrived = True
            self.main.arrive()

    def _draw(self, *, now: bool) -> None:
        """Redraw at once or soon; many events in a row cost one redraw."""
        wait = self._drawn + SETTLE_SECONDS - monotonic()
        if now or wait <= 0:
            self.look_again()
        elif not self._due:
            self._due = True
            self.set_timer(wait, self.look_again)

    def look_again(self) -> None:
        """Ask the session what is known, and show it."""
        self._due = False
        self._drawn = monotonic()
        self.known = self.session.assessment()
        if self.is_running:
            self.main.redraw()

    # Commands by name

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        from shipworthy.tui.keys import GROUPS

        if screen is self.main:
            for _, bindings in GROUPS:
                for binding in bindings:
                    if binding.id in _BY_NAME:
                        yield SystemCommand(_BY_NAME[binding.id], binding.tooltip, self._run(binding.action))
            if self.watching:
                yield SystemCommand("Pause watching", "Leave changed files alone until asked", self._watch(False))
            else:
                yield SystemCommand("Resume watching", "Re-check what a change touches", self._watch(True))
        yield from super().get_system_commands(screen)

    def _run(self, action: str) -> Callable[[], object]:
        async def run() -> None:
            await self.main.run_action(action)

        return run

    def _watch(self, on: bool) -> Callable[[], object]:
        async def switch() -> None:
            await self.set_watching(on)
            self.main.tell("Changed files are re-checked again." if on else "Changed files are left alone now.")

        return switch


_BY_NAME = {
    "next-open": "Next open item",
    "recheck": "Re-check this item",
    "recheck-all": "Re-check everything",
    "stop-checking": "Stop checking",
    "attest": "Attest this item",
    "waive": "Waive this item",
    "form": "Answer this item's form",
    "undo": "Take back what was said",
    "copy-prompt": "Copy a prompt for the assistant",
    "fix": "Fix this item by machine",
    "undo-fix": "Take back the last fix",
    "edit": "Open in the editor",
    "sign": "Sign the readiness file",
    "review": "Review this sign-off",
    "changes": "Changes since the last sign-off",
    "people": "Keys, and people who may sign",
    "filter": "Filter the list",
    "fold": "Fold or unfold suggested items",
    "help": "Help",
}
