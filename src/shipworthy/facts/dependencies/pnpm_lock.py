"""Reads pnpm-lock.yaml, lockfile versions 5 to 9."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from shipworthy.facts.dependencies.blocks import Block, read
from shipworthy.facts.dependencies.model import NPM, Lock, Origin, folder_of
from shipworthy.facts.dependencies.naming import below
from shipworthy.facts.dependencies.parsing import Entry, Unclear, packages, settle, whole

_SECTIONS = (("dependencies", False), ("optionalDependencies", False), ("devDependencies", True))
_NAME_AT = re.compile(r"((?:@[^/@]+/)?[^/@]+)@([^(]*)")
_NAME_SLASH = re.compile(r"((?:@[^/]+/)?[^/]+)/([^/(_]+)")


def parse(path: str, content: str) -> Lock:
    """Raises Unclear."""
    documents = read(content)
    entries: dict[str, Entry] = {}
    asked: dict[str, dict[str, str]] = {}
    roots: dict[bool, set[str]] = {False: set(), True: set()}
    versions: list[int] = []
    for document in documents:
        major = _major(document)
        versions.append(major)
        listed = document.block("packages")
        for key, value in listed.items():
            body = value if isinstance(value, Block) else Block()
            entries[_bare(key) if major >= 9 else key] = _entry(key, body, listed.lines[key], major)
        _edges(document, entries, major)
        _importers(path, document, entries, major, asked, roots)
    whole(entries.values())
    if all(major >= 9 for major in versions) or not any(entry.dev is not None for entry in entries.values()):
        settle(entries, roots[False], roots[True])
    for key in roots[False] | roots[True]:
        if key in entries:
            entries[key].direct = True
    return Lock(
        path=path,
        ecosystem=NPM,
        kind="pnpm-lock.yaml",
        tool="pnpm",
        packages=packages(NPM, path, entries.values()),
        asked=asked,
        proof="resolved by pnpm",
    )


def _major(document: Block) -> int:
    written = (document.text("lockfileVersion") or "").strip("'\"")
    match = re.fullmatch(r"(\d{1,2})(?:\.\d{1,3})?(?:-[\w.]+)?", written)
    if not match or not 5 <= int(match[1]) <= 9:
        raise Unclear("a lockfile version that is not known")
    return int(match[1])


def _bare(key: str) -> str:
    """A version 9 key without the peers in parentheses."""
    return key.partition("(")[0]


def _entry(key: str, body: Block, line: int, major: int) -> Entry:
    resolution = body.get("resolution")
    written = resolution if isinstance(resolution, str) else ""
    if isinstance(resolution, Block):
        written = ", ".join(f"{name}: {value}" for name, value in resolution.items() if isinstance(value, str))
    name, version, origin = _identity(key, body, major)
    if origin is Origin.REGISTRY and "directory" in written:
        origin = Origin.PATH
    if re.search(r"\btype: git\b|\brepo:|\bcommit:", written):
        origin = Origin.GIT
    elif origin is Origin.GIT and version and "integrity:" in written:
        # Before version 6 a package of a registry that is not the default one has its host in the key.
        origin = Origin.REGISTRY
    dev = body.text("dev")
    return Entry(
        name=name,
        version=version,
        line=line,
        origin=origin,
        hashed="integrity:" in written,
        dev=None if dev is None else dev == "true",
        direct=False,
    )


def _identity(key: str, body: Block, major: int) -> tuple[str, str | None, Origin]:
    """Name, version and origin of a package, from its key and what the entry itself says."""
    bare = key.removeprefix("/")
    match = (_NAME_AT if major >= 6 else _NAME_SLASH).match(bare)
    name, version = (match[1], match[2].strip()) if match else ("", "")
    origin = Origin.REGISTRY
    if major < 6 and not key.startswith("/"):
        # A key without the leading slash starts with a host or a scheme.
        origin = Origin.PATH if key.startswith(("file:", "link:")) else Origin.GIT
        name, version = "", ""
    elif re.match(r"(?:file|link):", version):
        origin, version = Origin.PATH, ""
    elif re.match(r"https?:.*\.tgz$|https?:(?!.*\.git)", version):
        origin, version = Origin.URL, ""
    elif version and not re.match(r"\d", version):
        origin, version = Origin.GIT, ""
    name = body.text("name") or name
    version = body.text("version") or version
    if not name and bare.startswith(("file:", "link:")):
        return bare, None, Origin.PATH
    if not name:
        raise Unclear("a package key that cannot be understood")
    return name, version or None, origin


def _edges(document: Block, entries: Mapping[str, Entry], major: int) -> None:
    """What each package brings in: under "snapshots" from version 9, in the package's own entry before."""
    bodies = document.block("snapshots") if major >= 9 else document.block("packages")
    for key, value in bodies.items():
        if not isinstance(value, Block):
            continue
        entry = entries.get(_bare(key) if major >= 9 else key)
        if entry is None:
            raise Unclear("a snapshot of a package that is not listed", bodies.lines[key])
        for section in ("dependencies", "optionalDependencies"):
            for name, reference in value.block(section).items():
                if isinstance(reference, str) and not reference.startswith("link:"):
                    need = _target(name, reference, entries, major)
                    if need is None:
                        entry.torn = entry.torn or section == "dependencies"
                    else:
                        entry.needs.append(need)


def _target(name: str, reference: str, entries: Mapping[str, Entry], major: int) -> str | None:
    """The key of the package that a reference means: a version, or a whole key."""
    bare = _bare(reference) if major >= 9 else reference
    options = {9: (f"{name}@{bare}", bare), 5: (f"/{name}/{bare}", bare)}.get(
        major, (f"/{name}@{bare}", bare, f"/{name}/{bare}")
    )
    return next((option for option in options if option in entries), None)


def _folders(document: Block) -> Iterator[tuple[str, Block]]:
    importers = document.block("importers")
    if importers:
        for folder, value in importers.items():
            yield folder, value if isinstance(value, Block) else Block()
    else:
        yield ".", document


def _importers(
    path: str,
    document: Block,
    entries: Mapping[str, Entry],
    major: int,
    asked: dict[str, dict[str, str]],
    roots: Mapping[bool, set[str]],
) -> None:
    for place, block in _folders(document):
        folder = below(folder_of(path), place)
        if folder is None:
            continue
        specifiers = block.block("specifiers")
        answer = asked.setdefault(folder, {})
        answer.update({name: value for name, value in specifiers.items() if isinstance(value, str)})
        for section, dev in _SECTIONS:
            for name, value in block.block(section).items():
                reference = value.text("version") if isinstance(value, Block) else value
                if isinstance(value, Block) and (specifier := value.text("specifier")) is not None:
                    answer[name] = specifier
                if not isinstance(reference, str) or re.match(r"(?:link|file|workspace):", reference):
                    continue
                key = _target(name, reference, entries, major)
                if key is None:
                    raise Unclear("asks for a package that the lock does not hold: cut off, or badly merged")
                roots[dev].add(key)
