"""A field of one line that loses nothing in silence: pasted lines become one, and what has no room is told."""

from __future__ import annotations

from textual.events import Paste
from textual.message import Message
from textual.widgets import Input


class LineInput(Input):
    """Takes as much of what is added as there is room for; a passphrase only whole, as half of one is a wrong one."""

    class NoRoom(Message):
        """Not all that was typed or pasted was taken."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    def add(self, text: str, *, selected: bool = False) -> None:
        """Put a text at the cursor, or in the place of what is `selected`; its lines become one."""
        lines = text.splitlines()
        # Of a passphrase no character is changed; what a store of them copies may end with a line.
        one = "".join(lines[:1]) if self.password or len(lines) < 2 else " ".join(filter(None, map(str.strip, lines)))
        self.replace(one, *(self.selection if selected else (self.cursor_position,) * 2))
        if self.password and any(lines[1:]):
            self.post_message(self.NoRoom("A passphrase has one line: only the first one was taken."))

    def replace(self, text: str, start: int, end: int) -> None:
        start, end = sorted((max(0, start), min(len(self.value), end)))
        most = self.max_length or 0
        room = most - len(self.value) + end - start
        over = len(text) - max(room, 0) if most else 0
        if over <= 0:
            super().replace(text, start, end)
        elif self.password:
            self.post_message(self.NoRoom(f"At most {most:,} characters fit here: nothing of it was taken."))
        else:
            super().replace(text[: len(text) - over], start, end)
            # After the message that the value changed, so that these words are the last.
            words = f"At most {most:,} characters fit here. Left out at the end: {over:,}."
            self.post_message(self.NoRoom(words))

    def _on_paste(self, event: Paste) -> None:
        # Textual's own would take the first line alone, and drop what is too long.
        event.prevent_default()
        event.stop()
        self.add(event.text, selected=True)
