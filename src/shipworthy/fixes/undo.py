"""Applies a fix, and takes the last one back from a record in the user's state folder that holds no removed secret.

The record is a list of small changes backwards, never a copy of a file: what else stands in it is copied nowhere.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from shipworthy.fixes.files import Change, parts_of, read_now, replace_all, sweep, unmake
from shipworthy.fixes.model import Edit, Fix, FixError, digest
from shipworthy.project import Project, ProjectError

FOLDER = "fixes"
KEEP = 20
"""Records kept for each repository."""
MAX_RECORD = 16 * 1024 * 1024
_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What taking back did: the item, the files, and what a person has to fill in again."""

    item: str
    paths: tuple[str, ...]
    notes: tuple[str, ...]


def apply(root: Path, fix: Fix, state: Path, now: datetime) -> None:
    """Make a fix's changes, all or none, and keep how to take them back below `state`. Raises FixError.

    Refused: a file that changed since the fix was made, that is no ordinary listed file (git's own list, without what
    it ignores), or that lies behind a symlink; a new file that is there by now, or that git would ignore.
    """
    _allowed(root, fix.edits)
    folder = _folder(state, root)
    for last in _records(folder)[-1:]:
        # Where that one was killed, what it had staged lies about.
        with contextlib.suppress(FixError):
            sweep(root, [row["path"] for row in _read(last)["files"]])
    record: Path | None = None

    def keep(made: Sequence[str]) -> None:
        nonlocal record
        record = _write(folder, _record(root, fix, made, now))

    try:
        replace_all(root, [Change(path=each.path, before=each.before, data=each.data) for each in fix.edits], keep)
    except BaseException:
        # Everything is as it was, so there is nothing to take back, unless the disk failed on the way.
        if record is not None and _untouched(root, fix):
            record.unlink(missing_ok=True)
        raise
    for old in _records(folder)[:-KEEP]:
        old.unlink(missing_ok=True)


def undo(root: Path, state: Path) -> Undone:
    """Take the last applied fix of this repository back, all of its files or none. Raises FixError.

    A file that changed after the fix is not touched, and then none is.
    """
    folder = _folder(state, root)
    records = _records(folder)
    if not records:
        raise FixError("no fix was applied here that could be taken back", "Changes by hand are git's business.")
    rows = _read(records[-1])
    sweep(root, [row["path"] for row in rows["files"]])
    changes: list[Change] = []
    notes: list[str] = []
    for row in rows["files"]:
        now = read_now(root, row["path"])
        here = None if now is None else digest(now)
        if here in (row["before"], row["undone"]) and here != row["after"]:
            continue
        if now is None or here != row["after"]:
            raise FixError(
                f"{row['path']} changed since the fix, so nothing was taken back",
                "Take it back by hand; git diff shows what changed.",
            )
        old = _backwards(now, row["splices"])
        if row["before"] is None:
            changes.append(Change(path=row["path"], before=here, data=None))
            continue
        changes.append(Change(path=row["path"], before=here, data=old))
        notes += _emptied(row["path"], old, row["splices"])
    replace_all(root, changes, lambda made: None)
    unmake(root, rows["folders"])
    records[-1].unlink(missing_ok=True)
    return Undone(item=rows["item"], paths=tuple(each.path for each in changes), notes=tuple(notes))


def _allowed(root: Path, edits: Sequence[Edit]) -> None:
    try:
        project = Project.open(root)
    except ProjectError as error:
        raise FixError(str(error), error.diagnostics) from error
    if project.root != root.resolve():
        raise FixError(f"{root} is not where it was", "Start again.")
    for edit in edits:
        parts = parts_of(edit.path)
        entry = project.files.get(edit.path)
        if edit.before is not None and (entry is None or entry.problem or not entry.by_hand):
            why = (entry.problem if entry else "git does not list it") or "it is generated or vendored"
            raise FixError(f"{edit.path} is not changed by machine: {why}", "Change it by hand.")
        above = ["/".join(parts[:end]) for end in range(1, len(parts))]
        if edit.before is None and any(each in project.files for each in above):
            raise FixError(f"{edit.path} would lie in a submodule or behind a symlink", "Make it by hand.")
        if edit.before is None and ignored(project, edit.path):
            raise FixError(f"git would ignore {edit.path}", "Take the rule that ignores it out of .gitignore first.")


