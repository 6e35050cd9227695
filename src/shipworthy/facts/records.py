"""Records of one file: made within limits, written as text for the cache and between processes, read back on demand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import ItemsView, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from shipworthy.bugs import bug
from shipworthy.facts.base import Analyser, Record
from shipworthy.facts.limits import OverTime, time_limit
from shipworthy.project import Source

_JSON = json.JSONEncoder(separators=(",", ":")).encode
"""As json.dumps, which makes an encoder anew for each call that is not the usual one."""


NOTHING = "null"
"""The commonest record of all, so known by sight: an analyser that found nothing says None."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as text: what the cache keeps and a worker answers."""

    text: str
    """The value as JSON."""
    gaps: tuple[tuple[str, int | None], ...]
    sum: str
    """A hash over both: tells a damaged text, and whether two records are the same."""

    @classmethod
    def of(cls, text: str, gaps: Sequence[tuple[str, int | None]]) -> Stored:
        if text == NOTHING and not gaps:
            return _nothing()
        return cls._made(text, gaps)

    @classmethod
    def _made(cls, text: str, gaps: Sequence[tuple[str, int | None]]) -> Stored:
        rows = tuple((str(reason), line) for reason, line in gaps) if gaps else ()
        whole = f"{text}\0{json.dumps(rows) if rows else '[]'}".encode("ascii", "backslashreplace")
        return cls(text, rows, hashlib.blake2b(whole, digest_size=16).hexdigest())

    @classmethod
    def made(cls, record: Record) -> Stored:
        return cls.of(_JSON(record.value), record.gaps)


@cache
def _nothing() -> Stored:
    return Stored._made(NOTHING, ())


def digest(data: bytes) -> str:
    """The hash by which bytes are known again."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


Answer = Record | Stored | str
"""What became of one analyser's look at one file; a text says why there is no record."""


class Values(Mapping[str, Any]):
    """Value by path. One that came as text is parsed when it is first asked for: many are asked for by nobody."""

    def __init__(self) -> None:
        self._held: dict[str, Any] = {}
        self._texts: dict[str, str] = {}

    def add(self, path: str, answer: Record | Stored) -> None:
        if not isinstance(answer, Stored):
            self._held[path] = answer.value
            return
        self.add_nothing(path)
        if answer.text != NOTHING:
            self._texts[path] = answer.text

    def add_nothing(self, path: str) -> None:
        """As `add` of a record of None."""
        self._held[path] = None

    def __getitem__(self, path: str) -> Any:
        text = self._texts.pop(path, None)
        if text is not None:
            self._held[path] = json.loads(text)
        return self._held[path]

    def items(self) -> ItemsView[str, Any]:
        # As the mixin's, without asking for each of tens of thousands that hold nothing.
        for path in tuple(self._texts):
            self[path]
        return self._held.items()

    def __contains__(self, path: object) -> bool:
        return path in self._held

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)


def analyse(source: Source, analysers: Sequence[Analyser], seconds: float) -> list[Record | str]:
    """Each analyser's record of a file, or why there is none. Each may take `seconds`; one timer serves them all."""
    answers: list[Record | str] = []
    while len(answers) < len(analysers):
        first = len(answers)
        try:
            with time_limit(seconds):
                for analyser in analysers[first:]:
                    answers.append(one_record(source, analyser))  # noqa: PERF401 - what is there must stay on OverTime
        except OverTime as error:
            # Whoever came later in this turn had less than the full time, and gets a turn of its own.
            if len(answers) == first:
                answers.append(str(error))
    return answers


def one_record(source: Source, analyser: Analyser) -> Record | str:
    """One analyser's record of a file, or why there is none. Raises OverTime, and nothing else."""
    try:
        return analyser.analyse(source)
    except OverTime:
        raise
    except RecursionError:
        return "nested too deep to read"
    except Exception as error:
        # One file must not cost the answers about all others; what it says may hold a secret.
        return bug(f"the {analyser.name} analyser", error)
