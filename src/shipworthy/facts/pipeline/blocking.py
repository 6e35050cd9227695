"""Which jobs of a workflow cannot start once another one has failed or was skipped, told by needs and conditions.

Source: the code host's "Using jobs in a workflow" (a job whose needs failed or were skipped is skipped, unless its
condition names a status function; "a failure or skip applies to all jobs in the dependency chain from the point of
failure or skip onwards", so that `success()` asks of every job ahead, also of those behind one that ran all the same)
and "Evaluate expressions" (what the status functions answer).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

from shipworthy.facts.pipeline.expressions import condition, uses_status
from shipworthy.facts.pipeline.fact import Job
from shipworthy.facts.pipeline.values import Open, Unknown, truth

MAX_DEPTH = 60
MAX_EFFORT = 250_000


class TooMuch(Exception):
    """There are more jobs and tests than are held against each other."""


class Effort:
    """What may still be looked at, for all workflows of a repository together."""

    def __init__(self) -> None:
        self._left = MAX_EFFORT

    def spend(self) -> None:
        """Raises TooMuch where nothing is left."""
        self._left -= 1
        if self._left < 0:
            raise TooMuch


def with_callers(id: str) -> list[str]:
    """A job's id and those of the jobs that call it, the outermost first."""
    parts = id.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts) + 1)]


class Blocking:
    """The jobs of one workflow. `github`: conditions are written in that code host's language, and are followed.

    What asks for more than `effort` raises TooMuch.
    """

    def __init__(self, jobs: Iterable[Job], *, github: bool, effort: Effort | None = None) -> None:
        self._effort = effort or Effort()
        self.jobs: Mapping[str, Job] = {job.id: job for job in jobs}
        self._github = github
        self._before: dict[str, dict[str, str]] = {}
        self._known: dict[tuple[str, str, str, str], bool] = {}

    def before(self, id: str) -> Mapping[str, str]:
        """Every job that a job or its callers name in `needs`, and those these need: id -> the job that names it.

        Nearest first.
        """
        if id not in self._before:
            found: dict[str, str] = {}
            waiting = deque((each, need) for each in reversed(with_callers(id)) for need in self.needs(each))
            while waiting:
                by, need = waiting.popleft()
                if need not in found:
                    found[need] = by
                    waiting.extend((need, each) for each in self.needs(need) if each not in found)
            self._before[id] = found
        return self._before[id]

    def needs(self, id: str) -> tuple[str, ...]:
        """Ids of the jobs it waits for itself; nothing for a job that is not there."""
        job = self.jobs.get(id)
        return job.needs if job else ()

    def path(self, id: str, needed: str) -> list[str]:
        """Ids of the jobs on the shortest way of `needs` from a job (not included) to one it waits for."""
        before = self.before(id)
        steps = [needed]
        while len(steps) < MAX_DEPTH and (by := before.get(steps[0])) in before and by is not None:
            steps.insert(0, by)
        return steps

    def stops(self, id: str, needed: str, event: str, result: str = "failure") -> bool:
        """Whether a job surely does not start once another one ended with `result` ("failure" or "skipped")."""
        key = (id, needed, event, result)
        if key not in self._known:
            others = ("success", "skipped")
            self._known[key] = all(self._stopped(id, _Case(needed, result, other, event), 0) for other in others)
        return self._known[key]

    def perhaps(self, id: str, needed: str) -> str:
        """A job between the two whose own steps may stop the first in a way that is not followed; "" for none."""
        inside = with_callers(needed)
        between = (name for name in self.before(id) if any(each in self.before(name) for each in inside))
        return next((name for name in between if name in self.jobs and self.jobs[name].looks), "")

    def _stopped(self, id: str, case: _Case, depth: int) -> bool:
        if depth > MAX_DEPTH:
            return False
        around = with_callers(case.needed)
        return any(not self._starts(each, case, depth) for each in with_callers(id) if each not in around)

    def _starts(self, id: str, case: _Case, depth: int) -> bool:
        self._effort.spend()
        job = self.jobs.get(id)
        if job is None:
            return True
        results = {need: self._result(need, case, depth) for need in job.needs}
        if not self._github:
            return not job.waits or ("failure" not in results.values() and "skipped" not in results.values())
        text = job.condition
        ahead = (each for each in self._chain(id) if each not in results)
        fine = all(result == "success" for result in results.values()) and all(
            self._result(each, case, depth) == "success" for each in ahead
        )
        if not uses_status(text) and not fine:
            return False
        if not text:
            return True
        failed = case.result == "failure" and any(each in self.before(id) for each in with_callers(case.needed))
        prefix = len(id.rpartition("/")[0]) + 1 if "/" in id else 0
        answers = {"success()": fine, "always()": True, "failure()": failed, "cancelled()": False}
        context: dict[str, Any] = {
            "github": Open("github", {"event_name": case.event} if case.event != "?" else {}),
            "needs": {
                need[prefix:]: {"result": result, "outputs": Unknown("outputs")} for need, result in results.items()
            },
            **{name: (lambda _args, value=value: value) for name, value in answers.items()},
        }
        return truth(condition(text, context)) is not False

    def _chain(self, id: str) -> list[str]:
        """The jobs it needs, and those they need, without what its callers need."""
        found: dict[str, None] = {}
        waiting = list(self.needs(id))
        while waiting:
            each = waiting.pop()
            if each not in found:
                found[each] = None
                waiting += self.needs(each)
        return list(found)

    def _result(self, id: str, case: _Case, depth: int) -> str:
        """How a needed job ends in this case."""
        if id not in case.results:
            result = self._ends(id, case, depth)
            if depth >= MAX_DEPTH:
                return result
            case.results[id] = result
        return case.results[id]

    def _ends(self, id: str, case: _Case, depth: int) -> str:
        if id == case.needed:
            # Other systems go on past a job that this start leaves out.
            return case.result if self._github or case.result == "failure" else "success"
        if case.needed.startswith(id + "/"):
            # A called workflow fails with one of its jobs; one that was skipped does not make it skipped.
            return case.result if case.result == "failure" else "success"
        if not any(each in self.before(id) for each in with_callers(case.needed)):
            return case.other if self._github else "success"
        if not self._stopped(id, case, depth + 1):
            job = self.jobs.get(id)
            guards = job.fails_with if job else frozenset()
            return "failure" if any(self._result(need, case, depth + 1) == bad for need, bad in guards) else "success"
        return "skipped"


class _Case:
    """One job ended like this, all that do not depend on it like that."""

    def __init__(self, needed: str, result: str, other: str, event: str) -> None:
        self.needed, self.result, self.other, self.event = needed, result, other, event
        self.results: dict[str, str] = {}
        """How jobs end, as far as that is known already."""
