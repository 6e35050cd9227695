"""The forms there are, read from the table beside this module."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from shipworthy.facts.forms.model import Column, Form, Kind, Question, Source


@cache
def forms() -> tuple[Form, ...]:
    """All forms, in the order they are offered."""
    text = files("shipworthy.facts.forms").joinpath("forms.toml").read_text(encoding="utf-8")
    return tuple(
        Form(
            id=each["id"],
            title=each["title"],
            file=each["file"],
            intro=each["intro"],
            questions=tuple(_question(row) for row in each["question"]),
        )
        for each in tomllib.loads(text)["form"]
    )


def form_of(item: str) -> Form | None:
    """The form that serves an item of the checklist; None where it has none."""
    return next((each for each in forms() if each.id == item), None)


def _question(row: Mapping[str, Any]) -> Question:
    known = dict(row)
    return Question(
        kind=Kind(known.pop("kind")),
        columns=tuple(
            Column(kind=Kind(each.get("kind", "text")), **{key: each[key] for key in each if key != "kind"})
            for each in known.pop("columns", ())
        ),
        sources=tuple(Source(each) for each in known.pop("sources", ())),
        **known,
    )
