"""The coach's end of the child process: starts it safely, sends commands, yields events, ends it when it is stuck.

The coach imports it before its first picture, so the protocol is imported by the functions that speak it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shipworthy.assess.events import Event
    from shipworthy.assess.wire import Command

LINE_LIMIT = 64 * 1024 * 1024
"""The longest event line, in bytes."""
CANCEL_SECONDS = 3.0
"""How long a cancelled child may take to end its run before it is replaced."""


def child_environment() -> dict[str, str]:
    """This environment without what makes Python import from elsewhere, and without a passphrase."""
    away = ("PYTHON", "SHIPWORTHY_")
    env = {key: value for key, value in os.environ.items() if not key.startswith(away) or key == "PYTHONUTF8"}
    env["PYTHONSAFEPATH"] = "1"
    return env


def child_command(root: Path) -> list[str]:
    """-P keeps the working directory and the repository off the module path."""
    return [sys.executable, "-P", "-X", "utf8", "-m", "shipworthy.assess.child", str(root)]


class ChildEngine:
    """A resident examination process for one repository."""

    def __init__(self, root: Path) -> None:
        # The process stands elsewhere, where a relative path would name another folder.
        self._root = root.absolute()
        self._watching = False
        self._process: asyncio.subprocess.Process | None = None
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._reader: asyncio.Task[None] | None = None
        self._idle = asyncio.Event()
        self._stopping = False

    async def start(self) -> None:
        """Start the process. Raises OSError where it cannot be started."""
        self._stopping = False
        self._process = await asyncio.create_subprocess_exec(
            *child_command(self._root),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            # Outside the repository, so that nothing planted there is found by a relative name.
            cwd="/",
            env=child_environment(),
            limit=LINE_LIMIT,
            start_new_session=True,
        )
        self._idle.set()
        self._reader = asyncio.create_task(self._read(self._process))
        if self._watching:
            await self.watch(True)

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        from shipworthy.assess.events import Failed
        from shipworthy.assess.wire import WireError, load

        assert process.stdout is not None  # noqa: S101 - asked for above
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:
                await self._events.put(Failed(message="an answer was too long to read", diagnostics="Report this."))
                continue
            if not line:
                break
            try:
                event = load(line)
            except WireError as error:
                event = Failed(message=f"the examination process said something unreadable: {error}", diagnostics="")
            if type(event).__name__ in ("Done", "Failed"):
                self._idle.set()
            elif type(event).__name__ == "Planned":
                # It may have begun by itself.
                self._idle.clear()
            await self._events.put(event)
        self._idle.set()
        if not self._stopping:
            code = await process.wait()
            await self._events.put(
                Failed(message=f"the examination process ended ({code})", diagnostics="Press R to start it again.")
            )

    async def run(self, only: tuple[str, ...] | None = None, consent: frozenset[str] = frozenset()) -> None:
        """Ask for an examination of all items, or of some; it replaces one under way."""
        if self._process is None or self._process.returncode is not None:
            await self.start()
        from shipworthy.assess.wire import Command

        self._idle.clear()
        await self._send(Command(do="run", only=only, consent=tuple(sorted(consent))))

    async def watch(self, on: bool) -> None:
        """Ask it to notice changes and examine again by itself, or not to; kept over a restart of the process."""
        from shipworthy.assess.wire import Command

        self._watching = on
        await self._send(Command(do="watch" if on else "unwatch"))

    async def cancel(self) -> None:
        """End the run under way; a child that does not listen is replaced."""
        if self._process is None or self._idle.is_set():
            return
        from shipworthy.assess.wire import Command

        await self._send(Command(do="cancel"))
        try:
            await asyncio.wait_for(self._idle.wait(), CANCEL_SECONDS)
        except TimeoutError:
            await self.stop()
            await self.start()

    async def _send(self, command: Command) -> None:
        if self._process is None or self._process.stdin is None:
            return
        with contextlib.suppress(ConnectionError):
            self._process.stdin.write(command.dump())
            await self._process.stdin.drain()

    async def events(self) -> AsyncIterator[Event]:
        """Events as they come, without end."""
        while True:
            yield await self._events.get()

    async def stop(self) -> None:
        """End the process; safe to call twice."""
        self._stopping = True
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            # Asked first, so that it ends what it started (a test run); then told.
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), CANCEL_SECONDS)
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if self._reader is not None:
            await self._reader
