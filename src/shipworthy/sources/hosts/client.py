"""Asks a host over HTTP: the one place that sends a token anywhere, and it can only GET.

The token goes to the host it belongs to and to no other: a redirect elsewhere is refused. Every answer is hostile text:
its size, depth and time are limited. No message that comes out of here holds the token or what the host wrote.
"""

from __future__ import annotations

import json
import re
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit

if TYPE_CHECKING:
    import httpx

    from shipworthy.sources.hosts.tokens import Token

TOTAL_SECONDS = 60.0
"""How long all questions together may take."""
ONE_SECONDS = 10.0
MAX_REQUESTS = 200
MAX_BYTES = 4 * 1024 * 1024
MAX_WAIT = 10.0
"""A host that asks for more patience than this many seconds is asked again another day."""
PER_PAGE = 100
MAX_PAGES = 10
_NEXT = re.compile(r'<([^<>]{1,2000})>\s*;[^,<>]{0,200}\brel="?next"?')
_REDIRECTS = (301, 302, 307, 308)
_MAX_DEPTH = 60


class HostError(Exception):
    """The host could not be asked, or its answer not be used: why and, in `diagnostics`, what to do."""

    def __init__(self, message: str, diagnostics: str = "") -> None:
        super().__init__(message)
        self.diagnostics = diagnostics


class Refused(HostError):
    """The host does not take the token at all, or asks for patience: asking for more is of no use."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its status, what the JSON says (None where it has none), and where the next page is."""

    status: int
    data: Any = field(repr=False)
    following: str = ""

    @property
    def ok(self) -> bool:
        return self.status == 200

    @property
    def said(self) -> str:
        """The host's own words for a refusal, for comparing only: hostile text."""
        message = self.data.get("message") if isinstance(self.data, Mapping) else None
        return message[:300] if isinstance(message, str) else ""


