"""What every key does now, with the keymap in force, and what the glyphs mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from textual.binding import Binding
from textual.screen import Screen

from shipworthy.coaching.words import FACES, MEANS, NEVER, RUNNING
from shipworthy.tui.keys import GROUPS
from shipworthy.tui.screens.dialogs import Reader
from shipworthy.tui.widgets.lines import Line
from shipworthy.tui.widgets.safe import BOLD, DIM, joined, shown


def key_lines(screen: Screen[Any], groups: Iterable[tuple[str, Sequence[Binding]]]) -> Iterator[Line]:
    """Keys as they are bound on this screen, group by group."""
    keys: dict[str, list[str]] = {}
    for each in screen.active_bindings.values():
        if each.binding.id:
            keys.setdefault(each.binding.id, []).append(screen.app.get_key_display(each.binding))
    for title, bindings in groups:
        yield Line(shown(title, "bold $secondary"))
        done: set[str] = set()
        for binding in bindings:
            if binding.id and binding.id not in done and keys.get(binding.id):
                done.add(binding.id)
                names = " ".join(dict.fromkeys(keys[binding.id]))
                yield Line(shown(binding.tooltip), head=joined((f"  {names:<10}", "bold $primary")))
        if title == "The coach":
            yield Line(shown("Every command by name, and the themes"), head=joined((f"  {'^p':<10}", "bold $primary")))
        yield Line()


def help_lines(screen: Screen[None]) -> Iterator[Line]:
    """Keys as they are bound on this screen, then the states, then what the coach never does."""
    yield from key_lines(screen, sorted(GROUPS, key=lambda group: group[0] != "Do"))
    yield Line(shown("States", "bold $secondary"))
    for face in FACES.values():
        yield Line(
            shown(MEANS[face.word]),
            head=joined((f"  {face.glyph} ", f"bold {face.style}"), (f"{face.word:<8}", face.style)),
        )
    yield Line(shown("Its check has not answered yet."), head=joined((f"  … {RUNNING.word:<8}", RUNNING.style)))
    yield Line()
    yield Line(shown("What it never does", "bold $secondary"))
    for words in NEVER:
        yield Line(shown(words, DIM), head=shown("  "))
    yield Line()
    yield Line(joined(("shipworthy --plain", BOLD), (" is the same coach line by line.", DIM)), head=shown("  "))
    yield Line(joined(("shipworthy check", BOLD), (" prints the state and leaves.", DIM)), head=shown("  "))


class Help(Reader):
    """The help page over a screen."""

    def __init__(self, screen: Screen[None]) -> None:
        super().__init__("Keys and states", list(help_lines(screen)))
