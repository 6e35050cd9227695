"""Following commands through scripts and tools down to the program that runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.facts.pipeline.pipeline_reading import read, workflow

from shipworthy.facts.pipeline import Answer, Kind, Pipeline

TEST, LINT, TYPES, BUILD, NOTHING = Kind.TEST, Kind.LINT, Kind.TYPES, Kind.BUILD, Kind.NOTHING

TESTS = {
    "app/a_test.go": "x\n", "tests/test_a.py": "x\n", "web/a.test.js": "x\n", "tests/a.rs": "x\n",
    "src/test/java/ATest.java": "x\n", "Tests/A.cs": "x\n", "spec/a_spec.rb": "x\n", "tests/ATest.php": "x\n",
    "CMakeLists.txt": "add_test(NAME a COMMAND a)\n", "apps/a_test.exs": "x\n",
}  # fmt: skip
"""Something to run for every runner that passes where it finds no test."""


def package(**scripts: str) -> str:
    rows = ",\n".join(f'    "{name}": "{text}"' for name, text in scripts.items())
    return '{\n  "name": "root",\n  "scripts": {\n' + rows + "\n  }\n}\n"


def pipeline(folder: Path, run: str, files: Mapping[str, str]) -> Pipeline:
    return read(folder, {".github/workflows/ci.yml": workflow(run), **files})


def kinds(found: Pipeline) -> set[Kind]:
    return {leaf.kind for leaf in found.leaves if not leaf.on_change.no}


def proves(found: Pipeline) -> bool:
    return any(leaf.on_change.yes and leaf.fails.yes for leaf in found.of(TEST))


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("pytest", TEST),
        ("py.test tests", TEST),
        ("python -m pytest -x", TEST),
        ("python3.12 -W error -m pytest", TEST),
        ("python -m unittest discover", TEST),
        ("python manage.py test", TEST),
        ("./manage.py test app", TEST),
        ("coverage run -m pytest", TEST),
        ("coverage run --source=app manage.py test", TEST),
        ("python -m coverage run -m unittest", TEST),
        (".venv/bin/pytest", TEST),
        ("$HOME/venv/bin/pytest", TEST),
        ("/opt/tools/bin/poetry run python -m pytest", TEST),
        ("uv run pytest", TEST),
        ("uv run --frozen --group dev pytest -q", TEST),
        ("uvx pytest", TEST),
        ("poetry run pytest", TEST),
        ("pipenv run pytest", TEST),
        ("hatch run pytest", TEST),
        ("hatch test", TEST),
        ("pdm run pytest", TEST),
        ("xvfb-run -a pytest", TEST),
        ("xvfb-run --auto-servernum -s '-screen 0' -- pytest", TEST),
        ("timeout 10m pytest", TEST),
        ("timeout -k 5 300 pytest", TEST),
        ("time -p pytest", TEST),
        ("sudo -E env A=b nice -n 5 pytest", TEST),
        ("A=b C='d e' pytest", TEST),
        ("npx vitest run", TEST),
        ("npx --yes jest@29 --ci", TEST),
        ("pnpm exec vitest run", TEST),
        ("yarn dlx jest", TEST),
        ("bunx mocha", TEST),
        ("vitest", TEST),
        ("node --test", TEST),
        ("node --import tsx --test test/*.ts", TEST),
        ("npx playwright test", TEST),
        ("cypress run --browser chrome", TEST),
        ("c8 --reporter lcov mocha", TEST),
        ("nyc --reporter=text ava", TEST),
        ("cross-env NODE_ENV=test jest", TEST),
        ("karma start --single-run", TEST),
        ("CI=true npx react-scripts test", TEST),
        ("bun test", TEST),
        ("deno test -A", TEST),
        ("go test ./...", TEST),
        ("cargo test --all", TEST),
        ("cargo nextest run", TEST),
        ("mvn -B verify", TEST),
        ("./mvnw test", TEST),
        ("./gradlew check --no-daemon", TEST),
        ("gradle :app:test", TEST),
        ("dotnet test", TEST),
        ("bundle exec rspec", TEST),
        ("vendor/bin/phpunit", TEST),
        ("ctest --output-on-failure", TEST),
        ("docker compose run --rm web pytest", TEST),
        ("docker-compose -f ci.yml run -e A=b app python manage.py test", TEST),
        ("docker compose exec -T web pytest", TEST),
        ("docker run --rm -v $PWD:/app image:1 npm_config_x=1 pytest", TEST),
        ("docker exec -i box pytest", TEST),
        ("bash -c 'pytest -q'", TEST),
        ('sh -ec "cd src && pytest"', TEST),
        ("bash <<EOF\npytest\nEOF", TEST),
        ("eval 'pytest'", TEST),
        ("conda run -n env pytest", TEST),
        ("ruff check .", LINT),
        ("npx eslint .", LINT),
        ("prettier --check .", LINT),
        ("mypy src", TYPES),
        ("npx tsc --noEmit", TYPES),
        ("docker build .", BUILD),
        ("twine upload dist/*", Kind.PUBLISH),
        ("npm publish", Kind.PUBLISH),
        ("docker push image", Kind.PUBLISH),
        ("kubectl apply -f k8s", Kind.DEPLOY),
        ("flyctl deploy --remote-only", Kind.DEPLOY),
        ("rsync -a dist/ me@host:/srv", Kind.DEPLOY),
        ("aws s3 sync dist s3://bucket", Kind.DEPLOY),
        ("pip-audit", Kind.SCAN),
        ("npm audit", Kind.SCAN),
    ],
)
def test_known_programs(tmp_path: Path, command: str, kind: Kind) -> None:
    found = pipeline(tmp_path, command, {"manage.py": "#!/usr/bin/env python\n", **TESTS})
    assert kinds(found) - {Kind.INSTALL} == {kind}


@pytest.mark.parametrize(
    "command",
    [
        "pytest --collect-only",
        "pytest --version",
        "pytest --help",
        "jest --listTests",
        "jest --watch",
        "vitest watch",
        "vitest --watch",
        "npx vitest bench",
        "jest --passWithNoTests",
        "cargo test --no-run",
        "go test -run '^$' ./...",
        "npx playwright test --list",
        "mvn test -DskipTests",
        "gradle test -x test",
        "node --test --watch",
        "tox --notest",
        "echo pytest",
        "# pytest",
        "printf pytest",
        "cat <<EOF\npytest\nEOF",
        "npx playwright install",
        "pip install pytest",
        "which pytest",
        "python -c 'import pytest'",
        "grep pytest setup.cfg",
        "npm install",
        "coverage report",
    ],
)
def test_what_runs_no_test(tmp_path: Path, command: str) -> None:
    found = pipeline(tmp_path, command, {"app.py": "x\n"})
    assert TEST not in kinds(found)
    assert not proves(found)


@pytest.mark.parametrize(
    ("run", "files", "chain"),
    [
        ("npm test", {"package.json": package(test="jest")}, ["package.json:4"]),
        ("npm t", {"package.json": package(test="jest")}, ["package.json:4"]),
        (
            "npm run ci",
            {"package.json": package(ci="npm run unit", unit="vitest run")},
            ["package.json:4", "package.json:5"],
        ),
        ("npm run build", {"package.json": package(build="vite build", postbuild="jest")}, ["package.json:5"]),
        ("npm run x -- -v", {"package.json": package(x="mocha")}, ["package.json:4"]),
        ("npm --prefix web test", {"web/package.json": package(test="jest")}, ["web/package.json:4"]),
        ("npm test --prefix web", {"web/package.json": package(test="jest")}, ["web/package.json:4"]),
        ("cd web && npm test", {"web/package.json": package(test="jest")}, ["web/package.json:4"]),
        ("yarn unit", {"package.json": package(unit="jest")}, ["package.json:4"]),
        ("yarn jest --ci", {"package.json": package(unit="x")}, []),
        ("yarn --cwd web test", {"web/package.json": package(test="jest")}, ["web/package.json:4"]),
        ("pnpm -C web test", {"web/package.json": package(test="jest")}, ["web/package.json:4"]),
        ("pnpm run test --run", {"package.json": package(test="vitest")}, ["package.json:4"]),
        ("bun run test", {"package.json": package(test="jest")}, ["package.json:4"]),
        ("npx run-s lint 'test:*'", {"package.json": package(**{"test:unit": "jest"})}, ["package.json:4"]),
        ("npx concurrently npm:unit 'eslint .'", {"package.json": package(unit="jest")}, ["package.json:4"]),
        (
            "pnpm -r test",
            {
                "package.json": package(),
                "pnpm-workspace.yaml": "packages: [pkgs/*]",
                "pkgs/a/package.json": package(test="jest"),
            },
            ["pkgs/a/package.json:4"],
        ),
        (
            "npm test --workspaces",
            {"package.json": '{"workspaces": ["p/*"]}', "p/a/package.json": package(test="ava")},
            ["p/a/package.json:4"],
        ),
        (
            "npx turbo run test",
            {
                "package.json": '{"workspaces": ["p/*"]}',
                "turbo.json": '{\n  // tasks\n  "tasks": {\n    "test": {}\n  }\n}',
                "p/a/package.json": package(test="vitest run"),
            },
            ["turbo.json:4", "p/a/package.json:4"],
        ),
        (
            "nx run-many -t test",
            {"nx.json": "{}", "a/project.json": '{"targets": {"test": {"executor": "@nx/jest:jest"}}}'},
            ["a/project.json:1"],
        ),
        ("make test", {"Makefile": "test: lint\n\tpytest\nlint:\n\truff check\n"}, ["Makefile:2"]),
        (
            "make",
            {"Makefile": "PY ?= python\nall: unit\nunit:\n\t@$(PY) -m pytest $(ARGS)\n"},
            ["Makefile:2", "Makefile:4"],
        ),
        ("make -C api check", {"api/Makefile": "check:\n\tgo test ./...\n", "api/a_test.go": ""}, ["api/Makefile:2"]),
        ("make test", {"Makefile": "include mk/t.mk\n", "mk/t.mk": "test:\n\tcargo test\n"}, []),
        ("just test", {"justfile": "test: build\n    pytest\nbuild:\n    echo\n"}, ["justfile:2"]),
        (
            "task test",
            {"Taskfile.yml": "version: '3'\ntasks:\n  test:\n    cmds:\n      - pytest -q\n"},
            ["Taskfile.yml:3"],
        ),
        ("tox", {"tox.ini": "[tox]\nenvlist = py312\n[testenv]\ncommands =\n    pytest {posargs}\n"}, ["tox.ini:5"]),
        (
            "tox -e unit",
            {"tox.ini": "[testenv]\ncommands = flake8\n[testenv:unit]\ncommands = pytest\n"},
            ["tox.ini:4"],
        ),
        (
            "tox -e py-cov",
            {"tox.ini": "[testenv]\ncommands =\n    cov: pytest --cov\n    !cov: ruff check\n"},
            ["tox.ini:3"],
        ),
        ("tox run", {"tox.toml": 'env_list = ["3.12"]\n[env_run_base]\ncommands = [["pytest"]]\n'}, ["tox.toml:3"]),
        (
            "nox -s tests",
            {"noxfile.py": "import nox\n@nox.session\ndef tests(session):\n    session.run('pytest')\n"},
            ["noxfile.py:4"],
        ),
        (
            "nox -s tests-3.12",
            {"noxfile.py": "import nox\n@nox.session(python=['3.12'])\ndef tests(s):\n    s.run('pytest')\n"},
            ["noxfile.py:4"],
        ),
        (
            "nox",
            {"noxfile.py": "import nox\ndef go(s):\n    s.run('pytest')\n@nox.session\ndef a(s):\n    go(s)\n"},
            ["noxfile.py:6", "noxfile.py:3"],
        ),
        (
            "inv test",
            {"tasks.py": "from invoke import task\n@task\ndef test(c):\n    c.run('pytest -q')\n"},
            ["tasks.py:4"],
        ),
        ("pdm run test", {"pyproject.toml": '[tool.pdm.scripts]\ntest = "pytest -q"\n'}, ["pyproject.toml:2"]),
        ("poe test", {"pyproject.toml": '[tool.poe.tasks]\nunit = "pytest"\ntest = ["unit"]\n'}, []),
        (
            "hatch run test:cov",
            {"pyproject.toml": '[tool.hatch.envs.test.scripts]\ncov = "pytest --cov {args}"\n'},
            ["pyproject.toml:2"],
        ),
        ("pipenv run test", {"Pipfile": '[scripts]\ntest = "pytest"\n'}, ["Pipfile:2"]),
        (
            "scripts/test",
            {"scripts/test": '#!/bin/sh -e\n\nexport P=""\n${P}coverage run -m pytest\n'},
            ["scripts/test:4"],
        ),
        ("bash ci/run.sh unit", {"ci/run.sh": "case $1 in\nunit) pytest;;\nesac\n"}, ["ci/run.sh:2"]),
        (
            "./t.sh",
            {
                "t.sh": '#!/bin/bash\nset -e\ncd "$(dirname "$0")"/api\nnpm test\n',
                "api/package.json": package(test="jest"),
            },
            ["t.sh:4", "api/package.json:4"],
        ),
        ("source lib.sh; run", {"lib.sh": "pytest\n"}, ["lib.sh:1"]),
        ("deno task test", {"deno.json": '{"tasks": {"test": "deno test -A"}}'}, ["deno.json:1"]),
        ("composer test", {"composer.json": '{"scripts": {"test": ["@unit"], "unit": "phpunit"}}'}, []),
        (
            "docker compose up --exit-code-from t",
            {"compose.yml": "services:\n  t:\n    command: pytest\n"},
            ["compose.yml:3"],
        ),
        (
            "python tests/test_all.py",
            {"tests/test_all.py": "import unittest\nunittest.main()\n"},
            ["tests/test_all.py:2"],
        ),
    ],
)
def test_chains(tmp_path: Path, run: str, files: dict[str, str], chain: list[str]) -> None:
    found = pipeline(tmp_path, run, {**TESTS, **files})
    assert proves(found), [str(each.reason) for each in found.opaque]
    leaf = next(leaf for leaf in found.of(TEST) if leaf.fails.yes)
    assert str(leaf.chain[0]) == ".github/workflows/ci.yml:8"
    if chain:
        assert [str(link) for link in leaf.chain[1:]] == chain


@pytest.mark.parametrize(
    ("run", "files"),
    [
        ("npm test", {"package.json": package(build="vite build")}),
        ("npm test", {"package.json": package(test='echo \\"Error: no test specified\\" && exit 1')}),
        ("npm test --if-present", {"package.json": package()}),
        ("npm test", {"package.json": package(test="exit 0 && jest")}),
        ("npm test", {"package.json": package(test="jest || true")}),
        ("npm test", {"package.json": package(test="jest; exit 0")}),
        ("npm test", {"package.json": package(test="npx if-env CI=true && exit 0 || jest")}),
        ("npm test", {"package.json": package(test="eslint .")}),
        ("npm test", {"package.json": package(test="npm test")}),
        ("npm run a", {"package.json": package(a="npm run b", b="npm run a")}),
        ("npm test", {"package.json": "{}"}),
        ("npm test", {}),
        ("npm test", {"package.json": "{not json"}),
        ("make test", {"Makefile": "test:\n\t-pytest\n"}),
        ("make test", {"Makefile": "test:\n\tpytest || true\n"}),
        ("make test", {"Makefile": "test:\n\tpytest; echo\n"}),
        ("make -i test", {"Makefile": "test:\n\tpytest\n"}),
        ("make -n test", {"Makefile": "test:\n\tpytest\n"}),
        ("make test", {"Makefile": "test:\n\t@echo pytest\n"}),
        ("make test", {"Makefile": "test: test\n"}),
        ("make tests", {"Makefile": "tests:\n\tpytest\n", "tests/test_a.py": "x"}),
        ("PYTEST_ADDOPTS=--collect-only pytest", {}),
        ("go test ./...", {"main.go": "x"}),
        ("make test", {}),
        ("tox", {"tox.ini": "[tox]\nenvlist = py\n[testenv]\ncommands = - pytest\n"}),
        ("tox", {"tox.ini": "[tox]\nenvlist = py\n[testenv]\nignore_outcome = true\ncommands = pytest\n"}),
        ("tox -e lint", {"tox.ini": "[testenv]\ncommands = pytest\n[testenv:lint]\ncommands = ruff check\n"}),
        ("nox -s lint", {"noxfile.py": "import nox\n@nox.session\ndef lint(s):\n    s.run('ruff', 'check')\n"}),
        ("nox -l", {"noxfile.py": "import nox\n@nox.session\ndef t(s):\n    s.run('pytest')\n"}),
        ("scripts/pytest", {"scripts/pytest": "#!/bin/sh\necho hi\n"}),
        ("bash run.sh", {"run.sh": "pytest\necho done\n"}),
        ("bash run.sh", {"run.sh": "#!/bin/bash\nexit 0\npytest\n"}),
        ("bash missing-test.sh", {}),
        ("$RUNNER -q", {}),
        ("$(make_command) test", {}),
        ("python run_all.py", {"run_all.py": "import subprocess\nsubprocess.run(['pytest'])\n"}),
        ("just test", {"justfile": "test:\n    -pytest\n"}),
        ("task test", {"Taskfile.yml": "tasks:\n  test:\n    ignore_error: true\n    cmds: [pytest]\n"}),
        ("turbo run test", {"package.json": "{}", "turbo.json": "{"}),
        ("xargs pytest < list", {}),
        ("find . -name '*.py' | xargs pytest", {}),
        ("poe test", {"pyproject.toml": '[tool.poe.tasks.test]\ncmd = "pytest"\nignore_fail = true\n'}),
        ("git clone x && ./x/test.sh", {}),
    ],
)
def test_no_proof(tmp_path: Path, run: str, files: dict[str, str]) -> None:
    assert not proves(pipeline(tmp_path, run, files))


def test_tests_need_files_where_they_pass_without_any(tmp_path: Path) -> None:
    command = "npx jest --passWithNoTests"
    assert not proves(pipeline(tmp_path / "without", command, {"src/a.ts": "x"}))
    assert proves(pipeline(tmp_path / "with", command, {"src/a.ts": "x", "src/a.test.ts": "x"}))


def test_a_called_program_of_the_repository_is_not_guessed(tmp_path: Path) -> None:
    found = pipeline(tmp_path, "python tools/ci.py", {"tools/ci.py": "import subprocess\nsubprocess.run('pytest')\n"})
    assert [each.reason for each in found.opaque] == ["tools/ci.py may start tests; programs like it are not followed"]
    assert found.opaque[0].on_change.answer is Answer.YES


def test_a_target_named_like_a_folder_needs_phony(tmp_path: Path) -> None:
    rule = "tests:\n\tpytest\n"
    files = {"tests/test_a.py": "x"}
    (leaf,) = pipeline(tmp_path / "plain", "make tests", {**files, "Makefile": rule}).of(TEST)
    assert leaf.on_change.why == "make does nothing: tests exists and the target “tests” is not .PHONY"
    assert proves(pipeline(tmp_path / "phony", "make tests", {**files, "Makefile": ".PHONY: tests\n" + rule}))
