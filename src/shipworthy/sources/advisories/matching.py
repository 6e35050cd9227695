"""Which advisories concern a version, or every version a range allows, and which version fixes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from shipworthy.sources.advisories.index import Advisory, AdvisorySource, Interval
from shipworthy.sources.advisories.ordering import NotComparable, key, without_local
from shipworthy.sources.advisories.ranges import allowed
from shipworthy.sources.advisories.severity import LEVELS


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One vulnerability of one package version: several advisories that share an id or alias are one hit."""

    ids: tuple[str, ...]
    """Its advisories' own ids first, then their aliases, in order."""
    severity: str | None
    """The highest level any of them gives; None where nobody rated it."""
    fixed: str | None
    """The lowest later version that none of them affects; None where none is known."""


def _inside(ecosystem: str, version: Any, public: Any, interval: Interval) -> bool:
    if interval.introduced is not None and version < key(ecosystem, interval.introduced):
        return False
    if interval.end is None:
        return True
    end = key(ecosystem, interval.end)
    # A local build of the last affected version is that version.
    return bool(public <= end) if interval.inclusive else bool(version < end)


def affects(ecosystem: str, advisory: Advisory, version: str) -> bool:
    """Whether a version is among those named or inside a range. Raises NotComparable where that cannot be told."""
    public = without_local(ecosystem, version)
    if version in advisory.versions or public in advisory.versions:
        return True
    here = key(ecosystem, version)
    bare = key(ecosystem, public)
    found = any(_same(ecosystem, here, public, each) for each in advisory.versions) or any(
        _inside(ecosystem, here, bare, interval) for interval in advisory.intervals
    )
    if not found and advisory.unordered:
        raise NotComparable("an advisory names a range that cannot be ordered")
    return found


def _same(ecosystem: str, here: Any, public: str, other: str) -> bool:
    """Whether two spellings are one version ("1.0" and "1.0.0")."""
    try:
        named = key(ecosystem, other)
    except NotComparable:
        return False
    return bool(named == here or named == key(ecosystem, public))


def hits_for_version(source: AdvisorySource, ecosystem: str, package: str, version: str) -> tuple[Hit, ...]:
    """The vulnerabilities of one version, worst first.

    Raises NotComparable where none was found, but the version could not be compared with every advisory.
    """
    found: list[Advisory] = []
    doubt: NotComparable | None = None
    for advisory in source.advisories(ecosystem, package):
        try:
            if affects(ecosystem, advisory, version):
                found.append(advisory)
        except NotComparable as error:
            doubt = error
    if doubt is not None and not found:
        raise doubt
    return _merged(ecosystem, found, version)


def hits_for_every_version(source: AdvisorySource, ecosystem: str, package: str, spec: str) -> tuple[Hit, ...]:
    """The vulnerabilities that every version allowed by `spec` has; none where one allowed version may be free of it.

    `spec` is a PEP 440 specifier set or an npm range; one that cannot be read gives no hits.
    """
    known = source.advisories(ecosystem, package)
    spans = allowed(ecosystem, spec) if known else None
    if not spans:
        return ()
    found = [
        advisory
        for advisory in known
        if all(any(span.within(ecosystem, interval) for interval in advisory.intervals) for span in spans)
    ]
    return _merged(ecosystem, found, None)


def _merged(ecosystem: str, advisories: Iterable[Advisory], version: str | None) -> tuple[Hit, ...]:
    groups: list[tuple[set[str], list[Advisory]]] = []
    for advisory in advisories:
        names = {advisory.id, *advisory.aliases}
        members = [advisory]
        apart = []
        for others, rows in groups:
            if others & names:
                names |= others
                members = rows + members
            else:
                apart.append((others, rows))
        groups = [*apart, (names, members)]
    hits = [_hit(ecosystem, names, rows, version) for names, rows in groups]
    return tuple(sorted(hits, key=lambda hit: (-_rank(hit.severity), hit.ids)))


def _rank(severity: str | None) -> float:
    # Unrated sorts between medium and high: nobody said that it is harmless.
    return LEVELS.index(severity) if severity else 2.5


def _hit(ecosystem: str, names: set[str], advisories: list[Advisory], version: str | None) -> Hit:
    own = sorted({advisory.id for advisory in advisories})
    rated = [advisory.severity for advisory in advisories if advisory.severity]
    return Hit(
        ids=(*own, *sorted(names - set(own))),
        severity=max(rated, key=LEVELS.index) if rated else None,
        fixed=_fix(ecosystem, advisories, version),
    )


def _fix(ecosystem: str, advisories: list[Advisory], version: str | None) -> str | None:
    candidates = {
        interval.end
        for advisory in advisories
        for interval in advisory.intervals
        if interval.end is not None and not interval.inclusive
    }
    try:
        for candidate in sorted(candidates, key=lambda each: key(ecosystem, each)):
            later = version is None or key(ecosystem, candidate) > key(ecosystem, version)
            if later and not any(affects(ecosystem, advisory, candidate) for advisory in advisories):
                return candidate
    except NotComparable:
        return None
    return None
