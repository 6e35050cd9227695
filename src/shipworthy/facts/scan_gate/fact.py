"""Commit hooks that the repository's files set up, and jobs of other systems that report secrets, as rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shipworthy.facts.base import Fact, FactReader
from shipworthy.facts.pipeline.fact import YES, Said, SecretScan, unsure, weakest
from shipworthy.facts.secrets.allow.gitleaks_toml import GITLEAKS_TOML

HOOKS = "commit hooks"
"""The subject of gaps: what sets up commit hooks could not be understood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalHook:
    """A commit hook that looks for secrets, on machines where somebody installed it."""

    manager: str
    """What installs it: "pre-commit", "husky", "lefthook", "a hooks folder"."""
    path: str
    line: int
    scan: SecretScan


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """A job that looks for secrets and reports them without stopping anything."""

    path: str
    line: int
    why: str


@dataclass(frozen=True, kw_only=True)
class ScanGate(Fact):
    """Both kinds, in file order."""

    hooks: tuple[LocalHook, ...] = ()
    reports: tuple[Reports, ...] = ()
    gitleaks: Said = YES
    """Whether gitleaks finds secrets by the configuration that it reads by itself, `.gitleaks.toml`."""
    configurations: Mapping[str, Said] = field(default_factory=dict)
    """The same of others that a command names, by path."""
    lists: Mapping[tuple[str, bool], Said] = field(default_factory=dict)
    """Whether a scan with this list of paths (see `SecretScan.lists`) still looks at most of what is here."""
    left_out: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    """By (workflow, scenario) with a scan: files of any kind that a filter keeps from starting it."""

    def lacks(self, said: Said) -> bool:
        """Whether an answer is that of one of gitleaks' configurations, and no yes."""
        return not said.yes and any(said is each for each in (self.gitleaks, *self.configurations.values()))

    def judged(self, scan: SecretScan) -> SecretScan:
        """A scan as it is with what the files that it reads let it find."""
        said = [scan.blocks]
        if scan.tool == "gitleaks":
            own = scan.configured and scan.config != GITLEAKS_TOML
            which = scan.config or "it is given"
            unread = unsure(f"the configuration {which} was not read, so what gitleaks looks for is not known here")
            said.append(self.configurations.get(scan.config, unread) if own else self.gitleaks)
        for row in scan.lists:
            unread = unsure(
                f"the list of paths {row[0] or 'it is given'} was not read, so what is left is not known here"
            )
            said.append(self.lists.get(row, unread))
        return replace(scan, blocks=weakest(*said))

    @classmethod
    def reader(cls) -> FactReader[Any]:
        from shipworthy.facts.scan_gate.reader import ScanGateReader

        return ScanGateReader()
