"""Reads Woodpecker's workflows: `.woodpecker.yml`, or each file of the folder `.woodpecker`, one a workflow.

Source: the system's pages "Workflow syntax", "Workflows" and "Matrix workflows".
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from shipworthy.facts.pipeline.systems.container_steps import Group, ordered, put, shared_doubt, variables_of
from shipworthy.facts.pipeline.systems.container_when import occasions
from shipworthy.facts.pipeline.systems.occasions import texts
from shipworthy.facts.pipeline.systems.plan import Plan

MAX_WORKFLOWS = 50
_FOLDER = ".woodpecker/"


def _workflows(plan: Plan) -> dict[str, str]:
    """Path of each workflow of the folder by the name others depend on."""
    found: dict[str, str] = {}
    for path in sorted(plan.tree.files):
        rest = path.removeprefix(_FOLDER)
        if path.startswith(_FOLDER) and "/" not in rest and rest.endswith((".yml", ".yaml")):
            found[posixpath.splitext(rest)[0].removeprefix(".")] = path
    return found


def read(plan: Plan) -> None:
    """Reads one workflow, and those it depends on: their steps come before its own."""
    known = _workflows(plan)
    if known and not plan.path.startswith(_FOLDER):
        # The server takes the folder where there is one, and leaves the single file alone.
        return
    data = plan.tree.yaml(plan.path)
    if not isinstance(data, Mapping):
        plan.bad(plan.tree.bad.get(plan.path, "it is not a mapping"))
        return
    plan.variables.update({"CI": ("woodpecker",)})
    before = _before(plan, data, known)
    every = [
        (plan.start(each.name, each.on_change, event=each.event), each)
        for each in occasions(plan, [data, *(other for _, other in before)])
    ]
    used: set[str] = set()
    outer: list[str] = []
    for path, other in before:
        group = _group(path, other, f"{posixpath.splitext(posixpath.basename(path))[0]}: ", used)
        put(plan, group, every)
        outer += [step.id for step in group.steps]
    group = _group(plan.path, data, "", used)
    if {"failure"} & set(texts(data.get("runs_on", []))):
        outer = []
    put(plan, replace(group, steps=tuple(replace(step, outer=tuple(outer)) for step in group.steps)), every)


def _before(plan: Plan, data: Mapping[str, Any], known: Mapping[str, str]) -> list[tuple[str, Mapping[str, Any]]]:
    """The workflows that must have succeeded before this one, nearest first."""
    found: dict[str, Mapping[str, Any]] = {}
    waiting = [data]
    while waiting:
        if len(found) >= MAX_WORKFLOWS:
            plan.cut(f"it waits for more than {MAX_WORKFLOWS} workflows")
            break
        for name in texts(waiting.pop().get("depends_on", [])):
            path = known.get(name)
            other = plan.tree.yaml(path) if path and path not in found and path != plan.path else None
            if path and isinstance(other, Mapping):
                found[path] = other
                waiting.append(other)
    return list(found.items())


def _group(path: str, data: Mapping[str, Any], prefix: str, used: set[str]) -> Group:
    steps = data.get("steps", data.get("pipeline"))
    branches = data.get("branches")
    rules: Sequence[Any] = [data.get("when"), *([{"branch": branches}] if branches is not None else [])]
    return Group(
        rules=tuple(rules),
        steps=ordered(steps, path, prefix, used, (), empty_counts=True),
        variables=_matrix(data.get("matrix")),
        doubt=shared_doubt(data.get("skip_clone"), steps),
    )


def _matrix(node: Any) -> Mapping[str, tuple[str, ...]]:
    """What each variable of the matrix may be."""
    found: dict[str, tuple[str, ...]] = {}
    if isinstance(node, Mapping):
        for row in node["include"] if isinstance(node.get("include"), list) else []:
            for key, values in variables_of(row).items():
                found[key] = tuple(dict.fromkeys((*found.get(key, ()), *values)))
        for key, value in node.items():
            if key != "include" and isinstance(value, list):
                found[str(key)] = tuple(dict.fromkeys(texts(value)))
    return found
