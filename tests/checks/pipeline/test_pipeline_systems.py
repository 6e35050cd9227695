"""What the pipeline's checks say of CI systems other than GitHub, in each system's own words."""

from __future__ import annotations

import pytest
from tests.checks.pipeline.pipeline_facts import OUTSIDE, joined, judged, system

from shipworthy.facts.pipeline import Kind
from shipworthy.facts.pipeline.fact import YES, CiSystem, Link, Opaque, Pipeline, SecretScan, no, unsure
from shipworthy.model import OutcomeKind

PASS, FAIL, UNKNOWN = OutcomeKind.PASS, OutcomeKind.FAIL, OutcomeKind.UNKNOWN
TEST = (Kind.TEST, "pytest -q")
SCAN = SecretScan(tool="gitleaks", blocks=YES)
CHECKS = ("ci-on-every-change", "ci-runs-tests", "secret-scan-gate")


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    ("name", "path"),
    [("gitlab", ".gitlab-ci.yml"), ("circleci", ".circleci/config.yml"), ("drone", ".drone.yml")],
)
def test_every_system_can_pass(check: str, name: str, path: str) -> None:
    found = judged(check, system(name, path, TEST, scan=SCAN))
    assert (found.kind, found.summary.split(" ")[0]) == (
        PASS,
        f"{path.rpartition('/')[2]}:{3 if check == CHECKS[0] else 5}",
    )


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    ("name", "path", "where"),
    [
        ("jenkins", "Jenkinsfile", "Branch Sources"),
        ("buildkite", ".buildkite/pipeline.yml", "Build pull requests"),
        ("cloudbuild", "cloudbuild.yaml", "Triggers"),
        ("azure", "azure-pipelines.yml", "Build validation"),
    ],
)
def test_a_start_outside_the_repository_is_for_a_person(check: str, name: str, path: str, where: str) -> None:
    found = judged(check, system(name, path, TEST, start=OUTSIDE, outside=True, scan=SCAN))
    assert found.kind is UNKNOWN
    assert "itself, not in this repository" in found.summary
    assert found.findings[0].rule == f"{check}/started-outside"
    assert where in found.findings[0].remedy


@pytest.mark.parametrize("check", CHECKS)
def test_one_system_that_proves_is_enough(check: str) -> None:
    jenkins = system("jenkins", "Jenkinsfile", TEST, start=OUTSIDE, outside=True, scan=SCAN)
    gitlab = system("gitlab", ".gitlab-ci.yml", TEST, scan=SCAN)
    unread = Pipeline(systems=(CiSystem(name="appveyor", title="AppVeyor", path="appveyor.yml", is_read=False),))
    assert judged(check, joined(unread, jenkins, gitlab)).kind is PASS
    assert judged(check, joined(unread, jenkins)).kind is UNKNOWN


@pytest.mark.parametrize("check", CHECKS[1:])
def test_outside_does_not_help_what_cannot_fail(check: str) -> None:
    masked = system("jenkins", "Jenkinsfile", TEST, start=OUTSIDE, outside=True, fails=no("catchError"), scan=SCAN)
    found = judged(check, masked)
    assert found.kind is FAIL
    assert "catchError" in found.findings[0].message


@pytest.mark.parametrize(
    ("name", "path", "masked", "start"),
    [
        ("gitlab", ".gitlab-ci.yml", "allow_failure", "merge_request_event"),
        ("circleci", ".circleci/config.yml", "|| true", "filters:"),
        ("azure", "azure-pipelines.yml", "continueOnError", "pr: ['*']"),
        ("bitbucket", "bitbucket-pipelines.yml", "|| true", "pull-requests"),
        ("travis", ".travis.yml", "allow_failures", "branches:"),
        ("woodpecker", ".woodpecker.yml", "failure: ignore", "event: [push, pull_request]"),
        ("buildkite", ".buildkite/pipeline.yml", "soft_fail", "Build pull requests"),
        ("cloudbuild", "cloudbuild.yaml", "allowFailure", "trigger"),
        ("jenkins", "Jenkinsfile", "catchError", "Multibranch"),
        ("semaphore", ".semaphore/semaphore.yml", "|| true", "every proposed change"),
    ],
)
def test_remedies_speak_the_language_of_the_system(name: str, path: str, masked: str, start: str) -> None:
    hidden = judged("ci-runs-tests", system(name, path, TEST, fails=no("it is hidden")))
    assert hidden.kind is FAIL
    assert masked in hidden.findings[0].remedy
    late = judged("ci-on-every-change", system(name, path, TEST, start=no("starts only by hand")))
    assert (late.kind, late.summary) == (FAIL, f"{path.rpartition('/')[2]}:1 starts only by hand")
    assert start in late.findings[0].remedy
    assert "GitHub" not in late.findings[0].remedy or name == "buildkite"


def test_what_may_bring_jobs_is_not_a_no() -> None:
    path = ".gitlab-ci.yml"
    loss = Opaque(
        reason="a remote include",
        chain=(Link(path, 1, "include"),),
        workflow=path,
        job="",
        on_change=YES,
        anything=True,
    )
    late = system("gitlab", path, start=no("starts only by hand"))
    found = judged("ci-on-every-change", joined(late, Pipeline(opaque=(loss,))))
    assert (found.kind, found.findings[0].rule) == (UNKNOWN, "ci-on-every-change/not-followed")


def test_a_doubt_is_said_in_one_line() -> None:
    found = judged("ci-runs-tests", system("gitlab", ".gitlab-ci.yml", TEST, runs=unsure("only if $X")))
    assert (found.kind, found.summary) == (UNKNOWN, ".gitlab-ci.yml:5 pytest, but not surely: only if $X")
