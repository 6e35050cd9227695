"""One file of the repository: where it is, what kind it is, and why it cannot be read if it cannot."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import translate
from functools import cache, lru_cache


class FileKind(StrEnum):
    """Who wrote a file. Only `source` was written by hand for this project."""

    SOURCE = "source"
    VENDORED = "vendored"
    GENERATED = "generated"
    MINIFIED = "minified"


_VENDORED = {
    "node_modules", "bower_components", "vendor", "third_party", "third-party", "thirdparty", ".venv", "venv",
    "site-packages", "dist-packages", "Pods", ".yarn", "jspm_packages", "__pypackages__", ".tox", ".nox",
}  # fmt: skip
_GENERATED_FOLDERS = {"dist", ".next", ".nuxt", ".svelte-kit", ".output", "__generated__", "__pycache__", "coverage"}
_GENERATED_ENDS = (
    "_pb2.py", "_pb2.pyi", "_pb2_grpc.py", "_pb2_grpc.pyi", ".pb.go", ".pb.cc", ".pb.h", ".g.dart", ".designer.cs",
    ".snap", ".map",
)  # fmt: skip
_GENERATED_WORD = re.compile(r"\.generated\.[a-z]+$")
_MINIFIED_ENDS = tuple(f"{mark}min.{end}" for mark in ".-" for end in ("js", "mjs", "cjs", "css"))
_TELLING_ENDS = _GENERATED_ENDS + _MINIFIED_ENDS
_SOURCE = FileKind.SOURCE


def kind_of(path: str) -> FileKind:
    """The kind a path alone tells. Content may tell more (see `Source.minified`)."""
    folder, _, name = path.rpartition("/")
    kind = _kind_of_folder(folder)
    # Asked for every file, so the usual answer comes by the shortest way.
    if kind is not _SOURCE or not (name.endswith(_TELLING_ENDS) or ".generated." in name):
        return kind
    if name.endswith(_GENERATED_ENDS) or _GENERATED_WORD.search(name):
        return FileKind.GENERATED
    return FileKind.MINIFIED if name.endswith(_MINIFIED_ENDS) else _SOURCE


@lru_cache(maxsize=4_096)
def _kind_of_folder(folder: str) -> FileKind:
    folders = folder.split("/")
    if any(each in _VENDORED for each in folders):
        return FileKind.VENDORED
    return FileKind.GENERATED if any(each in _GENERATED_FOLDERS for each in folders) else FileKind.SOURCE


@dataclass(frozen=True, slots=True)
class _Patterns:
    """Shell patterns sorted by what they are compared with; those with wildcards as one expression each."""

    names: frozenset[str]
    paths: frozenset[str]
    name: Callable[[str], re.Match[str] | None] | None
    path: Callable[[str], re.Match[str] | None] | None


@cache
def _compiled(patterns: tuple[str, ...]) -> _Patterns:
    plain = [pattern for pattern in patterns if not any(character in pattern for character in "*?[")]
    wild: dict[bool, list[str]] = {True: [], False: []}
    for pattern in patterns:
        if pattern in plain:
            continue
        wild["/" in pattern].append(translate(pattern))
        if pattern.startswith("**/"):
            wild[True].append(translate(pattern[3:]))
    return _Patterns(
        frozenset(pattern for pattern in plain if "/" not in pattern),
        frozenset(pattern for pattern in plain if "/" in pattern),
        re.compile("|".join(wild[False])).match if wild[False] else None,
        re.compile("|".join(wild[True])).match if wild[True] else None,
    )


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class FileEntry:
    """A listed file. `path` is relative to the project's root; bytes that are not UTF-8 are surrogate-escaped.

    Nobody changes one. It is not frozen because making tens of thousands of those takes four times as long.
    """

    path: str
    size: int
    """Bytes on disk; 0 where `problem` says it could not be looked at."""
    mtime_ns: int
    inode: int
    """The lower 32 bits, which is as much as git's index holds."""
    kind: FileKind
    tracked: bool
    ctime_ns: int = 0
    """When anything about it last changed, which nobody can set back as they can `mtime_ns`."""
    blob: str | None = None
    """The git blob id in the index; None outside git."""
    suspect: bool = False
    """Smaller on disk than git recorded, so `Project.read` compares it with the blob for a cut-off copy."""
    problem: str | None = None
    """Why its bytes are not read: a symlink, a special file, missing, a submodule. None for a regular file."""
    name: str = field(init=False)
    suffix: str = field(init=False)
    """The last ending in lower case with its dot, "" without one."""

    def __post_init__(self) -> None:
        # Asked for hundreds of times for each file, so worked out once.
        name = self.path.rsplit("/", 1)[-1]
        dot = name.rfind(".")
        self.name = name
        self.suffix = name[dot:].lower() if 0 < dot < len(name) - 1 else ""

    @property
    def stamp(self) -> str:
        """Size, times and inode: by these a file is known again where hashing it takes as long as looking at it."""
        return f"{self.size:x}.{self.mtime_ns:x}.{self.ctime_ns:x}.{self.inode:x}"

    @property
    def by_hand(self) -> bool:
        """Written for this project, as far as the path tells."""
        return self.kind is FileKind.SOURCE

    def matches(self, *patterns: str) -> bool:
        """Whether the whole path (with "/" in a pattern) or the name fits one of the shell patterns.

        `**/` at the start also matches nothing, so `**/package.json` fits `package.json`.
        """
        wanted = _compiled(patterns)
        return (
            self.name in wanted.names
            or self.path in wanted.paths
            or (wanted.name is not None and wanted.name(self.name) is not None)
            or (wanted.path is not None and wanted.path(self.path) is not None)
        )


_TEST_PATH = re.compile(
    r"(^|/)(tests?|__tests__|spec|specs|e2e|cypress|testing|fixtures|__mocks__)/"
    r"|(^|/)(test_[^/]*|[^/]*_test|conftest)\.py$|[._-](test|spec|e2e|cy)\.[cm]?[jt]sx?$"
)


def is_test_path(path: str) -> bool:
    """Whether a path is test code by the conventions of pytest, unittest, Jest, Vitest, Mocha and Cypress."""
    return bool(_TEST_PATH.search(path))
