"""The list: areas, their required items, and what is only suggested or optional folded under each area."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.scrollbar import ScrollBar
from textual.style import Style
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from shipworthy.coaching.words import FACES, FORM_WORDS, aside, face_of, heading, matches
from shipworthy.model import Area, Level, Result, Status
from shipworthy.text import visible
from shipworthy.tui.widgets.safe import BOLD, DIM, FAINT, NOTHING, Ends, joined, shown
from shipworthy.tui.widgets.scrollbar import QuickBar

if TYPE_CHECKING:
    from shipworthy.assess.events import Failed

_QUIET = (Status.PASS, Status.NOT_APPLICABLE)
_FOCUSED = {"option-list--option-highlighted": "items--cursor"}
_KEPT = 20
"""Cells of where to look that are kept beside a title that is cut for it."""
_PLACED = re.compile(r":\d+(?: \+\d+)?$")


class Listing(NamedTuple):
    """What the list shows."""

    areas: tuple[Area, ...]
    results: tuple[Result, ...]
    today: date
    several: bool
    """Whether there is more than one component, so that items name theirs."""
    running: frozenset[str] = frozenset()
    pending: frozenset[str] = frozenset()
    unfolded: frozenset[str] = frozenset()
    """Ids of areas whose suggested and optional items are shown."""
    words: str = ""
    """The filter; empty shows everything."""
    height: int = 0
    """How many lines there is room for; with room to spare, areas are set apart."""


class Entry(NamedTuple):
    """One line of the list. `key` is unique: "area:…", "item:…" or "fold:…"."""

    key: str
    line: Ends
    disabled: bool = False


def entries(listing: Listing) -> list[Entry]:
    """The lines, in the checklist's order of areas, required items first in each."""
    found: list[Entry] = []
    for area in listing.areas:
        inside = [each for each in listing.results if each.item.area == area.id and each.level is not Level.NONE]
        if listing.words:
            # An item that is judged again keeps its place until its state is another one.
            inside = [
                each
                for each in inside
                if matches(each, area, face_of(each, listing.running, listing.pending), listing.words)
                or matches(each, area, FACES[each.status], listing.words)
            ]
        if not inside:
            continue
        required = [each for each in inside if each.level is Level.REQUIRED]
        others = [each for each in inside if each.level is not Level.REQUIRED]
        settled = sum(each.settled for each in required)
        tally = f"{settled} of {len(required)}" if required else ""
        found.append(Entry(f"area:{area.id}", Ends(shown(area.title, "bold $secondary"), shown(tally, FAINT)), True))
        found += [_row(each, listing) for each in required]
        unfolded = bool(listing.words) or area.id in listing.unfolded
        if others and not listing.words:
            found.append(Entry(f"fold:{area.id}", _fold(others, unfolded)))
        if unfolded:
            found += [_row(each, listing) for each in others]
    return found


def spaced(found: Sequence[Entry], height: int) -> list[Entry]:
    """The same with an empty line above every area but the first, where all of it fits into `height` lines."""
    areas = sum(entry.key.startswith("area:") for entry in found)
    if len(found) + areas - 1 > height:
        return list(found)
    lines: list[Entry] = []
    for entry in found:
        if lines and entry.key.startswith("area:"):
            lines.append(Entry(f"gap:{entry.key}", Ends(NOTHING), True))
        lines.append(entry)
    return lines


def _row(result: Result, listing: Listing) -> Entry:
    face = face_of(result, listing.running, listing.pending)
    quiet = face.word in [FACES[status].word for status in _QUIET] or face.glyph == "…"
    required = result.level is Level.REQUIRED
    title = heading(result) if face.glyph != "…" else result.item.title
    left = joined(
        (f"{face.glyph} {face.word:<8}", face.style if quiet else f"bold {face.style}"),
        (title, DIM if quiet or not required else ""),
        ("" if required else f"  {result.level.value}", FAINT),
    )
    words = "" if face.glyph == "…" else aside(result, listing.today, listing.several)
    style = "$warning" if result.note and face.glyph != "…" else FAINT if quiet else DIM
    # Where to look, or how a form stands, is worth more than the end of a title; other words are not.
    wanted = result.status is Status.FAIL or words.startswith(FORM_WORDS)
    keep = min(len(words), _KEPT) if wanted else 0
    # Of a long place, its line is worth more than how its file begins.
    short = f"…{words[1 - _KEPT :]}" if len(words) > _KEPT and _PLACED.search(words) else words
    return Entry(f"item:{result.item.id}", Ends(left, shown(words, style), shown(short, style), keep=keep))


def _fold(others: Sequence[Result], unfolded: bool) -> Ends:
    parts = []
    for level in (Level.SUGGESTED, Level.OPTIONAL):
        count = sum(each.level is level for each in others)
        if count:
            parts.append(f"{count} {level.value}")
    waiting = sum(not each.settled for each in others)
    return Ends(
        joined(("▾ " if unfolded else "▸ ", FAINT), (", ".join(parts), FAINT)),
        shown(f"{waiting} open" if waiting else "", FAINT),
    )


