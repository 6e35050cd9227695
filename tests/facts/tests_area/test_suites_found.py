"""Which suites a repository has, what would run them, and why not."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support import NOW, make_repo

from shipworthy.assess.store import FactStore
from shipworthy.facts import Context
from shipworthy.facts.tests import Suite, TestSuites
from shipworthy.project import Project

PYTEST = "import pytest\n\ndef test_a():\n    assert f() == 1\n"
PLAIN = "def test_a():\n    assert f() == 1\n"
UNITTEST = "import unittest\n\nclass A(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual(f(), 1)\n"
DJANGO = (
    "from django.test import TestCase\n\nclass A(TestCase):\n    def test_a(self):\n        self.assertEqual(f(), 1)\n"
)
JS = "it('a', () => { expect(f()).toBe(1) })\n"
NODE = "import test from 'node:test'\ntest('a', () => {})\n"


def found(folder: Path, files: dict[str, str]) -> TestSuites:
    project = Project.open(make_repo(folder, files))
    fact = FactStore(project, Context(now=NOW), [TestSuites]).get(TestSuites)
    assert isinstance(fact, TestSuites), fact
    return fact


def one(folder: Path, files: dict[str, str]) -> Suite:
    suites = found(folder, files).suites
    assert len(suites) == 1, suites
    return suites[0]


@pytest.mark.parametrize(
    ("files", "runner", "shown"),
    [
        ({"tests/test_a.py": PYTEST}, "pytest", "pytest"),
        ({"tests/test_a.py": PLAIN}, "pytest", "pytest"),
        ({"tests/test_a.py": UNITTEST}, "unittest", "python -m unittest discover -s tests -t ."),
        ({"tests/test_a.py": UNITTEST, "pytest.ini": "[pytest]\n"}, "pytest", "pytest"),
        ({"tests/test_a.py": UNITTEST, "requirements-dev.txt": "pytest==8.4\n"}, "pytest", "pytest"),
        (
            {"tests/test_a.py": UNITTEST, "requirements.txt": "# pytest one day\nflask\n"},
            "unittest",
            "python -m unittest discover -s tests -t .",
        ),
        ({"tests/test_a.py": UNITTEST, "setup.cfg": "[tool:pytest]\naddopts = -q\n"}, "pytest", "pytest"),
        (
            {"tests/test_a.py": UNITTEST, "pyproject.toml": '[dependency-groups]\ndev = ["pytest>=8"]\n'},
            "pytest",
            "pytest",
        ),
        ({"manage.py": "", "shop/tests.py": DJANGO}, "django", "python manage.py test"),
        ({"manage.py": "", "shop/tests.py": DJANGO, "requirements.txt": "pytest-django\npytest\n"}, "pytest", "pytest"),
        (
            {"tests/test_a.py": PYTEST, "Makefile": "test:\n\tpython -m pytest -q tests/unit\n"},
            "pytest",
            "pytest -q tests/unit",
        ),
        (
            {"tests/test_a.py": PYTEST, "Makefile": "test:\n\tdocker compose run web pytest $(ARGS)\n"},
            "pytest",
            "pytest",
        ),
        (
            {"tests/test_a.py": PYTEST, "tox.ini": '[testenv]\ncommands = pytest -m "not slow" {posargs}\n'},
            "pytest",
            "pytest -m not slow",
        ),
    ],
)
def test_python(files: dict[str, str], runner: str, shown: str, tmp_path: Path) -> None:
    suite = one(tmp_path, files)
    assert (suite.runner, suite.shown, suite.problem) == (runner, shown, "")
    assert suite.evidence
    assert suite.command[0] == "python"


@pytest.mark.parametrize(
    ("package", "more", "runner", "shown"),
    [
        ('{"scripts": {"test": "vitest run"}}', {}, "vitest", "npm test"),
        ('{"scripts": {"test": "vitest"}}', {"pnpm-lock.yaml": ""}, "vitest", "pnpm test"),
        ('{"scripts": {"test": "jest"}}', {"yarn.lock": ""}, "jest", "yarn test"),
        ('{"scripts": {"test": "jest --watch", "test:ci": "jest --ci"}}', {}, "jest", "npm run test:ci"),
        ('{"scripts": {"test": "eslint . && mocha"}}', {}, "mocha", "npm test"),
        ('{"scripts": {"test": "node --test"}}', {}, "node:test", "npm test"),
        ('{"scripts": {"test": "xo && ava"}}', {}, "ava", "npm test"),
        ('{"devDependencies": {"vitest": "^3"}}', {}, "vitest", "npx vitest run"),
        (
            '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}, "devDependencies": {"jest": "1"}}',
            {},
            "jest",
            "npx jest",
        ),
    ],
)
def test_scripts(package: str, more: dict[str, str], runner: str, shown: str, tmp_path: Path) -> None:
    suite = one(tmp_path, {"package.json": package, "src/a.test.js": JS, **more})
    assert (suite.runner, suite.shown, suite.problem) == (runner, shown, "")
    assert suite.files == ("src/a.test.js",)


@pytest.mark.parametrize(
    ("package", "problem"),
    [
        ('{"scripts": {"test": "jest --watch"}}', "its script test only watches and never ends"),
        ('{"scripts": {"test": "karma start"}}', "its script test uses karma, whose results are not read yet"),
        ('{"scripts": {"test": "bash run.sh"}}', "could not be followed to a test runner"),
        ("{}", "has no script that runs these tests"),
    ],
)
def test_why_there_is_no_command(package: str, problem: str, tmp_path: Path) -> None:
    suite = one(tmp_path, {"package.json": package, "src/a.test.js": JS})
    assert problem in suite.problem
    assert suite.command == ()


def test_browser_suites_are_listed_and_not_run(tmp_path: Path) -> None:
    files = {
        "package.json": '{"scripts": {"test": "vitest run"}, "devDependencies": {"@playwright/test": "1"}}',
        "playwright.config.ts": "export default {}\n",
        "e2e/a.spec.ts": "import { test } from '@playwright/test'\ntest('a', async () => {})\n",
        "src/b.test.ts": JS,
    }
    suites = found(tmp_path, files)
    assert [(s.runner, s.files, s.browser) for s in suites.suites] == [
        ("vitest", ("src/b.test.ts",), False),
        ("playwright", ("e2e/a.spec.ts",), True),
    ]
    assert [s.runner for s in suites.runnable] == ["vitest"]


def test_two_components(tmp_path: Path) -> None:
    files = {
        "backend/pyproject.toml": '[project]\nname = "b"\ndependencies = ["fastapi"]\n[tool.pytest.ini_options]\n',
        "backend/tests/test_a.py": PYTEST,
        "frontend/package.json": '{"scripts": {"test": "vitest run"}, "dependencies": {"react": "19"}}',
        "frontend/src/a.test.tsx": JS,
    }
    rows = [(s.runner, s.folder, s.files) for s in found(tmp_path, files).suites]
    assert rows == [
        ("pytest", "backend", ("backend/tests/test_a.py",)),
        ("vitest", "frontend", ("frontend/src/a.test.tsx",)),
    ]


def test_packages_without_a_script_belong_to_the_root(tmp_path: Path) -> None:
    files = {
        "package.json": '{"scripts": {"test": "vitest run"}, "workspaces": ["packages/*"]}',
        "packages/a/package.json": "{}",
        "packages/a/a.test.ts": JS,
    }
    suite = one(tmp_path, files)
    assert (suite.folder, suite.files) == (".", ("packages/a/a.test.ts",))


def test_a_root_script_that_hands_over_is_replaced_by_the_packages_own(tmp_path: Path) -> None:
    files = {
        "package.json": '{"scripts": {"test": "turbo run test"}}',
        "apps/web/package.json": '{"scripts": {"test": "vitest run"}}',
        "apps/web/a.test.ts": JS,
        "apps/api/package.json": '{"scripts": {"test": "node --test"}}',
        "apps/api/a.test.js": NODE,
    }
    assert [(s.runner, s.folder) for s in found(tmp_path, files).suites] == [
        ("node:test", "apps/api"),
        ("vitest", "apps/web"),
    ]


def test_a_root_that_hands_over_and_has_tests_of_its_own(tmp_path: Path) -> None:
    files = {
        "package.json": '{"scripts": {"test": "nx test"}}',
        "jest.config.ts": "export default {}\n",
        "src/a.test.ts": JS,
    }
    suite = one(tmp_path, files)
    assert (suite.runner, suite.shown) == ("jest", "npx jest")


def test_a_broken_manifest_is_a_gap(tmp_path: Path) -> None:
    assert found(tmp_path, {"package.json": '{"scripts": ', "src/a.test.js": JS}).gaps


def test_a_repository_without_tests_has_no_suite(tmp_path: Path) -> None:
    fact = found(tmp_path, {"app.py": "x = 1\n", "package.json": '{"scripts": {"build": "tsc"}}'})
    assert (fact.suites, fact.gaps) == ((), ())
