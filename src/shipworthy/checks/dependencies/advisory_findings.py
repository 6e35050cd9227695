"""Published vulnerabilities as findings, and how old the data is in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from shipworthy.checks.dependencies import words
from shipworthy.facts.dependencies import KnownVulnerabilities, Package, Vulnerable
from shipworthy.model import Finding, Location, Severity
from shipworthy.sources.advisories import Hit, Snapshot
from shipworthy.text import plural, visible

_LOWER = {"critical": "high", "high": "medium", None: "medium", "medium": "low", "low": "none", "none": "none"}
_SEVERITY = {
    "critical": Severity.CRITICAL, "high": Severity.HIGH, "medium": Severity.MEDIUM, "low": Severity.LOW,
    "none": Severity.INFO, None: Severity.HIGH,
}  # fmt: skip
"""What nobody rated counts as high: nobody said that it is harmless."""
_NEWER = {"PyPI": "`pip-audit`", "npm": "`npm audit`"}
"""What looks a package up in data of today, by ecosystem."""
_TOLERATED = ("low", "none")
"""Ratings below the agreed level: they are shown and fail nothing."""
_ORDER = list(Severity)


def of_packages(vulnerable: Iterable[Vulnerable], *, shipped: bool) -> tuple[list[Finding], list[Finding]]:
    """Failures, worst first, and remarks. A package version that several files name is one finding with related places.

    `shipped` says that development dependencies are shipped as well, so that they count like all others.
    """
    places: dict[tuple[str, str, str | None], list[Package]] = {}
    found_in: dict[tuple[str, str, str | None], Vulnerable] = {}
    for each in vulnerable:
        row = (each.package.ecosystem, each.package.name, each.package.version)
        places.setdefault(row, []).append(each.package)
        found_in[row] = each
    fails: list[Finding] = []
    remarks: list[Finding] = []
    for which, packages in places.items():
        development = all(each.dev is True for each in packages) and not shipped
        what = f"{which[1]} {which[2]}{' (development only)' if development else ''}"
        related = [Location(path=each.file, line=each.line) for each in packages[1:20]]
        first = Location(path=packages[0].file, line=packages[0].line)
        hits = found_in[which].hits
        best = _together(found_in[which].fixed, hits)
        for hit in hits:
            level = _LOWER[hit.severity] if development else hit.severity
            found = _finding(which[1], what, hit, first, level, related, best if hit.fixed else None)
            (remarks if development or hit.severity in _TOLERATED else fails).append(found)
    return sorted(fails, key=lambda each: _ORDER.index(each.severity)), remarks


def _together(highest: str, hits: Sequence[Hit]) -> str | None:
    """What to do about several advisories of one package at once; None where no version answers them all."""
    if not highest:
        return None
    count = sum(bool(hit.fixed) for hit in hits)
    every = "both" if count == 2 else f"all {count}"
    which = every if count == len(hits) else f"{count} of the {len(hits)}"
    return f"{highest} or later, which fixes {which} known here."


def of_ranges(known: KnownVulnerabilities, files: set[str], *, shipped: bool) -> Iterator[tuple[bool, Finding]]:
    """(whether it is a failure, finding) for every open range without a single version that is free of advisories."""
    for doomed in known.doomed:
        row = doomed.requirement
        if row.file in files:
            for hit in doomed.hits:
                what = f"{row.name}, in every version that its range allows,"
                found = _finding(row.name, what, hit, Location(path=row.file, line=row.line), hit.severity, ())
                yield hit.severity not in _TOLERATED and (shipped or not row.dev), found


def _finding(
    name: str,
    what: str,
    hit: Hit,
    place: Location,
    level: str | None,
    related: Sequence[Location],
    together: str | None = None,
) -> Finding:
    common = next((each for each in hit.ids if each.startswith("CVE-")), hit.ids[0])
    others = [each for each in hit.ids if each != common][:3]
    also = f" ({', '.join(others)})" if others else ""
    rated = f"rated {hit.severity}" if hit.severity else "not rated by anybody"
    remedy = "No fixed version is known: replace it, or take out what uses it."
    if hit.fixed:
        remedy = f"Upgrade {visible(name, 80)} to {together or f'{hit.fixed} or later.'}"
    return Finding.at(
        place, "known-vulnerability", f"{visible(what, 160)} has {common}{also}, {rated}.", anchor=f"{name}:{common}",
        severity=_SEVERITY[level], remedy=remedy, related=related,
    )  # fmt: skip


def no_version(known: KnownVulnerabilities, files: set[str]) -> Iterator[Finding]:
    """Packages that could not be looked up, without those that only development brings in."""
    for each in known.doubtful:
        if each.package.file in files and each.package.dev is not True:
            name = visible(each.package.name, 80)
            message = f"{name} {each.reason}, so it cannot be looked up."
            remedy = "Use a released version, or say in a waiver what you looked at."
            yield words.finding("no-version", each.package.file, each.package.line, message, each.package.name, remedy)


def too_old(snapshots: Iterable[Snapshot], today: date, limit: int | None, path: str) -> Iterator[Finding]:
    """Data older than the policy's limit, in days."""
    for each in snapshots:
        age = (today - each.date).days
        if limit is not None and age > limit:
            message = (
                f"The {each.ecosystem} advisory data is of {each.date}, {age:,} days old; the policy allows {limit:,}."
            )
            ask = _NEWER.get(each.ecosystem)
            how = f"Ask newer data, for example with {ask}" if ask else "Ask newer data"
            remedy = (
                f"{how}, and waive this item with what it says. Or accept the age: advisory_max_age_days in "
                ".shipworthy/policy.toml."
            )
            yield words.finding("old-data", path, None, message, each.ecosystem, remedy)


def in_part(snapshots: Iterable[Snapshot], path: str) -> Iterator[Finding]:
    """Data that is a part only: that it names none of the packages says nothing of those it leaves out."""
    for each in snapshots:
        if each.partial:
            message = (
                f"None of these packages is in the {each.ecosystem} advisory data of shipworthy, but that is "
                f"{each.partial}."
            )
            how = _NEWER.get(each.ecosystem, "a scanner with all of it")
            remedy = f"Run {how}, upgrade what it names, and waive this item with what it says."
            yield words.finding("partial-data", path, None, message, each.ecosystem, remedy)


def _age(snapshot: Snapshot, today: date) -> str:
    days = (today - snapshot.date).days
    if days >= 730:
        return plural(days // 365, "year")
    return plural(days // 30, "month") if days >= 60 else plural(days, "day")


def as_of(snapshots: Iterable[Snapshot], today: date) -> str:
    """ "none known as of 2024-10-10 (PyPI, 2 years old)", "… (npm, part of the data, 3 months old)"."""
    dates = (
        f"{each.date} ({each.ecosystem}, {'part of the data, ' if each.partial else ''}{_age(each, today)} old)"
        for each in snapshots
    )
    return f"none known as of {', '.join(dates)}"


def evidence(packages: Sequence[Package], snapshots: Iterable[Snapshot], today: date) -> Iterator[str]:
    """What was compared with what, one line for each ecosystem."""
    for snapshot in snapshots:
        count = len({(each.name, each.version) for each in packages if each.ecosystem == snapshot.ecosystem})
        partial = f"; the data is {snapshot.partial}" if snapshot.partial else ""
        yield (
            f"{plural(count, 'package version')} of {snapshot.ecosystem} against {snapshot.advisories:,} advisories "
            f"to {snapshot.date}, {_age(snapshot, today)} old{partial}"
        )
