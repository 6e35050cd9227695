"""What light analysers say of a stretch of files, in whichever process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from shipworthy.facts.base import Analyser, Record
from shipworthy.facts.limits import OverTime, Turns
from shipworthy.facts.records import one_record
from shipworthy.project import FileEntry, Source, Unreadable
from shipworthy.project.files import FileKind
from shipworthy.project.project import MAX_BYTES
from shipworthy.project.safe import Reader

_json = json.JSONEncoder(separators=(",", ":")).encode

Said = tuple[str, Sequence[tuple[str, int | None]]] | str
"""A record's value as JSON and its gaps; or why there is none."""
Look = list[Said]
"""What each analyser says of a file."""


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
            yield answers


def _said(entry: FileEntry, data: bytes, analyser: Analyser) -> Said:
    try:
        record: Record | str | None = analyser.quick(entry, data)
        if isinstance(record, str):
            return record, ()
    except OverTime:
        raise
    except Exception:
        record = None  # whatever it is, the analysis itself meets it again and says so
    answer = one_record(Source(entry, data), analyser) if record is None else record
    return answer if isinstance(answer, str) else (_json(answer.value), answer.gaps)


def serve(head: dict[str, Any], analysers: Sequence[Analyser]) -> Callable[[list[Any]], list[Look]]:
    """For the other process: what answers a stretch, given what it was told first."""
    reader = Reader(Path(head["root"]))
    seconds = float(head["seconds"])

    def answer(rows: list[Any]) -> list[Look]:
        files = []
        for path, size, kind, tracked, *which in rows:
            entry = FileEntry(path=path, size=size, mtime_ns=0, inode=0, kind=FileKind(kind), tracked=tracked)
            files.append((entry, [analysers[each] for each in which]))
        return list(looks(lambda entry: reader.read(entry.path, MAX_BYTES), files, seconds))

    return answer