def ignored(project: Project, path: str) -> bool:
    """Whether git would not list this file if it were made."""
    if project.git is None:
        return False
    from shipworthy.git import GitError

    data = path.encode("utf-8", "surrogateescape") + b"\0"
    try:
        said = project.git.run(
            "check-ignore", "--no-index", "-z", "--stdin", stdin=data, ok=(0, 1), env={"GIT_LITERAL_PATHSPECS": "0"}
        )
    except GitError:
        return True
    return bool(said)


def _untouched(root: Path, fix: Fix) -> bool:
    try:
        found = [read_now(root, each.path) for each in fix.edits]
    except FixError:
        return False
    return all(
        (digest(now) if now is not None else None) == edit.before for now, edit in zip(found, fix.edits, strict=True)
    )


# The record


def _folder(state: Path, root: Path) -> Path:
    where = os.path.realpath(root).encode("utf-8", "surrogateescape")
    return state / FOLDER / hashlib.sha256(where).hexdigest()[:32]


def _records(folder: Path) -> list[Path]:
    """Oldest first."""
    try:
        found = [each for each in folder.iterdir() if each.suffix == ".json" and each.stem.isdigit()]
    except OSError:
        return []
    return sorted(found, key=lambda each: int(each.stem))


def _record(root: Path, fix: Fix, made: Sequence[str], now: datetime) -> dict[str, Any]:
    return {
        "version": _VERSION,
        "item": fix.item,
        "at": now.isoformat(timespec="seconds"),
        "folders": list(made),
        "files": [_row(root, edit) for edit in fix.edits],
    }


def _row(root: Path, edit: Edit) -> dict[str, Any]:
    """Paths and digests, and each change backwards: [start in the new file, its length, what was there, emptied]."""
    old = read_now(root, edit.path) if edit.before is not None else None
    splices: list[list[Any]] = []
    shift = 0
    for each in edit.splices:
        before = (old or b"")[each.start : each.end] if each.back is None else each.back
        splices.append(
            [each.start + shift, len(each.new), base64.b64encode(before).decode("ascii"), each.back is not None]
        )
        shift += len(each.new) - (each.end - each.start)
    undone = None if edit.before is None else digest(_backwards(edit.data, splices))
    return {"path": edit.path, "before": edit.before, "after": edit.after, "undone": undone, "splices": splices}


def _backwards(data: bytes, splices: Sequence[Sequence[Any]]) -> bytes:
    parts: list[bytes] = []
    position = 0
    for start, length, text, _ in splices:
        parts += [data[position:start], base64.b64decode(text)]
        position = start + length
    return b"".join([*parts, data[position:]])


def _emptied(path: str, old: bytes, splices: Sequence[Sequence[Any]]) -> list[str]:
    """Where a removed secret stood: it is not there any more."""
    notes: list[str] = []
    shift = 0
    for start, length, text, emptied in splices:
        put = base64.b64decode(text)
        if emptied:
            line = old.count(b"\n", 0, start + shift) + 1
            notes.append(f"{path}:{line} is empty now: the secret that stood there was not kept.")
        shift += len(put) - length
    return notes


def _write(folder: Path, record: dict[str, Any]) -> Path:
    """Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=".new-")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            json.dump(record, stream)
            stream.flush()
            os.fsync(stream.fileno())
        last = _records(folder)
        target = folder / f"{int(last[-1].stem) + 1 if last else 1:06}.json"
        Path(name).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
    return target


def _read(path: Path) -> dict[str, Any]:
    """A record as it was written. Raises FixError for anything else: it decides what is written into a repository."""
    try:
        with path.open("rb") as stream:
            found = json.loads(stream.read(MAX_RECORD))
        if found["version"] != _VERSION or not isinstance(found["item"], str):
            raise ValueError("another version")
        for folder in found["folders"]:
            parts_of(folder)
        for row in found["files"]:
            parts_of(row["path"])
            for start, length, text, emptied in row["splices"]:
                if not (isinstance(start, int) and isinstance(length, int) and isinstance(emptied, bool)):
                    raise ValueError("not a change")
                base64.b64decode(text, validate=True)
            if not {"before", "after", "undone"} <= set(row):
                raise ValueError("no digests")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise FixError("the record of the last fix cannot be read", f"Take it back with git; remove {path}") from error
    record: dict[str, Any] = found
    return record
