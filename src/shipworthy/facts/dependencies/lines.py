"""Finds the line a key or text stands on, for formats whose parsers forget it."""

from __future__ import annotations


class Finder:
    """Looks texts up in the order in which they occur, so that the nth look-up of a name finds its nth place."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._counted = (0, 1)
        self.position = 0

    def line(self, *needles: str) -> int | None:
        """The 1-based line of the first of these texts that occurs from here on, else anywhere; then stands behind it.

        A text that occurs nowhere costs a search of the whole file, so it is for texts that are usually there.
        """
        for start in (self.position, 0):
            for needle in needles:
                found = self._text.find(needle, start)
                if found >= 0:
                    self.position = found + len(needle)
                    return self.number(found)
        return None

    def next_line(self, needle: str) -> int | None:
        """Like `line`, only from here on and without moving back."""
        found = self._text.find(needle, self.position)
        if found < 0:
            return None
        self.position = found + len(needle)
        return self.number(found)

    def number(self, offset: int) -> int:
        """The 1-based line of a character."""
        known, line = self._counted
        if offset < known:
            known, line = 0, 1
        line += self._text.count("\n", known, offset)
        self._counted = (offset, line)
        return line

    def seek(self, needle: str) -> bool:
        """Stand at the first occurrence of a text in the file; whether there is one."""
        found = self._text.find(needle)
        self.position = max(found, 0)
        return found >= 0