class ItemList(OptionList, inherit_bindings=False):
    """Shows a `Listing` and keeps the cursor on the same item while results stream in."""

    BINDINGS: ClassVar[list[BindingType]] = []
    COMPONENT_CLASSES: ClassVar[set[str]] = {"items--cursor"}
    auto_links = False
    highlighted: reactive[int | None] = reactive(None, repaint=False)
    """Drawn by `watch_highlighted`: two lines change, not the whole list."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        # What `compact=True` comes to, less working out the styles of a list that is not on the screen yet.
        self.set_reactive(OptionList.compact, True)
        self.add_class("-textual-compact", update=False)
        self._entries: list[Entry] = []
        self._drawn: int | None = None

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Nothing: only the cursor tells it, see below. Working out every style again takes longer than a key."""

    def get_visual_style(self, *component_classes: str, partial: bool = False) -> Style:
        if self.has_focus:
            component_classes = tuple(_FOCUSED.get(each, each) for each in component_classes)
        return super().get_visual_style(*component_classes, partial=partial)

    def watch_highlighted(self, highlighted: int | None) -> None:
        lines = [index for index in (self._drawn, highlighted) if index is not None]
        self._drawn = highlighted
        top, width = self.scroll_offset.y, self.size.width
        # Every entry is one line high.
        self.refresh(*(Region(0, index - top, width, 1) for index in lines))
        super().watch_highlighted(highlighted)

    @property
    def vertical_scrollbar(self) -> ScrollBar:
        return QuickBar.of(self)

    @property
    def current(self) -> str | None:
        """The id of the item under the cursor; None on a fold or an empty list."""
        option = self.highlighted_option
        if option is None or option.id is None or not option.id.startswith("item:"):
            return None
        return option.id.removeprefix("item:")

    @property
    def beside(self) -> list[str]:
        """Ids of the items next to the cursor."""
        at = self.highlighted or 0
        before = [each.key for each in self._entries[:at] if not each.disabled][-1:]
        after = [each.key for each in self._entries[at + 1 :] if not each.disabled][:1]
        return [key.removeprefix("item:") for key in before + after if key.startswith("item:")]

    @property
    def current_fold(self) -> str | None:
        """The id of the area whose fold is under the cursor."""
        option = self.highlighted_option
        if option is None or option.id is None or not option.id.startswith("fold:"):
            return None
        return option.id.removeprefix("fold:")

    @property
    def item_ids(self) -> list[str]:
        """Ids of the items shown, from top to bottom."""
        return [entry.key.removeprefix("item:") for entry in self._entries if entry.key.startswith("item:")]

    def show(self, listing: Listing) -> None:
        """Draw it: only changed lines when the same lines are there, all of them otherwise."""
        self.put(spaced(entries(listing), listing.height))

    def put(self, found: list[Entry]) -> None:
        """Draw these entries, with the cursor on the one it was on where that is still there."""
        if [each.key for each in found] == [each.key for each in self._entries]:
            for index, (old, new) in enumerate(zip(self._entries, found, strict=True)):
                if old.line is not new.line and old.line != new.line:
                    self.replace_option_prompt_at_index(index, new.line)
            self._entries = found
            return
        option = self.highlighted_option
        was, top = (option.id if option else None), self.scroll_offset.y
        self._entries = found
        with self.prevent(OptionList.OptionHighlighted):
            self.clear_options()
            self.add_options([Option(each.line, id=each.key, disabled=each.disabled) for each in found])
            self.scroll_to(y=top, animate=False)
            self.go(was)

    def page(self, step: int) -> None:
        """Move the cursor by what the list shows at once, without wrapping around."""
        free = [index for index, each in enumerate(self._entries) if not each.disabled]
        if free and self.highlighted in free:
            place = free.index(self.highlighted) + step * max(self.size.height - 2, 1)
            self.highlighted = free[max(0, min(place, len(free) - 1))]

    def go(self, key: str | None) -> bool:
        """Put the cursor on an entry; on the first that can have it where there is no such entry."""
        keys = [each.key for each in self._entries]
        if key in keys:
            self.highlighted = keys.index(key)
            return True
        self.highlighted = next((index for index, each in enumerate(self._entries) if not each.disabled), None)
        return False


def empty(words: str) -> Content:
    """What stands in place of an empty list."""
    if words:
        return joined(("No item has these words. ", DIM), ("Esc drops the filter.", DIM))
    return joined(("The checklist asks nothing of this repository.", DIM))


def cut_short(failed: Failed) -> Content:
    """What stands in place of the list when the examination itself broke off."""
    return Content("").join(
        [
            joined((failed.message, BOLD)),
            Content("\n\n"),
            *(Content(visible(line) + "\n") for line in failed.diagnostics.splitlines()[:10]),
            Content("\n"),
            joined(("R", "bold $primary"), (" tries again   ", DIM), ("q", "bold $primary"), (" leaves", DIM)),
        ]
    )


def too_small(size: Size, least: tuple[int, int]) -> Content:
    """What stands in place of everything in a terminal of fewer than `least` columns or rows."""
    return Content("\n").join(
        [
            joined(("Too small to show the coach", BOLD)),
            joined((f"{size.width}x{size.height}; it takes {least[0]}x{least[1]} or more.", DIM)),
            joined(("shipworthy --plain", BOLD), (" needs no screen.", DIM)),
        ]
    )
