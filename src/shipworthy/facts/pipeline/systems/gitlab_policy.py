"""Which pipelines a GitLab job is in, and how: `rules`, `only` and `except`, `when`, `allow_failure`.

Source: GitLab's reference "CI/CD YAML syntax" (`rules`, `workflow`, `allow_failure`, `when`) and its page on the
deprecated `only` and `except`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shipworthy.facts.pipeline.fact import YES, Answer, Said, no, unsure, weakest
from shipworthy.facts.pipeline.systems.gitlab_config import texts
from shipworthy.facts.pipeline.systems.gitlab_globs import left_out, selects
from shipworthy.facts.pipeline.systems.gitlab_rules import (
    Base,
    Conditions,
    Maybe,
    Truth,
    both,
    either,
    expanded,
    look_in,
    pattern_of,
)
from shipworthy.facts.pipeline.systems.gitlab_starts import Way
from shipworthy.facts.pipeline.values import Ordinary

_WHEN = {"on_success", "on_failure", "always", "never", "manual", "delayed"}
_DEFAULT_ONLY = ("branches", "tags")


@dataclass(frozen=True, slots=True)
class Decision:
    """A job in one pipeline. `runs`: by itself; `manual`: once somebody starts it; neither: it is not in it."""

    runs: Said
    manual: Said
    present: Said
    """Whether it is in the pipeline one way or the other."""
    fails: Said = YES
    optional: bool = False
    """Of a manual one: the jobs after it do not wait for it."""
    waits: bool = True
    variables: tuple[tuple[str, Any], ...] = ()
    needs: tuple[Any, ...] | None = None
    """What a rule sets in place of the job's own `needs`."""

    @property
    def is_in(self) -> bool:
        return not (self.runs.no and self.manual.no)


@dataclass(frozen=True, slots=True)
class _Case:
    """One way a job may turn out: how surely, and what it is then."""

    said: Said
    when: str
    tolerant: Any
    variables: Mapping[str, Any]
    needs: Any


