"""Remembers what was found in which blob, in one SQLite file per repository in the user's cache folder.

A blob never changes, so what was found in one is found in it for ever, by the same program under the same kind of path.
There is no value in it: what is kept of a secret is what the record cache keeps. What cannot be read, written or
trusted is dropped and the blobs are read again: it can cost time, never an answer.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KEEP_DAYS = 60
"""Files of repositories not examined for this long are removed."""
MOST_ROWS = 1_500_000
"""More are not kept: some 120 MB."""
_LAYOUT = 1
_AT_ONCE = 500
_ROW = "INSERT OR REPLACE INTO blob VALUES (?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at one blob gave."""

    kind: str
    """text, binary, or lfs: a mere pointer to what Git LFS holds."""
    length: int
    rows: tuple[dict[str, Any], ...] = ()
    """As the analyser of secrets makes them."""
    left: Mapping[str, int] | None = None


class Store:
    """See the module's docstring. Without a folder it remembers nothing beyond this process."""

    def __init__(self, connection: sqlite3.Connection, version: str, file: Path | None) -> None:
        self._connection = connection
        self._version = version
        self._file = file
        self._rows = 0
        self._ends: dict[str, bytes] = {}
        """By group, what of a key is the same for all blobs."""
        self._new: dict[bytes, tuple[bytes, str, int, str, bytes]] = {}
        with contextlib.suppress(sqlite3.Error):
            if _meta(connection, "version") != version:
                with connection:
                    connection.execute("DELETE FROM blob")
                    connection.execute("DELETE FROM meta")
                    connection.execute("INSERT INTO meta VALUES ('version', ?, ?)", (version, _sum(version)))
            self._rows = connection.execute("SELECT count(*) FROM blob").fetchone()[0]

    @property
    def empty(self) -> bool:
        """Whether nothing was remembered when it was opened, and nothing written since."""
        return not self._rows

    def key(self, oid: bytes, group: str) -> bytes:
        """What is found depends on the bytes, on what the path says of them, and on the program."""
        end = self._ends.get(group)
        if end is None:
            end = b"\0".join((b"", group.encode("utf-8", "surrogateescape"), self._version.encode()))
            self._ends[group] = end
        return hashlib.blake2b(oid + end, digest_size=16).digest()

    def known(self, keys: Sequence[bytes]) -> dict[bytes, Looked]:
        """What is remembered of these."""
        found: dict[bytes, Looked] = {}
        for start in range(0, len(keys) if self._rows else 0, _AT_ONCE):
            part = keys[start : start + _AT_ONCE]
            marks = ",".join("?" * len(part))
            try:
                rows = self._connection.execute(
                    f"SELECT key, kind, size, text, sum FROM blob WHERE key IN ({marks})",  # noqa: S608 - only marks
                    part,
                ).fetchall()
            except sqlite3.Error:
                return found
            for row in rows:
                looked = _looked(row)
                if looked is not None:
                    found[row[0]] = looked
        return found

    def add(self, key: bytes, looked: Looked) -> None:
        """Remember it; written with the next `flush`."""
        text = json.dumps([looked.rows, looked.left], separators=(",", ":")) if looked.rows or looked.left else ""
        self._new[key] = (key, looked.kind, looked.length, text, _row_sum(key, looked.kind, looked.length, text))

    def flush(self) -> None:
        """Write what is new, at once and whole; where it cannot be, it is forgotten."""
        new, self._new = list(self._new.values()), {}
        if new and self._rows < MOST_ROWS:
            self._rows += len(new)
            with contextlib.suppress(sqlite3.Error), self._connection:
                self._connection.executemany(_ROW, new)

    def recall(self, name: str) -> Any | None:
        """The JSON-shaped value that was kept under this name."""
        text = _meta(self._connection, name)
        return None if text is None else json.loads(text)

    def keep(self, name: str, value: Any) -> None:
        """Keep a JSON-shaped value."""
        text = json.dumps(value, separators=(",", ":"))
        with contextlib.suppress(sqlite3.Error), self._connection:
            self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?, ?)", (name, text, _sum(text)))

    def close(self) -> None:
        """Write what is new, and close the file."""
        self.flush()
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()
        if self._file is not None:
            _prune(self._file)


def open_store(folder: Path | None, root: Path, version: str) -> Store:
    """The store for the repository at `root`. One that would lie in the repository itself is not used."""
    if folder is not None and not _inside(folder, root):
        name = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()[:24]
        file = folder / f"history-{name}.sqlite"
        for _attempt in range(2):
            try:
                return Store(_open(file), version, file)
            except sqlite3.DatabaseError:
                # Corrupt or of another layout: drop it and start over, once.
                with contextlib.suppress(OSError):
                    file.unlink()
            except OSError:
                break
    connection = sqlite3.connect(":memory:")
    _tables(connection)
    return Store(connection, version, None)


def _inside(folder: Path, root: Path) -> bool:
    return Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(root))


def _open(file: Path) -> sqlite3.Connection:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if file.is_symlink():
        raise OSError(f"{file} is a symlink")
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(file, timeout=1.0)
    try:
        if connection.execute("PRAGMA user_version").fetchone()[0] not in (0, _LAYOUT):
            raise sqlite3.DatabaseError("another layout")
        # Waiting for the disk saves nothing that could not be worked out again; damage is told by check and sums.
        connection.execute("PRAGMA synchronous = OFF")
        _tables(connection)
        if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("damaged")
    except BaseException:
        connection.close()
        raise
    return connection


def _tables(connection: sqlite3.Connection) -> None:
    with connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS blob (key BLOB PRIMARY KEY, kind TEXT, size INT, text TEXT, sum BLOB)"
            " WITHOUT ROWID"
        )
        connection.execute("CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, text TEXT, sum BLOB)")
        connection.execute(f"PRAGMA user_version = {_LAYOUT}")


def _meta(connection: sqlite3.Connection, name: str) -> str | None:
    try:
        row = connection.execute("SELECT text, sum FROM meta WHERE name = ?", (name,)).fetchone()
    except sqlite3.Error:
        return None
    return row[0] if row is not None and isinstance(row[0], str) and row[1] == _sum(row[0]) else None


def _looked(row: tuple[Any, ...]) -> Looked | None:
    key, kind, size, text, total = row
    try:
        if total != _row_sum(key, kind, size, text):
            return None
        rows, left = json.loads(text) if text else ((), None)
        return Looked(kind, size, tuple(rows), left)
    except (ValueError, TypeError):
        return None


def _row_sum(key: bytes, kind: str, size: int, text: str) -> bytes:
    return hashlib.blake2b(key + f"{kind}\0{size}\0{text}".encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _sum(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _prune(mine: Path) -> None:
    oldest = time.time() - KEEP_DAYS * 86_400
    with contextlib.suppress(OSError):
        os.utime(mine)
        others: Iterable[Path] = mine.parent.glob("history-*.sqlite")
        for file in others:
            if file != mine and file.stat().st_mtime < oldest:
                file.unlink()
