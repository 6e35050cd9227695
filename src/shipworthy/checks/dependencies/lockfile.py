"""Judges the item `lockfile`: every dependency has an exact version, written down and committed."""

from __future__ import annotations

from shipworthy.checks.base import Check, CheckContext
from shipworthy.checks.dependencies import lock_findings, words
from shipworthy.facts import Facts
from shipworthy.facts.dependencies import Dependencies
from shipworthy.model import Confidence, Finding, Outcome
from shipworthy.text import plural


class Lockfile(Check):
    """Exact dependency versions are committed.

    Passes where every manifest of the component with a third-party dependency has a lock that is tracked by git, could
    be read in full, and is in step with the manifest: by Poetry's content hash, by the ranges that uv, pnpm, Bun and
    Yarn copy into it, and for the others by every direct dependency being locked in a version its range allows.
    A requirements.txt is a lock where each line is exact and something shows that it holds what its packages bring in
    too: hashes, the header of the tool that wrote it, "via" comments, a manifest beside it that asks for less, or the
    order of `pip freeze` with the known needs of its packages. It fails where a known need is missing, and is unknown
    where nothing tells: such a list pins what somebody typed, and the rest floats.
    Not applicable where nothing third-party is declared and, without a manifest, nothing third-party is imported.
    Remarks, no failure: packages without a digest, from git or an address, unpinned development tools.
    It cannot see: build requirements, packages that scripts install by name, whether an install uses the lock.
    """

    id = "lockfile"
    needs = (Dependencies,)
    scope = "component"

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        everything = facts[Dependencies]
        mine = words.share(everything, context)
        declaring = [each for each in mine.manifests if words.third_party(each)]
        fails: list[Finding] = []
        unknowns = [*words.unread(mine), *words.foreign(mine)]
        remarks: list[Finding] = []
        looked: list[str] = []
        for manifest in declaring:
            locks = everything.locks_for(manifest)
            looked += [f"{manifest.path}: {lock.path}, {plural(len(lock.packages), 'package')}" for lock in locks]
            if locks:
                fails += lock_findings.of_locks(manifest, locks, in_git=everything.in_git)
                unknowns += [words.broken(lock) for lock in locks if lock.problem]
                remarks += lock_findings.remarks(manifest, locks)
            elif manifest.kind == "requirements.txt" and not manifest.path.endswith(".in"):
                words.sort_in(lock_findings.of_list(manifest), fails, unknowns, remarks)
            elif not lock_findings.listed_beside(manifest, mine):
                fails.append(lock_findings.without_lock(manifest, mine))
        fails += [lock_findings.of_drift(each) for each in mine.drift]
        for finding in words.undeclared(mine):
            (fails if finding.confidence is Confidence.LIKELY else unknowns).append(finding)
        if declaring and not everything.in_git and not fails:
            unknowns.append(words.no_git(declaring[0].path))
        looked += words.set_aside(mine)
        if fails:
            return Outcome.failed(words.summed(fails), [*fails, *unknowns, *remarks], looked)
        if unknowns:
            return Outcome.unknown(words.summed(unknowns), [*unknowns, *remarks], looked_at=looked)
        if not declaring:
            return words.nothing(mine, context)
        names = dict.fromkeys(lock.path for each in declaring for lock in everything.locks_for(each))
        if not names:
            looked += [f"{each.path}: development tools only" for each in declaring]
        return Outcome.passed(words.names_of(names) or "development tools only", looked, remarks)
