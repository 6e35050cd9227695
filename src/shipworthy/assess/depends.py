"""Notes what each fact was made from, so that a change has only those items judged again whose outcome it may touch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shipworthy.facts import Analyser, Context, View
from shipworthy.facts.base import Records
from shipworthy.project import FileEntry, Project
from shipworthy.project.listing import SYMLINK
from shipworthy.project.project import MAX_BYTES
from shipworthy.project.safe import Reader

RULES = (".shipworthy/policy.toml", ".shipworthy/checklist.toml")
"""Files that say what is judged at all: when one changes, everything is judged again."""
RECORDS = (*RULES, ".shipworthy/decisions.toml")
"""Files that count even where git ignores them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How a repository differs from what it was."""

    edited: tuple[FileEntry, ...] = ()
    """Old and new entries of files that are listed as before and whose bytes may differ."""
    listed: tuple[FileEntry, ...] = ()
    """Old and new entries of files that appeared, vanished or became something else (a symlink, tracked)."""
    records: tuple[str, ...] = ()
    """Of `RECORDS`, those that changed."""
    links: bool = False
    """Whether symlinks are listed, whose targets may have come or gone."""
    git: bool = False
    """Whether the commit, the branch, the index or git's configuration changed."""
    moved: bool = False
    """Whether HEAD is another commit or branch."""
    whole: bool = False
    """Whether nothing can be said to be as it was."""

    @property
    def paths(self) -> tuple[str, ...]:
        """Changed paths, sorted."""
        return tuple(sorted({entry.path for entry in (*self.edited, *self.listed)} | set(self.records)))

    def __or__(self, later: Change) -> Change:
        return Change(
            edited=self.edited + later.edited,
            listed=self.listed + later.listed,
            records=self.records + later.records,
            links=self.links or later.links,
            git=self.git or later.git,
            moved=self.moved or later.moved,
            whole=self.whole or later.whole,
        )


def compare(old: Project, new: Project, touched: Iterable[str] = ()) -> Change | None:
    """What changed between two listings; None where nothing did.

    `touched` names paths that were written to although size, times and inode may agree.
    """
    also = set(touched)
    edited: list[FileEntry] = []
    listed: list[FileEntry] = []
    index = False
    for path in old.files.keys() | new.files.keys():
        before, after = old.files.get(path), new.files.get(path)
        if before is None or after is None:
            listed += [each for each in (before, after) if each is not None]
        elif (before.kind, before.tracked, before.problem) != (after.kind, after.tracked, after.problem):
            listed += [before, after]
        elif _bytes(before) != _bytes(after) or path in also:
            edited += [before, after]
        elif before.blob != after.blob:
            if after.problem:
                # What git holds is all there is to read of a submodule or a symlink.
                edited += [before, after]
            index = True
    records = tuple(sorted(also.intersection(RECORDS)))
    moved = old.head != new.head
    change = Change(
        edited=tuple(edited),
        listed=tuple(listed),
        records=records,
        links=any(entry.problem == SYMLINK for entry in new.files.values()),
        git=index or moved,
        moved=moved,
        whole=old.incomplete != new.incomplete or any(each in RULES for each in records),
    )
    return change if change.paths or change.git or change.whole else None


def _bytes(entry: FileEntry) -> tuple[str, bool]:
    return entry.stamp, entry.suspect


class Account:
    """What one kind of fact was made from."""

    def __init__(self) -> None:
        self.paths: set[str] = set()
        """Files read, there or not."""
        self.asked: set[str] = set()
        """Files asked for by name: whether they are listed, and as what."""
        self.patterns: set[str] = set()
        """Shell patterns that files were listed by."""
        self.folders: set[str] = set()
        """Folders that were asked for, with a slash at the end."""
        self.analysers: dict[str, Analyser] = {}
        self.names = False
        """Whether all files were listed. What is used of each: its name and kind; who uses sizes gives a pattern, and
        no reader uses times (there is a test for both)."""
        self.git = False
        self.opaque = False
        """Whether it may rest on anything."""

    def touched_by(self, change: Change) -> bool:
        """Whether the fact may be another one after the change."""
        if self.opaque or change.whole or (self.git and change.git):
            return True
        if change.listed and (self.names or (change.links and self.analysers)):
            return True
        if any(self._knows(entry) for entry in (*change.edited, *change.listed)):
            return True
        # Of a symlink, a submodule and the like, the entry is all there is.
        by_name = (*change.listed, *(entry for entry in change.edited if entry.problem))
        folders = tuple(self.folders)
        return any(entry.path in self.asked or entry.path.startswith(folders) for entry in by_name)

    def _knows(self, entry: FileEntry) -> bool:
        return (
            entry.path in self.paths
            or (bool(self.patterns) and entry.matches(*sorted(self.patterns)))
            or any(analyser.wants(entry) for analyser in self.analysers.values())
        )


class _NotedFiles(Mapping[str, FileEntry]):
    """`Project.files` that notes what is asked of it."""

    def __init__(self, files: Mapping[str, FileEntry], account: Account) -> None:
        self._files = files
        self._account = account

    def __getitem__(self, path: str) -> FileEntry:
        self._account.asked.add(path)
        return self._files[path]

    def __contains__(self, path: object) -> bool:
        if isinstance(path, str):
            self._account.asked.add(path)
        return path in self._files

    def __iter__(self) -> Iterator[str]:
        self._account.names = True
        return iter(self._files)

    def __len__(self) -> int:
        self._account.names = True
        return len(self._files)

    # Listing is noted once; the mixins of Mapping would note every path as asked for by name.

    def values(self) -> Any:
        self._account.names = True
        return self._files.values()

    def items(self) -> Any:
        self._account.names = True
        return self._files.items()


class _NotedProject(Project):
    """A project that notes what is asked of it. What it does not know how to note makes the account opaque."""

    def __init__(self, real: Project, account: Account) -> None:
        self._real = real
        self._account = account

    def __getattr__(self, name: str) -> Any:
        # Only what is set on instances comes here: root, files, head, git, incomplete, and what may be added.
        if name.startswith("__") or name in ("_real", "_account"):
            raise AttributeError(name)
        if name == "files":
            return _NotedFiles(self._real.files, self._account)
        if name in ("head", "git"):
            self._account.git = True
        elif name not in ("root", "incomplete"):
            self._account.opaque = True
        return getattr(self._real, name)

    def entries(self, *patterns: str) -> Iterator[FileEntry]:
        if patterns:
            self._account.patterns.update(patterns)
        else:
            self._account.names = True
        return self._real.entries(*patterns)

    def has_folder(self, path: str) -> bool:
        self._account.folders.add(path.rstrip("/") + "/")
        return self._real.has_folder(path)

    def read_elsewhere(self, entry: FileEntry) -> bool:
        self._account.paths.add(entry.path)
        self._account.names = True
        return self._real.read_elsewhere(entry)

    def read(self, path: str, limit: int = MAX_BYTES, reader: Reader | None = None) -> bytes:
        self._account.paths.add(path)
        return self._real.read(path, limit, reader)


class NotedView(View):
    """A view that keeps an account of what it was asked."""

    def __init__(self, project: Project, context: Context, records: Records, account: Account) -> None:
        super().__init__(_NotedProject(project, account), context, records)
        self._account = account

    def records(self, analyser: Analyser) -> Mapping[str, Any]:
        self._account.analysers[analyser.name] = analyser
        return super().records(analyser)

    def remembered(self, name: str, analyser: Analyser, make: Callable[[], Any]) -> Any:
        self._account.analysers[analyser.name] = analyser
        return super().remembered(name, analyser, make)
