"""Which of the product's packages have published advisories, and what could not be looked up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from shipworthy.facts.base import Fact, FactReader, Facts, View
from shipworthy.facts.dependencies.model import Dependencies, Origin, Package, Requirement
from shipworthy.sources.advisories import (
    AdvisorySource,
    Hit,
    NotComparable,
    Snapshot,
    embedded,
    hits_for_every_version,
    hits_for_version,
)
from shipworthy.sources.advisories.ordering import key


@dataclass(frozen=True, slots=True, kw_only=True)
class Vulnerable:
    """A package and its vulnerabilities, worst first."""

    package: Package
    hits: tuple[Hit, ...]
    fixed: str = ""
    """The version that is free of all hits that have a fix; "" where there is one hit, or no such version is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubtful:
    """A package that could not be looked up, and why."""

    package: Package
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Doomed:
    """A requirement whose every allowed version is vulnerable."""

    requirement: Requirement
    hits: tuple[Hit, ...]


@dataclass(frozen=True, kw_only=True)
class KnownVulnerabilities(Fact):
    """What the advisory data says of the packages and requirements of `Dependencies`."""

    vulnerable: tuple[Vulnerable, ...] = ()
    doomed: tuple[Doomed, ...] = ()
    doubtful: tuple[Doubtful, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    """The state of the data, one for each ecosystem that the product uses."""

    @classmethod
    def reader(cls) -> FactReader[Any]:
        return VulnerabilitiesReader()


class VulnerabilitiesReader(FactReader[KnownVulnerabilities]):
    """Looks every package up; reads no file of the repository itself."""

    needs = (Dependencies,)

    def __init__(self, source: AdvisorySource | None = None) -> None:
        self._source = source

    def read(self, view: View, facts: Facts) -> KnownVulnerabilities:
        return look_up(facts[Dependencies], self._source or embedded())


def look_up(dependencies: Dependencies, source: AdvisorySource) -> KnownVulnerabilities:
    """Every package version, and every range that no lock narrows down."""
    vulnerable: list[Vulnerable] = []
    doubtful: list[Doubtful] = []
    for package in dependencies.packages:
        if package.origin is Origin.PATH:
            continue
        if package.version is None:
            where = "a git repository" if package.origin is Origin.GIT else "an address"
            doubtful.append(Doubtful(package=package, reason=f"comes from {where}, without a version"))
            continue
        try:
            hits = hits_for_version(source, package.ecosystem, package.name, package.version)
        except NotComparable as error:
            doubtful.append(Doubtful(package=package, reason=f"cannot be compared with its advisories: {error}"))
            continue
        if hits:
            fixed = _fixed(source, package.ecosystem, package.name, hits)
            vulnerable.append(Vulnerable(package=package, hits=hits, fixed=fixed))
    doomed = [
        Doomed(requirement=each, hits=hits)
        for each in dependencies.unpinned
        if each.origin is Origin.REGISTRY
        and (hits := hits_for_every_version(source, each.ecosystem, each.alias_of or each.name, each.spec))
    ]
    return KnownVulnerabilities(
        vulnerable=tuple(vulnerable),
        doomed=tuple(doomed),
        doubtful=tuple(doubtful),
        snapshots=tuple(_snapshots(dependencies, source)),
    )


def _fixed(source: AdvisorySource, ecosystem: str, name: str, hits: Sequence[Hit]) -> str:
    """The highest of the fixes, if none of these advisories has a later range that it lies in."""
    fixes = {hit.fixed for hit in hits if hit.fixed}
    if len(hits) < 2 or not fixes:
        return ""
    try:
        highest = max(fixes, key=lambda each: key(ecosystem, each))
        left = {each for hit in hits_for_version(source, ecosystem, name, highest) for each in hit.ids}
    except NotComparable:
        return ""
    return "" if any(hit.fixed and not left.isdisjoint(hit.ids) for hit in hits) else highest


def _snapshots(dependencies: Dependencies, source: AdvisorySource) -> Iterable[Snapshot]:
    used = {package.ecosystem for package in dependencies.packages}
    used |= {each.ecosystem for each in dependencies.unpinned}
    for ecosystem in sorted(used):
        snapshot = source.snapshot(ecosystem)
        if snapshot is not None:
            yield snapshot
