"""What a project lists and reads, and everything that must not lead it astray."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support import git, make_repo, write

from shipworthy.git import Git
from shipworthy.project import FileKind, Project, ProjectError, Unreadable
from shipworthy.project.files import is_test_path


def unreadable(folder: Path, path: str) -> str:
    project = Project.open(folder)
    with pytest.raises(Unreadable) as caught:
        project.read(path)
    return str(caught.value)


def test_lists_tracked_and_untracked_but_not_ignored_files(tmp_path: Path) -> None:
    make_repo(tmp_path, {"a.py": "1", ".gitignore": "*.log\n"})
    write(tmp_path, {"new.py": "2", "x.log": "3"})
    project = Project.open(tmp_path)
    assert {path: entry.tracked for path, entry in project.files.items()} == {
        ".gitignore": True,
        "a.py": True,
        "new.py": False,
    }
    assert project.head.branch == "main"
    assert project.head.commit == git(tmp_path, "rev-parse", "HEAD")


def test_a_subfolder_of_a_repository_is_its_own_project(tmp_path: Path) -> None:
    make_repo(tmp_path, {"api/app.py": "1", "web/x.js": "2"})
    assert list(Project.open(tmp_path / "api").files) == ["app.py"]
    assert Project.find_root(tmp_path / "api") == tmp_path


def test_odd_names_are_listed_and_read(tmp_path: Path) -> None:
    names = ["with space.py", "new\nline.py", "esc\x1b[31m.py", "quo\"te'.py", "grüße.py"]
    make_repo(tmp_path, {name: name for name in names})
    raw = os.fsencode(tmp_path) + b"/not-\xff-utf8.py"
    with open(raw, "wb") as stream:  # noqa: PTH123 - a bytes path
        stream.write(b"raw")
    project = Project.open(tmp_path)
    assert {name: project.read(name).decode() for name in names} == {name: name for name in names}
    assert project.read("not-\udcff-utf8.py") == b"raw"


def test_without_git_the_folder_is_walked(tmp_path: Path) -> None:
    write(tmp_path, {"a/b.py": "1", "node_modules/x.js": "2", ".venv/lib.py": "3"})
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    project = Project.open(tmp_path)
    assert sorted(project.files) == ["a/b.py", "loop"]
    assert not project.head.in_git


def test_no_commits_and_detached_head(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    git(empty, "init", "-q", "-b", "main")
    assert Project.open(empty).files == {}
    assert Project.open(empty).head.commit is None
    make_repo(tmp_path / "repo", {"a": "1"})
    git(tmp_path / "repo", "checkout", "-q", "--detach")
    assert Project.open(tmp_path / "repo").head.branch is None


def bare(folder: Path) -> Path:
    folder.mkdir()
    git(folder, "init", "-q", "--bare")
    return folder


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: folder / "absent", "no such folder"),
        (lambda folder: write(folder, {"file": ""}) / "file", "not a folder"),
        (lambda folder: bare(folder), "bare"),
        (lambda folder: make_repo(folder, {}) / ".git", "inside a .git folder"),
    ],
)
def test_what_cannot_be_examined_says_so(tmp_path: Path, make: Callable[[Path], Path], words: str) -> None:
    with pytest.raises(ProjectError, match=words) as caught:
        Project.open(make(tmp_path / "x"))
    assert caught.value.diagnostics


def test_symlinks_special_files_and_large_files_are_not_read(tmp_path: Path) -> None:
    make_repo(tmp_path / "r", {"real.py": "x = 1\n", "big.bin": b"", "dir/inner.py": "y\n"})
    folder = tmp_path / "r"
    write(tmp_path, {"outside/secret.py": "secret\n", "outside/inner.py": "other\n"})
    (folder / "link.py").symlink_to("real.py")
    (folder / "out.py").symlink_to(tmp_path / "outside/secret.py")
    os.mkfifo(folder / "pipe")
    with (folder / "big.bin").open("wb") as stream:
        stream.truncate(1 << 30)
    began = time.monotonic()
    assert "symlink" in unreadable(folder, "link.py")
    assert "symlink" in unreadable(folder, "out.py")
    assert "larger than" in unreadable(folder, "big.bin")
    assert "not in the repository" in unreadable(folder, "pipe")  # git lists no pipes
    assert time.monotonic() - began < 5
    project = Project.open(folder)
    assert project.read_elsewhere(project.files["link.py"])
    assert not project.read_elsewhere(project.files["out.py"])


def test_a_folder_swapped_for_a_symlink_does_not_lead_outside(tmp_path: Path) -> None:
    folder = make_repo(tmp_path / "r", {"dir/inner.py": "mine\n"})
    write(tmp_path, {"outside/inner.py": "theirs\n"})
    project = Project.open(folder)
    (folder / "dir/inner.py").unlink()
    (folder / "dir").rmdir()
    (folder / "dir").symlink_to(tmp_path / "outside")
    with pytest.raises(Unreadable, match="not followed"):
        project.read("dir/inner.py")


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (None, "missing on disk"),
        (b"", "cut off"),
        (b"import os\nKEY = os.envi", "cut off"),
    ],
)
def test_a_damaged_tracked_file_is_not_read(tmp_path: Path, now: bytes | None, words: str) -> None:
    make_repo(tmp_path, {"app.py": "import os\nKEY = os.environ['KEY']\nprint(KEY)\n"})
    if now is None:
        (tmp_path / "app.py").unlink()
    else:
        (tmp_path / "app.py").write_bytes(now)
    assert words in unreadable(tmp_path, "app.py")


@pytest.mark.parametrize("edited", [b"import os\n", b"import os\nKEY = 1", b"something else entirely"])
def test_an_edit_is_not_damage(tmp_path: Path, edited: bytes) -> None:
    make_repo(tmp_path, {"app.py": "import os\nKEY = os.environ['KEY']\n"})
    (tmp_path / "app.py").write_bytes(edited)
    assert Project.open(tmp_path).read("app.py") == edited


def test_an_emptied_file_that_was_staged_is_meant(tmp_path: Path) -> None:
    make_repo(tmp_path, {"app.py": "import os\n"})
    (tmp_path / "app.py").write_bytes(b"")
    git(tmp_path, "add", "app.py")
    assert Project.open(tmp_path).read("app.py") == b""


def test_submodules_are_named_and_not_entered(tmp_path: Path) -> None:
    inner = make_repo(tmp_path / "inner", {"x.py": "1"})
    outer = make_repo(tmp_path / "outer", {"a.py": "1"})
    git(outer, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "sub")
    project = Project.open(outer)
    assert "submodule" in (project.files["sub"].problem or "")
    assert not any(path.startswith("sub/") for path in project.files)


def test_git_runs_nothing_the_repository_configures(tmp_path: Path) -> None:
    folder = make_repo(tmp_path / "r", {"a.py": "1\n", ".gitattributes": "*.py filter=evil diff=evil\n"})
    marker = tmp_path / "ran"
    for key in ("core.fsmonitor", "filter.evil.clean", "filter.evil.process", "diff.evil.textconv", "diff.external"):
        git(folder, "config", key, f"touch {marker}; cat")
    hook = folder / ".git/hooks/post-index-change"
    hook.write_text(f"#!/bin/sh\ntouch {marker}\n")
    hook.chmod(0o755)
    (folder / "a.py").write_text("2\n")
    project = Project.open(folder)
    assert project.git is not None
    assert b"a.py" in project.git.run("status", "--porcelain")
    project.git.run("diff", "HEAD")
    assert not marker.exists()


def test_git_is_not_taken_from_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_repo(tmp_path / "r", {"a.py": "1\n"})
    write(folder, {"bin/git": f"#!/bin/sh\ntouch {tmp_path}/ran\n"})
    (folder / "bin/git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}/bin:.:{os.environ['PATH']}")
    monkeypatch.chdir(folder)
    assert Git(folder).text("rev-parse", "HEAD")
    assert not (tmp_path / "ran").exists()


def test_environment_tricks_do_not_reach_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_repo(tmp_path / "r", {"a.py": "1\n"})
    other = make_repo(tmp_path / "other", {"b.py": "1\n"})
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git/index"))
    assert list(Project.open(folder).files) == ["a.py"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("src/app.py", FileKind.SOURCE),
        ("node_modules/x/index.js", FileKind.VENDORED),
        ("web/dist/app.js", FileKind.GENERATED),
        ("static/jquery.min.js", FileKind.MINIFIED),
        ("static/a-min.css", FileKind.MINIFIED),
        ("static/min.js", FileKind.SOURCE),
        ("api/v1_pb2.py", FileKind.GENERATED),
        ("api/v1_pb2_grpc.pyi", FileKind.GENERATED),
        ("api/v1.pb.go", FileKind.GENERATED),
        ("lib/a.g.dart", FileKind.GENERATED),
        ("app/types.generated.ts", FileKind.GENERATED),
        ("app/types.generated.", FileKind.SOURCE),
        ("app/a.generated.min.js", FileKind.MINIFIED),
        ("ui/b.snap", FileKind.GENERATED),
        ("proto/user_pb2.py", FileKind.GENERATED),
        ("build/scripts.py", FileKind.SOURCE),
    ],
)
def test_kinds_of_files(tmp_path: Path, path: str, kind: FileKind) -> None:
    make_repo(tmp_path, {path: "x"})
    assert Project.open(tmp_path).files[path].kind is kind


@pytest.mark.parametrize(
    ("path", "test"),
    [
        ("tests/x.py", True),
        ("app/test_views.py", True),
        ("app/views_test.py", True),
        ("src/a.test.tsx", True),
        ("conftest.py", True),
        ("app/latest.py", False),
        ("src/contest.ts", False),
    ],
)
def test_paths_of_tests(path: str, test: bool) -> None:
    assert is_test_path(path) is test
