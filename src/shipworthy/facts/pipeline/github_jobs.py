"""Runs through the jobs of a GitHub workflow in one scenario: needs, conditions, matrices, called workflows."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shipworthy.facts.pipeline.expressions import fill, uses_status
from shipworthy.facts.pipeline.fact import YES, Job, Link, Said, no, unsure, weakest
from shipworthy.facts.pipeline.gathering import Seen, key_of
from shipworthy.facts.pipeline.github_guards import guarded
from shipworthy.facts.pipeline.github_place import Place, judged, texts
from shipworthy.facts.pipeline.github_rules import problems
from shipworthy.facts.pipeline.github_steps import Steps
from shipworthy.facts.pipeline.matrix import MAX_COMBINATIONS as ALL_COMBINATIONS
from shipworthy.facts.pipeline.matrix import combinations
from shipworthy.facts.pipeline.resolve import Found, Lost, Resolver
from shipworthy.facts.pipeline.tree import rows
from shipworthy.facts.pipeline.triggers import Start
from shipworthy.facts.pipeline.values import HOLE, Open, Unknown, text_of, truth
from shipworthy.project.yaml import line_of

MAX_CALL_DEPTH = 4
MAX_JOBS = 400
MAX_COMBINATIONS = 64


@dataclass(slots=True)
class _State:
    """A job in one scenario: whether it runs, and what other jobs may ask of it."""

    runs: Said
    outputs: Any


class Walk:
    """One workflow in one scenario, called workflows included."""

    def __init__(self, resolver: Resolver, steps: Steps, path: str, start: Start) -> None:
        self._steps = steps
        self._tree = resolver.tree
        self._top = path
        self._start = start
        self.seen: dict[Any, Seen] = {}
        self.rows: dict[str, Job] = {}

    def jobs(
        self,
        data: Mapping[str, Any],
        path: str,
        chain: tuple[Link, ...],
        runs: Said,
        fails: Said,
        prefix: str,
        inputs: Mapping[str, Any] | None,
        depth: int,
    ) -> dict[str, _State]:
        """The jobs of a workflow, each after those it needs."""
        jobs = {str(key): job for key, job in data["jobs"].items() if isinstance(job, Mapping)}
        states: dict[str, _State] = {}
        waiting = list(jobs)[:MAX_JOBS]
        for name in list(jobs)[MAX_JOBS:][:1]:
            self._lose(f"it has more than {MAX_JOBS} jobs", path, data, name, chain, prefix, runs, anything=True)
        base = {
            "github": self._start.github,
            "inputs": inputs if inputs is not None else _own_inputs(data, self._start),
            "vars": Open("vars"),
            "secrets": Open("secrets"),
        }
        env = texts(data.get("env"), base)
        while waiting:
            ready = [name for name in waiting if all(need in states or need not in jobs for need in _needs(jobs[name]))]
            if not ready:
                for name in waiting:
                    self._lose(f"job {name} needs itself in a circle", path, data, name, chain, prefix, runs)
                break
            for name in ready:
                waiting.remove(name)
                states[name] = self._job(
                    name,
                    jobs[name],
                    data,
                    path,
                    chain,
                    runs,
                    fails,
                    prefix,
                    {**base, "env": Open("env", env)},
                    states,
                    depth,
                )
        return states

    def _job(
        self,
        name: str,
        job: Mapping[str, Any],
        data: Mapping[str, Any],
        path: str,
        chain: tuple[Link, ...],
        runs: Said,
        fails: Said,
        prefix: str,
        base: dict[str, Any],
        states: Mapping[str, _State],
        depth: int,
    ) -> _State:
        needs = _needs(job)
        own = {need: states[need] for need in needs if need in states}
        context = {**base, "needs": {need: _needed(need, state) for need, state in own.items()}}
        condition = job.get("if")
        text = str(condition) if condition is not None else ""
        waits = not uses_status(text) or bool(re.search(r"\bsuccess\s*\(", text))
        said = judged(condition, _status(context, own), "the job")
        if waits:
            for need, state in own.items():
                if not state.runs.yes:
                    why = f"it needs job {need}: {state.runs.why}"
                    said = weakest(said, replace(state.runs, why=why, doubts=state.runs.rests_on))
            if any(need not in states for need in needs):
                said = weakest(said, no("it needs a job that does not exist"))
        said = weakest(runs, said)
        key = prefix + name
        environment = job.get("environment")
        environment = environment.get("name") if isinstance(environment, Mapping) else environment
        scenario = self._start.scenario.name
        fails_with, looks = guarded(job, needs, data.get("env")) if not waits else (frozenset(), False)
        self.rows[key] = Job(
            workflow=self._top, id=key, line=line_of(data["jobs"], name) or 1,
            needs=tuple(prefix + need for need in needs),
            waits=waits, condition=text, on_change=YES,
            environment=str(environment or ""), runs={scenario: said}, steps=len(rows(job.get("steps"))),
            fails_with=frozenset((prefix + need, result) for need, result in fails_with), looks=looks,
        )  # fmt: skip
        if "uses" in job:
            return self._called(name, job, path, chain, said, fails, prefix, context, depth)
        outputs: Any = Open(f"needs.{name}.outputs")
        every = combinations(job.get("strategy"), context)
        different = _distinct(job, every)
        if len(every) > ALL_COMBINATIONS or len(different) > MAX_COMBINATIONS:
            self._lose(
                "its matrix has more combinations than are followed",
                path,
                data,
                name,
                chain,
                prefix,
                said,
                anything=True,
            )
        every = different[:MAX_COMBINATIONS]
        for number, combination in enumerate(every):
            at = number if len(every) > 1 else None
            outputs = self._combination(name, job, data, path, chain, said, fails, key, context, combination, at)
        return _State(said, outputs)

    def _combination(
        self,
        name: str,
        job: Mapping[str, Any],
        data: Mapping[str, Any],
        path: str,
        chain: tuple[Link, ...],
        runs: Said,
        fails: Said,
        key: str,
        context: Mapping[str, Any],
        combination: Mapping[str, Any],
        number: int | None,
    ) -> Any:
        """The steps with one combination of the matrix (`number`: which of several); the job's outputs."""
        inner: dict[str, Any] = {**context, "matrix": combination, "strategy": Open("strategy"), "job": Open("job")}
        inner["env"] = Open("env", {**inner["env"], **texts(job.get("env"), inner)})
        inner["runner"] = _runner(fill_all(job.get("runs-on"), inner))
        tolerant = truth(fill(job.get("continue-on-error"), inner)) if "continue-on-error" in job else False
        if tolerant is not False:
            why = f"`continue-on-error` at {path}:{line_of(job, 'continue-on-error')}"
            fails = weakest(fails, no(why) if tolerant else unsure(why + " depends on something not known here"))
        defaults = {**_defaults(data, inner), **_defaults(job, inner)}
        place = Place(
            inner, path, chain, defaults.get("shell", ""), defaults.get("working-directory", "."), runs, fails,
            changed=self._start.changed,
        )  # fmt: skip
        self._steps.ended = []
        self._steps.walk(job.get("steps"), place)
        scenario = self._start.scenario.name
        for ended in self._steps.ended:
            what = ended.what
            row = self.seen.setdefault(key_of(key, ended.step, what), Seen(ended.step, what))
            pair = (what.runs, what.fails if isinstance(what, Found) else YES)
            row.ways.setdefault(scenario, []).append(pair)
            if number is not None:
                row.combined(scenario, number, pair)
        known = place.context.get("steps", {})
        return Open(f"needs.{name}.outputs", texts(job.get("outputs"), {**inner, "steps": known}))

    def _called(
        self,
        name: str,
        job: Mapping[str, Any],
        path: str,
        chain: tuple[Link, ...],
        runs: Said,
        fails: Said,
        prefix: str,
        context: Mapping[str, Any],
        depth: int,
    ) -> _State:
        """A reusable workflow."""
        uses = text_of(fill(job["uses"], context))
        link = Link(path, line_of(job, "uses") or 1, uses.replace(HOLE, "…")[:80])
        target = uses.removeprefix("./").partition("@")[0]
        data = self._tree.yaml(target) if uses.startswith("./") and self._tree.is_file(target) else None
        outputs = Open(f"needs.{name}.outputs")
        if (
            not isinstance(data, Mapping)
            or not isinstance(data.get("jobs"), Mapping)
            or depth >= MAX_CALL_DEPTH
            or next(problems(data), None) is not None
        ):
            why = (
                "is nested too deep"
                if depth >= MAX_CALL_DEPTH
                else "lies outside this repository or was not understood"
            )
            loss = Lost(f"the called workflow {uses} {why}".replace(HOLE, "…"), (*chain, link), runs, anything=True)
            self._note_loss(prefix + name, loss)
            return _State(runs, outputs)
        if any(each.path == path and each.text == link.text for each in chain):
            return _State(runs, outputs)
        given = _call_inputs(data, texts(job.get("with"), context))
        strategy = combinations(job.get("strategy"), context)
        if strategy != [{}]:
            given = _call_inputs(data, texts(job.get("with"), {**context, "matrix": strategy[0] if strategy else {}}))
        self.jobs(data, target, (*chain, link), runs, fails, f"{prefix}{name}/", given, depth + 1)
        return _State(runs, outputs)

    def _note_loss(self, key: str, loss: Lost) -> None:
        row = self.seen.setdefault(key_of(key, -1, loss), Seen(-1, loss))
        row.ways.setdefault(self._start.scenario.name, []).append((loss.runs, YES))

    def _lose(
        self,
        reason: str,
        path: str,
        data: Mapping[str, Any],
        name: str,
        chain: tuple[Link, ...],
        prefix: str,
        runs: Said,
        *,
        anything: bool = False,
    ) -> None:
        link = Link(path, line_of(data["jobs"], name) or 1, name)
        self._note_loss(prefix + name, Lost(reason, (*chain, link), runs, anything))


