"""The one pass over the files that all analysers share: each file is read once, parsed once, and cached by content."""

from __future__ import annotations

import hashlib
import json
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from typing import Any, Protocol

from shipworthy.facts import team
from shipworthy.facts.base import Analyser, Gap
from shipworthy.facts.bulk import Bulk
from shipworthy.facts.limits import OverTime, time_limit
from shipworthy.facts.program_version import program_version
from shipworthy.facts.records import NOTHING, Answer, Stored, Values, analyse
from shipworthy.facts.stretch import Look
from shipworthy.facts.team import Job, Team
from shipworthy.project import FileEntry, Project, Source, Unreadable
from shipworthy.project.project import MAX_BYTES

__all__ = ["FILE_SECONDS", "PASS_SECONDS", "OverTime", "Progress", "RecordCache", "Scan", "time_limit"]

FILE_SECONDS = 10.0
"""How long an analyser may take over one file."""
PASS_SECONDS = 300.0
"""How long the whole pass may take; files not reached by then are gaps."""
_BLANK = Stored.of(NOTHING, ())
_WAIT = 0.2
"""Seconds between looks at the clock while only workers have something to do."""


class RecordCache(Protocol):
    """Remembers records between runs; see `assess.cache`."""

    def unchanged(self, entry: FileEntry) -> str | None:
        """The content hash of a file whose size, times and inode were seen before and are old enough to trust."""
        ...

    def seen(self, entry: FileEntry, digest: str) -> None: ...

    def load(self, analyser: Analyser, path: str, digest: str) -> Stored | None: ...

    def store(self, analyser: Analyser, path: str, digest: str, record: Stored) -> None: ...

    def digest(self, data: bytes) -> str: ...

    def blank(self, analyser: Analyser, entry: FileEntry) -> bool:
        """Whether a file of this size, these times and inode is known to hold nothing for an analyser."""
        ...

    def set_blank(self, analyser: Analyser, entry: FileEntry) -> None: ...

    def recall(self, name: str, key: str) -> str | None:
        """The text kept under this name, if it was kept with the same key."""
        ...

    def keep(self, name: str, key: str, text: str) -> None: ...


Progress = Callable[[int, int], None]
"""Called with (files done, files in all)."""


