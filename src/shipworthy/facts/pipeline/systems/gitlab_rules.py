"""The conditions of GitLab CI (`if: $A == "b" && $C =~ /d/`) with what the files tell of the variables.

Source: GitLab's reference "CI/CD YAML syntax", `rules:if`, and "Specify when jobs run with rules" (expressions).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shipworthy.facts.pipeline.fact import Answer, Said, strength, unsure, weakest
from shipworthy.facts.pipeline.values import OneOf, Ordinary, Unknown
from shipworthy.facts.secrets.allow.go_regex import GoRegex, OverWork, Work
from shipworthy.facts.secrets.allow.go_syntax import BadPattern

MAX_LENGTH = 4_000
MAX_DEPTH = 40
MOST_WORK = 400_000
_SAMPLES = ("a-change", "Fix_12.x", "JIRA-77/do-it", "42-some_thing", "q")
"""Names as people give them to branches. A pattern that fits them all fits any; else it was made for some."""


@dataclass(frozen=True, slots=True)
class Maybe:
    """A condition that holds only sometimes. `usually`: what it is where nothing special was done; None: not told.

    Nothing special: an everyday branch name, a variable that nobody sets outside the repository.
    """

    said: Said
    usually: bool | None = None


@dataclass(frozen=True, slots=True)
class Base:
    """The branch a merge request goes into: mostly the default branch, sometimes another."""

    name: str


Truth = bool | Maybe
Value = str | Ordinary | OneOf | Unknown | Base | None


@dataclass(frozen=True, slots=True)
class Unset:
    """A variable that no file sets. The project's settings may; unless somebody does, it is null."""

    name: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression between slashes, with its flags."""

    text: str
    flags: str


class BadRule(ValueError):
    """Not a condition of this language."""


def both(left: Truth, right: Truth) -> Truth:
    """What holds when both must."""
    if left is False or right is False:
        return False
    if isinstance(left, bool):
        return right
    if isinstance(right, bool):
        return left
    usually = False if left.usually is False or right.usually is False else None
    return Maybe(weakest(left.said, right.said), usually)


def either(left: Truth, right: Truth) -> Truth:
    """What holds when one is enough."""
    if left is True or right is True:
        return True
    if isinstance(left, bool):
        return right
    if isinstance(right, bool):
        return left
    missed = left.said.left_out & right.said.left_out
    if left.said.left_out and right.said.left_out and not missed:
        return True
    said = max(left.said, right.said, key=strength)
    # One of the two is enough, so what it rests on is neither alone.
    named = " or ".join(
        sorted(" and ".join(sorted(what for what, _ in each.rests_on)) for each in (left.said, right.said))
    )
    why = f"a `changes` filter leaves out changes to {min(missed)}" if missed else said.why
    said = Said(said.answer, why, missed, frozenset({(named, missed)}))
    return Maybe(said, False if left.usually is False and right.usually is False else None)


_TOKEN = re.compile(
    r"\s*(?:(?P<name>\$[A-Za-z_]\w*|\$\{[A-Za-z_]\w*\})"
    r"|(?P<text>\"[^\"]*\"|'[^']*')"
    r"|(?P<null>null\b)"
    r"|(?P<regex>/(?:[^/\\\n]|\\.)*/[ismU]*)"
    r"|(?P<sign>==|!=|=~|!~|&&|\|\||[()]))"
)


class Conditions:
    """Judges conditions with the variables of one pipeline. `look`: the value of a variable, by name."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._compiled: dict[Pattern, GoRegex | None] = {}

    def judge(self, text: str, look: Callable[[str], Value | Unset]) -> Truth:
        """Whether a condition holds. One that GitLab could not read never does."""
        try:
            return _Parser(text, look, self).all()
        except BadRule:
            return False

    def matches(self, pattern: Pattern, text: str) -> bool | None:
        """Whether a pattern fits somewhere in a text; None where it is not readable or too costly."""
        if pattern not in self._compiled:
            flags = "".join(flag for flag in pattern.flags if flag in "ismU")
            try:
                source = pattern.text.replace("\\/", "/")
                self._compiled[pattern] = GoRegex(f"(?{flags}){source}" if flags else source, self._work)
            except (BadPattern, OverWork, ValueError):
                self._compiled[pattern] = None
        compiled = self._compiled[pattern]
        try:
            return None if compiled is None else compiled.search(text)
        except OverWork:
            return None

    def fits(self, value: Value | Unset, pattern: Pattern) -> Truth:
        """`value =~ pattern`."""
        if value is None:
            return False
        if isinstance(value, Unset):
            return _set_outside(value)
        if isinstance(value, Unknown | OneOf):
            return Maybe(unsure(f"{value.what} is not known here"))
        if isinstance(value, str):
            found = self.matches(pattern, value)
            return Maybe(unsure(f"the pattern /{pattern.text[:40]}/ is not understood")) if found is None else found
        if isinstance(value, Base):
            return True if self.matches(pattern, value.name) else _other_base(f"like /{pattern.text[:40]}/")
        samples = [self.matches(pattern, value.prefix + each) for each in _SAMPLES]
        if all(samples):
            return True
        if None in samples:
            return Maybe(unsure(f"the pattern /{pattern.text[:40]}/ is not understood"))
        whole = f"{value.what} fits /{pattern.text}/{pattern.flags}"
        why = f"only where {value.what} fits /{pattern.text[:40]}/"
        return Maybe(Said(Answer.PARTIAL, why, doubts=frozenset({(whole, frozenset())})), False)


def _set_outside(value: Unset) -> Maybe:
    return Maybe(unsure(f"${value.name} is not set in the repository"), False)


