"""The steps of a Bitbucket pipeline: order, parallel groups, stages, conditions, scripts, pipes and deployments."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shipworthy.facts.pipeline.fact import YES, Kind, Link, Said, no, unsure, weakest
from shipworthy.facts.pipeline.followers import FOLLOWERS
from shipworthy.facts.pipeline.neutral import is_neutral
from shipworthy.facts.pipeline.pipes import PROGRAM
from shipworthy.facts.pipeline.shell import Options
from shipworthy.facts.pipeline.shell import Script as Shell
from shipworthy.facts.pipeline.systems.container_steps import id_of
from shipworthy.facts.pipeline.systems.occasions import expanded, texts
from shipworthy.facts.pipeline.systems.plan import BY_HAND, NotUnderstood, Plan, PlannedJob, Script, Start, script_of
from shipworthy.facts.pipeline.tree import rows
from shipworthy.facts.pipeline.wrappers import program_of, strip
from shipworthy.project.yaml import line_of

MAX_STEPS = 300
_ERREXIT = Options(errexit=True)
_REACHES_OUT = {"curl", "wget", "ssh"}
_PERHAPS = (Kind.PROBE, Kind.PUSH, Kind.UP)
"""Calls, pushes and starts that may well be how a step deploys."""
_INSTALLS = {"install", "ci", "i", "add", "sync", "config", "--version", "-v", "restore", "update", "login", "build"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A step in its place. `needs`: ids of all steps before it. `by_hand`: it, or one before it, waits for a person."""

    id: str
    line: int
    node: Mapping[str, Any]
    needs: tuple[str, ...]
    by_hand: bool
    runs: Said
    fails: Said
    environment: str


@dataclass(slots=True)
class _Walk:
    plan: Plan
    data: Mapping[str, Any]
    title: str
    used: set[str]
    found: list[Planned]
    by_hand: bool = False

    def items(self, node: Any, runs: Said, environment: str) -> None:
        for index, item in enumerate(node if isinstance(node, list) else ()):
            before = tuple(step.id for step in self.found)
            self._item(item, line_of(node, index) or 1, before, runs, environment)

    def _item(self, item: Any, line: int, before: tuple[str, ...], runs: Said, environment: str) -> None:
        if isinstance(item, list):
            # A list behind an anchor, put into the list as a whole.
            self.items(item, runs, environment)
            return
        if not isinstance(item, Mapping):
            return
        if len(self.found) >= MAX_STEPS:
            self.plan.cut(f"a pipeline has more than {MAX_STEPS} steps", line)
            return
        if isinstance(item.get("step"), Mapping):
            self._step(item["step"], line_of(item, "step") or line, before, runs, environment)
        elif "parallel" in item:
            group = item["parallel"]
            steps = group.get("steps") if isinstance(group, Mapping) else group
            manual = self.by_hand
            for index, each in enumerate(steps if isinstance(steps, list) else ()):
                self._item(each, line_of(steps, index) or line, before, runs, environment)
                manual, self.by_hand = manual or self.by_hand, manual
            self.by_hand = manual
        elif isinstance(item.get("stage"), Mapping):
            stage = item["stage"]
            self.by_hand = self.by_hand or stage.get("trigger") == "manual"
            said = weakest(runs, self._condition(stage.get("condition")))
            self.items(stage.get("steps"), said, str(stage.get("deployment") or environment))

    def _step(self, step: Mapping[str, Any], line: int, before: tuple[str, ...], runs: Said, environment: str) -> None:
        self.by_hand = self.by_hand or step.get("trigger") == "manual"
        name = id_of(f"{self.title}: {step.get('name', 'step')}", self.used)
        self.used.add(name)
        clone = step.get("clone", self.data.get("clone"))
        away = isinstance(clone, Mapping) and clone.get("enabled") is False
        on_fail = step.get("on-fail")
        ignored = isinstance(on_fail, Mapping) and on_fail.get("strategy") == "ignore"
        hosts = step.get("runs-on")
        windows = "windows" in (hosts if isinstance(hosts, list) else [hosts])
        doubt = "the code is not checked out (`clone: enabled: false`)" if away else ""
        doubt = doubt or ("it runs in PowerShell, where not every failing command ends it" if windows else "")
        self.found.append(
            Planned(
                id=name,
                line=line,
                node=step,
                needs=before,
                by_hand=self.by_hand,
                runs=weakest(runs, self._condition(step.get("condition"))),
                fails=no("`on-fail: strategy: ignore`") if ignored else unsure(doubt) if doubt else YES,
                environment=str(step.get("deployment") or environment),
            )
        )

    def _condition(self, node: Any) -> Said:
        if node is None:
            return YES
        changes = node.get("changesets") if isinstance(node, Mapping) else None
        if not isinstance(changes, Mapping) or set(node) - {"changesets"}:
            return unsure("a `condition` that is not understood")
        include, exclude = (
            [each for pattern in texts(changes.get(key)) for each in expanded(pattern)]
            for key in ("includePaths", "excludePaths")
        )
        if include:
            return self.plan.paths([*include, *(f"!{each}" for each in exclude)], key="includePaths")
        if exclude:
            return self.plan.paths(exclude, ignored=True, key="excludePaths")
        return unsure("a `condition` that is not understood")


