"""Calls, decorators and instances in the evaluation of a program (see `program`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from shipworthy.facts.python_code.config import as_flag, configured, default_of, number
from shipworthy.facts.python_code.values import (
    Attribute,
    Call,
    Choice,
    Class,
    Const,
    Deferred,
    External,
    Frame,
    Func,
    Item,
    Made,
    Map,
    Seq,
    Unknown,
    Unset,
    Value,
    View,
    constant,
    join,
    options,
    text,
)

if TYPE_CHECKING:
    from shipworthy.facts.python_code.program import Program

MAX_DEPTH = 24
_SETTINGS = re.compile(r"(^|\.)(Config|AutoConfig|Env|FileAwareEnv)$")
_WITH_DEFAULT = {"os.getenv": 1, "os.environ.get": 1, "pydantic.Field": 0, "decouple.config": 1, "environ.Env": 1}
_SAME = {"list", "tuple", "set", "sorted", "reversed", "frozenset", "str", "typing.cast", "iter", "copy.copy"}
_REGISTERING = {
    "get", "post", "put", "patch", "delete", "options", "head", "trace", "route", "api_route", "websocket",
    "websocket_route", "middleware", "on_event", "errorhandler", "exception_handler", "command", "before_request",
    "before_app_request", "context_processor", "url_value_preprocessor", "app_url_value_preprocessor",
}  # fmt: skip


class Arguments:
    """What a call is given, evaluated."""

    def __init__(self) -> None:
        self.args: list[Value] = []
        self.kwargs: dict[str, Value] = {}
        self.wide = False


class Caller:
    """Evaluates calls for a `Program`."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._active: set[int] = set()
        """`id` of the code of the functions being followed, so that recursion is followed once."""

    def call(self, expr: list[Any], frame: Frame) -> Value:
        """The value of a call expression."""
        program, line = self._program, expr[4]
        given = self._arguments(expr, frame)
        function = expr[1]
        if function[0] == "a":
            owner = program.value(function[1], frame)
            special = self._method(owner, function[2], given)
            if special is not None:
                return special
            if function[1][0] == "c" and function[1][1] == ["n", "super"]:
                return self._super(function[2], given, frame, line)
            target = program.attribute(owner, function[2])
        else:
            target = program.value(function, frame)
        return self.apply(target, given, frame.path, line)

    def _arguments(self, expr: list[Any], frame: Frame) -> Arguments:
        given = Arguments()
        for argument in expr[2]:
            value = self._program.value(argument, frame)
            if argument[0] != "*":
                given.args.append(value)
            elif isinstance(value, Seq) and not value.open:
                given.args += value.items
            else:
                given.wide = True
        for name, argument in expr[3]:
            value = self._program.value(argument, frame)
            if name is not None:
                given.kwargs[name] = value
            elif isinstance(value, Map) and all(text(key) for key, _ in value.pairs):
                given.kwargs |= {text(key) or "": each for key, each in value.pairs}
            else:
                given.wide = True
        return given

    def apply(self, target: Value, given: Arguments, path: str, line: int) -> Value:
        """Call `target`."""
        if isinstance(target, External):
            return self._external(target.name, given, path, line)
        if isinstance(target, Attribute):
            return self._record(target, given, path, line)
        if isinstance(target, Func):
            return self._function(target, given, path, line)
        if isinstance(target, Class):
            return self._instance(target, given, path, line)
        if isinstance(target, Item):
            return self.apply(target.base, given, path, line)
        if isinstance(target, Choice):
            found: Value | None = None
            for option in target.options[:6]:
                found = join(found, self.apply(option, given, path, line))
            return found or Unknown("a call")
        if isinstance(target, Deferred):
            forced = self.force(target)
            return Unknown("a call") if isinstance(forced, Deferred) else self.apply(forced, given, path, line)
        if isinstance(target, Made):
            own = target.cls.own("__call__") if target.cls else None
            if isinstance(own, Func):
                return self._function(Func(own.code, own.frame, (), target), given, path, line)
            if _takes_handler(target) and given.args and isinstance(given.args[0], (Func, Class, Deferred, Made)):
                assert target.call is not None  # noqa: S101 - told by `_takes_handler`
                target.call.handler = given.args[0]
                return given.args[0]
            if _SETTINGS.search(target.kind) and (default := default_of(target, given)) is not None:
                return default
            return self._make(f"{target.kind}()", given, path, line, owner=target)
        return Unknown("a call of something not known")

    def _external(self, name: str, given: Arguments, path: str, line: int) -> Value:
        if name in _SAME and given.args:
            return given.args[-1]
        position = _WITH_DEFAULT.get(name)
        if position is not None:
            default = given.kwargs.get("default")
            if default is None and len(given.args) > position:
                default = given.args[position]
            if default is None and name in ("os.getenv", "os.environ.get"):
                return Unset("an environment variable")
            return default if isinstance(default, (Const, Seq)) else Unknown("a setting without a default here")
        if name in ("bool", "int") and given.args:
            return number(name, given.args[0])
        if name in ("distutils.util.strtobool", "setuptools.distutils.util.strtobool") and given.args:
            return as_flag(given.args[0])
        if name == "functools.partial" and given.args:
            return given.args[0]
        if name == "getattr" and len(given.args) > 1 and isinstance(given.args[1], Const):
            return self._program.attribute(given.args[0], str(given.args[1].value))
        if name in ("enumerate", "zip") and given.args:
            return self._pairs(name, given)
        return self._make(name, given, path, line)

    @staticmethod
    def _pairs(name: str, given: Arguments) -> Value:
        known = [each for each in given.args if isinstance(each, Seq)]
        if len(known) != len(given.args):
            return Unknown("a loop over something not known")
        if name == "enumerate":
            return Seq([Seq([Const(number), item]) for number, item in enumerate(known[0].items)])
        rows = zip(*(each.items for each in known), strict=False)
        return Seq([Seq(list(row)) for row in rows])

    def _make(
        self, kind: str, given: Arguments, path: str, line: int, *, owner: Made | None = None, call: Call | None = None
    ) -> Made:
        made = Made(kind, given.args, given.kwargs, path, line, owner=owner, call=call, wide=given.wide)
        self._program.made.append(made)
        return made

    def _record(self, target: Attribute, given: Arguments, path: str, line: int) -> Value:
        if target.name == "config.get" and given.args and text(given.args[0]):
            fallback = given.args[1] if len(given.args) > 1 else Unknown("a setting")
            return configured(self._program, target.owner, text(given.args[0]) or "") or fallback
        if _SETTINGS.search(target.owner.kind) and (default := default_of(target.owner, given)) is not None:
            return as_flag(default) if target.name == "bool" else default
        call = Call(target.name, given.args, given.kwargs, path, line, wide=given.wide)
        target.owner.calls.append(call)
        return self._make(f"{target.owner.kind}.{target.name}()", given, path, line, owner=target.owner, call=call)

    def _method(self, owner: Value, name: str, given: Arguments) -> Value | None:
        """Methods of plain values; None where `owner` is none."""
        if isinstance(owner, Unset):
            return owner
        if isinstance(owner, Const) and isinstance(owner.value, str):
            return text_method(owner.value, name, given)
        if isinstance(owner, Seq):
            if name == "append" and given.args:
                owner.items.append(given.args[0])
            elif name == "extend" and given.args and isinstance(given.args[0], Seq):
                owner.items += given.args[0].items
            return Const(None)
        if isinstance(owner, Map):
            if name == "get" and given.args:
                for key, value in owner.pairs:
                    if constant(key) == constant(given.args[0]):
                        return value
            if name in ("items", "values", "keys"):
                rows: dict[str, list[Value]] = {
                    "items": [Seq([key, value]) for key, value in owner.pairs],
                    "values": [value for _key, value in owner.pairs],
                    "keys": [key for key, _value in owner.pairs],
                }
                return Seq(rows[name])
            return Unknown("a value of a dict")
        if isinstance(owner, Class) and name == "as_view":
            return View(owner, given.args, given.kwargs)
        return None

    # --- functions of the repository ---

    def _function(self, function: Func, given: Arguments, path: str, line: int) -> Value:
        code = function.code
        touches = code["w"] or function.path in self._program.wired or (function.owner and function.owner.code["w"])
        if not touches and not any(_builds_routes(each) for each in [*given.args, *given.kwargs.values()]):
            return Deferred(function, given.args, given.kwargs, path, line)
        return self.follow(function, given.args, given.kwargs, path, line)

    def force(self, deferred: Deferred) -> Value:
        """Follow a call that was put off; the same Deferred where it cannot be followed."""
        if not isinstance(deferred.function, Func):
            return deferred
        return self.follow(deferred.function, deferred.args, deferred.kwargs, deferred.path, deferred.line)

    def follow(self, function: Func, args: list[Value], kwargs: dict[str, Value], path: str, line: int) -> Value:
        """Evaluate a function's body with these arguments; what it returns."""
        program = self._program
        deferred = Deferred(function, args, kwargs, path, line)
        body = function.code["b"]
        if program.depth >= MAX_DEPTH or id(function.code) in self._active or not program.step():
            return deferred
        program.followed.add(id(function.code))
        if body is None:
            return self._annotated(function, path, line) or deferred
        frame = Frame(function.path, {}, function.frame)
        self.bind_parameters(function, args, kwargs, frame)
        program.depth += 1
        self._active.add(id(function.code))
        try:
            program.execute(body, frame)
        finally:
            program.depth -= 1
            self._active.discard(id(function.code))
        found: Value | None = None
        for value in frame.returns:
            found = join(found, value)
        if found is None:
            return Const(None)
        return (self._annotated(function, path, line) or found) if isinstance(found, Unknown) else found

    def _annotated(self, function: Func, path: str, line: int) -> Value | None:
        """An instance of the class of the repository that the function says it returns."""
        if function.code["r"] is None:
            return None
        said = self._program.value(function.code["r"], function.frame)
        return self._instance(said, Arguments(), path, line) if isinstance(said, Class) else None

    def bind_parameters(self, function: Func, args: list[Value], kwargs: dict[str, Value], frame: Frame) -> None:
        """Bind what a function is given to its parameters in `frame`; missing ones take their defaults."""
        waiting = list(args)
        decorators = {each.name for each in function.decorators if isinstance(each, External)}
        if function.bound is not None and "staticmethod" not in decorators:
            waiting.insert(0, function.bound.cls or function.bound if "classmethod" in decorators and isinstance(
                function.bound, Made) else function.bound)  # fmt: skip
        for name, kind, _annotation, default in function.code["p"]:
            if kind == "*":
                frame.names[name] = Seq(waiting)
                waiting = []
            elif kind == "**":
                pairs: list[tuple[Value, Value]] = [(Const(key), each) for key, each in kwargs.items()]
                frame.names[name] = Map(pairs)
            elif name in kwargs:
                frame.names[name] = kwargs[name]
            elif waiting:
                frame.names[name] = waiting.pop(0)
            elif default is not None:
                frame.names[name] = self._program.value(default, function.frame)
            else:
                frame.names[name] = Unknown(f"the parameter {name}")

    def _instance(self, cls: Class, given: Arguments, path: str, line: int) -> Value:
        if any(base in ("enum.Enum", "enum.StrEnum", "enum.IntEnum") for base in cls.library_bases()) and given.args:
            return Unknown("a member of an enum")
        kinds = cls.library_bases()
        made = Made(kinds[0] if kinds else "", given.args, given.kwargs, path, line, cls=cls, wide=given.wide)
        self._program.made.append(made)
        init = cls.own("__init__")
        if isinstance(init, Func) and init.code["b"] is not None:
            self.follow(Func(init.code, init.frame, (), made), given.args, given.kwargs, path, line)
        return made

    def _super(self, name: str, given: Arguments, frame: Frame, line: int) -> Value:
        """`super().name(...)` inside a method."""
        here = next(iter(frame.names.values()), None)
        inside = frame.outer.cls if frame.outer else None
        for made in options(here) if here is not None else []:
            if not isinstance(made, Made) or made.cls is None:
                continue
            for base in list((inside or made.cls).lineage())[1:]:
                found = base.frame.names.get(name)
                if isinstance(found, Func):
                    bound = Func(found.code, found.frame, found.decorators, made)
                    return self.follow(bound, given.args, given.kwargs, frame.path, line)
            if name == "__init__":
                made.args, made.kwargs = given.args, {**made.kwargs, **given.kwargs}
                return Const(None)
            return self._record(Attribute(made, name), given, frame.path, line)
        return Unknown("super")

    # --- decorators ---

    def decorated(self, thing: Func | Class, decorators: list[Any], frame: Frame) -> Value:
        """What a name is bound to after its decorators, the innermost first."""
        value: Value = thing
        for expr, line in reversed(decorators):
            value = self._decorate(self._program.value(expr, frame), value, frame.path, line)
        return value

    def _decorate(self, decorator: Value, value: Value, path: str, line: int) -> Value:
        if isinstance(decorator, Choice):
            results = [self._decorate(option, value, path, line) for option in decorator.options[:6]]
            return results[0]
        if isinstance(decorator, Made) and decorator.call is not None and decorator.call.handler is None:
            decorator.call.handler = value
            if _keeps_function(decorator.call.name):
                return value
        elif isinstance(decorator, Attribute):
            call = Call(decorator.name, [value], {}, path, line, handler=value)
            decorator.owner.calls.append(call)
        elif isinstance(decorator, Func) and decorator.code["w"] and decorator.code["b"] is not None:
            given = self.follow(decorator, [value], {}, path, line)
            if isinstance(given, (Func, Class)) and given is not value and not isinstance(value, Class):
                return value if isinstance(given, Func) and given.frame.outer is not None else given
            return value
        if isinstance(value, (Func, Class)) and not isinstance(value, View):
            if isinstance(value, Class):
                value.decorators = (decorator, *value.decorators)
                return value
            return Func(value.code, value.frame, (decorator, *value.decorators), value.bound)
        return value


