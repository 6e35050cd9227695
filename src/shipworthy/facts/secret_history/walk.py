"""Lists what every commit of every ref brought in: which blob, at which path, in place of which.

`git log --raw` compares trees and reads no file, so it costs as little as listing the objects does, and tells all
paths and commits of a blob. For a merge, it lists what differs from all parents: everything a merge itself brought in.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from array import array
from binascii import hexlify, unhexlify
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from shipworthy.git import Git, GitError

MOST_BLOBS = 1_500_000
"""More are not kept in mind; what is left is a gap."""
_PIECE = 1 << 20
_HEADER = b"\x01"
_LOG = (
    "log", "--stdin", "--raw", "--diff-merges=combined", "--root", "--no-renames", "--no-abbrev", "--no-notes",
    "--ignore-submodules=none", "--full-index", "-z", "--date=raw", "--format=tformat:%x01%H %cd %ad",
)  # fmt: skip
_OID = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class Incomplete(Exception):
    """The history could not be listed to its end; the message says why."""


class Column:
    """Many texts, numbered from 0, in one piece: as objects of their own they take three times as much."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._ends = array("q", (0,))

    def append(self, text: bytes) -> None:
        self._data += text
        self._ends.append(len(self._data))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, number: int) -> str:
        return self._data[self._ends[number] : self._ends[number + 1]].decode("utf-8", "surrogateescape")

    def __iter__(self) -> Iterator[str]:
        return map(self.__getitem__, range(len(self)))


@dataclass(slots=True)
class Walk:
    """What was listed. Blobs, paths and commits are numbered; a row is one change, in the order git tells them.

    There are hundreds of thousands of each, so nothing here is an object of its own where it can be part of one.
    """

    paths: Column = field(default_factory=Column)
    commits: Column = field(default_factory=Column)
    """By commit, newest first: "ID SECONDS ZONE SECONDS ZONE", when it was committed and authored."""
    commit: array[int] = field(default_factory=lambda: array("i"))
    path: array[int] = field(default_factory=lambda: array("i"))
    new: array[int] = field(default_factory=lambda: array("i"))
    """The blob that stands there now; -1 for none."""
    old: array[int] = field(default_factory=lambda: array("i"))
    """The blob before; -1 for none. A merge has a row for each parent."""
    links: int = 0
    submodules: int = 0
    blobs: int = 0
    """How many there are, numbered from 0."""
    _oids: bytearray = field(default_factory=bytearray)
    """The ids of all blobs, one after the other."""
    _width: int = 0
    """Bytes of an id."""
    _numbers: dict[bytes, int] = field(default_factory=dict)
    _known: dict[bytes, int] = field(default_factory=dict)

    def blob(self, oid: bytes) -> int:
        """The number of a blob, by its id in hex. All ids of a repository are of one length."""
        raw = unhexlify(oid)
        number = self._numbers.get(raw)
        if number is None:
            number = self._numbers[raw] = self.blobs
            self.blobs += 1
            self._oids += raw
            self._width = len(raw)
            if number >= MOST_BLOBS:
                raise Incomplete(f"there are more than {MOST_BLOBS:,} versions of files")
        return number

    def named(self, path: bytes) -> int:
        """The number of a path."""
        number = self._known.get(path)
        if number is None:
            number = self._known[path] = len(self.paths)
            self.paths.append(path)
        return number

    def end(self) -> None:
        """Nothing more comes: let go of what only listing needs, a good part of the whole."""
        self._numbers, self._known = {}, {}

    def oid(self, blob: int) -> bytes:
        """The id of a blob."""
        start = blob * self._width
        return bytes(self._oids[start : start + self._width])

    def hex(self, blob: int) -> str:
        return hexlify(self.oid(blob)).decode("ascii")

    def places(self) -> Places:
        """Where each blob was that was brought in."""
        found = Places(self.blobs)
        for blob, path in zip(self.new, self.path, strict=True):
            if blob >= 0:
                found.add(blob, path)
        return found


class Places:
    """The paths at which blobs were, by their numbers; nearly every blob was at one."""

    def __init__(self, blobs: int) -> None:
        self._first = array("i", b"\xff" * (array("i").itemsize * blobs))
        """By blob, a path; -1 for none."""
        self._more: dict[int, list[int]] = {}

    def add(self, blob: int, path: int) -> None:
        first = self._first[blob]
        if first < 0:
            self._first[blob] = path
        elif first != path and path not in (more := self._more.setdefault(blob, [])):
            more.append(path)

    def first(self, blob: int) -> int:
        """A path of a blob that was anywhere."""
        return self._first[blob]

    def of(self, blob: int) -> list[int]:
        """All paths of one that was anywhere, in the order they were added."""
        return [self._first[blob], *self._more.get(blob, ())]

    def blobs(self) -> Iterator[int]:
        """Those that were anywhere."""
        return (blob for blob, path in enumerate(self._first) if path >= 0)