def _other_base(name: str) -> Maybe:
    return Maybe(Said(Answer.PARTIAL, f"only for changes into a branch {name}"), False)


def pattern_of(text: str) -> Pattern | None:
    """A text "/…/flags" as a pattern; None for any other."""
    match = re.fullmatch(r"/(.*)/([ismU]*)", text.strip(), re.S) if len(text) <= MAX_LENGTH else None
    return Pattern(match[1], match[2]) if match else None


class _Parser:
    def __init__(self, text: str, look: Callable[[str], Value | Unset], conditions: Conditions) -> None:
        if len(text) > MAX_LENGTH:
            raise BadRule("too long")
        self._tokens: list[tuple[str, str]] = []
        self._at = self._depth = 0
        self._look = look
        self._conditions = conditions
        at, text = 0, text.rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise BadRule(text[at : at + 20])
            self._tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
            at = match.end()

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _take(self, *signs: str) -> str:
        if self._at < len(self._tokens) and self._tokens[self._at][0] == "sign" and self._peek() in signs:
            self._at += 1
            return self._tokens[self._at - 1][1]
        return ""

    def all(self) -> Truth:
        found = self._either()
        if self._at != len(self._tokens):
            raise BadRule(self._peek())
        return found

    def _either(self) -> Truth:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise BadRule("nested too deep")
        found = self._both()
        while self._take("||"):
            found = either(found, self._both())
        self._depth -= 1
        return found

    def _both(self) -> Truth:
        found = self._one()
        while self._take("&&"):
            found = both(found, self._one())
        return found

    def _one(self) -> Truth:
        if self._take("("):
            found = self._either()
            if not self._take(")"):
                raise BadRule("a ) is missing")
            return found
        left = self._operand()
        sign = self._take("==", "!=", "=~", "!~")
        if not sign:
            return _holds(left)
        right = self._operand()
        if sign in ("==", "!="):
            found = _same(left, right)
        else:
            if isinstance(right, str):
                right = pattern_of(right) or Unknown("a pattern")
            if not isinstance(right, Pattern):
                return Maybe(unsure("the pattern of a condition is not known here"))
            found = False if isinstance(left, Pattern) else self._conditions.fits(left, right)
        return found if sign in ("==", "=~") else _opposite(found)

    def _operand(self) -> Value | Unset | Pattern:
        if self._at >= len(self._tokens):
            raise BadRule("ends too early")
        kind, text = self._tokens[self._at]
        self._at += 1
        if kind == "name":
            return self._look(text.strip("${}"))
        if kind == "text":
            return text[1:-1]
        if kind == "null":
            return None
        if kind == "regex":
            body, _, flags = text[1:].rpartition("/")
            return Pattern(body, flags)
        raise BadRule(text)


def _opposite(found: Truth) -> Truth:
    if isinstance(found, bool):
        return not found
    # What usually does not hold usually does so turned round: that is the everyday case, which counts.
    return True if found.usually is False else found


def _holds(value: Value | Unset | Pattern) -> Truth:
    if isinstance(value, Unset):
        return _set_outside(value)
    if isinstance(value, Unknown):
        return value.truth if value.truth is not None else Maybe(unsure(f"{value.what} is not known here"))
    if isinstance(value, str):
        return value != ""
    return value is not None


def _same(left: Value | Unset | Pattern, right: Value | Unset | Pattern) -> Truth:
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Unset):
            return True if other is None or other == one else _set_outside(one)
        if isinstance(one, Unknown):
            if other is None and one.truth:
                return False
            return Maybe(unsure(f"{one.what} is not known here"))
    for one, other in ((left, right), (right, left)):
        if isinstance(one, OneOf):
            return Maybe(unsure(f"{one.what} is not known here")) if other in one.values or other == one else False
        if isinstance(one, Base):
            return one.name == other or (_other_base(f"“{other}”") if isinstance(other, str) else one == other)
    if isinstance(left, Ordinary) and isinstance(right, Ordinary) and left != right:
        return Maybe(unsure(f"whether {left.what} is {right.what} is not known here"))
    return left == right


def look_in(known: Mapping[str, Any], own: Mapping[str, Any]) -> Callable[[str], Value | Unset]:
    """Looks a variable up: `known` are the pipeline's own, `own` those the files set."""

    def look(name: str) -> Value | Unset:
        if name in own:
            return expanded(str(own[name]), look_in(known, {key: each for key, each in own.items() if key != name}))
        if name in known:
            value: Value = known[name]
            return value
        if name.startswith(("CI_MERGE_REQUEST_", "CI_EXTERNAL_PULL_REQUEST_", "CI_COMMIT_TAG")):
            return None
        return Unknown(f"${name}") if name.startswith(("CI_", "GITLAB_", "RUNNER_")) else Unset(name)

    return look


_NAME = re.compile(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")


def expanded(text: str, look: Callable[[str], Value | Unset]) -> Value:
    """A variable's text with the variables in it; not a plain text where one of them is none."""
    whole = _NAME.fullmatch(text)
    if whole:
        value = look(whole[1] or whole[2])
        return "" if isinstance(value, Unset) or value is None else value
    parts, last = [], 0
    for match in _NAME.finditer(text[:MAX_LENGTH]):
        value = look(match[1] or match[2])
        if isinstance(value, Base):
            value = value.name
        if isinstance(value, Ordinary | OneOf | Unknown):
            return Unknown(f"a text with {match[0]}")
        parts += [text[last : match.start()], value if isinstance(value, str) else ""]
        last = match.end()
    return "".join([*parts, text[last:]])
