"""The only ways text reaches the screen: made visible first, then drawn as `Content`, never parsed as markup."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.css.styles import RulesMap
from textual.geometry import Region
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual
from textual.widgets import Static

from shipworthy.text import visible

DIM = "$dim"
"""For words beside the point; a colour of our themes, because `$text-muted` comes out loud inside spans."""
FAINT = "$faint"
BOLD = "bold"
NOTHING = Content("")
LINE_LIMIT = 400
"""Characters of one line of a repository that are worth drawing."""


def shown(text: str, style: str = "", limit: int = LINE_LIMIT) -> Content:
    """Any text, as one harmless line in one style."""
    return Content.assemble((visible(text, limit), style)) if style else Content(visible(text, limit))


def joined(*parts: tuple[str, str] | Content) -> Content:
    """Parts in a row: `Content` as it is, (text, style) pairs made visible."""
    return Content.assemble(*(part if isinstance(part, Content) else shown(part[0], part[1]) for part in parts))


@lru_cache(2048)
def _on(base: Style, style: Style) -> RichStyle:
    return (base + style).rich_style


def segments(line: Content, width: int, style: Style, get_style: Callable[[str | Style], Style]) -> list[Segment]:
    """One line at exactly this width, in cells, on the ground of `style`."""
    if line.cell_length > width:
        line = line.truncate(width, ellipsis=True)
    parts = [Segment(text, _on(style, part)) for text, part in line.render(style, end="", parse_style=get_style)]
    missing = width - line.cell_length
    return [*parts, Segment(" " * missing, style.rich_style)] if missing else parts


class Ends(Visual):
    """One line with text at its left end and text at its right end.

    `rights` are wordings of the right end, the longest first; the first that fits beside the whole left end is used.
    When none does, the last is cut to what room there is; with less than `LEAST` cells left it goes, unless `keep`
    cells are asked for: then the left end is cut instead, but for its first `firm` cells.
    """

    LEAST = 14

    def __init__(self, left: Content, *rights: Content, keep: int = 0, firm: int = 40) -> None:
        self.left = left
        self.rights = tuple(each for each in rights if each.plain)
        self.keep = keep
        self.firm = firm

    def at(self, width: int) -> Content:
        """The line at exactly this width, in cells."""
        width = max(width, 0)
        if not self.rights:
            return self.left.truncate(width, ellipsis=True, pad=True)
        room = width - self.left.cell_length - 2
        right = next((each for each in self.rights if each.cell_length <= room), None)
        if right is None:
            right = self.rights[-1].truncate(max(room, self.keep), ellipsis=True)
            if room < self.LEAST and (not self.keep or width - right.cell_length < self.firm):
                return self.left.truncate(width, ellipsis=True, pad=True)
        left = self.left.truncate(width - right.cell_length - 2, ellipsis=True, pad=True)
        return Content.assemble(left, "  ", right)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Ends)
            and len(self.rights) == len(other.rights)
            and self.left.is_same(other.left)
            and all(mine.is_same(theirs) for mine, theirs in zip(self.rights, other.rights, strict=True))
        )

    __hash__ = None  # type: ignore[assignment]  # compared by what it shows, kept in no set

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        return [self.strip(width, style, options.get_style)]

    def strip(self, width: int, style: Style, get_style: Callable[[str | Style], Style]) -> Strip:
        """Straight to segments: the line is as wide as it must be, so nothing is left to wrap or align."""
        if width <= 0:
            return Strip([], 0)
        return Strip(segments(self.at(width), width, style, get_style), width)

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        return container_width

    def get_height(self, rules: RulesMap, width: int) -> int:
        return 1


class Rows(Visual):
    """Several `Ends` below one another."""

    def __init__(self, rows: Sequence[Ends]) -> None:
        self.rows = tuple(rows)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rows) and self.rows == other.rows

    __hash__ = None  # type: ignore[assignment]  # as above

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        strips = [strip for row in self.rows for strip in row.render_strips(width, 1, style, options)]
        return strips[:height]

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        return container_width

    def get_height(self, rules: RulesMap, width: int) -> int:
        return len(self.rows)


class SafeStatic(Static):
    """A `Static` that takes only what cannot be read as markup."""

    def __init__(
        self, content: Content | Visual | None = None, *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(content if content is not None else Content(""), markup=False, id=id, classes=classes)

        self._put: Content | Visual | None = content

    def put(self, content: Content | Visual, *, layout: bool = True) -> None:
        """Show this instead; with `layout` False it is as high as what it replaces. The same again costs nothing."""
        before, self._put = self._put, content
        if isinstance(content, Content) and isinstance(before, Content):
            same = content.is_same(before)
        else:
            same = content == before
        if not same:
            self.update(content, layout=layout)


class Across(Horizontal):
    """Widgets side by side."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """Nothing: what its widgets leave free is the screen's to draw."""
        return []


class Below(Vertical):
    """Widgets below one another."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """Nothing, as above."""
        return []
