"""What is true of the repository: typed facts with locations, each saying what it could not read."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shipworthy.facts.base import (
        Analyser,
        Context,
        Fact,
        FactReader,
        Facts,
        Gap,
        Record,
        Stopped,
        Undeclared,
        View,
    )

__all__ = ["Analyser", "Context", "Fact", "FactReader", "Facts", "Gap", "Record", "Stopped", "Undeclared", "View"]


def __getattr__(name: str) -> Any:
    # The commit hook scans a few files and must be done before anybody notices: it needs no reader of a repository.
    if name in __all__:
        found = globals()[name] = getattr(import_module("shipworthy.facts.base"), name)
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
