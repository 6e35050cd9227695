"""Fills one form in a process of its own, as a screen needs it: `python -P -m shipworthy.forms.child ROOT ITEM`.

It prints one JSON object: the answers, or what went wrong. With FINGERPRINT=DAY behind them: what is wrong with
the first rotation that would not count, or what could not be read to tell. Nothing is written.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import date
from pathlib import Path
from typing import Any

from shipworthy.assess.context import default_context
from shipworthy.bugs import bug
from shipworthy.facts.forms import Answers, FormError, Row, form_of
from shipworthy.forms.prefill import Filled, prefill
from shipworthy.project import ProjectError


def answer(root: Path, item: str, *rotations: str) -> dict[str, Any]:
    """`dump`'s object, of rotations that count `{"unread"}`, or `{"error", "advice"}`."""
    try:
        if rotations:
            from shipworthy.forms.rotated import days_must_count

            pairs = [each.partition("=") for each in rotations]
            days = [(fingerprint, date.fromisoformat(day)) for fingerprint, _, day in pairs]
            return {"unread": days_must_count(root, days)}
        form = form_of(item)
        if form is None:
            return {"error": f"no form serves {item}", "advice": "See which there are: shipworthy form"}
        return dump(prefill(form, root, default_context()))
    except (FormError, ProjectError) as error:
        return {"error": str(error), "advice": error.diagnostics}
    except Exception as error:
        return {"error": bug("filling the form", error), "advice": "Report this; nothing was changed."}


def dump(filled: Filled) -> dict[str, Any]:
    """The filled form as an object that `load` reads."""
    return {
        "texts": dict(filled.answers.texts),
        "rows": {
            key: [[dict(row.cells), row.confirmed, row.found] for row in rows]
            for key, rows in filled.answers.rows.items()
        },
        "added": filled.added,
        "hints": list(filled.hints),
        "unsure": list(filled.unsure),
    }


def load(held: dict[str, Any]) -> Filled:
    """Raises KeyError, TypeError or ValueError where it is not what `dump` gives."""
    rows = {
        str(key): tuple(
            Row(
                cells={str(column): str(text) for column, text in cells.items()},
                confirmed=confirmed is True,
                found=str(found),
            )
            for cells, confirmed, found in each
        )
        for key, each in held["rows"].items()
    }
    return Filled(
        answers=Answers(texts={str(key): str(text) for key, text in held["texts"].items()}, rows=rows),
        added=int(held["added"]),
        hints=tuple(str(each) for each in held["hints"]),
        unsure=tuple(str(each) for each in held["unsure"]),
    )


def main() -> None:
    # Whatever a library prints must not land in the answer.
    out = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    with out:
        json.dump(answer(Path(sys.argv[1]), *sys.argv[2:]), out)


if __name__ == "__main__":
    main()
