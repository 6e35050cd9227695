"""Judges whether the pipeline runs the tests on every proposed change, and whether they can fail it."""

from __future__ import annotations

from collections import Counter

from shipworthy.checks.base import Check, CheckContext
from shipworthy.checks.pipeline.ci_on_every_change import no_code, not_understood
from shipworthy.facts import Facts
from shipworthy.facts.pipeline import Kind, Leaf, Opaque, Pipeline
from shipworthy.facts.pipeline.proof import proving
from shipworthy.model import PROJECT, Confidence, Finding, Location, Outcome, Severity

_REMEDY = "Run the test runner as a step of its own in a job that starts on pull_request, without `|| true`."


def proof(leaf: Leaf) -> str:
    """The chain from the workflow to the command: "ci.yml:14 pytest <- Makefile:3"."""
    first, *rest = (f"{link.path.rpartition('/')[2]}:{link.line}" for link in leaf.chain)
    return " <- ".join([f"{first} {leaf.text.split(' ')[0]}", *rest])


class CiRunsTests(Check):
    """The pipeline really runs the tests, and they can fail it.

    A pass proves that a command which every proposed change reaches comes down to a known test runner, and that the
    runner's failure fails the job. Commands are followed with a real shell grammar through package scripts, make, just,
    Taskfile, tox, nox, shell scripts, local actions and called workflows; the evidence is the chain of files and lines.
    Names decide nothing: a job “test” that lints is lint. Tests do not count where their result is lost: `|| true`, a
    pipe without pipefail, `set +e`, continue-on-error, a condition that is never true, a run that only collects or
    watches, a script that ends before them.

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
            looked_at = [" <- ".join(f"{link} {link.text}" for link in each.chain) for each in tested[:10]]
            more = "" if tested[0].on_change.yes else f", with {len(tested) - 1} more for other files"
            return Outcome.passed(proof(tested[0]) + more, looked_at)
        absent = no_code(pipeline)
        if absent is not None:
            return absent
        seen = self._seen(pipeline)
        doubts = not_understood(pipeline, self.id)
        masked = [self._masked(each) for each in tests if each.fails.no and not each.on_change.no]
        if pipeline.unread_systems:
            return Outcome.unknown(
                f"{pipeline.unread_systems[0].title} is not read yet", [*masked, *doubts], looked_at=seen
            )
        unsure = [each for each in tests if not each.on_change.no and not each.fails.no]
        lost = [each for each in pipeline.opaque if not each.on_change.no]
        if unsure or lost or doubts:
            found = [*map(self._unsure, unsure[:10]), *masked[:10], *map(self._lost, lost[:10]), *doubts]
            if unsure:
                summary = f"{proof(unsure[0])}, but not surely"
            else:
                summary = f"not followed: {lost[0].reason}" if lost else "a workflow could not be understood"
            return Outcome.unknown(summary, found, looked_at=seen)
        return Outcome.failed(
            self._summary(pipeline, tests, bool(masked)), self._failures(pipeline, tests, masked), seen
        )

    def _seen(self, pipeline: Pipeline) -> list[str]:
        """What runs on a change instead."""
        running = [leaf for leaf in pipeline.leaves if not leaf.on_change.no and leaf.kind is not Kind.NOTHING]
        return [f"{leaf.kind}: {proof(leaf)}" for leaf in running[:10]]

    def _at(self, leaf: Leaf | Opaque, rule: str, message: str, **more: object) -> Finding:
        first, last = leaf.chain[0], leaf.chain[-1]
        text = leaf.text if isinstance(leaf, Leaf) else leaf.reason
        return Finding.at(
            Location(path=first.path, line=first.line),
            f"ci-runs-tests/{rule}",
            message,
            anchor=f"{leaf.job} {text}",
            related=[Location(path=link.path, line=link.line) for link in leaf.chain[1:]] if last is not first else (),
            remedy=str(more.get("remedy", _REMEDY)),
            severity=Severity.MEDIUM if more.get("unsure") else Severity.HIGH,
            confidence=Confidence.LIKELY if more.get("unsure") else Confidence.CERTAIN,
        )

    def _masked(self, leaf: Leaf) -> Finding:
        message = f"`{leaf.text}` runs, but its failure cannot fail the pipeline: {leaf.fails.why}."
        return self._at(leaf, "masked", message, remedy="Let the bare test command be the step's last word.")

    def _unsure(self, leaf: Leaf) -> Finding:
        why = leaf.on_change.why if not leaf.on_change.yes else leaf.fails.why
        return self._at(
            leaf, "not-surely", f"`{leaf.text}` is not surely run, or cannot surely fail: {why}.", unsure=True
        )

    def _lost(self, loss: Opaque) -> Finding:
        return self._at(loss, "not-followed", f"What runs here could not be followed: {loss.reason}.", unsure=True)

    def _summary(self, pipeline: Pipeline, tests: tuple[Leaf, ...], masked: bool) -> str:
        if masked:
            return "tests run, but cannot fail the pipeline"
        if not pipeline.systems:
            return "no pipeline"
        if tests:
            return "tests run, but not on a proposed change"
        kinds = Counter(
            str(leaf.kind) for leaf in pipeline.leaves if not leaf.on_change.no and leaf.kind is not Kind.NOTHING
        )
        return f"no test runner, only {', '.join(kinds)}" if kinds else "no test runner in the pipeline"

    def _failures(self, pipeline: Pipeline, tests: tuple[Leaf, ...], masked: list[Finding]) -> list[Finding]:
        found = list(masked[:10])
        found += [
            self._at(leaf, "no-test", f"`{leaf.text}` runs no test: {leaf.remark}.")
            for leaf in pipeline.of(Kind.NOTHING)[:10]
        ]
        for leaf in [each for each in tests if each.on_change.no][:10]:
            message = f"`{leaf.text}` does not run on a proposed change: {leaf.on_change.why}."
            found.append(self._at(leaf, "not-on-change", message))
        if found:
            return found
        message = "The pipeline never runs a test runner on a proposed change."
        if not pipeline.systems:
            message = "There is no pipeline, so nothing runs the tests before a change lands."
        return [Finding.at(PROJECT, "ci-runs-tests/none", message, anchor="none", remedy=_REMEDY)]
