"""Opens a folder as a project: lists its files and reads their bytes safely, each on request."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from shipworthy.git import Asked, Git, GitError, GitMissing
from shipworthy.project import listing
from shipworthy.project.files import FileEntry
from shipworthy.project.listing import NESTED, SUBMODULE, SYMLINK
from shipworthy.project.root import find_root
from shipworthy.project.safe import Reader, Unreadable, read_file
from shipworthy.project.state import State

MAX_BYTES = 8 * 1024 * 1024
"""The largest file whose bytes are read; a larger one is reported, never skipped in silence."""


_ABOUT = ("rev-parse", "--is-inside-work-tree", "--is-shallow-repository")


def _head(git: Git, asked: Asked) -> tuple[bool, Head]:
    """Whether this is a work tree, and what is checked out. Raises GitError."""
    try:
        said = os.fsdecode(asked.result()).strip().split("\n")
    except GitError:
        said = []
    if len(said) == 4:
        inside, shallow, commit, name = said
        branch = name.removeprefix("refs/heads/") if name.startswith("refs/heads/") else None
        return inside == "true", Head(in_git=True, commit=commit, branch=branch, shallow=shallow == "true")
    inside, _, shallow = (git.answer(*_ABOUT) or "").partition("\n")
    return inside == "true", Head(
        in_git=True,
        commit=git.answer("rev-parse", "--verify", "-q", "HEAD^{commit}"),
        branch=git.answer("symbolic-ref", "-q", "--short", "HEAD"),
        shallow=shallow == "true",
    )


class ProjectError(Exception):
    """A folder cannot be examined: what happened and, in `diagnostics`, what to do."""

    def __init__(self, message: str, diagnostics: str = "") -> None:
        super().__init__(message)
        self.diagnostics = diagnostics


def _unlisted(root: Path, error: Exception) -> ProjectError:
    return ProjectError(f"git cannot list {root}: {error}", "Repair the repository: git fsck")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where git stands. Everything is None outside git."""

    in_git: bool = False
    commit: str | None = None
    """Full hash; None before the first commit."""
    branch: str | None = None
    """Short branch name; None when detached."""
    shallow: bool = False


