"""Opens the coach on the made-up app, for looking at it: `python tests/tui/dev.py [--slow] [--good] [THEME]`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from shipworthy.tui.launch import launch

if TYPE_CHECKING:
    from fake import FakeEngine, FakeSession


def session() -> FakeSession:
    from fake import FakeSession

    return FakeSession(dirty=() if "--good" in sys.argv else ("app/settings.py",))


def engine() -> FakeEngine:
    from fake import FakeEngine
    from made_up import ALL_GOOD, OUTCOMES

    return FakeEngine(ALL_GOOD if "--good" in sys.argv else OUTCOMES, delay=0.15 if "--slow" in sys.argv else 0)


if __name__ == "__main__":
    theme = next((each for each in sys.argv[1:] if not each.startswith("--")), "dark")
    sys.exit(launch(session, engine, theme=theme, first_time="--first" in sys.argv))
