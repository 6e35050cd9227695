"""What a repository's files look like from outside (`lstat`), and whether that changed since the last look."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator

from shipworthy.assess.depends import RECORDS
from shipworthy.git import GitError
from shipworthy.project import FileEntry, Project
from shipworthy.project.listing import INODE, NESTED, SUBMODULE

RACY_SECONDS = 2.1
"""A folder changed this recently may change again behind the same time: file systems keep them as coarsely (FAT)."""
MAX_EMPTY = 2_000
"""At most so many folders without a listed file are looked at for new ones."""
_SKIP = {".git", ".hg", ".svn", "node_modules", ".venv", "venv", "__pycache__", ".tox", ".nox", ".mypy_cache"}

Look = tuple[int, int, int, int, int] | None
"""Size, time of change of content and of the entry, inode, mode; None where there is nothing."""


def look(path: str) -> Look:
    """One file or folder, never followed, never opened."""
    try:
        found = os.lstat(path)
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_mode


class Looks:
    """The looks of everything in one listing. Paths inside are absolute strings."""

    def __init__(self, project: Project, listed_at: float) -> None:
        """`listed_at`: when listing the project began, in seconds since the epoch."""
        self.base = os.fspath(project.root)
        self.files = {
            f"{self.base}/{entry.path}": path
            for path, entry in project.files.items()
            if entry.problem not in (SUBMODULE, NESTED)
        }
        for each in RECORDS:
            self.files.setdefault(f"{self.base}/{each}", each)
        self.git_paths = _git_paths(project)
        self.folders = _folders(project, self.base)
        self.touched: set[str] = set()
        """Files of the listing (relative) that were written to since it was made."""
        self.relist = False
        """Whether names came or went, or git moved, so that the files have to be listed again."""
        self._looks = {path: look(path) for path in (*self.files, *self.git_paths)}
        self.relist_at: float | None = None
        """When to list again although nothing is seen to have changed (monotonic seconds); None: never."""
        self._look_at_folders(listed_at)
        for path, entry in project.files.items():
            if entry.problem in (SUBMODULE, NESTED):
                continue
            if not _agrees(entry, self._looks[f"{self.base}/{path}"], listed_at):
                self.touched.add(path)

    def _look_at_folders(self, listed_at: float) -> None:
        recent = (listed_at - RACY_SECONDS) * 1e9
        for folder in self.folders:
            seen = self._looks[folder] = look(folder)
            if seen is not None and max(seen[1], seen[2]) >= recent:
                # Something may have come between the listing and this look, or may yet come within the same instant.
                if seen[1] >= listed_at * 1e9 - 5e7:
                    self.relist = True
                self.relist_at = time.monotonic() + RACY_SECONDS

    @property
    def git_folders(self) -> tuple[str, ...]:
        """The folders of git's own files, absolute."""
        return tuple({os.path.dirname(path) for path in self.git_paths})  # noqa: PTH120 - maybe surrogate-escaped

    def git_is_busy(self) -> bool:
        """Whether git is in the middle of changing files: it holds the index."""
        return bool(self.git_paths) and os.path.lexists(f"{self.git_paths[1]}.lock")

    @property
    def dirty(self) -> bool:
        """Whether there may be a change."""
        return bool(self.touched) or self.relist

    def again(self, paths: Iterable[str] | None = None) -> bool:
        """Look at these paths (None: all) once more; whether any is not what it was at the last look."""
        moved = False
        if self.relist_at is not None and time.monotonic() >= self.relist_at:
            self.relist_at = None
            self.relist = moved = True
        for path in tuple(self._looks) if paths is None else (*paths, *self.git_paths):
            if path not in self._looks:
                continue
            now = look(path)
            if now == self._looks[path]:
                continue
            moved = True
            self._looks[path] = now
            if path in self.files:
                self.touched.add(self.files[path])
            else:
                self.relist = True
        return moved

    def told(self, folders: Iterable[str]) -> bool:
        """Names came or went in these folders; whether that matters."""
        known = any(folder in self._looks for folder in folders)
        self.relist = self.relist or known
        return known


def _agrees(entry: FileEntry, seen: Look, listed_at: float) -> bool:
    if seen is None:
        return entry.inode == 0
    if (entry.size, entry.inode) != (seen[0], seen[3] & INODE):
        return False
    times, now = (entry.mtime_ns, entry.ctime_ns), seen[1:3]
    if times == now:
        return True
    # What git calls unchanged may be so by the second; whatever was written since the listing has a later one.
    settled = max(*times, *now) < (listed_at - RACY_SECONDS) * 1e9
    return settled and [each // 10**9 for each in times] == [each // 10**9 for each in now]


def _git_paths(project: Project) -> tuple[str, ...]:
    """Files of git that change with HEAD, the index, its configuration and what it ignores."""
    if project.git is None:
        return ()
    try:
        own = project.git.answer("rev-parse", "--absolute-git-dir")
        common = project.git.answer("rev-parse", "--path-format=absolute", "--git-common-dir") or own
    except GitError:
        return ()
    if not own or not common:
        return ()
    shared = ["config", "packed-refs", "info/exclude", "refs/remotes/origin/HEAD", "shallow"]
    if project.head.branch:
        shared.append(f"refs/heads/{project.head.branch}")
    return (*(f"{own}/{name}" for name in ("HEAD", "index", "logs/HEAD")), *(f"{common}/{name}" for name in shared))


def _folders(project: Project, base: str) -> tuple[str, ...]:
    """Every folder a new file may appear in without being ignored, absolute."""
    found = {base}
    for path, entry in project.files.items():
        if entry.problem in (SUBMODULE, NESTED):
            continue
        folder = path.rpartition("/")[0]
        while folder and (full := f"{base}/{folder}") not in found:
            found.add(full)
            folder = folder.rpartition("/")[0]
    found.add(f"{base}/.shipworthy")
    for number, each in enumerate(_empty(project, base)):
        if number >= MAX_EMPTY:
            break
        found.add(each)
    return tuple(found)


def _empty(project: Project, base: str) -> Iterator[str]:
    """Folders without a listed file that git does not ignore."""
    starts = [base]
    if project.git is not None:
        try:
            raw = project.git.run("ls-files", "-o", "--directory", "--exclude-standard", "-z")
        except GitError:
            return
        names = [name.decode("utf-8", "surrogateescape") for name in raw.split(b"\0")]
        starts = [f"{base}/{name.rstrip('/')}" for name in names if name.endswith("/")]
        starts = [each for each in starts if not os.path.lexists(f"{each}/.git")]
    for start in starts:
        for folder, names, _ in os.walk(start, followlinks=False):
            names[:] = [name for name in names if name not in _SKIP]
            yield folder
