"""What is kept drawn is drawn anew when the colours change, the terminal does, or the focus."""

from __future__ import annotations

import pytest
from driving import NARROW, WIDE, Driver, coach
from made_up import ALL_GOOD, MASKED
from picture import picture

from shipworthy.tui.themes import THEMES


async def shown(driver: Driver, theme: str) -> str:
    driver.app.theme = theme
    await driver.settle()
    return picture(driver.app)


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_another_theme_is_seen_everywhere_at_once(size: tuple[int, int]) -> None:
    names = [each.name for each in THEMES]
    async with coach(size=size) as driver:
        await driver.press("enter")
        pictures = {name: await shown(driver, name) for name in names}
        assert len(set(pictures.values())) == len(names)
        assert {name: await shown(driver, name) for name in reversed(names)} == pictures
    for name in names:
        async with coach(size=size, theme=name.removeprefix("shipworthy-")) as driver:
            await driver.press("enter")
            assert picture(driver.app) == pictures[name]


async def test_another_size_is_drawn_as_if_it_had_always_been() -> None:
    async with coach(size=NARROW) as driver:
        await driver.press("enter")
        first = picture(driver.app)
        for size in (WIDE, (100, 30), (40, 12), NARROW):
            await driver.pilot.resize_terminal(*size)
            await driver.until_size(*size)
        assert picture(driver.app) == first
        await driver.press("escape", "j", "enter", "escape", "k", "enter")
        assert picture(driver.app) == first
    async with coach(size=WIDE) as driver:
        await driver.press("enter")
        wide = picture(driver.app)
        await driver.pilot.resize_terminal(*NARROW)
        await driver.until_size(*NARROW)
        assert picture(driver.app) == first
        await driver.pilot.resize_terminal(*WIDE)
        await driver.until_size(*WIDE)
        assert picture(driver.app) == wide


@pytest.mark.parametrize("covered_by", ["w", "question_mark", "D"])
@pytest.mark.parametrize(("first", "then"), [(NARROW, WIDE), (WIDE, NARROW)])
async def test_a_size_that_changes_under_another_screen_is_drawn_as_any(
    first: tuple[int, int], then: tuple[int, int], covered_by: str
) -> None:
    async with coach(size=then) as driver:
        await driver.press("enter")
        expected = driver.text
    async with coach(size=first) as driver:
        await driver.press("enter", covered_by)
        assert driver.app.screen is not driver.main
        await driver.pilot.resize_terminal(*then)
        await driver.until_size(*then)
        while driver.app.screen is not driver.main:
            await driver.press("escape")
        assert driver.text == expected


async def test_what_was_got_ready_looks_as_what_was_not() -> None:
    async with coach(size=WIDE) as driver:
        driver.app._quiet.end()
        expected = []
        for _ in range(12):
            await driver.press("j")
            expected.append(picture(driver.app))
    assert len(set(expected)) == 12
    async with coach(size=WIDE) as driver:
        # The second round shows what the first one kept, in a look that changed in between.
        for _ in range(2):
            for each in expected:
                while driver.main.prepare():
                    pass
                await driver.press("j")
                assert picture(driver.app) == each
            await driver.press(*"k" * 12)
            await shown(driver, THEMES[1].name)
            while driver.main.prepare():
                pass
            await shown(driver, THEMES[0].name)


async def test_a_kept_page_is_not_shown_once_its_item_changed() -> None:
    async with coach(size=WIDE) as driver:
        assert driver.main.go_to("secrets-not-in-tree")
        await driver.press("j")
        while driver.main.prepare():
            pass
        driver.engine.outcomes["secrets-not-in-tree"] = ALL_GOOD["secrets-not-in-tree"]
        await driver.press("R")
        await driver.until("2 block")
        await driver.press("k")
        assert driver.main.current_result is not None
        assert driver.main.current_result.item.id == "secrets-not-in-tree"
        assert "✔ pass" in driver.text.split("secrets-not-in-tree")[0].splitlines()[-2]
        assert "charge your customers" in driver.text
        assert MASKED not in driver.text
