"""Looks for a readiness file issued later: a revert brings an old tree back, and with it the file that once fitted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shipworthy.git import Git
from shipworthy.readiness import dsse
from shipworthy.readiness.statement import Statement, parse
from shipworthy.readiness.tree import FOLDER, MissingObject, Objects, OddTree, readiness_names

MAX_COMMITS = 200
"""How far back, along first parents: what a branch was, not everything that was merged into it."""
MAX_FILES = 20


def later(git: Git, objects: Objects, base: str, statement: Statement, environment: str) -> Statement | None:
    """A statement in the history of `base` (full id) that was issued later for another tree; None if none is seen.

    A file there that cannot be read was never accepted either, so it says nothing. A shallow clone has one commit.
    """
    for version in versions(git, objects, base, environment):
        try:
            other = parse(dsse.parse(version.data).payload)
        except dsse.Malformed:
            continue
        if other.issued > statement.issued and other.tree != statement.tree:
            return other
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of an environment's envelope."""

    data: bytes
    commits: tuple[str, ...]
    """The commits (full ids) that hold it, the newest first."""


def versions(git: Git, objects: Objects, commit: str, environment: str) -> Iterator[Version]:
    """Each version of the envelope in the history of `commit` (full id), the newest first."""
    name = readiness_names(environment)[1]
    commits = git.text("rev-list", "--first-parent", f"--max-count={MAX_COMMITS}", commit).split()
    asked = "".join(f"{each}:{FOLDER}/{name}\n" for each in commits).encode("ascii")
    # A line per commit: id and type, or what was asked and "missing".
    raw = git.run("cat-file", "--batch-check=%(objectname) %(objecttype)", stdin=asked).decode("ascii", "replace")
    held: dict[str, list[str]] = {}
    for each, row in zip(commits, raw.splitlines(), strict=True):
        oid, _, kind = row.partition(" ")
        if kind == "blob":
            held.setdefault(oid, []).append(each)
    for oid, holding_it in list(held.items())[:MAX_FILES]:
        try:
            yield Version(data=objects.read("blob", oid, dsse.MAX_BYTES), commits=tuple(holding_it))
        except (MissingObject, OddTree):
            continue


def holding(git: Git, objects: Objects, commit: str, environment: str, oid: str) -> list[str]:
    """Ancestors of `commit` (itself not) that hold this very envelope, at most `MAX_FILES`, the oldest first."""
    name = readiness_names(environment)[1]
    commits = git.text("rev-list", "--topo-order", f"--max-count={MAX_COMMITS}", commit).split()[1:]
    asked = "".join(f"{each}:{FOLDER}/{name}\n" for each in commits).encode("ascii")
    rows = git.run("cat-file", "--batch-check=%(objectname)", stdin=asked).decode("ascii", "replace").splitlines()
    return [each for each, row in zip(commits, rows, strict=True) if row == oid][-MAX_FILES:][::-1]
