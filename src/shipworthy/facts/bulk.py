"""The quick part of the pass: whole stretches of files for analysers that take less than handing over the bytes does.

Here a second process reads files itself, by the same safe way. It has all paths from the start; who looks at a stretch
is settled by who takes its number first, so neither waits for the other until there is nothing left.
"""

from __future__ import annotations

import json
import os
import select
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from shipworthy.facts import process
from shipworthy.facts.base import Analyser
from shipworthy.facts.stretch import NUMBER, Look, answers, looks, taken
from shipworthy.facts.team import Job, Worker, processes
from shipworthy.facts.worker import message, say
from shipworthy.project import FileEntry, Project
from shipworthy.project.safe import Reader

STRETCH_FILES, STRETCH_BYTES = 200, 1_000_000
"""How much is looked at in one go, between two looks at the clock and at the other process."""
MOST_STRETCHES = 2_000
"""Their numbers lie ready in a pipe, which holds 16 KiB at least (pipe(7); macOS)."""
WORTH_A_PROCESS = 8_000_000
"""Bytes from which on a second process saves more than its start takes."""
_WAIT = 0.05

Take = Callable[[list[Job], list[Look]], None]
"""Called with a stretch and what was said of each of its files."""


class Bulk:
    """One quick pass over jobs. Use `run` once."""

    def __init__(self, project: Project, analysers: Sequence[Analyser], seconds: float) -> None:
        self._project = project
        self._seconds = seconds
        self._index = {analyser.name: number for number, analyser in enumerate(analysers)}
        self._analysers = analysers

    def run(self, jobs: Sequence[Job], take: Take, until: float) -> list[Job]:
        """Look at every job's file, hand the looks to `take`; the jobs not reached by `until` (monotonic), or lost."""
        size = sum(job.entry.size for job in jobs)
        # What may be cut off is compared with what git holds, which only this process does.
        mine = list(_stretches((job for job in jobs if job.entry.suspect), size))
        stretches = dict(enumerate(_stretches((job for job in jobs if not job.entry.suspect), size)))
        crew = _crew(self, stretches) if size >= WORTH_A_PROCESS and processes() > 1 else None
        numbers = iter(crew.numbers() if crew else list(stretches))
        more = True
        try:
            with Reader(self._project.root) as reader:
                while (mine or stretches) and time.monotonic() <= until:
                    if mine:
                        self._here(mine.pop(), reader, take)
                    elif more and (number := next(numbers, None)) is not None:
                        self._here(stretches.pop(number), reader, take)
                    else:
                        more = False
                    if crew:
                        for answered, looked in crew.pump(0 if mine or more else _WAIT):
                            take(stretches.pop(answered), looked)
                        if crew.over and not (mine or more):
                            break
        finally:
            if crew:
                crew.end()
        return [job for stretch in (*mine, *stretches.values()) for job in stretch]

    def copy(self, stretches: Mapping[int, list[Job]], numbers: int) -> process.Serve:
        """What a second process does that is a copy of this one."""

        def files(number: int) -> Iterator[tuple[FileEntry, Sequence[Analyser]]]:
            return ((job.entry, job.missing) for job in stretches[number])

        return lambda _, outgoing: say(outgoing, answers(self._project.root, numbers, files, self._seconds))

    def hello(self, plan: int, numbers: int) -> bytes:
        """What one is told first that is started anew: its analysers, where to read, and two descriptors it has."""
        rows = [[type(each).__module__, type(each).__qualname__, each.version] for each in self._analysers]
        root = str(self._project.root)
        return message({"analysers": rows, "seconds": self._seconds, "root": root, "plan": plan, "numbers": numbers})

    def plan(self, stretches: Iterable[list[Job]]) -> bytes:
        """All stretches, as `stretch.planned` reads them. Raises ValueError for a path that JSON cannot carry."""
        kinds: dict[tuple[Any, ...], int] = {}
        rows = []
        for jobs in stretches:
            row: list[str | int] = []
            for job in jobs:
                entry = job.entry
                kind = (entry.kind, entry.tracked, *(self._index[each.name] for each in job.missing))
                row += (entry.path, entry.size, kinds.setdefault(kind, len(kinds)))
            rows.append(row)
        return json.dumps([list(kinds), rows], separators=(",", ":")).encode("ascii")

    def _here(self, jobs: list[Job], reader: Reader, take: Take) -> None:
        def read(entry: FileEntry) -> bytes:
            return self._project.read(entry.path, reader=reader)

        take(jobs, list(looks(read, [(job.entry, job.missing) for job in jobs], self._seconds)))


