"""Reads Pipfile and Pipfile.lock."""

from __future__ import annotations

from shipworthy.facts.dependencies.lines import Finder
from shipworthy.facts.dependencies.model import PYPI, Lock, Manifest, Origin, Requirement
from shipworthy.facts.dependencies.naming import for_development, python_name
from shipworthy.facts.dependencies.parsing import Entry, Unclear, json, packages, table, text, toml
from shipworthy.facts.dependencies.pyproject import poetry_requirement

_NOT_PACKAGES = {"source", "requires", "scripts", "pipenv"}


def parse_manifest(path: str, content: str) -> Manifest:
    """Raises Unclear."""
    document = toml(content)
    finder = Finder(content)
    found: list[Requirement] = []
    for section, values in document.items():
        if section in _NOT_PACKAGES:
            continue
        finder.seek(f"[{section}]")
        for name, value in table(values).items():
            line = finder.line(f"\n{name} ", f"\n{name}=", f'\n"{name}"', name)
            dev = section == "dev-packages" or (section != "packages" and for_development(section))
            found.append(poetry_requirement(path, name, value, line + 1 if line else None, dev=dev))
    return Manifest(
        path=path,
        ecosystem=PYPI,
        kind="Pipfile",
        requirements=tuple(row for row in found if row.origin is not Origin.PATH),
        tool="pipenv",
    )


def parse_lock(path: str, data: bytes, content: str) -> Lock:
    """Raises Unclear."""
    document = json(data)
    if "_meta" not in document:
        raise Unclear("has no _meta: not a lock of pipenv")
    finder = Finder(content)
    entries: list[Entry] = []
    for section, values in document.items():
        if section == "_meta":
            continue
        dev = section == "develop" or (section != "default" and for_development(section))
        for name, value in table(values).items():
            options = table(value)
            version = (text(options.get("version")) or "").removeprefix("==") or None
            origin = Origin.REGISTRY
            if "git" in options or "hg" in options or "svn" in options:
                origin, version = Origin.GIT, None
            elif "path" in options or "editable" in options:
                continue
            elif "file" in options or "uri" in options:
                origin = Origin.URL
            elif version is None:
                raise Unclear("a package without a version", finder.line(f'"{name}"'))
            entries.append(
                Entry(
                    name=python_name(name),
                    version=version,
                    line=finder.line(f'"{name}": {{', f'"{name}"'),
                    origin=origin,
                    hashed=bool(options.get("hashes")),
                    dev=dev,
                )
            )
    return Lock(
        path=path,
        ecosystem=PYPI,
        kind="Pipfile.lock",
        tool="pipenv",
        packages=packages(PYPI, path, entries),
        proof="resolved by pipenv",
    )
