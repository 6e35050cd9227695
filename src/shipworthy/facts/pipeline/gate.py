"""Whether a deploy waits for tests: for each deploying command, in each way it starts, what had to pass before it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shipworthy.facts.pipeline.blocking import Blocking, Effort, TooMuch, with_callers
from shipworthy.facts.pipeline.expressions import condition
from shipworthy.facts.pipeline.fact import (
    YES,
    Answer,
    Doubt,
    Kind,
    Leaf,
    Opaque,
    Pipeline,
    Said,
    Scenario,
    Workflow,
    no,
    strength,
    unsure,
    weakest,
)
from shipworthy.facts.pipeline.settling import TO_DEPLOY
from shipworthy.facts.pipeline.values import Open, truth

_BY_HAND = {"tag", "manual", "release", "workflow_dispatch", "repository_dispatch", "create", "deployment"}
_OWN_RESULT = re.compile(r"\.(outcome|conclusion|result)\b")
_OF_THE_JOB = re.compile(r"\b(steps|env|matrix|runner|strategy|job)\s*[.\[]", re.I)
_OF_THE_CALL = re.compile(r"\b(inputs|needs)\s*[.\[]", re.I)
_NOT_PASSED = ("failure", "cancelled", "timed_out")
_OTHER_AIM = re.compile(
    r"lint|test|codeql|scan|stale|label|triage|check|notif|slack|assign|comment|issue|format|pinned|"
    r"review(?![-_ ]?(?:app|env))|secur|audit|verif|validat|spell|depend|renovate|conventional|title|\bcla\b|"
    r"greet|sonar|coverage|benchmark|\bci\b|trello|project",
    re.I,
)
_SUBMITS = re.compile(r"gcloud (?:beta |alpha )?builds submit\b(?:.{0,300}?--config[= ](?:\./)?(\S{1,200}))?")
_NO_TEST = "no test step on any path"
_MOST_LINKS = 5


@dataclass(frozen=True, slots=True)
class Gate:
    """A deploying command in one scenario, and whether a test that can fail ran before it could start."""

    leaf: Leaf
    scenario: str
    event: str
    said: Said
    by: Leaf | None = None
    """The test that proves it."""
    proof: str = ""
    """The shortest proof or the shortest hole, in one line."""
    preview: bool = False
    """It shows a change that is only proposed: what has landed stays as it is."""

    @property
    def by_hand(self) -> bool:
        """Whether a person starts it: a tag, a release, a button."""
        return self.scenario in _BY_HAND or self.event in _BY_HAND


_ByJob = dict[tuple[str, str], list[Leaf | Opaque]]
"""Rows by workflow and job, those of a called workflow under its callers too."""


@dataclass(frozen=True, slots=True)
class _Before:
    """How surely something that could stop a deploy ran before it, and over which jobs."""

    said: Said
    what: Leaf | Opaque
    over: tuple[str, ...] = ()
    after: str = ""
    """Name of the workflow after whose success the deploy starts."""


def gates(pipeline: Pipeline) -> list[Gate]:
    """Every deploy and publish of the workflows, in each scenario in which it may run."""
    return Proofs(pipeline).every()


def overall(found: Iterable[Gate]) -> str:
    """ "yes" where every deploy is gated, "no" where none is, else "partial" or "unknown"; "na" where there is none.

    Previews of proposed changes count only where there is nothing else.
    """
    rows = list(found)
    rows = [gate for gate in rows if not gate.preview] or rows
    answers = {gate.said.answer for gate in rows}
    if not answers:
        return "na"
    if answers == {Answer.YES}:
        return "yes"
    if Answer.NO not in answers:
        return "unknown" if Answer.UNKNOWN in answers else "partial"
    return "partial" if answers & {Answer.YES, Answer.PARTIAL} else "no"


def hidden_deploys(pipeline: Pipeline) -> list[Opaque]:
    """What may run and could deploy without being seen: a called workflow that lies elsewhere, a shared library."""
    return [
        each
        for each in pipeline.opaque
        if each.anything
        and any(not said.no for said in each.runs.values())
        and not _elsewhere_bound(each.chain[-1].text.rpartition("/")[2])
    ]


def _elsewhere_bound(name: str) -> bool:
    """Whether a name says that something else is done: it only decides what is asked about, and one that may mean a
    deploy, too, is asked about."""
    return bool(_OTHER_AIM.search(name)) and not TO_DEPLOY.search(name)


def place(leaf: Leaf | Opaque) -> str:
    """ "deploy.yml:12" of the step in the workflow."""
    first = leaf.chain[0]
    return f"{first.path.rpartition('/')[2]}:{first.line}"


def _named(leaf: Leaf) -> str:
    return leaf.text if len(leaf.text) <= 48 else leaf.text[:47] + "…"


class Proofs:
    """Looks for a proof for every deploy of a pipeline."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._order = {id(leaf): number for number, leaf in enumerate(pipeline.leaves)}
        self._tests = pipeline.of(Kind.TEST)
        self._blocking: dict[str, Blocking] = {}
        self._effort = Effort()
        self._by_job = (self._sorted(self._tests), self._sorted(pipeline.opaque))
        self._workflows: Mapping[str, Workflow] = {each.path: each for each in pipeline.workflows}

    def every(self) -> list[Gate]:
        found = []
        for leaf in self._pipeline.of(Kind.DEPLOY, Kind.PUBLISH):
            workflow = self._workflows.get(leaf.workflow)
            starts = {each.name: each for each in workflow.scenarios} if workflow else {}
            for scenario, said in leaf.runs.items():
                if not said.no and scenario in starts:
                    found.append(self._gate(leaf, starts[scenario]))
        return found

    def _sorted(self, rows: Sequence[Leaf | Opaque]) -> _ByJob:
        found: _ByJob = {}
        for each in rows:
            for caller in with_callers(each.job):
                found.setdefault((each.workflow, caller), []).append(each)
        return found

    def _gate(self, leaf: Leaf, start: Scenario) -> Gate:
        try:
            return self._judged(leaf, start)
        except TooMuch:
            said = unsure("there are too many jobs to hold every deploy against every test")
            preview = start.on_change.answer in (Answer.YES, Answer.PARTIAL) and not start.outside
            return Gate(leaf, start.name, start.event, said, None, f"{place(leaf)} {_named(leaf)}; {said.why}", preview)

    def _judged(self, leaf: Leaf, start: Scenario) -> Gate:
        before = self._before(leaf, start, self._by_job[0])
        if start.event == "workflow_run":
            before += self._upstream(leaf)
        best = max(before, key=self._rank, default=None)
        preview = start.on_change.answer in (Answer.YES, Answer.PARTIAL) and not start.outside
        if best is not None and best.said.answer in (Answer.YES, Answer.PARTIAL):
            test = best.what if isinstance(best.what, Leaf) and best.said.yes else None
            proof = self._proof(leaf, best)
            if not best.said.yes:
                proof += f"; not always: {best.said.why}"
            return Gate(leaf, start.name, start.event, best.said, test, proof, preview)
        lost = self._before(leaf, start, self._by_job[1])
        doubts = [each for each in (*before, *lost) if each.said.answer is not Answer.NO]
        doubt = max(doubts, key=self._rank, default=None)
        said = self._no_proof(leaf, start, doubt, before)
        return Gate(leaf, start.name, start.event, said, None, self._hole(leaf, said), preview)

    def _rank(self, each: _Before) -> tuple[int, int, int, int]:
        return (*strength(each.said), -len(each.over), -len(each.what.chain))

    def _no_proof(self, leaf: Leaf, start: Scenario, doubt: _Before | None, before: Sequence[_Before]) -> Said:
        if doubt is not None:
            what = doubt.what
            if isinstance(what, Opaque):
                return unsure(f"what runs before it was not followed: {what.reason} ({place(what)})")
            return unsure(f"`{_named(what)}` at {place(what)} surely ran only if: {doubt.said.why}")
        asked = [text for text, _ in leaf.runs[start.name].rests_on if _OWN_RESULT.search(text)]
        if asked and start.event != "workflow_run":
            return unsure(f"it depends on how a step ended: {asked[0][:80]}")
        masked = next((each for each in before if each.said.no), None)
        if masked is not None:
            if masked.what is leaf:
                return masked.said
            return no(f"`{_named_of(masked.what)}` at {place(masked.what)} does not hold it: {masked.said.why}")
        by = self._submitted(leaf) if start.outside else None
        if by is not None:
            return unsure(f"{place(by)} starts this file; whether anything else does is set in the system")
        return no(self._elsewhere(leaf))

    def _submitted(self, leaf: Leaf) -> Leaf | None:
        """The command of another pipeline that starts the file of a deploy, such as `gcloud builds submit --config`."""
        for each in self._pipeline.of(Kind.DEPLOY):
            match = _SUBMITS.match(each.text) if each.workflow != leaf.workflow else None
            if match and f"/{leaf.workflow}".endswith(f"/{match[1] or 'cloudbuild.yaml'}"):
                return each
        return None

    def _elsewhere(self, leaf: Leaf) -> str:
        tests = [
            each
            for each in self._tests
            if any(not said.no and not each.fails_when(name).no for name, said in each.runs.items())
        ]
        tests.sort(key=lambda each: (each.workflow != leaf.workflow, not each.on_change.yes))
        return f"{_NO_TEST} (tests: {place(tests[0])})" if tests else f"{_NO_TEST}, and none anywhere"

    # What comes before.

    def _of(self, path: str) -> Blocking:
        if path not in self._blocking:
            workflow = self._workflows.get(path)
            jobs = (job for job in self._pipeline.jobs if job.workflow == path)
            github = workflow is not None and workflow.system == "github"
            self._blocking[path] = Blocking(jobs, github=github, effort=self._effort)
        return self._blocking[path]

    def _before(self, leaf: Leaf, start: Scenario, rows: _ByJob) -> list[_Before]:
        """What of the same workflow comes before a deploy, and how surely it ran, passed, and could have stopped it.

        The nearest first. Nothing behind a sure proof of one link is looked for: none is shorter.
        """
        blocking = self._of(leaf.workflow)
        found: list[_Before] = []
        seen = {id(leaf)}
        for job in (leaf.job, *blocking.before(leaf.job)):
            for each in rows.get((leaf.workflow, job), ()):
                runs = each.runs.get(start.name)
                if id(each) in seen or runs is None or runs.no:
                    continue
                self._effort.spend()
                if each.job == leaf.job:
                    row = self._same_job(leaf, each, runs, start.name)
                elif job == leaf.job:
                    continue
                else:
                    row = self._other_job(leaf, each, runs, start, blocking)
                seen.add(id(each))
                if row is not None:
                    found.append(row)
                    if row.said.yes and len(each.chain) == 1:
                        return found
        return found

    def _same_job(self, leaf: Leaf, each: Leaf | Opaque, runs: Said, scenario: str) -> _Before | None:
        if isinstance(each, Opaque):
            earlier = each.step <= leaf.step
        else:
            earlier = (each.step, self._order[id(each)]) < (leaf.step, self._order[id(leaf)])
        if not earlier:
            return None
        if leaf.despite:
            return _Before(no("the step starts although an earlier one failed"), each)
        own = leaf.runs[scenario]
        said = _implied(runs, own.rests_on, frozenset())
        if isinstance(each, Leaf):
            said = weakest(said, each.fails_when(scenario), _in_each_combination(leaf, each, scenario))
        return _Before(said, each)

    def _other_job(
        self, leaf: Leaf, each: Leaf | Opaque, runs: Said, start: Scenario, blocking: Blocking
    ) -> _Before | None:
        inside = [name for name in with_callers(each.job) if name in blocking.before(leaf.job)]
        over = tuple(blocking.path(leaf.job, inside[0]))
        if not blocking.stops(leaf.job, each.job, start.event):
            looks = blocking.perhaps(leaf.job, each.job)
            if looks and (isinstance(each, Opaque) or each.fails_when(start.name).yes):
                return _Before(unsure(f"job {looks} decides in its own steps whether it fails"), each, over)
            return _Before(no(f"it starts although job {each.job} failed"), each, over)
        assumed: set[Doubt] = set()
        for name in inside:
            job = blocking.jobs.get(name)
            if job is not None and start.name in job.runs and blocking.stops(leaf.job, name, start.event, "skipped"):
                assumed |= job.runs[start.name].rests_on
        shared = frozenset(
            doubt
            for doubt in leaf.runs[start.name].rests_on
            if not _OF_THE_JOB.search(doubt[0])
            and (leaf.job.rpartition("/")[0] == each.job.rpartition("/")[0] or not _OF_THE_CALL.search(doubt[0]))
        )
        said = _implied(runs, shared, frozenset(assumed))
        fails = each.fails_when(start.name) if isinstance(each, Leaf) else YES
        return _Before(weakest(said, fails), each, over)

    # Another workflow, after whose end this one starts.

    def _upstream(self, leaf: Leaf) -> list[_Before]:
        """For `workflow_run`: the weakest of the workflows it follows, where it asks for their success."""
        workflow = self._workflows[leaf.workflow]
        asked = leaf.runs["workflow_run"].rests_on if "workflow_run" in leaf.runs else frozenset()
        if not all(any(_false(text, result) for text, _ in asked) for result in _NOT_PASSED):
            return []
        followed = [each for each in self._pipeline.workflows if each.name in workflow.after and each is not workflow]
        found: list[_Before] = []
        for each in followed:
            starts = [start for start in each.scenarios if not any(_false(text, "success", start) for text, _ in asked)]
            found += [row for start in starts if (row := self._in_start(each, start, leaf)) is not None]
        return [min(found, key=self._rank)] if found else []

    def _in_start(self, workflow: Workflow, start: Scenario, leaf: Leaf) -> _Before | None:
        """The best test of a workflow in one way it starts; None where it then runs no job at all."""
        jobs = [job for job in self._pipeline.jobs if job.workflow == workflow.path]
        if all(start.name not in job.runs or job.runs[start.name].no for job in jobs):
            return None
        every: list[Leaf | Opaque] = [*self._tests, *self._pipeline.opaque]
        rows = []
        for each in every:
            runs = each.runs.get(start.name)
            if each.workflow == workflow.path and runs is not None and not runs.no:
                said = weakest(runs, each.fails_when(start.name)) if isinstance(each, Leaf) else unsure(each.reason)
                rows.append(_Before(said, each, after=workflow.name))
        none = no(f"workflow {workflow.name} runs no test when started by {start.event}")
        return max(rows, key=self._rank, default=_Before(none, leaf, after=workflow.name))

    # In one line each.

    def _jobs(self, workflow: str, ids: Sequence[str]) -> str:
        jobs = self._of(workflow).jobs
        shown = [f"{name}:{jobs[name].line}" if name in jobs else name for name in ids[:_MOST_LINKS]]
        return " <- ".join(shown) + (" <- …" if len(ids) > _MOST_LINKS else "")

    def _proof(self, leaf: Leaf, best: _Before) -> str:
        parts = [f"{place(leaf)} {_named(leaf)}"]
        if best.after:
            parts.append(f"success of workflow {best.after}")
        if best.over:
            parts.append(f"needs {self._jobs(leaf.workflow, best.over)}")
        parts.append(f"{place(best.what)} {_named_of(best.what)}")
        parts += [f"{link.path.rpartition('/')[2]}:{link.line}" for link in best.what.chain[1:_MOST_LINKS]]
        return " <- ".join(parts)

    def _hole(self, leaf: Leaf, said: Said) -> str:
        blocking = self._of(leaf.workflow)
        ids: list[str] = []
        at: str | None = leaf.job
        while at is not None and len(ids) < _MOST_LINKS:
            needs = [need for name in reversed(with_callers(at)) for need in blocking.needs(name)]
            at = next((need for need in needs if need not in ids), None)
            ids += [at] if at else []
        over = f" <- needs {self._jobs(leaf.workflow, ids)}" if ids else ""
        return f"{place(leaf)} {_named(leaf)}{over}; {said.why}"


