"""The real program on a real pseudo-terminal, and the screen it draws."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyte

COLUMNS, ROWS = 80, 24
SECONDS = 60.0
SHIPWORTHY = str(Path(sys.executable).parent / "shipworthy")


class Terminal:
    """A program on a pseudo-terminal and the screen it has drawn."""

    def __init__(self, pid: int, descriptor: int) -> None:
        self.pid = pid
        self._descriptor = descriptor
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self.sent = bytearray()
        """Every byte the program wrote."""

    @property
    def text(self) -> str:
        return "\n".join(self._screen.display)

    def read(self, seconds: float) -> bool:
        """Take in what comes within some seconds; False at the end."""
        if not select.select([self._descriptor], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self._descriptor, 65_536)
        except OSError:
            return False
        self.sent += data
        # pyte takes the kitty keyboard query `CSI > n u` for text; a terminal without the protocol ignores it.
        self._stream.feed(re.sub(rb"\x1b\[[<>=?][\d;]*[a-zA-Z]", lambda m: m[0] if m[0][2:3] == b"?" else b"", data))
        return bool(data)

    def until(self, text: str) -> None:
        """Wait for a text on the screen."""
        deadline = time.monotonic() + SECONDS
        while text not in self.text:
            assert time.monotonic() < deadline, f"{text!r} did not come:\n{self.text}"
            assert self.read(0.05), f"the program ended before {text!r} came:\n{self.text}"

    def until_gone(self, text: str) -> None:
        """Wait until a text is no longer on the screen."""
        deadline = time.monotonic() + SECONDS
        while text in self.text:
            assert time.monotonic() < deadline, f"{text!r} did not go:\n{self.text}"
            assert self.read(0.05), f"the program ended before {text!r} went:\n{self.text}"

    def ended(self) -> int:
        """The exit code, once the program has ended. What it still writes is read: it could not end otherwise."""
        deadline = time.monotonic() + SECONDS
        while self.read(0.05):
            assert time.monotonic() < deadline, f"the program did not end:\n{self.text}"
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def type(self, text: str) -> None:
        os.write(self._descriptor, text.encode())

    def keys(self, *keys: str) -> None:
        """Type, with the pause a person makes."""
        for key in keys:
            self.type(key)
            deadline = time.monotonic() + 0.25
            while time.monotonic() < deadline:
                self.read(0.02)


@contextmanager
def shipworthy(folder: Path, env: Mapping[str, str] | None = None, *arguments: str) -> Iterator[Terminal]:
    """`shipworthy` with these arguments, none for the coach, started in a folder; killed at the end."""
    pid, descriptor = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", LANG="C.UTF-8", **(env or {}))
        os.execv(SHIPWORTHY, [SHIPWORTHY, *arguments])
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    try:
        yield Terminal(pid, descriptor)
    finally:
        try:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        os.close(descriptor)
