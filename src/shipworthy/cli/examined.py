"""Examines a repository for a command that prints what came out, with a line of progress on a terminal's stderr."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.cli.common import fail

if TYPE_CHECKING:
    from shipworthy.session import Session


class Ticker:
    """One line of progress on a terminal's stderr, nothing elsewhere."""

    def __init__(self) -> None:
        self._on = sys.stderr.isatty()
        self._last = 0.0

    def show(self, text: str) -> None:
        if self._on and time.monotonic() - self._last > 0.1:
            self._last = time.monotonic()
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()

    def clear(self) -> None:
        if self._on:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def examined(
    root: Path,
    *,
    items: tuple[str, ...] = (),
    profile: str | None = None,
    run_tests: bool = False,
    use_cache: bool = True,
    ask_host: bool = False,
) -> Session:
    """A session after one examination; with `items`, only those are judged. Ends the program where there is none."""
    from shipworthy.assess.context import default_context
    from shipworthy.assess.events import Event, Progress, Started
    from shipworthy.assess.examine import examine
    from shipworthy.assess.signing import SessionError
    from shipworthy.cli.host import asker
    from shipworthy.model import PROFILES
    from shipworthy.session import Session

    if profile is not None and profile not in PROFILES:
        fail(f"unknown profile {profile!r}", f"Known: {', '.join(PROFILES)}")
    ticker = Ticker()
    try:
        session = Session(root)
        for item in items:
            session.known(item)
    except SessionError as error:
        fail(str(error), error.diagnostics)

    def emit(event: Event) -> None:
        session.apply(event)
        if isinstance(event, Progress):
            ticker.show(f"{event.what} {event.done:,} of {event.total:,}")
        elif isinstance(event, Started):
            ticker.show(f"checking {event.item}")

    try:
        examine(
            root,
            default_context(consent=session.consent(always=run_tests), ask_host=asker(root) if ask_host else None),
            emit,
            only=items or None,
            use_cache=use_cache,
            profile=profile,
        )
    finally:
        ticker.clear()
    if session.failed is not None:
        fail(session.failed.message, session.failed.diagnostics)
    return session
