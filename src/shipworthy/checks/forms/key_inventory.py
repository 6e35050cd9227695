"""Judges `key-inventory`: every key has an owner, a purpose, rights and a place."""

from __future__ import annotations

from shipworthy.checks.forms.base import FormCheck
from shipworthy.facts.forms import KeysFile
from shipworthy.facts.keys import Keys
from shipworthy.facts.stack import Stack


class KeyInventory(FormCheck):
    """A pass proves that each known key of the code and its workflows has a complete row in `.shipworthy/keys.toml`.

    Evidence: the secret-named settings that code reads, the examples of env files, and the secrets that GitHub's
    workflows ask for, by name; no value is looked at. It cannot see keys that only the host or another CI system uses,
    nor settings with computed names.
    """

    id = "key-inventory"
    file = KeysFile
    needs = (KeysFile, Keys, Stack)
