"""Runs through the stages and jobs of an Azure pipeline in one start: order, conditions, matrices, deployments.

Source: the system's references "stages", "jobs.job", "jobs.deployment", and the pages "Specify dependencies" (a stage
waits for the one before it, a job for none) and "Specify conditions".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shipworthy.facts.pipeline.fact import YES, Answer, Kind, Link, Said, no, unsure, weakest
from shipworthy.facts.pipeline.systems.azure_conditions import judged, state_of, wanted
from shipworthy.facts.pipeline.systems.azure_expressions import Scope
from shipworthy.facts.pipeline.systems.azure_nodes import Map
from shipworthy.facts.pipeline.systems.azure_starts import Way
from shipworthy.facts.pipeline.systems.azure_steps import Steps
from shipworthy.facts.pipeline.systems.azure_variables import filled, variables_of
from shipworthy.facts.pipeline.systems.plan import Plan, PlannedJob
from shipworthy.facts.pipeline.values import HOLE, Open, Unknown, text_of

MAX_COMBINATIONS = 24
_HOOKS = ("preDeploy", "deploy", "routeTraffic", "postRouteTraffic")
_SET = re.compile(r"##vso\[task\.setvariable\s+variable=([\w.-]{1,80})", re.I)
_PRINTS = re.compile(r"\s*(echo|printf|write-host|write-output|ls|dir|pwd|sleep|#)\b|\s*#[^;&|]*$", re.I)
_AGENTS = {"windows": "Windows_NT", "linux": "Linux", "mac": "Darwin"}
_WINDOWS = re.compile(r"windows|win-?\d|vs-?20\d\d|win1803", re.I)
_OTHERS = (("mac", re.compile(r"mac|osx", re.I)), ("linux", re.compile(r"ubuntu|linux|debian|rhel|mariner", re.I)))


@dataclass(slots=True)
class _Done:
    """A stage or job that was read: whether it runs, and the ids of its jobs."""

    runs: Said
    ids: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Around:
    """What a job has from its stage and the pipeline."""

    prefix: str
    variables: Open
    pool: Any
    container: Any
    needs: tuple[str, ...]
    waits: bool
    runs: Said
    condition: str = ""


class Walk:
    """The whole file in one start. `bad` collects what the system itself would refuse."""

    def __init__(self, plan: Plan, way: Way) -> None:
        self.plan, self.way = plan, way
        self._stages: dict[str, dict[str, _Done]] = {}

    def root(self, root: Map, variables: Open) -> None:
        """The expanded file."""
        known = variables_of(root.get("variables"), variables)
        for name in _SET.findall(self.plan.tree.text(self.plan.path) or ""):
            # A command sets it on the way, so what the file says of it may no longer hold.
            for other in [each for each in known if each.lower() == name.lower()]:
                del known[other]
            known[name] = Unknown(f"variables.{name}")
        around = _Around("", known, root.get("pool", root.get("queue")), root.get("container"), (), True, YES)
        stages = root.get("stages")
        if isinstance(stages, (list, Unknown)):
            self._walk_stages(stages, around)
        else:
            self._walk_jobs(root, around)

    def _walk_stages(self, stages: Any, around: _Around) -> None:
        done: dict[str, _Done] = {}
        rows = stages if isinstance(stages, list) else [stages]
        before: list[str] = []
        for number, stage in enumerate(rows):
            if not isinstance(stage, Map) or stage.opaque or "stage" not in stage:
                self._opaque(stage, f"stage{number + 1}", around)
                before = []
                continue
            name = _shown(stage["stage"]) or f"stage{number + 1}"
            variables = variables_of(stage.get("variables"), around.variables)
            said, needs, waits = self._order(stage, before, done, variables, "the stage", {})
            if _shown(stage.get("trigger")).lower() == "manual" and not self.way.by_hand:
                said = weakest(said, no("the stage starts only by hand"))
            inner = _Around(
                f"{name.replace('/', '_')}: ",
                variables,
                stage.get("pool", around.pool),
                around.container,
                tuple(needs),
                waits,
                weakest(stage.runs, said),
                _shown(stage.get("condition")),
            )
            done[name] = self._walk_jobs(stage, inner)
            before = [name]

    def _order(
        self,
        node: Map,
        before: Sequence[str],
        done: Mapping[str, _Done],
        variables: Open,
        what: str,
        names: Mapping[str, Any],
    ) -> tuple[Said, list[str], bool]:
        """Whether a stage or job runs; ids of the jobs that must have succeeded first; False where it needs none of
        those it names."""
        given = node.get("dependsOn", list(before))
        listed = [text_of(each) for each in given] if isinstance(given, list) else [text_of(given)] if given else []
        listed = [each for each in listed if each]
        condition = node.get("condition")
        lower = {name.lower(): name for name in done}
        own = {lower[each.lower()]: done[lower[each.lower()]] for each in listed if each.lower() in lower}
        results = {name: state_of(each.runs) for name, each in own.items()}
        scope = Scope({"variables": variables, **names})
        said: Said = YES
        if condition is None:
            for name, each in own.items():
                if not each.runs.yes:
                    said = weakest(
                        said, Said(each.runs.answer, f"it needs {name}: {each.runs.why}", each.runs.left_out)
                    )
        else:
            said = judged(condition, scope, results, what)
        if len(own) < len({each.lower() for each in listed}):
            said = weakest(said, unsure("it depends on something that is not in the file"))
        names_needed = wanted(condition, scope, results)
        needs = [id for name in names_needed for id in own[name].ids]
        return said, needs, bool(names_needed) or not own

    def _walk_jobs(self, node: Map, around: _Around) -> _Done:
        """The jobs of a stage, or of a file without stages, or the one job of a file with steps alone."""
        rows = node.get("jobs", node.get("phases"))
        if rows is None:
            rows = [node] if "steps" in node or "strategy" in node else []
        every = _Done(around.runs)
        done: dict[str, _Done] = {}
        names = {"stageDependencies": self._stage_dependencies()}
        waiting = list(enumerate(rows if isinstance(rows, list) else [rows]))
        while waiting:
            ready = [row for row in waiting if self._is_ready(row[1], [each for _, each in waiting])]
            for number, job in ready or waiting:
                if not isinstance(job, Map) or job.opaque:
                    every.ids.append(self._opaque(job, f"{around.prefix}job{number + 1}", around))
                    continue
                name = next((_shown(job[key]) for key in ("job", "deployment", "phase") if job.get(key)), "")
                name = name.replace("/", "_") or f"job{number + 1}" if job is not node else "job"
                one = self._job(job, name, around, done, names, top=job is node)
                done[name] = one
                every.ids += one.ids
            waiting = [row for row in waiting if row not in ready] if ready else []
        self._stages[around.prefix.removesuffix(": ")] = done
        return every

    def _is_ready(self, job: Any, waiting: list[Any]) -> bool:
        """Whether no job that is still to be read is one it depends on."""
        if not isinstance(job, Map):
            return True
        given = job.get("dependsOn")
        wanted_names = {text_of(each).lower() for each in (given if isinstance(given, list) else [given]) if each}
        return not any(
            text_of(each.get(key)).lower() in wanted_names
            for each in waiting
            if isinstance(each, Map) and each is not job
            for key in ("job", "deployment", "phase")
            if each.get(key)
        )

    def _stage_dependencies(self) -> Open:
        return Open(
            "stageDependencies",
            {
                stage: Open(stage, {name: Open(name, {"result": state_of(each.runs)}) for name, each in jobs.items()})
                for stage, jobs in self._stages.items()
            },
        )

    def _opaque(self, node: Any, id: str, around: _Around) -> str:
        """A template of stages or jobs that cannot be read: whatever it holds is not known."""
        link = node.link("template") if isinstance(node, Map) else Link(self.plan.path, 1, "template")
        chain = node.chain if isinstance(node, Map) else ()
        reason = node.opaque if isinstance(node, Map) and node.opaque else "jobs come from what is not known"
        runs = weakest(around.runs, node.runs) if isinstance(node, Map) else around.runs
        job = self.way.start.job(id, self._line(node), needs=around.needs, runs=runs)
        job.lose(reason, (*chain, link), anything=True)
        return id

    def _line(self, node: Any) -> int:
        """Where a job stands in the file of the pipeline itself."""
        if not isinstance(node, Map):
            return 1
        return node.chain[0].line if node.chain else node.line

    def _job(
        self, job: Map, name: str, around: _Around, done: Mapping[str, _Done], names: Mapping[str, Any], *, top: bool
    ) -> _Done:
        variables = around.variables if top else variables_of(job.get("variables"), around.variables)
        said, needs, waits = (YES, [], True) if top else self._order(job, (), done, variables, "the job", names)
        runs = weakest(around.runs, job.runs, said)
        id = around.prefix + name
        strategy = job.get("strategy")
        hooks = _hooks(strategy) if "deployment" in job else []
        fails: Said = YES
        tolerant = text_of(job.get("continueOnError", "false")).lower()
        if tolerant not in ("false", ""):
            where = f"`continueOnError` at {job.path}:{job.lines.get('continueOnError', job.line)}"
            fails = no(where) if tolerant == "true" else unsure(f"{where} depends on something not known here")
        planned = self.way.start.job(
            id,
            self._line(job),
            needs=(*around.needs, *needs),
            # All that `needs` names must have succeeded; it is empty where conditions ask for nothing of it.
            waits=bool(around.needs or needs) or (around.waits and waits),
            condition=_shown(job.get("condition")) if not top else around.condition,
            environment=_environment(job.get("environment"), variables),
            runs=runs,
            fails=fails,
            steps=len(job["steps"]) if isinstance(job.get("steps"), list) else 0,
        )
        every = _combinations(strategy, job.get("matrix")) if not hooks else [{}]
        every = self.plan.first(every, MAX_COMBINATIONS, "combinations in a matrix", self._line(job))
        pool = job.get("pool", job.get("queue", around.pool))
        container = job.get("container", around.container)
        for number, combination in enumerate(every):
            known = variables_of(combination, variables)
            one = PlannedJob(self.plan, planned.scenario, id, runs, fails)
            one.combination = number if len(every) > 1 else None
            system = system_of(pool, container, known)
            if system:
                known["Agent.OS"] = _AGENTS[system]
            steps = Steps(self.plan, one, known, system)
            if "deployment" in job:
                self._deployment(job, steps, hooks)
            else:
                steps.walk(job.get("steps"))
        return _Done(runs, [id])

    def _deployment(self, job: Map, steps: Steps, hooks: list[tuple[str, Any]]) -> None:
        """A deployment job: its hooks in order. That it deploys is what the job is for, whatever its commands are."""
        number = 0
        for hook, rows in hooks:
            first = number
            number = steps.walk(rows, number)
            if hook == "deploy" and _does_something(rows) and not self._deploys(steps.job, first):
                steps.job.step = number - 1
                steps.job.despite = False
                steps.job.note(Kind.DEPLOY, ["deployment"], (*job.chain, job.link("deployment")))
                number += 1
        if not hooks:
            steps.job.lose("what the deployment job does is not known", (*job.chain, job.link("deployment")))

    def _deploys(self, job: PlannedJob, first: int) -> bool:
        """Whether the hook that began with step `first` holds a command that surely or perhaps deploys."""
        return any(
            key[0] == job.id
            and row.step >= first
            and key[2] in (Kind.DEPLOY, Kind.PUBLISH)
            and any(pair[0].answer is not Answer.NO for pair in row.ways.get(job.scenario, []))
            for key, row in self.plan.seen.items()
        )


def _hooks(strategy: Any) -> list[tuple[str, Any]]:
    """The steps of each hook of a deployment's strategy, in the order they run when all goes well."""
    kind = next(iter(strategy.values()), None) if isinstance(strategy, Mapping) and len(strategy) else None
    if isinstance(strategy, Mapping):
        kind = next((strategy[each] for each in ("runOnce", "rolling", "canary") if each in strategy), kind)
    if not isinstance(kind, Mapping):
        return []
    found = [(hook, kind[hook].get("steps")) for hook in _HOOKS if isinstance(kind.get(hook), Mapping)]
    after = kind.get("on")
    done = after.get("success") if isinstance(after, Mapping) else None
    return [*found, ("success", done.get("steps"))] if isinstance(done, Mapping) else found


