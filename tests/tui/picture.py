"""A screen as text: what it says, and below it the style of every cell as a letter, explained for each theme."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import groupby
from string import ascii_letters, digits
from typing import NamedTuple

from rich.cells import cell_len
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.screen import ModalScreen
from textual.widgets import Input


class Cell(NamedTuple):
    """One cell of a screen."""

    text: str
    """Empty right of a character that takes two cells."""
    ink: str
    """#rrggbb"""
    ground: str
    """#rrggbb"""
    marks: str
    """ "bold underline", in this order."""
    live: bool = True
    """Whether it can be used: not so what lies behind a dialog."""


Picture = tuple[tuple[Cell, ...], ...]
"""Rows of cells."""
_MARKS = ("bold", "dim", "italic", "underline", "strike")
_LETTERS = ascii_letters + digits + "+*=%&@$?!<>/~^#:;,"


def picture(app: App[object]) -> Picture:
    """What the app shows now, dialogs over what they cover."""
    dialog = isinstance(app.screen, ModalScreen)
    regions = [each.region for each in app.screen.children] if dialog else [app.size.region]
    rows = []
    for y, strip in enumerate(app.screen._compositor.render_strips()):
        row: list[Cell] = []
        uses = {x for region in regions if region.y <= y < region.bottom for x in region.column_range}
        for segment in strip:
            look = _look_of(segment.style)
            for character in segment.text:
                row.append(Cell(character, *look, len(row) in uses))
                if not character.isascii():
                    row += [Cell("", *look)] * (cell_len(character) - 1)
        rows.append(tuple(row))
    return tuple(rows)


@cache
def _look_of(style: Style | None) -> tuple[str, str, str]:
    if style is None:
        return "default", "default", ""
    ink, ground = _hex(style.color), _hex(style.bgcolor)
    if style.reverse:
        ink, ground = ground, ink
    return ink, ground, " ".join(each for each in _MARKS if getattr(style, each))


def _hex(color: object) -> str:
    triplet = getattr(color, "triplet", None)
    return triplet.hex if triplet is not None else "default"


def still(app: App[object]) -> None:
    """Nothing blinks."""
    for field in app.screen.query(Input):
        field.cursor_blink = False


def words(seen: Picture) -> list[str]:
    """The text of every row."""
    return ["".join(cell.text for cell in row).rstrip() for row in seen]


def written(pictures: Mapping[str, Picture]) -> str:
    """The same screen in several themes (name to picture) as one text. Raises AssertionError where the words differ.

    A letter stands for the same place in every theme; the most common is a dot. Blanks have no ink worth telling.
    """
    themes = list(pictures)
    text = words(pictures[themes[0]])
    for theme in themes[1:]:
        assert words(pictures[theme]) == text, f"the words differ in {theme} and {themes[0]}"
    looks = [
        [tuple(_look(pictures[theme][y][x]) for theme in themes) for x in range(len(row))]
        for y, row in enumerate(pictures[themes[0]])
    ]
    # By first appearance but for the dot, so that a small change leaves most letters as they were.
    often = Counter(look for row in looks for look in row).most_common(1)[0][0]
    order = [often, *(each for each in dict.fromkeys(look for row in looks for look in row) if each != often)]
    names = dict(zip(order, "." + _LETTERS, strict=False))
    assert len(order) <= len(names), f"{len(order)} styles on one screen"
    grid = ["".join(names[look] for look in row).rstrip(".") for row in looks]
    legend = [f"{names[look]} {theme:<10}{each}" for look in order for theme, each in zip(themes, look, strict=True)]
    size = f"{len(looks[0])}x{len(looks)}"
    return "\n".join([size, *_numbered(text), "", *_numbered(grid), "", *legend]) + "\n"


def _numbered(rows: Sequence[str]) -> list[str]:
    return [f"{number:>2} {row}".rstrip() for number, row in enumerate(rows, 1)]


def _look(cell: Cell) -> str:
    if not cell.text.strip():
        return f"on {cell.ground}"
    return f"{cell.ink} on {cell.ground} {cell.marks}".rstrip()


def read(text: str, theme: str) -> list[str]:
    """What `written` says of one theme, line by line: the words, then each row's styles from left to right."""
    screen, grid, legend = (part.splitlines() for part in text.split("\n\n"))
    looks = {line[0]: line[12:] for line in legend if line[2:12].rstrip() == theme}
    width = int(screen[0].partition("x")[0])
    for row in grid:
        runs: list[tuple[str, int]] = []
        for look, same in groupby(looks[each] for each in row[3:].ljust(width, ".")):
            count = len(list(same))
            if runs and look.startswith("on ") and look in runs[-1][0]:
                # A blank between words of one ink.
                runs[-1] = runs[-1][0], runs[-1][1] + count
            elif runs and runs[-1][0] == look:
                runs[-1] = look, runs[-1][1] + count
            else:
                runs.append((look, count))
        screen.append(f"{row[:2]} " + ", ".join(f"{count} {look}" for look, count in runs))
    return screen


@cache
def contrast(ink: str, ground: str) -> float:
    """The contrast ratio of WCAG 2.2, 1 to 21 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio)."""

    def luminance(name: str) -> float:
        parts = [each / 255 for each in Color.parse(name).rgb]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(ink), luminance(ground)), reverse=True)
    return (high + 0.05) / (low + 0.05)
