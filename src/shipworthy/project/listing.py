"""Lists a repository's files without reading them: from git's index, or by a bounded walk outside git."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from shipworthy.git import Git, GitError
from shipworthy.project.files import FileEntry, FileKind, kind_of

MAX_FILES = 200_000
"""Beyond this many the listing stops and says so."""
_WALK_SKIP = {".git", ".hg", ".svn", "node_modules", ".venv", "venv", "__pycache__", ".tox", ".nox", ".mypy_cache"}
SYMLINK = "a symlink, not followed"
SUBMODULE = "a submodule, its contents are not covered"
NESTED = "another git repository inside this one, not covered"
_SPECIAL = "a special file (pipe, socket or device), not read"
_NOT_A_FILE = {stat.S_IFLNK: SYMLINK, stat.S_IFDIR: "a folder where git tracks a file"}
_MODE_SYMLINK, _MODE_SUBMODULE = "120000", "160000"
_EMPTY_BLOBS = {
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
}
# `-s -z --debug` prints "MODE BLOB STAGE\tPATH\0" and then five lines of recorded stat.
_INDEX_ROW = re.compile(r"(\d{6}) ([0-9a-f]{40,64}) \d\t([^\0]*)\0(?:  [^\n]*\n){4}  size: (\d+)\t[^\n]*\n", re.ASCII)


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
        inode=found.st_ino,
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


def _index_rows(listed: bytes) -> Iterator[tuple[str, str, str, int]]:
    """(mode, blob id, path, recorded size) of every entry as listed from the index; unmerged stages come once each.

    Raises ValueError for rows that are not understood: one that is left out would be a file nobody looks at.
    """
    raw = listed.decode("utf-8", "surrogateescape")
    position = 0
    for row in _INDEX_ROW.finditer(raw):
        start, end = row.span()
        if start != position:
            break
        position = end
        mode, blob, name, size = row.groups()
        yield mode, blob, name, int(size)
    if position != len(raw):
        raise ValueError(f"its index is listed in a way not understood at character {position}")


class Begun:
    """A listing that git works on already. Use it as a context, and `listing` once."""

    def __init__(self, root: Path, git: Git) -> None:
        """Raises GitError."""
        self._base = f"{root}/"
        with ExitStack() as stack:
            self._tracked = stack.enter_context(git.ask("ls-files", "-s", "-z", "--debug"))
            self._others = stack.enter_context(git.ask("ls-files", "-o", "--exclude-standard", "-z"))
            self._stack = stack.pop_all()

    def __enter__(self) -> Begun:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def listing(self) -> Listing:
        """Tracked files, and untracked ones git does not ignore. Raises GitError or ValueError."""
        files: dict[str, FileEntry] = {}
        for mode, blob, path, size in _index_rows(self._tracked.result()):
            if path in files:
                continue
            if mode == _MODE_SUBMODULE:
                files[path] = FileEntry(
                    path=path, size=0, mtime_ns=0, inode=0, kind=FileKind.VENDORED, tracked=True, blob=blob,
                    problem=SUBMODULE,
                )  # fmt: skip
                continue
            recorded = None if mode == _MODE_SYMLINK else size
            files[path] = _look(self._base, path, True, blob, recorded)
            if len(files) >= MAX_FILES:
                return Listing(files=files, incomplete=f"stopped after {MAX_FILES:,} files")
        try:
            others = self._others.result()
        except GitError as error:
            return Listing(files=files, incomplete=f"untracked files could not be listed: {error}")
        return Listing(files=files, incomplete=self._untracked(others, files))

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
