"""Reads objects by id through one `git cat-file --batch`, where a process for each object would cost the most time.

`ObjectReader` is asked for one after the other, `stream` for many that are known beforehand: several times as fast.

What is read is not checked here; `readiness.tree.Objects` compares every object with its id.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import subprocess
import threading
import time
import weakref
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from shipworthy.git import TIMEOUT, Git, GitError

_OID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LONGEST_HEADER = 200
_PIECE = 1 << 16
_BUFFER = 1 << 20
_MOST_RESTARTS = 20
LEAN = "'core.deltaBaseCacheLimit=16m' 'core.packedGitWindowSize=1m' 'core.packedGitLimit=40m'"
"""For `GIT_CONFIG_PARAMETERS`: git in about 70 MB instead of 250, as fast where objects come in the order of paths.

Listing the history takes 2.6 s so, 1.9 with git's own limits and 3.3 with windows of 4 MB (48,903 commits).
"""


class TooLarge(Exception):
    """The object has more bytes than were asked for; `size` says how many."""

    def __init__(self, size: int) -> None:
        super().__init__(f"{size:,} bytes")
        self.size = size


class ObjectReader:
    """One git process that is asked for many objects, started with the first one and ended with the reader."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._end: Callable[[], object] = lambda: None

    def read(self, kind: str, oid: str, limit: int) -> bytes:
        """The bytes of an object of this kind (blob, tree, commit, tag) with this full id.

        Raises TooLarge where they are more than `limit`, GitError where git does not have it or gives no answer.
        """
        if not _OID.fullmatch(oid):
            raise GitError(f"{oid[:80]!r} is no object's id")
        with self._lock:
            try:
                return self._read(self._running(), kind, oid, limit)
            except BaseException:
                # Whatever it still has to say belongs to no later question.
                self._end()
                self._process = None
                raise

    def _running(self) -> subprocess.Popen[bytes]:
        # A fork shares the pipes: two that ask would get each other's answers.
        if self._process is None or self._owner != os.getpid():
            self._process = self._git.start("cat-file", "--batch")
            self._owner = os.getpid()
            self._end = weakref.finalize(self, _stop, self._process, self._owner)
        return self._process

    def _read(self, process: subprocess.Popen[bytes], kind: str, oid: str, limit: int) -> bytes:
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101 - as above
        deadline = time.monotonic() + TIMEOUT
        descriptor = process.stdout.fileno()
        try:
            os.write(process.stdin.fileno(), f"{oid}\n".encode())
        except OSError as error:
            raise GitError(f"git cat-file ended: {error.strerror}") from error
        header = bytearray()
        # The header ends with a newline, and an object that is missing has nothing else: no more than that may be read.
        while not header.endswith(b"\n"):
            if len(header) > _LONGEST_HEADER:
                raise GitError("git cat-file gave an answer that is none")
            header += _some(descriptor, 1, deadline)
        said = header.decode("ascii", "replace").split()
        if len(said) != 3 or said[0] != oid or not said[2].isdecimal():
            raise GitError(f"git has no object {oid[:12]}")
        if said[1] != kind:
            raise GitError(f"the object {oid[:12]} is a {said[1][:10]}, not a {kind}")
        size = int(said[2])
        if size > limit:
            raise TooLarge(size)
        data = bytearray()
        while len(data) <= size:
            data += _some(descriptor, min(size + 1 - len(data), _PIECE), deadline)
        if data.pop() != ord("\n"):
            raise GitError("git cat-file gave an answer that is none")
        return bytes(data)


def _some(descriptor: int, most: int, deadline: float) -> bytes:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    if not poll.poll(max(deadline - time.monotonic(), 0) * 1000):
        raise GitError(f"git cat-file did not answer within {TIMEOUT:g} s")
    data = os.read(descriptor, most)
    if not data:
        raise GitError("git cat-file ended before it had answered")
    return data


def _stop(process: subprocess.Popen[bytes], owner: int) -> None:
    if os.getpid() != owner:
        return
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    process.kill()
    with contextlib.suppress(ChildProcessError):
        process.wait()


