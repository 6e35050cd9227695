"""The repository that tests make without git is the one that git makes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.first_commit import NotPlain, first_commit
from tests.support import FIRST_COMMIT, git, write

FILES: Mapping[str, str | bytes] = {
    "a.py": "x = 1\n", "b/c.txt": "", "b/d/run.sh": "#!/bin/sh\n", "b.c": "q" * 70_000, "b-x": b"\0\xff" * 9,
    ".gitignore": "*.txt\n", ".github/workflows/ci.yml": "on: push\n", "n" * 200: "long",
}  # fmt: skip


def filled(folder: Path, files: Mapping[str, str | bytes] = FILES) -> Path:
    write(folder, files)
    (folder / "link").symlink_to("b/d")
    (folder / "empty").mkdir()
    if (folder / "b/d/run.sh").exists():
        (folder / "b/d/run.sh").chmod(0o755)
    return folder


def test_git_would_have_made_the_same(tmp_path: Path) -> None:
    made, real = filled(tmp_path / "made"), filled(tmp_path / "real")
    first_commit(made, "Ada <ada@example.org>", int(FIRST_COMMIT.timestamp()), "start")
    git(real, "init", "-q", "-b", "main")
    git(real, "add", "-A", "-f")
    git(real, "commit", "-q", "-m", "start")
    for asked in (("rev-parse", "HEAD", "main"), ("ls-files", "-s"), ("config", "--list", "--local")):
        assert git(made, *asked) == git(real, *asked)
    assert git(made, "fsck", "--strict", "--full") == ""
    assert git(made, "status", "--short") == ""
    # What git has recorded of the files' state is what it records itself.
    recorded = git(made, "ls-files", "--debug")
    (made / ".git/index").unlink()
    git(made, "add", "-A", "-f")
    assert git(made, "ls-files", "--debug") == recorded


def test_nothing_to_commit(tmp_path: Path) -> None:
    first_commit(tmp_path, "Ada <ada@example.org>", int(FIRST_COMMIT.timestamp()), "start")
    assert git(tmp_path, "ls-tree", "HEAD") == ""
    assert git(tmp_path, "fsck", "--strict") == ""


@pytest.mark.parametrize(
    "name", [".gitattributes", "a/.gitattributes", ".gitmodules", "a/.git/HEAD", ".GIT", "é", "a\\b", "c."]
)
def test_what_only_git_can_judge_is_left_to_it(tmp_path: Path, name: str) -> None:
    write(tmp_path, {name: "x"})
    with pytest.raises(NotPlain):
        first_commit(tmp_path, "Ada <ada@example.org>", int(FIRST_COMMIT.timestamp()), "start")
    assert [each.name for each in tmp_path.iterdir()] == [name.split("/")[0]]
