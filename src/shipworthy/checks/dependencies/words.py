"""What the checks of dependencies have in common: whose part is judged, and how gaps in it are put into findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shipworthy.checks.base import CheckContext
from shipworthy.facts.dependencies import Dependencies, Lock, Manifest, Origin, Requirement
from shipworthy.model import Confidence, Finding, Location, Outcome, Severity
from shipworthy.text import plural, visible

ORIGIN = {Origin.GIT: "a git repository", Origin.URL: "an address"}
_READ = {"python", "javascript", "typescript"}


def finding(
    rule: str,
    path: str,
    line: int | None,
    message: str,
    anchor: str,
    remedy: str = "",
    *,
    severity: Severity = Severity.HIGH,
    confidence: Confidence = Confidence.CERTAIN,
    related: Iterable[Location] = (),
) -> Finding:
    """A finding about a place in a file."""
    return Finding.at(
        Location(path=path, line=line), rule, message, anchor=anchor, remedy=remedy, severity=severity,
        confidence=confidence, related=related,
    )  # fmt: skip


def share(everything: Dependencies, context: CheckContext) -> Dependencies:
    """The part of the dependencies that the component under judgement answers for."""
    if context.component is None:
        return everything
    return everything.part_of(context.component.root, context.components)


def third_party(manifest: Manifest) -> list[Requirement]:
    """What a manifest asks for from outside the repository."""
    return [each for each in manifest.requirements if each.origin is not Origin.PATH]


def names_of(names: Iterable[str], most: int = 3) -> str:
    """ "a, b, c and 4 more", each shown safely."""
    listed = [visible(name, 60) for name in names]
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more


def summed(findings: list[Finding]) -> str:
    """One line for a list: the first finding's place, and how many more there are."""
    first = findings[0]
    short = {
        "no-lock": "no lock", "unpinned": "versions left open", "incomplete-list": "list is incomplete",
        "perhaps-incomplete": "pins, perhaps not all", "lock-not-committed": "lock not committed",
        "two-locks": "two locks", "out-of-step": "lock out of step", "not-read": "not read",
        "undeclared": "imported, not declared", "could-not-read": "could not read",
    }.get(first.rule, first.rule)  # fmt: skip
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return f"{short}: {first.location}{more}"


def sort_in(
    rows: Iterable[tuple[str, Finding]], fails: list[Finding], unknowns: list[Finding], remarks: list[Finding]
) -> None:
    """Each finding to the list its first word names."""
    lists = {"fail": fails, "unknown": unknowns, "remark": remarks}
    for kind, each in rows:
        lists[kind].append(each)


def unread(mine: Dependencies) -> Iterator[Finding]:
    """Files that could not be understood, and lines that were skipped."""
    for gap in mine.gaps:
        yield Finding.at(
            Location(path=gap.path, line=gap.line), "could-not-read", gap.reason, anchor=gap.reason,
            severity=Severity.INFO, remedy="Make it readable, or say in a waiver what you looked at instead.",
        )  # fmt: skip
    named = {gap.path for gap in mine.gaps}
    for manifest in mine.manifests:
        if manifest.problem and manifest.path not in named:
            yield finding("could-not-read", manifest.path, None, manifest.problem, "problem", severity=Severity.INFO)


def broken(lock: Lock) -> Finding:
    """A lock that is there and could not be understood."""
    return finding("could-not-read", lock.path, None, lock.problem or "", "lock", severity=Severity.INFO)


def foreign(mine: Dependencies) -> Iterator[Finding]:
    """Manifests of ecosystems that are not read."""
    for each in mine.foreign:
        message = f"{each.path} declares {each.ecosystem} dependencies, which are not looked at."
        remedy = "Check them with the tools of that ecosystem, and say so in a waiver."
        yield finding("not-read", each.path, 1, message, each.ecosystem, remedy, severity=Severity.INFO)


def undeclared(mine: Dependencies) -> Iterator[Finding]:
    """Imports that nothing declares; likely where the name is a well-known package."""
    for each in mine.undeclared:
        name = visible(each.name, 80)
        message = f"{each.path} imports {name}, and no manifest says which version."
        yield finding(
            "undeclared", each.path, each.line, message, each.name, "Declare it in a manifest, then lock it.",
            confidence=Confidence.LIKELY if each.known else Confidence.REVIEW,
        )  # fmt: skip


def no_git(path: str) -> Finding:
    """Nothing can be said to be committed outside git."""
    message = "This folder is not under git, so nobody can tell whether the lock is committed."
    return finding("no-git", path, None, message, "git", "Put the project under git.", severity=Severity.INFO)


def set_aside(mine: Dependencies) -> list[str]:
    """Evidence line for manifests that are not part of the product."""
    if not mine.aside:
        return []
    return [f"not part of the product: {plural(len(mine.aside), 'manifest')} such as {visible(mine.aside[0], 80)}"]


def nothing(mine: Dependencies, context: CheckContext) -> Outcome:
    """There is no third-party dependency, as far as that can be known of the component's languages."""
    other = sorted(set(context.component.languages if context.component else ()) - _READ)
    if other:
        return Outcome.unknown(f"dependencies of {names_of(other)} code are not looked at")
    looked = [f"{manifest.path}: asks for nothing" for manifest in mine.manifests]
    looked = looked or ["no manifest, and no import of a third-party package"]
    return Outcome.not_applicable("no third-party dependency", [*looked[:20], *set_aside(mine)])
