"""`shipworthy serve` as a stranger on loopback meets it: nothing without the cookie, nothing by a foreign address."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from pathlib import Path

import pytest
from aiohttp import ClientSession, WSServerHandshakeError
from serving import picture, serving

from shipworthy.serve import page
from shipworthy.serve.server import listen


async def test_the_link_works_once_and_leaves_a_clean_address(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        token = served.link.partition("=")[2]
        for method, path in (
            ("GET", "/"),
            ("GET", "/?token=wrong"),
            ("HEAD", f"/?token={token}"),
            ("POST", f"/?token={token}"),
        ):
            assert await served.status(method, path) == 403
        async with served.client.get(served.link, allow_redirects=False) as answer:
            assert answer.status == 303
            assert answer.headers["Location"] == served.door.place
            cookie = answer.headers["Set-Cookie"]
        assert "; HttpOnly; SameSite=Strict; Path=/" in cookie
        assert token not in cookie
        async with served.client.get(served.link, allow_redirects=False) as again:
            assert again.status == 403
            words = await again.text()
        assert "works once" in words
        assert "Ctrl-C" in words
        assert await served.status("GET", served.door.place) == 200
        assert served.said == ["A browser opened the link. It lets nobody else in."]


PATHS = ["", "ws", "textual.js", "coach.js", "coach.css", "xterm.css", "nothing"]


async def test_every_path_needs_the_cookie(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        everything = [served.door.place + each for each in PATHS]
        everything += [
            "/",
            "/ws",
            "/static/",
            "/static/js/textual.js",
            "/download/k",
            "/favicon.ico",
            "/%2e%2e/etc/passwd",
        ]
        for before in (True, False):
            for path in everything:
                for method in ("GET", "POST", "OPTIONS", "HEAD"):
                    assert await served.status(method, path, Cookie="shipworthy=guessed") == 403, (before, path)
            async with ClientSession() as other:
                with pytest.raises(WSServerHandshakeError, match="403"):
                    await other.ws_connect(f"{served.base}{served.door.place}ws", headers={"Origin": served.base})
            if before:
                await served.come_in()
                served.client.cookie_jar.clear()
        assert served.coaches == []


async def test_who_comes_by_a_link_of_another_site_is_sent_on_once(tmp_path: Path) -> None:
    # The browser keeps the cookie back there; our own page then asks for the same again, with the cookie.
    async with serving(tmp_path) as served:
        place = served.door.place
        for site, sent_on in (("cross-site", True), ("same-site", False), ("same-origin", False), ("none", False)):
            async with served.client.get(served.base + place, headers={"Sec-Fetch-Site": site}) as answer:
                words = await answer.text()
            assert answer.status == 403
            assert (f'content="0; url={place}"' in words) is sent_on
            assert ("was not let in" in words) is not sent_on
        assert await served.status("GET", place + "ws", **{"Sec-Fetch-Site": "cross-site"}) == 403


async def test_inside_only_what_the_page_needs_is_there(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        await served.come_in()
        place = served.door.place
        for name in ("textual.js", "coach.js", "coach.css", "xterm.css"):
            assert await served.status("GET", place + name) == 200
        for path in (
            place + "nothing",
            place + "coach.html",
            place + "../door.py",
            "/ws",
            f"{place}/",
            f"{place}static/",
        ):
            assert await served.status("GET", path) in (403, 404), path
        for method in ("POST", "PUT", "DELETE", "OPTIONS"):
            assert await served.status(method, place) == 405
        assert served.coaches == []


FOREIGN = ["evil.example", "evil.example:{port}", "127.0.0.1:1", "127.0.0.1", "[::1]:{port}"]


@pytest.mark.parametrize("host", FOREIGN)
async def test_a_foreign_host_gets_nothing(host: str, tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        foreign = host.format(port=served.host.rpartition(":")[2])
        # Nor does it use the token up.
        assert await served.status("GET", served.link.removeprefix(served.base), Host=foreign) == 403
        await served.come_in()
        cookie = {"Cookie": f"shipworthy={next(iter(served.client.cookie_jar)).value}", "Host": foreign}
        for path in PATHS:
            assert await served.status("GET", served.door.place + path, **cookie) == 403
        with pytest.raises(WSServerHandshakeError, match="403"):
            await served.talk(**cookie, Origin=f"http://{foreign}")
        assert served.coaches == []


@pytest.mark.parametrize(
    "origin", ["", "null", "http://evil.example", "https://{host}", "http://127.0.0.1:1", "http://localhost:{port}"]
)
async def test_a_foreign_page_reaches_no_coach(origin: str, tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        await served.come_in()
        foreign = origin.format(host=served.host, port=served.host.rpartition(":")[2])
        with pytest.raises(WSServerHandshakeError, match="403"):
            await served.talk(Origin=foreign)
        assert served.coaches == []


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
async def test_the_page_talks_to_the_name_it_was_opened_by(name: str, tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        await served.come_in()
        cookie = f"shipworthy={next(iter(served.client.cookie_jar)).value}"
        host = served.host.replace("127.0.0.1", name)
        headers = {"Host": host, "Cookie": cookie}
        async with served.client.get(served.base + served.door.place, headers=headers) as answer:
            assert f'"ws://{host}{served.door.place}ws"' in await answer.text()
            assert f"connect-src ws://{host};" in answer.headers["Content-Security-Policy"]
        async with served.talk(**headers, Origin=f"http://{host}") as line:
            assert await picture(line) == "size 90x30"


async def test_it_listens_on_loopback_only(tmp_path: Path) -> None:
    with listen(0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
        assert listener.family is socket.AF_INET
        with pytest.raises(OSError):
            listen(listener.getsockname()[1])


async def test_every_answer_is_kept_from_caches_frames_and_other_sites(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        async with served.client.get(served.link, allow_redirects=False) as first:
            answers = [first.headers]
        paths = ["/", served.door.place, *(served.door.place + each for each in ("textual.js", "nothing", "ws"))]
        for path in paths:
            async with served.client.get(served.base + path) as answer:
                answers.append(answer.headers)
        async with served.talk() as line:
            answers.append(line._response.headers)
    for headers in answers:
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Server"] == "shipworthy"
        policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == "'self'"
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
        assert policy["connect-src"] == f"ws://{served.host}"
        assert policy["sandbox"] == "allow-scripts allow-same-origin"


async def test_the_token_is_written_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving(tmp_path) as served:
        token = served.link.partition("=")[2]
        for broken in (
            f"GET /?token={token} HTTP/9\r\n\r\n",
            f"GET /?token={token}\x01 HTTP/1.1\r\nHost: {served.host}\r\n\r\n",
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(served.host.rpartition(":")[2]))
            writer.write(broken.encode())
            assert (await reader.readline()).split()[1].startswith(b"4")
            writer.close()
        await served.come_in()
        await served.status("GET", served.link.removeprefix(served.base))
        async with served.talk() as line:
            await picture(line)
        heard = [*served.said, caplog.text, *capfd.readouterr(), *map(str, os.environ.values())]
    assert not any(token in each for each in heard)


async def test_a_bug_of_ours_says_where_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str, address: str) -> str:
        raise RuntimeError(f"quoting {name}")

    monkeypatch.setattr(page, "coach_page", broken)
    async with serving(tmp_path, "hunter2") as served:
        async with served.client.get(served.link) as answer:
            words = await answer.text()
        assert answer.status == 500
        assert "a bug, please report it" in words
        assert "hunter2" not in words + "".join(served.said)
