"""Calls inside a guard: functions of the repository are run, library functions judged by what is known of them."""

from __future__ import annotations

from typing import Any

from shipworthy.facts.python_code.calls import Arguments
from shipworthy.facts.python_code.values import (
    Attribute,
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
    Value,
    constant,
    options,
    text,
)
from shipworthy.facts.routes import identity
from shipworthy.facts.routes.conditions import claims_in, either, truth
from shipworthy.facts.routes.reading import Reading
from shipworthy.facts.routes.verdicts import Claim, Evidence, Handler, Marked, Part, Stop

_UNVERIFIED = {"verify_signature", "verify"}


def status_of(value: Value | None) -> int | None:
    """The HTTP status a value stands for."""
    if isinstance(value, Marked):
        return status_of(value.inner)
    found = constant(value)
    if isinstance(found, int) and not isinstance(found, bool):
        return found
    if isinstance(value, External):
        return identity.status_of_name(value.name)
    if isinstance(value, Attribute):
        return identity.status_of_name(f"{value.owner.kind}.{value.name}")
    return None


def name_of(value: Value) -> str:
    """A name to judge a called or raised thing by, dotted where it is known."""
    if isinstance(value, External):
        return value.name
    if isinstance(value, (Func, Class)):
        return value.name
    if isinstance(value, Attribute):
        return f"{value.owner.kind}.{value.name}"
    if isinstance(value, Made):
        return value.cls.name if value.cls else value.kind
    if isinstance(value, Item):
        return name_of(value.base)
    return ""


