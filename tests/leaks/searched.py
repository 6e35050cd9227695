"""Finds any part of a planted value, in whatever writing, in all that a program said and left behind."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import sqlite3
import urllib.parse
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

LENGTH = 12
"""So many bytes of a value, anywhere in a text, are a leak."""


def _writings(value: str) -> Iterator[bytes]:
    raw = value.encode()
    yield from (raw, raw.lower(), raw.upper(), value.encode("utf-16-le"))
    yield from (raw.hex().encode(), raw.hex().upper().encode())
    for skipped in range(3):
        # What stands before it moves a value against the groups of three.
        yield base64.b64encode(raw[skipped : len(raw) - (len(raw) - skipped) % 3])
        yield base64.urlsafe_b64encode(raw[skipped : len(raw) - (len(raw) - skipped) % 3])
    for text in (urllib.parse.quote(value, safe=""), json.dumps(value)[1:-1], html.escape(value), repr(value)[1:-1]):
        yield text.encode()
    yield value.encode("unicode_escape")


class Search:
    """Looks for the values of a table: where -> the secret parts."""

    def __init__(self, values: Mapping[str, tuple[str, ...]]) -> None:
        self._windows: dict[bytes, str] = {}
        for where, parts in values.items():
            for part in parts:
                assert len(part) >= LENGTH, where
                for written in _writings(part):
                    for start in range(len(written) - LENGTH + 1):
                        self._windows[written[start : start + LENGTH]] = where
        self._seen: dict[bytes, str | None] = {}

    def line(self, line: bytes) -> str | None:
        """Whose value a line holds a part of."""
        if len(line) < LENGTH:
            return None
        if line not in self._seen:
            windows = self._windows
            starts = range(len(line) - LENGTH + 1)
            self._seen[line] = next((windows[w] for at in starts if (w := line[at : at + LENGTH]) in windows), None)
        return self._seen[line]

    def found(self, data: bytes) -> list[str]:
        """Whose values there are parts of, each with the line (its parts are our own making)."""
        return [
            f"{where}: {line[:300].decode('utf-8', 'replace')}"
            for line in data.split(b"\n")
            if (where := self.line(line)) is not None
        ]


def _unpacked(data: bytes) -> bytes:
    """A loose object of git, or anything else that is packed alike, as it was before."""
    try:
        return zlib.decompress(data)
    except zlib.error:
        return b""


def _rows(path: Path) -> Iterator[bytes]:
    """Every cell of a database, unpacked too."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        connection.text_factory = bytes
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in connection.execute(f'SELECT * FROM "{table.decode()}"'):
                for cell in row:
                    if isinstance(cell, bytes):
                        yield cell
                        yield _unpacked(cell)
    connection.close()


def files_below(folder: Path) -> Iterator[Path]:
    """Every ordinary file."""
    yield from (each for each in sorted(folder.rglob("*")) if each.is_file() and not each.is_symlink())


def contents(folder: Path) -> dict[Path, str]:
    """A hash of every file."""
    return {each: hashlib.sha256(each.read_bytes()).hexdigest() for each in files_below(folder)}


def texts(path: Path) -> Iterator[bytes]:
    """What a file holds, in every way it can be read, and its name."""
    data = path.read_bytes()
    yield data
    yield _unpacked(data)
    if data.startswith(b"SQLite format 3\0"):
        yield from _rows(path)


def written(search: Search, folder: Path, before: Mapping[Path, str], known: Iterable[bytes] = ()) -> list[str]:
    """Leaks in files that are new or changed since `before`. A line that was in the files (`known`) may stay there."""
    kept = {line for data in known for line in data.split(b"\n")}
    leaks = []
    for path in files_below(folder):
        data = path.read_bytes()
        if before.get(path) == hashlib.sha256(data).hexdigest():
            continue
        for text in texts(path):
            # A file that was put right still holds its other lines.
            lines = (line for line in text.split(b"\n") if not (path in before and line in kept))
            leaks += [f"{path.relative_to(folder)} {each}" for each in search.found(b"\n".join(lines))]
    return leaks
