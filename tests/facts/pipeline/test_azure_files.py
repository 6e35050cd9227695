"""Which files are Azure pipelines of their own, where the code lies, and files that are broken or hostile."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.pipeline.pipeline_reading import read

from shipworthy.facts.pipeline import Pipeline
from shipworthy.facts.pipeline.inventory import tests_on_change as answer_of

CODE = {"src/app.py": "x = 1\n", "tests/test_app.py": "def test(): assert 1\n"}


def pipeline_of(folder: Path, text: str) -> Pipeline:
    return read(folder, {**CODE, "azure-pipelines.yml": text})


POOL = "pool: {vmImage: ubuntu-latest}\nsteps:\n- script: pytest\n"
FILES = [
    ("any name with a trigger", "build.yml", "trigger: [main]\n" + POOL, True),
    ("without a trigger", "ci/check.yml", POOL, True),
    ("deep", "eng/pipelines/pr.yml", "trigger: none\n" + POOL, True),
    ("a template by its folder", ".azure/templates/t.yml", "steps:\n- script: pytest\n", False),
    ("a template by its parameters", "azure/build.yml", "parameters: {a: 1}\nsteps:\n- script: pytest\n", False),
    ("a GitHub workflow", ".github/workflows/x.yml", "on: push\njobs: {a: {steps: [{run: pytest}]}}\n", False),
    ("a GitLab include", "ci/build.yml", "stages: [a, b]\nunit:\n  stage: a\n  script: pytest\n", False),
    ("a Compose file", "compose.yml", "services: {a: {image: x}}\n", False),
    ("a Drone file", "ci/d.yml", "kind: pipeline\ntrigger: {branch: main}\nsteps: [{name: a, commands: [x]}]\n", False),
    ("an example", "examples/a/azure-pipelines.yml", POOL, False),
    ("steps of a recipe", "recipe.yml", "variables: {a: 1}\nsteps:\n- boil\n- stir\n", False),
    ("an automation", "automation.yml", "trigger:\n- platform: time\nsteps:\n- action: light.on\n", False),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text", "found"), [row[1:] for row in FILES], ids=[row[0] for row in FILES])
def test_which_files_are_pipelines(tmp_path: Path, path: str, text: str, found: bool) -> None:
    systems = [each.path for each in read(tmp_path, {**CODE, path: text}).systems if each.name == "azure"]
    assert systems == ([path] if found else [])


@pytest.mark.parametrize("text", ["trigger: [\n", "", "- a\n", "steps: 5\n", "jobs: {a: b}\n", "stages:\n- stage: a\n"])
def test_files_that_hold_no_pipeline_never_pass(tmp_path: Path, text: str) -> None:
    assert answer_of(pipeline_of(tmp_path, text)) in ("unknown", "no")


@pytest.mark.parametrize(
    ("address", "outside"),
    [("https://dev.azure.com/acme/shop/_git/shop", True), ("https://github.example/acme/shop", False)],
)
def test_azure_repos_leave_pull_requests_to_a_policy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, outside: bool
) -> None:
    from shipworthy.facts.pipeline.systems import azure_starts

    monkeypatch.setattr(azure_starts, "_remote", lambda _plan: address)
    pipeline = pipeline_of(tmp_path, "trigger: [main]\nsteps:\n- script: pytest\n")
    assert [each.outside for each in pipeline.workflows[0].scenarios if each.name == "change"] == [outside]


EACH = "".join("  " * n + "- ${{ each a in parameters.all }}:\n" for n in range(30))
HOSTILE = [
    ("loops in loops", "parameters: {all: [1, 2, 3, 4]}\nsteps:\n" + EACH),
    ("texts that double", "variables: {a: '" + "$(b)" * 50 + "', b: '" + "$(a)" * 50 + "'}\nsteps:\n- script: $(a)\n"),
    ("functions that double", "steps:\n- script: ${{ " + "format('{0}{0}', " * 38 + "'x'" + ")" * 38 + " }}\n"),
    ("brackets", "steps:\n- script: pytest\n  condition: " + "and(" * 3000 + "\n"),
]


@pytest.mark.parametrize("text", [row[1] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_hostile_files_come_to_an_end(tmp_path: Path, text: str) -> None:
    assert answer_of(pipeline_of(tmp_path, text)) in ("unknown", "no")


LARGE = b"steps:\n" + b"- script: 1\n" * 800_000


def test_large_data_is_no_pipeline_and_no_gap(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"data.yml": LARGE, "ci/build.yaml": LARGE, "azure-pipelines.yml": POOL}
    found = read(tmp_path, files)
    assert [each.path for each in found.workflows] == ["azure-pipelines.yml"]
    assert not found.gaps


def test_a_large_file_with_the_name_of_a_pipeline_is_not_passed_over(tmp_path: Path) -> None:
    found = read(tmp_path, {"azure-pipelines.yml": LARGE})
    assert found.gaps or found.not_read
    assert "azure" in {system.name for system in found.systems}
