"""Azure Pipelines' expression language: `${{ … }}`, `$[ … ]` and `condition:`, with what is known at that point.

Source: the system's reference "Expressions" (literals, dereferences, functions, conversions).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shipworthy.facts.pipeline.values import (
    FUNCTIONS,
    HOLE,
    OneOf,
    Open,
    Ordinary,
    Unknown,
    equal,
    property_of,
    text_of,
    truth,
)

MAX_DEPTH = 40
MAX_LENGTH = 8_000
MAX_TEXT = 100_000
"""Characters of a text that an expression makes; a longer one is not known."""
_TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|(-?\d[\w.]*)|([A-Za-z_][\w-]*)|([()\[\],.*]))")
Status = Callable[[Sequence[Any]], Any]


@dataclass(frozen=True, slots=True)
class Scope:
    """What names stand for (`variables`, `parameters`, loop variables), and the status functions."""

    names: Mapping[str, Any] = field(default_factory=dict)
    statuses: Mapping[str, Status] = field(default_factory=dict)

    def having(self, **names: Any) -> Scope:
        return Scope({**self.names, **names}, self.statuses)

    def judging(self, statuses: Mapping[str, Status]) -> Scope:
        return Scope(self.names, {**self.statuses, **statuses})


class _NotUnderstood(Exception):
    pass


def evaluate(text: str, scope: Scope) -> Any:
    """The value of an expression; Unknown where it is not understood or not known."""
    try:
        tokens = _tokens(text)
        value, at = _value(tokens, 0, scope, 0)
        if at != len(tokens):
            raise _NotUnderstood
    except (_NotUnderstood, IndexError):
        return Unknown(" ".join(text.split())[:80])
    return value


def _tokens(text: str) -> list[str]:
    if len(text) > MAX_LENGTH:
        raise _NotUnderstood
    found: list[str] = []
    text = text.strip()
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.end() == at:
            raise _NotUnderstood
        found.append(match[0].strip())
        at = match.end()
    return found


def _value(tokens: list[str], at: int, scope: Scope, depth: int) -> tuple[Any, int]:
    if depth > MAX_DEPTH:
        raise _NotUnderstood
    here = tokens[at]
    at += 1
    if here.startswith("'"):
        text = here[1:-1].replace("''", "'")
        # `$(name)` is not expanded inside an expression on its own; what a template left there is not known.
        return (Unknown(text[:60]) if HOLE in text else text), at
    if here == "(":
        value, at = _value(tokens, at, scope, depth + 1)
        if tokens[at] != ")":
            raise _NotUnderstood
        return value, at + 1
    if re.match(r"-?\d", here):
        return _number(here), at
    if not re.match(r"[A-Za-z_]", here):
        raise _NotUnderstood
    if at < len(tokens) and tokens[at] == "(":
        arguments: list[Any] = []
        at += 1
        while tokens[at] != ")":
            value, at = _value(tokens, at, scope, depth + 1)
            arguments.append(value)
            if tokens[at] == ",":
                at += 1
            elif tokens[at] != ")":
                raise _NotUnderstood
        return _access(_call(here.lower(), arguments, scope), tokens, at + 1, scope, depth)
    return _access(_named(here, scope), tokens, at, scope, depth)


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def _named(name: str, scope: Scope) -> Any:
    lower = name.lower()
    if lower in ("true", "false"):
        return lower == "true"
    if lower == "null":
        return None
    for known, value in scope.names.items():
        if known.lower() == lower:
            return value
    return Unknown(name)


def _access(value: Any, tokens: list[str], at: int, scope: Scope, depth: int) -> tuple[Any, int]:
    while at < len(tokens) and tokens[at] in (".", "["):
        if tokens[at] == ".":
            value, at = _property(value, tokens[at + 1]), at + 2
        else:
            key, at = _value(tokens, at + 1, scope, depth + 1)
            if tokens[at] != "]":
                raise _NotUnderstood
            value, at = _property(value, key), at + 1
    return value, at


def _property(value: Any, key: Any) -> Any:
    if key == "*":
        return Unknown("*")
    return None if value is None else property_of(value, key)


def same(left: Any, right: Any) -> Any:
    """`eq`: texts ignore case; a bool or number is compared with a text by what it is written as."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one, bool) and isinstance(other, str):
            return text_of(one) == other.strip().lower()
        if one is None and isinstance(other, str):
            return other == ""
        if one is None and isinstance(other, (Ordinary, OneOf)):
            return False
    if isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    return equal(left, right)


