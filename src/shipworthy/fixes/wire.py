"""A fix as JSON-shaped data, between the process that makes it and the one that applies it."""

from __future__ import annotations

import base64
from typing import Any

from shipworthy.fixes.model import Edit, Fix, Splice


def dump(fix: Fix) -> dict[str, Any]:
    """Bytes as base64; it holds whole new files and never a removed secret."""
    return {
        "item": fix.item,
        "says": fix.says,
        "notes": list(fix.notes),
        "edits": [
            {
                "path": each.path,
                "before": each.before,
                "data": _text(each.data),
                "splices": [
                    [one.start, one.end, _text(one.new), None if one.back is None else _text(one.back)]
                    for one in each.splices
                ],
            }
            for each in fix.edits
        ],
    }


def load(data: dict[str, Any]) -> Fix:
    """Raises KeyError, TypeError or ValueError for what `dump` did not make."""
    return Fix(
        item=str(data["item"]),
        says=str(data["says"]),
        notes=tuple(str(each) for each in data["notes"]),
        edits=tuple(
            Edit(
                path=str(each["path"]),
                before=None if each["before"] is None else str(each["before"]),
                data=_bytes(each["data"]),
                splices=tuple(
                    Splice(int(start), int(end), _bytes(new), None if back is None else _bytes(back))
                    for start, end, new, back in each["splices"]
                ),
            )
            for each in data["edits"]
        ),
    )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
