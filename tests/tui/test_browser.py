"""What the coach does otherwise where it is drawn in a browser: no editor, the browser's clipboard, an end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from driving import WIDE, coach
from fake import FakeSession

from shipworthy.tui.app import CoachApp


@pytest.fixture
def in_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CoachApp, "is_web", property(lambda self: True))


@pytest.mark.usefixtures("in_a_browser")
@pytest.mark.parametrize("editor", ["", "/bin/sh"])
async def test_no_editor_opens_where_nobody_sees_it(
    editor: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", editor)
    monkeypatch.setattr(subprocess, "run", lambda *args, **kwargs: pytest.fail("an editor was started"))
    file = tmp_path / "web" / "src" / "pay.ts"
    file.parent.mkdir(parents=True)
    file.write_text("1\n2\n3\n")
    async with coach(FakeSession(root=tmp_path), size=WIDE) as driver:
        await driver.press("right_square_bracket", "e")
        assert "In the browser no editor opens. Open it yourself: web/src/pay.ts:3" in driver.toasts


@pytest.mark.usefixtures("in_a_browser")
async def test_the_prompt_goes_to_the_browsers_clipboard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shipworthy.tui.terminal.CLIPBOARDS", ())
    async with coach(size=WIDE) as driver:
        await driver.press("y")
        await driver.until("Sent to your browser's clipboard.")


LEAVES = """
import os, sys
from textual.app import App
app = App()
app.run()
print("left by itself")
"""


def test_it_leaves_when_nobody_is_there_any_more() -> None:
    # As after `kill -9` of the server: input just ends. What it would draw is read, as the pipe's buffer would.
    env = {**os.environ, "TEXTUAL_DRIVER": "shipworthy.tui.browser:BrowserDriver"}
    done = subprocess.run([sys.executable, "-c", LEAVES], env=env, input=b"", capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert b"left by itself" in done.stdout
