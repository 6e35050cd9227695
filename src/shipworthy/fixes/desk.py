"""What the maker of a fix has before it: the item's open findings, the facts, the files, and where to put changes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from shipworthy.facts import Fact
from shipworthy.fixes.lines import plain
from shipworthy.fixes.model import Edit, Fix, NoFix, Splice, created, edited
from shipworthy.model import Finding, fingerprint
from shipworthy.project import Project, Unreadable, syntax

F = TypeVar("F", bound=Fact)


@dataclass
class Desk:
    """One item of one repository as it is now. A maker reads here and adds changes; nothing is written."""

    item: str
    project: Project
    findings: tuple[Finding, ...]
    """Of the open outcomes of all components."""
    known: dict[type[Fact], Fact]
    notes: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Why something was left to a person."""
    _splices: dict[str, list[Splice]] = field(default_factory=dict)
    _new: dict[str, bytes] = field(default_factory=dict)
    _bytes: dict[str, bytes | None] = field(default_factory=dict)

    def fact(self, kind: type[F]) -> F:
        """A fact the item's check declares that it needs. Raises KeyError for another."""
        found = self.known[kind]
        assert isinstance(found, kind)  # noqa: S101 - facts are keyed by their own type
        return found

    def of(self, *rules: str) -> tuple[Finding, ...]:
        """The findings of these rules."""
        return tuple(each for each in self.findings if each.rule in rules)

    def is_open(self, rule: str, path: str | None, anchor: str) -> bool:
        """Whether this very finding is open (see `Finding.at`)."""
        name = fingerprint(rule, path, anchor)
        return any(each.rule == rule and each.fingerprint == name for each in self.findings)

    def read(self, path: str) -> bytes | None:
        """The bytes of a file that may be changed: listed, ordinary, by hand, UTF-8. None for any other."""
        if path not in self._bytes:
            self._bytes[path] = self._read(path)
        return self._bytes[path]

    def _read(self, path: str) -> bytes | None:
        entry = self.project.files.get(path)
        if entry is None or entry.problem or not entry.by_hand:
            return None
        try:
            data = self.project.read(path)
        except Unreadable:
            return None
        return data if plain(data) else None

    def free(self, path: str) -> bool:
        """Whether a new file could be made here: nothing stands there, listed or not, and git would list it."""
        from shipworthy.fixes.undo import ignored

        return not os.path.lexists(self.project.root / path) and not ignored(self.project, path)

    def change(self, path: str, *splices: Splice) -> None:
        """Change a file that `read` gave. The same change twice is one."""
        rows = self._splices.setdefault(path, [])
        rows.extend(each for each in splices if each not in rows)

    def make(self, path: str, data: bytes) -> None:
        """Make a file that is not there."""
        self._new[path] = data

    def refuse(self, why: str) -> None:
        """Leave something to a person."""
        if why not in self.refused:
            self.refused.append(why)

    def note(self, *notes: str) -> None:
        """Tell the person something, once."""
        self.notes += [each for each in notes if each not in self.notes]

    def result(self, says: str) -> Fix | NoFix:
        """The fix as far as it got; without any change, the reason why there is none."""
        edits = list(self._edits())
        if not edits:
            return NoFix(item=self.item, why=" ".join((self.refused or self.notes or [self._default()])[:3]))
        left = [f"Left to you: {each}" for each in self.refused]
        return Fix(item=self.item, says=says, edits=tuple(edits), notes=(*self.notes, *left))

    def _default(self) -> str:
        first = self.findings[0] if self.findings else None
        return (
            f"it takes judgement. {first.location}: {first.remedy or first.message}" if first else "it takes judgement."
        )

    def _edits(self) -> Iterator[Edit]:
        for path in sorted(self._splices):
            old = self.read(path)
            if old is None or not self._splices[path]:
                continue
            edit = edited(path, old, self._splices[path])
            if broken(path, old) or not broken(path, edit.data):
                yield edit
            else:
                self.refuse(f"{path} could not be changed without breaking its syntax.")
        yield from (created(path, self._new[path]) for path in sorted(self._new))


def broken(path: str, data: bytes) -> bool:
    """Whether a program text has a syntax error; False for what has no grammar here."""
    language = syntax.language_of(path)
    if language is None:
        return False
    tree = syntax.parse(language, data)
    return tree is None or syntax.first_error(tree) is not None


def listed(names: Iterable[str], most: int = 4) -> str:
    """Names for a sentence: the first few, and how many more."""
    rows: Sequence[str] = list(names)
    return ", ".join(rows[:most]) + (f" and {len(rows) - most} more" if len(rows) > most else "")
