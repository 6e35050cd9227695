"""Where the person's own files are."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """The person's home folder; the relative path "~", where nothing is, for one who has none."""
    return Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home raises where there is no home
