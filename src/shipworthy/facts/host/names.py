"""Reads under which names the jobs of GitHub workflows report their checks.

Source: "Workflow syntax": the check of a job is named by its `name`, or its id; a matrix adds its values in brackets
where the name holds no expression; a job of a called workflow is "caller / called".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shipworthy.facts.base import FactReader, Facts, View
from shipworthy.facts.host.fact import CheckName, CheckNames
from shipworthy.project.yaml import line_of

MAX_JOBS = 500
_EXPRESSION = re.compile(r"\$\{\{[^}]*\}\}")


class CheckNamesReader(FactReader[CheckNames]):
    """Reads the workflow files only."""

    def read(self, view: View, facts: Facts) -> CheckNames:
        if view.project.incomplete:
            view.gap(None, view.project.incomplete)
        found: list[CheckName] = []
        for entry in view.entries(".github/workflows/*.yml", ".github/workflows/*.yaml"):
            if entry.path.count("/") != 2:
                continue
            documents = view.yaml(entry.path)
            jobs = [each["jobs"] for each in documents or () if isinstance(each, Mapping) and "jobs" in each]
            if documents is not None and not any(isinstance(each, Mapping) for each in jobs):
                view.gap(entry.path, "it holds no jobs")
            for each in jobs:
                found += _names(entry.path, each) if isinstance(each, Mapping) else ()
        return CheckNames(names=tuple(found), read=tuple(view.seen), gaps=tuple(view.gaps))


def _names(path: str, jobs: Mapping[Any, Any]) -> Iterator[CheckName]:
    for name in list(jobs)[:MAX_JOBS]:
        job = jobs[name]
        if not isinstance(job, Mapping):
            continue
        line = line_of(jobs, name) or 1
        shown = str(job.get("name") or name)[:500]
        pieces = tuple(_EXPRESSION.split(shown))
        strategy = job.get("strategy")
        if len(pieces) == 1 and isinstance(strategy, Mapping) and "matrix" in strategy:
            yield CheckName(path=path, line=line, pieces=(f"{shown} (", ")"))
        elif "uses" in job:
            yield CheckName(path=path, line=line, pieces=(*pieces[:-1], f"{pieces[-1]} / ", ""))
        else:
            yield CheckName(path=path, line=line, pieces=pieces)
