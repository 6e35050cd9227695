"""Looks through what is staged for secrets, and says what it could not look into. Values stay in here."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipworthy.git import Git, GitError
from shipworthy.git_objects import ObjectReader, TooLarge
from shipworthy.hook.staged import Staged
from shipworthy.model import Confidence, Location, Severity, fingerprint
from shipworthy.project.files import FileEntry, FileKind
from shipworthy.project.source import Source

if TYPE_CHECKING:
    from shipworthy.facts import Analyser, Gap
    from shipworthy.facts.secrets import Sighting
    from shipworthy.facts.secrets.allow import Permissions, Place
    from shipworthy.facts.secrets.scanner import Hit

MAX_BYTES = 8 * 1024 * 1024
"""A longer text is not read, as in an examination."""
_MANY = 1_000
"""Files from which on the fast engine is compiled first, where it is not yet."""
_BEGINNING = 8_000
_POINTER = b"version https://git-lfs.github.com/spec/"
_LONGEST_POINTER = 1_024


@dataclass(slots=True)
class Looked:
    """What was seen. `unread` are texts that nobody looked into; `left_out` counts what holds no text, by kind."""

    files: int = 0
    secrets: list[Sighting] = field(default_factory=list)
    """In path and line order; only what is sure enough to fail a check."""
    allowed: int = 0
    """Secrets that may stand: a comment or a file of the repository says so."""
    unread: list[tuple[str, str]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


class Look:
    """One look at what is staged."""

    def __init__(self, git: Git, folder: Path) -> None:
        """`folder`: the top of the work tree, where permissions for secrets are read from."""
        self._git = git
        self._folder = folder
        self._objects = ObjectReader(git)
        self._looked = Looked()

    def at(self, staged: Sequence[Staged]) -> Looked:
        """Every file. Raises GitError where git does not give what it holds."""
        if len(staged) >= _MANY:
            from shipworthy.facts.secrets.engine import WORTH_COMPILING, expect

            expect(WORTH_COMPILING)
        for each in staged:
            self._one(each)
        return self._looked

    def _one(self, staged: Staged) -> None:
        looked = self._looked
        try:
            data = self._objects.read("blob", staged.blob, MAX_BYTES)
        except TooLarge as error:
            self._too_large(staged, error.size)
            return
        source = Source(_entry(staged.path, staged.blob, len(data)), data)
        if source.binary:
            looked.left_out["binary file"] += 1
            return
        if len(data) < _LONGEST_POINTER and data.startswith(_POINTER):
            looked.left_out["file in Git LFS"] += 1
            return
        looked.files += 1
        from shipworthy.facts.secrets.scanner import TOO_MANY, scan

        found = scan(staged.path, source.utf8, minified=source.minified)
        if found.cut:
            looked.unread.append((staged.path, TOO_MANY))
        hits = [hit for hit in found.hits if _counts(hit)]
        if not hits:
            return
        if _holds_no_text(source.entry):
            looked.files -= 1
            looked.left_out["binary file"] += 1
            return
        self._judge(staged, source, hits)

    def _judge(self, staged: Staged, source: Source, hits: list[Hit]) -> None:
        from shipworthy.facts.secrets.allow import place_at

        data = source.utf8
        lines = data.split(b"\n")
        before = [self._lines(blob) for blob in staged.before]
        for hit in hits:
            first = data.count(b"\n", 0, hit.start)
            last = first + data.count(b"\n", hit.start, max(hit.start, hit.end - 1))
            own = {line.removesuffix(b"\r") for line in lines[first : last + 1]}
            if any(own <= known for known in before):
                continue
            seen = _sighting(staged.path, hit, data, self._salt)
            place = place_at(
                data, hit.start, hit.end, rule=hit.rule, identity=seen.identity, path=staged.path, name=hit.name
            )
            if self._allows(place):
                self._looked.allowed += 1
            else:
                self._looked.secrets.append(seen)

    def _lines(self, blob: str) -> set[bytes]:
        """The lines a file had before. Where they cannot be had every line is a new one."""
        try:
            data = self._objects.read("blob", blob, MAX_BYTES)
        except (TooLarge, GitError):
            return set()
        source = Source(_entry("", blob, len(data)), data)
        return {line.removesuffix(b"\r") for line in source.utf8.split(b"\n")}

    def _too_large(self, staged: Staged, size: int) -> None:
        entry = _entry(staged.path, staged.blob, size)
        if _holds_no_text(entry) or Source(entry, self._beginning(staged.blob)).binary:
            self._looked.left_out["binary file"] += 1
            return
        self._looked.unread.append(
            (staged.path, f"{size / 1024 / 1024:,.1f} MiB of text; more than {MAX_BYTES // 1024 // 1024} are not read")
        )

    def _beginning(self, blob: str) -> bytes:
        process = self._git.start("cat-file", "blob", blob)
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        data = b""
        try:
            while len(data) < _BEGINNING and (piece := os.read(process.stdout.fileno(), _BEGINNING - len(data))):
                data += piece
        finally:
            process.kill()
            process.communicate()
        return data

    @cached_property
    def _salt(self) -> bytes:
        """The project's salt for fingerprints, as an examination reads it."""
        from shipworthy.facts.secrets import SALT_FILE
        from shipworthy.project import Unreadable, read_file

        try:
            return read_file(self._folder, SALT_FILE, _LONGEST_POINTER).strip()
        except Unreadable:
            return b""

    def _allows(self, place: Place) -> bool:
        """Whether it may stand: by the comments beside it, and by the files of the work tree where they can be read."""
        from shipworthy.facts.secrets.allow.comments import by_comment

        if self._permissions is None:
            return by_comment(place) is not None
        return self._permissions.judge(place).allowed is not None

    @cached_property
    def _permissions(self) -> Permissions | None:
        from shipworthy.facts import Context, View
        from shipworthy.facts.secrets.allow import Permissions
        from shipworthy.project import Project, ProjectError

        try:
            project = Project.open(self._folder)
        except ProjectError:
            return None
        return Permissions.read(View(project, Context(), _NoRecords()))


