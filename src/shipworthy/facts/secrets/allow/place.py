"""What is judged and what is answered: a place where a secret stands, and the permission that covers it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate

from shipworthy.model import Location

LONGEST_LINE = 200_000
"""Bytes; what stands in a longer line is allowed by nothing but its file's path and its fingerprint."""
_LONGEST_KEY = 20_500
_END = b"-----END"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """Somebody wrote down that a secret may stand where it stands: who, why, where that is written, until when."""

    by: str
    """What gave it: `comment`, `.gitleaks.toml`, `.gitleaksignore`, `.secrets.baseline` or `exception`."""
    reason: str
    """In the words of the one who gave it; empty where they gave none. Not for a terminal as it is: `text.visible`."""
    location: Location
    """Where the permission stands."""
    expires: date | None = None
    """The last day it counts; None where the format knows no end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One secret in one version of a file, with as much of the text around it as permissions look at.

    `path` is empty for what stands in no file: the message of a commit or a tag, the name of a ref.

    It holds the value, so it lives no longer than the call it is made for.
    """

    rule: str
    identity: str
    path: str
    line: int
    """1-based, of the value's first line."""
    value: bytes | None = field(default=None, repr=False)
    """None where it could not be read again; then only path, line and fingerprint say anything."""
    lines: bytes = field(default=b"", repr=False)
    """Every line the value stands on, whole, without the last line end."""
    before: bytes = field(default=b"", repr=False)
    """The line above them."""
    name: str = ""
    """The variable or setting it was given to."""
    commit: str | None = None
    """The commit (full id) that brought it in; None for the files as they are."""
    unsalted: str = ""
    """The identity it had without the project's salt, where the project has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the permissions of a repository say of one place."""

    allowed: Allowed | None = None
    too_wide: Allowed | None = None
    """A permission that would cover it but covers nearly everything, so it is not followed (see `wide`)."""


def place_at(
    data: bytes,
    start: int,
    end: int,
    *,
    rule: str,
    identity: str,
    path: str,
    name: str = "",
    commit: str | None = None,
    line: int | None = None,
) -> Place:
    """The place of the value `data[start:end]`; `data` is the file's text as UTF-8, whole.

    `line` spares counting where the caller knows it.
    """
    first = data.rfind(b"\n", 0, start) + 1
    # The line that closes a key belongs to it.
    last = data.find(b"\n", end if data.startswith(_END, end) else max(start, end - 1))
    last = len(data) if last < 0 else last
    return Place(
        rule=rule,
        identity=identity,
        path=path,
        line=data.count(b"\n", 0, start) + 1 if line is None else line,
        value=data[start:end],
        lines=data[first:last].removesuffix(b"\r"),
        before=data[data.rfind(b"\n", 0, max(0, first - 1)) + 1 : max(0, first - 1)].removesuffix(b"\r"),
        name=name,
        commit=commit,
    )


class Lines:
    """A file's text (UTF-8 bytes) by lines, to find again what a record gives in lines and characters."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        ends = accumulate(map(len, data.split(b"\n")[:-1]), initial=0)
        self._starts = [end + number for number, end in enumerate(ends)]

    def rows(self, line: int, count: int) -> bytes:
        """`count` lines from `line` on; empty where there are none."""
        if not 1 <= line <= len(self._starts):
            return b""
        behind = line - 1 + count
        return self.data[self._starts[line - 1] : self._starts[behind] if behind < len(self._starts) else None]

    def span(self, line: int, column: int, end_column: int) -> tuple[int, int] | None:
        """The byte span of a value; None where there is no such place, or the line is longer than LONGEST_LINE.

        Lines and columns are 1-based, `end_column` lies behind the last character. A key that begins on the line
        reaches to the line that closes it.
        """
        if not 1 <= line <= len(self._starts):
            return None
        first = self._starts[line - 1]
        last = self._starts[line] - 1 if line < len(self._starts) else len(self.data)
        if last - first > LONGEST_LINE:
            return None
        row = self.data[first:last]
        start = _offset(row, 0, column - 1)
        end = None if start is None else _offset(row, start, end_column - column)
        if start is None or end is None:
            return None
        if end >= len(row.rstrip()) and row.rfind(b"-----BEGIN", 0, start + 10) >= 0:
            closing = self.data.find(_END, first + end, first + end + _LONGEST_KEY)
            if closing >= 0:
                return first + start, closing
        return (first + start, first + end) if start < end else None


def _offset(row: bytes, start: int, characters: int) -> int | None:
    """Where that many characters behind `start` end, each undecodable part being one, as a record counts them."""
    try:
        text = row[start:].decode("utf-8")
    except UnicodeDecodeError:
        return _offset_of_broken(row, start, characters)
    return start + len(text[:characters].encode("utf-8")) if characters <= len(text) else None


def _offset_of_broken(row: bytes, start: int, characters: int) -> int | None:
    for _ in range(characters):
        piece = row[start : start + 4]
        if not piece:
            return None
        size = 0
        try:
            text = piece.decode("utf-8")
        except UnicodeDecodeError as error:
            size = 0 if error.start else error.end
            text = piece[: error.start].decode("utf-8")
        start += size or len(text[0].encode("utf-8"))
    return start
