"""Reads settings out of a JSON file line by line, comments and all: `local.settings.json`, `appsettings.*.json`.

Source: Microsoft's pages on Azure Functions' local settings (`IsEncrypted`, `Values`) and on connection strings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from shipworthy.facts.settings.defaults import of_text
from shipworthy.facts.settings.deployed_rows import secret_value, stand_in
from shipworthy.facts.settings.model import Default

_PAIR = re.compile(r'"([^"\\\n]{1,200})"[ \t\r\n]*:[ \t\r\n]*"((?:[^"\\\n]|\\.){0,4000})"')
_COMMENT = re.compile(r"^[ \t]*(?://|/?\*)")
_ENCRYPTED = re.compile(r'"IsEncrypted"\s*:\s*true\b')
_IN_ADDRESS = re.compile(
    r"(?i)(?:^|;)[ ]*(password|pwd|accountkey|sharedaccesskey|accesskey|sharedsecret)[ ]*=[ ]*([^;]+)"
)
"""The parts of a connection string that let somebody in."""


def encrypted(name: str, text: str) -> bool:
    """Whether a file says that its values are encrypted, which means something to Azure Functions only."""
    said = _ENCRYPTED.search(text) if name.lower() == "local.settings.json" else None
    return said is not None and not _COMMENT.match(text, text.rfind("\n", 0, said.start()) + 1, said.start())


def rows(text: str) -> list[list[Any]]:
    """[name, line, default kind, commented, stand-in] of every text value with a name."""
    return [
        [name[:100], text.count("\n", 0, at) + 1, str(of_text(value)), commented, not own]
        for name, value, at, commented, own in _pairs(text)
    ]


def _pairs(text: str) -> Iterator[tuple[str, str, int, bool, bool]]:
    for match in _PAIR.finditer(text):
        name, value = re.split(r"__|:", match[1])[-1], match[2]
        start = text.rfind("\n", 0, match.start()) + 1
        commented = bool(_COMMENT.match(text, start, match.start()))
        parts = [each for each in _IN_ADDRESS.finditer(value) if not stand_in(each[1], each[2])]
        if parts:
            yield parts[0][1], parts[0][2], match.start(), commented, True
            continue
        own = of_text(value) is Default.TEXT and secret_value(name, value) and not stand_in(name, value)
        yield name, value, match.start(), commented, own
