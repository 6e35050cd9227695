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


def by_configuration(scan: SecretScan, gitleaks: Said, others: Mapping[str, Said]) -> SecretScan:
    """A scan as it is with what gitleaks' own file lets it find, or one of the `others` that it is given."""
    if scan.tool != "gitleaks":
        return scan
    said: Said | None = gitleaks
    if scan.configured and scan.config != GITLEAKS_TOML:
        said = others.get(scan.config)
    if said is None:
        which = scan.config or "it is given"
        said = unsure(f"the configuration {which} was not read, so what gitleaks looks for is not known here")
    return replace(scan, blocks=weakest(scan.blocks, said))


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
    """The same of others that are called after it, by path: a command may name one."""

    def lacks(self, said: Said) -> bool:
        """Whether an answer is that of one of gitleaks' configurations, and no yes."""
        return not said.yes and any(said is each for each in (self.gitleaks, *self.configurations.values()))

    @classmethod
    def reader(cls) -> FactReader[Any]:
        from shipworthy.facts.scan_gate.reader import ScanGateReader

        return ScanGateReader()
