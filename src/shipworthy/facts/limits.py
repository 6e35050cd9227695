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

    Arming a timer for every piece costs more than most pieces do; this one looks at the clock twice in a limit. A limit
    around it keeps its time.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until = math.inf
        self._before: Any = None
        self._armed = False
        self._outer, self._again = math.inf, 0.0

    def __enter__(self) -> Turns:
        if threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer"):
            left, self._again = signal.getitimer(signal.ITIMER_REAL)
            self._outer = time.monotonic() + left if left else math.inf
            self._before = signal.signal(signal.SIGALRM, self._ring)
            every = min(self._seconds / 2, left or math.inf)
            signal.setitimer(signal.ITIMER_REAL, every, every)
            self._armed = True
        return self

    def __exit__(self, *_: object) -> None:
        self._until = math.inf
        if self._armed:
            self._armed = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._before)
            if self._outer < math.inf:
                signal.setitimer(signal.ITIMER_REAL, max(self._outer - time.monotonic(), 0.001), self._again)

    def begin(self) -> None:
        """The next piece of work starts now; from its limit on, it gets OverTime."""
        self._until = time.monotonic() + self._seconds

    def end(self) -> None:
        """It is over."""
        self._until = math.inf

    def _ring(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if now >= self._outer:
            self._outer = now + self._again if self._again else math.inf
            self._before(number, frame)
        if now > self._until:
            self._until = math.inf
            raise OverTime(f"took longer than {self._seconds:g} s")
