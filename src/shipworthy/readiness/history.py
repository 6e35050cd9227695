"""Looks for a readiness file issued later: a revert brings an old tree back, and with it the file that once fitted."""

from __future__ import annotations

from collections.abc import Iterator

from shipworthy.git import Git
from shipworthy.readiness import dsse
from shipworthy.readiness.statement import Statement, parse
from shipworthy.readiness.tree import FOLDER, MissingObject, Objects, readiness_names

MAX_COMMITS = 200
"""How far back, along first parents: what a branch was, not everything that was merged into it."""
MAX_FILES = 20


def later(git: Git, objects: Objects, base: str, statement: Statement, environment: str) -> Statement | None:
    """A statement in the history of `base` (full id) that was issued later for another tree; None if none is seen.

    A file there that cannot be read was never accepted either, so it says nothing. A shallow clone has one commit.
    """
    for data in _files(git, objects, base, readiness_names(environment)[1]):
        try:
            other = parse(dsse.parse(data).payload)
        except dsse.Malformed:
            continue
        if other.issued > statement.issued and other.tree != statement.tree:
            return other
    return None


def _files(git: Git, objects: Objects, base: str, name: str) -> Iterator[bytes]:
    """Each version of a record in the history of `base`, the newest first."""
    commits = git.text("rev-list", "--first-parent", f"--max-count={MAX_COMMITS}", base).split()
    asked = "".join(f"{commit}:{FOLDER}/{name}\n" for commit in commits).encode("ascii")
    # A line per commit: id and type, or what was asked and "missing".
    rows = git.run("cat-file", "--batch-check=%(objectname) %(objecttype)", stdin=asked).decode("ascii", "replace")
    blobs = [row.partition(" ")[0] for row in rows.splitlines() if row.endswith(" blob")]
    for oid in list(dict.fromkeys(blobs))[:MAX_FILES]:
        try:
            yield objects.read("blob", oid, dsse.MAX_BYTES)
        except MissingObject:
            continue


def holding(git: Git, objects: Objects, commit: str, environment: str, oid: str) -> list[str]:
    """Ancestors of `commit` (itself not) that hold this very envelope, at most `MAX_FILES`, the oldest first."""
    name = readiness_names(environment)[1]
    commits = git.text("rev-list", "--topo-order", f"--max-count={MAX_COMMITS}", commit).split()[1:]
    asked = "".join(f"{each}:{FOLDER}/{name}\n" for each in commits).encode("ascii")
    rows = git.run("cat-file", "--batch-check=%(objectname)", stdin=asked).decode("ascii", "replace").splitlines()
    return [each for each, row in zip(commits, rows, strict=True) if row == oid][-MAX_FILES:][::-1]