class _Crew:
    """The other process. Whatever goes wrong with it, what it did not answer stays with whoever asked."""

    def __init__(self, bulk: Bulk, stretches: Mapping[int, list[Job]]) -> None:
        """Raises OSError, or ValueError for a root that JSON cannot carry."""
        self._stretches = stretches
        self._numbers, told = os.pipe()
        try:
            _tell(told, b"".join(map(NUMBER.pack, stretches)))
            if process.may_copy():
                # It has all this in its memory.
                self._worker = Worker(b"", (self._numbers,), bulk.copy(stretches, self._numbers))
                return
            with tempfile.TemporaryFile() as plan:
                plan.write(bulk.plan(stretches.values()))
                plan.flush()
                kept = (plan.fileno(), self._numbers)
                self._worker = Worker(bulk.hello(*kept), kept)
                self._worker.send()  # so that it begins while this process looks at its first stretch
        except BaseException:
            os.close(self._numbers)
            raise

    @property
    def over(self) -> bool:
        """Whether there will be no more answers."""
        return self._worker.over

    def numbers(self) -> Iterator[int]:
        """As `stretch.taken`."""
        return taken(self._numbers)

    def pump(self, wait: float) -> Iterator[tuple[int, list[Look]]]:
        """Stretches it has answered, after `wait` seconds at most."""
        worker = self._worker
        if worker.over:
            return
        gone = False
        try:
            writing = [worker.to] if worker.outgoing else []
            readable, writable, _ = select.select([worker.back], writing, [], wait)
            if writable:
                worker.send()
            if readable:
                worker.receive()
        except OSError:
            gone = True
        try:
            while (said := worker.next()) is not None:
                head = json.loads(said[0])
                if not worker.ready:
                    worker.ready = head["ready"] is True
                    continue
                number, rows = head
                jobs = self._stretches[number]
                for row, job in zip(rows, jobs, strict=True):
                    _check(row, job)
                yield number, rows
        except (ValueError, KeyError, TypeError):
            gone = True
        if gone:
            worker.end()

    def end(self) -> None:
        """End the process."""
        if not self._worker.over:
            self._worker.end()
        os.close(self._numbers)


def _tell(pipe: int, numbers: bytes) -> None:
    """Put them into the pipe and close it. Raises OSError where it does not hold them all: nobody reads from it yet."""
    try:
        os.set_blocking(pipe, False)
        if os.write(pipe, numbers) < len(numbers):
            raise BlockingIOError("the pipe is too small")
    finally:
        os.close(pipe)


def _crew(bulk: Bulk, stretches: Mapping[int, list[Job]]) -> _Crew | None:
    try:
        return _Crew(bulk, stretches)
    except (OSError, ValueError):
        return None


def _check(row: Any, job: Job) -> None:
    """Raises ValueError or TypeError where it is no answer about this file."""
    if row is None:
        return
    if len(row) != len(job.missing):
        raise ValueError("an answer about another file")
    for each in row:
        if not isinstance(each, str):
            text, gaps = each
            if not isinstance(text, str) or not isinstance(gaps, list):
                raise TypeError("no record")


def _stretches(jobs: Iterable[Job], size: int) -> Iterator[list[Job]]:
    """`size`: of all files together, in bytes."""
    most = max(STRETCH_BYTES, size // MOST_STRETCHES)
    stretch: list[Job] = []
    long = 0
    for job in jobs:
        stretch.append(job)
        long += job.entry.size
        if len(stretch) >= STRETCH_FILES or long >= most:
            yield stretch
            stretch, long = [], 0
    if stretch:
        yield stretch
