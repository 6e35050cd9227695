"""The embedded index of advisories: which packages have any, which versions each affects, and how old the data is."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Protocol

FORMAT = 1
"""Raise it when the shape below changes; an index of another format is refused."""
FILE = "embedded.json.zlib"
# Shape: {"format": 1, "ecosystems": {name: {"date": "YYYY-MM-DD", "advisories": n, "partial": "" or why,
#   "inputs": [{"name", "sha256"}], "packages": {package: [[id, [alias, …], severity or null,
#   [[introduced, fixed] | [introduced, last affected, 1] | [introduced] | [], …], [version, …]], …]}}}}
# "introduced" is "" for the beginning, [] is a range nobody can order; versions are those no interval holds.


@dataclass(frozen=True, slots=True)
class Interval:
    """Affected versions from `introduced` (None: the first) up to `end`, which is the first fixed one or, where
    `inclusive`, the last affected one. `end` None: no fixed version is known."""

    introduced: str | None
    end: str | None
    inclusive: bool = False


@dataclass(frozen=True, slots=True)
class Advisory:
    """One advisory about one package. `severity` is "low" to "critical" ("none" too), None where nobody rated it."""

    id: str
    aliases: tuple[str, ...]
    severity: str | None
    intervals: tuple[Interval, ...]
    versions: tuple[str, ...] = ()
    unordered: bool = False
    """Whether it also names a range whose ends cannot be ordered, so that "not affected" is never certain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """How old and how large the data of one ecosystem is. `partial`: why it is not the whole, "" where it is."""

    ecosystem: str
    date: date
    advisories: int
    partial: str = ""


class AdvisorySource(Protocol):
    """Where advisories come from: the embedded index, or a service that answers the same questions."""

    def advisories(self, ecosystem: str, package: str) -> tuple[Advisory, ...]:
        """Every advisory about a package, by its normalised name."""
        ...

    def snapshot(self, ecosystem: str) -> Snapshot | None:
        """The state of the data; None where the ecosystem is not covered at all."""
        ...


class Index:
    """Advisories held in memory, in the shape that `scripts/build_advisories.py` writes."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        """Raises ValueError where the document has another format."""
        if document.get("format") != FORMAT:
            raise ValueError(f"advisory index: format {document.get('format')!r}, expected {FORMAT}")
        self._ecosystems: Mapping[str, Any] = document["ecosystems"]

    @classmethod
    def from_bytes(cls, data: bytes) -> Index:
        """Raises ValueError for bytes that are no index."""
        try:
            return cls(json.loads(zlib.decompress(data)))
        except (zlib.error, KeyError, TypeError, AttributeError) as error:
            raise ValueError("advisory index: damaged") from error

    def advisories(self, ecosystem: str, package: str) -> tuple[Advisory, ...]:
        rows = self._ecosystems.get(ecosystem, {}).get("packages", {}).get(package, ())
        return tuple(
            Advisory(
                id=identity,
                aliases=tuple(aliases),
                severity=severity,
                intervals=tuple(_interval(each) for each in intervals if each),
                versions=tuple(versions),
                unordered=[] in intervals,
            )
            for identity, aliases, severity, intervals, versions in rows
        )

    def snapshot(self, ecosystem: str) -> Snapshot | None:
        held = self._ecosystems.get(ecosystem)
        if held is None:
            return None
        return Snapshot(
            ecosystem=ecosystem,
            date=date.fromisoformat(held["date"]),
            advisories=held["advisories"],
            partial=held["partial"],
        )


def _interval(row: list[Any]) -> Interval:
    return Interval(row[0] or None, row[1] if len(row) > 1 else None, len(row) > 2)


@cache
def embedded() -> Index:
    """The index shipped with this version. Raises ValueError where the installed file is damaged."""
    return Index.from_bytes(files("shipworthy.sources.advisories").joinpath(FILE).read_bytes())
