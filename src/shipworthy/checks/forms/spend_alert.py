"""Judges `spend-alert`: a runaway bill is noticed."""

from __future__ import annotations

from shipworthy.checks.forms.base import FormCheck
from shipworthy.facts.forms import SpendingFile
from shipworthy.facts.keys import Keys
from shipworthy.facts.stack import Stack


class SpendAlert(FormCheck):
    """A pass proves that each known service that charges by use has a limit or warning in `.shipworthy/spending.toml`.

    Evidence: the packages that manifests and imports name and the keys that code reads, by a table of services billed
    by use. It cannot see the host's own bill, a service without a known package or key, nor whether the limit is set.
    """

    id = "spend-alert"
    file = SpendingFile
    needs = (SpendingFile, Stack, Keys)
