"""Reads the TOML locks of Python: uv.lock, poetry.lock, pdm.lock and pylock.toml (PEP 751)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shipworthy.facts.dependencies.model import PYPI, Lock, Origin, Requirement, folder_of
from shipworthy.facts.dependencies.naming import below, for_development, python_name
from shipworthy.facts.dependencies.parsing import (
    Entry,
    Unclear,
    packages,
    rows,
    settle,
    table,
    text,
    texts,
    toml,
    whole,
)

MAX_VERSIONS = 100
"""How often one package may be locked; real locks hold a handful, and an edge leads to each of them."""
_HEADER = re.compile(r"^\[\[packages?\]\]", re.M)


def _lines(content: str, count: int) -> list[int | None]:
    """The line of each package's header; unknown where the file is written in another shape."""
    found: list[int | None] = []
    line, position = 1, 0
    for match in _HEADER.finditer(content):
        line += content.count("\n", position, match.start())
        position = match.start()
        found.append(line)
    return found if len(found) == count else [None] * count


def _listed(document: Mapping[str, Any], key: str, content: str) -> list[tuple[Mapping[str, Any], int | None]]:
    given = document.get(key, [])
    found = rows(given)
    if not isinstance(given, list) or len(found) != len(given):
        raise Unclear("its packages are not tables")
    if not found and re.search(r"^\s*\[\[", content, re.M):
        raise Unclear("no packages where it lists something else")
    return list(zip(found, _lines(content, len(found)), strict=True))


def _name(row: Mapping[str, Any], line: int | None) -> str:
    name = text(row.get("name"))
    if not name:
        raise Unclear("a package without a name", line)
    return python_name(name)


