"""Git tree ids computed in memory: of a commit without its readiness files, or of a commit still to be made.

The source tree id is what a readiness file is about. It is the id git itself would give (anyone can recompute it with
`git read-tree`, `git rm --cached`, `git write-tree`); here only the few raw tree objects on the way are read and
nothing is written. Objects: SHA-1 and SHA-256 repositories.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shipworthy.git import Git, GitError
from shipworthy.git_objects import ObjectReader, TooLarge

FOLDER = ".shipworthy"
MAX_OBJECT = 16 * 1024 * 1024
"""The largest tree or file read from git, in bytes; a tree of this size has some 400,000 entries in one folder."""
REGULAR, FOLDER_MODE = "100644", "40000"


_WIDTHS = {40: "sha1", 64: "sha256"}
"""By the length of an id in hex."""


class MissingObject(Exception):
    """git does not have, or does not give, an object that is needed (a partial clone, a damaged store)."""


class OddTree(Exception):
    """A tree says something no honest commit says at a path that matters; the message names the path."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a tree: git's mode (octal, no leading zero) and the object's id in hex."""

    mode: str
    oid: str


Tree = dict[bytes, Entry]


def _sort_key(name: bytes, entry: Entry) -> bytes:
    # Some old tools wrote "040000"; git sorts it as a folder all the same.
    return name + b"/" if entry.mode.lstrip("0") == FOLDER_MODE else name


