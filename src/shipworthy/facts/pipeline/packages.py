"""Packages of npm, yarn, pnpm and bun: workspaces, and scripts with their pre and post scripts.

Source: the package managers' own references of package.json.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from shipworthy.facts.pipeline.fact import Kind, Link
from shipworthy.facts.pipeline.globs import matches
from shipworthy.facts.pipeline.neutral import could_test
from shipworthy.facts.pipeline.resolve import Frame, Resolver, fixed
from shipworthy.facts.pipeline.tree import line_with
from shipworthy.facts.pipeline.tree import rows as entries
from shipworthy.facts.pipeline.values import HOLE

MAX_WORKSPACES = 300


def package_of(r: Resolver, folder: str | None) -> tuple[str, Any] | None:
    """The path and content of the package.json that governs a folder."""
    path = r.tree.upwards(folder, "package.json")
    if path is None:
        return None
    data = r.tree.json(path)
    return (path, data) if isinstance(data, dict) else None


def workspaces(r: Resolver, folder: str | None) -> list[str]:
    """Folders of the workspace packages of the nearest root above `folder`, at most `MAX_WORKSPACES`."""
    return r.tree.kept("workspaces", str(folder), lambda: _workspaces(r, folder))


def _workspaces(r: Resolver, folder: str | None) -> list[str]:
    here = folder
    while here is not None:
        patterns = _patterns(r, here)
        if patterns:
            found = []
            for path in r.tree.files:
                if posixpath.basename(path) != "package.json" or "node_modules/" in path:
                    continue
                inside = posixpath.relpath(posixpath.dirname(path) or ".", here)
                wanted = [each for each in patterns if not each.startswith("!")]
                if any(matches(each, inside) for each in wanted) and not any(
                    matches(each[1:], inside) for each in patterns if each.startswith("!")
                ):
                    found.append(posixpath.dirname(path) or ".")
            return sorted(found)[:MAX_WORKSPACES]
        if here in (".", ""):
            break
        here = posixpath.dirname(here) or "."
    return []


def _patterns(r: Resolver, folder: str) -> list[str]:
    prefix = "" if folder == "." else folder + "/"
    found: Any = None
    if r.tree.is_file(prefix + "pnpm-workspace.yaml"):
        data = r.tree.yaml(prefix + "pnpm-workspace.yaml")
        found = data.get("packages") if isinstance(data, dict) else None
    if found is None and r.tree.is_file(prefix + "package.json"):
        data = r.tree.json(prefix + "package.json")
        found = data.get("workspaces") if isinstance(data, dict) else None
        found = found.get("packages") if isinstance(found, dict) else found
    if found is None and r.tree.is_file(prefix + "lerna.json"):
        data = r.tree.json(prefix + "lerna.json")
        found = data.get("packages", ["packages/*"]) if isinstance(data, dict) else None
    if not isinstance(found, list):
        return []
    return [str(each).removeprefix("./").rstrip("/") for each in found]


def select(r: Resolver, folder: str | None, filters: Sequence[str]) -> list[str]:
    """Workspace folders that the filters choose; all without a filter."""
    every = workspaces(r, folder)
    wanted = [each for each in filters if not each.startswith("!")]
    if not wanted:
        return every
    found: list[str] = []
    for each in wanted:
        since = "[" in each
        name = re.sub(r"\[.*?\]|^\.\.\.|\.\.\.$|\^", "", each).strip("{}") or "*"
        for path in every:
            package = r.tree.json(f"{path}/package.json" if path != "." else "package.json")
            own = str(package.get("name", "")) if isinstance(package, dict) else ""
            bare = own.rpartition("/")[2]
            relative = posixpath.normpath(name)
            if (
                name in (own, bare)
                or path == relative
                or path.endswith("/" + relative)
                or (("*" in name or since) and (matches(name.replace("*", "**"), own) or matches(relative, path)))
            ):
                found.append(path)
    return list(dict.fromkeys(found))


def run_script(r: Resolver, name: str, args: Sequence[str], frame: Frame, *, if_present: bool = False) -> None:
    """A script of the package that governs the frame's folder, with its `pre` and `post` scripts."""
    command = f"run {name}"
    if frame.folder is None:
        if could_test(name) or HOLE in name:
            r.lose(f"`{command}`: the folder it runs in is not known", frame)
        return
    package = package_of(r, frame.folder)
    path = r.tree.upwards(frame.folder, "package.json")
    if package is None:
        why = f"{path} could not be understood" if path else "there is no package.json here"
        r.lose(f"`{command}`: {why}", frame)
        return
    path, data = package
    scripts = data.get("scripts")
    body = scripts.get(name) if isinstance(scripts, dict) else None
    if not isinstance(body, str) or not body.strip():
        hidden = ", and `--if-present` hides that" if if_present else ""
        if HOLE in name:
            r.lose(f"`{command}`: which script runs is not known", frame)
        elif name != "start":
            r.note(Kind.NOTHING, ["npm", "run", name], frame, f"{path} has no script “{name}”{hidden}")
        return
    nested = frame.enter("script", path, name)
    if nested is None:
        return
    nested = replace(nested, folder=posixpath.dirname(path) or ".")
    text = r.tree.text(path) or ""
    for part in (f"pre{name}", name, f"post{name}"):
        script = scripts.get(part)
        if not isinstance(script, str):
            continue
        if part == name and args:
            script += " " + " ".join(shlex.quote(arg) if HOLE not in arg else arg for arg in args)
        if script.strip().split(" ")[0] == "wireit":
            _wireit(r, data, part, nested, path)
            continue
        line = line_with(text, rf'"{re.escape(part)}"\s*:', '"scripts"')
        link = Link(path, line, f"{part}: {script}"[:80])
        r.script(script, nested, fixed(link))


def _wireit(r: Resolver, data: Any, name: str, frame: Frame, path: str) -> None:
    rows = data.get("wireit")
    row = rows.get(name) if isinstance(rows, dict) else None
    if not isinstance(row, dict):
        return
    if isinstance(row.get("command"), str):
        link = Link(
            path, line_with(r.tree.text(path) or "", rf'"{re.escape(name)}"\s*:', '"wireit"'), row["command"][:80]
        )
        r.script(row["command"], frame, fixed(link))
    for other in entries(row.get("dependencies")):
        wanted = other.get("script") if isinstance(other, dict) else other
        if isinstance(wanted, str) and ":" not in wanted[:2]:
            run_script(r, wanted, (), frame)


def has_script(r: Resolver, folder: str | None, name: str) -> bool:
    package = package_of(r, folder)
    scripts = package[1].get("scripts") if package else None
    return isinstance(scripts, dict) and isinstance(scripts.get(name), str)


def run_everywhere(r: Resolver, folders: Sequence[str], name: str, args: Sequence[str], frame: Frame) -> None:
    """A script in each of these packages that has it."""
    having = [
        folder
        for folder in folders
        if r.tree.is_file(posixpath.normpath(posixpath.join(folder, "package.json"))) and has_script(r, folder, name)
    ]
    if not folders:
        r.lose(f"`run {name}`: the packages of the workspace were not found".replace(HOLE, "…"), frame)
    elif not having:
        r.note(Kind.NOTHING, ["run", name], frame, f"no package of the workspace has a script “{name}”")
    for folder in having:
        run_script(r, name, args, replace(frame, folder=folder))
