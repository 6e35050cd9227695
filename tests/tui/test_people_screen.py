"""Keys, and people who may sign, on the screen: every key of it, both sizes, and nothing shown better than it is."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from driving import NARROW, WIDE, Driver, coach
from fake import FakeSession
from looked_up import ADA, BEN, LEA, LINE, OLD, book, hostile_book, own
from made_up import FINGERPRINT, TODAY
from test_changes_screen import HOSTILE
from test_hostile import look

from shipworthy.assess.signing import SessionError
from shipworthy.readiness.key_book import Listed
from shipworthy.tui.keys import PEOPLE
from shipworthy.tui.screens.dialogs import Message, Reader
from shipworthy.tui.screens.key import NewKey
from shipworthy.tui.screens.main import MainScreen
from shipworthy.tui.screens.people import PeopleScreen
from shipworthy.tui.screens.people_rows import (
    COUNTS,
    HERE,
    LISTED,
    NOT_NOW,
    REVOKED,
    THERE,
    UNSURE,
    Face,
    entries,
    listed_face,
    own_lines,
    problem_lines,
)
from shipworthy.tui.screens.review_rows import RowList
from shipworthy.tui.screens.sign import Busy
from shipworthy.tui.widgets.lines import Line, Lines

SIZES = pytest.mark.parametrize(
    "size", [pytest.param(NARROW, id="80x24"), pytest.param(WIDE, id="140x40", marks=pytest.mark.long)]
)


@asynccontextmanager
async def people(session: FakeSession | None = None, size: tuple[int, int] = NARROW) -> AsyncIterator[Driver]:
    """The coach on its screen of keys and people."""
    async with coach(session, size=size) as driver:
        await driver.press("P")
        await driver.until("People this repository lets sign")
        yield driver


def key(driver: Driver) -> str | None:
    return driver.app.screen.query_one(RowList).key


def detail(driver: Driver) -> str:
    return " ".join(driver.app.screen.query_one("#detail", Lines).plain.split())


async def walk(driver: Driver) -> None:
    seen = []
    for pressed in ("home", "j", "down", "end", "k", "up", "pageup", "pagedown"):
        await driver.press(pressed)
        seen.append(key(driver))
    assert seen == ["key:0", "key:1", "person:0", "person:2", "person:1", "person:0", "key:0", "person:2"]
    await driver.press("home")


async def scroll(driver: Driver) -> None:
    size = driver.app.size
    await driver.pilot.resize_terminal(size.width, 10)
    await driver.press("home", "enter", "J")
    pane = driver.app.screen.query_one("#detail", Lines)
    assert pane.scroll_y > 0
    await driver.press("K")
    assert pane.scroll_y == 0
    await driver.press("escape")
    await driver.pilot.resize_terminal(*size)


async def open_and_back(driver: Driver) -> None:
    for pressed in ("enter", "space"):
        await driver.press("home", pressed)
        assert driver.app.screen.query_one("#detail").has_focus
        assert "This one signs: git config user.signingkey names it" in driver.text
        await driver.press("escape")
        assert driver.app.screen.query_one(RowList).has_focus
    await driver.press("escape")
    assert isinstance(driver.app.screen, MainScreen)
    await driver.press("P")
    await driver.until("People this repository lets sign")


async def copy(driver: Driver) -> None:
    await driver.press("end", "y")
    assert isinstance(driver.app.screen, Reader)
    assert driver.app.clipboard == LINE
    await driver.until("Sent to your terminal's clipboard")
    await driver.press("escape", "home", "down", "y")
    assert isinstance(driver.app.screen, PeopleScreen)
    assert "There is no key here with a line to copy" in driver.toasts


async def make(driver: Driver) -> None:
    await driver.press("m")
    assert isinstance(driver.app.screen, NewKey)
    assert driver.app.focused is not None
    assert driver.app.focused.id == "no"
    await driver.press("enter")
    assert not [each for each in driver.session.calls if each[0] == "make_key"]
    assert isinstance(driver.app.screen, PeopleScreen)


async def again(driver: Driver) -> None:
    driver.session.book = book(email="ben@example.org")
    await driver.press("r")
    await driver.until("git says you are ben@example.org")
    driver.session.book = book()


async def help_screen(driver: Driver) -> None:
    await driver.press("question_mark")
    assert isinstance(driver.app.screen, Reader)
    assert "Copy the line a lead needs" in driver.text
    await driver.press("escape")


async def leave(driver: Driver) -> None:
    await driver.press("q")
    assert isinstance(driver.app.screen, MainScreen)
    await driver.press("P")
    await driver.until("People this repository lets sign")


PROOFS: dict[str, Callable[[Driver], Awaitable[None]]] = {
    **dict.fromkeys(("down", "up", "page-down", "page-up", "first", "last"), walk),
    **dict.fromkeys(("item-down", "item-up"), scroll),
    **dict.fromkeys(("people-open", "people-back"), open_and_back),
    "people-copy": copy, "people-make": make, "people-again": again, "people-help": help_screen, "people-leave": leave,
}  # fmt: skip


def test_every_binding_has_an_id_words_and_a_proof() -> None:
    bindings = [binding for _, group in PEOPLE for binding in group]
    assert {binding.id for binding in bindings} == set(PROOFS)
    assert all(binding.tooltip for binding in bindings)


@SIZES
async def test_every_key(size: tuple[int, int]) -> None:
    async with people(size=size) as driver:
        assert "git says you are ada@example.org" in driver.lines[0]
        for proof in dict.fromkeys(PROOFS.values()):
            await proof(driver)


async def test_what_is_said_of_each() -> None:
    async with people(size=WIDE) as driver:
        for row in (
            "✔ signs    ada-laptop", "! cannot   ~/.ssh/id_rsa", "✔ counts   ada@example.org  author  you",
            "✔ counts   lea@example.org  author, approver", "✘ revoked  ben@example.org",
        ):  # fmt: skip
            assert row in driver.text, row
        assert f"Key {FINGERPRINT}" in detail(driver)
        assert f"shipworthy key revoke {FINGERPRINT}" in detail(driver)
        assert "until 1 Mar 2027" in detail(driver)
        assert "Known since 3 Oct, as the commits of origin/main date themselves" in detail(driver)
        await driver.press("down")
        assert "It cannot be used: is an RSA key of 1024 bits: too short Use an Ed25519 key." in detail(driver)
        await driver.press("down", "down")
        assert "lea@example.org, author and approver" in detail(driver)
        assert "since 3 Oct at least" in detail(driver)
        assert "Person lea, as the policy says" in detail(driver)
        await driver.press("end")
        assert "REVOKED: nothing signed with it counts" in detail(driver)
        assert f"revoke {OLD}" not in detail(driver)


def plain(lines: Iterable[Line]) -> str:
    return "\n".join(line.head.plain + line.text.plain for line in lines)


def test_a_key_that_is_not_listed_shows_the_exact_commands() -> None:
    shown = plain(own_lines(own(listed=()), book(), TODAY))
    assert f"shipworthy key trust '{LINE.split(maxsplit=2)[2]}' --as ada@example.org" in shown
    assert f"    {LINE}" in shown


async def test_without_any_key_m_makes_one_and_it_is_shown() -> None:
    session = FakeSession(book=book(keys=(), people=(), email=""))
    async with people(session) as driver:
        for words in (
            "No SSH key was found here",
            "Nobody is listed",
            "git does not know who you are",
            "No key here can",
        ):
            assert words in driver.text
        await driver.press("y", "enter", "j")
        assert "There is no key here" in driver.toasts
        await driver.press("escape", "m")
        await driver.press("tab", "tab")
        for field in ("#first", "#second"):
            driver.app.screen.query_one(field).focus()
            await driver.type("correct horse")
        session.book = book(has_generated=True)
        driver.app.screen.query_one("#yes").focus()
        await driver.press("enter")
        await driver.until("ada-laptop")
        assert ("make_key", 13) in session.calls
        assert "correct horse" not in driver.text
        await driver.press("m")
        assert isinstance(driver.app.screen, PeopleScreen)
        assert "shipworthy key rotate" in driver.toasts


def test_files_that_cannot_be_read_are_said() -> None:
    broken = book(keys=(own(listed=None),), people=(), problem="allowed_signers:1: no key", advice="Repair it.")
    assert "It cannot be told" in plain(own_lines(broken.keys[0], broken, TODAY))
    rows = list(entries(broken, TODAY))
    assert [each.key for each in rows] == [
        "head:Your keys",
        "key:0",
        "head:People this repository lets sign",
        "problem:",
    ]
    assert "unknown here" in rows[1].line.at(80).plain
    assert "Repair it." in plain(problem_lines(broken))


@pytest.mark.parametrize(
    ("each", "base", "face"),
    [
        (ADA, "x", COUNTS),
        (ADA._replace(at_base=None), "x", UNSURE),
        (ADA._replace(at_base=False), "x", HERE),
        (ADA._replace(at_base=None, base=""), "", LISTED),
        (ADA._replace(why_not="was valid until"), "x", NOT_NOW),
        (ADA._replace(why_not="is not here", line=0), "x", THERE),
        (ADA._replace(revoked=True), "x", REVOKED),
        (BEN._replace(address="", line=0), "x", REVOKED),
    ],
)
def test_no_key_looks_better_than_what_is_known_of_it(each: Listed, base: str, face: Face) -> None:
    assert listed_face(each, base) is face


async def test_dates_and_small_terminals() -> None:
    late = LEA._replace(
        valid_after=datetime(2026, 1, 2, tzinfo=UTC), valid_before=datetime(2026, 11, 1, tzinfo=UTC),
        why_not="was valid until 2026-11-01 00:00 UTC",
    )  # fmt: skip
    async with people(FakeSession(book=book(people=(late,))), size=(40, 12)) as driver:
        await driver.press("end", "enter")
        assert "It does not count now" in detail(driver)
        assert "from 2 Jan, until 1 Nov" in detail(driver)
        await driver.pilot.resize_terminal(*WIDE)
        await driver.settle()
        assert "from 2 Jan, until 1 Nov" in driver.text
        await driver.press("escape")
        await driver.pilot.click(RowList, offset=(5, 1))
        await driver.settle()
        assert key(driver) == "key:0"
        at = driver.lines[-1].index("Make a key")
        await driver.pilot.click(offset=(at + 1, WIDE[1] - 1))
        await driver.settle()
        assert isinstance(driver.app.screen, NewKey)


@pytest.mark.long
async def test_an_error_and_a_cancel() -> None:
    session = FakeSession(book=SessionError("git was not found", "Install git."), slow=threading.Event())
    async with coach(session) as driver:
        await driver.press("P")
        await driver.until("Looking for your keys")
        assert isinstance(driver.app.screen, Busy)
        await driver.press("escape")
        assert isinstance(driver.app.screen, MainScreen)
        assert session.slow is not None
        session.slow.set()
        await driver.settle()
        await driver.press("P")
        await driver.until("git was not found")
        assert isinstance(driver.app.screen, Message)


@HOSTILE
async def test_a_hostile_repository(text: str) -> None:
    async with people(FakeSession(book=hostile_book(text)), WIDE) as driver:
        for pressed in ("down", "down", "down", "down", "end"):
            await driver.press(pressed)
            look(driver)
        await driver.pilot.resize_terminal(*NARROW)
        for pressed in ("home", "enter", "escape", "y"):
            await driver.press(pressed)
            look(driver)