class Policy:
    """Judges jobs in one pipeline. `files`: those whose change matters; `every`: all of the repository."""

    def __init__(self, way: Way, conditions: Conditions, files: Iterable[str], every: Iterable[str]) -> None:
        self.way = way
        self._conditions = conditions
        self._files = list(files)
        self._every = every
        self._plain: dict[str, Truth] = {}
        """Of conditions in which no variable of the files stands: the same for each job."""

    def condition(self, text: Any, own: Mapping[str, Any]) -> Truth:
        """Whether an `if` holds, with the variables that the files set."""
        text = str(text)
        named = [name for name in sorted(own) if name in text]
        if not named and text in self._plain:
            return self._plain[text]
        truth = self._conditions.judge(text, look_in(self.way.variables, own))
        if not isinstance(truth, bool):
            truth = self._doubted(truth, text, named, own)
        if not named:
            self._plain[text] = truth
        return truth

    def _doubted(self, truth: Maybe, text: str, named: Sequence[str], own: Mapping[str, Any]) -> Maybe:
        values = ", ".join(f"{name}={own[name]}" for name in named)
        whole = f"if {text} {values}".strip()
        return replace(truth, said=replace(truth.said, doubts=frozenset({(whole, truth.said.left_out)})))

    def included(self, rules: Any, own: Mapping[str, Any]) -> Said:
        """Whether `rules` without a job (of `workflow`, of an include) let something by."""
        decision = self.by_rules(rules, "always", None, own, YES)
        return decision.runs if not decision.runs.no else no("its rules leave it out")

    def job(self, job: Mapping[str, Any], own: Mapping[str, Any], workflow_rules: bool, mask: Said) -> Decision:
        """A job by all its keys. `mask`: what `allow_failure: true` is called in a reason."""
        when, tolerant = str(job.get("when") or "on_success"), job.get("allow_failure")
        if job.get("rules") is not None:
            default = True if tolerant is None and when == "manual" else tolerant
            return self.by_rules(job["rules"], when, default, own, mask)
        if tolerant is None:
            tolerant = when == "manual"
        only, without = job.get("only"), job.get("except")
        if only is None and not workflow_rules:
            only = {"refs": list(_DEFAULT_ONLY)}
        said: Said = YES
        if only is not None:
            said = _said(self._only(only, own), f"its `only` leaves out {self._what()}")
        if without is not None:
            said = weakest(said, self._except(without, own))
        return _decided([_Case(said, when, tolerant, {}, None)], mask) if not said.no else Decision(said, said, said)

    def _what(self) -> str:
        if self.way.kind == "merge request":
            return "merge-request pipelines"
        if self.way.source not in ("push", "merge_request_event"):
            return f"pipelines of “{self.way.source}”"
        where = self.way.ref if isinstance(self.way.ref, str) else "branches such as those of changes"
        return f"{self.way.kind} {where}" if isinstance(self.way.ref, str) else where

    def by_rules(self, rules: Any, when: str, tolerant: Any, own: Mapping[str, Any], mask: Said) -> Decision:
        """The first rule that fits decides; none: the job is left out."""
        cases: list[_Case] = []
        doubt: Said = YES
        for rule in _flat(rules):
            if not isinstance(rule, Mapping):
                doubt = weakest(doubt, unsure("a rule is not understood"))
                continue
            then = str(rule.get("when") or when)
            if then not in _WHEN:
                doubt = weakest(doubt, unsure(f"`when: {then}` is not understood"))
                continue
            truth = self._rule(rule, own)
            if truth is False or (isinstance(truth, Maybe) and then == "never" and truth.usually is False):
                continue
            said = YES if truth is True else truth.said
            if then == "never":
                if truth is True:
                    break
                doubt = weakest(doubt, self._turned(rule, own, said))
                continue
            allowed = rule.get("allow_failure")
            variables = rule.get("variables")
            cases.append(
                _Case(
                    weakest(doubt, said),
                    then,
                    tolerant if allowed is None else allowed,
                    variables if isinstance(variables, Mapping) else {},
                    rule.get("needs"),
                )
            )
            if truth is True:
                break
        if not cases:
            out = (
                doubt
                if doubt.answer is Answer.UNKNOWN and self._last_open(rules)
                else no(f"its rules leave out {self._what()}")
            )
            return Decision(out, no("it is not in the pipeline"), out)
        return _decided(cases, mask)

    def _last_open(self, rules: Any) -> bool:
        return any(not isinstance(rule, Mapping) for rule in _flat(rules))

    def _turned(self, rule: Mapping[str, Any], own: Mapping[str, Any], said: Said) -> Said:
        """What remains where a rule that may hold says `never`."""
        if "changes" in rule and said.answer is Answer.PARTIAL:
            patterns = self._patterns(rule["changes"], own)
            if patterns is not None:
                hit = frozenset(self._files) - left_out(patterns, self._files)
                why = (
                    f"`changes` with `when: never` leaves out changes to {min(hit) if hit else ', '.join(patterns[:3])}"
                )
                return Said(Answer.PARTIAL, why, hit)
        return unsure(said.why, "unless " + " and ".join(sorted(what for what, _ in said.rests_on)))

    def _rule(self, rule: Mapping[str, Any], own: Mapping[str, Any]) -> Truth:
        truth: Truth = True
        if rule.get("if") is not None:
            truth = self.condition(rule["if"], own)
        if truth is not False and rule.get("changes") is not None:
            truth = both(truth, self._changes(rule["changes"], own))
        if truth is not False and rule.get("exists") is not None:
            truth = both(truth, self._exists(rule["exists"], own))
        return truth

    def _patterns(self, given: Any, own: Mapping[str, Any]) -> list[str] | None:
        """The patterns of `changes` or `exists` with their variables; None where one is not known."""
        paths = texts(given.get("paths") if isinstance(given, Mapping) else given)
        look = look_in(self.way.variables, own)
        found = [expanded(path, look) if "$" in path else path for path in paths]
        return [str(each) for each in found] if all(isinstance(each, str) for each in found) else None

    def _changes(self, given: Any, own: Mapping[str, Any]) -> Truth:
        if not self.way.diff or self.way.kind == "tag":
            return True
        patterns = self._patterns(given, own)
        if patterns is None:
            return Maybe(unsure("a path of `changes` is not known here"))
        missed = left_out(patterns, self._files)
        if not missed:
            return True if self._files else Maybe(unsure("no file of the repository decides over `changes`"))
        return Maybe(Said(Answer.PARTIAL, f"a `changes` filter leaves out changes to {min(missed)}", missed))

    def _exists(self, given: Any, own: Mapping[str, Any]) -> Truth:
        patterns = self._patterns(given, own)
        if patterns is None or (isinstance(given, Mapping) and "project" in given):
            return Maybe(unsure("what `exists` looks for is not known here"))
        return any(selects(pattern.removeprefix("/"), path) for pattern in patterns for path in self._every)

    def _refs(self, refs: Any) -> Truth:
        way, found = self.way, False
        truth: Truth = found
        for given in texts(refs):
            name = given if given.startswith("/") else given.partition("@")[0]
            pattern = pattern_of(name.partition("/@")[0] + "/" if "/@" in name else name) if name[:1] == "/" else None
            if way.kind == "merge request":
                truth = either(truth, name in ("merge_requests", way.source))
            elif pattern is not None:
                truth = either(truth, self._conditions.fits(way.ref, pattern))
            else:
                source = name in (way.source, way.source + "s", "pushes" if way.source == "push" else "")
                kind = name == {"branch": "branches", "tag": "tags"}[way.kind]
                truth = either(truth, source or kind or name == way.ref)
        return truth

    def _parts(self, given: Any, own: Mapping[str, Any]) -> list[Truth]:
        """What each part of an `only` or `except` says."""
        if not isinstance(given, Mapping):
            return [self._refs(given)]
        found: list[Truth] = []
        if given.get("refs") is not None:
            found.append(self._refs(given["refs"]))
        if given.get("variables") is not None:
            truth: Truth = False
            for text in texts(given["variables"]):
                truth = either(truth, self.condition(text, own))
            found.append(truth)
        if given.get("changes") is not None:
            found.append(self._changes(given["changes"], own))
        if given.get("kubernetes") is not None:
            found.append(Maybe(unsure("whether a cluster is connected is not known here")))
        return found

    def _only(self, given: Any, own: Mapping[str, Any]) -> Truth:
        if isinstance(given, Mapping) and given.get("refs") is None:
            given = {**given, "refs": list(_DEFAULT_ONLY)}
        truth: Truth = True
        for each in self._parts(given, own):
            truth = both(truth, each)
        return truth

    def _except(self, given: Any, own: Mapping[str, Any]) -> Said:
        said: Said = YES
        for truth in self._parts(given, own):
            if truth is True:
                return no(f"its `except` leaves out {self._what()}")
            if isinstance(truth, Maybe) and truth.usually is None:
                rule = {"changes": given["changes"]} if isinstance(given, Mapping) and given.get("changes") else {}
                said = weakest(said, self._turned(rule, own, truth.said))
        return said


