"""Reads yarn.lock: the format of Yarn 1, and the YAML of Yarn 2 and later."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from shipworthy.facts.dependencies import blocks
from shipworthy.facts.dependencies.model import NPM, Lock, Origin, Requirement, folder_of
from shipworthy.facts.dependencies.naming import below
from shipworthy.facts.dependencies.npm_lock import believe_address, origin_of_resolved
from shipworthy.facts.dependencies.parsing import Entry, Unclear, packages, settle, whole

MAX_VERSIONS = 500
_PATTERN = re.compile(r"((?:@[^/@]+/)?[^@]+)@(.*)", re.S)
_ALIAS = re.compile(r"npm:((?:@[^/@]+/)?[^/@]+)@")
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*+)"')


def parse(path: str, content: str, roots: Sequence[Requirement]) -> Lock:
    """`roots` are the requirements of the manifests it answers for. Raises Unclear."""
    modern = "\n__metadata:" in "\n" + content
    asked: Mapping[str, Mapping[str, str]] = {}
    if modern:
        entries, patterns, asked = _modern(path, content)
    else:
        entries, patterns = _classic(content)
    if not modern and not entries and "yarn lockfile v1" not in content:
        raise Unclear("not a lock of Yarn")
    whole(entries.values())
    shipped, development = set[str](), set[str]()
    resolved = _Patterns(patterns)
    for each in roots:
        if each.origin is not Origin.PATH:
            (development if each.dev else shipped).update(resolved.keys(each.name, each.spec))
    if roots:
        settle(entries, shipped, development)
    return Lock(
        path=path,
        ecosystem=NPM,
        kind="yarn.lock",
        tool="yarn",
        packages=packages(NPM, path, (entry for entry in entries.values() if entry.origin is not Origin.PATH)),
        asked=asked,
        patterns=frozenset() if modern else frozenset(patterns),
        proof="resolved by yarn",
    )


class _Patterns:
    """What each name and range was resolved to: pattern ("name@range") -> the key of its entry."""

    def __init__(self, patterns: Mapping[str, str]) -> None:
        self._patterns = patterns
        self._names: dict[str, set[str]] = {}
        for pattern, key in patterns.items():
            if match := _PATTERN.fullmatch(pattern):
                self._names.setdefault(match[1], set()).add(key)

    def keys(self, name: str, spec: str) -> list[str]:
        """The entry for a name and range; all entries of the name where a resolution changed the range.

        Raises Unclear for a name in absurdly many versions.
        """
        for option in (f"{name}@{spec}", f"{name}@npm:{spec}"):
            if option in self._patterns:
                return [self._patterns[option]]
        same = sorted(self._names.get(name, ()))
        if len(same) > MAX_VERSIONS:
            raise Unclear(f"one package in more than {MAX_VERSIONS} versions")
        return same


def _unquoted(text: str) -> str:
    match = _TEXT.fullmatch(text)
    return match[1] if match else text


def _classic(content: str) -> tuple[dict[str, Entry], dict[str, str]]:
    """Yarn 1: an entry's header at the margin, its fields two columns in, what it needs four columns in."""
    entries: dict[str, Entry] = {}
    patterns: dict[str, str] = {}
    needs: list[tuple[str, str, str, bool]] = []
    current, section = "", ""
    for number, raw in enumerate(content.split("\n"), 1):
        line = raw.rstrip("\r ")
        stripped = line.lstrip(" ")
        if not stripped or stripped[0] == "#":
            continue
        indent = len(line) - len(stripped)
        if indent == 0:
            names = _header(stripped, number)
            current, section = names[0], ""
            if current in entries:
                raise Unclear("a key appears twice", number)
            match = _PATTERN.fullmatch(current)
            alias = _ALIAS.match(match[2]) if match else None
            if not match:
                raise Unclear("an entry that names no package", number)
            entries[current] = Entry(name=alias[1] if alias else match[1], version=None, line=number)
            patterns.update(dict.fromkeys(names, current))
        elif indent == 2 and current:
            section = _field(entries[current], stripped, number)
        elif indent == 4 and section in ("dependencies", "optionalDependencies"):
            name, _, spec = stripped.partition('" ' if stripped[0] == '"' else " ")
            needs.append((current, name.lstrip('"'), _unquoted(spec.strip()), section == "dependencies"))
        elif indent < 4 or not section:
            raise Unclear("indented in a way the format never is", number)
    for key, entry in entries.items():
        if entry.version is None and entry.origin is Origin.REGISTRY:
            raise Unclear("an entry without a version", entry.line)
        spec = key.partition("@")[2] if not key.startswith("@") else key[1:].partition("@")[2]
        if entry.origin is Origin.REGISTRY and re.match(r"(?:file|link):", spec):
            entry.origin = Origin.PATH
    _connect(entries, patterns, needs)
    return entries, patterns


