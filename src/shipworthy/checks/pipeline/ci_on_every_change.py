"""Judges whether a pipeline starts on every proposed change."""

from __future__ import annotations

from shipworthy.checks.base import Check, CheckContext
from shipworthy.checks.pipeline.remedies import outside_words, own_words
from shipworthy.facts import Facts
from shipworthy.facts.pipeline import Answer, Job, Kind, Leaf, Opaque, Pipeline
from shipworthy.facts.pipeline.fact import Workflow, strength
from shipworthy.facts.pipeline.proof import covering, outside_starts, runs_in
from shipworthy.model import PROJECT, Confidence, Finding, Location, Outcome, Severity
from shipworthy.text import plural

_WORK = (Kind.TEST, Kind.BUILD, Kind.TYPES, Kind.LINT, Kind.SCAN)
"""Kinds of work that are worth showing, the most telling first."""


def _working(pipeline: Pipeline) -> list[Leaf]:
    """Commands of these kinds that a change may start, the most telling last."""
    rows = [leaf for leaf in pipeline.leaves if leaf.kind in _WORK and not leaf.on_change.no]
    return sorted(rows, key=lambda leaf: _WORK.index(leaf.kind), reverse=True)


def no_code(pipeline: Pipeline) -> Outcome | None:
    """Not applicable, for a repository that holds no code and no pipeline; None for any other."""
    if pipeline.code_files or pipeline.systems:
        return None
    looked = f"{plural(pipeline.files, 'file')} listed, none of them code, no pipeline configuration"
    return Outcome.not_applicable("no code in this repository", [looked])


def not_understood(pipeline: Pipeline, item: str) -> list[Finding]:
    """What stands in the way of a "no": systems that are not read yet, and workflows that are not valid."""
    found = [
        Finding.at(
            Location(path=system.path),
            f"{item}/not-read",
            f"{system.title} is not read yet, so what it does with a change is not known.",
            anchor=system.name,
            severity=Severity.INFO,
            confidence=Confidence.REVIEW,
            remedy=f"Look in {system.title} which job starts on a change and what it runs, and say so in a waiver.",
        )
        for system in {each.name: each for each in reversed(pipeline.unread_systems)}.values()
    ]
    found += [
        Finding.at(
            Location(path=each.path, line=each.line),
            f"{item}/not-valid",
            f"This pipeline file could not be understood: {each.reason}.",
            anchor=each.path,
            severity=Severity.INFO,
            confidence=Confidence.REVIEW,
            remedy="Correct the file, or delete it if nothing uses it.",
        )
        for each in pipeline.not_read
        if any(system.path == each.path for system in pipeline.systems)
    ]
    found += [
        Finding.at(
            Location(path=gap.path, line=gap.line) if gap.path else PROJECT,
            f"{item}/not-read",
            f"It could not be read: {gap.reason}.",
            anchor=gap.reason,
            severity=Severity.INFO,
            confidence=Confidence.REVIEW,
            remedy="Make it readable.",
        )
        for gap in pipeline.gaps[:20]
    ]
    return found


