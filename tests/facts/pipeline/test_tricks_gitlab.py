"""What GitLab CI does with a change: every trick of the file, with the answer its documentation gives."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.facts.pipeline.gitlab_files import CI, TEST, pipeline, rules
from tests.facts.pipeline.pipeline_reading import leaves_in

from shipworthy.facts.pipeline import Kind
from shipworthy.facts.pipeline.inventory import tests_on_change as answer_of

WORKFLOW = """
workflow:
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS
      when: never
    - if: $CI_COMMIT_BRANCH
"""
INPUTS = "spec: {inputs: {tool: , job: {default: unit}}}\n---\n$[[ inputs.job ]]: {script: '$[[ inputs.tool ]]'}\n"
MANY = ".l9: &l9 [a]\n" + "".join(f".l{n}: &l{n} [{', '.join([f'*l{n + 1}'] * 9)}]\n" for n in range(8, -1, -1))


CHANGES = {
    # When a job without rules runs, and what only and except select.
    "plain": (TEST, "yes"),
    "a-name-is-no-test": ("test: {script: echo testing}\n", "no"),
    "branches-keyword": ("t: {script: pytest, only: [branches]}\n", "yes"),
    "merge-requests-keyword": ("t: {script: pytest, only: [merge_requests]}\n", "yes"),
    "both-keywords": ("t: {script: pytest, only: [merge_requests, main]}\n", "yes"),
    "only-the-default-branch": ("t: {script: pytest, only: [main]}\n", "partial"),
    "only-schedules": ("t: {script: pytest, only: [schedules]}\n", "no"),
    "only-web": ("t: {script: pytest, only: [web]}\n", "no"),
    "only-api": ("t: {script: pytest, only: [api, triggers]}\n", "no"),
    "only-tags": ("t: {script: pytest, only: [tags]}\n", "no"),
    "only-nothing": ("t: {script: pytest, only: []}\n", "no"),
    "only-some-branches": ("t: {script: pytest, only: [/^feature-.*$/]}\n", "partial"),
    "only-any-branch": ("t: {script: pytest, only: [/.*/]}\n", "yes"),
    "except-branches": ("t: {script: pytest, except: [branches]}\n", "no"),
    "except-the-default-branch": ("t: {script: pytest, except: [main]}\n", "yes"),
    "except-tags": ("t: {script: pytest, except: [tags, schedules]}\n", "yes"),
    "except-wip": ("t: {script: pytest, except: [/^wip/]}\n", "yes"),
    "except-everything": ("t: {script: pytest, except: [/.*/]}\n", "no"),
    "only-refs-and-changes": ("t: {script: pytest, only: {refs: [merge_requests], changes: [src/**/*]}}\n", "partial"),
    "only-changes-covers-all": ("t: {script: pytest, only: {changes: ['**/*']}}\n", "yes"),
    "only-variables": ("t: {script: pytest, only: {variables: [$CI_COMMIT_BRANCH]}}\n", "yes"),
    "only-variables-set-elsewhere": ("t: {script: pytest, only: {variables: [$RUN_TESTS]}}\n", "unknown"),
    "except-variables-set-elsewhere": ("t: {script: pytest, except: {variables: [$SKIP]}}\n", "yes"),
    # Rules.
    "rule-merge-request": (rules('if: $CI_PIPELINE_SOURCE == "merge_request_event"'), "yes"),
    "rule-merge-request-id": (rules("if: $CI_MERGE_REQUEST_ID"), "yes"),
    "rule-default-branch": (rules("if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"), "partial"),
    "rule-other-branches": (rules("if: $CI_COMMIT_BRANCH && $CI_COMMIT_BRANCH != $CI_DEFAULT_BRANCH"), "yes"),
    "rule-branch-prefix": (rules('if: $CI_COMMIT_BRANCH =~ /^feature\\//'), "partial"),
    "rule-any-branch": (rules("if: $CI_COMMIT_BRANCH =~ /.+/"), "yes"),
    "rule-not-like": (rules("if: $CI_COMMIT_BRANCH !~ /^wip/"), "yes"),
    "rule-tag": (rules("if: $CI_COMMIT_TAG"), "no"),
    "rule-schedule": (rules('if: $CI_PIPELINE_SOURCE == "schedule"'), "no"),
    "rule-null": (rules("if: $CI_COMMIT_TAG == null"), "yes"),
    "rule-parentheses": (rules('if: ($CI_COMMIT_TAG || $CI_COMMIT_BRANCH) && $CI_PIPELINE_SOURCE == "push"'), "yes"),
    "rule-and-binds-first": (rules('if: $CI_COMMIT_BRANCH || $CI_COMMIT_TAG && $CI_COMMIT_TAG == "x"'), "yes"),
    "rule-that-does-not-parse": (rules("if: $CI_COMMIT_BRANCH &&"), "no"),
    "rule-never-then-always": (rules("when: never", "when: always"), "no"),
    "rule-never-on-tags": (rules("{if: $CI_COMMIT_TAG, when: never}", "when: on_success"), "yes"),
    "rule-opt-out-set-elsewhere": (rules("{if: '$SKIP == \"1\"', when: never}", "when: on_success"), "yes"),
    "rule-opt-in-set-elsewhere": (rules("if: $NIGHTLY"), "unknown"),
    "rule-opt-out-set-in-the-file": (
        "variables: {SKIP: '1'}\n" + rules("{if: '$SKIP == \"1\"', when: never}", "when: on_success"),
        "no",
    ),
    "rule-job-variable": ("t:\n  script: pytest\n  variables: {GO: 'yes'}\n  rules: [{if: '$GO == \"yes\"'}]\n", "yes"),
    "rule-pattern-in-a-variable": (
        "variables: {P: '/^main$/'}\n" + rules("if: $CI_COMMIT_BRANCH =~ $P"),
        "partial",
    ),
    "rule-changes": (rules("changes: [src/**/*]"), "partial"),
    "rule-changes-covers-all": (rules("changes: ['**/*.py', '**/*.js']"), "yes"),
    "rule-changes-stars-stop-at-a-folder": (rules("changes: ['*.py', '*.js']"), "partial"),
    "rule-two-changes-cover-all": (rules("changes: ['**/*.py']", "changes: {paths: ['web/**/*']}"), "yes"),
    "rule-changes-never": (rules("{changes: [docs/*], when: never}", "when: on_success"), "partial"),
    "rule-exists": (rules("exists: [src/app.py]"), "yes"),
    "rule-exists-not": (rules("exists: [Gemfile]"), "no"),
    "rule-exists-glob": (rules("exists: ['**/*.js']"), "yes"),
    "rule-manual": (rules("when: manual"), "no"),
    "rule-on-failure": (rules("when: on_failure"), "no"),
    "rule-delayed": (rules("{when: delayed, start_in: 1 minute}"), "yes"),
    "rule-tolerant": (rules("allow_failure: true"), "no"),
    "rule-tolerant-elsewhere-only": (
        rules('{if: "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH", allow_failure: true}', "when: on_success"),
        "yes",
    ),
    "rule-of-yaml-tag": (rules("{if: ! $CI_COMMIT_BRANCH , allow_failure: true}"), "no"),
    "rules-empty": ("t: {script: pytest, rules: []}\n", "no"),
    "rule-labels": (rules("if: $CI_MERGE_REQUEST_LABELS =~ /test/"), "no"),
    "rule-target-branch": (rules('if: $CI_MERGE_REQUEST_TARGET_BRANCH_NAME == "main"'), "yes"),
    "rule-other-target-branch": (
        rules('if: $CI_MERGE_REQUEST_TARGET_BRANCH_NAME == "release" && $CI_DEFAULT_BRANCH == "main"'),
        "partial",
    ),
    "rule-open-merge-request-only": (rules("if: $CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS"), "partial"),
    "rule-hostile-pattern": (rules(f"if: $CI_COMMIT_BRANCH =~ /{'(a+)+' * 20}$/"), "partial"),
    # Workflow.
    "workflow-switches": (WORKFLOW + TEST, "yes"),
    "workflow-only-default": ("workflow: {rules: [{if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH}]}\n" + TEST, "partial"),
    "workflow-only-tags": ("workflow: {rules: [{if: $CI_COMMIT_TAG}]}\n" + TEST, "no"),
    "workflow-never": ("workflow: {rules: [{when: never}]}\n" + TEST, "no"),
    "workflow-always": ("workflow: {rules: [{when: always}]}\n" + TEST, "yes"),
    "workflow-name-alone": ("workflow: {name: x}\n" + TEST, "yes"),
    "workflow-merge-requests-and-branch-job": (
        "workflow: {rules: [{if: $CI_MERGE_REQUEST_IID}]}\nt: {script: pytest, only: [branches]}\n",
        "no",
    ),
    "workflow-variables": (
        "workflow: {rules: [{if: $CI_COMMIT_BRANCH, variables: {GO: 'no'}}]}\n" + rules("if: '$GO == \"yes\"'"),
        "no",
    ),
    "workflow-template": ("include: {template: Workflows/MergeRequest-Pipelines.gitlab-ci.yml}\n" + TEST, "yes"),
    "workflow-for-branches-and-merge-request-job": (
        "workflow: {rules: [{if: $CI_COMMIT_BRANCH}]}\nt: {script: pytest, only: [merge_requests]}\n",
        "no",
    ),
    "no-pipeline-of-the-first-stage-alone": ("t: {stage: .pre, script: pytest}\n", "no"),
    "first-stage-beside-others": ("t: {stage: .pre, script: pytest}\nb: {script: 'true'}\n", "yes"),
    # When and allow_failure.
    "manual": ("t: {script: pytest, when: manual}\n", "no"),
    "on-failure": ("t: {script: pytest, when: on_failure}\n", "no"),
    "always": ("t: {script: pytest, when: always}\n", "yes"),
    "tolerant": ("t: {script: pytest, allow_failure: true}\n", "no"),
    "not-tolerant": ("t: {script: pytest, allow_failure: false}\n", "yes"),
    "tolerant-for-another-code": ("t: {script: pytest, allow_failure: {exit_codes: [137]}}\n", "yes"),
    "tolerant-for-its-code": ("t: {script: pytest, allow_failure: {exit_codes: [1, 137]}}\n", "no"),
    "retry": ("t: {script: pytest, retry: 2}\n", "yes"),
    "behind-a-blocking-manual-job": (
        "stages: [ok, test]\nok: {stage: ok, script: 'true', rules: [{when: manual}]}\n" + TEST,
        "no",
    ),
    "behind-an-optional-manual-job": (
        "stages: [ok, test]\nok: {stage: ok, script: 'true', when: manual}\n" + TEST,
        "yes",
    ),
    "needs-a-manual-job": (
        "stages: [ok, test]\nok: {stage: ok, script: 'true', when: manual}\nt: {script: pytest, needs: [ok]}\n",
        "no",
    ),
    "needs-a-job-that-is-left-out": ("b: {script: 'true', only: [tags]}\nt: {script: pytest, needs: [b]}\n", "no"),
    "needs-an-optional-job": (
        "b: {script: 'true', only: [tags]}\nt: {script: pytest, needs: [{job: b, optional: true}]}\n",
        "yes",
    ),
    # Scripts: one shell with errexit and pipefail.
    "masked": ("t: {script: 'pytest || true'}\n", "no"),
    "last-line-decides-nothing": ("t: {script: [pytest, 'true']}\n", "yes"),
    "pipe": ("t: {script: 'pytest | tee log'}\n", "yes"),
    "set-plus-e-in-before-script": ("t: {before_script: ['set +e'], script: [pytest, 'true']}\n", "no"),
    "exit-zero-before": ("t: {before_script: ['exit 0'], script: [pytest]}\n", "no"),
    "in-before-script": ("t: {before_script: [pytest], script: ['true']}\n", "yes"),
    "in-after-script": ("t: {script: 'true', after_script: [pytest]}\n", "no"),
    "in-global-before-script": ("before_script: [pytest]\nt: {script: 'true'}\n", "yes"),
    "global-before-script-replaced": ("before_script: [pytest]\nt: {script: 'true', before_script: []}\n", "no"),
    "default-before-script": ("default: {before_script: [pytest]}\nt: {script: 'true'}\n", "yes"),
    "default-not-inherited": (
        "default: {before_script: [pytest]}\nt: {script: 'true', inherit: {default: false}}\n",
        "no",
    ),
    "default-partly-inherited": (
        "default: {before_script: [pytest]}\nt: {script: 'true', inherit: {default: [image]}}\n",
        "no",
    ),
    "nested-lists": ("t: {script: [[cd ., [pytest]]]}\n", "yes"),
    "shell-asks-for-the-branch": ("t: {script: ['if [ \"$CI_COMMIT_BRANCH\" = main ]; then pytest; fi']}\n", "partial"),
    "shell-asks-for-no-tag": ("t: {script: ['if [ -z \"$CI_COMMIT_TAG\" ]; then pytest; fi']}\n", "yes"),
    "variable-command": ("variables: {RUN: pytest}\nt: {script: $RUN -q}\n", "yes"),
    "variable-not-inherited": (
        "variables: {RUN: pytest}\nt: {script: $RUN -q, inherit: {variables: false}}\n",
        "unknown",
    ),
    "variable-with-description": ("variables: {RUN: {value: pytest, description: x}}\nt: {script: $RUN}\n", "yes"),
    "matrix": ("t: {script: $TOOL, parallel: {matrix: [{TOOL: [pytest, ruff]}]}}\n", "yes"),
    "project-folder": ("t: {script: ['cd $CI_PROJECT_DIR', ./run.sh]}\n", "yes", {"run.sh": "pytest\n"}),
    # Hidden jobs, extends, anchors, references.
    "hidden": (".t: {script: pytest}\nb: {script: 'true'}\n", "no"),
    "extends": (".t: {script: pytest}\nt: {extends: .t}\n", "yes"),
    "extends-overrides-script": (".t: {script: pytest}\nt: {extends: .t, script: 'true'}\n", "no"),
    "extends-takes-rules": (".r: {rules: [{if: $CI_COMMIT_TAG}]}\nt: {extends: .r, script: pytest}\n", "no"),
    "extends-several-last-wins": (
        ".a: {script: pytest}\n.b: {script: 'true'}\nt: {extends: [.a, .b]}\n",
        "no",
    ),
    "extends-chain": (".a: {script: pytest}\n.b: {extends: .a}\n.c: {extends: .b}\nt: {extends: .c}\n", "yes"),
    "extends-merges-variables": (
        ".a: {variables: {RUN: pytest}}\nt: {extends: .a, script: $RUN, variables: {X: '1'}}\n",
        "yes",
    ),
    "extends-a-circle": (".a: {extends: .b}\n.b: {extends: .a}\nt: {extends: .a, script: pytest}\n", "unknown"),
    "extends-nothing": ("t: {extends: .gone, script: pytest}\n", "unknown"),
    "anchor-unused": (".t: &t {script: pytest}\nb: {script: 'true'}\n", "no"),
    "merge-key": (".t: &t {script: pytest}\nt: {<<: *t, stage: test}\n", "yes"),
    "anchor-in-script": (".s: &s [pytest]\nt: {script: [*s]}\n", "yes"),
    "reference": (".t: {script: [pytest]}\nt: {script: [!reference [.t, script]]}\n", "yes"),
    "reference-whole": (".t: {script: [pytest]}\nt: {script: !reference [.t, script]}\n", "yes"),
    "reference-of-reference": (
        ".a: {script: [pytest]}\n.b: {script: [!reference [.a, script]]}\nt: {script: [!reference [.b, script]]}\n",
        "yes",
    ),
    "reference-rules": (
        ".r: {rules: [{if: $CI_COMMIT_TAG}]}\nt:\n  script: pytest\n  rules: [!reference [.r, rules]]\n",
        "no",
    ),
    "reference-in-a-circle": (
        ".a: {script: [!reference [.a, script]]}\nt: {script: [!reference [.a, script]]}\n",
        "unknown",
    ),
    "same-job-twice-last-wins": ("t: {script: pytest}\nt: {script: 'true'}\n", "no"),
    "commented-out": ("# t: {script: pytest}\nb: {script: 'true'}\n", "no"),
    # Includes.
    "include-local": ("include: /ci/t.yml\n", "yes", {"ci/t.yml": TEST}),
    "include-glob": ("include: {local: 'ci/*.yml'}\n", "yes", {"ci/t.yml": TEST, "ci/b.yml": "b: {script: 'true'}\n"}),
    "include-is-overridden": ("include: ci/t.yml\ntest: {script: 'true'}\n", "no", {"ci/t.yml": TEST}),
    "include-is-masked": ("include: ci/t.yml\ntest: {allow_failure: true}\n", "no", {"ci/t.yml": TEST}),
    "include-nested": ("include: ci/a.yml\n", "yes", {"ci/a.yml": "include: ci/t.yml\n", "ci/t.yml": TEST}),
    "include-in-a-circle": ("include: ci/a.yml\n" + TEST, "yes", {"ci/a.yml": "include: ci/a.yml\n.x: {}\n"}),
    "include-gone": ("include: ci/gone.yml\n" + TEST, "unknown"),
    "include-not-used": (TEST.replace("pytest", "'true'"), "no", {"ci/t.yml": TEST}),
    "include-rule-never": (
        "include: [{local: ci/t.yml, rules: [{if: $CI_COMMIT_TAG}]}]\nb: {script: 'true'}\n",
        "no",
        {"ci/t.yml": TEST},
    ),
    "include-rule-holds": (
        "include: [{local: ci/t.yml, rules: [{if: $CI_COMMIT_BRANCH}]}]\nb: {script: 'true'}\n",
        "yes",
        {"ci/t.yml": TEST},
    ),
    "include-with-inputs": (
        "include: [{local: ci/t.yml, inputs: {tool: pytest}}]\n",
        "yes",
        {"ci/t.yml": INPUTS},
    ),
    "include-template-may-test": ("include: {template: Auto-DevOps.gitlab-ci.yml}\n", "unknown"),
    "include-template-scans": ("include: {template: Security/SAST.gitlab-ci.yml}\nb: {script: 'true'}\n", "no"),
    "include-project": ("include: [{project: a/b, file: /t.yml}]\n", "unknown"),
    "include-remote": ("include: https://ci.example/t.yml\n", "unknown"),
    "include-component": ("include: [{component: $CI_SERVER_FQDN/a/b/c@1}]\n", "unknown"),
    "include-elsewhere-beside-tests": ("include: [{project: a/b, file: /t.yml}]\n" + TEST, "yes"),
    "extends-from-elsewhere": ("include: [{project: a/b, file: /t.yml}]\nt: {extends: .unit}\n", "unknown"),
    "rules-from-elsewhere": (
        "include: [{project: a/b, file: /t.yml}]\nt: {extends: .unit, script: pytest}\n",
        "unknown",
    ),
    "reference-from-elsewhere": (
        "include: [{project: a/b, file: /t.yml}]\nt: {script: [!reference [.unit, script]]}\n",
        "unknown",
    ),
    # Child pipelines.
    "child-waited-for": (
        "c: {trigger: {include: ci/c.yml, strategy: depend}}\n",
        "yes",
        {"ci/c.yml": "t: {script: pytest}\n"},
    ),
    "child-not-waited-for": ("c: {trigger: {include: ci/c.yml}}\n", "no", {"ci/c.yml": "t: {script: pytest}\n"}),
    "child-rules": (
        "c: {trigger: {include: [{local: ci/c.yml}], strategy: depend}}\n",
        "yes",
        {"ci/c.yml": "t: {script: pytest, rules: [{if: '$CI_PIPELINE_SOURCE == \"parent_pipeline\"'}]}\n"},
    ),
    "child-made-at-run-time": (
        "g: {script: ./make}\nc: {trigger: {include: [{artifact: c.yml, job: g}], strategy: depend}}\n",
        "unknown",
    ),
    "other-project": ("c: {trigger: {project: a/b, strategy: depend}}\n", "unknown"),
    # What GitLab refuses.
    "misspelt-key": ("t: {scripts: pytest, script: pytest}\n", "unknown"),
    "no-script": ("t: {image: x}\n", "unknown"),
    "unknown-stage": ("stages: [build]\n" + TEST, "unknown"),
    "needs-nobody": ("t: {script: pytest, needs: [gone]}\n", "unknown"),
    "rules-and-only": ("t: {script: pytest, rules: [{when: always}], only: [main]}\n", "unknown"),
    "not-a-mapping": ("- pytest\n", "unknown"),
    "not-yaml": ("t: {script: [pytest\n", "unknown"),
    "aliases-without-end": (MANY + "t: {script: [*l0]}\n", "unknown"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "answer", "more"), [(*row, {})[:3] for row in CHANGES.values()], ids=CHANGES)
def test_what_tests_a_change(tmp_path: Path, text: str, answer: str, more: Mapping[str, str]) -> None:
    assert answer_of(pipeline(tmp_path, text, more)) == answer


def test_lines_are_those_of_the_commands(tmp_path: Path) -> None:
    text = """include: ci/more.yml
