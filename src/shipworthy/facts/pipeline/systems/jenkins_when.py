"""The ways a Jenkins pipeline starts, and what its conditions (`when`, `if`) answer in each of them.

Source: the Jenkins handbook, "Pipeline Syntax" (when, parameters, triggers) and "Branches and Pull Requests".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shipworthy.facts.pipeline.fact import YES, Answer, Said, no, unsure
from shipworthy.facts.pipeline.globs import matches
from shipworthy.facts.pipeline.shell_words import Values
from shipworthy.facts.pipeline.systems.jenkins_tokens import Part, Token
from shipworthy.facts.pipeline.systems.jenkins_tree import (
    Group,
    Item,
    Statement,
    call_of,
    deep,
    is_group,
    is_name,
    is_sign,
    is_text,
)
from shipworthy.facts.pipeline.triggers import DEFAULT_BRANCHES
from shipworthy.facts.pipeline.values import FUNCTIONS, HOLE, OneOf, Ordinary, Unknown, equal, text_of, truth

MAX_SETTINGS = 20
_PARAMETERS = {"booleanParam", "string", "choice", "text", "password"}
_PLAIN_PATTERN = re.compile(r"[\w./-]+")
_BRANCH_NAMES = {"BRANCH_NAME", "GIT_BRANCH", "branch", "GIT_LOCAL_BRANCH"}
_METHODS = {"startsWith": "startswith", "endsWith": "endswith", "contains": "contains"}
_SAME = {"toString", "trim", "toBoolean", "toLowerCase"}
_COMPARED = ("==", "!=", "==~", "=~", "<", ">", "<=", ">=", "===", "!==", "<=>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One way a pipeline starts: which branch, change request or tag is built, and who asked for it."""

    name: str
    branch: OneOf | Ordinary
    kind: str = "branch"
    """"branch", "request" (a pull or merge request) or "tag"."""
    by: str = "push"
    """"push", "hand" or "clock"."""


@dataclass(slots=True)
class Scope:
    """What names mean at a place of the file, in one setting."""

    setting: Setting
    parameters: Mapping[str, Any]
    constants: Mapping[str, str]
    """Groovy variables that hold one text throughout."""
    env: dict[str, Values] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    """Names that mean something else here: parameters of a function, loop variables."""
    landing: tuple[str, ...] = DEFAULT_BRANCHES

    def look_up(self, name: str) -> Any:
        """The value behind `env.X`, `params.X` or a plain name."""
        head, _, rest = name.partition(".")
        if head == "params" and rest:
            hand = self.setting.by == "hand" or rest not in self.parameters
            return Unknown(name) if hand else self.parameters[rest]
        if head == "env" and rest:
            return self._environment(rest)
        if name in self.hidden:
            return Unknown(name)
        if name in self.constants:
            return self.constants[name]
        if name in ("currentBuild.result", "currentBuild.currentResult"):
            return OneOf(name, ("SUCCESS",))
        return self._environment(name) if not rest else Unknown(name)

    def _environment(self, name: str) -> Any:
        setting = self.setting
        if name in ("BRANCH_NAME", "GIT_BRANCH", "GIT_LOCAL_BRANCH"):
            branch = setting.branch
            if name == "GIT_BRANCH" and isinstance(branch, OneOf):
                return OneOf(branch.what, (*branch.values, *(f"origin/{each}" for each in branch.values)))
            return branch
        if name in ("CHANGE_ID", "CHANGE_BRANCH", "CHANGE_URL", "CHANGE_AUTHOR", "CHANGE_TITLE"):
            return Ordinary(name) if setting.kind == "request" else None
        if name == "CHANGE_TARGET":
            return OneOf("the default branch", self.landing) if setting.kind == "request" else None
        if name == "TAG_NAME":
            return Ordinary(name) if setting.kind == "tag" else None
        if name == "BRANCH_IS_PRIMARY":
            return "true" if setting.name == "landing" else None
        values = self.env.get(name, ())
        return values[0] if len(values) == 1 and HOLE not in values[0] else Unknown(name)

    def text(self, parts: Sequence[Part]) -> str:
        """A string with what is known of its `${…}` filled in, and `HOLE` for the rest."""
        return "".join(self._part(part) for part in parts)

    def _part(self, part: Part) -> str:
        if not part.is_code:
            return part.text
        return text_of(self.look_up(part.text)) if re.fullmatch(r"\w+(\.\w+)?", part.text) else HOLE


