"""Reads Buildkite's pipeline files: steps run side by side, unless a `wait`, a `block` or `depends_on` orders them.

When builds start is set in Buildkite itself. Source: the system's pages "Command step", "Wait step", "Block step",
"Dependencies", "Group step", "Conditionals", "Plugins" and "Dynamic pipelines".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shipworthy.facts.pipeline.fact import YES, Link, Said, no, unsure, weakest
from shipworthy.facts.pipeline.systems.buildkite_if import NAMED, ORDINARY, branch_filter, condition
from shipworthy.facts.pipeline.systems.buildkite_steps import Step, body, texts_of, uploaded
from shipworthy.facts.pipeline.systems.container_steps import id_of, variables_of
from shipworthy.facts.pipeline.systems.occasions import FEATURES, MAX_NAMES, TAGS, expanded, landing_of, others, texts
from shipworthy.facts.pipeline.systems.plan import BY_CLOCK, BY_HAND, LANDED, ON_TAG, Plan, Start
from shipworthy.project.yaml import line_of

MAX_UPLOADS = 12
MAX_NEAR = 60
MAX_DEPTH = 6
_OUTSIDE = "which builds start is set in Buildkite, not in the repository"
_WAITS = ("wait", "waiter")
_BLOCKS = ("block", "manual")


@dataclass(frozen=True, slots=True)
class Build:
    """A kind of build: which branches it may be of, and what conditions can ask of it."""

    start: Start
    names: tuple[str, ...]
    values: Mapping[str, Any]
    of_tag: bool = False


def read(plan: Plan) -> None:
    """Reads the file of the plan, and the files of the repository that its steps upload."""
    if _belongs_to_another(plan):
        return
    if plan.path.endswith(".sh"):
        start = plan.start("change", unsure(_OUTSIDE), outside=True)
        link = Link(plan.path, 1, plan.path)
        start.job("upload", 1).lose("a program puts the steps together", (link,), anything=True)
        return
    data = plan.tree.yaml(plan.path)
    steps = data.get("steps") if isinstance(data, Mapping) else data
    usual = _is_usual(plan)
    if not isinstance(steps, list):
        if usual:
            plan.bad(plan.tree.bad.get(plan.path, "it has no `steps`"))
        return
    plan.variables.update({"BUILDKITE": ("true",)})
    reading = _Reading(plan)
    reading.file(plan.path, data)
    for build in _builds(plan, reading, usual=usual):
        _Placing(plan, build, by_hand=False).all(reading.steps)
        if any(step.kind in ("block", "input") for step in reading.steps):
            name = f"{build.start.scenario.name}, by hand"
            start = plan.start(name, BY_HAND, build.start.scenario.line, event="manual")
            _Placing(plan, replace(build, start=start), by_hand=True).all(reading.steps)


_MAIN = re.compile(r"(\.buildkite/)?(pipeline|buildkite)\.(ya?ml|json)")


def _is_usual(plan: Plan) -> bool:
    """Whether Buildkite finds a file by itself, or there is none it would and this one has such a name.

    Another one is a pipeline of its own, if Buildkite is told so: one for releases, or for the night.
    """
    if _MAIN.fullmatch(plan.path):
        return True
    named = plan.path.rpartition("/")[2].startswith(("pipeline.", "pipeline-", "pipeline_"))
    return named and not any(_MAIN.fullmatch(path) for path in plan.tree.files)


def _belongs_to_another(plan: Plan) -> bool:
    """Whether another file of the folder names this one: it is read there, where its steps stand."""
    if plan.path.startswith(".buildkite/pipeline.") and plan.path.count(".") == 2:
        return False
    near = [path for path in plan.tree.files if path.startswith(".buildkite/") and path != plan.path]
    return any(plan.path in (plan.tree.text(path) or "") for path in sorted(near)[:MAX_NEAR])


class _Reading:
    """All steps in file order, those of uploaded files behind the step that uploads them."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.steps: list[Step] = []
        self.patterns: list[str] = []
        self._used: set[str] = set()
        self._uploads = 0

    def file(self, path: str, data: Any) -> None:
        steps = data.get("steps") if isinstance(data, Mapping) else data
        env = variables_of(data.get("env")) if isinstance(data, Mapping) else {}
        self._list(path, steps, env, (), "", 0)

    def _list(
        self,
        path: str,
        rows: Any,
        env: Mapping[str, tuple[str, ...]],
        rules: tuple[Mapping[str, Any], ...],
        group: str,
        depth: int,
    ) -> None:
        for index, row in enumerate(rows if isinstance(rows, list) else ()):
            line = line_of(rows, index) or 1
            node = {row: None} if isinstance(row, str) else row
            if not isinstance(node, Mapping):
                continue
            self.patterns += [each for each in texts_of(node.get("branches")) if not each.startswith("!")]
            self.patterns += NAMED.findall(str(node.get("if") or ""))
            kind = _kind(node)
            key = str(node.get("key") or node.get("id") or node.get("identifier") or "")
            if kind == "group":
                if depth >= MAX_DEPTH:
                    self.plan.cut("its groups are nested too deep", line)
                else:
                    self._list(path, node.get("steps"), env, (*rules, node), key or group, depth + 1)
                continue
            label = node.get("label") or node.get("name") or key or kind
            name = id_of(label, self._used)
            self._used.add(name)
            step = Step(
                id=name,
                kind=kind,
                key=key,
                group=group,
                path=path,
                line=line,
                node=node,
                rules=(*rules, node),
                variables={**env, **variables_of(node.get("env"))},
            )
            self.steps.append(step)
            for other in uploaded(self.plan, step):
                self._upload(step, other, depth)

    def _upload(self, step: Step, path: str, depth: int) -> None:
        self._uploads += 1
        data = self.plan.tree.yaml(path)
        if self._uploads > MAX_UPLOADS or depth >= MAX_DEPTH or path == step.path:
            self.plan.cut("it uploads more pipelines than are followed", step.line)
        elif path in self.plan.tree.bad or data is None:
            self.plan.bad(f"the pipeline {path} it uploads is not understood", step.line)
        else:
            rows = data.get("steps") if isinstance(data, Mapping) else data
            env = variables_of(data.get("env")) if isinstance(data, Mapping) else {}
            self._list(path, rows, {**step.variables, **env}, step.rules, step.group, depth + 1)


