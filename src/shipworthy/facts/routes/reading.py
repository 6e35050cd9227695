"""Evaluates the expressions of a guard for a caller without a genuine identity (see `runner` for its statements)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from shipworthy.facts.python_code.calls import Arguments, text_method
from shipworthy.facts.python_code.program import Program
from shipworthy.facts.python_code.values import (
    Choice,
    Const,
    External,
    Frame,
    Func,
    Made,
    Map,
    Seq,
    Unknown,
    Value,
    text,
)
from shipworthy.facts.routes import identity
from shipworthy.facts.routes.conditions import (
    Truth,
    both,
    claims_in,
    compare,
    either,
    from_truth,
    negated,
    starts_with,
    truth,
)
from shipworthy.facts.routes.verdicts import (
    Asked,
    Claim,
    Evidence,
    Handler,
    Marked,
    Part,
    RoutePath,
    Stop,
    TooComplex,
)

MAX_STEPS = 20_000
_PROPERTIES = {"property", "functools.cached_property", "werkzeug.utils.cached_property"}
_BAGS = {
    "headers": "headers", "cookies": "cookies", "args": "args", "query_params": "args", "values": "args",
    "form": "body", "json": "body", "data": "body", "files": "body", "get_json": "body", "body": "body",
    "scope": "scope", "state": "state", "url": "url", "url_rule": "rule", "environ": "environ",
}  # fmt: skip


class Reading:
    """Expressions. `sent` False: the caller sent no credentials at all; True: ones that are not genuine.

    `layer` tells a guard from a handler: in a guard, a parameter named token is a credential, in a handler it may be
    the content of a form.
    """

    def __init__(self, program: Program, *, sent: bool, asked: Asked, layer: bool) -> None:
        self.program = program
        self.sent = sent
        self.asked = asked
        self.layer = layer
        self.controlled = 0
        """How many enclosing branches were chosen because of who is asking."""
        self.tries = 0
        self.refusals: tuple[int, ...] = (401, 403, 407)
        """Answers that mean a refusal even where identity was not seen to decide."""
        self.reached = False
        """Whether the guarded function was called."""
        self.undecided = ""
        """The name of a dependency of a library that may or may not verify."""
        self.guard = ""
        """What refused the caller, where that is a guard with a name of its own."""
        self.asked_route = False
        """Whether the path, method or endpoint of the route was looked at."""
        self._steps = 0

    def step(self) -> None:
        """Counts one step. Raises TooComplex."""
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise TooComplex

    # --- conditions ---

    def condition(self, expr: list[Any], frame: Frame) -> Truth:
        tag = expr[0]
        if tag == "not":
            return negated(self.condition(expr[1], frame))
        if tag == "b":
            answer = self.condition(expr[2][0], frame)
            for operand in expr[2][1:]:
                if answer[0] is (expr[1] == "or"):
                    return answer
                other = self.condition(operand, frame)
                if expr[1] == "and":
                    answer = both(answer, other)
                else:
                    answer = negated(both(negated(answer), negated(other)))
            return answer
        if tag == "=":
            values = [self.value(each, frame) for each in expr[1]]
            answer = (True, False)
            for left, operator, right in zip(values, expr[2], values[1:], strict=False):
                if isinstance(right, Part) and "in" in operator:
                    found = truth(self.bag(right, left))
                    answer = both(answer, negated(found) if "not" in operator else found)
                else:
                    answer = both(answer, compare(left, operator, right))
            return answer
        return truth(self.value(expr, frame))

    # --- values ---

    def value(self, expr: list[Any], frame: Frame) -> Value:
        """What an expression is worth to this caller. Raises Stop where evaluating it ends the function."""
        self.step()
        tag = expr[0]
        if tag == "n":
            return self.known(self.program.lookup(expr[1], frame))
        if tag == "a":
            return self.attribute(self.value(expr[1], frame), expr[2])
        if tag == "c":
            return self.call(expr, frame)
        if tag == "s":
            return Const(expr[1]) if expr[1] is not None else Unknown("a text")
        if tag == "k":
            return Const(expr[1])
        if tag == "l":
            return self._sequence(expr[1], frame)
        if tag == "d":
            pairs = [(self.value(key, frame), self.value(value, frame)) for key, value in expr[1]]
            return Map(pairs, whole=len(expr) == 2)
        if tag == "i":
            return self.item(self.value(expr[1], frame), self.value(expr[2], frame), frame.path)
        if tag in ("not", "="):
            return from_truth(self.condition(expr, frame))
        if tag == "b":
            return self._chosen(expr, frame)
        if tag == "?":
            answer = self.condition(expr[1], frame)
            if answer[0] is None:
                return either([self.value(expr[2], frame), self.value(expr[3], frame)])
            taken = self.value(expr[2] if answer[0] else expr[3], frame)
            return Marked(taken) if answer[1] and not isinstance(taken, (Claim, Marked)) else taken
        if tag == "w":
            given = self.value(expr[2], frame)
            frame.names[expr[1][1] if expr[1][0] == "n" else ""] = given
            return given
        if tag in ("y", "*"):
            return self.value(expr[1], frame)
        if tag == "fn":
            return Func(expr[1], frame)
        if tag == "g":
            return self._comprehension(expr, frame)
        return self._put_together(expr, frame)

    def _put_together(self, expr: list[Any], frame: Frame) -> Value:
        parts = expr[1] if expr[0] in ("f", "o") else expr[1:]
        values = [self.value(part, frame) for part in parts]
        if expr[0] == "o":
            return Unknown("a value worked out")
        claims = claims_in(values)
        if claims:
            return next((each for each in claims if each.sent), claims[0])
        texts = [each.value for each in values if isinstance(each, Const)]
        if len(texts) == len(values) and expr[0] in ("f", "+") and all(isinstance(each, str) for each in texts):
            return Const("".join(texts))
        if expr[0] == "+" and all(isinstance(each, Seq) for each in values):
            items = [item for each in values if isinstance(each, Seq) for item in each.items]
            return Seq(items, open=any(each.open for each in values if isinstance(each, Seq)))
        return Unknown("a value put together")

    def _sequence(self, items: list[Any], frame: Frame) -> Seq:
        found = Seq([])
        for item in items:
            value = self.value(item, frame)
            if item[0] == "*" and isinstance(value, Seq):
                found.items += value.items
            elif item[0] == "*":
                found.open = True
            else:
                found.items.append(value)
        return found

    def _chosen(self, expr: list[Any], frame: Frame) -> Value:
        """`a or b`, `a and b` as values."""
        maybe: list[Value] = []
        claim: Claim | None = None
        for operand in expr[2]:
            value = self.value(operand, frame)
            answer = truth(value)[0]
            if answer is None or operand is expr[2][-1]:
                maybe.append(value)
            elif answer is (expr[1] == "or"):
                maybe.append(value)
                break
            elif isinstance(value, Claim):
                claim = value
        if claim is not None and len(maybe) == 1 and isinstance(maybe[0], Const):
            return Marked(maybe[0]) if maybe[0].value else claim
        return either(maybe)

    def _comprehension(self, expr: list[Any], frame: Frame) -> Value:
        if len(expr[2]) != 1:
            return Unknown("a comprehension")
        target, iterable, _conditions = expr[2][0]
        over = self.value(iterable, frame)
        if isinstance(over, (Claim, Marked)):
            return over
        inner = Frame(frame.path, {}, frame)
        found = Seq([], open=not isinstance(over, Seq) or over.open)
        for item in over.items[:100] if isinstance(over, Seq) else ():
            self.bind(target, item, inner)
            found.items.append(self.value(expr[1], inner))
        return found

    def bind(self, target: list[Any], value: Value, frame: Frame) -> None:
        """Assign to a name or unpack into names; other targets keep what they had."""
        if target[0] == "n":
            frame.names[target[1]] = value
        elif target[0] == "l":
            inner = value.inner if isinstance(value, Marked) else value
            for number, part in enumerate(target[1]):
                item: Value = inner if isinstance(inner, Claim) else Unknown("a part")
                if isinstance(inner, Seq) and number < len(inner.items):
                    item = inner.items[number]
                    if isinstance(value, Marked) and not isinstance(item, Claim):
                        item = Marked(item)
                self.bind(part, item, frame)
        elif target[0] == "a":
            owner = self.value(target[1], frame)
            if isinstance(owner, Made):
                owner.names[target[2]] = value
        elif target[0] == "i":
            owner = self.value(target[1], frame)
            if isinstance(owner, Map):
                owner.pairs.append((self.value(target[2], frame), value))

    def known(self, value: Value) -> Value:
        """Library names that are the request, or hold who is asking."""
        if isinstance(value, External):
            if value.name in identity.SERVER_SIDE:
                last = value.name.rpartition(".")[2]
                truthy = value.name in identity.ANONYMOUS_OBJECTS
                return Claim(False, last, truthy=truthy, session=last == "session")
            if value.name in identity.REQUESTS:
                return Part("request")
            if value.name in identity.GLOBALS:
                return Part("state")
        return value

    def attribute(self, value: Value, name: str) -> Value:
        if isinstance(value, Claim):
            if name == "is_anonymous" and not value.sent:
                return Marked(Const(True))
            if value.session and not identity.tells_who(name):
                return Unknown("something else of theirs")
            return Claim(value.sent, value.about) if value.truthy or value.session else value
        if isinstance(value, Marked):
            inner = self.attribute(value.inner, name)
            return inner if isinstance(inner, (Claim, Marked)) else Marked(inner)
        if isinstance(value, Choice):
            return either([self.attribute(option, name) for option in value.options])
        if isinstance(value, Part):
            return self._part(value, name)
        if isinstance(value, Made):
            own = value.cls.own(name) if value.cls and name not in value.names else None
            if isinstance(own, Func) and any(isinstance(d, External) and d.name in _PROPERTIES for d in own.decorators):
                return self.call_function(Func(own.code, own.frame, (), value), [], {})
        if isinstance(value, Handler):
            return Unknown("an attribute of the guarded function")
        return self.known(self.program.attribute(value, name))

    def _part(self, part: Part, name: str) -> Value:
        if part.name in ("request", "url", "rule"):
            self.asked_route = True
        if part.name in ("request", "url"):
            if name in ("path", "full_path"):
                return RoutePath(self.asked.path) if self.asked.path else Unknown("the path")
            if part.name == "url":
                return Unknown("the address")
            if name == "method":
                return Const(self.asked.method) if self.asked.method not in ("", "ANY") else Unknown("the method")
            if name in ("endpoint", "blueprint"):
                endpoint = self.asked.endpoint
                if name == "blueprint":
                    return Const(endpoint.rpartition(".")[0] or None) if endpoint else Unknown("the blueprint")
                return Const(endpoint) if endpoint else Unknown("the endpoint")
            if name in ("session", "user", "auth"):
                return Claim(False, f"request.{name}", session=name == "session")
            if name == "authorization":
                return Claim(self.sent, "request.authorization")
            return Part(_BAGS[name]) if name in _BAGS else Unknown(f"request.{name}")
        if part.name == "rule":
            return Const(self.asked.endpoint) if name == "endpoint" and self.asked.endpoint else Unknown("the rule")
        return self.bag(part, Const(name))

    def bag(self, part: Part, key: Value) -> Value:
        """`headers[key]` and the like."""
        name = text(key)
        if name is not None and identity.NOT_IDENTITY.search(name):
            return Unknown(f"{part.name} {name}")
        if part.name == "scope":
            return self._scope(name)
        if part.name == "state":
            known = name is not None and identity.WORDS.search(name)
            return Claim(False, name or "") if known else Unknown("request state")
        words = identity.TOKEN_WORDS if self.layer or self.asked.websocket else identity.KEY_WORDS
        if part.name in ("headers", "environ"):
            words = identity.HEADER_WORDS
        elif part.name == "cookies":
            words = identity.WORDS
        named_while_running = name is None and part.name in ("headers", "environ", "cookies")
        any_cookie = part.name == "cookies" and self.layer
        claimed = any_cookie or named_while_running or (name is not None and words.search(name) is not None)
        return Claim(self.sent, f"{part.name} {name or ''}".strip()) if claimed else Unknown(f"{part.name}")

    def _scope(self, name: str | None) -> Value:
        self.asked_route = True
        if name == "path":
            return RoutePath(self.asked.path) if self.asked.path else Unknown("the path")
        if name == "method":
            return Const(self.asked.method) if self.asked.method else Unknown("the method")
        if name == "type":
            return Const("websocket" if self.asked.websocket else "http")
        if name in ("user", "session", "auth"):
            return Claim(False, name)
        return Part(name) if name in ("headers", "state") else Unknown("the scope")

    def item(self, base: Value, index: Value, path: str) -> Value:
        """`base[index]`. What is not sent raises in a try, which such code expects."""
        if isinstance(base, Marked):
            base = base.inner
        if isinstance(base, Part) and base.name != "request":
            found = self.bag(base, index)
        elif isinstance(base, Claim):
            found = base if not base.session or identity.tells_who(text(index)) else Unknown("an item")
        elif isinstance(base, Seq):
            number = index.value if isinstance(index, Const) else None
            fits = isinstance(number, int) and not base.open and number < len(base.items)
            return base.items[number] if fits and isinstance(number, int) else either(base.items)
        elif isinstance(base, Map):
            fitting = [value for key, value in base.pairs if compare(key, "==", index)[0]]
            return fitting[-1] if fitting else Unknown("an item")
        else:
            return Unknown("an item")
        if isinstance(found, Claim) and not found.sent and self.tries:
            raise Stop(Evidence(f"{found.about} missing", path, 0, identity=True), "KeyError", verification=True)
        return found

    # --- calls ---

    def call(self, expr: list[Any], frame: Frame) -> Value:
        raise NotImplementedError

    def call_function(self, function: Func, args: list[Value], kwargs: dict[str, Value]) -> Value:
        raise NotImplementedError

    def method(self, owner: Value, name: str, args: list[Value]) -> Value | None:
        """A method of a plain value, of the request or of a claim; None for anything else."""
        if isinstance(owner, Marked):
            owner = owner.inner
        if isinstance(owner, Part):
            if owner.name == "request":
                return Part("body") if name in ("get_json", "json", "form", "body") else None
            if name in ("get", "getlist", "pop", "setdefault") and args:
                return self.bag(owner, args[0])
            return Unknown(f"{owner.name}.{name}")
        if isinstance(owner, Claim):
            if owner.session and args and not identity.tells_who(text(args[0])):
                return Unknown("something else of theirs")
            return replace(owner, session=False) if owner.session else owner
        if isinstance(owner, RoutePath):
            if name == "startswith" and args:
                return from_truth(starts_with(owner, args[0]))
            return owner if name in ("rstrip", "strip", "lower", "lstrip") else Unknown("the path")
        if isinstance(owner, Const) and isinstance(owner.value, str):
            given = Arguments()
            given.args = args
            if name == "startswith" and args and isinstance(args[0], Seq):
                return from_truth(starts_with(RoutePath(owner.value), args[0]))
            return text_method(owner.value, name, given)
        if isinstance(owner, Map) and name in ("get", "pop") and args:
            answer = [value for key, value in owner.pairs if compare(key, "==", args[0])[0]]
            missing = (args[1] if len(args) > 1 else Const(None)) if owner.whole else Unknown("a value of a dict")
            return answer[0] if answer else missing
        if isinstance(owner, (Seq, Map)):
            if isinstance(owner, Map):
                owner.whole = False
            return Unknown("a collection")
        return None
