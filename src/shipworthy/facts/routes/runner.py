"""Runs a guard on paper for one kind of caller and sees whether they get through.

Every statement is evaluated for a caller who sent no credentials, or (a second run) ones that are not genuine. Where
a condition cannot be decided both branches count. A guard protects only if neither caller gets through.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from shipworthy.facts.python_code.program import Program
from shipworthy.facts.python_code.values import (
    Const,
    Deferred,
    External,
    Frame,
    Func,
    Import,
    Map,
    Seq,
    Unknown,
    Value,
    options,
)
from shipworthy.facts.routes import identity
from shipworthy.facts.routes.calling import Calling, name_of
from shipworthy.facts.routes.conditions import either
from shipworthy.facts.routes.endings import Returned, ends, status_raised
from shipworthy.facts.routes.memory import Memory, Remembered, again, key_of
from shipworthy.facts.routes.verdicts import Asked, Claim, Handler, Marked, Part, Stop

MAX_DEPTH = 14
_CATCHES_ALL = {"Exception", "BaseException"}


class Runner(Calling):
    """Adds statements and functions to `Calling`."""

    def __init__(self, program: Program, *, sent: bool, asked: Asked, layer: bool, memory: Memory) -> None:
        super().__init__(program, sent=sent, asked=asked, layer=layer)
        self.memory = memory
        self.cut = 0
        """How many calls were not followed because they recurse or lie too deep."""
        self.rest = 0
        """How many of `controlled` are for what follows a branch that others leave by."""
        self.maybe: list[Stop] = []
        """Ways a function may have ended, in branches that may or may not be taken."""
        self._depth = 0
        self._active: set[int] = set()
        self._handling: list[Stop] = []
        self._bases = [0]

    # --- functions ---

    def call_function(self, function: Func, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """Run a function of the repository; what it returns. Raises Stop where it always ends otherwise."""
        state = (self.sent, self.layer, self.controlled > 0, self.tries > 0, self.asked.websocket)
        key = key_of(function, args, kwargs, state)
        known = self.memory.get(key)
        if known is None:
            known = self._call_anew(function, args, kwargs, key)
        self.maybe += [again(stop) for stop in known.maybe]
        if known.stop is not None:
            raise again(known.stop)
        return known.value or Const(None)

    def _call_anew(self, function: Func, args: list[Value], kwargs: dict[str, Value], key: Hashable) -> Remembered:
        outer, self.maybe = self.maybe, []
        asked, self.asked_route = self.asked_route, False
        reached, cut = self.reached, self.cut
        value: Value | None = None
        ended: Stop | None = None
        try:
            returned, falls = self.run(function, args, kwargs)
            values = [
                Marked(each.value) if each.identity and not isinstance(each.value, (Claim, Marked)) else each.value
                for each in returned
            ]
            value = either([*values, Const(None)] if falls else values)
        except Stop as stop:
            ended = stop
        finally:
            maybe, self.maybe = self.maybe, outer
        bound = (function.bound,) if function.bound is not None else ()
        found = Remembered(value, ended, tuple(maybe), (function, *bound, *args, *kwargs.values()))
        # What depends on the route, on a recursion cut short or on the guarded function is not the same again.
        if not self.asked_route and self.reached == reached and self.cut == cut:
            self.memory.keep(key, found)
        self.asked_route |= asked
        return found

    def run(self, function: Func, args: list[Value], kwargs: dict[str, Value]) -> tuple[list[Returned], bool]:
        """Run a function: its returns, and whether it can also end without one."""
        self.step()
        body = function.code["b"]
        if not self._worth_running(function, args, kwargs):
            body = None
        if body is None or id(function.code) in self._active or self._depth >= MAX_DEPTH:
            self.cut += body is not None
            # What was not read is judged by its name, like a library's function.
            given = self.library("", function.name, args, kwargs, function.path, function.line)
            return [Returned(given, False, function.path, function.line)], False
        frame = Frame(function.path, {}, function.frame)
        self.bind_parameters(function, args, kwargs, frame)
        base, returned = self.controlled, list[Returned]()
        self._bases.append(base)
        self._depth += 1
        self._active.add(id(function.code))
        try:
            falls = self.block(body, frame, returned)
        except Stop as stop:
            # Some branch returned before: the function does not always end this way.
            if not returned:
                raise
            self.maybe.append(stop)
            falls = False
        finally:
            self._depth -= 1
            self._active.discard(id(function.code))
            self._bases.pop()
            self.controlled = base
        if function.code["y"]:
            returned, falls = [Returned(Unknown("what it yields"), False, function.path, function.line)], False
        return returned, falls

    @staticmethod
    def _worth_running(function: Func, args: list[Value], kwargs: dict[str, Value]) -> bool:
        """Whether a function may look at who is asking: by its words, or because it is given something of theirs."""
        return bool(function.code["i"]) or any(
            isinstance(value, (Claim, Part, Handler, Marked, Map, Seq)) for value in [*args, *kwargs.values()]
        )

    def bind_parameters(self, function: Func, args: list[Value], kwargs: dict[str, Value], frame: Frame) -> None:
        """Arguments to parameters; the request is known by its type or name."""
        waiting = list(args)
        if function.bound is not None:
            waiting.insert(0, function.bound)
        for name, kind, annotation, default in function.code["p"]:
            if kind == "*":
                frame.names[name] = Seq(waiting, open=True)
                waiting = []
            elif kind == "**":
                frame.names[name] = Map([(Const(key), value) for key, value in kwargs.items()])
            elif name in kwargs:
                frame.names[name] = kwargs[name]
            elif waiting:
                frame.names[name] = waiting.pop(0)
            else:
                frame.names[name] = self.parameter(function, name, annotation, default)

    def parameter(self, function: Func, name: str, annotation: list[Any] | None, default: list[Any] | None) -> Value:
        """What a parameter nobody gave holds."""
        said = self.program.value(annotation, function.frame) if annotation is not None else None
        if isinstance(said, External) and said.name in identity.REQUESTS:
            return Part("request")
        if said is None and name in ("request", "req", "websocket", "ws", "conn") and default is None:
            return Part("request")
        if name == "scope" and default is None:
            return Part("scope")
        if default is not None:
            return self.known(self.program.value(default, function.frame))
        if identity.KEY_WORDS.search(name):
            return Claim(self.sent, name)
        return Unknown(f"the parameter {name}")

    # --- statements ---

    def block(self, body: list[Any], frame: Frame, returned: list[Returned]) -> bool:
        """Run statements; whether the end can be reached. Raises Stop where it ends in an exception for sure."""
        added = 0
        try:
            for statement in body:
                self.step()
                tag = statement[0]
                if tag == "if":
                    falls, chosen = self._if(statement, frame, returned)
                    if not falls:
                        return False
                    if chosen:
                        self.controlled += 1
                        self.rest += 1
                        added += 1
                elif not self._statement(tag, statement, frame, returned):
                    return False
            return True
        finally:
            self.controlled -= added
            self.rest -= added

    def _statement(self, tag: str, statement: list[Any], frame: Frame, returned: list[Returned]) -> bool:
        if tag == "x":
            self.value(statement[1], frame)
        elif tag == "set":
            self.bind(statement[1], self.value(statement[2], frame), frame)
        elif tag == "r":
            value = self.value(statement[1], frame) if statement[1] is not None else Const(None)
            chosen = self.controlled - self._bases[-1]
            returned.append(Returned(value, chosen > 0, frame.path, statement[2], rest=0 < chosen <= self.rest))
            return False
        elif tag == "!":
            self._raise(statement, frame)
        elif tag == "try":
            return self._try(statement, frame, returned)
        elif tag == "for":
            return self._for(statement, frame, returned)
        elif tag == "while":
            if self.condition(statement[1], frame)[0] is True:
                return self.block(statement[2], frame, returned)
            return self._either_way([statement[2], []], frame, returned)
        elif tag == "with":
            for value, target in statement[1]:
                given = self.value(value, frame)
                if target is not None:
                    self.bind(target, given, frame)
            return self.block(statement[2], frame, returned)
        elif tag == "def":
            decorators = tuple(self.value(expr, frame) for expr, _line in statement[1]["d"])
            frame.names[statement[1]["n"]] = Func(statement[1], frame, decorators)
        elif tag == "import":
            name = statement[2] or statement[1].partition(".")[0]
            frame.names[name] = Import(frame.path, statement[1] if statement[2] else name, 0, None)
        elif tag == "from" and statement[3] != "*":
            frame.names[statement[4]] = Import(frame.path, statement[1], statement[2], statement[3])
        return True

    def _if(self, statement: list[Any], frame: Frame, returned: list[Returned]) -> tuple[bool, bool]:
        """(whether the end is reached, whether identity chose that what follows runs)."""
        _, condition, then, other, _line = statement
        answer, decided = self.condition(condition, frame)
        if answer is None:
            return self._either_way([then, other], frame, returned), False
        taken, left_out = (then, other) if answer else (other, then)
        if not decided:
            return self.block(taken, frame, returned), False
        self.controlled += 1
        try:
            falls = self.block(taken, frame, returned)
        finally:
            self.controlled -= 1
        return falls, bool(left_out) and ends(left_out)

    def _either_way(self, branches: list[list[Any]], frame: Frame, returned: list[Returned]) -> bool:
        before, after = dict(frame.names), list[dict[str, Value]]()
        reached = any_reached = self.reached
        stops: list[Stop] = []
        with self._not_chosen():
            for branch in branches:
                frame.names, self.reached = dict(before), reached
                try:
                    if self.block(branch, frame, returned):
                        after.append(frame.names)
                except Stop as stop:
                    stops.append(stop)
                any_reached |= self.reached
            self.reached = any_reached
        frame.names = before
        if len(stops) == len(branches):
            self.maybe += stops[1:]
            raise stops[0]
        self.maybe += stops
        for name in {name for names in after for name in names}:
            values = [names[name] for names in after if name in names]
            if any(value is not before.get(name) for value in values):
                frame.names[name] = either(values)
        return bool(after)

    @contextmanager
    def _not_chosen(self) -> Iterator[None]:
        """What follows `if user: return ...` was chosen by identity; a branch in it that may not be taken was not."""
        rest, self.rest = self.rest, 0
        self.controlled -= rest
        try:
            yield
        finally:
            self.rest = rest
            self.controlled += rest

    def _for(self, statement: list[Any], frame: Frame, returned: list[Returned]) -> bool:
        _, target, iterable, body, _line = statement
        over = self.value(iterable, frame)
        if isinstance(over, Seq) and not over.open and len(over.items) <= 60:
            for item in over.items:
                self.bind(target, item, frame)
                if not self.block(body, frame, returned):
                    return False
            return True
        if isinstance(over, Claim) and not over.sent:
            return True
        self.bind(target, over if isinstance(over, Claim) else Unknown("a loop's variable"), frame)
        return self._either_way([body, []], frame, returned)

    def _raise(self, statement: list[Any], frame: Frame) -> None:
        if statement[1] is None:
            if self._handling:
                raise self._handling[-1]
            raise self.ending("", None, frame.path, statement[2])
        value = self.value(statement[1], frame)
        for each in options(value.inner if isinstance(value, Marked) else value):
            raise self.ending(self._raised_name(each), status_raised(each), frame.path, statement[2])

    @staticmethod
    def _raised_name(value: Value) -> str:
        if isinstance(value, Deferred):
            return name_of(value.function)
        return name_of(value)

    def _try(self, statement: list[Any], frame: Frame, returned: list[Returned]) -> bool:
        _, body, handlers, orelse, final, _line = statement
        outer, self.maybe = self.maybe, []
        self.tries += bool(handlers)
        ended: Stop | None = None
        falls = False
        try:
            falls = self.block(body, frame, returned)
        except Stop as stop:
            ended = stop
        finally:
            self.tries -= bool(handlers)
            raised, self.maybe = self.maybe, outer
        falls = self.block(orelse, frame, returned) if falls and orelse else falls
        again: Stop | None = None
        ran: list[int] = []
        for each in [*raised, *([ended] if ended else [])]:
            number = next((n for n, h in enumerate(handlers) if self._catches(h[0], each, frame)), None)
            if number is None:
                again = each if each is ended else again
                if each is not ended:
                    self.maybe.append(each)
                continue
            if number in ran and each is not ended:
                continue
            ran.append(number)
            try:
                with nullcontext() if each is ended else self._not_chosen():
                    falls |= self._handle(handlers[number], each, frame, returned)
            except Stop as other:
                if each is ended:
                    again = other
                else:
                    self.maybe.append(other)
        if final:
            self.block(final, frame, returned)
        if again is not None and not falls:
            raise again
        if again is not None:
            self.maybe.append(again)
        return falls

    def _handle(self, handler: list[Any], stop: Stop, frame: Frame, returned: list[Returned]) -> bool:
        if handler[1]:
            frame.names[handler[1]] = Unknown("an exception")
        chosen = stop.evidence.identity
        self.controlled += chosen
        self._handling.append(stop)
        try:
            return self.block(handler[2], frame, returned)
        finally:
            self._handling.pop()
            self.controlled -= chosen

    def _catches(self, kind: list[Any] | None, stop: Stop, frame: Frame) -> bool:
        if kind is None:
            return True
        value = self.program.value(kind, frame)
        kinds = value.items if isinstance(value, Seq) else options(value)
        names = {name_of(each).rpartition(".")[2] for each in kinds}
        if names & _CATCHES_ALL:
            return True
        if stop.verification:
            return not names <= {"HTTPException", "StarletteHTTPException"}
        raised = stop.raised.rpartition(".")[2]
        if raised in names or not raised:
            return True
        return "HTTPException" in names and raised == "abort"
