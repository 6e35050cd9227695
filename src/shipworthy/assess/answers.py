"""Remembers a whole answer about a repository, for as long as nothing it rests on is another.

That is every file git lists, as git sees it (`project.state`), this program and what is installed beside it, and the
day. It is asked before anything that would work the answer out is loaded. Like every file in the cache folder it can
cost time, never an answer: what cannot be read or trusted is worked out again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.facts.secrets import kept
from shipworthy.project.project import MAX_BYTES, Opening, Project
from shipworthy.project.state import State

if TYPE_CHECKING:
    from shipworthy.facts import Gap

_LAYOUT = b"shipworthy-answer-1\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said, without any secret's value."""

    out: str
    """Standard output."""
    remarks: tuple[str, ...]
    """Lines for standard error: what could not be read, and what is left out."""


class Answers:
    """The answer to one question about the repository at `root`. Use one object for recalling and keeping."""

    def __init__(self, folder: Path, root: Path, question: str, today: date) -> None:
        """`folder`: the user's cache folder. `today`: in UTC, by which exceptions expire.

        The program is looked at here, before it answers: one that is replaced meanwhile answers to no later look.
        """
        name = hashlib.blake2b(os.fsencode(os.path.realpath(root)) + b"\0" + question.encode(), digest_size=12)
        self._file = folder / f"answer-{name.hexdigest()}.json"
        self._question = f"{question} {today}"
        try:
            self._program: str | None = program_stamp()
        except OSError:
            self._program = None

    def recalled(self, opening: Opening) -> Answer | None:
        """The answer, if it is known and still holds."""
        try:
            body = kept.read(self._file, _LAYOUT)
            if body is None:
                return None
            question, program, state, out, remarks = json.loads(body)
            known, answer = State(*state), Answer(str(out), tuple(map(str, remarks)))
        except (OSError, ValueError, TypeError):
            return None
        if question != self._question or program is None or program != self._program:
            return None
        return answer if opening.is_at(known) else None

    def keep(self, state: State | None, answer: Answer) -> None:
        """Remember it as the answer for files in this state; None: they cannot be known again."""
        if state is None or self._program is None:
            with contextlib.suppress(OSError):
                self._file.unlink(missing_ok=True)
            return
        body = json.dumps([self._question, self._program, state, answer.out, answer.remarks]).encode("ascii")
        with contextlib.suppress(OSError):
            kept.write(self._file, _LAYOUT, body, alone=False)


def lasting(project: Project, gaps: Iterable[Gap]) -> bool:
    """Whether all that could not be read will not be read tomorrow either: not so what took too long."""
    for gap in gaps:
        entry = project.files.get(gap.path or "")
        if entry is None or (entry.problem != gap.reason and entry.size <= MAX_BYTES):
            return False
    return True


def program_stamp() -> str:
    """Another one wherever a file of this program, Python, or what is installed beside them, may be another.

    Told from sizes and times, which takes a tenth of what reading the files does. Raises OSError.
    """
    total = hashlib.blake2b(sys.version.encode("utf-8"), digest_size=16)
    for folder in sys.path:
        # Whatever is installed or taken away changes the folder it is in.
        with contextlib.suppress(OSError):
            total.update(repr((folder, Path(folder).stat().st_mtime_ns)).encode("ascii", "backslashreplace"))
    for entry, found in _files(Path(__file__).parents[1]):
        row = (entry.path, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
        total.update(repr(row).encode("ascii", "backslashreplace"))
    return total.hexdigest()


def _files(folder: Path | str) -> Iterator[tuple[os.DirEntry[str], os.stat_result]]:
    """In the order of their names. Raises OSError."""
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            if entry.is_dir(follow_symlinks=False):
                if entry.name != "__pycache__":
                    yield from _files(entry.path)
            else:
                yield entry, entry.stat()
