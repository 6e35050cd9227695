"""Which tests, alone or together, prove that every proposed change is tested."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from shipworthy.facts.pipeline.fact import Answer, Kind, Leaf, Pipeline, Said

T = TypeVar("T")


def covering(rows: Sequence[T], said: Callable[[T], Said]) -> list[T]:
    """Rows that hold for every change each, or else the few that leave out no file together; nothing otherwise.

    In a repository of several parts each part often has a workflow with a filter on its folder: a change to a file is
    covered if one of them takes it.
    """
    alone = [row for row in rows if said(row).yes]
    if alone:
        return alone
    partial = [row for row in rows if said(row).answer is Answer.PARTIAL and said(row).left_out]
    chosen: list[T] = []
    left: frozenset[str] | None = None
    for row in sorted(partial, key=lambda each: len(said(each).left_out)):
        now = said(row).left_out if left is None else left & said(row).left_out
        if left is None or now != left:
            chosen.append(row)
            left = now
        if not left:
            return chosen
    return []


def proving(pipeline: Pipeline) -> list[Leaf]:
    """Tests whose failure fails a job, and that run on every proposed change, shortest chain first."""
    tests = sorted((leaf for leaf in pipeline.of(Kind.TEST) if leaf.fails.yes), key=lambda leaf: len(leaf.chain))
    return covering(tests, lambda leaf: leaf.on_change)


def started_outside(pipeline: Pipeline) -> list[Leaf]:
    """Tests that surely run and can fail, whenever the system starts: only when that is, is not in the repository."""
    outside = {(each.path, start.name) for each in pipeline.workflows for start in each.scenarios if start.outside}
    return [
        leaf
        for leaf in pipeline.of(Kind.TEST)
        if leaf.fails.yes and any(said.yes and (leaf.workflow, name) in outside for name, said in leaf.runs.items())
    ]