def evaluate(items: Sequence[Item], scope: Scope) -> Any:
    """The value of a Groovy expression; Unknown where it is not known."""
    if items and is_name(items[0], "return"):
        items = items[1:]
    for sign, enough in (("||", True), ("&&", False)):
        rows = _cut(items, sign)
        if len(rows) > 1:
            found = [truth(evaluate(row, scope)) for row in rows]
            return enough if enough in found else Unknown("a condition") if None in found else not enough
    if any(is_sign(item, "?", "?:", "=", "+=", "<<") for item in items):
        return Unknown("an expression")
    at = next((at for at, item in enumerate(items) if is_sign(item, *_COMPARED)), 0)
    if at and is_sign(comparison := items[at]):
        return _compared(comparison.text, evaluate(items[:at], scope), evaluate(items[at + 1 :], scope))
    if items and is_sign(items[0], "!"):
        holds = truth(evaluate(items[1:], scope))
        return Unknown("a condition") if holds is None else not holds
    at = next((at for at, item in enumerate(items) if is_name(item, "in")), 0)
    if at:
        return _inside(items[:at], items[at + 1 :], scope)
    return _primary(items, scope)


def _cut(items: Sequence[Item], sign: str) -> list[list[Item]]:
    rows: list[list[Item]] = [[]]
    for item in items:
        if is_sign(item, sign):
            rows.append([])
        else:
            rows[-1].append(item)
    return rows


def _inside(left: Sequence[Item], right: Sequence[Item], scope: Scope) -> Any:
    group = right[0] if len(right) == 1 else None
    if not is_group(group, "["):
        return Unknown("a list")
    value = evaluate(left, scope)
    found = [truth(equal(value, evaluate(row, scope))) for row in _cut(group.items, ",")]
    return True if True in found else Unknown("a list") if None in found else False


def _primary(items: Sequence[Item], scope: Scope) -> Any:
    if len(items) == 1:
        item = items[0]
        if isinstance(item, Group):
            if item.sign == "(":
                return evaluate(item.items, scope)
            return evaluate(item.statements[-1], scope) if len(item.statements) == 1 else Unknown("a block")
        if item.kind == "text":
            text = scope.text(item.parts)
            return Unknown("a text") if HOLE in text else text
        if item.kind == "number":
            return float(item.text) if re.fullmatch(r"\d+(\.\d+)?", item.text) else Unknown("a number")
        words = {"true": True, "false": False, "null": None}
        if item.text in words:
            return words[item.text]
    if items and is_text(items[0]):
        return Unknown("a text")
    call = call_of(items)
    if call is None or call.rest or any(link.block for link in call.links):
        return Unknown("an expression")
    *before, last = [link.name for link in call.links]
    if any(link.has_args for link in call.links[:-1]) or not last:
        return Unknown("a call")
    if not call.last.has_args:
        return scope.look_up(call.name)
    return _method(scope.look_up(".".join(before)) if before else None, last, call.last.args, scope)


def _method(value: Any, name: str, args: Sequence[Sequence[Item]], scope: Scope) -> Any:
    given = evaluate(args[0], scope) if args else None
    if name in _METHODS:
        # Of a branch that may have many names, the two usual ones decide, where they agree.
        each_of = value.values[:2] if isinstance(value, OneOf) else (value,)
        found = [FUNCTIONS[_METHODS[name]][1]((each, given)) for each in each_of]
        return found[0] if all(each is found[0] for each in found) else Unknown(f"{name}()")
    if name in ("equals", "equalsIgnoreCase"):
        return equal(value, given)
    if name == "matches":
        return _compared("==~", value, given)
    if name == "resultIsBetterOrEqualTo":
        return True
    if name in _SAME and not args:
        return value == "true" if name == "toBoolean" and isinstance(value, str) else value
    return Unknown(f"{name}()")


