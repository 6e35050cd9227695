"""The review screen as an app of its own, opened as quickly as the coach."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from pathlib import Path

from textual.screen import Screen

from shipworthy.tui.frame import Frame
from shipworthy.tui.screens.review import Left, Review
from shipworthy.tui.screens.review_desk import Desk


class ReviewApp(Frame):
    """Shows the desk that `open` makes (it raises SessionError); the other arguments are `Frame`'s."""

    # A default screen's own style sheets are not read.
    CSS_PATH = [Path(__file__).with_name("coach.tcss"), Path(__file__).parent / "screens" / "review.tcss"]

    def __init__(
        self,
        open: Callable[[], Desk],
        *,
        keymap: Mapping[str, str] | None = None,
        theme: str = "dark",
        ascii_only: bool | None = None,
    ) -> None:
        super().__init__(keymap=keymap, theme=theme, ascii_only=ascii_only)
        self.review = Review(open)

    def get_default_screen(self) -> Screen[Left]:
        return self.review

    def on_mount(self) -> None:
        self.call_after_refresh(gc.enable)


def launch_review(open: Callable[[], Desk], *, theme: str = "dark", ascii_only: bool | None = None) -> Left | None:
    """Run it until the person leaves: how it stands then; None after a crash."""
    # As in `launch`: nothing of what is made until the first picture is garbage.
    gc.disable()
    try:
        app = ReviewApp(open, theme=theme, ascii_only=ascii_only)
        app.run()
    finally:
        gc.enable()
    return None if app.crashed else app.review.ended
