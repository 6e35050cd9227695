"""Which program this is, to the byte: what was worked out by another one is not recalled."""

from __future__ import annotations

import hashlib
import stat
import sys
import time
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
    found = []
    try:
        inner = sorted(file for room in _ROOMS for file in (top / room).rglob("*") if file.suffix != ".pyc")
        for file in [*inner, *sorted(top.glob("*.py"))]:
            status = file.stat()
            if stat.S_ISREG(status.st_mode):
                found.append(file)
                if status.st_ctime > _STARTED:
                    return None
        return _hash(top, tuple(found)) if inner else None
    except OSError:
        return None


@cache
def _hash(top: Path, files: tuple[Path, ...]) -> str:
    # Files that are as old as this process have the bytes that they had when they were first read.
    total = hashlib.blake2b(repr(sys.version_info).encode("ascii"), digest_size=16)
    for file in files:
        data = file.read_bytes()
        total.update(f"{file.relative_to(top).as_posix()}\0{len(data)}\0".encode("utf-8", "surrogateescape"))
        total.update(data)
    return total.hexdigest()
