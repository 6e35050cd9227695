"""What Cloud Build really does with a file: order of steps, images, shells, substitutions, what is pushed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.facts.pipeline.pipeline_reading import read

from shipworthy.facts.pipeline import Answer, Kind, Pipeline
from shipworthy.facts.pipeline.gate import gates, overall
from shipworthy.facts.pipeline.inventory import tests_on_change as answer_of

CODE = {
    "src/app.py": "x = 1\n",
    "tests/test_app.py": "def test(): assert 1\n",
    "package.json": '{"scripts": {"test": "jest"}}',
    "main_test.go": "package main\n",
    "test.sh": "pytest\n",
    "web/package.json": '{"scripts": {"test": "vitest run"}}',
}
NPM_TEST = "{name: gcr.io/cloud-builders/npm, args: [test], id: unit}"
DEPLOY = "{name: gcr.io/cloud-builders/gcloud, args: [run, deploy, shop, --image, x]}"


def build(*steps: str, more: str = "") -> str:
    return "steps:\n" + "".join(f"- {each}\n" for each in steps) + more


def pipeline_of(folder: Path, text: str, name: str = "cloudbuild.yaml") -> Pipeline:
    return read(folder, {**CODE, name: text})


STEPS = [
    ("the npm builder", NPM_TEST, "yes"),
    ("npm as entry point", "{name: 'node:20', entrypoint: npm, args: [test]}", "yes"),
    ("a command for an image", "{name: 'node:20', args: [npm, test]}", "yes"),
    ("python module", "{name: 'python:3.12', entrypoint: python, args: [-m, pytest]}", "yes"),
    ("the go builder", "{name: gcr.io/cloud-builders/go, args: [test, ./...]}", "yes"),
    ("golang", "{name: golang, args: [go, test, ./...]}", "yes"),
    ("go vet alone", "{name: golang, args: [go, vet, ./...]}", "no"),
    ("bash -c", "{name: 'python:3.12', entrypoint: bash, args: [-c, 'pip install . && pytest']}", "yes"),
    ("bash -c, last line decides", '{name: python, entrypoint: bash, args: ["-c", "pytest\\necho done"]}', "no"),
    ("bash -ec", '{name: python, entrypoint: bash, args: ["-ec", "pytest\\necho done"]}', "yes"),
    ("bash -e -c", '{name: python, entrypoint: bash, args: [-e, -c, "pytest\\necho done"]}', "yes"),
    ("a pipe", "{name: python, entrypoint: bash, args: [-c, 'pytest | tee log']}", "no"),
    ("a pipe with pipefail", "{name: python, entrypoint: bash, args: [-eo, pipefail, -c, 'pytest | tee log']}", "yes"),
    ("or true", "{name: python, entrypoint: bash, args: [-c, 'pytest || true']}", "no"),
    ("a script file", "{name: python, entrypoint: bash, args: [test.sh]}", "yes"),
    ("a script file elsewhere", "{name: python, entrypoint: bash, args: [run-tests.sh]}", "unknown"),
    ("script runs with -e", '{name: python, script: "pytest\\necho done"}', "yes"),
    ("script with its own first line", '{name: python, script: "#!/bin/bash\\npytest\\necho done"}', "no"),
    ("script in Python", '{name: python, script: "#!/usr/bin/env python\\nimport pytest"}', "unknown"),
    ("allowFailure", "{name: gcr.io/cloud-builders/npm, args: [test], allowFailure: true}", "no"),
    ("allowExitCodes", "{name: gcr.io/cloud-builders/npm, args: [test], allowExitCodes: [1]}", "no"),
    ("a folder", "{name: node, entrypoint: npm, args: [test], dir: web}", "yes"),
    ("only named so", "{name: node, entrypoint: npm, args: [ci], id: run-tests}", "no"),
    ("two dollars are one", "{name: python, entrypoint: bash, args: [-c, 'T=pytest; $$T -q']}", "yes"),
    ("a substitution", "{name: python, entrypoint: bash, args: [-c, '${_RUNNER} -q']}", "yes"),
    (
        "only on one branch",
        "{name: python, entrypoint: bash, args: [-c, '[ \"$BRANCH_NAME\" = main ] && pytest']}",
        "unknown",
    ),
    ("a shell's own image", "{name: bash, args: [-c, pytest]}", "yes"),
    ("a shell among the arguments", "{name: ubuntu, args: [bash, -c, 'cd web && npm test']}", "yes"),
    ("an image that tests by itself", "{name: cypress/included}", "unknown"),
    ("docker run", "{name: gcr.io/cloud-builders/docker, args: [run, shop, pytest]}", "yes"),
    ("an image that is only built", "{name: gcr.io/cloud-builders/docker, args: [build, -t, test, .]}", "no"),
]


@pytest.mark.parametrize(("step", "answer"), [row[1:] for row in STEPS], ids=[row[0] for row in STEPS])
def test_steps(tmp_path: Path, step: str, answer: str) -> None:
    pipeline = pipeline_of(tmp_path, build(step, more="substitutions: {_RUNNER: pytest}\n"))
    assert answer_of(pipeline) == answer
    assert pipeline.workflows[0].scenarios[0].outside


GATES = [
    ("one after the other", build(NPM_TEST, DEPLOY), "yes"),
    ("the other way round", build(DEPLOY, NPM_TEST), "no"),
    ("starts at once", build(NPM_TEST, DEPLOY.replace("}", ", waitFor: ['-']}")), "no"),
    ("waits for the tests", build(NPM_TEST, "{name: x, id: b}", DEPLOY.replace("}", ", waitFor: [unit]}")), "yes"),
    ("waits for something else", build("{name: x, id: b}", NPM_TEST, DEPLOY.replace("}", ", waitFor: [b]}")), "no"),
    (
        "waits for what waits for the tests",
        build(NPM_TEST, "{name: x, id: b, waitFor: [unit]}", DEPLOY.replace("}", ", waitFor: [b]}")),
        "yes",
    ),
    ("tests that may fail", build(NPM_TEST.replace("}", ", allowFailure: true}"), DEPLOY), "no"),
    ("images are pushed at the end", build(NPM_TEST, more="images: [gcr.io/p/shop]\n"), "yes"),
    ("images without tests", build("{name: docker, args: [build, .]}", more="images: [gcr.io/p/shop]\n"), "no"),
    ("packages", build(NPM_TEST, more="artifacts: {npmPackages: [{repository: r, packagePath: .}]}\n"), "yes"),
    ("objects kept", build(NPM_TEST, more="artifacts: {objects: {location: 'gs://b', paths: [out]}}\n"), "na"),
    ("kaniko pushes", build("{name: gcr.io/kaniko-project/executor, args: [--destination=x]}"), "no"),
    ("kaniko without a push", build("{name: gcr.io/kaniko-project/executor, args: [--no-push]}"), "na"),
    ("in one script", build("{name: x, entrypoint: bash, args: [-ec, 'pytest\n\n    kubectl apply -f k8s']}"), "yes"),
    ("gcloud as entry point", build("{name: x, entrypoint: gcloud, args: [app, deploy]}"), "no"),
    ("gcloud from a full image", build("{name: google/cloud-sdk, args: [gcloud, functions, deploy, f]}"), "no"),
    ("kubectl builder", build("{name: gcr.io/cloud-builders/kubectl, args: [set, image, deployment/x, x=y]}"), "no"),
]


@pytest.mark.parametrize(("text", "answer"), [row[1:] for row in GATES], ids=[row[0] for row in GATES])
def test_gates(tmp_path: Path, text: str, answer: str) -> None:
    assert overall(gates(pipeline_of(tmp_path, text))) == answer


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("gcloud builds submit . --config=cloudbuild.yaml --substitutions=A=b", "unknown"),
        ("gcloud builds submit --config ./cloudbuild.yaml", "unknown"),
        ("gcloud builds submit", "unknown"),
        ("gcloud builds submit --config=other/cloudbuild.yaml", "partial"),
        ("gcloud run deploy x", "partial"),
    ],
)
def test_a_build_that_another_pipeline_starts_after_its_tests(tmp_path: Path, command: str, answer: str) -> None:
    build_file = build("{name: gcr.io/cloud-builders/docker, args: [push, x]}")
    top = "on: {push: {branches: [main]}}\njobs:\n  t:\n    runs-on: x\n"
    flow = f"{top}    steps: [{{run: pytest}}, {{run: {command}}}]\n"
    found = read(tmp_path, {"cloudbuild.yaml": build_file, ".github/workflows/ci.yml": flow})
    assert overall(gates(found)) == answer


def test_json_and_its_lines(tmp_path: Path) -> None:
    text = json.dumps({"steps": [{"name": "node", "entrypoint": "npm", "args": ["test"]}]}, indent=1)
    leaf = pipeline_of(tmp_path, text, "cloudbuild.json").of(Kind.TEST)[0]
    assert (leaf.path, leaf.line) == ("cloudbuild.json", 6)


def test_lines_of_a_script(tmp_path: Path) -> None:
    text = "steps:\n- name: python\n  entrypoint: bash\n  args:\n  - -c\n  - |\n    pip install .\n    pytest\n"
    assert pipeline_of(tmp_path, text).of(Kind.TEST)[0].line == 8


@pytest.mark.parametrize("text", ["steps: [\n", "steps: 5\n", "- a\n", "images: [x]\n"])
def test_what_is_no_build_is_not_known(tmp_path: Path, text: str) -> None:
    assert answer_of(pipeline_of(tmp_path, text)) == "unknown"


@pytest.mark.parametrize(
    ("name", "found"),
    [("deploy/cloudbuild-live.yml", True), ("cloud-build.yaml", True), ("cloudbuild-trigger.yaml", False)],
)
def test_which_files_are_builds(tmp_path: Path, name: str, found: bool) -> None:
    text = build(NPM_TEST) if found else "name: push\nfilename: cloudbuild.yaml\n"
    pipeline = pipeline_of(tmp_path, text, name)
    assert [each.path for each in pipeline.systems] == ([name] if found else [])
    assert not found or pipeline.workflows[0].on_change.answer is Answer.UNKNOWN
