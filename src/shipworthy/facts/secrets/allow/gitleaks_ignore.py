"""Reads `.gitleaksignore`: one fingerprint of gitleaks a line, `file:rule:line` or `commit:file:rule:line`.

Source: gitleaks' README (".gitleaksignore"). gitleaks' rules have other ids than ours, so an entry fits by file and
line with any rule. An entry with a commit is about the line as it was in that commit: for the files of today it counts
where the same value stood in that line, however far it has moved since.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from shipworthy.checklist.document import Problem
from shipworthy.facts.secrets.allow.place import Allowed, Lines, Place
from shipworthy.git import Git, GitError
from shipworthy.model import Location
from shipworthy.text import plural

GITLEAKSIGNORE = ".gitleaksignore"
MAX_BYTES = 2 * 1024 * 1024
MOST_ENTRIES = 20_000
_ENTRY = re.compile(r"(?:([0-9a-fA-F]{7,64}):)?(.{1,4000}):([^:]{1,200}):(\d{1,9})")
_LEAST_VALUE = 8
_MOST_LOOKS = 200
"""Old versions of files looked up in git."""
_MOST_BLOB = 5_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the file."""

    number: int
    commit: str | None
    path: str
    line: int


class GitleaksIgnore:
    """The entries of one file, and which of them fitted something."""

    def __init__(self, data: bytes, git: Callable[[], Git | None]) -> None:
        """`git` is asked for only where an entry names a commit: what was asked of git changes with every commit."""
        self._git = git
        self._looks = 0
        self._old: dict[tuple[str, str], Lines | None] = {}
        self._used: set[int] = set()
        self._entries: dict[str, list[Entry]] = {}
        self._count = 0
        self.broken: list[Problem] = []
        self._read(data)

    def _read(self, data: bytes) -> None:
        if len(data) > MAX_BYTES:
            self._problem(None, f"larger than {MAX_BYTES // 1024:,} KiB, so it allows nothing", "Make it smaller.")
            return
        bad: list[int] = []
        text = data.decode("utf-8-sig", "surrogateescape")
        for number, row in enumerate(text.split("\n"), 1):
            row = row.strip()
            if not row or row.startswith("#"):
                continue
            match = _ENTRY.fullmatch(row.replace("\\", "/"))
            if match is None or self._count >= MOST_ENTRIES:
                bad.append(number)
                continue
            self._count += 1
            path = match[2].removeprefix("./")
            commit = match[1].lower() if match[1] else None
            self._entries.setdefault(path, []).append(Entry(number, commit, path, int(match[4])))
        if bad:
            remedy = "Write file:rule:line or commit:file:rule:line, one a line."
            self._problem(bad[0], f"{plural(len(bad), 'line')} from here on cannot be read, allowing nothing", remedy)

    def allowed(self, place: Place) -> Allowed | None:
        """The permission of the first entry that fits."""
        for entry in self._entries.get(place.path, ()):
            if self._fits(entry, place):
                self._used.add(entry.number)
                where = Location(path=GITLEAKSIGNORE, line=entry.number)
                return Allowed(by=GITLEAKSIGNORE, reason="", location=where)
        return None

    def _fits(self, entry: Entry, place: Place) -> bool:
        if entry.commit is None:
            return entry.line == place.line
        if place.commit is not None:
            return entry.line == place.line and place.commit.lower() == entry.commit
        return self._stood(entry, place.value)

    def _stood(self, entry: Entry, value: bytes | None) -> bool:
        """Whether the value stood in that line of that commit."""
        if value is None or len(value) < _LEAST_VALUE or entry.commit is None:
            return False
        old = self._version(entry.commit, entry.path)
        return old is not None and value in old.rows(entry.line, value.count(b"\n") + 1)

    def _version(self, commit: str, path: str) -> Lines | None:
        key = (commit, path)
        if key not in self._old:
            self._looks += 1
            self._old[key] = self._asked(commit, path) if self._looks <= _MOST_LOOKS else None
        return self._old[key]

    def _asked(self, commit: str, path: str) -> Lines | None:
        git = self._git()
        if git is None:
            return None
        name = f"{commit}:{path}"
        try:
            size = git.answer("cat-file", "-s", name)
            if size is None or not size.isdigit() or int(size) > _MOST_BLOB:
                return None
            return Lines(git.run("cat-file", "blob", name))
        except (GitError, ValueError):  # ValueError: a NUL in the path
            return None

    def problems(self, *, history: bool) -> list[Problem]:
        """What could not be read, and how many entries fitted nothing that was judged."""
        rows = sorted((each for row in self._entries.values() for each in row), key=lambda each: each.number)
        stale = [each for each in rows if each.number not in self._used and (each.commit is not None) == history]
        if not stale:
            return self.broken
        some = "1 entry fits" if len(stale) == 1 else f"{len(stale):,} entries fit"
        message = f"{some} nothing that was found (of {len(rows):,}, the first one here)"
        found = Problem(
            file=GITLEAKSIGNORE,
            line=stale[0].number,
            key="",
            message=message,
            remedy="Remove what is gone; where lines moved, allow the secret by its fingerprint instead.",
        )
        return [*self.broken, found]

    def _problem(self, line: int | None, message: str, remedy: str) -> None:
        self.broken.append(Problem(file=GITLEAKSIGNORE, line=line, key="", message=message, remedy=remedy))
