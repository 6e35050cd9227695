"""Loaded by every Python of a run where the system offers no network namespace: refuses connections that leave here.

An audit hook cannot be taken out again. It sees what goes through the interpreter's own sockets, not what a compiled
library does by itself. Nothing newer than Python 3.8.
"""

from __future__ import annotations

import sys

_HERE = ("", "localhost", "::1", "::", "0.0.0.0")  # noqa: S104 - compared with, not bound to


def _local(address: object) -> bool:
    if not isinstance(address, tuple) or not address:
        return True
    host = address[0]
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    host = str(host).lower()
    return host in _HERE or host.startswith(("127.", "::ffff:127."))


def _hook(event: str, args: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = args[1] if len(args) > 1 else None
        if not _local(address):
            raise OSError(101, "Network is unreachable: shipworthy runs tests without network")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = args[0] if args else None
        if host is not None and not _local((host,)):
            raise OSError(-2, "Name or service not known: shipworthy runs tests without network")


sys.addaudithook(_hook)
