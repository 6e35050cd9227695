"""Judges whether a pipeline starts on every proposed change."""

from __future__ import annotations

from shipworthy.checks.base import Check, CheckContext
from shipworthy.facts import Facts
from shipworthy.facts.pipeline import Answer, Job, Pipeline
from shipworthy.facts.pipeline.proof import covering
from shipworthy.model import PROJECT, Confidence, Finding, Location, Outcome, Severity
from shipworthy.text import plural

_REMEDY = "Start one workflow with `on: [push, pull_request]` and no branch or path filter."


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
            remedy="Say in a waiver which job starts on a change and what it runs, or add a GitHub workflow.",
        )
        for system in {each.name: each for each in reversed(pipeline.unread_systems)}.values()
    ]
    found += [
        Finding.at(
            Location(path=each.path, line=each.line),
            f"{item}/not-valid",
            f"This workflow could not be understood: {each.reason}.",
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

    A pass proves, from the workflow files, that at least one job starts whenever a change is proposed: on a pull
    request (opened, and again on each later push) or on a push to any branch. Filters on branches, event types and
    paths, conditions of jobs and the jobs they need are followed; a filter that leaves out some files of the project,
    or a condition that the files do not settle, is not a pass. Events after a change has landed, schedules, releases
    and starts by hand do not count, nor does `pull_request_target`, which runs the code that has already landed.

    It cannot see settings of the code host: whether Actions is switched on, whether a failing job blocks the merge,
    whether runs wait for approval. Other CI systems are named, not read.
    """

    id = "ci-on-every-change"
    needs = (Pipeline,)

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        pipeline = facts[Pipeline]
        jobs = covering(pipeline.jobs, lambda job: job.on_change)
        if jobs:
            first = jobs[0]
            name = first.workflow.rpartition("/")[2]
            more = "" if first.on_change.yes else f", with {len(jobs) - 1} more for other files"
            looked_at = [f"{job.workflow}:{job.line} job {job.id}" for job in jobs[:10]]
            return Outcome.passed(f"{name}:{first.line} job {first.id}{more}", looked_at)
        absent = no_code(pipeline)
        if absent is not None:
            return absent
        seen = [f"{each.path}: {each.on_change.why}" for each in pipeline.workflows]
        doubts = not_understood(pipeline, self.id)
        if pipeline.unread_systems:
            return Outcome.unknown(f"{pipeline.unread_systems[0].title} is not read yet", doubts, looked_at=seen)
        unsure = [job for job in pipeline.jobs if job.on_change.answer in (Answer.PARTIAL, Answer.UNKNOWN)]
        if unsure or doubts:
            found = [*(self._unsure(job) for job in unsure[:10]), *doubts]
            return Outcome.unknown("no job surely starts on every change", found, looked_at=seen)
        return Outcome.failed(self._summary(pipeline), self._failures(pipeline), seen)

    def _unsure(self, job: Job) -> Finding:
        return Finding.at(
            Location(path=job.workflow, line=job.line),
            "ci-on-every-change/some-changes",
            f"Job {job.id} does not surely start on every proposed change: {job.on_change.why}.",
            anchor=job.id,
            severity=Severity.MEDIUM,
            confidence=Confidence.LIKELY,
            remedy=_REMEDY,
        )

    def _summary(self, pipeline: Pipeline) -> str:
        if not pipeline.workflows:
            return "no pipeline"
        return f"{plural(len(pipeline.workflows), 'workflow')}, none on a proposed change"

    def _failures(self, pipeline: Pipeline) -> list[Finding]:
        disabled = [each for each in pipeline.not_read if each.line is None]
        found = [
            Finding.at(
                Location(path=each.path, line=min((scenario.line for scenario in each.scenarios), default=None)),
                "ci-on-every-change/not-on-change",
                f"Workflow {each.name} does not start on a proposed change: {self._why(pipeline, each.path)}.",
                anchor=each.path,
                remedy=_REMEDY,
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
        message = "Nothing checks a change before it lands: the repository has no pipeline configuration."
        return found or [Finding.at(PROJECT, "ci-on-every-change/none", message, anchor="none", remedy=_REMEDY)]

    def _why(self, pipeline: Pipeline, path: str) -> str:
        """The workflow's own reason, or the one of its first job where its triggers would do."""
        workflow = next(each for each in pipeline.workflows if each.path == path)
        job = next((each for each in pipeline.jobs if each.workflow == path), None)
        return workflow.on_change.why or (job.on_change.why if job else "") or "it has no job"
