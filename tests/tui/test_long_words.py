"""However much a dialog has to say: its buttons stay in sight, and keys reach the last word."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from driving import Driver, coach
from textual.screen import Screen
from textual.widgets import Button

from shipworthy.tui.screens.dialogs import Answer, Message, Question
from shipworthy.tui.widgets.lines import Line
from shipworthy.tui.widgets.safe import shown

LONG = "a long story, " * 130 + "and its end"
LINES = [Line(shown(LONG, limit=2_000))]

DIALOGS: dict[str, Callable[[Driver], Screen[object]]] = {
    "message": lambda driver: Message("Title", LONG),
    "advice": lambda driver: Message("Title", "Short.", "\n".join(["one more line of advice"] * 11 + [LONG[-900:]])),
    "question": lambda driver: Question("Title", LINES, (Answer("no", "No"), Answer("yes", "Yes"))),
}


def in_sight(driver: Driver) -> list[str]:
    """The words of the buttons that are on the screen."""
    size = driver.app.size.region
    return [str(each.label) for each in driver.app.screen.query(Button) if each.region in size and each.region.area]


@pytest.mark.parametrize("name", DIALOGS)
async def test_buttons_stay_and_keys_reach_the_end(name: str) -> None:
    async with coach() as driver:
        for size in ((80, 24), (60, 14)):
            await driver.pilot.resize_terminal(*size)
            dialog = DIALOGS[name](driver)
            driver.app.push_screen(dialog)
            await driver.settle()
            assert len(in_sight(driver)) == len(dialog.query(Button))
            assert all(word in driver.text for word in in_sight(driver))
            assert "and its end" not in driver.text
            await driver.press(*["pagedown"] * 8)
            assert "and its end" in driver.text
            await driver.press("k", "pageup", "j")
            assert len(in_sight(driver)) == len(dialog.query(Button))
            focused = driver.app.focused
            assert focused is not None
            assert focused.id == "no"
            await driver.press("escape")


async def test_arrows_scroll_a_message_and_walk_the_answers_of_a_question() -> None:
    async with coach() as driver:
        driver.app.push_screen(Message("Title", LONG))
        await driver.settle()
        await driver.press(*["down"] * 30)
        assert "and its end" in driver.text
        await driver.press("escape")
        driver.app.push_screen(DIALOGS["question"](driver))
        await driver.settle()
        await driver.press("down")
        assert driver.app.focused is not None
        assert driver.app.focused.id == "yes"
        await driver.press("escape")


async def test_what_fits_is_not_scrolled() -> None:
    async with coach() as driver:
        driver.app.push_screen(Message("Title", "Short.", "Do this."))
        await driver.settle()
        await driver.press("pagedown", "down")
        assert "Short." in driver.text
        box = driver.app.screen.query_one(".box")
        assert box.size.height <= 10


async def test_what_is_typed_past_the_width_of_its_field_stays_in_sight() -> None:
    async with coach() as driver:
        await driver.press("w", "tab")
        await driver.type(LONG[:300])
        await driver.press("home")
        assert "a long story, a long story" in driver.text
