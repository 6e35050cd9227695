"""The part of a session that fixes: proposes, applies and takes back. What it needs is imported when it is asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.assess.signing import SessionError

if TYPE_CHECKING:
    from shipworthy.fixes import Fix, NoFix
    from shipworthy.fixes.offer import Offer
    from shipworthy.fixes.undo import Undone


class Fixing:
    """What `session.Session` can do about fixes. All three wait for the disk, so a screen calls them in a thread."""

    root: Path
    _clock: Callable[[], datetime]

    def propose_fix(self, item: str) -> Offer | NoFix:
        """What a machine would change for an item, with a masked diff; nothing is written. Raises SessionError.

        It reads the repository in another process and waits for it.
        """
        from shipworthy.fixes import FixError
        from shipworthy.fixes.offer import offer

        try:
            return offer(self.root, item)
        except FixError as error:
            raise SessionError(str(error), error.diagnostics) from error

    def apply_fix(self, fix: Fix) -> None:
        """Write a fix as it was shown: all its files or none. Raises SessionError."""
        from shipworthy.fixes import FixError
        from shipworthy.fixes.undo import apply

        try:
            apply(self.root, fix, _state_dir(), self._clock())
        except FixError as error:
            raise SessionError(str(error), error.diagnostics) from error

    def undo_fix(self) -> Undone:
        """Take the last fix applied to this repository back. Raises SessionError."""
        from shipworthy.fixes import FixError
        from shipworthy.fixes.undo import undo

        try:
            return undo(self.root, _state_dir())
        except FixError as error:
            raise SessionError(str(error), error.diagnostics) from error


def _state_dir() -> Path:
    from shipworthy.assess.context import default_context

    found = default_context().state_dir
    assert found is not None  # noqa: S101 - a real run has one
    return found
