"""Buildkite's conditions (`if`) and branch filters (`branches`), judged for one build; what is not known stays so.

Source: the system's pages "Using conditionals" and "Branch configuration".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from shipworthy.facts.pipeline.fact import Said, unsure
from shipworthy.facts.pipeline.globs import matches
from shipworthy.facts.pipeline.systems.occasions import share

MAX_LENGTH = 4_000
MAX_DEPTH = 40
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"[^"]*"|'[^']*')|(?P<number>\d+)|(?P<name>[A-Za-z_][\w.]*)"""
    r"""|(?P<regex>/(?:[^/\\\n]|\\.)*/[a-z]*)|(?P<sign>&&|\|\||==|!=|=~|!~|!|\(|\)|\[|\]|,))"""
)
NAMED = re.compile(r"""build\.(?:branch|pull_request\.base_branch)\s*==\s*["']([^"']{1,100})["']""")


class Unknown:
    """A value that the files do not tell."""


class Ordinary:
    """A text people write, which is none of those a condition asks for: a commit message, a name."""


UNKNOWN, ORDINARY = Unknown(), Ordinary()


class _Bad(ValueError):
    pass


class _Parser:
    def __init__(self, text: str, values: Mapping[str, Any]) -> None:
        self.values = values
        self.tokens: list[tuple[str, str]] = []
        self.at = self.depth = 0
        at, text = 0, text.rstrip()
        if len(text) > MAX_LENGTH:
            raise _Bad
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None or match.end() == at:
                raise _Bad
            self.tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
            at = match.end()

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, *signs: str) -> str:
        kind = self.tokens[self.at][0] if self.at < len(self.tokens) else ""
        if kind in ("sign", "name") and self.peek() in signs:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return ""

    def either(self) -> bool | None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _Bad
        found = self.both()
        while self.take("||"):
            right = self.both()
            found = True if True in (found, right) else None if None in (found, right) else False
        self.depth -= 1
        return found

    def both(self) -> bool | None:
        found = self.compared()
        while self.take("&&"):
            right = self.compared()
            found = False if False in (found, right) else None if None in (found, right) else True
        return found

    def compared(self) -> bool | None:
        if self.take("!"):
            inner = self.compared()
            return None if inner is None else not inner
        if self.take("("):
            found = self.either()
            if not self.take(")"):
                raise _Bad
            return found
        left = self.value()
        sign = self.take("==", "!=", "=~", "!~", "includes")
        if not sign:
            return None if isinstance(left, Unknown) else left is not None and left is not False
        if sign in ("=~", "!~"):
            kind, text = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
            self.at += 1
            if kind != "regex":
                raise _Bad
            found = _matched(text, left)
            return found if found is None or sign == "=~" else not found
        return _compared(sign, left, self.value())

    def value(self) -> Any:
        if self.at >= len(self.tokens):
            raise _Bad
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "text":
            return text[1:-1]
        if kind == "number":
            return text
        if kind != "name":
            raise _Bad
        if self.take("("):
            while self.at < len(self.tokens) and not self.take(")"):
                self.at += 1
            return UNKNOWN
        if text in ("true", "false", "null", "nil"):
            return {"true": True, "false": False}.get(text)
        return self.values.get(text, UNKNOWN)


def _compared(sign: str, left: Any, right: Any) -> bool | None:
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return None
    if sign == "includes":
        return False if isinstance(left, Ordinary) else None
    same = left is not None and right is not None and str(left) == str(right)
    if isinstance(left, Ordinary) or isinstance(right, Ordinary):
        same = False
    if left is None or right is None:
        same = left is right
    return same if sign == "==" else not same


def _matched(literal: str, value: Any) -> bool | None:
    """Whether a regular expression fits; None for one that could take long on a hostile text."""
    if isinstance(value, Unknown):
        return None
    if value is None or isinstance(value, Ordinary):
        return False
    body, _, flags = literal[1:].rpartition("/")
    if len(body) > 300 or re.search(r"\)[*+{]", body) or len(re.findall(r"(?<!\\)[*+]|(?<!\\)\{", body)) > 3:
        return None
    try:
        return re.search(body.replace(r"\/", "/"), str(value), re.I if "i" in flags else 0) is not None
    except (re.error, OverflowError, RecursionError):
        return None


def holds(text: str, values: Mapping[str, Any]) -> bool | None:
    """Whether a condition holds in a build with these values (`build.branch`, …); None where that is not known."""
    try:
        parser = _Parser(text, values)
        found = parser.either()
    except (_Bad, RecursionError):
        return None
    return found if parser.at == len(parser.tokens) else None


def branch_filter(patterns: Sequence[str], names: Sequence[str]) -> Said:
    """`branches`: patterns with `*` for anything, `!` to leave out; only names that any takes and none leaves out."""
    wanted = [each.replace("*", "**") for each in patterns if not each.startswith("!")]
    left = [each[1:].replace("*", "**") for each in patterns if each.startswith("!")]

    def takes(name: str) -> bool:
        if any(matches(each, name) for each in left):
            return False
        return not wanted or any(matches(each, name) for each in wanted)

    return share(names, takes, f"only on branches {' '.join(patterns)[:60]}")


def condition(text: str, names: Sequence[str], values: Mapping[str, Any], of_tag: bool = False) -> Said:
    """An `if`, tried with each name the branch (or tag) may have."""
    answers = {}
    for name in names:
        own = {**values, "build.branch": name, **({"build.tag": name} if of_tag else {})}
        answers[name] = holds(text, own)
    if None in answers.values():
        return unsure(f"`if: {text.strip()[:60]}` is not known here")
    return share(names, lambda name: bool(answers[name]), f"only if `{text.strip()[:60]}`")
