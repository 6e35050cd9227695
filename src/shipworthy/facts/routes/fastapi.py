"""FastAPI and Starlette: apps, routers and mounts, with the dependencies and middleware in front of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from shipworthy.facts.python_code.program import Program
from shipworthy.facts.python_code.values import (
    Call,
    Class,
    Const,
    Func,
    Made,
    Seq,
    Value,
    constant,
    options,
    text,
)
from shipworthy.facts.routes.base import (
    METHODS,
    App,
    Asked,
    Framework,
    Layer,
    Mains,
    Report,
    Route,
    decide,
    handler_of,
    joined,
    method_names,
    name_handler,
    switches,
    texts,
)
from shipworthy.facts.routes.calling import name_of
from shipworthy.facts.routes.fastapi_layers import Layers
from shipworthy.facts.routes.fastapi_users import ROUTERS as USERS_ROUTERS
from shipworthy.facts.routes.guards import Guards
from shipworthy.facts.routes.injection import Dependencies
from shipworthy.facts.routes.verdicts import OPEN, Verdict

APPS = ("fastapi.FastAPI", "fastapi.applications.FastAPI", "starlette.applications.Starlette")
ROUTERS = ("fastapi.APIRouter", "fastapi.routing.APIRouter", "fastapi.routers.APIRouter", "starlette.routing.Router")
_DECLARING = {*METHODS, "api_route", "route", "websocket", "websocket_route", "add_api_route", "add_route",
              "add_api_websocket_route", "add_websocket_route"}  # fmt: skip
_STATIC = ("StaticFiles", "SPAStaticFiles", "CachedStaticFiles", "NoCacheStaticFiles")
MAX_NESTING = 12


@dataclass(slots=True)
class _Way:
    """How a router is reached: the prefix so far (None: not known) and the guards passed on the way."""

    prefix: str | None
    layers: list[Layer]
    trail: tuple[Made, ...]
    app: Made
    at: tuple[str, int] | None = None


class FastApi(Framework):
    name = "fastapi"
    modules = ("fastapi", "starlette")

    def read(self, program: Program, guards: Guards, report: Report) -> None:
        _Reading(program, guards, report).all()


class _Reading:
    def __init__(self, program: Program, guards: Guards, report: Report) -> None:
        self.guards = guards
        self.dependencies = Dependencies(guards)
        self.layers = Layers(guards, self.dependencies)
        self.report = report
        self.made = list(program.made)
        self.reached: set[int] = set()
        self.opaque = False
        """Whether a router was included that could not be followed."""

    def all(self) -> None:
        apps = [made for made in self.made if made.kind in APPS and made.owner is None]
        mounts = [call for app in [*apps, *self._routers()] for call in app.calls if _last(call) == "mount"]
        holders: list[Call | Made] = [*mounts, *(made for made in self.made if made.kind.endswith((".Mount", ".Host")))]
        mounted = {
            id(option)
            for holder in holders
            for value in [*holder.args, *holder.kwargs.values()]
            for option in options(value)
        }
        for app in apps:
            self.report.apps.append(_app(app, self.report.mains))
            if id(app) not in mounted:
                self.follow(app, _Way("", [], (), app))
        for app in apps:
            if id(app) not in self.reached:
                self.follow(app, _Way(None, [], (), app))
        self._left_over(bool(apps))

    def _routers(self) -> list[Made]:
        return [made for made in self.made if made.kind in ROUTERS and made.owner is None]

    def _left_over(self, any_app: bool) -> None:
        """Routers nothing includes: not served, unless what includes routers could not be followed."""
        included = {id(option) for router in self._routers() for call in router.calls
                    for value in [*call.args, *call.kwargs.values()] for option in options(value)}  # fmt: skip
        for router in self._routers():
            if id(router) in self.reached or not any(_last(call) in _DECLARING for call in router.calls):
                continue
            if any_app and not self.opaque:
                self.report.unserved.append(f"{router.path}:{router.line}")
                continue
            if id(router) not in included:
                reason = "a router that no app seen here includes: the full paths of its routes are not known"
                self.report.gap(router.path, reason, router.line)
                self.follow(router, _Way(None, [], (), router))

    # --- walking ---

    def follow(self, thing: Made, way: _Way) -> None:
        """Report the routes of an app or router reached this way."""
        if len(way.trail) > MAX_NESTING or any(thing is each for each in way.trail):
            return
        self.reached.add(id(thing))
        own = [*self.layers.middleware(thing), *self.layers.depends(thing.kwargs.get("dependencies"), _where(thing))]
        for prefix in texts(thing.kwargs["prefix"]) if "prefix" in thing.kwargs else [""]:
            here = _Way(joined(way.prefix, prefix), [*way.layers, *own], (*way.trail, thing), way.app, way.at)
            given = thing.kwargs.get("routes") or (
                thing.args[0] if thing.kind.endswith("Router") and thing.args else None
            )
            self._listed(given, here)
            for call in list(thing.calls):
                self._call(call, here)

    def _call(self, call: Call, way: _Way) -> None:
        last = _last(call)
        if last == "include_router":
            self._include(call, way)
        elif last == "mount":
            path = call.args[0] if call.args else call.kwargs.get("path")
            target = call.args[1] if len(call.args) > 1 else call.kwargs.get("app")
            self._mount(path, target, None, way, (call.path, call.line))
        elif last in _DECLARING and call.name in (last, f"router.{last}"):
            self._route(call, last, way)

    def _include(self, call: Call, way: _Way) -> None:
        target = call.args[0] if call.args else call.kwargs.get("router")
        at = (call.path, call.line)
        via = f"via include_router at {call.path}:{call.line}"
        layers = [*way.layers, *self.layers.depends(call.kwargs.get("dependencies"), via)]
        prefixes = texts(call.kwargs["prefix"]) if "prefix" in call.kwargs else [""]
        for router in options(target) if target is not None else []:
            for prefix in prefixes:
                here = _Way(joined(way.prefix, prefix), layers, way.trail, way.app, at)
                self._included(router, here, call)
        if target is None:
            self._not_followed(call, "include_router without a router")

    def _included(self, router: Value, way: _Way, call: Call) -> None:
        if isinstance(router, Made) and (router.kind in ROUTERS or router.kind in APPS):
            self.follow(router, way)
        elif isinstance(router, Made) and router.kind.removesuffix("()").rpartition(".")[2] in USERS_ROUTERS:
            for method, path, guarded in USERS_ROUTERS[router.kind.removesuffix("()").rpartition(".")[2]]:
                judge = _guarded if guarded else _open
                self._report(method, joined(way.prefix, path), router, None, way, judge)
        elif isinstance(router, Made) and router.kind.endswith("GraphQLRouter"):
            path = text(router.kwargs.get("path")) or ""
            prefix = joined(way.prefix, text(router.kwargs.get("prefix")) if "prefix" in router.kwargs else "")
            getter = router.kwargs.get("context_getter")
            judge = partial(self.dependencies.endpoint, getter) if isinstance(getter, Func) else _open
            layers = [*way.layers, *self.layers.depends(router.kwargs.get("dependencies"), _where(router))]
            here = _Way(prefix, layers, way.trail, way.app, way.at)
            for method in ("GET", "POST"):
                self._report(method, joined(prefix, path), router, None, here, judge)
        else:
            self._not_followed(call, "a router is included here that could not be followed")

    def _not_followed(self, call: Call, reason: str) -> None:
        self.opaque = True
        self.report.gap(call.path, reason, call.line)

    def _mount(self, path: Value | None, target: Value | None, listed: Value | None, way: _Way,
               at: tuple[str, int]) -> None:  # fmt: skip
        for prefix in texts(path):
            # A mounted app runs its parent's middleware, not its parent's dependencies.
            layers = [layer for layer in way.layers if layer.via.startswith("middleware")]
            below = joined(way.prefix, (prefix or "").rstrip("/") if prefix is not None else None)
            here = _Way(below, layers, way.trail, way.app, at)
            if listed is not None:
                self._listed(listed, here)
            for each in options(target) if target is not None else []:
                name = name_of(each).rpartition(".")[2]
                if isinstance(each, Made) and (each.kind in APPS or each.kind in ROUTERS):
                    self.follow(each, here)
                elif isinstance(each, Made) and (name in _STATIC or each.kind.endswith("StaticFiles")):
                    continue
                elif isinstance(each, Made) and name == "make_asgi_app":
                    self._report("GET", below, each, None, here, _open)
                else:
                    self.report.gap(at[0], f"an app mounted at {prefix or 'a path'} could not be followed", at[1])

    def _listed(self, given: Value | None, way: _Way) -> None:
        """`routes=[Route(...), Mount(...)]`."""
        for value in options(given) if given is not None else []:
            if not isinstance(value, Seq):
                self.opaque = True
                self.report.gap(way.app.path, "a list of routes could not be followed", way.app.line)
                continue
            for item in value.items:
                for each in options(item):
                    self._listed_one(each, way)
            if value.open:
                self.opaque = True
                self.report.gap(way.app.path, "a list of routes is put together while running", way.app.line)

    def _listed_one(self, each: Value, way: _Way) -> None:
        name = each.kind.rpartition(".")[2] if isinstance(each, Made) else ""
        if not isinstance(each, Made) or not each.kind.startswith(("starlette.", "fastapi.")):
            self.opaque = True
            self.report.gap(way.app.path, "an entry of a list of routes could not be followed", way.app.line)
        elif name in ("Mount", "Host"):
            target = each.args[1] if len(each.args) > 1 else each.kwargs.get("app")
            path: Value | None = each.args[0] if each.args else each.kwargs.get("path")
            here = _Way(way.prefix, [*way.layers, *self.layers.middleware(each)], way.trail, way.app, way.at)
            self._mount(Const("") if name == "Host" else path, target, each.kwargs.get("routes"), here,
                        (each.path, each.line))  # fmt: skip
        elif name in ("Route", "APIRoute", "WebSocketRoute", "APIWebSocketRoute"):
            call = Call("websocket" if "WebSocket" in name else "route", each.args, each.kwargs, each.path, each.line)
            layers = [*way.layers, *self.layers.middleware(each)]
            self._route(call, call.name, _Way(way.prefix, layers, way.trail, way.app, way.at))

    # --- one route ---

    def _route(self, call: Call, last: str, way: _Way) -> None:
        path = call.args[0] if call.args else call.kwargs.get("path")
        handler = call.handler
        if handler is None:
            handler = call.args[1] if len(call.args) > 1 else call.kwargs.get("endpoint") or call.kwargs.get("route")
        function, decorators = handler_of(handler)
        layers = [*way.layers, *self.layers.depends(call.kwargs.get("dependencies"), "")]
        here = _Way(way.prefix, layers, way.trail, way.app, way.at)
        if "websocket" in last:
            methods = ["WEBSOCKET"]
        elif last in METHODS:
            methods = [last.upper()]
        elif isinstance(function, Class):
            methods = [name.upper() for name in METHODS if function.own(name) is not None] or ["ANY"]
        else:
            methods = method_names(call.kwargs.get("methods"), ("GET",))
        for each in texts(path):
            for method in methods:
                self._declared(method, joined(way.prefix, each), call, function, decorators, here)

    def _declared(self, method: str, path: str | None, call: Call, function: Func | Class | None,
                  decorators: tuple[Value, ...], way: _Way) -> None:  # fmt: skip
        if isinstance(function, Class):
            entry = function.own("on_receive" if method == "WEBSOCKET" else method.lower()) or function.own("__call__")
            target = Func(entry.code, entry.frame, entry.decorators) if isinstance(entry, Func) else None
            decorators = (*decorators, *(target.decorators if target else ()))
        else:
            target = function

        def own(asked: Asked) -> Verdict:
            doubt: Verdict | None = None
            for verdict in self.guards.decorators(decorators, asked):
                if verdict.protects:
                    return verdict
                doubt = verdict if verdict.protects is None else doubt
            if target is None:
                return doubt or Verdict(None, "its handler could not be found", call.path, call.line)
            verdict = self.dependencies.endpoint(target, asked)
            return verdict if verdict.protects or doubt is None else doubt

        self._report(method, path, call, target or function, way, own)

    def _report(self, method: str, path: str | None, at: Call | Made, function: Func | Class | None, way: _Way,
                own: Callable[[Asked], Verdict]) -> None:  # fmt: skip
        asked = Asked(
            method="GET" if method == "WEBSOCKET" else method, path=path or "", websocket=method == "WEBSOCKET"
        )
        verdict = decide(way.layers, lambda: own(asked), asked)
        elsewhere = isinstance(at, Call) and at.handler is None and isinstance(function, Func)
        file, line = (function.path, function.line) if elsewhere and function is not None else (at.path, at.line)
        self.report.route(
            Route(
                method=method,
                path=(path or "/") if path is not None else None,
                file=file,
                line=line,
                handler=name_handler(function),
                protected=verdict.protects,
                mechanism=verdict.mechanism,
                framework="starlette" if way.app.kind.startswith("starlette") else "fastapi",
                registered=way.at if way.at != (file, line) else None,
            )
        )


def _open(_asked: Asked) -> Verdict:
    return OPEN


def _guarded(_asked: Asked) -> Verdict:
    return Verdict(True, "fastapi-users")


def _last(call: Call) -> str:
    return call.name.rpartition(".")[2]


def _where(thing: Made) -> str:
    return f"via {thing.kind.rpartition('.')[2]} at {thing.path}:{thing.line}"


def _app(made: Made, mains: Mains) -> App:
    """The app object: its debug mode and the documentation it serves unless told not to."""
    docs: list[str] = []
    if made.kind != "starlette.applications.Starlette":
        closed = "openapi_url" in made.kwargs and constant(made.kwargs["openapi_url"]) in (None, "")
        for key, default in (("docs_url", "/docs"), ("redoc_url", "/redoc"), ("openapi_url", "/openapi.json")):
            given = made.kwargs.get(key)
            if not closed and (given is None or (isinstance(given, Const) and given.value)):
                docs.append(text(given) or default)
    framework = "starlette" if made.kind.startswith("starlette") else "fastapi"
    debug = switches("debug", made.kwargs.get("debug"), framework.title(), made.path, made.line, mains)
    return App(framework=framework, file=made.path, line=made.line, debug=debug, docs=tuple(docs))
