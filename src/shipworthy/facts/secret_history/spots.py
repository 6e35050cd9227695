"""What stands beside the files of a history: in messages of commits and tags, in names of files and of refs."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from shipworthy.facts.base import Context, View
from shipworthy.facts.secret_history.look import Row
from shipworthy.facts.secret_history.messages import Heard, Ids, Tag, listen, said_in, tags
from shipworthy.facts.secret_history.walk import Walk
from shipworthy.facts.secrets import Sighting
from shipworthy.facts.secrets.allow import Allowed, Lines, Permissions, Place, place_at
from shipworthy.facts.secrets.fact import sightings_of
from shipworthy.facts.secrets.in_names import Named, in_names
from shipworthy.facts.secrets.within import Within
from shipworthy.git import Git, GitError
from shipworthy.git_objects import ObjectReader, TooLarge
from shipworthy.model import Location
from shipworthy.project.project import MAX_BYTES

_MOST_READ = 2_000
"""So many messages are read again for what is said beside a value; of others, the fingerprint and commit count."""
_KINDS = (("refs/heads/", "branch"), ("refs/tags/", "tag"), ("refs/remotes/", "remote branch"))


@dataclass(frozen=True, slots=True)
class Spot:
    """One secret in what is no file's text. It holds no value, so it may be kept."""

    within: str
    """A `Within`."""
    commit: str
    """Full id and times of the commit, or of the tag; of a ref, the id it points to. "" where there is none."""
    label: str
    """Of a commit, "message" or "header"; else the name of the tag, ref or file, without what is secret in it."""
    row: Row

    @property
    def oid(self) -> str:
        return self.commit.partition(" ")[0]


class Beside:
    """Looks for spots, and says what was not read."""

    def __init__(self, git: Git, context: Context, deadline: float) -> None:
        self._git, self._context, self._deadline = git, context, deadline
        self.left: Counter[str] = Counter()
        self.missing = 0
        self.unread: dict[str, None] = {}

    def of(self, walk: Walk, commits: int) -> list[Spot]:
        """What the first so many commits of a walk say, and the names of all its files. Raises Stopped."""
        heard = self._heard(listen(self._git, Ids(walk.commits, commits), "commit", self._context, self._deadline))
        self.left += heard.left
        spots = [
            Spot(Within.MESSAGE, walk.commits[number], "header" if header else "message", _placed(row, header))
            for number, header, row in heard.rows
        ]
        return [*spots, *_of_files(walk)]

    def of_tags(self, oids: Sequence[str]) -> list[Spot]:
        """What annotated tags say, and those they are tags of. Raises Stopped."""
        spots: list[Spot] = []
        for read, heard in tags(self._git, oids, self._context, self._deadline):
            for number, header, row in self._heard(heard).rows:
                tag = read[number]
                commit = f"{tag.oid} {tag.made} {tag.made}" if tag.made else tag.oid
                spots.append(Spot(Within.TAG, commit, _shown(tag), _placed(row, header)))
        return spots

    def of_refs(self) -> list[Spot]:
        """What the names of refs hold. Raises GitError."""
        said = self._git.run("for-each-ref", "--format=%(objectname) %(refname)").decode("utf-8", "surrogateescape")
        rows = said.splitlines()
        named = in_names(row.partition(" ")[2] for row in rows)
        return [
            Spot(Within.REF, rows[each.number].partition(" ")[0], _kind(each), row)
            for each in named
            for row in each.rows
        ]

    def _heard(self, heard: Heard) -> Heard:
        self.missing += heard.missing
        self.unread |= heard.unread
        return heard


def _placed(row: Row, header: bool) -> Row:
    return row | {"line": None, "column": None} if header else row


def _shown(tag: Tag) -> str:
    return next((each.shown for each in in_names([tag.name])), tag.name)


def _kind(named: Named) -> str:
    for prefix, kind in _KINDS:
        if named.shown.startswith(prefix):
            return f"{kind} {named.shown.removeprefix(prefix)}"
    return f"ref {named.shown}"


