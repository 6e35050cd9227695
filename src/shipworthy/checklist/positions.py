"""Finds where every key of a TOML text stands: tomllib parses well but keeps no positions."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from shipworthy.checklist.document import KeyPath

_BLANK = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+)*+")
_SPACE = re.compile(r"[ \t]*+")
_BARE = re.compile(r"[A-Za-z0-9_-]++")
_BASIC = re.compile(r'"(?:[^"\\\n]++|\\.)*+"')
_LITERAL = re.compile(r"'[^'\n]*+'")
_MULTI_BASIC = re.compile(r'"""(?:[^"\\]++|\\.|"(?!""))*+"""(?:"{0,2}+)', re.S)
_MULTI_LITERAL = re.compile(r"'''(?:[^']++|'(?!''))*+'''(?:'{0,2}+)")
_PLAIN = re.compile(r"[^,\]}\n#]*+")


class _Lost(Exception):
    """The text is not the TOML it was taken for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A `[table]` header, or a `key = value` that stands directly in a table. Offsets count characters."""

    path: KeyPath
    """The whole path, from the top of the file."""
    table: KeyPath
    """The path of the table it stands in; its own for a header."""
    header: bool
    start: int
    value: tuple[int, int]
    """Where the value starts and ends; for a header, the end twice."""


class _Scan:
    def __init__(self, text: str) -> None:
        self.text = text
        self.statements: list[Statement] = []
        self.at = 0
        self.lines: dict[KeyPath, int] = {}
        self._arrays: dict[KeyPath, int] = {}
        self._counted = 0
        self._line = 1

    def line(self) -> int:
        """The 1-based line of `at`, which never goes back."""
        self._line += self.text.count("\n", self._counted, self.at)
        self._counted = self.at
        return self._line

    def skip(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if found is None:
            raise _Lost
        self.at = found.end()
        return found[0]

    def take(self, mark: str) -> bool:
        if not self.text.startswith(mark, self.at):
            return False
        self.at += len(mark)
        return True

    def expect(self, mark: str) -> None:
        if not self.take(mark):
            raise _Lost

    def keys(self) -> list[str]:
        """A dotted key."""
        found = []
        while True:
            self.skip(_SPACE)
            if self.text.startswith('"', self.at):
                raw = self.skip(_BASIC)
                found.append(next(iter(tomllib.loads(f"{raw}=0"))) if "\\" in raw else raw[1:-1])
            elif self.text.startswith("'", self.at):
                found.append(self.skip(_LITERAL)[1:-1])
            else:
                found.append(self.skip(_BARE))
            self.skip(_SPACE)
            if not self.take("."):
                return found

    def note(self, path: KeyPath, line: int) -> None:
        """Remember the line of a path, and of the tables above it that have none yet."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                break
            self.lines[path[:length]] = line

    def below(self, base: KeyPath, keys: list[str]) -> KeyPath:
        """The path of keys below `base`, through the last table of each array on the way."""
        for key in keys:
            base = (*base, key)
            if base in self._arrays:
                base = (*base, self._arrays[base])
        return base

    def value(self, path: KeyPath) -> None:
        text = self.text
        for mark, pattern in (('"""', _MULTI_BASIC), ("'''", _MULTI_LITERAL), ('"', _BASIC), ("'", _LITERAL)):
            if text.startswith(mark, self.at):
                self.skip(pattern)
                return
        if self.take("["):
            self.array(path)
        elif self.take("{"):
            self.table(path)
        else:
            self.skip(_PLAIN)

    def array(self, path: KeyPath) -> None:
        index = 0
        while True:
            self.skip(_BLANK)
            if self.take("]"):
                return
            self.note((*path, index), self.line())
            self.value((*path, index))
            self.skip(_BLANK)
            if not self.take(","):
                self.expect("]")
                return
            index += 1

    def table(self, path: KeyPath) -> None:
        while True:
            self.skip(_BLANK)
            if self.take("}"):
                return
            self.pair(path)
            self.skip(_BLANK)
            if not self.take(","):
                self.expect("}")
                return

    def pair(self, base: KeyPath) -> Statement:
        line, start = self.line(), self.at
        path = self.below(base, self.keys())
        self.note(path, line)
        self.expect("=")
        self.skip(_SPACE)
        began = self.at
        self.value(path)
        end = began + len(self.text[began : self.at].rstrip(" \t\r"))
        return Statement(path=path, table=base, header=False, start=start, value=(began, end))

    def header(self) -> KeyPath:
        line = self.line()
        if self.take("[["):
            *above, last = self.keys()
            self.expect("]]")
            array = (*self.below((), above), last)
            self.note(array, line)
            self._arrays[array] = self._arrays.get(array, -1) + 1
            path: KeyPath = (*array, self._arrays[array])
        else:
            self.expect("[")
            path = self.below((), self.keys())
            self.expect("]")
        self.note(path, line)
        return path

    def run(self) -> None:
        base: KeyPath = ()
        while True:
            self.skip(_BLANK)
            if self.at >= len(self.text):
                return
            start = self.at
            if self.text.startswith("[", start):
                base = self.header()
                found = Statement(path=base, table=base, header=True, start=start, value=(self.at, self.at))
            else:
                found = self.pair(base)
            self.statements.append(found)


def line_numbers(text: str) -> Mapping[KeyPath, int]:
    """The 1-based line of each key, table and array value of a valid TOML text.

    Where the text turns out not to be what tomllib would accept, the lines found up to there.
    """
    scan = _Scan(text)
    with suppress(_Lost, RecursionError, tomllib.TOMLDecodeError):
        scan.run()
    return scan.lines


def statements(text: str) -> list[Statement]:
    """The statements of a valid TOML text, in order. Raises ValueError where it is not what tomllib would accept."""
    scan = _Scan(text)
    try:
        scan.run()
    except (_Lost, RecursionError) as error:
        raise ValueError("not valid TOML") from error
    return scan.statements
