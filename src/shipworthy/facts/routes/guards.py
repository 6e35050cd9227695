"""Judges guards: decorators, functions before a request, middleware, handlers that check by themselves."""

from __future__ import annotations

import re
from collections.abc import Callable

from shipworthy.facts.python_code.program import Program
from shipworthy.facts.python_code.values import (
    Attribute,
    Choice,
    Class,
    Const,
    Deferred,
    External,
    Func,
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
from shipworthy.facts.routes.calling import name_of, status_of
from shipworthy.facts.routes.endings import Returned
from shipworthy.facts.routes.memory import Memory
from shipworthy.facts.routes.runner import Runner
from shipworthy.facts.routes.verdicts import (
    OPEN,
    Asked,
    Evidence,
    Given,
    Handler,
    Marked,
    Stop,
    TooComplex,
    Trial,
    Verdict,
)

_CALLED = re.compile(r"auth|permission|login|require", re.I)
_PARAMETER = re.compile(r"<(?:[^<>:]*:)?(\w+)>")
_OPTIONAL = re.compile(r"optional", re.I)
_WRAPPERS = {"functools.wraps", "wraps", "functools.update_wrapper", "asyncio.coroutine", "decorator.decorator"}

_APP_WIDE = (401, 407)
"""Before every request, 403 is as often a maintenance page, a CSRF or an address check."""

_ENOUGH_DOUBT = 25
"""A guard that could not be judged on this many routes is not judged on each of the others."""

Make = Callable[[bool], Runner]


def judged(absent: Trial, forged: Trial, undecided: str = "") -> bool | None:
    """What two trials prove: one without credentials, one with credentials that are not genuine."""
    telling = any(each.identity or each.refusal for each in absent.evidence)
    if absent.passed:
        return None if telling or undecided else False
    if not telling:
        return False
    # Being asked for something is no proof that it is verified.
    return None if forged.passed else True


def refusal(returned: Returned, refusals: tuple[int, ...] = ()) -> Evidence | None:
    """The evidence in an answer that refuses the caller; None for one that does not."""
    value, chosen = returned.value, returned.identity
    if isinstance(value, Marked):
        value, chosen = value.inner, True
    status, name = None, ""
    if isinstance(value, Seq) and len(value.items) > 1:
        status = next((found for item in value.items[1:] if (found := status_of(item))), None)
    elif isinstance(value, Made):
        name = value.kind.rpartition(".")[2]
        if name.endswith("HTTPException"):
            return None
        given = value.kwargs.get("status_code") or value.kwargs.get("status") or value.names.get("status_code")
        if given is None and len(value.args) > 1 and name in ("make_response", "Response"):
            given = value.args[1]
        status = status_of(given)
    if status is not None and status >= 400:
        return Evidence(f"answers {status}", returned.path, returned.line, chosen, status in refusals)
    if not chosen or not isinstance(value, Made):
        return None
    goes_to_login = any(identity.LOGIN_PAGE.search(text(each) or "") for each in value.args)
    if name in ("redirect", "RedirectResponse"):
        refused = goes_to_login or not returned.rest
    else:
        # A login page shown to those who are not logged in yet refuses nobody.
        refused = bool(identity.REFUSES.search(name)) or (goes_to_login and not returned.rest)
    if refused:
        return Evidence(f"answers {name}()", returned.path, returned.line, True)
    return None


class Guards:
    """Judges the guards of one program. Verdicts that do not depend on the route are remembered."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.memory = Memory()
        self._known: dict[tuple[int, str, Asked | None], tuple[Value, Verdict]] = {}
        self._general: dict[tuple[int, str], tuple[Verdict, bool, list[bool]]] = {}
        self._quiet = False
        self._of_route = False
        """Whether the guard judged last looked at the route it stands before."""

    def remembered(self, kind: str, value: Value, asked: Asked, judge: Callable[[], Verdict]) -> Verdict:
        """The verdict on a guard, judged once, or once per route where it looks at the route."""
        for route in (None, asked):
            if (id(value), kind, route) in self._known:
                return self._known[(id(value), kind, route)][1]
        outer, self._of_route = self._of_route, False
        verdict = judge()
        self._known[(id(value), kind, asked if self._of_route else None)] = (value, verdict)
        self._of_route |= outer
        return verdict

    def _by_route(self, kind: str, value: Value, asked: Asked, judge: Callable[[Asked], Verdict]) -> Verdict:
        """A guard of many routes: one that refuses nobody on a route not known refuses nobody on any."""
        known = (id(value), kind)
        if known not in self._general:
            general = self.remembered(f"{kind} anywhere", value, Asked(), lambda: judge(Asked()))
            self._general[known] = (general, self._quiet, [])
        general, quiet, doubts = self._general[known]
        if general.protects is False and quiet:
            return general
        if general.protects is None and len(doubts) >= _ENOUGH_DOUBT and all(doubts):
            return general
        verdict = self.remembered(kind, value, asked, lambda: judge(asked))
        doubts.append(verdict.protects is None)
        return verdict

    def trials(self, make: Make, run: Callable[[Runner], Trial], mechanism: str, path: str, line: int) -> Verdict:
        """Both trials of one guard as a verdict."""
        try:
            runners = [make(False), make(True)]
            absent = self._trial(runners[0], run)
            # Whoever lets the first caller pass need not be asked about the second.
            forged = absent if absent.passed else self._trial(runners[1], run)
        except (TooComplex, RecursionError):
            return Verdict(None, f"{mechanism}: too long to follow", path, line)
        undecided = runners[0].undecided
        protects = judged(absent, forged, undecided)
        mechanism = runners[0].guard or mechanism
        self._quiet = absent.quiet
        self._of_route |= any(runner.asked_route for runner in runners)
        evidence = next(iter(absent.evidence), None)
        if protects is None:
            why = f"{undecided} comes from a library that is not known here" if undecided else ""
            if not why and not absent.passed:
                why = "asks for credentials, but nothing seen verifies them"
            mechanism = f"{mechanism}: {why or 'refuses some callers, depending on what is not known here'}"
        if evidence is not None and evidence.line and protects:
            path, line = evidence.path, evidence.line
        return Verdict(protects, mechanism, path, line)

    @staticmethod
    def _trial(runner: Runner, run: Callable[[Runner], Trial]) -> Trial:
        try:
            trial = run(runner)
        except Stop as stop:
            trial = Trial(passed=runner.reached, evidence=[stop.evidence])
        trial.quiet = trial.quiet and not runner.maybe and not trial.evidence
        trial.evidence += [stop.evidence for stop in runner.maybe if stop.evidence.identity or stop.evidence.refusal]
        return trial

    def _runner(self, asked: Asked, *, layer: bool) -> Make:
        return lambda sent: Runner(self.program, sent=sent, asked=asked, layer=layer, memory=self.memory)

    # --- decorators ---

    def decorators(self, values: tuple[Value, ...], asked: Asked) -> list[Verdict]:
        return [self.decorator(value, asked) for value in values]

    def decorator(self, value: Value, asked: Asked) -> Verdict:
        """Whether a decorator lets nobody without a verified identity reach what it decorates."""
        if isinstance(value, (External, Attribute)) or (isinstance(value, Made) and value.cls is None):
            return self._library_decorator(value)
        if isinstance(value, (Func, Deferred, Made, Class, Choice)):
            return self.remembered("decorator", value, asked, lambda: self._own_decorator(value, asked))
        return OPEN

    def _library_decorator(self, value: Value) -> Verdict:
        name = name_of(value).removesuffix("()")
        last = name.rpartition(".")[2]
        said = f"@{last}"
        path, line = (value.path, value.line) if isinstance(value, Made) else ("", 0)
        kwargs = value.kwargs if isinstance(value, Made) else {}
        if constant(kwargs.get("optional")) is True or _OPTIONAL.search(last):
            return Verdict(False, f"{said} is optional")
        if "optional" in kwargs and constant(kwargs["optional"]) is None:
            return Verdict(None, f"{said}: whether it is optional is decided while running", path, line)
        if identity.DECORATORS.match(name) or identity.GUARD_NAME.match(last):
            return Verdict(True, said, path, line)
        # A decorator that is called ("limit", "cache", "arguments") guards less often than its name suggests.
        words = _CALLED if isinstance(value, Made) else identity.AUTHY
        if words.search(last):
            return Verdict(None, f"{said} comes from a library that is not known here", path, line)
        return OPEN

    def _own_decorator(self, value: Value, asked: Asked) -> Verdict:
        thing = next((each for each in options(value) if not isinstance(each, Unknown)), value)
        inner = thing.function if isinstance(thing, Deferred) else thing
        name = name_of(inner)
        path, line = (inner.path, inner.line) if isinstance(inner, (Func, Made, Class)) else ("", 0)

        def run(runner: Runner) -> Trial:
            handler = Handler()
            wrapped = runner.apply(thing, [handler], {}, name, path, line)
            return self._wrapped(runner, wrapped, handler)

        return self.trials(self._runner(asked, layer=True), run, f"@{name}", path, line)

    def _wrapped(self, runner: Runner, wrapped: Value, handler: Handler) -> Trial:
        """Call what a decorator gave back."""
        for _ in range(6):
            if isinstance(wrapped, Made) and wrapped.cls is None and wrapped.args:
                if self._library_decorator(wrapped).protects:
                    return Trial(evidence=[Evidence(f"@{name_of(wrapped)}", wrapped.path, wrapped.line, True)])
                wrapped = wrapped.args[-1]
            else:
                break
        if not isinstance(wrapped, (Func, Made)):
            return Trial(passed=True)
        for decorator in wrapped.decorators if isinstance(wrapped, Func) else ():
            if name_of(decorator) not in _WRAPPERS and self._library_decorator(decorator).protects:
                return Trial(evidence=[Evidence(f"@{name_of(decorator)}", wrapped.path, wrapped.line, True)])
        evidence: list[Evidence] = []
        if isinstance(wrapped, Func):
            returned, _falls = runner.run(wrapped, [], {})
            evidence = [found for each in returned if (found := refusal(each, runner.refusals))]
        else:
            runner.apply(wrapped, [], {}, "", wrapped.path, wrapped.line)
        return Trial(passed=runner.reached, evidence=evidence)

    # --- functions before a request, middleware, handlers ---

    def before_request(self, value: Value, asked: Asked, *, takes_values: bool = False) -> Verdict:
        """A function that runs before requests; an answer other than None ends the request.

        With `takes_values` it is given the endpoint and the values of the address, and only an exception ends it.
        """
        if not isinstance(value, Func):
            name = name_of(value)
            doubt = Verdict(None, f"before_request {name}: not in the repository")
            return doubt if identity.AUTHY.search(name) else OPEN

        def run(runner: Runner) -> Trial:
            runner.refusals = _APP_WIDE
            returned, falls = runner.run(value, _address(runner.asked) if takes_values else [], {})
            trial = Trial(
                passed=falls or (takes_values and bool(returned)), quiet=takes_values or all(map(_nothing, returned))
            )
            for each in [] if takes_values else returned:
                inner = each.value.inner if isinstance(each.value, Marked) else each.value
                found = refusal(each, runner.refusals)
                if found is not None:
                    trial.evidence.append(found)
                elif any(isinstance(o, Unknown) or (isinstance(o, Const) and o.value is None) for o in options(inner)):
                    trial.passed = True
                elif each.identity:
                    trial.evidence.append(Evidence("answers by itself", each.path, each.line, True))
            return trial

        def judge(route: Asked) -> Verdict:
            make = self._runner(route, layer=True)
            verdict = self.trials(make, run, f"before_request {value.name}", value.path, value.line)
            self._of_route |= takes_values
            return verdict

        return self._by_route("before", value, asked, judge)

    def dispatch(
        self, function: Func, args: list[Value], mechanism: str, asked: Asked, key: Value | None = None
    ) -> Verdict:
        """A middleware function; among `args` is the `Handler` that it calls to let the request through.

        `key` is what it is remembered by, where `function` is made anew for each route.
        """

        def run(runner: Runner) -> Trial:
            runner.refusals = _APP_WIDE
            returned, _falls = runner.run(function, args, {})
            evidence = [found for each in returned if (found := refusal(each, runner.refusals))]
            own = any(isinstance(o, (Made, Seq)) for each in returned for o in options(each.value))
            return Trial(passed=runner.reached, evidence=evidence, quiet=not own)

        def judge(route: Asked) -> Verdict:
            return self.trials(self._runner(route, layer=True), run, mechanism, function.path, function.line)

        return self._by_route("dispatch", key or function, asked, judge)

    def handler(self, function: Func, asked: Asked, args: list[Value] | None = None) -> Verdict:
        """A handler that looks by itself at who is asking."""

        def run(runner: Runner) -> Trial:
            returned, falls = runner.run(function, args or [], {})
            return answered(returned, falls)

        make = self._runner(asked, layer=False)
        return self.trials(make, run, f"checked inside {function.name}()", function.path, function.line)


def _nothing(returned: Returned) -> bool:
    return isinstance(returned.value, Const) and returned.value.value is None


def _address(asked: Asked) -> list[Value]:
    """The endpoint and the values of the address, as a preprocessor gets them."""
    if not asked.path:
        return [Unknown("the endpoint"), Unknown("values of the address")]
    values: list[tuple[Value, Value]] = [(Const(name), Given()) for name in _PARAMETER.findall(asked.path)]
    return [Const(asked.endpoint), Map(values, whole=True)]


def answered(returned: list[Returned], falls: bool) -> Trial:
    """A handler's answers as a trial: refusals are evidence, any other answer lets the caller pass."""
    trial = Trial(passed=falls)
    for each in returned:
        found = refusal(each)
        if found is None:
            trial.passed = True
        elif found.identity:
            trial.evidence.append(found)
    return trial
