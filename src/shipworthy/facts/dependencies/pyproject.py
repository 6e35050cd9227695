"""Reads pyproject.toml: standard metadata and dependency groups, and the tables of Poetry, PDM and uv."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shipworthy.facts.dependencies import requirements as pip
from shipworthy.facts.dependencies.lines import Finder
from shipworthy.facts.dependencies.model import PYPI, Manifest, Origin, Requirement
from shipworthy.facts.dependencies.naming import for_development, python_name, python_pin
from shipworthy.facts.dependencies.parsing import Notes, rows, table, text, texts, toml

_TABLE = re.compile(r"git|hg|url|path|file|workspace|develop|version")


@dataclass(slots=True)
class PyProject:
    """What the file says, and the requirements files it takes its dependencies from (paths as written)."""

    manifest: Manifest
    files: list[str] = field(default_factory=list)
    elsewhere: bool = False
    """Whether dependencies are worked out by something this file only names."""


def parse(path: str, content: str, notes: Notes) -> PyProject:
    """Raises Unclear for a file that is not TOML."""
    document = toml(content)
    project, tool = table(document.get("project")), table(document.get("tool"))
    poetry, uv = table(tool.get("poetry")), table(tool.get("uv"))
    finder = Finder(content)
    own = text(project.get("name")) or text(poetry.get("name"))
    found: list[Requirement] = []

    def listed(values: Any, *, dev: bool, conditional: bool = False) -> None:
        for value in texts(values):
            line = finder.line(f'"{value}"', f"'{value}'", value.partition(";")[0].strip())
            row = pip.requirement(path, value, line, dev=dev, conditional=conditional)
            if row is None:
                notes.add("a requirement that cannot be understood", line)
            elif row.origin is not Origin.PATH and row.name != python_name(own or ""):
                found.append(row)

    finder.seek("[project]")
    listed(project.get("dependencies"), dev=False)
    for name, values in table(project.get("optional-dependencies")).items():
        listed(values, dev=for_development(name), conditional=True)
    finder.seek("[dependency-groups]")
    for name, values in table(document.get("dependency-groups")).items():
        listed(values, dev=for_development(name))
    listed(uv.get("dev-dependencies"), dev=True)
    for values in table(table(tool.get("pdm")).get("dev-dependencies")).values():
        listed(values, dev=True)
    found += _poetry(path, poetry, finder, notes)
    sources = table(uv.get("sources"))
    found = [_sourced(row, sources) for row in found]
    manifest = Manifest(
        path=path,
        ecosystem=PYPI,
        kind="pyproject.toml",
        requirements=tuple(row for row in found if row.origin is not Origin.PATH),
        name=python_name(own) if own else None,
        tool=_tool(document, tool),
        loose=frozenset(map(python_name, [*sources, *_overridden(uv)])),
        workspaces=tuple(texts(table(uv.get("workspace")).get("members"))),
        digests=frozenset(_poetry_digests(document)) if poetry or "project" in document else frozenset(),
    )
    dynamic = "dependencies" in texts(project.get("dynamic")) and not poetry.get("dependencies")
    files = _files(tool) if dynamic else []
    return PyProject(manifest, files, elsewhere=dynamic and not files)


def _files(tool: Mapping[str, Any]) -> list[str]:
    """Requirements files that setuptools or a Hatch hook reads dependencies from."""
    named = table(table(table(tool.get("setuptools")).get("dynamic")).get("dependencies")).get("file")
    hooks = table(table(table(tool.get("hatch")).get("metadata")).get("hooks"))
    hook = table(hooks.get("requirements_txt")).get("files")
    return [*texts(named if isinstance(named, list) else [named]), *texts(hook)]


def _overridden(uv: Mapping[str, Any]) -> Iterable[str]:
    for key in ("override-dependencies", "constraint-dependencies"):
        for value in texts(uv.get(key)):
            if match := re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", value):
                yield match[0]


def _tool(document: Mapping[str, Any], tool: Mapping[str, Any]) -> str | None:
    backend = text(table(document.get("build-system")).get("build-backend")) or ""
    if "dependencies" in table(tool.get("poetry")) or backend.startswith("poetry"):
        return "poetry"
    return next((name for name in ("pdm", "uv") if name in tool or backend.startswith(name)), None)


def _sourced(row: Requirement, sources: Mapping[str, Any]) -> Requirement:
    """A requirement as `tool.uv.sources` redirects it."""
    given = next((value for name, value in sources.items() if python_name(name) == row.name), None)
    options = [table(given)] if isinstance(given, dict) else rows(given)
    if any("workspace" in each or "path" in each for each in options):
        return replace(row, origin=Origin.PATH)
    if any("git" in each for each in options):
        return replace(row, origin=Origin.GIT, spec="", pin=None, exact=all("rev" in each for each in options))
    if any("url" in each for each in options):
        return replace(row, origin=Origin.URL, spec="", pin=None, exact=False)
    return row


def _poetry(path: str, poetry: Mapping[str, Any], finder: Finder, notes: Notes) -> list[Requirement]:
    found: list[Requirement] = []
    groups: list[tuple[str, bool, Any]] = [("dependencies]", False, poetry.get("dependencies"))]
    groups.append(("dev-dependencies]", True, poetry.get("dev-dependencies")))
    for name, group in table(poetry.get("group")).items():
        groups.append((f"group.{name}.dependencies]", for_development(name), table(group).get("dependencies")))
    for header, dev, values in groups:
        if not table(values):
            continue
        finder.seek(f"[tool.poetry.{header}")
        for name, value in table(values).items():
            if name.lower() == "python":
                continue
            line = finder.line(f"\n{name} ", f"\n{name}=", f'\n"{name}"', name)
            line = line + 1 if line else None
            options = [value] if isinstance(value, (str, dict)) else value if isinstance(value, list) else []
            if not options:
                notes.add("a dependency that cannot be understood", line)
            found += [poetry_requirement(path, name, option, line, dev=dev) for option in options]
    return found


def poetry_requirement(path: str, name: str, value: Any, line: int | None, *, dev: bool) -> Requirement:
    """One entry of a Poetry or Pipfile table: a range, or a table with `version`, `git`, `path`, `url`, …"""
    options = table(value)
    spec = pep440(text(value) or text(options.get("version")) or "")
    origin, exact = Origin.REGISTRY, False
    if options.get("path") or options.get("file"):
        origin = Origin.PATH
    elif "git" in options or "hg" in options:
        ref = text(options.get("rev")) or text(options.get("ref")) or ""
        origin, exact = Origin.GIT, bool(re.fullmatch(r"[0-9a-f]{40}", ref))
    elif "url" in options:
        origin = Origin.URL
    pin = python_pin(spec) if origin is Origin.REGISTRY else None
    return Requirement(
        ecosystem=PYPI,
        name=python_name(name),
        spec=spec if origin is Origin.REGISTRY else "",
        file=path,
        line=line,
        dev=dev,
        origin=origin,
        pin=pin,
        exact=exact or pin is not None,
        conditional=any(key in options for key in ("optional", "markers", "python", "platform", "sys_platform")),
    )


def pep440(spec: str) -> str:
    """A Poetry range in PEP 440 notation ("^1.2" is ">=1.2,<2"); one with alternatives stays as it is.

    Rules: Poetry's documentation, "Dependency specification".
    """
    spec = spec.strip()
    if spec in ("", "*"):
        return ""
    if "|" in spec or len(spec) > 256:
        return spec
    return ",".join(_clause(part.strip()) for part in spec.split(",") if part.strip())


def _clause(clause: str) -> str:
    match = re.fullmatch(r"(\^|~)(?!=)\s*v?((\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?[0-9A-Za-z.+-]*)", clause)
    if not match:
        bare = re.fullmatch(r"v?(\d[0-9A-Za-z.+!-]*(?:\.\*)?)", clause)
        return f"=={bare[1]}" if bare else re.sub(r"\s+", "", clause)
    numbers = [int(part) for part in match.group(3, 4, 5) if part is not None]
    if match[1] == "~":
        top = numbers[:2] if len(numbers) > 1 else numbers[:1]
    else:
        leading = next((index for index, number in enumerate(numbers) if number), len(numbers) - 1)
        top = numbers[: leading + 1]
    return f">={match[2]},<{'.'.join(map(str, [*top[:-1], top[-1] + 1]))}"


def _poetry_digests(document: Mapping[str, Any]) -> Iterable[str]:
    """The content hashes that Poetry's versions would write: with and without groups, old keys and new.

    Source: the behaviour of `poetry.packages.locker` in Poetry 1.0 to 2.3.
    """
    project, poetry = table(document.get("project")), table(table(document.get("tool")).get("poetry"))
    keys = ("requires-python", "dependencies", "optional-dependencies")
    project_part = {key: project[key] for key in keys if key in project}
    old_keys = ("dependencies", "source", "extras", "dev-dependencies")
    # Poetry 1 looks at its own tables only, Poetry 2 at [project] too, Poetry 2.3 at dependency groups as well.
    variants: tuple[tuple[dict[str, Any], Mapping[str, Any]], ...] = (
        ({}, {}),
        (project_part, {}),
        (project_part, table(document.get("dependency-groups"))),
    )
    for kept, groups in variants:
        own = {
            key: poetry.get(key)
            for key in (*old_keys, "group")
            if poetry.get(key) is not None or (key in old_keys and not kept and not groups)
        }
        content: dict[str, Any] = {}
        if kept:
            content["project"] = kept
        if groups:
            content["dependency-groups"] = groups
        content = {**content, "tool": {"poetry": own}} if content else own
        try:
            yield hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
        except (TypeError, ValueError):
            return
