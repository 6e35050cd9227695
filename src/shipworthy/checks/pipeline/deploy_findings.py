"""What `deploy-gated` says of deploys that wait for no test: one finding each, with what closes the hole."""

from __future__ import annotations

from shipworthy.facts.pipeline import Kind, Leaf, Opaque, Pipeline, Platform
from shipworthy.facts.pipeline.gate import Gate, place
from shipworthy.model import PROJECT, Confidence, Finding, Location, Outcome, Severity
from shipworthy.text import plural

_RED = "what stops a red build there"


def _remedy(pipeline: Pipeline, gate: Gate) -> str:
    """What closes the hole, by file and job."""
    leaf = gate.leaf
    tests = [each for each in pipeline.of(Kind.TEST) if each.fails.yes]
    beside = next((each for each in tests if each.workflow == leaf.workflow and each.job != leaf.job), None)
    workflow = next((each for each in pipeline.workflows if each.path == leaf.workflow), None)
    github = workflow is not None and workflow.system == "github"
    if beside is not None:
        also = " and no condition that runs it anyway" if "starts although" in gate.said.why else ""
        return f"In {leaf.workflow}, let job {leaf.job} need job {beside.job} (`needs: [{beside.job}]`){also}."
    other = _callable(pipeline, tests)
    if other is not None and github:
        return (
            f"In {leaf.workflow}, add a job that calls {other} (`uses: ./{other}`, with `workflow_call` among its "
            f"triggers), and let job {leaf.job} need it."
        )
    if tests:
        first = min(tests, key=_is_late)
        return f"In {leaf.workflow}, run the tests of {place(first)} in a job or stage before {leaf.job}."
    return f"In {leaf.workflow}, run the tests in a step or job before job {leaf.job}, and hide no failure of theirs."


def _callable(pipeline: Pipeline, tests: list[Leaf]) -> str | None:
    """A workflow that others can call for its tests: one of the same code host, and it deploys nothing itself."""
    deploying = {each.workflow for each in pipeline.of(Kind.DEPLOY, Kind.PUBLISH)}
    fit = {each.path for each in pipeline.workflows if each.system == "github"} - deploying
    return next((each.workflow for each in sorted(tests, key=_is_late) if each.workflow in fit), None)


def _is_late(test: Leaf) -> bool:
    return not test.on_change.yes


def _of_gate(gate: Gate, rule: str, message: str, severity: Severity, remedy: str, *, sure: bool = True) -> Finding:
    leaf = gate.leaf
    related = [Location(path=link.path, line=link.line) for link in leaf.chain[1:]]
    return Finding.at(
        Location(path=leaf.path, line=leaf.line),
        f"deploy-gated/{rule}",
        message,
        anchor=f"{leaf.job} {leaf.text}",
        severity=severity,
        confidence=Confidence.CERTAIN if sure and leaf.runs[gate.scenario].yes else Confidence.LIKELY,
        related=related,
        remedy=remedy,
    )


_STARTS = {
    "landing": "on every push to the main branch",
    "landing as asked": "on a push to the main branch that asks for it",
    "branch as named": "on a push to a branch with such a name",
    "schedule": "by the clock",
    "tag": "when a tag is pushed",
    "release": "when a release is made",
    "manual": "by hand",
    "workflow_dispatch": "by hand",
    "repository_dispatch": "when another system asks",
    "elsewhere": "when its pipeline does, which is set outside this repository",
}
_ANY_COMMIT = {"tag": "and tags can be cut from any commit", "release": "and releases can be cut from any commit"}


def _start(gate: Gate) -> str:
    return _STARTS.get(gate.scenario, f"on {gate.event}")


def ungated(pipeline: Pipeline, gate: Gate) -> Finding:
    message = f"`{gate.leaf.text}` starts by itself ({_start(gate)}) without passing tests: {gate.proof}"
    return _of_gate(gate, "ungated", message, Severity.HIGH, _remedy(pipeline, gate))


def by_person(pipeline: Pipeline, gate: Gate) -> Finding:
    any_commit = _ANY_COMMIT.get(gate.scenario, "whether or not the commit passed its tests")
    message = f"`{gate.leaf.text}` starts {_start(gate)}, {any_commit}: {gate.proof}"
    return _of_gate(gate, "started-by-hand", message, Severity.MEDIUM, _remedy(pipeline, gate))


def unproven(gate: Gate) -> Finding:
    message = f"`{gate.leaf.text}` ({_start(gate)}) does not surely wait for tests: {gate.proof}"
    remedy = (
        f"Run the tests in a step or job before job {gate.leaf.job} that is never skipped and calls the runner itself."
    )
    return _of_gate(gate, "not-surely", message, Severity.MEDIUM, remedy, sure=False)


def proposed(gate: Gate) -> Finding:
    message = f"`{gate.leaf.text}` deploys changes that are only proposed, before any test: {gate.proof}"
    remedy = f"Give job {gate.leaf.job} in {gate.leaf.workflow} an `environment:` that says it is a preview, or a test."
    return _of_gate(gate, "proposed-change", message, Severity.MEDIUM, remedy, sure=False)


def platform_waits(platform: Platform) -> Finding:
    severity = Severity.HIGH if platform.waits.no else Severity.MEDIUM
    return Finding.at(
        Location(path=platform.path, line=platform.line),
        "deploy-gated/platform-does-not-wait" if platform.waits.no else "deploy-gated/platform",
        f"{platform.title} may deploy by itself: {platform.waits.why}.",
        anchor=platform.path,
        severity=severity,
        confidence=Confidence.CERTAIN if platform.waits.no else Confidence.REVIEW,
        remedy=f"Let {platform.title} wait for the checks of the commit, or deploy from the pipeline; then say {_RED}.",
    )


def no_checks(platform: Platform) -> Finding:
    return Finding.at(
        Location(path=platform.path, line=platform.line),
        "deploy-gated/platform",
        f"{platform.title} waits for checks: none of them surely runs the tests on what has landed.",
        anchor=platform.path,
        severity=Severity.MEDIUM,
        remedy="Run the tests on pushes to the main branch too.",
    )


def hidden(loss: Opaque) -> Finding:
    link = loss.chain[0]
    return Finding.at(
        Location(path=link.path, line=link.line),
        "deploy-gated/not-followed",
        f"It may deploy: {loss.reason}.",
        anchor=f"{loss.job} {loss.reason}",
        severity=Severity.MEDIUM,
        confidence=Confidence.REVIEW,
        remedy=f"Say in a waiver what job {loss.job} of {loss.workflow} deploys, and {_RED}.",
    )


def nothing(pipeline: Pipeline) -> Outcome:
    looked_at = [f"{plural(len(pipeline.workflows), 'workflow')}, no command that deploys or publishes"]
    finding = Finding.at(
        PROJECT,
        "deploy-gated/none",
        "No deploy or publish was found: if there is one, nothing here shows what stops a red build.",
        anchor="none",
        severity=Severity.LOW,
        confidence=Confidence.REVIEW,
        remedy="Say in a waiver that nothing is deployed yet, or deploy from a pipeline that runs the tests first.",
    )
    return Outcome.needs_you("no deploy found: say where it starts", [finding], looked_at)
