"""CircleCI's `<< … >>`: parameters and pipeline values put into text, logic statements and expressions.

Source: CircleCI's configuration reference ("Logic statements", "Using expressions in your configuration", "Parameter
types") and "Pipeline values and parameters".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shipworthy.facts.pipeline.systems.plan import Script
from shipworthy.facts.pipeline.systems.refs import Patterns
from shipworthy.facts.pipeline.values import HOLE, Unknown

MAX_DEPTH = 40
MAX_TOKENS = 500
MAX_SECTIONED = 4_000
"""Characters of a text whose `<<# … >>` sections are looked for."""
_NAME = r"[A-Za-z_][\w-]*(?:\.[\w-]+)*"
_OPENED = re.compile(r"<<\s*[#^]")
_SECTION = re.compile(rf"<<\s*([#^])\s*({_NAME})\s*>>(.*?)<<\s*/\s*\2\s*>>", re.S)
_HOLDER = re.compile(r"(?<!\\)<<([^<>\n]{1,300})>>")
_TOKEN = re.compile(r"""\s*("[^"]*"|'[^']*'|==|!=|=~|<=|>=|[<>()]|[\w.-]+)""")
_SPACES = ("parameters.", "pipeline.", "matrix.", "orb.")
_OPERATORS = {"==", "!=", "=~", "<", ">", "<=", ">=", "starts-with"}


class Sample(str):
    """A branch or tag that stands for many: conditions compare it, but as a part of a text it is not known."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """What `<< … >>` may name. `known` maps full names ("parameters.x", "pipeline.git.branch") to values."""

    known: Mapping[str, Any] = field(default_factory=dict)
    fits: Patterns = field(default_factory=Patterns, compare=False)
    plain: bool = False
    """Version 2.0 of the format: `<<` means nothing."""

    def within(self, space: str, values: Mapping[str, Any]) -> Scope:
        """The same, with these values in one name space in place of what it held."""
        outer = {name: value for name, value in self.known.items() if not name.startswith(space + ".")}
        return replace(self, known={**outer, **{f"{space}.{name}": value for name, value in values.items()}})

    def value(self, name: str) -> Any:
        return self.known.get(name, Unknown(name))


def fill(value: Any, scope: Scope) -> Any:
    """A scalar with everything put in. Text that is one `<< name >>` alone keeps the type of what it names."""
    if not isinstance(value, str) or scope.plain or "<<" not in value:
        return value
    text = str(value)
    whole = _HOLDER.fullmatch(text.strip())
    if whole is not None:
        return _held(whole[1].strip(), scope, text)
    for _ in range(MAX_DEPTH if len(text) <= MAX_SECTIONED else 0):
        match = _SECTION.search(text)
        if match is None:
            break
        holds = truth(scope.value(match[2]))
        shown = HOLE if holds is None else match[3] if holds == (match[1] == "#") else ""
        text = text[: match.start()] + shown + text[match.end() :]
    if _OPENED.search(text):
        return Unknown(text)
    return _HOLDER.sub(lambda match: text_of(_held(match[1].strip(), scope, match[0])), text).replace("\\<<", "<<")


def _held(inner: str, scope: Scope, text: str) -> Any:
    if re.fullmatch(_NAME, inner):
        return scope.value(inner) if inner.startswith(_SPACES) else text
    if any(space in inner for space in _SPACES):
        holds = expression(inner, scope)
        return Unknown(inner) if holds is None else holds
    return text


def text_of(value: Any) -> str:
    """A value as it is put into text; `HOLE` where it is not known."""
    return HOLE if isinstance(value, Sample) and value else _compared(value)


def _compared(value: Any) -> str:
    """A value as conditions compare it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    return str(value) if isinstance(value, (str, int, float)) else HOLE


def filled(script: Script | None, scope: Scope) -> Script | None:
    """A script with everything put in. A value of several lines stands where its holder stood."""
    if script is None or scope.plain or "<<" not in script.text:
        return script
    if _OPENED.search(script.text):
        text = text_of(fill(script.text + "\n", scope)).rstrip("\n")
        same = text.count("\n") == script.text.count("\n")
        return Script(text, script.rows if same else (script.rows[0],))
    lines: list[str] = []
    links = []
    for row, line in enumerate(script.text.split("\n")):
        for each in text_of(fill(line, scope)).split("\n"):
            lines.append(each)
            links.append(script.here(row))
    return Script("\n".join(lines), tuple(links))


def truth(value: Any) -> bool | None:
    """Whether a value counts as true: everything but false, null, 0 and the empty text."""
    if isinstance(value, Unknown) or (isinstance(value, str) and HOLE in value):
        return None
    return bool(value)


