"""Follows task runners over many packages: turbo, lerna, lage and nx. Source: their own references."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from shipworthy.facts.pipeline.fact import Link
from shipworthy.facts.pipeline.packages import has_script, run_everywhere, run_script, select, workspaces
from shipworthy.facts.pipeline.resolve import Frame, Resolver, fixed
from shipworthy.facts.pipeline.tree import line_with, rows
from shipworthy.facts.pipeline.wrappers import option

_TURBO_VALUED = {
    "--filter", "-F", "--concurrency", "--cache-dir", "--output-logs", "--log-order", "--scope", "--cwd", "--env-mode",
    "--token", "--team", "--api", "--log-prefix", "--cache-workers", "--cache",
}  # fmt: skip
_NX_PLUGINS = {
    "@nx/jest/plugin": ("test", "jest.config.", ["jest"]),
    "@nx/vite/plugin": ("test", "vite", ["vitest", "run"]),
    "@nx/vitest": ("test", "vite", ["vitest", "run"]),
    "@nx/playwright/plugin": ("e2e", "playwright.config.", ["playwright", "test"]),
    "@nx/cypress/plugin": ("e2e", "cypress.config.", ["cypress", "run"]),
    "@nx/eslint/plugin": ("lint", "eslint", ["eslint"]),
}
_NX_EXECUTORS: tuple[tuple[str, list[str]], ...] = (
    (r"jest", ["jest"]),
    (r"(vite|vitest|angular|build):(test|unit-test)$|vitest", ["vitest", "run"]),
    (r":karma$|:web-test-runner$", ["karma", "start"]),
    (r"playwright", ["playwright", "test"]),
    (r"cypress", ["cypress", "run"]),
    (r"(nxlv|nx-python|python).*:(test|pytest)$", ["pytest"]),
    (r"nx-go:test$|nx/go:test$", ["go", "test"]),
    (r"eslint|:lint$", ["eslint"]),
)
MAX_TASKS = 40


def _plain(words: Sequence[str], valued: set[str]) -> tuple[list[str], list[str]]:
    """(plain words, values of filter options) up to `--`."""
    found: list[str] = []
    filters: list[str] = []
    at = 0
    while at < len(words) and words[at] != "--":
        name, _, value = words[at].partition("=")
        if name in ("--filter", "-F", "--scope"):
            filters.append(value or (words[at + 1] if at + 1 < len(words) else ""))
        if words[at].startswith("-"):
            at += 2 if name in valued and not value else 1
            continue
        found.append(words[at])
        at += 1
    return found, filters


def turbo(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    """`turbo run test lint`, `turbo test`: scripts of the workspace packages, and what the tasks depend on."""
    plain, filters = _plain(words[1:], _TURBO_VALUED)
    if plain[:1] == ["run"]:
        plain = plain[1:]
    if any(word.startswith(("--dry", "--graph")) for word in words):
        return True
    if not plain or plain[0] in ("login", "link", "prune", "daemon", "telemetry", "ls", "query", "gen", "watch"):
        return True
    path = r.tree.upwards(frame.folder, "turbo.json", "turbo.jsonc")
    data = r.tree.json(path) if path else None
    root = posixpath.dirname(path) or "." if path else frame.folder
    tasks = (data.get("tasks") or data.get("pipeline")) if isinstance(data, dict) else None
    if not isinstance(tasks, dict):
        r.lose(f"`turbo {' '.join(plain)}`: turbo.json could not be understood", frame)
        return True
    nested = frame.enter("turbo", str(path), *plain)
    if nested is None:
        return True
    packages = select(r, root, filters)
    waiting, done = list(plain), list[str]()
    given = list(words[words.index("--") + 1 :]) if "--" in words else []
    while waiting:
        if len(done) >= MAX_TASKS:
            r.lose(f"`turbo {' '.join(plain)[:60]}` has more than {MAX_TASKS} tasks", nested)
            break
        task = waiting.pop(0)
        if task in done:
            continue
        done.append(task)
        args = given if task in plain else []
        package, _, name = task.rpartition("#")
        settings = tasks.get(task) or tasks.get(f"//#{name}") or {}
        link = Link(
            str(path), line_with(r.tree.text(str(path)) or "", rf'"{re.escape(task)}"\s*:'), f"task {task}"[:80]
        )
        here = nested.at(link)
        if f"//#{name}" in tasks and package in ("", "//"):
            run_script(r, name, args, replace(here, folder=root))
        chosen = select(r, root, [package]) if package and package != "//" else packages
        if task in tasks or any(has_script(r, folder, name) for folder in chosen):
            run_everywhere(r, [folder for folder in chosen if folder != root], name, args, here)
        depends = settings.get("dependsOn") if isinstance(settings, dict) else None
        waiting += [each.removeprefix("^") for each in rows(depends) if isinstance(each, str) and each[:1] != "$"]
    return True


def lerna(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    """`lerna run test --scope x`, `lage test`."""
    plain, filters = _plain(words[1:], {"--scope", "--concurrency", "--since", "--ignore", "--stream"})
    if plain[:1] == ["exec"] and words[0].endswith("lerna"):
        inner = list(words[words.index("--") + 1 :]) if "--" in words else plain[1:]
        for folder in select(r, frame.folder, filters):
            r.command(inner, replace(frame, folder=folder))
        return True
    if plain[:1] == ["run"]:
        plain = plain[1:]
    elif words[0].endswith("lerna"):
        return False
    for name in plain:
        run_everywhere(r, select(r, frame.folder, filters), name, (), frame)
    return True


def nx(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    """`nx test app`, `nx run app:test`, `nx run-many -t test`, `nx affected -t test`."""
    plain, _ = _plain(
        words[1:], {"-t", "--target", "--targets", "-p", "--projects", "--exclude", "--base", "--head", "--parallel"}
    )
    if not plain and not option(words, "-t", "--target", "--targets"):
        return True
    command = plain[0] if plain else ""
    project = ""
    if command in ("run-many", "affected"):
        targets = re.split(r"[,\s]+", option(words, "-t", "--target", "--targets") or "")
        at = next((at for at, word in enumerate(words) if word in ("-t", "--targets")), len(words))
        targets += [word for word in plain[1:] if words.index(word) > at]
    elif command.startswith("affected:"):
        targets = [command.partition(":")[2]]
    elif command == "run" and len(plain) > 1:
        project, _, target = plain[1].partition(":")
        targets = [target.partition(":")[0]]
    elif command in (
        "format:check",
        "format",
        "reset",
        "report",
        "graph",
        "release",
        "migrate",
        "sync",
        "sync:check",
        "exec",
    ):
        return True
    else:
        targets, project = [command], plain[1] if len(plain) > 1 else ""
    root = posixpath.dirname(r.tree.upwards(frame.folder, "nx.json", "angular.json") or "") or "."
    nested = frame.enter("nx", root, *targets, project)
    if nested is not None:
        for target in filter(None, targets):
            if not _nx_target(r, root, target, project, nested):
                r.lose(f"`nx … {target}`: no project was found that has this target", frame)
    return True


def _nx_target(r: Resolver, root: str, target: str, project: str, frame: Frame) -> bool:
    found = False
    for path in r.tree.below(root, ("project.json",)):
        data = r.tree.json(path)
        folder = posixpath.dirname(path) or "."
        targets = data.get("targets") if isinstance(data, dict) else None
        if not isinstance(targets, dict) or (project and project not in (data.get("name"), posixpath.basename(folder))):
            continue
        settings = targets.get(target)
        if isinstance(settings, dict):
            line = line_with(r.tree.text(path) or "", rf'"{re.escape(target)}"\s*:', '"targets"')
            found = (
                _nx_settings(r, settings, target, root, folder, frame.at(Link(path, line, f"target {target}"[:80])))
                or found
            )
    for folder in workspaces(r, root):
        if has_script(r, folder, target) and (not project or posixpath.basename(folder) == project):
            run_script(r, target, (), replace(frame, folder=folder))
            found = True
    return _nx_inferred(r, root, target, project, frame) or found


def _nx_settings(r: Resolver, settings: dict[str, Any], target: str, root: str, folder: str, frame: Frame) -> bool:
    executor, options = str(settings.get("executor") or ""), settings.get("options")
    options = options if isinstance(options, dict) else {}
    command = settings.get("command") or options.get("command")
    commands = [command] if isinstance(command, str) else []
    for each in rows(options.get("commands")):
        text = each.get("command") if isinstance(each, dict) else each
        commands += [text] if isinstance(text, str) else []
    if commands:
        where = options.get("cwd")
        where = where.replace("{projectRoot}", folder) if isinstance(where, str) else root
        here = replace(frame, folder=where, chain=frame.chain[:-1])
        for text in commands:
            r.script(text.replace("{projectRoot}", folder), here, fixed(frame.chain[-1]))
        return True
    if executor.endswith(":run-script"):
        run_script(r, str(options.get("script") or target), (), replace(frame, folder=folder))
        return True
    for pattern, words in _NX_EXECUTORS:
        if re.search(pattern, executor):
            given = ["--passWithNoTests"] if options.get("passWithNoTests") else []
            r.leaf([*words, *given], replace(frame, folder=folder))
            return True
    return bool(executor)


def _nx_inferred(r: Resolver, root: str, target: str, project: str, frame: Frame) -> bool:
    """Targets that nx's plugins make from the tools' own configuration files."""
    path = "nx.json" if root == "." else f"{root}/nx.json"
    data = r.tree.json(path) if r.tree.is_file(path) else None
    found = False
    for plugin in rows(data.get("plugins") if isinstance(data, dict) else None):
        name = plugin.get("plugin") if isinstance(plugin, dict) else plugin
        options = plugin.get("options") if isinstance(plugin, dict) else None
        options = options if isinstance(options, dict) else {}
        if not isinstance(name, str) or name not in _NX_PLUGINS:
            continue
        usual, config, words = _NX_PLUGINS[name]
        if target not in (options.get("testTargetName"), options.get("targetName"), *(() if options else (usual,))):
            continue
        for each in r.tree.below(root, (".ts", ".js", ".mjs", ".cjs", ".mts", ".json")):
            folder = posixpath.dirname(each) or "."
            if posixpath.basename(each).startswith(config) and (not project or posixpath.basename(folder) == project):
                r.leaf(words, replace(frame.at(Link(each, 1, f"nx target {target}")), folder=folder))
                found = True
    if not found and not project and has_script(r, root, target):
        run_script(r, target, (), replace(frame, folder=root))
        found = True
    return found