def _needs(job: Mapping[str, Any]) -> list[str]:
    given = job.get("needs")
    return [str(each) for each in given] if isinstance(given, list) else [given] if isinstance(given, str) else []


def _needed(name: str, state: _State) -> dict[str, Any]:
    result: Any = "success" if state.runs.yes else "skipped" if state.runs.no else Unknown(f"needs.{name}.result")
    return {"result": result, "outputs": state.outputs if not state.runs.no else {}}


def _status(context: Mapping[str, Any], needed: Mapping[str, _State]) -> Mapping[str, Any]:
    """Status functions of a job's condition when nothing fails."""
    skipped = any(state.runs.no for state in needed.values())
    sure = all(state.runs.yes for state in needed.values())
    answers: dict[str, Any] = {
        "success()": True if sure else False if skipped else Unknown("whether the jobs it needs ran"),
        "always()": True,
        "failure()": False,
        "cancelled()": False,
    }
    return {**context, **{name: (lambda _args, value=value: value) for name, value in answers.items()}}


def _own_inputs(data: Mapping[str, Any], start: Start) -> Any:
    return Open("inputs") if start.scenario.event == "workflow_dispatch" else {}


def _call_inputs(data: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of a called workflow: what it is given, else its defaults."""
    triggers = data.get("on")
    call = triggers.get("workflow_call") if isinstance(triggers, Mapping) else None
    declared = call.get("inputs") if isinstance(call, Mapping) else None
    found: dict[str, Any] = {}
    for name, settings in declared.items() if isinstance(declared, Mapping) else ():
        default = settings.get("default") if isinstance(settings, Mapping) else None
        kind = settings.get("type") if isinstance(settings, Mapping) else None
        found[str(name)] = default if default is not None else False if kind == "boolean" else ""
    return {**found, **given}


def fill_all(value: Any, context: Mapping[str, Any]) -> str:
    """A `runs-on` in any of its forms as one text."""
    if isinstance(value, Mapping):
        value = value.get("labels", value.get("group"))
    if isinstance(value, list):
        return " ".join(text_of(fill(each, context)) for each in value)
    filled = fill(value, context)
    return " ".join(map(text_of, filled)) if isinstance(filled, list) else text_of(filled)


def _runner(label: str) -> Any:
    lower = label.lower()
    system = (
        "Windows"
        if "windows" in lower
        else "macOS"
        if "macos" in lower
        else "Linux"
        if re.search("ubuntu|linux", lower)
        else None
    )
    environment = "self-hosted" if "self-hosted" in lower else "github-hosted" if system else None
    known = {"os": system, "environment": environment}
    return Open("runner", {key: value for key, value in known.items() if value is not None})


def _defaults(data: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, str]:
    defaults = data.get("defaults")
    run = defaults.get("run") if isinstance(defaults, Mapping) else None
    return {key: text_of(value) for key, value in texts(run, context).items()}


def _distinct(job: Mapping[str, Any], every: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Combinations that differ in something this job's commands use."""
    if len(every) <= 1:
        return list(every)
    used = {
        "env": job.get("env"),
        "defaults": job.get("defaults"),
        "runs-on": job.get("runs-on"),
        "c": job.get("continue-on-error"),
    }
    steps = [
        {
            key: value
            for key, value in step.items()
            if key != "name" and (key != "with" or not str(step.get("uses", "")).startswith("actions/"))
        }
        for step in rows(job.get("steps"))
        if isinstance(step, Mapping)
    ]
    try:
        text = json.dumps([used, steps], default=str)
    except (TypeError, ValueError, RecursionError):
        return list(every)
    names = set(re.findall(r"matrix\.([\w-]+)", text))
    whole = bool(re.search(r"matrix\s*\[|toJSON\(\s*matrix", text, re.I))
    chosen: dict[str, Mapping[str, Any]] = {}
    for each in every:
        shown = {key: value for key, value in each.items() if whole or key in names}
        chosen.setdefault(repr(sorted(shown.items(), key=lambda row: row[0])), each)
    return list(chosen.values())
