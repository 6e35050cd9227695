"""Files in the user's cache folder that are believed only where nobody else can have written them.

Each belongs to this user, is not writable by others, lies in a folder of the same kind, and begins with the hash of its
bytes. Losing one costs time; a damaged one is none.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from functools import cache
from pathlib import Path

from shipworthy.home import home

_HASH = 32
_MOST_BYTES = 64_000_000


def folder() -> Path:
    """The user's cache folder for shipworthy (XDG base directory specification)."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else home() / ".cache") / "shipworthy"


@cache
def program() -> str:
    """A hash over the code that finds and judges: another one may say other things of the same bytes."""
    total = hashlib.blake2b(digest_size=8)
    for file in sorted(Path(__file__).parent.glob("*.py")):
        total.update(file.read_bytes())
    return total.hexdigest()


def read(path: Path, layout: bytes) -> bytes | None:
    """The content behind its header; None where it is damaged or may be somebody else's. Raises OSError."""
    if os.name != "posix":
        return None  # whose a file is cannot be told there in the same way
    if not stat.S_ISDIR((found := path.parent.lstat()).st_mode) or not _own(found):
        return None
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as stream:
        found = os.fstat(stream.fileno())
        if not stat.S_ISREG(found.st_mode) or not _own(found) or found.st_size > _MOST_BYTES:
            return None
        data = stream.read(_MOST_BYTES)
    start = len(layout) + _HASH
    body = data[start:]
    return body if data.startswith(layout) and _hash(body) == data[len(layout) : start] else None


def write(path: Path, layout: bytes, body: bytes, *, alone: bool = True) -> None:
    """Put the file in place whole; `alone`: and take away all others of its kind. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    kind = path.name.partition("-")[0]
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{kind}-")  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(layout + _hash(body) + body)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    for old in path.parent.glob(f"{kind}-*{path.suffix}") if alone else ():
        if old != path:
            with contextlib.suppress(OSError):
                old.unlink()


def _own(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _hash(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_HASH).digest()
