"""Leaves out of a deployment file what is commented out or switched off: it gives no setting to anybody.

Lines keep their numbers. What is read wrongly here is left out, so that a file says less, never more.
"""

from __future__ import annotations

import re

from shipworthy.facts.settings.yaml_lines import documents

_YAML = (".yaml", ".yml", ".tpl")
_SLASHED = (".tf", ".tfvars", ".json", ".jsonc", ".js", ".cjs", ".mjs", ".example")
_BLOCK = re.compile(r"(?:^|[:\s-])[ \t]*(?:!\S{1,40}[ \t]+)?[|>][+-]?\d?[+-]?[ \t]*(?:#.*)?$")
_TEMPLATE = re.compile(r"\{\{-?[ \t]{0,9}/\*.*?(?:\*/[ \t]{0,9}-?\}\}|\Z)", re.S)
_TOKEN = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"?|'(?:[^'\\\n]|\\.)*'?|/\*.*?(?:\*/|\Z)|//[^\n]*|(?<!\S)#[^\n]*", re.S)
"""Each alternative matches once it has begun, so that no text is gone over twice."""
_OFF = re.compile(r"(?:\$\{\{)?\s*false\s*(?:\}\})?")


def live(path: str, text: str) -> str:
    """The text without comments, as the kind of file has them: `#`, in Terraform and scripts `//` and `/* */`.

    A workflow of GitHub is also without the jobs and steps that have `if: false`, which never run.
    """
    name = path.rpartition("/")[2].lower()
    if name.endswith(_YAML):
        text = _yaml(text)
        return _switched_on(text) if ".github/workflows/" in path else text
    if name.endswith(_SLASHED):
        return _slashed(text)
    return "\n".join("" if line.lstrip().startswith(("#", ";")) else line for line in text.split("\n"))


def _switched_on(text: str) -> str:
    if "false" not in text:
        return text
    lines = text.split("\n")
    for rows in documents(text):
        for row in rows:
            if row.key == "if" and _OFF.fullmatch(row.value):
                _blank(lines, row.number - 1)
    return "\n".join(lines)


def _blank(lines: list[str], at: int) -> None:
    """Blank the mapping that the key on a line belongs to."""
    column = _column(lines[at])
    start, end = at, at + 1
    while start > 0 and not _first(lines[start], column) and not _above(lines[start - 1], column):
        start -= 1
    while end < len(lines) and not _above(lines[end], column) and not _first(lines[end], column):
        end += 1
    lines[start:end] = [""] * (end - start)


def _column(line: str) -> int:
    return len(line) - len(line.lstrip(" -"))


def _first(line: str, column: int) -> bool:
    """Whether an item of a list begins here whose keys stand in that column."""
    return line.lstrip(" ").startswith("- ") and _column(line) == column


def _above(line: str, column: int) -> bool:
    """Whether a line stands further left, outside of a mapping whose keys stand in that column."""
    return bool(line.strip()) and len(line) - len(line.lstrip(" ")) < column and not _first(line, column)


def _yaml(text: str) -> str:
    """Of a block text too: what is in it are scripts and files, where `#` means the same."""
    rows: list[str] = []
    block: int | None = None
    for line in _TEMPLATE.sub(lambda match: "\n" * match[0].count("\n"), text).split("\n"):
        bare = line.lstrip(" ")
        indent = len(line) - len(bare)
        if bare.startswith("#"):
            rows.append("")
            continue
        if bare and block is not None and indent <= block:
            block = None
        kept = _without_tail(line, script=block is not None)
        if block is None and _BLOCK.search(kept):
            block = indent
        rows.append(kept)
    return "\n".join(rows)


def _without_tail(line: str, *, script: bool) -> str:
    """A line without the comment at its end. Outside a script a quote opens only where a value begins."""
    quote, before = "", ""
    for at, sign in enumerate(line):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'" and (script or not before or before in ":,[{-("):
            quote = sign
        elif sign == "#" and line[at - 1 : at].isspace():
            return line[:at].rstrip()
        if not sign.isspace():
            before = sign
    return line


def _slashed(text: str) -> str:
    def kept(match: re.Match[str]) -> str:
        return match[0] if match[0][:1] in "\"'" else "\n" * match[0].count("\n")

    return _TOKEN.sub(kept, text)