def _of_files(walk: Walk) -> Iterator[Spot]:
    """Names of files, each with the commits that brought the file in, newest first."""
    named = {each.number: each for each in in_names(walk.paths)}
    if not named:
        return
    came: dict[int, list[int]] = {number: [] for number in named}
    last: dict[int, int] = {}
    for change, path in enumerate(walk.path):
        if path in named:
            last[path] = walk.commit[change]
            if walk.new[change] >= 0 and walk.old[change] < 0 and walk.commit[change] not in came[path]:
                came[path].append(walk.commit[change])
    for number, each in named.items():
        # Of a link, nothing tells the commit that brought it in from others but that it is the oldest.
        for commit in came[number] or [last[number]]:
            for row in each.rows:
                yield Spot(Within.NAME, walk.commits[commit], each.shown, row)


def sightings(git: Git, view: View, spots: Sequence[Spot], salt: bytes, prefix: str) -> Iterator[tuple[Sighting, Row]]:
    """A sighting for each, with what is said of it, and its row. `prefix`: the project's folder in its repository."""
    if not spots:
        return
    permissions, texts = Permissions.read(view, history=True), _Texts(git)
    for spot in spots:
        label = spot.label
        if spot.within == Within.NAME and prefix:
            label = posixpath.relpath(label, prefix)
        # A message never changes: what somebody may have chosen is told by its commit, as by its path in a file.
        place = label if spot.within == Within.NAME else f"{spot.within} {spot.oid}"
        (made,) = sightings_of(place, [spot.row], salt)
        seen = replace(made, within=Within(spot.within), location=_location(spot, label))
        said = permissions.judge(texts.place(spot, seen))
        yield replace(seen, allowed=_with_part(said.allowed, seen), too_wide=said.too_wide), spot.row


def _location(spot: Spot, label: str) -> Location:
    line, column, oid = spot.row["line"], spot.row["column"], spot.oid or None
    if spot.within == Within.NAME:
        return Location(path=label, commit=oid)
    part = {
        Within.MESSAGE: f"{label} of commit {spot.oid[:10]}",
        Within.TAG: f"message of tag {label}",
        Within.REF: f"name of {label}",
    }[Within(spot.within)]
    return Location(line=line, column=column, commit=oid, part=part)


def _with_part(allowed: Allowed | None, seen: Sighting) -> Allowed | None:
    """A permission that stands in the message itself has its place there."""
    if allowed is None or allowed.location.path:
        return allowed
    return replace(allowed, location=replace(allowed.location, path=None, part=seen.location.part))


class _Texts:
    """Messages, read again for what is said beside a value."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._read = 0

    @cached_property
    def _objects(self) -> ObjectReader:
        return ObjectReader(self._git)

    def place(self, spot: Spot, seen: Sighting) -> Place:
        where = seen.location
        lines = self._lines(spot) if where.line is not None else None
        span = lines.span(where.line or 0, where.column or 0, seen.end_column) if lines is not None else None
        if lines is None or span is None:
            return Place(
                rule=seen.rule, identity=seen.identity, path=where.path or "", line=where.line or 0, name=seen.name,
                commit=where.commit,
            )  # fmt: skip
        return place_at(
            lines.data, *span, rule=seen.rule, identity=seen.identity, path="", name=seen.name, commit=where.commit,
            line=where.line,
        )  # fmt: skip

    def _lines(self, spot: Spot) -> Lines | None:
        self._read += 1
        if self._read > _MOST_READ:
            return None
        kind = "tag" if spot.within == Within.TAG else "commit"
        try:
            return Lines(said_in(self._objects.read(kind, spot.oid, MAX_BYTES))[0])
        except (GitError, TooLarge):
            return None


def dumped(spots: Sequence[Spot]) -> list[Any]:
    """As JSON has them."""
    return [[each.within, each.commit, each.label, each.row] for each in spots]


def loaded(rows: Any) -> list[Spot]:
    """From what `dumped` gives. Raises TypeError and ValueError."""
    return [Spot(*row) for row in rows]
