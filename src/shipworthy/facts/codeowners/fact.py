"""What a CODEOWNERS file says, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shipworthy.facts.base import Fact, FactReader
from shipworthy.sources.hosts.address import HostKind


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerRule:
    """One rule. `line` is 1-based."""

    line: int
    pattern: str
    owners: tuple[str, ...]
    section: str = ""
    """GitLab: the section it stands in, lower case; "" for those before the first."""
    excludes: bool = False
    """GitLab: `!pattern` takes files out of its section for good."""
    stale: bool = False
    """Whether it matches no file of the repository."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A line that its host does not accept, and why."""

    line: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unowned:
    """Files of one risky area that no rule with an owner matches, in path order."""

    area: str
    paths: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Codeowners(Fact):
    """The one file that counts. `path` is None where there is none."""

    kind: HostKind = HostKind.GITHUB
    """Whose rules it was read by."""
    path: str | None = None
    ignored: tuple[str, ...] = ()
    """Files of this name that the host does not look at: another one comes first, or they lie elsewhere."""
    rules: tuple[OwnerRule, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    risky: Mapping[str, int] = field(default_factory=dict)
    """How many files each risky area has."""
    unowned: tuple[Unowned, ...] = ()

    @classmethod
    def reader(cls) -> FactReader[Any]:
        from shipworthy.facts.codeowners.reader import CodeownersReader

        return CodeownersReader()

    @property
    def owners(self) -> tuple[str, ...]:
        """Everybody who owns something, each once, as written."""
        return tuple(dict.fromkeys(owner for rule in self.rules for owner in rule.owners))
