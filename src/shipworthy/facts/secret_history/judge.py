"""Asks of each sighting in the history whether somebody wrote down that it may stand there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from shipworthy.facts.base import View
from shipworthy.facts.secret_history.locate import Added, Hits, Located, key_of
from shipworthy.facts.secrets import Sighting
from shipworthy.facts.secrets.allow import Judged, Lines, Permissions, Place, place_at
from shipworthy.facts.secrets.analyser import text_bytes
from shipworthy.git import Git, GitError
from shipworthy.git_objects import ObjectReader, TooLarge
from shipworthy.project import FileEntry, Source
from shipworthy.project.files import FileKind
from shipworthy.project.project import MAX_BYTES

_MOST_READ = 2_000
"""So many blobs are read again for the comments beside what was found; of others, only path and place count."""


def judged(
    git: Git, view: View, pairs: Sequence[tuple[Added, Sighting]], located: Located, hits: Hits
) -> Iterator[Sighting]:
    """The sightings with what is said of each.

    A comment that permits one is often written later than the line it is about. So where it stands last in a file
    counts for the commit that brought it into this file, too.
    """
    if not pairs:
        return
    permissions = Permissions.read(view)
    texts = _Texts(git)
    for added, sighting in pairs:
        answer = permissions.judge(_place(texts, added.oid, sighting))
        last = located.last.get((added.key, added.path), added.oid)
        if answer.allowed is None and last != added.oid:
            answer = _later(permissions, texts, last, added, sighting, hits) or answer
        yield replace(sighting, allowed=answer.allowed, too_wide=answer.too_wide)


def _later(
    permissions: Permissions, texts: _Texts, oid: str, added: Added, sighting: Sighting, hits: Hits
) -> Judged | None:
    """What is said of the newest version, where it permits every place the secret has there."""
    answers: list[Judged] = []
    for row in hits.get((oid, added.path), ()):
        if key_of(row, added.path) == added.key:
            where = replace(sighting.location, line=row["line"], column=row["column"])
            answers.append(
                permissions.judge(_place(texts, oid, replace(sighting, location=where, end_column=row["end"])))
            )
    return answers[0] if answers and all(each.allowed for each in answers) else None


class _Texts:
    """Versions of files, read again; the last one is kept, since one often holds several."""

    def __init__(self, git: Git) -> None:
        self._objects = ObjectReader(git)
        self._held: tuple[str, Lines | None] = ("", None)
        self._read = 0

    def lines(self, oid: str) -> Lines | None:
        if self._held[0] != oid:
            self._held = (oid, self._fresh(oid))
        return self._held[1]

    def _fresh(self, oid: str) -> Lines | None:
        self._read += 1
        if self._read > _MOST_READ:
            return None
        try:
            data = self._objects.read("blob", oid, MAX_BYTES)
        except (GitError, TooLarge):
            return None
        entry = FileEntry(path="", size=len(data), mtime_ns=0, inode=0, kind=FileKind.SOURCE, tracked=True)
        return Lines(text_bytes(Source(entry, data)))


def _place(texts: _Texts, oid: str, each: Sighting) -> Place:
    where, span = each.location, None
    lines = texts.lines(oid)
    if lines is not None:
        span = lines.span(where.line or 0, where.column or 0, each.end_column)
    if lines is None or span is None:
        return Place(
            rule=each.rule,
            identity=each.identity,
            path=where.path or "",
            line=where.line or 0,
            name=each.name,
            commit=where.commit,
        )
    return place_at(
        lines.data,
        *span,
        rule=each.rule,
        identity=each.identity,
        path=where.path or "",
        name=each.name,
        commit=where.commit,
        line=where.line,
    )
