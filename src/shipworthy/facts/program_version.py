"""Which program this is, to the byte: what was worked out by another one is not recalled."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_STARTED = time.time()
_ROOMS = ("facts", "project", "model")


def program_version() -> str | None:
    """A hash over the source of everything that makes facts, and over Python's version.

    None where the source cannot be read, or was changed after this process started: then the program that runs is not
    the one on disk.
    """
    top = Path(__file__).resolve().parents[1]
    try:
        inner = sorted(file for room in _ROOMS for file in _files(f"{top}/{room}"))
        found = [*inner, *sorted(file for file in _files(str(top), deep=False) if file.endswith(".py"))]
        for file in found:
            if Path(file).stat().st_ctime > _STARTED:
                return None
        return _hash(top, tuple(found)) if inner else None
    except OSError:
        return None


def _files(folder: str, *, deep: bool = True) -> Iterator[str]:
    """Paths of regular files below a folder, without compiled ones. Raises OSError."""
    # Asked at every examination: `Path.rglob` takes ten times as long.
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if deep:
                    yield from _files(entry.path)
            elif entry.is_file() and not entry.name.endswith(".pyc"):
                yield entry.path


@cache
def _hash(top: Path, files: tuple[str, ...]) -> str:
    # Files that are as old as this process have the bytes that they had when they were first read.
    total = hashlib.blake2b(repr(sys.version_info).encode("ascii"), digest_size=16)
    for file in map(Path, files):
        data = file.read_bytes()
        total.update(f"{file.relative_to(top).as_posix()}\0{len(data)}\0".encode("utf-8", "surrogateescape"))
        total.update(data)
    return total.hexdigest()