class Calling(Reading):
    """Adds calls to `Reading`."""

    def call(self, expr: list[Any], frame: Frame) -> Value:
        function, line = expr[1], expr[4]
        args: list[Value] = []
        for argument in expr[2]:
            value = self.value(argument, frame)
            args += value.items if argument[0] == "*" and isinstance(value, Seq) else [value]
        kwargs: dict[str, Value] = {}
        for keyword, argument in expr[3]:
            value = self.value(argument, frame)
            if keyword is not None:
                kwargs[keyword] = value
            elif isinstance(value, Map):
                kwargs |= {text(key) or "": each for key, each in value.pairs if text(key)}
        last = function[2] if function[0] == "a" else function[1] if function[0] == "n" else ""
        if function[0] == "a":
            if function[1][0] == "c" and function[1][1] == ["n", "super"]:
                return self._super(last, args, kwargs, frame, line)
            owner = self.value(function[1], frame)
            if isinstance(owner, Part) and owner.name == "request" and last in ("close", "send_denial_response"):
                raise Stop(Evidence("closes the connection", frame.path, line, self.controlled > 0))
            methods = [self.method(each, last, args) for each in options(owner)]
            found = [each for each in methods if each is not None]
            if len(found) == len(methods):
                return either(found)
            target = self.attribute(owner, last)
        else:
            target = self.value(function, frame)
        return self.apply(target, args, kwargs, last, frame.path, line)

    def apply(
        self, target: Value, args: list[Value], kwargs: dict[str, Value], last: str, path: str, line: int
    ) -> Value:
        """Call `target`; `last` is the last part of the name it was called by."""
        if isinstance(target, Marked):
            target = target.inner
        if isinstance(target, Handler):
            self.reached = True
            return Unknown("what the guarded function answers")
        if isinstance(target, Func):
            return self.call_function(target, args, kwargs)
        if isinstance(target, Deferred):
            inner = target.function
            if isinstance(inner, Func):
                return self.apply(self.call_function(inner, target.args, target.kwargs), args, kwargs, last, path, line)
        if isinstance(target, Class):
            given = Arguments()
            given.args, given.kwargs = args, kwargs
            return self.program.caller.apply(target, given, path, line)
        if isinstance(target, Made) and target.cls is not None:
            own = target.cls.own("__call__")
            if isinstance(own, Func):
                return self.call_function(Func(own.code, own.frame, (), target), args, kwargs)
        if isinstance(target, Choice):
            return either([self.apply(each, args, kwargs, last, path, line) for each in target.options[:4]])
        if isinstance(target, Claim):
            return target
        name = name_of(target) or last
        return self.library(name, last or name.rpartition(".")[2], args, kwargs, path, line)

    def _super(self, name: str, args: list[Value], kwargs: dict[str, Value], frame: Frame, line: int) -> Value:
        here: Frame | None = frame
        while here is not None and not (here.outer is not None and here.outer.cls is not None):
            here = here.outer
        me = next(iter(here.names.values()), None) if here else None
        inside = here.outer.cls if here and here.outer else None
        for made in options(me) if me is not None else []:
            if not isinstance(made, Made) or made.cls is None:
                continue
            for base in list((inside or made.cls).lineage())[1:]:
                found = base.frame.names.get(name)
                if isinstance(found, Func):
                    return self.call_function(Func(found.code, found.frame, found.decorators, made), args, kwargs)
            if name == "__call__":
                return self.scheme(made, frame.path, line)
            if name in ("dispatch_request", "dispatch", "full_dispatch_request"):
                self.reached = True
        return Unknown("super")

    def scheme(self, made: Made, path: str, line: int) -> Value:
        """What one of FastAPI's security schemes gives: it demands that something is sent, no more."""
        optional = [constant(made.kwargs.get("auto_error"))]
        if made.cls is not None and "auto_error" in made.kwargs and not isinstance(made.kwargs["auto_error"], Const):
            optional = [None]
        name = made.kind.rpartition(".")[2]
        if optional == [False]:
            return Claim(self.sent, name)
        if not self.sent:
            raise Stop(Evidence(f"{name} demands credentials", path, line, identity=True), "fastapi.HTTPException")
        return Claim(True, name)

    def library(self, name: str, last: str, args: list[Value], kwargs: dict[str, Value], path: str, line: int) -> Value:
        """A call of something outside the repository, or of something not known, judged by its name."""
        every = [*args, *kwargs.values()]
        kind = identity.kind_of(name, last)
        if kind.ends:
            raise self.ending(name, status_of(args[0]) if args else None, path, line)
        if name in ("any", "all") and args:
            return self._any_all(name, args[0])
        if name == "getattr" and len(args) > 1 and text(args[1]) is not None:
            return self.attribute(args[0], text(args[1]) or "")
        if name in identity.SERVER_SIDE:
            return Claim(False, last)
        claims = claims_in(every)
        claim = next((each for each in claims if each.sent), claims[0]) if claims else None
        if name in ("isinstance", "hasattr", "callable", "issubclass"):
            return Marked(Const(False)) if claim is not None and not claim.sent else Unknown(name)
        if kind.raises and self._raises(name, last, kwargs, claim):
            if claim is not None and self._without_verifying(kwargs):
                return claim
            raise Stop(Evidence(f"{last}() raises", path, line, identity=True), verification=True)
        if claim is None:
            if kind.tells_who and any(isinstance(each, Part) and each.name == "request" for each in every):
                return Claim(False, f"{last}()")
            return Made(name or last, args, kwargs, path, line)
        return self._with_claim(kind, claim, name or last, last, args, kwargs, path, line)

    def _with_claim(self, kind: identity.Kind, claim: Claim, name: str, last: str, args: list[Value],
                    kwargs: dict[str, Value], path: str, line: int) -> Value:  # fmt: skip
        """A library function that is given what the caller claims."""
        if kind.compares:
            return Claim(False, claim.about)
        if kind.pure:
            return claim
        if kind.responds:
            return Made(name, args, kwargs, path, line)
        if kind.verifies:
            if self._without_verifying(kwargs):
                return claim
            if self.tries:
                raise Stop(Evidence(f"{last}() does not accept it", path, line, identity=True), verification=True)
            return Claim(False, claim.about)
        return Claim(False, claim.about) if kind.looks_up else claim

    @staticmethod
    def _raises(name: str, last: str, kwargs: dict[str, Value], claim: Claim | None) -> bool:
        if constant(kwargs.get("optional")) is True:
            return False
        demands_nothing = name.endswith("verify_jwt_in_request") or "jwt_required" in last or last == "require_auth"
        return claim is not None or demands_nothing or last == "access_token_required"

    @staticmethod
    def _without_verifying(kwargs: dict[str, Value]) -> bool:
        if constant(kwargs.get("verify")) is False:
            return True
        said = kwargs.get("options")
        pairs = said.pairs if isinstance(said, Map) else []
        return any(text(key) in _UNVERIFIED and constant(value) is False for key, value in pairs)

    @staticmethod
    def _any_all(name: str, over: Value) -> Value:
        if not isinstance(over, Seq):
            return over if isinstance(over, Claim) else Unknown(name)
        answers = [truth(item) for item in over.items]
        wanted = name == "any"
        for answer, decided in answers:
            if answer is wanted:
                return Marked(Const(wanted)) if decided else Const(wanted)
        if over.open or any(answer is None for answer, _ in answers):
            return Unknown(name)
        return Const(not wanted)

    def ending(self, name: str, status: int | None, path: str, line: int) -> Stop:
        """An abort or exception as what it proves."""
        last = name.rpartition(".")[2] or "an exception"
        refusal = status in self.refusals or (status is None and bool(identity.REFUSES.search(last)))
        answer = f"{last}({status})" if status else last
        # In a handler, 401 without a look at who is asking is the answer to a wrong password, not a guard.
        # Nor does it guard anything to refuse once the guarded function was called.
        counts = not self.reached
        evidence = Evidence(answer, path, line, counts and self.controlled > 0, counts and refusal and self.layer)
        return Stop(evidence, name)
