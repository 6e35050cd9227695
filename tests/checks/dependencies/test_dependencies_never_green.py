"""Every kind of manifest and lock, damaged in every way: neither check of dependencies passes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.checks.dependencies.test_lockfile import PASS
from tests.support import make_repo, outcome_of

from shipworthy.model import OutcomeKind


def remove(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    data = path.read_bytes()
    half = len(data) // 2
    while half > 1 and data[half - 1 : half] == b"\n":
        half -= 1
    path.write_bytes(data[:half])


def make_unreadable(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


DAMAGE: list[Callable[[Path], None]] = [remove, empty, cut, make_unreadable]
KINDS = [case for case in PASS if case not in ("loose tools", "example aside", "one manager named", "export beside")]


@pytest.mark.long
@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("case", KINDS)
def test_damaged(case: str, damage: Callable[[Path], None], tmp_path: Path) -> None:
    whole = make_repo(tmp_path / "whole", PASS[case])
    for name in PASS[case]:
        folder = tmp_path / "damaged"
        shutil.copytree(whole, folder)
        damage(folder / name)
        for check in ("lockfile", "known-vulns"):
            found = outcome_of(check, folder)
            assert found.kind not in (OutcomeKind.PASS, OutcomeKind.NOT_APPLICABLE), (check, name, found)
        shutil.rmtree(folder)


@pytest.mark.parametrize("case", ["package-lock 3", "pnpm", "yarn 1", "berry", "bun", "uv", "poetry", "pdm", "pylock"])
def test_a_lock_committed_in_half_never_passes(case: str, tmp_path: Path) -> None:
    """Cut where a line ends and committed so: what a direct or locked package needs is missing then."""
    (lock,) = (name for name in PASS[case] if name not in ("package.json", "pyproject.toml"))
    lines = PASS[case][lock].splitlines(keepends=True)
    files = {**PASS[case], lock: "".join(lines[: len(lines) // 3])}
    assert outcome_of("lockfile", make_repo(tmp_path / "repo", files)).kind is not OutcomeKind.PASS
