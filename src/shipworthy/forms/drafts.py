"""Keeps what is typed into a form and not saved yet, so that a kill or a crash costs a moment of it, not an evening.

A draft lies in the user's state folder, one file a form and repository, readable by this user alone. An answer that
looks like a secret is left out of it, as it would be refused in the form's own file. Losing a draft costs what was
typed; nothing a check or a signature counts is ever read from one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from shipworthy.facts.forms import Answers, Form, FormError, Kind, Row
from shipworthy.forms.store import no_secret
from shipworthy.forms.words import normal

_FOLDER = "drafts"
_MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What was typed, and when."""

    answers: Answers
    at: datetime


def keep(state: Path, root: Path, form: Form, answers: Answers, held: Answers, at: datetime) -> None:
    """Write a draft down in place of the one before. `held` is what the form's file says. Raises OSError."""
    texts, rows = _harmless(form, answers)
    body = {"at": at.isoformat(), "held": _mark(form, held), "texts": texts, "rows": rows}
    data = json.dumps(body).encode("ascii")
    file = _file(state, root, form)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".draft-")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        Path(name).replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def kept(state: Path, root: Path, form: Form, held: Answers) -> Draft | None:
    """The draft of a form; None where there is none, it is damaged, or the form's file says something else by now.

    Typed over another text, it would take back what somebody else wrote meanwhile.
    """
    try:
        with _file(state, root, form).open("rb") as stream:
            body = json.loads(stream.read(_MOST_BYTES))
        if body["held"] != _mark(form, held):
            return None
        return Draft(answers=_answers(form, body), at=datetime.fromisoformat(body["at"]))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def drop(state: Path, root: Path, form: Form) -> None:
    """Forget a draft: it was saved, or thrown away."""
    with contextlib.suppress(OSError):
        _file(state, root, form).unlink()


def continued(form: Form, draft: Draft, filled: Answers) -> Draft:
    """The draft with what the code names by now and the draft has no row for."""
    answers = draft.answers
    for question in form.questions:
        if question.kind is Kind.ROWS:
            first = question.columns[0].id
            known = {row.cell(first) for row in answers.table(question.id)}
            new = tuple(row for row in filled.table(question.id) if row.found and row.cell(first) not in known)
            answers = answers.with_rows(question.id, (*answers.table(question.id), *new))
    return Draft(answers=answers, at=draft.at)


def _file(state: Path, root: Path, form: Form) -> Path:
    name = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()[:24]
    return state / _FOLDER / f"{name}-{form.id}.json"


def _mark(form: Form, held: Answers) -> str:
    """A hash over what a form's file says, or what was saved into it; what is empty is not said."""
    held = normal(form, held)
    texts = {key: text for key, text in held.texts.items() if text}
    rows = {key: [_row(each) for each in found] for key, found in held.rows.items() if found}
    text = json.dumps([texts, rows], sort_keys=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _row(row: Row) -> dict[str, Any]:
    cells = {name: cell for name, cell in row.cells.items() if cell}
    return {"cells": cells, "confirmed": row.confirmed, "found": row.found}


def _harmless(form: Form, answers: Answers) -> tuple[dict[str, str], dict[str, list[dict[str, Any]]]]:
    """What may be written down: without the answers and rows in which the secret matcher knows something."""
    texts: dict[str, str] = {}
    rows: dict[str, list[dict[str, Any]]] = {}
    for question in form.questions:
        if question.kind is not Kind.ROWS:
            text = answers.text(question.id)
            if _may_be_kept(form, Answers(texts={question.id: text})):
                texts[question.id] = text
            continue
        columns = {column.id for column in question.columns}
        # No other cell is looked at for secrets.
        table = [
            replace(each, cells={name: cell for name, cell in each.cells.items() if name in columns})
            for each in answers.table(question.id)
        ]
        rows[question.id] = [_row(each) for each in table if _may_be_kept(form, Answers(rows={question.id: (each,)}))]
    return texts, rows


def _may_be_kept(form: Form, answers: Answers) -> bool:
    try:
        no_secret(form, answers)
    except FormError:
        return False
    return True


def _answers(form: Form, body: Mapping[str, Any]) -> Answers:
    """Raises ValueError, TypeError, KeyError or AttributeError where it is no draft of this form."""
    answers = Answers()
    for question in form.questions:
        if question.kind is not Kind.ROWS:
            answers = answers.with_text(question.id, _text(body["texts"].get(question.id, "")))
            continue
        columns = {column.id for column in question.columns}
        table = tuple(
            Row(
                cells={name: _text(cell) for name, cell in row["cells"].items() if name in columns},
                confirmed=row["confirmed"] is True,
                found=_text(row["found"]),
            )
            for row in body["rows"].get(question.id, ())
        )
        answers = answers.with_rows(question.id, table)
    return answers


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value
