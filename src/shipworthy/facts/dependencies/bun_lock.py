"""Reads bun.lock, the text lock of Bun: JSON with comments and trailing commas."""

from __future__ import annotations

import json as plain
import re
from collections.abc import Mapping
from typing import Any

from shipworthy.facts.dependencies.lines import Finder
from shipworthy.facts.dependencies.model import NPM, Lock, Origin, folder_of
from shipworthy.facts.dependencies.naming import below
from shipworthy.facts.dependencies.parsing import Entry, Unclear, json, packages, settle, table, whole

MAX_NESTING = 100
_TOKEN = re.compile(r'("(?:[^"\\]|\\.)*+(?:"|\Z))|//[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z)|,(?=\s*+[}\]])', re.S)
_IDENTITY = re.compile(r"((?:@[^/@]+/)?[^/@]+)@(.*)", re.S)
_SECTIONS = (
    ("dependencies", False), ("optionalDependencies", False), ("peerDependencies", False), ("devDependencies", True),
)  # fmt: skip


def to_json(text: str) -> str:
    """The same document without comments and trailing commas; lines stay where they are."""
    return _TOKEN.sub(lambda match: match[1] or "\n" * match[0].count("\n"), text)


def parse(path: str, content: str) -> Lock:
    """Raises Unclear."""
    document = json(to_json(content).encode("utf-8", "surrogateescape"))
    if not isinstance(document.get("lockfileVersion"), int) or "workspaces" not in document:
        raise Unclear("not a lock of Bun")
    finder = Finder(content)
    finder.seek('"packages"')
    entries: dict[str, Entry] = {}
    bodies: dict[str, Mapping[str, Any]] = {}
    for key, row in table(document.get("packages")).items():
        line = finder.line(plain.dumps(key, ensure_ascii=False) + ":")
        match = _IDENTITY.fullmatch(row[0]) if isinstance(row, list) and row and isinstance(row[0], str) else None
        if match is None:
            raise Unclear("a package that cannot be understood", line)
        if key.count("/") > MAX_NESTING:
            raise Unclear(f"packages nested more than {MAX_NESTING} deep", line)
        entries[key] = _entry(match[1], match[2], row, line)
        bodies[key] = next((each for each in row if isinstance(each, dict)), {})
    for key, body in bodies.items():
        _connect(key, body, entries)
    whole(entries.values())
    asked: dict[str, dict[str, str]] = {}
    shipped, development = set[str](), set[str]()
    for place, body in table(document["workspaces"]).items():
        folder = below(folder_of(path), place)
        if folder is None:
            continue
        answer = asked.setdefault(folder, {})
        for section, dev in _SECTIONS:
            for name, spec in table(table(body).get(section)).items():
                answer.setdefault(name, str(spec))
                own = f"{table(body).get('name')}/{name}"
                target = own if own in entries else name
                if target in entries:
                    (development if dev else shipped).add(target)
    settle(entries, shipped, development)
    return Lock(
        path=path,
        ecosystem=NPM,
        kind="bun.lock",
        tool="bun",
        packages=packages(NPM, path, (entry for entry in entries.values() if entry.origin is not Origin.PATH)),
        asked=asked,
        proof="resolved by bun",
    )


def _entry(name: str, reference: str, row: list[Any], line: int | None) -> Entry:
    hashed = isinstance(row[-1], str) and row[-1].startswith("sha")
    if re.match(r"(?:workspace|file|link|root):", reference):
        return Entry(name=name, version=None, line=line, origin=Origin.PATH)
    if re.match(r"\d", reference):
        return Entry(name=name, version=reference, line=line, hashed=hashed)
    remote = re.match(r"https?:", reference) and ".git" not in reference
    return Entry(name=name, version=None, line=line, origin=Origin.URL if remote else Origin.GIT, hashed=hashed)


def _connect(key: str, body: Mapping[str, Any], entries: Mapping[str, Entry]) -> None:
    """A dependency is installed below the package itself, or below the nearest folder above it."""
    optional = set(body.get("optionalPeers", ()) if isinstance(body.get("optionalPeers"), list) else ())
    for section, _ in _SECTIONS[:3]:
        for name in table(body.get(section)):
            folder = key
            while True:
                target = f"{folder}/{name}" if folder else name
                if target in entries:
                    entries[key].needs.append(target)
                    break
                if not folder:
                    required = section == "dependencies" and name not in optional
                    entries[key].torn = entries[key].torn or required
                    break
                folder = _above(folder)


def _above(folder: str) -> str:
    """The package a package is installed below: one name up, where a scope and its name are one."""
    head = folder.rpartition("/")[0]
    above, _, last = head.rpartition("/")
    return above if last.startswith("@") else head
