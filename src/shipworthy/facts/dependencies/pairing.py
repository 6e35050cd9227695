"""Which lock answers for which manifest: by folder, by workspace, by name, and by what a requirements file covers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatchcase

from shipworthy.facts.base import View
from shipworthy.facts.dependencies.model import NPM, Lock, Manifest, Origin, folder_of
from shipworthy.git import GitError

_CANDIDATES = {
    NPM: ("package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb", "npm-shrinkwrap.json"),
    "PyPI": ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml"),
}


def pair(
    view: View, manifests: list[Manifest], locks: list[Lock]
) -> tuple[tuple[Lock, ...], dict[str, tuple[str, ...]], dict[str, str]]:
    """The locks worth keeping, manifest path -> lock paths, and folder -> lock that git is told to ignore."""
    answers: dict[str, tuple[str, ...]] = {}
    proven: dict[str, Lock] = {lock.path: lock for lock in locks}
    for manifest in manifests:
        found = _by_folder(manifest, locks, manifests)
        if manifest.kind != "requirements.txt":
            for lock in _exports(manifest, locks):
                if lock.path not in found:
                    found.append(lock.path)
                _prove(proven, lock.path, manifest)
        elif manifest.path.endswith(".in"):
            for path in found:
                _prove(proven, path, manifest)
        if found:
            answers[manifest.path] = tuple(found)
    for manifest in manifests:
        own = proven.get(manifest.path)
        if own is not None and own.proof:
            answers[manifest.path] = (manifest.path,)
    # A requirements file that proved to be no more than a list of direct pins stays a mere manifest.
    kept = tuple(lock for lock in proven.values() if lock.kind != "requirements.txt" or lock.proof)
    paths = {lock.path for lock in kept}
    answers = {path: tuple(each for each in found if each in paths) for path, found in answers.items()}
    ordered = tuple(sorted(kept, key=lambda each: each.path))
    return ordered, {path: found for path, found in answers.items() if found}, _ignored(view, manifests, answers)


def _prove(locks: dict[str, Lock], path: str, manifest: Manifest) -> None:
    if not locks[path].proof:
        proof = f"holds all that {manifest.path} asks for, and what that brings in"
        locks[path] = replace(locks[path], proof=proof)


def _may_answer(lock: Lock, manifest: Manifest) -> bool:
    """Whether a lock of this kind is made from a manifest of that kind at all."""
    if lock.ecosystem != manifest.ecosystem or lock.kind == "requirements.txt":
        return False
    if manifest.kind == "Pipfile" or lock.kind == "Pipfile.lock":
        return manifest.kind + ".lock" == lock.kind
    return manifest.kind != "requirements.txt"


def _by_folder(manifest: Manifest, locks: Iterable[Lock], manifests: Iterable[Manifest]) -> list[str]:
    if manifest.path.endswith(".in"):
        written = manifest.path.removesuffix(".in") + ".txt"
        return [lock.path for lock in locks if lock.path == written]
    same = [lock for lock in locks if _may_answer(lock, manifest)]
    folder = manifest.folder
    if here := [lock.path for lock in same if lock.folder == folder]:
        return here
    while folder != ".":
        folder = folder_of(folder)
        above = [lock.path for lock in same if lock.folder == folder and _is_member(manifest.folder, lock, manifests)]
        if above:
            return above
    return []


def _is_member(folder: str, lock: Lock, manifests: Iterable[Manifest]) -> bool:
    """Whether a lock further up says that it answers for this folder, or its manifest does."""
    if lock.asked:
        return folder in lock.asked
    inner = folder if lock.folder == "." else folder[len(lock.folder) + 1 :]
    return any(
        fits(inner, manifest.workspaces)
        for manifest in manifests
        if manifest.folder == lock.folder and manifest.ecosystem == lock.ecosystem
    )


def fits(folder: str, patterns: Iterable[str]) -> bool:
    """Whether a folder is among workspace patterns: "*" within one name, "**" across, "!" takes out again."""
    found = False
    for pattern in patterns:
        taken_out = pattern.startswith("!")
        parts = pattern.lstrip("!").removeprefix("./").rstrip("/").split("/")
        if len(parts) > 20 or len(pattern) > 200:
            continue
        if _match(folder.split("/"), parts):
            found = not taken_out
    return found


def _match(names: list[str], parts: list[str]) -> bool:
    if not parts:
        return not names
    if parts[0] == "**":
        rest = [part for part in parts if part != "**"]
        return any(_match(names[start:], rest) for start in range(len(names) + 1)) if rest else True
    if not names:
        return False
    return fnmatchcase(names[0], parts[0]) and _match(names[1:], parts[1:])


def _exports(manifest: Manifest, locks: Iterable[Lock]) -> list[Lock]:
    """Requirements files in the same folder that hold everything a Python manifest ships, and more."""
    asked = {each.name for each in manifest.requirements if not each.dev and not each.conditional}
    found = []
    for lock in locks:
        if lock.kind != "requirements.txt" or lock.folder != manifest.folder or manifest.ecosystem == NPM:
            continue
        held = {package.name for package in lock.packages}
        if asked and asked < held:
            found.append(lock)
    return found


def _ignored(view: View, manifests: Iterable[Manifest], answers: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """Folder -> a lock that lies there, but git is told to ignore it."""
    git = view.project.git
    if git is None:
        return {}
    wanted = {
        name if manifest.folder == "." else f"{manifest.folder}/{name}"
        for manifest in manifests
        if not answers.get(manifest.path) and any(each.origin is not Origin.PATH for each in manifest.requirements)
        for name in _CANDIDATES[manifest.ecosystem]
    }
    if not wanted:
        return {}
    try:
        listed = git.run("ls-files", "-o", "-i", "--exclude-standard", "-z", "--", *sorted(wanted)[:500])
    except GitError:
        return {}
    names = [name.decode("utf-8", "surrogateescape") for name in listed.split(b"\0") if name]
    return {folder_of(name): name for name in names}
