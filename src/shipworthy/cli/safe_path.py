"""Keeps the module path clear of the repository we stand in, before anything else is imported."""

from __future__ import annotations

import sys
from pathlib import Path


def leave_out_the_repository(start: Path | None = None) -> None:
    """Drop module path entries inside the repository at `start` (default: the working directory).

    `PYTHONPATH=.` would otherwise let a repository's own `click.py` or `json.py` run. The entry shipworthy itself was
    imported from stays, so that shipworthy can examine its own checkout.
    """
    try:
        here = (start or Path.cwd()).resolve()
    except OSError:
        here = Path("/nonexistent")
    top = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)
    own = Path(__file__).resolve().parents[2]
    kept: list[str] = []
    for entry in sys.path:
        path = Path(entry).resolve() if entry else here
        inside = path == top or top in path.parents
        # A virtual environment inside the repository holds what the user installed, not what the repository says.
        installed = Path(sys.prefix).resolve() in path.parents
        if entry and (not inside or path == own or installed):
            kept.append(entry)
    sys.path[:] = kept
