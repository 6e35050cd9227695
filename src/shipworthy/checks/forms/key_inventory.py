"""Judges `key-inventory`: every key has an owner, a purpose, rights and a place."""

from __future__ import annotations

from shipworthy.checks.forms.base import FormCheck
from shipworthy.facts.forms import KeysFile
from shipworthy.facts.settings import Settings
from shipworthy.facts.stack import Stack


class KeyInventory(FormCheck):
    """A pass proves that each secret-named setting of the code has a complete row in `.shipworthy/keys.toml`.

    Evidence: the settings that code reads and the examples of env files, by name; no value is looked at. It cannot see
    keys that only the pipeline or the host uses, nor settings with computed names.
    """

    id = "key-inventory"
    file = KeysFile
    needs = (KeysFile, Settings, Stack)
