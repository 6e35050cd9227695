"""Filters of Drone and Woodpecker (`when`, `trigger`, `branches`): whether a step or pipeline runs on an occasion.

Source: the systems' pages "Conditions", "Triggers" and "Workflow syntax".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shipworthy.facts.pipeline.fact import YES, Answer, Said, no, strongest, unsure, weakest
from shipworthy.facts.pipeline.systems.occasions import (
    FEATURES,
    MAX_NAMES,
    TAGS,
    Occasion,
    expanded,
    fits,
    landing_of,
    others,
    share,
    texts,
)
from shipworthy.facts.pipeline.systems.plan import BY_CLOCK, BY_HAND, LANDED, ON_TAG, Plan
from shipworthy.facts.pipeline.triggers import DEFAULT_BRANCHES

MAX_DEPTH = 12
_DEFAULT_BRANCH = "CI_REPO_DEFAULT_BRANCH"
_ITS_NAME = re.compile(r"\$\$?\{?(CI_REPO_DEFAULT_BRANCH|DRONE_REPO_BRANCH)\}?")
_OF_CHANGE = ("push", "pull_request")


@dataclass(frozen=True, slots=True)
class Filter:
    """What a filter says of one occasion. `after_failure`: it also runs when something before it has failed."""

    runs: Said
    after_failure: bool = False


def lists(value: Any) -> tuple[list[str], list[str]] | None:
    """(included, excluded) of a condition's value: a text, a list, or a mapping of the two; None for anything else."""
    if isinstance(value, Mapping):
        return texts(value.get("include", [])), texts(value.get("exclude", []))
    return (texts(value), []) if isinstance(value, str | list | int | float) else None


def _takes(value: Any, names: Sequence[str], why: str) -> Said:
    both = lists(value)
    if both is None:
        return unsure(f"{why} that is not understood")
    include, exclude = both
    return share(names, lambda name: not fits(exclude, name) and (not include or fits(include, name)), why)


def _named(value: Any, plan: Plan) -> Any:
    """A condition's value with the default branch put in where the system's own variable stands for it."""
    if isinstance(value, Mapping):
        return {key: _named(each, plan) for key, each in value.items()}
    if isinstance(value, list):
        return [_named(each, plan) for each in value]
    known = plan.variables.get(_DEFAULT_BRANCH)
    return _ITS_NAME.sub(lambda _match: known[0], value) if isinstance(value, str) and known else value


def _refs(occasion: Occasion, value: Any) -> Said:
    return _takes(value, occasion.refs, "a filter on refs")


def _paths(plan: Plan, value: Any) -> Said:
    both = lists(value)
    if both is None:
        return unsure("a filter on paths that is not understood")
    include, exclude = ([each for pattern in part for each in expanded(pattern)] for part in both)
    if not include:
        return plan.paths(exclude, ignored=True, key="path") if exclude else YES
    return plan.paths([*include, *(f"!{each}" for each in exclude)], key="path")


def _branch(plan: Plan, occasion: Occasion, value: Any) -> Said:
    value = _named(value, plan)
    if occasion.event in ("tag", "release"):
        if plan.system == "woodpecker":
            return YES
        said = _takes(value, occasion.branches, "a filter on branches")
        return said if said.yes or said.no else unsure("a filter on branches decides for a tag")
    return _takes(value, occasion.branches, "a filter on branches")


def _one(plan: Plan, rules: Mapping[str, Any], occasion: Occasion, step: bool) -> Filter:
    said: list[Said] = []
    after_failure = False
    for key, value in rules.items():
        if value is None:
            continue
        if key in ("branch", "branches"):
            said.append(_branch(plan, occasion, value))
        elif key == "event":
            said.append(_takes(value, (occasion.event,), f"only on {', '.join(texts(value)) or 'some'} events"))
        elif key == "ref":
            said.append(_refs(occasion, value))
        elif key == "status":
            include, exclude = lists(value) or ([], [])
            wanted = [each for each in include or ("success", "failure") if each not in exclude]
            after_failure = "failure" in wanted
            if "success" not in wanted:
                said.append(no("runs only after a failure"))
        elif key == "repo":
            own = plan.around.repository
            said.append(_takes(value, (own,), "only in another repository") if own else unsure("a filter on `repo`"))
        elif key in ("path", "paths") and occasion.event in _OF_CHANGE:
            said.append(_paths(plan, value) if plan.system == "woodpecker" else unsure("a filter on paths"))
        elif key == "cron":
            said.append(YES if occasion.event == "cron" else no("only by the clock") if plan.system == "drone" else YES)
        elif key in ("target", "environment"):
            by_hand = occasion.event in ("promote", "rollback", "deployment")
            said.append(YES if by_hand else no("only for a deployment started by hand"))
        elif key == "action" and occasion.event == "pull_request":
            said.append(_takes(value, ("opened", "synchronized"), "only on some actions of a pull request"))
        elif key in ("evaluate", "instance") or (key == "matrix" and step):
            said.append(unsure(f"a condition on `{key}`"))
    return Filter(weakest(*said) if said else YES, after_failure)


