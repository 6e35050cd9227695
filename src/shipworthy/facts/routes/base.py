"""What a framework's file offers: it finds the routes of its apps in an evaluated program and reports them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from shipworthy.facts.base import Gap
from shipworthy.facts.python_code.program import Program
from shipworthy.facts.python_code.values import Class, Const, Func, Seq, Unknown, Unset, Value, View, options, text
from shipworthy.facts.routes.fact import App, DebugSwitch, Route
from shipworthy.facts.routes.guards import Guards
from shipworthy.facts.routes.verdicts import OPEN, Asked, Verdict

METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
MAX_ROUTES = 20_000


Mains = Mapping[str, list[list[int]]]
"""By file, first and last line of each `if __name__ == "__main__"` block."""


class Report:
    """What frameworks found, without duplicates."""

    def __init__(self, mains: Mains) -> None:
        self.mains = mains
        self.routes: dict[tuple[str, str | None, str, int], Route] = {}
        self.apps: list[App] = []
        self.gaps: dict[Gap, None] = {}
        self.unserved: list[str] = []

    def route(self, route: Route) -> None:
        key = (route.method, route.path, route.file, route.line)
        known = self.routes.get(key)
        # The same declaration reached twice (two apps share a router): the less protected answer counts.
        if known is None or _RANK[route.protected] < _RANK[known.protected]:
            if len(self.routes) < MAX_ROUTES:
                self.routes[key] = route
            else:
                self.gap(route.file, f"more than {MAX_ROUTES:,} routes")

    def gap(self, path: str | None, reason: str, line: int | None = None) -> None:
        self.gaps.setdefault(Gap(path=path, reason=reason, line=line))


_RANK = {False: 0, None: 1, True: 2}


class Framework(ABC):
    """One framework's way to declare routes and guards."""

    name: ClassVar[str]
    """In lower case, as its makers write it."""
    modules: ClassVar[tuple[str, ...]]
    """Top-level modules whose import tells that it is used."""

    @abstractmethod
    def read(self, program: Program, guards: Guards, report: Report) -> None:
        """Report every route, app and gap."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A guard in front of a group of routes."""

    judge: Callable[[Asked], Verdict]
    via: str
    """Where it was put in front of them: "", or "via include_router at main.py:31"."""


def decide(layers: Iterable[Layer], own: Callable[[], Verdict], asked: Asked) -> Verdict:
    """The verdict on a route: the first guard that protects counts, then doubt, then the handler itself."""
    doubt: Verdict | None = None
    reason = OPEN
    for layer in layers:
        verdict = layer.judge(asked)
        mechanism = " ".join(part for part in (verdict.mechanism, layer.via) if part)
        if verdict.protects:
            return Verdict(True, mechanism, verdict.path, verdict.line)
        if verdict.protects is None and doubt is None:
            doubt = Verdict(None, mechanism, verdict.path, verdict.line)
        elif verdict.mechanism.endswith("optional"):
            reason = Verdict(False, mechanism)
    verdict = own()
    if verdict.protects or (verdict.protects is None and doubt is None):
        return verdict
    return doubt or reason


def texts(value: Value | None) -> list[str | None]:
    """The strings a value may be; None stands for one that is not known."""
    if value is None:
        return [None]
    return [text(option) for option in options(value)]


def method_names(value: Value | None, default: tuple[str, ...]) -> list[str]:
    """HTTP methods given as a list; ["ANY"] where they are not known."""
    if value is None or (isinstance(value, Const) and value.value is None):
        return list(default)
    found: list[str] = []
    for option in options(value):
        if not isinstance(option, Seq) or option.open:
            return ["ANY"]
        for item in option.items:
            name = text(item)
            if name is None:
                return ["ANY"]
            found.append(name.upper())
    return list(dict.fromkeys(found)) or ["ANY"]


def joined(prefix: str | None, path: str | None) -> str | None:
    return None if prefix is None or path is None else prefix + path


def handler_of(value: Value | None) -> tuple[Func | Class | None, tuple[Value, ...]]:
    """The function or class behind a handler, and the decorators around it, outermost first."""
    if isinstance(value, Func):
        return value, value.decorators
    if isinstance(value, View):
        return value.cls, ()
    if isinstance(value, Class):
        return value, ()
    return None, ()


def name_handler(value: Func | Class | None) -> str:
    if value is None:
        return ""
    owner = value.owner.name + "." if isinstance(value, Func) and value.owner else ""
    return owner + value.name


def in_main(mains: Mains, path: str, line: int) -> bool:
    return any(first <= line <= last for first, last in mains.get(path, []))


def switches(name: str, given: Value | None, owner: str, path: str, line: int, mains: Mains) -> tuple[DebugSwitch, ...]:
    """`owner(name=given)` as debug switches: none where it is off, None where a setting decides."""
    found: list[DebugSwitch] = []
    for value in options(given) if given is not None else []:
        told = value.value if isinstance(value, Const) else None
        if (isinstance(value, Const) and not told) or isinstance(value, Unset):
            continue
        on = True if isinstance(value, Const) else None
        what = f"{owner}({name}={told if on else '…'})"
        found.append(DebugSwitch(on=on, what=what, file=path, line=line, in_main=in_main(mains, path, line)))
    known = [each for each in found if each.on is not None or isinstance(given, Unknown)]
    return tuple(known or found[:1])


__all__ = ["METHODS", "App", "Asked", "DebugSwitch", "Framework", "Layer", "Mains", "Report", "Route", "decide",
           "handler_of", "in_main", "joined", "method_names", "name_handler", "switches", "texts"]  # fmt: skip
