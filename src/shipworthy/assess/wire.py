"""Events as JSON lines and back: the two-way protocol between the coach and its child process, version 2."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any

from shipworthy.assess import events

VERSION = 2
_EVENTS: dict[str, type[Any]] = {
    "planned": events.Planned,
    "started": events.Started,
    "progress": events.Progress,
    "outcome": events.Judged,
    "done": events.Done,
    "error": events.Failed,
    "changed": events.Changed,
    "watching": events.Watching,
}
_NAMES = {cls: name for name, cls in _EVENTS.items()}


class WireError(Exception):
    """A line that is not of the protocol: another version, or not what it says it is."""


def plain(value: Any) -> Any:
    """Dataclasses, enums, dates and tuples as JSON values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list | frozenset):
        return [plain(each) for each in value]
    return value


@cache
def _defaults(cls: Any) -> tuple[tuple[str, Any], ...] | None:
    """Names of the fields with their defaults; None for what is no dataclass."""
    return (
        tuple((each.name, each.default) for each in dataclasses.fields(cls)) if dataclasses.is_dataclass(cls) else None
    )


def _shallow(value: Any) -> Any:
    """What the JSON encoder, which knows strings, numbers, tuples and dicts, is to take in place of a value.

    What has its default is left out, and made again from it: half of what thousands of findings consist of.
    """
    cls: Any = type(value)
    fields = _defaults(cls)
    if fields is None:
        return plain(value)
    return {name: each for name, default in fields if (each := getattr(value, name)) is not default}


def build(kind: Any, value: Any) -> Any:
    """The inverse of `plain` for a type annotation. Raises WireError where the value does not fit."""
    return _maker(kind)(value)


@cache
def _maker(kind: Any) -> Callable[[Any], Any]:
    """`build` for one kind: thousands of findings have few kinds of parts."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        inner = _maker(next(each for each in arguments if each is not type(None)))
        optional = type(None) in arguments
        return lambda value: None if value is None and optional else inner(value)
    if origin is tuple:
        each_of = _maker(arguments[0])

        def many(value: Any) -> Any:
            if not isinstance(value, list):
                raise WireError(f"expected a list, got {type(value).__name__}")
            return tuple([each_of(each) for each in value])

        return many
    if not isinstance(kind, type):
        return lambda value: value
    if dataclasses.is_dataclass(kind):
        return _dataclass_maker(kind)
    if issubclass(kind, Enum):
        return kind
    if kind is date:
        return date.fromisoformat

    def one(value: Any) -> Any:
        if not isinstance(value, kind):
            raise WireError(f"expected {kind.__name__}, got {type(value).__name__}")
        return value

    return one


def _dataclass_maker(cls: Any) -> Callable[[Any], Any]:
    hints = typing.get_type_hints(cls)
    # Asked for when the first value comes, so that a class may hold itself.
    makers: dict[str, Callable[[Any], Any]] = {}

    def make(value: Any) -> Any:
        if not makers:
            makers.update({name: _maker(hints[name]) for name, _ in _defaults(cls) or ()})
        if not isinstance(value, dict) or not value.keys() <= makers.keys():
            raise WireError(f"not a {cls.__name__}")
        try:
            return cls(**{name: makers[name](each) for name, each in value.items()})
        except (TypeError, ValueError) as error:
            raise WireError(f"not a {cls.__name__}: {error}") from error

    return make


def dump(event: events.Event) -> bytes:
    """One line, ending in a newline."""
    message = {"v": VERSION, "event": _NAMES[type(event)], **_shallow(event)}
    return json.dumps(message, separators=(",", ":"), default=_shallow).encode("ascii") + b"\n"


def load(line: bytes) -> events.Event:
    """The event of one line. Raises WireError."""
    try:
        message = json.loads(line)
        version, name = message.pop("v"), message.pop("event")
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise WireError("not a line of the protocol") from error
    if version != VERSION or name not in _EVENTS:
        raise WireError(f"unknown event {name!r} of version {version!r}")
    event: events.Event = build(_EVENTS[name], message)
    return event


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What the coach asks of the child: `run` (all, or `only` these items), `cancel`, `watch`, `unwatch`."""

    do: str
    only: tuple[str, ...] | None = None
    consent: tuple[str, ...] = ()
    """Commands the person allowed to run in this examination."""
    fresh: bool = False
    """Read every file again: what gets signed rests on no cache."""

    def dump(self) -> bytes:
        return json.dumps({"v": VERSION, **plain(self)}, separators=(",", ":")).encode("ascii") + b"\n"

    @classmethod
    def load(cls, line: bytes) -> Command:
        """Raises WireError."""
        try:
            message = json.loads(line)
            version = message.pop("v")
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise WireError("not a command of the protocol") from error
        if version != VERSION:
            raise WireError(f"a command of version {version!r}")
        command: Command = build(cls, message)
        return command
