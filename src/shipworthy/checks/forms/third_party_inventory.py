"""Judges `third-party-inventory`: every outside service has an owner and a plan for when it fails."""

from __future__ import annotations

from shipworthy.checks.forms.base import FormCheck
from shipworthy.facts.forms import ThirdPartiesFile
from shipworthy.facts.keys import Keys
from shipworthy.facts.stack import Stack


class ThirdPartyInventory(FormCheck):
    """A pass proves that each known outside service in the code has a complete row in `.shipworthy/third-parties.toml`.

    Evidence: the packages that manifests and imports name, by a table of known services, and the issuers of the keys
    that code reads. It cannot see a service that is called without a key and without a package it knows, nor whether
    the owner is still there.
    """

    id = "third-party-inventory"
    file = ThirdPartiesFile
    needs = (ThirdPartiesFile, Stack, Keys)
