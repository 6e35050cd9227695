"""Reads one file below a folder without being led elsewhere: no symlink, no special file, no surprise size."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

_LINK = (errno.ENOTDIR, errno.ELOOP)
"""What O_NOFOLLOW and O_DIRECTORY answer at a symlink."""


class Unreadable(Exception):
    """A file's bytes could not be had; the message says why."""


class Missing(Unreadable):
    """There is no such file."""


def read_file(root: Path, path: str, limit: int) -> bytes:
    """The bytes of `root`/`path`. Raises Missing or Unreadable.

    Every folder on the way is opened without following symlinks, so a swapped folder cannot lead outside.
    """
    parts = path.split("/")
    if path.startswith("/") or any(part in ("", ".", "..") for part in parts):
        raise Unreadable("not a path inside the repository")
    flags = os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
    folder = -1
    try:
        folder = os.open(root, os.O_RDONLY | os.O_CLOEXEC)
        for part in parts[:-1]:
            below = os.open(part, flags | getattr(os, "O_DIRECTORY", 0), dir_fd=folder)
            os.close(folder)
            folder = below
        descriptor = os.open(parts[-1], flags | os.O_NONBLOCK, dir_fd=folder)
        with os.fdopen(descriptor, "rb") as stream:
            found = os.fstat(stream.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise Unreadable("not an ordinary file")
            if found.st_size > limit:
                raise Unreadable(f"larger than {limit // 1024:,} KiB ({found.st_size // 1024:,} KiB), not read")
            data = stream.read(limit + 1)
    except FileNotFoundError as error:
        raise Missing("no such file") from error
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno in _LINK:
            raise Unreadable("a symlink or no folder on the way, not followed") from error
        raise Unreadable(f"could not be read: {getattr(error, 'strerror', None) or error}") from error
    finally:
        if folder >= 0:
            os.close(folder)
    if len(data) > limit:
        raise Unreadable(f"larger than {limit // 1024:,} KiB, not read")
    return data
