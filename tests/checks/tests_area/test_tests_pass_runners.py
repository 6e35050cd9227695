"""tests-pass with pytest, node:test, and stand-ins for vitest, jest, mocha and ava."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from run_projects import APP, BASE, guard_is_long, needs_node, rerun, run
from tests.support import make_repo, write

from shipworthy.model import OutcomeKind


@pytest.fixture(scope="session")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project's virtual environment with pytest in it, made without an installer."""
    folder = tmp_path_factory.mktemp("venv") / ".venv"
    site = folder / "lib" / f"python3.{sys.version_info[1]}" / "site-packages"
    site.mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "bin/python").symlink_to(BASE)
    (folder / "pyvenv.cfg").write_text(f"home = {BASE.parent}\nversion = {sys.version.split()[0]}\n")
    for name in ("pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments"):
        shutil.copytree(Path(str(__import__(name).__file__)).parent, site / name)
    return folder


def pytest_project(folder: Path, venv: Path, files: Mapping[str, str]) -> Path:
    make_repo(
        folder, {".gitignore": ".venv\n", "app.py": APP, "pyproject.toml": "[tool.pytest.ini_options]\n", **files}
    )
    shutil.copytree(venv, folder / ".venv", symlinks=True, copy_function=os.link)
    return folder


PYTEST_GOOD = "from app import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n"


@guard_is_long
def test_pytest_passes(isolation: str, venv: Path, tmp_path: Path) -> None:
    outcome = rerun(pytest_project(tmp_path / "p", venv, {"tests/test_a.py": PYTEST_GOOD}))
    assert outcome.kind is OutcomeKind.PASS, outcome
    assert outcome.summary == "1 passed: pytest"


@pytest.mark.parametrize(
    ("files", "kind", "words"),
    [
        ({"tests/test_a.py": PYTEST_GOOD.replace("== 3", "== 4")}, OutcomeKind.FAIL, "1 of 1 test failed"),
        pytest.param(
            {"tests/test_a.py": PYTEST_GOOD, "tests/test_b.py": "import app.nothing\ndef test_b(): assert app\n"},
            OutcomeKind.FAIL,
            "failed",
            marks=pytest.mark.long,
        ),
        (
            {"tests/test_a.py": PYTEST_GOOD, "conftest.py": "collect_ignore = ['tests/test_a.py']\n"},
            OutcomeKind.FAIL,
            "ran no test",
        ),
        pytest.param(
            {"tests/test_a.py": PYTEST_GOOD, "pytest.ini": "[pytest]\naddopts = --cov=app\n"},
            OutcomeKind.UNKNOWN,
            "unrecognized arguments",
            marks=pytest.mark.long,
        ),
        ({"tests/test_a.py": "import fastapi_nothing\n" + PYTEST_GOOD}, OutcomeKind.UNKNOWN, "fastapi_nothing"),
        pytest.param(
            {
                "tests/test_a.py": PYTEST_GOOD,
                "conftest.py": "def pytest_sessionfinish(session):\n    session.exitstatus = 3\n",
            },
            OutcomeKind.FAIL,
            "exit code 3",
            marks=pytest.mark.long,
        ),
    ],
)
def test_pytest_says(files: dict[str, str], kind: OutcomeKind, words: str, venv: Path, tmp_path: Path) -> None:
    outcome = rerun(pytest_project(tmp_path / "p", venv, files))
    assert (outcome.kind, words in outcome.summary) == (kind, True), outcome


def test_pytest_not_installed_is_unknown(tmp_path: Path) -> None:
    make_repo(tmp_path, {"tests/test_a.py": PYTEST_GOOD, "app.py": APP, ".gitignore": ".venv\n"})
    write(tmp_path, {".venv/pyvenv.cfg": f"home = {BASE.parent}\nversion = 3.11.7\n", ".venv/bin/a": ""})
    (tmp_path / ".venv/bin/python").symlink_to(BASE)
    outcome = rerun(tmp_path, consent=None)
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert outcome.summary == "cannot run here: pytest is not installed in the project's environment .venv"


def test_a_suite_that_writes_into_its_environment_does_not_reach_the_users(venv: Path, tmp_path: Path) -> None:
    text = (
        "import pytest, pathlib\n\ndef test_a():\n    p = pathlib.Path(pytest.__file__)\n"
        "    try:\n        p.write_text('evil')\n    except OSError:\n        pass\n    assert p\n"
    )
    folder = pytest_project(tmp_path / "p", venv, {"tests/test_a.py": text})
    before = next(folder.glob(".venv/lib/*/site-packages/pytest/__init__.py")).read_bytes()
    assert rerun(folder).kind is OutcomeKind.PASS
    assert next(folder.glob(".venv/lib/*/site-packages/pytest/__init__.py")).read_bytes() == before


# -- Node --------------------------------------------------------------------------------------------------------------


NODE_GOOD = (
    "const test = require('node:test');\nconst assert = require('node:assert');\n"
    "test('adds', () => assert.equal(1 + 2, 3));\n"
)


