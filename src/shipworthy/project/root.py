"""Where a repository begins, seen from any folder in it."""

from __future__ import annotations

from pathlib import Path


def find_root(start: Path) -> Path:
    """The top of the git work tree `start` lies in, else `start` itself."""
    for folder in (start, *start.parents):
        if (folder / ".git").exists():
            return folder
    return start
