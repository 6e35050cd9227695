"""Writes `.shipworthy/secret-exceptions.toml`, locked and atomic; comments and formatting of a person's own stay.

What the file means and how it is read: `shipworthy.facts.secrets.allow.exceptions`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from shipworthy.checklist.document import MAX_BYTES
from shipworthy.checklist.positions import statements
from shipworthy.decisions.edit import CannotEdit, applied, line_of, whole_lines
from shipworthy.decisions.read import DecisionsError
from shipworthy.decisions.store import failed, rewrite
from shipworthy.facts.secrets.allow.exceptions import MOST_EXCEPTIONS, SecretException, read_exceptions

HEADER = (
    "# Secrets that may stand where they stand, by fingerprint. Written by `shipworthy secret allow` and `undo`;\n"
    "# comments of your own stay. It is part of what gets signed: commit it.\n"
)
_Entries = list[SecretException]
_Change = Callable[[str, _Entries], tuple[str, _Entries]]


def record_exception(path: Path, new: SecretException) -> None:
    """Write an exception at the end of the file, in place of the one for the same fingerprint.

    The folder and the file are made if need be. Raises DecisionsError, and then the file is as it was.
    """

    def change(text: str, held: _Entries) -> tuple[str, _Entries]:
        text, kept = _without(text, held, new.fingerprint) if text.strip() else (HEADER, [])
        if kept and "[[" not in text:
            raise CannotEdit("the exceptions are an inline list")
        text += "" if text.endswith("\n") else "\n"
        rows = {"fingerprint": new.fingerprint, "reason": new.reason, "by": new.by, "on": new.on}
        text += "\n[[exceptions]]\n" + "".join(line_of(*row) for row in (*rows.items(), ("expires", new.expires)))
        return text, [*kept, replace(new, line=None)]

    rewrite(path, lambda data, shown: _changed(data, change, shown))


def remove_exception(path: Path, fingerprint: str) -> bool:
    """Take the exception for a fingerprint out; False where there is none. Raises DecisionsError."""
    found = False

    def change(text: str, held: _Entries) -> tuple[str, _Entries]:
        nonlocal found
        found = any(each.fingerprint == fingerprint for each in held)
        return _without(text, held, fingerprint)

    if os.path.lexists(path):
        rewrite(path, lambda data, shown: _changed(data, change, shown))
    return found


def _without(text: str, held: _Entries, fingerprint: str) -> tuple[str, _Entries]:
    places = [place for place, each in enumerate(held) if each.fingerprint == fingerprint]
    edits = [edit for place in places for edit in _block(text, place)]
    return applied(text, edits), [each for each in held if each.fingerprint != fingerprint]


def _block(text: str, place: int) -> list[tuple[int, int, str]]:
    """The edit that takes one entry out; a comment above it stays."""
    mine = [row for row in statements(text) if row.path[:2] == ("exceptions", place)]
    if not mine or not mine[0].header:
        raise CannotEdit("an exception is part of an inline list")
    start, end = whole_lines(text, mine[0])[0], whole_lines(text, mine[-1])[1]
    return [(start - 1 if text[:start].endswith("\n\n") else start, end, "")]


def _read(data: bytes) -> _Entries:
    entries, problems = read_exceptions(data)
    if problems:
        raise DecisionsError(problems)
    return [replace(each, line=None) for each in entries]


def _changed(data: bytes, change: _Change, shown: str) -> bytes:
    held = _read(data)
    text = data.decode("utf-8")
    windows = "\r\n" in text
    try:
        text, wanted = change(text.replace("\r\n", "\n"), held)
        new = (text.replace("\n", "\r\n") if windows else text).encode("utf-8")
    except CannotEdit as error:
        raise failed(shown, str(error), "Write each exception as a table of its own: [[exceptions]].") from error
    except UnicodeEncodeError as error:
        remedy = "Write it with other characters."
        raise failed(shown, "a text holds a character that is not Unicode", remedy) from error
    if len(new) > MAX_BYTES or len(wanted) > MOST_EXCEPTIONS:
        raise failed(shown, f"would hold more than {MOST_EXCEPTIONS:,} exceptions", "Remove those that have expired.")
    # Whatever the editing did, only a file that says exactly what was meant may take the old one's place.
    if _read(new) != wanted:
        raise failed(shown, "cannot hold that exception beside the others", "Lay it out as [[exceptions]] tables.")
    return new
