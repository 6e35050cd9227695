"""The one place that talks to a host: what it refuses, how patient it is, and that a token goes nowhere else."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable

import pytest
from tests.sources.hosts.stand_in import Reply, StandIn, made_up_token, stand_in

from shipworthy.sources.hosts import client as module
from shipworthy.sources.hosts.client import Client, HostError, Refused
from shipworthy.sources.hosts.tokens import Token

DEEP = b"[" * 100 + b"]" * 100
PAGE = {"Link": '<{url}/list?page=2>; rel="next", <{url}/list?page=2>; rel="last"'}


def test_an_answer_is_asked_for_once_with_the_token() -> None:
    with stand_in({"/a%2Fb/c": {"x": 1}}) as host, host.client() as client:
        answer = client.get("a/b", "c", q="1 2")
    assert (answer.status, answer.data, answer.ok) == (200, {"x": 1}, True)
    assert host.asked == ["GET /a%2Fb/c?q=1%202"]
    assert host.tokens == [f"Bearer {made_up_token()}"]


@pytest.mark.parametrize("status", [403, 404])
def test_a_refusal_of_one_question_is_an_answer(status: int) -> None:
    with stand_in({"/a": Reply({"message": "Not here"}, status)}) as host, host.client() as client:
        answer = client.get("a")
    assert (answer.status, answer.ok, answer.said) == (status, False, "Not here")


REFUSED: dict[str, tuple[Reply, type[HostError], str]] = {
    "401": (Reply({}, 401), Refused, "does not take the token in a test"),
    "429": (Reply({}, 429), Refused, "enough questions"),
    "429 for an hour": (Reply({}, 429, {"Retry-After": "3600"}), Refused, "enough questions"),
    "429 with a date": (Reply({}, 429, {"Retry-After": "Mon, 23 Nov 2026 12:00:00 GMT"}), Refused, "enough questions"),
    "403 with nothing left": (Reply({}, 403, {"X-RateLimit-Remaining": "0"}), Refused, "enough questions"),
    "500": (Reply({}, 500), HostError, "error of its own"),
    "another host": (Reply(b"", 302, {"Location": "http://localhost:1/a"}), HostError, "another host"),
    "another port": (Reply(b"", 301, {"Location": "http://127.0.0.1:1/a"}), HostError, "another host"),
    "another scheme": (Reply(b"", 307, {"Location": "https://127.0.0.1/a"}), HostError, "another host"),
    "itself for ever": (Reply(b"", 308, {"Location": "/a"}), HostError, "again and again"),
    "no JSON": (Reply(b"<html>log in</html>"), HostError, "not JSON"),
    "cut JSON": (Reply(b'{"a": [1, '), HostError, "not JSON"),
    "deep JSON": (Reply(DEEP), HostError, "too deep"),
    "very deep JSON": (Reply(b"[" * 200_000), HostError, "not JSON"),
    "packed": (Reply(b"\x1f\x8b", headers={"Content-Encoding": "gzip"}), HostError, "packed"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    reply, kind, said = REFUSED[name]
    with stand_in({"/a": reply}) as host, host.client(sleep=lambda seconds: None) as client:
        with pytest.raises(HostError, match=said) as caught:
            client.get("a")
        assert type(caught.value) is kind
        assert_silent(caught.value, client)


def assert_silent(error: BaseException, client: Client) -> None:
    """Neither the error, nor what it came from, nor the client holds the token in words."""
    told = "".join(traceback.format_exception(error)) + repr(error) + repr(client) + repr(vars(error))
    assert made_up_token() not in told
    assert error.__cause__ is None


def test_a_body_that_is_too_large_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 1_000)
    with (
        stand_in({"/a": Reply(b" " * 100_000)}) as host,
        host.client() as client,
        pytest.raises(HostError, match="larger than 1,000 bytes"),
    ):
        client.get("a")


@pytest.mark.parametrize("limit", ["one", "all"])
def test_a_host_that_never_answers(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(module, "ONE_SECONDS", 0.05)
    with (
        stand_in({"/a": Reply(waits=True)}) as host,
        host.client(seconds=30.0 if limit == "one" else 0.0) as client,
        pytest.raises(HostError, match="in time" if limit == "one" else "too long") as caught,
    ):
        client.get("a")
    assert_silent(caught.value, client)


def test_nobody_there() -> None:
    with Client("http://127.0.0.1:9", Token(made_up_token(), "in a test")) as client:
        with pytest.raises(HostError, match="could not be asked") as caught:
            client.get("a")
        assert_silent(caught.value, client)


@pytest.mark.parametrize(
    ("first", "waited"),
    [(Reply({}, 429, {"Retry-After": "7"}), [7.0]), (Reply({}, 403, {"Retry-After": "2"}), [2.0])],
    ids=["429", "403"],
)
def test_patience(first: Reply, waited: list[float]) -> None:
    slept: list[float] = []
    with stand_in({"/a": (first, Reply({"ok": True}))}) as host, host.client(sleep=slept.append) as client:
        assert client.get("a").data == {"ok": True}
    assert slept == waited


def test_nothing_more_is_asked_once_the_host_has_had_enough() -> None:
    with stand_in({"/a": Reply({}, headers={"X-RateLimit-Remaining": "0"})}) as host, host.client() as client:
        assert client.get("a").ok
        with pytest.raises(Refused, match="rate limit"):
            client.get("a")
    assert len(host.asked) == 1


def test_a_renamed_repository_is_followed_on_the_same_host() -> None:
    with (
        stand_in({"/a": Reply(b"", 301, {"Location": "{url}/b"}), "/b": {"new": 1}}) as host,
        host.client() as client,
    ):
        assert client.get("a").data == {"new": 1}


PAGES: dict[str, tuple[object, object]] = {
    "two pages": ((Reply([1, 2], headers=PAGE), Reply([3])), [1, 2, 3]),
    "one page": ([1], [1]),
    "without end": (Reply([1], headers=PAGE), "more than 3 pages"),
    "elsewhere": (Reply([1], headers={"Link": '<http://localhost:1/list>; rel="next"'}), "another host"),
    "no list": ({"a": 1}, "not of the shape"),
}


@pytest.mark.parametrize("name", PAGES)
def test_pages(name: str) -> None:
    replies, expected = PAGES[name]
    with stand_in({"/list": replies}) as host, host.client() as client:
        if isinstance(expected, list):
            assert client.rows("list", pages=3) == expected
        else:
            with pytest.raises(HostError, match=str(expected)):
                client.rows("list", pages=3)


def test_requests_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_REQUESTS", 2)
    told: list[int] = []
    with stand_in({"/a": {}}) as host, host.client(progress=told.append) as client:
        client.get("a")
        client.get("a")
        with pytest.raises(HostError, match="more than 2 questions"):
            client.get("a")
    assert told == [1, 2]


@pytest.mark.parametrize("api", ["http://code.example/api", "ftp://127.0.0.1/", "file:///etc/passwd"])
def test_only_over_tls(api: str) -> None:
    with pytest.raises(HostError, match="TLS"):
        Client(api, Token(made_up_token(), "in a test"))


def test_there_is_no_way_to_send_anything_but_get() -> None:
    public = {name for name in vars(Client) if not name.startswith("_")}
    assert public == {"get", "pages", "rows"}


def test_logging_at_its_loudest_does_not_tell_the_token(caplog: pytest.LogCaptureFixture) -> None:
    def ask(host: StandIn) -> None:
        with host.client() as client:
            client.get("a")

    asking: Callable[[StandIn], None] = ask
    with caplog.at_level(logging.DEBUG), stand_in({"/a": {}}) as host:
        asking(host)
    assert caplog.records
    assert made_up_token() not in caplog.text
    assert made_up_token() not in repr([record.args for record in caplog.records])
