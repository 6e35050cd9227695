"""Finds items by name in the command palette."""

from __future__ import annotations

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from shipworthy.coaching.words import FACES, heading
from shipworthy.model import Level, Result
from shipworthy.tui.screens.main import MainScreen
from shipworthy.tui.widgets.safe import DIM, joined


class ItemProvider(Provider):
    """Every item the profile asks for; choosing one goes to it."""

    def _results(self) -> list[Result]:
        screen = self.screen
        if not isinstance(screen, MainScreen):
            return []
        return [each for each in screen.coach.known.results if each.level is not Level.NONE]

    def _go(self, item_id: str) -> None:
        screen = self.screen
        if isinstance(screen, MainScreen):
            screen.go_to(item_id)

    async def discover(self) -> Hits:
        for each in self._results():
            if each.level is Level.REQUIRED and not each.settled:
                yield DiscoveryHit(_line(each), lambda item=each.item.id: self._go(item), text=each.item.id)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for each in self._results():
            score = max(matcher.match(heading(each)), matcher.match(each.item.id), matcher.match(each.item.title))
            if score > 0:
                yield Hit(score, _line(each), lambda item=each.item.id: self._go(item), text=each.item.id)


def _line(result: Result) -> Content:
    face = FACES[result.status]
    return joined((f"{face.glyph} ", face.style), (heading(result), ""), (f"  {result.item.id}", DIM))