def _kind(node: Mapping[str, Any]) -> str:
    given = str(node.get("type", ""))
    if "group" in node and "steps" in node:
        return "group"
    for kind, names in (("wait", _WAITS), ("block", _BLOCKS), ("input", ("input",)), ("trigger", ("trigger",))):
        if given in names or any(name in node for name in names):
            return kind
    return "command"


def _builds(plan: Plan, reading: _Reading, *, usual: bool) -> Iterator[Build]:
    landing = landing_of(plan.around.branch, reading.patterns)
    plain = {
        "build.message": ORDINARY,
        "build.author.name": ORDINARY,
        "build.author.email": ORDINARY,
        "build.creator.name": ORDINARY,
        "build.creator.email": ORDINARY,
        "build.source": "webhook",
        "build.tag": None,
        "build.pull_request.id": None,
        "build.pull_request.base_branch": None,
        "build.pull_request.draft": False,
        "build.pull_request.labels": ORDINARY,
        "build.pull_request.repository.fork": False,
        "build.merge_queue.base_branch": None,
        "pipeline.default_branch": landing,
        "build.pipeline.default_branch": landing,
    }
    request = {**plain, "build.pull_request.id": "7", "build.pull_request.base_branch": landing}
    line = reading.steps[0].line if reading.steps else 1
    outside = unsure(_OUTSIDE)
    if not usual:
        # Whether changes start it at all is not known, so it is none of the starts that are.
        elsewhere = unsure("which pipeline uses this file is set in Buildkite")
        yield Build(plan.start("elsewhere", elsewhere, line, event="push"), (landing,), plain)
        return
    yield Build(plan.start("change", outside, line, event="pull_request", outside=True), FEATURES, request)
    yield Build(plan.start("push", outside, line), FEATURES, plain)
    yield Build(plan.start("landing", LANDED, line, event="push"), (landing,), plain)
    for name in plan.first(others(landing, reading.patterns), MAX_NAMES, "branches that it names"):
        yield Build(plan.start(f"landing on {name}", LANDED, line, event="push"), (name,), plain)
    yield Build(plan.start("tag", ON_TAG, line), TAGS, plain, of_tag=True)
    yield Build(plan.start("manual", BY_HAND, line), (landing,), {**plain, "build.source": "ui"})
    yield Build(plan.start("schedule", BY_CLOCK, line), (landing,), {**plain, "build.source": "schedule"})