def _logic(values: Sequence[Any], stop: bool) -> Any:
    """`and` (stops at the first False) and `or` (stops at the first True), with what is not known in between."""
    known = [truth(value) for value in values]
    if stop in known:
        return stop
    if None in known:
        value = values[known.index(None)]
        return Unknown(value.what if isinstance(value, Unknown) else "a condition")
    return not stop


def _not(value: Any) -> Any:
    known = truth(value)
    return Unknown(value.what if isinstance(value, Unknown) else "a condition") if known is None else not known


def _among(arguments: Sequence[Any]) -> Any:
    return _logic([same(arguments[0], each) for each in arguments[1:]], True)


def _compared(name: str, arguments: Sequence[Any]) -> Any:
    left, right = arguments[0], arguments[1]
    if isinstance(left, bool) or not all(isinstance(each, (int, float, str)) for each in (left, right)):
        return Unknown(name)
    try:
        one, two = float(left), float(right)
    except ValueError:
        return Unknown(name)
    return {"gt": one > two, "ge": one >= two, "lt": one < two, "le": one <= two}[name]


def _texted(name: str, arguments: Sequence[Any]) -> Any:
    """Functions on texts, where every argument is known."""
    hidden = next((each for each in arguments if isinstance(each, (Unknown, Ordinary, OneOf))), None)
    if hidden is not None:
        return Unknown(hidden.what)
    first = text_of(arguments[0])
    if name in ("lower", "upper", "trim"):
        return {"lower": first.lower, "upper": first.upper, "trim": first.strip}[name]()
    if name == "replace":
        old, new = text_of(arguments[1]), text_of(arguments[2])
        return first.replace(old, new) if len(first) * max(1, len(new)) <= MAX_TEXT else Unknown(name)
    if name == "split":
        return re.split(f"[{re.escape(text_of(arguments[1]))}]", first) if text_of(arguments[1]) else [first]
    return float(len(arguments[0])) if isinstance(arguments[0], (str, list, dict)) else Unknown(name)


def _call(name: str, arguments: list[Any], scope: Scope) -> Any:
    if name in scope.statuses:
        return scope.statuses[name](arguments)
    if name in ("and", "or"):
        return _logic(arguments, name == "or")
    if not arguments:
        return Unknown(f"{name}()")
    if name == "not":
        return _not(arguments[0])
    if name == "coalesce":
        for each in arguments:
            if isinstance(each, Unknown):
                return each
            if each not in (None, ""):
                return each
        return None
    if name in ("lower", "upper", "trim", "length") or (name, len(arguments)) in (("replace", 3), ("split", 2)):
        return _texted(name, arguments)
    if name in ("converttojson", "format", "join"):
        return _shaped(name, arguments)
    if len(arguments) < 2:
        return Unknown(f"{name}()")
    if name in ("eq", "ne"):
        value = same(arguments[0], arguments[1])
        return value if name == "eq" else _not(value)
    if name in ("in", "notin"):
        value = _among(arguments)
        return value if name == "in" else _not(value)
    if name == "xor":
        one, two = truth(arguments[0]), truth(arguments[1])
        return Unknown(name) if one is None or two is None else one != two
    if name == "iif" and len(arguments) == 3:
        known = truth(arguments[0])
        return Unknown(name) if known is None else arguments[1] if known else arguments[2]
    if name == "containsvalue":
        held = arguments[0]
        if isinstance(held, dict) and not isinstance(held, Open):
            held = list(held.values())
        return _among([arguments[1], *held]) if isinstance(held, list) else Unknown(name)
    if name in ("gt", "ge", "lt", "le"):
        return _compared(name, arguments)
    if name in ("contains", "startswith", "endswith"):
        return FUNCTIONS[name][1](arguments)
    return Unknown(f"{name}()")


def _size(value: Any) -> int:
    return len(value) if isinstance(value, (str, list, dict)) else 1


def _shaped(name: str, arguments: list[Any]) -> Any:
    if name == "join" and len(arguments) == 2:
        arguments = [arguments[1], arguments[0]]
    if name == "join" and (len(arguments) != 2 or not isinstance(arguments[0], list)):
        return Unknown(name)
    if sum(_size(each) for each in arguments) * max(1, *(_size(each) for each in arguments)) > MAX_TEXT * 10:
        return Unknown(name)
    return FUNCTIONS["tojson" if name == "converttojson" else name][1](arguments)
