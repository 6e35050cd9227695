"""A form in a real repository: opened, confirmed, saved, judged again, attested, and stale once the file changes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from driving import Driver
from test_form_screen import field, rows, screen, table, words
from test_real_walk import until
from tests.support import git, make_repo
from textual.widgets import Button, Input

from shipworthy.assess.client import ChildEngine
from shipworthy.model import Status
from shipworthy.session import Session
from shipworthy.tui.app import CoachApp
from shipworthy.tui.screens.decide import Attest

ITEM = "third-party-inventory"
FILE = ".shipworthy/third-parties.toml"
FILES = {
    "requirements.txt": "flask==3.0.3\nstripe==11.1.0\n",
    "app.py": "import stripe\nfrom flask import Flask\n\napp = Flask(__name__)\n",
    ".shipworthy/policy.toml": 'profile = "team"\n',
}


def state(driver: Driver) -> Status:
    return next(each.status for each in driver.app.known.results if each.item.id == ITEM)


async def until_state(driver: Driver, status: Status) -> None:
    for _ in range(1_500):
        await driver.pilot.pause(0.01)
        if state(driver) is status and not driver.app.checking:
            return
    raise AssertionError(f"{state(driver)}, and not {status}:\n{driver.text}")


async def test_from_no_form_to_an_attestation_that_goes_stale(tmp_path: Path) -> None:
    folder = make_repo(tmp_path / "shop", FILES)
    git(folder, "config", "user.name", "Ada")
    git(folder, "config", "user.email", "ada@example.org")
    app = CoachApp(Session(folder), ChildEngine(folder), ascii_only=False)  # type: ignore[arg-type]
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        driver = Driver(pilot, None, None)  # type: ignore[arg-type]
        await until(driver, "checked ")
        assert driver.main.go_to(ITEM)
        assert state(driver) is Status.NEEDS_YOU
        assert "no form yet" in driver.text

        # What was found counts for nothing yet, saved or not.
        await driver.press("F")
        await until(driver, "Which outside services")
        assert rows_named(driver) == [("stripe", False)]
        await driver.press("ctrl+s")
        await until(driver, "Written to")
        assert 'name = "stripe"' in (folder / FILE).read_text()
        assert "confirmed = false" in (folder / FILE).read_text()
        await driver.press("escape")
        await until_state(driver, Status.FAIL)

        await driver.press("F")
        await until(driver, "Which outside services")
        await driver.press("enter")
        for text in ("takes the money", "mail addresses and amounts", "Ada", "the shop says: later"):
            await driver.type(text)
            await driver.press("enter")
        await driver.press("enter")
        assert rows_named(driver) == [("stripe", True)]
        # Saved twice from one screen: the file says what was saved, so nobody else changed it.
        await driver.press("ctrl+s")
        await until(driver, "Written to")
        field(driver, "checked").value = datetime.now(UTC).date().isoformat()
        await driver.settle()
        assert "Nothing is missing" in words(driver)
        await driver.press("ctrl+s")
        await until_state(driver, Status.NEEDS_YOU)
        assert "Press a to say it is true" in driver.toasts

        await driver.press("a")
        assert isinstance(driver.app.screen, Attest)
        assert driver.app.screen.query_one("#evidence", Input).value == FILE
        driver.app.screen.query_one("#reason", Input).value = "I went through the accounts."
        await driver.settle()
        driver.app.screen.query_one("#yes", Button).press()
        await until_state(driver, Status.ATTESTED)

        (folder / FILE).write_text((folder / FILE).read_text().replace('"Ada"', '"Ben"'))
        await until_state(driver, Status.NEEDS_YOU)
        await driver.press("enter")
        assert f"{FILE} changed since it was said" in words(driver)


def rows_named(driver: Driver) -> list[tuple[str, bool]]:
    assert screen(driver)
    assert table(driver)
    return rows(driver)
