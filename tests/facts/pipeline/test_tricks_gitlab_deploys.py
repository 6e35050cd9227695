"""What a deploy of GitLab CI waits for: every trick of the file, with the answer its documentation gives."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.pipeline.gitlab_files import TEST, pipeline, rules

from shipworthy.facts.pipeline.gate import gates, hidden_deploys, overall


def deploy(*rows: str) -> str:
    return rules(*rows, script="flyctl deploy").replace("test:\n", "d:\n  stage: deploy\n", 1)


STAGES = "stages: [build, test, deploy]\n"
DEPLOY = "d: {stage: deploy, script: flyctl deploy}\n"
MAIN = "only: [main]"
GATES = {
    "stage-order": (STAGES + TEST + DEPLOY, "yes"),
    "default-stages": (TEST + DEPLOY, "yes"),
    "post-stage": (TEST + "d: {stage: .post, script: flyctl deploy}\n", "yes"),
    "pre-stage": (TEST + "d: {stage: .pre, script: flyctl deploy}\n", "no"),
    "same-stage": ("t: {script: pytest}\nd: {script: flyctl deploy}\n", "no"),
    "stages-turned-round": ("stages: [deploy, test]\n" + TEST + DEPLOY, "no"),
    "needs-nothing": (STAGES + TEST + "d: {stage: deploy, script: flyctl deploy, needs: []}\n", "no"),
    "needs-build-alone": (
        STAGES + TEST + "b: {stage: build, script: echo}\nd: {stage: deploy, script: flyctl deploy, needs: [b]}\n",
        "no",
    ),
    "needs-the-test": (STAGES + TEST + "d: {stage: deploy, script: flyctl deploy, needs: [test]}\n", "yes"),
    "needs-by-way-of-another": (
        STAGES + TEST + "p: {stage: deploy, script: 'true', needs: [test]}\n"
        "d: {stage: deploy, script: flyctl deploy, needs: [{job: p, artifacts: true}]}\n",
        "yes",
    ),
    "needs-an-optional-test-that-is-left-out": (
        STAGES + "t: {stage: build, script: 'true'}\n"
        + "test: {script: pytest, only: [merge_requests], needs: [t]}\n"
        + "d: {stage: deploy, script: flyctl deploy, only: [main], needs: [{job: test, optional: true}]}\n",
        "no",
    ),
    "dependencies-are-no-gate": (
        "t: {script: pytest}\nd: {stage: test, script: flyctl deploy, dependencies: [t]}\n",
        "no",
    ),
    "tolerant-test": ("test: {script: pytest, allow_failure: true}\n" + DEPLOY, "no"),
    "test-that-is-tolerant-on-main-alone": (
        rules("if: $CI_MERGE_REQUEST_IID", "{if: $CI_COMMIT_BRANCH, allow_failure: true}")
        + deploy("if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"),
        "no",
    ),
    "manual-test": ("test: {script: pytest, when: manual}\n" + DEPLOY, "no"),
    "blocking-manual-test": ("test: {script: pytest, rules: [{when: manual}]}\n" + DEPLOY, "yes"),
    "tests-on-merge-requests-only": (
        "test: {script: pytest, only: [merge_requests]}\nd: {stage: deploy, script: flyctl deploy, only: [main]}\n",
        "no",
    ),
    "tests-and-deploy-on-main": (
        "test: {script: pytest, only: [main]}\nd: {stage: deploy, script: flyctl deploy, only: [main]}\n",
        "yes",
    ),
    "tests-not-on-tags": (
        "test: {script: pytest, except: [tags]}\nd: {stage: deploy, script: flyctl deploy, only: [tags]}\n",
        "no",
    ),
    "main-tested-tag-not": (
        "test: {script: pytest, only: [main]}\nd: {stage: deploy, script: flyctl deploy, only: [main, tags]}\n",
        "partial",
    ),
    "manual-deploy": (TEST + "d: {stage: deploy, script: flyctl deploy, when: manual}\n", "yes"),
    "manual-deploy-needs-nothing": (
        TEST + "d: {stage: deploy, script: flyctl deploy, when: manual, needs: []}\n",
        "no",
    ),
    "manual-deploy-tests-itself": ("d: {stage: deploy, script: [pytest, flyctl deploy], when: manual}\n", "yes"),
    "deploy-behind-a-manual-job": (
        "t: {stage: build, script: pytest, when: manual}\nm: {script: 'true', rules: [{when: manual}], needs: [t]}\n"
        + DEPLOY,
        "no",
    ),
    "deploy-always": (TEST + "d: {stage: deploy, script: flyctl deploy, when: always}\n", "no"),
    "deploy-behind-a-job-that-runs-always": (
        TEST + "a: {stage: deploy, script: 'true', when: always, needs: [test]}\n"
        "d: {stage: deploy, script: flyctl deploy, needs: [a]}\n",
        "no",
    ),
    "deploy-on-failure-alone": (TEST + "d: {stage: deploy, script: flyctl deploy, when: on_failure}\n", "na"),
    "same-job": ("d: {script: [pytest, flyctl deploy]}\n", "yes"),
    "same-job-deploys-after": ("d: {before_script: [pytest], script: [flyctl deploy]}\n", "yes"),
    "same-job-after-script": ("d: {script: [pytest], after_script: [flyctl deploy]}\n", "no"),
    "after-script-behind-tests": (TEST + "d: {stage: deploy, script: 'true', after_script: [flyctl deploy]}\n", "yes"),
    "rules-on-main": (
        TEST + 'd:\n  stage: deploy\n  script: flyctl deploy\n  rules: [{if: $CI_COMMIT_BRANCH == "production"}]\n',
        "yes",
    ),
    "rules-on-a-kind-of-tag": (
        TEST + "d:\n  stage: deploy\n  script: flyctl deploy\n  rules: [{if: '$CI_COMMIT_TAG =~ /^rel-\\d+$/'}]\n",
        "yes",
    ),
    "rules-on-schedule": (
        "test: {script: pytest, except: [schedules]}\n"
        + deploy('if: $CI_PIPELINE_SOURCE == "schedule"'),
        "no",
    ),
    "rules-on-the-same-changes": (rules("changes: [src/**/*]") + deploy("changes: [src/**/*]"), "yes"),
    "rules-on-fewer-changes-than-tests": (
        rules("changes: [src/**/*]", "changes: [tests/**/*]") + deploy("changes: [src/**/*]"),
        "yes",
    ),
    "rules-on-other-changes": (rules("changes: [src/**/*]") + deploy("changes: [web/**/*]"), "partial"),
    "rules-on-more-than-tests": (rules("if: $A") + deploy("if: $A", "if: $B"), "unknown"),
    "rules-on-the-same-variable": (rules("if: $A") + deploy("if: $A"), "yes"),
    "rules-on-another-value": (rules('if: $A == "1"') + deploy('if: $A == "2"'), "unknown"),
    "tests-may-be-included": ("include: {project: a/b, file: /t.yml}\n" + DEPLOY, "unknown"),
    "matrix-of-deploys-with-tests": (
        "d: {script: [pytest, 'flyctl deploy -a $APP'], parallel: {matrix: [{APP: [a, b]}]}}\n",
        "yes",
    ),
    "pages": (TEST + "pages: {stage: deploy, script: echo, artifacts: {paths: [public]}}\n", "yes"),
    "pages-without-site": (TEST + "pages: {stage: deploy, script: echo}\n", "na"),
    "pages-beside-tests": (
        "t: {script: pytest}\npages: {stage: test, script: echo, artifacts: {paths: [public/]}}\n",
        "no",
    ),
    "release": (
        "t: {script: pytest}\nr: {script: echo, release: {tag_name: v1, description: x}, only: [tags]}\n",
        "no",
    ),
    "environment": (TEST + "d: {stage: deploy, script: ./bring-it.sh, environment: production}\n", "yes"),
    "environment-stop": (TEST + "d: {stage: deploy, script: ./x, environment: {name: p, action: stop}}\n", "na"),
    "environment-echo": (TEST + "d: {stage: deploy, script: echo Deploying, environment: production}\n", "na"),
    "environment-of-tests": ("t: {script: pytest, environment: test}\n", "na"),
    "child-tests-waited-for": (
        "c: {stage: test, trigger: {include: ci/c.yml, strategy: depend}}\n" + DEPLOY,
        "yes",
    ),
    "child-tests-not-waited-for": ("c: {stage: test, trigger: {include: ci/c.yml}}\n" + DEPLOY, "no"),
    "child-deploys-behind-tests": (TEST + "c: {stage: deploy, trigger: {include: ci/d.yml}}\n", "yes"),
    "child-deploys-beside-tests": ("t: {script: pytest}\nc: {stage: test, trigger: {include: ci/d.yml}}\n", "no"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "gated"), GATES.values(), ids=GATES)
def test_what_a_deploy_waits_for(tmp_path: Path, text: str, gated: str) -> None:
    more = {"ci/c.yml": "t: {script: pytest}\n", "ci/d.yml": "d: {script: flyctl deploy}\n", "bring-it.sh": "put x\n"}
    assert overall(gates(pipeline(tmp_path, text, more))) == gated


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("include: {template: Auto-DevOps.gitlab-ci.yml}\n", True),
        ("include: {project: a/b, file: [/unit-test.yml, /ship.yml]}\n", True),
        ("include: {template: Security/SAST.gitlab-ci.yml}\n", False),
        ("up: {trigger: {project: a/fleet}}\n", True),
        ("up: {trigger: {include: ci/c.yml}}\n", False),
        (TEST, False),
    ],
)
def test_deploys_that_may_lie_elsewhere(tmp_path: Path, text: str, hidden: bool) -> None:
    found = pipeline(tmp_path, text, {"ci/c.yml": "t: {script: pytest}\n"})
    assert bool(hidden_deploys(found)) is hidden
    assert overall(gates(found)) == "na"
