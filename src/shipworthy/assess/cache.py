"""Remembers what analysers said of unchanged files, in one SQLite file per repository in the user's cache folder.

A record is found by analyser, its version, path and the hash of the bytes read. A stat record (size, times, inode)
saves even the reading, but never for a file changed so recently that a second change could hide behind the same time.
Files in which a quick analyser found nothing are by far the most: those are one text, found by path and stat.
What is worked out from many records is kept with a key over all of them. Every text is kept with its hash.
A cache that cannot be read, written or trusted is dropped and the files are read: it can cost time, never an answer.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import time
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from shipworthy.facts import Analyser
from shipworthy.facts.records import Stored, digest
from shipworthy.project import FileEntry

FRESH_SECONDS = 2.0
"""A file modified this recently is read again: file systems keep times as coarsely as two seconds (FAT)."""
KEEP_DAYS = 60
"""Cache files of repositories not examined for this long are removed."""
_LAYOUT = 4
_Stamp = tuple[int, int, int, int]
"""A file's size, inode, and times of its content and of itself: by these it is known again."""
_Stamps = dict[str, _Stamp]
"""By path."""
_NUMBERS = "Q"


def cache_dir(environment: Mapping[str, str], home: Path) -> Path:
    """The user's cache folder for shipworthy (XDG base directory specification)."""
    base = environment.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else home / ".cache") / "shipworthy"


class SqliteCache:
    """The cache of one repository; see the module's docstring. Not for several threads."""

    def __init__(self, connection: sqlite3.Connection, now: float) -> None:
        self._connection = connection
        self._settled = (now - FRESH_SECONDS) * 1e9
        """Files of a later time are too fresh to trust: they may change again within the resolution of that time."""
        self._stats: dict[str, tuple[_Stamp, str]] = {
            path: ((size, inode, mtime, ctime), digest)
            for path, size, inode, mtime, ctime, digest in connection.execute(
                "SELECT path, size, inode, mtime, ctime, digest FROM stat"
            )
        }
        self._records: dict[tuple[str, str, str], tuple[str, str, str, str]] = {
            (analyser, version, path): (digest, value, gaps, total)
            for analyser, version, path, digest, value, gaps, total in connection.execute(
                "SELECT analyser, version, path, digest, value, gaps, sum FROM record"
            )
        }
        self._new_stats: dict[str, tuple[_Stamp, str]] = {}
        self._new_records: dict[tuple[str, str, str], tuple[str, str, str, str]] = {}
        self._new_kept: dict[str, tuple[str, str, str]] = {}
        self._blank: dict[str, tuple[str, _Stamps, _Stamps]] = {}
        """By analyser, its version, and the files with nothing in them: as kept, and as they are."""

    def blank(self, analyser: Analyser, entry: FileEntry) -> bool:
        _, kept, now = self._blank.get(analyser.name) or self._blanks(analyser)
        known = kept.get(entry.path) if kept else None
        if known is None or known != _stamp(entry):
            return False
        now[entry.path] = known
        return True

    def set_blank(self, analyser: Analyser, entry: FileEntry) -> None:
        # As `_is_settled` and `_stamp` have it: nearly every file comes here.
        if 0 <= entry.mtime_ns < self._settled and entry.ctime_ns < self._settled:
            now = (self._blank.get(analyser.name) or self._blanks(analyser))[2]
            now[entry.path] = (entry.size, entry.inode, entry.mtime_ns, entry.ctime_ns)

    def _blanks(self, analyser: Analyser) -> tuple[str, _Stamps, _Stamps]:
        text = self.recall(f"blank {analyser.name}", analyser.version)
        found = self._blank[analyser.name] = analyser.version, _stamps_of(text) if text else {}, {}
        return found

    def digest(self, data: bytes) -> str:
        return digest(data)

    def unchanged(self, entry: FileEntry) -> str | None:
        known = self._stats.get(_key(entry.path)) if self._stats else None
        if known is None or known[0] != _stamp(entry):
            return None
        return known[1]

    def seen(self, entry: FileEntry, digest: str) -> None:
        if self._is_settled(entry):
            self._new_stats[_key(entry.path)] = _stamp(entry), digest

    def _is_settled(self, entry: FileEntry) -> bool:
        # A time can be set back; when that was done cannot, and git tells it by the second.
        return 0 <= entry.mtime_ns < self._settled and entry.ctime_ns < self._settled

    def load(self, analyser: Analyser, path: str, digest: str) -> Stored | None:
        known = self._records.get((analyser.name, analyser.version, _key(path)))
        if known is None or known[0] != digest:
            return None
        try:
            record = Stored.of(known[1], [] if known[2] == "[]" else json.loads(known[2]))
        except (ValueError, TypeError):
            return None
        return record if record.sum == known[3] else None

    def store(self, analyser: Analyser, path: str, digest: str, record: Stored) -> None:
        gaps = json.dumps(record.gaps, separators=(",", ":")) if record.gaps else "[]"
        self._new_records[analyser.name, analyser.version, _key(path)] = (digest, record.text, gaps, record.sum)

    def recall(self, name: str, key: str) -> str | None:
        try:
            row = self._connection.execute("SELECT key, text, sum FROM kept WHERE name = ?", (name,)).fetchone()
        except sqlite3.Error:
            return None
        if row is None or row[0] != key or not isinstance(row[1], str) or row[2] != _sum(row[1]):
            return None
        return row[1]

    def keep(self, name: str, key: str, text: str) -> None:
        self._new_kept[name] = (key, text, _sum(text))

    def flush(self) -> None:
        """Write what is new, in one transaction. Raises sqlite3.Error."""
        for name, (version, kept, now) in self._blank.items():
            # Whoever asks, asks about all files there are: what is not among them is gone.
            if kept != now:
                self.keep(f"blank {name}", version, _text_of(now))
        with self._connection:
            self._connection.executemany(
                "INSERT OR REPLACE INTO stat VALUES (?, ?, ?, ?, ?, ?)",
                [(path, *stamp, digest) for path, (stamp, digest) in self._new_stats.items()],
            )
            # Of each analyser only its newest version is worth keeping.
            for analyser, version in {key[:2] for key in self._new_records}:
                self._connection.execute("DELETE FROM record WHERE analyser = ? AND version <> ?", (analyser, version))
            self._connection.executemany(
                "INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(*key, *row) for key, row in self._new_records.items()],
            )
            self._connection.executemany(
                "INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)",
                [(name, *row) for name, row in self._new_kept.items()],
            )


