"""Lists a repository's files without reading them: from git's index, or by a bounded walk outside git."""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from shipworthy.git import Asked, Git, GitError
from shipworthy.project.files import FileEntry, FileKind, kind_of
from shipworthy.project.state import FRESH_SECONDS, State, hashed

MAX_FILES = 200_000
"""Beyond this many the listing stops and says so."""
_WALK_SKIP = {".git", ".hg", ".svn", "node_modules", ".venv", "venv", "__pycache__", ".tox", ".nox", ".mypy_cache"}
SYMLINK = "a symlink, not followed"
SUBMODULE = "a submodule, its contents are not covered"
NESTED = "another git repository inside this one, not covered"
_SPECIAL = "a special file (pipe, socket or device), not read"
_NOT_A_FILE = {stat.S_IFLNK: SYMLINK, stat.S_IFDIR: "a folder where git tracks a file"}
_REGULAR, _SUBMODULE = ("100644", "100755"), "160000"
_EMPTY_BLOBS = {
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
}
# `-s -z --debug` prints "MODE BLOB STAGE\tPATH\0" and then five lines of recorded stat.
_INDEX_ROW = re.compile(
    r"(\d{6}) ([0-9a-f]{40,64}) \d\t([^\0]*)\0"
    r"  ctime: (\d+):(\d+)\n  mtime: (\d+):(\d+)\n  dev: \d+\tino: (\d+)\n  uid: \d+\tgid: \d+\n"
    r"  size: (\d+)\tflags: ([0-9a-f]+)\n",
    re.ASCII,
)
_SECOND = 1_000_000_000
INODE = 0xFFFF_FFFF
"""As much of an inode's number as git's index holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What is there. `incomplete` says why the list is not the whole; None when it is."""

    files: dict[str, FileEntry]
    incomplete: str | None = None


def _look(base: str, path: str, tracked: bool, blob: str | None = None, recorded: int | None = None) -> FileEntry:
    """The entry for one path below `base` (which ends in "/"). `recorded` is the size git's index holds, in bytes."""
    try:
        found = os.lstat(base + path)
    except FileNotFoundError:
        problem = "git tracks it but it is missing on disk; restore it, or stage the removal (git rm --cached)"
        return _unseen(path, tracked, blob, problem)
    except (OSError, ValueError) as error:
        return _unseen(path, tracked, blob, f"cannot be looked at: {getattr(error, 'strerror', None) or error}")
    size = found.st_size
    regular = stat.S_ISREG(found.st_mode)
    return FileEntry(
        path=path,
        size=size,
        mtime_ns=found.st_mtime_ns,
        ctime_ns=found.st_ctime_ns,
        inode=found.st_ino & INODE,
        kind=kind_of(path),
        tracked=tracked,
        blob=blob,
        suspect=(
            recorded is not None and (size < recorded or (recorded == 0 and blob not in _EMPTY_BLOBS)) and regular
        ),
        problem=None if regular else _NOT_A_FILE.get(stat.S_IFMT(found.st_mode), _SPECIAL),
    )


def _unseen(path: str, tracked: bool, blob: str | None, problem: str) -> FileEntry:
    return FileEntry(
        path=path, size=0, mtime_ns=0, inode=0, kind=kind_of(path), tracked=tracked, blob=blob, problem=problem
    )


