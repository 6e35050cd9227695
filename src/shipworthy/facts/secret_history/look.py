"""Looks at blobs, each once under each kind of path it had, and keeps what it finds for the next time."""

from __future__ import annotations

import contextlib
import threading
import time
from array import array
from collections import Counter, deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from queue import Empty, SimpleQueue
from sys import intern
from typing import Any

from shipworthy.facts.base import Context, Record, Stopped
from shipworthy.facts.limits import OverTime, Turns
from shipworthy.facts.records import NOTHING, one_record
from shipworthy.facts.secret_history.crew import PART, Answer, Answered, Asked, Helper, helpers
from shipworthy.facts.secret_history.store import Looked, Store
from shipworthy.facts.secret_history.walk import Walk
from shipworthy.facts.secrets.analyser import ARCHIVES, BINARIES, Ask, SecretsAnalyser
from shipworthy.facts.secrets.context import context_of
from shipworthy.facts.secrets.engine import engine, expect
from shipworthy.facts.secrets.rules import load
from shipworthy.facts.secrets.versions import Versions
from shipworthy.git import Git, GitError
from shipworthy.git_objects import Streamed, stream
from shipworthy.project import FileEntry, Source
from shipworthy.project.files import kind_of
from shipworthy.project.project import MAX_BYTES

FILE_SECONDS = 10.0
"""How long one blob may take, as a file of the tree may."""
MOST_HITS = 50_000
"""So many places where something stands are kept in mind; more is a gap."""
_FLUSH_SECONDS = 2.0
_TELL_EVERY = 200
_USUAL_BYTES = 8_000
"""Of one version of a file; what git would have to be asked for is not worth knowing more exactly."""
_WAIT, _GRACE_SECONDS = 0.2, 20.0
_LOST = "the process that read it ended unexpectedly"
_LFS = b"version https://git-lfs."
_LONGEST_POINTER = 1_024

Row = dict[str, Any]


@dataclass(slots=True)
class Seen:
    """What was found, and what could not be looked at."""

    hits: dict[tuple[str, str], list[Row]] = field(default_factory=dict)
    """By blob id and path, rows as the analyser of secrets makes them."""
    counts: Counter[str] = field(default_factory=Counter)
    """Blobs: text, binary, lfs, archives, binaries (left out by name), and bytes of text."""
    left: Counter[str] = field(default_factory=Counter)
    read: int = 0
    """Blobs that were not remembered."""
    missing: int = 0
    unread: dict[str, None] = field(default_factory=dict)
    """What was not looked at and why, in words."""


def group_of(path: str) -> str:
    """What the scanner takes from a path: two paths with the same answer have the same findings for the same bytes."""
    name = path.rpartition("/")[2]
    context = context_of(path)
    return "\0".join(
        (
            context.role,
            str(context.plain),
            str(context.source),
            name if name in _special_names() else "",
        )
    )


@cache
def _special_names() -> frozenset[str]:
    return frozenset(name for rule in load().rules for name in rule.names)


