"""Examines for the line mode and says how far it is: whole lines, and none sooner than some seconds after the last."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from shipworthy.assess.events import Done, Event, Failed, Judged, Planned, Progress
from shipworthy.coaching.words import took
from shipworthy.text import plural

if TYPE_CHECKING:
    from shipworthy.session import Session

SECONDS = 5.0
"""Between two lines on how far it is."""


class Examine(Protocol):
    """Examines all items, or only some, and hands every event on; it comes back when that is over."""

    def __call__(self, only: tuple[str, ...] | None, emit: Callable[[Event], None]) -> None: ...


def examiner(root: Path, session: Session) -> Examine:
    """The examination in this process, with what the person allowed: no screen has to be kept alive meanwhile."""

    def run(only: tuple[str, ...] | None, emit: Callable[[Event], None]) -> None:
        from shipworthy.assess.context import default_context
        from shipworthy.assess.examine import examine

        examine(root, default_context(consent=session.consent()), emit, only=only)

    return run


class Telling:
    """Takes the events of one examination and says what of them is worth a line."""

    def __init__(
        self, apply: Callable[[Event], None], say: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.failed: Failed | None = None
        self._apply = apply
        self._say = say
        self._clock = clock
        self._said = clock()
        self._planned = 0
        self._judged = 0

    def __call__(self, event: Event) -> None:
        self._apply(event)
        if isinstance(event, Planned):
            self._planned = len(event.items)
        elif isinstance(event, Progress):
            self._now_and_then(f"{event.what.capitalize()}: {event.done:,} of {event.total:,}.")
        elif isinstance(event, Judged):
            self._judged += 1
            if self._judged < self._planned:
                self._now_and_then(f"Checked {self._judged} of {plural(self._planned, 'item')}.")
        elif isinstance(event, Done):
            self._say(f"Checked {plural(self._judged, 'item')} in {took(event.milliseconds)}.")
        elif isinstance(event, Failed):
            self.failed = event

    def _now_and_then(self, words: str) -> None:
        now = self._clock()
        if now - self._said >= SECONDS:
            self._said = now
            self._say(words)