@dataclass(frozen=True, slots=True)
class Streamed:
    """What became of one object that was asked for."""

    number: int
    """Its place among the ids."""
    kind: str
    """blob, tree, commit or tag; "" where git could not give it: it is missing or damaged."""
    length: int
    data: bytes | None
    """None where git could not give it, or it is larger than the limit: then `length` says how large."""
    head: bytes = b""
    """The first bytes of one that is too large."""


def stream(git: Git, oids: Sequence[str], limit: int, deadline: float) -> Generator[Streamed, None, None]:
    """Every object, in the order of the ids, with one in memory at a time. Close it, and git ends.

    `deadline` is of `time.monotonic`. An object that ends git is answered as one it cannot give, and git is started
    anew behind it. Raises GitError where that happens too often, or the deadline passes.
    """
    for oid in oids:
        if not _OID.fullmatch(oid):
            raise GitError(f"{oid[:80]!r} is no object's id")
    at, restarts = 0, 0
    while at < len(oids):
        for found in _streamed(git, oids, at, limit, deadline):
            at = found.number + 1
            yield found
        if at == len(oids):
            return
        if time.monotonic() >= deadline:
            raise GitError("reading objects took too long")
        restarts += 1
        if restarts > _MOST_RESTARTS:
            raise GitError(f"git cat-file ended {restarts} times before it had answered")
        yield Streamed(at, "", 0, None)
        at += 1


def _streamed(git: Git, oids: Sequence[str], first: int, limit: int, deadline: float) -> Iterator[Streamed]:
    """The objects from `first` on, until git ends."""
    process = git.start("cat-file", "--batch", "--buffer")
    assert process.stdin is not None  # noqa: S101 - both are pipes
    assert process.stdout is not None  # noqa: S101 - as above
    feeder = threading.Thread(target=_feed, args=(process.stdin, oids, first), daemon=True)
    # Reading waits without end for one that hangs, until there is nobody to wait for.
    alarm = threading.Timer(max(deadline - time.monotonic(), 0.01), process.kill)
    alarm.daemon = True
    alarm.start()
    feeder.start()
    try:
        with open(process.stdout.fileno(), "rb", buffering=_BUFFER, closefd=False) as answers:
            for number in range(first, len(oids)):
                found = _next_streamed(answers, number, oids[number], limit)
                if found is None:
                    return
                yield found
    finally:
        alarm.cancel()
        process.kill()
        feeder.join(TIMEOUT)
        _stop(process, os.getpid())


def _feed(pipe: BinaryIO, oids: Sequence[str], first: int) -> None:
    with contextlib.suppress(OSError, ValueError):
        for start in range(first, len(oids), 1_000):
            part = memoryview("".join(f"{oid}\n" for oid in oids[start : start + 1_000]).encode("ascii"))
            # The pipe is not buffered, so it may take less than it is given.
            while part:
                part = part[pipe.write(part) :]
        pipe.close()


def _next_streamed(answers: BinaryIO, number: int, oid: str, limit: int) -> Streamed | None:
    """None where git ended before the whole answer."""
    header = answers.readline(_LONGEST_HEADER)
    if not header.endswith(b"\n"):
        return None
    said = header.decode("ascii", "replace").split()
    if len(said) == 2 and said == [oid, "missing"]:
        return Streamed(number, "", 0, None)
    if len(said) != 3 or said[0] != oid or not said[2].isdecimal():
        raise GitError("git cat-file gave an answer that is none")
    size = int(said[2])
    if size <= limit:
        data = answers.read(size + 1)
        if len(data) <= size:
            return None
        return Streamed(number, said[1], size, data[:-1])
    head = answers.read(min(8_000, size))
    left = size + 1 - len(head)
    while left:
        piece = len(answers.read(min(left, _BUFFER)))
        if not piece:
            return None
        left -= piece
    return Streamed(number, said[1], size, None, head)
