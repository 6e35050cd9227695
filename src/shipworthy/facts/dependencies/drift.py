"""Whether a lock still answers its manifest: by the digest it recorded, the ranges it copied, or the names it holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from shipworthy.facts.dependencies.model import PYPI, Drift, Lock, Manifest, Origin, Requirement
from shipworthy.sources.advisories.ranges import satisfies

_COPIES = {"pnpm", "bun", "yarn", "uv"}
"""Tools that refuse a frozen install when a range of the manifest differs from the one in the lock."""


def drift_of(
    manifests: Iterable[Manifest], locks: Iterable[Lock], answers: Mapping[str, tuple[str, ...]]
) -> Iterator[Drift]:
    """Every way in which a lock falls short of a manifest it answers for."""
    known = {lock.path: lock for lock in locks}
    for manifest in manifests:
        for path in answers.get(manifest.path, ()):
            lock = known[path]
            if lock.problem is None and manifest.problem is None and path != manifest.path:
                yield from _between(manifest, lock)


def _between(manifest: Manifest, lock: Lock) -> Iterator[Drift]:
    def drift(reason: str, row: Requirement | None = None) -> Drift:
        name, line = (row.name, row.line) if row else ("", None)
        return Drift(manifest=manifest.path, lock=lock.path, name=name, line=line, reason=reason)

    if lock.tool == "poetry" and lock.digest and manifest.kind == "pyproject.toml" and manifest.tool == "poetry":
        if lock.digest not in manifest.digests:
            yield drift("was changed after the lock was written: its content hash is another one now")
        else:
            return
    held: dict[str, list[str | None]] = {}
    for package in lock.packages:
        held.setdefault(package.name, []).append(package.version)
    copied = lock.asked.get(manifest.folder) if lock.tool in _COPIES else None
    for row in manifest.requirements:
        if row.origin is Origin.PATH or row.name in manifest.loose:
            continue
        if copied and copied.get(row.name) == "@":
            continue
        if lock.kind == "requirements.txt" and (row.dev or row.conditional):
            continue
        reason = _copied(manifest, row, copied, lock) or _held(row, held.get(row.alias_of or row.name))
        if reason:
            yield drift(reason, row)


def _copied(manifest: Manifest, row: Requirement, copied: Mapping[str, str] | None, lock: Lock) -> str | None:
    """Compare with what the lock says it was asked."""
    if lock.patterns and row.origin is Origin.REGISTRY and not row.conditional and row.alias_of is None:
        options = {f"{row.name}@{row.spec}", f"{row.name}@npm:{row.spec}"}
        if row.spec and not options & lock.patterns:
            return "is asked for in a range that the lock has no answer for"
    if not copied or row.origin is not Origin.REGISTRY or row.alias_of is not None:
        return None
    written = copied.get(row.name)
    if written is None:
        return None if row.conditional else "is not among what the lock was made for"
    if manifest.ecosystem == PYPI:
        same = any(each == "@" or _same_python(row.spec, each) for each in written.split(" | "))
    else:
        same = not row.spec or written.removeprefix("npm:").strip() == row.spec or ":" in written
    return None if same else "is asked for in another range than the lock was made for"


def _same_python(one: str, other: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return SpecifierSet(one) == SpecifierSet(other)
    except InvalidSpecifier:
        return one == other


def _held(row: Requirement, versions: list[str | None] | None) -> str | None:
    """Compare with the versions the lock holds under the name."""
    if versions is None:
        return None if row.conditional else "is not in the lock"
    if row.origin is not Origin.REGISTRY or not row.spec or None in versions:
        return None
    fitting = [satisfies(row.ecosystem, version, row.spec) for version in versions if version is not None]
    if fitting and all(each is False for each in fitting):
        return "is locked in a version that its range does not allow"
    return None