class Project:
    """A repository or folder. Build it with `Project.open`."""

    def __init__(self, root: Path, files: Mapping[str, FileEntry], head: Head, git: Git | None, note: str | None):
        self.root = root
        self.files = files
        self._ordered = [files[path] for path in sorted(files)]
        self.head = head
        self.git = git
        self.incomplete = note
        """Why `files` is not the whole repository; None when it is."""

    @property
    def name(self) -> str:
        # As UTF-8, which a folder's name need not be: it is signed and sent as JSON.
        return os.fsencode(self.root.name or str(self.root)).decode("utf-8", "replace")

    @classmethod
    def find_root(cls, start: Path) -> Path:
        """As `shipworthy.project.root.find_root`."""
        return find_root(start)

    @classmethod
    def open(cls, path: Path) -> Project:
        """Lists `path`. Raises ProjectError where there is nothing that could be examined."""
        with cls.opening(path) as opening:
            return opening.project()

    @classmethod
    @contextmanager
    def opening(cls, path: Path) -> Iterator[Opening]:
        """As `open`, in two steps, for whoever has something to do while git lists. Raises ProjectError."""
        root = path.absolute()
        if not root.exists():
            raise ProjectError(f"{root}: no such folder", "Name a folder that exists: shipworthy check PATH")
        if not root.is_dir():
            raise ProjectError(f"{root}: not a folder", "Name the repository's folder, not a file in it.")
        root = root.resolve()
        inside_git = any((folder / ".git").exists() for folder in (root, *root.parents))
        if not inside_git and (root / "HEAD").is_file() and (root / "objects").is_dir():
            raise ProjectError(
                f"{root} is a bare git repository: it has no files to examine",
                "Clone it, or add a work tree: git worktree add ../checkout",
            )
        if not os.access(root, os.R_OK | os.X_OK):
            raise ProjectError(f"{root}: this folder may not be read", "Give yourself read permission and try again.")
        if not inside_git:
            yield Opening(root)
            return
        with ExitStack() as stack:
            try:
                git = Git(root)
                begun = stack.enter_context(listing.Begun(root, git))
                # One question where there is a commit, which is nearly always.
                head = stack.enter_context(git.ask(*_ABOUT, "HEAD^{commit}", "--symbolic-full-name", "HEAD"))
            except GitMissing:
                opening = Opening(root, "git was not found on PATH, so ignored and tracked files cannot be told apart")
            except (GitError, ValueError) as error:
                raise _unlisted(root, error) from error
            else:
                opening = _Listing(root, git, begun, head)
            yield opening

    def entries(self, *patterns: str) -> Iterator[FileEntry]:
        """Listed files that fit one of the shell patterns (see `FileEntry.matches`), in path order."""
        for entry in self._ordered:
            if not patterns or entry.matches(*patterns):
                yield entry

    def has_folder(self, path: str) -> bool:
        """Whether any listed file lies under this folder."""
        prefix = path.rstrip("/") + "/"
        return any(each.startswith(prefix) for each in self.files)

    def read_elsewhere(self, entry: FileEntry) -> bool:
        """Whether an entry that is not read is no gap: a submodule (named as not covered), or a symlink to a listed
        file or folder, whose content is read at its own path."""
        if entry.problem in (SUBMODULE, NESTED):
            return True
        if entry.problem != SYMLINK:
            return False
        try:
            target = os.readlink(os.path.join(self.root, entry.path))  # noqa: PTH115, PTH118 - as below
        except (OSError, ValueError):
            return False
        there = os.path.normpath(os.path.join(os.path.dirname(entry.path), target))  # noqa: PTH118, PTH120 - pathlib keeps ".."
        return there in self.files or self.has_folder(there)

    def read(self, path: str, limit: int = MAX_BYTES, reader: Reader | None = None) -> bytes:
        """The bytes of a listed file, never through a symlink, never from a special file.

        `reader`: one over `root`, for whoever reads many. Raises Unreadable with a reason a person can act on: not
        listed, too large, no permission, cut off.
        """
        entry = self.files.get(path)
        if entry is None:
            raise Unreadable("not in the repository")
        if entry.problem:
            raise Unreadable(entry.problem)
        data = reader.read(path, limit) if reader else read_file(self.root, path, limit)
        if entry.suspect:
            self._refuse_cut_off(entry, data)
        return data

    def _refuse_cut_off(self, entry: FileEntry, data: bytes) -> None:
        """A tracked file that is the mere beginning of what git holds was damaged (full disk, crash), not edited.

        An edit that removes the last lines leaves a whole line at the end, so only a copy that stops inside a line,
        or an emptied one, counts as cut off.
        """
        if data.endswith(b"\n") or self.git is None or entry.blob is None:
            return
        try:
            held = self.git.run("cat-file", "blob", entry.blob)
        except GitError:
            return
        if len(data) < len(held) and held.startswith(data):
            raise Unreadable(
                f"cut off: {len(data):,} of the {len(held):,} bytes git holds; "
                f"restore it (git restore {entry.path}), or stage it if you meant it (git add)"
            )


class Opening:
    """A project that is about to be opened: of a folder outside git, it is walked then."""

    def __init__(self, root: Path, note: str | None = None) -> None:
        """`note`: why the files that will be found are not the whole repository."""
        self._root = root
        self._note = note

    def project(self) -> Project:
        """The project. Raises ProjectError."""
        found = listing.from_walk(self._root)
        return Project(self._root, found.files, Head(), None, self._note or found.incomplete)

    def is_at(self, state: State) -> bool:
        """Whether its files are in a state they were in before. False where that is not known."""
        return False

    def state(self) -> State | None:
        """The state its files are in; None where that is not known for sure."""
        return None


class _Listing(Opening):
    """One that git lists."""

    def __init__(self, root: Path, git: Git, begun: listing.Begun, head: Asked) -> None:
        super().__init__(root)
        self._git = git
        self._begun = begun
        self._head = head

    def project(self) -> Project:
        try:
            inside, head = _head(self._git, self._head)
            if not inside:
                raise ProjectError(
                    f"{self._root} lies inside a .git folder, not in a work tree", "Name the repository's own folder."
                )
            found = self._begun.listing()
        except (GitError, ValueError) as error:
            raise _unlisted(self._root, error) from error
        return Project(self._root, found.files, head, self._git, found.incomplete)

    def is_at(self, state: State) -> bool:
        try:
            return self._begun.is_at(state)
        except GitError:
            return False

    def state(self) -> State | None:
        try:
            return self._begun.state()
        except GitError:
            return None
