"""Evaluates the modules of a repository far enough to see what they build: apps, routers, and calls made on them.

Nothing is run: both branches of every condition count, loops over known lists are unrolled, functions that may
register routes are followed with their arguments. Which library calls mean a route is not known here; frameworks
read the recorded `Made` things and their calls.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any

from shipworthy.facts.python_code.modules import Modules
from shipworthy.facts.python_code.operators import compared, item_of, sum_of
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
    Import,
    Made,
    Map,
    Package,
    Seq,
    Unknown,
    Unset,
    Value,
    join,
    options,
)

MAX_STEPS = 400_000
MAX_DEPTH = 24
MAX_UNROLL = 200
_BUILTINS = frozenset(dir(builtins))
_NOT_TOLD = Unknown("not told")


class Program:
    """All modules of a repository. `made` lists everything built so far, `short` why evaluation stopped early."""

    def __init__(self, codes: Mapping[str, Any], wired: set[str]) -> None:
        from shipworthy.facts.python_code.calls import Caller

        self.codes = codes
        self.wired = wired
        """Files that may register routes, by their text or by what they import."""
        self.modules = Modules(codes)
        self.made: list[Made] = []
        self.functions: list[Func] = []
        self.classes: list[Class] = []
        self.followed: set[int] = set()
        """`id` of the code of every function that was followed."""
        self.short: str | None = None
        self.depth = 0
        self._steps = 0
        self._frames: dict[str, Frame] = {}
        self._stars: dict[str, list[Import]] = {}
        self._running: set[str] = set()
        self.caller = Caller(self)

    def step(self) -> bool:
        """Counts one step; False once the program is larger than is followed."""
        self._steps += 1
        if self._steps > MAX_STEPS and self.short is None:
            self.short = "the program is too large to follow all of its wiring"
        return self.short is None

    def frame(self, path: str) -> Frame:
        """The names of a module, evaluated on first use."""
        found = self._frames.get(path)
        if found is None:
            found = self._frames[path] = Frame(path, {})
            self._running.add(path)
            self.execute(self.codes.get(path) or [], found)
            self._running.discard(path)
        return found

    # --- names ---

    def lookup(self, name: str, frame: Frame) -> Value:
        """What a name means in a frame; class bodies are not seen from the functions inside them."""
        here: Frame | None = frame
        while here is not None:
            if (here.cls is None or here is frame) and name in here.names:
                return self._settled(here.names, name)
            if here.outer is None:
                found = self._starred(here.path, name)
                if found is not None:
                    return found
            here = here.outer
        return External(name) if name in _BUILTINS else Unknown(f"the name {name}")

    def _settled(self, names: dict[str, Value], name: str) -> Value:
        value = names[name]
        if not isinstance(value, Import):
            return value
        found = self.imported(value)
        if not isinstance(found, Unknown):
            names[name] = found
        return found

    def imported(self, value: Import) -> Value:
        """What an import binds."""
        target = self.modules.find(value.dotted, value.level, value.path)
        if target is None:
            if value.level or self.modules.inside(value.dotted, value.path):
                return Unknown(f"{value.dotted or '.'} is not in the repository")
            return External(f"{value.dotted}.{value.name}" if value.name else value.dotted)
        return Package(target) if value.name is None else self.member(target, value.name)

    def member(self, path: str, name: str) -> Value:
        """A name of a module or package of the repository."""
        if path.endswith(".py"):
            frame = self.frame(path)
            if name in frame.names:
                value = frame.names[name]
                own = isinstance(value, Import) and self.modules.find(value.dotted, value.level, value.path) == path
                if not (own and isinstance(value, Import) and value.name == name):
                    return self._settled(frame.names, name)
            found = self._starred(path, name)
            if found is not None:
                return found
        child = self.modules.child(path, name)
        return Package(child) if child else Unknown(f"{name} of {path}")

    def _starred(self, path: str, name: str) -> Value | None:
        stars = self._stars.get(path)
        if not stars or self.depth > MAX_DEPTH or name.startswith("__"):
            return None
        self.depth += 1
        try:
            for star in stars:
                target = self.modules.find(star.dotted, star.level, star.path)
                if target is None or not target.endswith(".py") or target == path:
                    continue
                found = self.member(target, name)
                if not isinstance(found, Unknown):
                    return found
        finally:
            self.depth -= 1
        return None

    # --- statements ---

    def execute(self, body: list[Any], frame: Frame) -> None:
        for statement in body:
            if not self.step():
                return
            tag = statement[0]
            if tag == "x":
                self.value(statement[1], frame)
            elif tag == "set":
                self.bind(statement[1], self.value(statement[2], frame), frame, statement[3])
            elif tag == "def":
                self._define(statement[1], frame)
            elif tag == "class":
                self._define_class(statement[1], frame)
            elif tag == "import":
                self._import(statement[1], statement[2], frame)
            elif tag == "from":
                self._import_from(statement, frame)
            elif tag == "if":
                self._branches([statement[2], statement[3]], frame)
            elif tag == "for":
                self._loop(statement, frame)
            elif tag == "while":
                self.execute(statement[2], frame)
            elif tag == "try":
                self.execute(statement[1], frame)
                self._branches([handler[2] for handler in statement[2]], frame)
                self.execute(statement[3], frame)
                self.execute(statement[4], frame)
            elif tag == "with":
                for value, target in statement[1]:
                    given = self.value(value, frame)
                    if target is not None:
                        self.bind(target, given, frame)
                self.execute(statement[2], frame)
            elif tag == "r":
                frame.returns.append(self.value(statement[1], frame) if statement[1] else Const(None))
                return
            elif tag == "!":
                return

    def _branches(self, bodies: list[list[Any]], frame: Frame) -> None:
        """Each branch starts from the same names; afterwards a name is what any branch left it as."""
        bodies = [body for body in bodies if body]
        before = dict(frame.names)
        after = dict(before)
        for body in bodies:
            frame.names = dict(before)
            self.execute(body, frame)
            for name, value in frame.names.items():
                if value is not before.get(name):
                    old = after.get(name)
                    after[name] = join(old, value) if old is not None else value
        frame.names = after

    def _loop(self, statement: list[Any], frame: Frame) -> None:
        over = self.value(statement[2], frame)
        known = over if isinstance(over, Seq) else None
        for item in (known.items if known else [])[:MAX_UNROLL]:
            self.bind(statement[1], item, frame)
            self.execute(statement[3], frame)
        if known is None or known.open:
            self.bind(statement[1], Unknown("a loop's variable"), frame)
            self.execute(statement[3], frame)

    def bind(self, target: list[Any], value: Value, frame: Frame, line: int = 0) -> None:
        """Assign to a name, an attribute or an unpacked list of targets."""
        tag = target[0]
        if tag == "n":
            frame.names[target[1]] = value
        elif tag == "a":
            owner = self.value(target[1], frame)
            for each in options(owner):
                if isinstance(each, Made):
                    each.names[target[2]] = value
                elif isinstance(each, Class):
                    each.frame.names[target[2]] = value
                elif isinstance(each, Package) and each.path.endswith(".py"):
                    self.frame(each.path).names[target[2]] = value
        elif tag == "l":
            for number, part in enumerate(target[1]):
                item: Value = _NOT_TOLD
                if isinstance(value, Seq) and not value.open and number < len(value.items):
                    item = value.items[number]
                self.bind(part, item, frame)
        elif tag == "i":
            base = self.value(target[1], frame)
            if isinstance(base, Map):
                base.pairs.append((self.value(target[2], frame), value))
            elif isinstance(base, Attribute):
                key = self.value(target[2], frame)
                base.owner.calls.append(Call(f"{base.name}[]", [key, value], {}, frame.path, line))

    def _import(self, dotted: str, alias: str | None, frame: Frame) -> None:
        name = alias or dotted.partition(".")[0]
        frame.names[name] = Import(frame.path, dotted if alias else name, 0, None)

    def _import_from(self, statement: list[Any], frame: Frame) -> None:
        _, dotted, level, name, alias, _line = statement
        if name == "*":
            self._stars.setdefault(frame.path, []).append(Import(frame.path, dotted, level, None))
        else:
            frame.names[alias] = Import(frame.path, dotted, level, name)

    def _define(self, code: dict[str, Any], frame: Frame) -> None:
        function = Func(code, frame)
        if frame.outer is None:
            self.functions.append(function)
        frame.names[code["n"]] = self.caller.decorated(function, code["d"], frame)

    def _define_class(self, code: dict[str, Any], frame: Frame) -> None:
        body = Frame(frame.path, {}, frame)
        bases = tuple(self.value(base, frame) for base in code["bases"])
        made = body.cls = Class(code, body, bases)
        frame.names[code["n"]] = made
        self.classes.append(made)
        self.execute(code["b"], body)
        frame.names[code["n"]] = self.caller.decorated(made, code["d"], frame)

    # --- expressions ---

    def value(self, expr: list[Any], frame: Frame) -> Value:
        """What an expression evaluates to."""
        tag = expr[0]
        if tag == "n":
            return self.lookup(expr[1], frame)
        if tag == "a":
            return self.attribute(self.value(expr[1], frame), expr[2])
        if tag == "c":
            return self.caller.call(expr, frame) if self.step() else _NOT_TOLD
        if tag == "s":
            return Const(expr[1]) if expr[1] is not None else Unknown("a text")
        if tag == "k":
            return Const(expr[1])
        if tag == "l":
            return self._sequence(expr[1], frame)
        if tag == "f":
            parts = [self.value(part, frame) for part in expr[1]]
            if all(isinstance(part, Const) for part in parts):
                return Const("".join(str(part.value) for part in parts if isinstance(part, Const)))
            return Unknown("a text put together while running")
        if tag == "d":
            return Map([(self.value(key, frame), self.value(value, frame)) for key, value in expr[1]])
        if tag == "i":
            return item_of(self, self.value(expr[1], frame), self.value(expr[2], frame))
        if tag == "+":
            return sum_of(self.value(expr[1], frame), self.value(expr[2], frame))
        if tag in ("=", "not"):
            return self._condition(expr, frame)
        if tag == "?":
            return join(self.value(expr[2], frame), self.value(expr[3], frame))
        if tag == "b":
            found: Value | None = None
            for operand in expr[2]:
                found = join(found, self.value(operand, frame))
            return found or _NOT_TOLD
        if tag == "w":
            given = self.value(expr[2], frame)
            self.bind(expr[1], given, frame)
            return given
        if tag in ("y", "*"):
            return self.value(expr[1], frame)
        if tag == "fn":
            return Func(expr[1], frame)
        if tag == "g":
            return self._comprehension(expr, frame)
        return _NOT_TOLD

    def _condition(self, expr: list[Any], frame: Frame) -> Value:
        if expr[0] == "not":
            inner = self.value(expr[1], frame)
            known = isinstance(inner, (Const, Unset))
            return Const(not (isinstance(inner, Const) and inner.value)) if known else _NOT_TOLD
        operands = [self.value(each, frame) for each in expr[1]]
        return compared(operands[0], expr[2][0], operands[1]) if len(operands) == 2 else _NOT_TOLD

    def _sequence(self, items: list[Any], frame: Frame) -> Seq:
        found = Seq([])
        for item in items:
            value = self.value(item, frame)
            if item[0] != "*":
                found.items.append(value)
            elif isinstance(value, Seq):
                found.items += value.items
                found.open |= value.open
            else:
                found.open = True
        return found

    def _comprehension(self, expr: list[Any], frame: Frame) -> Value:
        target, iterable, _conditions = expr[2][0] if expr[2] else (["o", []], ["o", []], [])
        over = self.value(iterable, frame)
        if not isinstance(over, Seq) or len(expr[2]) != 1:
            return _NOT_TOLD
        inner = Frame(frame.path, {}, frame)
        found = Seq([], open=over.open)
        for item in over.items[:MAX_UNROLL]:
            self.bind(target, item, inner)
            found.items.append(self.value(expr[1], inner))
        return found

    def attribute(self, value: Value, name: str) -> Value:
        """`value.name`."""
        if isinstance(value, Package):
            return self.member(value.path, name)
        if isinstance(value, External):
            return External(f"{value.name}.{name}")
        if isinstance(value, Made):
            return self._made_attribute(value, name)
        if isinstance(value, Class):
            found = value.own(name)
            if found is None and value.library_bases():
                return External(f"{value.library_bases()[0]}.{name}")
            return found if found is not None else Unknown(f"{name} of {value.name}")
        if isinstance(value, Attribute):
            return Attribute(value.owner, f"{value.name}.{name}")
        if isinstance(value, Deferred):
            forced = self.caller.force(value)
            return _NOT_TOLD if isinstance(forced, Deferred) else self.attribute(forced, name)
        if isinstance(value, Choice):
            joined: Value | None = None
            for option in value.options:
                joined = join(joined, self.attribute(option, name))
            return joined or _NOT_TOLD
        if isinstance(value, Const) and name in ("value", "name"):
            return value
        if isinstance(value, Func) and name in value.frame.names and value.owner:
            return value.frame.names[name]  # `prop.setter` and the like
        return Unknown(f"the attribute {name}")

    def _made_attribute(self, made: Made, name: str) -> Value:
        if name in made.names:
            return made.names[name]
        found = made.cls.own(name) if made.cls else None
        if isinstance(found, Import):
            found = self.imported(found)
        if isinstance(found, Func):
            names = {each.name for each in found.decorators if isinstance(each, External)}
            if "staticmethod" in names:
                return found
            bound = Func(found.code, found.frame, found.decorators, made)
            if names & {"property", "functools.cached_property"}:
                return self.caller.follow(bound, [], {}, made.path, made.line)
            return bound
        if found is not None:
            return found
        if made.cls is not None and not made.kind:
            return Unknown(f"{name} of {made.cls.name}")
        return Attribute(made, name)
