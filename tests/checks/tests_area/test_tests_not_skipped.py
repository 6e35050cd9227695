"""tests-not-skipped: quietly disabled tests fail, explained and conditional ones pass."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from tests.support import NOW, check_files, git, make_repo, outcome_of, write

from shipworthy.facts import Context
from shipworthy.facts.base import View
from shipworthy.facts.scan import Scan
from shipworthy.facts.tests import TestCases
from shipworthy.model import Outcome, OutcomeKind
from shipworthy.project import Project

PY = "import pytest, sys, unittest\n"
GOOD_PY = "def test_good():\n    assert add(1, 1) == 2\n"
GOOD_JS = "it('adds', () => { expect(add(1, 1)).toBe(2) })\n"


def judge_python(folder: Path, text: str, **more: str) -> Outcome:
    return check_files("tests-not-skipped", folder, {"tests/test_a.py": PY + GOOD_PY + text, **more})


def judge_script(folder: Path, text: str) -> Outcome:
    return check_files("tests-not-skipped", folder, {"package.json": "{}", "src/a.test.ts": GOOD_JS + text})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@pytest.mark.skipif(sys.platform == 'win32', reason='POSIX only')\ndef test_b(): assert f()\n",
        "np = pytest.importorskip('numpy')\ndef test_b(): assert f()\n",
        "@pytest.mark.xfail(strict=True, reason='known')\ndef test_b(): assert f()\n",
        "@pytest.mark.skip(reason='only the PostgreSQL backend has this')\ndef test_b(): assert f()\n",
        "@pytest.mark.skip(reason='flaky under load, see #4711')\ndef test_b(): assert f()\n",
        "# the bank's sandbox is down until 2026-12-31\n@pytest.mark.skip\ndef test_b(): assert f()\n",
        "@pytest.mark.skipif(not os.environ.get('CI'), reason='pipeline only')\ndef test_b(): assert f()\n",
        "class A(unittest.TestCase):\n    @unittest.expectedFailure\n    def test_b(self): self.assertTrue(f())\n",
    ],
)
def test_python_that_passes(text: str, tmp_path: Path) -> None:
    outcome = judge_python(tmp_path, text)
    assert outcome.kind is OutcomeKind.PASS, outcome
    assert outcome.summary.endswith("0 skipped without reason")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("@pytest.mark.skip\ndef test_b(): assert f()\n", "test-skipped"),
        ("@pytest.mark.skip(reason='TODO')\ndef test_b(): assert f()\n", "test-skipped"),
        ("@pytest.mark.skip(reason='fails since the last refactoring')\ndef test_b(): assert f()\n", "test-skipped"),
        ("@pytest.mark.skip(reason='bank is down until 2026-01-31')\ndef test_b(): assert f()\n", "test-skipped"),
        ("@pytest.mark.xfail\ndef test_b(): assert f()\n", "test-xfail"),
        ("@pytest.mark.xfail(reason='rounding is off')\ndef test_b(): assert f()\n", "test-xfail"),
        ("@pytest.mark.skipif(os.environ.get('CI'), reason='slow there')\ndef test_b(): assert f()\n", None),
        ("@pytest.mark.skipif(os.environ.get('CI'), reason='flaky')\ndef test_b(): assert f()\n", "test-skipped"),
        ("# def test_b():\n#     assert f()\n", "test-skipped"),
        ("def test_b():\n    return\n    assert f()\n", "test-skipped"),
        ("class A(unittest.TestCase):\n    @unittest.skip('x')\n    def test_b(self): self.assertTrue(f())\n", None),
        (
            "class A(unittest.TestCase):\n    @unittest.skip('')\n    def test_b(self): self.assertTrue(f())\n",
            "test-skipped",
        ),
    ],
)
def test_python_that_is_disabled(text: str, rule: str | None, tmp_path: Path) -> None:
    outcome = judge_python(tmp_path, text)
    if rule is None:
        assert outcome.kind is OutcomeKind.PASS
    else:
        assert outcome.kind is OutcomeKind.FAIL
        assert [finding.rule for finding in outcome.findings] == [rule]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("it.skip('b', () => {})\n", "test-skipped"),
        ("xdescribe('g', () => { it('b', () => {}) })\n", "test-skipped"),
        ("it.only('b', () => {})\n", "test-only"),
        ("// this one is enough for now, see #12\ndescribe.only('g', () => { it('b', () => {}) })\n", "test-only"),
        ("// it('b', () => {})\n", "test-skipped"),
        ("test('b', { todo: true }, () => {})\n", "test-xfail"),
    ],
)
def test_script_that_is_disabled(text: str, rule: str, tmp_path: Path) -> None:
    outcome = judge_script(tmp_path, text)
    assert outcome.kind is OutcomeKind.FAIL
    assert [finding.rule for finding in outcome.findings] == [rule]


@pytest.mark.parametrize(
    "text",
    ["", "it.todo('b')\n", "test.fails('b', () => {})\n", "// needs WebGL, see #12\nit.skip('b', () => {})\n"],
)
def test_script_that_passes(text: str, tmp_path: Path) -> None:
    assert judge_script(tmp_path, text).kind is OutcomeKind.PASS


def test_strictness_comes_from_the_configuration_above_the_file(tmp_path: Path) -> None:
    text = "@pytest.mark.xfail(reason='rounding')\ndef test_b(): assert f()\n"
    strict = {"pyproject.toml": "[tool.pytest.ini_options]\nxfail_strict = true\n"}
    assert judge_python(tmp_path / "a", text, **strict).kind is OutcomeKind.PASS
    assert judge_python(tmp_path / "b", text).kind is OutcomeKind.FAIL


@pytest.mark.parametrize(
    ("addopts", "kind"),
    [
        ("addopts = -q --deselect tests/test_a.py::test_good", OutcomeKind.FAIL),
        ("addopts = --ignore=tests/test_b.py", OutcomeKind.FAIL),
        ('addopts = -k "not slow_one"', OutcomeKind.FAIL),
        ("# needs a GPU, see #12\naddopts = --ignore=tests/test_b.py", OutcomeKind.PASS),
        ("addopts = --ignore=tests/e2e -m 'not slow' -ra", OutcomeKind.PASS),
    ],
)
def test_tests_left_out_by_the_configuration(addopts: str, kind: OutcomeKind, tmp_path: Path) -> None:
    outcome = judge_python(tmp_path, "", **{"pytest.ini": f"[pytest]\n{addopts}\n"})
    assert outcome.kind is kind, outcome


def test_no_tests_at_all_is_not_applicable(tmp_path: Path) -> None:
    outcome = check_files("tests-not-skipped", tmp_path, {"app.py": "x = 1\n", "README.md": "# x\n"})
    assert outcome.kind is OutcomeKind.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tests/test_b.py", b"\0\0binary"),
        ("server/main_test.go", b"package main\n"),
        ("spec/user_spec.rb", b"describe 'x' do\nend\n"),
        ("tests/test_b.py", b"@pytest.mark.skip(((\n"),
        ("setup.cfg", b"[tool:pytest\nbroken"),
    ],
)
def test_what_cannot_be_read_is_unknown(name: str, content: bytes, tmp_path: Path) -> None:
    marked = GOOD_PY + "import pytest\n@pytest.mark.xfail(reason='off by one, see #12')\ndef test_b(): assert f()\n"
    outcome = check_files("tests-not-skipped", tmp_path, {"tests/test_a.py": marked, name: content})
    assert outcome.kind is OutcomeKind.UNKNOWN


@pytest.mark.parametrize(
    "path",
    [
        "tests/fixtures/test_sample.py",
        "src/__fixtures__/a.test.js",
        "tests/data/test_x.py",
        "templates/{{name}}/test_a.py",
    ],
)
def test_sample_projects_are_not_judged(path: str, tmp_path: Path) -> None:
    text = "it.only('x', () => {})\n" if path.endswith("js") else PY + "@pytest.mark.skip\ndef test_b(): assert f()\n"
    outcome = check_files("tests-not-skipped", tmp_path, {"tests/test_a.py": GOOD_PY, path: text})
    assert outcome.kind is OutcomeKind.PASS


def test_an_emptied_file_is_told_from_a_placeholder_by_git(tmp_path: Path) -> None:
    placeholder = "from django.test import TestCase\n\n# Create your tests here.\n"
    full = "".join(f"def test_{n}():\n    assert f({n})\n" for n in range(5))
    make_repo(tmp_path, {"tests/test_a.py": GOOD_PY, "app/tests.py": placeholder, "tests/test_b.py": full})
    assert outcome_of("tests-not-skipped", tmp_path).kind is OutcomeKind.PASS
    write(tmp_path, {"tests/test_b.py": "# moved\n"})
    git(tmp_path, "commit", "-qam", "Clean up")
    outcome = outcome_of("tests-not-skipped", tmp_path)
    assert outcome.kind is OutcomeKind.FAIL
    assert [finding.rule for finding in outcome.findings] == ["test-file-emptied"]


def test_a_test_file_deleted_alone_is_a_remark(tmp_path: Path) -> None:
    make_repo(
        tmp_path, {"tests/test_a.py": GOOD_PY, "tests/test_b.py": GOOD_PY, "tests/test_c.py": GOOD_PY, "c.py": "x=1\n"}
    )
    git(tmp_path, "rm", "-q", "tests/test_b.py")
    git(tmp_path, "commit", "-qm", "Drop test")
    git(tmp_path, "rm", "-q", "tests/test_c.py", "c.py")
    git(tmp_path, "commit", "-qm", "Remove feature")
    outcome = outcome_of("tests-not-skipped", tmp_path)
    assert outcome.kind is OutcomeKind.PASS
    assert [finding.rule for finding in outcome.findings] == ["test-file-deleted"]
    assert "test_b.py" in outcome.findings[0].message


def test_a_secret_in_a_reason_is_masked(tmp_path: Path) -> None:
    token = "sk_" + "live_" + "4eC39HqLyjWDarjtT1zdp7dc"
    outcome = judge_script(tmp_path, f"// fails with key {token}\nit.skip('uses {token}', () => {{}})\n")
    assert outcome.kind is OutcomeKind.FAIL
    assert token not in repr(outcome)


def test_hostile_names_stay_on_one_line(tmp_path: Path) -> None:
    outcome = judge_script(tmp_path, "it.skip(`a\n\x1b[31m\u202e evil`, () => {})\n")
    assert outcome.kind is OutcomeKind.FAIL
    assert all(char not in outcome.findings[0].message for char in "\n\x1b\u202e")


def read_paths(folder: Path) -> tuple[str, ...]:
    project = Project.open(folder)
    reader = TestCases.reader()
    view = View(project, Context(now=NOW), Scan(project, reader.analysers))
    fact: TestCases = reader.read(view, {})  # type: ignore[arg-type]  # it needs no other fact
    return fact.read


@pytest.mark.parametrize("harm", ["remove", "empty", "truncate", "folder", "pipe"])
def test_never_a_pass_when_something_read_is_damaged(harm: str, tmp_path: Path) -> None:
    files = {
        "pyproject.toml": "[tool.pytest.ini_options]\nxfail_strict = true\n",
        "tests/test_a.py": GOOD_PY + "import pytest\n@pytest.mark.xfail(reason='x')\ndef test_b():\n    assert f()\n",
        "web/a.test.ts": GOOD_JS,
    }
    make_repo(tmp_path / "whole", files)
    assert outcome_of("tests-not-skipped", tmp_path / "whole").kind is OutcomeKind.PASS
    paths = read_paths(tmp_path / "whole")
    assert set(paths) == set(files)
    for number, path in enumerate(paths):
        folder = tmp_path / str(number)
        shutil.copytree(tmp_path / "whole", folder)
        damage(folder / path, harm)
        assert outcome_of("tests-not-skipped", folder).kind is not OutcomeKind.PASS, path


def damage(path: Path, harm: str) -> None:
    data = path.read_bytes()
    path.unlink()
    if harm == "empty":
        path.write_bytes(b"")
    elif harm == "truncate":
        path.write_bytes(data[: len(data) // 2].rstrip(b"\n"))
    elif harm == "folder":
        path.mkdir()
    elif harm == "pipe":
        os.mkfifo(path)
