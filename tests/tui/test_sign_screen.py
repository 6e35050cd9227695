"""The sign screen: what it covers, the bytes, the key, the commit, and everything that can refuse."""

from __future__ import annotations

import pytest
from driving import NARROW, WIDE, coach
from fake import FakeEngine, FakeSession
from made_up import ALL_GOOD, DECIDED, FINGERPRINT, OUTCOMES
from textual.events import Paste
from textual.widgets import Button, Checkbox, Input

from shipworthy.assess.events import Changed
from shipworthy.assess.signing import SessionError, Signed, SigningPlan
from shipworthy.tui.screens.dialogs import Message, Reader
from shipworthy.tui.screens.key import NewKey
from shipworthy.tui.screens.main import MainScreen
from shipworthy.tui.screens.sign import Sign

ONE_CHANGED = Changed(paths=("app/main.py",), total=1, items=("secrets-not-in-tree",))


def ready(**changes: object) -> tuple[FakeSession, FakeEngine]:
    """Everything settled."""
    return FakeSession(decisions=dict(DECIDED), dirty=(), **changes), FakeEngine(ALL_GOOD)  # type: ignore[arg-type]  # passed on


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_what_the_screen_shows(size: tuple[int, int]) -> None:
    async with coach(*ready(), size=size) as driver:
        await driver.press("s")
        await driver.until("READY TO SIGN")
        for words in (
            "12 of 12 settled",
            "Checked by shipworthy  8  all pass at 4f2a91c",
            "Said by you            2  Tests prove that strangers are refused",
            "Waived                 1  Someone is alerted on errors",
            "Does not apply         1  Debug pages and admin tools are off",
            "production 1.2",
            "ada-laptop",
            FINGERPRINT,
            ".shipworthy/readiness.production.json",
            ".shipworthy/readiness.production.dsse.json",
            ".shipworthy/decisions.toml in the same commit",
        ):
            assert words in driver.text
        assert driver.app.focused is not None
        assert driver.app.focused.id == "no"


async def test_cancel_and_escape_sign_nothing() -> None:
    async with coach(*ready()) as driver:
        for key in ("enter", "escape"):
            await driver.press("s")
            await driver.until("READY TO SIGN")
            await driver.press(key)
            assert isinstance(driver.app.screen, MainScreen)
        assert driver.session.calls == []


async def test_v_shows_the_exact_bytes() -> None:
    async with coach(*ready()) as driver:
        await driver.press("s")
        await driver.until("READY TO SIGN")
        await driver.press("v")
        assert isinstance(driver.app.screen, Reader)
        assert '"_type": "https://in-toto.io/Statement/v1",' in driver.text
        assert "71 bytes" in driver.text
        await driver.press("escape")
        assert isinstance(driver.app.screen, Sign)


async def test_a_passphrase_is_asked_for_hidden_and_can_be_wrong() -> None:
    async with coach(*ready(passphrase="seven geese v")) as driver:
        await driver.press("s")
        await driver.until("READY TO SIGN")
        assert driver.app.screen.query_one("#yes", Button).disabled
        driver.app.screen.query_one("#passphrase", Input).focus()
        # v is a letter of the passphrase here, and no key.
        await driver.type("wrong v")
        assert isinstance(driver.app.screen, Sign)
        assert "wrong" not in driver.text
        await driver.press("enter", "enter")
        await driver.until("The passphrase does not fit the key. Try again.")
        assert driver.session.calls == []
        driver.app.screen.query_one("#passphrase", Input).value = "seven geese v"
        driver.app.screen.query_one("#yes", Button).focus()
        await driver.press("enter")
        await driver.until("SIGNED")


async def test_a_session_that_refuses() -> None:
    class Dirty(FakeSession):
        def signing(self) -> SigningPlan:
            raise SessionError("app/settings.py is not committed.", "Commit or discard it first.")

    async with coach(Dirty(decisions=dict(DECIDED)), FakeEngine(ALL_GOOD)) as driver:
        await driver.press("s")
        await driver.until("app/settings.py is not committed.")
        assert isinstance(driver.app.screen, Message)
        assert "Commit or discard it first." in driver.text


async def test_a_commit_that_fails_is_said_and_the_signature_stays() -> None:
    class Stuck(FakeSession):
        def commit(self, signed: Signed) -> str:
            raise SessionError("git could not make the commit: a hook said no", signed.commit_command)

    async with coach(Stuck(decisions=dict(DECIDED)), FakeEngine(ALL_GOOD)) as driver:
        await driver.press("s")
        await driver.until("READY TO SIGN")
        await driver.press("tab", "enter")
        await driver.until("SIGNED")
        await driver.press("tab", "enter")
        assert "a hook said no" in driver.text
        await driver.press("escape")
        assert f"Signed with {FINGERPRINT[:20]}…." in driver.text