.setup: &setup
  - pip install -r requirements.txt
.base:
  script:
    - pytest -x
unit:
  extends: .base
  before_script:
    - *setup
block:
  script:
    - |
      cd src

      pytest -q
folded:
  script:
    - >
      pytest
      -k a
"""
    found = pipeline(tmp_path, text, {"ci/more.yml": "more:\n  script:\n    - true\n    - pytest --more\n"})
    assert sorted((leaf.text, [str(link) for link in leaf.chain]) for leaf in leaves_in(found)) == [
        ("pytest --more", [f"{CI}:1", "ci/more.yml:4"]),
        ("pytest -k a", [f"{CI}:19"]),
        ("pytest -q", [f"{CI}:16"]),
        ("pytest -x", [f"{CI}:6"]),
    ]


def test_a_merge_request_shows_only_its_own_pipeline(tmp_path: Path) -> None:
    found = pipeline(tmp_path, TEST + "d:\n  script: flyctl deploy\n  rules:\n    - when: manual\n")
    push = next(start for start in found.workflows[0].scenarios if start.name == "push")
    assert "merge request shows its own pipeline, which holds d (.gitlab-ci.yml:2)" in push.on_change.why
    assert answer_of(found) == "yes"
    same = pipeline(tmp_path / "same", rules("when: on_success"))
    assert [start.on_change.why for start in same.workflows[0].scenarios if start.on_change.yes] == ["", ""]


def test_the_starts_of_a_file(tmp_path: Path) -> None:
    def starts(text: str) -> list[str]:
        return [start.name for start in pipeline(tmp_path, text).workflows[0].scenarios]

    assert starts(TEST) == ["push", "landing", "tag"]
    assert starts(WORKFLOW + TEST) == ["merge_request", "landing"]
    assert starts(rules("if: $CI_MERGE_REQUEST_IID")) == ["merge_request"]
    assert starts("t: {script: pytest, only: [schedules]}\n") == ["schedule"]
    assert starts("t: {script: pytest, only: [main, staging, web]}\n") == ["landing", "landing on staging"]
    assert starts("t: {script: pytest, only: [main]}\nw: {script: x, only: [web]}\n") == ["landing", "manual"]


def test_a_scan_from_a_template_is_a_scan_that_cannot_fail(tmp_path: Path) -> None:
    text = "include:\n  - template: Jobs/Secret-Detection.gitlab-ci.yml\nb: {script: 'true'}\n"
    found = pipeline(tmp_path, text)
    (scan,) = found.of(Kind.SCAN)
    assert (scan.line, scan.fails.no) == (2, True)
    assert not leaves_in(found)
    assert not found.opaque


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("b: {script: x}\nt:\n  script: pytest\n  scirpt: x\n", 4, "scirpt"),
        ("b: {script: x}\nt:\n  image: x\n", 2, "neither `script` nor `trigger`"),
        ("stages: [a]\nt:\n  script: x\n", 2, "the stage test, which does not exist"),
        ("b: {script: x}\nsteps: [x]\n", 2, "`steps` at the top"),
        ("b: {script: x}\nt: {script: x, extends: .y}\n", 2, "extends .y, which does not exist"),
        ("b: {script: x}\nt: [", 2, "not valid"),
    ],
)
def test_what_gitlab_refuses_is_said_with_its_line(tmp_path: Path, text: str, line: int, reason: str) -> None:
    (found,) = pipeline(tmp_path, text).not_read
    assert found.line == line
    assert reason in found.reason
