"""What changed between two sign-offs, on paper: for a person and for a machine."""

from __future__ import annotations

from typing import Any

from shipworthy.model import DecisionKind
from shipworthy.readiness.compare import Comparison, ItemChange
from shipworthy.readiness.statement import StatedItem
from shipworthy.text import plural, visible

MAX_ROWS = 40
"""Rows of one kind that a person is shown."""
MAX_PATHS = 2_000
"""Paths a machine is given."""


def lines(found: Comparison) -> list[str]:
    """For a person; nothing is left out without saying how much."""
    before, after = found.before, found.after
    rows = [
        f"since the sign-off of {before.issued:%Y-%m-%d %H:%M} UTC by {visible(before.author, 120)}"
        + (f", commit {found.commit[:12]}" if found.commit else ""),
        f"this one: {after.issued:%Y-%m-%d %H:%M} UTC by {visible(after.author, 120)}",
    ]
    rows += [f"  ~ {name}: {visible(was, 120)} -> {visible(now, 120)}" for name, was, now in found.terms]
    loud = [each for each in found.items if not each.quiet]
    for each in loud:
        rows += _change(each)
    quiet = len(found.items) - len(loud)
    rest = f"  = {plural(found.unchanged, 'item')} unchanged"
    rows.append(rest + (f", {quiet} with the same answer from other evidence" if quiet else ""))
    for name, added, removed in found.inventories:
        rows.append(f"  {visible(name, 40)}: {len(added):,} added, {len(removed):,} removed")
        rows += _some(
            [f"    + {visible(row, 200)}" for row in added] + [f"    - {visible(row, 200)}" for row in removed]
        )
    if found.paths is None:
        rows.append(f"  source: it cannot be told which files changed: {found.why_no_paths}")
    else:
        rows.append(f"  source: {plural(len(found.paths), 'path')} changed")
        rows += _some([f"    {visible(path, 200)}" for path in found.paths])
    return rows


def _some(rows: list[str]) -> list[str]:
    if len(rows) <= MAX_ROWS:
        return rows
    return [*rows[:MAX_ROWS], f"    … and {len(rows) - MAX_ROWS:,} more (all of them: --format json)"]


def _change(each: ItemChange) -> list[str]:
    name = visible(each.id, 60)
    if each.before is None:
        return [f"  + {name}: {_state(each.after)}"]
    if each.after is None:
        return [f"  - {name}: no longer in it; was {_state(each.before)}"]
    return [
        f"  ~ {name}: {', '.join(each.fields)}",
        f"      was {_state(each.before)}",
        f"      now {_state(each.after)}",
    ]


def _state(item: StatedItem | None) -> str:
    if item is None:
        return "nothing"
    state = item.outcome.value if item.outcome else "no machine"
    said = item.said
    if said is None:
        return state
    kind = "waived as not applicable" if said.not_applicable else said.kind.value
    state += f", {kind} by {visible(said.by, 120)} until {said.expires:%Y-%m-%d}: {visible(said.words, 200)}"
    return state + (f" [{visible(said.named, 120)}]" if said.named else "")


def as_data(found: Comparison) -> dict[str, Any]:
    """For a machine."""
    return {
        "before": {
            "commit": found.commit,
            "issuedAt": found.before.issued.isoformat(),
            "author": found.before.author,
            "sourceTree": found.before.tree,
        },
        "after": {
            "issuedAt": found.after.issued.isoformat(),
            "author": found.after.author,
            "sourceTree": found.after.tree,
        },
        "terms": [{"name": name, "before": was, "after": now} for name, was, now in found.terms],
        "items": [
            {
                "item": each.id,
                "change": "new" if each.before is None else "gone" if each.after is None else "changed",
                "fields": list(each.fields),
                "before": _data(each.before),
                "after": _data(each.after),
            }
            for each in found.items
        ],
        "unchanged": found.unchanged,
        "inventories": [
            {"name": name, "added": list(added), "removed": list(removed)} for name, added, removed in found.inventories
        ],
        "paths": None if found.paths is None else list(found.paths[:MAX_PATHS]),
        "pathCount": None if found.paths is None else len(found.paths),
        "whyNoPaths": found.why_no_paths,
    }


def _data(item: StatedItem | None) -> dict[str, Any] | None:
    if item is None:
        return None
    said = item.said
    row: dict[str, Any] = {"outcome": item.outcome.value if item.outcome else None}
    if said is not None:
        row |= {
            "decision": said.kind.value, "by": said.by, "words": said.words, "named": said.named,
            "expiresAt": said.expires.isoformat(), "findings": list(said.findings),
            "notApplicable": said.kind is DecisionKind.WAIVED and said.not_applicable,
        }  # fmt: skip
    return row
