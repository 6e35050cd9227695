"""The quick part of the pass: whole stretches of files for analysers that take less than handing over the bytes does.

Here a second process reads files itself, by the same safe way; what it is told is paths, what it answers is records.
"""

from __future__ import annotations

import json
import select
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from shipworthy.facts.base import Analyser
from shipworthy.facts.stretch import Look, looks
from shipworthy.facts.team import Job, Worker, processes
from shipworthy.facts.worker import message
from shipworthy.project import FileEntry, Project
from shipworthy.project.safe import Reader

STRETCH_FILES, STRETCH_BYTES = 200, 1_000_000
"""How much is looked at in one go, between two looks at the clock and at the other process."""
WORTH_A_PROCESS = 8_000_000
"""Bytes from which on a second process saves more than its start takes."""
_AHEAD = 3
_WAIT = 0.05

Take = Callable[[Job, Look], None]


class Bulk:
    """One quick pass over jobs. `left` holds what a lost process had in hand, for the careful pass to do."""

    def __init__(self, project: Project, analysers: Sequence[Analyser], seconds: float) -> None:
        self._project = project
        self._seconds = seconds
        self._index = {analyser.name: number for number, analyser in enumerate(analysers)}
        self._analysers = analysers
        self.left: list[Job] = []

    def run(self, jobs: Sequence[Job], take: Take, until: float) -> list[Job]:
        """Look at every job's file, hand each look to `take`; the jobs not reached by `until` (monotonic)."""
        # What may be cut off is compared with what git holds, which only this process does.
        mine = deque(_stretches(job for job in jobs if job.entry.suspect))
        waiting = deque(_stretches(job for job in jobs if not job.entry.suspect))
        size = sum(job.entry.size for job in jobs)
        crew = _Crew(self) if size >= WORTH_A_PROCESS and processes() > 1 else None
        try:
            with Reader(self._project.root) as reader:
                while mine or waiting or (crew and crew.given):
                    if time.monotonic() > until:
                        return [
                            *self.left,
                            *(job for stretch in (*mine, *waiting) for job in stretch),
                            *(crew.end() if crew else ()),
                        ]
                    if crew:
                        while waiting and len(crew.given) < _AHEAD and crew.alive:
                            crew.give(waiting.pop())
                        for job, look in crew.pump(0 if mine or waiting else _WAIT):
                            take(job, look)
                        if not crew.alive:
                            self.left += crew.end()
                            crew = None
                    if mine or waiting:
                        self._here((mine or waiting).popleft(), reader, take)
        finally:
            if crew:
                crew.end()
        return self.left

    def _here(self, jobs: list[Job], reader: Reader, take: Take) -> None:
        def read(entry: FileEntry) -> bytes:
            return self._project.read(entry.path, reader=reader)

        files = [(job.entry, job.missing) for job in jobs]
        for job, look in zip(jobs, looks(read, files, self._seconds), strict=True):
            take(job, look)

    def hello(self) -> bytes:
        """What a second process is told first."""
        rows = [[type(each).__module__, type(each).__qualname__, each.version] for each in self._analysers]
        head = {"analysers": rows, "seconds": self._seconds, "root": str(self._project.root)}
        return message(head)

    def asked(self, jobs: Iterable[Job]) -> bytes:
        """One stretch, as a second process is told of it."""
        return message(
            [
                [job.entry.path, job.entry.size, str(job.entry.kind), job.entry.tracked]
                + [self._index[each.name] for each in job.missing]
                for job in jobs
            ]
        )


class _Crew:
    """The other process. Whatever goes wrong with it, what it was given and did not answer comes back."""

    def __init__(self, bulk: Bulk) -> None:
        self._bulk = bulk
        self.given: deque[list[Job]] = deque()
        self._worker: Worker | None = None
        try:
            self._worker = Worker(bulk.hello())
        except (OSError, ValueError):  # no process, or a root that JSON cannot carry
            return

    @property
    def alive(self) -> bool:
        return self._worker is not None and not self._worker.over

    def give(self, jobs: list[Job]) -> None:
        if self._worker is not None:
            self._worker.outgoing += self._bulk.asked(jobs)
            self.given.append(jobs)

    def pump(self, wait: float) -> Iterator[tuple[Job, Look]]:
        worker = self._worker
        if worker is None or worker.over:
            return
        try:
            writing = [worker.to] if worker.outgoing else []
            readable, writable, _ = select.select([worker.back], writing, [], wait)
            if writable:
                worker.send()
            if readable:
                worker.receive()
            while (said := worker.next()) is not None:
                if not worker.ready:
                    worker.ready = json.loads(said[0])["ready"] is True
                    continue
                jobs = self.given[0]
                rows = [_look(row, job) for row, job in zip(json.loads(said[0]), jobs, strict=True)]
                self.given.popleft()
                yield from zip(jobs, rows, strict=True)
        except (OSError, ValueError, KeyError, TypeError, IndexError):
            worker.end()

    def end(self) -> list[Job]:
        """End the process; the jobs it had not answered."""
        if self._worker is not None and not self._worker.over:
            self._worker.end()
        lost = [job for jobs in self.given for job in jobs]
        self.given.clear()
        return lost


def _look(row: list[Any], job: Job) -> Look:
    """Raises ValueError or TypeError where it is no answer about this file."""
    if len(row) != len(job.missing):
        raise ValueError("an answer about another file")
    for each in row:
        if not isinstance(each, str):
            text, gaps = each
            if not isinstance(text, str) or not isinstance(gaps, list):
                raise TypeError("no record")
    return row


def _stretches(jobs: Iterable[Job]) -> Iterator[list[Job]]:
    stretch: list[Job] = []
    size = 0
    for job in jobs:
        stretch.append(job)
        size += job.entry.size
        if len(stretch) >= STRETCH_FILES or size >= STRETCH_BYTES:
            yield stretch
            stretch, size = [], 0
    if stretch:
        yield stretch