class CiOnEveryChange(Check):
    """A pipeline starts on every proposed change.

    A pass proves, from the pipeline's files, that at least one job starts whenever a change is proposed: on a pull or
    merge request (opened, and again on each later push) or on a push to any branch. Filters on branches, event types
    and paths, conditions of jobs and the jobs they need are followed, in each CI system by its own rules; a filter that
    leaves out some files of the project, or a condition that the files do not settle, is not a pass. Events after a
    change has landed, schedules, releases and starts by hand do not count, nor does GitHub's `pull_request_target`,
    which runs the code that has already landed. Of several systems, one that proves it is enough.

    Some systems keep outside the repository when they start (Jenkins, Buildkite, Cloud Build, Azure Repos): then the
    files can be right and it is still for a person to look. It cannot see other settings of the code host either:
    whether the system is switched on, whether a failing job blocks the merge, whether runs wait for approval.
    """

    id = "ci-on-every-change"
    needs = (Pipeline,)

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        pipeline = facts[Pipeline]
        # A job that tests, builds or lints says more than one that labels requests.
        work = {(leaf.workflow, leaf.job): _WORK.index(leaf.kind) for leaf in _working(pipeline)}
        ranked = sorted(pipeline.jobs, key=lambda job: work.get((job.workflow, job.id), len(_WORK)))
        jobs = covering(ranked, lambda job: job.on_change)
        if jobs:
            more = "" if jobs[0].on_change.yes else f", with {len(jobs) - 1} more for other files"
            looked_at = [f"{job.workflow}:{job.line} job {job.id}" for job in jobs[:10]]
            return Outcome.passed(_named(jobs[0]) + more, looked_at)
        absent = no_code(pipeline)
        if absent is not None:
            return absent
        seen = [f"{each.path}: {each.on_change.why}" for each in pipeline.workflows]
        doubts = not_understood(pipeline, self.id)
        outside = outside_starts(pipeline)
        waiting = [job for job in pipeline.jobs if runs_in(job.workflow, job.runs, outside)]
        if waiting:
            first = waiting[0]
            summary = f"{_named(first)}, but {outside_words(pipeline, first.workflow)[0]}"
            files = {job.workflow: job for job in reversed(waiting)}
            found = [self._outside(pipeline, job) for job in files.values()]
            return Outcome.unknown(summary, [*found, *doubts], looked_at=seen)
        if pipeline.unread_systems:
            return Outcome.unknown(f"{pipeline.unread_systems[0].title} is not read yet", doubts, looked_at=seen)
        unsure = [job for job in pipeline.jobs if job.on_change.answer in (Answer.PARTIAL, Answer.UNKNOWN)]
        lost = [each for each in pipeline.opaque if each.anything and not each.on_change.no]
        if unsure or lost or doubts:
            found = [*(self._unsure(pipeline, job) for job in unsure[:10]), *map(self._lost, lost[:10]), *doubts]
            summary = "no job surely starts on every change"
            if unsure:
                best = max(unsure, key=lambda job: strength(job.on_change))
                summary += f": {_named(best)}, {best.on_change.why}"
            elif lost:
                summary += f": {lost[0].reason}"
            return Outcome.unknown(summary, found, looked_at=seen)
        return Outcome.failed(self._summary(pipeline), self._failures(pipeline), seen)

    def _outside(self, pipeline: Pipeline, job: Job) -> Finding:
        what, remedy = outside_words(pipeline, job.workflow)
        return Finding.at(
            Location(path=job.workflow, line=job.line),
            "ci-on-every-change/started-outside",
            f"Job {job.id} runs each time, but {what}.",
            anchor=job.workflow,
            severity=Severity.MEDIUM,
            confidence=Confidence.REVIEW,
            remedy=remedy,
        )

    def _unsure(self, pipeline: Pipeline, job: Job) -> Finding:
        return Finding.at(
            Location(path=job.workflow, line=job.line),
            "ci-on-every-change/some-changes",
            f"Job {job.id} does not surely start on every proposed change: {job.on_change.why}.",
            anchor=job.id,
            severity=Severity.MEDIUM,
            confidence=Confidence.LIKELY,
            remedy=own_words(pipeline, job.workflow).start,
        )

    def _lost(self, loss: Opaque) -> Finding:
        first = loss.chain[0]
        return Finding.at(
            Location(path=first.path, line=first.line),
            "ci-on-every-change/not-followed",
            f"Which jobs this brings could not be followed: {loss.reason}.",
            anchor=f"{loss.job} {loss.reason}",
            severity=Severity.MEDIUM,
            confidence=Confidence.LIKELY,
            remedy="Write one job that starts on every change into the file itself.",
        )

    def _summary(self, pipeline: Pipeline) -> str:
        files = pipeline.workflows
        if not files:
            return "no pipeline"
        if len(files) == 1:
            line, why = _why(pipeline, files[0])
            return f"{files[0].path.rpartition('/')[2]}:{line} {why}"
        return f"{plural(len(files), 'pipeline file')}, none starts on a proposed change"

    def _failures(self, pipeline: Pipeline) -> list[Finding]:
        disabled = [each for each in pipeline.not_read if each.line is None]
        found = [
            Finding.at(
                Location(path=each.path, line=_why(pipeline, each)[0]),
                "ci-on-every-change/not-on-change",
                f"{_title(each)} does not start on a proposed change: {_why(pipeline, each)[1]}.",
                anchor=each.path,
                remedy=own_words(pipeline, each.path).start,
            )
            for each in pipeline.workflows[:20]
        ]
        found += [
            Finding.at(
                Location(path=each.path),
                "ci-on-every-change/not-a-workflow",
                f"This file looks like a workflow and {each.reason}.",
                anchor=each.path,
                remedy="Move it to .github/workflows/NAME.yml, or delete it.",
            )
            for each in disabled[:20]
        ]
        message = (
            "Nothing checks a change before it lands: the repository has no pipeline, which is a script that your code "
            "host runs for you on every change."
        )
        own = own_words(pipeline)
        remedy = f"Add {own.file} with a job that installs the project and runs its tests. {own.start}"
        return found or [Finding.at(PROJECT, "ci-on-every-change/none", message, anchor="none", remedy=remedy)]


def _named(job: Job) -> str:
    return f"{job.workflow.rpartition('/')[2]}:{job.line} job {job.id}"


def _title(workflow: Workflow) -> str:
    return f"Workflow {workflow.name}" if workflow.system == "github" else f"The pipeline in {workflow.path}"


def _why(pipeline: Pipeline, workflow: Workflow) -> tuple[int, str]:
    """The line and the reason: of the file's own starts, or of the job that comes nearest where the starts would do."""
    first = min((scenario.line for scenario in workflow.scenarios), default=1)
    if not workflow.on_change.yes and workflow.on_change.why:
        return first, workflow.on_change.why
    jobs = [each for each in pipeline.jobs if each.workflow == workflow.path]
    best = max(jobs, key=lambda job: strength(job.on_change), default=None)
    return (best.line, best.on_change.why) if best else (first, "it has no job")
