"""Which starts of a GitHub workflow cover proposed changes, and which conditions let a job run."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.pipeline.pipeline_reading import leaves_in, read, workflow

from shipworthy.facts.pipeline import Answer
from shipworthy.facts.pipeline.globs import decides, lets_by, matches

YES, NO, UNKNOWN, PARTIAL = Answer.YES, Answer.NO, Answer.UNKNOWN, Answer.PARTIAL
CODE = {
    "src/app.py": "x = 1\n",
    "tests/test_app.py": "def test(): assert 1\n",
    "README.md": "# x\n",
    "docs/a.md": "a\n",
}


def on_change(folder: Path, text: str, **more: str) -> Answer:
    """The answer for the one test of a workflow."""
    found = read(folder, {**CODE, **more, ".github/workflows/ci.yml": text})
    return max((leaf.on_change for leaf in leaves_in(found)), key=lambda said: list(Answer).index(said.answer)).answer


@pytest.mark.parametrize(
    ("on", "answer"),
    [
        ("pull_request", YES),
        ("[push, pull_request]", YES),
        ("push", YES),
        ("{push: {}}", YES),
        ("{push: {branches: ['**']}}", YES),
        ("{push: {branches-ignore: [gh-pages]}}", YES),
        ("{push: {branches: [main]}}", NO),
        ("{push: {branches: ['*']}}", PARTIAL),
        ("{push: {branches: [main, 'feature/**']}}", PARTIAL),
        ("{push: {branches: []}}", NO),
        ("{push: {branches-ignore: ['**']}}", NO),
        ("{push: {tags: ['v*']}}", NO),
        ("{push: {branches: ['!main']}}", NO),
        ("{pull_request: {branches: [main]}}", YES),
        ("{pull_request: {branches: [master, 'version-*']}}", YES),
        ("{pull_request: {branches: ['release/**']}}", PARTIAL),
        ("{pull_request: {branches: []}}", NO),
        ("{pull_request: {branches-ignore: [main]}}", PARTIAL),
        ("{pull_request: {types: [opened, synchronize, labeled]}}", YES),
        ("{pull_request: {types: [opened, reopened]}}", PARTIAL),
        ("{pull_request: {types: [synchronize]}}", PARTIAL),
        ("{pull_request: {types: [labeled]}}", NO),
        ("{pull_request: {types: closed}}", NO),
        ("{pull_request: {paths-ignore: ['**.md', 'docs/**', LICENSE]}}", YES),
        ("{pull_request: {paths: ['src/**', 'tests/**']}}", YES),
        ("{pull_request: {paths: ['**.py']}}", YES),
        ("{pull_request: {paths: ['src/**']}}", PARTIAL),
        ("{pull_request: {paths: ['**', '!tests/**']}}", PARTIAL),
        ("{pull_request: {paths-ignore: ['src/**']}}", PARTIAL),
        ("pull_request_target", NO),
        ("workflow_dispatch", NO),
        ("{schedule: [{cron: '0 0 * * *'}]}", NO),
        ("{release: {types: [published]}}", NO),
        ("{workflow_run: {workflows: [build], types: [completed]}}", NO),
        ("workflow_call", NO),
        ("merge_group", PARTIAL),
        ("[merge_group, pull_request]", YES),
        ("{push: {branches: [main]}, pull_request: {types: [labeled]}}", NO),
        ("{push: , pull_request: }", YES),
    ],
)
def test_triggers(tmp_path: Path, on: str, answer: Answer) -> None:
    pipeline = read(tmp_path, {**CODE, ".github/workflows/ci.yml": workflow("pytest", on)})
    found = [leaf.on_change.answer for leaf in leaves_in(pipeline)]
    assert found == ([answer] if on != "workflow_call" else [])
    assert pipeline.workflows[0].on_change.answer is (answer if on != "workflow_call" else NO)


@pytest.mark.parametrize(
    ("condition", "on", "answer"),
    [
        ("false", "pull_request", NO),
        ("${{ false }}", "pull_request", NO),
        ("always()", "pull_request", YES),
        ("success()", "pull_request", YES),
        ("failure()", "pull_request", NO),
        ("github.event_name == 'pull_request'", "[push, pull_request]", YES),
        ("github.event_name == 'push'", "pull_request", NO),
        ("github.event_name != 'schedule'", "pull_request", YES),
        ("github.ref == 'refs/heads/main'", "[push, pull_request]", NO),
        ("github.actor != 'dependabot[bot]'", "pull_request", YES),
        ("github.event.action != 'closed'", "{pull_request: {types: [opened, synchronize, closed]}}", YES),
        ("github.event.action == 'opened'", "pull_request", NO),
        ("contains(github.event.pull_request.labels.*.name, 'run tests')", "pull_request", NO),
        ("!contains(github.event.pull_request.labels.*.name, 'skip')", "pull_request", YES),
        ("!contains(github.event.head_commit.message, '[skip]')", "[push, pull_request]", YES),
        ("github.event.pull_request.draft == false", "pull_request", UNKNOWN),
        (
            "github.event.pull_request.draft == false",
            "{pull_request: {types: [opened, synchronize, ready_for_review]}}",
            YES,
        ),
        ("vars.RUN_TESTS == 'yes'", "pull_request", UNKNOWN),
        (
            "github.event_name == 'push' || github.event.pull_request.head.repo.full_name != github.repository",
            "[push, pull_request]",
            YES,
        ),
        ("needs.nobody.outputs.x == '1'", "pull_request", NO),
        ("${{ false }} || true", "pull_request", UNKNOWN),
        ("((((", "pull_request", UNKNOWN),
    ],
)
@pytest.mark.parametrize("level", ["job", "step"])
def test_conditions(tmp_path: Path, condition: str, on: str, answer: Answer, level: str) -> None:
    line = f'if: "{condition}"' if '"' not in condition else f"if: {condition}"
    text = workflow("pytest", on, job=line if level == "job" else "", step=line if level == "step" else "")
    assert on_change(tmp_path, text) is answer


@pytest.mark.parametrize(
    ("jobs", "answer"),
    [
        ("first: {if: true}", YES),
        ("first: {if: false}", NO),
        ("first: {if: \"vars.X == '1'\"}", UNKNOWN),
    ],
)
def test_a_job_runs_only_after_those_it_needs(tmp_path: Path, jobs: str, answer: Answer) -> None:
    name, _, settings = jobs.partition(": ")
    first = f"  {name}:\n    runs-on: x\n    {settings.strip('{}')}\n    steps: [{{run: echo}}]\n"
    text = workflow("pytest", job="needs: first").replace("jobs:\n", "jobs:\n" + first)
    assert on_change(tmp_path, text) is answer


def test_jobs_that_need_each_other_are_not_followed(tmp_path: Path) -> None:
    text = "on: push\njobs:\n  a: {needs: b, runs-on: x, steps: [{run: pytest}]}\n"
    text += "  b: {needs: a, runs-on: x, steps: [{run: pytest}]}\n"
    found = read(tmp_path, {".github/workflows/ci.yml": text})
    assert not found.leaves
    assert "circle" in found.opaque[0].reason


FILTER = """\
on: pull_request
jobs:
  changes:
    runs-on: ubuntu-latest
    outputs: {{src: "${{{{ steps.filter.outputs.src }}}}"}}
    steps:
      - {step}
  test:
    needs: changes
    if: needs.changes.outputs.src == 'true'
    runs-on: ubuntu-latest
    steps: [{{run: pytest}}]
