"""Answers of shapes no host should give: an error in our own words, or something not known; never a crash or a yes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from tests.sources.hosts.github_shapes import HEAD, github
from tests.sources.hosts.gitlab_shapes import HEAD as GITLAB_HEAD
from tests.sources.hosts.gitlab_shapes import gitlab
from tests.sources.hosts.stand_in import Reply, made_up_token

from shipworthy.sources.hosts.address import Address, HostKind
from shipworthy.sources.hosts.client import Client, HostError
from shipworthy.sources.hosts.github import ask_github
from shipworthy.sources.hosts.gitlab import ask_gitlab
from shipworthy.sources.hosts.model import HostAnswers
from shipworthy.sources.hosts.tokens import Token

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ODD: tuple[Any, ...] = (
    None,
    3,
    "x",
    True,
    [],
    {},
    [None],
    [[]],
    [3, {"a": 1}],
    {"message": []},
    [{}],
    {"a": {"b": [1]}},
)


class Told(Client):
    """Gets its answers from a table instead of over HTTP."""

    def __init__(self, replies: Mapping[str, Any]) -> None:
        super().__init__("https://api.x.example", Token(made_up_token(), "in a test"))
        self._replies = replies

    def _once(self, address: str) -> tuple[int, httpx.Headers, bytes]:
        reply = self._replies.get(address.removeprefix("https://api.x.example").partition("?")[0], Reply({}, 404))
        reply = reply if isinstance(reply, Reply) else Reply(reply)
        return reply.status, httpx.Headers(), json.dumps(reply.body).encode()


def ask(kind: HostKind, replies: Mapping[str, Any]) -> HostAnswers:
    where = Address(kind=kind, host="x.example", project="acme/shop", api="https://api.x.example")
    with Told(replies) as client:
        if kind is HostKind.GITHUB:
            return ask_github(client, where, HEAD, NOW)
        return ask_gitlab(client, where, GITLAB_HEAD, NOW, ("@ada",))


def inside(data: Any) -> list[Any]:
    """The answer with each of its parts, one at a time, replaced by something odd."""
    found: list[Any] = []
    if isinstance(data, dict):
        for key, value in data.items():
            found += [{**data, key: odd} for odd in ODD[1:6:2]] + [{**data, key: each} for each in inside(value)]
    elif isinstance(data, list) and data:
        found += [[each, *data[1:]] for each in (3, *inside(data[0]))]
    return found


@pytest.mark.long
@pytest.mark.parametrize("kind", list(HostKind))
def test_odd_answers(kind: HostKind) -> None:
    whole = github() if kind is HostKind.GITHUB else gitlab()
    good = ask(kind, whole)
    assert good.changes[0].reviewed.holds
    tried = 0
    for path, reply in whole.items():
        for odd in (*ODD, *inside(reply)):
            tried += 1
            try:
                found = ask(kind, {**whole, path: odd})
            except HostError:
                continue
            assert isinstance(found.branch, str)
            assert all(
                getattr(found.rules, name).holds in (True, False, None)
                for name in ("change_request", "no_force_push", "no_bypass", "approval", "no_review_bypass")
            )
            if path.endswith(("/protection", "/protected_branches")) and not isinstance(odd, type(reply)):
                assert found.rules.change_request.holds is not True, odd
            if path.endswith(("/reviews", "/5/approvals")) and odd in ODD:
                assert [each for each in found.changes if each.reviewed.holds] == [], odd
    assert tried > 200
