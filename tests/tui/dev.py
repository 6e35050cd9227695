"""Opens the coach on the made-up app, for looking at it: `python tests/tui/dev.py [--slow] [--good] [THEME]`."""

from __future__ import annotations

import sys

from fake import ALL_GOOD, OUTCOMES, FakeEngine, FakeSession

from shipworthy.tui.app import CoachApp

if __name__ == "__main__":
    arguments = sys.argv[1:]
    theme = next((each for each in arguments if not each.startswith("--")), "dark")
    engine = FakeEngine(ALL_GOOD if "--good" in arguments else OUTCOMES, delay=0.15 if "--slow" in arguments else 0)
    session = FakeSession(dirty=() if "--good" in arguments else ("app/settings.py",))
    CoachApp(session, engine, theme=theme, first_time="--first" in arguments).run()
