"""Worker processes that share the pass over files: started safely, fed file by file, never trusted to come back.

Only files the worker was given and had not answered can be lost with it: the first of them, which it had in hand, is
said to be unread; the others go back to whoever asked.
"""

from __future__ import annotations

import json
import os
import select
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from shipworthy.facts.base import Analyser
from shipworthy.facts.process import Process, Serve
from shipworthy.facts.records import Stored
from shipworthy.facts.worker import LENGTHS, message
from shipworthy.project import FileEntry

LEAST_BYTES = 600_000
"""Less than this to analyse, and starting a process costs more than it saves."""
MOST_PROCESSES = 4
"""This one included."""
AHEAD_FILES = 16
AHEAD_BYTES = 256_000
"""How much a worker is given ahead of its answers, so that it never waits."""
GRACE_SECONDS = 5.0
"""What a worker gets on top of its own limits before it is taken for stuck."""
_CHUNK, _LONGEST = 1 << 18, 1 << 28


@dataclass(slots=True, kw_only=True)
class Job:
    """One file and the analysers that have no record of it yet."""

    entry: FileEntry
    missing: list[Analyser]
    data: bytes = b""
    digest: str | None = None


def processes() -> int:
    """How many processes may share a pass here."""
    if os.name != "posix" or not sys.executable:
        return 1
    try:
        available = len(os.sched_getaffinity(0))
    except (AttributeError, OSError):
        available = os.cpu_count() or 1
    return min(available, MOST_PROCESSES)


class Worker:
    """One process: what it is still to be told, what it has said, and its end."""

    def __init__(self, hello: bytes, kept: tuple[int, ...] = (), copy: Serve | None = None) -> None:
        """`kept` and `copy` are as for `Process`."""
        self._process = Process("shipworthy.facts.worker", kept, copy)
        self.to, self.back = self._process.to, self._process.back
        os.set_blocking(self.to, False)
        os.set_blocking(self.back, False)
        self.outgoing = bytearray(hello)
        self.incoming = bytearray()
        self.jobs: deque[Job] = deque()
        self.ahead = 0
        self.since = time.monotonic()
        """When it last answered, or was last given something while it had nothing to do."""
        self.ready = False

    @property
    def over(self) -> bool:
        """Whether it was ended."""
        return self._process.over

    def send(self) -> None:
        """As much as it takes now. Raises OSError when it is gone."""
        while self.outgoing:
            try:
                sent = os.write(self.to, self.outgoing[:_CHUNK])
            except BlockingIOError:
                return
            del self.outgoing[:sent]

    def receive(self) -> None:
        """What it has said. Raises OSError when it is gone."""
        while True:
            try:
                data = os.read(self.back, _CHUNK)
            except BlockingIOError:
                return
            if not data:
                raise BrokenPipeError("the process ended")
            self.incoming += data

    def next(self) -> tuple[bytes, bytes] | None:
        """Head and body of the next message that is there whole. Raises ValueError for what is none."""
        if len(self.incoming) < LENGTHS.size:
            return None
        head, body = LENGTHS.unpack_from(self.incoming)
        if head + body > _LONGEST:
            raise ValueError("no message is that long")
        end = LENGTHS.size + head + body
        if len(self.incoming) < end:
            return None
        raw = bytes(self.incoming[LENGTHS.size : end])
        del self.incoming[:end]
        return raw[:head], raw[head:]

    def end(self) -> int:
        """End it now; its exit code."""
        return self._process.end()


