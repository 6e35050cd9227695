"""What is taken from git's index in place of a look of our own: nothing that a look would not have told."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support import git, make_repo, write

from shipworthy.git import Git, GitError
from shipworthy.project import Project
from shipworthy.project.listing import INODE, _look

FILES = {"a.py": "print(1)\n", "b/c.py": "print(2)\n", "b/d e.py": "print(3)\n", "run.sh": "true\n"}


def looked(folder: Path) -> set[str]:
    """Paths of which the listing says something else than a look at the file itself."""
    project = Project.open(folder)
    wrong = set()
    for path, entry in project.files.items():
        own = _look(f"{folder.resolve()}/", path, entry.tracked, entry.blob)
        if (own.size, own.mtime_ns, own.inode, own.problem) != (entry.size, entry.mtime_ns, entry.inode, entry.problem):
            wrong.add(path)
    return wrong


def same_size(folder: Path) -> None:
    (folder / "a.py").write_text("print(9)\n", encoding="ascii")


def same_size_and_time(folder: Path) -> None:
    found = (folder / "a.py").stat()
    same_size(folder)
    os.utime(folder / "a.py", ns=(found.st_atime_ns, found.st_mtime_ns))


def put_in_place(folder: Path) -> None:
    (folder / "new").write_text("print(7)\n", encoding="ascii")
    (folder / "new").replace(folder / "a.py")


def removed(folder: Path) -> None:
    (folder / "b" / "c.py").unlink()


def link(folder: Path) -> None:
    (folder / "a.py").unlink()
    (folder / "a.py").symlink_to("run.sh")


def folder_for_file(folder: Path) -> None:
    (folder / "a.py").unlink()
    (folder / "a.py").mkdir()


def linked_folder(folder: Path) -> None:
    (folder / "b").rename(folder / "elsewhere")
    (folder / "b").symlink_to("elsewhere")


def unwatched(folder: Path) -> None:
    git(folder, "update-index", "--assume-unchanged", "a.py")
    (folder / "a.py").write_text("print('something longer')\n", encoding="ascii")


def left_out(folder: Path) -> None:
    git(folder, "update-index", "--skip-worktree", "a.py")
    (folder / "a.py").unlink()


def intended(folder: Path) -> None:
    write(folder, {"later.py": "print(4)\n"})
    git(folder, "add", "--intent-to-add", "later.py")


def careless(folder: Path) -> None:
    git(folder, "config", "core.checkStat", "minimal")
    git(folder, "config", "core.trustctime", "false")
    same_size_and_time(folder)


def without_times(folder: Path) -> None:
    blob = git(folder, "rev-parse", "HEAD:a.py")
    git(folder, "update-index", "--force-remove", "a.py")
    git(folder, "update-index", "--add", "--cacheinfo", f"100644,{blob},a.py")


def unmerged(folder: Path) -> None:
    for branch, text in (("one", "print('one')\n"), ("two", "print('two')\n")):
        git(folder, "checkout", "-q", "-B", branch, "main")
        (folder / "a.py").write_text(text, encoding="ascii")
        git(folder, "commit", "-qam", branch)
    with pytest.raises(subprocess.CalledProcessError):
        git(folder, "merge", "-q", "one")


def mode(folder: Path) -> None:
    (folder / "run.sh").chmod(0o755)


def nothing(folder: Path) -> None:
    pass


CHANGES = [
    nothing, same_size, same_size_and_time, put_in_place, removed, link, folder_for_file, linked_folder, unwatched,
    left_out, intended, careless, without_times, unmerged, mode,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_the_listing_is_what_a_look_at_each_file_would_tell(tmp_path: Path, change: Callable[[Path], None]) -> None:
    make_repo(tmp_path, FILES)
    (tmp_path / "link").symlink_to("a.py")
    git(tmp_path, "add", "-A")
    change(tmp_path)
    assert looked(tmp_path) == set()


def test_a_subfolder_is_compared_too(tmp_path: Path) -> None:
    make_repo(tmp_path, FILES)
    (tmp_path / "b" / "c.py").write_text("print('longer than it was')\n", encoding="ascii")
    (tmp_path / "c.py").write_text("print('not this one')\n", encoding="ascii")
    project = Project.open(tmp_path / "b")
    assert project.files["c.py"].size == len("print('longer than it was')\n")
    assert looked(tmp_path / "b") == set()


def test_where_git_cannot_compare_each_file_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_repo(tmp_path, FILES)
    same_size(tmp_path)
    ask = Git.ask

    def refused(self: Git, *args: str) -> object:
        return ask(self, *(("diff-files", "--no-such-option") if args[0] == "diff-files" else args))

    monkeypatch.setattr(Git, "ask", refused)
    with pytest.raises(GitError), Git(tmp_path).ask("diff-files") as asked:
        asked.result()
    assert looked(tmp_path) == set()


def test_an_inode_is_as_much_of_its_number_as_git_keeps(tmp_path: Path) -> None:
    make_repo(tmp_path, FILES)
    assert Project.open(tmp_path).files["a.py"].inode == (tmp_path / "a.py").stat().st_ino & INODE
