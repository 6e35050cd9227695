"""Secrets: found by rules, masked at once, never kept."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shipworthy.facts.secrets.fact import SALT_FILE, Secrets, Sighting, inventory
    from shipworthy.facts.secrets.scanner import GUESSABLE

__all__ = ["GUESSABLE", "SALT_FILE", "Secrets", "Sighting", "inventory"]

_HOMES = {"GUESSABLE": "scanner", "SALT_FILE": "fact", "Secrets": "fact", "Sighting": "fact", "inventory": "fact"}


def __getattr__(name: str) -> Any:
    # The commit hook needs the scanner alone: what reads a whole repository takes longer to load than it to scan.
    if name in _HOMES:
        found = globals()[name] = getattr(import_module(f"shipworthy.facts.secrets.{_HOMES[name]}"), name)
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
