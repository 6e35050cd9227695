"""What could be lost or go wrong while a form is filled in: leaving, quitting, errors, hostile text, large tables."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from driving import NARROW, WIDE, Driver, coach
from fake import FakeSession
from made_up import TODAY
from made_up_forms import complete, form, hostile, large
from test_changes_screen import HOSTILE
from test_form_screen import ITEM, field, filling, screen, table, words
from test_hostile import look
from textual.widgets import Button, Input

from shipworthy.assess.signing import SessionError
from shipworthy.forming import FormChanged, Opened
from shipworthy.forms import Row
from shipworthy.forms.drafts import Draft
from shipworthy.model.form_files import FORM_FILES
from shipworthy.tui.screens.dialogs import Message, Question
from shipworthy.tui.screens.form import FormScreen
from shipworthy.tui.screens.form_fields import FormTable, FormText
from shipworthy.tui.screens.form_row import RowDialog
from shipworthy.tui.screens.main import MainScreen
from shipworthy.tui.screens.sign import Busy


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            SessionError("an answer looks like a secret, so nothing was saved", "Write where it is kept."),
            "like a secret",
        ),
        pytest.param(
            SessionError(".shipworthy/backup.toml:3: not TOML", "The file is left as it is."),
            "backup.toml:3: not TOML",
            marks=pytest.mark.long,
        ),
    ],
)
async def test_what_cannot_be_saved_is_said_and_stays(error: SessionError, said: str) -> None:
    async with filling(FakeSession(save_error=error)) as driver:
        driver.app.screen.query_one("#ask-result", FormText).focus()
        await driver.type("All of it.")
        await driver.press("ctrl+s")
        await driver.until("Not saved:")
        assert said in words(driver)
        assert screen(driver).answers.text("result") == "All of it."
        assert "not saved" in driver.lines[0]
        driver.session.save_error = None
        await driver.press("ctrl+s")
        await driver.until("Written to")
        assert driver.session.written[ITEM].text("result") == "All of it."


@pytest.mark.long
async def test_a_file_changed_meanwhile_is_not_written_over_without_asking() -> None:
    async with filling(FakeSession(save_error=FormChanged("the file was changed", "Look at it."))) as driver:
        field(driver, "took").value = "an hour"
        await driver.press("ctrl+s")
        await driver.until("The file was changed")
        await driver.press("enter")
        assert isinstance(driver.app.screen, FormScreen)
        assert driver.session.written == {}
        await driver.press("ctrl+s")
        await driver.until("Write mine over it")
        await driver.press("tab", "enter")
        await driver.until("Written to")
        assert driver.session.written[ITEM].text("took") == "an hour"


@pytest.mark.long
async def test_what_git_ignores_is_said() -> None:
    async with filling(FakeSession(forms={ITEM: complete()}, ignored=True)) as driver:
        screen(driver).query_one("#save", Button).press()
        await driver.until("git ignores it")
        assert "Take it out of .gitignore." in words(driver)
        screen(driver).query_one("#back", Button).press()
        await driver.until("Operations")
        await driver.settle()
        assert "which git ignores: no check counts it" in driver.toasts


async def test_what_could_not_be_read_to_tell_is_said_before_it_closes() -> None:
    unread = f"Not all of the history could be looked at: {'it was cut off when it was cloned, ' * 8}so much is sure."
    async with filling(FakeSession(forms={ITEM: complete()}, unread=unread)) as driver:
        screen(driver).query_one("#save", Button).press()
        await driver.until("so much is sure.")
        assert isinstance(driver.app.screen, FormScreen)
        assert f"Written to {FORM_FILES[ITEM]}." in words(driver)


@pytest.mark.parametrize("pressed", ["escape", pytest.param("ctrl+q", marks=pytest.mark.long)])
async def test_unsaved_text_is_asked_about(pressed: str) -> None:
    async with filling() as driver:
        field(driver, "took").value = "an hour"
        await driver.press(pressed)
        assert isinstance(driver.app.screen, Question)
        assert driver.app.focused is not None
        assert driver.app.focused.id == "no"
        await driver.press("ctrl+q")
        assert "Close this first" in driver.toasts
        await driver.press("enter")
        assert field(driver, "took").value == "an hour"
        await driver.press("escape", "tab", "enter")
        await driver.until("Operations")
        assert driver.session.written[ITEM].text("took") == "an hour"


@pytest.mark.long
@pytest.mark.long
async def test_unsaved_text_can_be_left() -> None:
    async with filling() as driver:
        field(driver, "took").value = "two hours"
        await driver.press("escape", "tab", "tab", "enter")
        await driver.until("Operations")
        assert driver.session.written == {}


@pytest.mark.long
async def test_a_row_is_not_dropped_without_asking() -> None:
    async with filling() as driver:
        await driver.press("enter", "escape")
        assert isinstance(driver.app.screen, FormScreen)
        await driver.press("enter")
        await driver.type("every night")
        for pressed in ("escape", "ctrl+q"):
            await driver.press(pressed, "enter")
            assert isinstance(driver.app.screen, RowDialog)
        driver.app.screen.query_one("#no", Button).press()
        await driver.settle()
        await driver.press("tab", "enter")
        assert isinstance(driver.app.screen, FormScreen)
        assert table(driver).rows[0].cells == {"name": "postgresql"}


async def test_opening_is_cancelled_or_fails_with_words() -> None:
    session = FakeSession(slow=threading.Event())
    async with coach(session) as driver:
        driver.main.go_to(ITEM)
        await driver.press("F")
        await driver.until("Looking at the code")
        assert isinstance(driver.app.screen, Busy)
        await driver.press("escape")
        assert isinstance(driver.app.screen, MainScreen)
        assert session.slow is not None
        session.slow.set()
        await driver.settle()
        assert isinstance(driver.app.screen, MainScreen)
        session.forms[ITEM] = SessionError(".shipworthy/backup.toml:3: not TOML", "Mend it by hand.")
        await driver.press("F")
        await driver.until("This form cannot be opened")
        assert isinstance(driver.app.screen, Message)
        assert "Mend it by hand." in driver.text


@pytest.mark.long
@pytest.mark.long
async def test_a_click_on_a_row_and_on_a_key() -> None:
    async with filling(size=WIDE) as driver:
        await driver.pilot.click(FormTable, offset=(6, 1))
        await driver.settle()
        assert isinstance(driver.app.screen, RowDialog)
        assert "redis" in driver.text
        await driver.press("escape")
        at = driver.lines[-1].index("Save")
        await driver.pilot.click(offset=(at + 1, WIDE[1] - 1))
        await driver.until("Written to")


@pytest.mark.long
async def test_a_large_table_and_a_tiny_terminal() -> None:
    session = FakeSession(forms={ITEM: large()})
    async with filling(session, (40, 12)) as driver:
        assert "200 rows to confirm" in driver.text
        await driver.press("end", "up", "space")
        assert table(driver).rows[199].confirmed
        assert "199 rows to confirm" in driver.text
        await driver.press("enter")
        assert isinstance(driver.app.screen, RowDialog)
        await driver.press("escape", "ctrl+s")
        await driver.until("Written to")
        assert len(session.written["key-inventory"].table("keys")) == 200


@HOSTILE
async def test_a_hostile_repository(text: str) -> None:
    session = FakeSession(forms={ITEM: hostile(text)}, save_error=SessionError(text, text))
    async with filling(session, WIDE) as driver:
        look(driver)
        unchanged = screen(driver).answers
        assert unchanged.same(session.forms[ITEM].filled.answers)  # type: ignore[union-attr]
        await driver.press("enter")
        look(driver)
        await driver.press("escape", "end", "up", "minus")
        look(driver)
        await driver.press("escape", "ctrl+s")
        await driver.until("Not saved")
        look(driver)
        await driver.pilot.resize_terminal(*NARROW)
        await driver.settle()
        for question in ("result", "took"):
            screen(driver).query_one(f"#ask-{question}").focus()
            await driver.type("x")
            look(driver)
            typed = screen(driver).answers.text(question)
            assert typed != text
            assert all(character.isprintable() or character == "\n" for character in typed)


async def test_dates_of_a_row_take_the_word_today_and_may_stay_empty() -> None:
    question = form("key-inventory").question("keys")
    cells = dict.fromkeys(("name", "purpose", "owner", "rights"), "x")
    kept: list[Row | None] = []
    async with coach() as driver:
        driver.app.push_screen(RowDialog(question, Row(cells=cells), (), TODAY), kept.append)
        await driver.settle()
        assert "Still empty: Where it is kept" in driver.text
        for name, typed in (("kept", "Fly"), ("created", "Today"), ("rotate_by", "2027-01-31")):
            driver.app.screen.query_one(f"#cell-{name}", Input).value = typed
            await driver.settle()
        assert "Still empty" not in driver.text
        driver.app.screen.query_one("#cell-rotate_by", Input).value = "never"
        await driver.settle()
        assert '"Replace by" is no day' in driver.text
        driver.app.screen.query_one("#cell-rotate_by", Input).value = "2027-01-31"
        await driver.press("ctrl+s")
        await driver.settle()
    assert [row and dict(row.cells) for row in kept] == [
        {**cells, "kept": "Fly", "created": TODAY.isoformat(), "rotate_by": "2027-01-31"}
    ]


async def test_what_is_typed_is_kept_until_it_is_saved_or_thrown_away() -> None:
    async with filling(FakeSession()) as driver:
        drafts = driver.session.drafts
        field(driver, "took").value = "an hour"
        for _ in range(200):
            if drafts:
                break
            await driver.pilot.pause(0.02)
        assert drafts[ITEM].text("took") == "an hour"
        await driver.press("ctrl+s")
        await driver.until("Written to")
        assert drafts == {}


async def kept(driver: Driver, *, there: bool) -> bool:
    for _ in range(200):
        if (ITEM in driver.session.drafts) == there:
            return True
        await driver.pilot.pause(0.02)
    return False


async def test_what_is_typed_and_taken_back_does_not_come_again() -> None:
    async with filling(FakeSession()) as driver:
        before = field(driver, "took").value
        field(driver, "took").value = "an hour"
        assert await kept(driver, there=True)
        field(driver, "took").value = before
        assert await kept(driver, there=False)
        field(driver, "took").value = "an hour"
        assert await kept(driver, there=True)
        field(driver, "took").value = before
        await driver.press("escape")
        assert not isinstance(driver.app.screen, FormScreen)
        assert driver.session.drafts == {}


async def test_what_is_typed_is_kept_also_while_a_save_waits_for_an_answer() -> None:
    async with filling(FakeSession(save_error=FormChanged("backup.toml was changed", "Look."))) as driver:
        field(driver, "took").value = "an hour"
        await driver.press("ctrl+s")
        await driver.until("The file was changed")
        assert await kept(driver, there=True)


async def test_what_was_typed_before_a_kill_is_there_again() -> None:
    session = FakeSession()
    made = session.forms[ITEM]
    assert isinstance(made, Opened)
    draft = Draft(answers=made.filled.answers.with_text("took", "an hour"), at=datetime(2026, 11, 21, 9, 5, tzinfo=UTC))
    session.forms[ITEM] = replace(made, draft=draft)
    session.drafts[ITEM] = draft.answers
    async with filling(session) as driver:
        assert "Here is what you typed on 21 November" in words(driver)
        assert field(driver, "took").value == "an hour"
        assert "not saved" in driver.lines[0]
        await driver.press("escape")
        await driver.until("Not everything is saved")
        await driver.press("tab", "tab", "enter")
        assert not isinstance(driver.app.screen, FormScreen)
        assert session.drafts == {}


async def test_what_is_wrong_with_a_row_is_told_in_whole() -> None:
    asked = form("key-inventory").question("keys")
    filled = {each.id: "x" for each in asked.columns} | {"created": "2099-01-01", "rotate_by": "2099-01-01"}
    async with filling() as driver:
        driver.app.push_screen(RowDialog(asked, Row(cells=filled, confirmed=False, found="a.py:3"), (), TODAY))
        await driver.settle()
        assert "Write the day on which it was done." in words(driver)
