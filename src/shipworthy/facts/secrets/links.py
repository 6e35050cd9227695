"""Tells a symlink that is committed as one, and so holds no text of its own, from one that replaced a file."""

from __future__ import annotations

import hashlib

from shipworthy.facts.base import View
from shipworthy.project.listing import SYMLINK


def drop_mere_links(view: View) -> None:
    """Remove the gaps of symlinks that git holds as symlinks: all that is committed of them is a path.

    One that stands where git holds a file stays a gap, and so does every symlink outside git.
    """
    view.gaps[:] = [gap for gap in view.gaps if not (gap.reason == SYMLINK and gap.path and _as_held(view, gap.path))]


def _as_held(view: View, path: str) -> bool:
    entry = view.project.files[path]
    if entry.blob is None:
        return False
    try:
        target = str((view.project.root / path).readlink()).encode("utf-8", "surrogateescape")
    except (OSError, ValueError):
        return False
    make = hashlib.sha256 if len(entry.blob) == 64 else hashlib.sha1
    return make(b"blob %d\0" % len(target) + target).hexdigest() == entry.blob
