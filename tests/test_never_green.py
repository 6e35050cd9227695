"""For every check: where it passes, damage to any file it read is never green.

Each case is a project on which the check gives its best answer. Then each file that the facts it needs were read from
is removed, emptied, cut off inside a line, or replaced by something unreadable, one at a time.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from shipworthy.assess.store import FactStore, closure
from shipworthy.checks import BUILT_IN, check_named
from shipworthy.facts import Context
from shipworthy.model import Outcome, OutcomeKind
from shipworthy.project import Project
from tests.host_answers import REMOTE, asker
from tests.never_green_cases import CASES, Case
from tests.support import NOW, git, make_repo, outcome_of


def context_for(folder: Path, case: Case) -> Context:
    return Context(
        now=NOW,
        home=folder.parent,
        environment={"PATH": os.environ["PATH"]},
        run_consent=(lambda command, why: True) if case.consent else None,
        ask_host=asker(case.answers) if case.answers else None,
    )


def files_read(folder: Path, name: str, context: Context) -> list[str]:
    """Paths that the facts a check needs, and those they build on, were read from."""
    check = check_named(name)
    store = FactStore(Project.open(folder), context, check.needs)
    known, _, missing = store.facts(check.needs)
    assert missing is None
    facts = [store.get(kind) for kind in closure(check.needs)]
    assert all(not isinstance(fact, str) for fact in facts)
    paths = {path for fact in facts if not isinstance(fact, str) for path in fact.read}
    assert known
    return sorted(paths)


def remove(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    data = path.read_bytes()
    half = len(data) // 2
    # Inside a line: a whole number of lines would be an edit like any other.
    while half > 0 and data[half - 1 : half] == b"\n":
        half -= 1
    path.write_bytes(data[:half])


def make_unreadable(path: Path) -> None:
    path.unlink()
    if path.name == ".gitignore":
        path.mkdir()  # git itself would wait for ever at a pipe here, until our limit on git ends it
    else:
        os.mkfifo(path)


def mend(path: Path, original: Path) -> None:
    """Undo the damage."""
    if path.is_dir():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)
    shutil.copy2(original, path, follow_symlinks=False)


DAMAGE: list[Callable[[Path], None]] = [remove, empty, cut, make_unreadable]


def test_every_check_has_a_case() -> None:
    assert sorted(CASES) == sorted(BUILT_IN)


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_nothing_green_stands_beside_a_gap(name: str) -> None:
    assert check_named(name).stands <= {OutcomeKind.FAIL, OutcomeKind.NEEDS_YOU}


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_damage_is_never_green(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    original = make_repo(tmp_path / "original", case.files)
    if case.answers:
        git(original, "remote", "add", "origin", REMOTE)
    if case.second:
        git(original, "commit", "-q", "--allow-empty", "-m", "more", "--author=Grace <grace@example.org>")
    context = context_for(original, case)
    best = outcome_of(name, original, profile=case.profile, context=context)
    assert best.kind is case.best, best
    read = files_read(original, name, context)
    assert read or case.answers, "a check that reads no file proves nothing"
    if case.answers:
        unasked = outcome_of(name, original, profile=case.profile, context=replace(context, ask_host=None))
        assert unasked.kind is OutcomeKind.NEEDS_YOU
    damaged = tmp_path / "damaged"
    shutil.copytree(original, damaged, symlinks=True)
    green: list[str] = []
    for path in read:
        if not (original / path).stat().st_size:
            continue  # an empty file can be damaged no further
        for damage in DAMAGE if not case.consent else DAMAGE[1:3]:
            damage(damaged / path)
            found = outcome_of(name, damaged, profile=case.profile, context=context_for(damaged, case))
            if not acceptable(found, case):
                green.append(f"{path} {damage.__name__}: {found.kind} {found.summary}")
            mend(damaged / path, original / path)
    assert green == []


def acceptable(found: Outcome, case: Case) -> bool:
    """Fail, unknown, or not applicable with evidence; for a check whose best is needs-you, never needs-you again."""
    if found.kind is OutcomeKind.NOT_APPLICABLE:
        return bool(found.looked_at)
    if case.answers and found.kind is OutcomeKind.NEEDS_YOU:
        return case.best is OutcomeKind.PASS
    return found.kind in (OutcomeKind.FAIL, OutcomeKind.UNKNOWN)
