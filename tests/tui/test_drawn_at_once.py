"""What is drawn before its turn, or got ready before it is asked for, is what would have been drawn later."""

from __future__ import annotations

import pytest
from driving import NARROW, WIDE, Driver, coach
from picture import picture
from textual._compositor import LayoutUpdate

from shipworthy.tui.widgets.item import ItemPane
from shipworthy.tui.widgets.keybar import KeyBar


def pane(driver: Driver) -> ItemPane:
    return driver.main.query_one(ItemPane)


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_what_a_dialog_covered_is_drawn_though_an_item_is_opened_at_once(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with coach(size=size) as driver:
        drawn: list[object] = []
        monkeypatch.setattr(driver.app, "_display", lambda _screen, update: drawn.append(update))
        await driver.press("question_mark")
        driver.app.pop_screen()
        drawn.clear()
        # What comes when the screen is back, and Enter before the picture that it asks for.
        driver.main.refresh()
        driver.main.action_open()
        assert any(isinstance(each, LayoutUpdate) for each in drawn)


@pytest.mark.parametrize("covered_by", ["P", "D"])
async def test_what_is_got_ready_leaves_what_is_shown_to_be_laid_out(covered_by: str) -> None:
    async with coach(size=(120, 28)) as driver:
        expected = picture(driver.app)
    async with coach(size=WIDE) as driver:
        await driver.press(covered_by)
        await driver.pilot.resize_terminal(120, 28)
        await driver.settle()
        driver.app.pop_screen()
        # Before anything is drawn.
        while driver.main.prepare():
            pass
        await driver.settle()
        await driver.until_size(120, 28)
        assert picture(driver.app) == expected


async def test_a_pane_that_gets_lower_has_the_scroll_bar_of_its_height() -> None:
    async with coach(size=WIDE) as driver:
        assert driver.main.go_to("ci-runs-tests")
        await driver.settle()
        before = picture(driver.app)
        await driver.press("slash")
        assert pane(driver).virtual_size.height == pane(driver).size.height
        await driver.press("escape")
        assert picture(driver.app) == before


async def test_a_terminal_that_gets_lower_has_the_scroll_bar_of_its_height() -> None:
    async with coach(size=(140, 30)) as driver:
        assert driver.main.go_to("ci-runs-tests")
        await driver.settle()
        expected = picture(driver.app)
    async with coach(size=WIDE) as driver:
        assert driver.main.go_to("ci-runs-tests")
        await driver.settle()
        await driver.pilot.resize_terminal(140, 30)
        await driver.until_size(140, 30)
        assert picture(driver.app) == expected


async def test_nothing_is_got_ready_once_the_app_is_gone() -> None:
    async with coach(size=WIDE) as driver:
        app = driver.app
        await driver.press("j")
    assert app._quiet._prepare() is False


async def test_a_bug_in_getting_ready_ends_the_app_as_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> bool:
        raise ZeroDivisionError("what a repository wrote")

    async def meets_it(driver: Driver) -> None:
        monkeypatch.setattr(ItemPane, "prepare", broken)
        assert driver.app._quiet._prepare() is False
        assert driver.app.crashed

    async with coach(size=WIDE) as driver:
        await meets_it(driver)
        driver.app._exception = None


async def test_keys_that_were_to_be_drawn_on_a_screen_that_is_gone_are_not() -> None:
    async with coach() as driver:
        await driver.press("D")
        bar = driver.app.screen.query_one(KeyBar)
        bar._stale = True
        await driver.press("escape")
        assert not bar.is_attached
        bar._refresh_keys()
