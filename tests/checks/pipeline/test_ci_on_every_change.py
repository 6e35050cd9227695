"""ci-on-every-change: a pipeline starts on every proposed change."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support import check_files, git, make_repo, outcome_of

from shipworthy.model import OutcomeKind

PASS, FAIL, UNKNOWN, NA = OutcomeKind.PASS, OutcomeKind.FAIL, OutcomeKind.UNKNOWN, OutcomeKind.NOT_APPLICABLE
CODE = {"app.py": "x = 1\n"}
CI = ".github/workflows/ci.yml"
JOB = "jobs:\n  build:\n    runs-on: ubuntu-latest\n    steps: [{run: make}]\n"


@pytest.mark.parametrize(
    ("files", "kind", "summary"),
    [
        ({CI: f"on: [push, pull_request]\n{JOB}"}, PASS, "ci.yml:3 job build"),
        ({CI: f"on: pull_request\n{JOB}", ".gitlab-ci.yml": "x: {script: y}\n"}, PASS, "ci.yml:3 job build"),
        (
            {CI: f"on: {{push: {{branches: [main]}}}}\n{JOB}"},
            FAIL,
            "ci.yml:1 starts only after a change has landed on main",
        ),
        ({CI: f"on: workflow_dispatch\n{JOB}"}, FAIL, "ci.yml:1 starts only by hand"),
        (
            {CI: "on: pull_request\njobs:\n  a: {runs-on: x, if: false, steps: [{run: x}]}\n"},
            FAIL,
            "ci.yml:3 the job has `if: False`",
        ),
        ({CI + ".disabled": f"on: push\n{JOB}"}, FAIL, "no pipeline"),
        ({".github/workflows/old/ci.yml": f"on: push\n{JOB}"}, FAIL, "no pipeline"),
        ({}, FAIL, "no pipeline"),
        (
            {CI: f"on: {{pull_request: {{paths: [docs/**]}}}}\n{JOB}"},
            UNKNOWN,
            "no job surely starts on every change: ci.yml:3 job build, a `paths` filter leaves out changes to app.py",
        ),
        (
            {CI: "on: pull_request\njobs: {a: {runs-on: x, if: vars.X, steps: [{run: a}]}}\n"},
            UNKNOWN,
            "no job surely starts on every change: ci.yml:2 job a, the job runs only if vars.X",
        ),
        ({CI: "on: [push\n"}, UNKNOWN, "no job surely starts on every change"),
        ({CI: "just text\n"}, UNKNOWN, "no job surely starts on every change"),
        ({"appveyor.yml": "build: off\n"}, UNKNOWN, "AppVeyor is not read yet"),
        ({".cirrus.yml": "task: {}\n"}, UNKNOWN, "Cirrus CI is not read yet"),
        ({"app/buildspec.yml": "version: 0.2\n"}, UNKNOWN, "AWS CodeBuild is not read yet"),
        ({"node_modules/x/.travis.yml": "language: python\n"}, FAIL, "no pipeline"),
    ],
)
def test_outcomes(tmp_path: Path, files: dict[str, str], kind: OutcomeKind, summary: str) -> None:
    found = check_files("ci-on-every-change", tmp_path / "repo", {**CODE, **files})
    assert (found.kind, found.summary) == (kind, summary)


def test_the_job_that_tests_is_the_evidence(tmp_path: Path) -> None:
    files = {
        ".github/workflows/a.yml": "on: pull_request\njobs:\n  label: {runs-on: x, steps: [{run: ./label.sh}]}\n",
        ".github/workflows/b.yml": "on: pull_request\njobs:\n  lint: {runs-on: x, steps: [{run: ruff check .}]}\n",
        ".github/workflows/c.yml": "on: pull_request\njobs:\n  test: {runs-on: x, steps: [{run: ruff .; pytest}]}\n",
    }
    found = check_files("ci-on-every-change", tmp_path / "repo", {**CODE, **files})
    assert (found.kind, found.summary) == (PASS, "c.yml:3 job test")
    assert [each.rpartition(" ")[2] for each in found.looked_at] == ["test", "lint", "label"]


def test_no_code_is_not_applicable(tmp_path: Path) -> None:
    found = check_files("ci-on-every-change", tmp_path / "repo", {"README.md": "# Notes\n"})
    assert found.kind is NA
    assert found.looked_at == ("1 file listed, none of them code, no pipeline configuration",)


def test_a_failure_says_why_and_where(tmp_path: Path) -> None:
    found = check_files("ci-on-every-change", tmp_path / "repo", {**CODE, CI: f"name: Nightly\non: schedule\n{JOB}"})
    assert [(str(each.location), each.message) for each in found.findings] == [
        (f"{CI}:2", "Workflow Nightly does not start on a proposed change: starts only by the clock.")
    ]


def test_a_disabled_file_is_named(tmp_path: Path) -> None:
    found = check_files("ci-on-every-change", tmp_path / "repo", {**CODE, CI + ".txt": "on: push\n"})
    assert found.findings[0].message == (
        "This file looks like a workflow and lies under a name that is not read, so GitHub does not run it."
    )


@pytest.mark.parametrize(("branch", "kind"), [("main", PASS), ("master", UNKNOWN), ("feature/x", PASS)])
def test_a_filter_for_another_default_branch(tmp_path: Path, branch: str, kind: OutcomeKind) -> None:
    folder = make_repo(tmp_path / "repo", {**CODE, CI: f"on: {{pull_request: {{branches: [main]}}}}\n{JOB}"})
    git(folder, "branch", "-m", branch)
    assert outcome_of("ci-on-every-change", folder).kind is kind
