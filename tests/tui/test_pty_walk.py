"""The whole way once through a real pseudo-terminal: the program itself, its child process, real keys, real git."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.fixed_demo import fixed_demo
from tests.support import git
from tests.terminal import SHIPWORTHY, shipworthy

TAB, ENTER = "\t", "\r"


def test_from_start_to_a_signed_file(tmp_path: Path) -> None:
    folder = fixed_demo(tmp_path / "lemonade")
    with shipworthy(folder) as terminal:
        terminal.until("2 need you · 10 of 12 settled")
        for words, settled in (("I read the list of routes.", 11), ("Stripe caps at 50 EUR.", 12)):
            terminal.keys("n", "a")
            terminal.until("How I know")
            terminal.keys(TAB, TAB, words, ENTER * 4)
            # What is typed before the dialog is gone is its own.
            terminal.until_gone("How I know")
            terminal.until(f"{settled} of 12 settled")
        terminal.keys("s")
        terminal.until("No key to sign with")
        terminal.keys(TAB, "correct horse", TAB, "correct horse", ENTER, ENTER)
        terminal.until("READY TO SIGN")
        terminal.keys("correct horse", ENTER, ENTER)
        terminal.until("SIGNED")
        terminal.keys(TAB, ENTER)
        terminal.until("shipworthy verify --trust")
        terminal.keys(ENTER, "q")
        assert terminal.ended() == 0
    assert git(folder, "status", "--porcelain") == ""
    fingerprint = re.search(
        r'"key": "(SHA256:[^"]+)"', git(folder, "show", "HEAD:.shipworthy/readiness.production.json")
    )
    assert fingerprint is not None
    done = subprocess.run([SHIPWORTHY, "verify", "--trust", fingerprint[1]], cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stdout[:5]) == (0, "READY")