def _said(truth: Truth, why: str) -> Said:
    return YES if truth is True else no(why) if truth is False else truth.said


def _flat(rules: Any, depth: int = 0) -> list[Any]:
    """Rules as GitLab takes them: lists in lists are one list."""
    if not isinstance(rules, list) or depth > 10:
        return [rules]
    return [rule for each in rules for rule in (_flat(each, depth + 1) if isinstance(each, list) else [each])]


def _tolerates(tolerant: Any) -> Said | None:
    """What `allow_failure` does to a failure of the job; None where it does nothing."""
    if tolerant is True:
        return no("")
    if isinstance(tolerant, Mapping):
        codes = {int(each) for each in texts(tolerant.get("exit_codes")) if each.isdigit()}
        if 1 in codes or 2 in codes:
            return no("")
        return None if all(code >= 100 for code in codes) else unsure("`allow_failure: exit_codes` lets some by")
    return None


def _decided(cases: list[_Case], mask: Said) -> Decision:
    """What the cases come to together: the earlier ones, where they hold, go before the later."""
    auto = [case for case in cases if case.when in ("on_success", "always", "delayed")]
    manual = [case for case in cases if case.when == "manual"]
    failing = [case for case in cases if case.when == "on_failure"]
    nothing = no("it runs only after another job failed" if failing else "it is started by hand only")
    hard = [case for case in auto if _tolerates(case.tolerant) is None]
    chosen = hard or auto
    runs = _union(cases, chosen) if chosen else nothing
    fails: Said = YES
    if chosen and not hard:
        found = _tolerates(chosen[0].tolerant) or YES
        fails = mask if found.no else found
    first = (chosen or manual or failing or cases)[0]
    return Decision(
        runs,
        _union(cases, manual) if manual else no("it is not started by hand"),
        _union(cases, cases),
        fails,
        optional=any(_tolerates(case.tolerant) is not None for case in manual),
        waits=not any(case.when in ("always", "on_failure") for case in cases),
        variables=tuple(first.variables.items()),
        needs=tuple(first.needs) if isinstance(first.needs, list) else None,
    )


def _union(cases: list[_Case], chosen: list[_Case]) -> Said:
    """How surely one of the chosen cases comes true."""
    truth: Truth = False
    before: list[Said] = []
    for case in cases:
        if any(case is each for each in chosen):
            said = case.said
            if before:
                said = weakest(said, _unless(before))
            truth = either(truth, True if said.yes else Maybe(said))
        elif case.said.yes:
            break
        else:
            before.append(case.said)
    return _said(truth, "it is not in the pipeline")


def _unless(before: list[Said]) -> Said:
    """That none of the earlier cases, which are not chosen, comes true."""
    answer = Answer.PARTIAL if all(each.answer is Answer.PARTIAL for each in before) else Answer.UNKNOWN
    named = " or ".join(sorted(what for each in before for what, _ in each.rests_on))
    why = f"another rule goes before it: {before[0].why}"
    return Said(answer, why, doubts=frozenset({("unless " + named, frozenset[str]())}))


def shell_value(value: Any) -> str | None:
    """A predefined variable as a shell sees it; None where that is not known."""
    if isinstance(value, Base):
        return value.name
    if isinstance(value, Ordinary):
        return None
    return "" if value is None else value if isinstance(value, str) else None


def merged_decision(decision: Decision, closed: Decision) -> Decision:
    """`decision` for an open merge request, less sure where without one (`closed`) the job would not run."""
    if decision.runs.yes and closed.runs.no:
        said = Said(Answer.PARTIAL, "not on pushes before a merge request is open")
        return replace(decision, runs=said)
    return decision
