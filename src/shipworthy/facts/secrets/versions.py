"""Looks at one version of a file after the other: what did not change since the last is not matched again.

What the database said of the last version holds of what the two have in common, at its new place. Only what changed is
matched, with the lines around it; every rule is then tried on the whole text, so no answer depends on any of this.
"""

from __future__ import annotations

import re

from shipworthy.facts.secrets.engine import Candidates, Engine
from shipworthy.facts.secrets.hyper import HyperscanEngine, Reports

LINES = 50
"""Lines around a change that are matched with it. No expression spans as many but blank ones: a test reads them all."""
_BLANK = re.compile(rb"\n(?:[ \t\r\f\v,;]*\n){4}")
"""Where an expression could pass over more lines than that."""
_NEAR_LINES = 2_500
"""Bytes that hold as many lines nearly always."""
_WORTH = 0.75
"""A change that takes in more of the text than this is matched with the rest of it at once."""
_LEAST = 6_000
_STEP, _NEAR = 4_096, 256


class Versions:
    """Candidates of texts, asked for in any order, quickest with the versions of a file one after the other."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._path: str | None = None
        self._data = b""
        self._said: Reports | None = None
        """Of the last text."""

    def candidates(self, data: bytes, path: str) -> Candidates | None:
        """As the engine's."""
        engine = self._engine
        if not isinstance(engine, HyperscanEngine):
            return engine.candidates(data, path)
        said = self._changes(engine, data) if path == self._path else None
        if said is None or said.cut or said.overrun:
            said = engine.reports(data, path)
        self._path, self._data, self._said = path, data, said
        return engine.weighed(said, path)

    def _changes(self, engine: HyperscanEngine, data: bytes) -> Reports | None:
        """What is said of a text, by what was said of the last; None where that is not worth it."""
        last, was = self._said, self._data
        if last is None or self._path is None or last.cut or last.overrun or len(data) < _LEAST:
            return None
        same = _same_start(was, data)
        tail = len(data) - _same_end(was, data, same)
        start, end = _lines_before(data, same), _lines_behind(data, tail)
        if end - start > _WORTH * len(data) or _BLANK.search(data, start, same) or _BLANK.search(data, tail, end):
            return None
        now = engine.reports(data[start:end], self._path)
        shift = len(data) - len(was)
        return now.moved(start).joined(last, same, tail - shift, shift, engine.once)


def _lines_before(data: bytes, at: int) -> int:
    near = max(0, at - _NEAR_LINES)
    if data.count(b"\n", near, at) > LINES:
        return data.find(b"\n", near) + 1
    for _ in range(LINES + 1):
        at = data.rfind(b"\n", 0, at)
        if at < 0:
            break
    return at + 1


def _lines_behind(data: bytes, at: int) -> int:
    near = at + _NEAR_LINES
    if data.count(b"\n", at, near) > LINES:
        return data.rfind(b"\n", at, near) + 1
    for _ in range(LINES + 1):
        at = data.find(b"\n", at) + 1
        if not at:
            return len(data)
    return at


def _same_start(one: bytes, other: bytes) -> int:
    """How many bytes two texts have in common at their start, less up to some hundred."""
    most = min(len(one), len(other))
    same, step = 0, _STEP
    while same + step <= most and one[same : same + step] == other[same : same + step]:
        same += step
        step *= 2
    least, most = same, min(same + step, most)
    while most - least > _NEAR:
        middle = (least + most) // 2
        if one[least:middle] == other[least:middle]:
            least = middle
        else:
            most = middle
    return least


def _same_end(one: bytes, other: bytes, start: int) -> int:
    """The same of their ends, behind the first `start` bytes."""
    long, wide = len(one), len(other)
    most = min(long, wide) - start
    same, step = 0, _STEP
    while same + step <= most and one[long - same - step : long - same] == other[wide - same - step : wide - same]:
        same += step
        step *= 2
    least, most = same, min(same + step, most)
    while most - least > _NEAR:
        middle = (least + most) // 2
        if one[long - middle : long - least] == other[wide - middle : wide - least]:
            least = middle
        else:
            most = middle
    return least
