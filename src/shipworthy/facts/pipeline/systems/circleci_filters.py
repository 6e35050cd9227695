"""What starts which part of a CircleCI configuration: branches and tags it names, filters, `when`, changed files.

Source: CircleCI's configuration reference ("filters", "Expression-based job filters", "Using when in workflows") and
the page of the path-filtering orb.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shipworthy.facts.pipeline.fact import YES, Answer, Said, no, unsure
from shipworthy.facts.pipeline.systems.circleci_steps import named_branches
from shipworthy.facts.pipeline.systems.circleci_values import Sample, Scope, expression, fill, logic
from shipworthy.facts.pipeline.systems.plan import NotUnderstood, Plan
from shipworthy.facts.pipeline.systems.refs import Patterns, Ref, branches_of, tags_of
from shipworthy.facts.pipeline.values import Unknown

MAX_NODES = 50_000
_COMPARED = re.compile(r"pipeline\.git\.(branch|tag)\s*(==|!=|starts-with|=~)\s*[\"']([^\"'\n]{1,200})[\"']")


@dataclass(slots=True)
class _Told:
    """Names and patterns (of a whole name) that a file has for branches, or for tags."""

    names: list[str] = field(default_factory=list)
    patterns: list[str] = field(default_factory=list)
    asked: bool = False

    def add(self, text: str) -> None:
        self.asked = True
        if len(text) > 2 and text.startswith("/") and text.endswith("/"):
            self.patterns.append(text[1:-1])
        elif text:
            self.names.append(text)

    def add_search(self, pattern: str) -> None:
        """A pattern that may match anywhere in the name."""
        self.asked = True
        before, behind = "" if "^" in pattern else ".*", "" if "$" in pattern else ".*"
        self.patterns.append(f"{before}(?:{pattern}){behind}")


def texts(value: Any) -> list[str]:
    """A filter's value as a list of texts."""
    return [str(each) for each in value] if isinstance(value, list) else [] if value is None else [str(value)]


def _nodes(root: Any) -> Iterator[Any]:
    """Every mapping and text below a node, each mapping and list once."""
    waiting, seen = [root], set[int]()
    while waiting and len(seen) < MAX_NODES:
        node = waiting.pop()
        if isinstance(node, str):
            yield node
        elif isinstance(node, (Mapping, list)) and id(node) not in seen:
            seen.add(id(node))
            if isinstance(node, Mapping):
                yield node
                waiting += list(node.values())
            else:
                waiting += node
    if waiting:
        raise NotUnderstood(f"it has more than {MAX_NODES} parts")


def _told(data: Mapping[str, Any]) -> dict[str, _Told]:
    told = {"branch": _Told(), "tag": _Told()}
    for node in _nodes(data):
        if isinstance(node, str):
            for what, sign, text in _COMPARED.findall(node) if "pipeline.git." in node else ():
                if sign == "starts-with":
                    told[what].patterns.append(re.escape(text) + ".*")
                    told[what].asked = True
                elif sign == "=~":
                    told[what].add_search(text.strip("/"))
                else:
                    told[what].add(text)
            if "pipeline.git.tag" in node:
                told["tag"].asked = True
            continue
        filters = node.get("filters")
        for key, what in (("branches", "branch"), ("tags", "tag")):
            rows: Any = filters.get(key) if isinstance(filters, Mapping) else None
            for each in ("only", "ignore") if isinstance(rows, Mapping) else ():
                for text in texts(rows.get(each)):
                    told[what].add(text)
        for what in told:
            name = f"pipeline.git.{what}"
            parts, match = node.get("equal"), node.get("matches")
            if isinstance(parts, list) and any(name in str(each) for each in parts):
                for each in parts:
                    if isinstance(each, str) and "<<" not in each:
                        told[what].add(str(each))
            if isinstance(match, Mapping) and name in str(match.get("value")):
                told[what].add_search(str(match.get("pattern")).removeprefix("/").removesuffix("/"))
    return told


def refs_of(plan: Plan, data: Mapping[str, Any], text: str, fits: Patterns) -> list[Ref]:
    """Every kind of branch and tag that the configuration tells apart."""
    told = _told(data)
    branch, tag = told["branch"], told["tag"]
    refs = branches_of([*branch.names, *named_branches(text)], branch.patterns, plan.around.branch, fits)
    return refs + (tags_of(tag.names, tag.patterns, fits) if tag.asked else [])


def scope_of(ref: Ref, parameters: Mapping[str, Any], fits: Patterns, *, plain: bool, source: str = "webhook") -> Scope:
    """What is known of the pipeline's values when this ref starts it."""
    known: dict[str, Any] = {f"pipeline.parameters.{name}": value for name, value in parameters.items()}
    known["pipeline.git.branch"] = Unknown("the branch") if ref.branch is None else Sample(ref.branch)
    known["pipeline.git.tag"] = Unknown("the tag") if ref.tag is None else Sample(ref.tag)
    known["pipeline.git.branch.is_default"] = ref.default
    known["pipeline.trigger_source"] = source
    if source == "webhook":
        known["pipeline.schedule.name"] = known["pipeline.schedule.id"] = ""
    return Scope(known, fits, plain)