def _compared(sign: str, left: Any, right: Any) -> Any:
    if sign in ("==", "===", "!=", "!=="):
        same = equal(left, right)
        if left is None or right is None:
            known = not isinstance(left, Unknown) and not isinstance(right, Unknown)
            same = left is right if known else same
        return same if sign[0] == "=" or not isinstance(same, bool) else not same
    if sign in ("==~", "=~") and isinstance(right, str):
        return _fits(left, right)
    return Unknown("a comparison")


def alternatives(pattern: str) -> list[str] | None:
    """What a regular expression of the kind `main|release/.*` lists, as glob patterns; None for any other."""
    inner = pattern.strip().removeprefix("^").removesuffix("$")
    if inner.startswith("(") and inner.endswith(")"):
        inner = inner[1:-1].removeprefix("?:").removeprefix("?i)")
    found = [each.strip().replace(".*", "**").replace("\\", "") for each in inner.split("|")]
    return found if all(_PLAIN_PATTERN.fullmatch(each.replace("**", "x")) for each in found) else None


def _fits(value: Any, pattern: str) -> Any:
    listed = alternatives(pattern)
    if listed is None or isinstance(value, Unknown):
        return Unknown("a pattern")
    names = value.values if isinstance(value, OneOf) else (value,) if isinstance(value, str) else ()
    if names:
        return any(matches(each, name) for each in listed for name in names)
    if isinstance(value, Ordinary):
        open_ends = [each for each in listed if "*" in each]
        return True if "**" in listed else Unknown(value.what) if open_ends else False
    return False


def judged(items: Sequence[Item], scope: Scope, shown: str) -> Said:
    """How surely an expression holds."""
    value = evaluate(items, scope)
    holds = truth(value)
    if holds is None:
        return unsure(f"only if {shown}")
    return YES if holds else no(f"only if {shown}")


def shown(items: Sequence[Item]) -> str:
    """An expression as it is named in a finding."""
    words = []
    for item in items:
        words.append(item.text if isinstance(item, Token) else f"{item.sign}{shown(item.items)[:40]}…")
        if len(words) > 12:
            break
    return re.sub(r" ?(\.|\?\.) ?", r"\1", " ".join(words))[:60]


# `when`.

CONDITIONS = {
    "branch", "buildingTag", "changelog", "changeset", "changeRequest", "environment", "equals", "expression", "tag",
    "not", "allOf", "anyOf", "triggeredBy", "isRestartedRun",
}  # fmt: skip
NOT_CONDITIONS = {"beforeAgent", "beforeInput", "beforeOptions"}


def branch_said(pattern: str, setting: Setting, comparator: str = "GLOB") -> Said:
    """How far `branch 'pattern'` holds."""
    if HOLE in pattern:
        return unsure("its branch condition is put together at run time")
    if comparator == "REGEXP":
        value = _fits(setting.branch, pattern)
        holds = truth(value)
        return unsure(f"only on branches like {pattern}") if holds is None else YES if holds else _not_on(pattern)
    if isinstance(setting.branch, OneOf):
        return YES if any(matches(pattern, each) for each in setting.branch.values) else _not_on(pattern)
    if "*" not in pattern and "?" not in pattern:
        return _not_on(pattern)
    if pattern == "**":
        return YES
    if setting.kind == "request":
        # A change request is built as PR-1 (or MR-1), whatever its branch is called.
        return YES if matches(pattern, "PR-1") or matches(pattern, "MR-1") else _not_on(pattern)
    return Said(Answer.PARTIAL, f"only on branches like {pattern}")


def _not_on(pattern: str) -> Said:
    return no(f"only on branch {pattern}")


