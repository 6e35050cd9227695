"""A server of `shipworthy serve` with a small stand-in for the coach, and a client that knows its link."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import ClientSession, ClientWebSocketResponse, CookieJar, WSMsgType
from aiohttp.client import _WSRequestContextManager

from shipworthy.serve.door import Door
from shipworthy.serve.server import CoachServer, listen

# Speaks the protocol of Textual's web driver: says its size, then repeats what it is sent.
COACH = r"""
import json, os, sys
def packet(kind, data):
    os.write(1, kind + len(data).to_bytes(4, "big") + data)
read = sys.stdin.buffer.read
os.write(1, b"__GANGLION__\n")
open(sys.argv[1], "a").write(f"{os.getpid()}\n")
packet(b"D", f"size {os.environ['COLUMNS']}x{os.environ['ROWS']}".encode())
packet(b"M", json.dumps({"type": "open_url", "url": "https://evil.example", "new_tab": True}).encode())
packet(b"M", json.dumps({"type": "deliver_file_start", "key": "k", "path": "/etc/passwd"}).encode())
packet(b"P", b"packed")
while head := read(5):
    data = read(int.from_bytes(head[1:], "big"))
    if data == b"leave":
        packet(b"M", json.dumps({"type": "exit"}).encode())
        break
    if data == b"crash":
        sys.exit("a bug\x1b]0;title\x07 in <b>repo</b>")
    if data == b"stay":
        import signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        packet(b"D", b"staying")
        time.sleep(60)
    packet(b"D", b"got " + head[:1] + b" " + data)
"""


class Served:
    """A server, a client with cookies of its own, and the traces both leave."""

    def __init__(self, door: Door, port: int, client: ClientSession, marks: Path) -> None:
        self.door = door
        self.link = door.link
        self.host = f"127.0.0.1:{port}"
        self.base = f"http://{self.host}"
        self.client = client
        self.said: list[str] = []
        self._marks = marks

    @property
    def coaches(self) -> list[int]:
        """The processes started so far."""
        return [int(line) for line in self._marks.read_text().split()] if self._marks.exists() else []

    async def status(self, method: str, path: str, **headers: str) -> int:
        async with self.client.request(method, self.base + path, headers=headers, allow_redirects=False) as answer:
            return answer.status

    async def come_in(self) -> None:
        async with self.client.get(self.link) as answer:
            assert (answer.status, str(answer.url)) == (200, self.base + self.door.place)

    def talk(self, **headers: str) -> _WSRequestContextManager:
        return self.client.ws_connect(
            f"{self.base}{self.door.place}ws?width=90&height=30", headers={"Origin": self.base, **headers}
        )


@asynccontextmanager
async def serving(tmp_path: Path, name: str = "lemonade", coach: list[str] | None = None) -> AsyncIterator[Served]:
    """Serve, with `coach` as the command of the coach."""
    listener = listen(0)
    port = listener.getsockname()[1]
    door = Door(port)
    marks = tmp_path / "coaches"
    coach = coach or [sys.executable, "-I", "-S", "-c", COACH, str(marks)]
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as client:
        served = Served(door, port, client, marks)
        async with CoachServer(door, coach, os.environ, name, served.said.append).serving(listener):
            yield served


async def picture(line: ClientWebSocketResponse) -> str:
    message = await line.receive(timeout=20)
    assert message.type is WSMsgType.BINARY, message
    return bytes(message.data).decode()


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def until(what: Callable[[], bool]) -> None:
    """Wait until something is so, a bounded time."""
    async with asyncio.timeout(20):
        while not what():
            await asyncio.sleep(0.01)
