"""The resident child process that examines for the coach: commands come in on stdin, events go out on stdout."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
from pathlib import Path
from typing import BinaryIO

from shipworthy.assess.context import default_context
from shipworthy.assess.events import Event, Failed
from shipworthy.assess.examine import examine
from shipworthy.assess.wire import Command, WireError, dump
from shipworthy.bugs import bug

LAST_SECONDS = 2.0
"""How long a child whose coach is gone may take to clean up."""


class _Commands:
    """Reads commands on a thread of its own, so that a cancel is heard while a check runs."""

    def __init__(self, stream: BinaryIO) -> None:
        self.runs: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self.cancelled = threading.Event()
        self._stream = stream
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self._stream:
            try:
                command = Command.load(line)
            except WireError as error:
                sys.stderr.write(f"shipworthy child: {error}\n")
                continue
            if command.do == "cancel":
                self.cancelled.set()
            else:
                # A new run replaces the one under way.
                self.cancelled.set()
                self.runs.put(command)
        # The coach is gone: nobody reads the answers. An interrupt first, so that what a check started is ended too.
        self.cancelled.set()
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(LAST_SECONDS)
        os._exit(0)


def serve(root: Path, commands: BinaryIO, answers: BinaryIO) -> None:
    """Answer commands until the input ends."""
    incoming = _Commands(commands)

    def emit(event: Event) -> None:
        answers.write(dump(event))
        answers.flush()

    while True:
        command = incoming.runs.get()
        incoming.cancelled.clear()
        allowed = frozenset(command.consent)
        examine(
            root,
            default_context(allow=allowed),
            emit=emit,
            only=command.only,
            cancelled=incoming.cancelled.is_set,
            use_cache=not command.fresh,
        )


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
