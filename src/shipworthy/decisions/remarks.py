"""Reads and writes `.shipworthy/remarks.toml`: what an approver sends back to the author, item by item.

Layout: one `[[remarks]]` each, with `item`, `by`, `at`, `payload` and `text`. The file is part of the tree that gets
signed, so a new remark takes the author's signature its effect.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shipworthy.checklist.document import KEBAB, MAX_BYTES, Document, Section
from shipworthy.checklist.positions import Statement, statements
from shipworthy.decisions.edit import CannotEdit, applied, line_of, whole_lines
from shipworthy.decisions.read import DecisionsError, is_digest, moment, without_secrets
from shipworthy.decisions.store import failed, rewrite

NAME = "remarks.toml"
MAX_REMARKS = 200
MAX_WORDS = 4_000
HEADER = (
    "# What an approver sent back, and why. Written by `shipworthy send-back`; comments of your own stay.\n"
    "# A remark is answered by removing it: shipworthy send-back --clear ITEM. It is part of what gets signed.\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What somebody wants changed about an item before they approve."""

    item: str
    by: str
    at: datetime
    """Aware, UTC."""
    payload: str
    """sha256 (hex) of the statement it was made about."""
    text: str


_Change = Callable[[str, tuple[Remark, ...]], tuple[str, tuple[Remark, ...]]]


def read_remarks(data: bytes, file: str) -> tuple[Remark, ...]:
    """The remarks of a file in its order. Raises DecisionsError with every problem."""
    document = Document(data, file)
    found: list[Remark] = []
    if not document.problems:
        top = document.top()
        top.schema(required=False)
        for section in top.sections("remarks", required=False, most=MAX_REMARKS):
            remark = _remark(section)
            if remark is not None:
                found.append(remark)
        top.close()
    if document.problems:
        raise DecisionsError(document.problems)
    return tuple(found)


def _remark(section: Section) -> Remark | None:
    item, by = section.text("item", limit=60), section.text("by", limit=320)
    if item and not KEBAB.fullmatch(item):
        section.wrong("item", "is no item's id", "Use the id the checklist shows, such as routes-protected.")
    at, payload = moment(section), section.text("payload", limit=64)
    if payload and not is_digest(payload):
        section.wrong("payload", "must be a sha256 in 64 hex digits", "Send it back again: shipworthy send-back.")
    text = section.text("text", limit=MAX_WORDS, multiline=True)
    if not section.close() or at is None:
        return None
    return Remark(item=item, by=by, at=at, payload=payload, text=without_secrets(text))


def add(path: Path, remarks: Iterable[Remark]) -> None:
    """Write remarks at the end of remarks.toml at `path`. Raises DecisionsError, and then the file is as it was."""
    new = tuple(remarks)

    def change(text: str, held: tuple[Remark, ...]) -> tuple[str, tuple[Remark, ...]]:
        text = text if text.strip() else HEADER
        if held and "[[" not in text:
            raise CannotEdit("the remarks are an inline list")
        text += "" if text.endswith("\n") else "\n"
        for each in new:
            rows = {"item": each.item, "by": each.by, "at": each.at, "payload": each.payload, "text": each.text}
            text += "\n[[remarks]]\n" + "".join(line_of(key, value) for key, value in rows.items())
        return text, (*held, *new)

    rewrite(path, lambda data, shown: _changed(data, change, shown))


def clear(path: Path, items: Iterable[str]) -> tuple[Remark, ...]:
    """Take every remark about these items out; those that were taken. Raises DecisionsError."""
    gone, taken = set(items), list[Remark]()

    def change(text: str, held: tuple[Remark, ...]) -> tuple[str, tuple[Remark, ...]]:
        taken[:] = [each for each in held if each.item in gone]
        places = {place for place, each in enumerate(held) if each.item in gone}
        edits = [edit for place in places for edit in _block(text, place)]
        return applied(text, edits), tuple(each for each in held if each.item not in gone)

    if os.path.lexists(path):
        rewrite(path, lambda data, shown: _changed(data, change, shown))
    return tuple(taken)


def _block(text: str, place: int) -> list[tuple[int, int, str]]:
    """The edit that takes one remark out; a comment above it stays."""
    mine: list[Statement] = [row for row in statements(text) if row.path[:2] == ("remarks", place)]
    if not mine or not mine[0].header:
        raise CannotEdit("a remark is part of an inline list")
    start, end = whole_lines(text, mine[0])[0], whole_lines(text, mine[-1])[1]
    if text[:start].endswith("\n\n"):
        start -= 1
    return [(start, end, "")]


def _changed(data: bytes, change: _Change, shown: str) -> bytes:
    held = read_remarks(data, shown)
    text = data.decode("utf-8")
    windows = "\r\n" in text
    try:
        text, wanted = change(text.replace("\r\n", "\n"), held)
        new = (text.replace("\n", "\r\n") if windows else text).encode("utf-8")
    except CannotEdit as error:
        raise failed(shown, str(error), "Write each remark as a table of its own: [[remarks]].") from error
    except UnicodeEncodeError as error:
        raise failed(
            shown, "a text holds a character that is not Unicode", "Write it with other characters."
        ) from error
    if len(new) > MAX_BYTES or len(wanted) > MAX_REMARKS:
        raise failed(shown, f"would hold more than {MAX_REMARKS} remarks", "Clear those that are answered.")
    # Whatever the editing did, only a file that says exactly what was meant may take the old one's place.
    try:
        same = read_remarks(new, shown) == wanted
    except (DecisionsError, tomllib.TOMLDecodeError) as error:
        raise failed(shown, f"cannot hold that remark: {error}", "Say it in fewer or other words.") from error
    if not same:
        raise failed(shown, "cannot be changed without changing other remarks", "Lay it out as [[remarks]] tables.")
    return new