def _by_name(entries: Mapping[str, Entry]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, entry in entries.items():
        found.setdefault(entry.name, []).append(key)
        if len(found[entry.name]) > MAX_VERSIONS:
            raise Unclear(f"one package in more than {MAX_VERSIONS} versions", entry.line)
    return found


def _roots(names: Mapping[str, list[str]], roots: Iterable[Requirement], *, dev: bool) -> set[str]:
    return {key for each in roots if each.dev is dev for key in names.get(each.name, ())}


def uv(path: str, content: str) -> Lock:
    """uv.lock. Raises Unclear."""
    document = toml(content)
    entries: dict[str, Entry] = {}
    listed = _listed(document, "package", content)
    for number, (row, line) in enumerate(listed):
        source = table(row.get("source"))
        kinds = (("registry", Origin.REGISTRY), ("git", Origin.GIT), ("url", Origin.URL))
        origin = next((origin for key, origin in kinds if key in source), Origin.PATH)
        version = text(row.get("version"))
        if version is None and origin is Origin.REGISTRY:
            raise Unclear("a package without a version", line)
        files = [table(row.get("sdist")), *rows(row.get("wheels"))]
        hashed = origin is Origin.GIT or any("hash" in each for each in files)
        entries[str(number)] = Entry(_name(row, line), version, line, origin, hashed)
    names = _by_name(entries)
    shipped, development = set[str](), set[str]()
    asked: dict[str, Mapping[str, str]] = {}
    for number, (row, _) in enumerate(listed):
        entry = entries[str(number)]
        wanted = [*rows(row.get("dependencies")), *_all(row.get("optional-dependencies"))]
        for each in wanted:
            targets = _targets(each, entries, names)
            entry.needs += targets
            entry.torn = entry.torn or not targets
        if entry.origin is not Origin.PATH:
            continue
        folder = below(folder_of(path), str(next(iter(table(row.get("source")).values()), ".")))
        metadata = table(row.get("metadata"))
        if folder is None:
            continue
        shipped.update(need for each in wanted for need in _targets(each, entries, names))
        for group, values in table(row.get("dev-dependencies")).items():
            for each in rows(values):
                (development if for_development(group) else shipped).update(_targets(each, entries, names))
        if metadata:
            asked[folder] = _specifiers([*rows(metadata.get("requires-dist")), *_all(metadata.get("requires-dev"))])
        else:
            asked[folder] = {}
    whole(entries.values())
    settle(entries, shipped, development)
    kept = [entry for entry in entries.values() if entry.origin is not Origin.PATH]
    return Lock(
        path=path, ecosystem=PYPI, kind="uv.lock", tool="uv", packages=packages(PYPI, path, kept), asked=asked,
        proof="resolved by uv",
    )  # fmt: skip


def _all(groups: Any) -> list[Mapping[str, Any]]:
    return [row for values in table(groups).values() for row in rows(values)]


def _targets(need: Mapping[str, Any], entries: Mapping[str, Entry], names: Mapping[str, list[str]]) -> list[str]:
    keys = names.get(python_name(str(need.get("name", ""))), [])
    version = text(need.get("version"))
    return [key for key in keys if version is None or entries[key].version == version]


def _specifiers(wanted: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Name -> every range asked for, sorted and joined by " | "; "@" for what is taken from elsewhere."""
    found: dict[str, set[str]] = {}
    for each in wanted:
        elsewhere = any(key in each for key in ("git", "url", "path", "editable", "directory", "virtual"))
        spec = "@" if elsewhere else str(each.get("specifier", ""))
        found.setdefault(python_name(str(each.get("name", ""))), set()).add(spec)
    return {name: " | ".join(sorted(specs)) for name, specs in found.items()}


def poetry(path: str, content: str, roots: Sequence[Requirement]) -> Lock:
    """poetry.lock of any version. Raises Unclear."""
    document = toml(content)
    metadata = table(document.get("metadata"))
    if not metadata:
        raise Unclear("has no metadata: not a lock of Poetry")
    recorded = table(metadata.get("files")) or table(metadata.get("hashes"))
    old_files = {python_name(name) for name, files in recorded.items() if files}
    entries: dict[str, Entry] = {}
    needs: dict[str, list[str]] = {}
    for number, (row, line) in enumerate(_listed(document, "package", content)):
        source = text(table(row.get("source")).get("type"))
        origins = {"git": Origin.GIT, "url": Origin.URL, "directory": Origin.PATH, "file": Origin.PATH}
        name = _name(row, line)
        version = text(row.get("version"))
        if version is None:
            raise Unclear("a package without a version", line)
        groups = texts(row.get("groups"))
        category = text(row.get("category"))
        dev = category == "dev" if category else all(map(for_development, groups)) if groups else None
        entries[str(number)] = Entry(
            name, version, line, origins.get(source or "", Origin.REGISTRY),
            hashed=bool(row.get("files") or name in old_files) or source == "git", dev=dev,
        )  # fmt: skip
        needs[str(number)] = [python_name(each) for each in table(row.get("dependencies"))]
    _by_graph(entries, needs, roots)
    kept = [entry for entry in entries.values() if entry.origin is not Origin.PATH]
    return Lock(
        path=path, ecosystem=PYPI, kind="poetry.lock", tool="poetry", packages=packages(PYPI, path, kept),
        digest=text(metadata.get("content-hash")), proof="resolved by poetry",
    )  # fmt: skip


def _by_graph(entries: Mapping[str, Entry], needs: Mapping[str, list[str]], roots: Sequence[Requirement]) -> None:
    """Fill what the lock itself does not say of `direct` and `dev` from the manifest's requirements."""
    names = _by_name(entries)
    said = {key: entry.dev for key, entry in entries.items()}
    for key, wanted in needs.items():
        for name in wanted:
            # A need that is not locked is one for another platform or an extra: it brings nothing in.
            entries[key].needs += names.get(name, [])
    if roots:
        settle(entries, _roots(names, roots, dev=False), _roots(names, roots, dev=True))
    for key, entry in entries.items():
        entry.dev = entry.dev if said[key] is None else said[key]


def pdm(path: str, content: str, roots: Sequence[Requirement]) -> Lock:
    """pdm.lock. Raises Unclear."""
    document = toml(content)
    metadata = table(document.get("metadata"))
    if not metadata:
        raise Unclear("has no metadata: not a lock of PDM")
    old_files = {key.partition(" ")[0].partition("[")[0] for key in table(metadata.get("files"))}
    entries: dict[str, Entry] = {}
    needs: dict[str, list[str]] = {}
    for number, (row, line) in enumerate(_listed(document, "package", content)):
        name = _name(row, line)
        origin = (
            Origin.GIT if any(key in row for key in ("git", "hg"))
            else Origin.PATH if "path" in row
            else Origin.URL if "url" in row
            else Origin.REGISTRY
        )  # fmt: skip
        version = text(row.get("version"))
        if version is None and origin is Origin.REGISTRY:
            raise Unclear("a package without a version", line)
        groups = texts(row.get("groups")) or texts(row.get("sections"))
        entries[str(number)] = Entry(
            name, version, line, origin, hashed=bool(row.get("files")) or str(row.get("name")) in old_files,
            dev=all(map(for_development, groups)) if groups else None,
        )  # fmt: skip
        wanted = row.get("dependencies")
        needs[str(number)] = [
            python_name(match[0])
            for each in (list(wanted) if isinstance(wanted, dict) else texts(wanted))
            if (match := re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", each))
        ]
    _by_graph(entries, needs, roots)
    kept = [entry for entry in entries.values() if entry.origin is not Origin.PATH]
    return Lock(
        path=path, ecosystem=PYPI, kind="pdm.lock", tool="pdm", packages=packages(PYPI, path, kept),
        proof="resolved by pdm",
    )  # fmt: skip


def pylock(path: str, content: str) -> Lock:
    """pylock.toml. Raises Unclear."""
    document = toml(content)
    if "lock-version" not in document:
        raise Unclear("has no lock-version: not a lock by PEP 751")
    entries: list[Entry] = []
    for row, line in _listed(document, "packages", content):
        if "directory" in row:
            continue
        origin = Origin.GIT if "vcs" in row else Origin.URL if "archive" in row else Origin.REGISTRY
        version = text(row.get("version"))
        if version is None and origin is Origin.REGISTRY:
            raise Unclear("a package without a version", line)
        files = [table(row.get("sdist")), table(row.get("archive")), *rows(row.get("wheels"))]
        hashed = origin is Origin.GIT or any("hashes" in each for each in files)
        entries.append(Entry(_name(row, line), version, line, origin, hashed))
    return Lock(
        path=path, ecosystem=PYPI, kind="pylock.toml", tool=text(document.get("created-by")) or "pylock",
        packages=packages(PYPI, path, entries), proof="a lock by PEP 751",
    )  # fmt: skip
