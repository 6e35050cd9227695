"""A walk through every screen of the coach: one running app, stopped wherever there is something to look at.

A new screen is a few more lines here: go there, `yield` a name. `pytest tests/tui/test_looks.py --snapshot-update` then
writes its picture.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

from driving import Driver
from made_up import ALL_GOOD, CHECKLIST, DECIDED, OUTCOMES
from made_up_fix import OFFER
from textual.widgets import Button, Checkbox, Input

from shipworthy.assess.events import Changed, Failed
from shipworthy.assess.signing import SessionError
from shipworthy.tui.screens.dialogs import Message
from shipworthy.tui.screens.sign import Busy

LONG = "The workflow that deploys waits for no other, so a broken build would be live before its tests are read. " * 19
"""About 2,000 characters: more than a small terminal holds."""


async def scenes(driver: Driver) -> AsyncIterator[str]:
    """The name of each scene once it is on the screen; a word of the screen it needs has been waited for."""
    for part in (listed, looked_up, formed, said, done, signed, reviewed, rare):
        async for name in part(driver):
            yield name


async def fill(driver: Driver, **texts: str) -> None:
    """Put texts into inputs, by id."""
    for name, text in texts.items():
        driver.app.screen.query_one(f"#{name}", Input).value = text
    await driver.settle()


async def listed(driver: Driver) -> AsyncIterator[str]:
    """What is looked at without deciding anything."""
    yield "first-run"
    await driver.press("n")
    yield "list"
    driver.main.go_to("secrets-not-in-tree")
    await driver.press("enter")
    yield "item"
    await driver.press("right_square_bracket")
    yield "evidence"
    await driver.press("J")
    yield "item-scrolled"
    await driver.press("escape", "f")
    yield "unfolded"
    await driver.press("f", "slash")
    await fill(driver, filter="fail")
    yield "filter"
    await fill(driver, filter="nothing like it")
    yield "filter-empty"
    await driver.press("escape", "question_mark")
    yield "help"
    await driver.press("end")
    yield "help-end"
    await driver.press("escape", "ctrl+p")
    await driver.until("Attest this item")
    await fill_palette(driver, "theme")
    await driver.until("Theme: light")
    yield "palette"
    await driver.press("escape", "escape")
    driver.main.go_to("secrets-not-in-tree")
    await driver.press("y")
    await driver.until("Sent to your terminal")
    yield "prompt"
    await driver.press("escape")


async def fill_palette(driver: Driver, text: str) -> None:
    """Type into the palette."""
    driver.app.screen.query_one(Input).value = text
    await driver.settle()


async def looked_up(driver: Driver) -> AsyncIterator[str]:
    """What is looked up in the repository's past, and who may sign."""
    await driver.press("D")
    await driver.until("People say")
    yield "changes"
    await driver.press("escape", "P")
    await driver.until("People this repository lets sign")
    yield "people"
    await driver.press("escape")


async def formed(driver: Driver) -> AsyncIterator[str]:
    """A form, a row of its table, and what cannot be saved."""
    driver.main.go_to("backup-restored")
    await driver.press("F")
    await driver.until("Which data is backed up")
    yield "form"
    await driver.press("space", "down", "enter")
    yield "form-row"
    await driver.press("escape", "tab")
    await fill(driver, **{"ask-restored": "2026-02-01"})
    driver.session.save_error = SessionError("an answer looks like a secret", "Write where it is kept.")
    await driver.press("ctrl+s")
    await driver.until("Not saved")
    yield "form-refused"
    driver.session.save_error = None
    await driver.press("escape")
    await driver.until("Keep writing")
    yield "form-question"
    await driver.press("tab", "tab", "enter")


async def said(driver: Driver) -> AsyncIterator[str]:
    """What a person says and is asked."""
    driver.main.go_to("backup-restored")
    await driver.press("a")
    yield "attest"
    await fill(driver, when="2026-11-18", reason="Restored the nightly dump.", evidence="docs/runbook.md", until="0")
    yield "attest-problem"
    await fill(driver, until="90 days")
    driver.app.screen.query_one("#yes", Button).focus()
    await driver.settle()
    yield "attest-ready"
    await driver.press("escape", "w")
    driver.app.screen.query_one("#not-applicable", Checkbox).value = True
    await driver.settle()
    yield "waive"
    await driver.press("escape")
    driver.main.go_to("errors-alert-someone")
    await driver.press("u")
    await driver.until("This takes back")
    yield "undo-question"
    await driver.press("escape")
    driver.main.go_to("tests-pass")
    await driver.press("r")
    await driver.until("$ python -m pytest -q")
    yield "consent-question"
    await driver.press("escape")