def turned(said: Said) -> Said:
    """What `not` makes of an answer."""
    if said.yes:
        return no(f"not: {said.why}" if said.why else "its `when` excludes this")
    return YES if said.no else Said(said.answer, f"not {said.why}")


def settings_of(statements: Sequence[Statement], branch: str | None) -> list[Setting]:
    """Every way to start that the file tells apart. `branch`: the default branch, where it is known."""
    flat = list(_flat(statements))
    names = {item.text for item in flat if item.kind == "name"}
    mentioned = _mentioned(flat)
    usual = [each for each in DEFAULT_BRANCHES if each in mentioned]
    landing = (branch,) if branch else tuple(usual[:1]) or DEFAULT_BRANCHES
    default = OneOf("the default branch", landing)
    found = [Setting(name="change", branch=Ordinary("its branch"))]
    patterns = any("*" in each for each in mentioned) or {"startsWith", "matches", "contains", "endsWith"} & names
    code = " ".join(part.text for item in flat for part in item.parts if part.is_code)
    if "changeRequest" in names or patterns or any(each.startswith("CHANGE_") for each in names) or "CHANGE_" in code:
        found = [
            Setting(name="change", branch=Ordinary("its branch", "PR-"), kind="request"),
            Setting(name="push", branch=Ordinary("its branch")),
        ]
    found.append(Setting(name="landing", branch=default))
    others = [each for each in mentioned if each not in landing and "*" not in each]
    found += [Setting(name=f"push to {each}", branch=OneOf("a branch", (each,))) for each in others]
    if {"buildingTag", "TAG_NAME", "tag"} & names:
        found.append(Setting(name="tag", branch=Ordinary("the tag"), kind="tag"))
    if (_PARAMETERS & names and "parameters" in names) or "triggeredBy" in names:
        found.append(Setting(name="manual", branch=default, by="hand"))
    if {"cron", "parameterizedCron"} & names or "TimerTrigger" in mentioned:
        found.append(Setting(name="schedule", branch=default, by="clock"))
    return found


def _flat(statements: Sequence[Statement]) -> Iterator[Token]:
    """Every token, inside out: only neighbours in one bracket are near each other."""
    for statement in statements:
        for row in deep(statement):
            for item in row:
                if isinstance(item, Token):
                    yield item
            yield Token("sign", ";", 0)


def _mentioned(flat: Sequence[Token]) -> list[str]:
    """Branches (and patterns of branches) that conditions name."""
    found: dict[str, None] = {}
    near = 0
    for item in flat:
        if item.kind == "name" and item.text in _BRANCH_NAMES:
            near = 8
        elif item.text in (";", "||", "&&"):
            near = 0
        near -= 1
        if item.kind == "text" and near > 0 and len(item.parts) == 1 and len(item.text) < 80:
            for each in alternatives(item.text) or [item.text]:
                name = each.removeprefix("origin/")
                if re.fullmatch(r"[\w./*-]+", name):
                    found.setdefault(name)
    return list(found)


def parameters_of(statements: Sequence[Statement]) -> dict[str, Any]:
    """The default of every build parameter, which is what a build that nobody starts by hand gets."""
    found: dict[str, Any] = {}
    for statement in statements:
        for row in deep(statement):
            for at, item in enumerate(row):
                call = call_of(row[at:]) if is_name(item, *_PARAMETERS) else None
                named = call.last.named if call is not None else {}
                name = named.get("name")
                if not name or not isinstance(name[0], Token) or name[0].kind != "text":
                    continue
                default = named.get("defaultValue", [])
                first = default[0] if len(default) == 1 else None
                value: Any = Unknown(name[0].text)
                if isinstance(first, Token) and first.kind == "text" and len(first.parts) == 1:
                    value = first.text
                elif is_name(first, "true", "false"):
                    value = is_name(first, "true")
                elif not default and is_name(item, "string", "text"):
                    value = ""
                elif not default and is_name(item, "booleanParam"):
                    value = False
                found[name[0].text] = value
    return found
