"""The resident child process that examines for the coach: commands come in on stdin, events go out on stdout."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from shipworthy.assess.context import default_context
from shipworthy.assess.depends import Change
from shipworthy.assess.events import Changed, Done, Event, Failed, Judged, Planned, Started, Watching
from shipworthy.assess.examine import MAX_PATHS, Resident, examine
from shipworthy.assess.memory import Memory
from shipworthy.assess.watch import Watch
from shipworthy.assess.wire import Command, WireError, dump
from shipworthy.bugs import bug
from shipworthy.project import Project

LAST_SECONDS = 2.0
"""How long a child whose coach is gone may take to clean up."""


class _Incoming:
    """What there is to do, in order. Commands are read on a thread of their own: a cancel is heard during a check."""

    def __init__(self, stream: BinaryIO, switch: Callable[[bool], None]) -> None:
        """`switch` is told at once to watch, or to stop watching."""
        self.waiting: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        """Commands to run; None: the repository changed."""
        self.cancelled = threading.Event()
        self.stopped = threading.Event()
        """Set with `cancelled` where a person wants nothing in its place."""
        self.taken = 0
        """How many commands were taken from `waiting`."""
        self._came = 0
        self._stream = stream
        self._switch = switch
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self._stream:
            try:
                command = Command.load(line)
            except WireError as error:
                sys.stderr.write(f"shipworthy child: {error}\n")
                continue
            if command.do in ("watch", "unwatch"):
                self._switch(command.do == "watch")
            elif command.do == "cancel":
                self.stopped.set()
                self.cancelled.set()
            else:
                # A new run replaces the one under way.
                self._came += 1
                self.cancelled.set()
                self.waiting.put(command)
        self._ended()

    @property
    def asked(self) -> bool:
        """Whether a command waits. Two counts, each changed by one thread only, so that neither loses one."""
        return self._came > self.taken

    def _ended(self) -> None:
        # The coach is gone: nobody reads the answers. An interrupt first, so that what a check started is ended too.
        self.cancelled.set()
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(LAST_SECONDS)
        os._exit(0)


class _Child:
    """Examines on command, and by itself when it watches and the repository changed."""

    def __init__(self, root: Path, commands: BinaryIO, answers: BinaryIO) -> None:
        self._root = root
        self._answers = answers
        self._lock = threading.Lock()
        """Held while an event is written and while changes are added or taken."""
        self._memory = Memory()
        self._changes: list[tuple[Project | None, Change]] = []
        self._base = 0
        """The number of the listing that changes count against."""
        self._replaced = threading.Event()
        self._running_code = ""
        """The item for which the project's own code runs now."""
        self._left: set[str] = set()
        """Items of a run that a change cut short."""
        self._left_to_run: set[str] = set()
        """Of those, items for which the person asked to have the project's own code run."""
        self._consent: frozenset[str] = frozenset()
        """What the person allowed for those."""
        self._why = ""
        self._watch = Watch(root, self._changed, self._broke)
        self._incoming = _Incoming(commands, self._switch)

    def _emit(self, event: Event) -> None:
        line = dump(event)
        with self._lock:
            self._answers.write(line)
            self._answers.flush()

    # On other threads

    def _switch(self, on: bool) -> None:
        if not on:
            self._watch.off()
            self._emit(Watching(on=False))
            return
        try:
            self._watch.on()
        except OSError as error:
            self._broke(f"the files cannot be watched: {error.strerror}")
        else:
            self._emit(Watching(on=True))

    def _broke(self, why: str) -> None:
        self._emit(Watching(on=False, problem=why))

    def _changed(self, base: int, project: Project | None, change: Change) -> None:
        with self._lock:
            if base != self._base:
                # Everything was listed anew in the meantime, and is examined by that.
                return
            self._changes.append((project, change))
            running = self._running_code
        if running:
            # A run of the person's own stays; what else was said does not hold any more, and that is said now.
            items = self._memory.affected(change) - {running}
            branch = project.head.branch if project else None
            paths = change.paths
            self._emit(Changed(paths=paths[:MAX_PATHS], total=len(paths), items=tuple(sorted(items)), branch=branch))
        else:
            self._replaced.set()
        self._incoming.waiting.put(None)

    # On the main thread

    def serve(self) -> None:
        """Work until the input ends."""
        while True:
            command = self._incoming.waiting.get()
            if command is not None:
                self._obey(command)
            else:
                self._examine_again()

    def _obey(self, command: Command) -> None:
        self._incoming.taken += 1
        self._incoming.cancelled.clear()
        self._incoming.stopped.clear()
        if command.only is None:
            self._forget_left()
        self._consent = frozenset(command.consent)
        listed_at = time.time()

        def opened(project: Project) -> None:
            # A part of the items says nothing about the others, which still rest on the listing before.
            if command.only is None:
                self._memory.forget()
                self._memory.doubt = False
                with self._lock:
                    self._base = self._watch.examined(project, listed_at)
                    self._changes.clear()
                    self._replaced.clear()

        self._examine(command.only, Resident(memory=self._memory, opened=opened), own=False, fresh=command.fresh)

    def _examine_again(self) -> None:
        with self._lock:
            changes, self._changes = self._changes, []
        if self._left and self._incoming.stopped.is_set():
            # The person stopped it between the run that was cut short and this one.
            self._forget_left()
            self._emit(Done(cancelled=True, advisories=None, milliseconds=0))
        if not changes and not self._left:
            return
        project = changes[-1][0] if changes else None
        change = Change()
        for _, each in changes:
            change |= each
        if self._incoming.asked:
            # What the person asked for comes first.
            with self._lock:
                self._changes[:0] = changes
            self._incoming.waiting.put(None)
            return
        self._incoming.cancelled.clear()
        self._incoming.stopped.clear()
        everything = change.whole or self._memory.doubt
        self._memory.doubt = False
        only, to_run = tuple(sorted(self._left)), bool(self._left_to_run)
        self._forget_left()
        self._why = _first(change) if changes else self._why
        resident = Resident(
            memory=self._memory,
            project=project,
            change=change,
            everything=everything,
            run_nothing="" if to_run else self._why,
        )
        self._examine(only, resident, own=True)

    def _examine(self, only: tuple[str, ...] | None, resident: Resident, *, own: bool, fresh: bool = False) -> None:
        """`own`: not on command."""
        with self._lock:
            self._replaced.clear()
            if self._changes:
                self._replaced.set()
        cancelled, replaced = self._incoming.cancelled, self._replaced
        # What was announced is owed, even where the run is cut short before it planned anything.
        left: set[str] = set(only or ())

        def emit(event: Event) -> None:
            if isinstance(event, Changed):
                left.update(event.items)
            elif isinstance(event, Planned):
                left.clear()
                left.update(event.items)
            elif isinstance(event, Started):
                if event.item in self._memory.run_items and not resident.run_nothing:
                    self._running_code = event.item
            elif isinstance(event, Judged):
                self._running_code = ""
                left.discard(event.item)
            elif isinstance(event, Failed):
                self._memory.doubt = True
            elif isinstance(event, Done) and event.cancelled and replaced.is_set() and not cancelled.is_set():
                # What is left of it goes on in the next one.
                return
            self._emit(event)

        context = default_context(allow=self._consent)
        examine(
            self._root,
            context,
            emit=emit,
            only=only,
            cancelled=lambda: cancelled.is_set() or replaced.is_set(),
            use_cache=not fresh,
            resident=resident,
        )
        self._running_code = ""
        if not self._incoming.stopped.is_set() and left and (own or replaced.is_set()):
            self._left |= left
            if not resident.run_nothing:
                self._left_to_run |= left & self._memory.run_items
            self._incoming.waiting.put(None)

    def _forget_left(self) -> None:
        self._left.clear()
        self._left_to_run.clear()


def _first(change: Change) -> str:
    """What changed, as words to go on with."""
    paths = change.paths
    if not paths:
        return "the commit changed"
    return f"{paths[0]} changed" if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more changed"


def serve(root: Path, commands: BinaryIO, answers: BinaryIO) -> None:
    """Answer commands until the input ends."""
    _Child(root, commands, answers).serve()


def main() -> None:
    """`python -P -m shipworthy.assess.child ROOT`."""
    # Whatever a library prints must not land among the events.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    os.nice(10)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        serve(Path(sys.argv[1]), sys.stdin.buffer, answers)
    except (KeyboardInterrupt, BrokenPipeError):
        # At once: the reading thread holds stdin, and an orderly end would wait for it for ever.
        os._exit(130)
    except Exception as error:
        answers.write(dump(Failed(message=bug("the examination", error), diagnostics="Press R to start it again.")))
        answers.flush()
        os._exit(1)


if __name__ == "__main__":
    main()
