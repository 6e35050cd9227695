"""What people wrote into the forms below `.shipworthy/`, read strictly, and what of the code it is held against."""

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
from shipworthy.facts.forms.lacking import lacking
from shipworthy.facts.forms.model import (
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
from shipworthy.facts.forms.read import MAX_BYTES, read
from shipworthy.facts.forms.table import form_of, forms

__all__ = [
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
