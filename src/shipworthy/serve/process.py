"""One coach's process and what goes to and from it: the protocol of Textual's web driver, with bounds."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence

from shipworthy.text import visible

PRELUDE = b"__GANGLION__\n"
"""What Textual's web driver writes before its first packet."""
_PRELUDE_LINES = 10
_PACKET_LIMIT = 16 * 1024 * 1024
_SAID_LIMIT = 8 * 1024
_SAID_LINES = 20
LEAVE_SECONDS = 6.0
"""How long a coach may take to leave by itself: it gives its examination three seconds to end."""
END_SECONDS = 2.0
STUCK_SECONDS = 10.0
"""How long a coach may leave a key unread."""
MOST_CELLS = 1_000


class CoachProcess:
    """A coach that draws for a browser: its pictures go to `draw`."""

    def __init__(
        self, command: Sequence[str], env: Mapping[str, str], draw: Callable[[bytes], Awaitable[object]]
    ) -> None:
        self._command = tuple(command)
        self._env = dict(env)
        self._draw = draw
        self._process: asyncio.subprocess.Process | None = None
        self._errors: asyncio.Task[None] | None = None
        self._said = bytearray()

    async def start(self, width: int, height: int) -> None:
        """Start it for a screen of so many cells. Raises OSError where it cannot be started."""
        size = {"COLUMNS": str(_cells(width)), "ROWS": str(_cells(height))}
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            # Outside the repository, so that nothing planted there is found by a relative name.
            cwd="/",
            env={**self._env, **size},
            # Without our terminal: no program it starts can ask a question there that nobody at the browser sees.
            start_new_session=True,
        )
        self._errors = asyncio.create_task(self._listen(self._process.stderr))

    async def _listen(self, stream: asyncio.StreamReader | None) -> None:
        while stream is not None and (data := await stream.read(4096)):
            self._said += data
            del self._said[:-_SAID_LIMIT]

    # To the coach

    async def type(self, text: str) -> None:
        """Keys, as a terminal sends them. Raises TimeoutError, as all of these do, where the coach is stuck."""
        await self._send(b"D", text.encode("utf-8", "replace"))

    async def resize(self, width: int, height: int) -> None:
        """The screen has so many cells now."""
        await self._tell({"type": "resize", "width": _cells(width), "height": _cells(height)})

    async def focus(self, on: bool) -> None:
        """The page got, or lost, the keyboard."""
        await self._tell({"type": "focus" if on else "blur"})

    async def _tell(self, what: dict[str, object]) -> None:
        await self._send(b"M", json.dumps(what).encode())

    async def _send(self, kind: bytes, payload: bytes) -> None:
        if self._process is None or self._process.stdin is None or self._process.stdin.is_closing():
            return
        # A coach that is gone is noticed by whoever reads from it.
        with contextlib.suppress(ConnectionError):
            self._process.stdin.write(kind + len(payload).to_bytes(4, "big") + payload)
            await asyncio.wait_for(self._process.stdin.drain(), STUCK_SECONDS)

    # From the coach

    async def show(self) -> None:
        """Hand over pictures until the coach ends or nobody takes them any more."""
        assert self._process is not None and self._process.stdout is not None  # noqa: S101, PT018 - started
        stream = self._process.stdout
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, ValueError):
            for _ in range(_PRELUDE_LINES):
                if (line := await stream.readline()) == PRELUDE or not line:
                    break
            while True:
                head = await stream.readexactly(5)
                size = int.from_bytes(head[1:], "big")
                if size > _PACKET_LIMIT:
                    return
                payload = await stream.readexactly(size)
                # Links to open and files to download come as packets of other kinds: the coach has neither.
                if head[:1] == b"D":
                    await self._draw(payload)
                elif head[:1] == b"M" and json.loads(payload).get("type") == "exit":
                    return

    async def last_words(self) -> list[str]:
        """What it wrote to stderr when it ended, the last lines, each safe to show; waits for them a moment."""
        if self._errors is not None:
            await asyncio.wait([self._errors], timeout=1.0)
        text = self._said.decode("utf-8", "replace")
        return [visible(line, 300) for line in text.splitlines()[-_SAID_LINES:]]

    async def stop(self) -> None:
        """End it, and what it started: asked first, then told, then made to. Nothing else may be reading from it."""
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        # Read on: a coach that waits for somebody to take its picture cannot leave.
        rest = asyncio.create_task(_drop(process.stdout))
        for number, seconds in ((None, LEAVE_SECONDS), (signal.SIGTERM, END_SECONDS)):
            if number is not None:
                _signal(process, number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), seconds)
                break
        else:
            _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))
            await process.wait()
        # Something it started may hold the other ends open.
        for task in (rest, self._errors):
            if task is not None:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(task, 1.0)


async def _drop(stream: asyncio.StreamReader | None) -> None:
    with contextlib.suppress(ConnectionError):
        while stream is not None and await stream.read(65_536):
            pass


def _signal(process: asyncio.subprocess.Process, number: int) -> None:
    """Signal the process and what it started in its session; it must not have been waited for."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.name == "posix":
            os.killpg(process.pid, number)
        else:
            process.terminate()


def _cells(count: int) -> int:
    return max(1, min(count, MOST_CELLS))
