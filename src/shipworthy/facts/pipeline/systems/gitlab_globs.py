"""Patterns for files in GitLab CI (`changes`, `exists`, `include: local`): `*`, `?`, `[…]`, `{a,b}` and `**/`.

Source: GitLab's reference for `rules:changes`: patterns are read by Ruby's `File.fnmatch?` with FNM_PATHNAME,
FNM_DOTMATCH and FNM_EXTGLOB, so `**` passes over folders only where a slash follows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

MAX_PATTERN = 300
MAX_CHOICES = 64
_BRACES = re.compile(r"\{([^{}]*)\}")


def _choices(pattern: str) -> Iterator[str]:
    """The pattern without braces, once for each choice."""
    waiting, made = [pattern], 0
    while waiting and made < MAX_CHOICES:
        here = waiting.pop()
        match = _BRACES.search(here)
        if match is None:
            made += 1
            yield here
            continue
        waiting += [here[: match.start()] + each + here[match.end() :] for each in match[1].split(",")][:MAX_CHOICES]


def _fits(folders: list[str], path: list[str]) -> bool:
    # Row by row: which pieces of the path the pieces of the pattern so far may have taken.
    reached = {0}
    for piece in folders[:-1]:
        if piece == "**":
            reached = {at for start in reached for at in range(start, len(path) + 1)}
        else:
            reached = {at + 1 for at in reached if at < len(path) and fnmatchcase(path[at], piece)}
        if not reached:
            return False
    return len(path) - 1 in reached and fnmatchcase(path[-1], folders[-1].replace("**", "*"))


def selects(pattern: str, path: str) -> bool:
    """Whether a pattern fits a whole path. One longer than `MAX_PATTERN` fits nothing."""
    if len(pattern) > MAX_PATTERN:
        return False
    pieces = path.split("/")
    return any(_fits(each.removeprefix("./").split("/"), pieces) for each in _choices(pattern))


def left_out(patterns: Iterable[str], files: Iterable[str]) -> frozenset[str]:
    """Files that none of the patterns fits."""
    wanted = list(patterns)
    return frozenset(path for path in files if not any(selects(pattern, path) for pattern in wanted))
