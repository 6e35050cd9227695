"""Reads one file below a folder without being led elsewhere: no symlink, no special file, no surprise size."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

_LINK = (errno.ENOTDIR, errno.ELOOP)
"""What O_NOFOLLOW and O_DIRECTORY answer at a symlink."""
_FOLDER = os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_DIRECTORY", 0)
_FILE = os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0) | os.O_NONBLOCK
_NO_NAMES = ("", ".", "..")


class Unreadable(Exception):
    """A file's bytes could not be had; the message says why."""


class Missing(Unreadable):
    """There is no such file."""


def read_file(root: Path, path: str, limit: int) -> bytes:
    """The bytes of `root`/`path`. Raises Missing or Unreadable.

    Every folder on the way is opened without following symlinks, so a swapped folder cannot lead outside.
    """
    with Reader(root) as reader:
        return reader.read(path, limit)


class Reader:
    """Reads many files below one folder as `read_file` does, quickest in path order: folders on the way stay open.

    A folder that is swapped meanwhile goes on being read as it was. Not for several threads.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._open: list[tuple[str, int]] = []
        """Names and descriptors of the folders on the way to `_folder`, the root first."""
        self._folder: str | None = None

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the folders; a later read opens them again."""
        self._leave(0)

    def read(self, path: str, limit: int) -> bytes:
        """The bytes of one file, `limit` at most. Raises Missing or Unreadable."""
        folder, _, name = path.rpartition("/")
        if name in _NO_NAMES or path.startswith("/"):
            raise Unreadable("not a path inside the repository")
        try:
            if folder != self._folder or not self._open:
                self._enter(folder)
            descriptor = os.open(name, _FILE, dir_fd=self._open[-1][1])
            try:
                return _bytes(descriptor, limit)
            finally:
                os.close(descriptor)
        except FileNotFoundError as error:
            raise Missing("no such file") from error
        except (OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno in _LINK:
                raise Unreadable("a symlink or no folder on the way, not followed") from error
            raise Unreadable(f"could not be read: {getattr(error, 'strerror', None) or error}") from error

    def _enter(self, folder: str) -> None:
        parts = folder.split("/") if folder else []
        if any(part in _NO_NAMES for part in parts):
            raise Unreadable("not a path inside the repository")
        self._folder = None
        if not self._open:
            self._open.append(("", os.open(self._root, os.O_RDONLY | os.O_CLOEXEC)))
        same = 0
        while same < min(len(parts), len(self._open) - 1) and self._open[same + 1][0] == parts[same]:
            same += 1
        self._leave(same + 1)
        for part in parts[same:]:
            self._open.append((part, os.open(part, _FOLDER, dir_fd=self._open[-1][1])))
        self._folder = folder

    def _leave(self, keep: int) -> None:
        while len(self._open) > keep:
            os.close(self._open.pop()[1])


def _bytes(descriptor: int, limit: int) -> bytes:
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        raise Unreadable("not an ordinary file")
    if found.st_size > limit:
        raise Unreadable(f"larger than {limit // 1024:,} KiB ({found.st_size // 1024:,} KiB), not read")
    data = os.read(descriptor, found.st_size + 1)
    # Asked for one byte more than there should be, so this much is all of it. Any other answer is no end of the file by
    # itself: read until there is nothing left, as far as the limit.
    while (
        len(data) != found.st_size
        and len(data) <= limit
        and (more := os.read(descriptor, limit + 1 - len(data)) if data else b"")
    ):
        data += more
    if len(data) > limit:
        raise Unreadable(f"larger than {limit // 1024:,} KiB, not read")
    return data
