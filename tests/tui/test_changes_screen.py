"""What changed since the last sign-off, on the screen: every key, both sizes, and when there is nothing to show."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import looked_up
import pytest
from driving import NARROW, WIDE, Driver, coach
from fake import FakeEngine, FakeSession
from made_up import TODAY
from test_hostile import COCKTAILS, look
from test_hostile_review import HostileDesk

from shipworthy.assess.events import Failed
from shipworthy.assess.signing import SessionError
from shipworthy.readiness.seen import Since
from shipworthy.tui.keys import CHANGES
from shipworthy.tui.review_app import ReviewApp
from shipworthy.tui.screens.changes import ChangesScreen, change_lines
from shipworthy.tui.screens.dialogs import Message, Reader
from shipworthy.tui.screens.main import MainScreen
from shipworthy.tui.screens.sign import Busy
from shipworthy.tui.widgets.lines import Lines

SIZES = pytest.mark.parametrize(
    "size", [pytest.param(NARROW, id="80x24"), pytest.param(WIDE, id="140x40", marks=pytest.mark.long)]
)

HOSTILE = pytest.mark.parametrize(
    "text",
    [
        pytest.param(COCKTAILS["markup"] + COCKTAILS["escapes"], id="both"),
        *(pytest.param(text, id=name, marks=pytest.mark.long) for name, text in COCKTAILS.items()),
    ],
)


@asynccontextmanager
async def changed(session: FakeSession | None = None, size: tuple[int, int] = NARROW) -> AsyncIterator[Driver]:
    """The coach on its screen of changes."""
    async with coach(session, size=size) as driver:
        await driver.press("D")
        await driver.until("People say")
        yield driver


def body(driver: Driver) -> str:
    return driver.app.screen.query_one("#changes", Lines).plain


async def other(driver: Driver) -> None:
    await driver.press("o")
    await driver.until("Nothing changed: no item, no rule, no file.")
    await driver.press("o")
    assert "Nothing changed" not in driver.text
    assert driver.session.calls[-1] == ("between_sign_offs",)


async def help_screen(driver: Driver) -> None:
    await driver.press("question_mark")
    assert isinstance(driver.app.screen, Reader)
    assert "The last two sign-offs in place of" in driver.text
    await driver.press("escape")
    assert isinstance(driver.app.screen, ChangesScreen)


async def leave(driver: Driver) -> None:
    for key in ("q", "escape"):
        await driver.press(key)
        assert isinstance(driver.app.screen, MainScreen)
        await driver.press("D")
        await driver.until("People say")


PROOFS: dict[str, Callable[[Driver], Awaitable[None]]] = {
    "changes-other": other, "changes-help": help_screen, "changes-leave": leave,
}  # fmt: skip


def test_every_binding_has_an_id_words_and_a_proof() -> None:
    bindings = [binding for _, group in CHANGES for binding in group]
    assert {binding.id for binding in bindings} == set(PROOFS)
    assert all(binding.tooltip for binding in bindings)


@SIZES
async def test_every_key_and_what_is_shown_first(size: tuple[int, int]) -> None:
    async with changed(size=size) as driver:
        assert driver.lines[0].startswith("  CHANGES   since 12 Nov by ada@example.org")
        assert "commit 8caf240, with every signature that origin/main asks for" in driver.lines[1]
        shown = body(driver)
        order = [
            "assume-unchanged", "People say", "+ new      waived  Someone", "“Launch is invite-only.”",
            "- ended    said    Tests prove", "expired on 2026-11-20", "~ changed  said    A backup",
            "“Restored it.”  →  “Restored it twice.”", "Items", "✘ turned open   Nothing is deployed",
            "pass: deploy.yml:9 needs test", "fail: deploy.yml:9 waits for nothing", "✔ turned green", "gone-item",
            "= 1 item unchanged",
            "profile  solo  →  team", "+ GET /new", "- GET /old", "Files  3 changed, 2 of them critical",
            "! Dockerfile", "! uv.lock", "  app/api.py",
        ]  # fmt: skip
        places = [" ".join(shown.split()).find(" ".join(each.split())) for each in order]
        assert -1 not in places, dict(zip(order, places, strict=True))
        assert places[:9] == sorted(places[:9])
        # What no longer counts turned the item open as well.
        assert shown.count("authz-negative-tests") == 2
        for proof in PROOFS.values():
            await proof(driver)
        text = driver.app.screen.query_one("#changes", Lines)
        assert text.has_focus
        if size == NARROW:
            await driver.press("end")
            assert "a new sign-off." in driver.text
            await driver.press("home", "j", "k", "pagedown")
            assert text.scroll_y > 0


async def test_in_a_very_small_terminal_and_with_the_mouse() -> None:
    async with changed(size=(40, 12)) as driver:
        assert "People say" in driver.text
        await driver.pilot.resize_terminal(*NARROW)
        await driver.settle()
        at = driver.lines[-1].index("Back")
        await driver.pilot.click(offset=(at + 1, NARROW[1] - 1))
        await driver.settle()
        assert isinstance(driver.app.screen, MainScreen)


def test_files_that_cannot_be_told_are_said() -> None:
    shown = [line.text.plain for line in change_lines(looked_up.changes(None), TODAY)]
    assert "Which files changed cannot be told: no commit here holds those files" in shown


async def test_nothing_to_compare_with_says_why_and_what_to_do() -> None:
    session = FakeSession(changes=SessionError("there is no sign-off yet", "Press s to sign."))
    async with coach(session) as driver:
        await driver.press("D")
        await driver.until("there is no sign-off yet")
        assert isinstance(driver.app.screen, Message)
        assert "Press s to sign." in driver.text
        await driver.press("enter")
        assert isinstance(driver.app.screen, MainScreen)
        # A second comparison that cannot be made leaves the first in sight.
        session.changes, session.before = looked_up.changes(), SessionError("there is no earlier one", "Sign again.")
        await driver.press("D")
        await driver.until("People say")
        await driver.press("o")
        await driver.until("there is no earlier one")
        await driver.press("escape")
        assert "turned open" in body(driver)


async def test_waiting_can_be_cancelled() -> None:
    session = FakeSession(slow=threading.Event())
    async with coach(session) as driver:
        await driver.press("D")
        await driver.until("Reading the sign-offs")
        assert isinstance(driver.app.screen, Busy)
        assert driver.app.focused is not None
        assert driver.app.focused.id == "no"
        await driver.press("escape")
        assert isinstance(driver.app.screen, MainScreen)
        session.slow.set()
        await driver.settle()
        await driver.settle()
        assert isinstance(driver.app.screen, MainScreen)


async def test_it_waits_for_what_is_being_checked() -> None:
    """What is not judged yet is not known: it must not look like a change."""
    async with coach(engine=FakeEngine(hold=3)) as driver:
        await driver.press("D")
        await driver.until("as soon as everything is checked")
        assert driver.session.calls == []
        driver.engine.hold = None
        await driver.app.engine.run()
        await driver.until("turned open")
        assert driver.session.calls[0][0] == "since_sign_off"


async def test_after_a_failed_examination_nothing_is_compared() -> None:
    async with coach(engine=FakeEngine(failed=Failed(message="no", diagnostics="x"))) as driver:
        await driver.press("D")
        assert "cannot be compared" in driver.toasts
        assert driver.session.calls == []


async def test_from_the_palette() -> None:
    async with coach(watch=False) as driver:
        await driver.press("ctrl+p")
        await driver.type("changes since")
        await driver.until("Changes since the last sign-off")
        await driver.press("enter")
        await driver.until("People say")
        assert isinstance(driver.app.screen, ChangesScreen)
        # What is not noticed is not unchanged.
        assert "items are as they were checked last" in body(driver).replace("\n  ", " ")
        named = [each.title for each in driver.app.get_system_commands(driver.main)]
        assert "Keys, and people who may sign" in named


@HOSTILE
async def test_a_hostile_repository(text: str) -> None:
    session = FakeSession(changes=looked_up.hostile_changes(text), before=SessionError(text, f"{text}\n{text}"))
    async with changed(session, WIDE) as driver:
        look(driver)
        await driver.press("end")
        look(driver)
        await driver.pilot.resize_terminal(*NARROW)
        for key in ("home", "pagedown", "o"):
            await driver.press(key)
            look(driver)


@dataclass
class ChangedDesk(HostileDesk):
    """A review of a file that changed something since the last sign-off."""

    @property
    def since(self) -> Since:
        return Since(self.text, (self.text,), looked_up.hostile_changes(self.text))


async def test_the_second_person_sees_the_same_without_the_other_comparison() -> None:
    app = ReviewApp(lambda: ChangedDesk("a text"), ascii_only=False)
    async with app.run_test(size=NARROW) as pilot:
        for _ in range(200):
            await pilot.pause(0.01)
            if app.review.desk is not None:
                break
        await pilot.press("d")
        await pilot.pause()
        assert isinstance(app.screen, ChangesScreen)
        assert "Launch is invite-only." not in app.screen.query_one("#changes", Lines).plain
        assert "turned open" in app.screen.query_one("#changes", Lines).plain
        before = app.screen
        await pilot.press("o")
        assert app.screen is before
        assert "other" not in [each.binding.action for each in app.screen.active_bindings.values() if each.enabled]
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is app.review
