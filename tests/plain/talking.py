"""Talks to the line mode in a test: typed answers go in, everything it wrote comes out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fake import FakeEngine, FakeSession

from shipworthy.assess.events import Event
from shipworthy.plain.conversation import Conversation
from shipworthy.plain.talk import Talk, Unseen

INTERRUPT = "\x03"
"""Typed: Ctrl-C in place of a line."""


@dataclass
class Said:
    """What came of a conversation."""

    text: str
    code: int
    session: FakeSession
    looked: list[tuple[str, ...] | None]
    """What was examined, in order."""
    edited: list[list[str]] = field(default_factory=list)
    left: int = 0
    """How many typed lines nobody asked for."""

    def after(self, words: str) -> str:
        """What was written from these words on."""
        assert words in self.text, f"{words!r} was not said:\n{self.text}"
        return self.text[self.text.index(words) :]

    @property
    def did(self) -> list[tuple[object, ...]]:
        """What the session was asked to write or make."""
        return self.session.calls


def talk(
    *typed: str,
    session: FakeSession | None = None,
    engine: FakeEngine | None = None,
    unseen: Sequence[str] | None = (),
    environ: dict[str, str] | None = None,
    editor: Callable[[list[str], Path], int] | None = None,
    ascii_only: bool = False,
    width: int = 1_000,
) -> Said:
    """Type these lines, then end the input. `unseen`: passphrases; None: the terminal would show them."""
    session, engine = session or FakeSession(), engine or FakeEngine()
    written: list[str] = []
    waiting, secrets = list(typed), list(unseen or ())
    said = Said("", 0, session, [])

    def read() -> str | None:
        line = waiting.pop(0) if waiting else None
        if line == INTERRUPT:
            raise KeyboardInterrupt
        return None if line is None else f"{line}\n"

    def read_unseen(question: str) -> str | None:
        if unseen is None:
            raise Unseen
        written.append(question)
        return secrets.pop(0) if secrets else None

    def examine(only: tuple[str, ...] | None, emit: Callable[[Event], None]) -> None:
        said.looked.append(only)
        if engine.error is not None:
            raise engine.error
        for event in engine._script(only):
            emit(event)

    def edit(command: list[str], folder: Path) -> int:
        said.edited.append(command)
        return editor(command, folder) if editor else 0

    talking = Conversation(
        session,
        examine,
        Talk(written.append, read, read_unseen, width=lambda: width, ascii_only=ascii_only),
        environ=environ or {},
        editor=edit,
    )
    said.code = talking.run()
    said.text, said.left = "".join(written), len(waiting)
    return said
