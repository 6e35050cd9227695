"""What light analysers say of a stretch of files, in whichever process."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from shipworthy.facts.base import Analyser, Record
from shipworthy.facts.limits import OverTime, Turns
from shipworthy.facts.records import NOTHING, one_record
from shipworthy.project import FileEntry, Source, Unreadable
from shipworthy.project.files import FileKind
from shipworthy.project.project import MAX_BYTES
from shipworthy.project.safe import Reader

_json = json.JSONEncoder(separators=(",", ":")).encode

Said = tuple[str, Sequence[tuple[str, int | None]]] | str
"""A record's value as JSON and its gaps; or why there is none."""
Look = list[Said] | None
"""What each analyser says of a file; None where nobody found anything, as in nearly every file."""
_NOTHING = (NOTHING, ())
NUMBER = struct.Struct(">I")
"""How the number of a stretch lies in the pipe."""


def looks(
    read: Callable[[FileEntry], bytes], files: Iterable[tuple[FileEntry, Sequence[Analyser]]], seconds: float
) -> Iterator[Look]:
    """What each file's analysers say of it, in order. Each file may take `seconds`."""
    with Turns(seconds) as turns:
        for entry, analysers in files:
            try:
                data = read(entry)
            except Unreadable as error:
                yield [str(error)] * len(analysers)
                continue
            answers: list[Said] = []
            nothing = True
            turns.begin()
            try:
                for analyser in analysers:
                    said = _said(entry, data, analyser)
                    answers.append(said)
                    nothing = nothing and said is _NOTHING
            except OverTime as error:
                answers += [str(error)] * (len(analysers) - len(answers))
                nothing = False
            turns.end()
            yield None if nothing else answers


def _said(entry: FileEntry, data: bytes, analyser: Analyser) -> Said:
    try:
        record: Record | str | None = analyser.quick(entry, data)
        if isinstance(record, str):
            return _NOTHING if record == NOTHING else (record, ())
    except OverTime:
        raise
    except Exception:
        record = None  # whatever it is, the analysis itself meets it again and says so
    answer = one_record(Source(entry, data), analyser) if record is None else record
    return answer if isinstance(answer, str) else (_json(answer.value), answer.gaps)


def taken(numbers: int) -> Iterator[int]:
    """The next stretch that nobody has taken; asking for its number takes it."""
    while number := os.read(numbers, NUMBER.size):
        yield NUMBER.unpack(number)[0]


def answers(
    root: Path, numbers: int, files: Callable[[int], Iterable[tuple[FileEntry, Sequence[Analyser]]]], seconds: float
) -> Iterator[list[Any]]:
    """In the other process: [number, rows] for each stretch that it takes. `files`: those of a stretch."""
    reader = Reader(root)
    for number in taken(numbers):
        yield [number, list(looks(lambda entry: reader.read(entry.path, MAX_BYTES), files(number), seconds))]


def planned(head: dict[str, Any], analysers: Sequence[Analyser]) -> Iterator[list[Any]]:
    """As `answers`, by what a process was told first that was started anew.

    The plan is a file, `[[[kind, tracked, analyser, ...], ...], [[path, size, which of those, ...], ...]]`.
    """
    with os.fdopen(head["plan"], "rb") as file:
        file.seek(0)
        told, stretches = json.loads(file.read())
    kinds = [(FileKind(kind), tracked, [analysers[each] for each in which]) for kind, tracked, *which in told]

    def files(number: int) -> Iterator[tuple[FileEntry, Sequence[Analyser]]]:
        row = iter(stretches[number])
        for path, size, each in zip(row, row, row, strict=True):
            kind, tracked, wanting = kinds[each]
            yield FileEntry(path=path, size=size, mtime_ns=0, inode=0, kind=kind, tracked=tracked), wanting

    return answers(Path(head["root"]), head["numbers"], files, float(head["seconds"]))
