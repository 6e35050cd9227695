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
    try:
        here = Path.cwd().resolve()
    except OSError:
        here = Path("/nonexistent")
    top = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)
    own = Path(__file__).resolve().parents[2]
    named = {Path(each or ".").resolve() for each in os.environ.get("PYTHONPATH", "").split(os.pathsep)}
    kept: list[str] = []
    for entry in sys.path:
        path = Path(entry or ".").resolve()
        inside = path == top or top in path.parents
        if path == own or not (path == here or (inside and path in named)):
            kept.append(entry)
    sys.path[:] = kept
