"""The page of `shipworthy serve` and the coach behind it: nothing foreign, keys and pictures, one coach, no orphan."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from aiohttp import WSMsgType, WSServerHandshakeError
from serving import picture, runs, serving, until

from shipworthy.serve import page, process, server

# The page


class Loads(HTMLParser):
    """Every address a page names, and every script it holds itself."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.own = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action", "style")]
        self.own += (tag == "script" and "src" not in named) + any(name.startswith("on") for name in named)
        assert tag not in ("base", "iframe", "form", "style", "meta") or (tag == "meta" and "http-equiv" not in named)


@pytest.mark.parametrize(
    "name", ["lemonade", '"><script src="https://evil.example/x.js">', "a\x1b[31m\u202eb", "@socket@"]
)
def test_the_page_loads_nothing_from_elsewhere(name: str) -> None:
    socket_address = "ws://127.0.0.1:1/x/ws"
    loads = Loads()
    html = page.coach_page(name, socket_address)
    loads.feed(html)
    assert loads.addresses == ["data:,", "xterm.css", "coach.css", "textual.js", "coach.js", "./"]
    assert loads.own == 0
    assert "\x1b" not in html
    assert "\u202e" not in html
    assert html.count(f'data-session-websocket-url="{socket_address}"') == 1
    for each in ("xterm.css", "coach.css"):
        found = page.file(each)
        assert found is not None
        assert not re.search(rb"url\(|@import", found[0])


def test_the_style_sheets_let_in_are_those_of_the_script() -> None:
    found = page.file("textual.js")
    assert found is not None
    # Another release of textual-serve may say it otherwise: then `_STYLES` is to be looked at again.
    assert f'"{page._STYLES[1]}"'.encode() in found[0]


# The coach


async def test_keys_and_sizes_reach_the_coach_and_its_pictures_the_page(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        await served.come_in()
        async with served.talk() as line:
            assert await picture(line) == "size 90x30"
            await line.send_json(["stdin", "n\x1b[B é"])
            # No link to open and no file to download came before: the page is never told of either.
            assert await picture(line) == "got D n\x1b[B é"
            await line.send_json(["resize", {"width": 120, "height": 10**9}])
            assert await picture(line) == 'got M {"type": "resize", "width": 120, "height": 1000}'
            await line.send_json(["blur"])
            assert await picture(line) == 'got M {"type": "blur"}'
            await line.send_json(["ping", "1"])
            assert (await line.receive_json(timeout=20)) == ["pong", "1"]


NONSENSE = [
    "",
    "{",
    "[]",
    "null",
    '["stdin"]',
    '["stdin", 1]',
    '["resize", {}]',
    '["resize", {"width": "1", "height": 1}]',
]
NONSENSE += ['["quit"]', '{"type": "quit"}', '["deliver_chunk_request", "k"]', "[" * 50_000]


async def test_what_is_no_message_is_nothing(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        await served.come_in()
        async with served.talk() as line:
            await picture(line)
            for each in NONSENSE:
                await line.send_str(each)
            await line.send_bytes(b'["stdin", "bytes"]')
            await line.send_json(["stdin", "after"])
            assert await picture(line) == "got D after"


async def test_a_second_tab_waits_its_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "TURN_SECONDS", 0.05)
    async with serving(tmp_path) as served:
        await served.come_in()
        async with served.talk() as line:
            await picture(line)
            with pytest.raises(WSServerHandshakeError, match="409"):
                await served.talk()
            await line.send_json(["stdin", "still here"])
            assert await picture(line) == "got D still here"
        monkeypatch.setattr(server, "TURN_SECONDS", 20)
        async with served.talk() as line:
            assert await picture(line) == "size 90x30"
        assert len(served.coaches) == 2


async def test_the_page_hears_when_the_coach_leaves(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        await served.come_in()
        async with served.talk() as line:
            await picture(line)
            await line.send_json(["stdin", "leave"])
            assert (await line.receive(timeout=20)).type is WSMsgType.CLOSE


async def test_why_a_coach_ended_is_shown_and_obeyed_by_no_terminal(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        await served.come_in()
        async with served.talk() as line:
            await picture(line)
            await line.send_json(["stdin", "crash"])
            shown = await picture(line)
            assert (await line.receive(timeout=20)).type is WSMsgType.CLOSE
        assert shown.endswith("\r\na bug␛]0;title␇ in <b>repo</b>")
        assert "\x1b]" not in shown
        await until(lambda: len(served.said) == 2)
        assert served.said[1] == "a bug␛]0;title␇ in <b>repo</b>"


@pytest.mark.parametrize("stubborn", [False, True])
async def test_no_coach_outlives_its_page_or_its_server(
    stubborn: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if stubborn:
        monkeypatch.setattr(process, "LEAVE_SECONDS", 0.1)
        monkeypatch.setattr(process, "END_SECONDS", 0.1)
    async with serving(tmp_path) as served:
        await served.come_in()
        for last in (False, True):
            line = await served.talk()
            await picture(line)
            if stubborn:
                await line.send_json(["stdin", "stay"])
                assert await picture(line) == "staying"
            pid = served.coaches[-1]
            assert runs(pid)
            if not last:
                await line.close()
                await until(lambda gone=pid: not runs(gone))
    assert not runs(pid)


async def test_a_coach_that_does_not_start_is_said(tmp_path: Path) -> None:
    async with serving(tmp_path, coach=[str(tmp_path / "absent")]) as served:
        await served.come_in()
        async with served.talk() as line:
            assert (await line.receive(timeout=20)).type is WSMsgType.CLOSE
        assert served.said[1] == "The coach could not be reached: No such file or directory."
