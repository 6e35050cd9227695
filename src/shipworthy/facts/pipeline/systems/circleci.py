"""Reads CircleCI's configuration: workflows, their jobs with filters and matrices, and setup configurations.

Source: CircleCI's configuration reference and its page on dynamic configuration.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shipworthy.facts.pipeline.fact import YES, Answer, Link, NotRead, Said, no, unsure, weakest
from shipworthy.facts.pipeline.systems.circleci_filters import (
    ByFile,
    lets_by,
    parameters_of,
    refs_of,
    runs_workflow,
    scope_of,
    texts,
)
from shipworthy.facts.pipeline.systems.circleci_parts import Definitions, Env, absolute, bind, environment
from shipworthy.facts.pipeline.systems.circleci_steps import JobRun, Shared
from shipworthy.facts.pipeline.systems.circleci_values import Scope, fill, text_of
from shipworthy.facts.pipeline.systems.plan import BY_CLOCK, BY_HAND, EMPTY, Plan, Start
from shipworthy.facts.pipeline.systems.refs import MAX_REFS, Patterns, Ref, landing_branch
from shipworthy.facts.pipeline.values import HOLE, Unknown
from shipworthy.project.yaml import line_of

MAX_MATRIX = 100
MAX_ENTRIES = 200
"""Jobs of one workflow, with those that a matrix makes."""
_OWN_KEYS = frozenset(
    {
        "requires",
        "name",
        "context",
        "filters",
        "matrix",
        "type",
        "pre-steps",
        "post-steps",
        "serial-group",
        "override-with",
    }
)
_APPROVED = Said(Answer.PARTIAL, "only once a person has approved it")


@dataclass(slots=True)
class _Entry:
    """One job of a workflow, after its matrix is expanded."""

    name: str
    target: str
    given: Mapping[str, Any]
    line: int
    scope: Scope
    type: str = ""
    needs: list[str] = field(default_factory=list)
    after_failure: bool = False
    missing: str = ""


def read(plan: Plan) -> None:
    """Reads `.circleci/config.yml` into the plan."""
    if plan.path == "circle.yml" and plan.tree.is_file(".circleci/config.yml"):
        return
    data = plan.tree.yaml(plan.path)
    if not isinstance(data, Mapping):
        plan.bad(f"it is {plan.tree.bad.get(plan.path, 'not a mapping')}")
        return
    version = str(data.get("version", ""))
    if plan.path == "circle.yml" or version in ("1", "1.0") or (not version and {"test", "machine"} & set(data)):
        plan.bad("it is written in CircleCI's format 1.0, which CircleCI no longer runs and which is not read here")
    elif version not in ("2", "2.0", "2.1") or plan.path.endswith(".yaml"):
        plan.bad("CircleCI reads `.circleci/config.yml` with `version: 2` or `2.1` alone")
    else:
        shared = Shared()
        _Config(plan, plan.path, data, shared, plain=version != "2.1").read()
        if data.get("setup") is True:
            _go_on(plan, shared)


def _go_on(plan: Plan, shared: Shared) -> None:
    """Reads the configuration that a setup configuration goes on with, where that is a file of the repository."""
    done: set[str] = set()
    for member, values, link in shared.continued:
        path = values.get("configuration_path") or values.get("config-path") or ""
        if member in ("filter", "set-parameters") and not path:
            path = ".circleci/continue_config.yml"
        if not path and member != "continue":
            continue
        data = plan.tree.yaml(path) if plan.tree.is_file(path) else None
        mapping = values.get("mapping", "")
        if plan.tree.is_file(mapping.strip()):
            mapping = plan.tree.text(mapping.strip()) or HOLE
        by_file = ByFile.of(mapping) if HOLE not in mapping else None
        if not isinstance(data, Mapping):
            plan.bad(
                f"it goes on with {path.replace(HOLE, '…')[:60] or 'a file'}, which is made at run time", link.line
            )
        elif by_file is None:
            plan.bad("it goes on with a configuration that is put together from the changed files", link.line)
        elif path not in done:
            done.add(path)
            _Config(plan, path, data, shared, by_file=by_file).read()
    if not done and not any(each.path == plan.path for each in plan.read.not_read):
        plan.bad("it goes on with a configuration that is not known here", 1)


class _Config:
    """One configuration file."""

    def __init__(
        self, plan: Plan, path: str, data: Mapping[str, Any], shared: Shared, *, plain: bool = False,
        by_file: ByFile | None = None,
    ) -> None:  # fmt: skip
        self.plan, self.path, self.data, self.shared, self.plain = plan, path, data, shared, plain
        self.by_file = by_file
        self.fits = Patterns()
        self.defs = Definitions.of(path, data)
        self.parameters = parameters_of(data, Scope(fits=self.fits))

    def read(self) -> None:
        """Every workflow in every way it starts."""
        workflows = self.data.get("workflows")
        rows = {str(key): value for key, value in workflows.items()} if isinstance(workflows, Mapping) else {}
        rows = {key: value for key, value in rows.items() if isinstance(value, Mapping)}
        if self.data.get("workflows") is None:
            rows = self._only_build()
        refs = refs_of(self.plan, {**self.data, "workflows": rows}, self.plan.tree.text(self.path) or "", self.fits)
        if len(refs) > MAX_REFS:
            self.plan.cut(f"it tells more than {MAX_REFS} kinds of branches and tags apart")
        for ref in refs[:MAX_REFS]:
            self.plan.start(ref.name, ref.on_change, event="tag" if ref.is_tag else "")
        self.several = len(rows) > 1
        for name, workflow in rows.items():
            self._workflow(name, workflow, refs[:MAX_REFS])

    def _only_build(self) -> dict[str, Mapping[str, Any]]:
        """Without workflows the job `build` runs alone, on the branches that it names itself."""
        if "workflow" in self.data:
            reason = "`workflow:` is no key of CircleCI's (it is `workflows:`), so only the job named `build` runs"
            self.plan.read.not_read.append(NotRead(path=self.path, line=None, reason=reason))
        job = _jobs(self.data).get("build")
        if not isinstance(job, Mapping):
            return {}
        given = {"filters": {"branches": job["branches"]}} if isinstance(job.get("branches"), Mapping) else {}
        return {"": {"jobs": [{"build": given}]}}

    def _workflow(self, name: str, workflow: Mapping[str, Any], refs: list[Ref]) -> None:
        triggers = workflow.get("triggers")
        if isinstance(triggers, list) and triggers:
            self._scheduled(name, workflow, triggers)
            return
        ran = False
        for ref in refs:
            scope = scope_of(ref, self.parameters, self.fits, plain=self.plain)
            said = runs_workflow(workflow, scope, self.by_file, self.plan.around.files)
            if said.no:
                continue
            ran = True
            start = ref.name if said.yes else f"{ref.name}: {name}"
            self._start(start, weakest(ref.on_change, said), name, workflow, ref, scope)
        if not ran:
            self._otherwise(name, workflow, refs)

    def _otherwise(self, name: str, workflow: Mapping[str, Any], refs: list[Ref]) -> None:
        """A workflow that no push starts: the clock does, or a person with other parameters."""
        ref = next(each for each in refs if each.default)
        for source, said in (("scheduled_pipeline", BY_CLOCK), ("api", BY_HAND)):
            unknown = {key: Unknown(key) for key in self.parameters}
            scope = scope_of(ref, unknown, self.fits, plain=self.plain, source=source)
            if not runs_workflow(workflow, scope, None, ()).no:
                kind = "schedule" if said is BY_CLOCK else "manual"
                self._start(f"{kind}: {name}", said, name, workflow, ref, scope)
                return

    def _scheduled(self, name: str, workflow: Mapping[str, Any], triggers: list[Any]) -> None:
        for trigger in triggers:
            schedule = trigger.get("schedule") if isinstance(trigger, Mapping) else None
            filters = schedule.get("filters") if isinstance(schedule, Mapping) else None
            branches = filters.get("branches") if isinstance(filters, Mapping) else None
            only = texts(branches.get("only")) if isinstance(branches, Mapping) else []
            plain = [each for each in only if not each.startswith("/")]
            branch = landing_branch(plain, self.plan.around.branch)
            branch = branch if branch in plain or not plain else plain[0]
            ref = Ref(f"schedule: {name}", branch=branch, on_change=BY_CLOCK)
            scope = scope_of(ref, self.parameters, self.fits, plain=self.plain, source="scheduled_pipeline")
            self._start(ref.name, BY_CLOCK, name, workflow, ref, scope)
            return

    def _start(
        self, start: str, on_change: Said, name: str, workflow: Mapping[str, Any], ref: Ref, scope: Scope
    ) -> None:
        line = line_of(self.data.get("workflows"), name) or 1
        event = start.partition(":")[0].partition(" ")[0]
        entries = self._entries(workflow, scope)
        if len(entries) > MAX_ENTRIES:
            self.plan.cut(f"the workflow {name[:60]} has more than {MAX_ENTRIES} jobs", line)
            entries = entries[:MAX_ENTRIES]
        allowed = {each.name: self._allowed(each, entries, ref, {}) for each in entries}
        held = {each.name for each in entries if self._behind_approval(each, entries, set())}
        first = self.plan.start(start, on_change, line, event=event)
        for entry in entries:
            waits = no("waits for a person's approval") if entry.name in held else YES
            self._job(first, name, entry, weakest(waits, allowed[entry.name]), ref)
        if held:
            later = self.plan.start(f"{start} approved", weakest(on_change, _APPROVED), line, event=event)
            for entry in entries:
                self._job(later, name, entry, allowed[entry.name], ref)

    # Jobs of a workflow.

    def _entries(self, workflow: Mapping[str, Any], scope: Scope) -> list[_Entry]:
        jobs = workflow.get("jobs")
        rows: Any = jobs if isinstance(jobs, list) else []
        entries: list[_Entry] = []
        groups: dict[str, list[str]] = {}
        for index in range(len(rows)):
            row = rows[index]
            target = str(row if isinstance(row, str) else next(iter(row), "")) if row else ""
            given = row.get(target) if isinstance(row, Mapping) else None
            given = given if isinstance(given, Mapping) else {}
            if not target:
                continue
            matrix = given.get("matrix")
            alias = str(matrix.get("alias", target)) if isinstance(matrix, Mapping) else ""
            for values in self.plan.first(_matrix(matrix, scope), MAX_MATRIX, "combinations in a matrix"):
                inner = scope.within("matrix", values) if values else scope
                suffix = "".join(f"-{text_of(each)}" for each in values.values())
                own = text_of(fill(given["name"], inner)) if "name" in given else target + suffix
                taken = sum(each.name == own or each.name.startswith(own + " #") for each in entries)
                entry = _Entry(f"{own} #{taken + 1}" if taken else own, target, given, line_of(rows, index) or 1, inner)
                entry.type = str(given.get("type", ""))
                entry.given = {**given, **values}
                entries.append(entry)
                for group in {own, alias, target if values else own} - {""}:
                    groups.setdefault(group, []).append(entry.name)
        for entry in entries:
            _require(entry, groups)
        return entries

    def _allowed(self, entry: _Entry, entries: list[_Entry], ref: Ref, known: dict[str, Said | None]) -> Said:
        """Whether a job runs here: its filters, and those of every job it requires."""
        if entry.name in known:
            return known[entry.name] or no("jobs that require each other never start")
        known[entry.name] = None
        own = lets_by(entry.given.get("filters"), ref, entry.scope)
        if entry.after_failure:
            own = no("runs only after a required job has failed")
        elif entry.missing:
            own = unsure(f"it requires {entry.missing}, which the workflow has not")
        said = [own]
        for other in entries:
            if other.name in entry.needs:
                theirs = self._allowed(other, entries, ref, known)
                said.append(no(f"requires {other.name}, which does not run here") if theirs.no else theirs)
        known[entry.name] = weakest(*said)
        return weakest(*said)

    def _behind_approval(self, entry: _Entry, entries: list[_Entry], seen: set[str]) -> bool:
        seen.add(entry.name)
        return any(
            other.type == "approval" or (other.name not in seen and self._behind_approval(other, entries, seen))
            for other in entries
            if other.name in entry.needs
        )

    def _id(self, workflow: str, name: str) -> str:
        shown = f"{workflow}: {name}" if self.several else name
        # A setup and what it goes on with may use the same name for different jobs.
        return (shown if self.path == self.plan.path else f"{self.path}: {shown}").replace("/", ":").replace(HOLE, "…")

    def _job(self, start: Start, workflow: str, entry: _Entry, runs: Said, ref: Ref) -> None:
        id, needs = self._id(workflow, entry.name), [self._id(workflow, each) for each in entry.needs]
        found = self.defs.part("jobs", entry.target)
        line = (line_of(found[1].root.get("jobs"), entry.target.rpartition("/")[2]) if found else None) or entry.line
        planned = start.job(id, line, needs=needs, runs=runs)
        if runs.no or entry.type == "approval":
            return

        def late() -> Any:
            return start.job(f"{id}/always", line, runs=runs)

        env = Env(self.defs, entry.scope.within("parameters", {}))
        run = JobRun(self.plan, planned, late, ref.branch, ref.tag, shared=self.shared)
        given = {key: value for key, value in entry.given.items() if key not in _OWN_KEYS}
        link = Link(self.path, entry.line, entry.target[:80])
        orb = self.defs.registry(entry.target)
        if found is not None:
            part, defs = found
            inner = bind(part, given, env, defs)
            self._machine(run, part, inner)
            planned.filled = EMPTY
            chain = (link,) if defs.path != self.path else ()
            run.walk(entry.given.get("pre-steps"), env)
            if str(part.get("type", "build")) not in ("approval", "no-op", "lock", "release"):
                run.walk(part.get("steps"), replace(inner, chain=chain))
            run.walk(entry.given.get("post-steps"), env)
        elif orb is not None:
            run.walk(entry.given.get("pre-steps"), env)
            run.orb(*orb, given, link, env, job=True)
            run.walk(entry.given.get("post-steps"), env)
        elif entry.type not in ("no-op", "lock", "release"):
            planned.lose(f"the job {entry.target} is not defined".replace(HOLE, "…")[:120], (link,))

    def _machine(self, run: JobRun, part: Mapping[str, Any], env: Env) -> None:
        """Shell, folders and variables of a job, from its executor and itself."""
        chosen = fill(part.get("executor"), env.scope)
        name = text_of(fill(chosen.get("name"), env.scope)) if isinstance(chosen, Mapping) else text_of(chosen)
        found = env.defs.part("executors", name)
        layers: list[tuple[Mapping[str, Any], Env]] = []
        if found is not None:
            layers.append((found[0], bind(found[0], chosen, env, found[1])))
        elif (env.defs.registry(name) or ("",))[0] == "circleci/windows":
            run.shell = "powershell.exe"
        layers.append((part, env))
        for layer, inner in layers:
            if layer.get("shell") is not None:
                run.shell = text_of(fill(layer["shell"], inner.scope))
            if layer.get("working_directory") is not None:
                run.home = run.mount = absolute(text_of(fill(layer["working_directory"], inner.scope)), "~")
            run.variables.update(environment(layer.get("environment"), inner.scope))
        steps = part.get("steps")
        rows = steps if isinstance(steps, list) else []
        names = [next(iter(each), "") if isinstance(each, Mapping) else each for each in rows]
        at = [each["attach_workspace"] for each in rows if isinstance(each, Mapping) and "attach_workspace" in each]
        if "checkout" not in names and at and isinstance(at[0], Mapping):
            place = absolute(text_of(fill(at[0].get("at", "."), env.scope)), run.home)
            if run.home.startswith(place + "/") and place.startswith("~/"):
                run.mount = place


def _jobs(data: Mapping[str, Any]) -> Mapping[str, Any]:
    jobs = data.get("jobs")
    return jobs if isinstance(jobs, Mapping) else {}


def _require(entry: _Entry, groups: Mapping[str, list[str]]) -> None:
    """The jobs that must have succeeded first."""
    rows = entry.given.get("requires")
    for row in rows if isinstance(rows, list) else []:
        wanted, states = next(iter(row.items()), ("", None)) if isinstance(row, Mapping) else (row, "success")
        name = text_of(fill(wanted, entry.scope))
        names = [each for each in groups.get(name, []) if each != entry.name]
        ends = set(texts(states)) if states is not None else {"success"}
        if not names:
            entry.missing = re.sub(HOLE, "…", name)[:60]
        elif ends == {"success"}:
            entry.needs += names
        elif "success" not in ends and "terminal" not in ends:
            entry.after_failure = True


def _matrix(matrix: Any, scope: Scope) -> Iterable[dict[str, Any]]:
    """Every combination of a job's matrix; one empty one where it has none."""
    rows = matrix.get("parameters") if isinstance(matrix, Mapping) else None
    if not isinstance(rows, Mapping):
        return [{}]
    names = [str(key) for key in rows]
    lists = []
    for value in rows.values():
        known = fill(value, scope)
        lists.append([fill(each, scope) for each in known] if isinstance(known, list) else [known])
    left_out = matrix.get("exclude")
    found = (dict(zip(names, values, strict=True)) for values in itertools.product(*lists))
    return (each for each in found if not (isinstance(left_out, list) and each in left_out))
