"""Class-based views of Flask and the resources of Flask-RESTful, Flask-RESTX, Flask-Smorest and their kin."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from shipworthy.facts.python_code.values import Call, Class, Const, Func, Made, Map, Seq, Value, options, text
from shipworthy.facts.routes.base import METHODS, Asked, Layer, method_names, texts
from shipworthy.facts.routes.verdicts import Handler, Verdict

if TYPE_CHECKING:
    from shipworthy.facts.routes.flask import Reading, Way

_APIS = ("flask_restful", "flask_restx", "flask_restplus", "flask_smorest", "flask_rest_jsonapi")


class Resources:
    """Finds resources and reports them through the `Reading` that walks apps and blueprints."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._apis = [made for made in reading.made if self.is_api(made)]
        self._done: set[int] = set()
        self.docs = tuple(
            text(api.kwargs.get("doc")) or "/"
            for api in self._apis
            if api.kind.startswith(("flask_restx", "flask_restplus")) and not _off(api.kwargs.get("doc"))
        )

    @staticmethod
    def is_api(made: Made) -> bool:
        return made.owner is None and made.kind.partition(".")[0] in _APIS and made.kind.endswith(".Api")

    def of(self, thing: Made, way: Way) -> None:
        """Report the resources of every Api that hangs on this app or blueprint."""
        for api in self._apis:
            if any(thing is target for target in _targets(api)):
                self._done.add(id(api))
                self._api(api, way)

    def unattached(self, apps: list[Made]) -> None:
        """An Api whose app is not seen hangs on the only app there is, else its paths are not known."""
        for api in self._apis:
            if id(api) in self._done or not api.calls:
                continue
            from shipworthy.facts.routes.flask import Way

            if len(apps) == 1 and not any(isinstance(each, Made) for each in _targets(api)):
                self._api(api, Way("", "", (), (apps[0],), apps[0]))
            elif any(call.name in ("add_resource", "add_namespace", "route") for call in api.calls):
                reason = "an Api that no app seen here takes: the full paths of its resources are not known"
                self._reading.report.gap(api.path, reason, api.line)
                self._api(api, Way(None, "", (), (), api))

    def _api(self, api: Made, way: Way) -> None:
        prefix = api.kwargs.get("prefix") or (api.args[1] if len(api.args) > 1 else None)
        layers = tuple(self._layers(api.kwargs.get("decorators")))
        for each in texts(prefix) if prefix is not None else [""]:
            below = None if way.prefix is None or each is None else way.prefix + each
            here = replace(way, prefix=below)
            for call in list(api.calls):
                if call.name in ("add_resource", "route"):
                    self._add(call, here, layers)
                elif call.name == "register_blueprint":
                    self._reading.register(call, way)
                elif call.name == "add_namespace" and call.args:
                    self._namespace(call, here, layers)
            for made in self._reading.made:
                if made.owner is api and made.call is not None and made.call.name == "namespace":
                    path = made.kwargs.get("path")
                    name = text(made.args[0]) if made.args else None
                    for own in texts(path) if path is not None else [f"/{name}" if name else None]:
                        self._routes_of(made, own, here, layers)

    def _namespace(self, call: Call, way: Way, layers: tuple[Layer, ...]) -> None:
        path = call.kwargs.get("path") or (call.args[1] if len(call.args) > 1 else None)
        for namespace in options(call.args[0]):
            if not isinstance(namespace, Made):
                self._reading.opaque = True
                self._reading.report.gap(call.path, "a namespace is added here that could not be followed", call.line)
                continue
            given = path or namespace.kwargs.get("path")
            name = text(namespace.args[0]) if namespace.args else text(namespace.kwargs.get("name"))
            for own in texts(given) if given is not None else [f"/{name}" if name else None]:
                below = (*layers, *self._layers(namespace.kwargs.get("decorators")))
                self._routes_of(namespace, own, way, below)

    def _routes_of(self, namespace: Made, path: str | None, way: Way, layers: tuple[Layer, ...]) -> None:
        prefix = None if way.prefix is None or path is None else (way.prefix.rstrip("/") + path).rstrip("/")
        for call in list(namespace.calls):
            if call.name in ("route", "add_resource"):
                self._add(call, replace(way, prefix=prefix), layers)

    def _add(self, call: Call, way: Way, layers: tuple[Layer, ...]) -> None:
        if call.name == "add_resource":
            resource = call.args[0] if call.args else call.kwargs.get("resource")
            urls = call.args[1:]
        else:
            resource, urls = call.handler, call.args
        if resource is None:
            return
        for url in urls or [Const(None)]:
            for path in texts(url):
                self._reading.view(path, resource, call, way, endpoint=text(call.kwargs.get("endpoint")), layers=layers)

    def _layers(self, given: Value | None) -> list[Layer]:
        found: list[Layer] = []
        for value in options(given) if given is not None else []:
            items = value.items if isinstance(value, Seq) else []
            found += [Layer(partial(self._reading.guards.decorator, item), "on the Api") for item in items]
        return found

    # --- classes ---

    def class_view(self, cls: Class, path: str | None, call: Call, way: Way, name: str | None,
                   decorators: tuple[Value, ...], layers: tuple[Layer, ...]) -> None:  # fmt: skip
        """A class with one method per HTTP method, or with `dispatch_request` for all of its `methods`."""
        listed = cls.own("decorators")
        shared = [item for value in options(listed) for item in (value.items if isinstance(value, Seq) else [])] if (
            listed is not None
        ) else []  # fmt: skip
        every = (*decorators, *reversed(shared))
        functions = {method: found for method in METHODS if isinstance(found := cls.own(method), Func)}
        dispatch = cls.own("dispatch_request")
        limited = method_names(call.kwargs.get("methods") or cls.own("methods"), ())
        if functions:
            guard = (Layer(partial(self._dispatch, dispatch, cls), ""),) if isinstance(dispatch, Func) else ()
            for method, function in functions.items():
                if limited not in ([], ["ANY"]) and method.upper() not in limited:
                    continue
                own = (*every, *_method_decorators(cls, method), *function.decorators)
                judge = partial(self._reading.judge, function, own, cls)
                self._reading.report_route(
                    method.upper(), path, call, function, way, name or cls.name.lower(), judge, (*layers, *guard)
                )
        elif isinstance(dispatch, Func):
            for method in limited if limited not in ([], ["ANY"]) else ["GET"]:
                own = (*every, *dispatch.decorators)
                judge = partial(self._reading.judge, dispatch, own, cls)
                self._reading.report_route(method, path, call, dispatch, way, name, judge, layers)
        else:
            judge = partial(self._reading.judge, None, every, cls)
            self._reading.report_route("ANY", path, call, cls, way, name, judge, layers)

    def _dispatch(self, dispatch: Func, cls: Class, asked: Asked) -> Verdict:
        """A `dispatch_request` of the class that may refuse before it hands on to the method."""
        instance = Made("", [], {}, cls.path, cls.line, cls=cls, names={"_handler": Handler()})
        bound = Func(dispatch.code, dispatch.frame, (), instance)
        return self._reading.guards.dispatch(bound, [], f"{cls.name}.dispatch_request", asked)


def _method_decorators(cls: Class, method: str) -> list[Value]:
    """Flask-RESTful's `method_decorators`: a list for all methods, or a dict by method."""
    given = cls.own("method_decorators")
    found: list[Value] = []
    for value in options(given) if given is not None else []:
        if isinstance(value, Map):
            value = next((each for key, each in value.pairs if text(key) == method), value)
        if isinstance(value, Seq):
            found += value.items
    return found


def _targets(api: Made) -> list[Value]:
    """The apps or blueprints an Api hangs on."""
    found = [*api.args[:1], *(api.kwargs[key] for key in ("app", "blueprint") if key in api.kwargs)]
    found += [call.args[0] for call in api.calls if call.name in ("init_app", "init_blueprint") and call.args]
    return [option for value in found for option in options(value)]


def _off(value: Value | None) -> bool:
    return isinstance(value, Const) and not value.value