def logic(node: Any, scope: Scope, depth: int = 0) -> bool | None:
    """Whether a condition (`when`, `unless`, `condition`) holds; None where that is not known."""
    if depth > MAX_DEPTH:
        return None
    if isinstance(node, str):
        value = fill(node, scope)
        bare = isinstance(value, str) and not scope.plain and re.search(r"\bpipeline\.|\bparameters\.", value)
        return expression(value, scope) if bare and isinstance(value, str) else truth(value)
    if not isinstance(node, Mapping):
        return truth(node) if not isinstance(node, list) else None
    answers = [_statement(str(key), value, scope, depth) for key, value in node.items()]
    return _all(answers) if answers else False


def _statement(key: str, value: Any, scope: Scope, depth: int) -> bool | None:
    parts = list(value) if isinstance(value, list) else [value]
    if key == "and":
        return _all([logic(each, scope, depth + 1) for each in parts]) if parts else False
    if key == "or":
        return _any([logic(each, scope, depth + 1) for each in parts])
    if key == "not":
        inner = logic(value, scope, depth + 1)
        return None if inner is None else not inner
    if key == "equal" and isinstance(value, list):
        values = [fill(each, scope) for each in value]
        known = [each for each in values if truth(each) is not None]
        same = all(_equal(known[0], each) for each in known[1:]) if known else True
        return (True if len(known) == len(values) else None) if same else False
    if key == "matches" and isinstance(value, Mapping):
        pattern, text = fill(value.get("pattern"), scope), fill(value.get("value"), scope)
        if not isinstance(pattern, str) or truth(text) is None:
            return None
        return scope.fits.search(pattern.removeprefix("/").removesuffix("/"), _compared(text))
    return None


def _equal(left: Any, right: Any) -> bool:
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def _all(answers: list[bool | None]) -> bool | None:
    return False if False in answers else None if None in answers else True


def _any(answers: list[bool | None]) -> bool | None:
    return True if True in answers else None if None in answers else False


def expression(text: str, scope: Scope) -> bool | None:
    """Whether an expression (`pipeline.git.branch == "main" and not …`) holds; None where that is not known."""
    tokens: list[str] = []
    at, text = 0, text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or len(tokens) > MAX_TOKENS:
            return None
        tokens.append(match[1])
        at = match.end()
    reader = _Expression(tokens, scope)
    value = reader.either(0)
    return truth(value) if reader.at == len(reader.tokens) and not isinstance(value, Unknown) else None


class _Expression:
    """Reads and works out one expression. A value that is not known is an Unknown."""

    def __init__(self, tokens: list[str], scope: Scope) -> None:
        self.tokens, self.scope, self.at = tokens, scope, 0

    def _take(self, *words: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at] in words:
            self.at += 1
            return True
        return False

    def either(self, depth: int) -> Any:
        answers = [self._both(depth)]
        while self._take("or"):
            answers.append(self._both(depth))
        return answers[0] if len(answers) == 1 else _value(_any([truth(each) for each in answers]))

    def _both(self, depth: int) -> Any:
        answers = [self._negated(depth)]
        while self._take("and"):
            answers.append(self._negated(depth))
        return answers[0] if len(answers) == 1 else _value(_all([truth(each) for each in answers]))

    def _negated(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            return Unknown("an expression nested too deep")
        if self._take("not"):
            inner = truth(self._negated(depth + 1))
            return _value(None if inner is None else not inner)
        left = self._operand(depth)
        sign = self.tokens[self.at] if self.at < len(self.tokens) else ""
        if sign not in _OPERATORS:
            return left
        self.at += 1
        return _value(_compare(sign, left, self._operand(depth), self.scope.fits))

    def _operand(self, depth: int) -> Any:
        if self._take("("):
            value = self.either(depth + 1)
            return value if self._take(")") else Unknown("a bracket is not closed")
        if self.at >= len(self.tokens):
            return Unknown("the expression ends early")
        word = self.tokens[self.at]
        self.at += 1
        if word[0] in "\"'":
            return word[1:-1]
        if word in ("true", "false"):
            return word == "true"
        if re.fullmatch(r"-?\d+(\.\d+)?", word):
            return float(word)
        return self.scope.value(word) if word.startswith(_SPACES) else Unknown(word)


def _value(answer: bool | None) -> Any:
    return Unknown("a part of the expression") if answer is None else answer


def _compare(sign: str, left: Any, right: Any, fits: Patterns) -> bool | None:
    if truth(left) is None or truth(right) is None:
        return None
    if sign in ("==", "!="):
        return _equal(left, right) is (sign == "==")
    if sign == "starts-with":
        return _compared(left).startswith(_compared(right))
    if sign == "=~":
        return fits.search(_compared(right).removeprefix("/").removesuffix("/"), _compared(left))
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[sign]
    return None