def steps_of(plan: Plan, data: Mapping[str, Any], node: Any, title: str, used: set[str]) -> list[Planned]:
    """The steps of a pipeline's list, in order."""
    walk = _Walk(plan, data, title, used, [])
    walk.items(node, YES, "")
    return walk.found


def put(plan: Plan, start: Start, steps: Sequence[Planned], *, by_hand: bool) -> None:
    """Puts steps down in a start; `by_hand`: somebody went on with each that waits for it."""
    for step in steps:
        runs = weakest(step.runs, BY_HAND) if step.by_hand and not by_hand else step.runs
        job = start.job(
            step.id,
            step.line,
            needs=step.needs,
            runs=runs,
            fails=step.fails,
            environment=step.environment,
            steps=len(rows(step.node.get("script"))),
        )
        script = _script(plan.path, step.node, "script")
        marked = _deploying(plan, script) if step.environment else None
        link = Link(plan.path, line_of(step.node, "deployment") or step.line, f"deployment: {step.environment}")
        if marked == "before":
            job.note(Kind.DEPLOY, (f"deployment to {step.environment}",), (link,))
        job.script(script, options=_ERREXIT)
        if marked == "after":
            job.note(Kind.DEPLOY, (f"deployment to {step.environment}",), (link,))
        _after(start, plan, step, runs)


def _after(start: Start, plan: Plan, step: Planned, runs: Said) -> None:
    """`after-script` runs whether or not the script failed, and cannot fail the step."""
    script = _script(plan.path, step.node, "after-script")
    if script is not None:
        said = no("`after-script` cannot fail a step")
        job: PlannedJob = start.job(f"{step.id} (after-script)", step.line, needs=step.needs, runs=runs, fails=said)
        job.script(script, options=Options())


def _script(path: str, node: Mapping[str, Any], key: str) -> Script | None:
    """The commands under a key, pipes among them as commands of their own."""
    given = node.get(key)
    if not isinstance(given, list):
        return script_of(path, node, key) if isinstance(given, str) else None
    lines: list[str] = []
    links: list[Link] = []
    for index, row in enumerate(given):
        line = line_of(given, index) or line_of(node, key) or 1
        if isinstance(row, Mapping):
            if row.get("pipe"):
                lines.append(f"{PROGRAM} {shlex.quote(' '.join(str(row['pipe']).split()))}")
                links.append(Link(path, line, f"pipe: {row['pipe']}"[:80]))
                continue
            raise NotUnderstood("a command is neither a text nor a pipe", line)
        part = script_of(path, given, index)
        if part is not None:
            lines += part.text.split("\n")
            links += part.rows
    return Script("\n".join(lines), tuple(links)) if links else None


def _deploying(plan: Plan, script: Script | None) -> str | None:
    """Where the command of a step with `deployment:` deploys that no other row knows: "before" or "after" its tests.

    None where a known command deploys, or where every command is known to do something else: `deployment` also gives a
    step its variables. "before" unless all such commands stand behind every test.
    """
    if script is None:
        return None
    found, _ = plan.resolved(script, _ERREXIT, ".", {})
    if any(each.kind in (Kind.DEPLOY, Kind.PUBLISH, Kind.GITOPS) for each in found):
        return None
    known = {each.chain[0].line for each in found if each.chain and each.kind not in _PERHAPS}
    tests = [each.chain[0].line for each in found if each.kind is Kind.TEST and each.chain]
    shell = Shell(script.text, options=_ERREXIT, variables=plan.variables, exists=plan.tree.exists)
    could = [
        script.here(call.row).line
        for call in shell.calls
        if script.here(call.row).line not in known and _could_deploy(call.words)
    ]
    if not could:
        return None
    return "after" if tests and min(could) > max(tests) else "before" if tests else "after"


def _could_deploy(words: Sequence[str]) -> bool:
    inner = strip(words).words
    if not inner:
        return False
    name = program_of(inner[0])
    if name in FOLLOWERS and name != PROGRAM:
        return not _INSTALLS & set(inner[1:3]) and len(inner) > 1
    return name in _REACHES_OUT or (name == "git" and "push" in inner) or not is_neutral(inner)