class Looker:
    """One look at everything that a walk listed."""

    def __init__(
        self,
        git: Git,
        walk: Walk,
        store: Store,
        context: Context,
        deadline: float,
        absent: frozenset[str] = frozenset(),
    ) -> None:
        """`absent`: ids of blobs that are known to be missing, and not asked for."""
        self._git, self._walk, self._store = git, walk, store
        self._context, self._deadline, self._absent = context, deadline, absent
        self._analyser = SecretsAnalyser()
        self._places = walk.places()
        self._groups: list[str | None] = [None] * len(walk.paths)
        """By path, its group, as far as it was asked for."""
        self.seen = Seen()

    def look(self, *, again: bool = False) -> Seen:
        """Everything; what is not reached is said in `unread`. What was found so far is kept however it ends.

        `again`: what is remembered was counted before, and is not counted now. Raises Stopped.
        """
        try:
            # In the order of paths, which is how git holds them: versions of a file share most of their bytes.
            waiting = array("i", sorted(self._unknown(count=not again), key=self._path))
            self.seen.read = len(waiting)
            self._all(waiting)
        finally:
            self._store.flush()
        return self.seen

    def _path(self, blob: int) -> str:
        return self._walk.paths[self._places.first(blob)]

    def _by_group(self, blob: int) -> dict[str, list[int]]:
        """The paths of a blob by what they say of it."""
        groups: dict[str, list[int]] = {}
        for path in self._places.of(blob):
            group = self._groups[path]
            if group is None:
                group = self._groups[path] = intern(group_of(self._walk.paths[path]))
            groups.setdefault(group, []).append(path)
        return groups

    def _wanted(self) -> Iterator[int]:
        """Blobs that are text, as far as their names tell."""
        skipped = [_skipped(path) for path in self._walk.paths]
        for blob in self._places.blobs():
            whys = {skipped[path] for path in self._places.of(blob)}
            if "" in whys:
                yield blob
            else:
                self.seen.counts[whys.pop()] += 1

    def _unknown(self, *, count: bool) -> Iterator[int]:
        """Those of which not everything is remembered."""
        every = self._wanted()
        if self._store.empty:
            yield from every
            return
        while part := list(islice(every, 2_000)):
            groups = {blob: self._by_group(blob) for blob in part}
            keys = {(blob, group): self._key(blob, group) for blob in part for group in groups[blob]}
            known = self._store.known(list(keys.values()))
            for blob in part:
                answers = {group: known.get(keys[blob, group]) for group in groups[blob]}
                if None in answers.values():
                    yield blob
                    continue
                for number, (group, looked) in enumerate(answers.items()):
                    if looked is not None:
                        self._take(blob, groups[blob][group], looked, count=count and number == 0)

    def _key(self, blob: int, group: str) -> bytes:
        return self._store.key(self._walk.oid(blob), group)

    def _take(self, blob: int, paths: Iterable[int], looked: Looked, *, count: bool) -> None:
        seen = self.seen
        if count:
            seen.counts[looked.kind] += 1
            seen.counts["bytes"] += looked.length if looked.kind == "text" else 0
            seen.left.update(looked.left or {})
        if not looked.rows:
            return
        oid = self._walk.hex(blob)
        for path in paths:
            if len(seen.hits) >= MOST_HITS:
                self._unread(f"more than {MOST_HITS:,} versions of files hold something: the rest is not listed")
                return
            seen.hits[oid, self._walk.paths[path]] = list(looked.rows)

    def _unread(self, why: str) -> None:
        self.seen.unread[why] = None

    def _all(self, waiting: array[int]) -> None:
        if self._absent:
            before = len(waiting)
            waiting = array("i", (blob for blob in waiting if self._walk.hex(blob) not in self._absent))
            self.seen.missing += before - len(waiting)
        expect(len(waiting) * _USUAL_BYTES)
        total, done, flushed = len(waiting), 0, time.monotonic()
        try:
            with contextlib.closing(self._shared(waiting)) as shared:
                for blob, answers in shared:
                    done += 1
                    self._accept(blob, answers)
                    if done % _TELL_EVERY == 1:
                        if self._context.stopped():
                            raise Stopped
                        now = time.monotonic()
                        self._context.progress(done, total, "reading the git history: file version")
                        if now - flushed > _FLUSH_SECONDS:
                            self._store.flush()
                            flushed = now
                        if now > self._deadline:
                            raise GitError("it took too long")
        except GitError as error:
            self._unread(f"{total - done:,} of {total:,} versions of files in the git history were not read: {error}")

    def _shared(self, waiting: array[int]) -> Generator[tuple[int, list[Answer] | str | None], None, None]:
        """Every blob with what became of it: from the front in this process, from the back in others.

        Raises GitError.
        """
        parts = deque(waiting[start : start + PART] for start in range(0, len(waiting), PART))
        results: SimpleQueue[tuple[array[int], Answered]] = SimpleQueue()
        crew: list[Helper] = []
        with contextlib.suppress(OSError):
            size = len(waiting) * _USUAL_BYTES
            crew += [Helper(self._git.folder, self._deadline, size) for _ in range(helpers(len(waiting)))]
        threads = [threading.Thread(target=self._hand_out, args=(each, parts, results), daemon=True) for each in crew]
        for thread in threads:
            thread.start()
        try:
            while parts:
                try:
                    part = parts.popleft()
                except IndexError:
                    break
                for number, answers in enumerate(looks(self._git, self._asked(part), self._deadline)):
                    yield part[number], answers
                    while not results.empty():
                        yield from zip(*results.get(), strict=True)
            while any(thread.is_alive() for thread in threads) or not results.empty():
                with contextlib.suppress(Empty):
                    yield from zip(*results.get(timeout=_WAIT), strict=True)
                if time.monotonic() > self._deadline + _GRACE_SECONDS:
                    raise GitError("it took too long")
        finally:
            parts.clear()
            for each in crew:
                each.end()

    def _hand_out(
        self, helper: Helper, parts: deque[array[int]], results: SimpleQueue[tuple[array[int], Answered]]
    ) -> None:
        """On a thread of its own: part after part to one process, until there is none or the process is lost."""
        while True:
            try:
                part = parts.pop()
            except IndexError:
                return
            answered = helper.ask(self._asked(part))
            results.put((part, answered if answered is not None else [_LOST] * len(part)))
            if answered is None:
                return

    def _asked(self, part: array[int]) -> Asked:
        return [
            (self._walk.hex(blob), [self._walk.paths[paths[0]] for paths in self._by_group(blob).values()])
            for blob in part
        ]

    def _accept(self, blob: int, answers: list[Answer] | str | None) -> None:
        if answers is None:
            self.seen.missing += 1
            return
        named = f"{self._path(blob)}, as it was once (blob {self._walk.hex(blob)[:12]})"
        if isinstance(answers, str):
            self._unread(f"{named}: {answers}")
            return
        for number, ((group, paths), answer) in enumerate(zip(self._by_group(blob).items(), answers, strict=True)):
            if isinstance(answer, str):
                self._unread(f"{named}: {answer}")
                continue
            self._store.add(self._key(blob, group), answer)
            self._take(blob, paths, answer, count=number == 0)


