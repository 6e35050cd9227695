"""Which files of a repository are manifests and locks, and which of those are not part of the product."""

from __future__ import annotations

from dataclasses import dataclass, field

from shipworthy.facts.base import View
from shipworthy.facts.dependencies.model import NPM, PYPI, Foreign, folder_of
from shipworthy.facts.dependencies.naming import outside_product
from shipworthy.project import FileEntry

FOREIGN = {
    "go.mod": "Go", "Cargo.toml": "Rust", "Gemfile": "Ruby", "composer.json": "PHP", "pom.xml": "Java",
    "build.gradle": "Java", "build.gradle.kts": "Java", "mix.exs": "Elixir", "pubspec.yaml": "Dart",
    "environment.yml": "conda", "environment.yaml": "conda", "deno.lock": "Deno", "Package.swift": "Swift",
    "packages.config": ".NET", "build.sbt": "Scala", "deps.edn": "Clojure", "project.clj": "Clojure",
}  # fmt: skip
"""Manifests of ecosystems that are not read, so that nobody takes their silence for health."""
LOCKS = {
    "package-lock.json": (NPM, "npm"), "npm-shrinkwrap.json": (NPM, "npm"), "yarn.lock": (NPM, "yarn"),
    "pnpm-lock.yaml": (NPM, "pnpm"), "bun.lock": (NPM, "bun"), "bun.lockb": (NPM, "bun"), "uv.lock": (PYPI, "uv"),
    "poetry.lock": (PYPI, "poetry"), "pdm.lock": (PYPI, "pdm"), "Pipfile.lock": (PYPI, "pipenv"),
    "pylock.toml": (PYPI, "pylock"),
}  # fmt: skip
"""Usual name of a lock -> its ecosystem and the tool that writes it."""
MANIFESTS = {"package.json", "pyproject.toml", "setup.py", "setup.cfg", "Pipfile"}
MAX_ASIDE = 100


@dataclass(slots=True)
class Files:
    """The files of one repository, sorted out, each in path order."""

    manifests: list[FileEntry] = field(default_factory=list)
    locks: list[tuple[FileEntry, str]] = field(default_factory=list)
    """With the usual name of each."""
    foreign: list[Foreign] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)
    """Those of examples, tests, documentation, generated and vendored code, at most `MAX_ASIDE`."""


def _is_requirements(entry: FileEntry) -> bool:
    if entry.suffix not in (".txt", ".in", ".pip", ".lock"):
        return False
    stem, parent = entry.name.rpartition(".")[0].lower(), folder_of(entry.path).rpartition("/")[2].lower()
    return "requirements" in stem or (parent == "requirements" and not stem.startswith(("constraint", "readme")))


def _lock_name(entry: FileEntry) -> str | None:
    if entry.name.startswith("pylock.") and entry.suffix == ".toml":
        return "pylock.toml"
    return entry.name if entry.name in LOCKS else None


def sort_out(view: View) -> Files:
    """From names and folders alone; nothing is read."""
    found = Files()
    for entry in view.entries():
        lock = _lock_name(entry)
        manifest = entry.name in MANIFESTS or _is_requirements(entry)
        other = FOREIGN.get(entry.name) or (".NET" if entry.suffix in (".csproj", ".fsproj") else None)
        if not (lock or manifest or other):
            continue
        if not entry.by_hand or outside_product(entry.path):
            if len(found.aside) < MAX_ASIDE and "node_modules/" not in entry.path:
                found.aside.append(entry.path)
        elif lock:
            found.locks.append((entry, lock))
        elif manifest:
            found.manifests.append(entry)
        elif other:
            found.foreign.append(Foreign(path=entry.path, ecosystem=other))
    return found
