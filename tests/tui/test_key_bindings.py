"""Every key does what the help says, in a narrow and in a wide terminal, and any of them can be moved elsewhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from driving import NARROW, WIDE, Driver, coach
from fake import FakeSession
from made_up import DECIDED
from textual.widgets import Input

from shipworthy.tui.keys import GROUPS
from shipworthy.tui.screens.changes import ChangesScreen
from shipworthy.tui.screens.decide import Attest, Waive
from shipworthy.tui.screens.dialogs import Question, Reader
from shipworthy.tui.screens.fix import Diff
from shipworthy.tui.screens.help import Help
from shipworthy.tui.screens.main import MainScreen
from shipworthy.tui.screens.people import PeopleScreen
from shipworthy.tui.screens.review import Review
from shipworthy.tui.widgets.item import ItemPane
from shipworthy.tui.widgets.items import ItemList

SIZES = pytest.mark.parametrize(
    "size", [pytest.param(NARROW, id="80x24"), pytest.param(WIDE, id="140x40", marks=pytest.mark.long)]
)


def current(driver: Driver) -> str | None:
    return driver.main.query_one(ItemList).current


async def next_open(driver: Driver) -> None:
    seen = [current(driver)]
    for _ in range(6):
        await driver.press("n")
        seen.append(current(driver))
    # It began on the most pressing item, goes through the others from the top, and comes around.
    assert seen == [
        "secrets-not-in-tree",
        "deploy-gated",
        "authz-negative-tests",
        "known-vulns",
        "write-routes-need-login",
        "backup-restored",
        "secrets-not-in-tree",
    ]


async def open_and_back(driver: Driver) -> None:
    pane = driver.main.query_one(ItemPane)
    await driver.press("enter")
    assert pane.has_focus
    assert "A Stripe key for real payments" in driver.text
    assert ("Local secret files cannot" in driver.text) is driver.main.wide
    await driver.press("escape")
    assert driver.main.query_one(ItemList).has_focus
    assert "Local secret files cannot be committed" in driver.text


async def enter_on_a_fold(driver: Driver) -> None:
    await driver.press("home", "down", "down")
    assert driver.main.query_one(ItemList).current_fold == "pipeline"
    assert "Linter and type checker" not in driver.text
    await driver.press("enter")
    assert "The main branch refuses" in driver.text
    await driver.press("enter")
    assert "The main branch refuses" not in driver.text


async def walk(driver: Driver) -> None:
    await driver.press("home")
    assert current(driver) == "ci-runs-tests"
    await driver.press("j")
    assert current(driver) == "deploy-gated"
    await driver.press("k")
    assert current(driver) == "ci-runs-tests"
    await driver.press("down", "up")
    assert current(driver) == "ci-runs-tests"
    await driver.press("end")
    assert current(driver) == "errors-alert-someone"
    await driver.press("pageup", "pageup")
    assert current(driver) == "ci-runs-tests"
    await driver.press("pagedown", "pagedown")
    assert current(driver) == "errors-alert-someone"


async def scroll_the_item(driver: Driver) -> None:
    await driver.pilot.resize_terminal(120 if driver.main.wide else 80, 20)
    await driver.settle()
    if not driver.main.wide:
        await driver.press("enter")
    pane = driver.main.query_one(ItemPane)
    assert pane.scroll_y == 0
    await driver.press("J")
    assert pane.scroll_y > 0
    await driver.press("K")
    assert pane.scroll_y == 0


async def evidence(driver: Driver) -> None:
    if not driver.main.wide:
        await driver.press("right_square_bracket")
        assert "1 of 2" in driver.text
    await driver.press("right_square_bracket")
    assert "2 of 2" in driver.text
    assert "web/src/pay.ts:3" in driver.text
    await driver.press("left_square_bracket")
    assert "1 of 2" in driver.text
    assert "app/settings.py:12" in driver.text


async def filtered(driver: Driver) -> None:
    await driver.press("slash")
    await driver.type("stranger")
    listed = driver.main.query_one(ItemList).item_ids
    assert listed == ["authz-negative-tests", "write-routes-need-login"]
    await driver.press("enter")
    assert driver.main.query_one(ItemList).has_focus
    await driver.press("escape")
    assert len(driver.main.query_one(ItemList).item_ids) == 12
    assert not driver.main.query_one("#filter", Input).display or not driver.main.has_class("-filter")


async def fold(driver: Driver) -> None:
    items = driver.main.query_one(ItemList)
    await driver.press("f")
    assert len(items.item_ids) == 17
    await driver.press("f")
    assert len(items.item_ids) == 12


async def recheck(driver: Driver) -> None:
    await driver.press("r")
    assert driver.engine.calls[-1] == ("run", ("secrets-not-in-tree",), frozenset())
    await driver.until("checked 1 item")


async def recheck_all(driver: Driver) -> None:
    await driver.press("R")
    assert driver.engine.calls[-1] == ("run", None, frozenset())
    await driver.until("checked 16 items")


async def stop_checking(driver: Driver) -> None:
    await driver.press("x")
    assert "Nothing is being checked" in driver.toasts
    driver.engine.hold = 3
    await driver.press("R")
    assert "to check" in driver.text
    await driver.press("x")
    assert ("cancel",) in driver.engine.calls
    await driver.until("stopped after")


async def attest(driver: Driver) -> None:
    await driver.press("a")
    assert isinstance(driver.app.screen, MainScreen)
    assert "The machine found a failure" in driver.toasts
    await driver.press("n", "n", "a")
    assert isinstance(driver.app.screen, Attest)
    await driver.press("escape")
    assert isinstance(driver.app.screen, MainScreen)


async def waive(driver: Driver) -> None:
    await driver.press("w")
    assert isinstance(driver.app.screen, Waive)
    await driver.press("escape", "home", "w")
    assert isinstance(driver.app.screen, MainScreen)
    assert "nothing to waive" in driver.toasts


async def undo(driver: Driver) -> None:
    await driver.press("u")
    assert "Nothing was said" in driver.toasts
    await driver.press("end", "u")
    assert isinstance(driver.app.screen, Question)
    assert driver.app.focused is not None
    assert driver.app.focused.id == "no"
    await driver.press("enter")
    assert driver.session.calls == []
    await driver.press("u", "tab", "enter")
    assert driver.session.calls == [("undo", "errors-alert-someone")]
    assert "? you     Someone is alerted on errors" in driver.text


async def copy(driver: Driver) -> None:
    await driver.press("y")
    assert isinstance(driver.app.screen, Reader)
    assert "# A live-looking secret is in the files" in driver.text
    assert driver.app.clipboard == driver.session.prompt("secrets-not-in-tree")


async def edit(driver: Driver) -> None:
    await driver.press("e")
    assert "app/settings.py:12 is not a plain file" in driver.toasts


async def sign(driver: Driver) -> None:
    await driver.press("s")
    assert isinstance(driver.app.screen, MainScreen)
    assert "Only a READY assessment can be signed" in driver.toasts


async def review(driver: Driver) -> None:
    await driver.press("V")
    assert isinstance(driver.app.screen, Review)
    await driver.until("is not a git repository")
    assert "CANNOT REVIEW" in driver.lines[0]
    await driver.press("q")
    assert isinstance(driver.app.screen, MainScreen)


async def changes(driver: Driver) -> None:
    await driver.press("D")
    await driver.until("People say")
    assert isinstance(driver.app.screen, ChangesScreen)
    await driver.press("q")
    assert isinstance(driver.app.screen, MainScreen)


async def people(driver: Driver) -> None:
    await driver.press("P")
    await driver.until("lea@example.org")
    assert isinstance(driver.app.screen, PeopleScreen)
    await driver.press("q")
    assert isinstance(driver.app.screen, MainScreen)


async def a_form(driver: Driver) -> None:
    driver.main.go_to("backup-restored")
    await driver.press("F")
    await driver.until("Which data is backed up")
    await driver.press("escape")


async def help_screen(driver: Driver) -> None:
    await driver.press("question_mark")
    assert isinstance(driver.app.screen, Help)
    assert "Check just this item again" in driver.text
    await driver.press("escape")
    assert isinstance(driver.app.screen, MainScreen)


async def leave(driver: Driver) -> None:
    await driver.press("q")
    assert driver.app.return_code == 0


async def fix(driver: Driver) -> None:
    await driver.press("d")
    await driver.until("os.environ")
    assert isinstance(driver.app.screen, Diff)
    await driver.press("enter")
    assert isinstance(driver.app.screen, MainScreen)
    assert driver.session.calls == [("propose_fix", "secrets-not-in-tree")]


async def undo_fix(driver: Driver) -> None:
    driver.session.applied.append("secrets-not-in-tree")
    await driver.press("U", "tab", "enter")
    await driver.until("is empty now")
    assert driver.session.calls == [("undo_fix",)]
    await driver.press("escape")


# What each binding id is proven by.
PROOFS: dict[str, Callable[[Driver], Awaitable[None]]] = {
    "next-open": next_open,
    "open": enter_on_a_fold,
    "back": open_and_back,
    "down": walk,
    "up": walk,
    "page-down": walk,
    "page-up": walk,
    "first": walk,
    "last": walk,
    "item-down": scroll_the_item,
    "item-up": scroll_the_item,
    "evidence-next": evidence,
    "evidence-previous": evidence,
    "filter": filtered,
    "fold": fold,
    "recheck": recheck,
    "recheck-all": recheck_all,
    "stop-checking": stop_checking,
    "attest": attest,
    "waive": waive,
    "undo": undo,
    "copy-prompt": copy,
    "edit": edit,
    "fix": fix,
    "undo-fix": undo_fix,
    "sign": sign,
    "review": review,
    "changes": changes,
    "people": people,
    "form": a_form,
    "help": help_screen,
    "quit": leave,
}


def test_every_binding_has_an_id_words_and_a_proof() -> None:
    bindings = [binding for _, group in GROUPS for binding in group]
    assert {binding.id for binding in bindings} == set(PROOFS)
    assert all(binding.tooltip for binding in bindings)


async def start_over(driver: Driver) -> None:
    """As it was at first: starting the app for every key would take most of the time."""
    while len(driver.app.screen_stack) > 1:
        await driver.app.pop_screen()
    await driver.pilot.resize_terminal(*(WIDE if driver.main.wide else NARROW))
    driver.app.clear_notifications()
    driver.session.calls.clear()
    driver.engine.hold = None
    driver.main.remove_class("-item", "-filter")
    driver.main.go_to("secrets-not-in-tree")
    driver.main.query_one(ItemList).focus()
    driver.main.redraw()
    await driver.settle()


@SIZES
@pytest.mark.parametrize("group", [title for title, _ in GROUPS])
async def test_every_key(group: str, size: tuple[int, int]) -> None:
    bindings = dict(GROUPS)[group]
    async with coach(size=size) as driver:
        for proof in dict.fromkeys(PROOFS[binding.id or ""] for binding in bindings):
            await start_over(driver)
            await proof(driver)


async def test_typing_letter_by_letter_reaches_the_filter() -> None:
    async with coach() as driver:
        await driver.press("slash", *"qnaw")
        assert driver.main.query_one("#filter", Input).value == "qnaw"


async def test_a_keymap_moves_keys_and_shows_it() -> None:
    async with coach(keymap={"next-open": "g", "attest": "A", "open": "o"}) as driver:
        await driver.press("n")
        assert current(driver) == "secrets-not-in-tree"
        await driver.press("g")
        assert current(driver) == "deploy-gated"
        assert driver.lines[-1].startswith(" g Next")
        await driver.press("o")
        assert "This job deploys on every push" in driver.text
        await driver.press("escape", "question_mark")
        assert "A         Say that it is true" in driver.text


async def test_a_click_on_a_key_runs_it() -> None:
    async with coach() as driver:
        at = driver.lines[-1].index("w Waive")
        await driver.pilot.click(offset=(at + 2, 23))
        await driver.settle()
        assert isinstance(driver.app.screen, Waive)


async def test_keys_do_not_reach_the_list_through_a_dialog() -> None:
    async with coach() as driver:
        await driver.press("w", "n", "R", "q")
        assert isinstance(driver.app.screen, Waive)
        assert driver.engine.calls.count(("run", None, frozenset())) == 1


async def test_palette_finds_commands_and_items() -> None:
    async with coach() as driver:
        await driver.press("ctrl+p")
        await driver.until("Attest this item")
        await driver.type("backup")
        await driver.until("backup-restored")
        await driver.press("enter")
        await driver.settle()
        assert current(driver) == "backup-restored"


async def test_palette_changes_the_theme() -> None:
    async with coach() as driver:
        await driver.press("ctrl+p")
        await driver.type("theme light")
        await driver.until("Theme: light")
        await driver.press("enter")
        await driver.settle()
        assert driver.app.theme == "shipworthy-light"


async def test_a_ready_repository_offers_to_sign() -> None:
    from fake import FakeEngine
    from made_up import ALL_GOOD

    async with coach(FakeSession(decisions=dict(DECIDED)), FakeEngine(ALL_GOOD)) as driver:
        assert "READY   12 of 12 settled" in driver.lines[0]
        assert "Press s to sign" in driver.text
        await driver.press("n")
        assert "Nothing is open" in driver.toasts
