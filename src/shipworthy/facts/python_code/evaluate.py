"""Evaluates a whole repository: every module that may register routes, then what nobody in it calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shipworthy.facts.python_code.calls import Arguments
from shipworthy.facts.python_code.program import Program
from shipworthy.facts.python_code.values import External, Func, Made, Value

_APP_KINDS = ("fastapi.FastAPI", "starlette.applications.Starlette", "flask.Flask", "quart.Quart", "apiflask.APIFlask")
_APP_NAMES = {"app", "application", "api", "server", "fastapi_app", "flask_app", "fastapi", "flask"}


def evaluate(records: Mapping[str, Any]) -> Program:
    """The evaluated program of the `PythonCode` records (value by path)."""
    codes = {path: record["b"] for path, record in records.items()}
    wiring = {path for path, record in records.items() if record["w"]}
    program = Program(codes, wiring)
    try:
        for path in sorted(wiring):
            program.frame(path)
        _run_importers(program)
        _follow_uncalled(program)
    except RecursionError:
        program.short = "the program's wiring is nested too deep to follow"
    return program


def _run_importers(program: Program) -> None:
    """Modules that only call a factory of another module: `app = create_app(router)`."""
    waiting = {each.name for each in program.functions if each.code["w"] and id(each.code) not in program.followed}
    for path, body in sorted(program.codes.items()):
        if any(statement[0] == "from" and statement[3] in waiting for statement in body):
            program.wired.add(path)
            program.frame(path)


def _follow_uncalled(program: Program) -> None:
    """Functions and classes that only something outside the code calls: a server, a framework, a command line."""
    builds_app = [each for each in program.functions if each.code["w"] and _returns_app(each)]
    others = [each for each in program.functions if each.code["w"] and each not in builds_app]
    for function in [*builds_app, *others]:
        if id(function.code) not in program.followed:
            _follow(program, function, None)
    for cls in [each for each in program.classes if each.code["w"] and each.path in program.wired]:
        methods = [each for each in cls.frame.names.values() if isinstance(each, Func) and each.code["w"]]
        waiting = [each for each in methods if id(each.code) not in program.followed]
        if not waiting:
            continue
        instance = next((each for each in program.made if each.cls is cls), None)
        if instance is None:
            built = program.caller.apply(cls, Arguments(), cls.path, cls.line)
            instance = built if isinstance(built, Made) else None
        for method in waiting:
            if id(method.code) not in program.followed:
                _follow(program, method, instance)


def _returns_app(function: Func) -> bool:
    return any(word in function.name.lower() for word in ("create", "make", "build", "get", "app", "main"))


def _follow(program: Program, function: Func, instance: Made | None) -> None:
    bound = Func(function.code, function.frame, function.decorators, instance)
    kwargs: dict[str, Value] = {}
    parameters = function.code["p"][1 if instance is not None else 0 :]
    for name, kind, annotation, default in parameters:
        if kind or default is not None:
            continue
        said = program.value(annotation, function.frame) if annotation is not None else None
        app = _the_app(program, said, name)
        if app is not None:
            kwargs[name] = app
    program.caller.follow(bound, [], kwargs, function.path, function.line)


def _the_app(program: Program, said: Value | None, name: str) -> Made | None:
    """The one app of the repository, for a parameter that says by type or name that it is an app."""
    typed = isinstance(said, External) and said.name in (*_APP_KINDS, "fastapi.applications.FastAPI")
    if not typed and not (said is None and name in _APP_NAMES):
        return None
    apps = [each for each in program.made if is_app(each)]
    return apps[0] if len({(each.path, each.line) for each in apps}) == 1 else None


def is_app(made: Made) -> bool:
    """Whether this is an app of a framework, or of a class derived from one."""
    return made.owner is None and made.kind in _APP_KINDS
