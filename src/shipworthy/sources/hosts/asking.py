"""Asks a host for everything at once: finds the token, opens the one conversation, and lets the right reader ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from shipworthy.sources.hosts.address import Address, HostKind
from shipworthy.sources.hosts.client import Client
from shipworthy.sources.hosts.model import HostAnswers
from shipworthy.sources.hosts.tokens import Keyring, find_token


class HostAsker:
    """An `Asker` with this machine's tokens."""

    def __init__(self, environment: Mapping[str, str], keyring: Keyring, outside: Path, home: Path) -> None:
        """`outside` is the repository, none of whose programs is started."""
        self._environment, self._keyring = environment, keyring
        self._outside, self._home = outside, home

    def __call__(
        self, address: Address, commit: str, now: datetime, owners: tuple[str, ...], progress: Callable[[int], None]
    ) -> HostAnswers:
        from shipworthy.sources.hosts import github, gitlab

        token = find_token(address, self._environment, self._keyring, self._outside, self._home)
        headers = github.HEADERS if address.kind is HostKind.GITHUB else {"Accept": "application/json"}
        with Client(address.api, token, headers=headers, progress=progress) as client:
            if address.kind is HostKind.GITHUB:
                return github.ask_github(client, address, commit, now)
            return gitlab.ask_gitlab(client, address, commit, now, owners)
