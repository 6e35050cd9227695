"""Other processes that look at blobs: each has a git of its own, is told ids and paths, and answers with records.

A process that is lost takes the part it had in hand with it: what ended one may end this one too, so its blobs are
said to be unread. What it had not begun stays with whoever asked.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from shipworthy.facts import process
from shipworthy.facts.process import Process
from shipworthy.facts.secret_history.store import Looked
from shipworthy.facts.team import processes
from shipworthy.git import Git

PART = 400
"""Blobs that are handed out at a time: each part takes a new git, and a fraction of a second."""
LEAST = 2_500
"""Fewer blobs than this, and starting a process costs more than it saves."""

Answer = Looked | str
"""What a look gave; a text says why it gave nothing."""
Asked = list[tuple[str, list[str]]]
"""Ids of blobs, each with the paths it is to be looked at under."""
Answered = list[list[Answer] | str | None]
"""For each blob, an answer for each path; a text where none can be given, None where git does not have it."""


def helpers(blobs: int) -> int:
    """How many processes are worth starting beside this one."""
    return processes() - 1 if blobs >= LEAST else 0


class Helper:
    """One such process."""

    def __init__(self, folder: Path, deadline: float, size: int) -> None:
        """`size`: how many bytes there are in all, about. Raises OSError where it cannot be started."""
        self._process = Process("shipworthy.facts.secret_history.crew")
        self._to, self._back = (
            os.fdopen(self._process.to, "wb", closefd=False),
            os.fdopen(self._process.back, "rb", closefd=False),
        )
        self._hello = {"folder": os.fspath(folder), "seconds": deadline - time.monotonic(), "size": size}

    def ask(self, asked: Asked) -> Answered | None:
        """What it answers; None where it is lost, or answers nonsense."""
        try:
            if self._hello:
                self._to.write(_line(self._hello))
                self._hello = {}
            self._to.write(_line(asked))
            self._to.flush()
            said = json.loads(self._back.readline())
            answered = [each if not isinstance(each, list) else [_answer(row) for row in each] for each in said]
        except (OSError, ValueError, TypeError):
            return None
        fits = len(answered) == len(asked) and all(
            not isinstance(each, list) or len(each) == len(paths)
            for each, (_, paths) in zip(answered, asked, strict=True)
        )
        return answered if fits else None

    def end(self) -> None:
        """End it now."""
        # First of all: a thread that waits for it holds the streams, and closing them would wait for that thread.
        self._process.kill()
        for stream in (self._to, self._back):
            with contextlib.suppress(OSError):
                stream.close()
        self._process.end()


def _line(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii") + b"\n"


def _answer(row: Any) -> Answer:
    if isinstance(row, str):
        return row
    kind, length, rows, left = row
    return Looked(str(kind), int(length), tuple(rows), left)


def serve(incoming: BinaryIO, outgoing: BinaryIO) -> None:
    """Answer part after part until the input ends."""
    from shipworthy.facts.secret_history.look import looks
    from shipworthy.facts.secrets.engine import expect
    from shipworthy.git_objects import LEAN

    hello = json.loads(incoming.readline())
    git = Git(Path(hello["folder"]), env={"GIT_CONFIG_PARAMETERS": LEAN})
    deadline = time.monotonic() + float(hello["seconds"])
    # Whoever started this was told the same, so what there is to compile is compiled.
    expect(int(hello["size"]))
    for line in incoming:
        answered = [_told(each) for each in looks(git, json.loads(line), deadline)]
        outgoing.write(_line(answered))
        outgoing.flush()


def _told(answers: list[Answer] | str | None) -> Any:
    return answers if not isinstance(answers, list) else list(_rows(answers))


def _rows(answers: list[Answer]) -> Iterator[Any]:
    for each in answers:
        yield each if isinstance(each, str) else [each.kind, each.length, each.rows, each.left]


if __name__ == "__main__":
    process.main(serve)
