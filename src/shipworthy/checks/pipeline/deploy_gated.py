"""Judges `deploy-gated`: nothing is deployed or published unless the tests passed first."""

from __future__ import annotations

import re
from collections.abc import Iterable

from shipworthy.checks.base import Check, CheckContext
from shipworthy.checks.pipeline.ci_on_every_change import no_code, not_understood
from shipworthy.checks.pipeline.deploy_findings import (
    by_person,
    hidden,
    no_checks,
    nothing,
    platform_waits,
    proposed,
    ungated,
    unproven,
)
from shipworthy.facts import Facts
from shipworthy.facts.pipeline import Answer, Kind, Pipeline, Platform
from shipworthy.facts.pipeline.gate import Gate, gates, hidden_deploys
from shipworthy.facts.pipeline.platforms import on_platform
from shipworthy.model import Finding, Outcome
from shipworthy.text import plural

_MOST = 20
_PREVIEW = re.compile(r"preview|review|staging|\bdev|\btest|\bpr\b|pull|canary|channel", re.I)


class DeployGated(Check):
    """Every deploy and every publish waits for passing tests, in every way it can start.

    A pass proves, from the pipeline's files, that in each execution that reaches a deploying command a test runner
    that can fail ran before and would have stopped it: an earlier step of the job, a needed job, an earlier stage, or
    the workflow whose success starts this one. Conditions count: tests that may be skipped while the deploy runs are
    no gate, nor are tests whose failure is lost, `always()`, linters, or a request to a health page. The evidence is
    one line for each deploy, from its file and line to the test's.

    A deploy that starts by itself without tests fails. One that a person starts (a tag, a release, a button) is theirs
    to answer for: tags can be cut from any commit. So is a platform that deploys by itself, where its file does not
    say that it waits. An approval that an environment asks for is evidence, not proof. It cannot see deploys that
    leave no trace in the repository, or whether a required check of the code host holds a merge back.
    """

    id = "deploy-gated"
    needs = (Pipeline,)

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        pipeline = facts[Pipeline]
        found = _worst(gates(pipeline))
        platforms = [each for each in pipeline.platforms if not _deployed(pipeline, each)]
        looked_at = [f"{gate.said.answer}: {gate.proof}" for gate in found[:_MOST]]
        looked_at += [
            f"{each.path}:{each.line} {each.title}: {each.waits.why or 'waits'}" for each in platforms[:_MOST]
        ]
        failures = [ungated(pipeline, gate) for gate in found if gate.said.no and _by_itself(gate)]
        failures += [platform_waits(each) for each in platforms if each.waits.no]
        asked = [by_person(pipeline, gate) for gate in found if gate.said.no and gate.by_hand and not gate.preview]
        asked += [platform_waits(each) for each in platforms if each.waits.answer is Answer.UNKNOWN]
        doubts = [unproven(gate) for gate in found if gate.said.answer in (Answer.UNKNOWN, Answer.PARTIAL)]
        doubts += [
            proposed(gate) for gate in found if gate.said.no and gate.preview and not _is_preview(pipeline, gate)
        ]
        doubts += [no_checks(each) for each in platforms if each.for_checks and not _tests_landed(pipeline)]
        doubts += [hidden(each) for each in hidden_deploys(pipeline)[:_MOST]]
        doubts += not_understood(pipeline, self.id)
        if failures:
            first = failures[0]
            return Outcome.failed(f"{_short(first)} waits for no test", [*failures, *asked, *doubts], looked_at)
        if doubts:
            return Outcome.unknown(_summary(doubts[0]), [*doubts, *asked], looked_at=looked_at)
        if asked:
            return Outcome.needs_you(_summary(asked[0]), asked, looked_at)
        if found or platforms:
            count = plural(len({(gate.leaf.path, gate.leaf.line, gate.leaf.text) for gate in found}), "deploy")
            by_platform = f"{platforms[0].path}: {platforms[0].title} waits for tests" if platforms else ""
            best = min((gate.proof for gate in found if gate.said.yes), key=len, default=by_platform)
            waits = "waits" if count.startswith("1 ") else "wait"
            return Outcome.passed(f"{count} {waits} for tests: {best}" if found else by_platform, looked_at)
        return no_code(pipeline) or nothing(pipeline)


def _worst(found: Iterable[Gate]) -> list[Gate]:
    """One gate for each deploying command and each way of answering, the surest answers last."""
    rows: dict[tuple[object, ...], Gate] = {}
    for gate in found:
        rows.setdefault((gate.leaf.chain, gate.leaf.text, gate.said.answer, gate.by_hand, gate.preview), gate)
    return sorted(rows.values(), key=lambda gate: (not gate.said.no, gate.said.yes))


def _by_itself(gate: Gate) -> bool:
    return not gate.by_hand and not gate.preview


def _is_preview(pipeline: Pipeline, gate: Gate) -> bool:
    """Whether what deploys a proposed change says itself that it is only shown."""
    job = next(
        (each for each in pipeline.jobs if (each.workflow, each.id) == (gate.leaf.workflow, gate.leaf.job)), None
    )
    return bool(_PREVIEW.search(job.environment if job else "") or _PREVIEW.search(gate.leaf.text))


def _deployed(pipeline: Pipeline, platform: Platform) -> bool:
    """Whether the pipeline deploys to the platform, so that its file only says how."""
    leaves = pipeline.of(Kind.DEPLOY, Kind.PUBLISH)
    return any(on_platform(platform, f"{leaf.text} {leaf.chain[-1].text}") for leaf in leaves)


def _tests_landed(pipeline: Pipeline) -> bool:
    """Whether tests that can fail surely run on what has landed, for a platform that waits for the commit's checks."""
    return any(
        name in ("landing", "push") and said.yes and leaf.fails_when(name).yes
        for leaf in pipeline.of(Kind.TEST)
        for name, said in leaf.runs.items()
    )


def _short(finding: Finding) -> str:
    where = finding.location
    return f"{(where.path or '').rpartition('/')[2]}:{where.line}" if where.line else str(where)


def _summary(finding: Finding) -> str:
    return f"{_short(finding)}: {finding.message.split(': ')[0].rstrip('.')}"[:120]