def judged(plan: Plan, rules: Any, occasion: Occasion, *, step: bool) -> Filter:
    """A filter: a mapping whose conditions must all hold, or (Woodpecker) a list of mappings of which one must."""
    if rules is None or rules == [] or rules == {}:
        return Filter(YES)
    if isinstance(rules, Mapping):
        return _one(plan, rules, occasion, step)
    if isinstance(rules, list) and all(isinstance(each, Mapping) for each in rules):
        found = [_one(plan, each, occasion, step) for each in rules]
        runs = strongest((each.runs for each in found), no("none of its conditions holds"))
        return Filter(runs, any(each.after_failure for each in found))
    return Filter(unsure("a filter that is not understood"))


def _written(node: Any, depth: int = 0) -> Iterator[tuple[str, str]]:
    """(key, pattern) of each filter on branches and refs, wherever it stands."""
    if depth > MAX_DEPTH:
        return
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key in ("branch", "branches", "ref"):
                for each in [each for part in lists(value) or () for each in part]:
                    yield "ref" if key == "ref" else "branch", each
            elif key not in ("settings", "environment", "commands"):
                yield from _written(value, depth + 1)
    elif isinstance(node, list):
        for each in node:
            yield from _written(each, depth + 1)


def occasions(plan: Plan, documents: Sequence[Any]) -> list[Occasion]:
    """Every way the file's pipelines may start. A pull request counts with the branch that it is to land on."""
    branches, tags = list[str](), list[str]()
    for document in documents:
        for key, pattern in _written(document):
            if key == "branch":
                branches.append(pattern)
            elif pattern.startswith("refs/heads/"):
                branches.append(pattern.removeprefix("refs/heads/"))
            elif pattern.startswith("refs/tags/"):
                tags.append(pattern.removeprefix("refs/tags/"))
    landing = landing_of(plan.around.branch, branches)
    written = others(landing, [each for each in branches if "$" not in each])
    more = plan.first(written, MAX_NAMES, "branches that it names")
    plan.variables[_DEFAULT_BRANCH] = (landing,)

    def heads(*names: str) -> tuple[str, ...]:
        return tuple(f"refs/heads/{name}" for name in names)

    found = [
        Occasion("change", "pull_request", YES, (landing,), ("refs/pull/7/head",)),
        Occasion("push", "push", YES, FEATURES, heads(*FEATURES)),
        Occasion("landing", "push", LANDED, (landing,), heads(landing)),
    ]
    for name in more:
        also = plan.around.branch is None and name in DEFAULT_BRANCHES
        side = YES if also else Said(Answer.PARTIAL, f"only for changes into {name}")
        found.append(Occasion(f"change into {name}", "pull_request", side, (name,), ("refs/pull/7/head",)))
        found.append(Occasion(f"landing on {name}", "push", LANDED, (name,), heads(name)))
    names = tuple(dict.fromkeys((*TAGS, *plan.first(others("", tags), MAX_NAMES, "tags that it names"))))
    found.append(Occasion("tag", "tag", ON_TAG, (landing,), tuple(f"refs/tags/{name}" for name in names)))
    by_hand = ("promote", "rollback", "custom", "deployment") if plan.system == "drone" else ("deployment", "manual")
    found += [Occasion(event, event, BY_HAND, (landing,), heads(landing)) for event in by_hand]
    if plan.system == "woodpecker":
        found.append(Occasion("release", "release", no("starts only when a release is made"), (landing,), ()))
        closed = no("starts only when a pull request is closed")
        found.append(Occasion("pull_request_closed", "pull_request_closed", closed, (landing,), ()))
    found.append(Occasion("schedule", "cron", BY_CLOCK, (landing,), heads(landing)))
    return found
