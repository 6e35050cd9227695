"""What can be wrong with the locks and lists of one manifest, as findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shipworthy.checks.dependencies import words
from shipworthy.facts.dependencies import NPM, Dependencies, Drift, Lock, Manifest, Origin
from shipworthy.model import Finding, Location, Severity
from shipworthy.text import plural, visible

_MAKE = {
    "uv": "uv lock", "poetry": "poetry lock", "pdm": "pdm lock", "pipenv": "pipenv lock", "npm": "npm install",
    "yarn": "yarn install", "pnpm": "pnpm install", "bun": "bun install",
}  # fmt: skip
_COPIES = ("requirements.txt", "pylock.toml")
"""Locks that are often written from another one, so that they do not compete with it."""


def of_locks(manifest: Manifest, locks: Iterable[Lock], *, in_git: bool) -> Iterator[Finding]:
    """Failures: a lock that is not committed, two locks of which nobody says which one counts."""
    for lock in locks:
        if in_git and not lock.tracked:
            message = f"{lock.path} is not committed, so every other machine installs other versions."
            yield words.finding("lock-not-committed", lock.path, 1, message, lock.path, f"git add {lock.path}")
    rivals = [lock for lock in locks if lock.kind not in _COPIES]
    tools = sorted({lock.tool for lock in rivals})
    if len(tools) > 1 and manifest.tool not in tools:
        message = (
            f"{words.names_of(lock.path for lock in rivals)} both lock {manifest.path}, and one of them goes stale."
        )
        remedy = "Keep the lock of the tool you deploy with, delete the other."
        yield words.finding("two-locks", rivals[0].path, 1, message, ",".join(tools), remedy)


def remarks(manifest: Manifest, locks: Iterable[Lock]) -> Iterator[Finding]:
    """Remarks: packages without a digest or from outside a registry, a second lock that the manifest rules out."""
    for lock in locks:
        bare = [each for each in lock.packages if not each.hashed and each.origin is Origin.REGISTRY]
        if bare:
            message = (
                f"{plural(len(bare), 'package')} of {lock.path} without a hash: a swapped file would go unnoticed."
            )
            remedy = "Write hashes: pip-compile --generate-hashes, uv export, or a newer version of your tool."
            yield words.finding("no-hashes", lock.path, bare[0].line, message, "hashes", remedy, severity=Severity.LOW)
        for each in lock.packages:
            if each.origin in (Origin.GIT, Origin.URL):
                message = f"{visible(each.name, 80)} comes from {words.ORIGIN[each.origin]}, not from a registry."
                yield words.finding("off-registry", lock.path, each.line, message, each.name, severity=Severity.LOW)
    tools = {lock.tool for lock in locks if lock.kind not in _COPIES}
    if len(tools) > 1 and manifest.tool in tools:
        message = f"{manifest.path} names {manifest.tool}, but another tool's lock is there too."
        yield words.finding("two-locks", manifest.path, 1, message, "locks", "Delete it.", severity=Severity.LOW)


def _compile(manifest: Manifest) -> str:
    """What turns a list of wishes into a lock, in two steps (pip-tools' and uv's own help)."""
    name = visible(manifest.path.rpartition("/")[2], 80)
    wishes = f"{name.removesuffix('.txt')}.in"
    return (
        f"Rename {name} to {wishes}, then run `pip-compile --generate-hashes {wishes}` (of pip-tools): it "
        f"writes {name} with all that gets installed. Commit both."
    )


def of_list(manifest: Manifest) -> Iterator[tuple[str, Finding]]:
    """What is wrong with a requirements file that no lock answers for, each as ("fail" | "unknown" | "remark", …)."""
    loose = [each for each in manifest.requirements if not each.exact and each.origin is not Origin.PATH]
    development = all(each.dev for each in manifest.requirements)
    level = Severity.LOW if development else Severity.HIGH
    kind, line, related = "fail", 1, list[Location]()
    if loose:
        rule, line = "unpinned", loose[0].line or 1
        message = f"{manifest.path} leaves the version open of {words.names_of(each.name for each in loose)}."
        anchor = ",".join(sorted(each.name for each in loose))
        related = [Location(path=each.file, line=each.line) for each in loose[1:20]]
    elif manifest.missing:
        name, need = manifest.missing[0]
        rule, line = "incomplete-list", next((e.line for e in manifest.requirements if e.name == name and e.line), 1)
        message = f"{manifest.path} pins {name} but not {need}, which {name} brings in: that version stays open."
        anchor = ",".join(f"{name}>{need}" for name, need in manifest.missing)
    else:
        rule, kind, anchor = "perhaps-incomplete", "unknown", "list"
        message = f"{manifest.path} pins what it names; nothing tells whether it names all that gets installed."
    found = words.finding(
        rule, manifest.path, line, message, anchor, _compile(manifest), severity=level, related=related
    )
    yield "remark" if development else kind, found


def listed_beside(manifest: Manifest, mine: Dependencies) -> bool:
    """Whether a requirements file in the same folder lists the same dependencies: then that file is judged."""
    asked = {each.name for each in manifest.requirements if not each.dev and not each.conditional}
    return manifest.ecosystem != NPM and any(
        other.kind == "requirements.txt"
        and other.folder == manifest.folder
        and asked <= {each.name for each in other.requirements}
        for other in mine.manifests
        if asked and not other.path.endswith(".in")
    )


def without_lock(manifest: Manifest, mine: Dependencies) -> Finding:
    """A manifest that no lock answers for."""
    rows = words.third_party(manifest)
    ignored = mine.ignored.get(manifest.folder)
    make = _MAKE.get(manifest.tool or "", "npm install" if manifest.ecosystem == NPM else "uv lock")
    message = f"{manifest.path} asks for {plural(len(rows), 'package')}, and no lock says which versions."
    remedy = f"Run `{make}` and commit the lock it writes."
    if ignored:
        message = f"{ignored} exists, but an ignore rule keeps it out of git."
        remedy = f"Take {ignored} out of .gitignore and commit it."
    return words.finding("no-lock", manifest.path, rows[0].line, message, "lock", remedy)


def of_drift(drift: Drift) -> Finding:
    """A lock that does not answer its manifest any more."""
    subject = visible(drift.name, 80) if drift.name else drift.manifest
    remedy = "Make the lock again with its tool, and commit it together with the manifest."
    message = f"{subject} {drift.reason} ({drift.lock})."
    related = [Location(path=drift.lock)]
    return words.finding("out-of-step", drift.manifest, drift.line, message, drift.name, remedy, related=related)
