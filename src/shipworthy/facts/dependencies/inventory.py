"""The machine-readable list that `shipworthy facts dependencies` prints."""

from __future__ import annotations

from typing import Any

from shipworthy.facts.dependencies.model import Dependencies, Origin, Package, Requirement
from shipworthy.facts.dependencies.vulnerable import KnownVulnerabilities


def inventory(dependencies: Dependencies, known: KnownVulnerabilities) -> dict[str, Any]:
    """JSON-shaped: `packages`, `unpinned`, `vulnerable`, `names` (not judged here, empty) and `advisories`.

    Paths are relative to the project's root, lines 1-based; None means "could not tell". A package that several
    locks hold is listed once for each, but only once among the vulnerable.
    """
    vulnerable: dict[tuple[str, str, str | None], dict[str, Any]] = {}
    for each in known.vulnerable:
        package = each.package
        vulnerable.setdefault(
            (package.ecosystem, package.name, package.version),
            {
                "ecosystem": package.ecosystem,
                "name": package.name,
                "version": package.version,
                "ids": sorted({identity for hit in each.hits for identity in hit.ids}),
                "fixed": sorted({hit.fixed for hit in each.hits if hit.fixed}),
                "severity": each.hits[0].severity,
            },
        )
    return {
        "packages": [_package(each) for each in dependencies.packages if each.origin is not Origin.PATH],
        "unpinned": [_requirement(each) for each in dependencies.unpinned],
        "vulnerable": list(vulnerable.values()),
        "names": [],
        "advisories": {
            "source": "embedded",
            "date": {each.ecosystem: each.date.isoformat() for each in known.snapshots},
        },
    }


def _package(package: Package) -> dict[str, Any]:
    return {
        "ecosystem": package.ecosystem,
        "name": package.name,
        "version": package.version,
        "file": package.file,
        "line": package.line,
        "direct": package.direct,
        "dev": package.dev,
    }


def _requirement(each: Requirement) -> dict[str, Any]:
    return {
        "ecosystem": each.ecosystem,
        "name": each.name,
        "spec": each.spec,
        "file": each.file,
        "line": each.line,
        "dev": each.dev,
    }
