"""Finds every manifest and lock of the product, has each parsed, and says which lock answers for which manifest."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from shipworthy.facts.base import FactReader, Facts, View
from shipworthy.facts.dependencies import (
    bun_lock,
    npm_lock,
    package_json,
    pipfile,
    pnpm_lock,
    pyproject,
    python_locks,
    setuptools,
    yarn_lock,
)
from shipworthy.facts.dependencies import requirements as pip
from shipworthy.facts.dependencies.blocks import read as read_blocks
from shipworthy.facts.dependencies.closure import missing_from, vouched_for
from shipworthy.facts.dependencies.drift import drift_of
from shipworthy.facts.dependencies.files import LOCKS, MANIFESTS, sort_out
from shipworthy.facts.dependencies.imported import undeclared
from shipworthy.facts.dependencies.model import (
    NPM,
    PYPI,
    Dependencies,
    Lock,
    Manifest,
    Origin,
    Package,
    Requirement,
    folder_of,
)
from shipworthy.facts.dependencies.naming import below, for_development
from shipworthy.facts.dependencies.pairing import pair
from shipworthy.facts.dependencies.parsing import Notes, Unclear
from shipworthy.facts.stack.imports import Imports
from shipworthy.project import FileEntry

MAX_INCLUDES = 200
"""How many requirements files may be drawn in by others; more are a maze, not a manifest."""


class DependenciesReader(FactReader[Dependencies]):
    """Manifests first, because some locks can only be understood with what the manifests ask for."""

    def __init__(self) -> None:
        self.imports = Imports()

    def read(self, view: View, facts: Facts) -> Dependencies:
        if view.project.incomplete:
            view.gap(None, view.project.incomplete)
        files = sort_out(view)
        reading = _Reading(view)
        for entry in files.manifests:
            reading.manifest(entry.path)
        found = _local([reading.completed(each) for each in reading.manifests.values()])
        read_locks = [reading.lock(entry, name, found) for entry, name in files.locks]
        read_locks += reading.compiled(found)
        kept, answers, ignored = pair(view, found, [lock for lock in read_locks if lock is not None])
        kept = tuple(_with_direct(lock, found, answers) for lock in kept)
        return Dependencies(
            manifests=tuple(sorted(found, key=lambda each: each.path)),
            locks=kept,
            answers=answers,
            ignored=ignored,
            drift=tuple(drift_of(found, kept, answers)),
            foreign=tuple(files.foreign),
            undeclared=undeclared(view, self.imports, found, files.foreign),
            aside=tuple(files.aside),
            in_git=view.project.head.in_git,
            read=tuple(view.seen),
            gaps=tuple(view.gaps),
        )


def _local(manifests: list[Manifest]) -> list[Manifest]:
    """The same manifests; what one package of the repository asks of another is not third-party."""
    names = {each.name for each in manifests if each.ecosystem == NPM and each.name}
    return [
        replace(
            manifest,
            requirements=tuple(
                replace(each, origin=Origin.PATH) if each.name in names and each.name != manifest.name else each
                for each in manifest.requirements
            ),
        )
        if manifest.ecosystem == NPM
        else manifest
        for manifest in manifests
    ]


def _with_direct(lock: Lock, manifests: Iterable[Manifest], answers: dict[str, tuple[str, ...]]) -> Lock:
    """The same lock; where it does not tell which packages are direct, the manifests it answers for do."""
    if all(package.direct is not None for package in lock.packages):
        return lock
    asked: dict[str, list[Requirement]] = {}
    for manifest in manifests:
        if lock.path in answers.get(manifest.path, ()) and manifest.path != lock.path:
            for each in manifest.requirements:
                asked.setdefault(each.alias_of or each.name, []).append(each)
    if not asked:
        return lock
    return replace(
        lock,
        packages=tuple(
            package if package.direct is not None else replace(package, direct=package.name in asked)
            for package in lock.packages
        ),
    )


class _Reading:
    """Parses files once each and turns what they do not say clearly into gaps."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.manifests: dict[str, Manifest] = {}
        self.requirement_files: dict[str, pip.RequirementsFile] = {}
        self.constraints: dict[str, dict[str, str]] = {}
        self._drawn = 0

    def _noted(self, path: str, notes: Notes) -> None:
        for reason, line in notes.rows:
            self.view.gap(path, reason, line)
        if notes.more:
            self.view.gap(path, f"{notes.more} more lines that cannot be understood")

    def _unclear(self, path: str, error: Unclear) -> str:
        self.view.gap(path, str(error), error.line)
        return f"line {error.line}: {error}" if error.line else str(error)

    def manifest(self, path: str) -> None:
        """Parse one manifest into `manifests`, and whatever files it draws in."""
        if path in self.manifests:
            return
        name = path.rpartition("/")[2]
        kind = name if name in MANIFESTS else "requirements.txt"
        empty = Manifest(path=path, ecosystem=NPM if name == "package.json" else PYPI, kind=kind)
        self.manifests[path] = replace(empty, problem="could not be read")
        source = self.view.source(path)
        if source is None:
            return
        if source.binary:
            self.view.gap(path, "not a text file")
            return
        notes = Notes()
        try:
            self.manifests[path] = self._parsed(path, name, source.data, source.text, notes)
        except Unclear as error:
            self.manifests[path] = replace(empty, problem=self._unclear(path, error))
        self._noted(path, notes)

    def _parsed(self, path: str, name: str, data: bytes, content: str, notes: Notes) -> Manifest:
        if name == "package.json":
            return self._with_pnpm_workspaces(package_json.parse(path, data, content, notes))
        if name == "Pipfile":
            return pipfile.parse_manifest(path, content)
        if name == "pyproject.toml":
            project = pyproject.parse(path, content, notes)
            self._drawn_in(path, project.files)
            setup = any(self.view.exists(below(folder_of(path), each) or "") for each in ("setup.py", "setup.cfg"))
            if project.elsewhere and not setup:
                notes.add("its dependencies are worked out when it is built")
            return project.manifest
        if name in ("setup.cfg", "setup.py"):
            parse = setuptools.parse_cfg if name == "setup.cfg" else setuptools.parse_py
            setup_file = parse(path, content, notes)
            drawn = self._drawn_in(path, setup_file.files, must_exist=setup_file.unread is None and name == "setup.cfg")
            if setup_file.unread is not None and not drawn and not self._requirements_beside(path, content):
                notes.add("its dependencies are worked out when it runs", setup_file.unread)
            own = setuptools.own_name(content) if name == "setup.py" else None
            return replace(setup_file.manifest, name=own)
        return self._requirements(path, content, notes)

    def _with_pnpm_workspaces(self, manifest: Manifest) -> Manifest:
        source = self.view.source(below(manifest.folder, "pnpm-workspace.yaml") or "")
        if source is None:
            return manifest
        try:
            listed = [document.get("packages") for document in read_blocks(source.text)]
        except Unclear as error:
            self._unclear(source.path, error)
            return manifest
        members = [each for value in listed if isinstance(value, list) for each in value]
        return replace(manifest, workspaces=(*manifest.workspaces, *members))

    def _drawn_in(self, path: str, files: Iterable[str], *, must_exist: bool = True) -> bool:
        """Read the requirements files that a manifest names; whether there was one."""
        found = False
        for each in files:
            target = below(folder_of(path), each)
            if target is not None and self.view.exists(target):
                self.manifest(target)
                found = True
            elif must_exist:
                self.view.gap(path, "names a requirements file that is not in the repository")
        return found

    def _requirements_beside(self, path: str, content: str) -> bool:
        """Whether a setup.py speaks of requirements and there are such files beside it: they are read as they are."""
        prefix = "" if "/" not in path else folder_of(path) + "/"
        return bool(re.search(r"[\"'][\w./-]{0,40}requirements", content)) and any(
            entry.path.startswith((prefix + "requirements/", prefix + "requirements"))
            for entry in self.view.entries("*.txt")
        )

    def _requirements(self, path: str, content: str, notes: Notes) -> Manifest:
        folder, _, name = path.rpartition("/")
        dev = for_development(name.rpartition(".")[0].lower().replace("requirements", ""))
        found = pip.parse(path, content, notes, dev=dev)
        self.requirement_files[path] = found
        pins: dict[str, str] = {}
        includes: list[str] = []
        for written, line, constraint in found.includes:
            target = below(folder or ".", written)
            self._drawn += 1
            if target is None or "://" in written:
                self.view.gap(path, "includes a file from outside the repository", line)
            elif not self.view.exists(target):
                self.view.gap(path, "includes a file that is not in the repository", line)
            elif self._drawn > MAX_INCLUDES:
                self.view.gap(path, f"more than {MAX_INCLUDES} included files", line)
            elif constraint:
                pins.update(self._constraint(target))
            else:
                self.manifest(target)
                includes.append(target)
        requirements = tuple(
            replace(each, pin=pins[each.name], exact=True)
            if each.pin is None and each.origin is Origin.REGISTRY and each.name in pins
            else each
            for each in found.requirements
        )
        return Manifest(
            path=path,
            ecosystem=PYPI,
            kind="requirements.txt",
            requirements=requirements,
            tool="pip",
            includes=tuple(includes),
        )

    def _constraint(self, path: str) -> dict[str, str]:
        """The exact versions in a constraints file, and in those it includes."""
        if path not in self.constraints:
            self.constraints[path] = {}
            source = self.view.source(path)
            if source is not None:
                notes = Notes()
                found = pip.parse(path, source.text, notes, dev=False)
                self._noted(path, notes)
                pins = {each.name: each.pin for each in found.requirements if each.pin is not None}
                for written, _, _ in found.includes:
                    target = below(folder_of(path), written)
                    if target is not None and self.view.exists(target):
                        pins = {**self._constraint(target), **pins}
                self.constraints[path] = pins
        return self.constraints[path]

    def compiled(self, manifests: Iterable[Manifest]) -> list[Lock]:
        """Requirements files that are exact throughout, with what shows that they hold everything, if anything does."""
        return [
            _as_lock(self.view, manifest, self.requirement_files[manifest.path], self._proof(manifest))
            for manifest in manifests
            if manifest.path in self.requirement_files
            and manifest.requirements
            and all(each.exact for each in manifest.requirements)
        ]

    def _proof(self, manifest: Manifest) -> str:
        file = self.requirement_files[manifest.path]
        if all(each.hashed for each in manifest.requirements):
            return "a hash for every package, so that pip refuses any other"
        if file.writer:
            return f"written by {file.writer}"
        if file.direct:
            return "says of its packages what brought them in"
        held = self.held(manifest)
        if file.bare and not manifest.missing and (vouched := vouched_for(held)):
            return f"in the order of pip freeze, and with what {vouched[0]} needs"
        return ""

    def completed(self, manifest: Manifest) -> Manifest:
        """The same manifest, with what its exact list certainly leaves out."""
        if manifest.path not in self.requirement_files or not all(each.exact for each in manifest.requirements):
            return manifest
        return replace(manifest, missing=missing_from(self.held(manifest)))

    def held(self, manifest: Manifest) -> dict[str, str | None]:
        """Name -> version of a requirements file and of those it includes."""
        found: dict[str, str | None] = {}
        waiting, seen = [manifest.path], set[str]()
        while waiting:
            path = waiting.pop()
            if path in self.manifests and path not in seen:
                seen.add(path)
                waiting += self.manifests[path].includes
                found.update((each.name, each.pin) for each in self.manifests[path].requirements)
        return found

    def lock(self, entry: FileEntry, name: str, manifests: Iterable[Manifest]) -> Lock | None:
        """Parse one lock; a lock that cannot be understood has a problem and no packages."""
        path, (ecosystem, tool) = entry.path, LOCKS[name]
        empty = Lock(path=path, ecosystem=ecosystem, kind=name, tool=tool, tracked=entry.tracked)
        if name == "bun.lockb":
            if self.view.exists(below(folder_of(path), "bun.lock") or ""):
                return None
            self.view.gap(path, "Bun's binary lock; write a text one: bun install --save-text-lockfile")
            return replace(empty, problem="Bun's binary lock cannot be read")
        source = self.view.source(path)
        if source is None:
            return replace(empty, problem="could not be read")
        folder = folder_of(path)
        roots = [
            each
            for manifest in manifests
            if manifest.ecosystem == empty.ecosystem
            and manifest.kind != "requirements.txt"
            and (manifest.folder == folder or folder == "." or manifest.folder.startswith(folder + "/"))
            for each in manifest.requirements
        ]
        content = source.text
        parsers: dict[str, Callable[[], Lock]] = {
            "package-lock.json": lambda: npm_lock.parse(path, source.data, content),
            "npm-shrinkwrap.json": lambda: npm_lock.parse(path, source.data, content),
            "yarn.lock": lambda: yarn_lock.parse(path, content, roots),
            "pnpm-lock.yaml": lambda: pnpm_lock.parse(path, content),
            "bun.lock": lambda: bun_lock.parse(path, content),
            "uv.lock": lambda: python_locks.uv(path, content),
            "poetry.lock": lambda: python_locks.poetry(path, content, roots),
            "pdm.lock": lambda: python_locks.pdm(path, content, roots),
            "Pipfile.lock": lambda: pipfile.parse_lock(path, source.data, content),
            "pylock.toml": lambda: python_locks.pylock(path, content),
        }
        try:
            if not content.strip():
                raise Unclear("an empty file")
            return replace(parsers[name](), tracked=entry.tracked)
        except Unclear as error:
            return replace(empty, problem=self._unclear(path, error))


def _as_lock(view: View, manifest: Manifest, file: pip.RequirementsFile, proof: str) -> Lock:
    return Lock(
        path=manifest.path,
        ecosystem=PYPI,
        kind="requirements.txt",
        tool="pip",
        tracked=view.project.files[manifest.path].tracked,
        proof=proof,
        packages=tuple(
            Package(
                ecosystem=PYPI,
                name=each.name,
                version=each.pin,
                file=each.file,
                line=each.line,
                direct=file.direct.get(each.line or 0),
                dev=each.dev,
                origin=each.origin,
                hashed=each.hashed,
            )
            for each in manifest.requirements
        ),
    )
