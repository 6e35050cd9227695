"""Several tests that cover every change together, the repository's own name, and programs of the project."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.facts.pipeline.pipeline_reading import leaves_in, read, workflow
from tests.support import write

from shipworthy.facts.pipeline import Answer, Said
from shipworthy.facts.pipeline.fact import YES, no, strongest, unsure, weakest
from shipworthy.facts.pipeline.proof import covering, proving
from shipworthy.facts.pipeline.shell import Options, Script


def part(*left_out: str) -> Said:
    return Said(Answer.PARTIAL, "some", frozenset(left_out))


@pytest.mark.parametrize(
    ("rows", "chosen"),
    [
        ([part("a"), YES, YES], [YES, YES]),
        ([part("a"), part("b")], [part("a"), part("b")]),
        ([part("a", "b"), part("b", "c"), part("a")], [part("a"), part("b", "c")]),
        ([part("a"), part("a", "b")], []),
        ([part("a"), Said(Answer.PARTIAL, "types")], []),
        ([part("a"), unsure("x"), no("y")], []),
        ([], []),
    ],
)
def test_rows_that_leave_out_nothing_together(rows: list[Said], chosen: list[Said]) -> None:
    assert covering(rows, lambda said: said) == chosen


def test_the_weakest_and_the_strongest() -> None:
    assert weakest(YES, part("a"), part("b")).left_out == {"a", "b"}
    assert weakest(part("a"), Said(Answer.PARTIAL, "types")).left_out == frozenset()
    assert weakest(part("a"), unsure("x")).answer is Answer.UNKNOWN
    assert weakest() == YES
    assert strongest([part("a", "b"), part("a"), unsure("x")], no("none")).left_out == {"a"}
    assert strongest([], no("none")) == no("none")


def test_workflows_of_two_parts_cover_changes_together(tmp_path: Path) -> None:
    def of(folder: str) -> str:
        return workflow("pytest", f"{{pull_request: {{paths: ['{folder}/**']}}}}")

    files = {"api/a.py": "x", "web/b.ts": "x"}
    files |= {f".github/workflows/{each}.yml": of(each) for each in ("api", "web")}
    assert len(proving(read(tmp_path / "both", files))) == 2
    assert proving(read(tmp_path / "third", {**files, "lib/c.py": "x"})) == []


@pytest.mark.parametrize(
    ("files", "answer"),
    [
        ({"package.json": '{"repository": {"url": "git+https://github.com/me/app.git"}}'}, Answer.YES),
        ({"package.json": '{"repository": "github:me/app"}'}, Answer.YES),
        ({"pyproject.toml": '[project.urls]\nSource = "https://github.com/me/app"\n'}, Answer.YES),
        ({"go.mod": "module github.com/me/app/v2\n"}, Answer.YES),
        ({"package.json": '{"repository": "me/older-name"}'}, Answer.UNKNOWN),
        ({}, Answer.UNKNOWN),
    ],
)
def test_a_condition_on_the_repository_itself(tmp_path: Path, files: dict[str, str], answer: Answer) -> None:
    text = workflow("pytest", job="if: github.repository == 'me/app'")
    (leaf,) = leaves_in(read(tmp_path, {**files, ".github/workflows/ci.yml": text}))
    assert leaf.on_change.answer is answer


def test_the_remote_is_asked_before_the_manifest(tmp_path: Path) -> None:
    text = workflow("pytest", job="if: github.repository == 'me/app'")
    files = {"package.json": '{"repository": "me/app"}', ".github/workflows/ci.yml": text}
    write(tmp_path, files)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "remote", "add", "origin", "git@github.com:fork/app.git"], cwd=tmp_path, check=True)
    (leaf,) = leaves_in(read(tmp_path, files))
    assert leaf.on_change.answer is Answer.UNKNOWN


@pytest.mark.parametrize(
    ("text", "proves"),
    [
        ("execute_from_command_line(['manage.py', 'test'])\n", True),
        ("import sys\nargv = [sys.argv[0], 'test'] + rest\n", True),
        ("import sys, pytest\nsys.exit(pytest.main(['-q']))\n", True),
        ("import unittest\nunittest.main()\n", True),
        ("import pytest\npytest.main()\n", False),
        ("print('tests')\n", False),
    ],
)
def test_programs_of_the_project_that_start_tests(tmp_path: Path, text: str, proves: bool) -> None:
    found = read(tmp_path, {"runtests.py": text, ".github/workflows/ci.yml": workflow("python runtests.py")})
    assert bool(proving(found)) is proves
    assert proves or found.opaque


@pytest.mark.parametrize(
    ("script", "printed"),
    [
        ("git diff --name-only a b", "src/a.py"),
        ("git diff --name-only a | grep -v '^docs/' | head", "src/a.py"),
        ("git diff --name-only a | grep -c py", "1"),
        ("git diff --name-only a | grep -E '\\.(js|py)$' || true", "src/a.py"),
        ("git diff --name-only a | grep '\\.\\(js\\|ts\\)$' || echo none", "none"),
        ("git diff --name-only a | wc -l", "1"),
        ("git diff --name-only a | grep -E '(a+)+$'", None),
        ("git diff --name-only a | jq .", None),
        ("git diff --stat", None),
    ],
)
def test_what_scripts_print_of_changed_files(tmp_path: Path, script: str, printed: str | None) -> None:
    found = Script(
        f'X=$({script})\nshow "$X"', options=Options(), variables={}, exists=lambda _path: False, changed="src/a.py"
    )
    shown = next(call.words[1] for call in found.calls if call.words[0] == "show")
    assert shown == (printed if printed is not None else "\ue000")


def test_no_row_carries_a_secret(tmp_path: Path) -> None:
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    run = f"pytest --token {token} || notify {token}\nrun-{token}\nnpm run t"
    step = f"if: vars.X == '{token}'"
    files = {
        ".github/workflows/ci.yml": workflow(run, job=f"name: {token}", step=step),
        "package.json": f'{{"scripts": {{"t": "jest --key {token}"}}}}',
    }
    found = read(tmp_path, files)
    assert len(leaves_in(found)) == 2
    assert token not in repr(found)
