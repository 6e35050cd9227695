"""Judges whether the pipeline runs the tests on every proposed change, and whether they can fail it."""

from __future__ import annotations

from collections import Counter

from shipworthy.checks.base import Check, CheckContext
from shipworthy.checks.pipeline.ci_on_every_change import no_code, not_understood
from shipworthy.checks.pipeline.remedies import chained, outside_words, own_words, proof
from shipworthy.facts import Facts
from shipworthy.facts.pipeline import Kind, Leaf, Opaque, Pipeline
from shipworthy.facts.pipeline.proof import proving, started_outside
from shipworthy.model import PROJECT, Confidence, Finding, Location, Outcome, Severity

_WORK = frozenset({Kind.LINT, Kind.TYPES, Kind.SCAN, Kind.BUILD, Kind.DEPLOY, Kind.PUBLISH, Kind.UPDATE, Kind.TEST})
"""Kinds that are worth naming where no test runs."""


class CiRunsTests(Check):
    """The pipeline really runs the tests, and they can fail it.

    A pass proves that a command which every proposed change reaches comes down to a known test runner, and that the
    runner's failure fails the pipeline. Commands are followed with a real shell grammar through package scripts, make,
    just, Taskfile, tox, nox, shell scripts, and through what the CI system takes from other files (local actions,
    called workflows, templates, includes); the evidence is the chain of files and lines. Names decide nothing: a job
    “test” that lints is lint. Tests do not count where their result is lost: `|| true`, a pipe without pipefail,
    `set +e`, what the system has to tolerate failures (continue-on-error, allow_failure, catchError, soft_fail, …), a
    condition that is never true, a run that only collects or watches, a script that ends before them. Of several CI
    systems, one that proves it is enough. Where a system keeps outside the repository when it starts (Jenkins,
    Buildkite, Cloud Build, Azure Repos), right tests are not yet a pass: a person must look.

    It cannot see whether the tests are any good, whether the runner finds any, what programs written for this project
    do inside, or whether the code host lets a red change be merged. What cannot be followed is unknown.
    """

    id = "ci-runs-tests"
    needs = (Pipeline,)

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        pipeline = facts[Pipeline]
        tests = pipeline.of(Kind.TEST)
        tested = proving(pipeline)
        if tested:
            looked_at = [chained(each) for each in tested[:10]]
            more = "" if tested[0].on_change.yes else f", with {len(tested) - 1} more for other files"
            return Outcome.passed(proof(tested[0]) + more, looked_at)
        absent = no_code(pipeline)
        if absent is not None:
            return absent
        seen = self._seen(pipeline)
        doubts = not_understood(pipeline, self.id)
        masked = [self._masked(pipeline, each) for each in tests if each.fails.no and not each.on_change.no]
        waiting = started_outside(pipeline)
        if waiting:
            first = min(waiting, key=lambda leaf: len(leaf.chain))
            files = {leaf.workflow: leaf for leaf in reversed(waiting)}
            found = [self._outside(pipeline, leaf) for leaf in files.values()]
            summary = f"{proof(first)}, but {outside_words(pipeline, first.workflow)[0]}"
            return Outcome.unknown(summary, [*found, *masked, *doubts], looked_at=[*map(chained, waiting[:10]), *seen])
        if pipeline.unread_systems:
            return Outcome.unknown(
                f"{pipeline.unread_systems[0].title} is not read yet", [*masked, *doubts], looked_at=seen
            )
        unsure = [each for each in tests if not each.on_change.no and not each.fails.no]
        lost = [each for each in pipeline.opaque if not each.on_change.no]
        if unsure or lost or doubts:
            found = [self._unsure(pipeline, each) for each in unsure[:10]]
            found += [*masked[:10], *(self._lost(pipeline, each) for each in lost[:10]), *doubts]
            if unsure:
                summary = f"{proof(unsure[0])}, but not surely: {_doubt(unsure[0])}"
            else:
                summary = f"not followed: {lost[0].reason}" if lost else "a pipeline file could not be understood"
            return Outcome.unknown(summary, found, looked_at=seen)
        return Outcome.failed(
            self._summary(pipeline, tests, bool(masked)), self._failures(pipeline, tests, masked), seen
        )

    def _seen(self, pipeline: Pipeline) -> list[str]:
        """What runs on a change instead."""
        running = [leaf for leaf in pipeline.leaves if not leaf.on_change.no and leaf.kind in _WORK]
        return [f"{leaf.kind}: {proof(leaf)}" for leaf in running[:10]]

    def _at(
        self, leaf: Leaf | Opaque, rule: str, message: str, remedy: str, *, unsure: bool = False, review: bool = False
    ) -> Finding:
        first, last = leaf.chain[0], leaf.chain[-1]
        text = leaf.text if isinstance(leaf, Leaf) else leaf.reason
        sure = Confidence.REVIEW if review else Confidence.LIKELY if unsure else Confidence.CERTAIN
        return Finding.at(
            Location(path=first.path, line=first.line),
            f"ci-runs-tests/{rule}",
            message,
            anchor=f"{leaf.job} {text}",
            related=[Location(path=link.path, line=link.line) for link in leaf.chain[1:]] if last is not first else (),
            remedy=remedy,
            severity=Severity.MEDIUM if unsure or review else Severity.HIGH,
            confidence=sure,
        )

    def _masked(self, pipeline: Pipeline, leaf: Leaf) -> Finding:
        message = f"`{leaf.text}` runs, but its failure cannot fail the pipeline: {leaf.fails.why}."
        remedy = f"Let the test command's own result count: without {own_words(pipeline, leaf.workflow).hides}."
        return self._at(leaf, "masked", message, remedy)

    def _outside(self, pipeline: Pipeline, leaf: Leaf) -> Finding:
        what, remedy = outside_words(pipeline, leaf.workflow)
        message = f"`{leaf.text}` runs in this file and can fail it, but {what}."
        return self._at(leaf, "started-outside", message, remedy, review=True)

    def _unsure(self, pipeline: Pipeline, leaf: Leaf) -> Finding:
        message = f"`{leaf.text}` is not surely run, or cannot surely fail: {_doubt(leaf)}."
        return self._at(leaf, "not-surely", message, _advice(pipeline, leaf.workflow), unsure=True)

    def _lost(self, pipeline: Pipeline, loss: Opaque) -> Finding:
        message = f"What runs here could not be followed: {loss.reason}."
        return self._at(loss, "not-followed", message, _advice(pipeline, loss.workflow), unsure=True)

    def _summary(self, pipeline: Pipeline, tests: tuple[Leaf, ...], masked: bool) -> str:
        if masked:
            return "tests run, but cannot fail the pipeline"
        if not pipeline.systems:
            return "no pipeline"
        if tests:
            return "tests run, but not on a proposed change"
        kinds = Counter(str(leaf.kind) for leaf in pipeline.leaves if not leaf.on_change.no and leaf.kind in _WORK)
        return f"no test runner, only {', '.join(kinds)}" if kinds else "no test runner in the pipeline"

    def _failures(self, pipeline: Pipeline, tests: tuple[Leaf, ...], masked: list[Finding]) -> list[Finding]:
        found = list(masked[:10])
        found += [
            self._at(leaf, "no-test", f"`{leaf.text}` runs no test: {leaf.remark}.", _advice(pipeline, leaf.workflow))
            for leaf in pipeline.of(Kind.NOTHING)[:10]
        ]
        for leaf in [each for each in tests if each.on_change.no][:10]:
            message = f"`{leaf.text}` does not run on a proposed change: {leaf.on_change.why}."
            found.append(self._at(leaf, "not-on-change", message, own_words(pipeline, leaf.workflow).start))
        if found:
            return found
        message = "The pipeline never runs a test runner on a proposed change."
        if not pipeline.systems:
            message = "There is no pipeline, so nothing runs the tests before a change lands."
        own = own_words(pipeline)
        remedy = f"Call the test runner itself, such as `pytest` or `npm test`, in a job of {own.file}. {own.start}"
        return [Finding.at(PROJECT, "ci-runs-tests/none", message, anchor="none", remedy=remedy)]


def _doubt(leaf: Leaf) -> str:
    return leaf.on_change.why if not leaf.on_change.yes else leaf.fails.why


def _advice(pipeline: Pipeline, path: str) -> str:
    own = own_words(pipeline, path)
    return f"Call the test runner itself in a job that every change starts, without {own.hides}. {own.start}"
