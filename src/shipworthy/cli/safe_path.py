"""Keeps the module path clear of the repository we stand in, before anything else is imported."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def leave_out_the_repository() -> None:
    """Drop the working directory, and what `PYTHONPATH` names inside the repository around it, from the module path.

    `PYTHONPATH=.` would otherwise let a repository's own `click.py` run as ours. Installed packages stay wherever they
    are installed, and so does the folder shipworthy itself comes from: it can examine its own checkout.
    """
    own = Path(__file__).resolve().parents[2]
    listed = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    try:
        here = Path.cwd().resolve()
    except OSError:
        # A folder that is gone: nobody can tell which repository it lay in, so nothing `PYTHONPATH` names stays.
        sys.path[:] = [
            entry
            for entry in sys.path
            if Path(entry).is_absolute() and (entry not in listed or Path(entry).resolve() == own)
        ]
        return
    top = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)
    named = {Path(each or ".").resolve() for each in listed}
    kept: list[str] = []
    for entry in sys.path:
        path = Path(entry or ".").resolve()
        inside = path == top or top in path.parents
        if path == own or not (path == here or (inside and path in named)):
            kept.append(entry)
    sys.path[:] = kept
