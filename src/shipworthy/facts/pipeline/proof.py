"""Which tests, alone or together, prove that every proposed change is tested."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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


def proving(pipeline: Pipeline, kind: Kind = Kind.TEST) -> list[Leaf]:
    """Commands of a kind whose failure fails a job, and that run on every proposed change, shortest chain first."""
    leaves = sorted((leaf for leaf in pipeline.of(kind) if leaf.fails.yes), key=lambda leaf: len(leaf.chain))
    return covering(leaves, lambda leaf: leaf.on_change)


def started_outside(pipeline: Pipeline, kind: Kind = Kind.TEST) -> list[Leaf]:
    """Commands of a kind that surely run and can fail, whenever the system starts: only when that is, is not in the
    repository."""
    outside = outside_starts(pipeline)
    return [leaf for leaf in pipeline.of(kind) if holds_in(leaf, outside)]


def outside_starts(pipeline: Pipeline) -> frozenset[tuple[str, str]]:
    """(path of a pipeline file, name of a way it starts) for each start that is set in the system itself."""
    return frozenset(
        (each.path, start.name) for each in pipeline.workflows for start in each.scenarios if start.outside
    )


def holds_in(leaf: Leaf, starts: frozenset[tuple[str, str]], answer: Answer = Answer.YES) -> bool:
    """Whether a command surely (or with another answer) runs in one of the starts, and its failure counts there."""
    return any(
        said.answer is answer and (leaf.workflow, name) in starts and leaf.fails_when(name).yes
        for name, said in leaf.runs.items()
    )


def runs_in(
    workflow: str, runs: Mapping[str, Said], starts: frozenset[tuple[str, str]], answer: Answer = Answer.YES
) -> bool:
    """Whether a job or command of this file surely (or with another answer) runs in one of the starts."""
    return any(said.answer is answer and (workflow, name) in starts for name, said in runs.items())
