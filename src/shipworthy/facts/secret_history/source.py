"""Asks git what of its history is here to be read, and says in words what is not, and what helps."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from shipworthy.facts.secret_history.walk import Refs, Walk
from shipworthy.git import Git, GitError
from shipworthy.project import Project

SHALLOW = "the git history was cut off when it was cloned: get the rest with `git fetch --unshallow`"
PARTIAL = "this is a partial clone, to which git brings files only on demand: get them all with `git fetch --refetch --no-filter`"  # noqa: E501 - one sentence
BROKEN = "they are missing or damaged: see `git fsck --full`, and clone again"
GRAFTED = "the file .git/info/grafts gives commits other parents than they have: remove it, or turn it into refs with `git replace --convert-graft-file`"  # noqa: E501 - one sentence


def whole(git: Git, project: Project) -> Iterator[str]:
    """Reasons why what can be read is not the whole history."""
    if project.head.shallow:
        yield SHALLOW
    with contextlib.suppress(OSError, GitError):
        grafts = Path(git.text("rev-parse", "--git-common-dir"))
        if os.path.getsize(git.folder / grafts / "info" / "grafts"):  # noqa: PTH202 - an absolute path stays one
            yield GRAFTED


def is_partial(git: Git) -> bool:
    """Whether git would fetch what it does not have. It is never let."""
    return bool(git.answer("config", "--get-regexp", r"^(remote\..*\.promisor|extensions\.partialclone)$"))


def absent(git: Git, commits: tuple[str, ...], seconds: float) -> frozenset[str]:
    """Ids of the objects that a partial clone does not have: asking for one would end git. Raises GitError."""
    said = git.run(
        "rev-list", "--objects", "--missing=print", "--no-object-names", "--stdin",
        stdin="".join(f"{each}\n" for each in commits).encode("ascii"), timeout=seconds,
    )  # fmt: skip
    return frozenset(line[1:].decode("ascii") for line in said.split(b"\n") if line.startswith(b"?"))


def add_outright(git: Git, found: Walk, oids: tuple[str, ...]) -> None:
    """Blobs and trees that a ref or a tag names without a commit. Raises GitError."""
    for oid in oids:
        found.commits.append(b"")
        commit = len(found.commits) - 1
        rows = [(b"100644", oid.encode("ascii"), f"blob-{oid[:12]}".encode("ascii"))]
        if git.text("cat-file", "-t", oid) == "tree":
            listed = git.run("ls-tree", "-r", "-z", "--full-tree", oid)
            heads = [each.partition(b"\t") for each in listed.split(b"\0") if each]
            rows = [(head.split()[0], head.split()[2], name) for head, _, name in heads]
        for mode, blob, name in rows:
            if mode.startswith(b"100"):
                found.commit.append(commit)
                found.path.append(found.named(name))
                found.new.append(found.blob(blob))
                found.old.append(-1)


def still_there(git: Git, then: tuple[str, ...], now: Refs) -> bool:
    """Whether everything that was reachable from commits `then` is reachable now."""
    lines = [*then, *(f"^{each}" for each in now.commits)]
    try:
        return not git.run(
            "rev-list", "--max-count=1", "--stdin", stdin="".join(f"{each}\n" for each in lines).encode("ascii")
        ).strip()
    except GitError:
        return False
