"""Reads one TOML file strictly and keeps account of every problem in it, each with file, line and key."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from shipworthy.checklist.plain import read_plain

KeyPath = tuple[str | int, ...]
"""Keys from the top down; a number counts the tables or values of an array from 0."""

MAX_BYTES = 1024 * 1024
MAX_TEXT = 2_000
"""Characters in one text."""
MAX_PROBLEMS = 1_000
MAX_VALUES = 65_536
"""Lines and commas in one file. The parser takes seconds for a megabyte of `1,`."""
_AT = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
# tomllib's memory grows with the square of the parts of one dotted key (half a gigabyte for 10,000), so refuse early.
_DEEP = re.compile(r"""[\n{,][ \t]*+(?:\[{1,2}+[ \t]*+)?(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){33}""")
_CONTROL = re.compile("[\x00-\x1f\x7f]")
KEBAB = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

Choice = TypeVar("Choice", bound=StrEnum)


def not_one_line(text: str) -> tuple[str, str] | None:
    """What is wrong with a text that should be one line of what can be seen, and what to do; None for a sound one."""
    return ("holds a line break or a control character", "Write it as one line.") if _CONTROL.search(text) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong, where, and what to do. Its texts may quote the file: give them to `text.visible` to show them."""

    file: str
    line: int | None
    """1-based; None where the file as a whole is meant."""
    key: str
    """The dotted key, tables of an array by their id; empty where the file as a whole is meant."""
    message: str
    remedy: str = ""

    @property
    def what(self) -> str:
        """`file:line: key: message`, without the remedy."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (place, self.key, self.message) if part)

    def __str__(self) -> str:
        return f"{self.what}. {self.remedy}" if self.remedy else self.what


class DocumentError(Exception):
    """A file cannot be used. `problems` are all that were found, at least one, in the order of the file."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"{problems[0].what}{more}")

    @property
    def problem(self) -> Problem:
        """The first one."""
        return self.problems[0]

    @property
    def diagnostics(self) -> str:
        """What to do about the first one."""
        return self.problem.remedy


def shown(value: object) -> str:
    """A value in a message: short texts are quoted, everything else is named by its kind."""
    if isinstance(value, str):
        return f'"{value[:60]}…"' if len(value) > 60 else f'"{value}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) < 10**12:
        return str(value)
    kinds = {int: "a number", float: "a number", list: "a list", dict: "a table"}
    return kinds.get(type(value), "a date or time")


def one_of(names: Iterable[str]) -> str:
    """`a, b or c`."""
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last


def nearest(name: str, known: Collection[str]) -> str:
    """`Did you mean X?`, or what is known where nothing is close."""
    from difflib import get_close_matches  # only needed to word a problem

    close = get_close_matches(name[:100], known, n=1)
    if close:
        return f"Did you mean {close[0]}?"
    return f"Known here: {', '.join(sorted(known))}." if 0 < len(known) <= 20 else "Check how it is spelled."


class Document:
    """A parsed file and the problems found in it so far. Raises nothing: an unreadable file has an empty table."""

    def __init__(self, data: bytes, file: str) -> None:
        self.file = file
        self.table: dict[str, Any] = {}
        self._text = ""
        self._lines: Mapping[KeyPath, int] | None = None
        self._problems: list[Problem] = []
        self._read(data)

    @property
    def problems(self) -> list[Problem]:
        """In the order of the file."""
        return sorted(self._problems, key=lambda each: each.line or 0)

    def _read(self, data: bytes) -> None:
        if len(data) > MAX_BYTES:
            self._whole(None, f"larger than {MAX_BYTES // 1024:,} KiB, not read", "Make it smaller.")
            return
        if data.count(b",") + data.count(b"\n") > MAX_VALUES:
            self._whole(None, f"more than {MAX_VALUES:,} lines and values, not read", "Make it smaller.")
            return
        try:
            self._text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            self._whole(data.count(b"\n", 0, error.start) + 1, "not UTF-8 text", "Save the file as UTF-8.")
            return
        # With a newline in front, every line begins behind one: a pattern that starts with one of three characters
        # is searched for twice as fast as one that starts with a choice.
        if found := _DEEP.search("\n" + self._text):
            line = self._text.count("\n", 0, found.start()) + 1
            self._whole(line, "a key of more than 32 dotted parts, not read", "Use fewer levels.")
            return
        plain = read_plain(self._text)
        if plain is not None:
            self.table = plain
            return
        import tomllib  # plain files, such as the packaged checklists, do without

        try:
            self.table = tomllib.loads(self._text)
        except RecursionError:
            self._whole(None, "nested too deeply, not read", "Use fewer levels.")
        except ValueError as error:  # TOMLDecodeError, and numbers or dates beyond what Python can hold
            self._invalid(str(error))

    def _invalid(self, said: str) -> None:
        place = _AT.search(said)
        reason = said[: place.start()] if place else said
        line: int | None = None
        if place:
            line = int(place[1]) if place[1] else self._text.count("\n") + 1
        remedy = "Write the file as TOML 1.0 asks."
        if "overwrite" in reason or "twice" in reason:
            remedy = "The same key or table stands in the file twice: keep one."
        self._whole(line, f"not valid TOML: {reason[:200]}", remedy)

    def _whole(self, line: int | None, message: str, remedy: str) -> None:
        self._problems.append(Problem(file=self.file, line=line, key="", message=message, remedy=remedy))

    def line(self, path: KeyPath) -> int | None:
        """The line of a key, or of the nearest table above it that is written out; 1 for the file's top level."""
        if not path:
            return 1
        if self._lines is None:
            from shipworthy.checklist.positions import line_numbers  # only a file with problems needs its lines

            self._lines = line_numbers(self._text)
        for length in range(len(path), 0, -1):
            if (line := self._lines.get(path[:length])) is not None:
                return line
        return None

    def name(self, path: KeyPath) -> str:
        """The key as a person reads it: a table of an array by its id, else by its number from 1."""
        parts: list[str] = []
        here: Any = self.table
        for part in path:
            try:
                here = here[part]
            except (KeyError, IndexError, TypeError):
                here = None
            if isinstance(part, str):
                parts.append(part if len(part) <= 60 else part[:60] + "…")
            else:
                named = here.get("id") if isinstance(here, dict) else None
                parts.append(named if isinstance(named, str) and KEBAB.fullmatch(named) else f"#{part + 1}")
        return ".".join(parts)

    def problem(self, path: KeyPath, message: str, remedy: str = "") -> None:
        """Write a problem down. Beyond `MAX_PROBLEMS` it says so once and stops."""
        if len(self._problems) == MAX_PROBLEMS:
            self._whole(None, f"more than {MAX_PROBLEMS:,} problems, the rest is not listed", "Mend these first.")
        if len(self._problems) > MAX_PROBLEMS:
            return
        self._problems.append(
            Problem(file=self.file, line=self.line(path), key=self.name(path), message=message, remedy=remedy)
        )

    def top(self) -> Section:
        """The file's top-level keys."""
        return Section(self, self.table, ())


class Section:
    """One table of a document, read key by key. What `close` finds unread is an unknown key.

    Each reading method returns a value of the right type in any case; whether it may be used tells `sound`.
    """

    def __init__(self, document: Document, table: Mapping[str, Any], path: KeyPath) -> None:
        self.document = document
        self.table = table
        self.path = path
        self.sound = True
        self._known: list[str] = []

    def __contains__(self, key: str) -> bool:
        return key in self.table

    def wrong(self, key: str | None, message: str, remedy: str = "") -> None:
        """A problem with one of the keys, or with the table itself."""
        self._wrong(self.path if key is None else (*self.path, key), message, remedy)

    def _wrong(self, path: KeyPath, message: str, remedy: str = "") -> None:
        self.sound = False
        self.document.problem(path, message, remedy)

    def raw(self, key: str, *, required: bool = True) -> Any:
        """The value as tomllib gives it; None where it is missing."""
        self._known.append(key)
        if key not in self.table and required:
            self.wrong(None, f"the key `{key}` is missing", f"Add `{key}`.")
        return self.table.get(key)

    def _text(self, path: KeyPath, value: object, limit: int, *, empty: bool, multiline: bool = False) -> str:
        if not isinstance(value, str):
            self._wrong(path, f"must be a text, is {shown(value)}", "Put it in quotes.")
            return ""
        if len(value) > limit:
            self._wrong(path, f"has {len(value):,} characters, at most {limit:,} may stand here", "Shorten it.")
        elif not multiline and (wrong := not_one_line(value)):
            self._wrong(path, *wrong)
        elif not empty and not value.strip():
            self._wrong(path, "is empty", "Write something, in plain words.")
        return value

    def text(
        self, key: str, *, limit: int = MAX_TEXT, required: bool = True, empty: bool = False, multiline: bool = False
    ) -> str:
        """A text; `empty` allows an empty one. A missing optional one is empty."""
        value = self.raw(key, required=required)
        if value is None:
            return ""
        return self._text((*self.path, key), value, limit, empty=empty, multiline=multiline)

    def texts(self, key: str, *, most: int, limit: int = MAX_TEXT, required: bool = True, least: int = 0) -> list[str]:
        """A list of texts, none of them empty."""
        value = self.raw(key, required=required)
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong(key, f"must be a list of texts, is {shown(value)}", f'Write `{key} = ["…"]`.')
            return []
        if not least <= len(value) <= most:
            self.wrong(key, f"has {len(value):,} entries, must have {least} to {most:,}", "Add or remove some.")
            return []
        return [self._text((*self.path, key, index), each, limit, empty=False) for index, each in enumerate(value)]

    def kebab(self, key: str, *, required: bool = True, limit: int = 60) -> str:
        """A name like `deploy-gated`."""
        value = self.text(key, limit=limit, required=required)
        if value and not KEBAB.fullmatch(value):
            self.wrong(
                key, f"{shown(value)} is no name in kebab-case", "Use lower-case letters, digits and single hyphens."
            )
        return value

    def choice(self, key: str, kind: type[Choice]) -> Choice | None:
        """A member of an enumeration; None where there is no valid one."""
        value = self.raw(key)
        if value is None:
            return None
        return self.member(key, value, kind)

    def member(self, key: str, value: object, kind: type[Choice]) -> Choice | None:
        """Turn a value at `key` into a member of an enumeration."""
        for member in kind:
            if value == member:
                return member
        self.wrong(key, f"{shown(value)} is not known", f"Use {one_of(kind)}.")
        return None

    def number(self, key: str, *, low: int, high: int, default: int | None = None) -> int | None:
        """A whole number from `low` to `high`; `default` where it is missing, which is a problem if that is None."""
        value = self.raw(key, required=False)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool):
            self.wrong(key, f"must be a whole number, is {shown(value)}", "Write it without quotes.")
            return default
        if not low <= value <= high:
            self.wrong(key, f"{shown(value)} is out of bounds", f"Use {low:,} to {high:,}.")
            return default
        return value

    def section(self, key: str, *, required: bool = True) -> Section | None:
        """A table below this one."""
        value = self.raw(key, required=required)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.wrong(key, f"must be a table, is {shown(value)}", "Write it as [TABLE] or { key = value }.")
            return None
        return Section(self.document, value, (*self.path, key))

    def sections(self, key: str, *, required: bool, most: int) -> list[Section]:
        """The tables of an array."""
        value = self.raw(key, required=required)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            self.wrong(key, f"must be written as [[{key}]] tables", f"Start each with a line `[[{key}]]`.")
            return []
        if len(value) > most:
            self.wrong(key, f"has {len(value):,} entries, at most {most:,} are read", "Remove some.")
            return []
        return [Section(self.document, each, (*self.path, key, index)) for index, each in enumerate(value)]

    def schema(self, *, required: bool) -> None:
        """The key `schema`, which must be 1."""
        value = self.raw("schema", required=required)
        if value is not None and (type(value) is not int or value != 1):
            self.wrong("schema", f"schema {shown(value)} is not known", "Use `schema = 1`, or a newer shipworthy.")

    def close(self) -> bool:
        """Report every key that was not read; whether the whole table is sound."""
        for key in self.table:
            if key not in self._known:
                self.wrong(key, "is not a known key", nearest(key, self._known))
        return self.sound
