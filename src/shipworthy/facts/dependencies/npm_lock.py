"""Reads package-lock.json and npm-shrinkwrap.json, lockfile versions 1 to 3."""

from __future__ import annotations

import json as plain
import re
from collections.abc import Mapping
from typing import Any

from shipworthy.facts.dependencies.lines import Finder
from shipworthy.facts.dependencies.model import NPM, Lock, Origin, folder_of
from shipworthy.facts.dependencies.naming import below, npm_pin
from shipworthy.facts.dependencies.parsing import Entry, Unclear, json, packages, table, text, whole

MAX_DEPTH = 200
MAX_NESTING = 60
_ASKED = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
_TARBALL = re.compile(r"/-/([^/?#]+)\.tgz(?:$|[?#])")
_REGISTRY_PATH = re.compile(r"/-/|/download/|\.tgz(?:$|[?#])")


def parse(path: str, data: bytes, content: str) -> Lock:
    """Raises Unclear."""
    document = json(data)
    version = document.get("lockfileVersion")
    asked: dict[str, Mapping[str, str]] = {}
    if "packages" in document:
        entries, asked = _flat(path, table(document["packages"]), content)
    elif version in (1, None) and ("dependencies" in document or version == 1):
        entries = _nested(table(document.get("dependencies")), content)
    else:
        raise Unclear("a lockfile version that is not known")
    return Lock(
        path=path,
        ecosystem=NPM,
        kind=path.rpartition("/")[2],
        tool="npm",
        packages=packages(NPM, path, entries),
        asked=asked,
        proof="resolved by npm",
    )


def origin_of_resolved(resolved: str | None, hashed: bool) -> Origin:
    """Where a lock entry was taken from, by the address it was resolved to."""
    if not resolved:
        return Origin.REGISTRY
    if resolved.startswith(("git+", "git:", "ssh:", "git@")):
        return Origin.GIT
    if resolved.startswith(("file:", ".", "/")):
        return Origin.PATH
    if resolved.startswith(("http:", "https:")):
        return Origin.REGISTRY if hashed and _REGISTRY_PATH.search(resolved) else Origin.URL
    return Origin.REGISTRY


def believe_address(entry: Entry, resolved: str | None) -> None:
    """Correct an entry whose address is for another package or version than it says: the address is what is installed.

    Registries keep "NAME-VERSION.tgz" below "/-/". Another version replaces the written one; another name leaves none.
    """
    match = _TARBALL.search(resolved or "")
    if match is None or entry.origin is not Origin.REGISTRY or entry.version is None:
        return
    head = entry.name.rpartition("/")[2] + "-"
    if not match[1].startswith(head):
        entry.origin, entry.version = Origin.URL, None
    elif match[1] != head + entry.version.partition("+")[0]:
        entry.version = match[1].removeprefix(head)


def _flat(path: str, found: Mapping[str, Any], content: str) -> tuple[list[Entry], dict[str, Mapping[str, str]]]:
    """Versions 2 and 3: one flat table of installed paths, with the workspace members among them."""
    finder = Finder(content)
    entries: list[Entry] = []
    asked: dict[str, Mapping[str, str]] = {}
    tops: list[tuple[str, Entry]] = []
    for place, value in found.items():
        if not isinstance(value, dict):
            raise Unclear("an entry that is not a table")
        head, separator, name = place.rpartition("node_modules/")
        if not separator:
            folder = below(folder_of(path), place)
            if folder is not None:
                asked[folder] = {
                    key: spec
                    for section in _ASKED
                    for key, spec in table(value.get(section)).items()
                    if isinstance(spec, str)
                }
            continue
        if value.get("link"):
            continue
        hashed = "integrity" in value or bool(value.get("inBundle"))
        resolved = text(value.get("resolved"))
        written = text(value.get("version"))
        line = finder.next_line(plain.dumps(place, ensure_ascii=False) + ":")
        if written is None and not resolved:
            # npm writes such an entry for an optional package that does not fit the platform.
            if value.get("optional") or value.get("peer"):
                continue
            raise Unclear("a package without a version", line)
        entry = Entry(
            name=text(value.get("name")) or name,
            version=written,
            line=line,
            origin=origin_of_resolved(resolved, hashed),
            hashed=hashed,
            dev=bool(value.get("dev")),
            direct=False,
            torn=not _complete(place, value, found),
        )
        believe_address(entry, resolved)
        entries.append(entry)
        if head == "" or head.rstrip("/") in found:
            tops.append((name, entry))
    whole(entries)
    wanted = {name for names in asked.values() for name in names}
    for name, entry in tops:
        entry.direct = name in wanted
    return entries, asked


def _complete(place: str, value: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether all that a package certainly needs is installed in its own folder or in one above it."""
    if value.get("optional"):
        return True
    if place.count("node_modules/") > MAX_NESTING:
        raise Unclear(f"packages nested more than {MAX_NESTING} deep")
    # npm leaves out what a package carries inside itself, and what an optional one needs.
    carried = value.get("bundleDependencies")
    spared = {*table(value.get("optionalDependencies")), *(carried if isinstance(carried, list) else ())}
    for name in table(value.get("dependencies")):
        if name in spared or carried is True:
            continue
        folder = place
        while f"{folder}/node_modules/{name}".lstrip("/") not in found:
            if not folder:
                return False
            folder = folder.rpartition("node_modules/")[0].rstrip("/")
    return True


def _nested(found: Mapping[str, Any], content: str) -> list[Entry]:
    """Version 1: a tree of tables, each package below the one whose folder it is installed in."""
    finder = Finder(content)
    entries: list[Entry] = []
    stack = [iter(found.items())]
    while stack:
        item = next(stack[-1], None)
        if item is None:
            stack.pop()
            continue
        name, value = item
        if not isinstance(value, dict):
            raise Unclear("an entry that is not a table")
        line = finder.next_line(plain.dumps(name, ensure_ascii=False) + ": {")
        written = text(value.get("version"))
        if written is None:
            raise Unclear("a package without a version", line)
        hashed = "integrity" in value or bool(value.get("bundled"))
        if alias := re.fullmatch(r"npm:((?:@[^/@]+/)?[^/@]+)@(.+)", written):
            name, written = alias[1], alias[2]
        origin = origin_of_resolved(text(value.get("resolved")), hashed)
        if npm_pin(written) is None:
            origin = origin_of_resolved(written, hashed)
        if origin is not Origin.PATH:
            entry = Entry(
                name=name,
                version=written if npm_pin(written) is not None else None,
                line=line,
                origin=origin,
                hashed=hashed,
                dev=bool(value.get("dev")),
                direct=None if len(stack) == 1 else False,
            )
            believe_address(entry, text(value.get("resolved")))
            entries.append(entry)
        inner = table(value.get("dependencies"))
        if inner:
            if len(stack) >= MAX_DEPTH:
                raise Unclear(f"nested more than {MAX_DEPTH} deep", line)
            stack.append(iter(inner.items()))
    return entries
