"""One git process answers for many objects, and whatever goes wrong with it is never taken for an object."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import pytest
from tests.support import git, make_repo, write

from shipworthy import git_objects
from shipworthy.git import Git, GitError
from shipworthy.git_objects import ObjectReader, TooLarge


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {"small": "x\n", "empty": "", "zeros": b"\0\n" * 200_000, "fake": "0" * 40 + " blob 3\nabc\n"}
    return make_repo(tmp_path_factory.mktemp("objects") / "r", files)


@pytest.fixture
def reader(folder: Path) -> ObjectReader:
    return ObjectReader(Git(folder))


def blob(folder: Path, name: str) -> str:
    return git(folder, "rev-parse", f"HEAD:{name}")


def test_many_objects_from_one_process(folder: Path, reader: ObjectReader) -> None:
    names = ["small", "empty", "zeros", "fake", "small"]
    read = {name: reader.read("blob", blob(folder, name), 1_000_000) for name in names}
    assert read == {name: (folder / name).read_bytes() for name in names}
    assert reader.read("commit", git(folder, "rev-parse", "HEAD"), 1000).startswith(b"tree ")
    assert reader._process is not None
    (process,) = {reader._process.pid}
    assert reader.read("tree", git(folder, "rev-parse", "HEAD^{tree}"), 1000)
    assert reader._process.pid == process


@pytest.mark.parametrize(
    ("kind", "oid", "words"),
    [
        ("blob", "0" * 40, "git has no object"),
        ("blob", "0" * 64, "git has no object"),
        ("blob", "HEAD", "no object's id"),
        ("blob", "small\n", "no object's id"),
        ("blob", "", "no object's id"),
        ("tree", "small", "is a blob, not a tree"),
        ("commit", "small", "is a blob, not a commit"),
    ],
)
def test_what_is_no_such_object_is_an_error_and_the_next_one_is_read(
    folder: Path, reader: ObjectReader, kind: str, oid: str, words: str
) -> None:
    with pytest.raises(GitError, match=words):
        reader.read(kind, blob(folder, "small") if oid == "small" else oid, 1000)
    assert reader.read("blob", blob(folder, "small"), 1000) == b"x\n"


@pytest.mark.parametrize(("limit", "fits"), [(399_999, False), (400_000, True)])
def test_no_more_than_the_limit_is_read(folder: Path, reader: ObjectReader, limit: int, fits: bool) -> None:
    if fits:
        assert len(reader.read("blob", blob(folder, "zeros"), limit)) == limit
    else:
        with pytest.raises(TooLarge):
            reader.read("blob", blob(folder, "zeros"), limit)
    assert reader.read("blob", blob(folder, "small"), 2) == b"x\n"


def test_a_process_that_was_killed_is_an_error_once(folder: Path, reader: ObjectReader) -> None:
    reader.read("blob", blob(folder, "small"), 10)
    assert reader._process is not None
    os.kill(reader._process.pid, signal.SIGKILL)
    os.waitid(os.P_PID, reader._process.pid, os.WEXITED | os.WNOWAIT)
    with pytest.raises(GitError, match="ended"):
        reader.read("blob", blob(folder, "small"), 10)
    assert reader.read("blob", blob(folder, "small"), 10) == b"x\n"


@pytest.mark.parametrize(
    ("says", "words"),
    [
        ("read x; echo $x blob 5; printf 'abc'", "ended before"),
        ("read x; echo $x blob 3; printf 'abcd'; sleep 60", "an answer that is none"),
        ("read x; echo $x blob -1; sleep 60", "has no object"),
        ("read x; echo $x blob 3 4; sleep 60", "has no object"),
        ("read x; echo 1234 blob 3; printf 'abc\\n'; sleep 60", "has no object"),
        ("read x; yes | tr -d '\\n'", "an answer that is none"),
        ("sleep 60", "did not answer within"),
        ("read x; echo $x blob 3; printf 'ab'; sleep 60", "did not answer within"),
        ("exit 0", "ended"),
    ],
)
def test_a_git_that_does_not_keep_to_the_protocol(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, words: str
) -> None:
    oid = blob(folder, "small")
    script = write(tmp_path, {"bin/git": f'#!/bin/sh\ncase "$*" in *--batch*) {says};; esac\n'}) / "bin/git"
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    monkeypatch.setattr(git_objects, "TIMEOUT", 0.3 if "within" in words else 10.0)
    with pytest.raises(GitError, match=words):
        ObjectReader(Git(folder)).read("blob", oid, 1000)


def test_a_fork_does_not_take_the_answers_of_its_parent(folder: Path, reader: ObjectReader) -> None:
    reader.read("blob", blob(folder, "small"), 10)
    assert reader._process is not None
    before, other = reader._process.pid, blob(folder, "empty")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if reader.read("blob", other, 10) == b"" and reader._process.pid != before else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert reader.read("blob", blob(folder, "small"), 10) == b"x\n"
    assert reader._process.pid == before


def test_the_process_ends_with_its_reader(folder: Path) -> None:
    reader = ObjectReader(Git(folder))
    reader.read("blob", blob(folder, "small"), 10)
    process = reader._process
    assert process is not None
    assert process.poll() is None
    del reader
    assert process.poll() is not None
