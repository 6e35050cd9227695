"""Decides who may come in: one browser, by a link that works once, and only by the addresses of this machine."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

ADDRESS = "127.0.0.1"
_NAMES = (ADDRESS, "localhost")
_COOKIE = "shipworthy"
_TOKEN_BYTES = 32
_PLACE_BYTES = 12


def _same(given: str, held: str) -> bool:
    return secrets.compare_digest(given.encode("utf-8", "replace"), held.encode())


class Door:
    """The one door of a server on `port`: it holds a token until it is used, and then a session."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._token: str | None = secrets.token_urlsafe(_TOKEN_BYTES)
        self._session: str | None = None
        self.place = f"/{secrets.token_urlsafe(_PLACE_BYTES)}/"
        """The path everything lives under. A browser sends a cookie to every port of a host; a path that nobody can
        guess keeps ours from other servers on this machine, and two coaches apart. It lets nobody in by itself."""

    @property
    def link(self) -> str:
        """The link that lets one browser in, once. Raises ValueError when it was used."""
        if self._token is None:
            raise ValueError("the link was used")
        return f"http://{ADDRESS}:{self._port}/?token={self._token}"

    def enter(self, tokens: Sequence[str]) -> str | None:
        """Exchange the token for a session, once: what to send as `Set-Cookie`, or None for every other token."""
        if self._token is None or len(tokens) != 1 or not _same(tokens[0], self._token):
            return None
        self._token = None
        self._session = secrets.token_urlsafe(_TOKEN_BYTES)
        return f"{_COOKIE}={self._session}; HttpOnly; SameSite=Strict; Path={self.place}"

    def knows(self, cookies: Sequence[str]) -> bool:
        """Whether one of the `Cookie` headers holds the session.

        All values of our name are looked at: another server on this machine can set one more, and must not be able
        to lock the person out.
        """
        if self._session is None:
            return False
        pairs = [part.strip().partition("=") for header in cookies for part in header.split(";")]
        return any(name == _COOKIE and _same(value, self._session) for name, _, value in pairs)

    def is_ours(self, hosts: Sequence[str]) -> bool:
        """Whether the `Host` headers are exactly one, of this machine and port.

        A name of a foreign site that was made to lead here (DNS rebinding) is the name of that site still.
        """
        return len(hosts) == 1 and hosts[0] in self._hosts()

    def is_our_page(self, origins: Sequence[str], host: str) -> bool:
        """Whether the `Origin` headers are exactly one, and it is our own page, seen under `host`.

        A browser lets every site open a websocket anywhere, with the cookies, and says only here which site asks.
        """
        return self.is_ours([host]) and list(origins) == [f"http://{host}"]

    def _hosts(self) -> set[str]:
        hosts = {f"{name}:{self._port}" for name in _NAMES}
        # Browsers leave out the port that the scheme implies.
        return hosts | set(_NAMES) if self._port == 80 else hosts