class Objects:
    """Reads git's objects by id and checks that each one hashes to its id. Raises MissingObject, GitError."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._reader = ObjectReader(git)
        self._algorithm = ""

    @property
    def algorithm(self) -> str:
        """What this repository names objects by: "sha1" or "sha256". Raises GitError for anything else."""
        if not self._algorithm:
            found = self._git.text("rev-parse", "--show-object-format")
            if found not in _WIDTHS.values():
                raise GitError(f"git names objects by {found}, which is not supported here")
            self._algorithm = found
        return self._algorithm

    def oid(self, kind: str, data: bytes) -> str:
        """The id git gives these bytes as an object of this kind (blob, tree, commit)."""
        framed = b"%s %d\0%s" % (kind.encode("ascii"), len(data), data)
        return hashlib.new(self.algorithm, framed, usedforsecurity=False).hexdigest()

    def read(self, kind: str, oid: str, limit: int = MAX_OBJECT) -> bytes:
        """An object's bytes. Raises MissingObject, and OddTree where they are more than `limit`."""
        try:
            data = self._reader.read(kind, oid, limit)
            # A repository has one kind of ids, so the first object found by its full id tells which.
            self._algorithm = self._algorithm or _WIDTHS.get(len(oid), "")
        except TooLarge as error:
            raise OddTree(f"the {kind} {oid[:12]} is larger than {limit // 1024:,} KiB") from error
        except GitError as error:
            raise MissingObject(f"git cannot read the {kind} {oid[:12]}") from error
        if self.oid(kind, data) != oid:
            raise MissingObject(f"the {kind} {oid[:12]} is damaged: its bytes do not fit its id")
        return data

    def commit(self, name: str) -> str:
        """The full id of the commit `name` means. Raises MissingObject."""
        found = None if name.startswith("-") else self._git.answer("rev-parse", "--verify", "-q", f"{name}^{{commit}}")
        if not found:
            raise MissingObject(f"there is no commit {name}")
        return found

    def root(self, commit: str) -> str:
        """The id of a commit's own tree, read from the commit's bytes."""
        first = self.read("commit", commit).partition(b"\n")[0].split(b" ")
        if len(first) != 2 or first[0] != b"tree":
            raise MissingObject(f"the commit {commit[:12]} does not begin with its tree")
        return first[1].decode("ascii", "replace")

    def tree(self, oid: str) -> Tree:
        """The rows of a tree. Raises OddTree for one that git itself would not write (order, a name twice)."""
        data, width = self.read("tree", oid), hashlib.new(self.algorithm, usedforsecurity=False).digest_size
        rows: Tree = {}
        last, position = b"", 0
        while position < len(data):
            end = data.find(b"\0", position)
            mode, _, name = data[position:end].partition(b" ")
            raw = data[end + 1 : end + 1 + width]
            entry = Entry(mode.decode("ascii", "replace"), raw.hex())
            key = _sort_key(name, entry)
            if end < 0 or not name or b"/" in name or len(raw) != width or key <= last or name in rows:
                raise OddTree(f"the tree {oid[:12]} is not in the form git writes")
            rows[name], last, position = entry, key, end + 1 + width
        return rows

    def tree_oid(self, rows: Tree) -> str:
        """The id of a tree with these rows."""
        ordered = sorted(rows.items(), key=lambda row: _sort_key(*row))
        return self.oid(
            "tree", b"".join(b"%s %s\0%s" % (row.mode.encode("ascii"), name, bytes.fromhex(row.oid))
                             for name, row in ordered)
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A commit's root tree and its `.shipworthy` folder (empty where there is none)."""

    objects: Objects
    commit: str
    rows: Tree
    records: Tree

    def record(self, name: str, limit: int) -> bytes | None:
        """The bytes of `.shipworthy/NAME`; None where there is none.

        Raises OddTree where it is no regular file (mode 100644), MissingObject where it cannot be read.
        """
        entry = self.records.get(name.encode("utf-8"))
        if entry is None:
            return None
        if entry.mode != REGULAR:
            raise OddTree(f"{FOLDER}/{name} is not a regular file (mode {entry.mode}, not {REGULAR})")
        return self.objects.read("blob", entry.oid, limit)

    def edited(self, changes: Mapping[str, bytes | None]) -> str:
        """The id of the root tree once files of `.shipworthy` have these bytes (None: are gone)."""
        records, rows = dict(self.records), dict(self.rows)
        for name, data in changes.items():
            if data is None:
                records.pop(name.encode("utf-8"), None)
            else:
                records[name.encode("utf-8")] = Entry(REGULAR, self.objects.oid("blob", data))
        if records:
            rows[FOLDER.encode()] = Entry(FOLDER_MODE, self.objects.tree_oid(records))
        else:
            rows.pop(FOLDER.encode(), None)
        return self.objects.tree_oid(rows)


def snapshot(objects: Objects, commit: str, tree: str | None = None) -> Snapshot:
    """Reads what matters of a commit (full id), or of a tree a merge of it would have.

    Raises OddTree where `.shipworthy` is no folder, MissingObject.
    """
    rows = objects.tree(tree or objects.root(commit))
    folder = rows.get(FOLDER.encode())
    if folder is not None and folder.mode != FOLDER_MODE:
        raise OddTree(f"{FOLDER} is not a folder (mode {folder.mode})")
    return Snapshot(objects=objects, commit=commit, rows=rows, records=objects.tree(folder.oid) if folder else {})


def readiness_names(environment: str) -> tuple[str, str]:
    """The two files of an environment below `.shipworthy`: the payload and its envelope."""
    return f"readiness.{environment}.json", f"readiness.{environment}.dsse.json"


def source_tree(found: Snapshot, environments: Iterable[str], changes: Mapping[str, bytes | None] | None = None) -> str:
    """The id of a commit's tree without the readiness files of these environments.

    `changes` are record files still to be committed, as in `Snapshot.edited`. Raises OddTree where a readiness file
    is anything but a regular file: leaving out a symlink or a program would hide it from the signature.
    """
    without: dict[str, bytes | None] = dict(changes or {})
    for environment in environments:
        for name in readiness_names(environment):
            entry = found.records.get(name.encode("utf-8"))
            if entry is not None and entry.mode != REGULAR:
                raise OddTree(f"{FOLDER}/{name} is not a regular file (mode {entry.mode}, not {REGULAR})")
            without[name] = None
    return found.edited(without)
