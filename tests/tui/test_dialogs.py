"""Attest, waive, undo and consent: nothing is said for a person, and nothing runs without a yes."""

from __future__ import annotations

from datetime import date

import pytest
from driving import NARROW, WIDE, Driver, coach
from fake import FakeSession
from made_up import OUTCOMES
from textual.events import Key, Paste
from textual.widgets import Button, Input

from shipworthy.assess.signing import SessionError
from shipworthy.model import Item
from shipworthy.tui.screens.decide import Attest, Waive
from shipworthy.tui.screens.dialogs import Message, Question, Tick
from shipworthy.tui.screens.main import MainScreen

BACKUP = ("end", "k")
"""Keys that put the cursor on backup-restored."""


def yes(driver: Driver) -> Button:
    return driver.app.screen.query_one("#yes", Button)


def focused(driver: Driver) -> str | None:
    return driver.app.focused.id if driver.app.focused else None


async def test_attest_from_the_first_key_to_the_decision() -> None:
    async with coach() as driver:
        await driver.press(*BACKUP, "a")
        assert isinstance(driver.app.screen, Attest)
        assert "I say: I restored a backup of this app's data, and it worked." in driver.text
        assert "Ada Lovelace <ada@example.org>" in driver.text
        assert focused(driver) == "no"
        assert yes(driver).disabled
        # Nothing is said beforehand; only how long it would count is.
        assert [each.value for each in driver.app.screen.query(Input)] == ["", "", "", "90 days"]
        assert "until 20 Feb 2027" in driver.text
        await driver.press("tab")
        assert focused(driver) == "when"
        await driver.type("2026-11-18")
        await driver.press("enter")
        await driver.type("Restored it, 3 orders there.")
        await driver.press("enter")
        await driver.type("docs/runbook.md")
        await driver.press("enter", "enter")
        assert focused(driver) == "yes"
        await driver.press("enter")
        assert driver.session.calls == [
            (
                "attest",
                "backup-restored",
                "2026-11-18: Restored it, 3 orders there.",
                "docs/runbook.md",
                date(2027, 2, 20),
            )
        ]
        assert isinstance(driver.app.screen, MainScreen)
        assert "✔ said    A backup was restored once" in driver.text
        assert "1 needs you · 1 unknown · 7 of 12 settled" in driver.lines[0]
        assert "Press u to take it back" in driver.toasts


PROBLEMS = [
    ("reason", "", "Say how you know"),
    ("until", "", "Give a number of days (90) or a date (2027-02-16)."),
    ("until", "0", "at least one day"),
    ("until", "2026-02-30", "There is no day 2026-02-30."),
    ("until", "2026-11-22", "This day is not in the future."),
    ("until", "tomorrow", "Give a number of days"),
    ("when", "2026-12-01", "This day is in the future."),
    ("when", "yesterday", "Give the day as 2026-11-18"),
]


@pytest.mark.parametrize("enters", [4, *(pytest.param(each, marks=pytest.mark.long) for each in (5, 9))])
async def test_enter_typed_ahead_does_what_it_does_when_typed_slowly(enters: int) -> None:
    async with coach() as driver:
        await driver.press(*BACKUP, "a", "tab", "tab")
        await driver.type("Restored it, 3 orders there.")
        # All at once, as a terminal delivers what was typed while the screen was busy.
        for _ in range(enters):
            driver.app.post_message(Key("enter", "\r"))
        await driver.settle()
        assert [call[:3] for call in driver.session.calls] == [
            ("attest", "backup-restored", "Restored it, 3 orders there.")
        ]
        assert driver.app.screen is driver.main


@pytest.mark.parametrize("how", ["letters", "paste"])
async def test_a_sentence_that_comes_before_a_field_has_the_focus_is_not_lost(how: str) -> None:
    async with coach() as driver:
        await driver.press("w")
        said = "Launch is invite-only."
        # All at once, as a terminal delivers what was typed while the screen was busy.
        for event in (
            [Paste(said)] if how == "paste" else [Key("space" if each == " " else each, each) for each in said]
        ):
            driver.app.post_message(event)
        await driver.settle()
        assert driver.app.screen.query_one("#reason", Input).value == said


