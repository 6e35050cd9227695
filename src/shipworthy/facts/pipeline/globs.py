"""The code host's filter patterns for branches and paths, matched in linear time, and which changes a filter lets by.

Source: "Workflow syntax, filter pattern cheat sheet": `*` any characters but "/", `**` any, `?` and `+` repeat the
character before, `[]` a set, a leading `!` takes back what earlier patterns matched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from shipworthy.facts.pipeline.words import words

MAX_PATTERN = 400
_PROGRAMS = (
    ".py", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".mts", ".cts", ".vue", ".svelte", ".astro", ".go", ".rs",
    ".java", ".kt", ".scala", ".groovy", ".rb", ".php", ".cs", ".fs", ".c", ".h", ".cc", ".cpp", ".hpp", ".swift",
    ".dart", ".ex", ".exs", ".erl", ".clj", ".hs", ".ml", ".lua", ".pl", ".r", ".jl", ".zig", ".nim", ".cr", ".sol",
    ".pyx",
)  # fmt: skip
_VERSIONS = words(
    """
    package.json package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml pnpm-workspace.yaml bun.lock bun.lockb
    deno.json deno.lock pyproject.toml poetry.lock pdm.lock uv.lock pipfile pipfile.lock setup.cfg setup.py pylock.toml
    go.mod go.sum cargo.toml cargo.lock gemfile gemfile.lock composer.json composer.lock pom.xml build.gradle
    build.gradle.kts mix.exs mix.lock pubspec.yaml pubspec.lock package.swift tsconfig.json tox.ini
    """
)
_REQUIREMENTS = re.compile(r"[\w.-]*requirements[\w.-]*\.(txt|in)|constraints[\w.-]*\.txt")
_TOOLS = {"scripts", "script", "tools", "tool", "hack", "ci", "build", "benchmarks", "bench", "contrib", "docker"}
_DOCUMENTS = {"docs", "doc", "documentation", "examples", "example", "samples"}

# One piece of a pattern: (characters it takes or None for any, whether "/" is one of them, least, most or None).
_Piece = tuple[frozenset[str] | None, bool, int, int | None]


_FORK: _Piece = (frozenset(), False, 0, 0)


@lru_cache(maxsize=512)
def _pieces(pattern: str) -> tuple[_Piece, ...]:
    pieces: list[_Piece] = []
    at = 0
    while at < len(pattern):
        here = pattern[at]
        if here == "*":
            end = at
            while end < len(pattern) and pattern[end] == "*":
                end += 1
            pieces.append((None, end - at > 1, 0, None))
            if end - at > 1 and pattern.startswith("/", end) and (at == 0 or pattern[at - 1] == "/"):
                # `**/name` also matches `name` at the top: a fork past the folders and their slash.
                pieces[-1:] = [_FORK, (None, True, 0, None), (frozenset("/"), True, 1, 1)]
                end += 1
            at = end
            continue
        if here in "?+" and pieces:
            characters, slash, _, _ = pieces[-1]
            pieces[-1] = (characters, slash, 0, 1) if here == "?" else (characters, slash, 1, None)
        elif here == "[" and "]" in pattern[at:]:
            end = pattern.index("]", at)
            pieces.append((_set(pattern[at + 1 : end]), True, 1, 1))
            at = end
        else:
            if here == "\\" and at + 1 < len(pattern):
                at += 1
                here = pattern[at]
            pieces.append((frozenset(here), True, 1, 1))
        at += 1
    return tuple(pieces)


def _set(inner: str) -> frozenset[str]:
    found: set[str] = set()
    at = 0
    while at < len(inner):
        if at + 2 < len(inner) and inner[at + 1] == "-":
            found.update(map(chr, range(ord(inner[at]), min(ord(inner[at + 2]), ord(inner[at]) + 128) + 1)))
            at += 3
        else:
            found.add(inner[at])
            at += 1
    return frozenset(found)


@lru_cache(maxsize=512)
def _regex(pattern: str) -> re.Pattern[str] | None:
    """A pattern with few wildcards as a regular expression, which is quick; None for one that could backtrack long."""
    if any(sign in pattern for sign in "?+[\\") or len(re.findall(r"\*+", pattern)) > 3:
        return None
    parts = re.split(r"(\*\*/|\*+)", pattern)
    known = {"*": "[^/]*", "": ""}
    found = ""
    for number, part in enumerate(parts):
        if number % 2 == 0:
            found += re.escape(part)
        elif part == "**/":
            found += "(?:.*/)?" if not found or parts[number - 1].endswith("/") or not parts[number - 1] else ".*/"
        else:
            found += known.get(part, ".*")
    return re.compile(found, re.S)


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text fits. A pattern longer than `MAX_PATTERN` fits nothing."""
    if len(pattern) > MAX_PATTERN:
        return False
    if "***" in pattern:
        pattern = re.sub(r"\*{3,}", "**", pattern)
    if pattern in ("**", "**/*"):
        return True
    if not any(sign in pattern for sign in "*?+[\\"):
        return pattern == text
    if pattern.endswith("/**") and not any(sign in pattern[:-3] for sign in "*?+[\\"):
        return text.startswith(pattern[:-2])
    if pattern.startswith("**/") and not any(sign in pattern[3:] for sign in "*?+[\\"):
        return text == pattern[3:] or text.endswith(pattern[2:])
    if pattern.startswith(("**.", "**/*.")) and not any(sign in pattern.rpartition("*")[2] for sign in "?+[\\"):
        return text.endswith(pattern.rpartition("*")[2])
    quick = _regex(pattern)
    if quick is not None and len(text) <= 300:
        return quick.fullmatch(text) is not None
    pieces = _pieces(pattern)
    # The states of a small automaton: which pieces the text so far may have reached.
    states = _skip(pieces, {0})
    for character in text:
        following: set[int] = set()
        for state in states:
            if state == len(pieces):
                continue
            characters, slash, _, most = pieces[state]
            fits = character in characters if characters is not None else slash or character != "/"
            if fits:
                following.add(state + 1)
                if most is None:
                    following.add(state)
        if not following:
            return False
        states = _skip(pieces, following)
    return len(pieces) in states


def _skip(pieces: Sequence[_Piece], states: set[int]) -> set[int]:
    """The states and those reached from them without taking a character."""
    found: set[int] = set()
    waiting = list(states)
    while waiting:
        state = waiting.pop()
        if state in found:
            continue
        found.add(state)
        if state < len(pieces) and pieces[state][2] == 0:
            waiting.append(state + 1)
            if pieces[state] is _FORK:
                waiting.append(state + 3)
    return found


def lets_by(patterns: Iterable[str], text: str) -> bool:
    """Whether a list of patterns, in order, with `!` taking back, selects the text."""
    selected = False
    for pattern in patterns:
        if pattern.startswith("!"):
            selected = selected and not matches(pattern[1:], text)
        else:
            selected = selected or matches(pattern, text)
    return selected


def decides(path: str) -> bool:
    """A file whose change tests are for: program text, or what decides over the versions of dependencies.

    Prose, pictures, settings of editors and hosts, what stands in documentation, and the project's own tools in a
    folder of the root (scripts, build, ci) are none.
    """
    *folders, name = path.lower().split("/")
    if name.startswith(".") or any(folder.startswith(".") or folder in _DOCUMENTS for folder in folders):
        return False
    if folders and (folders[0] in _TOOLS or folders[0].startswith("build-")):
        return False
    return name.endswith(_PROGRAMS) or name in _VERSIONS or bool(_REQUIREMENTS.fullmatch(name))
