"""Opens the coach as quickly as it can be opened: nothing heavy is imported before it is needed."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shipworthy.coaching.session import Session
    from shipworthy.tui.engine import Engine


BUG = 4
"""As for every command of shipworthy."""
SWITCH_SECONDS = 0.0005
"""How long the thread that writes to the terminal waits for its turn while the next picture is made: by Python's own
5 ms, a complete picture was seen 2 to 3 ms after it was there."""


def launch(
    session: Callable[[], Session],
    engine: Callable[[], Engine],
    *,
    keymap: Mapping[str, str] | None = None,
    theme: str = "dark",
    ascii_only: bool | None = None,
    first_time: bool = False,
    watch: bool = True,
) -> int:
    """Run the coach until the person leaves; the exit code, `BUG` after a crash.

    Both callables are called once, before anything shows.
    """
    # Tens of thousands of objects that all stay are made until the first picture: collecting garbage among them costs
    # about a tenth of that time and finds none. The app turns it on again when it has drawn itself.
    gc.disable()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        from shipworthy.tui.app import CoachApp

        app = CoachApp(
            session(), engine(),
            keymap=keymap, theme=theme, ascii_only=ascii_only, first_time=first_time, watch=watch,
        )  # fmt: skip
        app.run()
    finally:
        gc.enable()
    return BUG if app.crashed else app.return_code or 0
