"""What every app of ours shares: the themes, the last guard before the terminal, and how a crash ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import ClassVar

import textual.screen
from rich.segment import Segment, Segments
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.events import DescendantFocus
from textual.filter import LineFilter
from textual.screen import Screen

from shipworthy.coaching.stand_ins import needs_ascii
from shipworthy.text import visible
from shipworthy.tui.terminal import OutputGuard
from shipworthy.tui.themes import THEMES

# Textual repaints on a grid of sixtieths of a second, and what comes just after a repaint waits for one to two of them:
# the item beside the list came 30 ms after the cursor. A repaint takes longer than this period, so it is no flood.
textual.screen.UPDATE_PERIOD = 1 / 1_000  # type: ignore[misc]  # its setting, TEXTUAL_FPS, would reach every child too


class Frame(App[None]):
    """An app in our colours that lets no control character out.

    `keymap` points binding ids (see `shipworthy.tui.keys`) at other keys; `theme` is a name of `THEMES`;
    `ascii_only` None means: find out from the terminal.
    """

    TITLE = "shipworthy"
    CSS_PATH: ClassVar[Path | list[Path]] = Path(__file__).with_name("coach.tcss")  # type: ignore[assignment]  # narrower
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(
        self, *, keymap: Mapping[str, str] | None = None, theme: str = "dark", ascii_only: bool | None = None
    ) -> None:
        super().__init__()
        self.still = self.animation_level == "none"
        """Whether nothing is to move by itself, not even a cursor: TEXTUAL_ANIMATIONS=none asks for that."""
        self.animation_level = "none"
        self.crashed = False
        if ascii_only is None:
            ascii_only = needs_ascii(getattr(sys.__stderr__, "encoding", None), os.environ)
        self._guard = OutputGuard(ascii_only=ascii_only)
        for each in THEMES:
            self.register_theme(each)
        self._begin_with(f"shipworthy-{theme}")
        if keymap:
            self.set_keymap(dict(keymap))

    def _begin_with(self, name: str) -> None:
        """Start in a theme, with the classes and colours that a change of theme would set.

        A change of theme, even before anything is drawn, parses every style sheet a second time.
        """
        self.set_reactive(App.theme, name)
        dark = self.current_theme.dark
        self.set_class(True, f"-theme-{name}", "-dark-mode" if dark else "-light-mode", update=False)
        self.set_class(False, "-light-mode" if dark else "-dark-mode", update=False)
        self._refresh_truecolor_filter(self.ansi_theme)
        self.stylesheet.set_variables(self.get_css_variables())

    def get_theme_variable_defaults(self) -> dict[str, str]:
        # For Textual's own themes, which do not know our two quieter colours.
        return {"dim": "#8f8f8f", "faint": "#7c7c7c"}

    def get_line_filters(self) -> list[LineFilter]:
        before = tuple(super().get_line_filters())
        if before != self._guard.before:
            self._guard = OutputGuard(before, ascii_only=self._guard.ascii_only)
        return [self._guard]

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        if self.still and hasattr(event.widget, "cursor_blink"):
            event.widget.cursor_blink = False

    # Commands by name

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        for theme in THEMES:
            name = theme.name.removeprefix("shipworthy-")
            yield SystemCommand(f"Theme: {name}", "Change the colours", self._set_theme(theme.name))
        yield SystemCommand("Quit", "Leave; everything decided is already written down", self.action_quit)

    def _set_theme(self, name: str) -> Callable[[], None]:
        def change() -> None:
            self.theme = name

        return change

    # Crashes

    def _fatal_error(self) -> None:
        """Ends the app after a bug. Says where it was, never what was in memory: a secret or an escape could be.

        Textual's own prints locals and the exception's text; both can hold what a repository wrote.
        """
        self.bell()
        self.crashed = True
        error = sys.exc_info()[1] or self._exception
        lines = [f"shipworthy stopped because of a bug of its own: {type(error).__name__}"]
        trace = error.__traceback__ if error else None
        while trace is not None:
            code = trace.tb_frame.f_code
            lines.append(f"  {Path(code.co_filename).name}:{trace.tb_lineno} in {code.co_name}")
            trace = trace.tb_next
        lines += ["Please report these lines. Everything you decided is written down,"]
        lines += ["and `shipworthy check` still works."]
        self._exit_renderables.append(Segments([Segment(visible(line) + "\n") for line in lines]))
        self._close_messages_no_wait()

    def panic(self, *renderables: object) -> None:
        """Textual calls it for errors that draw themselves; those may quote a repository too."""
        self._fatal_error()
