"""The one pass over the files that all analysers share: each file is read once, parsed once, and cached by content."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any, Protocol

from shipworthy.bugs import bug
from shipworthy.facts.base import Analyser, Gap, Record
from shipworthy.project import FileEntry, Project, Source, Unreadable

FILE_SECONDS = 10.0
"""How long all analysers together may take over one file."""
PASS_SECONDS = 300.0
"""How long the whole pass may take; files not reached by then are gaps."""


class OverTime(Exception):
    """A piece of work ran over its time limit."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise OverTime in the body after `seconds`. Nested limits keep the outer one; off the main thread it is no-op.

    A signal is the only thing that stops a pure-Python loop from within; where there is none, the coach's parent
    process ends a stuck child instead.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise OverTime(f"took longer than {seconds:g} s")

    outer_left, _ = signal.getitimer(signal.ITIMER_REAL)
    if 0 < outer_left <= seconds:
        yield
        return
    started = time.monotonic()
    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if outer_left:
            signal.setitimer(signal.ITIMER_REAL, max(outer_left - (time.monotonic() - started), 0.001))


class RecordCache(Protocol):
    """Remembers records between runs; see `assess.cache`."""

    def unchanged(self, entry: FileEntry) -> str | None:
        """The content hash of a file whose size, time and inode were seen before and are old enough to trust."""
        ...

    def seen(self, entry: FileEntry, digest: str) -> None: ...

    def load(self, analyser: Analyser, path: str, digest: str) -> Record | None: ...

    def store(self, analyser: Analyser, path: str, digest: str, record: Record) -> None: ...

    def digest(self, data: bytes) -> str: ...


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
        self._values: dict[str, dict[str, Any]] = {}
        self._gaps: dict[str, list[Gap]] = {}

    def of(self, analyser: Analyser) -> tuple[Mapping[str, Any], list[Gap]]:
        """Value by path, and gaps, of one analyser (planned or not)."""
        if analyser.name not in self._values:
            self._planned.setdefault(analyser.name, analyser)
            self._run([each for each in self._planned.values() if each.name not in self._values])
        return self._values[analyser.name], self._gaps[analyser.name]

    def _run(self, analysers: list[Analyser]) -> None:
        for analyser in analysers:
            self._values[analyser.name] = {}
            self._gaps[analyser.name] = []
            if self._project.incomplete:
                self._gaps[analyser.name].append(Gap(path=None, reason=self._project.incomplete))
        entries = list(self._project.entries())
        deadline = time.monotonic() + PASS_SECONDS
        for done, entry in enumerate(entries):
            wanting = [analyser for analyser in analysers if analyser.wants(entry)]
            if wanting and time.monotonic() > deadline:
                self._fall_short(wanting, entry, f"not reached within {PASS_SECONDS:g} s")
            elif wanting and entry.problem:
                if not self._project.read_elsewhere(entry):
                    self._fall_short(wanting, entry, entry.problem)
            elif wanting:
                self._one(entry, wanting)
            if self._progress and done % 50 == 0:
                self._progress(done, len(entries))
        if self._progress:
            self._progress(len(entries), len(entries))

    def _fall_short(self, analysers: Iterable[Analyser], entry: FileEntry, reason: str) -> None:
        for analyser in analysers:
            self._gaps[analyser.name].append(Gap(path=entry.path, reason=reason))

    def _keep(self, analyser: Analyser, path: str, record: Record) -> None:
        self._values[analyser.name][path] = record.value
        self._gaps[analyser.name] += [Gap(path=path, reason=reason, line=line) for reason, line in record.gaps]

    def _one(self, entry: FileEntry, wanting: list[Analyser]) -> None:
        cache, path = self._cache, entry.path
        digest = cache.unchanged(entry) if cache and not entry.suspect else None
        missing: list[Analyser] = []
        for analyser in wanting:
            record = cache.load(analyser, path, digest) if cache and digest else None
            if record is None:
                missing.append(analyser)
            else:
                self._keep(analyser, path, record)
        if not missing:
            return
        try:
            data = self._project.read(path)
        except Unreadable as error:
            self._fall_short(missing, entry, str(error))
            return
        if cache:
            digest = cache.digest(data)
            cache.seen(entry, digest)
        source = Source(entry, data)
        for analyser in missing:
            record = cache.load(analyser, path, digest) if cache and digest else None
            if record is None:
                try:
                    with time_limit(FILE_SECONDS):
                        record = analyser.analyse(source)
                except OverTime as error:
                    self._fall_short([analyser], entry, str(error))
                    continue
                except RecursionError:
                    self._fall_short([analyser], entry, "nested too deep to read")
                    continue
                except Exception as error:
                    # One file must not cost the answers about all others; what it says may hold a secret.
                    self._fall_short([analyser], entry, bug(f"the {analyser.name} analyser", error))
                    continue
                if cache and digest:
                    cache.store(analyser, path, digest, record)
            self._keep(analyser, path, record)
