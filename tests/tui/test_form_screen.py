"""Forms on the screen: every key and button, both sizes, what is missing as it is typed, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from driving import NARROW, WIDE, Driver, coach
from fake import FakeEngine, FakeSession
from made_up import OUTCOMES, TODAY
from made_up_forms import backup, complete, form
from textual.widgets import Button, Input

from shipworthy.coaching.refusals import refusal
from shipworthy.forms import Answers, Flaw, Row, forms, lacking
from shipworthy.model import Outcome
from shipworthy.model.form_files import FORM_FILES
from shipworthy.tui.keys import FORM
from shipworthy.tui.screens.decide import Attest
from shipworthy.tui.screens.dialogs import Question, Reader
from shipworthy.tui.screens.form import FormScreen
from shipworthy.tui.screens.form_fields import FormTable
from shipworthy.tui.screens.form_row import RowDialog
from shipworthy.tui.screens.form_words import by_question, gaps
from shipworthy.tui.screens.main import MainScreen
from shipworthy.tui.widgets.lines import Lines

ITEM = "backup-restored"
SIZES = pytest.mark.parametrize(
    "size", [pytest.param(NARROW, id="80x24"), pytest.param(WIDE, id="140x40", marks=pytest.mark.long)]
)


@asynccontextmanager
async def filling(session: FakeSession | None = None, size: tuple[int, int] = NARROW) -> AsyncIterator[Driver]:
    """The coach with the form about backups open."""
    async with coach(session, size=size) as driver:
        await opened(driver)
        yield driver


async def opened(driver: Driver) -> None:
    driver.main.go_to(ITEM)
    await driver.press("F")
    await driver.until("FORM")


def screen(driver: Driver) -> FormScreen:
    found = driver.app.screen
    assert isinstance(found, FormScreen)
    return found


def table(driver: Driver) -> FormTable:
    return screen(driver).query_one(FormTable)


def rows(driver: Driver) -> list[tuple[str, bool]]:
    return [(row.cell("name"), row.confirmed) for row in table(driver).rows]


def field(driver: Driver, question: str) -> Input:
    return screen(driver).query_one(f"#ask-{question}", Input)


def words(driver: Driver) -> str:
    """The screen in one line, without the frames of boxes."""
    return " ".join(driver.text.replace("│", " ").split())


async def confirm(driver: Driver) -> None:
    await driver.press("home", "space")
    assert rows(driver)[0] == ("postgresql", True)
    assert "! so, but postgresql" in driver.text
    assert "2 cells to fill in" in driver.text
    assert "Press enter to fill it in" in words(driver)
    await driver.press("space")
    assert rows(driver)[0] == ("postgresql", False)
    await driver.press("end", "space")
    assert len(rows(driver)) == 2


async def fill(driver: Driver) -> None:
    await driver.press("home", "enter")
    assert isinstance(driver.app.screen, RowDialog)
    assert "Found at requirements.txt:4" in driver.text
    # The first empty cell has the focus.
    assert driver.app.focused is not None
    assert driver.app.focused.id == "cell-how"
    assert "Still empty: How it is backed up, Where the copy is" in words(driver)
    await driver.type("every night")
    await driver.press("enter")
    await driver.type("another account")
    await driver.press("enter", "enter")
    assert rows(driver)[0] == ("postgresql", True)
    assert "✔ so      postgresql  every night  another account" in driver.text
    # On to the next row that waits.
    assert table(driver).number == 1
    await driver.press("enter")
    await driver.type("e")
    for _ in range(3):
        await driver.pilot.pause()
    await driver.press("right")
    assert driver.app.screen.query_one("#cell-how", Input).value == "every night"
    driver.app.screen.query_one("#later", Button).press()
    await driver.settle()
    assert rows(driver)[1] == ("redis", False)
    assert table(driver).rows[1].cells["how"] == "every night"


async def add(driver: Driver) -> None:
    await driver.press("end", "enter")
    assert isinstance(driver.app.screen, RowDialog)
    await driver.press("escape", "plus")
    assert isinstance(driver.app.screen, RowDialog)
    assert driver.app.screen.query_one("#yes", Button).disabled
    await driver.type("s3")
    await driver.press("enter", "enter", "enter", "enter")
    assert rows(driver)[-1] == ("s3", True)
    await driver.press("minus", "tab", "enter")
    assert ("s3", True) not in rows(driver)


async def remove(driver: Driver) -> None:
    # Only its name was there, and that is found again.
    await driver.press("home", "minus")
    assert rows(driver) == [("redis", False)]
    assert "comes back when the form is opened again" in words(driver)
    await driver.press("enter")
    await driver.type("dumped")
    driver.app.screen.query_one("#later", Button).press()
    await driver.settle()
    await driver.press("delete")
    assert isinstance(driver.app.screen, Question)
    assert driver.app.focused is not None
    assert driver.app.focused.id == "no"
    await driver.press("enter")
    assert rows(driver) == [("redis", False)]


async def walk(driver: Driver) -> None:
    seen = []
    for pressed in ("home", "j", "down", "k", "up", "end", "home", "pagedown", "pageup"):
        await driver.press(pressed)
        seen.append(table(driver).highlighted)
    assert seen == [0, 1, 2, 1, 0, 2, 0, 2, 0]
    ids = []
    for pressed in ("tab", "shift+tab", "end", "down", "down", "down", "up", "up", "up"):
        await driver.press(pressed)
        assert driver.app.focused is not None
        ids.append((driver.app.focused.id or "").removeprefix("ask-"))
    assert ids == ["restored", "stores", "stores", "restored", "result", "took", "result", "restored", "stores"]


async def page(driver: Driver) -> None:
    await driver.press("tab", "pagedown")
    body = screen(driver).query_one("#form-body")
    here = body.scroll_y
    await driver.press("pageup")
    assert body.scroll_y < here or body.max_scroll_y == 0


async def help_screen(driver: Driver) -> None:
    for pressed in ("f1", "question_mark"):
        await driver.press(pressed)
        assert isinstance(driver.app.screen, Reader)
        assert "Say that the row is so" in driver.text
        told = " ".join(driver.app.screen.query_one(Lines).plain.split())
        assert "git shows what changed in it and undoes it" in told
        await driver.press("escape")
    await driver.press("tab", "question_mark")
    assert field(driver, "restored").value == "?"


async def save(driver: Driver) -> None:
    field(driver, "took").value = " 40  minutes\x1b[31m "
    await driver.press("ctrl+s")
    await driver.until("Written to .shipworthy/backup.toml")
    assert "git shows and undoes it" in words(driver)
    assert "saved" in driver.lines[0]
    assert driver.session.calls[-1] == ("save_form", ITEM)
    assert driver.session.written[ITEM].text("took") == "40 minutes␛[31m"
    assert isinstance(driver.app.screen, FormScreen)
    await driver.press("escape")
    assert isinstance(driver.app.screen, MainScreen)
    assert "Written to .shipworthy/backup.toml. 4 to answer: F goes on." in driver.toasts


async def leave(driver: Driver) -> None:
    await driver.press("escape")
    assert isinstance(driver.app.screen, MainScreen)
    assert driver.session.calls == []


# What each binding id is proven by.
PROOFS: dict[str, Callable[[Driver], Awaitable[None]]] = {
    "form-confirm": confirm, "form-fill": fill, "form-add": add, "form-remove": remove,
    **dict.fromkeys(("form-row-down", "form-row-up", "form-first", "form-last", "form-next", "form-previous"), walk),
    **dict.fromkeys(("form-down", "form-up"), walk),
    **dict.fromkeys(("form-page-down", "form-page-up"), page),
    "form-save": save, "form-leave": leave, "form-help": help_screen,
}  # fmt: skip


def test_every_binding_has_an_id_words_and_a_proof() -> None:
    bindings = [binding for _, group in FORM for binding in group]
    assert {binding.id for binding in bindings} == set(PROOFS)
    assert all(binding.tooltip for binding in bindings)


@SIZES
async def test_every_key(size: tuple[int, int]) -> None:
    async with filling(size=size) as driver:
        for proof in dict.fromkeys(PROOFS.values()):
            if not isinstance(driver.app.screen, FormScreen):
                await opened(driver)
            # As it was at first: opening it for every key would take most of the time.
            field(driver, "restored").value = ""
            table(driver).set(backup().filled.answers.table("stores"))
            table(driver).focus()
            driver.session.calls.clear()
            driver.app.clear_notifications()
            await driver.settle()
            await proof(driver)


def test_the_files_are_those_of_the_forms() -> None:
    assert {each.id: each.file for each in forms()} == dict(FORM_FILES)


async def test_what_is_missing_is_said_as_it_is_typed() -> None:
    async with filling() as driver:
        assert "Found in the code deployed by: fly (fly.toml:1), docker (Dockerfile:1) · CI system: x" in words(driver)
        assert "Still missing  1: 2 rows to confirm  ·  2, 3, 4, 5: not answered" in driver.text
        assert table(driver).has_focus
        assert "? confirm postgresql" in driver.text
        assert "found at requirements.txt:4" in driver.text
        await driver.press("tab")
        for typed, said, foot in (
            ("soon", "is no day. Write it as YYYY-MM-DD.", "2: no day"),
            ("2026-11-30", "in the future: 2026-11-30", "2: a day in the future"),
            ("2026-02-01", "294 days ago; 180 days are allowed", "2: too long ago"),
            ("2026-11-18", "Wednesday, 4 days ago", "3, 4, 5: not answered"),
            ("today", "Sunday, today", "3, 4, 5: not answered"),
        ):
            field(driver, "restored").value = typed
            await driver.settle()
            there = words(driver)
            assert said in there, typed
            assert foot in there, typed
        assert screen(driver).answers.text("restored") == TODAY.isoformat()
        assert "not saved" in driver.lines[0]


def test_what_a_question_lacks_in_few_words() -> None:
    asked = form(ITEM).question("stores")
    cells = {"name": "x", "how": "y", "where": "z"}
    for held, short in (
        ((), "1 more row"),
        ((Row(cells=cells),), ""),
        ((Row(cells=cells, confirmed=False),), "1 row to confirm"),
        ((Row(cells={"name": "x"}), Row(cells=cells, confirmed=False)), "1 row to confirm, 2 cells empty"),
    ):
        answers = Answers().with_rows("stores", held)
        flaws = by_question(lacking(form(ITEM), answers, TODAY)).get("stores", [])
        assert gaps(asked, answers, flaws) == short
    odd = Flaw(file="x", line=1, rule="another", message="", remedy="", anchor="took")
    assert gaps(form(ITEM).question("took"), Answers(), [odd]) == "does not fit"
    assert gaps(asked, Answers().with_rows("stores", (Row(cells=cells),)), [odd]) == "1 cell to mend"


async def test_a_complete_form_goes_back_and_says_what_comes_next() -> None:
    session = FakeSession(forms={ITEM: complete()})
    async with filling(session) as driver:
        assert "✔ Nothing is missing." in driver.text
        await driver.press("ctrl+s")
        await driver.until("A backup was restored once")
        assert isinstance(driver.app.screen, MainScreen)
        assert "Press a to say it is true." in driver.toasts
        # Watching notices the file by itself.
        assert [call for call in driver.engine.calls if call[:2] == ("run", (ITEM,))] == []
        await driver.press("a")
        assert isinstance(driver.app.screen, Attest)
        values = {each.id: each.value for each in driver.app.screen.query(Input)}
        assert values == {"when": "", "reason": "", "evidence": FORM_FILES[ITEM], "until": "90 days"}


@pytest.mark.long
async def test_without_watching_the_item_is_checked_again() -> None:
    session = FakeSession(forms={ITEM: complete()})
    async with coach(session, watch=False) as driver:
        await opened(driver)
        await driver.press("ctrl+s")
        await driver.settle()
        assert driver.engine.calls[-1] == ("run", (ITEM,), frozenset())


async def test_the_attest_dialog_tells_of_a_form_that_is_not_complete() -> None:
    outcomes = {**OUTCOMES, "errors-alert-someone": Outcome.needs_you("no form yet", OUTCOMES["deploy-gated"].findings)}
    session = FakeSession(decisions={}, forms={"errors-alert-someone": backup()})
    session.form_file = lambda item: FORM_FILES[ITEM] if item == "errors-alert-someone" else ""  # type: ignore[method-assign]
    async with coach(session, FakeEngine(outcomes)) as driver:
        driver.main.go_to("errors-alert-someone")
        await driver.press("a")
        assert "a short form that is not complete: Esc, then F." in words(driver)


async def test_an_item_without_a_form_says_so() -> None:
    async with coach() as driver:
        driver.main.go_to("tests-pass")
        await driver.press("F")
        assert "This item has no form to fill in." in driver.toasts
        assert isinstance(driver.app.screen, MainScreen)
        assert "F answers" not in driver.text
        result = next(each for each in driver.app.known.results if each.item.id == ITEM)
        assert refusal("form", result) == ""
        dates = replace(result, item=replace(result.item, id="key-rotation"))
        assert refusal("form", dates) == "The form of key-inventory asks this: press F on that item."
