"""A second process for the shared pass: bytes of files come in on stdin, their records go out on stdout.

For `facts.bulk` it reads for itself what it is told to by name, never through a symlink.
"""

from __future__ import annotations

import importlib
import json
import struct
from collections.abc import Iterable
from itertools import chain
from typing import Any, BinaryIO

from shipworthy.facts import process
from shipworthy.facts.base import Analyser
from shipworthy.facts.records import analyse
from shipworthy.project import FileEntry, Source
from shipworthy.project.files import FileKind

LENGTHS = struct.Struct(">II")
"""Before each message: the bytes of its JSON head and of its body."""


def message(head: Any, body: bytes = b"") -> bytes:
    """One message of the protocol."""
    text = json.dumps(head, separators=(",", ":")).encode("ascii")
    return LENGTHS.pack(len(text), len(body)) + text + body


def _next(stream: BinaryIO) -> tuple[Any, bytes] | None:
    lengths = stream.read(LENGTHS.size)
    if len(lengths) < LENGTHS.size:
        return None
    head, body = LENGTHS.unpack(lengths)
    return json.loads(stream.read(head)), stream.read(body)


def _analysers(rows: list[list[str]]) -> list[Analyser]:
    """The analysers by name; a version that differs means another program, whose records must not mix with ours."""
    found: list[Analyser] = []
    for module, name, version in rows:
        analyser: Analyser = getattr(importlib.import_module(module), name)()
        if analyser.version != version:
            raise SystemExit(f"{name} is of version {analyser.version}, not {version}")
        found.append(analyser)
    return found


def say(outgoing: BinaryIO, heads: Iterable[Any]) -> None:
    """That this process is ready, and then each of these as soon as it is there."""
    for head in chain(({"ready": True},), heads):
        outgoing.write(message(head))
        outgoing.flush()


def serve(incoming: BinaryIO, outgoing: BinaryIO) -> None:
    """Answer file after file until the input ends."""
    hello = _next(incoming)
    if hello is None:
        return
    analysers, seconds = _analysers(hello[0]["analysers"]), float(hello[0]["seconds"])
    if "root" in hello[0]:
        from shipworthy.facts.stretch import planned

        say(outgoing, planned(hello[0], analysers))
        return
    say(outgoing, ())
    while (asked := _next(incoming)) is not None:
        head, data = asked
        entry = FileEntry(
            path=head["path"],
            size=head["size"],
            mtime_ns=0,
            inode=0,
            kind=FileKind(head["kind"]),
            tracked=head["tracked"],
        )
        rows: list[Any] = []
        texts: list[bytes] = []
        for answer in analyse(Source(entry, data), [analysers[each] for each in head["which"]], seconds):
            if isinstance(answer, str):
                rows.append(answer)
            else:
                texts.append(json.dumps(answer.value, separators=(",", ":")).encode("ascii"))
                rows.append([len(texts[-1]), answer.gaps])
        outgoing.write(message({"path": entry.path, "rows": rows}, b"".join(texts)))
        outgoing.flush()


if __name__ == "__main__":
    process.main(serve)
