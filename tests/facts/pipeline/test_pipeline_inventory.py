"""The inventory of the pipeline, and whether deploys wait for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.facts.pipeline.pipeline_reading import read
from tests.support import NOW

from shipworthy.facts import Context, Facts, View
from shipworthy.facts.pipeline.inventory import inventory
from shipworthy.facts.scan import Scan
from shipworthy.facts.update_bots import UpdateBotsReader
from shipworthy.project import Project

CI = ".github/workflows/ci.yml"
SHA = "a" * 40


def table(folder: Path, files: dict[str, str]) -> dict[str, Any]:
    found = read(folder, files)
    project = Project.open(folder)
    bots = UpdateBotsReader().read(View(project, Context(now=NOW, home=folder), Scan(project, ())), Facts({}))
    return inventory(found, bots)


def test_the_whole_table(tmp_path: Path) -> None:
    text = f"""\
on: [push, pull_request]
permissions: {{contents: read}}
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@{SHA}
      - uses: actions/setup-python@v5
      - uses: ./.github/actions/local
      - run: ruff check && mypy src
      - run: make test
      - run: pip-audit
"""
    files = {CI: text, "Makefile": "test:\n\tpytest\n", ".github/CODEOWNERS": "* @a\n", "renovate.json": "{}"}
    files[".github/actions/local/action.yml"] = "runs: {using: composite, steps: [{uses: a/setup-b@v1}]}\n"
    assert table(tmp_path, files) == {
        "ci_systems": ["github"],
        "tests_on_change": "yes",
        "test_evidence": [[CI, 11], ["Makefile", 2]],
        "deploy": "no",
        "deploy_gated": "na",
        "deploy_evidence": [],
        "actions": {"external_total": 3, "sha_pinned": 1},
        "top_level_permissions": {"ci.yml": "restricted"},
        "lint": True,
        "typecheck": True,
        "security_scan_in_ci": True,
        "update_bot": ["renovate"],
        "codeowners": [".github/CODEOWNERS"],
    }


def test_other_systems_are_unknown(tmp_path: Path) -> None:
    found = table(tmp_path, {".semaphore/semaphore.yml": "version: v1.0\n"})
    assert (found["ci_systems"], found["tests_on_change"], found["deploy"], found["deploy_gated"]) == (
        ["semaphore"],
        "unknown",
        "unknown",
        "unknown",
    )
    assert found["actions"] is None


RUNS = "runs-on: x, steps: [{run: a}]"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("permissions: write-all\njobs: {a: {runs-on: x, steps: [{run: a}]}}\n", "write"),
        ("permissions: {contents: read, packages: write}\njobs: {a: {runs-on: x, steps: [{run: a}]}}\n", "write"),
        ("permissions: {}\njobs: {a: {runs-on: x, steps: [{run: a}]}}\n", "restricted"),
        ("permissions: read-all\njobs: {a: {runs-on: x, steps: [{run: a}]}}\n", "restricted"),
        (
            f"jobs: {{a: {{permissions: {{}}, {RUNS}}}, b: {{permissions: write-all, {RUNS}}}}}\n",
            "all-jobs-set",
        ),
        ("jobs: {a: {runs-on: x, steps: [{run: a}], permissions: {}}, b: {runs-on: x, steps: [{run: a}]}}\n", "absent"),
    ],
)
def test_permissions(tmp_path: Path, text: str, answer: str) -> None:
    assert table(tmp_path, {CI: "on: push\n" + text})["top_level_permissions"] == {"ci.yml": answer}


TEST = "  test:\n    runs-on: x\n    steps: [{run: pytest}]\n"
MASKED = "  test:\n    continue-on-error: true\n    runs-on: x\n    steps: [{run: pytest}]\n"
PUSH = "on: push\njobs:\n"


def deploy(*keys: str) -> str:
    return (
        "  deploy:\n" + "".join(f"    {key}\n" for key in keys) + "    runs-on: x\n    steps: [{run: flyctl deploy}]\n"
    )


@pytest.mark.parametrize(
    ("text", "gated"),
    [
        (PUSH + TEST + deploy("needs: test"), "yes"),
        (
            PUSH + TEST + "  build: {needs: [test], runs-on: x, steps: [{run: tar c .}]}\n" + deploy("needs: build"),
            "yes",
        ),
        (PUSH + "  deploy:\n    runs-on: x\n    steps: [{run: pytest}, {run: flyctl deploy}]\n", "yes"),
        (PUSH + "  deploy:\n    runs-on: x\n    steps: [{run: flyctl deploy}, {run: pytest}]\n", "no"),
        (PUSH + "  deploy:\n    runs-on: x\n    steps: [{run: pytest || true}, {run: flyctl deploy}]\n", "no"),
        (PUSH + TEST + deploy(), "no"),
        (PUSH + MASKED + deploy("needs: test"), "no"),
        (PUSH + TEST + deploy("needs: test", "if: always()"), "no"),
        (PUSH + TEST + deploy("needs: test", "if: always() && needs.test.result == 'success'"), "yes"),
        (PUSH + TEST.replace("steps", "if: github.ref == 'refs/heads/x'\n    steps") + deploy("needs: test"), "na"),
        (PUSH.replace("push", "{push: {branches: [main]}}") + TEST + deploy("needs: test", "if: true"), "yes"),
        ("on: {push: {tags: ['v*']}}\njobs:\n" + deploy(), "no"),
        (
            PUSH + TEST + deploy("needs: test") + "  other:\n    runs-on: x\n    steps: [{run: npm publish}]\n",
            "partial",
        ),
    ],
)
def test_whether_a_deploy_waits_for_tests(tmp_path: Path, text: str, gated: str) -> None:
    assert table(tmp_path, {CI: text})["deploy_gated"] == gated


def test_a_deploy_after_the_success_of_the_test_workflow(tmp_path: Path) -> None:
    after = "on: {workflow_run: {workflows: [CI], types: [completed]}}\njobs:\n"
    start = {CI: "name: CI\n" + PUSH + TEST}
    asked = after + deploy("if: github.event.workflow_run.conclusion == 'success'")
    assert table(tmp_path / "asked", {**start, ".github/workflows/d.yml": asked})["deploy_gated"] == "yes"
    assert table(tmp_path / "not", {**start, ".github/workflows/d.yml": after + deploy()})["deploy_gated"] == "no"


def test_tests_after_landing_are_partial(tmp_path: Path) -> None:
    assert table(tmp_path, {CI: "on: {push: {branches: [main]}}\njobs:\n" + TEST})["tests_on_change"] == "partial"
