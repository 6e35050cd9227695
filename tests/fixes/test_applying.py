"""Applying and taking back: all files or none, nothing outside, nothing that changed, and never half after a crash."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.fixes.fixing import changed, contents, fix_of, state
from tests.support import NOW, git, make_repo

from shipworthy.fixes import Edit, Fix, FixError, Splice
from shipworthy.fixes.files import _stray
from shipworthy.fixes.model import created, edited
from shipworthy.fixes.undo import apply, undo

OLD = {"a.txt": "one\ntwo\n", "b/c.txt": "three\n"}


def two(root: Path) -> Fix:
    """A fix of two files, and a new one in a new folder."""
    return Fix(
        item="demo",
        says="Change two files and make one.",
        edits=(
            edited("a.txt", (root / "a.txt").read_bytes(), [Splice(0, 3, b"ONE")]),
            edited("b/c.txt", (root / "b/c.txt").read_bytes(), [Splice(6, 6, b"four\n")]),
            created("new/deep/d.txt", b"new\n"),
        ),
    )


DONE = {"a.txt": b"ONE\ntwo\n", "b/c.txt": b"three\nfour\n", "new/deep/d.txt": b"new\n"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_repo(tmp_path / "app", OLD)


def test_applied_and_taken_back(root: Path) -> None:
    (root / "a.txt").chmod(0o755)
    before = contents(root)
    apply(root, two(root), state(root), NOW)
    assert contents(root) == DONE
    assert (root / "a.txt").stat().st_mode & 0o777 == 0o755
    assert undo(root, state(root)).paths == tuple(DONE)
    assert contents(root) == before
    assert not (root / "new").exists()
    with pytest.raises(FixError, match="no fix was applied"):
        undo(root, state(root))


def test_the_record_is_the_owner_s_and_holds_no_file(root: Path) -> None:
    apply(root, two(root), state(root), NOW)
    (record,) = [each for each in state(root).rglob("*") if each.is_file()]
    assert record.stat().st_mode & 0o077 == 0
    assert b"two" not in record.read_bytes()


def test_several_are_taken_back_last_first(root: Path) -> None:
    apply(root, two(root), state(root), NOW)
    again = Fix(item="later", says="Again.", edits=(edited("a.txt", b"ONE\ntwo\n", [Splice(4, 7, b"TWO")]),))
    apply(root, again, state(root), NOW)
    assert (root / "a.txt").read_text() == "ONE\nTWO\n"
    assert undo(root, state(root)).item == "later"
    assert undo(root, state(root)).item == "demo"
    assert contents(root) == {path: text.encode() for path, text in OLD.items()}


def _edit(root: Path) -> None:
    (root / "b/c.txt").write_text("mine\n")


def _gone(root: Path) -> None:
    (root / "b/c.txt").unlink()


def _link(root: Path) -> None:
    (root / "b/c.txt").rename(root / "elsewhere.txt")
    (root / "b/c.txt").symlink_to("../elsewhere.txt")


def _folder_link(root: Path) -> None:
    (root / "b").rename(root.parent / "outside")
    (root / "b").symlink_to(root.parent / "outside")


def _new_there(root: Path) -> None:
    (root / "new/deep").mkdir(parents=True)
    (root / "new/deep/d.txt").write_text("mine\n")


def _new_folder_link(root: Path) -> None:
    (root.parent / "target").mkdir()
    (root / "new").symlink_to(root.parent / "target")


def _ignored(root: Path) -> None:
    (root / ".gitignore").write_text("new/\n")


def _pipe(root: Path) -> None:
    (root / "b/c.txt").unlink()
    os.mkfifo(root / "b/c.txt")


def _vendored(root: Path) -> None:
    (root / ".gitignore").write_text("b/\n")
    git(root, "rm", "-q", "--cached", "b/c.txt")


@pytest.mark.parametrize(
    ("meanwhile", "why"),
    [
        (_edit, "changed in the meantime"),
        (_gone, "missing|not changed by machine|is gone"),
        (_link, "symlink"),
        (_folder_link, "symlink|not changed by machine"),
        (_new_there, "is there by now"),
        (_new_folder_link, "symlink"),
        (_ignored, "git would ignore"),
        (_pipe, "not changed by machine|special"),
        (_vendored, "git does not list"),
    ],
)
def test_refused_as_a_whole(root: Path, meanwhile: Callable[[Path], None], why: str) -> None:
    fix = two(root)
    meanwhile(root)
    listed = {path: path.is_symlink() for path in root.rglob("*") if ".git" not in path.parts}
    with pytest.raises(FixError, match=why):
        apply(root, fix, state(root), NOW)
    assert (root / "a.txt").read_text() == "one\ntwo\n"
    assert {path: path.is_symlink() for path in root.rglob("*") if ".git" not in path.parts} == listed
    assert not list((root.parent / "target").glob("*"))
    with pytest.raises(FixError, match="no fix was applied"):
        undo(root, state(root))


@pytest.mark.parametrize(
    "path", ["../out.txt", "/tmp/out.txt", "a/../../out.txt", ".git/hooks/pre-commit", "sub/.GIT/config", "", "a//b"]
)
def test_nothing_outside(root: Path, path: str) -> None:
    with pytest.raises(FixError, match="not a path inside"):
        apply(root, Fix(item="x", says="x", edits=(created(path, b"x"),)), state(root), NOW)


@pytest.mark.parametrize("name", ["-rf", "a b\n.txt", "\x1b]0;x\x07.txt", "[bold]$(id).txt", "\udcff.txt", "‮txt.a"])
def test_hostile_names(root: Path, name: str) -> None:
    (root / name).write_bytes(b"old\n")
    apply(root, Fix(item="x", says="x", edits=(edited(name, b"old\n", [Splice(0, 3, b"new")]),)), state(root), NOW)
    assert (root / name).read_bytes() == b"new\n"
    assert undo(root, state(root)).paths == (name,)
    assert (root / name).read_bytes() == b"old\n"


@pytest.mark.parametrize("fails_at", [1, 2, 3])
def test_a_disk_that_fails_midway_goes_back(root: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int) -> None:
    from shipworthy.fixes import files

    real, count = files._put, 0

    def put(place: files._Place) -> None:
        nonlocal count
        count += 1
        if count == fails_at:
            raise OSError(28, "No space left on device")
        real(place)

    monkeypatch.setattr(files, "_put", put)
    before = contents(root)
    with pytest.raises(FixError, match="nothing was changed: No space"):
        apply(root, two(root), state(root), NOW)
    assert contents(root) == before
    assert not (root / "new").exists()
    with pytest.raises(FixError, match="no fix was applied"):
        undo(root, state(root))


def test_a_record_that_cannot_be_kept_changes_nothing(root: Path) -> None:
    before = contents(root)
    state(root).write_text("a file where the folder should be")
    with pytest.raises(FixError, match="nothing was changed"):
        apply(root, two(root), state(root), NOW)
    assert contents(root) == before


_KILLED = """
import os, signal, sys
from pathlib import Path
from shipworthy.fixes import files
real, count = files._put, 0
def put(place):
    global count
    if count == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    count += 1
    real(place)
