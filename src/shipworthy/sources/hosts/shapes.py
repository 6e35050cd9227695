"""Takes apart what a host answered without believing its shape, and matches people by account and by e-mail."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from shipworthy.sources.hosts.client import HostError

MAX_NAME = 200
_NOREPLY = re.compile(r"(?:\d{1,20}[+-])?([A-Za-z0-9_.\[\]-]{1,100})@users\.noreply\.[a-z0-9.-]{1,200}", re.I)
_CO_AUTHOR = re.compile(r"^co-authored-by:[ \t]*([^<>\n]{0,200})<([^<>\s]{1,200})>[ \t]*$", re.I | re.M)
_ROBOT = re.compile(
    r"\[bot\]|noreply@(?:anthropic|openai|cursor|google)|@(?:cursor|aider|devin|openhands)\.|cursoragent@|^copilot\b",
    re.I,
)


def text(data: Any, *keys: str) -> str:
    """The text at a path of keys, shortened; "" where there is none. Half a character, which JSON allows, is "?"."""
    found = part(data, *keys)
    return found[:MAX_NAME].encode("utf-8", "replace").decode("utf-8") if isinstance(found, str) else ""


def part(data: Any, *keys: str) -> Any:
    """What is at a path of keys; None where there is nothing."""
    for key in keys:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data


def flag(data: Any, *keys: str) -> bool | None:
    """A yes or no at a path of keys; None for everything else."""
    found = part(data, *keys)
    return found if isinstance(found, bool) else None


def number(data: Any, *keys: str) -> int | None:
    """A whole number at a path of keys; None for everything else."""
    found = part(data, *keys)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def dicts(data: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; empty for what is no list. Raises HostError where something else is among them."""
    if data is None:
        return []
    if not isinstance(data, list) or not all(isinstance(each, Mapping) for each in data):
        raise HostError("an answer of the host is not of the shape that its API describes")
    return data


def moment(data: Any, *keys: str) -> datetime | None:
    """A time with its zone; None where there is none."""
    found = text(data, *keys)
    try:
        when = datetime.fromisoformat(found)
    except ValueError:
        return None
    return when if when.tzinfo is not None else None


def is_robot(name: str) -> bool:
    """Whether a login, name or e-mail address is one of a bot or an assistant."""
    return bool(_ROBOT.search(name))


class Writers:
    """Who wrote a change: accounts, and addresses of co-authors that belong to no account known here."""

    def __init__(self) -> None:
        self.accounts: set[str] = set()
        self.unmatched: set[str] = set()

    def add(self, account: str, email: str, known: Mapping[str, str]) -> None:
        """`known` maps addresses to accounts, as other commits tell; all in lower case."""
        found = account.lower() or account_of(email) or known.get(email.lower(), "")
        if found:
            self.accounts.add(found)
        elif email and not is_robot(email):
            self.unmatched.add(email.lower())

    def add_co_authors(self, message: Any, known: Mapping[str, str]) -> None:
        """Those that a commit message names."""
        for name, email in co_authors(message):
            if not is_robot(name.strip()) and not is_robot(email):
                self.add("", email, known)


def co_authors(message: Any) -> list[tuple[str, str]]:
    """(name, e-mail) of each Co-authored-by trailer of a commit message."""
    return _CO_AUTHOR.findall(message[:20_000].replace("\r", "")) if isinstance(message, str) else []


def account_of(email: str) -> str:
    """The account behind a host's own no-reply address, lower case; "" for other addresses."""
    match = _NOREPLY.fullmatch(email)
    return match[1].lower() if match else ""


def names(rows: Iterable[Any], *keys: str) -> tuple[str, ...]:
    """Texts at a path of keys of each row, each once, in order."""
    return tuple(dict.fromkeys(found for row in rows if (found := text(row, *keys))))
