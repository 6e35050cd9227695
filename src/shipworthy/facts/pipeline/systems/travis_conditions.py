"""Travis CI's conditions (`if:`), worked out for one way a build starts.

Source: Travis CI's page "Conditional builds, stages and jobs" and its specification of conditions, version 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shipworthy.facts.pipeline.fact import YES, Said, no, unsure
from shipworthy.facts.pipeline.systems.refs import Patterns
from shipworthy.facts.pipeline.values import Ordinary, Unknown

MAX_DEPTH = 40
MAX_LENGTH = 10_000
_VARIABLE = re.compile(
    r"(type|repo|head_repo|os|dist|group|sudo|language|sender|fork|draft|branch|head_branch|tag|commit_message)"
    r"(?=[\s,=)|!~]|$)"
)
_WORD = re.compile(r"""[^\s()"',=!~]+""")
_COMPARE = re.compile(r"==|=~|~=|!~|!=|=")
_UNLIKELY = Unknown("whether an everyday text has what the condition asks for")
"""Of a commit message or a person: not true of most, and surely not false of all."""
_Truth = bool | Unknown


class _Refused(Exception):
    """The condition is not understood."""


def judged(condition: Any, known: Mapping[str, Any], fits: Patterns, what: str) -> Said:
    """Whether a condition lets something run. `known`: the variables; `env(NAME)` is known under "env NAME"."""
    if condition is None:
        return YES
    if isinstance(condition, bool):
        return YES if condition else no(f"{what} has `if: false`")
    text = str(condition)
    try:
        value = _Condition(text, known, fits).whole()
    except _Refused:
        return unsure(f"the condition of {what} is not understood")
    shown = " ".join(text.split())[:60]
    if isinstance(value, Unknown):
        return unsure(f"{what} runs only if {shown}", text)
    return YES if value else no(f"{what} runs only if {shown}")


def _negated(value: _Truth) -> _Truth:
    if value is _UNLIKELY:
        return True
    return value if isinstance(value, Unknown) else not value


