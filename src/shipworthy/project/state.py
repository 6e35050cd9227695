"""The state a listing found: two listings of the same state are of the same files with the same bytes."""

from __future__ import annotations

import hashlib
import os
from typing import NamedTuple

FRESH_SECONDS = 2.0
"""A file written to this recently may be written to again within the resolution of its time (FAT keeps two seconds)."""


class State(NamedTuple):
    """Hashes over what git said, and over a look at each file it vouches for no further than its name."""

    tracked: str
    """The index: modes, blob ids, paths, and when each file was as the index has it."""
    changed: str
    """Tracked files that are not as the index recorded them."""
    others: str
    """Files that are neither tracked nor ignored."""


def hashed(said: bytes, base: str = "", fresh: float | None = None) -> str | None:
    """A hash over git's output; with `base` (which ends in "/") over a look at each of the paths it holds too.

    None where one of those was written to at `fresh` or later, in seconds since the epoch.
    """
    total = hashlib.blake2b(said, digest_size=16)
    for path in filter(None, said.split(b"\0")) if base else ():
        try:
            found = os.lstat(os.fsencode(base) + path)
        except (OSError, ValueError) as error:
            total.update(repr((path, getattr(error, "errno", None))).encode("ascii"))
            continue
        if fresh is not None and max(found.st_mtime_ns, found.st_ctime_ns) >= fresh * 1e9:
            return None
        look = (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev, found.st_mode)
        total.update(repr((path, look)).encode("ascii"))
    return total.hexdigest()
