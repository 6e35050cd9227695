"""Reads commit hooks: pre-commit's configuration, husky's and other folders' scripts, lefthook, lint-staged.

Sources: the tools' manuals; for GitLab, "Pipeline secret detection": its job may fail without failing the pipeline, and
ends well when it has found something.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from shipworthy.facts.base import FactReader, Facts, View
from shipworthy.facts.pipeline.fact import YES, Link, Said, SecretScan, no, unsure
from shipworthy.facts.pipeline.followers import FOLLOWERS
from shipworthy.facts.pipeline.precommit import hooks_of
from shipworthy.facts.pipeline.resolve import Frame, Resolver, fixed
from shipworthy.facts.pipeline.secret_scanners import scan_of
from shipworthy.facts.pipeline.tree import Tree, line_with, rows
from shipworthy.facts.pipeline.wrappers import strip
from shipworthy.facts.scan_gate.fact import HOOKS, LocalHook, Reports, ScanGate, by_configuration
from shipworthy.facts.secrets.allow.gitleaks_toml import GITLEAKS_TOML, GitleaksToml
from shipworthy.facts.secrets.allow.go_regex import Work
from shipworthy.facts.secrets.allow.wide import own_paths

_SCRIPTS = {
    "husky": (".husky/pre-commit", ".husky/pre-push"),
    "a hooks folder": (
        ".githooks/pre-commit", ".githooks/pre-push", "githooks/pre-commit", "githooks/pre-push",
        ".git-hooks/pre-commit", ".git-hooks/pre-push",
    ),
}  # fmt: skip
_LEFTHOOK = ("lefthook.yml", "lefthook.yaml", ".lefthook.yml", ".lefthook.yaml")
_LINT_STAGED = (".lintstagedrc", ".lintstagedrc.json", ".lintstagedrc.yml", ".lintstagedrc.yaml")
_GITLAB = (".gitlab-ci.yml", ".gitlab-ci.yaml")
_MOST = 20
"""Configurations of gitleaks looked at, beside the one it looks for by itself."""
_GITLAB_WHY = "GitLab's secret detection reports what it finds and ends well all the same"


@dataclass(frozen=True, slots=True)
class _Script:
    """Commands of a hook: their text, and where it stands (`line` None: it is the whole file)."""

    manager: str
    path: str
    text: str
    line: int | None = None


class ScanGateReader(FactReader[ScanGate]):
    """Follows what hooks run by the same means as pipelines are followed."""

    def read(self, view: View, facts: Facts) -> ScanGate:
        tree = Tree(view)
        hooks = [
            LocalHook(manager="pre-commit", path=each.path, line=each.line, scan=each.scan)
            for each in hooks_of(tree)
            if each.stages & {"pre-commit", "pre-push"}
        ]
        for script in _scripts(tree):
            hooks += _found(tree, script)
        gitleaks = _by_gitleaks_toml(view, GITLEAKS_TOML)
        named = [entry.path for entry in view.entries("*gitleaks*.toml") if entry.path != GITLEAKS_TOML][:_MOST]
        others = {path: _by_gitleaks_toml(view, path) for path in named}
        hooks = [replace(each, scan=by_configuration(each.scan, gitleaks, others)) for each in hooks]
        for path, why in tree.bad.items():
            view.gap(path, why, subject=HOOKS)
        return ScanGate(
            hooks=tuple(hooks), reports=tuple(_reports(tree)), gitleaks=gitleaks, configurations=others,
            read=tuple(view.seen), gaps=tuple(view.gaps),
        )  # fmt: skip


def _by_gitleaks_toml(view: View, path: str) -> Said:
    """Sources: gitleaks' README, "Configuration": a file without `[extend]` takes the place of the built-in rules."""
    data = view.read(path) if view.exists(path) else None
    if data is None:
        return YES
    config = GitleaksToml(data, Work(), own_paths(view.entries()))
    if config.problems_of_form:
        return unsure(f"{path} is not valid TOML, so gitleaks cannot start and looks for nothing")
    if config.without_rules:
        return no(f"{path} has no rules and does not extend the built-in ones, so gitleaks looks for nothing")
    place = config.passes_over_most
    return (
        YES
        if place is None
        else unsure(f"the list at {str(place).replace(GITLEAKS_TOML, path)} passes over most of what is here")
    )


def _scripts(tree: Tree) -> Iterator[_Script]:
    for manager, paths in _SCRIPTS.items():
        for path in paths:
            text = tree.text(path) if tree.is_file(path) else None
            if text is not None:
                yield _Script(manager, path, text)
    config = next((name for name in _LEFTHOOK if tree.is_file(name)), "")
    data = tree.yaml(config) if config else None
    for stage in ("pre-commit", "pre-push"):
        part = data.get(stage) if isinstance(data, Mapping) else None
        if isinstance(part, Mapping):
            commands = part.get("commands")
            jobs = [*(commands.values() if isinstance(commands, Mapping) else ()), *rows(part.get("jobs"))]
            for job in jobs:
                run = job.get("run") if isinstance(job, Mapping) else None
                if isinstance(run, str):
                    yield _Script("lefthook", config, run, _line(tree, config, run))


def _line(tree: Tree, path: str, text: str) -> int:
    """Where a value stands: the line that holds its first one."""
    first = text.strip().split("\n", 1)[0]
    place = (tree.text(path) or "").find(first)
    return (tree.text(path) or "").count("\n", 0, place) + 1 if place >= 0 else 1


def _found(tree: Tree, script: _Script) -> Iterator[LocalHook]:
    resolver = Resolver(tree, FOLLOWERS)
    lines = script.text.split("\n")

    def here(row: int) -> Link:
        return Link(script.path, row + 1, lines[row].strip()[:80] if row < len(lines) else "")

    resolver.script(
        script.text, Frame(), fixed(Link(script.path, script.line, "")) if script.line is not None else here
    )
    for each in resolver.found:
        first = each.chain[0]
        if each.secrets is not None and not each.runs.no:
            yield LocalHook(manager=script.manager, path=first.path, line=first.line, scan=each.secrets)
        elif each.text.split(" ")[0] == "lint-staged":
            for path, line, scan in _lint_staged(tree):
                yield LocalHook(manager=script.manager, path=path, line=line, scan=scan)


def _lint_staged(tree: Tree) -> Iterator[tuple[str, int, SecretScan]]:
    """Scanners that lint-staged gives the staged files to."""
    package = tree.json("package.json") if tree.is_file("package.json") else None
    own = package.get("lint-staged") if isinstance(package, dict) else None
    places: list[tuple[str, Any]] = [("package.json", own)]
    places += [(name, tree.yaml(name)) for name in _LINT_STAGED if tree.is_file(name)]
    for path, given in places:
        for value in given.values() if isinstance(given, Mapping) else ():
            for command in value if isinstance(value, list) else [value]:
                try:
                    words = strip(shlex.split(str(command))).words
                except ValueError:
                    continue
                scan = scan_of(words, {}, fed=True) if words else None
                if scan is not None:
                    yield path, _line(tree, path, str(command)), scan


def _reports(tree: Tree) -> Iterator[Reports]:
    """GitLab's own job, which comes with a template."""
    for path in _GITLAB:
        text = tree.text(path) if tree.is_file(path) else None
        if text is not None and "Secret-Detection" in text:
            yield Reports(path=path, line=line_with(text, r"Secret-Detection"), why=_GITLAB_WHY)
