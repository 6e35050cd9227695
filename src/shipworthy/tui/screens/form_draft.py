"""Has what is typed into a form kept a moment later, so that a kill or a crash loses a moment of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.content import Content

from shipworthy.tui.widgets.safe import shown

if TYPE_CHECKING:
    from textual.timer import Timer

    from shipworthy.forms.drafts import Draft
    from shipworthy.tui.screens.form import FormScreen

KEEP_SECONDS = 0.7
"""How long nothing is typed until what was typed is kept."""


def drafted(draft: Draft) -> Content:
    """Says where the answers come from that no file holds."""
    when = f"{draft.at.astimezone():%d %B, %H:%M}"
    words = f"Here is what you typed on {when} and did not save. ctrl+s saves it; Esc can throw it away."
    return shown(words, "$warning", 300)


class Drafts:
    """Keeps one form's draft, in the background and one at a time."""

    def __init__(self, screen: FormScreen, *, there: bool) -> None:
        self._screen = screen
        self._timer: Timer | None = None
        self._there = there
        """Whether there may be a draft that this screen read or wrote: no other is its to throw away."""
        self._turn = asyncio.Lock()

    def typed(self, *, unsaved: bool) -> None:
        """What is on the screen is another now; `unsaved` where it is nowhere else."""
        self._there = self._there or unsaved
        if not self._there:
            return
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._screen.set_timer(KEEP_SECONDS, self._later)

    def _later(self) -> None:
        self._screen.run_worker(self._keep(), group="draft", exit_on_error=False)

    async def _keep(self) -> None:
        async with self._turn:
            await self._screen.keep_draft()

    async def forget(self) -> None:
        """It was saved, taken back, or is to be lost."""
        if not self._there:
            return
        if self._timer is not None:
            self._timer.stop()
        # One that is being written now would come back.
        async with self._turn:
            await self._screen.drop_draft()
