"""GitHub's expression language: parsing, `${{ }}` in texts, and conditions.

Source: the code host's reference "Evaluate expressions in workflows and actions" (operators, coercion, functions).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shipworthy.facts.pipeline.values import FUNCTIONS, Unknown, compare, equal, property_of, text_of, truth, values_of

MAX_LENGTH = 8_000
MAX_DEPTH = 40


class BadExpression(ValueError):
    """Not an expression of this language."""


_TOKEN = re.compile(
    r"\s*(?:(?P<number>-?(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?))"
    r"|(?P<text>'(?:[^']|'')*')"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_-]*)"
    r"|(?P<sign>&&|\|\||==|!=|<=|>=|[()\[\].,!<>*]))"
)
_STATUS = re.compile(r"\b(success|failure|always|cancelled)\s*\(", re.I)


def uses_status(text: str) -> bool:
    """Whether a condition names a status function; without one GitHub adds `success() &&`."""
    return bool(_STATUS.search(text))


def _tokens(text: str) -> list[tuple[str, str]]:
    if len(text) > MAX_LENGTH:
        raise BadExpression("too long")
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.end() == at:
            raise BadExpression(f"unexpected {text[at : at + 10]!r}")
        kind = str(match.lastgroup)
        found.append((kind, match[kind]))
        at = match.end()
    return found


class _Parser:
    def __init__(self, text: str, context: Mapping[str, Any]) -> None:
        self.tokens = _tokens(text)
        self.at = 0
        self.depth = 0
        self.context = context

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, *signs: str) -> str | None:
        if self.at < len(self.tokens) and self.tokens[self.at][0] == "sign" and self.peek() in signs:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return None

    def expect(self, sign: str) -> None:
        if self.take(sign) is None:
            raise BadExpression(f"expected {sign}")

    def either(self) -> Any:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise BadExpression("nested too deep")
        left = self.both()
        while self.take("||"):
            right = self.both()
            known = truth(left)
            if known is None:
                left = Unknown(left.what, True if truth(right) else None)
            elif known is False:
                left = right
        self.depth -= 1
        return left

    def both(self) -> Any:
        left = self.equality()
        while self.take("&&"):
            right = self.equality()
            known = truth(left)
            if known is None:
                left = Unknown(left.what, False if truth(right) is False else None)
            elif known:
                left = right
        return left

    def equality(self) -> Any:
        left = self.order()
        while sign := self.take("==", "!="):
            same = equal(left, self.order())
            left = same if isinstance(same, Unknown) or sign == "==" else not same
        return left

    def order(self) -> Any:
        left = self.unary()
        while sign := self.take("<", ">", "<=", ">="):
            left = compare(sign, left, self.unary())
        return left

    def unary(self) -> Any:
        turns = 0
        while self.take("!"):
            turns += 1
        value = self.primary()
        if not turns:
            return value
        known = truth(value)
        if known is None:
            return Unknown(value.what)
        return known if turns % 2 == 0 else not known

    def primary(self) -> Any:
        if self.at >= len(self.tokens):
            raise BadExpression("ends too early")
        if self.take("("):
            value = self.either()
            self.expect(")")
            return self.trail(value)
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return float(int(text, 16)) if "0x" in text.lower() else float(text)
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind != "name":
            raise BadExpression(f"unexpected {text}")
        if self.take("("):
            return self.trail(self.call(text))
        if text.lower() in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[text.lower()]
        return self.trail(self.context.get(text.lower(), Unknown(text)))

    def call(self, name: str) -> Any:
        args: list[Any] = []
        if not self.take(")"):
            args.append(self.either())
            while self.take(","):
                args.append(self.either())
            self.expect(")")
        own = self.context.get(name.lower() + "()")
        if callable(own):
            return own(args)
        least, function = FUNCTIONS.get(name.lower(), (0, None))
        if function is None:
            return Unknown(f"{name}()")
        if len(args) < least:
            raise BadExpression(f"{name}() needs {least} arguments")
        return function(args)

    def trail(self, value: Any) -> Any:
        while True:
            if self.take("."):
                if self.take("*"):
                    value = values_of(value)
                    continue
                if self.at >= len(self.tokens) or self.tokens[self.at][0] != "name":
                    raise BadExpression("expected a property")
                self.at += 1
                value = property_of(value, self.tokens[self.at - 1][1])
            elif self.take("["):
                if self.take("*"):
                    value = values_of(value)
                else:
                    value = property_of(value, self.either())
                self.expect("]")
            else:
                return value


def evaluate(text: str, context: Mapping[str, Any]) -> Any:
    """The value of an expression without its `${{ }}`. `context` maps names, and functions as "name()", in lower case.

    What cannot be parsed is Unknown.
    """
    try:
        parser = _Parser(text, context)
        value = parser.either()
    except (BadExpression, RecursionError, OverflowError):
        return Unknown("an expression that could not be read")
    if parser.at != len(parser.tokens):
        return Unknown("an expression that could not be read")
    return value


def _spans(text: str) -> list[tuple[int, int, str]]:
    """(start, end, inner text) of every `${{ … }}`; quotes inside may hold `}}`."""
    found = []
    start = text.find("${{")
    while start >= 0:
        at, quoted = start + 3, False
        while at < len(text):
            if text[at] == "'":
                quoted = not quoted
            elif not quoted and text.startswith("}}", at):
                break
            at += 1
        if at >= len(text):
            break
        found.append((start, at + 2, text[start + 3 : at].strip()))
        start = text.find("${{", at + 2)
    return found


def fill(value: Any, context: Mapping[str, Any]) -> Any:
    """A YAML scalar with its expressions replaced: the value itself for one whole expression, else text with holes."""
    if not isinstance(value, str) or "${{" not in value:
        return value
    spans = _spans(value)
    if len(spans) == 1 and value.strip() == value[spans[0][0] : spans[0][1]]:
        return evaluate(spans[0][2], context)
    parts, last = [], 0
    for start, end, inner in spans:
        parts += [value[last:start], text_of(evaluate(inner, context))]
        last = end
    return "".join([*parts, value[last:]])


def condition(text: str, context: Mapping[str, Any]) -> Any:
    """The value of an `if:`. With text around `${{ }}` it is a text, which is always true: a well-known trap."""
    stripped = text.strip()
    if "${{" not in stripped:
        return evaluate(stripped, context)
    spans = _spans(stripped)
    if len(spans) == 1 and (0, len(stripped)) == spans[0][:2]:
        return evaluate(spans[0][2], context)
    return Unknown("a condition that mixes ${{ }} with text")
