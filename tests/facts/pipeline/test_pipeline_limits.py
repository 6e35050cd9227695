"""What no reader may do in silence: leave out what lies beyond a limit, or drop what is no command."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.pipeline.pipeline_reading import read
from tests.facts.pipeline.test_fuzz_pipeline import limited

from shipworthy.facts.pipeline import Pipeline
from shipworthy.facts.pipeline.inventory import tests_on_change as answer_of

CODE = {"src/app.py": "x = 1\n", "tests/test_app.py": "def test(): assert 1\n"}
FILES = {
    "github": ".github/workflows/ci.yml",
    "gitlab": ".gitlab-ci.yml",
    "circleci": ".circleci/config.yml",
    "travis": ".travis.yml",
    "azure": "azure-pipelines.yml",
    "cloudbuild": "cloudbuild.yaml",
    "bitbucket": "bitbucket-pipelines.yml",
    "drone": ".drone.yml",
    "woodpecker": ".woodpecker.yml",
    "buildkite": ".buildkite/pipeline.yml",
    "jenkins": "Jenkinsfile",
}


def pipeline(folder: Path, system: str, text: str) -> Pipeline:
    with limited():
        return read(folder, {**CODE, FILES[system]: text})


def nested(depth: int, leaf: str = "echo x", indent: str = "", name: str = ".x") -> str:
    """Lists of nine aliases each: nine to the power of `depth` values under the last anchor, `*a`."""
    rows = [f"{name}0: &a0 [{', '.join([leaf] * 9)}]"]
    rows += [f"{name}{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 9)}]" for at in range(1, depth)]
    rows += [f"{name}{depth}: &a [{', '.join([f'*a{depth - 1}'] * 9)}]"]
    return "".join(f"{indent}{row}\n" for row in rows)


# In a script: lists in lists by aliases, as a text that YAML reads as a mapping, and with a tag nobody knows.
IN_A_SCRIPT = {
    "gitlab": "{head}test:\n  script:\n    - pytest\n    - {row}\n",
    "circleci": "{head}version: 2.1\njobs:\n  build:\n    docker: [{{image: x}}]\n    steps:\n      - run: pytest\n"
    "      - run:\n          command: {row}\n",
    "travis": "{head}language: minimal\nscript:\n  - pytest\n  - {row}\n",
    "azure": "{head}trigger: ['*']\npool: {{vmImage: ubuntu-latest}}\nsteps:\n  - script: pytest\n  - script: {row}\n",
    "cloudbuild": "{head}steps:\n  - {{name: python, entrypoint: pytest}}\n"
    "  - name: python\n    script: {row}\n",
    "bitbucket": "{head}pipelines:\n  default:\n    - step:\n        script:\n          - pytest\n          - {row}\n",
    "drone": "{head}kind: pipeline\nname: x\nsteps:\n  - name: a\n    image: b\n    commands:\n      - pytest\n"
    "      - {row}\n",
    "woodpecker": "{head}when: [{{event: [push, pull_request]}}]\nsteps:\n  - name: a\n    image: b\n    commands:\n"
    "      - pytest\n      - {row}\n",
    "buildkite": "{head}steps:\n  - command:\n      - pytest\n      - {row}\n",
    "github": "{head}on: [push, pull_request]\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
    "      - run: pytest\n      - run: {row}\n",
}  # fmt: skip


@pytest.mark.parametrize("depth", [4, 8])
@pytest.mark.parametrize("system", IN_A_SCRIPT)
def test_lists_of_aliases_are_not_multiplied(tmp_path: Path, system: str, depth: int) -> None:
    found = pipeline(tmp_path, system, IN_A_SCRIPT[system].format(head=nested(depth), row="*a"))
    assert answer_of(found) == "unknown"


@pytest.mark.parametrize("system", sorted(set(IN_A_SCRIPT) - {"travis"}))
def test_a_command_that_yaml_takes_for_a_mapping(tmp_path: Path, system: str) -> None:
    """`- echo "a: b"`: every system but Travis refuses the whole file."""
    found = pipeline(tmp_path, system, IN_A_SCRIPT[system].format(head="", row='echo "a": b'))
    assert answer_of(found) == "unknown"


@pytest.mark.parametrize("system", IN_A_SCRIPT)
def test_a_command_with_a_tag_that_is_not_known(tmp_path: Path, system: str) -> None:
    found = pipeline(tmp_path, system, IN_A_SCRIPT[system].format(head="", row="!other npm test"))
    assert answer_of(found) == "unknown"
