"""A code host on loopback: answers what a table says, notes what it was asked, and ends by itself."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import TCPServer
from typing import Any

from shipworthy.sources.hosts.address import Address, HostKind
from shipworthy.sources.hosts.client import Client
from shipworthy.sources.hosts.tokens import Token

MOST = 400
"""Requests it answers; more is a test that went wrong."""


def made_up_token() -> str:
    """Shaped like no provider's, put together at run time."""
    return "-".join(("planted", "host", "token", "c0ffee" * 4))


@dataclass
class Reply:
    """One answer. A body that is no bytes is sent as JSON; `waits`: it is held back until the stand-in ends."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    waits: bool = False


@dataclass
class StandIn:
    """The address it answers at, what it answers by path (without the query), and what it was asked."""

    url: str
    replies: Mapping[str, Any]
    asked: list[str] = field(default_factory=list)
    """Method, path and query of each request."""
    tokens: list[str] = field(default_factory=list)
    """The Authorization header of each."""
    ended: threading.Event = field(default_factory=threading.Event)

    def client(self, token: str = "", **more: Any) -> Client:
        return Client(self.url, Token(token or made_up_token(), "in a test"), **more)

    def address(self, kind: HostKind, project: str = "acme/shop") -> Address:
        return Address(kind=kind, host=self.url.partition("://")[2], project=project, api=self.url)


class _Server(HTTPServer):
    def server_bind(self) -> None:
        # The usual one asks for the machine's name, which can take seconds.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]


@contextmanager
def stand_in(replies: Mapping[str, Any], *, prefix: str = "") -> Iterator[StandIn]:
    """A host that gives each path its reply: a Reply, several in order (the last again and again), or plain JSON.

    Any other path is 404, with the message that GitHub sends. `prefix` stands before every path.
    """
    host = StandIn(url="", replies={f"{prefix}{path}": reply for path, reply in replies.items()})
    served: dict[str, int] = {}

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            host.asked.append(f"{self.command} {self.path}")
            host.tokens.append(self.headers.get("Authorization", ""))
            path = self.path.partition("?")[0]
            reply = host.replies.get(path, Reply({"message": "Not Found"}, 404)) if len(host.asked) <= MOST else Reply()
            if isinstance(reply, tuple):
                served[path] = served.get(path, 0) + 1
                reply = reply[min(served[path], len(reply)) - 1]
            if not isinstance(reply, Reply):
                reply = Reply(reply)
            if reply.waits:
                host.ended.wait(10)
                return
            body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value.replace("{url}", host.url))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:
                return

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

        def log_message(self, *_: object) -> None:
            return

    server = _Server(("127.0.0.1", 0), Handler)
    host.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield host
    finally:
        host.ended.set()
        server.shutdown()
        thread.join(5)
        server.server_close()
