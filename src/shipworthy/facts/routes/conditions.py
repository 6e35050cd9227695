"""Decides conditions for a caller without a genuine identity: true, false or not known, and what decided."""

from __future__ import annotations

from typing import Any

from shipworthy.facts.python_code.values import Choice, Class, Const, Func, Made, Map, Seq, Unknown, Value, text
from shipworthy.facts.routes.identity import RESPONSES, tells_who
from shipworthy.facts.routes.verdicts import Claim, Given, Handler, Marked, RoutePath

Truth = tuple[bool | None, bool]
"""(the answer, None if not known; whether the caller's identity decided it)."""
UNKNOWN: Truth = (None, False)


def truth(value: Value) -> Truth:
    """Whether a value counts as true."""
    if isinstance(value, Claim):
        return (True, False) if value.truthy else (value.sent, True)
    if isinstance(value, Marked):
        return truth(value.inner)[0], True
    if isinstance(value, Given):
        return True, False
    if isinstance(value, Const):
        return bool(value.value), False
    if isinstance(value, Seq):
        return (None if value.open and not value.items else bool(value.items)), False
    if isinstance(value, Map):
        return (bool(value.pairs), False) if value.pairs or value.whole else UNKNOWN
    if isinstance(value, (Func, Class, Handler)):
        # A decorator may have made anything of it, such as a proxy that is true only inside a request.
        return (True, False) if isinstance(value, Handler) or not value.decorators else UNKNOWN
    if isinstance(value, Made):
        return (True, False) if RESPONSES.search(value.kind.rpartition(".")[2]) else UNKNOWN
    if isinstance(value, Choice):
        answers = [truth(option) for option in value.options]
        if len({answer for answer, _ in answers}) == 1:
            return answers[0][0], all(decided for _, decided in answers)
    return UNKNOWN


def negated(answer: Truth) -> Truth:
    return (None if answer[0] is None else not answer[0]), answer[1]


def both(left: Truth, right: Truth) -> Truth:
    """`left and right`."""
    if left[0] is False:
        return left
    if right[0] is False:
        return right
    if left[0] is None or right[0] is None:
        return UNKNOWN
    return True, left[1] or right[1]


def compare(left: Value, operator: str, right: Value) -> Truth:
    """`left operator right` for ==, !=, is, is not, in, not in; everything else is not known."""
    operator = " ".join(operator.split())
    if operator in ("!=", "is not", "not in"):
        positive = {"!=": "==", "is not": "is", "not in": "in"}[operator]
        return negated(compare(left, positive, right))
    if operator not in ("==", "is", "in"):
        return UNKNOWN
    for side, other in ((left, right), (right, left)):
        if isinstance(side, Marked):
            inner = compare(side.inner, operator, other) if side is left else compare(other, operator, side.inner)
            return inner[0], inner[0] is not None
        if isinstance(side, Choice):
            every = [
                compare(each, operator, other) if side is left else compare(other, operator, each)
                for each in side.options
            ]
            agree = len({answer for answer, _ in every}) == 1
            return (every[0][0], all(decided for _, decided in every)) if agree else UNKNOWN
    if isinstance(left, Claim) or isinstance(right, Claim):
        return _compare_claim(left, operator, right)
    if isinstance(left, RoutePath):
        return _compare_path(left, operator, right)
    if isinstance(right, RoutePath):
        return _compare_path(right, operator, left) if operator == "==" else UNKNOWN
    if operator == "in":
        return _contains(right, left)
    if isinstance(left, Const) and isinstance(right, Const):
        same = left.value is right.value if right.value is None else left.value == right.value
        return same, False
    return UNKNOWN