"""
PATHS = '{{id: filter, uses: dorny/paths-filter@v3, with: {{filters: "src: [{}]"}}}}'
SCRIPT = (
    "{id: filter, run: 'git diff --name-only a b | grep -q %s"
    " && echo src=true >> $GITHUB_OUTPUT || echo src=false >> $GITHUB_OUTPUT'}"
)


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        (PATHS.format("'src/**', 'tests/**'"), YES),
        (PATHS.format("'**'"), YES),
        (PATHS.format("'src/**'"), PARTIAL),
        (PATHS.format("'lib/**'"), PARTIAL),
        ("{id: filter, uses: tj-actions/changed-files@v45, with: {files: '**'}}", UNKNOWN),
        (SCRIPT % "py", YES),
        (SCRIPT % "^src/", PARTIAL),
        ("{id: filter, run: './decide.sh --name-only'}", UNKNOWN),
    ],
)
def test_jobs_chosen_by_changed_files_are_tried(tmp_path: Path, step: str, answer: Answer) -> None:
    assert on_change(tmp_path, FILTER.format(step=step)) is answer


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("src/**", "src/a/b.py", True),
        ("src/*", "src/a/b.py", False),
        ("**.py", "a/b.py", True),
        ("**/b.py", "b.py", True),
        ("*.md", "docs/a.md", False),
        ("v[0-9]+.x", "v12.x", True),
        ("releases?", "release", True),
        ("**/docs/**", "docs/a", True),
        ("a*a*a*a*a*a*a*a*b", "a" * 500, False),
    ],
)
def test_filter_patterns(pattern: str, text: str, fits: bool) -> None:
    assert matches(pattern, text) is fits


def test_later_patterns_take_back() -> None:
    assert lets_by(["**", "!docs/**"], "src/a")
    assert not lets_by(["**", "!docs/**"], "docs/a")
    assert lets_by(["!docs/**", "docs/a"], "docs/a")


@pytest.mark.parametrize(
    ("path", "matters"),
    [
        ("src/a.py", True),
        ("package-lock.json", True),
        ("requirements-dev.txt", True),
        ("README.md", False),
        ("docs/conf.py", False),
        (".github/workflows/ci.yml", False),
        ("logo.png", False),
    ],
)
def test_files_that_matter(path: str, matters: bool) -> None:
    assert decides(path) is matters
