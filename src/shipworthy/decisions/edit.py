"""Changes one decision in the text of decisions.toml and leaves every other character as it is.

tomlkit writes the values. Where they go is worked out here from the statements' positions: tomlkit itself drops the
comment above a table when the table before it is removed, moves comments when keys are added, and puts a new table
between dotted keys so that they change their meaning (seen with 0.15.2).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

from shipworthy.checklist.positions import Statement, statements
from shipworthy.model import Decision

HEADER = (
    "# What people said about items of the checklist. Written by `shipworthy attest`, `waive` and `undo`;\n"
    "# comments and formatting of your own stay. It is part of what gets signed: commit it.\n"
)
_Edit = tuple[int, int, str]


class CannotEdit(Exception):
    """The text is valid but laid out in a way that cannot be changed without touching other decisions."""


def fields(decision: Decision) -> dict[str, Any]:
    """The keys of a decision's table in the order they are written, without `subjects`."""
    found: dict[str, Any] = {"decision": decision.kind.value, "by": decision.by, "at": decision.at}
    found["reason"] = decision.reason
    if decision.evidence:
        found["evidence"] = decision.evidence
    if decision.expires is not None:
        found["expires"] = decision.expires
    if decision.not_applicable:
        found["not_applicable"] = True
    if decision.findings:
        found["findings"] = list(decision.findings)
    return found


def with_decision(text: str, decision: Decision) -> str:
    """`text` with this decision in place of the one about the same item, or at the end. Raises CannotEdit."""
    if not text.strip():
        text = HEADER
    own = ("items", decision.item)
    old = _table(text, own)
    rows = statements(text)
    mine = [row for row in rows if row.path[:2] == own]
    if old is not None and not mine:
        raise CannotEdit(f"items.{decision.item} is part of an inline table")
    tables = {own: fields(decision), (*own, "subjects"): dict(decision.subjects)}
    if old is not None and _plain(mine, own):
        text = _updated(text, mine, own, tables, old)
    else:
        text = _append(applied(text, [whole_lines(text, row) for row in mine]), own, tables)
    return text


def without(text: str, item: str) -> str:
    """`text` without the decision about an item. Raises CannotEdit."""
    own = ("items", item)
    rows = statements(text)
    mine = [row for row in rows if row.path[:2] == own]
    if not mine:
        if _table(text, own) is not None:
            raise CannotEdit(f"items.{item} is part of an inline table")
        return text
    if not _plain(mine, own):
        return applied(text, [whole_lines(text, row) for row in mine])
    edits: list[_Edit] = []
    for block in _blocks(rows, mine):
        # Comments between a decision's own lines belong to it; those behind its last line to what comes next.
        start, end = whole_lines(text, block[0])[0], whole_lines(text, block[-1])[1]
        if text[:start].endswith("\n\n") and (end >= len(text) or text.startswith("\n", end)):
            start -= 1
        edits.append((start, end, ""))
    return applied(text, edits)


def _table(text: str, own: tuple[str, str]) -> Any:
    items = tomllib.loads(text).get(own[0], {})
    return items.get(own[1]) if isinstance(items, dict) else None


def _plain(mine: list[Statement], own: tuple[str, str]) -> bool:
    """Whether the decision is laid out as it is written here: `[items.X]`, simple keys, `[items.X.subjects]`."""
    tables = {own, (*own, "subjects")}
    return (
        mine[0].header
        and mine[0].path == own
        and all(row.table in tables and (row.header or len(row.path) == len(row.table) + 1) for row in mine)
        and not any(row.path == (*own, "subjects") and not row.header for row in mine)
    )


def _blocks(rows: list[Statement], mine: list[Statement]) -> list[list[Statement]]:
    """A decision's statements, grouped where others stand between them."""
    blocks: list[list[Statement]] = []
    starts = {row.start for row in mine}
    previous = -2
    for place, row in enumerate(rows):
        if row.start in starts:
            if place == previous + 1:
                blocks[-1].append(row)
            else:
                blocks.append([row])
            previous = place
    return blocks


def whole_lines(text: str, row: Statement) -> _Edit:
    """An edit that takes a statement's lines out."""
    start = text.rfind("\n", 0, row.start) + 1
    end = text.find("\n", row.value[1])
    return (start, len(text) if end < 0 else end + 1, "")


def applied(text: str, edits: list[_Edit]) -> str:
    """`text` with every edit: from, to, and what stands there instead."""
    # From the end, so that offsets stay true; what is put in at one place keeps its order.
    for _, (start, end, new) in sorted(enumerate(edits), key=lambda each: (each[1][0], each[0]), reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _updated(
    text: str,
    mine: list[Statement],
    own: tuple[str, str],
    tables: Mapping[tuple[str, ...], Mapping[str, Any]],
    old: Mapping[str, Any],
) -> str:
    """Each value replaced where it stands; keys that are gone taken out, new ones put behind the last."""
    edits: list[_Edit] = []
    for path, wanted in tables.items():
        rows = [row for row in mine if row.table == path]
        held = old if path == own else old.get("subjects", {})
        present = {str(row.path[-1]): row for row in rows if not row.header}
        if not wanted:
            edits += [whole_lines(text, row) for row in rows]
            continue
        for key, row in present.items():
            if key not in wanted:
                edits.append(whole_lines(text, row))
            elif held.get(key) != wanted[key] or type(held.get(key)) is not type(wanted[key]):
                edits.append((*row.value, _value(wanted[key])))
        lines = "".join(line_of(key, value) for key, value in wanted.items() if key not in present)
        if not rows:
            lines = f"\n[{'.'.join(map(_key, path))}]\n{lines}"
        if lines:
            end = whole_lines(text, (rows or [row for row in mine if row.table == own])[-1])[1]
            ended = "" if text[:end].endswith("\n") else "\n"
            edits.append((end, end, ended + lines))
    return applied(text, edits)


def _append(text: str, own: tuple[str, str], tables: Mapping[tuple[str, ...], Mapping[str, Any]]) -> str:
    if text and not text.endswith("\n"):
        text += "\n"
    for path, wanted in tables.items():
        if wanted or path == own:
            text += f"\n[{'.'.join(map(_key, path))}]\n"
            text += "".join(line_of(key, value) for key, value in wanted.items())
    return text


def line_of(key: str, value: Any) -> str:
    """A key and its value as TOML."""
    return f"{_key(key)} = {_value(value)}\n"


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _value(key)


def _value(value: Any) -> str:
    import tomlkit  # only a writer needs it

    written: str = tomlkit.item(value).as_string()
    if isinstance(value, list) and len(written) > 100:
        return "[\n" + "".join(f"  {_value(each)},\n" for each in value) + "]"
    return written