class _NoRecords:
    """Permissions are read from files of their own, so no analyser is ever asked."""

    def of(self, analyser: Analyser) -> tuple[Mapping[str, Any], list[Gap]]:
        raise LookupError(analyser.name)

    def remembered(self, name: str, analyser: Analyser, make: Callable[[], Any]) -> Any:
        return make()


def _entry(path: str, blob: str, size: int) -> FileEntry:
    return FileEntry(path=path, size=size, mtime_ns=0, inode=0, kind=FileKind.SOURCE, tracked=True, blob=blob)


def _counts(hit: Hit) -> bool:
    """Whether it is sure enough to stop a commit: what is for review would fail no check either."""
    return hit.confidence is not Confidence.REVIEW


def _holds_no_text(entry: FileEntry) -> bool:
    """By its ending. Asked late: what an examination leaves out takes long to load."""
    from shipworthy.facts.secrets.analyser import SecretsAnalyser

    return not SecretsAnalyser().wants(entry)


def _sighting(path: str, hit: Hit, data: bytes, salt: bytes) -> Sighting:
    """What may be said of a hit: its value is masked here."""
    from shipworthy.facts.secrets import Sighting
    from shipworthy.facts.secrets.fact import title_of
    from shipworthy.facts.secrets.identity import identity, masked, token_hash
    from shipworthy.facts.secrets.rules import load

    rule = load().by_id.get(hit.rule)
    start = data.rfind(b"\n", 0, hit.start) + 1
    column = len(data[start : hit.start].decode("utf-8", "replace")) + 1
    name = hit.name[:80]
    return Sighting(
        rule=hit.rule,
        title=title_of(hit.rule),
        provider=rule.provider if rule else "",
        confidence=hit.confidence,
        severity=rule.severity if rule else Severity.CRITICAL,
        location=Location(path=path, line=data.count(b"\n", 0, hit.start) + 1, column=column),
        end_column=column + len(hit.value.partition(b"\n")[0].decode("utf-8", "replace")),
        masked=masked(rule, hit.value, hit.guessable),
        identity=fingerprint(hit.rule, path, name or hit.rule)
        if hit.guessable
        else identity(token_hash(hit.rule, hit.value), salt),
        name=name,
    )
