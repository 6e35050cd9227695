"""Permissions and pins of GitHub workflows, counted exactly."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shipworthy.facts.pipeline.fact import ActionUse
from shipworthy.facts.pipeline.github_parallel import steps_in
from shipworthy.project.yaml import line_of

_SHA = re.compile(r"@[0-9a-f]{40}$")


def _writes(permissions: Any) -> bool:
    if isinstance(permissions, str):
        return permissions.strip() == "write-all"
    return isinstance(permissions, Mapping) and any(str(value) == "write" for value in permissions.values())


def permissions_of(data: Mapping[str, Any]) -> str:
    """How a workflow limits its token.

    "write" or "restricted" where it states permissions, "all-jobs-set" where each job does, else "absent".
    """
    if "permissions" in data:
        return "write" if _writes(data["permissions"]) else "restricted"
    jobs = data.get("jobs")
    found = [job for job in jobs.values() if isinstance(job, Mapping)] if isinstance(jobs, Mapping) else []
    return "all-jobs-set" if found and all("permissions" in job for job in found) else "absent"


def _uses(rows_: Sequence[Any]) -> Iterator[tuple[str, int]]:
    for row in rows_:
        if isinstance(row, Mapping) and isinstance(row.get("uses"), str):
            yield row["uses"], line_of(row, "uses") or 1


def action_uses(path: str, data: Any) -> list[ActionUse]:
    """Every `uses:` of a workflow or of a composite action."""
    if not isinstance(data, Mapping):
        return []
    found: list[tuple[str, int]] = []
    jobs = data.get("jobs")
    for job in jobs.values() if isinstance(jobs, Mapping) else ():
        if isinstance(job, Mapping):
            found += [*_uses([job]), *_uses(steps_in(job))]
    runs = data.get("runs")
    if isinstance(runs, Mapping):
        found += _uses(steps_in(runs))
    return [_use(path, line, text.strip()) for text, line in found]


def _use(path: str, line: int, text: str) -> ActionUse:
    where = "local" if text.startswith("./") else "docker" if text.startswith("docker://") else "external"
    pinned = bool(_SHA.search(text)) or (where == "docker" and "@sha256:" in text)
    return ActionUse(path=path, line=line, name=text, where=where, pinned=pinned)
