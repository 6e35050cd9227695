"""Reads a form's file strictly, Markdown or TOML: everything that is not understood is named with its line."""

from __future__ import annotations

import re
from dataclasses import replace

from shipworthy.facts.forms.model import Answers, Flaw, Form, Written

MAX_BYTES = 256 * 1024
MAX_LINES = 10_000
MAX_ROWS = 500
MAX_LINE = 2_000
"""Characters in an answer of one line, and in a cell."""
MAX_LONG = 20_000
"""Characters in an answer of many lines."""
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""What no text of a person holds; tab and line ends are allowed here."""


def read(form: Form, data: bytes) -> Written:
    """What was written into a form. Never raises: what keeps it from being understood is in `Written.broken`."""
    if len(data) > MAX_BYTES:
        return _broken(form, None, f"larger than {MAX_BYTES // 1024} KiB, not read", "Make it shorter.")
    if data.count(b"\n") > MAX_LINES:
        return _broken(form, None, f"more than {MAX_LINES:,} lines, not read", "Make it shorter.")
    try:
        text = data.decode("utf-8-sig" if form.markdown else "utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return _broken(form, line, "not UTF-8 text", "Save the file as UTF-8.")
    if found := CONTROL.search(text):
        line = text.count("\n", 0, found.start()) + 1
        return _broken(form, line, "holds a control character", "Take it out; an editor shows it.")
    if form.markdown:
        from shipworthy.facts.forms.markdown import read_markdown

        return _without_secrets(read_markdown(form, text))
    from shipworthy.facts.forms.toml import read_toml

    return _without_secrets(read_toml(form, data))


def _without_secrets(held: Written) -> Written:
    """What stands in a form is shown, reported and signed: a secret somebody wrote into one is masked from here on."""
    from shipworthy.facts.secrets.mask import mask_words

    texts = {key: mask_words(text) for key, text in held.answers.texts.items()}
    rows = {
        question: tuple(replace(row, cells={key: mask_words(text) for key, text in row.cells.items()}) for row in table)
        for question, table in held.answers.rows.items()
    }
    return replace(held, answers=Answers(texts=texts, rows=rows))


def _broken(form: Form, line: int | None, message: str, remedy: str) -> Written:
    flaw = Flaw(file=form.file, line=line, rule="not-understood", message=message, remedy=remedy, anchor=message)
    return Written(form=form, broken=(flaw,))
