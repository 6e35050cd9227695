"""Runs FastAPI dependencies and endpoints on paper: what `Depends` injects, and whether it lets the caller through."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from shipworthy.facts.python_code.program import Program
from shipworthy.facts.python_code.values import (
    Attribute,
    Choice,
    Class,
    Const,
    Deferred,
    External,
    Func,
    Item,
    Made,
    Seq,
    Unknown,
    Value,
    constant,
    text,
)
from shipworthy.facts.routes import identity
from shipworthy.facts.routes.calling import name_of
from shipworthy.facts.routes.guards import Guards, answered
from shipworthy.facts.routes.memory import Memory
from shipworthy.facts.routes.runner import Runner
from shipworthy.facts.routes.verdicts import Asked, Claim, Evidence, Part, Stop, Trial, Verdict

_DEPENDS = re.compile(r"^fastapi\.(\w+\.)*(Depends|Security)$")
_FIELDS = {"Header": "headers", "Cookie": "cookies", "Query": "args", "Path": "path", "Body": "body", "Form": "body",
           "File": "body"}  # fmt: skip
_HARMLESS = re.compile(r"OAuth2PasswordRequestForm|SecurityScopes|BackgroundTasks|AuthJWT|Session|Engine|Connection")


def depends_of(value: Value | None) -> Made | None:
    """The `Depends(...)` in a default value or an `Annotated[...]`."""
    if isinstance(value, Made) and _DEPENDS.match(value.kind):
        return value
    if isinstance(value, Item) and isinstance(value.index, Seq) and name_of(value.base).endswith("Annotated"):
        return next((found for each in value.index.items[1:] if (found := depends_of(each))), None)
    return None


def described(target: Value | None) -> str:
    """A dependency as people write it."""
    if isinstance(target, Deferred):
        return f"Depends({name_of(target.function)}(…))"
    name = name_of(target).rpartition(".")[2] if target is not None else ""
    return f"Depends({name or '…'})"


class Injected(Runner):
    """A runner that fills parameters the way FastAPI does."""

    def __init__(self, program: Program, *, sent: bool, asked: Asked, memory: Memory) -> None:
        super().__init__(program, sent=sent, asked=asked, layer=False, memory=memory)
        self._provided: dict[int, tuple[Value, Value]] = {}

    def endpoint(self, function: Func) -> Trial:
        """A handler: its dependencies, then its body."""
        args: list[Value] = []
        if function.owner is not None and function.bound is None:
            args.append(self._instance(function.owner))
        kwargs = self.inject(function, skip=len(args))
        returned, falls = self.run(function, args, kwargs)
        return answered(returned, falls)

    def _instance(self, cls: Class) -> Made:
        """A class-based view: its class attributes may be dependencies of every method."""
        made = Made("", [], {}, cls.path, cls.line, cls=cls)
        for each in cls.lineage():
            for name, value in each.frame.names.items():
                depends = depends_of(value)
                if depends is not None:
                    made.names.setdefault(name, self.demand(depends, None))
        init = cls.own("__init__")
        if isinstance(init, Func):
            self.layer = True
            self.inject(init, skip=1)
            self.layer = False
        return made

    def inject(self, function: Func, *, skip: int = 0) -> dict[str, Value]:
        """Values by parameter. Raises Stop where a dependency refuses the caller."""
        found: dict[str, Value] = {}
        for name, kind, annotation, default in function.code["p"][skip:]:
            if not kind:
                found[name] = self._supply(function, name, annotation, default)
        return found

    def _supply(self, function: Func, name: str, annotation: list[Any] | None, default: list[Any] | None) -> Value:
        said = self.program.value(annotation, function.frame) if annotation is not None else None
        given = self.program.value(default, function.frame) if default is not None else None
        depends = depends_of(given) or depends_of(said)
        if depends is not None:
            return self.demand(depends, said)
        field = given if isinstance(given, Made) else self._annotated_field(said)
        where = _FIELDS.get(field.kind.rpartition(".")[2]) if field is not None else None
        if where is not None and field is not None:
            alias = text(field.kwargs.get("alias"))
            return self.bag(Part(where), Const((alias or name).replace("_", "-") if where == "headers" else name))
        if isinstance(said, External) and said.name in identity.REQUESTS:
            return Part("request")
        if said is None and given is None and name in ("request", "websocket"):
            return Part("request")
        if isinstance(given, Const) and given.value is not None and not identity.TOKEN_WORDS.search(name):
            return Unknown(f"the parameter {name}")
        return self.bag(Part("args"), Const(name))

    @staticmethod
    def _annotated_field(said: Value | None) -> Made | None:
        if isinstance(said, Item) and isinstance(said.index, Seq):
            return next((each for each in said.index.items[1:] if isinstance(each, Made)), None)
        return None

    def demand(self, depends: Made, said: Value | None) -> Value:
        """What `Depends(target)` injects."""
        target = depends.args[0] if depends.args else depends.kwargs.get("dependency")
        if target is None or (isinstance(target, Const) and target.value is None):
            target = said.index.items[0] if isinstance(said, Item) and isinstance(said.index, Seq) else said
        before, self.layer = self.layer, True
        try:
            return self.provide(target) if target is not None else Unknown("a dependency")
        except Stop:
            self.guard = self.guard if before else described(target)
            raise
        finally:
            self.layer = before

    def provide(self, target: Value) -> Value:
        """The value of a dependency, the same one within a request."""
        if id(target) not in self._provided:
            self._provided[id(target)] = (target, self._provide(target))
        return self._provided[id(target)][1]

    def _provide(self, target: Value) -> Value:
        self.step()
        if isinstance(target, Func):
            kwargs = self.inject(target, skip=1 if target.bound is not None else 0)
            return self.call_function(target, [], kwargs)
        if isinstance(target, Deferred) and isinstance(target.function, Func):
            return self.provide(self.call_function(target.function, target.args, target.kwargs))
        if isinstance(target, Class):
            init = target.own("__init__")
            made = Made("", [], {}, target.path, target.line, cls=target)
            if isinstance(init, Func):
                kwargs = self.inject(init, skip=1)
                made.names.update(kwargs)
                self.run(Func(init.code, init.frame, (), made), [], kwargs)
            return made
        if isinstance(target, Made) and target.cls is not None:
            own = target.cls.own("__call__")
            if isinstance(own, Func):
                bound = Func(own.code, own.frame, (), target)
                return self.call_function(bound, [], self.inject(bound, skip=1))
        if isinstance(target, Choice):
            return self.provide(target.options[0])
        if isinstance(target, Item):
            return self.provide(target.base)
        return self._library(target)

    def _library(self, target: Value) -> Value:
        name = name_of(target)
        last = name.removesuffix("()").rpartition(".")[2]
        path, line = (target.path, target.line) if isinstance(target, Made) else ("", 0)
        if isinstance(target, Made) and identity.SCHEMES.match(target.kind):
            return self.scheme(target, path, line)
        if identity.DEPENDENCIES.match(name):
            optional = isinstance(target, Made) and constant(target.kwargs.get("optional")) is True
            if optional or "optional" in last.lower():
                return Claim(False, last)
            raise Stop(Evidence(f"{last} of a library", path, line, identity=True), "fastapi.HTTPException")
        if isinstance(target, Unknown):
            name = last = target.reason
        if identity.AUTHY.search(last) and not _HARMLESS.search(last):
            self.undecided = self.undecided or (name if isinstance(target, (External, Made, Attribute)) else last)
        return Made(name, [], {}, path, line) if name else Unknown("a dependency")


class Dependencies:
    """Judges dependencies and endpoints of FastAPI with the shared `Guards`."""

    def __init__(self, guards: Guards) -> None:
        self._guards = guards

    def _make(self, asked: Asked) -> Callable[[bool], Runner]:
        return lambda sent: Injected(self._guards.program, sent=sent, asked=asked, memory=self._guards.memory)

    def dependency(self, depends: Made, asked: Asked) -> Verdict:
        """One `Depends(...)` in front of routes."""
        target = depends.args[0] if depends.args else depends.kwargs.get("dependency")

        def run(runner: Runner) -> Trial:
            assert isinstance(runner, Injected)  # noqa: S101 - `_make` makes no other
            return Trial(passed=True, value=runner.demand(depends, None))

        def judge() -> Verdict:
            return self._guards.trials(self._make(asked), run, described(target), depends.path, depends.line)

        return self._guards.remembered("depends", depends, asked, judge)

    def endpoint(self, function: Func, asked: Asked) -> Verdict:
        """A handler with everything it has injected."""

        def run(runner: Runner) -> Trial:
            assert isinstance(runner, Injected)  # noqa: S101 - `_make` makes no other
            return runner.endpoint(function)

        said = f"checked inside {function.name}()"
        return self._guards.trials(self._make(asked), run, said, function.path, function.line)
