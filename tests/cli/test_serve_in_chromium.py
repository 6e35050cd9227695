"""`shipworthy serve`, the real program, in a real browser: it is drawn, it hears keys, and nobody else gets in."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from devtools import CHROMIUM, Tab, chromium
from serving import until
from tests.support import make_repo
from tests.terminal import SHIPWORTHY

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: the coach was not seen in a real browser")
FILES = {"app.py": "import os\n", "README.md": "# a\n"}


@asynccontextmanager
async def serve(folder: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """The program and the link it printed; killed where a test left it running."""
    program = await asyncio.create_subprocess_exec(
        SHIPWORTHY, "serve", str(folder), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    assert program.stdout is not None
    try:
        async with asyncio.timeout(60):
            while not (link := re.search(rb"http://\S+", await program.stdout.readline())):
                pass
        yield program, link[0].decode()
    finally:
        with contextlib.suppress(ProcessLookupError):
            program.kill()
        await program.wait()


@asynccontextmanager
async def other_site() -> AsyncIterator[tuple[str, list[str]]]:
    """A page of another server on this machine, and the cookies that reached it."""
    cookies: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        cookies.append(request.headers.get("Cookie", ""))
        return web.Response(text='<link rel="icon" href="data:,"><title>other</title>', content_type="text/html")

    application = web.Application()
    application.router.add_get("/{rest:.*}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/", cookies
    finally:
        await runner.cleanup()


def below(folder: Path) -> list[int]:
    """The processes that have the folder among their arguments: the coach, and its examination."""
    found = []
    for each in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            words = (each / "cmdline").read_bytes().split(b"\0") if each.name.isdecimal() else []
            if os.fsencode(folder) in words and any(b"shipworthy." in word for word in words):
                found.append(int(each.name))
    return found


async def shut_out(tab: Tab, socket: str) -> None:
    """The page in this tab cannot talk to the coach."""
    tried = (
        f"new Promise(told => {{ const line = new WebSocket({socket!r});"
        " line.onopen = () => told('open'); line.onerror = () => told('refused'); })"
    )
    assert await tab.ask(tried) == "refused"


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc to see which processes are left")
async def test_the_coach_in_a_browser(tmp_path: Path) -> None:
    repo = make_repo(tmp_path / "repo", FILES)
    async with (
        serve(repo) as (program, link),
        chromium(tmp_path / "profile") as browser,
        other_site() as (site, cookies),
    ):
        token = link.partition("=")[2]
        # By a link on another site's page, which is the hardest way in: the cookie comes only when our own page asks.
        tab = await browser.tab()
        await tab.open(site.replace("127.0.0.1", "localhost"))
        await tab.until_so("document.title == 'other'")
        await tab.ask(f"location.href = {link!r}")
        # The list stands, and a key has its effect: without a click, the keyboard is the coach's.
        await tab.until("NOT READY")
        await tab.until("Secrets")
        await tab.until("checked ")
        await tab.until_so("document.body.classList.contains('-first-byte')")
        before = await tab.picture()
        await tab.key("?")
        await tab.until("Keys and states")
        await asyncio.sleep(0.3)
        after = await tab.picture()
        assert len(before) > 10_000  # an empty page of this size takes less than half
        assert after != before
        # What it asked for was on this machine, and its own policy let everything in.
        host = link.partition("/?")[0].removeprefix("http://")
        asked = [each for each in tab.requests[tab.requests.index(link) :] if each != "data:,"]
        assert [each for each in asked if not re.match(rf"(?:http|ws)://{re.escape(host)}/", each)] == []
        names = {each.partition("?")[0].rpartition("/")[2] for each in asked}
        assert names == {"", "textual.js", "coach.js", "xterm.css", "coach.css", "ws"}
        assert [each for each in tab.complaints if "status of 403" not in each] == []
        place = await tab.ask("location.href")
        assert token not in place
        assert asked.count(place) == 2  # without the cookie, then with it
        assert await tab.ask("document.cookie") == ""
        assert await tab.ask("document.referrer") == ""
        # The link again, in another browser; the address without a cookie; another server's page.
        stranger = await browser.tab(stranger=True)
        for address in (link, place):
            await stranger.open(address)
            await stranger.until_so("document.body && document.body.innerText.includes('was not let in')")
        foreign = await browser.tab()
        await foreign.open(site)
        await foreign.until_so("document.title == 'other'")
        await shut_out(foreign, place.replace("http", "ws", 1) + "ws")
        assert "shipworthy" not in "".join(cookies)
        assert cookies
        # Ctrl-C ends the coach, its examination and the page; nothing of the token was written.
        assert len(below(repo)) >= 2
        program.send_signal(signal.SIGINT)
        assert program.stdout is not None
        rest = await asyncio.wait_for(program.stdout.read(), 60)
        assert await program.wait() == 0
        await until(lambda: below(repo) == [])
        assert token not in rest.decode()
        assert rest.decode().splitlines()[-1] == "Ended."
        await tab.until_so("document.body.classList.contains('-closed')")
        assert await tab.ask("document.activeElement.textContent") == "Open the coach again"
