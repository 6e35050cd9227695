"""Reads `.drone.yml`: pipelines as documents (1.x and later), and the one mapping of steps of 0.8.

Source: the system's pages "Pipeline", "Triggers", "Conditions", "Parallelism", and "Upgrading from 0.8".
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from typing import Any

from shipworthy.facts.pipeline.fact import Link
from shipworthy.facts.pipeline.systems.container_steps import (
    Group,
    id_of,
    ordered,
    put,
    shared_doubt,
    variables_of,
)
from shipworthy.facts.pipeline.systems.container_when import occasions
from shipworthy.facts.pipeline.systems.occasions import Occasion
from shipworthy.facts.pipeline.systems.plan import Plan, Start
from shipworthy.facts.pipeline.tree import rows
from shipworthy.project.yaml import line_of

_DRONE = {"DRONE": ("true",)}


def read(plan: Plan) -> None:
    """Reads the file of the plan. A program that writes the pipeline (Starlark, Jsonnet) is not followed."""
    if not plan.path.endswith((".yml", ".yaml")):
        if not plan.tree.is_file(posixpath.splitext(plan.path)[0] + ".yml"):
            plan.bad("it is a program that writes the pipeline, which is not run here")
        return
    documents = [each for each in plan.tree.documents(plan.path) if isinstance(each, Mapping)]
    if plan.path in plan.tree.bad:
        plan.bad(plan.tree.bad[plan.path])
        return
    plan.variables.update(_DRONE)
    plan.name = plan.path
    pipelines = [each for each in documents if "pipeline" in each or each.get("kind", "pipeline") == "pipeline"]
    every = [(plan.start(each.name, each.on_change, event=each.event), each) for each in occasions(plan, pipelines)]
    used: set[str] = set()
    old = [each for each in pipelines if "kind" not in each and "pipeline" in each]
    for document in old:
        _old(plan, document, every, used)
    _new(plan, [each for each in pipelines if each not in old and "steps" in each], every, used)
    for document in documents:
        if document.get("kind") == "template":
            _template(plan, document, every, used)


def _template(plan: Plan, document: Mapping[str, Any], every: Sequence[tuple[Start, Occasion]], used: set[str]) -> None:
    line = line_of(document, "load") or line_of(document) or 1
    link = Link(plan.path, line, f"load: {document.get('load')}"[:80])
    name = id_of("template", used)
    for start, _ in every:
        start.job(name, line).lose("its template lies on the server", (link,), anything=True)


def _old(plan: Plan, document: Mapping[str, Any], every: Sequence[tuple[Start, Occasion]], used: set[str]) -> None:
    """Version 0.8: a mapping of steps, settings of a plugin beside its image, `branches` for the whole file."""
    branches = document.get("branches")
    rules = ({"branch": branches},) if branches is not None else ()
    steps = ordered(document.get("pipeline"), plan.path, "", used, (), empty_counts=False)
    put(plan, Group(rules=rules, steps=steps, variables={}), every)


def _new(
    plan: Plan, documents: Sequence[Mapping[str, Any]], every: Sequence[tuple[Start, Occasion]], used: set[str]
) -> None:
    names = [str(each.get("name", "default")) for each in documents]
    wanted = [[str(name) for name in _texts(each.get("depends_on"))] for each in documents]
    groups: list[Group] = []
    for number, document in enumerate(documents):
        clone = document.get("clone")
        disabled = isinstance(clone, Mapping) and clone.get("disable") is True
        prefix = f"{names[number]}: " if len(documents) > 1 else ""
        groups.append(
            Group(
                rules=(document.get("trigger"),),
                steps=ordered(document.get("steps"), plan.path, prefix, used, (), empty_counts=False),
                variables=variables_of(document.get("environment")),
                doubt=shared_doubt(disabled, document.get("steps")),
            )
        )
    for number, group in enumerate(groups):
        outer = [step.id for other in _before(number, names, wanted) for step in groups[other].steps]
        put(plan, _after(group, outer), every)


def _after(group: Group, outer: Sequence[str]) -> Group:
    from dataclasses import replace

    return replace(group, steps=tuple(replace(step, outer=tuple(outer)) for step in group.steps))


def _before(number: int, names: Sequence[str], wanted: Sequence[Sequence[str]]) -> list[int]:
    """Numbers of the pipelines that must have succeeded before this one."""
    found: dict[int, None] = {}
    waiting = [number]
    while waiting:
        for name in wanted[waiting.pop()]:
            for other, each in enumerate(names):
                if each == name and other != number and other not in found:
                    found[other] = None
                    waiting.append(other)
    return list(found)


def _texts(value: Any) -> list[Any]:
    return rows(value) if isinstance(value, list) else [value] if isinstance(value, str) else []
