"""Which program this is, to the byte: what was worked out by another one is not recalled."""

from __future__ import annotations

import hashlib
import sys
import time
from pathlib import Path

_STARTED = time.time()
_ROOMS = ("facts", "project", "model")


def program_version() -> str | None:
    """A hash over the source of everything that makes facts, and over Python's version.

    None where the source cannot be read, or was changed after this process started: then the program that runs is not
    the one on disk.
    """
    top = Path(__file__).resolve().parents[1]
    total = hashlib.blake2b(repr(sys.version_info).encode("ascii"), digest_size=16)
    try:
        files = sorted(file for room in _ROOMS for file in (top / room).rglob("*") if file.is_file())
        files = [file for file in files if file.suffix != ".pyc"]
        for file in [*files, *sorted(top.glob("*.py"))]:
            if file.stat().st_ctime > _STARTED:
                return None
            data = file.read_bytes()
            total.update(f"{file.relative_to(top).as_posix()}\0{len(data)}\0".encode("utf-8", "surrogateescape"))
            total.update(data)
    except OSError:
        return None
    return total.hexdigest() if files else None
