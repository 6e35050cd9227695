"""The server on loopback: every request passes the door, and one coach at a time draws for the one browser let in.

Imports aiohttp, so it is imported only by the command that serves.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from aiohttp import WSMsgType, web

from shipworthy.bugs import bug
from shipworthy.serve import page
from shipworthy.serve.door import ADDRESS, Door
from shipworthy.serve.process import LEAVE_SECONDS, CoachProcess

MESSAGE_LIMIT = 1024 * 1024
"""The longest message from the page, in bytes: a paste."""
_CLEAR = "\x1b[?1049l\x1b[2J\x1b[H\x1b[0m"
HEARTBEAT_SECONDS = 15.0
TURN_SECONDS = 3.0
"""How long a reloaded page waits for the coach of the page before to leave."""


def listen(port: int) -> socket.socket:
    """A socket on loopback; `port` 0 takes a free one. Raises OSError where the port cannot be had."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR), 1)
        listener.bind((ADDRESS, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


class CoachServer:
    """Serves the coach that `command` starts in the environment `env`, to whom `door` lets in.

    `name` is the repository's, any text; `say` prints a line of ours on the terminal.
    """

    def __init__(
        self, door: Door, command: Sequence[str], env: Mapping[str, str], name: str, say: Callable[[str], None]
    ) -> None:
        self._door = door
        self._command = tuple(command)
        self._env = dict(env)
        self._name = name
        self._say = say
        self._free = asyncio.Event()
        self._free.set()
        self._session: asyncio.Task[object] | None = None
        """What serves a coach now; None while it cleans up behind one, too."""

    async def run(self, listener: socket.socket, ready: Callable[[], None]) -> None:
        """Serve until an interrupt, a request to end, or the end of the terminal; `ready` is called when it serves."""
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            # Whoever ignores the end of the terminal (nohup) means it.
            if number is not None and not (name == "SIGHUP" and signal.getsignal(number) == signal.SIG_IGN):
                with contextlib.suppress(NotImplementedError):
                    loop.add_signal_handler(number, ended.set)
        async with self.serving(listener):
            ready()
            await ended.wait()

    @contextlib.asynccontextmanager
    async def serving(self, listener: socket.socket) -> AsyncIterator[None]:
        """Serve inside the block; afterwards the coach is gone and the port is free."""
        application = web.Application(client_max_size=0)
        application.router.add_route("*", "/{rest:.*}", self._answer)
        application.on_response_prepare.append(self._prepare)
        # Neither says what was asked for: the token is in the first request.
        quiet = logging.getLogger("shipworthy.serve")
        quiet.addHandler(logging.NullHandler())
        quiet.propagate = False
        runner = web.AppRunner(application, access_log=None, logger=quiet, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.SockSite(runner, listener).start()
            yield
        finally:
            await self._leave()
            await runner.cleanup()

    async def _leave(self) -> None:
        if self._session is not None:
            self._session.cancel()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._free.wait(), 2 * LEAVE_SECONDS)

    # Requests

    async def _prepare(self, request: web.Request, response: web.StreamResponse) -> None:
        hosts = request.headers.getall("Host", [])
        response.headers.update(page.headers(hosts[0] if self._door.is_ours(hosts) else None))

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        try:
            return await self._pass(request)
        except web.HTTPException:
            raise
        except Exception as error:
            said = bug("`shipworthy serve`", error)
            self._say(said)
            return _words((said,), 500)

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        door, hosts = self._door, request.headers.getall("Host", [])
        if not door.is_ours(hosts):
            return _words(page.NOT_FROM_THERE, 403)
        if request.path == "/" and request.method == "GET":
            cookie = door.enter(request.query.getall("token", []))
            if cookie is not None:
                self._say("A browser opened the link. It lets nobody else in.")
                return web.Response(status=303, headers={"Location": door.place, "Set-Cookie": cookie})
        if not door.knows(request.headers.getall("Cookie", [])):
            if request.path == door.place and request.headers.get("Sec-Fetch-Site") == "cross-site":
                return _words(page.ON_THE_WAY, 403, door.place)
            return _words(page.NOT_LET_IN, 403)
        if request.method != "GET":
            return _words(page.NOT_HERE, 405)
        if request.path == door.place:
            address = f"ws://{hosts[0]}{door.place}ws"
            return web.Response(text=page.coach_page(self._name, address), content_type="text/html")
        if request.path == f"{door.place}ws":
            if not door.is_our_page(request.headers.getall("Origin", []), hosts[0]):
                return _words(page.NOT_FROM_THERE, 403)
            return await self._coach(request)
        found = page.file(request.path.removeprefix(door.place)) if request.path.startswith(door.place) else None
        if found is None:
            return _words(page.NOT_HERE, 404)
        return web.Response(body=found[0], content_type=found[1], charset="utf-8")

    # The coach

    async def _coach(self, request: web.Request) -> web.StreamResponse:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._free.wait(), TURN_SECONDS)
        if not self._free.is_set():
            return _words(page.ONLY_ONE, 409)
        self._free.clear()
        self._session = asyncio.current_task()
        try:
            return await self._sit(request)
        finally:
            self._session = None
            self._free.set()

    async def _sit(self, request: web.Request) -> web.StreamResponse:
        """One coach, from the page's coming to its going."""
        line = web.WebSocketResponse(
            heartbeat=HEARTBEAT_SECONDS, max_msg_size=MESSAGE_LIMIT, compress=False, timeout=1.0
        )
        await line.prepare(request)
        coach = CoachProcess(self._command, self._env, line.send_bytes)
        shown: asyncio.Task[None] | None = None
        try:
            await coach.start(_number(request.query.get("width"), 80), _number(request.query.get("height"), 24))
            shown = asyncio.create_task(self._show(coach, line))
            async for message in line:
                if message.type is WSMsgType.TEXT:
                    await _obey(message.data, coach, line)
        except OSError as error:
            # TimeoutError is one too, and says nothing.
            self._say(f"The coach could not be reached: {error.strerror or 'it does not listen any more'}.")
        finally:
            # From here on nobody may interrupt: a coach would stay behind.
            self._session = None
            if shown is not None:
                shown.cancel()
                await asyncio.gather(shown, return_exceptions=True)
            try:
                await line.close()
            finally:
                await coach.stop()
            for words in await coach.last_words():
                self._say(words)
        return line

    async def _show(self, coach: CoachProcess, line: web.WebSocketResponse) -> None:
        try:
            await coach.show()
            if words := await coach.last_words():
                # It did not end well: on the ordinary screen, in place of its last picture.
                await line.send_bytes("\r\n".join([_CLEAR, *words]).encode())
        finally:
            await line.close()


async def _obey(text: str, coach: CoachProcess, line: web.WebSocketResponse) -> None:
    """Do what the page's message says; whatever is not one of its messages is nothing."""
    try:
        match json.loads(text):
            case ["stdin", str(keys)]:
                await coach.type(keys)
            case ["resize", {"width": int(width), "height": int(height)}]:
                await coach.resize(width, height)
            case ["ping", str(stamp)]:
                await line.send_json(["pong", stamp[:40]])
            case ["focus" | "blur" as which]:
                await coach.focus(which == "focus")
    except (ValueError, RecursionError):
        return


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 6 else otherwise


def _words(words: tuple[str, ...], status: int, again: str | None = None) -> web.Response:
    return web.Response(status=status, text=page.words_page(words, again), content_type="text/html")