async def test_without_a_key_one_can_be_made() -> None:
    async with coach(*ready(no_key=True)) as driver:
        await driver.press("s")
        await driver.until("No key to sign with")
        assert isinstance(driver.app.screen, NewKey)
        assert driver.app.focused is not None
        assert driver.app.focused.id == "no"
        first, second = driver.app.screen.query(Input)
        first.focus()
        await driver.type("goose")
        await driver.press("enter")
        assert second.has_focus
        await driver.type("gx")
        assert "The two differ." in driver.text
        assert driver.app.screen.query_one("#yes", Button).disabled
        second.value = "goose"
        await driver.settle()
        await driver.press("enter", "enter")
        await driver.until("This passphrase is too short.")
        first.value = second.value = "seven grey geese"
        await driver.settle()
        driver.app.screen.query_one("#yes", Button).focus()
        await driver.press("enter")
        await driver.until("READY TO SIGN")
        assert driver.session.calls == [("make_key", 16)]


@pytest.mark.parametrize("no_keyring", [False, True])
async def test_a_new_keys_passphrase_can_be_kept(no_keyring: bool) -> None:
    async with coach(*ready(no_key=True)) as driver:
        driver.session.no_keyring = no_keyring
        await driver.press("s")
        await driver.until("No key to sign with")
        first, second = driver.app.screen.query(Input)
        first.value = second.value = "seven grey geese"
        driver.app.screen.query_one("#keep", Checkbox).focus()
        await driver.press("space")
        driver.app.screen.query_one("#yes", Button).focus()
        await driver.press("enter")
        if no_keyring:
            # The key is made all the same, and the way on is said.
            await driver.until("There is no keyring here.")
            await driver.press("escape")
        await driver.until("READY TO SIGN")
        kept = [("keep", FINGERPRINT, 16)]
        assert driver.session.calls == [("make_key", 16), *([] if no_keyring else kept)]


async def test_waiting_for_the_fresh_examination_can_be_given_up() -> None:
    import threading

    gate = threading.Event()

    class Slow(FakeSession):
        def signing(self) -> SigningPlan:
            gate.wait(5)
            return super().signing()

    async with coach(Slow(decisions=dict(DECIDED)), FakeEngine(ALL_GOOD)) as driver:
        await driver.press("s")
        await driver.until("Examining everything once more")
        await driver.press("escape")
        gate.set()
        for _ in range(5):
            await driver.settle()
        assert isinstance(driver.app.screen, MainScreen)


async def test_signing_waits_for_what_is_looked_at_again() -> None:
    session, engine = ready()
    async with coach(session, engine) as driver:
        engine.change(ONE_CHANGED, hold=True)
        await driver.until("re-checking 1 item")
        await driver.press("s")
        await driver.until("Signing goes on as soon as everything is checked")
        engine.change(ONE_CHANGED)
        await driver.until("READY TO SIGN")


async def test_what_is_open_after_the_wait_is_not_signed() -> None:
    session, engine = ready()
    async with coach(session, engine) as driver:
        engine.change(ONE_CHANGED, hold=True)
        await driver.until("re-checking 1 item")
        await driver.press("s")
        await driver.until("Signing goes on as soon as everything is checked")
        engine.outcomes["secrets-not-in-tree"] = OUTCOMES["secrets-not-in-tree"]
        engine.change(ONE_CHANGED)
        await driver.until("Only a READY")
        assert isinstance(driver.app.screen, MainScreen)


async def test_signing_does_not_wait_where_something_else_is_open() -> None:
    engine = FakeEngine({**ALL_GOOD, "write-routes-need-login": OUTCOMES["write-routes-need-login"]})
    async with coach(FakeSession(decisions=dict(DECIDED)), engine) as driver:
        engine.change(ONE_CHANGED, hold=True)
        await driver.until("re-checking 1 item")
        await driver.press("s")
        await driver.until("Only a READY")


async def test_of_a_passphrase_no_part_is_taken() -> None:
    async with coach(*ready(passphrase="seven geese v")) as driver:
        await driver.press("s")
        await driver.until("READY TO SIGN")
        field = driver.app.screen.query_one("#passphrase", Input)
        field.focus()
        driver.app.post_message(Paste("x" * 1_001))
        await driver.settle()
        assert field.value == ""
        assert "At most 1,000 characters fit here: nothing of it was taken." in driver.text
        driver.app.post_message(Paste(" seven  geese \nv\n"))
        await driver.settle()
        assert field.value == " seven  geese "
        assert "A passphrase has one line: only the first one was taken." in driver.text