def _fits(patterns: Sequence[str], name: str | None, fits: Patterns) -> bool | None:
    """Whether one of a filter's names or `/patterns/` is this name; None where that is not known."""
    if name is None:
        return None if patterns else False
    answers = [
        fits.full(each[1:-1], name) if len(each) > 2 and each[0] == each[-1] == "/" else each == name
        for each in patterns
    ]
    return True if True in answers else None if None in answers else False


def lets_by(filters: Any, ref: Ref, scope: Scope) -> Said:
    """Whether a job's `filters` let a branch or tag by. Without filters every branch is, and no tag."""
    if isinstance(filters, str):
        holds = expression(filters.strip().removeprefix("<<").removesuffix(">>"), scope)
        return YES if holds else unsure("its filter depends on something not known here") if holds is None else _OUT
    rows = filters.get("tags" if ref.is_tag else "branches") if isinstance(filters, Mapping) else None
    if not isinstance(rows, Mapping):
        return no("tags start it only with a filter for tags") if ref.is_tag else YES
    name = ref.tag if ref.is_tag else ref.branch
    only, ignored = texts(rows.get("only")), texts(rows.get("ignore"))
    if "only" not in rows and "ignore" not in rows:
        return no("tags start it only with a filter for tags") if ref.is_tag else YES
    taken = _fits(only, name, scope.fits) if "only" in rows else True
    left = _fits(ignored, name, scope.fits) if "ignore" in rows and "only" not in rows else False
    if taken is False or left is True:
        return _OUT
    return unsure("a filter's pattern is not understood") if taken is None or left is None else YES


_OUT = no("its filter leaves this branch or tag out")


@dataclass(slots=True)
class ByFile:
    """Pipeline parameters that the path-filtering orb sets from the changed files."""

    rows: list[tuple[str, str, Any]] = field(default_factory=list)
    """(pattern of a whole path, parameter, value)"""
    _groups: dict[tuple[int, ...], list[str]] | None = None

    @classmethod
    def of(cls, mapping: str) -> ByFile | None:
        """The orb's `mapping`; None where it has rows of another form."""
        made = cls()
        for line in mapping.split("\n"):
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            if len(words) != 3:
                return None
            try:
                value = json.loads(words[2])
            except ValueError:
                value = words[2]
            made.rows.append((words[0], words[1], value if isinstance(value, (str, bool, int, float)) else words[2]))
        return made

    def groups(self, files: Sequence[str], fits: Patterns) -> Mapping[tuple[int, ...], list[str]] | None:
        """Changed files by the rows that take them; None where a pattern is not understood."""
        if self._groups is None:
            self._groups = {}
            for path in files:
                answers = [fits.full(pattern, path) for pattern, _, _ in self.rows]
                if None in answers:
                    self._groups = {(-1,): []}
                    break
                taken = tuple(number for number, answer in enumerate(answers) if answer)
                self._groups.setdefault(taken, []).append(path)
        return None if (-1,) in self._groups else self._groups


def runs_workflow(workflow: Mapping[str, Any], scope: Scope, by_file: ByFile | None, files: Sequence[str]) -> Said:
    """Whether a workflow's `when` and `unless` let it run."""
    if by_file is None or not by_file.rows:
        return _said(_holds(workflow, scope))
    groups = by_file.groups(files, scope.fits)
    if groups is None:
        return unsure("which files start it is not understood")
    answers: dict[bool | None, list[str]] = {}
    for taken, paths in groups.items():
        given = {f"pipeline.parameters.{by_file.rows[at][1]}": by_file.rows[at][2] for at in taken}
        answers.setdefault(_holds(workflow, replace(scope, known={**scope.known, **given})), []).extend(paths)
    if set(answers) <= {True}:
        return YES
    if set(answers) == {False}:
        return _said(False)
    if None in answers:
        return _said(None)
    left = frozenset(answers[False])
    return Said(Answer.PARTIAL, f"the changed files start it, and {min(left)} does not", left)


def _holds(workflow: Mapping[str, Any], scope: Scope) -> bool | None:
    answers = [logic(workflow["when"], scope)] if "when" in workflow else []
    if "unless" in workflow:
        inner = logic(workflow["unless"], scope)
        answers.append(None if inner is None else not inner)
    return False if False in answers else None if None in answers else True


def _said(holds: bool | None) -> Said:
    if holds is None:
        return unsure("its `when` depends on something not known here")
    return YES if holds else no("its `when` does not hold here")


def parameters_of(data: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """The pipeline's parameters with their defaults, which hold unless somebody starts it by hand."""
    rows = data.get("parameters")
    found: dict[str, Any] = {}
    for name, row in rows.items() if isinstance(rows, Mapping) else ():
        given = isinstance(row, Mapping) and "default" in row
        found[str(name)] = fill(row["default"], scope) if given else Unknown(f"pipeline.parameters.{name}")
    return found
