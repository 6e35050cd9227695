"""How a change of the files is worded while the coach looks again by itself."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from shipworthy.coaching.words import took
from shipworthy.text import plural, visible

if TYPE_CHECKING:
    from shipworthy.assess.events import Changed

QUIET = (".shipworthy/decisions.toml",)
"""Paths that the coach itself writes: that they changed is no news."""
LONGEST = 200


def causes(event: Changed) -> tuple[str, str]:
    """What changed, in full and with the file's name only; empty where it is not worth a word."""
    if event.moved and event.total != 1:
        place = f"on {visible(event.branch, 40)} now" if event.branch else "at another commit now"
        return place, place
    if event.total == 0 or event.paths == QUIET:
        return "", ""
    if event.total > 1:
        many = f"{plural(event.total, 'file')} changed"
        return f"{visible(event.paths[0], LONGEST)} and {event.total - 1:,} more changed", many
    path = event.paths[0]
    return f"{visible(path, LONGEST)} changed", f"{visible(PurePosixPath(path).name, LONGEST)} changed"


def looking(cause: str, items: int) -> str:
    """ "app/main.py changed: re-checking 4 items"."""
    return f"{cause}: re-checking {plural(items, 'item')}" if items else f"{cause}: nothing to re-check"


def looked(cause: str, items: int, milliseconds: int) -> str:
    """ "app/main.py changed: 4 items in 84 ms"."""
    return f"{cause}: {plural(items, 'item')} in {took(milliseconds)}" if items else f"{cause}: nothing to re-check"
