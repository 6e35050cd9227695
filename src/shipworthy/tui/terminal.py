"""What the terminal can show and do: ASCII stand-ins, the last guard against control characters, clipboard, editor."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from shipworthy.coaching.stand_ins import STAND_INS

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
CLIPBOARDS = (
    ("pbcopy", ()),
    ("wl-copy", ()),
    ("xclip", ("-selection", "clipboard")),
    ("xsel", ("--clipboard", "--input")),
)
CLIPBOARD_SECONDS = 3.0


@lru_cache(4096)
def _clean(text: str) -> str:
    return _CONTROL.sub(lambda match: "?" * cell_len(match[0]), text)


@lru_cache(4096)
def _to_ascii(text: str) -> str:
    def one(character: str) -> str:
        if character in STAND_INS:
            return STAND_INS[character]
        if "\u2500" <= character <= "\u257f":  # box drawing
            return {"─": "-", "━": "-", "═": "-", "│": "|", "┃": "|", "║": "|"}.get(character, "+")
        if "\u2580" <= character <= "\u259f":  # block elements, as scrollbars are drawn with
            return "#"
        return "?" * cell_len(character)

    return "".join(each if each.isascii() else one(each) for each in _clean(text))


class OutputGuard(LineFilter):
    """Nothing that a terminal obeys leaves the screen, whichever widget let it through; in ASCII if need be.

    Every replacement is as wide as what it replaces, so that no line moves.
    """

    def __init__(self, before: Sequence[LineFilter] = (), *, ascii_only: bool) -> None:
        super().__init__()
        self.before = tuple(before)
        """Filters applied first: one pass over a line costs less than one for each."""
        self.ascii_only = ascii_only

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        for each in self.before:
            segments = each.apply(segments, background)
        return [
            segment if segment.text.isascii() and segment.text.isprintable() else self._one(segment)
            for segment in segments
        ]

    def _one(self, segment: Segment) -> Segment:
        text = _to_ascii(segment.text) if self.ascii_only else _clean(segment.text)
        # Joined emoji are narrower than the sum of their parts.
        return Segment(set_cell_size(text, segment.cell_length), segment.style)


def copy_with_tool(text: str, root: Path) -> str | None:
    """Give the text to the first clipboard program there is; its name, or None where none took it."""
    import subprocess

    from shipworthy.git import find_tool

    for name, arguments in CLIPBOARDS:
        tool = find_tool(name, root)
        if tool is None:
            continue
        try:
            done = subprocess.run(
                [tool, *arguments],
                input=text.encode("utf-8", "replace"),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/" if os.name == "posix" else None,
                timeout=CLIPBOARD_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            return name
    return None
