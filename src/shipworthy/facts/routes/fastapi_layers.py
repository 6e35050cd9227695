"""What stands in front of FastAPI and Starlette routes: lists of dependencies, and middleware."""

from __future__ import annotations

from functools import partial

from shipworthy.facts.python_code.values import Call, Choice, Class, Const, External, Func, Made, Seq, Value, options
from shipworthy.facts.routes import identity
from shipworthy.facts.routes.base import Asked, Layer
from shipworthy.facts.routes.calling import name_of
from shipworthy.facts.routes.guards import Guards
from shipworthy.facts.routes.injection import Dependencies, depends_of
from shipworthy.facts.routes.verdicts import OPEN, Handler, Part, Verdict


class Layers:
    """Makes `Layer`s of what apps, routers and includes say."""

    def __init__(self, guards: Guards, dependencies: Dependencies) -> None:
        self._guards = guards
        self._dependencies = dependencies
        self._instances: dict[tuple[int, int], Made] = {}

    def depends(self, given: Value | None, via: str) -> list[Layer]:
        """`dependencies=[Depends(...)]`."""
        layers: list[Layer] = []
        for value in options(given) if given is not None else []:
            for item in value.items if isinstance(value, Seq) else [value]:
                depends = depends_of(item)
                if depends is not None:
                    layers.append(Layer(partial(self._dependencies.dependency, depends), via))
                elif not isinstance(item, Const):
                    layers.append(_doubt("a list of dependencies could not be followed", via))
        return layers

    def middleware(self, thing: Made) -> list[Layer]:
        """Middleware added to an app, or given to it or to a `Mount`."""
        layers: list[Layer] = []
        for call in thing.calls:
            via = f"middleware at {call.path}:{call.line}"
            if _last(call) == "add_middleware" and call.args:
                layers += self._one(call.args[0], call.kwargs, via)
            elif call.name == "middleware" and isinstance(call.handler, Func):
                layers.append(Layer(partial(self._function, call.handler), via))
        given = thing.kwargs.get("middleware")
        for value in options(given) if given is not None else []:
            for item in value.items if isinstance(value, Seq) else []:
                if isinstance(item, Made) and item.args:
                    layers += self._one(item.args[0], item.kwargs, f"middleware at {item.path}:{item.line}")
        return layers

    def _one(self, target: Value, kwargs: dict[str, Value], via: str) -> list[Layer]:
        if isinstance(target, Choice):
            return [layer for option in target.options for layer in self._one(option, kwargs, via)]
        if isinstance(target, Class):
            return [Layer(partial(self._class, target, kwargs), via)]
        last = name_of(target).rpartition(".")[2]
        dispatch = kwargs.get("dispatch")
        if last == "BaseHTTPMiddleware" and isinstance(dispatch, Func):
            return [Layer(partial(self._function, dispatch), via)]
        # Starlette's own only finds out who is asking; `requires` and handlers decide.
        known = last == "AuthenticationMiddleware" or not identity.AUTHY.search(last)
        if (isinstance(target, External) and known) or identity.NEUTRAL_MIDDLEWARE.search(last):
            return []
        return [_doubt(f"{last or 'middleware'} could not be followed", via)]

    def _class(self, cls: Class, kwargs: dict[str, Value], asked: Asked) -> Verdict:
        instance = self._instance(cls, kwargs)
        dispatch, call = cls.own("dispatch"), cls.own("__call__")
        if isinstance(dispatch, Func):
            return self._function(Func(dispatch.code, dispatch.frame, (), instance), asked, instance)
        if isinstance(call, Func):
            bound = Func(call.code, call.frame, (), instance)
            return self._guards.dispatch(bound, [Part("scope"), Handler(), Handler()], cls.name, asked, instance)
        return OPEN

    def _instance(self, cls: Class, kwargs: dict[str, Value]) -> Made:
        """The middleware as the app builds it, once."""
        known = self._instances.get((id(cls), id(kwargs)))
        if known is None:
            names: dict[str, Value] = {"app": Handler(), **kwargs}
            known = Made("", [], kwargs, cls.path, cls.line, cls=cls, names=names)
            self._instances[(id(cls), id(kwargs))] = known
            init = cls.own("__init__")
            if isinstance(init, Func):
                caller = self._guards.program.caller
                caller.follow(Func(init.code, init.frame, (), known), [Handler()], kwargs, cls.path, cls.line)
        return known

    def _function(self, function: Func, asked: Asked, key: Value | None = None) -> Verdict:
        name = function.owner.name if function.owner else function.name
        return self._guards.dispatch(function, [Part("request"), Handler()], name, asked, key)


def _doubt(reason: str, via: str) -> Layer:
    verdict = Verdict(None, reason)

    def judge(_asked: Asked) -> Verdict:
        return verdict

    return Layer(judge, via)


def _last(call: Call) -> str:
    return call.name.rpartition(".")[2]
