"""lint-types-in-ci: linter and type checker run on every change, and can fail it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.facts.pipeline.pipeline_reading import workflow
from tests.support import outcome_of, write

from shipworthy.model import Outcome, OutcomeKind

PASS, FAIL, UNKNOWN = OutcomeKind.PASS, OutcomeKind.FAIL, OutcomeKind.UNKNOWN
NEEDS_YOU, NA = OutcomeKind.NEEDS_YOU, OutcomeKind.NOT_APPLICABLE
CI = ".github/workflows/ci.yml"
PY = {"app.py": "x = 1\n", "requirements.txt": "flask==3.0.0\n"}
TS = {
    "package.json": '{"scripts": {"lint": "eslint .", "fmt": "prettier --write ."}}',
    "src/a.ts": "export {}\n",
    "src/b.ts": "export {}\n",
}
JS = {"package.json": "{}", "index.js": "1\n"}
GO = {"go.mod": "module x\n", "main.go": "package main\n"}
TURBO = {
    "package.json": '{"workspaces": ["web"]}',
    "turbo.json": '{"tasks": {"lint": {}, "types": {}}}',
    "web/package.json": '{"scripts": {"lint": "eslint .", "types": "tsc"}}',
    "web/a.ts": "export {}\n",
}
LOCAL = "repos:\n  - repo: local\n    hooks:\n      - {id: a, entry: make lint, language: system}\n"
BOTH = "ruff check .\nmypy ."
NO_TYPES = "no type checker for Python on every change"
NO_LINT = "no linter for Python on every change"


def judged(folder: Path, files: Mapping[str, str]) -> Outcome:
    return outcome_of("lint-types-in-ci", write(folder, files))


def hooks(*ids: str, more: str = "") -> str:
    rows = "".join(f"      - id: {name}\n" for name in ids)
    return f"{more}repos:\n  - repo: https://example.example/hooks\n    rev: v1\n    hooks:\n{rows}"


@pytest.mark.parametrize(
    ("files", "run", "kind", "summary"),
    [
        (PY, BOTH, PASS, "ci.yml:8 ruff, ci.yml:9 mypy"),
        (PY, "make lint", PASS, "ci.yml:8 flake8 <- Makefile:2, ci.yml:8 pyright <- Makefile:3"),
        (PY, "flake8 && pyright", PASS, None),
        (PY, "uvx ruff check\nuv run ty check", PASS, None),
        (PY, "ruff check .", FAIL, NO_TYPES),
        (PY, "mypy .", FAIL, NO_LINT),
        (PY, "ruff check . || true\nmypy .", FAIL, NO_LINT),
        (PY, "ruff check --exit-zero .\nmypy .", FAIL, NO_LINT),
        (PY, "ruff format .\nmypy .", FAIL, NO_LINT),
        (PY, "black .\nmypy .", FAIL, NO_LINT),
        (PY, "black --check .\nmypy .", PASS, None),
        (PY, "ruff check --fix .\nmypy .", UNKNOWN, None),
        (PY, "ruff check --fix --exit-non-zero-on-fix .\nmypy .", PASS, None),
        (PY, "ruff check --fix .\nruff check .\nmypy .", PASS, None),
        (PY, "ruff --version\nmypy .", FAIL, NO_LINT),
        (PY, "echo ruff check .\nmypy .", FAIL, NO_LINT),
        (PY, "python manage.py check\nmypy .", FAIL, NO_LINT),
        (PY, "eslint .\ntsc", FAIL, NO_LINT),
        (PY, "pytest", FAIL, NO_LINT),
        (PY, "earthly +lint-check-test", UNKNOWN, None),
        (TS, "npm run lint\nnpx tsc --noEmit", PASS, "ci.yml:8 eslint <- package.json:1, ci.yml:9 tsc"),
        (TS, "npm run lint", FAIL, "no type checker for TypeScript on every change"),
        ({**TURBO}, "npx turbo lint types", PASS, None),
        ({**TURBO}, "npx turbo lint types -- --fix", UNKNOWN, None),
        ({**TS, "e2e/package.json": '{"scripts": {"b": "tsc"}}'}, "npm run lint\ncd e2e && npm run b", FAIL, None),
        (TS, "npm run fmt\nnpx tsc", FAIL, "no linter for TypeScript on every change"),
        (TS, "npx biome check --write\nnpx tsc", UNKNOWN, None),
        (TS, "npx biome ci .\nnpx tsc", PASS, None),
        (TS, "npx eslint .\nnpx next build", PASS, None),
        (
            {**TS, "next.config.mjs": "export default { typescript: { ignoreBuildErrors: true } }"},
            "npx eslint .\nnpx next build",
            FAIL,
            "no type checker for TypeScript on every change",
        ),
        (JS, "npx eslint .", PASS, "ci.yml:8 eslint"),
        (JS, "npx prettier --write .", FAIL, "no linter for JavaScript on every change"),
        (GO, "go vet ./...\ngo build ./...", PASS, "ci.yml:8 go vet"),
        (GO, "golangci-lint run", PASS, None),
        (GO, "gofmt -l .\ngo test ./...", FAIL, "no linter for Go on every change"),
        (GO, "golangci-lint run --issues-exit-code=0\ngo build", FAIL, "no linter for Go on every change"),
        (
            {"Cargo.toml": "[package]\n", "src/main.rs": "fn main() {}\n"},
            "cargo fmt\ncargo test",
            FAIL,
            "no linter for Rust on every change",
        ),
        ({"Cargo.toml": "[package]\n", "src/main.rs": "#[test]\n"}, "cargo fmt -- --check\ncargo test", PASS, None),
        ({"Gemfile": "", "a.rb": "1\n"}, "bundle exec rubocop", PASS, None),
        ({"composer.json": "{}", "a.php": "<?php\n"}, "vendor/bin/phpstan analyse", PASS, None),
        ({"pom.xml": "<p/>", "A.java": "class A {}\n"}, "mvn verify checkstyle:check", PASS, None),
        ({"build.gradle": "", "A.java": "class A {}\n"}, "./gradlew build", FAIL, "no linter for Java on every change"),
        ({"a.csproj": "", "a.cs": "class A {}\n"}, "dotnet build\ndotnet format --verify-no-changes", PASS, None),
        ({"a.csproj": "", "a.cs": "class A {}\n"}, "dotnet build\ndotnet format", FAIL, None),
        ({"go.mod": "", "a.go": ""}, "go vet\ndocker build .", PASS, None),
        ({"a.lua": "x = 1\n"}, "luacheck .", NA, "no language with a linter or type checker known here"),
        (
            {**PY, ".pre-commit-config.yaml": hooks("ruff", "mypy")},
            "pre-commit run --all-files",
            PASS,
            "ci.yml:8 ruff <- .pre-commit-config.yaml:5, ci.yml:8 mypy <- .pre-commit-config.yaml:6",
        ),
        ({**PY, ".pre-commit-config.yaml": hooks("ruff", "mypy")}, "pre-commit run", NEEDS_YOU, None),
        ({**PY, ".pre-commit-config.yaml": LOCAL}, "pre-commit run -a", PASS, None),
        ({**PY, **TS}, BOTH, FAIL, "no linter for TypeScript on every change"),
        ({**PY, "static/a.js": "", "static/b.js": "", "package.json": "{}"}, "npx eslint .", FAIL, NO_LINT),
        ({**PY, ".pre-commit-config.yaml": hooks("ruff")}, "pre-commit run -a", FAIL, NO_TYPES),
        ({**PY, ".pre-commit-config.yaml": hooks("ruff", "mypy")}, "SKIP=mypy pre-commit run -a", NEEDS_YOU, None),
        (
            {**PY, ".pre-commit-config.yaml": hooks("ruff", "mypy")},
            "pytest",
            NEEDS_YOU,
            "ruff, mypy as commit hooks only",
        ),
        ({**PY, ".pre-commit-config.yaml": "repos: [\n"}, "pytest", UNKNOWN, None),
        ({**PY, ".pre-commit-config.yaml": "repos: [\n"}, BOTH, PASS, None),
    ],
)
def test_outcomes(tmp_path: Path, files: dict[str, str], run: str, kind: OutcomeKind, summary: str | None) -> None:
    make = {"Makefile": "lint:\n\tflake8\n\tpyright\n"}
    found = judged(tmp_path / "repo", {**files, **make, CI: workflow(run)})
    assert found.kind is kind, (found.summary, [each.message for each in found.findings])
    if summary is not None:
        assert found.summary == summary


def test_no_code_and_no_pipeline(tmp_path: Path) -> None:
    assert judged(tmp_path / "one", {"README.md": "# x\n"}).kind is NA
    found = judged(tmp_path / "two", PY)
    assert (found.kind, len(found.findings)) == (FAIL, 2)
    assert found.findings[0].remedy.startswith("Run `ruff check .` in a job of .github/workflows/ci.yml")


def test_a_pass_names_the_proof_of_every_part(tmp_path: Path) -> None:
    found = judged(tmp_path / "repo", {**PY, CI: workflow("ruff check .\nflake8\nblack --check .\nmypy .")})
    assert (found.kind, found.summary) == (PASS, "ci.yml:8 ruff, ci.yml:11 mypy")


def test_what_is_missing_is_told_first_and_nothing_twice(tmp_path: Path) -> None:
    run = "ruff check --fix .\nruff check --fix ."
    found = judged(tmp_path / "repo", {**PY, CI: workflow(run)})
    assert (found.kind, found.summary) == (FAIL, NO_TYPES)
    assert [str(each.location) for each in found.findings] == ["project", f"{CI}:8", f"{CI}:9"]
    assert found.findings[0].message == "No type checker for Python runs on a proposed change."
    assert {each.remedy for each in found.findings[1:]} == {"Only check there, without fixing."}
    both = "ruff check --fix . && ruff check --fix ."
    assert len(judged(tmp_path / "again", {**PY, CI: workflow(both)}).findings) == 2


def test_late_and_masked_say_where(tmp_path: Path) -> None:
    late = workflow(BOTH, on="{push: {branches: [main]}}")
    found = judged(tmp_path / "repo", {**PY, CI: late})
    assert (found.kind, [str(each.location) for each in found.findings]) == (FAIL, [f"{CI}:8", f"{CI}:9"])
    assert "starts only after a change has landed" in found.findings[0].message


@pytest.mark.parametrize("system", ["appveyor.yml", ".cirrus.yml"])
def test_an_unread_system_leaves_it_open(tmp_path: Path, system: str) -> None:
    assert judged(tmp_path / "repo", {**PY, system: "x: 1\n"}).kind is UNKNOWN