async def done(driver: Driver) -> AsyncIterator[str]:
    """What a machine does, and what it says while it does it."""
    driver.main.go_to("secrets-not-in-tree")
    await driver.press("d")
    await driver.until("@@ -10,3")
    yield "fix"
    driver.session.fix_error = SessionError("app/settings.py changed in the meantime.", "Look at the fix again.")
    await driver.press("tab", "enter")
    await driver.until("changed in the meantime")
    yield "fix-refused"
    await driver.press("escape", "U")
    await driver.until("Take back the last fix")
    yield "undo-fix-question"
    await driver.press("tab", "enter")
    await driver.until("no fix was applied")
    yield "message"
    await driver.press("escape")
    driver.app.push_screen(Message("This cannot be signed yet", LONG, LONG))
    await driver.settle()
    yield "message-long"
    await driver.press("escape")
    driver.app.push_screen(Busy("Examining everything once more, without what was kept from before …"))
    await driver.settle()
    yield "busy"
    await driver.press("escape", "s")
    yield "toast"
    driver.app.clear_notifications()
    change = Changed(paths=("app/settings.py",), total=1, items=("secrets-not-in-tree", "env-files-ignored"))
    driver.engine.change(change, hold=True)
    await driver.until("settings.py changed")
    yield "watching"
    driver.engine.hold = 9
    await driver.press("R")
    await driver.until(" running Local")
    yield "running"
    driver.engine.hold = None
    await driver.press("x")
    await driver.until("stopped after")
    yield "stopped"
    driver.engine.failed = Failed(
        message="The examination stopped: .shipworthy/policy.toml:3: unknown profile “tem”.",
        diagnostics="Write solo, team or regulated.\nThen try again.",
    )
    await driver.press("R")
    await driver.until("COULD NOT EXAMINE")
    yield "failed"
    driver.engine.failed = None


async def signed(driver: Driver) -> AsyncIterator[str]:
    """From READY to the commit."""
    driver.session.decisions = dict(DECIDED)
    driver.session.dirty = ()
    driver.engine.outcomes = dict(ALL_GOOD)
    await driver.press("R")
    await driver.until("Press s to sign")
    yield "ready"
    driver.session.no_key = True
    await driver.press("s")
    await driver.until("Once more")
    await fill(driver, first="correct horse", second="correct house")
    yield "new-key"
    await driver.press("escape")
    driver.session.no_key, driver.session.passphrase = False, "correct horse"
    await driver.press("s")
    await driver.until("READY TO SIGN")
    yield "sign-passphrase"
    await driver.press("escape")
    driver.session.passphrase = None
    await driver.press("s")
    await driver.until("READY TO SIGN")
    yield "sign"
    await driver.press("v")
    yield "exact-bytes"
    await driver.press("escape", "tab", "enter")
    await driver.until("Commit it")
    yield "signed"
    await driver.press("tab", "enter")
    await driver.until("Committed")
    yield "committed"
    await driver.press("enter")


async def reviewed(driver: Driver) -> AsyncIterator[str]:
    """The second person's part."""
    await driver.press("V")
    await driver.until("agree")
    yield "review"
    await driver.press("n", "enter")
    yield "review-claim"
    await driver.press("b")
    await driver.until("To change")
    yield "send-back"
    await fill(driver, remark="Say who is alerted.")
    driver.app.screen.query_one("#yes", Button).press()
    await driver.until("1 needs your word")
    await driver.press("t")
    await driver.until("Commit the remarks")
    yield "tell-question"
    await driver.press("escape", "a", "escape", "question_mark")
    await driver.until("Keys and words")
    yield "review-help"
    await driver.press("escape", "n", "enter", "a", "escape", "c")
    await driver.until("COUNTERSIGN")
    yield "countersign"
    await driver.press("tab", "enter")
    await driver.until("Commit it")
    yield "countersigned"
    await driver.press("tab", "enter")
    await driver.until("Committed")
    yield "approved"
    await driver.press("enter", "q")


async def rare(driver: Driver) -> AsyncIterator[str]:
    """What few ever see."""
    driver.main.signed = ""
    driver.session.checklist = replace(CHECKLIST, items=())
    driver.app.look_again()
    await driver.settle()
    yield "empty"
    driver.session.checklist = CHECKLIST
    driver.engine.outcomes = dict(OUTCOMES)
    size = driver.app.size
    await driver.pilot.resize_terminal(40, 12)
    await driver.settle()
    yield "too-small"
    await driver.pilot.resize_terminal(*size)


assert OFFER.fix.item == "secrets-not-in-tree", "the scene of the fix goes to this item"
