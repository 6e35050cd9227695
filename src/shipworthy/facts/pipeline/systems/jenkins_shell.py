"""What the shell steps of Jenkins run: which shell, with which options, and its script line by line.

Source: the plugin "Pipeline: Nodes and Processes": `sh` runs `sh -xe` unless the script starts with `#!`; a batch
file or PowerShell script has the exit code of its last command.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from shipworthy.facts.pipeline.fact import Link
from shipworthy.facts.pipeline.shell import Options
from shipworthy.facts.pipeline.systems.jenkins_text import Written
from shipworthy.facts.pipeline.systems.plan import Script

_SHELL = re.compile(r"#!\s*(?:/usr/bin/env\s+(?:-S\s+)?)?\S*?\b(?:ba|da|z|k|a)?sh\b(.*)")
_POWER = re.compile(r"[$;{}()@`]|^\s*(?:if|foreach|for|while|try|function|param)\b", re.I)
_BATCH = re.compile(r"^\s*(?:if|for|goto|setlocal|:\w)", re.I)
_EXISTS = re.compile(r"if\s+(not\s+)?exist\s+(?:\"[^\"]*\"|\S+)\s+", re.I)
_VARIABLE = re.compile(r"%(\w+)%")


def shell_of(step: str, written: Written, link: Callable[[str, int], Link]) -> tuple[Script | None, Options | None]:
    """The script and its options; (None, None) where its language is not followed. `link` takes a row and its line."""
    lines = written.text.split("\n")
    links = tuple(link(text, row) for text, row in zip(lines, written.rows, strict=False))
    if step == "sh":
        if not written.text.startswith("#!"):
            return Script(written.text, links), Options(errexit=True)
        match = _SHELL.match(lines[0])
        if match is None:
            return None, None
        flags = match[1]
        errexit = bool(re.search(r"\s-\w*e", flags)) or "errexit" in flags
        return Script(written.text, links), Options(errexit=errexit, pipefail="pipefail" in flags)
    rows = [_batch(line) if step == "bat" else _power(line) for line in lines]
    if any(row is None for row in rows):
        return None, None
    return Script("\n".join(row or "" for row in rows), links), Options()


def _batch(line: str) -> str | None:
    """A line of a batch file as the Bourne shell would have it."""
    plain = line.strip().lstrip("@")
    if re.match(r"(?:rem\b|::|echo\s+(?:on|off)\s*$)", plain, re.I):
        return ""
    asked = _EXISTS.match(plain)
    if asked and "(" not in plain:
        inner = _batch(plain[asked.end() :])
        return None if inner is None else f"test {'! ' if asked[1] else ''}-e x && {inner}"
    if _BATCH.match(plain):
        return None
    plain = re.sub(r"^(?:call|start\s+/wait)\s+", "", plain, flags=re.I).replace("\\", "/")
    plain = re.sub(r"\bexit\s+/b\b", "exit", plain, flags=re.I)
    plain = plain.replace("%errorlevel%", "$?").replace("%ERRORLEVEL%", "$?")
    return _VARIABLE.sub(r"${\1}", re.sub(r"^cd\s+/d\s+", "cd ", plain, flags=re.I))


def _power(line: str) -> str | None:
    plain = line.strip()
    if plain.startswith("#"):
        return ""
    return None if _POWER.search(plain) else plain.replace("\\", "/")