def _named_of(what: Leaf | Opaque) -> str:
    return _named(what) if isinstance(what, Leaf) else what.chain[-1].text[:48]


def _implied(test: Said, deploy: frozenset[Doubt], assumed: frozenset[Doubt]) -> Said:
    """How surely the test ran, given that the deploy runs: conditions that both have leave no doubt."""
    if test.yes or test.no:
        return test
    left = [each for each in test.rests_on if each not in assumed and not _shared(each, deploy)]
    if not left:
        return YES
    if all(left_out for _, left_out in left):
        why = f"not for a change to {min(min(left_out) for _, left_out in left)} alone"
        return Said(Answer.PARTIAL, why, frozenset[str]().union(*(left_out for _, left_out in left)))
    return Said(Answer.UNKNOWN, test.why, doubts=frozenset(left))


def _shared(doubt: Doubt, deploy: frozenset[Doubt]) -> bool:
    return doubt in deploy or (bool(doubt[1]) and any(other[1] >= doubt[1] for other in deploy))


def _in_each_combination(leaf: Leaf, test: Leaf, scenario: str) -> Said:
    """Whether, in a job with a matrix, the test runs in each combination that deploys."""
    deploys, tests = leaf.combinations.get(scenario), test.combinations.get(scenario)
    if deploys is None or tests is None or deploys.may <= tests.surely:
        return YES
    if deploys.may <= tests.may:
        return unsure("not surely in each combination of the matrix that deploys")
    return no("it does not run in each combination of the matrix that deploys")


def _false(text: str, result: str, start: Scenario | None = None) -> bool:
    """Whether a condition surely does not hold after a workflow that ended with `result`, started by `start`."""
    ended = {"conclusion": result, **({"event": start.event} if start is not None else {})}
    event = Open("github.event", {"workflow_run": Open("github.event.workflow_run", ended)})
    context = {"github": Open("github", {"event_name": "workflow_run", "event": event})}
    return truth(condition(text, context)) is False