@dataclass(frozen=True, slots=True)
class Refs:
    """Where the refs of a repository stand."""

    commits: tuple[str, ...]
    """Ids of the commits, sorted."""
    others: tuple[str, ...]
    """Ids of trees and blobs that a ref or a tag names outright."""
    tags: tuple[str, ...] = ()
    """Ids of annotated tags, sorted."""
    names: str = ""
    """A hash over the names of all refs, and of what they name."""


def refs(git: Git) -> Refs:
    """Every ref there is (branches, tags, remote branches, the newest stash, notes) and HEAD. Raises GitError."""
    said = git.run("for-each-ref", "--format=%(objecttype) %(objectname) %(*objecttype) %(*objectname) %(refname)")
    commits: set[str] = set()
    others: set[str] = set()
    tags: set[str] = set()
    for line in said.decode("ascii", "replace").splitlines():
        words = line.split()
        kind, oid = words[-3:-1]
        if words[0] == "tag":
            tags.add(words[1])
        if kind == "tag":
            # A tag of a tag: asked for by itself.
            oid = git.text("rev-parse", f"{oid}^{{}}")
            kind = git.text("cat-file", "-t", oid)
        (commits if kind == "commit" else others).add(oid)
    # The HEADs of all work trees; --all would tell of the refs once more.
    for line in git.text("worktree", "list", "--porcelain").splitlines():
        word, _, oid = line.partition(" ")
        if word == "HEAD" and oid.strip("0"):
            commits.add(oid)
    names = hashlib.blake2b(said, digest_size=16).hexdigest()
    return Refs(tuple(sorted(commits)), tuple(sorted(others)), tuple(sorted(tags)), names)


def walk(git: Git, wanted: Sequence[str], without: Sequence[str], deadline: float) -> tuple[Walk, str]:
    """Everything in the history of `wanted` that is not in that of `without` (ids of commits), and why not all, or "".

    `deadline` is of `time.monotonic`.
    """
    found = Walk()
    try:
        _read(found, _tokens(git, [*wanted, *(f"^{oid}" for oid in without)], deadline))
    except (Incomplete, GitError) as error:
        return found, str(error)
    return found, ""


def _read(walk: Walk, tokens: Iterator[bytes]) -> None:
    current = -1
    for token in tokens:
        entry = token.lstrip(b"\n")
        if entry.startswith(_HEADER):
            current += 1
            walk.commits.append(entry[1:])
            continue
        if not entry:
            continue
        name = next(tokens, None)
        if name is None or not entry.startswith(b":") or current < 0:
            raise Incomplete("git log gave an answer that is none")
        _row(walk, current, entry, name)


def _row(walk: Walk, commit: int, entry: bytes, name: bytes) -> None:
    fields = entry.split(b" ")
    parents = len(entry) - len(entry.lstrip(b":"))
    if len(fields) != 2 * parents + 3 or not all(map(_OID.fullmatch, fields[parents + 1 : -1])):
        raise Incomplete("git log gave an answer that is none")
    fields[0] = fields[0].lstrip(b":")
    mode, oid = fields[parents], fields[2 * parents + 1]
    new = walk.blob(oid) if mode.startswith(b"100") else -1
    walk.links += mode == b"120000"
    walk.submodules += mode == b"160000"
    path = walk.named(name)
    for parent in range(parents):
        held = fields[parents + 1 + parent]
        walk.commit.append(commit)
        walk.path.append(path)
        walk.new.append(new)
        walk.old.append(walk.blob(held) if fields[parent].startswith(b"100") else -1)


def _tokens(git: Git, revisions: Sequence[str], deadline: float) -> Iterator[bytes]:
    """What git log says between NULs. Raises Incomplete where it ends before its time."""
    if not any(not each.startswith("^") for each in revisions):
        return
    process = git.start(*_LOG)
    assert process.stdin is not None  # noqa: S101 - both are pipes
    assert process.stdout is not None  # noqa: S101 - as above
    alarm = threading.Timer(max(deadline - time.monotonic(), 0.01), process.kill)
    alarm.daemon = True
    alarm.start()
    try:
        # It reads all of them before it says anything, so this never waits for what is not read yet.
        text = memoryview("".join(f"{each}\n" for each in revisions).encode("ascii"))
        try:
            while text:
                text = text[process.stdin.write(text) :]
            process.stdin.close()
        except OSError as error:
            raise Incomplete("git log ended at once") from error
        rest = b""
        while piece := process.stdout.read(_PIECE):
            *whole, rest = (rest + piece).split(b"\0")
            yield from whole
        if process.wait() != 0:
            late = time.monotonic() >= deadline
            raise Incomplete("listing it took too long" if late else "git could not list it to its end")
    finally:
        alarm.cancel()
        alarm.join()  # while it lives, no copy of this process is made
        process.kill()
        process.stdout.close()
        if not process.stdin.closed:
            process.stdin.close()
        process.wait()