def looks(git: Git, asked: Asked, deadline: float) -> Iterator[list[Answer] | str | None]:
    """What becomes of each blob: an answer for each path, why there is none, or None where git has no such blob.

    Raises GitError.
    """
    analyser = SecretsAnalyser()
    # Versions of a file come one after the other.
    ask = Versions(engine()).candidates
    objects = stream(git, [oid for oid, _ in asked], MAX_BYTES, deadline)
    with contextlib.closing(objects), Turns(FILE_SECONDS) as turns:
        for found in objects:
            yield _look(found, asked[found.number][1], analyser, turns, ask)


def _look(
    found: Streamed, paths: list[str], analyser: SecretsAnalyser, turns: Turns, ask: Ask
) -> list[Answer] | str | None:
    if not found.kind:
        return None
    if found.kind != "blob":
        return f"git holds a {found.kind} where a file should be"
    if found.data is None:
        if b"\0" not in found.head:
            return f"{found.length:,} bytes, and more than {MAX_BYTES:,} are not looked at"
        return [Looked("binary", found.length)] * len(paths)
    if len(found.data) <= _LONGEST_POINTER and found.data.startswith(_LFS):
        return [Looked("lfs", found.length)] * len(paths)
    return [looked_at(path, found.data, analyser, turns, ask) for path in paths]


def looked_at(path: str, data: bytes, analyser: SecretsAnalyser, turns: Turns, ask: Ask) -> Looked | str:
    """What the detector of the tree says of these bytes at this path; a text says why it does not."""
    turns.begin()
    try:
        said = _quickly(analyser, path, data, ask)
        if isinstance(said, str):
            return Looked("text" if said == NOTHING else "binary", len(data), (), None)
        if said is None:
            entry = FileEntry(path=path, size=len(data), mtime_ns=0, inode=0, kind=kind_of(path), tracked=True)
            answer = one_record(Source(entry, data), analyser)
        else:
            answer = said
    except OverTime as error:
        return str(error)
    finally:
        turns.end()
    if not isinstance(answer, Record):
        return answer
    if answer.gaps:
        return answer.gaps[0][0]
    value = answer.value
    if value is None:
        return Looked("text", len(data), (), None)
    return Looked("binary" if value["binary"] else "text", len(data), tuple(value["rows"]), dict(value["left"]) or None)


def _quickly(analyser: SecretsAnalyser, path: str, data: bytes, ask: Ask) -> Record | str | None:
    try:
        return analyser.told(path, data, ask)
    except OverTime:
        raise
    except Exception:
        return None  # whatever it is, the analysis itself meets it again and says so


def _skipped(path: str) -> str:
    name = path.rpartition("/")[2]
    dot = name.rfind(".")
    suffix = name[dot:].lower() if 0 < dot < len(name) - 1 else ""
    return "binaries" if suffix in BINARIES else "archives" if suffix in ARCHIVES else ""
