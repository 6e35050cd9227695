"""Draws any number of lines quickly: only those in sight are rendered, whatever the length of the text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, NamedTuple

from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from shipworthy.text import visible
from shipworthy.tui.keys import SCROLL
from shipworthy.tui.widgets.safe import FAINT, NOTHING, Ends, shown

MAX_LINES = 20_000


class Line(NamedTuple):
    """One line. `head` stays in front of it, wrapped rows are set below its text; `kind` picks the style."""

    text: Content = NOTHING
    head: Content = NOTHING
    kind: str = "text"
    wrap: bool = True


def text_lines(text: str, *, wrap: bool = True) -> list[Line]:
    """A text of many lines, each made visible on its own."""
    found = text.splitlines()
    lines = [Line(Content(visible(each)), wrap=wrap) for each in found[:MAX_LINES]]
    if len(found) > MAX_LINES:
        lines.append(Line(shown(f"… and {len(found) - MAX_LINES:,} more lines", FAINT)))
    return lines


class Lines(ScrollView, can_focus=True):
    """A scrolling column of `Line`s."""

    ALLOW_SELECT = False
    auto_links = False
    BINDINGS: ClassVar[list[BindingType]] = [*SCROLL]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"lines--text", "lines--code", "lines--marked"}

    def __init__(self, lines: Sequence[Line] = (), *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: tuple[Line, ...] = tuple(lines)
        self._rows: list[tuple[Content, str]] = []
        self._width = 0

    def put(self, lines: Iterable[Line], *, keep_place: bool = False) -> None:
        """Show these lines, from the top unless `keep_place`."""
        self._lines = tuple(lines)
        self._lay_out()
        if not keep_place:
            self.scroll_home(animate=False)

    @property
    def plain(self) -> str:
        """What is shown, as laid out now."""
        return "\n".join(row.plain.rstrip() for row, _ in self._rows)

    def render_lines(self, crop: Region) -> list[Strip]:
        # Here and not on a resize event, which comes after the first picture.
        if self.scrollable_content_region.width != self._width:
            self._lay_out()
        return super().render_lines(crop)

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        self._width = width
        self._rows = [] if width <= 0 else [row for line in self._lines for row in _rows(line, width)]
        # As high as the widget at least: a change of the virtual size lays the whole screen out again, and most
        # items fit.
        self.virtual_size = Size(width, max(len(self._rows), self.scrollable_content_region.height))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        number = self.scroll_offset.y + y
        width = self._width
        row, kind = self._rows[number] if number < len(self._rows) else (Content(""), "text")
        style = self.get_visual_style(f"lines--{kind}")
        # What `Visual.to_strips` does, less links and selection, of which there are none here.
        return Ends(row).strip(width, style, self._get_style)


def _rows(line: Line, width: int) -> Iterable[tuple[Content, str]]:
    indent = line.head.cell_length
    room = max(width - indent, 8)
    if not line.wrap:
        parts = [line.text.truncate(room, ellipsis=True)]
    else:
        parts = [part.rstrip() for part in line.text.wrap(room)] if line.text.plain else [line.text]
    for number, part in enumerate(parts):
        yield (line.head + part if number == 0 else part.pad_left(indent)), line.kind
