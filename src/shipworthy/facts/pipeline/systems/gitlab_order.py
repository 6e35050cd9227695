"""For which jobs a GitLab job waits, over all pipelines it is in.

Source: GitLab's reference "CI/CD YAML syntax" (`stages`, `needs`, `allow_failure`).
"""

from __future__ import annotations

from collections.abc import Sequence

from shipworthy.facts.pipeline.systems.gitlab_config import Config
from shipworthy.facts.pipeline.systems.gitlab_pipeline import Pipeline, Row


def foreign_id(name: str) -> str:
    """The id under which the jobs of something included from elsewhere are kept."""
    return f"include {name}"[:200]


def foreign_ids(config: Config) -> list[str]:
    """Where jobs of stages before any other may lie that are not read."""
    return [foreign_id(each.name) for each in config.foreign] + [f"include at {chain[0]}" for _, chain in config.lost]


def needs_of(pipelines: Sequence[Pipeline]) -> dict[str, list[str]]:
    """By job, those that must have succeeded before it starts, in every one of the pipelines.

    A job that somebody may start and that may fail keeps nobody waiting; who names it waits for what it waits for.
    """
    rows = pipelines[0].jobs.rows
    loose = {
        name
        for name in rows
        if any(each.decisions[name].optional and each.decisions[name].runs.no for each in pipelines)
    }
    found: dict[str, list[str]] = {}
    stages: dict[int, list[str]] = {}
    for name, row in rows.items():
        ways = [each for each in pipelines if each.decisions[name].is_in] or list(pipelines)
        if all(each.needs(row) is None for each in ways):
            # The stages decide, which are the same in each.
            if row.stage not in stages:
                stages[row.stage] = list(dict.fromkeys(_before(ways[0], row, loose, ())))
            found[name] = stages[row.stage]
            continue
        lists = [_before(each, row, loose, ()) for each in ways]
        everywhere = set(lists[0]).intersection(*lists[1:])
        found[name] = [each for each in dict.fromkeys(lists[0]) if each in everywhere]
    return found


def _before(pipeline: Pipeline, row: Row, loose: set[str], seen: tuple[str, ...]) -> list[str]:
    rows = pipeline.jobs.rows
    needs = pipeline.needs(row)
    if needs is None:
        before = [name for name, other in rows.items() if other.stage < row.stage and name not in loose]
        return [*foreign_ids(pipeline.jobs.config), *before] if row.stage else before
    found: list[str] = []
    for need in needs:
        if need.name not in rows:
            found += foreign_ids(pipeline.jobs.config)
        if need.name not in rows or need.name in seen:
            continue
        decision = pipeline.decisions[need.name]
        if need.optional and not (decision.runs.yes or decision.manual.yes):
            continue
        if need.name in loose:
            found += _before(pipeline, rows[need.name], loose, (*seen, row.name))
        else:
            found.append(need.name)
    return found
