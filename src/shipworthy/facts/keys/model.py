"""One key, and all that the files tell of it; never its value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shipworthy.facts.base import Fact, FactReader
from shipworthy.model import Location

PUBLIC = "public"
"""The scope of a key that is meant to be seen by everybody, and so needs no owner and no rotation."""


IDENTIFIER = "identifier"
"""The scope of what a pipeline keeps among its secrets and what only tells who or where: a username, an id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One place that says where a key is kept: "GitHub Actions secret", "Kubernetes secret"."""

    kind: str
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key. Places are in path and line order."""

    name: str
    """The setting's name, or in words what a client looks for by itself: "AWS credentials"."""
    provider: str | None
    """Who issued it; None where its name does not tell: it may be the app's own."""
    scope: str | None
    """As far as the name tells: public, identifier, test, live, read-only, restricted, admin; None: it does not."""
    reads: tuple[Location, ...] = ()
    """Where code or a deployment file reads it, or makes a client that does so by itself."""
    kept: tuple[Kept, ...] = ()
    ci: tuple[Location, ...] = ()
    """Where a workflow asks for it, or a script of another CI system."""
    named: tuple[Location, ...] = ()
    """Where the example of an env file, a committed one, or a deployment file names it."""

    @property
    def guarded(self) -> bool:
        """Whether it opens anything: then somebody has to look after it."""
        return self.scope not in (PUBLIC, IDENTIFIER)

    @property
    def places(self) -> tuple[Location, ...]:
        """Every place that uses or names it, each once, the most telling first."""
        return tuple(dict.fromkeys((*self.reads, *self.named, *self.ci, *(each.location for each in self.kept))))


@dataclass(frozen=True, kw_only=True)
class Keys(Fact):
    """The keys by name. What other CI systems than GitHub's keep for themselves stands in no file."""

    keys: tuple[Key, ...] = ()
    files: int = 0
    """Code files looked at."""
    computed: tuple[Location, ...] = ()
    """Where the app or a workflow reads a setting whose name it computes: it could be that of any key."""

    @classmethod
    def reader(cls) -> FactReader[Any]:
        from shipworthy.facts.keys.reader import KeysReader

        return KeysReader()
