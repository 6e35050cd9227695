"""Loads the checklists that come with shipworthy, by name."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from pathlib import Path

from shipworthy.checklist.document import Document, Problem, one_of, shown
from shipworthy.checklist.items import ChecklistError
from shipworthy.checklist.read import derive, lint, parse
from shipworthy.model import Checklist

NAMES = ("production", "demo")
"""The checklists that come with shipworthy; the first is the default."""
_PACKAGE = Path(__file__).parents[1]


def packaged_file(name: str) -> Path:
    """Where a packaged checklist lies: in the wheel, or in the source checkout. Raises ChecklistError."""
    if name not in NAMES:
        raise ChecklistError([_problem(name, f"there is no checklist called {shown(name)}", f"Use {one_of(NAMES)}.")])
    places = [_PACKAGE / "_checklists"]
    if _PACKAGE.parent.name == "src":
        places.append(_PACKAGE.parents[1] / "checklists")
    for place in places:
        if (place / f"{name}.toml").is_file():
            return place / f"{name}.toml"
    raise ChecklistError([_problem(name, "is missing from this installation", "Install shipworthy again.")])


def packaged_bytes(name: str) -> bytes:
    """The bytes of a packaged checklist. Raises ChecklistError."""
    file = packaged_file(name)
    try:
        return file.read_bytes()
    except OSError as error:
        raise ChecklistError(
            [_problem(name, f"cannot be read: {error.strerror}", "Install shipworthy again.")]
        ) from error


@lru_cache(maxsize=len(NAMES))
def load(name: str) -> Checklist:
    """A packaged checklist, with its digest as `parse` or `extend` makes it. Raises ChecklistError."""
    data = packaged_bytes(name)
    if name == NAMES[0]:
        return parse(data, f"{name}.toml")
    return derive(load(NAMES[0]), data, f"{name}.toml")


def lint_file(data: bytes, file: str, *, checks: Collection[str] | None = None) -> list[Problem]:
    """Every problem of a checklist file of any sort, found by what it says: alone, an extension, or made of another."""
    document = Document(data, file)
    if "extends" not in document.table:
        return lint(data, file, checks=checks)
    extends = document.table["extends"]
    if extends not in NAMES:
        document.problem(("extends",), f"{shown(extends)} is not a known checklist", f"Use {one_of(NAMES)}.")
        return document.problems
    return lint(data, file, checks=checks, base=load(extends), packaged="name" in document.table)


def _problem(name: str, message: str, remedy: str) -> Problem:
    return Problem(file=f"{name}.toml", line=None, key="", message=message, remedy=remedy)
