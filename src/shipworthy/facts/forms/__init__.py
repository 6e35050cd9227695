"""What people wrote into the forms below `.shipworthy/`, read strictly, and what of the code it is held against."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from shipworthy.facts.forms.model import (
    DAYS,
    Answers,
    Column,
    Flaw,
    Form,
    FormError,
    Kind,
    Question,
    Row,
    Source,
    Written,
)

if TYPE_CHECKING:
    from shipworthy.facts.forms.complete import lacking
    from shipworthy.facts.forms.fact import (
        AlertingFile,
        BackupFile,
        ContactsFile,
        FormFact,
        KeysFile,
        RollbackFile,
        SpendingFile,
        ThirdPartiesFile,
        ThreatModelFile,
    )
    from shipworthy.facts.forms.found import Named, found_in, parts_named
    from shipworthy.facts.forms.reading import MAX_BYTES, read
    from shipworthy.facts.forms.table import form_of, forms

__all__ = [
    "DAYS",
    "MAX_BYTES",
    "AlertingFile",
    "Answers",
    "BackupFile",
    "Column",
    "ContactsFile",
    "Flaw",
    "Form",
    "FormError",
    "FormFact",
    "KeysFile",
    "Kind",
    "Named",
    "Question",
    "RollbackFile",
    "Row",
    "Source",
    "SpendingFile",
    "ThirdPartiesFile",
    "ThreatModelFile",
    "Written",
    "form_of",
    "forms",
    "found_in",
    "lacking",
    "parts_named",
    "read",
]

_LATER = {
    "Named": "found",
    "found_in": "found",
    "parts_named": "found",
    "lacking": "complete",
    "MAX_BYTES": "reading",
    "read": "reading",
    "form_of": "table",
    "forms": "table",
}


def __getattr__(name: str) -> Any:
    # Which forms there are is asked while the screen draws; what reads them is not needed for that.
    if name not in __all__:
        raise AttributeError(name)
    found = getattr(import_module(f"shipworthy.facts.forms.{_LATER.get(name, 'fact')}"), name)
    globals()[name] = found
    return found
