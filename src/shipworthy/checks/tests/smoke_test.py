"""Judges whether the built app is started and asked once: before it is shipped, or right after each deploy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shipworthy.checks.base import Check, CheckContext
from shipworthy.checks.pipeline.ci_on_every_change import no_code, not_understood
from shipworthy.checks.pipeline.remedies import chained, own_words, proof
from shipworthy.facts import Facts
from shipworthy.facts.pipeline import Kind, Leaf, Pipeline
from shipworthy.facts.pipeline.proof import covering
from shipworthy.facts.stack import Stack
from shipworthy.model import PROJECT, ComponentKind, Confidence, Finding, Location, Outcome, Severity

_BROWSERS = re.compile(
    r"^(playwright|cypress|cypress-io/github-action@\S+|wdio|testcafe|nightwatch|newman|codeceptjs|detox|maestro)\b"
)
_PARTS_ONLY = re.compile(r"playwright-ct|--component\b|--list\b")
_STARTED_HERE = re.compile(
    r"(localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\]|host\.docker\.internal)|^(kubectl|oc|helm|goss|dgoss|docker|podman)\b"
    r"|^container-structure-test\b"
)
_SERVICES = re.compile(r":(9200|9300|5601|5432|3306|6379|27017|4566|15672|2379|8500|8200|4444|8983|11211|9092)\b")
"""Ports of databases and other services that a job starts beside the app."""
_DOCUMENTATION = ("mkdocs ", "mike ", "ghp-import ")
_REMEDY = (
    "Start the app there the way it is shipped (for example `docker run -d -p 8000:8000 IMAGE`), then ask it for one "
    "real page with `curl --fail --retry 10 --retry-connrefused http://localhost:8000/`, as the step's last word."
)


@dataclass(frozen=True, slots=True)
class Shipped:
    """A deploy in one way its pipeline starts, and what asks the deployed app afterwards."""

    deploy: Leaf
    by: Leaf | None


class SmokeTest(Check):
    """One end-to-end check runs against the built app.

    Evidence is a command that asks a running app and fails on a bad answer: `curl --fail`, `wget`, `wait-on`, a browser
    test (Playwright, Cypress and others), `docker compose up --wait`, `kubectl rollout status`, `helm --wait`. It
    counts where it runs on every proposed change against something started in the job, or after the deploy in every way
    a deploy starts. Plain `curl` ends well whatever the service answers, so it proves nothing; nor does what asks only
    a database that the job started.

    It cannot see that what was started is the same build that ships, what the page must hold, or checks of the hosting
    platform. So a person still says it; nothing found is a question to a person, too.
    """

    id = "smoke-test"
    needs = (Pipeline, Stack)

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        pipeline, stack = facts[Pipeline], facts[Stack]
        absent = no_code(pipeline)
        if absent is not None:
            return absent
        kinds = {each.kind for each in stack.components}
        if kinds == {ComponentKind.LIBRARY}:
            looked = [f"{each.root}: a library by its manifest" for each in stack.components]
            return Outcome.not_applicable("a library is not started", looked)
        questions = sorted(_questions(pipeline), key=lambda leaf: len(leaf.chain))
        before = covering([leaf for leaf in questions if leaf.fails.yes and _own(leaf)], lambda leaf: leaf.on_change)
        shipped = list(_shipped(pipeline, questions))
        looked_at = [chained(leaf) for leaf in before[:5]]
        if before:
            return Outcome.passed(f"{proof(before[0])}, on every change", looked_at)
        asked = [each for each in shipped if each.by is not None]
        if shipped and len(asked) == len(shipped):
            looked_at = [f"{chained(each.by)}, after {chained(each.deploy)}" for each in asked if each.by is not None]
            first = asked[0]
            assert first.by is not None  # noqa: S101 - for the type checker: `asked` holds no other
            return Outcome.passed(f"{proof(first.by)}, after {proof(first.deploy)}", dict.fromkeys(looked_at))
        found = [_soft(leaf, pipeline) for leaf in questions if not leaf.fails.yes][:10]
        found += _unasked(shipped)
        doubts = not_understood(pipeline, self.id)
        open_ones = [leaf for leaf in questions if leaf.fails.yes and not leaf.on_change.no and not leaf.on_change.yes]
        if doubts or open_ones or pipeline.unread_systems:
            found += [_perhaps(leaf) for leaf in open_ones[:10]]
            summary = f"{proof(open_ones[0])}, but not surely" if open_ones else "a pipeline could not be understood"
            return Outcome.unknown(summary, [*found, *doubts], looked_at=[chained(leaf) for leaf in questions[:5]])
        if not found:
            own = own_words(pipeline)
            message = "Nothing in the pipeline starts the built app and asks it for a page."
            remedy = f"Add a step to a job of {own.file}. {_REMEDY}"
            found = [
                Finding.at(PROJECT, f"{self.id}/none", message, anchor="none", severity=Severity.MEDIUM, remedy=remedy)
            ]
        summary = (
            "it is asked, but a bad answer stops nothing" if questions and not asked else "no step asks the built app"
        )
        if asked:
            summary = f"{len(shipped) - len(asked)} of {len(shipped)} deploys are not followed by a question"
        return Outcome.needs_you(summary, found, [chained(leaf) for leaf in questions[:5]])


def _questions(pipeline: Pipeline) -> Iterator[Leaf]:
    """Commands that ask a running app."""
    for leaf in pipeline.leaves:
        browser = leaf.kind is Kind.TEST and _BROWSERS.search(leaf.text) and not _PARTS_ONLY.search(leaf.text)
        if (leaf.kind is Kind.PROBE and not _SERVICES.search(leaf.text)) or browser:
            yield leaf


def _own(leaf: Leaf) -> bool:
    """Whether it asks something that its own job has started."""
    return leaf.kind is Kind.TEST or bool(_STARTED_HERE.search(leaf.text))


def _shipped(pipeline: Pipeline, questions: list[Leaf]) -> Iterator[Shipped]:
    """Every deploy in each way it may start, with a question that surely comes after it."""
    needs = {(job.workflow, job.id): job.needs for job in pipeline.jobs}
    for deploy in pipeline.of(Kind.DEPLOY):
        if deploy.text.startswith(_DOCUMENTATION):
            continue
        for scenario, said in deploy.runs.items():
            if said.no:
                continue
            mine = [
                leaf
                for leaf in questions
                if leaf.fails_when(scenario).yes
                and leaf.workflow == deploy.workflow
                and (known := leaf.runs.get(scenario)) is not None
                and (known.yes or (not known.no and known.rests_on <= said.rests_on))
                and _after(leaf, deploy, needs)
            ]
            yield Shipped(deploy, mine[0] if mine else None)


def _after(leaf: Leaf, deploy: Leaf, needs: dict[tuple[str, str], tuple[str, ...]]) -> bool:
    """Whether a command comes after a deploy: later in its job, or in a job that waits for it."""
    if leaf.job == deploy.job:
        one, two = deploy.chain[-1], leaf.chain[-1]
        same = leaf.step == deploy.step and one.path == two.path
        return leaf.step > deploy.step or (
            same and (two.line > one.line or (two.line == one.line and one.text == two.text))
        )
    seen: set[str] = set()
    waiting = [leaf.job]
    while waiting:
        name = waiting.pop()
        for need in needs.get((leaf.workflow, name), ()):
            if need not in seen:
                seen.add(need)
                waiting.append(need)
    return deploy.job in seen


def _unasked(shipped: list[Shipped]) -> list[Finding]:
    rows = {str(each.deploy.chain[0]): each.deploy for each in shipped if each.by is None}
    return [
        Finding.at(
            Location(path=leaf.path, line=leaf.line),
            "smoke-test/not-after-deploy",
            f"After `{leaf.text}` nothing asks the deployed app whether it works.",
            anchor=f"{leaf.job} {leaf.text}",
            severity=Severity.MEDIUM,
            confidence=Confidence.LIKELY,
            remedy="Add a step behind it that asks one real page: `curl --fail --retry 10 https://YOUR-APP/`.",
        )
        for leaf in list(rows.values())[:10]
    ]


def _soft(leaf: Leaf, pipeline: Pipeline) -> Finding:
    return Finding.at(
        Location(path=leaf.path, line=leaf.line),
        "smoke-test/cannot-fail",
        f"`{leaf.text}` asks, but a bad answer does not surely stop anything: {leaf.fails.why}.",
        anchor=f"{leaf.job} {leaf.text}",
        severity=Severity.MEDIUM,
        confidence=Confidence.LIKELY,
        remedy=f"Use `curl --fail --retry 10`, without {own_words(pipeline, leaf.workflow).hides}.",
    )


def _perhaps(leaf: Leaf) -> Finding:
    return Finding.at(
        Location(path=leaf.path, line=leaf.line),
        "smoke-test/not-surely",
        f"`{leaf.text}` does not surely run on every change: {leaf.on_change.why}.",
        anchor=f"{leaf.job} {leaf.text}",
        severity=Severity.MEDIUM,
        confidence=Confidence.LIKELY,
        remedy="Run it on every change, or after every deploy.",
    )