@pytest.mark.parametrize("where", ["button", "field"])
async def test_nothing_of_a_paste_is_lost_in_silence(where: str) -> None:
    async with coach() as driver:
        await driver.press("w", *(["tab"] if where == "field" else []))
        reason = driver.app.screen.query_one("#reason", Input)
        driver.app.post_message(Paste("First line.\r\n\n  Second line.\n"))
        await driver.settle()
        assert reason.value == "First line. Second line."
        driver.app.post_message(Paste("x" * 1_200))
        await driver.settle()
        assert reason.value == "First line. Second line." + "x" * 976
        assert "Left out at the end: 224." in driver.text
        assert not yes(driver).disabled
        await driver.press("y")
        assert "Left out at the end: 1." in driver.text
        await driver.press("backspace")
        assert "Left out" not in driver.text


async def test_attest_says_what_is_missing_and_has_no_yes_until_then() -> None:
    async with coach() as driver:
        await driver.press(*BACKUP, "a")
        fields = {each.id: each for each in driver.app.screen.query(Input)}
        for field, text, problem in PROBLEMS:
            for name, value in {"reason": "I did it.", "until": "90", "when": ""}.items():
                fields[name].value = value
            await driver.settle()
            assert not yes(driver).disabled
            fields[field].value = text
            await driver.settle()
            assert problem in driver.text
            assert yes(driver).disabled


@pytest.mark.parametrize("key", ["a", "w"])
async def test_a_refused_decision_keeps_the_dialog_and_says_why(key: str) -> None:
    async with coach() as driver:
        await driver.press(*BACKUP, key)
        driver.app.screen.query_one("#reason", Input).value = "I did it."
        driver.app.screen.query_one("#until", Input).value = "9999"
        await driver.settle()
        yes(driver).focus()
        await driver.press("enter")
        assert "At most 365 days. Choose an earlier day." in driver.text
        assert driver.app.screen.query_one("#reason", Input).value == "I did it."
        assert driver.session.calls == []


async def test_what_nobody_has_shown_is_not_accepted_as_true() -> None:
    async with coach() as driver:
        await driver.press(*BACKUP, "w")
        words = " ".join(driver.text.split())
        assert "I accept: this may not be true: A backup was restored once." in words
        assert "covers no finding" not in words


async def test_a_box_says_without_colour_whether_it_is_ticked() -> None:
    async with coach() as driver:
        await driver.press(*BACKUP, "w")
        assert "[ ] It does not apply here" in driver.text
        driver.app.screen.query_one("#not-applicable", Tick).focus()
        await driver.press("space")
        assert "[x] It does not apply here" in driver.text


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_waive(size: tuple[int, int]) -> None:
    async with coach(size=size) as driver:
        await driver.press("w")
        assert isinstance(driver.app.screen, Waive)
        assert "I accept: A live-looking secret is in the files." in driver.text
        assert "It covers 2 findings" in driver.text
        assert "and no new one." in driver.text
        assert focused(driver) == "no"
        assert yes(driver).disabled
        await driver.press("tab")
        await driver.type("Test key.")
        await driver.press("enter", "enter", "enter")
        assert driver.session.calls == [("waive", "secrets-not-in-tree", "Test key.", date(2026, 12, 22), False)]
        assert "~ waived  A live-looking secret" in driver.text or "~ waived  No live-looking secret" in driver.text


async def test_what_is_typed_at_once_is_the_reason() -> None:
    async with coach() as driver:
        await driver.press("w")
        assert focused(driver) == "no"
        await driver.pilot.press("N", "o", "t", "space", "j")
        await driver.settle()
        assert driver.app.screen.query_one("#reason", Input).value == "Not j"
        assert driver.session.calls == []
        await driver.press("escape")
        assert driver.session.calls == []


async def test_where_nobody_waives_for_themselves_the_approver_is_asked_for() -> None:
    async with coach(FakeSession(approver_needed=True)) as driver:
        await driver.press("w", "tab")
        await driver.type("Test key.")
        assert "Accepted by" in driver.text
        assert "Name the approver who accepts it" in driver.text
        assert yes(driver).disabled
        await driver.press("enter")
        await driver.type("lea@example.org")
        await driver.press("enter", "enter", "enter")
        assert driver.session.calls == [
            ("waive", "secrets-not-in-tree", "Test key.", date(2026, 12, 22), False, "lea@example.org")
        ]


async def test_waive_as_not_applicable() -> None:
    async with coach() as driver:
        await driver.press(*BACKUP, "w")
        assert "That is so when: The app keeps no data of its own." in driver.text
        await driver.press("tab")
        await driver.type("Stateless.")
        await driver.press("down", "space")
        yes(driver).focus()
        await driver.press("enter")
        assert driver.session.calls == [("waive", "backup-restored", "Stateless.", date(2026, 12, 22), True)]


