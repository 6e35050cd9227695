"""Shows a fix as a diff and applies it when the person says so; Close has the focus."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Button

from shipworthy.assess.signing import SessionError
from shipworthy.coaching.session import Session
from shipworthy.text import plural
from shipworthy.tui.keys import DIALOG, PAGES
from shipworthy.tui.screens.dialogs import Choice, Dialog
from shipworthy.tui.widgets.lines import MAX_LINES, Line, Lines
from shipworthy.tui.widgets.safe import BOLD, DIM, SafeStatic, joined, shown

if TYPE_CHECKING:
    from shipworthy.fixes.offer import Offer

_STYLES = {"+": "$success", "-": "$error", "@": "$secondary", "\\": DIM}


def diff_lines(offer: Offer) -> Iterator[Line]:
    """What a person still has to do, then the diff; added and removed lines differ in sign, not only in colour."""
    for note in offer.fix.notes:
        yield Line(shown(note, limit=600), head=joined(("! ", "bold $warning")))
    if offer.fix.notes:
        yield Line()
    for text in offer.diff[:MAX_LINES]:
        style = BOLD if text.startswith(("--- ", "+++ ")) else _STYLES.get(text[:1], "")
        yield Line(shown(text, style))
    if len(offer.diff) > MAX_LINES:
        yield Line(shown(f"… and {len(offer.diff) - MAX_LINES:,} more lines", DIM))


class Diff(Dialog[bool]):
    """Dismissed with True once the fix is applied, with None where it was not."""

    BINDINGS: ClassVar[list[BindingType]] = [*DIALOG, *PAGES]

    def __init__(self, session: Session, title: str, offer: Offer) -> None:
        super().__init__(title, plural(len(offer.fix.edits), "file"))
        self._session = session
        self._offer = offer
        self._busy = False

    def compose(self) -> ComposeResult:
        box = self.box()
        box.add_class("tall")
        with box:
            yield SafeStatic(shown(self._offer.fix.says, BOLD, 600), id="note")
            yield Lines(list(diff_lines(self._offer)), id="text")
            yield SafeStatic(id="problem")
            with Horizontal(classes="buttons"):
                yield Choice("Close", id="no")
                yield Choice("Apply", id="yes", tone="primary")

    def action_text_scroll(self, rows: int) -> None:
        self.query_one(Lines).scroll_relative(y=rows, animate=False)

    def action_text_page(self, pages: int) -> None:
        text = self.query_one(Lines)
        text.scroll_relative(y=pages * max(text.size.height - 1, 1), animate=False)

    def action_cancel(self) -> None:
        # While files are being written there is nothing to cancel: all of them change, or none.
        if not self._busy:
            self.dismiss(None)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id != "yes":
            self.action_cancel()
        elif not self._busy:
            self._busy = True
            self._apply()

    @work(group="apply")
    async def _apply(self) -> None:
        try:
            await asyncio.to_thread(self._session.apply_fix, self._offer.fix)
        except SessionError as error:
            self._busy = False
            words = f"{error.message} {error.diagnostics}".strip()
            self.query_one("#problem", SafeStatic).put(shown(words, "$error", 600))
            self.query_one("#yes", Button).disabled = True
            self.query_one("#no", Button).focus()
            return
        self.dismiss(True)