class _Placing:
    """Puts the steps down for one build. `by_hand`: whether somebody went on with each step that waits for it."""

    def __init__(self, plan: Plan, build: Build, *, by_hand: bool) -> None:
        self.plan = plan
        self.build = build
        self.by_hand = by_hand
        self.done: dict[str, None] = {}
        self.held: dict[str, Said] = {}
        self.keys: dict[str, list[str]] = {}
        self.barrier: tuple[str, ...] = ()
        self.hold: Said = YES
        self.every: list[str] = []
        self._needs: dict[str, tuple[str, ...]] = {}

    def all(self, steps: Sequence[Step]) -> None:
        self.every = [step.id for step in steps]
        for step in steps:
            said = weakest(*(self._rules(each) for each in step.rules))
            if step.kind == "wait":
                self._wait(step, said)
            elif step.kind in ("block", "input"):
                self._block(step, said)
            else:
                self._job(step, said)

    def _rules(self, node: Mapping[str, Any]) -> Said:
        found = [YES]
        skip = node.get("skip")
        if skip is True or (isinstance(skip, str) and skip.lower() not in ("", "false")):
            found.append(no("`skip` is set"))
        patterns = texts_of(node.get("branches"))
        if patterns:
            found.append(branch_filter(patterns, self.build.names))
        text = node.get("if")
        if isinstance(text, bool):
            found.append(YES if text else no("`if: false`"))
        elif text is not None:
            found.append(condition(str(text), self.build.names, self.build.values, self.build.of_tag))
        changed = node.get("if_changed")
        if isinstance(changed, Mapping):
            found.append(unsure("an `if_changed` with parts"))
        elif changed is not None:
            wanted = [each for pattern in texts(changed) for each in expanded(pattern)]
            found.append(self.plan.paths(wanted, key="if_changed"))
        return weakest(*found)

    def _wait(self, step: Step, said: Said) -> None:
        if not said.yes:
            # It may not be there, and then nothing is waited for.
            self.barrier = self.barrier if said.no else ()
            return
        self.barrier = () if step.node.get("continue_on_failure") is True else tuple(self.done)

    def _block(self, step: Step, said: Said) -> None:
        hold = YES
        if not self.by_hand and not said.no:
            hold = (
                no(f"waits for a person at {step.path}:{step.line}")
                if said.yes
                else unsure("perhaps it waits for a person")
            )
        needs, held = self._explicit(step) if step.explicit else (tuple(self.done), self.hold)
        self._keep(step, needs, weakest(hold, held))
        self.done.pop(step.id)
        if step.kind == "block" and not said.no:
            self.hold = weakest(hold, held)
            self.barrier = needs if said.yes else ()

    def _keep(self, step: Step, needs: tuple[str, ...], held: Said) -> None:
        self.done[step.id] = None
        self.held[step.id] = held
        for name in {step.key, *(str(each.get("key")) for each in step.rules if each.get("key"))} - {""}:
            self.keys.setdefault(name, []).append(step.id)
        self._needs[step.id] = needs

    def _explicit(self, step: Step) -> tuple[tuple[str, ...], Said]:
        """What a step with `depends_on` waits for, through all that those wait for, and whether a person is in it."""
        found: dict[str, None] = {}
        held = YES
        for name, tolerant in step.wanted:
            for other in self.keys.get(name, ()):
                held = weakest(held, self.held[other])
                if not tolerant:
                    found.update(dict.fromkeys((other, *self._needs[other])))
        return tuple(found), held

    def _job(self, step: Step, said: Said) -> None:
        needs, held = self._explicit(step) if step.explicit else (self.barrier, self.hold)
        if any(each.get("allow_dependency_failure") is True for each in step.rules):
            needs = ()
        self._keep(step, needs, held)
        runs = weakest(said, held)
        if runs.no:
            # Where it does not run, it says nothing about what it waits for.
            known = self.plan.jobs.get(step.id)
            needs = known.needs if known else tuple(self.every)
        job = self.build.start.job(step.id, step.line, needs=needs, runs=runs, fails=_fails(step.node), steps=1)
        body(self.plan, job, step)


def _fails(node: Mapping[str, Any]) -> Said:
    soft = node.get("soft_fail")
    if soft is True or str(soft).lower() == "true":
        return no("`soft_fail: true`")
    statuses = (
        {str(row.get("exit_status")) if isinstance(row, Mapping) else str(row) for row in soft or ()}
        if isinstance(soft, list)
        else set()
    )
    if statuses & {"*", "1"}:
        return no("`soft_fail` takes the exit status 1")
    if "2" in statuses:
        return unsure("`soft_fail` takes the exit status 2")
    return YES
