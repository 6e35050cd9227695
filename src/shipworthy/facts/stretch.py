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
            turns.begin()
            try:
                for analyser in analysers:
                    answers.append(_said(entry, data, analyser))  # noqa: PERF401 - what is there must stay on OverTime
            except OverTime as error:
                answers += [str(error)] * (len(analysers) - len(answers))
            turns.end()
            yield None if all(said is _NOTHING for said in answers) else answers


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


def serve(head: dict[str, Any], analysers: Sequence[Analyser]) -> Iterator[list[Any]]:
    """For the other process, given what it was told first: [number, rows] for each stretch that it takes.

    The plan is a file, `[[[kind, tracked, analyser, ...], ...], [[path, size, which of those, ...], ...]]`; numbers of
    stretches come out of a pipe, each once.
    """
    reader = Reader(Path(head["root"]))
    seconds = float(head["seconds"])
    with os.fdopen(head["plan"], "rb") as file:
        file.seek(0)
        told, stretches = json.loads(file.read())
    kinds = [(FileKind(kind), tracked, [analysers[each] for each in which]) for kind, tracked, *which in told]
    while number := os.read(head["numbers"], NUMBER.size):
        (which,) = NUMBER.unpack(number)
        row = iter(stretches[which])
        files = []
        for path, size, each in zip(row, row, row, strict=True):
            kind, tracked, wanting = kinds[each]
            entry = FileEntry(path=path, size=size, mtime_ns=0, inode=0, kind=kind, tracked=tracked)
            files.append((entry, wanting))
        yield [which, list(looks(lambda entry: reader.read(entry.path, MAX_BYTES), files, seconds))]
