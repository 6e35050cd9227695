"""Gathers what was read of every pipeline file into rows: workflows, jobs, the commands they come down to, losses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shipworthy.facts.pipeline.fact import (
    YES,
    ByHand,
    Combinations,
    Job,
    Leaf,
    NotRead,
    Opaque,
    Platform,
    Said,
    Scenario,
    Workflow,
    no,
    strength,
    strongest,
    weakest,
)
from shipworthy.facts.pipeline.resolve import Found, Lost

Pair = tuple[Said, Said]
"""How surely something runs, and how surely its failure fails its job."""
_NOTHING = no("nothing starts it")


@dataclass(slots=True)
class Read:
    """What was read of all pipeline files."""

    workflows: list[Workflow] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)
    opaque: list[Opaque] = field(default_factory=list)
    not_read: list[NotRead] = field(default_factory=list)
    platforms: list[Platform] = field(default_factory=list)
    by_hand: list[ByHand] = field(default_factory=list)


@dataclass(slots=True)
class Seen:
    """A leaf or loss over all scenarios: by scenario name (runs, fails) in each way it was reached."""

    step: int
    what: Found | Lost
    ways: dict[str, list[Pair]] = field(default_factory=dict)
    combinations: dict[str, Combinations] = field(default_factory=dict)

    def combined(self, scenario: str, number: int, pair: Pair) -> None:
        """Reached in this combination of the job's matrix."""
        known, runs = self.combinations.get(scenario, Combinations()), pair[0]
        may = known.may if runs.no else known.may | {number}
        surely = known.surely | {number} if runs.yes and pair[1].yes else known.surely
        self.combinations[scenario] = Combinations(may, surely)


def pair_rank(pair: Pair) -> tuple[int, ...]:
    """A key that sorts the surer pair last."""
    runs, fails = pair
    return (*strength(weakest(runs, fails)), *strength(runs))


def _of_change(pair: Pair) -> tuple[tuple[int, ...], int]:
    """As `pair_rank`; of starts that say the same of changes, the one that tolerates most comes last."""
    return pair_rank(pair), -strength(pair[1])[0]


def key_of(job: str, step: int, what: Found | Lost) -> Any:
    """Under which key a leaf or loss of a job is the same in every scenario."""
    if isinstance(what, Found):
        return job, step, what.kind, what.text, what.chain
    return job, step, what.reason, "", what.chain


def gather(
    read: Read, workflow: Workflow, scenarios: Iterable[Scenario], jobs: Iterable[Job], seen: Mapping[Any, Seen]
) -> None:
    """Adds one workflow with its jobs and the leaves and losses of `seen` (keys from `key_of`)."""
    by_name = {each.name: each for each in scenarios}
    read.workflows.append(workflow)
    for job in jobs:
        change = strongest((weakest(by_name[each].on_change, said) for each, said in job.runs.items()), _NOTHING)
        read.jobs.append(replace(job, on_change=change))
    for (job_id, *_), row in seen.items():
        runs = {each: max(pairs, key=pair_rank) for each, pairs in row.ways.items()}
        ways = [(weakest(by_name[each].on_change, pair[0]), pair[1]) for each, pair in runs.items()]
        change, fails = max(ways, key=_of_change, default=(_NOTHING, YES))
        what = row.what
        if isinstance(what, Lost):
            read.opaque.append(
                Opaque(
                    reason=what.reason,
                    chain=what.chain,
                    workflow=workflow.path,
                    job=job_id,
                    on_change=change,
                    anything=what.anything,
                    step=row.step,
                    runs={each: pair[0] for each, pair in runs.items()},
                )
            )
        else:
            read.leaves.append(
                Leaf(
                    kind=what.kind,
                    text=what.text,
                    chain=what.chain,
                    workflow=workflow.path,
                    job=job_id,
                    step=row.step,
                    on_change=change,
                    fails=fails,
                    runs={each: pair[0] for each, pair in runs.items()},
                    remark=what.remark,
                    secrets=what.secrets,
                    install=what.install,
                    despite=what.despite,
                    combinations=row.combinations,
                    fails_in={each: pair[1] for each, pair in runs.items()},
                )
            )
