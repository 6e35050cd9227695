"""Reads `.secrets.baseline` of detect-secrets: what somebody audited as no secret is allowed, the rest is only known.

Source: detect-secrets' README ("Audit") and docs/audit.md: `results` maps a file to rows with `hashed_secret` (sha1 of
the value, hex), `line_number`, and after an audit `is_secret`. A row allows its value in its file, wherever the line
has moved to. The hash of a private key is that of its first line's words, the same for every key: such a row counts on
its own line only. The filters a baseline names are not followed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from shipworthy.checklist.document import Problem
from shipworthy.facts.secrets.allow.place import Allowed, Place
from shipworthy.model import Location
from shipworthy.project.yaml import BadData, load_json

BASELINE = ".secrets.baseline"
MAX_BYTES = 10 * 1024 * 1024
_SHA1 = re.compile(r"[0-9a-f]{40}")
_QUOTED = re.compile(rb"\"([^\"\n]{1,2000})\"|'([^'\n]{1,2000})'|`([^`\n]{1,2000})`|([^\s\"'`=:,;]{1,2000})")
_KEY = re.compile(rb"BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?")
_LONGEST_LINE = 20_000
_MOST_CANDIDATES = 12


class Baseline:
    """The audited rows of one file."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._cleared: dict[str, dict[str, set[int]]] = {}
        """By path and hash, the lines."""
        self.problems: list[Problem] = []
        if len(data) > MAX_BYTES:
            self._wrong(f"larger than {MAX_BYTES // 1024 // 1024} MiB, so it allows nothing", None)
            return
        try:
            self._read(load_json(data))
        except BadData as error:
            self._wrong(f"no valid JSON, so it allows nothing ({type(error).__name__})", error.line)

    def _read(self, document: object) -> None:
        results = document.get("results") if isinstance(document, dict) else None
        if not isinstance(results, dict):
            self._wrong("it has no table `results`, so it allows nothing", None)
            return
        for name, rows in results.items():
            for row in rows if isinstance(rows, list) else ():
                if not isinstance(row, dict) or row.get("is_secret") is not False:
                    continue
                digest, line = row.get("hashed_secret"), row.get("line_number")
                if isinstance(digest, str) and _SHA1.fullmatch(digest):
                    path = str(name).replace("\\", "/").removeprefix("./")
                    lines = self._cleared.setdefault(path, {}).setdefault(digest, set())
                    lines.add(line if isinstance(line, int) else 0)

    def allowed(self, place: Place) -> Allowed | None:
        """The permission of an audited row with this value in this file."""
        cleared = self._cleared.get(place.path)
        if cleared is None or place.value is None:
            return None
        for candidate in _candidates(place):
            digest = hashlib.sha1(candidate, usedforsecurity=False).hexdigest()
            lines = cleared.get(digest)
            if lines is None or (_KEY.fullmatch(candidate) and place.line not in lines):
                continue
            at = self._data.find(digest.encode("ascii"))
            number = self._data.count(b"\n", 0, at) + 1 if at >= 0 else None
            where = Location(path=BASELINE, line=number)
            return Allowed(by=BASELINE, reason="audited as no secret", location=where)
        return None

    def _wrong(self, message: str, line: int | None) -> None:
        remedy = "Make it again: detect-secrets scan, then detect-secrets audit."
        self.problems.append(Problem(file=BASELINE, line=line, key="", message=message, remedy=remedy))


def _candidates(place: Place) -> Iterator[bytes]:
    """What detect-secrets may have taken for the value: ours, and what stands in quotes or between spaces around it."""
    value = place.value or b""
    yield value
    yield value.strip(b" \t\r\n\"'`")
    if match := _KEY.search(place.lines.partition(b"\n")[0][:_LONGEST_LINE]):
        yield match.group()
    start = place.lines.find(value)
    if start < 0 or len(place.lines) > _LONGEST_LINE:
        return
    found = 0
    for match in _QUOTED.finditer(place.lines):
        if match.start() < start + len(value) and start < match.end() and found < _MOST_CANDIDATES:
            found += 1
            yield next(each for each in match.groups() if each is not None)