def _header(line: str, number: int) -> list[str]:
    if not line.endswith(":"):
        raise Unclear("a line that is no entry (a merge conflict?)", number)
    names = [_unquoted(part) for part in re.split(r", (?=[\"@A-Za-z0-9_.-])", line[:-1])]
    if line.count('"') % 2 or not all(names):
        raise Unclear("an entry that cannot be understood", number)
    return names


def _field(entry: Entry, line: str, number: int) -> str:
    """Take one field of an entry; the section's name where it opens one."""
    if line.endswith(":"):
        return line[:-1]
    name, _, value = line.partition(" ")
    if name == "version":
        entry.version = _unquoted(value)
    elif name == "resolved":
        entry.origin = origin_of_resolved(_unquoted(value), True)
        believe_address(entry, _unquoted(value))
        # Yarn 1 keeps a digest behind "#" where the registry gave no integrity.
        entry.hashed = entry.hashed or bool(re.search(r"#[0-9a-f]{40}\"?$", value))
    elif name == "integrity":
        entry.hashed = True
    elif not value:
        raise Unclear("a field without a value", number)
    return ""


def _connect(
    entries: Mapping[str, Entry], patterns: Mapping[str, str], needs: Iterable[tuple[str, str, str, bool]]
) -> None:
    resolved = _Patterns(patterns)
    for key, name, spec, required in needs:
        targets = resolved.keys(name, spec)
        entries[key].needs += targets
        entries[key].torn = entries[key].torn or (required and not targets)


def _modern(path: str, content: str) -> tuple[dict[str, Entry], dict[str, str], dict[str, Mapping[str, str]]]:
    """Yarn 2 and later: keys are descriptors joined by ", ", `resolution` names what was chosen."""
    documents = blocks.read(content)
    entries: dict[str, Entry] = {}
    patterns: dict[str, str] = {}
    asked: dict[str, Mapping[str, str]] = {}
    needs: list[tuple[str, str, str, bool]] = []
    for document in documents:
        for key, body in document.items():
            if key == "__metadata":
                continue
            line = document.lines[key]
            resolution = body.text("resolution") if isinstance(body, blocks.Block) else None
            match = _PATTERN.fullmatch(resolution or "")
            if not isinstance(body, blocks.Block) or not match:
                raise Unclear("an entry without a resolution", line)
            entries[key] = _chosen(match[1], match[2], body, line)
            patterns.update(dict.fromkeys(key.split(", "), key))
            wanted = {name: spec for name, spec in body.block("dependencies").items() if isinstance(spec, str)}
            if match[2].startswith("workspace:"):
                folder = below(folder_of(path), match[2].removeprefix("workspace:"))
                if folder is not None:
                    asked[folder] = {name: spec.removeprefix("npm:") for name, spec in wanted.items()}
                continue
            optional = set(body.block("dependenciesMeta"))
            needs += [(key, name, spec, name not in optional) for name, spec in wanted.items()]
    _connect(entries, patterns, needs)
    return entries, patterns, asked


def _chosen(name: str, reference: str, body: blocks.Block, line: int) -> Entry:
    version = body.text("version")
    hashed = "checksum" in body or "conditions" in body
    if reference.startswith(("npm:", "patch:")):
        origin = Origin.REGISTRY
        if version is None:
            raise Unclear("a package without a version", line)
    elif re.match(r"(?:workspace|link|portal|file):", reference):
        origin = Origin.PATH
    else:
        origin = Origin.GIT if "#commit=" in reference or ".git" in reference else Origin.URL
    return Entry(name=name, version=version, line=line, origin=origin, hashed=hashed)
