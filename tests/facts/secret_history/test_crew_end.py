"""A helper that is stuck ends at once, whoever waits for its answer."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest

from shipworthy.facts import process
from shipworthy.facts.secret_history.crew import Answered, Helper


@pytest.mark.parametrize("count", [1, 20_000], ids=["an answer is waited for", "the pipe is full"])
def test_a_stuck_helper_ends_while_somebody_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(process, "may_copy", lambda: False)
    monkeypatch.setattr(process, "command", lambda _module: [sys.executable, "-c", "import time; time.sleep(60)"])
    helper = Helper(tmp_path, time.monotonic() + 60, 0)
    answered: list[Answered | None] = []
    asked = [("0" * 40, ["a.py"])] * count
    asking = threading.Thread(target=lambda: answered.append(helper.ask(asked)), daemon=True)
    asking.start()
    time.sleep(0.3)
    ending = threading.Thread(target=helper.end, daemon=True)
    ending.start()
    ending.join(10)
    asking.join(10)
    assert not ending.is_alive()
    assert answered == [None]
