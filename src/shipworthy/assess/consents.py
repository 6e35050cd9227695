"""A person's yes to running the project's own commands: for this session, or kept for this repository."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from shipworthy.assess.signing import SessionError

if TYPE_CHECKING:
    from shipworthy.model import Ask, ComponentOutcome


class Consents:
    """What was allowed since the session began."""

    def __init__(self) -> None:
        self.allowed: set[str] = set()

    def open(self, outcomes: Iterable[ComponentOutcome]) -> list[Ask]:
        """The commands these outcomes wait for that nobody said yes to."""
        return [ask for each in outcomes for ask in each.outcome.asks if ask.command not in self.allowed]

    def remember(self, command: str, outcomes: Iterable[ComponentOutcome], now: datetime) -> None:
        """Allow a command and keep that, bound to repository, command and scripts. Raises SessionError."""
        from shipworthy.assess.context import default_context
        from shipworthy.facts.tests.consent import ConsentKey, record

        context = default_context()
        asks = [ask for ask in self.open(outcomes) if ask.command == command]
        self.allowed.add(command)
        if context.state_dir is None or not asks:
            return
        try:
            for ask in asks:
                key = ConsentKey(ask.repository, ask.digest)
                record(context.state_dir, key, "always", shown=command, at=now)
        except OSError as error:
            raise SessionError(
                f"your yes could not be kept: {error.strerror}",
                "It counts for this session; next time it is asked again.",
            ) from error

    def answer(self, *, always: bool = False) -> Callable[[str, str], bool]:
        """Whether a command may run: asked by the reader that would run it, with (command, why)."""
        return lambda command, why: always or command in self.allowed
