"""ci-runs-tests: the pipeline really runs the tests, and they can fail it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests.facts.pipeline.pipeline_reading import workflow
from tests.support import NOW, check_files, make_repo, outcome_of

from shipworthy.assess.store import FactStore
from shipworthy.facts import Context
from shipworthy.facts.pipeline import Pipeline
from shipworthy.model import OutcomeKind
from shipworthy.project import Project

PASS, FAIL, UNKNOWN, NA = OutcomeKind.PASS, OutcomeKind.FAIL, OutcomeKind.UNKNOWN, OutcomeKind.NOT_APPLICABLE
CI = ".github/workflows/ci.yml"
CODE = {"app.py": "x = 1\n"}
CALLED = "on:\n  workflow_call:\n    inputs: {cmd: {type: string}}\njobs:\n"
CALLED += "  t:\n    runs-on: x\n    steps: [{run: '${{ inputs.cmd }}'}]\n"
CALLER = "on: pull_request\njobs:\n  call:\n    uses: ./.github/workflows/t.yml\n    with: {cmd: pytest}\n"
ACTION = "runs:\n  using: composite\n  steps:\n    - run: pytest\n      shell: bash\n"


def steps(*lines: str, on: str = "pull_request", job: str = "") -> str:
    rows = "".join(f"      - {line}\n" for line in lines)
    return f"on: {on}\njobs:\n  test:\n    runs-on: ubuntu-latest\n{job}    steps:\n{rows}"


@pytest.mark.parametrize(
    ("files", "kind", "summary"),
    [
        ({CI: steps("run: pytest")}, PASS, "ci.yml:6 pytest"),
        ({CI: workflow("make t"), "Makefile": "t:\n\tpytest\n"}, PASS, "ci.yml:8 pytest <- Makefile:2"),
        ({CI: CALLER, ".github/workflows/t.yml": CALLED}, PASS, "ci.yml:4 pytest <- t.yml:7"),
        (
            {CI: steps("uses: ./.github/actions/t"), ".github/actions/t/action.yml": ACTION},
            PASS,
            "ci.yml:6 pytest <- action.yml:4",
        ),
        ({CI: steps("{run: pytest, env: {A: b}}")}, PASS, "ci.yml:6 pytest"),
        (
            {
                CI: steps(
                    "{run: '${{ matrix.c }}'}", job="    strategy: {matrix: {include: [{c: ruff .}, {c: pytest}]}}\n"
                )
            },
            PASS,
            "ci.yml:7 pytest",
        ),
        ({CI: steps("{uses: nick-fields/retry@v3, with: {command: pytest}}")}, PASS, "ci.yml:6 pytest"),
        ({CI: steps("uses: cypress-io/github-action@v6")}, PASS, "ci.yml:6 cypress-io/github-action@v6"),
        ({CI: steps("{run: pytest | tee log, shell: bash}")}, PASS, "ci.yml:6 pytest"),
        ({CI: steps("run: pytest", job="    continue-on-error: ${{ matrix.maybe }}\n")}, PASS, "ci.yml:7 pytest"),
        ({CI: steps("run: pytest"), ".gitlab-ci.yml": "x: 1\n"}, PASS, "ci.yml:6 pytest"),
        ({CI: steps("run: pytest"), ".github/workflows/broken.yml": "a: [\n"}, PASS, "ci.yml:6 pytest"),
        ({CI: steps("run: ruff check", "run: mypy src")}, FAIL, "no test runner, only lint, types"),
        ({CI: steps("run: echo ok")}, FAIL, "no test runner in the pipeline"),
        ({}, FAIL, "no pipeline"),
        ({CI: steps("run: pytest || true")}, FAIL, "tests run, but cannot fail the pipeline"),
        ({CI: steps("run: pytest | tee log")}, FAIL, "tests run, but cannot fail the pipeline"),
        ({CI: steps("{run: pytest, continue-on-error: true}")}, FAIL, "tests run, but cannot fail the pipeline"),
        (
            {CI: steps("run: pytest", job="    continue-on-error: true\n")},
            FAIL,
            "tests run, but cannot fail the pipeline",
        ),
        ({CI: steps("{run: 'pytest; echo', shell: 'bash -l {0}'}")}, FAIL, "tests run, but cannot fail the pipeline"),
        ({CI: steps("{run: pytest, if: false}")}, FAIL, "tests run, but not on a proposed change"),
        ({CI: steps("run: pytest", on="schedule")}, FAIL, "tests run, but not on a proposed change"),
        ({CI: steps("run: npm test"), "package.json": "{}"}, FAIL, "no test runner in the pipeline"),
        (
            {CI: steps("run: pytest", job="    if: vars.GO\n")},
            UNKNOWN,
            "ci.yml:7 pytest, but not surely: the job runs only if vars.GO",
        ),
        (
            {CI: steps("run: pytest || maybe")},
            UNKNOWN,
            "ci.yml:6 pytest, but not surely: `|| maybe` may hide its failure",
        ),
        (
            {CI: steps("{run: pytest, continue-on-error: '${{ vars.X }}'}")},
            UNKNOWN,
            f"ci.yml:6 pytest, but not surely: `continue-on-error` at {CI}:6 depends on something not known here",
        ),
        ({CI: steps("run: $TEST_COMMAND")}, UNKNOWN, "not followed: `…`: which program runs is not known"),
        ({CI: "on: push\njobs: {a: {uses: o/r/.github/workflows/t.yml@v1}}\n"}, UNKNOWN, None),
        ({CI: steps("uses: someone/run-tests@v1")}, UNKNOWN, None),
        ({CI: steps("uses: ./.github/actions/none")}, UNKNOWN, None),
        ({CI: steps("run: earthly +test")}, UNKNOWN, None),
        ({CI: "a: [\n"}, UNKNOWN, "a pipeline file could not be understood"),
        ({"appveyor.yml": "test_script: [pytest]\n"}, UNKNOWN, "AppVeyor is not read yet"),
        ({CI: steps("run: pytest || true"), ".cirrus.yml": "x: 1\n"}, UNKNOWN, "Cirrus CI is not read yet"),
        ({CI: CALLER.replace("t.yml", "ci.yml")}, FAIL, None),
        (
            {CI: steps("{uses: actions/checkout@v4, with: {repository: other/one}}", "run: pytest")},
            UNKNOWN,
            "ci.yml:7 pytest, but not surely: the job works on another repository (other/one)",
        ),
        ({CI: steps("{run: pytest, shell: python}")}, UNKNOWN, None),
        (
            {CI: steps("run: pytest").replace("ubuntu", "windows") + "      - run: if ($x) { pytest }\n"},
            PASS,
            "ci.yml:6 pytest",
        ),
        (
            {CI: steps("run: |\n          pytest\n          dir").replace("ubuntu", "windows")},
            FAIL,
            "tests run, but cannot fail the pipeline",
        ),
    ],
)
def test_outcomes(tmp_path: Path, files: dict[str, str], kind: OutcomeKind, summary: str | None) -> None:
    found = check_files("ci-runs-tests", tmp_path / "repo", {**CODE, **files})
    assert found.kind is kind, (found.summary, [each.message for each in found.findings])
    if summary is not None:
        assert found.summary == summary


def test_no_code_is_not_applicable(tmp_path: Path) -> None:
    assert check_files("ci-runs-tests", tmp_path / "repo", {"notes.md": "x\n"}).kind is NA


def test_a_masked_test_names_what_masks_it(tmp_path: Path) -> None:
    text = steps("{run: npm test}")
    files = {**CODE, CI: text, "package.json": '{"scripts": {\n"test": "jest || true"}}'}
    (finding,) = check_files("ci-runs-tests", tmp_path / "repo", files).findings
    assert finding.message == "`jest` runs, but its failure cannot fail the pipeline: `|| true` hides its failure."
    assert (str(finding.location), [str(each) for each in finding.related]) == (f"{CI}:6", ["package.json:2"])


def test_a_name_decides_nothing(tmp_path: Path) -> None:
    text = "name: Test\n" + steps("{name: Run pytest, run: npm run test}")
    files = {**CODE, CI: text, "package.json": '{"scripts": {"test": "eslint . && echo vitest"}}'}
    found = check_files("ci-runs-tests", tmp_path / "repo", files)
    assert (found.kind, found.summary) == (FAIL, "no test runner, only lint")


def test_findings_keep_their_fingerprint_when_lines_move(tmp_path: Path) -> None:
    text = steps("run: pytest || true")
    one = check_files("ci-runs-tests", tmp_path / "one", {**CODE, CI: text})
    two = check_files("ci-runs-tests", tmp_path / "two", {**CODE, CI: "# a comment\n" + text})
    assert one.findings[0].location.line != two.findings[0].location.line
    assert one.findings[0].fingerprint == two.findings[0].fingerprint


def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes().rstrip()[:-3])


DAMAGE: dict[str, Callable[[Path], object]] = {
    "removed": Path.unlink,
    "emptied": lambda path: path.write_bytes(b""),
    "cut off": _cut,
    "a pipe": _fifo,
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "not text": lambda path: path.write_bytes(b"\0\1\2" * 4000),
}
PROOFS: dict[str, Mapping[str, str]] = {
    "make and a script": {
        CI: workflow("make test"),
        "Makefile": "include mk/rules.mk\n",
        "mk/rules.mk": "test:\n\t./scripts/run.sh unit\n",
        "scripts/run.sh": "#!/bin/sh -e\nnpm run $1\n",
        "package.json": '{"scripts": {"unit": "vitest run"}}\n',
    },
    "called workflow and action": {
        CI: "on: pull_request\njobs:\n  call:\n    uses: ./.github/workflows/t.yml\n",
        ".github/workflows/t.yml": "on: workflow_call\njobs:\n  t:\n    runs-on: x\n"
        "    steps: [{uses: ./.github/actions/a}]\n",
        ".github/actions/a/action.yml": ACTION.replace("pytest", "tox -e unit"),
        "tox.ini": "[testenv:unit]\ncommands = pytest tests\n",
    },
    "workspace": {
        CI: workflow("npx turbo run test"),
        "package.json": '{"workspaces": ["p/*"]}\n',
        "turbo.json": '{"tasks": {"test": {}}}\n',
        "p/a/package.json": '{"name": "a", "scripts": {"test": "jest"}}\n',
    },
    "nox": {CI: workflow("nox -s t"), "noxfile.py": "import nox\n@nox.session\ndef t(s):\n    s.run('pytest')\n"},
}


@pytest.mark.parametrize("name", PROOFS)
def test_damage_to_a_file_of_the_proof_is_never_green(tmp_path: Path, name: str) -> None:
    whole = make_repo(tmp_path / "whole", {**CODE, **PROOFS[name]})
    assert outcome_of("ci-runs-tests", whole).kind is PASS
    found = FactStore(Project.open(whole), Context(now=NOW, home=tmp_path), [Pipeline]).get(Pipeline)
    assert isinstance(found, Pipeline)
    assert set(found.read) == set(PROOFS[name])
    green = []
    for path in found.read:
        for how, damage in DAMAGE.items():
            copy = tmp_path / "copy"
            shutil.copytree(whole, copy, symlinks=True)
            damage(copy / path)
            if outcome_of("ci-runs-tests", copy).kind in (PASS, NA):
                green.append((path, how))
            shutil.rmtree(copy)
    assert green == []


BOMB = "".join(f"b{n}: &b{n} [*{f'b{n - 1}' if n else 'a'}, *a]\n" for n in range(600))
ROW = "1," * 3_000
HOSTILE = {
    "alias bomb": f"on: pull_request\na: &a [x, x]\n{BOMB}jobs: {{}}\n",
    "deep nesting": "on: pull_request\njobs: " + "[" * 5_000,
    "many comments": "on: pull_request\njobs:\n  a:\n    runs-on: x\n    steps: [{run: echo}]\n"
    + "# pytest\n" * 20_000,
    "too large": "on: pull_request\n" + "#" * 1_100_000,
    "control characters": 'on: pull_request\njobs:\n  "\\e[31ma":\n    runs-on: x\n'
    '    steps: [{run: "echo \\u202e\\e[2J"}]\n',
    "wrong triggers": "on: {pull_request: [1], push: 3}\njobs: {a: [], b: {steps: {}}, c: {needs: {}, steps: [1]}}\n",
    "wrong steps": "on: push\n"
    "jobs: {a: {runs-on: x, steps: [{run: 2}, {uses: 3}, {run: x, with: 1, env: 2, if: []}]}}\n",
    "jobs is a list": "on: pull_request\njobs: [a, b]\n",
    "wrong job": "on: push\njobs: {a: {strategy: x, env: y, defaults: z, runs-on: {a: b}, steps: [{run: x}]}}\n",
    "quotes in a condition": 'on: push\njobs: {a: {runs-on: x, if: "' + "'" * 3_000 + '", steps: [{run: x}]}}\n',
    "huge matrix": f"on: push\njobs:\n  a: {{strategy: {{matrix: {{a: [{ROW}], b: [{ROW}]}}}}, steps: [{{run: x}}]}}\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_workflows_are_not_green(tmp_path: Path, name: str) -> None:
    found = check_files("ci-runs-tests", tmp_path / "repo", {**CODE, CI: HOSTILE[name]})
    assert found.kind in (FAIL, UNKNOWN)
    assert not any("bug" in each.rule for each in found.findings), found.summary


def test_circles_end(tmp_path: Path) -> None:
    files = {
        **CODE,
        CI: (
            "on: push\njobs:\n  a: {uses: ./.github/workflows/b.yml}\n"
            "  c: {runs-on: x, steps: [{uses: ./.github/actions/x}, {run: make a}]}\n"
        ),
        ".github/workflows/b.yml": "on: workflow_call\njobs: {a: {uses: ./.github/workflows/ci.yml}}\n",
        ".github/actions/x/action.yml": "runs: {using: composite, steps: [{uses: ./.github/actions/x}]}\n",
        "Makefile": "a: b\n\tmake b\nb: a\n\tnpm run x\n",
        "package.json": '{"scripts": {"x": "make a && npm run y", "y": "npm run x; npm run x"}}',
    }
    assert check_files("ci-runs-tests", tmp_path / "repo", files).kind in (FAIL, UNKNOWN)
