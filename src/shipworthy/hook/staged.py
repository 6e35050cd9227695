"""What a commit would bring in: the index against the commits it will stand on, and the bytes git holds of each file.

The work tree is never looked at: a file may be staged in part, and what is not staged is not committed.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from shipworthy.git import TIMEOUT, Git, GitError

SYMLINK, SUBMODULE = "120000", "160000"
_HEAD = re.compile(
    r":(?P<was>\d{6}) (?P<mode>\d{6}) (?P<old>[0-9a-f]{40,64}) (?P<new>[0-9a-f]{40,64}) (?P<status>[A-Z])\d*"
)
_OID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_NO_OBJECT = re.compile(r"0+")
# What git sets for a hook, or a person for a repository whose parts lie apart. The index is often a temporary one:
# `git commit FILE` and `git commit -a` stage into a file of their own.
_PLACES = (
    "GIT_DIR", "GIT_COMMON_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
)  # fmt: skip
_LONGEST_POINTER = 64 * 1024


@dataclass(frozen=True, slots=True)
class Staged:
    """One file of the index that differs from every commit it will stand on."""

    path: str
    blob: str
    """The id of its content."""
    before: tuple[str, ...] = ()
    """The ids of its content in the commits it will stand on, under an old name too; none for a new file."""


def open_git(folder: Path, environment: Mapping[str, str]) -> Git:
    """git in this folder, with the places that the git which started us works in. Raises GitError."""
    return Git(folder, {name: environment[name] for name in _PLACES if name in environment})


class Listing:
    """Asks git what is staged while the caller does something else; `files` waits for the answer."""

    def __init__(self, git: Git, environment: Mapping[str, str], *, everything: bool = False) -> None:
        """`everything`: each file of the index, not only what is new in it. Raises GitError."""
        self._git = git
        self._environment = environment
        self._everything = everything
        self._process = self._start() if not everything else git.start("ls-files", "--stage", "-z")

    def _start(self, *against: str) -> subprocess.Popen[bytes]:
        return self._git.start(
            "diff", "--cached", "--raw", "-z", "--no-abbrev", "--find-renames", "--no-relative", "--no-color", *against
        )

    def files(self) -> list[Staged]:
        """In path order; no symlinks, submodules or deletions. Raises GitError.

        Of a merge, what differs from all its parents: everything else was committed before.
        """
        if self._everything:
            return list(_tracked(_finish(self._process, "ls-files")))
        found = {each.path: each for each in _changed(_finish(self._process, "diff"))}
        for other in self._merged() if found else ():
            there = {each.path: each for each in _changed(_finish(self._start(other), "diff"))}
            found = {
                path: Staged(path, each.blob, (*each.before, *there[path].before))
                for path, each in found.items()
                if path in there
            }
        return [found[path] for path in sorted(found)]

    def _merged(self) -> Iterator[str]:
        """The commits that are being merged into the current one."""
        folder = _git_folder(self._git, self._environment)
        try:
            with (folder / "MERGE_HEAD").open("rb") as stream:
                said = stream.read(_LONGEST_POINTER).decode("ascii", "replace").split()
        except OSError:
            return
        yield from (each for each in said if _OID.fullmatch(each))


def _git_folder(git: Git, environment: Mapping[str, str]) -> Path:
    usual = git.folder / ".git"
    if "GIT_DIR" not in environment and usual.is_dir():
        return usual
    return Path(os.fsdecode(git.run("rev-parse", "--absolute-git-dir")).removesuffix("\n"))


def _finish(process: subprocess.Popen[bytes], what: str) -> bytes:
    try:
        said, _ = process.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired as error:
        process.kill()
        process.communicate()
        raise GitError(f"git {what} did not answer within {TIMEOUT:g} s") from error
    if process.returncode:
        raise GitError(f"git {what} failed ({process.returncode})", f"Try it yourself: git {what} --cached")
    return said


def _changed(said: bytes) -> Iterator[Staged]:
    """The rows of `git diff --raw -z`. Raises GitError for what is none, and for a conflict nobody resolved."""
    fields = iter(os.fsdecode(said).split("\0")[:-1])
    for head in fields:
        row = _HEAD.fullmatch(head)
        path = next(fields, None)
        if row is None or path is None:
            raise GitError("git diff gave an answer that is none")
        status = row["status"]
        if status in "RC":
            path = next(fields, None)
            if path is None:
                raise GitError("git diff gave an answer that is none")
        if status == "U":
            raise GitError(f"{path} is in conflict", "Resolve the conflict and stage the file.")
        if status == "D" or row["mode"] in (SYMLINK, SUBMODULE) or _NO_OBJECT.fullmatch(row["new"]):
            continue
        # What a copy was copied from stays where it is, so all its lines are new; a renamed file's are not.
        same = status in "MRT" and row["was"] not in (SYMLINK, SUBMODULE)
        if row["old"] == row["new"] and same:
            continue
        yield Staged(path, row["new"], (row["old"],) if same and not _NO_OBJECT.fullmatch(row["old"]) else ())


def _tracked(said: bytes) -> Iterator[Staged]:
    """The rows of `git ls-files --stage -z`."""
    for row in os.fsdecode(said).split("\0")[:-1]:
        head, tab, path = row.partition("\t")
        fields = head.split(" ")
        if not tab or len(fields) != 3 or not _OID.fullmatch(fields[1]):
            raise GitError("git ls-files gave an answer that is none")
        if fields[0] not in (SYMLINK, SUBMODULE):
            yield Staged(path, fields[1])