class Client:
    """One conversation with one API."""

    def __init__(
        self,
        api: str,
        token: Token,
        *,
        headers: Mapping[str, str] | None = None,
        seconds: float = TOTAL_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
        progress: Callable[[int], None] = lambda asked: None,
    ) -> None:
        """`progress` is told how many questions were asked. Raises HostError for an address that is not safe to use."""
        parts = urlsplit(api)
        loopback = parts.hostname in ("127.0.0.1", "localhost")
        if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
            raise HostError("the host's API is asked over TLS only")
        self._api, self._origin = api.rstrip("/"), (parts.scheme, parts.netloc)
        self._token, self._headers = token, dict(headers or {})
        self._sleep, self._progress = sleep, progress
        self._until = time.monotonic() + seconds
        self._asked, self._loopback = 0, loopback
        self._http: httpx.Client | None = None
        self._limited = ""

    def __repr__(self) -> str:
        return f"Client({self._api})"

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        if self._http is not None:
            self._http.close()

    def get(self, *path: str, **query: str | int) -> Answer:
        """`GET api/path?query`; every part of the path is quoted. Raises HostError.

        A refusal of this one question (403, 404) is an answer; of the token as such (401) or for now (429), an error.
        """
        address = "/".join((self._api, *(quote(part, safe="") for part in path)))
        text = "&".join(f"{quote(key)}={quote(str(value), safe='')}" for key, value in query.items())
        return self._get(f"{address}?{text}" if text else address)

    def pages(self, *path: str, pages: int = MAX_PAGES, **query: str | int) -> Iterator[Answer]:
        """The answer and those that follow it, page by page. Raises HostError, also where `pages` are not all."""
        answer = self.get(*path, **{"per_page": PER_PAGE, **query})
        yield answer
        for _ in range(pages - 1):
            if not answer.following:
                return
            answer = self._get(self._same_host(answer.following))
            yield answer
        if answer.following:
            raise HostError(f"there is more than {pages} pages of it, and no more is asked for")

    def rows(self, *path: str, key: str = "", pages: int = MAX_PAGES, **query: str | int) -> list[Any] | Answer:
        """All rows of a list that comes in pages (inside `key`, where it is named); the answer where it is refused.

        Raises HostError, also where the answer is no list.
        """
        found: list[Any] = []
        for answer in self.pages(*path, pages=pages, **query):
            if not answer.ok:
                return answer
            rows = answer.data.get(key) if key and isinstance(answer.data, Mapping) else answer.data
            if not isinstance(rows, list):
                raise HostError(f"the answer about {path[-1]} is not of the shape that its API describes")
            found += rows
        return found

    def _get(self, address: str) -> Answer:
        for attempt in range(3):
            status, headers, data = self._once(address)
            if status in _REDIRECTS:
                address = self._same_host(urljoin(address, headers.get("location", "")))
                continue
            wait = self._patience(status, headers)
            if wait is None:
                return self._answer(status, headers, data)
            if attempt == 2 or wait > min(MAX_WAIT, self._left()):
                break
            self._sleep(wait)
        else:
            raise HostError("the host redirects again and again")
        raise Refused("the host has had enough questions for now (rate limit)", "Try again in an hour.")

    def _answer(self, status: int, headers: httpx.Headers, data: bytes) -> Answer:
        if status == 401:
            raise Refused(
                f"the host does not take the token {self._token.source}",
                "It has expired or was revoked: make a new one.",
            )
        if status >= 500:
            raise HostError(f"the host answers with an error of its own ({status})", "Try again later.")
        if headers.get("x-ratelimit-remaining", headers.get("ratelimit-remaining", "")) == "0":
            self._limited = "the host has had enough questions for now (rate limit)"
        following = _NEXT.search(headers.get("link", "")[:8_000])
        return Answer(status, _json(data, status), following[1] if following else "")

    def _patience(self, status: int, headers: httpx.Headers) -> float | None:
        """Seconds to wait before asking again; None where the answer is an answer."""
        left = headers.get("x-ratelimit-remaining", headers.get("ratelimit-remaining", ""))
        after = headers.get("retry-after", "")
        if status != 429 and not (status == 403 and (after or left == "0")):
            return None
        return float(after) if after.isascii() and after.isdigit() and len(after) < 8 else MAX_WAIT + 1

    def _same_host(self, address: str) -> str:
        parts = urlsplit(address)
        if (parts.scheme, parts.netloc) != self._origin:
            raise HostError("the host redirects to another host, to which the token is not sent")
        return address

    def _left(self) -> float:
        return self._until - time.monotonic()

    def _once(self, address: str) -> tuple[int, httpx.Headers, bytes]:
        """One request. Raises HostError in our own words: those of the library may quote what was sent."""
        import httpx

        if self._limited:
            raise Refused(self._limited, "Try again in an hour.")
        if self._asked >= MAX_REQUESTS:
            raise HostError(f"more than {MAX_REQUESTS} questions would be needed")
        if self._left() <= 0:
            raise HostError("asking the host took too long", "Try again when the network is better.")
        self._asked += 1
        self._progress(self._asked)
        if self._http is None:
            self._http = httpx.Client(
                headers={**self._headers, "Accept-Encoding": "identity", "User-Agent": "shipworthy"},
                follow_redirects=False,
                # A proxy for the way out is used as set, never for a stand-in on this machine.
                trust_env=not self._loopback,
                # For plain HTTP on this machine one that trusts nobody: reading all certificates takes a while.
                verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if self._origin[0] == "http" else True,
            )
        try:
            with self._http.stream(
                "GET",
                address,
                headers={"Authorization": f"Bearer {self._token.value}"},
                timeout=min(ONE_SECONDS, max(self._left(), 0.1)),
            ) as response:
                return response.status_code, response.headers, self._body(response)
        except httpx.TimeoutException:
            raise HostError("the host did not answer in time", "Try again when the network is better.") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, UnicodeError, ValueError) as error:
            problem = f"the host could not be asked ({type(error).__name__})"
            raise HostError(problem, "Look at the network, the proxy and the certificate of the host.") from None

    def _body(self, response: httpx.Response) -> bytes:
        if response.headers.get("content-encoding", "identity").lower() not in ("identity", ""):
            raise HostError("the host sends packed answers although it was asked for plain ones")
        found = bytearray()
        for piece in response.iter_raw(65_536):
            found += piece
            if len(found) > MAX_BYTES:
                raise HostError(f"an answer of the host is larger than {MAX_BYTES:,} bytes")
            if self._left() <= 0:
                raise HostError("asking the host took too long", "Try again when the network is better.")
        return bytes(found)


def _json(data: bytes, status: int) -> Any:
    try:
        found = json.loads(data) if data.strip() else None
    except (ValueError, RecursionError):
        if status != 200:
            return None
        raise HostError("an answer of the host is not JSON", "Is it the host's own address, or a login page?") from None
    if _too_deep(found):
        raise HostError("an answer of the host is nested too deep")
    return found


def _too_deep(data: Any) -> bool:
    level = [data]
    for _ in range(_MAX_DEPTH):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return False
    return True
