"""Reads GitHub Actions: every workflow, job and step, in every scenario that starts it.

Source: the code host's "Workflow syntax" and "Reusing workflow configurations".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from shipworthy.facts.pipeline import changes
from shipworthy.facts.pipeline.fact import (
    YES,
    Answer,
    Combinations,
    Job,
    NotRead,
    Said,
    Scenario,
    Workflow,
    no,
    weakest,
)
from shipworthy.facts.pipeline.gathering import Read, Seen, gather, pair_rank
from shipworthy.facts.pipeline.github_jobs import Walk
from shipworthy.facts.pipeline.github_rules import problems
from shipworthy.facts.pipeline.github_steps import MAX_WALKED, Steps
from shipworthy.facts.pipeline.hardening import permissions_of
from shipworthy.facts.pipeline.resolve import Found, Resolver
from shipworthy.facts.pipeline.tree import rows
from shipworthy.facts.pipeline.triggers import Start, Surroundings, as_asked, starts_of
from shipworthy.project.yaml import line_of

_NOT_ALWAYS = no("it does not run on every event of a pull request")


class GitHub:
    """Reads workflows one after the other into `read`."""

    def __init__(self, resolver: Resolver, around: Surroundings, read: Read) -> None:
        self._resolver = resolver
        self._around = around
        self._steps = Steps(resolver)
        self.read = read

    def workflow(self, path: str) -> None:
        """One workflow file."""
        data = self._resolver.tree.yaml(path)
        if not isinstance(data, Mapping) or not isinstance(data.get("jobs"), Mapping):
            bad = self._resolver.tree.bad.get(path)
            self.read.not_read.append(NotRead(path=path, line=1 if bad else None, reason=bad or "it has no jobs"))
            return
        wrong = next(problems(data), None)
        if wrong is not None:
            reason, line = wrong
            self.read.not_read.append(NotRead(path=path, line=line, reason=f"the code host refuses it: {reason}"))
            return
        starts = starts_of(data.get("on"), line_of(data, "on") or 1, self._around)
        text = self._resolver.tree.text(path) or ""
        starts += as_asked(starts, text)
        groups: dict[str, list[Start]] = {}
        mentions_action = "event.action" in text
        for start in starts:
            group = groups.setdefault(start.scenario.name, [])
            if not group or mentions_action:
                group.append(start)
        self._steps.left = MAX_WALKED
        seen: dict[Any, Seen] = {}
        jobs: dict[str, Job] = {}
        trying = changes.tried(data, self._around.files) if changes.chooses_by_changes(text) else []
        for name, group in groups.items():
            walks = [self._walk(path, data, start) for start in group]
            if trying and not group[0].scenario.on_change.no and any(_open(walk, name) for walk in walks):
                more = changes.with_changes(group, trying)
                walks += [self._walk(path, data, start) for start in more]
                group = [*group, *more]
            parts, states = [walk.seen for walk in walks], [walk.rows for walk in walks]
            tried = [start.changed for start in group]
            self._join(name, parts, tried, seen)
            for each in {each: None for part in states for each in part}:
                job = next(part[each] for part in states if each in part)
                said = _together([part[each].runs[name] if each in part else _NOT_ALWAYS for part in states], tried)
                known = jobs.get(each)
                jobs[each] = _with_runs(job, {**(known.runs if known else {}), name: said}, job.on_change)
        scenarios = {start.scenario.name: start.scenario for start in starts}
        self._finish(path, data, list(scenarios.values()), seen, jobs)

    def _walk(self, path: str, data: Mapping[str, Any], start: Start) -> Walk:
        walk = Walk(self._resolver, self._steps, path, start)
        walk.jobs(data, path, (), YES, YES, "", None, 0)
        return walk

    def _join(
        self, name: str, parts: list[dict[Any, Seen]], tried: Sequence[str | None], into: dict[Any, Seen]
    ) -> None:
        """One scenario that starts in several ways (opened, synchronize): only what runs in each counts fully."""
        for key in {key: None for part in parts for key in part}:
            found = [part.get(key) for part in parts]
            first = next(row for row in found if row is not None)
            best = [max(row.ways[name], key=pair_rank) if row else (_NOT_ALWAYS, YES) for row in found]
            runs = _together([pair[0] for pair in best], tried)
            pair = (runs, weakest(*(pair[1] for pair in best)))
            row = into.setdefault(key, Seen(first.step, first.what))
            # Where it starts although an earlier step failed in one of them, no test before it holds it.
            despite = (each.what for each in found if each and isinstance(each.what, Found) and each.what.despite)
            row.what = next(despite, row.what) if not runs.no else row.what
            row.ways.setdefault(name, []).append(pair)
            several = [each.combinations[name] for each in found if each and name in each.combinations]
            if several:
                surely = frozenset[int].intersection(*(each.surely for each in several))
                row.combinations[name] = Combinations(frozenset[int]().union(*(each.may for each in several)), surely)

    def _finish(
        self,
        path: str,
        data: Mapping[str, Any],
        scenarios: list[Scenario],
        seen: dict[Any, Seen],
        jobs: dict[str, Job],
    ) -> None:
        after = data.get("on")
        after = after.get("workflow_run") if isinstance(after, Mapping) else None
        names = tuple(str(each) for each in rows(after.get("workflows") if isinstance(after, Mapping) else None))
        name = data.get("name")
        workflow = Workflow(
            path=path,
            name=str(name) if isinstance(name, str) else path,
            scenarios=tuple(scenarios),
            permissions=permissions_of(data),
            after=names,
        )
        gather(self.read, workflow, scenarios, jobs.values(), seen)


def _open(walk: Walk, name: str) -> bool:
    """Whether something of a walk may run or not, so that trying changed files could settle it."""
    jobs = any(job.runs[name].answer is Answer.UNKNOWN for job in walk.rows.values())
    ways = (runs for row in walk.seen.values() for runs, _ in row.ways[name])
    return jobs or any(runs.answer is Answer.UNKNOWN for runs in ways)


def _together(runs: Sequence[Said], tried: Sequence[str | None]) -> Said:
    """What holds over several ways a scenario starts.

    Ways in which one file is taken to have changed settle what is not known without it: what runs for each of them
    runs for every change, what runs for some of them for some changes.
    """
    plain = [said for said, path in zip(runs, tried, strict=True) if path is None]
    with_file = [(said, path) for said, path in zip(runs, tried, strict=True) if path is not None]
    base = weakest(*plain)
    if not with_file or base.no or base.yes:
        return base
    left_out = {path: said.why for said, path in with_file if said.no}
    if left_out:
        path, why = next(iter(left_out.items()))
        return Said(Answer.PARTIAL, f"a change to {path} does not run it ({why})", frozenset(left_out))
    return weakest(*(said for said, _ in with_file))


def _with_runs(job: Job, runs: Mapping[str, Said], on_change: Said) -> Job:
    return replace(job, runs=runs, on_change=on_change)
