"""Values of GitHub's expression language, known or not, and its operators and functions on them.

Source: the code host's reference "Evaluate expressions in workflows and actions" (operators, coercion, functions).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

HOLE = "\ue000"
"""Stands in a text for a part that is not known; a private-use character, so no shell grammar gives it a meaning."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value the files do not tell. `truth` where at least that much is known."""

    what: str
    truth: bool | None = None


@dataclass(frozen=True, slots=True)
class Ordinary:
    """Some everyday text (a feature branch, a person's login, a commit message) that no condition was written for.

    It equals and contains nothing that a file names. `prefix` is what it is known to start with.
    """

    what: str
    prefix: str = ""
    chosen: bool = False
    """Somebody gives it on purpose (a tag's name), so a condition that names a text may well mean it."""

    def may_start(self, text: str) -> bool:
        """Whether it may start with a text, or be it, as far as its own beginning tells."""
        one, other = self.prefix.lower(), text.lower()
        return self.chosen and bool(other) and (other.startswith(one) or one.startswith(other))


@dataclass(frozen=True, slots=True)
class OneOf:
    """A text that is one of these, and every condition that names one of them means it (the default branch's name)."""

    what: str
    values: tuple[str, ...]
    closed: bool = True
    """Whether it can be nothing else; where it can, a text that is none of these may still be it."""


@dataclass(frozen=True, slots=True)
class OrdinaryList:
    """A list of everyday texts, such as the labels of a change that nobody labelled."""

    what: str


class Open(dict[str, Any]):
    """An object of which only some properties are known; any other is Unknown."""

    def __init__(self, name: str, known: Mapping[str, Any] | None = None) -> None:
        super().__init__(known or {})
        self.name = name


def truth(value: Any) -> bool | None:
    """Whether a value counts as true; None where that is not known."""
    if isinstance(value, Unknown):
        return value.truth
    if isinstance(value, (Ordinary, OrdinaryList, OneOf, dict, list)):
        return True
    if isinstance(value, float) and math.isnan(value):
        return False
    return bool(value)


def text_of(value: Any) -> str:
    """A value as it is pasted into text; `HOLE` where it is not known."""
    if isinstance(value, (Unknown, Ordinary, OrdinaryList, OneOf)):
        return HOLE
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, (dict, list)):
        return "Object" if isinstance(value, dict) else "Array"
    return str(value)


def _number(value: Any) -> float:
    if isinstance(value, bool):
        return 1.0 if value else 0.0
    if value is None:
        return 0.0
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, str):
        try:
            return float(value.strip() or "0")
        except ValueError:
            return math.nan
    return math.nan


def _hidden(*values: Any) -> Unknown | None:
    """The first of the values that is not known."""
    return next((value for value in values if isinstance(value, Unknown)), None)


def equal(left: Any, right: Any) -> Any:
    hidden = _hidden(left, right)
    if hidden is not None:
        return Unknown(hidden.what)
    if isinstance(left, OneOf) or isinstance(right, OneOf):
        if set(_names(left)) & set(_names(right)):
            return True
        open_one = next((each for each in (left, right) if isinstance(each, OneOf) and not each.closed), None)
        return Unknown(open_one.what) if open_one else False
    if isinstance(left, (Ordinary, OrdinaryList)) or isinstance(right, (Ordinary, OrdinaryList)):
        for one, other in ((left, right), (right, left)):
            if isinstance(one, Ordinary) and isinstance(other, str) and one.may_start(other):
                return Unknown(one.what) if len(other) >= len(one.prefix) else False
        return left == right
    if isinstance(left, (dict, list)) or isinstance(right, (dict, list)):
        return left is right
    if isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    if type(left) is type(right):
        return left == right
    return _number(left) == _number(right)


def _names(value: Any) -> tuple[str, ...]:
    if isinstance(value, OneOf):
        return tuple(each.lower() for each in value.values)
    return (value.lower(),) if isinstance(value, str) else ()


def compare(sign: str, left: Any, right: Any) -> Any:
    hidden = _hidden(left, right)
    if hidden is not None or any(isinstance(each, (Ordinary, OneOf)) for each in (left, right)):
        return Unknown(hidden.what if hidden else "a text")
    one, two = _number(left), _number(right)
    return {"<": one < two, ">": one > two, "<=": one <= two, ">=": one >= two}[sign]