class Team:
    """The workers of one pass. Use it as a context: they end with it, however it ends."""

    def __init__(self, analysers: Sequence[Analyser], seconds: float, count: int) -> None:
        self._index = {analyser.name: number for number, analyser in enumerate(analysers)}
        self._seconds = seconds
        self.returned: list[Job] = []
        """Files a lost worker had not begun."""
        rows = [[type(each).__module__, type(each).__qualname__, each.version] for each in analysers]
        hello = message({"analysers": rows, "seconds": seconds})
        self._workers: list[Worker] = []
        for _ in range(count):
            try:
                self._workers.append(Worker(hello))
            except OSError:
                break

    def __enter__(self) -> Team:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()

    @property
    def busy(self) -> bool:
        """Whether some answer is still to come."""
        return any(worker.jobs for worker in self._workers)

    def idle(self) -> bool:
        """Whether some worker could be given another file."""
        return self._freest() is not None

    def _freest(self) -> Worker | None:
        free = [each for each in self._workers if each.ready and len(each.jobs) < AHEAD_FILES]
        free = [each for each in free if each.ahead < AHEAD_BYTES]
        return min(free, key=lambda each: each.ahead, default=None)

    def give(self, job: Job) -> None:
        """Hand a file to the worker with the least to do; only when `idle`."""
        worker = self._freest()
        assert worker is not None  # noqa: S101 - see the docstring
        entry = job.entry
        head = {
            "path": entry.path,
            "size": entry.size,
            "kind": str(entry.kind),
            "tracked": entry.tracked,
            "which": [self._index[each.name] for each in job.missing],
        }
        if not worker.jobs:
            worker.since = time.monotonic()
        worker.jobs.append(job)
        worker.ahead += len(job.data)
        worker.outgoing += message(head, job.data)

    def unanswered(self) -> list[Job]:
        """Every file given and not answered, in no order."""
        return [*self.returned, *(job for worker in self._workers for job in worker.jobs)]

    def pump(self, wait: float) -> list[tuple[Job, list[Stored | str]]]:
        """Send and receive what can be, waiting `wait` seconds at most; answers by file, an analyser each."""
        reading = {worker.back: worker for worker in self._workers}
        writing = {worker.to: worker for worker in self._workers if worker.outgoing}
        readable, writable, _ = select.select(list(reading), list(writing), [], wait)
        found: list[tuple[Job, list[Stored | str]]] = []
        for worker in list(self._workers):
            try:
                if worker.to in writable:
                    worker.send()
                if worker.back in readable:
                    worker.receive()
            except OSError:
                found += self._parsed(worker)
                found += self._lost(worker, "")
                continue
            found += self._parsed(worker)
            if not worker.over and self._stuck(worker):
                found += self._lost(worker, f"took longer than {self._seconds:g} s")
        return found

    def _stuck(self, worker: Worker) -> bool:
        if not worker.jobs:
            return False
        # One that ran out of time in another's turn gets a turn of its own, hence twice.
        limit = self._seconds * 2 * len(worker.jobs[0].missing) + GRACE_SECONDS
        return time.monotonic() - worker.since > limit

    def _parsed(self, worker: Worker) -> list[tuple[Job, list[Stored | str]]]:
        found: list[tuple[Job, list[Stored | str]]] = []
        while True:
            try:
                if (said := worker.next()) is None:
                    break
                head = json.loads(said[0])
                if not worker.ready:
                    worker.ready = head["ready"] is True
                    continue
                job = worker.jobs[0]
                answers = _answers(head, said[1], job)
            except (ValueError, KeyError, TypeError, IndexError):
                # Not of the protocol: nothing it says from here on can be matched to a file.
                return [*found, *self._lost(worker, "the process that read it answered nonsense")]
            worker.jobs.popleft()
            worker.ahead -= len(job.data)
            worker.since = time.monotonic()
            found.append((job, answers))
        return found

    def _lost(self, worker: Worker, reason: str) -> list[tuple[Job, list[Stored | str]]]:
        """End a worker; the file it had in hand stays unread, for what ended one process may end this one too."""
        if worker.over:
            return []
        code = worker.end()
        self._workers.remove(worker)
        if not worker.jobs:
            return []
        job = worker.jobs.popleft()
        self.returned += worker.jobs
        return [(job, [reason or f"the process that read it ended unexpectedly ({code})"] * len(job.missing))]


def _answers(head: dict[str, object], body: bytes, job: Job) -> list[Stored | str]:
    """Raises ValueError, KeyError or TypeError where the answer is not one about this file."""
    rows = head["rows"]
    if head["path"] != job.entry.path or not isinstance(rows, list) or len(rows) != len(job.missing):
        raise ValueError("an answer about another file")
    answers: list[Stored | str] = []
    at = 0
    for row in rows:
        if isinstance(row, str):
            answers.append(row)
            continue
        size, gaps = row
        answers.append(Stored.of(body[at : at + size].decode("ascii"), gaps))
        at += size
    if at != len(body):
        raise ValueError("an answer of another length")
    return answers
