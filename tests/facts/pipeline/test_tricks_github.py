"""Tricks of GitHub Actions: what tests a change, what hides a failure, and what a deploy waits for.

Expected answers are read out of the code host's "Workflow syntax", "Events that trigger workflows", "Contexts" and
"Reusing workflows".
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.pipeline.pipeline_reading import read

from shipworthy.facts.pipeline.gate import gates, overall
from shipworthy.facts.pipeline.inventory import tests_on_change as answer_of

CODE = {"src/app.py": "x = 1\n", "tests/test_app.py": "def test(): assert 1\n", "README.md": "# x\n"}
DEPLOY = "kubectl apply -f k8s"


def job(*steps: str, **keys: str) -> str:
    """A job of `run:` steps; a step that starts with `-` stands as it is. Keys are those of the job."""
    lines = "".join(f"    {key.replace('_', '-')}: {value}\n" for key, value in keys.items())
    rows = "".join("      " + (step if step.startswith("-") else f"- run: {step}") + "\n" for step in steps)
    return f"    runs-on: ubuntu-latest\n{lines}    steps:\n{rows}"


def flow(on: str = "[push, pull_request]", top: str = "", **jobs: str) -> str:
    """A workflow of these jobs."""
    return f"on: {on}\n{top}jobs:\n" + "".join(f"  {name}:\n{text}" for name, text in jobs.items())


def answers(folder: Path, text: str, more: dict[str, str]) -> tuple[str, str]:
    found = read(folder, {**CODE, ".github/workflows/ci.yml": text, **more})
    return answer_of(found), overall(gates(found))


def one(*steps: str, on: str = "[push, pull_request]", top: str = "", **keys: str) -> str:
    return flow(on, top, t=job(*steps, **keys))


def step(*lines: str) -> str:
    return "- " + "\n        ".join(lines)


def take(given: str, condition: str = "true") -> str:
    return step("uses: actions/checkout@v4", f"if: {condition}", f"with: {given}")


PACKAGE = '{"scripts": {"test": "%s"}, "devDependencies": {"jest": "1"}}'
CALLED = ".github/workflows/called.yml"
ACTION = ".github/actions/t/action.yml"


def action(run: str) -> str:
    return f"runs:\n  using: composite\n  steps:\n    - run: {run}\n      shell: bash\n"


TESTS: list[tuple[str, str, dict[str, str], str]] = [
    ("plain", one("pytest"), {}, "yes"),
    # Hidden failures.
    ("or-true", one("pytest || true"), {}, "no"),
    ("or-echo", one("pytest || echo failed"), {}, "no"),
    ("or-exit-0", one("pytest || exit 0"), {}, "no"),
    ("or-exit-1", one("pytest || exit 1"), {}, "yes"),
    ("or-exit-of-status", one("pytest || exit $?"), {}, "yes"),
    ("exit-0-after", one(step("run: |", "  pytest", "  exit 0")), {}, "yes"),
    ("set-plus-e-exit-0", one(step("run: |", "  set +e", "  pytest", "  exit 0")), {}, "no"),
    ("set-plus-e-last", one(step("run: |", "  set +e", "  pytest")), {}, "yes"),
    ("exit-0-before", one(step("run: |", "  exit 0", "  pytest")), {}, "no"),
    ("pipe-without-shell", one("pytest | tee log"), {}, "no"),
    ("pipe-with-bash", one(step("run: pytest | tee log", "shell: bash")), {}, "yes"),
    ("pipe-with-sh", one(step("run: pytest | tee log", "shell: sh")), {}, "no"),
    ("pipe-with-pipefail", one(step("run: |", "  set -o pipefail", "  pytest | tee log")), {}, "yes"),
    ("pipe-with-default-shell", one("pytest | tee log", top="defaults: {run: {shell: bash}}\n"), {}, "yes"),
    ("shell-without-e", one(step("run: |", "  pytest", "  echo x", "shell: bash {0}")), {}, "no"),
    ("background", one("pytest &"), {}, "no"),
    ("if-not", one("if ! pytest; then echo x; fi"), {}, "no"),
    ("substituted", one('echo "$(pytest)"'), {}, "no"),
    ("tolerated-step", one(step("run: pytest", "continue-on-error: true")), {}, "no"),
    ("tolerated-job", one("pytest", continue_on_error="true"), {}, "no"),
    ("not-tolerated", one(step("run: pytest", "continue-on-error: false")), {}, "yes"),
    (
        "tolerated-by-matrix",
        one("pytest", continue_on_error="${{ matrix.e }}", strategy="{matrix: {e: [true]}}"),
        {},
        "no",
    ),
    (
        "tolerated-in-one-of-the-matrix",
        one("pytest", continue_on_error="${{ matrix.e }}", strategy="{matrix: {e: [true, false]}}"),
        {},
        "yes",
    ),
    ("tolerated-by-variable", one("pytest", continue_on_error="${{ vars.X == 'y' }}"), {}, "unknown"),
    (
        "tolerated-and-raised",
        one(
            step("id: t", "run: pytest", "continue-on-error: true"),
            step("if: steps.t.outcome == 'failure'", "run: exit 1"),
        ),
        {},
        "yes",
    ),
    # Tests that are none.
    ("echo", one("echo pytest"), {}, "no"),
    ("name-only", one(step("name: pytest", "run: echo x")), {}, "no"),
    ("commented-out", one("echo x", "- run: echo y # pytest"), {}, "no"),
    ("commented-step", one("echo x") + "      # - run: pytest\n", {}, "no"),
    ("commented-in-script", one(step("run: |", "  # pytest", "  echo x")), {}, "no"),
    ("collect-only", one("pytest --collect-only"), {}, "no"),
    ("npm-test-is-echo", one("npm test"), {"package.json": PACKAGE % "echo no tests && exit 0"}, "no"),
    ("npm-test", one("npm test"), {"package.json": PACKAGE % "jest", "a.test.js": "test()"}, "yes"),
    ("npm-test-hides", one("npm test"), {"package.json": PACKAGE % "jest || true", "a.test.js": "test()"}, "no"),
    ("if-present-without", one("npm test --if-present"), {"package.json": '{"scripts": {}}'}, "no"),
    ("if-present-with", one("npm test --if-present"), {"package.json": PACKAGE % "jest", "a.test.js": "t"}, "yes"),
    # Steps that run at the same time.
    ("in-parallel", one("- parallel: [{run: pytest}, {run: ruff check}]"), {}, "yes"),
    ("in-parallel-hidden", one("- parallel: [{run: pytest || true}, {run: ruff check}]"), {}, "no"),
    ("in-parallel-tolerated", one("- parallel: [{run: pytest, continue-on-error: true}]"), {}, "no"),
    ("in-parallel-never", one("- {if: false, parallel: [{run: pytest}]}"), {}, "no"),
    (
        "in-parallel-on-main",
        one("- {if: github.ref == 'refs/heads/main', parallel: [{if: always(), run: pytest}]}"),
        {},
        "partial",
    ),
    ("awaited", one("- {id: t, run: pytest, background: true}", "- wait: t"), {}, "yes"),
    ("awaited-with-all", one("- {run: pytest, background: true}", "- wait-all:"), {}, "yes"),
    ("awaited-by-nobody", one("- {run: pytest, background: true}", "echo"), {}, "unknown"),
    ("cancelled", one("- {id: t, run: pytest, background: true}", "- cancel: t"), {}, "unknown"),
    ("beside-a-server", one("- {id: s, run: ./serve, background: true}", "pytest", "- cancel: s"), {}, "yes"),
    # Conditions.
    ("if-false-job", one("pytest", **{"if": "false"}), {}, "no"),
    ("if-false-step", one(step("if: false", "run: pytest")), {}, "no"),
    ("if-false-expression", one("pytest", **{"if": "${{ false }}"}), {}, "no"),
    ("if-false-as-text", one("pytest", **{"if": "\"${{ 'false' }}\""}), {}, "yes"),
    ("if-always", one("pytest", **{"if": "always()"}), {}, "yes"),
    ("if-failure", one(step("if: failure()", "run: pytest")), {}, "no"),
    ("if-main", one("pytest", **{"if": "github.ref == 'refs/heads/main'"}), {}, "partial"),
    ("needs-a-skipped-job", flow(a=job("echo", **{"if": "false"}), t=job("pytest", needs="a")), {}, "no"),
    (
        "needs-a-skipped-job-always",
        flow(a=job("echo", **{"if": "false"}), t=job("pytest", needs="a", **{"if": "always()"})),
        {},
        "yes",
    ),
    ("needs-nothing-there", one("pytest", needs="missing"), {}, "unknown"),
    # What the host refuses runs nothing, so it never proves a test.
    ("misspelt-steps", "on: push\njobs:\n  t:\n    runs-on: x\n    step:\n      - run: pytest\n", {}, "unknown"),
    ("misspelt-event", one("pytest", on="pull_requests"), {}, "unknown"),
    ("branches-twice", one("pytest", on="{push: {branches: [a], branches-ignore: [b]}}"), {}, "unknown"),
    ("id-twice", one("- {id: a, run: pytest}", "- {id: a, run: echo}"), {}, "unknown"),
    ("other-job-refused", flow(t=job("pytest"), d=job("echo", need="t")), {}, "unknown"),
    ("misspelt-jobs", "on: push\njob:\n  t:\n    runs-on: x\n    steps: [{run: pytest}]\n", {}, "no"),
    ("misspelt-needs", flow(a=job("exit 1"), t=job("pytest", need="a")), {}, "unknown"),
    ("misspelt-run", one("- runs: pytest"), {}, "unknown"),
    ("misspelt-condition", one(step("run: pytest", "when: never")), {}, "unknown"),
    ("no-runner", flow(a=job("echo"), t="    steps: [{run: pytest}]\n"), {}, "unknown"),
    ("run-and-uses", one(step("run: pytest", "uses: actions/checkout@v4")), {}, "unknown"),
    ("needs-in-a-circle", flow(a=job("pytest", needs="b"), b=job("echo", needs="a")), {}, "unknown"),
    ("key-twice", one("pytest") + "    runs-on: other\n", {}, "unknown"),
    ("no-on", "jobs:\n  t:\n    runs-on: x\n    steps: [{run: pytest}]\n", {}, "unknown"),
    ("flags-of-a-script-given-to-bash", one("bash t.sh"), {"t.sh": "#!/bin/bash -e\npytest\necho ok\n"}, "no"),
    ("flags-of-a-script-by-its-name", one("./t.sh"), {"t.sh": "#!/bin/bash -e\npytest\necho ok\n"}, "yes"),
    # What is checked out.
    ("checkout-of-another-branch", one(take("{ref: main}"), "pytest"), {}, "unknown"),
    ("checkout-of-the-base", one(take("{ref: '${{ github.base_ref }}'}"), "pytest", on="pull_request"), {}, "unknown"),
    (
        "checkout-of-the-base-commit",
        one(take("{ref: '${{ github.event.pull_request.base.sha }}'}"), "pytest", on="pull_request"),
        {},
        "unknown",
    ),
    ("checkout-of-the-head", one(take("{ref: '${{ github.head_ref || github.ref_name }}'}"), "pytest"), {}, "yes"),
    ("checkout-of-the-base-beside", one(take("{}"), take("{ref: main, path: base}"), "pytest"), {}, "yes"),
    ("checkout-of-another-branch-undone", one(take("{ref: main}"), take("{}"), "pytest"), {}, "yes"),
    (
        "checkout-of-another-branch-by-hand-only",
        one(take("{}"), take("{ref: main}", "github.event_name == 'workflow_dispatch'"), "pytest"),
        {},
        "yes",
    ),
    # Triggers.
    ("push-without-branches", one("pytest", on="push"), {}, "yes"),
    ("main-only", one("pytest", on="{push: {branches: [main]}}"), {}, "partial"),
    ("no-branches", one("pytest", on="{push: {branches: []}}"), {}, "no"),
    ("every-branch-left-out", one("pytest", on="{push: {branches-ignore: ['**']}}"), {}, "no"),
    ("without-synchronize", one("pytest", on="{pull_request: {types: [opened, reopened]}}"), {}, "partial"),
    ("closed-only", one("pytest", on="{pull_request: {types: [closed]}}"), {}, "no"),
    ("with-paths", one("pytest", on="{pull_request: {paths: ['docs/**']}}"), {}, "partial"),
    ("with-paths-of-everything", one("pytest", on="{pull_request: {paths: ['**']}}"), {}, "yes"),
    ("target", one("pytest", on="pull_request_target"), {}, "no"),
    ("merge-group-only", one("pytest", on="merge_group"), {}, "partial"),
    ("by-hand-only", one("pytest", on="workflow_dispatch"), {}, "no"),
    ("by-the-clock-only", one("pytest", on="{schedule: [{cron: '0 0 * * *'}]}"), {}, "no"),
    ("tags-only", one("pytest", on="{push: {tags: ['v*']}}"), {}, "no"),
    ("after-a-workflow", one("pytest", on="{workflow_run: {workflows: [x]}}"), {}, "no"),
    # Called workflows and actions.
    (
        "called",
        "on: pull_request\njobs:\n  c:\n    uses: ./.github/workflows/called.yml\n",
        {CALLED: one("pytest", on="workflow_call")},
        "yes",
    ),
    (
        "called-with-input",
        "on: pull_request\njobs:\n  c:\n    uses: ./.github/workflows/called.yml\n    with: {run: true}\n",
        {CALLED: one("pytest", on="{workflow_call: {inputs: {run: {type: boolean}}}}", **{"if": "inputs.run"})},
        "yes",
    ),
    (
        "called-with-default",
        "on: pull_request\njobs:\n  c:\n    uses: ./.github/workflows/called.yml\n",
        {CALLED: one("pytest", on="{workflow_call: {inputs: {run: {type: boolean}}}}", **{"if": "inputs.run"})},
        "no",
    ),
    ("called-by-nobody", one("echo"), {CALLED: one("pytest", on="workflow_call")}, "no"),
    ("called-elsewhere", "on: push\njobs:\n  c:\n    uses: a/b/.github/workflows/t.yml@v1\n", {}, "unknown"),
    ("composite", one("- uses: ./.github/actions/t"), {ACTION: action("pytest")}, "yes"),
    ("composite-hides", one("- uses: ./.github/actions/t"), {ACTION: action("pytest || true")}, "no"),
    ("composite-missing", one("- uses: ./.github/actions/t"), {}, "unknown"),
    # Matrices.
    ("matrix-command", one("${{ matrix.c }}", strategy="{matrix: {c: [pytest, 'ruff check']}}"), {}, "yes"),
    (
        "matrix-include",
        one("${{ matrix.c }}", strategy="{matrix: {include: [{c: pytest}]}}"),
        {},
        "yes",
    ),
    (
        "matrix-all-excluded",
        one("pytest", strategy="{matrix: {v: [1], exclude: [{v: 1}]}}"),
        {},
        "no",
    ),
    ("matrix-empty", one("pytest", strategy="{matrix: {v: []}}"), {}, "no"),
    # Folders.
    (
        "other-folder",
        one("npm test", top="defaults: {run: {working-directory: web}}\n"),
        {"web/package.json": PACKAGE % "jest", "web/a.test.js": "t"},
        "yes",
    ),
    (
        "folder-without-finds-the-one-above",
        one("npm test", top="defaults: {run: {working-directory: web}}\n"),
        {"package.json": PACKAGE % "jest", "a.test.js": "t", "web/x.py": "x"},
        "yes",
    ),
    # Anchors.
    (
        "anchor",
        "on: push\njobs:\n  a:\n    runs-on: x\n    steps: &s [{run: pytest}]\n  b:\n    runs-on: x\n    steps: *s\n",
        {},
        "yes",
    ),
    (
        "anchor-of-a-job",
        "on: push\njobs:\n  a: &j\n    runs-on: x\n    steps:\n      - run: pytest\n  b: *j\n",
        {},
        "yes",
    ),
    ("concurrency", one("pytest", top="concurrency: {group: x, cancel-in-progress: true}\n"), {}, "yes"),
]


@pytest.mark.parametrize(("text", "more", "expected"), [row[1:] for row in TESTS], ids=[row[0] for row in TESTS])
def test_what_tests_a_change(tmp_path: Path, text: str, more: dict[str, str], expected: str) -> None:
    assert answers(tmp_path, text, more)[0] == expected


TAG = "{push: {tags: ['v*']}}"
T = job("pytest")
GATES: list[tuple[str, str, dict[str, str], str]] = [
    ("beside", flow(t=T, d=job(DEPLOY)), {}, "no"),
    ("needs-tests", flow(t=T, d=job(DEPLOY, needs="t")), {}, "yes"),
    ("needs-build-only", flow(t=T, b=job("npm ci"), d=job(DEPLOY, needs="b")), {}, "no"),
    ("needs-through-build", flow(t=T, b=job("npm ci", needs="t"), d=job(DEPLOY, needs="b")), {}, "yes"),
    ("always", flow(t=T, d=job(DEPLOY, needs="t", **{"if": "always()"})), {}, "no"),
    ("not-cancelled", flow(t=T, d=job(DEPLOY, needs="t", **{"if": "'${{ !cancelled() }}'"})), {}, "no"),
    (
        "always-and-success",
        flow(t=T, d=job(DEPLOY, needs="t", **{"if": "always() && needs.t.result == 'success'"})),
        {},
        "yes",
    ),
    (
        "always-and-not-failure",
        flow(t=T, d=job(DEPLOY, needs="t", **{"if": "always() && needs.t.result != 'failure'"})),
        {},
        "yes",
    ),
    ("same-job-after", one("pytest", DEPLOY), {}, "yes"),
    ("same-job-before", one(DEPLOY, "pytest"), {}, "no"),
    ("same-script", one(step("run: |", "  pytest", f"  {DEPLOY}")), {}, "yes"),
    ("same-line", one(f"pytest && {DEPLOY}"), {}, "yes"),
    ("same-line-whatever", one(f"pytest; {DEPLOY}"), {}, "yes"),
    ("step-always", one("pytest", step("if: always()", f"run: {DEPLOY}")), {}, "no"),
    ("step-after-hidden", one("pytest || true", DEPLOY), {}, "no"),
    ("tolerated-tests", flow(t=job("pytest", continue_on_error="true"), d=job(DEPLOY, needs="t")), {}, "no"),
    (
        "skipped-tests",
        flow(t=job("pytest", **{"if": "github.event_name == 'pull_request'"}), d=job(DEPLOY, needs="t")),
        {},
        "yes",
    ),
    ("approval-only", flow(t=T, d=job(DEPLOY, environment="production")), {}, "no"),
    ("tag-without-tests", one(DEPLOY, on=TAG), {".github/workflows/t.yml": one("pytest")}, "no"),
    ("tag-with-tests", flow(TAG, t=T, d=job(DEPLOY, needs="t")), {}, "yes"),
    ("by-hand", one(DEPLOY, on="workflow_dispatch"), {}, "no"),
    ("release", flow("{release: {types: [published]}}", t=T, d=job(DEPLOY, needs="[t]")), {}, "yes"),
    ("main-beside", flow(t=T, d=job(DEPLOY, **{"if": "github.ref == 'refs/heads/main'"})), {}, "no"),
    ("main-after", flow(t=T, d=job(DEPLOY, needs="t", **{"if": "github.ref == 'refs/heads/main'"})), {}, "yes"),
    (
        "called-deploy",
        flow(t=T) + "  d:\n    needs: t\n    uses: ./.github/workflows/called.yml\n",
        {CALLED: one(DEPLOY, on="workflow_call")},
        "yes",
    ),
    (
        "called-deploy-beside",
        flow(t=T) + "  d:\n    uses: ./.github/workflows/called.yml\n",
        {CALLED: one(DEPLOY, on="workflow_call")},
        "no",
    ),
    (
        "called-tests",
        "on: push\njobs:\n  t:\n    uses: ./.github/workflows/called.yml\n  d:\n" + job(DEPLOY, needs="t"),
        {CALLED: one("pytest", on="workflow_call")},
        "yes",
    ),
    (
        "after-a-workflow-that-passed",
        one(
            DEPLOY,
            on="{workflow_run: {workflows: [CI], types: [completed]}}",
            **{"if": "github.event.workflow_run.conclusion == 'success'"},
        ),
        {".github/workflows/t.yml": "name: CI\n" + one("pytest")},
        "yes",
    ),
    (
        "after-a-workflow-whatever",
        one(DEPLOY, on="{workflow_run: {workflows: [CI], types: [completed]}}"),
        {".github/workflows/t.yml": "name: CI\n" + one("pytest")},
        "no",
    ),
    (
        "after-aggregator-of-nothing",
        flow(
            t=T,
            all=job("echo ok", needs="[t]", **{"if": "always()"}),
            d=job(DEPLOY, needs="all", **{"if": "'!cancelled()'"}),
        ),
        {},
        "no",
    ),
    (
        # Its own `success()` asks of every job ahead, not only of those it names.
        "after-aggregator-of-nothing-that-lets-failures-through",
        flow(t=T, all=job("echo ok", needs="[t]", **{"if": "always()"}), d=job(DEPLOY, needs="all")),
        {},
        "yes",
    ),
    ("in-parallel-beside", one(f"- parallel: [{{run: pytest}}, {{run: {DEPLOY}}}]"), {}, "no"),
    ("in-parallel-beside-turned", one(f"- parallel: [{{run: {DEPLOY}}}, {{run: pytest}}]"), {}, "no"),
    ("after-the-group", one("- parallel: [{run: pytest}, {run: ruff check}]", DEPLOY), {}, "yes"),
    ("group-after-tests", one("pytest", f"- parallel: [{{run: {DEPLOY}}}, {{run: echo}}]"), {}, "yes"),
    ("before-the-wait", one("- {id: t, run: pytest, background: true}", DEPLOY, "- wait: t"), {}, "no"),
    ("after-the-wait", one("- {id: t, run: pytest, background: true}", "- wait: t", DEPLOY), {}, "yes"),
    ("no-deploy", flow(t=T), {}, "na"),
    ("deploy-never", flow(t=T, d=job(DEPLOY, **{"if": "false"})), {}, "na"),
    ("dry-run", flow(t=T, d=job(f"{DEPLOY} --dry-run=client")), {}, "na"),
]


@pytest.mark.parametrize(("text", "more", "expected"), [row[1:] for row in GATES], ids=[row[0] for row in GATES])
def test_what_a_deploy_waits_for(tmp_path: Path, text: str, more: dict[str, str], expected: str) -> None:
    assert answers(tmp_path, text, more)[1] == expected


def test_actions_in_a_group_are_counted(tmp_path: Path) -> None:
    text = one("- parallel: [{uses: actions/setup-node@v4}, {uses: ./local}]", "- uses: actions/checkout@v4")
    found = read(tmp_path, {**CODE, ".github/workflows/ci.yml": text})
    assert [(use.name.partition("@")[0], use.where) for use in found.actions] == [
        ("actions/setup-node", "external"),
        ("./local", "local"),
        ("actions/checkout", "external"),
    ]