def _takes_handler(made: Made) -> bool:
    """Whether this is `app.get("/x")`, still without what it decorates."""
    return made.call is not None and made.call.handler is None and _keeps_function(made.call.name)


def _keeps_function(name: str) -> bool:
    """Whether a registering decorator gives the function back unchanged, so that it guards nothing."""
    return name.rpartition(".")[2] in _REGISTERING


def _builds_routes(value: Value) -> bool:
    return isinstance(value, Made) and value.kind.partition(".")[0] in (
        "fastapi", "starlette", "flask", "quart", "flask_restful", "flask_restx", "flask_smorest", "apiflask",
    )  # fmt: skip


def text_method(owner: str, name: str, given: Arguments) -> Value:
    words = [text(each) for each in given.args]
    plain = [word for word in words if word is not None]
    if len(plain) != len(words):
        return Unknown("a text put together while running")
    if name in ("strip", "lstrip", "rstrip", "lower", "upper", "removeprefix", "removesuffix", "title"):
        if len(plain) <= 1:
            return Const(str(getattr(owner, name)(*plain)))
    elif name == "replace" and len(plain) == 2 and len(owner) < 1_000 and len(plain[1]) < 200:
        return Const(owner.replace(plain[0], plain[1]))
    elif name in ("startswith", "endswith") and len(plain) == 1:
        return Const(bool(getattr(owner, name)(plain[0])))
    elif name == "format" and not given.kwargs and owner.count("{}") == len(plain):
        for word in plain:
            owner = owner.replace("{}", word, 1)
        return Const(owner)
    return Unknown("a text put together while running")