async def test_escape_and_enter_on_the_first_focus_say_nothing() -> None:
    async with coach() as driver:
        await driver.press(*BACKUP)
        for key in ("a", "w"):
            await driver.press(key, "tab")
            await driver.type("typed")
            await driver.press("escape")
            assert isinstance(driver.app.screen, MainScreen)
            await driver.press(key, "enter")
            assert isinstance(driver.app.screen, MainScreen)
        assert driver.session.calls == []


async def test_evidence_a_machine_saw_is_filled_in_and_no_reason() -> None:
    async with coach() as driver:
        await driver.press("n", "n", "a")
        assert driver.app.screen.query_one("#evidence", Input).value == "tests/test_api.py"
        assert driver.app.screen.query_one("#reason", Input).value == ""


async def test_nobody_to_sign_for() -> None:
    class Nobody(FakeSession):
        def author(self) -> str:
            raise SessionError("git does not know your user.name", "Say who you are.")

    async with coach(Nobody()) as driver:
        await driver.press(*BACKUP, "a")
        assert "nobody yet: git does not know your user.name" in driver.text


CONSENT = [
    ("enter", None, []),
    ("escape", None, []),
    ("session", frozenset({"python -m pytest -q"}), []),
    ("always", frozenset({"python -m pytest -q"}), [("remember", "python -m pytest -q")]),
]


@pytest.mark.parametrize(("answer", "consent", "calls"), CONSENT, ids=[each[0] for each in CONSENT])
async def test_running_the_projects_own_command_asks_first(
    answer: str, consent: frozenset[str] | None, calls: list[object]
) -> None:
    async with coach() as driver:
        assert driver.main.go_to("tests-pass")
        before = len(driver.engine.calls)
        await driver.press("r")
        await driver.until("$ python -m pytest -q")
        assert isinstance(driver.app.screen, Question)
        assert focused(driver) == "no"
        assert len(driver.engine.calls) == before
        if answer in ("session", "always"):
            driver.app.screen.query_one(f"#{answer}", Button).focus()
            answer = "enter"
        await driver.press(answer)
        assert driver.engine.calls[before:] == ([] if consent is None else [("run", ("tests-pass",), consent)])
        assert driver.session.calls == calls


async def test_always_is_not_asked_again() -> None:
    async with coach() as driver:
        driver.main.go_to("tests-pass")
        driver.session.remember_consent("python -m pytest -q")
        await driver.press("r")
        assert driver.engine.calls[-1] == ("run", ("tests-pass",), frozenset({"python -m pytest -q"}))


async def test_an_answer_that_cannot_be_kept_runs_nothing() -> None:
    class Forgetful(FakeSession):
        def remember_consent(self, command: str) -> None:
            raise SessionError("The disk is full.", "Make room.")

    async with coach(Forgetful()) as driver:
        driver.main.go_to("tests-pass")
        await driver.press("r")
        await driver.until("$ python -m pytest -q")
        driver.app.screen.query_one("#always", Button).focus()
        await driver.press("enter")
        assert isinstance(driver.app.screen, Message)
        assert "The disk is full." in driver.text
        assert [each for each in driver.engine.calls if each[0] == "run"] == [("run", None, frozenset())]


async def test_an_item_no_machine_checks_is_not_re_checked() -> None:
    async with coach() as driver:
        await driver.press(*BACKUP, "r")
        assert "No machine checks this item" in driver.toasts
        assert [each for each in driver.engine.calls if each[0] == "run"] == [("run", None, frozenset())]


def test_fixtures_hold_one_item_of_each_kind() -> None:
    items: dict[str, Item] = {each.id: each for each in FakeSession().checklist.items}
    assert items["backup-restored"].check is None
    assert set(OUTCOMES) == set(items) - {"backup-restored"}


async def test_a_screen_is_dismissed_once() -> None:
    async with coach() as driver:
        below, above = Message("Below", "b"), Message("Above", "a")
        await driver.app.push_screen(below)
        await driver.app.push_screen(above)
        below.dismiss(None)
        assert driver.app.screen is above
        above.dismiss(None)
        above.dismiss(None)
        await driver.settle()
        assert driver.app.screen is below
        below.dismiss(None)
        below.dismiss(None)
        await driver.settle()
        assert driver.app.screen is driver.main
