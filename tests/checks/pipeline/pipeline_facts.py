"""Pipelines of any CI system put together from rows, for the tests of what checks say about them."""

from __future__ import annotations

from tests.support import NOW

from shipworthy.checks import CheckContext, check_named
from shipworthy.facts import Context, Facts
from shipworthy.facts.pipeline import Kind, Leaf, Pipeline
from shipworthy.facts.pipeline.fact import YES, CiSystem, Job, Link, Said, Scenario, SecretScan, Workflow, weakest
from shipworthy.facts.scan_gate import ScanGate
from shipworthy.model import Outcome

OUTSIDE = Said(YES.answer.UNKNOWN, "when it starts is set in the system itself")


def system(
    name: str,
    path: str,
    *commands: tuple[Kind, str],
    start: Said = YES,
    outside: bool = False,
    runs: Said = YES,
    fails: Said = YES,
    scan: SecretScan | None = None,
) -> Pipeline:
    """One file with one start and one job, whose command on line 5 + n is the n-th."""
    change = weakest(start, runs)
    leaves = [
        Leaf(
            kind=kind, text=text, chain=(Link(path, 5 + at, text),), workflow=path, job="check", step=at,
            on_change=change, fails=fails, runs={"change": runs}, secrets=scan,
        )
        for at, (kind, text) in enumerate(commands)
    ]  # fmt: skip
    scenario = Scenario(name="change", event="change", line=1, on_change=start, outside=outside)
    job = Job(
        workflow=path, id="check", line=3, needs=(), waits=True, condition="", on_change=change, runs={"change": runs}
    )
    return Pipeline(
        systems=(CiSystem(name=name, title=name, path=path, is_read=True),),
        workflows=(Workflow(path=path, name=path, scenarios=(scenario,), permissions="", system=name),),
        jobs=(job,),
        leaves=tuple(leaves),
        files=3,
        code_files=2,
        read=(path,),
    )


def joined(*pipelines: Pipeline) -> Pipeline:
    """Several systems in one repository."""
    return Pipeline(
        systems=tuple(row for each in pipelines for row in each.systems),
        workflows=tuple(row for each in pipelines for row in each.workflows),
        jobs=tuple(row for each in pipelines for row in each.jobs),
        leaves=tuple(row for each in pipelines for row in each.leaves),
        opaque=tuple(row for each in pipelines for row in each.opaque),
        files=3,
        code_files=2,
    )


def judged(check: str, pipeline: Pipeline, *more: object) -> Outcome:
    """What a check says, with no commit hooks."""
    context = CheckContext(outside=Context(now=NOW), profile="solo", components=())
    facts = {type(each): each for each in (pipeline, ScanGate(), *more)}
    return check_named(check).check(Facts(facts), context)
