"""How long a key takes until the real program, on a real pseudo-terminal, has drawn what it changes."""

from __future__ import annotations

import os
import pty
import random
import re
import select
import signal
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

NARROW, WIDE = (80, 24), (140, 40)
START_SECONDS = 20.0
SCAN_SECONDS = 300.0
LATEST = 2.0
"""What a key without effect before the next one counts for, in seconds."""
PAUSE = (0.12, 0.2)
"""Seconds between two keys, at random: in step with no timer of the program."""
PANE = 64
"""The first column of the item beside the list, at `WIDE`."""


class Look(NamedTuple):
    """What a key changes: the line with a background of its own and its text, and the heading of the item beside."""

    cursor: tuple[int, str] | None
    heading: str


@dataclass
class Recording:
    """A program on a pseudo-terminal: what it drew when, and which keys it was given when."""

    terminal: int
    size: tuple[int, int]
    drawn: list[tuple[float, bytes]] = field(default_factory=list)
    keys: list[tuple[float, str]] = field(default_factory=list)
    seen: bytearray = field(default_factory=bytearray)

    def read(self, seconds: float) -> None:
        """Take in what is drawn within some seconds."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            if not select.select([self.terminal], [], [], left)[0]:
                return
            data = os.read(self.terminal, 65_536)
            self.drawn.append((time.perf_counter(), data))
            self.seen += data

    def until(self, needle: str, seconds: float) -> None:
        """Wait for bytes of the program. Raises SystemExit where they do not come."""
        end = time.perf_counter() + seconds
        while needle.encode() not in self.seen:
            if time.perf_counter() > end:
                raise SystemExit(f"{needle!r} did not come within {seconds:g} s: {bytes(self.seen[-500:])!r}")
            self.read(0.05)

    def press(self, key: str, *, wait: float) -> None:
        """Give the program a key, and take in what it draws for some seconds."""
        self.keys.append((time.perf_counter(), key))
        os.write(self.terminal, key.encode())
        self.read(wait)

    def latencies(self, *keys: str, whole: bool = False) -> list[float]:
        """Milliseconds from each of these keys until the cursor had moved; with `whole`, the item beside it as well.

        Played into a terminal emulator afterwards, so that nothing is slowed down by it while the clock runs.
        """
        import pyte

        screen = pyte.Screen(*self.size)
        stream = pyte.ByteStream(screen)
        taken: list[float] = []
        chunks = iter([*self.drawn, (float("inf"), b"")])
        at, data = next(chunks)
        for number, (pressed, key) in enumerate(self.keys):
            following = self.keys[number + 1][0] if number + 1 < len(self.keys) else pressed + LATEST
            while at <= pressed:
                stream.feed(_plain(data))
                at, data = next(chunks)
            before, late = _look(screen), LATEST
            while at <= following:
                stream.feed(_plain(data))
                if late == LATEST and _changed(before, _look(screen), whole=whole):
                    late = at - pressed
                at, data = next(chunks)
            if key in keys:
                taken.append(late * 1000)
        return taken


def _plain(data: bytes) -> bytes:
    # pyte takes private sequences it does not know (the keyboard query) for text.
    return re.sub(rb"\x1b\[[<>=?][\d;]*[a-zA-Z]", b"", data)


def _look(screen: object) -> Look:
    columns, lines, buffer = screen.columns, screen.lines, screen.buffer  # type: ignore[attr-defined]  # of pyte
    # Below the verdict, above the keys: the cursor's line has a background of its own from its first column on.
    grounds = [buffer[row][1].bg for row in range(4, lines - 2)]
    usual = statistics.mode(grounds)
    row = next((row for row, each in enumerate(grounds, 4) if each != usual), None)
    left = range(PANE if columns == WIDE[0] else columns)
    cursor = None if row is None else (row, "".join(buffer[row][column].data for column in left))
    return Look(cursor, "".join(buffer[4][column].data for column in range(PANE, columns)))


def _changed(before: Look, after: Look, *, whole: bool) -> bool:
    return before.cursor != after.cursor and (before.heading != after.heading or not whole)


@contextmanager
def started(command: list[str], folder: Path, size: tuple[int, int], env: dict[str, str]) -> Iterator[Recording]:
    """The program, running until the end of the block."""
    import fcntl
    import struct
    import termios

    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", LANG="C.UTF-8", **env)
        os.execv(command[0], command)  # noqa: S606 - a fixed program, no shell
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    try:
        yield Recording(terminal, size)
    finally:
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 5
        while os.waitpid(pid, os.WNOHANG)[0] == 0:
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                break
            time.sleep(0.02)
        os.close(terminal)


def _pause() -> float:
    return random.uniform(*PAUSE)  # noqa: S311 - no secret


def _moves(run: Recording, count: int) -> None:
    for number in range(count):
        run.press("j" if number // 7 % 2 == 0 else "k", wait=_pause())


def idle(command: list[str], folder: Path, env: dict[str, str], count: int) -> dict[str, list[float]]:
    """Milliseconds by what was done, in a coach that has nothing to do."""
    found: dict[str, list[float]] = {}
    with started(command, folder, NARROW, env) as run:
        run.until("checked ", START_SECONDS * 3)
        run.read(1.0)
        _moves(run, count)
        for _ in range(count // 3):
            run.press("n", wait=_pause())
            run.press("\r", wait=_pause())
            # A lone Esc is waited for by design: it could begin a longer key.
            run.press("\x1b", wait=_pause() + 0.2)
    found["idle, 80x24"] = run.latencies("j", "k")
    found["idle, open an item, 80x24"] = run.latencies("\r")
    with started(command, folder, WIDE, env) as run:
        run.until("checked ", START_SECONDS * 3)
        run.read(1.0)
        _moves(run, count)
    found["idle, 140x40"] = run.latencies("j", "k")
    found["idle, 140x40, and the item beside"] = run.latencies("j", "k", whole=True)
    return found


def scanning(command: list[str], folder: Path, env: dict[str, str]) -> dict[str, list[float]]:
    """Milliseconds from j or k to its repaint, from the first picture to the end of an examination."""
    with started(command, folder, WIDE, env) as run:
        run.until("Tests", START_SECONDS)
        run.read(0.3)
        end = time.perf_counter() + SCAN_SECONDS
        while b"checked " not in run.seen and time.perf_counter() < end:
            _moves(run, 14)
    return {
        "scanning 5,000 files": run.latencies("j", "k"),
        "scanning, and the item beside": run.latencies("j", "k", whole=True),
    }


def figures(values: list[float]) -> str:
    """ "3.1 / 5.2": the median and the 95th of a hundred."""
    ordered = sorted(values)
    return f"{statistics.median(ordered):.1f} / {ordered[int(len(ordered) * 0.95)]:.1f}"
