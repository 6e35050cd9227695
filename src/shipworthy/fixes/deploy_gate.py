"""Makes the fix for `deploy-gated`: the job that deploys needs the job beside it that runs the tests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shipworthy.facts.pipeline import Kind, Leaf, Pipeline, Workflow
from shipworthy.facts.pipeline.blocking import Blocking
from shipworthy.facts.pipeline.expressions import uses_status
from shipworthy.facts.pipeline.gate import Gate, gates
from shipworthy.fixes.desk import Desk, listed
from shipworthy.fixes.lines import line_end, line_span
from shipworthy.fixes.model import Fix, NoFix, Splice, edited
from shipworthy.fixes.unmask import unmask
from shipworthy.project.yaml import BadData, line_of, load_yaml

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,100}")
_ONE = re.compile(rb"(\s*needs:[ ]+)([A-Za-z0-9_-]+)(\s*(?:#.*)?)")
_INLINE = re.compile(rb"(\s*needs:[ ]+\[)([^\[\]#{}]*)(\]\s*(?:#.*)?)")
_ITEM = re.compile(rb"(\s*- )[\"']?[A-Za-z0-9_-]+[\"']?\s*(?:#.*)?")


def make(desk: Desk) -> Fix | NoFix:
    """Only where a job of the file surely runs the tests whenever the deploy starts, and nothing else changes."""
    pipeline = desk.fact(Pipeline)
    open_gates = [gate for gate in gates(pipeline) if gate.said.no and not gate.preview]
    jobs: dict[tuple[str, str], list[Gate]] = {}
    for gate in open_gates:
        jobs.setdefault((gate.leaf.workflow, gate.leaf.job), []).append(gate)
    done: list[str] = []
    for (path, job), rows in jobs.items():
        told = _held(desk, pipeline, path, job, rows)
        if told:
            done.append(told)
    masks = [
        leaf
        for leaf in pipeline.of(Kind.TEST)
        if leaf.fails.no and any(leaf.workflow == gate.leaf.workflow for gate in open_gates)
    ]
    done += unmask(desk, masks)
    if done:
        desk.note("Push it on a branch and look at its first run: the deploy waits now, and a red test stops it.")
    return desk.result(f"{listed(done)}.")


def _held(desk: Desk, pipeline: Pipeline, path: str, job: str, rows: list[Gate]) -> str | None:
    """Lets one job need the tests; what was done, or None after saying why not."""
    workflow = next((each for each in pipeline.workflows if each.path == path), None)
    row = next((each for each in pipeline.jobs if (each.workflow, each.id) == (path, job)), None)
    where = f"{path}: job {job}"
    if workflow is None or row is None or workflow.system not in ("github", "gitlab") or not _NAME.fullmatch(job):
        desk.refuse(f"{where} cannot be made to wait by machine: {rows[0].proof}.")
        return None
    if not row.waits or (workflow.system == "github" and uses_status(row.condition)):
        desk.refuse(f"{where} starts whatever the jobs it needs say (`if: {row.condition[:60]}`): correct that first.")
        return None
    test = _test(pipeline, workflow, rows)
    if test is None:
        desk.refuse(f"{where}: no job of the file surely runs the tests whenever it deploys. {rows[0].proof}.")
        return None
    if _need(desk, workflow, job, test.job):
        return f"Let job {job} in {path} need job {test.job}"
    desk.refuse(f"{where} is written in a way that no machine changes: let it need job {test.job}.")
    return None


def _test(pipeline: Pipeline, workflow: Workflow, rows: list[Gate]) -> Leaf | None:
    """A test that surely runs in each start of the deploy and can fail its job, which does not wait for the deploy."""
    own = [each for each in pipeline.jobs if each.workflow == workflow.path]
    blocking = Blocking(own, github=workflow.system == "github")
    deploy = rows[0].leaf.job
    for leaf in pipeline.of(Kind.TEST):
        runs = [leaf.runs.get(gate.scenario) for gate in rows]
        if leaf.workflow != workflow.path or leaf.job == deploy or not _NAME.fullmatch(leaf.job):
            continue
        if not all(leaf.fails_when(gate.scenario).yes for gate in rows):
            continue
        if all(said is not None and said.yes for said in runs) and deploy not in blocking.before(leaf.job):
            return leaf
    return None


def _need(desk: Desk, workflow: Workflow, job: str, test: str) -> bool:
    """Writes the need into the file, if that changes this one thing and nothing else."""
    data = desk.read(workflow.path)
    before = _jobs(data, workflow)
    if data is None or before is None or not isinstance(before.get(job), Mapping) or test not in before:
        return False
    splice = _splice(data, before[job], line_of(before, job), test, gitlab=workflow.system == "gitlab")
    if splice is None:
        return False
    after = _jobs(edited(workflow.path, data, [splice]).data, workflow)
    if after is None or _plain(after, job) != _plain(before, job):
        return False
    if test not in _given(after[job]) or set(_given(after[job])) != {*_given(before[job]), test}:
        return False
    desk.change(workflow.path, splice)
    return True


def _jobs(data: bytes | None, workflow: Workflow) -> Mapping[str, Any] | None:
    if data is None:
        return None
    try:
        top = next(iter(load_yaml(data)), None)
    except BadData:
        return None
    jobs = top.get("jobs") if isinstance(top, Mapping) and workflow.system == "github" else top
    return jobs if isinstance(jobs, Mapping) else None


def _given(job: Mapping[str, Any]) -> list[str]:
    given = job.get("needs")
    return [str(each) for each in given] if isinstance(given, list) else [str(given)] if given is not None else []


def _plain(jobs: Mapping[str, Any], job: str) -> dict[str, Any]:
    """All jobs, without the needs of one of them."""
    return {
        key: {name: each[name] for name in each if name != "needs"} if key == job else each
        for key, each in jobs.items()
    }


def _splice(data: bytes, job: Mapping[str, Any], line: int | None, test: str, *, gitlab: bool) -> Splice | None:
    """The change of the lines: a need more, or the first one."""
    name = test.encode()
    if "needs" not in job:
        # With GitLab the first `needs` of a job takes it out of the order of stages: it would wait for nothing else.
        return None if gitlab or line is None else _first(data, job, line, name)
    at = line_of(job, "needs")
    span = line_span(data, at) if at else None
    if span is None:
        return None
    text = data[span[0] : span[1]]
    if (one := _ONE.fullmatch(text)) is not None:
        start = span[0] + one.start(2)
        return Splice(start, start + len(one[2]), b"[" + one[2] + b", " + name + b"]")
    if (inline := _INLINE.fullmatch(text)) is not None:
        start = span[0] + inline.end(2)
        return Splice(start, start, (b", " if inline[2].strip() else b"") + name)
    needs = job["needs"]
    last = line_of(needs, len(needs) - 1) if isinstance(needs, list) and needs else None
    end = line_span(data, last) if last else None
    item = _ITEM.fullmatch(data[end[0] : end[1]]) if end else None
    if end is None or item is None:
        return None
    return Splice(end[1], end[1], line_end(data) + item[1] + name)


def _first(data: bytes, job: Mapping[str, Any], line: int, name: bytes) -> Splice | None:
    """`needs` as the first key of a job that stands on lines of its own."""
    key = next(iter(job), None)
    at = line_of(job, key)
    span = line_span(data, at) if at and at > line else None
    if span is None:
        return None
    text = data[span[0] : span[1]]
    indent = text[: len(text) - len(text.lstrip(b" "))]
    if not indent or not text.lstrip(b" ").startswith(str(key).encode() + b":"):
        return None
    return Splice(span[0], span[0], indent + b"needs: [" + name + b"]" + line_end(data))
