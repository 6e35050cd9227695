"""Flask, and Quart, which shares its ways: apps, blueprints, rules and what runs before requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from shipworthy.facts.python_code.program import Program
from shipworthy.facts.python_code.values import (
    Call,
    Class,
    Const,
    Deferred,
    Func,
    Made,
    Map,
    Seq,
    Unknown,
    Value,
    View,
    options,
    text,
)
from shipworthy.facts.routes.base import (
    METHODS,
    App,
    Asked,
    DebugSwitch,
    Framework,
    Layer,
    Report,
    Route,
    decide,
    in_main,
    method_names,
    name_handler,
    switches,
    texts,
)
from shipworthy.facts.routes.flask_resources import Resources
from shipworthy.facts.routes.guards import Guards
from shipworthy.facts.routes.verdicts import OPEN, Verdict

APPS = ("flask.Flask", "flask.app.Flask", "quart.Quart", "apiflask.APIFlask", "flask_openapi3.OpenAPI")
BLUEPRINTS = (
    "flask.Blueprint", "flask.blueprints.Blueprint", "quart.Blueprint", "apiflask.APIBlueprint",
    "flask_smorest.Blueprint", "flask_openapi3.APIBlueprint", "flask_smorest.blueprint.Blueprint",
)  # fmt: skip
_DECLARING = {*METHODS, "route", "add_url_rule", "websocket"}
_OWN_ROUTES = {
    "flask_admin.Admin": "Flask-Admin", "flask_admin.base.Admin": "Flask-Admin", "flask_appbuilder.AppBuilder":
    "Flask-AppBuilder", "flask_security.Security": "Flask-Security", "flask_user.UserManager": "Flask-User",
    "flask_restless.APIManager": "Flask-Restless", "flask_rebar.Rebar": "Flask-Rebar",
}  # fmt: skip
_VIEW_BASES = ("MethodView", "View", "Resource", "MethodResource")
_BEFORE = {
    False: ("before_request", "url_value_preprocessor"),
    True: ("before_app_request", "app_url_value_preprocessor"),
}
MAX_NESTING = 10

Judge = Callable[[Asked], Verdict]


@dataclass(frozen=True, slots=True)
class Way:
    """How a blueprint is reached: prefix (None: not known), endpoint prefix, guards passed, who registered it."""

    prefix: str | None
    endpoint: str
    layers: tuple[Layer, ...]
    trail: tuple[Made, ...]
    app: Made
    at: tuple[str, int] | None = None


class Flask(Framework):
    name = "flask"
    modules = ("flask", "quart")

    def read(self, program: Program, guards: Guards, report: Report) -> None:
        Reading(program, guards, report).all()


class Reading:
    """One reading of all Flask apps of a program."""

    def __init__(self, program: Program, guards: Guards, report: Report) -> None:
        self.guards = guards
        self.report = report
        self.made = list(program.made)
        self.reached: set[int] = set()
        self.opaque = False
        self.resources = Resources(self)

    def all(self) -> None:
        apps = [made for made in self.made if made.kind in APPS and made.owner is None]
        blueprints = [made for made in self.made if made.kind in BLUEPRINTS and made.owner is None]
        everywhere = [layer for bp in blueprints for layer in self._before(bp, True)]
        for app in apps:
            self.report.apps.append(self._app(app))
            self.follow(app, Way("", "", tuple(everywhere), (), app))
        self.resources.unattached(apps)
        for bp in blueprints:
            if id(bp) in self.reached or not any(call.name in _DECLARING for call in bp.calls):
                continue
            if apps and not self.opaque:
                self.report.unserved.append(f"{bp.path}:{bp.line}")
            elif not any(id(bp) == id(value) for other in blueprints for call in other.calls for value in call.args):
                reason = "a blueprint that no app seen here registers: the full paths of its routes are not known"
                self.report.gap(bp.path, reason, bp.line)
                self.follow(bp, Way(None, "", tuple(everywhere), (), bp))
        for made in self.made:
            if made.kind in _OWN_ROUTES:
                self.report.gap(made.path, f"{_OWN_ROUTES[made.kind]} adds routes of its own: not read", made.line)
            elif made.kind.startswith("connexion.") and made.kind.endswith(".add_api()"):
                self.report.gap(made.path, "Connexion takes routes from an API description: not read", made.line)

    # --- walking ---

    def follow(self, thing: Made, way: Way) -> None:
        """Report the routes of an app or a blueprint reached this way."""
        if len(way.trail) > MAX_NESTING or any(thing is each for each in way.trail):
            return
        self.reached.add(id(thing))
        layers = (*way.layers, *self._before(thing, False))
        here = replace(way, layers=layers, trail=(*way.trail, thing))
        for call in list(thing.calls):
            if call.name == "register_blueprint":
                self.register(call, here)
            elif call.name in _DECLARING:
                self._rule(call, here)
        self.resources.of(thing, here)

    def register(self, call: Call, way: Way) -> None:
        """`register_blueprint(blueprint, url_prefix=...)`."""
        target = call.args[0] if call.args else call.kwargs.get("blueprint")
        given = call.kwargs.get("url_prefix")
        for bp in options(target) if target is not None else [Unknown("no blueprint")]:
            if not isinstance(bp, Made) or bp.kind not in BLUEPRINTS:
                if isinstance(bp, Made) and self.resources.is_api(bp):
                    continue
                if isinstance(bp, Made) and bp.cls is None and bp.kind.partition(".")[0].startswith("flask_"):
                    self.report.gap(call.path, f"the blueprint of {bp.kind.partition('.')[0]} is not read", call.line)
                    continue
                self.opaque = True
                self.report.gap(call.path, "a blueprint is registered here that could not be followed", call.line)
                continue
            own = bp.kwargs.get("url_prefix")
            for prefix in _prefixes(given if given is not None else own, own):
                name = text(bp.args[0]) if bp.args else text(bp.kwargs.get("name"))
                below = None if way.prefix is None or prefix is None else put_together(way.prefix, prefix)
                endpoint = f"{way.endpoint}{name or '?'}."
                self.follow(bp, replace(way, prefix=below, endpoint=endpoint, at=(call.path, call.line)))

    def _before(self, thing: Made, every: bool) -> list[Layer]:
        """What runs before the requests of an app or blueprint, or (`every`) before those of the whole app."""
        first, values = _BEFORE[every]
        layers: list[Layer] = []
        for call in thing.calls:
            function = call.handler or (call.args[0] if call.args else None)
            if call.name in (first, values) and function is not None:
                judge = partial(self.guards.before_request, function, takes_values=call.name == values)
                layers.append(Layer(judge, f"at {call.path}:{call.line}"))
        return layers

    # --- rules ---

    def _rule(self, call: Call, way: Way) -> None:
        rule = call.args[0] if call.args else call.kwargs.get("rule")
        view = call.handler
        if call.name == "add_url_rule":
            view = call.args[2] if len(call.args) > 2 else call.kwargs.get("view_func")
            if view is None or (isinstance(view, Const) and view.value is None):
                return  # an endpoint without a view, built to make addresses
        if view is None:
            return
        endpoint = call.kwargs.get("endpoint")
        if endpoint is None and call.name == "add_url_rule" and len(call.args) > 1:
            endpoint = call.args[1]
        for path in texts(rule):
            self.view(path, view, call, way, endpoint=text(endpoint))

    def view(self, path: str | None, view: Value, call: Call, way: Way, *, endpoint: str | None = None,
             layers: tuple[Layer, ...] = ()) -> None:  # fmt: skip
        """One rule: a function, or a class with a method per HTTP method."""
        inner, decorators = unwrapped(view)
        full = None if way.prefix is None or path is None else put_together(way.prefix, path)
        if isinstance(inner, View):
            decorators = (*decorators, *inner.cls.decorators)
            name = endpoint or (text(inner.args[0]) if inner.args else text(inner.kwargs.get("name")))
            self.resources.class_view(inner.cls, full, call, way, name, decorators, layers)
        elif isinstance(inner, Class):
            self.resources.class_view(inner, full, call, way, endpoint, (*decorators, *inner.decorators), layers)
        else:
            function = inner if isinstance(inner, Func) else None
            default = (call.name.upper(),) if call.name in METHODS else ("GET",)
            methods = ["WEBSOCKET"] if call.name == "websocket" else method_names(call.kwargs.get("methods"), default)
            name = endpoint or (function.name if function else "")
            for method in methods:
                judge = partial(self.judge, function, decorators, None)
                self.report_route(method, full, call, function, way, name, judge, layers)

    def judge(self, function: Func | None, decorators: tuple[Value, ...], cls: Class | None, asked: Asked) -> Verdict:
        """Decorators first, then what the handler itself checks."""
        doubt: Verdict | None = None
        optional = OPEN
        for verdict in self.guards.decorators(decorators, asked):
            if verdict.protects:
                return verdict
            if verdict.protects is None:
                doubt = doubt or verdict
            elif verdict.mechanism:
                optional = verdict
        if function is None:
            return doubt or Verdict(None, "its handler could not be found")
        args: list[Value] = [Made("", [], {}, cls.path, cls.line, cls=cls)] if cls is not None else []
        verdict = self.guards.handler(function, asked, args)
        if verdict.protects or doubt is None:
            return verdict if verdict.protects is not False else optional
        return doubt

    def report_route(self, method: str, path: str | None, call: Call, function: Func | Class | None, way: Way,
                     name: str | None, judge: Judge, layers: tuple[Layer, ...]) -> None:  # fmt: skip
        """Judge and report one method of one rule."""
        asked = Asked(
            method="" if method in ("ANY", "WEBSOCKET") else method,
            path=path or "",
            endpoint=f"{way.endpoint}{name}" if name and "?" not in way.endpoint else "",
            websocket=method == "WEBSOCKET",
        )
        verdict = decide([*way.layers, *layers], lambda: judge(asked), asked)
        elsewhere = call.handler is None and isinstance(function, Func)
        file, line = (function.path, function.line) if elsewhere and function else (call.path, call.line)
        registered = (call.path, call.line) if elsewhere else way.at
        self.report.route(
            Route(
                method=method,
                path=path,
                file=file,
                line=line,
                handler=name_handler(function),
                protected=verdict.protects,
                mechanism=verdict.mechanism,
                framework=way.app.kind.partition(".")[0],
                registered=registered if registered != (file, line) else None,
            )
        )

    # --- the app itself ---

    def _app(self, app: Made) -> App:
        found: list[DebugSwitch] = []
        mains = self.report.mains
        for call in app.calls:
            at = (call.path, call.line, mains)
            if call.name == "run":
                found += switches("debug", call.kwargs.get("debug"), "app.run", *at)
                found += switches("use_debugger", call.kwargs.get("use_debugger"), "app.run", *at)
            elif call.name == "config[]" and text(call.args[0]) == "DEBUG":
                found += switches("DEBUG", call.args[1], "app.config", *at)
            elif call.name in ("config.update", "config.from_mapping"):
                found += switches("DEBUG", call.kwargs.get("DEBUG"), call.name, *at)
            elif call.name == "config.from_object" and call.args and isinstance(call.args[0], Class):
                cls = call.args[0]
                found += switches("DEBUG", cls.own("DEBUG"), cls.name, cls.path, cls.line, mains)
        if "debug" in app.names:
            given = switches("debug", app.names["debug"], "app", app.path, app.line, mains)
            found += [replace(each, in_main=in_main(mains, app.path, app.line)) for each in given]
        return App(
            framework=app.kind.partition(".")[0], file=app.path, line=app.line, debug=tuple(found),
            docs=self.resources.docs,
        )  # fmt: skip


def _prefixes(given: Value | None, own: Value | None) -> list[str | None]:
    """A prefix that is None counts as not given: the blueprint's own holds."""
    found: list[str | None] = []
    for value in options(given) if given is not None else [Const(None)]:
        if isinstance(value, Const) and value.value is None:
            found += texts(own) if own is not None and own is not given and not _is_none(own) else [""]
        else:
            found.append(text(value))
    return found


def _is_none(value: Value) -> bool:
    return isinstance(value, Const) and value.value is None


def put_together(prefix: str, rule: str) -> str:
    """As Flask joins a blueprint's prefix and a rule."""
    if not prefix:
        return rule
    return f"{prefix.rstrip('/')}/{rule.lstrip('/')}" if rule else prefix


def unwrapped(view: Value) -> tuple[Value, tuple[Value, ...]]:
    """What `login_required(view)` and the like wrap, and the wrappers, outermost first."""
    decorators: list[Value] = []
    for _ in range(10):
        if (
            isinstance(view, Made)
            and view.cls is None
            and view.args
            and not isinstance(view.args[0], (Seq, Map, Const))
        ):
            decorators.append(view)
            view = view.args[0]
        elif isinstance(view, Deferred) and view.args and isinstance(view.args[0], (Func, View, Made, Deferred)):
            decorators.append(view.function)
            view = view.args[0]
        else:
            break
    if isinstance(view, Func):
        decorators += view.decorators
    return view, tuple(decorators)


def is_view_class(cls: Class) -> bool:
    return any(base.rpartition(".")[2] in _VIEW_BASES for base in cls.library_bases())
