"""Time limits on work inside this process."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class OverTime(Exception):
    """A piece of work ran over its time limit."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise OverTime in the body after `seconds`. Nested limits keep the outer one; off the main thread it is no-op.

    A signal is the only thing that stops a pure-Python loop from within; where there is none, the coach's parent
    process ends a stuck child instead.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise OverTime(f"took longer than {seconds:g} s")

    outer_left, _ = signal.getitimer(signal.ITIMER_REAL)
    if 0 < outer_left <= seconds:
        yield
        return
    started = time.monotonic()
    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if outer_left:
            signal.setitimer(signal.ITIMER_REAL, max(outer_left - (time.monotonic() - started), 0.001))


class Turns:
    """One timer for many short pieces of work, each with the same limit. Use it as a context around them all.

    Arming a timer for every piece costs more than most pieces do; this one looks at the clock twice in a limit.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until = math.inf
        self._before: Any = None
        self._armed = False

    def __enter__(self) -> Turns:
        free = threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")
        if free and not signal.getitimer(signal.ITIMER_REAL)[0]:
            self._before = signal.signal(signal.SIGALRM, self._ring)
            signal.setitimer(signal.ITIMER_REAL, self._seconds / 2, self._seconds / 2)
            self._armed = True
        return self

    def __exit__(self, *_: object) -> None:
        self._until = math.inf
        if self._armed:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._before)

    def begin(self) -> None:
        """The next piece of work starts now; from its limit on, it gets OverTime."""
        self._until = time.monotonic() + self._seconds

    def end(self) -> None:
        """It is over."""
        self._until = math.inf

    def _ring(self, _number: int, _frame: FrameType | None) -> None:
        if time.monotonic() > self._until:
            self._until = math.inf
            raise OverTime(f"took longer than {self._seconds:g} s")
