"""A headless Chromium, steered through its own debugging protocol: pages, keys, what it asked for, what it was sent."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pyte
from aiohttp import ClientSession, ClientWebSocketResponse

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SECONDS = 60.0
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--window-size=1000,700",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-port=0",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]  # fmt: skip


class Tab:
    """One page."""

    def __init__(self, line: ClientWebSocketResponse) -> None:
        self._line = line
        self._number = 0
        self.requests: list[str] = []
        """Every address the page asked for, websockets among them."""
        self.complaints: list[str] = []
        """What the browser put into the console as an error."""
        self._screen = pyte.Screen(10, 10)
        self._stream = pyte.ByteStream(self._screen)

    @property
    def text(self) -> str:
        """What the terminal in the page was sent to draw."""
        return "\n".join(self._screen.display)

    async def call(self, method: str, **values: Any) -> dict[str, Any]:
        """One command; events that come before its answer are taken in."""
        self._number += 1
        await self._line.send_json({"id": self._number, "method": method, "params": values})
        while True:
            message = json.loads(await self._line.receive_str(timeout=SECONDS))
            if message.get("id") == self._number:
                assert "error" not in message, (method, message)
                return dict(message["result"])
            self._take(message.get("method", ""), message.get("params", {}))

    def _take(self, method: str, values: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.requests.append(values["request"]["url"])
        elif method == "Network.webSocketCreated":
            self.requests.append(values["url"])
        elif method == "Network.webSocketFrameReceived" and values["response"]["opcode"] == 2:
            self._stream.feed(base64.b64decode(values["response"]["payloadData"]))
        elif method == "Network.webSocketFrameSent" and "resize" in values["response"]["payloadData"]:
            size = json.loads(values["response"]["payloadData"])[1]
            self._screen.resize(size["height"], size["width"])
        elif method == "Log.entryAdded" and values["entry"]["level"] == "error":
            self.complaints.append(values["entry"]["text"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(values["exceptionDetails"]))

    async def open(self, address: str) -> None:
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self.call(f"{domain}.enable")
        await self.call("Emulation.setFocusEmulationEnabled", enabled=True)
        await self.call("Page.navigate", url=address)

    async def ask(self, expression: str) -> Any:
        """The value of an expression in the page, awaited where it is a promise."""
        done = await self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    async def until(self, text: str) -> None:
        """Wait until the terminal in the page was sent a text."""
        deadline = time.monotonic() + SECONDS
        while text not in self.text:
            assert time.monotonic() < deadline, f"{text!r} did not come:\n{self.text}"
            await self.ask("0")
            await asyncio.sleep(0.02)

    async def until_so(self, expression: str) -> None:
        """Wait until an expression holds in the page."""
        deadline = time.monotonic() + SECONDS
        while not await self.ask(expression):
            assert time.monotonic() < deadline, f"{expression} never held"
            await asyncio.sleep(0.02)

    async def key(self, key: str) -> None:
        await self.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=key)
        await self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    async def picture(self) -> bytes:
        """A screenshot, as PNG."""
        return base64.b64decode((await self.call("Page.captureScreenshot"))["data"])


class Browser:
    """The browser and the tabs that were opened in it."""

    def __init__(self, client: ClientSession, address: str, line: ClientWebSocketResponse) -> None:
        self._client = client
        self._address = address
        self._tab = Tab(line)

    async def tab(self, *, stranger: bool = False) -> Tab:
        """A new tab; a stranger's shares no cookie with the others."""
        context = await self._tab.call("Target.createBrowserContext") if stranger else {}
        target = (await self._tab.call("Target.createTarget", url="about:blank", **context))["targetId"]
        return Tab(await self._client.ws_connect(f"{self._address}/devtools/page/{target}", max_msg_size=0))


@asynccontextmanager
async def chromium(profile: Path) -> AsyncIterator[Browser]:
    """Start it; it is gone afterwards."""
    started = await asyncio.create_subprocess_exec(
        str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}", "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        told = profile / "DevToolsActivePort"
        async with asyncio.timeout(SECONDS), ClientSession() as client:
            while not (told.exists() and len(lines := told.read_text().split()) == 2):
                await asyncio.sleep(0.05)
            address = f"ws://127.0.0.1:{lines[0]}"
            yield Browser(client, address, await client.ws_connect(address + lines[1], max_msg_size=0))
    finally:
        with suppress(ProcessLookupError):
            started.terminate()
        await started.wait()
