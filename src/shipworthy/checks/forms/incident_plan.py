"""Judges `incident-plan`: people and first steps are known for a bad day."""

from __future__ import annotations

from shipworthy.checks.forms.base import FormCheck
from shipworthy.facts.forms import ContactsFile


class IncidentPlan(FormCheck):
    """A pass proves that `.shipworthy/contacts.toml` names people with a way to reach them, and the first steps.

    Evidence: the file alone. That the names and steps are right is what the person attests.
    """

    id = "incident-plan"
    file = ContactsFile
    needs = (ContactsFile,)
