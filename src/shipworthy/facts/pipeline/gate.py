"""Whether a deploy waits for tests: for each deploying command, in each way it starts, what had to pass before it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from shipworthy.facts.pipeline.fact import YES, Job, Kind, Leaf, Pipeline, Said, no

_SUCCESS = re.compile(r"workflow_run\.conclusion\s*==\s*'success'")


@dataclass(frozen=True, slots=True)
class Gate:
    """A deploying command in one scenario, and whether a test that can fail ran before it could start."""

    leaf: Leaf
    scenario: str
    event: str
    said: Said
    by: Leaf | None = None


def _before(pipeline: Pipeline, leaf: Leaf) -> set[str]:
    """Ids of the jobs that must have succeeded before the leaf's job starts, its callers' jobs included."""
    jobs = {job.id: job for job in pipeline.jobs if job.workflow == leaf.workflow}
    found: set[str] = set()
    waiting = [leaf.job]
    while waiting:
        name = waiting.pop()
        parts = name.split("/")
        for depth in range(1, len(parts) + 1):
            job = jobs.get("/".join(parts[:depth]))
            if job is None:
                continue
            for need in job.needs:
                if need not in found and (job.waits or _asks(job, need)):
                    found.add(need)
                    waiting.append(need)
    return found


def _asks(job: Job, need: str) -> bool:
    """Whether a condition with `always()` still asks for the needed job's success."""
    name = re.escape(need.rpartition("/")[2])
    return bool(re.search(rf"needs\.{name}\.result\s*==\s*'success'", job.condition)) and "||" not in job.condition


def _tests(pipeline: Pipeline, leaf: Leaf, scenario: str) -> Iterable[Leaf]:
    """Tests that ran, and could have stopped it, before the leaf."""
    before = _before(pipeline, leaf)
    for test in pipeline.of(Kind.TEST):
        if test.workflow != leaf.workflow or not test.fails.yes:
            continue
        said = test.runs.get(scenario)
        earlier = test.job == leaf.job and (test.step < leaf.step or _stands_before(test, leaf))
        waited = test.job in before or any(test.job.startswith(name + "/") for name in before)
        if said is not None and said.yes and (earlier or waited):
            yield test


def _stands_before(test: Leaf, leaf: Leaf) -> bool:
    """In the same script, on an earlier line."""
    one, two = test.chain[-1], leaf.chain[-1]
    return test.step == leaf.step and one.path == two.path and one.line < two.line


def _after_workflow(pipeline: Pipeline, leaf: Leaf) -> Leaf | None:
    """A test of the workflow whose success starts this one (`workflow_run` with a check of its conclusion)."""
    workflow = next((each for each in pipeline.workflows if each.path == leaf.workflow), None)
    jobs = [job for job in pipeline.jobs if job.workflow == leaf.workflow]
    own = next((job for job in jobs if job.id == leaf.job), None)
    before = _before(pipeline, leaf)
    asked = any(_SUCCESS.search(job.condition) for job in jobs if job.id in before or job is own)
    if workflow is None or not asked:
        return None
    named = {each.path for each in pipeline.workflows if each.name in workflow.after}
    return next(
        (
            test
            for test in pipeline.of(Kind.TEST)
            if test.workflow in named and test.fails.yes and any(said.yes for said in test.runs.values())
        ),
        None,
    )


def gates(pipeline: Pipeline) -> list[Gate]:
    """Every deploy and publish of the workflows, in each scenario in which it may run."""
    found = []
    for leaf in pipeline.of(Kind.DEPLOY, Kind.PUBLISH):
        workflow = next((each for each in pipeline.workflows if each.path == leaf.workflow), None)
        events = {each.name: each.event for each in workflow.scenarios} if workflow else {}
        for scenario, said in leaf.runs.items():
            if said.no:
                continue
            event = events.get(scenario, scenario)
            test = next(iter(_tests(pipeline, leaf, scenario)), None)
            if test is None and event == "workflow_run":
                test = _after_workflow(pipeline, leaf)
            why = YES if test else no("no test that could stop it runs before it")
            found.append(Gate(leaf, scenario, event, why, test))
    return found


def overall(found: Iterable[Gate]) -> str:
    """ "yes" where every deploy is gated, "no" where none is, else "partial"; "na" where there is none."""
    answers = {gate.said.yes for gate in found}
    if not answers:
        return "na"
    return "partial" if len(answers) > 1 else "yes" if answers == {True} else "no"