class Begun:
    """A listing that git works on already. Use it as a context, and `listing` once."""

    def __init__(self, root: Path, git: Git) -> None:
        """Raises GitError."""
        self._base = f"{root}/"
        self._fresh = time.time() - FRESH_SECONDS
        self._sure = False
        """Whether git would notice it if a file that it takes for unchanged were written to from now on."""
        self._said: dict[Asked, bytes] = {}
        with ExitStack() as stack:
            # The longest first.
            self._others = stack.enter_context(git.ask("ls-files", "-o", "--exclude-standard", "-z"))
            self._tracked = stack.enter_context(git.ask("ls-files", "-s", "-z", "--debug"))
            # With threads of its own it looks at all files in the time in which one thread of ours looks at a third.
            self._changed = stack.enter_context(
                git.ask("diff-files", "--name-only", "-z", "--ignore-submodules=all", "--relative", "--", ".")
            )
            self._stack = stack.pop_all()

    def __enter__(self) -> Begun:
        return self

    def __exit__(self, *_: object) -> None:
        self._said.clear()
        self._stack.close()

    def is_at(self, state: State) -> bool:
        """Whether the files are in this state. Raises GitError."""
        return (
            hashed(self._answer(self._tracked)) == state.tracked
            and hashed(self._answer(self._changed), self._base) == state.changed
            and hashed(self._answer(self._others), self._base) == state.others
        )

    def state(self) -> State | None:
        """The state that `listing` found; None where it could not be told from another. Raises GitError."""
        if not self._sure:
            return None
        tracked, changed, others = map(self._answer, (self._tracked, self._changed, self._others))
        parts = hashed(tracked), hashed(changed, self._base, self._fresh), hashed(others, self._base, self._fresh)
        return State(*parts) if None not in parts else None  # type: ignore[arg-type]  # none of them is None

    def _answer(self, asked: Asked) -> bytes:
        if asked not in self._said:
            self._said[asked] = asked.result()
        return self._said[asked]

    def listing(self) -> Listing:
        """Tracked files, and untracked ones git does not ignore. Raises GitError or ValueError."""
        files: dict[str, FileEntry] = {}
        for entry in self._rows(self._answer(self._tracked), self._not_as_recorded()):
            files.setdefault(entry.path, entry)
            if len(files) >= MAX_FILES:
                return Listing(files=files, incomplete=f"stopped after {MAX_FILES:,} files")
        try:
            others = self._answer(self._others)
        except GitError as error:
            return Listing(files=files, incomplete=f"untracked files could not be listed: {error}")
        return Listing(files=files, incomplete=self._untracked(others, files))

    def _rows(self, listed: bytes, changed: Collection[str] | None) -> Iterator[FileEntry]:
        """The entry of each row as listed from the index; unmerged stages come once each.

        `changed`: paths whose file is not as the index recorded it, so that all others need no look of our own; None:
        not known. Raises ValueError for rows that are not understood: one left out would be a file nobody looks at.
        """
        raw = listed.decode("utf-8", "surrogateescape")
        position, fresh, sure = 0, int(self._fresh), changed is not None
        for row in _INDEX_ROW.finditer(raw):
            start, end = row.span()
            if start != position:
                break
            position = end
            mode, blob, path, written, part, modified, fraction, inode, recorded, flags = row.groups()
            size, since, until = int(recorded), int(written), int(modified)
            # Git may have been told not to compare it, and compares whole seconds.
            doubtful = flags != "0" or since >= fresh or until >= fresh
            if doubtful:
                sure = False
            if mode in _REGULAR:
                # A size of 0 says nothing, and a git that keeps no fractions tells another time than our own look.
                if changed is None or doubtful or path in changed or not size or fraction == part == "0":
                    yield _look(self._base, path, True, blob, size)
                    continue
                yield FileEntry(
                    path=path, size=size, mtime_ns=until * _SECOND + int(fraction), inode=int(inode),
                    kind=kind_of(path), tracked=True, ctime_ns=since * _SECOND + int(part), blob=blob,
                )  # fmt: skip
            elif mode == _SUBMODULE:
                yield FileEntry(
                    path=path, size=0, mtime_ns=0, inode=0, kind=FileKind.VENDORED, tracked=True, blob=blob,
                    problem=SUBMODULE,
                )  # fmt: skip
            else:
                yield _look(self._base, path, True, blob)
        if position != len(raw):
            raise ValueError(f"its index is listed in a way not understood at character {position}")
        self._sure = sure

    def _not_as_recorded(self) -> set[str] | None:
        try:
            return set(self._answer(self._changed).decode("utf-8", "surrogateescape").split("\0"))
        except GitError:
            return None  # then we look ourselves

    def _untracked(self, others: bytes, files: dict[str, FileEntry]) -> str | None:
        """Adds them; why they are not all there, if they are not."""
        for name in others.split(b"\0"):
            path = name.decode("utf-8", "surrogateescape")
            if not path or path in files:
                continue
            if path.endswith("/"):  # an untracked repository inside this one
                files[path[:-1]] = FileEntry(
                    path=path[:-1], size=0, mtime_ns=0, inode=0, kind=FileKind.VENDORED, tracked=False,
                    problem=NESTED,
                )  # fmt: skip
                continue
            if len(files) >= MAX_FILES:
                return f"stopped after {MAX_FILES:,} files"
            files[path] = _look(self._base, path, False)
        return None


def from_walk(root: Path) -> Listing:
    """Every file below `root` but well-known tool folders; symlinks are listed, never followed."""
    files: dict[str, FileEntry] = {}
    problems: list[str] = []
    base = os.fspath(root)

    def note(error: OSError) -> None:
        problems.append(f"{os.path.relpath(error.filename, base)}: {error.strerror}")

    for folder, names, leaves in os.walk(base, onerror=note, followlinks=False):
        relative = os.path.relpath(folder, base)
        prefix = "" if relative == "." else relative.replace(os.sep, "/") + "/"
        linked = [name for name in names if os.path.islink(os.path.join(folder, name))]  # noqa: PTH114, PTH118 - names may be surrogate-escaped
        names[:] = sorted(name for name in names if name not in _WALK_SKIP and name not in linked)
        for name in sorted([*leaves, *linked]):
            if len(files) >= MAX_FILES:
                return Listing(files=files, incomplete=f"stopped after {MAX_FILES:,} files")
            path = prefix + name
            files[path] = _look(f"{base}/", path, False)
    return Listing(files=files, incomplete=f"unreadable folder {problems[0]}" if problems else None)
