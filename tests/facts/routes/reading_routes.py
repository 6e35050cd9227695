"""Reads the routes of a few files the way the engine does, without git."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.support import NOW, write

from shipworthy.assess.store import FactStore
from shipworthy.facts import Context
from shipworthy.facts.routes import Routes
from shipworthy.project import Project

Rows = dict[str, bool | None]


def read_routes(folder: Path, files: Mapping[str, str | bytes]) -> Routes:
    """The routes fact of a folder with these files."""
    project = Project.open(write(folder, files))
    fact = FactStore(project, Context(now=NOW, home=folder), [Routes]).get(Routes)
    assert isinstance(fact, Routes), fact
    return fact


def rows(fact: Routes) -> Rows:
    """`"GET /path": protected` of every route."""
    return {route.name: route.protected for route in fact.routes}


def gaps(fact: Routes) -> list[str]:
    return [f"{gap.path}: {gap.reason}" for gap in fact.gaps]


_WORDS = {"protected": True, "open": False, "unknown": None}


def cases(text: str) -> dict[str, tuple[str, bool | None]]:
    """Blocks of `=== what it shows: protected | open | unknown` and the source that follows."""
    found: dict[str, tuple[str, bool | None]] = {}
    for block in text.split("=== ")[1:]:
        head, _, source = block.partition("\n")
        name, _, word = head.rpartition(": ")
        assert name not in found
        found[name] = (source, _WORDS[word])
    return found