files._put = put
from datetime import datetime, UTC
from shipworthy.fixes.undo import apply, undo
root = Path(sys.argv[1])
if sys.argv[3] == "undo":
    undo(root, root.parent / "state")
else:
    from shipworthy.fixes.wire import load
    import json
    apply(root, load(json.load(sys.stdin)), root.parent / "state", datetime.now(UTC))
"""


def _kill(root: Path, after: int, what: str, fix: Fix | None = None) -> None:
    import json

    from shipworthy.fixes.wire import dump

    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(root), str(after), what],
        input=json.dumps(dump(fix)).encode() if fix else b"",
        check=False,
        timeout=60,
    )
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize("after", [0, 1, 2])
def test_killed_between_two_files(root: Path, after: int) -> None:
    before = contents(root)
    _kill(root, after, "apply", two(root))
    old = {**before, "new/deep/d.txt": None}
    found = contents(root)
    for path, new in DONE.items():
        assert found.get(path) in (old[path], new)
    assert sum(found.get(path) == new for path, new in DONE.items()) == after
    undo(root, state(root))
    assert contents(root) == before


@pytest.mark.parametrize("after", [0, 1, 2])
def test_killed_while_taking_back(root: Path, after: int) -> None:
    before = contents(root)
    apply(root, two(root), state(root), NOW)
    _kill(root, after, "undo")
    undo(root, state(root))
    assert contents(root) == before


def test_applying_again_after_a_kill(tmp_path: Path) -> None:
    root = make_repo(
        tmp_path / "app",
        {"a.py": 'import os\nKEY = os.environ["API_KEY"]\n', "Dockerfile": "FROM python:3.12\nCOPY . .\n"},
    )
    before = contents(root)
    _kill(root, 1, "apply", fix_of("env-files-ignored", root))
    assert len(changed(before, root)) >= 1
    apply(root, fix_of("env-files-ignored", root), state(root), NOW)
    left = {path for path in contents(root) if path.endswith(".new")}
    undo(root, state(root))
    undo(root, state(root))
    assert contents(root) == before
    assert not left or left == {_stray(".gitignore"), _stray(".dockerignore")} & left


def test_a_change_after_the_fix_is_not_undone(root: Path) -> None:
    apply(root, two(root), state(root), NOW)
    (root / "b/c.txt").write_text("three\nfour\nfive\n")
    now = contents(root)
    with pytest.raises(FixError, match=r"b/c\.txt changed since the fix, so nothing was taken back"):
        undo(root, state(root))
    assert contents(root) == now


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"version": 2}',
        '{"version":1,"item":"x","folders":[],"files":[{"path":"../x","before":null,"after":"","undone":"","splices":[]}]}',
        '{"version":1,"item":"x","folders":["../.."],"files":[]}',
    ],
)
def test_a_damaged_record_writes_nothing(root: Path, text: str) -> None:
    apply(root, two(root), state(root), NOW)
    (record,) = state(root).rglob("*.json")
    record.write_text(text)
    now = contents(root)
    with pytest.raises(FixError):
        undo(root, state(root))
    assert contents(root) == now


def test_edits_that_overlap_are_no_fix() -> None:
    with pytest.raises(ValueError, match="overlap"):
        edited("a", b"abcdef", [Splice(0, 3, b""), Splice(2, 4, b"")])


def test_a_repr_shows_no_bytes() -> None:
    edit: Edit = edited("a", b"x = 'hunter22hunter'", [Splice(4, 20, b"y", b"''")])
    assert "hunter" not in repr(edit)
    assert edit.removes_secret
