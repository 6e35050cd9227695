"""One workflow or action file of GitHub, with the places in it that rules look at."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shipworthy.facts.hardening.fact import Degree, Weakness
from shipworthy.facts.hardening.taint import flows
from shipworthy.facts.pipeline.github_parallel import steps_in
from shipworthy.project.yaml import line_of

MAX_VALUE = 200_000
"""Characters behind a key in which a part of its value is looked for."""
Known = Mapping[str, tuple[str, ...]]
"""What stands behind a context path of a place: "env.title" -> ("github.event.issue.title",)."""


@dataclass(frozen=True, slots=True)
class Place:
    """A step of a job, a job that calls a workflow (`step` None), or a step of a composite action (`job` empty)."""

    id: str
    job: Mapping[str, Any]
    step: Mapping[str, Any] | None

    @property
    def uses(self) -> str:
        """What it borrows, "" where nothing."""
        node = self.job if self.step is None else self.step
        value = node.get("uses")
        return value.strip() if isinstance(value, str) else ""

    @property
    def given(self) -> Mapping[str, Any]:
        """Its `with:`."""
        return mapping((self.job if self.step is None else self.step).get("with"))


@dataclass(slots=True)
class Sheet:
    """A file that was understood, and the weak places found in it."""

    path: str
    data: Mapping[str, Any]
    text: str
    found: list[Weakness] = field(default_factory=list)
    _starts: list[int] = field(default_factory=list)

    def add(self, rule: str, degree: Degree, line: int | None, what: str, why: str = "") -> None:
        self.found.append(Weakness(rule=rule, degree=degree, path=self.path, line=line or 1, what=what, why=why))

    @property
    def is_workflow(self) -> bool:
        return isinstance(self.data.get("jobs"), Mapping)

    @property
    def jobs(self) -> dict[str, Mapping[str, Any]]:
        """Its jobs by id; none for an action."""
        jobs = mapping(self.data.get("jobs"))
        return {str(key): job for key, job in jobs.items() if isinstance(job, Mapping)}

    @property
    def events(self) -> dict[str, Any]:
        """What starts it, with each event's filters."""
        on = self.data.get("on")
        if isinstance(on, str):
            return {on: None}
        if isinstance(on, list):
            return {str(each): None for each in on}
        return {str(key): value for key, value in mapping(on).items()}

    def places(self) -> Iterator[Place]:
        for id, job in self.jobs.items():
            if isinstance(job.get("uses"), str):
                yield Place(id, job, None)
            for step in steps_in(job):
                yield Place(id, job, step)
        for step in steps_in(mapping(self.data.get("runs"))):
            yield Place("", {}, step)

    def line(self, node: Any, key: Any, needle: str = "", nth: int = 0) -> int:
        """The 1-based line of a key, or of the `nth` (from 0) `needle` behind it, where that stands word for word."""
        at = line_of(node, key) or line_of(node) or 1
        if not needle:
            return at
        if not self._starts:
            self._starts.append(0)
            for row in self.text.split("\n"):
                self._starts.append(self._starts[-1] + len(row) + 1)
        start = self._starts[min(at - 1, len(self._starts) - 1)]
        place = self.text.find(needle, start, start + MAX_VALUE)
        for _ in range(nth):
            later = self.text.find(needle, place + 1, start + MAX_VALUE) if place >= 0 else -1
            place = later if later >= 0 else place
        return at + self.text.count("\n", start, place) if place >= 0 else at

    def known(self, place: Place, given: Known) -> dict[str, tuple[str, ...]]:
        """What stands behind `env.…`, `inputs.…` and `needs.…` at a place. `given`: what callers put into inputs."""
        found: dict[str, tuple[str, ...]] = dict(given)
        for node in (self.data, place.job, place.step or {}):
            for name, value in mapping(node.get("env")).items():
                found[f"env.{str(name).lower()}"] = paths_in(value, found)
        return found


def mapping(value: Any) -> Mapping[str, Any]:
    """A value that should be a mapping: itself, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def paths_in(value: Any, known: Known) -> tuple[str, ...]:
    """The context paths whose text a value with expressions may hold."""
    if not isinstance(value, str) or "${{" not in value:
        return ()
    found: dict[str, None] = {}
    for flow in flows(value):
        for path in flow.paths:
            for each in known.get(path, (path,)):
                found[each] = None
    return tuple(found)


def target_of(uses: str, files: Mapping[str, Any]) -> str | None:
    """The file of the repository that `uses: ./…` names; None for anything else."""
    if not uses.startswith("./"):
        return None
    path = posixpath.normpath(uses)
    for each in (path, f"{path}/action.yml", f"{path}/action.yaml") if path != "." else ("action.yml", "action.yaml"):
        if each in files:
            return each
    return None
