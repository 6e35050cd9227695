"""What a fix is: one sentence, exact changes to files, and what a person still has to do."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple


class FixError(Exception):
    """A fix could not be applied or taken back: what happened and, in `diagnostics`, what to do."""

    def __init__(self, message: str, diagnostics: str = "") -> None:
        super().__init__(message)
        self.diagnostics = diagnostics


def digest(data: bytes) -> str:
    """sha256 of a file's bytes, hex."""
    return hashlib.sha256(data).hexdigest()


class Splice(NamedTuple):
    """`new` stands for the bytes from `start` to `end` (exclusive) of the old file.

    `back` None: undoing puts the old bytes back. Otherwise the old bytes hold a secret: they are masked in the diff,
    kept nowhere, and undoing puts `back` there.
    """

    start: int
    end: int
    new: bytes
    back: bytes | None = None

    def __repr__(self) -> str:
        # What is written may stand in a file with secrets; a traceback or a log needs the place only.
        return f"Splice({self.start}, {self.end})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One file, before and after. `before` is the sha256 (hex) of its old bytes, None for a file that is new."""

    path: str
    before: str | None
    data: bytes = field(repr=False)
    """Its new bytes."""
    splices: tuple[Splice, ...] = ()
    """How the new bytes come from the old ones, in file order, without overlap; empty for a new file."""

    @property
    def after(self) -> str:
        """sha256 (hex) of its new bytes."""
        return digest(self.data)

    @property
    def removes_secret(self) -> bool:
        """Whether old bytes are dropped for good."""
        return any(splice.back is not None for splice in self.splices)


def edited(path: str, old: bytes, splices: Iterable[Splice]) -> Edit:
    """An edit of a file that holds `old`. Raises ValueError where splices overlap or lie outside."""
    ordered = sorted(splices, key=lambda each: (each.start, each.end))
    parts: list[bytes] = []
    position = 0
    for splice in ordered:
        if not position <= splice.start <= splice.end <= len(old):
            raise ValueError(f"changes to {path} overlap")
        parts += [old[position : splice.start], splice.new]
        position = splice.end
    parts.append(old[position:])
    return Edit(path=path, before=digest(old), data=b"".join(parts), splices=tuple(ordered))


def created(path: str, data: bytes) -> Edit:
    """A file that is not there yet."""
    return Edit(path=path, before=None, data=data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """What a machine would change for one item, one edit a file."""

    item: str
    says: str
    """One sentence: what it does."""
    edits: tuple[Edit, ...]
    notes: tuple[str, ...] = ()
    """What a person still has to do or to know, one sentence each, the most urgent first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoFix:
    """Why no machine changes anything for an item, in one line."""

    item: str
    why: str
