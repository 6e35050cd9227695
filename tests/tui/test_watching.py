"""The coach says which file changed and what is looked at again, without a key, and nothing moves under the cursor."""

from __future__ import annotations

import pytest
from driving import NARROW, WIDE, coach
from fake import FakeEngine
from made_up import ALL_GOOD, OUTCOMES

from shipworthy.assess.events import Changed, Watching
from shipworthy.model import Outcome
from shipworthy.tui.watching import causes, looked, looking
from shipworthy.tui.widgets.items import ItemList

ONE = Changed(paths=("app/main.py",), total=1, items=("write-routes-need-login", "secrets-not-in-tree"))


@pytest.mark.parametrize(
    ("event", "full", "brief"),
    [
        (ONE, "app/main.py changed", "main.py changed"),
        (Changed(paths=("a.py", "b.py"), total=61, items=()), "a.py and 60 more changed", "61 files changed"),
        (Changed(paths=(), total=0, items=(), moved=True, branch="next"), "on next now", "on next now"),
        (Changed(paths=("a", "b"), total=2, items=(), moved=True), "at another commit now", "at another commit now"),
        (Changed(paths=("a\x1b[2J\u202e.py",), total=1, items=()), "a", "a"),
        (Changed(paths=(".shipworthy/decisions.toml",), total=1, items=("x",)), "", ""),
        (Changed(paths=(), total=0, items=("x",)), "", ""),
    ],
)
def test_what_changed_in_words(event: Changed, full: str, brief: str) -> None:
    said = causes(event)
    assert said[0].startswith(full)
    assert said[1].startswith(brief)
    assert not set("".join(said)) & set("\x1b\u202e")


def test_what_is_done_in_words() -> None:
    assert looking("a.py changed", 4) == "a.py changed: re-checking 4 items"
    assert looking("a.py changed", 1) == "a.py changed: re-checking 1 item"
    assert looked("a.py changed", 4, 84) == "a.py changed: 4 items in 84 ms"
    assert looked("a.py changed", 0, 84) == "a.py changed: nothing to re-check"


@pytest.mark.parametrize(("size", "words"), [(NARROW, "main.py changed"), (WIDE, "app/main.py changed")])
async def test_a_change_is_said_and_shown_without_a_key(size: tuple[int, int], words: str) -> None:
    engine = FakeEngine()
    async with coach(engine=engine, size=size) as driver:
        assert ("watch", True) in engine.calls
        engine.change(ONE, hold=True)
        await driver.until(f"{words}: re-checking 2 items")
        assert driver.app.session.pending == {"write-routes-need-login", "secrets-not-in-tree"}
        engine.outcomes["secrets-not-in-tree"] = Outcome.passed("nothing found", ["412 files"])
        engine.change(ONE)
        await driver.until(f"{words}: 2 items in 3.2 s")
        assert not driver.app.checking


async def test_what_is_open_again_is_not_green_until_it_was_judged() -> None:
    engine = FakeEngine(ALL_GOOD)
    async with coach(engine=engine) as driver:
        before = driver.lines[0]
        engine.change(ONE, hold=True)
        await driver.until("re-checking 2 items")
        assert " READY" not in driver.lines[0] or "NOT READY" in driver.lines[0]
        engine.change(ONE)
        await driver.until("2 items in 3.2 s")
        assert driver.lines[0] == before


async def test_what_is_looked_at_again_stays_where_n_finds_it() -> None:
    engine = FakeEngine()
    async with coach(engine=engine) as driver:
        order = driver.main.open_order()
        engine.change(Changed(paths=("x",), total=1, items=tuple(order)), hold=True)
        await driver.until(f"re-checking {len(order)} items")
        assert set(driver.main.open_order()) == set(order)
        await driver.press("n")
        assert driver.main.query_one(ItemList).current in order
        assert "Nothing is open" not in driver.text


@pytest.mark.parametrize("words", ["", "fail"])
async def test_nothing_moves_under_the_cursor(words: str) -> None:
    engine = FakeEngine()
    async with coach(engine=engine) as driver:
        if words:
            await driver.press("slash")
            await driver.type(words)
            await driver.press("enter")
        assert driver.main.go_to("secrets-not-in-tree")
        await driver.settle()
        items = driver.main.query_one(ItemList)
        place, shown = items.highlighted, items.item_ids
        engine.change(ONE, hold=True)
        await driver.until("re-checking 2 items")
        assert (items.highlighted, items.item_ids, items.current) == (place, shown, "secrets-not-in-tree")
        engine.change(ONE)
        await driver.until("2 items in 3.2 s")
        assert (items.highlighted, items.item_ids, items.current) == (place, shown, "secrets-not-in-tree")


async def test_what_the_coach_wrote_itself_is_no_news() -> None:
    engine = FakeEngine()
    async with coach(engine=engine) as driver:
        before = driver.app.progress
        engine.change(Changed(paths=(".shipworthy/decisions.toml",), total=1, items=("secrets-not-in-tree",)))
        for _ in range(20):
            await driver.settle()
        assert driver.app.progress == before
        assert not driver.app.checking


async def test_a_change_that_touches_nothing() -> None:
    engine = FakeEngine()
    async with coach(engine=engine) as driver:
        engine.change(Changed(paths=("README.md",), total=1, items=()))
        await driver.until("README.md changed: nothing to re-check")
        assert set(OUTCOMES) == set(driver.session.outcomes)


async def test_watching_is_paused_and_resumed_from_the_palette() -> None:
    engine = FakeEngine()
    async with coach(engine=engine) as driver:
        names = [each.title for each in driver.app.get_system_commands(driver.main)]
        assert "Pause watching" in names
        pause = next(each for each in driver.app.get_system_commands(driver.main) if each.title == "Pause watching")
        await pause.callback()  # type: ignore[misc]  # the app's own are coroutines
        await driver.settle()
        assert engine.calls[-1] == ("watch", False)
        names = [each.title for each in driver.app.get_system_commands(driver.main)]
        assert "Pause watching" not in names
        assert "Resume watching" in names


async def test_without_watching_the_engine_is_not_asked_to() -> None:
    engine = FakeEngine()
    async with coach(engine=engine, watch=False) as driver:
        assert ("watch", True) not in engine.calls
        assert "Resume watching" in [each.title for each in driver.app.get_system_commands(driver.main)]


async def test_that_watching_ended_is_said() -> None:
    engine = FakeEngine()
    async with coach(engine=engine) as driver:
        engine._queue.put_nowait(Watching(on=False, problem="no \x1b[31m more"))
        await driver.until("not noticed any more")
        assert "\x1b" not in driver.toasts
        assert not driver.app.watching
