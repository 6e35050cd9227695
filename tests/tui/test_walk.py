"""The whole way: open, fix, re-check, attest, waive, sign, commit."""

from __future__ import annotations

import pytest
from driving import NARROW, WIDE, coach
from made_up import ALL_GOOD, FINGERPRINT

from shipworthy.tui.screens.main import MainScreen


@pytest.mark.parametrize(
    "size", [pytest.param(NARROW, id="80x24"), pytest.param(WIDE, id="140x40", marks=pytest.mark.long)]
)
async def test_from_start_to_a_signed_file(size: tuple[int, int]) -> None:
    async with coach(size=size) as driver:
        assert "NOT READY   3 block · 2 need you · 1 unknown · 6 of 12 settled" in driver.lines[0]
        # What a machine judges is fixed outside, and each item is re-checked by itself.
        for item in ("secrets-not-in-tree", "write-routes-need-login", "deploy-gated", "known-vulns"):
            driver.engine.outcomes[item] = ALL_GOOD[item]
            assert driver.main.go_to(item)
            await driver.press("r")
            await driver.until("checked 1 item")
            assert driver.engine.calls[-1] == ("run", (item,), frozenset())
        assert "NOT READY   2 need you · 10 of 12 settled" in driver.lines[0]
        assert "Only you can say: Tests prove that strangers are refused." in driver.lines[1]
        await driver.press("n", "a", "tab", "tab")
        await driver.type("I read all nine.")
        await driver.press("enter", "enter", "enter", "enter")
        assert "NOT READY   1 needs you · 11 of 12 settled" in driver.lines[0]
        await driver.press("n", "w", "tab")
        await driver.type("No data yet.")
        await driver.press("enter", "enter", "enter")
        assert "READY   12 of 12 settled" in driver.lines[0]
        await driver.press("s")
        await driver.until("READY TO SIGN")
        await driver.press("tab", "enter")
        await driver.until("SIGNED")
        assert "The commit would be exactly this:" in driver.text
        assert 'git add .shipworthy && git commit -m "Sign off"' in driver.text
        await driver.press("tab", "enter")
        await driver.until("as 8caf24")
        assert "shipworthy verify --trust" in driver.text
        assert FINGERPRINT in driver.text
        await driver.press("enter")
        assert isinstance(driver.app.screen, MainScreen)
        assert f"Done  Signed with {FINGERPRINT[:20]}…, committed as 8caf240." in driver.text
        assert [call[0] for call in driver.session.calls] == ["attest", "waive", "sign", "commit"]
