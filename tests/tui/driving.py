"""Opens the coach in a test, waits until it has shown everything, and reads the screen back as text."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fake import FakeEngine, FakeSession
from textual.pilot import Pilot
from textual.widgets import Input

from shipworthy.tui.app import CoachApp
from shipworthy.tui.screens.main import MainScreen

NARROW = (80, 24)
WIDE = (140, 40)


class Driver:
    """A running coach and what a test does with it."""

    def __init__(self, pilot: Pilot[None], session: FakeSession, engine: FakeEngine) -> None:
        self.pilot = pilot
        self.session = session
        self.engine = engine

    @property
    def app(self) -> CoachApp:
        app = self.pilot.app
        assert isinstance(app, CoachApp)
        return app

    @property
    def main(self) -> MainScreen:
        return self.app.main

    async def press(self, *keys: str) -> None:
        """Press keys one by one, each having had its effect before the next."""
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def type(self, text: str) -> None:
        """Put text into the input that has the focus, as a paste does; letter by letter anywhere else."""
        focused = self.app.focused
        if isinstance(focused, Input):
            focused.insert_text_at_cursor(text)
        else:
            await self.pilot.press(*("space" if each == " " else each for each in text))
        await self.settle()

    async def settle(self) -> None:
        """Wait for every message, and for the threads and dialogs that a key started."""
        await self.pilot.pause()

    async def until(self, text: str) -> None:
        """Wait until a text is on the screen; fail with the screen where it does not come."""
        for _ in range(200):
            await self.pilot.pause(0.01)
            if text in self.text:
                return
        raise AssertionError(f"{text!r} did not come:\n{self.text}")

    async def until_size(self, width: int, height: int) -> None:
        """Wait until the screen is drawn in a size; fail where it is not."""
        for _ in range(200):
            await self.pilot.pause(0.01)
            if [strip.cell_length for strip in self.app.screen._compositor.render_strips()] == [width] * height:
                return
        raise AssertionError(f"not drawn in {width}x{height}:\n{self.text}")

    @property
    def lines(self) -> list[str]:
        """What the terminal shows."""
        return [strip.text for strip in self.app.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines)

    @property
    def toasts(self) -> str:
        return "\n".join(each.message for each in self.app._notifications)


@asynccontextmanager
async def coach(
    session: FakeSession | None = None,
    engine: FakeEngine | None = None,
    *,
    size: tuple[int, int] = NARROW,
    **options: object,
) -> AsyncIterator[Driver]:
    """A coach that has shown all its engine has to say."""
    session, engine = session or FakeSession(), engine or FakeEngine()
    app = CoachApp(session, engine, **({"ascii_only": False} | options))  # type: ignore[arg-type]  # as the app takes them
    async with app.run_test(size=size, notifications=True) as pilot:
        driver = Driver(pilot, session, engine)
        for _ in range(100):
            await pilot.pause()
            if engine.said_all:
                break
        await driver.settle()
        yield driver
