"""Replaces files of `.shipworthy/` so that no crash leaves half a file, or a stray one that stops the next signing.

Every new file is on disk before the first old one is replaced. Between two replacements there is an instant in which
a crash leaves the first file new and the next one old; no file system offers better for two files.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

LOCK_SECONDS = 10.0


def leftover(name: str) -> str:
    """Where a new file waits to replace `name`, as in `decisions.store`; after a crash it may lie there for good."""
    return f".{name}.new"


def replace(folder: Path, files: Mapping[str, bytes], sweep: Iterable[str] = ()) -> None:
    """Give these files of `folder` these bytes, in this order, each as a whole, mode 0644.

    The folder is made if need be. What a crash left behind for them and for the names in `sweep` goes away. Raises
    OSError, and then either nothing is replaced or the disk failed between two files.
    """
    with contextlib.suppress(FileExistsError):
        folder.mkdir()
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _lock(descriptor)
        for name in {*files, *sweep}:
            _remove(descriptor, leftover(name))
        try:
            for name, data in files.items():
                _write(descriptor, leftover(name), data)
            for name in files:
                os.replace(leftover(name), name, src_dir_fd=descriptor, dst_dir_fd=descriptor)
        except BaseException:
            for name in files:
                _remove(descriptor, leftover(name))
            raise
        with contextlib.suppress(OSError):  # not every file system can; the files themselves are on disk
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lock(folder: int) -> None:
    """Lock the folder itself, as `decisions.store` does: a lock file would lie in the repository for git to see."""
    until = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise OSError(errno.EBUSY, "another shipworthy has been writing for too long") from None
            time.sleep(0.02)
        except OSError:
            return  # a file system without locks
        else:
            return


def _remove(folder: int, name: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(name, dir_fd=folder)


def _write(folder: int, name: str, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(name, flags, 0o644, dir_fd=folder), "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fchmod(stream.fileno(), 0o644)
        os.fsync(stream.fileno())