def _contains(args: Sequence[Any]) -> Any:
    where, what = args[0], args[1]
    hidden = _hidden(where, what)
    if hidden is not None:
        return Unknown(hidden.what)
    if isinstance(where, OrdinaryList):
        return False
    if isinstance(where, list):
        if any(isinstance(each, Unknown) for each in where):
            return Unknown("a list")
        return any(equal(each, what) is True for each in where)
    if isinstance(where, OneOf):
        return any(_contains((each, what)) for each in where.values)
    if isinstance(what, OneOf):
        return any(_contains((where, each)) for each in what.values)
    if isinstance(where, Ordinary) or isinstance(what, Ordinary):
        if isinstance(where, Ordinary) and isinstance(what, str) and what.lower() in where.prefix.lower():
            return True
        # A whole reference ("refs/heads/") stands at the beginning or nowhere.
        may = isinstance(where, Ordinary) and where.chosen and isinstance(what, str)
        return Unknown(where.what) if may and (where.may_start(what) or not what.startswith("refs/")) else False
    return text_of(what).lower() in text_of(where).lower()


def _starts(args: Sequence[Any]) -> Any:
    where, what = args[0], args[1]
    hidden = _hidden(where, what)
    if hidden is not None:
        return Unknown(hidden.what)
    if isinstance(where, OneOf):
        return any(_starts((each, what)) for each in where.values)
    if isinstance(where, Ordinary):
        if isinstance(what, str) and where.prefix.lower().startswith(what.lower()):
            return True
        return Unknown(where.what) if isinstance(what, str) and where.may_start(what) else False
    if isinstance(what, Ordinary):
        return False
    return text_of(where).lower().startswith(text_of(what).lower())


def _ends(args: Sequence[Any]) -> Any:
    hidden = _hidden(*args[:2])
    if hidden is not None:
        return Unknown(hidden.what)
    if isinstance(args[0], OneOf):
        return any(_ends((each, args[1])) for each in args[0].values)
    if isinstance(args[0], Ordinary) or isinstance(args[1], (Ordinary, OneOf)):
        return Unknown(args[0].what) if isinstance(args[0], Ordinary) and args[0].chosen else False
    return text_of(args[0]).lower().endswith(text_of(args[1]).lower())


def _format(args: Sequence[Any]) -> Any:
    hidden = _hidden(*args)
    if hidden is not None or not isinstance(args[0], str):
        return Unknown(hidden.what if hidden else "format")
    if len(args) == 2 and isinstance(args[1], OneOf):
        return OneOf(args[1].what, tuple(text_of(_format((args[0], each))) for each in args[1].values))
    if any(isinstance(each, (Ordinary, OneOf)) for each in args[1:]):
        return Ordinary("format", chosen=any(isinstance(each, Ordinary) and each.chosen for each in args[1:]))
    filled = re.sub(
        r"\{(\d{1,2})\}", lambda m: text_of(args[int(m[1]) + 1]) if int(m[1]) + 1 < len(args) else "", args[0]
    )
    return filled.replace("{{", "{").replace("}}", "}")


def _from_json(args: Sequence[Any]) -> Any:
    value = args[0]
    if not isinstance(value, str) or HOLE in value:
        return Unknown(value.what if isinstance(value, (Unknown, Ordinary)) else "fromJSON")
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return Unknown("fromJSON")


def _join(args: Sequence[Any]) -> Any:
    if isinstance(args[0], list) and not any(isinstance(each, (Unknown, Ordinary)) for each in args[0]):
        return (text_of(args[1]) if len(args) > 1 else ",").join(map(text_of, args[0]))
    return Unknown("join")


def _to_json(args: Sequence[Any]) -> Any:
    try:
        return json.dumps(args[0])
    except (TypeError, ValueError, RecursionError):
        return Unknown("toJSON")


FUNCTIONS: dict[str, tuple[int, Callable[[Sequence[Any]], Any]]] = {
    "contains": (2, _contains),
    "startswith": (2, _starts),
    "endswith": (2, _ends),
    "format": (1, _format),
    "join": (1, _join),
    "fromjson": (1, _from_json),
    "tojson": (1, _to_json),
}


def values_of(value: Any) -> Any:
    if isinstance(value, Open):
        return Unknown(value.name)
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, (list, Unknown, OrdinaryList)) else []


def property_of(value: Any, key: Any) -> Any:
    if isinstance(value, (Unknown, OrdinaryList)):
        return Unknown(f"{value.what}.{text_of(key)}") if isinstance(value, Unknown) else value
    if isinstance(key, (Unknown, Ordinary)):
        return Unknown(key.what)
    if isinstance(value, dict):
        wanted = text_of(key).lower()
        for name, each in value.items():
            if str(name).lower() == wanted:
                return each
        return Unknown(f"{value.name}.{text_of(key)}") if isinstance(value, Open) else None
    if isinstance(value, list):
        if value and all(isinstance(each, dict) for each in value) and isinstance(key, str):
            return [property_of(each, key) for each in value]
        index = _number(key)
        return value[int(index)] if index == index and 0 <= index < len(value) else None
    return None
