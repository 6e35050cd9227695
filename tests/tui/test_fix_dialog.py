"""The key d: the diff, what a person still has to do, Apply and Close, and what becomes of each."""

from __future__ import annotations

from dataclasses import replace

import pytest
from driving import NARROW, WIDE, Driver, coach
from fake import FakeSession
from made_up import CHECKLIST, ITEMS
from made_up_fix import OFFER

from shipworthy.assess.signing import SessionError
from shipworthy.tui.screens.dialogs import Message
from shipworthy.tui.screens.fix import Diff
from shipworthy.tui.screens.main import MainScreen
from shipworthy.tui.widgets.lines import Lines

ITEM = "secrets-not-in-tree"
SIZES = pytest.mark.parametrize("size", [NARROW, WIDE], ids=["80x24", "140x40"])


async def opened(driver: Driver) -> None:
    driver.main.go_to(ITEM)
    await driver.press("d")
    await driver.until("@@ -10,3")
    assert isinstance(driver.app.screen, Diff)


@SIZES
async def test_shows_notes_and_diff_with_close_in_focus(size: tuple[int, int]) -> None:
    async with coach(size=size) as driver:
        await opened(driver)
        assert "! First replace the secret" in driver.text
        assert '+STRIPE_KEY = os.environ["STRIPE_KEY"]' in driver.text
        assert driver.app.focused is not None
        assert driver.app.focused.id == "no"


async def test_scrolls_while_close_has_the_focus() -> None:
    async with coach() as driver:
        await opened(driver)
        text = driver.app.screen.query_one(Lines)
        await driver.press("pagedown", "j")
        assert text.scroll_offset.y > 1
        await driver.press("k", "pageup")
        assert text.scroll_offset.y == 0
        assert driver.app.focused is not None
        assert driver.app.focused.id == "no"


@pytest.mark.parametrize("keys", [("enter",), ("escape",)])
async def test_closing_writes_nothing(keys: tuple[str, ...]) -> None:
    async with coach() as driver:
        await opened(driver)
        await driver.press(*keys)
        assert isinstance(driver.app.screen, MainScreen)
        assert driver.session.calls == [("propose_fix", ITEM)]


async def test_apply_checks_again() -> None:
    async with coach() as driver:
        await opened(driver)
        await driver.press("tab", "enter")
        await driver.until("checked 1 item")
        assert driver.session.calls[-1] == ("apply_fix", ITEM)
        assert driver.engine.calls[-1] == ("run", (ITEM,), frozenset())
        assert "Press U" in driver.toasts


async def test_a_file_that_changed_is_said_in_the_dialog() -> None:
    error = SessionError("app/settings.py changed in the meantime", "Look at the fix again.")
    async with coach(FakeSession(fix_error=error)) as driver:
        await opened(driver)
        await driver.press("tab", "enter")
        await driver.until("changed in the meantime")
        assert isinstance(driver.app.screen, Diff)
        await driver.press("enter")
        assert isinstance(driver.app.screen, MainScreen)
        assert driver.session.applied == []


async def test_no_fix_says_why_in_one_line() -> None:
    async with coach(FakeSession(offers={})) as driver:
        driver.main.go_to(ITEM)
        await driver.press("d")
        for _ in range(50):
            await driver.pilot.pause(0.01)
        assert "No fix by machine: it takes judgement." in driver.toasts
        assert isinstance(driver.app.screen, MainScreen)


@pytest.mark.parametrize(
    ("item", "why"),
    [
        ("backup-restored", "only a person can say it"),
        ("env-files-ignored", "Nothing is open here"),
        ("write-routes-need-login", "No fix by machine"),
    ],
)
async def test_no_question_where_none_can_be(item: str, why: str) -> None:
    async with coach() as driver:
        assert driver.main.go_to(item)
        await driver.press("d")
        assert why in driver.toasts
        assert driver.session.calls == []


async def test_what_a_form_asks_is_answered_by_its_key() -> None:
    with_check = [replace(each, check=each.id) if each.id == "backup-restored" else each for each in ITEMS]
    async with coach(FakeSession(checklist=replace(CHECKLIST, items=tuple(with_check)))) as driver:
        assert driver.main.go_to("backup-restored")
        await driver.press("d")
        assert "only a person knows it. F asks what there is to know." in driver.toasts


async def test_nothing_to_take_back_is_said() -> None:
    async with coach() as driver:
        await driver.press("U", "tab", "enter")
        await driver.until("no fix was applied")
        assert isinstance(driver.app.screen, Message)


@SIZES
async def test_hostile_text_is_shown_and_not_obeyed(size: tuple[int, int]) -> None:
    hostile = "\x1b]0;owned\x07[@click=app.quit]x[/nope] ‮"
    fix = replace(OFFER.fix, says=hostile, notes=(hostile,))
    async with coach(
        FakeSession(offers={ITEM: replace(OFFER, fix=fix, diff=(f"+{hostile}", "@@"))}), size=size
    ) as driver:
        driver.main.go_to(ITEM)
        await driver.press("d")
        await driver.until("[@click=app.quit]x[/nope]")
        assert "\x1b" not in driver.text
        assert "‮" not in driver.text
