"""Who may come in to the coach in a browser: the token once, the session, the addresses of this machine."""

from __future__ import annotations

import pytest

from shipworthy.serve.door import Door

PORT = 43_210


def let_in() -> tuple[Door, str]:
    """A door that let one browser in, and the cookie this browser sends."""
    door = Door(PORT)
    cookie = door.enter([token_of(door)])
    assert cookie is not None
    return door, cookie.partition(";")[0]


def token_of(door: Door) -> str:
    return door.link.partition("?token=")[2]


def test_the_token_works_once() -> None:
    door = Door(PORT)
    token = token_of(door)
    assert door.link == f"http://127.0.0.1:{PORT}/?token={token}"
    assert len(token) >= 43  # 32 bytes
    assert door.enter([token]) is not None
    assert door.enter([token]) is None
    with pytest.raises(ValueError, match="used"):
        _ = door.link


@pytest.mark.parametrize(
    "given", [[], [""], ["wrong"], ["é\ud800"], ["{token}", "{token}"], ["{token}x"], [" {token}"]]
)
def test_another_token_neither_works_nor_uses_it_up(given: list[str]) -> None:
    door = Door(PORT)
    token = token_of(door)
    assert door.enter([each.replace("{token}", token) for each in given]) is None
    assert door.enter([token]) is not None


def test_no_two_doors_are_alike() -> None:
    one, two = Door(PORT), Door(PORT)
    assert token_of(one) != token_of(two)
    assert one.place != two.place
    assert two.enter([token_of(one)]) is None


def test_the_cookie_is_kept_from_scripts_other_sites_and_other_servers() -> None:
    door = Door(PORT)
    token, cookie = token_of(door), door.enter([token_of(door)])
    assert cookie is not None
    assert cookie.split("; ")[1:] == ["HttpOnly", "SameSite=Strict", f"Path={door.place}"]
    assert len(door.place) >= 18  # 12 bytes between slashes
    assert token not in cookie
    assert token not in door.place


@pytest.mark.parametrize(
    ("headers", "known"),
    [
        ([], False),
        ([""], False),
        (["{}"], True),
        (["theme=dark; {}; lang=en"], True),
        (["theme=dark", "{}"], True),
        # Another server on this machine has set one of the same name: the person stays in, the other stays out.
        (["shipworthy=planted; {}"], True),
        (["{}; shipworthy=planted"], True),
        (["shipworthy=planted"], False),
        (["shipworthy="], False),
        (["{}x"], False),
        (["x{}"], False),
        (["shipworthy=é\udcff"], False),
    ],
)
def test_the_session_is_known_by_its_cookie(headers: list[str], known: bool) -> None:
    door, cookie = let_in()
    assert door.knows([each.replace("{}", cookie) for each in headers]) is known


@pytest.mark.parametrize("cookie", ["shipworthy=", "shipworthy=None", "shipworthy"])
def test_nobody_is_known_before_the_link_was_opened(cookie: str) -> None:
    assert not Door(PORT).knows([cookie])


@pytest.mark.parametrize(
    ("hosts", "ours"),
    [
        ([f"127.0.0.1:{PORT}"], True),
        ([f"localhost:{PORT}"], True),
        ([], False),
        ([""], False),
        (["127.0.0.1"], False),
        (["127.0.0.1:80"], False),
        ([f"evil.example:{PORT}"], False),
        ([f"127.0.0.1.evil.example:{PORT}"], False),
        ([f"localhost.evil.example:{PORT}"], False),
        ([f"evil.example@127.0.0.1:{PORT}"], False),
        ([f"0.0.0.0:{PORT}"], False),
        ([f"[::1]:{PORT}"], False),
        ([f"127.0.0.1:{PORT}", "evil.example"], False),
        ([f"127.0.0.1:{PORT}", f"127.0.0.1:{PORT}"], False),
    ],
)
def test_it_answers_by_its_own_addresses_only(hosts: list[str], ours: bool) -> None:
    assert Door(PORT).is_ours(hosts) is ours


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:80"])
def test_port_80_needs_no_naming(host: str) -> None:
    assert Door(80).is_ours([host])


HOST = f"127.0.0.1:{PORT}"
ORIGINS = [
    ([f"http://{HOST}"], True),
    ([], False),
    (["null"], False),
    (["http://evil.example"], False),
    ([f"https://{HOST}"], False),
    # The same host on another port, and the other name of the same place: each is another site's page.
    ([f"http://127.0.0.1:{PORT + 1}"], False),
    ([f"http://localhost:{PORT}"], False),
    ([f"http://{HOST}.evil.example"], False),
    ([f"http://{HOST}", "http://evil.example"], False),
]


@pytest.mark.parametrize(("origins", "ours"), ORIGINS)
def test_only_its_own_page_may_talk_to_the_coach(origins: list[str], ours: bool) -> None:
    assert Door(PORT).is_our_page(origins, HOST) is ours
    assert not Door(PORT).is_our_page(["http://evil.example"], "evil.example")
