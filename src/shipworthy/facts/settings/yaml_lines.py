"""Reads a YAML file line by line, so that templates of Helm and Ansible, which are no valid YAML, are read too.

It knows block mappings and sequences, which deployment files are written in; a flow mapping is one value. What it takes
for a key inside an odd construct is at worst a name without a secret's word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_KEY = re.compile(r"([\"']?)([A-Za-z0-9_.$/@-]{1,200})\1[ \t]*:(?:[ \t]+(.*))?$")
_BLOCK = re.compile(r"(?:!\S{1,40}[ \t]+)?[|>][+-]?\d?(?:[ \t]+#.*)?$")
_DEEPEST = 60
_LONGEST = 2_000
"""Characters of a line; a longer one is data."""


class Line(NamedTuple):
    """One key with its value, or one plain item of a list."""

    number: int
    """1-based."""
    parents: tuple[str, ...]
    """The keys above it, outermost first; a list adds none."""
    key: str
    """"" for a plain item of a list."""
    value: str
    """Without quotes and comment; of a block text its header ("|", "!vault |"); "" where lines below hold it."""
    item: int
    """Counts the list items of the file: lines of one item share it; 0 outside lists."""
    quoted: bool


def documents(text: str) -> Iterator[list[Line]]:
    """The lines of each document."""
    rows: list[Line] = []
    for line in _lines(text):
        if line is None:
            yield rows
            rows = []
        else:
            rows.append(line)
    yield rows


def _lines(text: str) -> Iterator[Line | None]:
    stack: list[tuple[int, str, int]] = []
    block: int | None = None
    items = 0
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw[:_LONGEST].rstrip("\r")
        body = line.lstrip(" ")
        if not body.strip() or body.startswith("#"):
            continue
        indent = len(line) - len(body)
        if block is not None:
            if indent > block:
                continue
            block = None
        if line.startswith("---"):
            stack = []
            yield None
            continue
        began = False
        while body.startswith("- ") and len(stack) < _DEEPEST:
            rest = body[2:].lstrip(" ")
            while stack and stack[-1][0] >= indent + 1:
                stack.pop()
            # A list may stand at the very indent of the key it belongs to.
            while stack and stack[-1][0] == indent and stack[-1][1] == "":
                stack.pop()
            indent += len(body) - len(rest)
            body, began = rest, True
            items += 1
            stack.append((indent - 1, "", items))
        found = _KEY.match(body)
        if found is None and not began:
            continue
        while stack and stack[-1][0] >= indent:
            stack.pop()
        parents = tuple(key for _, key, _ in stack if key)
        item = next((number for _, key, number in reversed(stack) if not key), 0)
        if found is None:
            value, quoted = plain(body)
            yield Line(number, parents, "", value, item, quoted)
            continue
        given = (found[3] or "").strip()
        if _BLOCK.match(given):
            block = indent
        value, quoted = plain(given)
        yield Line(number, parents, found[2], value, item, quoted)
        if len(stack) < _DEEPEST:
            stack.append((indent, found[2], 0))


def plain(given: str) -> tuple[str, bool]:
    """(A scalar without its quotes, anchor and comment; whether it was quoted)."""
    given = re.sub(r"^&\S{1,80}[ \t]*", "", given.strip())
    if given[:1] in ("'", '"'):
        end = given.find(given[0], 1)
        return (given[1:end] if end > 0 else given[1:]), True
    return ("" if given.startswith("#") else given.partition(" #")[0].strip()), False
