"""The forms' files as facts: one kind for each file, so that a change of one has only its own item judged again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from shipworthy.facts.base import Fact, FactReader, Facts, View
from shipworthy.facts.forms.model import Form, Written
from shipworthy.facts.forms.reading import read
from shipworthy.facts.forms.table import form_of


@dataclass(frozen=True, kw_only=True)
class FormFact(Fact):
    """One form's file. `written` is None where there is none, or none that can be read (then there is a gap)."""

    item: ClassVar[str]
    """The form's id."""
    written: Written | None = None

    @classmethod
    def form(cls) -> Form:
        """The form whose file it is."""
        found = form_of(cls.item)
        assert found is not None  # noqa: S101 - each kind names a form of the table
        return found

    @classmethod
    def reader(cls) -> FactReader[Any]:
        return FormReader(cls)


class FormReader(FactReader[FormFact]):
    """Reads the one file."""

    def __init__(self, kind: type[FormFact]) -> None:
        self._kind = kind

    def read(self, view: View, facts: Facts) -> FormFact:
        form = self._kind.form()
        data = view.read(form.file)
        written = None if data is None else read(form, data)
        for flaw in written.broken if written else ():
            view.gap(flaw.file, f"{flaw.message}. {flaw.remedy}", flaw.line)
        return self._kind(written=written, read=tuple(view.seen), gaps=tuple(view.gaps))


@dataclass(frozen=True, kw_only=True)
class ThreatModelFile(FormFact):
    item: ClassVar[str] = "threat-model"


@dataclass(frozen=True, kw_only=True)
class ThirdPartiesFile(FormFact):
    item: ClassVar[str] = "third-party-inventory"


@dataclass(frozen=True, kw_only=True)
class KeysFile(FormFact):
    item: ClassVar[str] = "key-inventory"


@dataclass(frozen=True, kw_only=True)
class AlertingFile(FormFact):
    item: ClassVar[str] = "alert-reaches-human"


@dataclass(frozen=True, kw_only=True)
class SpendingFile(FormFact):
    item: ClassVar[str] = "spend-alert"


@dataclass(frozen=True, kw_only=True)
class BackupFile(FormFact):
    item: ClassVar[str] = "backup-restored"


@dataclass(frozen=True, kw_only=True)
class RollbackFile(FormFact):
    item: ClassVar[str] = "rollback-rehearsed"


@dataclass(frozen=True, kw_only=True)
class ContactsFile(FormFact):
    item: ClassVar[str] = "incident-plan"