class Scan:
    """Records of the planned analysers. The pass runs when the first of them is asked for."""

    def __init__(
        self,
        project: Project,
        analysers: Iterable[Analyser],
        cache: RecordCache | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._project = project
        self._planned = {analyser.name: analyser for analyser in analysers}
        self._cache = cache
        self._progress = progress
        self._values: dict[str, Values] = {}
        self._gaps: dict[str, list[Gap]] = {}
        self._sums: dict[str, list[tuple[str, str]]] = {}
        """By analyser, (path, hash of the record) in path order, of records that hold something; only with a cache."""

    def of(self, analyser: Analyser) -> tuple[Mapping[str, Any], list[Gap]]:
        """Value by path, and gaps, of one analyser (planned or not)."""
        if analyser.name not in self._values:
            self._planned.setdefault(analyser.name, analyser)
            self._run([each for each in self._planned.values() if each.name not in self._values])
        return self._values[analyser.name], self._gaps[analyser.name]

    def remembered(self, name: str, analyser: Analyser, make: Callable[[], Any]) -> Any:
        """The value of `make()`, a pure function of the analyser's records, from the cache where those are the same.

        The key is over every record, every gap, the analyser's version and all of the program that makes and reads
        facts, so that an answer is recalled only where making it again could give nothing else.
        """
        _, gaps = self.of(analyser)
        code = program_version()
        if self._cache is None or code is None:
            return make()
        parts = [name, code, analyser.name, analyser.version, list(self._values[analyser.name])]
        rows = [*parts, self._sums[analyser.name], [[gap.path, gap.reason, gap.line] for gap in gaps]]
        key = hashlib.blake2b(json.dumps(rows).encode("ascii"), digest_size=32).hexdigest()
        known = self._cache.recall(name, key)
        if known is not None:
            return json.loads(known)
        value = make()
        text = json.dumps(value, separators=(",", ":"))
        self._cache.keep(name, key, text)
        return value

    def _run(self, analysers: list[Analyser]) -> None:
        deadline = time.monotonic() + PASS_SECONDS
        entries = list(self._project.entries())
        found: dict[str, dict[str, Answer]] = {}
        """By path and analyser."""
        waiting: list[Job] = []
        for entry in entries:
            wanting = [analyser for analyser in analysers if analyser.wants(entry)]
            if not wanting:
                continue
            answers = found[entry.path] = {}
            if not entry.problem:
                job = self._planned_job(entry, wanting, answers)
                if job is not None:
                    waiting.append(job)
            elif not self._project.read_elsewhere(entry):
                found[entry.path] = {analyser.name: entry.problem for analyser in wanting}
        sizes = dict.fromkeys(analysers, 0)
        for job in waiting:
            size = job.entry.size
            for analyser in job.missing if size <= MAX_BYTES else ():
                sizes[analyser] += size
        for analyser, size in sizes.items():
            analyser.expect(size)
        light, heavy = _by_weight(waiting)
        if heavy:
            # The light ones first: this process does them while the workers start.
            self._work(deque([*light, *heavy]), found, analysers, deadline, len(entries))
        elif light:
            late = self._skim(light, found, analysers, deadline)
            self._work(deque(late), found, analysers, deadline, len(entries))
        for job in waiting:
            for analyser in job.missing:
                # Whoever lost it on the way: a file without an answer must not look like one with nothing in it.
                found[job.entry.path].setdefault(analyser.name, "nobody looked at it")
        self._put_together(analysers, found)
        if self._progress:
            self._progress(len(entries), len(entries))

    def _planned_job(self, entry: FileEntry, wanting: list[Analyser], answers: dict[str, Answer]) -> Job | None:
        """What the cache does not answer without reading the file."""
        cache = self._cache
        if not cache or entry.suspect:
            return Job(entry=entry, missing=wanting)
        missing = []
        for analyser in wanting:
            if analyser.light and cache.blank(analyser, entry):
                answers[analyser.name] = _BLANK
            else:
                missing.append(analyser)
        if not missing:
            return None
        if digest := cache.unchanged(entry):
            missing = self._recalled(entry, missing, digest, answers)
        return Job(entry=entry, missing=missing) if missing else None

    def _recalled(
        self, entry: FileEntry, wanting: list[Analyser], digest: str, answers: dict[str, Answer]
    ) -> list[Analyser]:
        """Take from the cache what it has for these bytes; the analysers it has nothing of."""
        assert self._cache is not None  # noqa: S101 - asked only with one
        missing: list[Analyser] = []
        for analyser in wanting:
            record = self._cache.load(analyser, entry.path, digest)
            if record is None:
                missing.append(analyser)
            else:
                answers[analyser.name] = record
        return missing

    def _prepare(self, job: Job, found: dict[str, dict[str, Answer]]) -> bool:
        """Read the file; whether there is anything left to analyse in it."""
        if job.data:
            return True
        try:
            job.data = self._project.read(job.entry.path)
        except Unreadable as error:
            found[job.entry.path].update({analyser.name: str(error) for analyser in job.missing})
            return False
        if self._cache:
            job.digest = self._cache.digest(job.data)
            self._cache.seen(job.entry, job.digest)
            job.missing = self._recalled(job.entry, job.missing, job.digest, found[job.entry.path])
        return bool(job.missing)

    def _skim(
        self, jobs: list[Job], found: dict[str, dict[str, Answer]], analysers: list[Analyser], deadline: float
    ) -> list[Job]:
        """The quick pass; the jobs it did not come to, or lost."""
        done = 0

        def take(stretch: list[Job], looked: list[Look]) -> None:
            nonlocal done
            for job, look in zip(stretch, looked, strict=True):
                answers = found[job.entry.path]
                if look is None:
                    for analyser in job.missing:
                        answers[analyser.name] = _BLANK
                        if self._cache:
                            self._cache.set_blank(analyser, job.entry)
                    continue
                for analyser, said in zip(job.missing, look, strict=True):
                    answer = said if isinstance(said, str) else Stored.of(*said)
                    if self._cache and answer is _BLANK:
                        self._cache.set_blank(analyser, job.entry)
                    elif self._cache and not job.digest:
                        # In place of a hash of the bytes: one that was only touched is looked at anew.
                        job.digest = job.entry.stamp
                        self._cache.seen(job.entry, job.digest)
                    answers[analyser.name] = answer if answer is _BLANK else self._kept(job, analyser, answer)
            before, done = done, done + len(stretch)
            if self._progress and done // 500 > before // 500:
                self._progress(done, len(jobs))

        return Bulk(self._project, analysers, FILE_SECONDS).run(jobs, take, deadline)

    def _work(
        self,
        waiting: deque[Job],
        found: dict[str, dict[str, Answer]],
        analysers: list[Analyser],
        deadline: float,
        total: int,
    ) -> None:
        """Analyse what waits: from its start in this process, from its end in workers where that is worth it."""

        def take(job: Job, answers: Iterable[Answer]) -> None:
            for analyser, answer in zip(job.missing, answers, strict=True):
                found[job.entry.path][analyser.name] = self._kept(job, analyser, answer)

        with ExitStack() as stack:
            workers = self._team(waiting, analysers)
            if workers is not None:
                stack.enter_context(workers)
            turns = 0
            while waiting or (workers is not None and workers.busy):
                if time.monotonic() > deadline:
                    for job in (*waiting, *(workers.unanswered() if workers else ())):
                        take(job, [f"not reached within {PASS_SECONDS:g} s"] * len(job.missing))
                    return
                if workers is not None:
                    while waiting and workers.idle():
                        job = waiting.pop()
                        if self._prepare(job, found):
                            workers.give(job)
                    for job, answers in workers.pump(0 if waiting else _WAIT):
                        take(job, answers)
                    waiting.extend(workers.returned)
                    workers.returned.clear()
                if waiting:
                    job = waiting.popleft()
                    if self._prepare(job, found):
                        take(job, analyse(Source(job.entry, job.data), job.missing, FILE_SECONDS))
                turns += 1
                if self._progress and turns % 50 == 1:
                    self._progress(total - len(waiting), total)

    def _team(self, waiting: Iterable[Job], analysers: list[Analyser]) -> Team | None:
        """Workers where there is enough to share, and where each analyser can be made anew by its name."""
        if sum(min(job.entry.size, 100_000) for job in waiting) < team.LEAST_BYTES:
            return None
        if not all(type(each).__module__.startswith("shipworthy.facts.") for each in analysers):
            return None
        count = team.processes() - 1
        return Team(analysers, FILE_SECONDS, count) if count > 0 else None

    def _kept(self, job: Job, analyser: Analyser, answer: Answer) -> Answer:
        """The answer, put into the cache if there is one. Why there is none is never cached."""
        if isinstance(answer, str) or self._cache is None or job.digest is None:
            return answer
        stored = answer if isinstance(answer, Stored) else Stored.made(answer)
        self._cache.store(analyser, job.entry.path, job.digest, stored)
        return stored

    def _put_together(self, analysers: list[Analyser], found: dict[str, dict[str, Answer]]) -> None:
        """Values and gaps in path order, whoever came first."""
        for analyser in analysers:
            values, gaps, sums = Values(), [], []
            if self._project.incomplete:
                gaps.append(Gap(path=None, reason=self._project.incomplete))
            for path, answers in found.items():
                answer = answers.get(analyser.name)
                if answer is _BLANK:
                    values.add_nothing(path)
                elif isinstance(answer, str):
                    gaps.append(Gap(path=path, reason=answer))
                elif answer is not None:
                    values.add(path, answer)
                    gaps += [Gap(path=path, reason=reason, line=line) for reason, line in answer.gaps]
                    if isinstance(answer, Stored):
                        sums.append((path, answer.sum))
            self._values[analyser.name], self._gaps[analyser.name] = values, gaps
            self._sums[analyser.name] = sums


def _by_weight(jobs: Iterable[Job]) -> tuple[list[Job], list[Job]]:
    """Jobs that only light analysers wait for, and the others."""
    light: list[Job] = []
    heavy: list[Job] = []
    for job in jobs:
        for analyser in job.missing:
            if not analyser.light:
                heavy.append(job)
                break
        else:
            light.append(job)
    return light, heavy
