"""Reads the plain part of TOML that checklists are written in, ten times as fast as tomllib, and nothing else.

The coach reads its checklist before its first picture, and tomllib looks at every character of it in Python. Plain are
comments, `[[tables]]`, and `key = value` with a text without escapes, a whole number, a list of such texts, or an
inline table of them.
"""

from __future__ import annotations

import re
from typing import Any

_TEXT = r"""(?:"[^"\\\x00-\x1f\x7f]*+"|'[^'\x00-\x1f\x7f]*+')"""
_KEY = r"[A-Za-z0-9_-]++"
_STATEMENT = re.compile(
    rf"""
    (?: [ ]*+ (?: \# [^\x00-\x08\x0a-\x1f\x7f]*+ )? \n )++
    | \[\[ (?P<array> {_KEY} ) \]\] \n
    | (?P<key> {_KEY} ) [ ] = [ ]
      (?: (?P<text> {_TEXT} )
        | (?P<number> 0 | [1-9][0-9]{{0,8}}+ )
        | (?P<list> \[ [ \n]*+ (?: {_TEXT} (?: , [ \n]*+ {_TEXT} )*+ ,?+ [ \n]*+ )?+ \] )
        | \{{ (?P<table> [ ] {_KEY} [ ] = [ ] {_TEXT} (?: , [ ] {_KEY} [ ] = [ ] {_TEXT} )*+ [ ] ) \}}
      ) \n
    """,
    re.X,
)
_TEXTS = re.compile(_TEXT)
_PAIRS = re.compile(f"({_KEY}) = ({_TEXT})")


def read_plain(text: str) -> dict[str, Any] | None:
    """What `tomllib.loads` makes of the text; None where a line of it is not plain, or a key stands twice."""
    top: dict[str, Any] = {}
    here = top
    arrays: set[str] = set()
    at, end = 0, len(text)
    match = _STATEMENT.match
    while at < end:
        found = match(text, at)
        if found is None:
            return None
        at = found.end()
        kind = found.lastgroup
        if kind is None:
            continue
        if kind == "array":
            name = found["array"]
            if name not in arrays and name in top:
                return None
            arrays.add(name)
            here = {}
            top.setdefault(name, []).append(here)
            continue
        key, value = found["key"], found[kind]
        if key in here:
            return None
        if kind == "text":
            here[key] = value[1:-1]
        elif kind == "number":
            here[key] = int(value)
        elif kind == "list":
            here[key] = [each[1:-1] for each in _TEXTS.findall(value)]
        else:
            pairs = _PAIRS.findall(value)
            here[key] = {name: each[1:-1] for name, each in pairs}
            if len(here[key]) != len(pairs):
                return None
    return top
