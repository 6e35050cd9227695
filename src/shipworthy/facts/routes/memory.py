"""Remembers what functions did in earlier trials, so that a helper of a hundred routes is run on paper once."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from shipworthy.facts.python_code.values import Const, Func, Unknown, Value
from shipworthy.facts.routes.verdicts import Claim, Part, Stop

MAX_KEPT = 50_000


@dataclass(frozen=True, slots=True)
class Remembered:
    """What one call did. `kept` holds on to the arguments, whose identities are part of the key."""

    value: Value | None
    stop: Stop | None
    maybe: tuple[Stop, ...]
    kept: tuple[Value, ...]


class Memory:
    """Calls by function, arguments and kind of caller."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Remembered] = {}

    def get(self, key: Hashable) -> Remembered | None:
        return self._known.get(key)

    def keep(self, key: Hashable, remembered: Remembered) -> None:
        if len(self._known) < MAX_KEPT:
            self._known[key] = remembered


def sign(value: Value) -> Hashable:
    """What tells two arguments apart: their content where it is simple, else which object it is."""
    if isinstance(value, Unknown):
        return "?"
    if isinstance(value, Const):
        return type(value.value).__name__, value.value
    if isinstance(value, Claim):
        return "claim", value.sent, value.truthy
    if isinstance(value, Part):
        return "part", value.name
    return id(value)


def key_of(function: Func, args: list[Value], kwargs: dict[str, Value], state: Hashable) -> Hashable:
    """The key of a call; `state` is what else its result depends on."""
    bound = sign(function.bound) if function.bound is not None else None
    named = tuple((name, sign(value)) for name, value in sorted(kwargs.items()))
    return id(function.code), id(function.frame), bound, tuple(map(sign, args)), named, state


def again(stop: Stop) -> Stop:
    """The same stop as a fresh exception."""
    return Stop(stop.evidence, stop.raised, verification=stop.verification)
