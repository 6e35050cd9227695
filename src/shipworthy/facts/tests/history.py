"""Asks git what became of test files: emptied ones, and ones deleted lately although no other code was."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from shipworthy.facts.base import View
from shipworthy.facts.tests.kinds import Skip, SkipKind
from shipworthy.git import GitError
from shipworthy.model import Location

DAYS = 30
MAX_COMMITS = 500
_GIT_SECONDS = 15.0
_EMPTIED_LINES = 5
"""A file that lost fewer lines than this never held a test."""
_CODE = re.compile(r"\.(py|[cm]?[jt]sx?|vue|svelte)$")


def emptied(view: View, path: str) -> list[Skip]:
    """The skip for a test file that holds nothing now: EMPTIED where git knows that it once did, else nothing.

    A file that was always a placeholder (Django writes an empty tests.py) disables no test.
    """
    git = view.project.git
    if git is None or view.project.head.commit is None:
        return []
    try:
        out = git.run("log", "--format=", "--numstat", "-n", "50", "--", path, timeout=_GIT_SECONDS)
    except GitError:
        return []
    for line in out.decode("utf-8", "replace").splitlines():
        removed = line.split("\t")[1] if line.count("\t") >= 2 else "0"
        if removed.isdigit() and int(removed) >= _EMPTIED_LINES:
            name = path.rpartition("/")[2]
            return [
                Skip(
                    kind=SkipKind.EMPTIED,
                    name=name,
                    location=Location(path=path),
                    how=f"{removed} lines were removed",
                    group=True,
                    covers=0,
                )
            ]
    return []


def deletions(view: View, is_test: Callable[[str], bool]) -> tuple[Skip, ...]:
    """Test files deleted within the last `DAYS` days, by commits that deleted no other code file.

    A hint only: a test may also have moved into another file. Renames are followed, merges are not looked at.
    """
    git, head = view.project.git, view.project.head
    if git is None or head.commit is None or head.shallow:
        return ()
    since = (view.context.now - timedelta(days=DAYS)).isoformat()
    try:
        out = git.run(
            "log", f"--since={since}", "-n", str(MAX_COMMITS), "--no-merges", "-M", "--diff-filter=D",
            "--name-only", "-z", "--format=%x01%H", timeout=_GIT_SECONDS,
        )  # fmt: skip
    except GitError:
        return ()
    found: list[Skip] = []
    for block in out.decode("utf-8", "surrogateescape").split("\x01")[1:]:
        commit, *names = [part.strip("\n") for part in block.split("\0") if part.strip("\n")]
        code = [name for name in names if _CODE.search(name)]
        tests = [name for name in code if is_test(name)]
        if not tests or len(tests) < len(code):
            continue
        found += [
            Skip(
                kind=SkipKind.EMPTIED,
                name=name,
                location=Location(commit=commit),
                how="deleted, and no other code with it",
                group=True,
                covers=0,
            )
            for name in tests
            if name not in view.project.files
        ]
    return tuple(found[:50])
