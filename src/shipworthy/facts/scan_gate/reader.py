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
from shipworthy.facts.pipeline import Pipeline
from shipworthy.facts.pipeline.fact import Link, SecretScan
from shipworthy.facts.pipeline.followers import FOLLOWERS
from shipworthy.facts.pipeline.precommit import hooks_of
from shipworthy.facts.pipeline.resolve import Frame, Resolver, fixed
from shipworthy.facts.pipeline.secret_scanners import scan_of
from shipworthy.facts.pipeline.tree import Tree, line_with, rows
from shipworthy.facts.pipeline.wrappers import strip
from shipworthy.facts.scan_gate.fact import HOOKS, LocalHook, Reports, ScanGate
from shipworthy.facts.scan_gate.files import configured, left_out, listed
from shipworthy.facts.secrets.allow.gitleaks_toml import GITLEAKS_TOML

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

    needs = (Pipeline,)

    def read(self, view: View, facts: Facts) -> ScanGate:
        tree = Tree(view)
        hooks = [
            LocalHook(manager="pre-commit", path=each.path, line=each.line, scan=each.scan)
            for each in hooks_of(tree)
            if each.stages & {"pre-commit", "pre-push"}
        ]
        for script in _scripts(tree):
            hooks += _found(tree, script)
        pipeline = facts[Pipeline]
        scans = [*(each.secrets for each in pipeline.leaves if each.secrets), *(each.scan for each in hooks)]
        gitleaks = configured(view, GITLEAKS_TOML)
        named = dict.fromkeys(each.config for each in scans if each.config and view.exists(each.config))
        others = {path: configured(view, path) for path in list(named)[:_MOST] if path != GITLEAKS_TOML}
        wanted = list(dict.fromkeys(row for each in scans for row in each.lists if row[0]))[:_MOST]
        lists = {row: listed(view, *row) for row in wanted}
        local = ScanGate(gitleaks=gitleaks, configurations=others, lists=lists)
        hooks = [replace(each, scan=local.judged(each.scan)) for each in hooks]
        for path, why in tree.bad.items():
            view.gap(path, why, subject=HOOKS)
        return replace(
            local, hooks=tuple(hooks), reports=tuple(_reports(tree)), left_out=left_out(view, pipeline),
            read=tuple(view.seen), gaps=tuple(view.gaps),
        )  # fmt: skip


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
