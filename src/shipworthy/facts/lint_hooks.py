"""The linters and type checkers that run as commit hooks, on machines where somebody installed them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shipworthy.facts.base import Fact, FactReader, Facts, View

HOOKS = "commit hooks that lint"
"""The subject of gaps: what sets up commit hooks could not be understood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LintHook:
    """One hook: `program` is what it runs ("ruff"), `line` is 1-based."""

    program: str
    path: str
    line: int


@dataclass(frozen=True, kw_only=True)
class LintHooks(Fact):
    """All of .pre-commit-config.yaml, in file order."""

    hooks: tuple[LintHook, ...] = ()

    @classmethod
    def reader(cls) -> FactReader[Any]:
        return LintHooksReader()


class LintHooksReader(FactReader[LintHooks]):
    """Reads the configuration by the same tables as `pre-commit run` in a pipeline."""

    def read(self, view: View, facts: Facts) -> LintHooks:
        from shipworthy.facts.pipeline.hook_linters import linters_of
        from shipworthy.facts.pipeline.precommit import config_of
        from shipworthy.facts.pipeline.tree import Tree

        tree = Tree(view)
        found = config_of(tree)
        hooks = [
            LintHook(program=each.program, path=each.path, line=each.line)
            for each in (linters_of(*found) if found else ())
        ]
        for path, why in tree.bad.items():
            view.gap(path, why, subject=HOOKS)
        return LintHooks(hooks=tuple(hooks), read=tuple(view.seen), gaps=tuple(view.gaps))
