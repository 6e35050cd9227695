"""The made-up app and the fake session stand beside the screen's tests; the line mode is tried with the same ones."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tui"))