def _does_something(rows: Any) -> bool:
    """Whether the steps of a hook do more than print and fetch files, as far as their lines tell."""
    for step in rows if isinstance(rows, list) else [rows]:
        if not isinstance(step, Map):
            return step is not None
        text = next((text_of(step[key]) for key in ("script", "bash", "pwsh", "powershell") if key in step), "")
        if step.opaque or "task" in step or any(not _PRINTS.match(line) for line in text.splitlines() if line.strip()):
            return True
    return False


def _environment(given: Any, variables: Open) -> str:
    name = given.get("name") if isinstance(given, Mapping) else given
    return filled(text_of(name), variables).replace(HOLE, "…") if name is not None else ""


def _shown(value: Any) -> str:
    """A name or condition as it is shown and told apart."""
    return "" if value is None else text_of(value).replace(HOLE, "…")


def _combinations(strategy: Any, matrix: Any) -> list[Any]:
    """The variables of each run of a matrix; one empty row without one."""
    matrix = strategy.get("matrix", matrix) if isinstance(strategy, Mapping) else matrix
    if isinstance(matrix, Mapping) and matrix:
        return [each for each in matrix.values() if isinstance(each, Mapping)] or [{}]
    return [{}]


def system_of(pool: Any, container: Any, variables: Open) -> str:
    """The system that a job runs on; "" where that is not known. Without a pool it is Ubuntu."""
    if pool is None:
        return "linux"
    text = " ".join(map(text_of, _leaves(pool)))
    text = filled(text, variables)
    if _WINDOWS.search(text):
        return "windows"
    for name, pattern in _OTHERS:
        if pattern.search(text):
            return name
    return "linux" if container is not None else ""


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [leaf for each in value.values() for leaf in _leaves(each)]
    return [leaf for each in value for leaf in _leaves(each)] if isinstance(value, list) else [value]
