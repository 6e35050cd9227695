"""From an app with faults to a signed file that verifies, with the real engine, session and keys: in a pilot."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from driving import NARROW, WIDE, Driver
from tests.fixed_demo import fix, make_demo
from tests.support import git
from textual.pilot import Pilot

from shipworthy.assess.client import ChildEngine
from shipworthy.session import Session
from shipworthy.tui.app import CoachApp

WAIT = 1_500
"""Hundredths of a second to wait for an examination on a slow machine."""


async def until(driver: Driver, text: str) -> None:
    """Wait for a text that a child process has to bring."""
    for _ in range(WAIT):
        await driver.pilot.pause(0.01)
        if text in driver.text:
            return
    raise AssertionError(f"{text!r} did not come:\n{driver.text}")


async def attest(driver: Driver, item: str, words: str) -> None:
    assert driver.main.go_to(item)
    await driver.press("a", "tab", "tab")
    await driver.type(words)
    await driver.press("enter", "enter", "enter", "enter")
    for _ in range(WAIT):
        if item in driver.app.session.decisions:  # type: ignore[attr-defined]
            return
        await driver.pilot.pause(0.01)
    raise AssertionError(f"{item} was not attested:\n{driver.text}")


@pytest.mark.parametrize(
    "size", [pytest.param(NARROW, id="80x24", marks=pytest.mark.long), pytest.param(WIDE, id="140x40")]
)
@pytest.mark.long
async def test_from_faults_to_a_signed_file_that_verifies(size: tuple[int, int], tmp_path: Path) -> None:
    folder = make_demo(tmp_path / "lemonade")
    app = CoachApp(Session(folder), ChildEngine(folder), ascii_only=False)  # type: ignore[arg-type]
    async with app.run_test(size=size, notifications=True) as pilot:
        driver = Driver(pilot, None, None)  # type: ignore[arg-type]
        await until(driver, "checked 12 items")
        assert "NOT READY" in driver.lines[0]
        assert "block" in driver.lines[0]

        fix(folder)
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", "Get it ready")
        await driver.press("R")
        await until(driver, "2 need you · 10 of 12 settled")

        await attest(driver, "routes-protected", "I read the list: the page and the health check are public.")
        await attest(driver, "spend-alert", "Stripe caps at 50 EUR a month and mails me.")
        assert "READY   12 of 12 settled" in driver.lines[0]

        await driver.press("s")
        await until(driver, "No key to sign with")
        await make_a_key(pilot, driver)
        await until(driver, "READY TO SIGN")
        await sign(driver)
        await until(driver, "SIGNED")
        await driver.press("tab", "enter")
        await until(driver, "shipworthy verify --trust")
    fingerprint = signer(folder)
    assert verify(folder, fingerprint) == 0
    (folder / "README.md").write_text((folder / "README.md").read_text() + ".")
    git(folder, "commit", "-q", "-a", "-m", "One byte")
    assert verify(folder, fingerprint) == 1


async def test_a_saved_file_changes_its_item_without_a_key(tmp_path: Path) -> None:
    folder = make_demo(tmp_path / "lemonade")
    app = CoachApp(Session(folder), ChildEngine(folder), ascii_only=False)  # type: ignore[arg-type]
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        driver = Driver(pilot, None, None)  # type: ignore[arg-type]
        await until(driver, "checked 12 items")
        assert driver.main.go_to("debug-surface-closed")
        assert status(app, "debug-surface-closed") == "fail"

        fix(folder)
        await until(driver, "changed: ")
        await until_status(driver, app, "debug-surface-closed", "pass")
        assert driver.main.current_result is not None
        assert driver.main.current_result.item.id == "debug-surface-closed"

        (folder / "app/main.py").unlink()
        await until(driver, "app/main.py changed: ")
        # What only that file could show is not green any more.
        await until_status(driver, app, "debug-surface-closed", "unknown")


def status(app: CoachApp, item: str) -> str:
    return next(each.status for each in app.known.results if each.item.id == item)


async def until_status(driver: Driver, app: CoachApp, item: str, wanted: str) -> None:
    for _ in range(WAIT):
        await driver.pilot.pause(0.01)
        if status(app, item) == wanted:
            return
    raise AssertionError(f"{item} is {status(app, item)}, not {wanted}:\n{driver.text}")


async def make_a_key(pilot: Pilot[None], driver: Driver) -> None:
    await driver.press("tab")
    await driver.type("correct horse")
    await driver.press("tab")
    await driver.type("correct horse")
    await driver.press("enter", "enter")


async def sign(driver: Driver) -> None:
    # The passphrase has the focus, and enter leads from it to the button.
    await driver.type("correct horse")
    await driver.press("enter", "enter")


def signer(folder: Path) -> str:
    import json

    payload = json.loads(git(folder, "show", "HEAD:.shipworthy/readiness.production.json"))
    return str(payload["predicate"]["author"]["key"])


def verify(folder: Path, fingerprint: str) -> int:
    program = Path(sys.executable).parent / "shipworthy"
    return subprocess.run([str(program), "verify", "--trust", fingerprint], cwd=folder, check=False).returncode
