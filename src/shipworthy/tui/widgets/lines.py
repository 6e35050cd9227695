"""Draws any number of lines quickly: only those in sight are rendered, whatever the length of the text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, Self

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.binding import BindingType
from textual.color import Color
from textual.content import Content
from textual.filter import LineFilter
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar
from textual.strip import Strip
from textual.style import Style

from shipworthy.text import visible
from shipworthy.tui.keys import SCROLL
from shipworthy.tui.widgets.safe import FAINT, NOTHING, segments, shown
from shipworthy.tui.widgets.scrollbar import QuickBar

MAX_LINES = 20_000
_KINDS = ("text", "code", "marked")


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


class _Look(NamedTuple):
    """What drawn rows have in common."""

    width: int
    left: list[Segment]
    """What stands before the text: the edge, where there is one, and the padding."""
    right: list[Segment]
    background: Color
    grounds: dict[str, Style]
    """By kind of line."""
    filters: tuple[LineFilter, ...]


@dataclass
class Page:
    """Lines laid out at a width, and the rows of them that were drawn so far."""

    lines: tuple[Line, ...] = ()
    width: int = 0
    rows: list[tuple[Content, str]] = field(default_factory=list)
    drawn: dict[int, Strip] = field(default_factory=dict)
    look: _Look | None = None

    @classmethod
    def of(cls, lines: Iterable[Line], width: int) -> Self:
        """Lines laid out at a width in cells."""
        kept = tuple(lines)
        return cls(kept, width, [] if width <= 0 else [row for line in kept for row in _rows(line, width)])


class Lines(ScrollView, can_focus=True):
    """A scrolling column of `Line`s; a border may stand at its left edge, and nowhere else."""

    ALLOW_SELECT = False
    auto_links = False
    BINDINGS: ClassVar[list[BindingType]] = [*SCROLL]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "lines--text",
        "lines--code",
        "lines--marked",
        "lines--edge",
        "lines--edge-focused",
    }

    def __init__(self, lines: Sequence[Line] = (), *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._page = Page(tuple(lines))
        self._width = self._height = 0
        self._look: _Look | None = None

    def put(self, lines: Iterable[Line], *, keep_place: bool = False) -> None:
        """Show these lines, from the top unless `keep_place`."""
        self._turn_to(Page.of(lines, self._measured()), keep_place=keep_place)

    def _turn_to(self, page: Page, *, keep_place: bool) -> None:
        """Show a page laid out at the width there is."""
        self._page = page
        # Set quietly: a change of it would lay the whole screen out again, while only the scroll bar depends on it.
        size = Size(self._width, max(len(page.rows), self._height))
        self.set_reactive(Lines.virtual_size, size)
        self._scroll_update(size)
        if not self.scrollable_content_region and self._height:
            self.call_after_refresh(self._draw_ahead)
        self.refresh()
        if not keep_place:
            self.scroll_home(animate=False)

    @property
    def vertical_scrollbar(self) -> ScrollBar:
        return QuickBar.of(self)

    @property
    def plain(self) -> str:
        """What is shown, as laid out now."""
        return "\n".join(row.plain.rstrip() for row, _ in self._page.rows)

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Nothing: only the edge tells it, and is drawn here. Working out every style again takes longer than a key."""

    def notify_style_update(self) -> None:
        self._page.look = None
        super().notify_style_update()

    @property
    def room(self) -> Size:
        """Columns and rows there are for text."""
        # While it is hidden it has no region; it will come back as large as it was, most of the time.
        return self.scrollable_content_region.size or Size(self._width, self._height)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Rows as wide as the widget, drawn once each.

        Textual's own way asks every line for borders, padding, tints and filters of all sides, and takes three times
        as long; of these, only what stands left and right of the text is used here.
        """
        # Here and not on a resize event, which comes after the first picture.
        if self.scrollable_content_region.size != (self._width, self._height):
            self._lay_out()
        self._look = look = self._looks()
        strips = self._strips(self._page, look, (self.scroll_offset.y + y for y in crop.line_range))
        whole = crop.column_span == (0, look.width)
        return strips if whole else [each.crop(*crop.column_span) for each in strips]

    def _strips(self, page: Page, look: _Look, numbers: Iterable[int]) -> list[Strip]:
        if page.look != look:
            page.look = look
            page.drawn.clear()
        found = []
        for number in numbers:
            # All rows below the last look the same.
            kept = min(number, len(page.rows))
            strip = page.drawn.get(kept)
            if strip is None:
                strip = page.drawn[kept] = self._draw(page, kept, look)
            found.append(strip)
        return found

    def _draw_ahead(self) -> None:
        """While it is hidden: what will be seen when it is shown."""
        if not self.scrollable_content_region:
            self._prepare(self._page)

    def _prepare(self, page: Page) -> None:
        """Draw what will be seen of a page when it is turned to."""
        if self._look is not None:
            self._strips(page, self._look, range(self._height))

    def _draw(self, page: Page, number: int, look: _Look) -> Strip:
        row, kind = page.rows[number] if number < len(page.rows) else (NOTHING, "text")
        parts = [
            *look.left,
            *segments(row, page.width, look.grounds[kind], self._get_style),
            *look.right,
        ]
        for each in look.filters:
            parts = each.apply(parts, look.background)
        return Strip(parts, look.width)

    def _looks(self) -> _Look:
        """What rows drawn now have in common."""
        width = self.outer_size.width
        background = self.background_colors[1]
        around = RichStyle(bgcolor=background.rich_color)
        left, edge = self.styles.gutter.left, bool(self.styles.border_left[0])
        begin = [Segment(" " * (left - edge), around)]
        if edge:
            style = self.get_visual_style("lines--edge-focused" if self.has_focus else "lines--edge")
            begin.insert(0, Segment("│", style.rich_style))
        return _Look(
            width=width,
            left=[each for each in begin if each.text],
            right=[Segment(" " * rest, around)] if (rest := width - left - self._width) > 0 else [],
            background=background,
            grounds={kind: self.get_visual_style(f"lines--{kind}") for kind in _KINDS},
            filters=tuple(self.get_line_filters()),
        )

    def _measured(self) -> int:
        """Cells a line has from now on; a page of this width is to be turned to."""
        self._width, self._height = self.room
        return self._width

    def _lay_out(self) -> None:
        """The same in the room there is now."""
        page, width = self._page, self._measured()
        self._turn_to(page if page.width == width else Page.of(page.lines, width), keep_place=True)


def _rows(line: Line, width: int) -> Iterable[tuple[Content, str]]:
    indent = line.head.cell_length
    room = max(width - indent, 8)
    if line.text.cell_length <= room and "\n" not in line.text.plain:
        parts = [line.text]
    elif not line.wrap:
        parts = [line.text.truncate(room, ellipsis=True)]
    else:
        parts = [part.rstrip() for part in line.text.wrap(room)]
    for number, part in enumerate(parts):
        yield (line.head + part if number == 0 else part.pad_left(indent)), line.kind