def _stamp(entry: FileEntry) -> _Stamp:
    return entry.size, entry.inode, entry.mtime_ns, entry.ctime_ns


def _text_of(stamps: _Stamps) -> str:
    """Paths as JSON, then the numbers of all: tens of thousands of rows are read and written in a few milliseconds.

    Empty where a number is out of the ordinary: then nothing is remembered.
    """
    try:
        numbers = array(_NUMBERS, chain.from_iterable(stamps.values()))
    except OverflowError:
        return ""
    return f"{json.dumps(list(stamps))}\n{numbers.tobytes().hex()}"


def _stamps_of(text: str) -> _Stamps:
    """As `_text_of` wrote them; none where they do not fit together."""
    paths, _, numbers = text.partition("\n")
    try:
        row = array(_NUMBERS, bytes.fromhex(numbers))
        stamps = zip(row[::4], row[1::4], row[2::4], row[3::4], strict=True)
        return dict(zip(json.loads(paths), stamps, strict=True))
    except (ValueError, TypeError):
        return {}


def _sum(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _key(path: str) -> str:
    # SQLite takes no lone surrogates, which stand for bytes that are not UTF-8.
    return path if path.isascii() else path.encode("utf-8", "surrogateescape").hex()


def _open(file: Path) -> sqlite3.Connection:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if file.is_symlink():
        raise OSError(f"{file} is a symlink")
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    os.close(descriptor)
    connection = sqlite3.connect(file, timeout=1.0)
    layout = connection.execute("PRAGMA user_version").fetchone()[0]
    if layout not in (0, _LAYOUT):
        connection.close()
        raise sqlite3.DatabaseError("another layout")
    # Waiting for the disk saves nothing that could not be worked out again: a record damaged by a power cut is told by
    # its sum, and a damaged file is dropped.
    connection.execute("PRAGMA synchronous = OFF")
    with connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS stat"
            " (path TEXT PRIMARY KEY, size INT, inode INT, mtime INT, ctime INT, digest TEXT)"
        )
        connection.execute(
            "CREATE TABLE IF NOT EXISTS record (analyser TEXT, version TEXT, path TEXT, digest TEXT, value TEXT,"
            " gaps TEXT, sum TEXT, PRIMARY KEY (analyser, version, path)) WITHOUT ROWID"
        )
        connection.execute("CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, key TEXT, text TEXT, sum TEXT)")
        connection.execute(f"PRAGMA user_version = {_LAYOUT}")
    return connection


def _load(file: Path, now: float) -> tuple[sqlite3.Connection, SqliteCache]:
    connection = _open(file)
    try:
        return connection, SqliteCache(connection, now)
    except BaseException:
        connection.close()
        raise


@contextmanager
def record_cache(folder: Path, root: Path) -> Iterator[SqliteCache | None]:
    """The cache for the repository at `root`, flushed on the way out; None where there can be none."""
    name = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()[:24]
    file = folder / f"records-{name}.sqlite"
    connection: sqlite3.Connection | None = None
    cache: SqliteCache | None = None
    for _attempt in range(2):
        try:
            connection, cache = _load(file, time.time())
            break
        except sqlite3.DatabaseError:
            # Corrupt or of another version: drop it and start over, once.
            with contextlib.suppress(OSError):
                file.unlink()
        except OSError:
            break
    try:
        yield cache
    finally:
        if connection is not None and cache is not None:
            with contextlib.suppress(sqlite3.Error):
                cache.flush()
            connection.close()
            _prune(folder, file)


def _prune(folder: Path, mine: Path) -> None:
    oldest = time.time() - KEEP_DAYS * 86_400
    with contextlib.suppress(OSError):
        os.utime(mine)
        for file in (*folder.glob("records-*.sqlite"), *folder.glob("answer-*.json")):
            if file != mine and file.stat().st_mtime < oldest:
                file.unlink()