def _compare_claim(left: Value, operator: str, right: Value) -> Truth:
    if isinstance(left, Claim) and isinstance(right, Claim):
        return UNKNOWN
    if operator == "in":
        if isinstance(right, Claim):
            # `"user_id" in session` is false without one; what the caller sends may contain anything.
            if right.session and not tells_who(text(left)):
                return UNKNOWN
            return right.sent, True
        return False, True
    claim, other = (left, right) if isinstance(left, Claim) else (right, left)
    assert isinstance(claim, Claim)  # noqa: S101 - one of the two is, see the caller
    if isinstance(other, Const):
        if other.value is None:
            return (False, False) if claim.truthy else (not claim.sent, True)
        if not claim.sent:
            return other.value in ("", False, 0), True
        return UNKNOWN  # the caller may send any constant that stands in the code
    return False, True


def _compare_path(path: RoutePath, operator: str, other: Value) -> Truth:
    if operator == "in":
        if not isinstance(other, (Seq, Map)):
            return UNKNOWN
        items = other.items if isinstance(other, Seq) else [key for key, _ in other.pairs]
        answers = [_same_path(path, item) for item in items]
        if True in answers:
            return True, False
        unsure = None in answers or (isinstance(other, Seq) and other.open)
        return (None, False) if unsure else (False, False)
    return _same_path(path, other), False


def _same_path(path: RoutePath, other: Value) -> bool | None:
    wanted = other.value if isinstance(other, Const) else None
    if not isinstance(wanted, str):
        return None
    if path.exact:
        return path.template.rstrip("/") == wanted.rstrip("/")
    return None if wanted.startswith(path.fixed) else wanted == path.template


def starts_with(path: RoutePath, prefix: Value) -> Truth:
    """`path.startswith(prefix)`; a tuple of prefixes too."""
    if isinstance(prefix, Seq):
        answers = [starts_with(path, item)[0] for item in prefix.items]
        if True in answers:
            return True, False
        return (None, False) if None in answers or prefix.open else (False, False)
    wanted = prefix.value if isinstance(prefix, Const) else None
    if not isinstance(wanted, str):
        return UNKNOWN
    if path.fixed.startswith(wanted) or path.template.startswith(wanted):
        return True, False
    return (None, False) if not path.exact and wanted.startswith(path.fixed) else (False, False)


def _contains(container: Value, item: Value) -> Truth:
    wanted: Any = item.value if isinstance(item, Const) else None
    if wanted is None:
        return UNKNOWN
    if isinstance(container, (Seq, Map)):
        items = container.items if isinstance(container, Seq) else [key for key, _ in container.pairs]
        if any(isinstance(each, Const) and each.value == wanted for each in items):
            return True, False
        known = all(isinstance(each, Const) for each in items) and not (isinstance(container, Seq) and container.open)
        return (False, False) if known else UNKNOWN
    if isinstance(container, Const) and isinstance(container.value, str) and isinstance(wanted, str):
        return wanted in container.value, False
    return UNKNOWN


def either(values: list[Value]) -> Value:
    """One of these."""
    flat: list[Value] = []
    for value in values:
        for each in value.options if isinstance(value, Choice) else [value]:
            if not any(each is other for other in flat):
                flat.append(each)
    if not flat:
        return Unknown("nothing")
    return flat[0] if len(flat) == 1 else Choice(flat[:12])


def from_truth(answer: Truth) -> Value:
    """A condition as a value."""
    if answer[0] is None:
        return Unknown("a condition")
    return Marked(Const(answer[0])) if answer[1] else Const(answer[0])


def claims_in(values: list[Value]) -> list[Claim]:
    """The claims among values, also inside lists and dicts given as arguments."""
    found: list[Claim] = []
    waiting = list(values)
    for _ in range(200):
        if not waiting:
            break
        value = waiting.pop()
        if isinstance(value, Claim):
            found.append(value)
        elif isinstance(value, Seq):
            waiting += value.items
        elif isinstance(value, Choice):
            waiting += value.options
        elif isinstance(value, Map):
            waiting += [each for _key, each in value.pairs]
        elif isinstance(value, Marked):
            waiting.append(value.inner)
    return found
