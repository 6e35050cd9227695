"""Reads package.json, and says of each range where it points: a registry, a repository, an address, a folder."""

from __future__ import annotations

import json as plain
import re
from dataclasses import replace

from shipworthy.facts.dependencies.lines import Finder
from shipworthy.facts.dependencies.model import NPM, Manifest, Origin, Requirement
from shipworthy.facts.dependencies.naming import npm_pin
from shipworthy.facts.dependencies.parsing import Notes, json, table, text, texts

_SECTIONS = (
    ("dependencies", False, False), ("optionalDependencies", False, True), ("devDependencies", True, False),
    ("peerDependencies", False, True),
)  # fmt: skip
_SHORTHAND = re.compile(r"[\w.-]+/[\w.-]+(?:#.*)?")
_ALIAS = re.compile(r"npm:((?:@[^/@]+/)?[^/@]+)(?:@(.*))?")
_COMMIT = re.compile(r"#[0-9a-f]{40}$")


def origin_of(spec: str) -> Origin:
    """Where a range of package.json points."""
    if spec.startswith(("workspace:", "file:", "link:", "portal:", ".", "/", "~/")):
        return Origin.PATH
    if spec.startswith(("git+", "git:", "git@", "github:", "gitlab:", "bitbucket:", "gist:", "ssh:")):
        return Origin.GIT
    if spec.startswith(("http:", "https:")):
        return Origin.GIT if re.search(r"\.git(?:#|$)", spec) else Origin.URL
    if spec.startswith("jsr:"):
        return Origin.URL
    return Origin.GIT if _SHORTHAND.fullmatch(spec) else Origin.REGISTRY


def requirement(path: str, name: str, spec: str, line: int | None, *, dev: bool, conditional: bool) -> Requirement:
    """One entry of a dependency table."""
    origin = origin_of(spec)
    alias = None
    if match := _ALIAS.fullmatch(spec):
        alias, spec = match[1], match[2] or ""
    elif spec.startswith("patch:"):
        inner = re.match(r"patch:(?:@[\w.-]+/)?[\w.-]+@(?:npm(?::|%3A))?([^#]*)", spec)
        spec = inner[1] if inner else ""
    elif spec.startswith("catalog:"):
        spec = ""
    pin = npm_pin(spec) if origin is Origin.REGISTRY else None
    return Requirement(
        ecosystem=NPM,
        name=name,
        spec=spec if origin is Origin.REGISTRY else "",
        file=path,
        line=line,
        dev=dev,
        origin=origin,
        pin=pin,
        exact=pin is not None or (origin is Origin.GIT and bool(_COMMIT.search(spec))),
        alias_of=alias,
        conditional=conditional,
    )


def parse(path: str, data: bytes, content: str, notes: Notes) -> Manifest:
    """Raises Unclear."""
    document = json(data)
    finder = Finder(content)
    found: dict[str, Requirement] = {}
    for section, dev, conditional in _SECTIONS:
        values = document.get(section)
        if values is None:
            continue
        finder.seek(plain.dumps(section))
        if not isinstance(values, dict):
            notes.add(f"{section} is not a table", finder.number(finder.position))
            continue
        for name, spec in values.items():
            line = finder.line(plain.dumps(name), plain.dumps(name, ensure_ascii=False))
            if not isinstance(spec, str):
                notes.add("a dependency whose range is not a text", line)
            elif name not in found:
                found[name] = requirement(path, name, spec.strip(), line, dev=dev, conditional=conditional)
            elif section == "peerDependencies":
                # Tested against as a development dependency, but needed wherever the package runs.
                found[name] = replace(found[name], dev=False)
    workspaces = document.get("workspaces")
    manager = text(document.get("packageManager"))
    return Manifest(
        path=path,
        ecosystem=NPM,
        kind="package.json",
        requirements=tuple(found.values()),
        name=text(document.get("name")),
        tool=manager.partition("@")[0] if manager else None,
        loose=frozenset(_overridden(document)),
        workspaces=tuple(texts(workspaces if isinstance(workspaces, list) else table(workspaces).get("packages"))),
    )


def _overridden(document: dict[str, object]) -> list[str]:
    """Names for which the manifest itself asks for another version than their range says."""
    names: list[str] = []
    overrides = (
        table(document.get("overrides")),
        table(document.get("resolutions")),
        table(table(document.get("pnpm")).get("overrides")),
    )
    for each in overrides:
        for key in each:
            # "a", "a@^1", "parent>a", "**/a", "@scope/parent/a"
            match = re.search(r"(?:^|[>/])((?:@[\w.-]+/)?[\w.-]+)(?:@[^>/]*)?$", key[:300])
            if match:
                names.append(match[1])
    return names
