"""Writes new files below a repository: each as a whole or not at all, never over anything, never through a symlink."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from shipworthy.readiness.replace import leftover

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def write_new(root: Path, path: str, data: bytes) -> None:
    """Make a file of mode 0644. Raises FileExistsError where something of that name is there, OSError else.

    It gets its name in one step, when all its bytes are on disk; a crash leaves at most a stray beside it, which the
    next call takes away.
    """
    *folders, name = path.split("/")
    here = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for folder in folders:
            with contextlib.suppress(FileExistsError):
                os.mkdir(folder, dir_fd=here)
            below = os.open(folder, _FOLDER, dir_fd=here)
            os.close(here)
            here = below
        _write(here, name, data)
    finally:
        os.close(here)


def _write(folder: int, name: str, data: bytes) -> None:
    stray = leftover(name)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(stray, dir_fd=folder)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(stray, flags, 0o644, dir_fd=folder), "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fchmod(stream.fileno(), 0o644)
            os.fsync(stream.fileno())
        _name(folder, stray, name)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(stray, dir_fd=folder)
    with contextlib.suppress(OSError):  # not every file system can; the file itself is on disk
        os.fsync(folder)


def _name(folder: int, stray: str, name: str) -> None:
    """A link fails where the name is taken, which a rename does not."""
    try:
        os.link(stray, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        return
    except FileExistsError:
        raise
    except (OSError, NotImplementedError):
        pass  # a file system without hard links: looking first is the best there is
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        os.rename(stray, name, src_dir_fd=folder, dst_dir_fd=folder)
        return
    raise FileExistsError(f"{name} is there by now")