@guard_is_long
@needs_node
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (NODE_GOOD, OutcomeKind.PASS),
        (NODE_GOOD.replace("3)", "4)"), OutcomeKind.FAIL),
        ("const test = require('node:test');\nrequire('./gone');\ntest('a', () => {});\n", OutcomeKind.FAIL),
    ],
)
def test_node(text: str, kind: OutcomeKind, isolation: str, tmp_path: Path) -> None:
    files = {"package.json": '{"scripts": {"test": "node --test"}}', "a.test.js": text}
    assert run(tmp_path, files).kind is kind


@needs_node
def test_node_reaches_no_network(isolation: str, tmp_path: Path) -> None:
    text = """
const test = require('node:test'), assert = require('node:assert');
const net = require('node:net'), dns = require('node:dns');
test('out', async () => {
  await assert.rejects(new Promise((ok, no) => net.connect(80, '192.0.2.1', ok).on('error', no)));
  await assert.rejects(new Promise((ok, no) => dns.lookup('host.example', (e) => (e ? no(e) : ok()))));
  await assert.rejects(fetch('http://192.0.2.1/'));
});
test('here', async () => {
  const server = net.createServer((s) => s.end()).listen(0, '127.0.0.1');
  await new Promise((ok) => server.on('listening', ok));
  await new Promise((ok, no) => net.connect(server.address().port, '127.0.0.1', ok).on('error', no));
  server.close();
});
"""
    files = {"package.json": '{"scripts": {"test": "node --test"}}', "a.test.js": text}
    outcome = run(tmp_path, files)
    assert outcome.kind is OutcomeKind.PASS, outcome


@needs_node
def test_a_script_that_runs_nothing_in_a_pipeline_is_seen(tmp_path: Path) -> None:
    script = '{"scripts": {"test": "sh -c \'test -n \\"$CI\\" && exit 0; exec node --test\' || node --test"}}'
    outcome = run(tmp_path, {"package.json": script, "a.test.js": NODE_GOOD})
    assert outcome.kind is OutcomeKind.PASS, outcome
    assert any("pipeline would prove nothing" in finding.message for finding in outcome.findings)


@needs_node
@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exit 0; jest", "started no test runner"),
        ("no-such-linter && jest", "no-such-linter is not installed here"),
    ],
)
def test_a_script_that_never_reaches_its_runner_is_unknown(script: str, words: str, tmp_path: Path) -> None:
    make_repo(
        tmp_path,
        {
            "package.json": f'{{"scripts": {{"test": "{script}"}}}}',
            "a.test.js": "it('a', () => {})\n",
            ".gitignore": "node_modules\n",
        },
    )
    write(tmp_path, {"node_modules/.bin/jest": "#!/bin/sh\n"})
    outcome = rerun(tmp_path)
    assert (outcome.kind, words in outcome.summary) == (OutcomeKind.UNKNOWN, True), outcome


def fake_runner(name: str, path: str, code: str) -> dict[str, str]:
    """A stand-in for an installed runner that is called as the real one is."""
    return {
        f"node_modules/{path}": code,
        f"node_modules/{name}/package.json": f'{{"name": "{name}", "version": "9.9.9"}}',
    }


@needs_node
@pytest.mark.parametrize(
    ("name", "path", "code", "kind"),
    [
        (
            "vitest",
            "vitest/vitest.mjs",
            (
                "import fs from 'fs'; const f = process.argv.find((w) => w.startsWith('--outputFile.json=')).slice(18);"
                "fs.writeFileSync(f, JSON.stringify({testResults: [{name: 'a', status: 'passed', assertionResults:"
                "[{fullName: 'a', status: 'passed'}]}]}));"
            ),
            OutcomeKind.PASS,
        ),
        (
            "jest",
            "jest/bin/jest.js",
            (
                "const f = process.argv.find((w) => w.startsWith('--outputFile=')).slice(13);"
                "require('fs').writeFileSync(f, JSON.stringify({testResults: []}));"
            ),
            OutcomeKind.FAIL,
        ),
        (
            "mocha",
            "mocha/bin/mocha.js",
            (
                "const R = require(process.argv[process.argv.indexOf('--reporter') + 1]); const on = {};"
                "new R({ on: (n, f) => (on[n] = f) }); on.pass({ title: 'a' }); on.fail({ title: 'b' }, {});"
                "on.end();"
                "process.exit(1);"
            ),
            OutcomeKind.FAIL,
        ),
        (
            "ava",
            "ava/entrypoints/cli.mjs",
            "console.log('TAP version 13'); console.log('ok 1 - a'); console.log('1..1');",
            OutcomeKind.PASS,
        ),
    ],
)
def test_runners_are_made_to_write_results(name: str, path: str, code: str, kind: OutcomeKind, tmp_path: Path) -> None:
    files = {
        "package.json": f'{{"scripts": {{"test": "{name}"}}}}',
        "a.test.js": "it('a', () => {})\n",
        ".gitignore": "node_modules\n",
    }
    make_repo(tmp_path, files)
    write(tmp_path, fake_runner(name, path, "#!/usr/bin/env node\n" + code))
    (tmp_path / "node_modules/.bin").mkdir()
    (tmp_path / "node_modules" / path).chmod(0o755)
    (tmp_path / "node_modules/.bin" / name).symlink_to(f"../{path}")
    outcome = rerun(tmp_path)
    assert outcome.kind is kind, outcome
    assert any("9.9.9" in line for line in outcome.looked_at)
