"""Judges the item `known-vulns`: no installed package has a published vulnerability above the agreed level."""

from __future__ import annotations

from collections.abc import Iterator

from shipworthy.checks.base import Check, CheckContext
from shipworthy.checks.dependencies import advisory_findings, words
from shipworthy.facts import Facts
from shipworthy.facts.dependencies import Dependencies, KnownVulnerabilities, Origin
from shipworthy.model import ComponentKind, Finding, Outcome, Severity
from shipworthy.text import plural, visible


class KnownVulns(Check):
    """No known vulnerability above the agreed level.

    Passes where every package of the component has an exact version, written in a lock that holds everything, and no
    published advisory concerns one of them; the summary names the date of the data, which is embedded and therefore
    grows old. Where the policy limits that age and the data is older, the answer is unknown.
    Fails for an advisory rated medium or higher, and for one nobody rated. Low ones are remarks, and so are those of
    packages that only development brings in, one level lower; but a site or service that declares nothing else ships
    what its bundler picks from them, so there they count.
    Unknown where anything is unpinned, unlocked, comes without a version or cannot be compared: what is not known
    cannot be looked up. An open range fails all the same where every version it allows is vulnerable.
    Unknown also where the data of an ecosystem is a part only (npm's, as embedded): what it does not name may have
    advisories all the same.
    A workspace member without packages of its own is judged with the lock it shares.
    It cannot see: whether the vulnerable code is ever called, and advisories newer than the data.
    """

    id = "known-vulns"
    needs = (Dependencies, KnownVulnerabilities)
    depends_on = "outside"
    scope = "component"

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        everything, known = facts[Dependencies], facts[KnownVulnerabilities]
        mine = words.share(everything, context)
        files = {lock.path for lock in mine.locks} | {manifest.path for manifest in mine.manifests}
        own = [each for each in mine.packages if each.origin is not Origin.PATH]
        shipped = _ships_development_tools(mine, context)
        vulnerable = [each for each in known.vulnerable if each.package.file in files]
        fails, remarks = advisory_findings.of_packages(vulnerable, shipped=shipped)
        for failure, finding in advisory_findings.of_ranges(known, files, shipped=shipped):
            (fails if failure else remarks).append(finding)
        unknowns = [*words.unread(mine), *words.foreign(mine), *words.undeclared(mine), *_unsettled(mine, shipped)]
        unknowns += advisory_findings.no_version(known, files)
        used = {each.ecosystem for each in own} | {each.ecosystem for each in mine.unpinned}
        snapshots = [each for each in known.snapshots if each.ecosystem in used]
        today, limit = context.outside.now.date(), context.outside.advisory_max_age_days
        unknowns += advisory_findings.too_old(snapshots, today, limit, min(files, default="."))
        # Said where nothing else is: what keeps a package from being looked up at all comes first.
        at_work = {each.ecosystem for each in own if shipped or each.dev is not True}
        partly = [each for each in snapshots if each.ecosystem in at_work]
        partial = [] if fails or unknowns else list(advisory_findings.in_part(partly, min(files, default=".")))
        looked = [*advisory_findings.evidence(own, snapshots, today), *words.set_aside(mine)]
        if fails:
            what, _, identity = fails[0].message.partition(" has ")
            more = f" and {len(fails) - 1} more" if len(fails) > 1 else ""
            summary = f"{what}: {identity.split()[0].rstrip(',')}{more}"
            return Outcome.failed(summary, [*fails, *unknowns, *remarks], looked)
        if unknowns:
            old = all(each.rule == "old-data" for each in unknowns)
            summary = (
                f"{advisory_findings.as_of(snapshots, today)}: too old to count" if old else words.summed(unknowns)
            )
            return Outcome.unknown(summary, [*unknowns, *remarks], looked_at=looked)
        if partial:
            return Outcome.unknown(advisory_findings.as_of(snapshots, today), [*partial, *remarks], looked_at=looked)
        if own:
            return Outcome.passed(advisory_findings.as_of(snapshots, today), looked, remarks)
        shared = {path for each in mine.manifests for path in mine.answers.get(each.path, ())} - files
        if shared:
            where = words.names_of(sorted(shared))
            return Outcome.not_applicable(f"judged with {where}", [f"{where}: the lock it shares with others"])
        if any(words.third_party(each) for each in mine.manifests):
            looked += [f"{each.path}: open development tools only" for each in mine.manifests]
            return Outcome.unknown("no package has an exact version", remarks, looked_at=looked)
        return words.nothing(mine, context)


def _ships_development_tools(mine: Dependencies, context: CheckContext) -> bool:
    """Whether development dependencies are all there is, in something that a bundler builds."""
    kind = context.component.kind if context.component else ComponentKind.UNKNOWN
    rows = [each for manifest in mine.manifests for each in words.third_party(manifest)]
    return kind in (ComponentKind.SITE, ComponentKind.SERVICE) and bool(rows) and all(each.dev for each in rows)


def _unsettled(mine: Dependencies, shipped: bool) -> Iterator[Finding]:
    """Everything whose installed version nobody can know from the files."""
    yield from (words.broken(lock) for lock in mine.locks if lock.problem)
    for manifest in mine.manifests:
        rows = [each for each in words.third_party(manifest) if shipped or not each.dev]
        if rows and not mine.answers.get(manifest.path):
            loose = sum(not each.exact for each in rows)
            message = f"{manifest.path} pins what it names, but not what that brings in: the rest cannot be looked up."
            if loose:
                message = f"{manifest.path} leaves {plural(loose, 'version')} open: what gets installed is not known."
            remedy = "Lock the dependencies first (item lockfile)."
            yield words.finding("unpinned", manifest.path, rows[0].line, message, "open", remedy)
    for drift in mine.drift:
        what = visible(drift.name, 80) if drift.name else drift.manifest
        message = f"{what} {drift.reason} ({drift.lock}), so an install may bring in other versions."
        yield words.finding(
            "out-of-step", drift.manifest, drift.line, message, drift.name, "Make the lock again.",
            severity=Severity.MEDIUM,
        )  # fmt: skip
