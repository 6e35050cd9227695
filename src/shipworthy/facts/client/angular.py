"""Reads what an Angular app is built with: its environment files, and `define` of its workspace.

Source: Angular's documentation, "Configuring application environments" and "Build-time value injection": both are part
of what the browser gets.
"""

from __future__ import annotations

import re
from typing import Any

from shipworthy.facts.client.names import Meant, meant
from shipworthy.facts.settings.defaults import of_text
from shipworthy.facts.settings.model import Default
from shipworthy.project import FileEntry, Source

WORKSPACES = frozenset({"angular.json", "project.json", "workspace.json"})
_ENVIRONMENT = re.compile(r"(?:^|/)environments/environments?(?:\.[\w-]+)*\.ts$")
_LITERAL = re.compile(r"(?<![\w$])([A-Za-z_]\w{2,80})[\"']?\s{0,20}:\s{0,20}([\"'`])([^\"'`\n]{1,500})\2")
_COMMENT = re.compile(r"[ \t]*(?://|/?\*)")
HOW = "the environment file"
_DEFINE = re.compile(r'"define"\s*:\s*\{([^{}]{0,20000})\}')
_DEFINED = re.compile(r'"([\w.$\[\]\']{2,100})"\s*:\s*"((?:[^"\\\n]|\\.){1,500})"')
_PUBLIC_OF = re.compile(r"^(?:process\.env|import\.meta\.env|globalThis|window)\.")


def is_environment(entry: FileEntry) -> bool:
    """Whether a file is one of those that `fileReplacements` puts into the build."""
    return bool(_ENVIRONMENT.search(entry.path))


def exposed(source: Source) -> dict[str, Any] | None:
    """A record of `ClientConfig` with the values of server settings; names that tell nothing are the scanner's."""
    text = source.text
    if source.entry.name in WORKSPACES:
        found = [(row, block.start(1)) for block in _DEFINE.finditer(text) for row in _DEFINED.finditer(block[1])]
        rows = [
            _row(_PUBLIC_OF.sub("", row[1]), row[2].strip("'"), text, at + row.start(), "`define`") for row, at in found
        ]
    else:
        rows = [_row(each[1], each[3], text, each.start(1), HOW) for each in _LITERAL.finditer(text)]
    kept = [row for row in rows if row is not None][:200]
    return {"exposed": kept} if kept else None


def _row(name: str, value: str, text: str, at: int, how: str) -> list[Any] | None:
    if _COMMENT.match(text, text.rfind("\n", 0, at) + 1, at):
        return None
    if meant(name) is not Meant.SERVER or of_text(value) is not Default.TEXT:
        return None
    return [name, [], text.count("\n", 0, at) + 1, how]
