"""What the screen asks of the examination; the real one is `assess.client`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from shipworthy.assess.events import Event


class Engine(Protocol):
    """Examines the repository elsewhere (a child process), so that the screen never waits for it."""

    async def start(self) -> None:
        """Make it ready to be asked. Called again after `events` came to an end. Raises OSError, SessionError."""
        ...

    async def run(self, only: tuple[str, ...] | None = None, consent: frozenset[str] = frozenset()) -> None:
        """Ask for an examination of all items or of `only` these; `consent` holds commands that got a yes."""
        ...

    async def cancel(self) -> None:
        """Stop the examination under way, if there is one; its `Done` says so."""
        ...

    async def watch(self, on: bool) -> None:
        """Ask it to notice changed files and examine by itself what they touch, or not to. It answers `Watching`."""
        ...

    def events(self) -> AsyncIterator[Event]:
        """Everything every examination reports, until the engine stops."""
        ...

    async def stop(self) -> None:
        """End it. Safe to call twice."""
        ...
