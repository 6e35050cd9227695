"""Short forms for what only a person knows: threat model, third parties, keys, alerting, backup, rollback, contacts.

What a screen calls, in this order. All but the first two wait for the disk, so a screen calls them in a thread;
`prefilled` reads the repository in a process of its own. All raise `FormError` (its `diagnostics` say what to do).

    form_of(item)                        the Form that serves an item of the checklist, or None; forms() has all
    form.questions                       Question: id, label, help, kind, required, columns (Column) where kind is rows
    opened(root, form)                   Answers of its file; empty ones where there is none. A broken file is an error
    prefilled(root, form, stop)          Filled: the file's answers, with a row for everything that was found in the
                                         code and is not in the file yet; those rows are not confirmed, and `row.found`
                                         says `file:line`. `filled.hints` are words to show beside a question; setting
                                         the event `stop` ends it early, with an error
    answers.with_text(question, text)    a copy with another answer; with_rows(question, rows) with another table.
                                         A row counts once it is `Row(cells=..., confirmed=True, found=row.found)`
    lacking(form, answers, today)        Flaw for everything still missing, in the order of the questions
    flaws_of(question or column, text, today)   what is wrong with one answer or cell, by itself, as it is typed
    save(root, form, answers)            writes the file, atomically, and says whether git would ignore it; refuses
                                         text with a secret in it, and a broken file, which stays as it is
    template(form)                       the file without answers, as text

A cell and an answer are texts; a date is YYYY-MM-DD. Everything from a file or the code goes through `text.visible`
before it is shown. After `save` the item has to be judged again; the watcher sees the file change by itself.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from shipworthy.facts.forms import Answers, Column, Flaw, Form, FormError, Kind, Question, Row, form_of, forms

if TYPE_CHECKING:
    from shipworthy.facts.forms.complete import flaws_of, lacking
    from shipworthy.forms.offer import prefilled
    from shipworthy.forms.prefill import Filled
    from shipworthy.forms.store import Saved, opened, save
    from shipworthy.forms.words import template

__all__ = [
    "Answers",
    "Column",
    "Filled",
    "Flaw",
    "Form",
    "FormError",
    "Kind",
    "Question",
    "Row",
    "Saved",
    "flaws_of",
    "form_of",
    "forms",
    "lacking",
    "opened",
    "prefilled",
    "save",
    "template",
]

_LATER = {
    "Filled": "shipworthy.forms.prefill",
    "Saved": "shipworthy.forms.store",
    "flaws_of": "shipworthy.facts.forms.complete",
    "lacking": "shipworthy.facts.forms.complete",
    "opened": "shipworthy.forms.store",
    "prefilled": "shipworthy.forms.offer",
    "save": "shipworthy.forms.store",
    "template": "shipworthy.forms.words",
}


def __getattr__(name: str) -> Any:
    # A screen asks which forms there are while it draws; what reads and writes them takes longer to import.
    if name not in _LATER:
        raise AttributeError(name)
    found = getattr(import_module(_LATER[name]), name)
    globals()[name] = found
    return found
