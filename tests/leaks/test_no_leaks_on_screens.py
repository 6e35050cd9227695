"""No screen of the coach, no line of its line mode, no byte to the terminal or clipboard holds a part of a secret."""

from __future__ import annotations

import base64
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from driving import Driver
from tests.leaks.sandbox import Sandbox
from tests.terminal import shipworthy as opened
from textual.screen import Screen

import shipworthy.tui
from shipworthy.assess.client import ChildEngine
from shipworthy.facts.forms import forms
from shipworthy.plain.conversation import Conversation
from shipworthy.plain.examining import examiner
from shipworthy.plain.talk import Talk
from shipworthy.session import Session
from shipworthy.tui.app import CoachApp

pytestmark = pytest.mark.long
TENTHS = 600
ELSEWHERE = {
    # What they show is in the signed file, which the commands sign, show, review and approve print.
    *("Sign", "Review", "Countersigning", "SendBack", "NewKey", "Busy"),
    # What it shows is what `diff` prints, and there is no sign-off to compare with here.
    "ChangesScreen",
    # The dialog it is made of is seen with Waive; it holds what the person types.
    "Attest",
    # Words of ours alone.
    "ReviewHelp",
    # Only bases of others.
    *("Commands", "Once", "Dialog", "Decide"),
}


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    made = Sandbox(tmp_path)
    for name, value in made.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("shipworthy.tui.terminal.CLIPBOARDS", ())
    return made


def screens() -> Iterator[str]:
    """Every kind of screen the coach has."""
    for module in pkgutil.walk_packages(shipworthy.tui.__path__, "shipworthy.tui."):
        importlib.import_module(module.name)

    def below(kind: type) -> Iterator[type]:
        for each in kind.__subclasses__():
            yield each
            yield from below(each)

    yield from (each.__name__ for each in below(Screen) if each.__module__.startswith("shipworthy."))


class Watcher:
    """Presses keys and keeps all that is on the screen."""

    def __init__(self, driver: Driver, box: Sandbox) -> None:
        self.driver, self.box = driver, box
        self.seen: set[str] = set()

    def look(self) -> None:
        name = type(self.driver.app.screen).__name__
        self.seen.add(name)
        texts = (self.driver.text, self.driver.toasts, self.driver.app.clipboard)
        self.box.heard(f"screen {name}", *(each.encode("utf-8", "replace") for each in texts))

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.driver.press(key)
            self.look()

    async def opened(self, key: str, tenths: int = 100) -> bool:
        """Press a key that opens something which has to be made first; whether it came."""
        before = self.driver.app.screen
        await self.driver.press(key)
        for _ in range(tenths):
            await self.driver.pilot.pause(0.1)
            if self.driver.app.screen is not before:
                await self.driver.pilot.pause(0.3)
                self.look()
                return True
        self.look()
        return False

    async def closed(self) -> None:
        for _ in range(6):
            if type(self.driver.app.screen).__name__ == "MainScreen":
                return
            await self.press("escape")
            if type(self.driver.app.screen).__name__ == "Question":
                await self.press("tab", "tab", "enter")


async def test_no_screen_shows_a_secret(box: Sandbox) -> None:
    app = CoachApp(Session(box.root), ChildEngine(box.root), ascii_only=False)  # type: ignore[arg-type]  # as the app takes them
    async with app.run_test(size=(160, 60), notifications=True) as pilot:
        watcher = Watcher(driver := Driver(pilot, None, None), box)  # type: ignore[arg-type]  # neither is made up
        for _ in range(TENTHS):
            await pilot.pause(0.1)
            if re.search(r"checked \d+ items", driver.text):
                break
        watcher.look()
        for each in app.known.results:
            assert driver.main.go_to(each.item.id)
            await watcher.press("enter", "right_square_bracket", "J", "y", "escape")
            await watcher.closed()
        for item in ("secrets-not-in-tree", "env-files-ignored", "debug-surface-closed"):
            driver.main.go_to(item)
            assert await watcher.opened("d"), f"no fix came:\n{driver.text}"
            await watcher.press("pagedown", "end", "escape")
            await watcher.closed()
        for form in forms():
            driver.main.go_to(form.id)
            if await watcher.opened("F"):
                await watcher.press("down", "enter", "escape", "tab", "pagedown")
                await watcher.closed()
        driver.main.go_to("secrets-not-in-tree")
        for key in ("D", "P", "question_mark", "ctrl+p", "w", "U", "s", "V", "slash", "f"):
            await watcher.opened(key, 10)
            await watcher.closed()
        for item, key in (("ownership-checked", "a"), ("data-map", "u")):
            driver.main.go_to(item)
            await watcher.opened(key, 20)
            await watcher.closed()
    assert "\n".join(box.leaks()) == ""
    assert set(screens()) - watcher.seen - ELSEWHERE == set()


def test_the_line_mode_says_no_secret(box: Sandbox) -> None:
    session = Session(box.root)
    written: list[str] = []
    items = [each.id for each in session.checklist.items]
    numbers = range(1, len(items) + 1)
    typed = ["f", "/ fail", *(each for number in numbers for each in (f"item {number}", "]", "]", "y", "d", "2"))]

    def read() -> str | None:
        return f"{typed.pop(0)}\n" if typed else None

    talking = Talk(written.append, read, lambda question: None)
    Conversation(session, examiner(box.root, session), talking, environ={}, editor=lambda command, folder: 0).run()
    assert len("".join(written)) > 50_000
    box.heard("the line mode", "".join(written).encode("utf-8", "replace"))
    assert "\n".join(box.leaks()) == ""


def test_no_byte_to_the_terminal_holds_a_secret(box: Sandbox) -> None:
    # The fixture has set the environment.
    with opened(box.root) as terminal:
        terminal.until("checked ")
        terminal.keys("n", "j")
        for _ in range(8):
            terminal.keys("\r", "]", "J", "y", "\x1b", "\x1b", "n")
        terminal.keys("d")
        terminal.keys("\x1b", "q")
        sent = bytes(terminal.sent)
    copied = [base64.b64decode(each) for each in re.findall(rb"\x1b\]52;\w*;([A-Za-z0-9+/=]+)", sent)]
    assert copied, "nothing was sent to the clipboard"
    box.heard("the terminal", sent, re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", sent), *copied)
    assert "\n".join(box.leaks()) == ""