class _Condition:
    """Reads and works out one condition."""

    def __init__(self, text: str, known: Mapping[str, Any], fits: Patterns) -> None:
        self.text = re.sub(r"\\\s*[\n\r]", " ", text)
        self.known, self.fits, self.at = known, fits, 0
        if len(text) > MAX_LENGTH:
            raise _Refused

    def whole(self) -> _Truth:
        value = self._either(0)
        self._blank()
        if self.at < len(self.text):
            raise _Refused
        return value

    def _blank(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def _take(self, pattern: str) -> bool:
        self._blank()
        match = re.compile(pattern, re.I).match(self.text, self.at)
        if match is None:
            return False
        self.at = match.end()
        return True

    def _either(self, depth: int) -> _Truth:
        answers = [self._both(depth)]
        while self._take(r"or\b|\|\|"):
            answers.append(self._both(depth))
        if True in answers:
            return True
        return next((each for each in answers if isinstance(each, Unknown)), False)

    def _both(self, depth: int) -> _Truth:
        answers = [self._one(depth)]
        while self._take(r"and\b|&&"):
            answers.append(self._one(depth))
        if False in answers:
            return False
        doubts = [each for each in answers if isinstance(each, Unknown)]
        return next((each for each in doubts if each is not _UNLIKELY), doubts[0]) if doubts else True

    def _one(self, depth: int) -> _Truth:
        if depth > MAX_DEPTH:
            raise _Refused
        if self._take(r"not\b|!(?![=~])"):
            return _negated(self._one(depth + 1))
        if self._take(r"\("):
            value = self._either(depth + 1)
            if not self._take(r"\)"):
                raise _Refused
            return value
        return self._term()

    def _term(self) -> _Truth:
        left = self._operand()
        if self._take(r"not\s+in\b"):
            return _negated(self._among(left))
        if self._take(r"in\b"):
            return self._among(left)
        if self._take(r"is\s+not\b"):
            return _negated(self._is(left))
        if self._take(r"is\b"):
            return self._is(left)
        self._blank()
        sign = _COMPARE.match(self.text, self.at)
        if sign is None:
            return left if isinstance(left, Unknown) else bool(left) and str(left).lower() != "false"
        self.at = sign.end()
        if sign[0] in ("=~", "~=", "!~"):
            answer = self._matched(left)
            return _negated(answer) if sign[0] == "!~" else answer
        answer = _equal(left, self._operand())
        return _negated(answer) if sign[0] == "!=" else answer

    def _among(self, left: Any) -> _Truth:
        if not self._take(r"\("):
            raise _Refused
        answers = [_equal(left, self._operand())]
        while self._take(","):
            answers.append(_equal(left, self._operand()))
        if not self._take(r"\)"):
            raise _Refused
        if True in answers:
            return True
        return next((each for each in answers if isinstance(each, Unknown)), False)

    def _is(self, left: Any) -> _Truth:
        for word in ("present", "blank", "true", "false"):
            if self._take(rf"{word}\b"):
                if isinstance(left, Unknown):
                    return left
                empty = left in ("", None, False)
                return {
                    "present": not empty, "blank": empty, "true": str(left).lower() == "true",
                    "false": str(left).lower() == "false",
                }[word]  # fmt: skip
        raise _Refused

    def _matched(self, left: Any) -> _Truth:
        pattern = self._pattern()
        if isinstance(left, Ordinary):
            return True if pattern in ("", ".*", "^.*$") else _UNLIKELY
        if isinstance(left, Unknown) or pattern is None:
            return Unknown("a pattern")
        answer = self.fits.search(pattern, str(left))
        return Unknown("a pattern") if answer is None else answer

    def _pattern(self) -> str | None:
        self._blank()
        if self._take(r"(concat|env)\s*(?=\()"):
            self._list()
            return None
        rest = self.text[self.at :]
        if rest.startswith("/"):
            match = re.match(r"/((?:[^/\\]|\\.)*)/", rest)
            if match is None:
                raise _Refused
            self.at += match.end()
            return match[1].replace("\\/", "/")
        depth, end = 0, 0
        while end < len(rest) and not (rest[end].isspace() and not depth) and not (rest[end] == ")" and not depth):
            depth += {"(": 1, ")": -1}.get(rest[end], 0)
            end += 2 if rest[end] == "\\" else 1
        self.at += min(end, len(rest))
        text = rest[:end]
        return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text

    def _list(self) -> list[Any]:
        if not self._take(r"\("):
            raise _Refused
        found: list[Any] = []
        while not self._take(r"\)"):
            found.append(self._operand())
            self._take(",")
        return found

    def _operand(self) -> Any:
        self._blank()
        if self.at >= len(self.text):
            raise _Refused
        match = re.compile(r"(env|concat)\s*(?=\()", re.I).match(self.text, self.at)
        if match is not None:
            self.at = match.end()
            given = self._list()
            if match[1].lower() == "env":
                return self.known.get(f"env {given[0] if given else ''}", Unknown("a variable"))
            plain = all(isinstance(each, str) for each in given)
            return "".join(given) if plain else Unknown("texts put together")
        quote = self.text[self.at]
        if quote in "\"'":
            end = self.text.find(quote, self.at + 1)
            if end < 0:
                raise _Refused
            value, self.at = self.text[self.at + 1 : end], end + 1
            return value
        variable = _VARIABLE.match(self.text, self.at)
        if variable is not None:
            self.at = variable.end()
            return self.known.get(variable[1], Unknown(variable[1]))
        word = _WORD.match(self.text, self.at)
        if word is None or word[0].startswith("$"):
            raise _Refused
        self.at = word.end()
        return word[0]


def _equal(left: Any, right: Any) -> _Truth:
    for each in (left, right):
        if isinstance(each, Unknown):
            return each
    if isinstance(left, Ordinary) or isinstance(right, Ordinary):
        return _UNLIKELY
    one, two = (str(each).lower() if isinstance(each, bool) else str(each) for each in (left, right))
    return one == two
