"""Whether there is anything to run for a test runner that passes where it finds no test."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shipworthy.facts.pipeline.tree import Tree
from shipworthy.facts.pipeline.words import words
from shipworthy.project import FileEntry

MOST_READ = 2_000
"""Files looked into, where a language keeps its tests inside the code."""
_SOURCES: dict[str, frozenset[str]] = {
    "dotnet": frozenset(words(".cs .fs .vb .csproj .fsproj .vbproj")),
    "elixir": frozenset(words(".exs")),
    "js": frozenset(words(".js .mjs .cjs .jsx .ts .mts .cts .tsx .vue .svelte")),
    "jvm": frozenset(words(".java .kt .kts .groovy .scala .feature")),
    "php": frozenset(words(".php .phpt")),
    "python": frozenset(words(".py")),
    "ruby": frozenset(words(".rb .feature")),
    "rust": frozenset(words(".rs")),
}
"""Endings of test files, by language. A file counts where its path has "test" or "spec" in it, as all of these ask."""
_NAMED = re.compile(r"test|spec", re.I)
_INSIDE = {
    "cmake": (
        re.compile(r"(^|/)CMakeLists\.txt$|\.cmake$"),
        re.compile(
            r"\b(?:add_test|gtest_discover_tests|catch_discover_tests|doctest_discover_tests|gtest_add_tests)\s*\("
        ),
    ),
    "dotnet": (
        re.compile(r"\.(?:cs|fs|vb)proj$|(^|/)Directory\.(?:Build|Packages)\.props$"),
        re.compile(r"Microsoft\.NET\.Test\.Sdk|<IsTestProject>\s*true|\bxunit\b|\bNUnit\b|MSTest|TUnit", re.I),
    ),
    "rust": (
        re.compile(r"\.rs$"),
        re.compile(r"#\[(?:[\w:]+::)?(?:test|rstest|test_case|proptest)\b|^\s*//[/!]\s*```", re.M),
    ),
}
"""Where the tests may stand inside other files: which files, and what tells."""
KINDS = frozenset({*_SOURCES, *_INSIDE, "go"})


def has_tests(tree: Tree, kind: str, folder: str | None) -> bool:
    """Whether there are tests of a kind (one of `KINDS`) in or below a folder; None: anywhere."""
    place = "." if folder is None else folder
    return tree.kept(f"tests of {kind}", place, lambda: _has_tests(tree, kind, place))


def _has_tests(tree: Tree, kind: str, folder: str) -> bool:
    prefix = "" if folder == "." else f"{folder}/"
    mine = [entry for path, entry in tree.files.items() if entry.by_hand and path.startswith(prefix)]
    if kind == "go":
        return any(entry.path.endswith("_test.go") for entry in mine)
    endings = _SOURCES.get(kind, frozenset())
    if any(entry.suffix in endings and _NAMED.search(entry.path) for entry in mine):
        return True
    return any(_told(tree, kind, mine))


def _told(tree: Tree, kind: str, mine: list[FileEntry]) -> Iterator[bool]:
    files, inside = _INSIDE.get(kind, (None, None))
    if files is None or inside is None:
        return
    looked = [entry.path for entry in mine if files.search(entry.path)]
    for path in looked[:MOST_READ]:
        yield bool(inside.search(tree.text(path) or ""))
    # More than is looked into: that none of them has one is not known, and a runner that passes without is the rarer.
    yield len(looked) > MOST_READ
