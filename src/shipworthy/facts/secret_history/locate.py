"""Works out which commit brought a secret in, from what each commit changed and which blobs hold it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from itertools import groupby

from shipworthy.facts.secret_history.look import Row
from shipworthy.facts.secret_history.walk import Walk

Hits = Mapping[tuple[str, str], list[Row]]
"""By blob id and path, what stands there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """When a commit was made: both times, each with the zone of whoever made it."""

    committed: datetime
    authored: datetime

    @classmethod
    def read(cls, seconds: str, zone: str, seconds_authored: str, zone_authored: str) -> Stamp:
        """From what git writes: "1700000000" and "+0100". Raises ValueError."""
        return cls(committed=_time(seconds, zone), authored=_time(seconds_authored, zone_authored))


def _time(seconds: str, zone: str) -> datetime:
    try:
        minutes = int(zone[1:3]) * 60 + int(zone[3:5])
        offset = timezone(timedelta(minutes=-minutes if zone.startswith("-") else minutes))
        return datetime.fromtimestamp(int(seconds), offset)
    except (OverflowError, OSError, ValueError):
        # git lets a commit have any number, and any zone.
        return datetime.fromtimestamp(min(max(int(seconds), 0), 253_000_000_000), UTC)


@dataclass(frozen=True, slots=True)
class Added:
    """One commit that brought a secret into one file, where it was not before."""

    commit: str
    """Its full id and times, as git tells them; "" where a ref holds the file outright, without a commit."""
    path: str
    oid: str
    """The blob that held it then."""
    key: str


@dataclass(slots=True)
class Located:
    """Who brought in what, and where it stood last."""

    added: list[Added] = field(default_factory=list)
    """Newest commit first."""
    last: dict[tuple[str, str], str] = field(default_factory=dict)
    """By key and path, the newest blob that holds it."""


def key_of(row: Row, path: str) -> str:
    """What tells one secret from another: the hash of its token, else rule, path and name."""
    return row["token"] or "\0".join((row["rule"], path, row["name"] or row["rule"]))


def locate(walk: Walk, hits: Hits) -> Located:
    """Who brought in what is in `hits`, as far as the walk goes.

    A commit brings a secret in where the file has it and no parent's has it. One that takes it out of another file at
    the same time moved it, and does not count.
    """
    keys = {place: {key_of(row, place[1]) for row in rows} for place, rows in hits.items()}
    holding = {oid for oid, _ in keys}
    number = {blob: oid for blob in range(walk.blobs) if (oid := walk.hex(blob)) in holding}
    touched = (
        row for row in range(len(walk.commit)) if walk.new[row] in number or (number and walk.old[row] in number)
    )
    found = Located()
    for commit, rows in groupby(touched, key=lambda row: walk.commit[row]):
        gone: set[str] = set()
        came: list[Added] = []
        for path_number, group in groupby(rows, key=lambda row: walk.path[row]):
            path, changes = walk.paths[path_number], list(group)
            oid = number.get(walk.new[changes[0]], "")
            now = keys.get((oid, path), set())
            before = set[str]().union(*_before(walk, changes, number, keys, path))
            for key in sorted(now):
                found.last.setdefault((key, path), oid)
            came += [Added(walk.commits[commit], path, oid, key) for key in sorted(now - before)]
            gone |= before - now
        found.added += [each for each in came if each.key not in gone]
    return found


def _before(
    walk: Walk, rows: list[int], number: Mapping[int, str], keys: Mapping[tuple[str, str], set[str]], path: str
) -> Iterator[set[str]]:
    for row in rows:
        oid = number.get(walk.old[row])
        if oid is not None:
            yield keys.get((oid, path), set())
