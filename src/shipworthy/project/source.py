"""One file's bytes on their way through the analysers: decoded, split and parsed at most once."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from shipworthy.project.files import FileEntry

if TYPE_CHECKING:
    from tree_sitter import Tree

_MINIFIED_LINE, _MINIFIED_AVERAGE, _BEGINNING = 5_000, 1_000, 8_000
_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")


def is_minified(data: bytes) -> bool:
    """Whether lines are very long on average."""
    if len(data) <= _MINIFIED_LINE:
        return False
    fewest = len(data) / _MINIFIED_AVERAGE
    lines = 1
    # Most files have as many lines as that in their beginning.
    for start in range(0, len(data), _BEGINNING):
        lines += data.count(b"\n", start, start + _BEGINNING)
        if lines >= fewest:
            return False
    return True


class Source:
    """The bytes of one file and what is derived from them on demand."""

    def __init__(self, entry: FileEntry, data: bytes) -> None:
        self.entry = entry
        self.data = data

    @property
    def path(self) -> str:
        return self.entry.path

    @property
    def binary(self) -> bool:
        """Not text: a NUL byte among the first 8,000 (git's own rule), unless a UTF-16 byte order mark leads."""
        return self.data.find(b"\0", 0, 8000) >= 0 and not self.data.startswith((b"\xff\xfe", b"\xfe\xff"))

    @cached_property
    def text(self) -> str:
        """Decoded as UTF-8 (UTF-16 by its mark); what does not decode is surrogate-escaped. Never raises."""
        if self.data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return self.data.decode("utf-16", "replace")
        return self.data.decode("utf-8-sig", "surrogateescape")

    @property
    def utf8(self) -> bytes:
        """The text as UTF-8 without a mark, whatever it was written in; bytes that do not decode stay."""
        return self.text.encode("utf-8", "surrogateescape") if self.data.startswith(_MARKS) else self.data

    @cached_property
    def lines(self) -> list[str]:
        """Lines without their ends, split at newlines only (not at U+2028 and the like, so numbers fit editors)."""
        return [line.removesuffix("\r") for line in self.text.split("\n")]

    @cached_property
    def minified(self) -> bool:
        """Very long lines on average: written by a bundler, whatever the name says."""
        return is_minified(self.data)

    @cached_property
    def tree(self) -> Tree | None:
        """The syntax tree; None where the language has no grammar here or parsing ran over its limits."""
        from shipworthy.project import syntax

        language = syntax.language_of(self.path)
        return syntax.parse(language, self.data) if language else None
