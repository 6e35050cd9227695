"""Sorts a default value into a kind, so that the value itself need not be kept."""

from __future__ import annotations

import re

from shipworthy.facts.secrets import values
from shipworthy.facts.settings.model import Default

_LOCAL = re.compile(r"(?:://|@|^)(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?:[:/]|$)", re.I)
_MACHINE = re.compile(r"^(?:file://)?(?:/h[o]me/[\w.-]+/|/Users/[\w.-]+/|/r[o]ot/|[A-Za-z]:[\\/]+Users[\\/])", re.I)
_EMPTY = {"", "none", "null", "false", "undefined", "0", "nil"}


def of_text(value: str) -> Default:
    """The kind of a literal text."""
    value = value.strip()
    if value.lower() in _EMPTY:
        return Default.EMPTY
    if _MACHINE.match(value):
        return Default.MACHINE_PATH
    if _LOCAL.search(value):
        return Default.LOCALHOST
    return Default.PLACEHOLDER if values.plainly_not(value) in ("placeholder", "template") else Default.TEXT
