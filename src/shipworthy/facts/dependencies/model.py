"""The nouns of dependencies: what manifests ask for, what locks settle, and which lock answers for which manifest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from shipworthy.facts.base import Fact, FactReader
from shipworthy.model import Component

PYPI = "PyPI"
NPM = "npm"


class Origin(StrEnum):
    """Where a package comes from."""

    REGISTRY = "registry"
    GIT = "git"
    URL = "url"
    PATH = "path"
    """A folder or file of this repository."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One dependency that a manifest asks for. Names are normalised (PEP 503 for PyPI, as written for npm)."""

    ecosystem: str
    name: str
    spec: str
    """The range as written ("" for any version); "" too for git, url and path, whose address may hold a secret."""
    file: str
    line: int | None
    dev: bool = False
    origin: Origin = Origin.REGISTRY
    pin: str | None = None
    """The only version the range allows, if it allows one only."""
    exact: bool = False
    """Whether it names one content: a version, a commit, or an address with a digest."""
    alias_of: str | None = None
    """The package's published name, where the manifest gives it another one."""
    hashed: bool = False
    conditional: bool = False
    """Asked for on some platforms or by choice only, so that a lock may leave it out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One package version that is installed. `direct` and `dev` are None where the file does not tell."""

    ecosystem: str
    name: str
    version: str | None
    """None where the file names none (git, url)."""
    file: str
    line: int | None
    direct: bool | None
    dev: bool | None
    origin: Origin = Origin.REGISTRY
    hashed: bool = False
    """Whether a digest of its contents is recorded, so that another file of the same name is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A file in which a person says what the code needs."""

    path: str
    ecosystem: str
    kind: str
    """What it is, by its usual name: "requirements.txt", "pyproject.toml", "package.json", …"""
    requirements: tuple[Requirement, ...] = ()
    name: str | None = None
    """What the project calls itself."""
    tool: str | None = None
    """The package manager it names, if it names one."""
    loose: frozenset[str] = frozenset()
    """Names whose locked version may differ from the range on purpose (overrides, sources)."""
    workspaces: tuple[str, ...] = ()
    """Patterns of member folders, relative to its own."""
    digests: frozenset[str] = frozenset()
    """Digests of its contents as package managers write them into their lock; empty where none does."""
    missing: tuple[tuple[str, str], ...] = ()
    """(package, what it needs) that an otherwise exact requirements file leaves out for certain."""
    includes: tuple[str, ...] = ()
    """Other manifests whose requirements it takes over."""
    problem: str | None = None
    """Why it could not be understood; None where it was."""

    @property
    def folder(self) -> str:
        return folder_of(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A file in which a tool has written the exact versions."""

    path: str
    ecosystem: str
    kind: str
    """What it is, by its usual name: "uv.lock", "package-lock.json", …"""
    tool: str
    packages: tuple[Package, ...] = ()
    tracked: bool = False
    asked: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What it answers: member folder -> name -> range as the manifest had it; empty where it does not say."""
    patterns: frozenset[str] = frozenset()
    """"name@range" texts it has an answer for, where that is all it says of its manifests."""
    digest: str | None = None
    """The manifest's digest recorded in it (see `Manifest.digests`)."""
    proof: str = ""
    """Why it is known to hold everything that gets installed; "" where that cannot be told."""
    problem: str | None = None
    """Why it could not be understood; None where it was."""

    @property
    def folder(self) -> str:
        return folder_of(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A way in which a lock does not answer its manifest any more. `name` is "" where it is the file as a whole."""

    manifest: str
    lock: str
    name: str
    line: int | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """A manifest of an ecosystem that is not read."""

    path: str
    ecosystem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Undeclared:
    """An import of a package that no manifest above the file declares."""

    name: str
    ecosystem: str
    path: str
    line: int
    known: bool
    """Whether the name is a published package beyond doubt; else it may be something local."""


@dataclass(frozen=True, kw_only=True)
class Dependencies(Fact):
    """Every manifest and lock of the product, and how they belong together. All in path order."""

    manifests: tuple[Manifest, ...] = ()
    locks: tuple[Lock, ...] = ()
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Manifest path -> the locks that answer for it."""
    ignored: Mapping[str, str] = field(default_factory=dict)
    """Folder -> a lock that lies there and is kept out of git by an ignore rule."""
    drift: tuple[Drift, ...] = ()
    foreign: tuple[Foreign, ...] = ()
    undeclared: tuple[Undeclared, ...] = ()
    aside: tuple[str, ...] = ()
    """Manifests and locks of examples, tests, documentation and vendored code: not part of the product, not read."""
    in_git: bool = False

    @classmethod
    def reader(cls) -> FactReader[Any]:
        from shipworthy.facts.dependencies.reader import DependenciesReader

        return DependenciesReader()

    def part_of(self, root: str, components: Sequence[Component]) -> Dependencies:
        """Only what the component of this root answers for (see `owner`); `answers` stays whole.

        A lock belongs to the component whose folder it lies in, also where it answers for a workspace member.
        """

        def own(path: str) -> bool:
            return owner(path, components) == root

        return replace(
            self,
            manifests=tuple(each for each in self.manifests if own(each.path)),
            locks=tuple(each for each in self.locks if own(each.path)),
            drift=tuple(each for each in self.drift if own(each.manifest)),
            foreign=tuple(each for each in self.foreign if own(each.path)),
            undeclared=tuple(each for each in self.undeclared if own(each.path)),
            aside=tuple(path for path in self.aside if own(path)),
            gaps=tuple(each for each in self.gaps if each.path is None or own(each.path)),
        )

    def lock(self, path: str) -> Lock:
        """Raises KeyError where there is no such lock."""
        for each in self.locks:
            if each.path == path:
                return each
        raise KeyError(path)

    def locks_for(self, manifest: Manifest) -> tuple[Lock, ...]:
        """The locks that answer for a manifest, nearest first."""
        return tuple(self.lock(path) for path in self.answers.get(manifest.path, ()))

    @property
    def pinned(self) -> tuple[Package, ...]:
        """Requirements of one exact version that no lock answers for, as packages."""
        return tuple(
            Package(
                ecosystem=each.ecosystem, name=each.alias_of or each.name, version=each.pin, file=each.file,
                line=each.line, direct=True, dev=each.dev, origin=each.origin, hashed=each.hashed,
            )
            for manifest in self.manifests
            if not self.answers.get(manifest.path)
            for each in manifest.requirements
            if each.pin is not None
        )  # fmt: skip

    @property
    def packages(self) -> tuple[Package, ...]:
        """Everything with an exact version: what the locks hold, and pinned requirements without a lock."""
        return (*(package for lock in self.locks for package in lock.packages), *self.pinned)

    @property
    def unpinned(self) -> tuple[Requirement, ...]:
        """Third-party requirements that may be installed in another version tomorrow: not exact, in no lock."""
        return tuple(
            each
            for manifest in self.manifests
            if not self.answers.get(manifest.path)
            for each in manifest.requirements
            if not each.exact and each.origin is not Origin.PATH
        )


def folder_of(path: str) -> str:
    """The folder of a path, "." for the root."""
    return path.rpartition("/")[0] or "."


def owner(path: str, components: Iterable[Component]) -> str:
    """The root of the component that answers for a path: the nearest one above it, else the first of all.

    Every path has an owner, so that nothing which lies beside all components goes unjudged.
    """
    roots = [component.root for component in components]
    above = [root for root in roots if root == "." or path == root or path.startswith(root + "/")]
    return max(above, key=lambda root: 0 if root == "." else len(root)) if above else min(roots)
