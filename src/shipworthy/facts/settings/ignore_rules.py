"""Matches paths against the rules of ignore files that git is not asked about: docker's, npm's and those of platforms.

Sources: the documentation of .dockerignore (moby's patternmatcher) and of gitignore, whose form the others share. The
time is bounded by the length of the pattern times that of the path, whatever stands in the pattern.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_LONGEST = 500
_MOST = 2_000
Token = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Rule:
    """One line. `keep`: it takes out of what is ignored."""

    tokens: tuple[Token, ...]
    keep: bool
    folders_only: bool = False


def docker_rules(text: str) -> list[Rule]:
    """Every pattern starts at the folder the image is built from."""
    rules: list[Rule] = []
    for line in text.splitlines()[:_MOST]:
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        keep = pattern.startswith("!")
        pattern = pattern.lstrip("!").strip().strip("/").removeprefix("./")
        if pattern == ".":
            pattern = "**"
        rules.append(Rule(tokens(pattern), keep))
    return rules


def git_rules(text: str) -> list[Rule]:
    """A pattern without a slash inside fits at any depth."""
    rules: list[Rule] = []
    for line in text.splitlines()[:_MOST]:
        pattern = line.rstrip()
        if not pattern or pattern.startswith("#"):
            continue
        keep = pattern.startswith("!")
        pattern = pattern[1:] if keep else pattern
        folders_only = pattern.endswith("/")
        pattern = pattern.rstrip("/")
        pattern = pattern.lstrip("/") if "/" in pattern else f"**/{pattern}"
        rules.append(Rule(tokens(pattern), keep, folders_only))
    return rules


def ignores(rules: Iterable[Rule], path: str) -> bool:
    """Whether the last rule that fits the path, or a folder above it, ignores it."""
    parts = path.split("/")
    above = ["/".join(parts[:end]) for end in range(1, len(parts))]
    ignored = False
    for rule in rules:
        if any(fits(rule.tokens, each) for each in above) or (not rule.folders_only and fits(rule.tokens, path)):
            ignored = not rule.keep
    return ignored


def tokens(pattern: str) -> tuple[Token, ...]:
    """A pattern as steps: ("is", character), ("one", ""), ("star", ""), ("deep", ""), ("folders", ""), ("of", set)."""
    found: list[Token] = []
    at = 0
    pattern = pattern[:_LONGEST]
    while at < len(pattern):
        if pattern.startswith("**/", at):
            found.append(("folders", ""))
            at += 3
        elif pattern.startswith("**", at):
            found.append(("deep", ""))
            at += 2
        elif pattern[at] == "*":
            found.append(("star", ""))
            at += 1
        elif pattern[at] == "?":
            found.append(("one", ""))
            at += 1
        elif pattern[at] == "[" and "]" in pattern[at + 2 :]:
            end = pattern.index("]", at + 2)
            found.append(("of", pattern[at + 1 : end]))
            at = end + 1
        else:
            at += pattern[at] == "\\" and at + 1 < len(pattern)
            found.append(("is", pattern[at]))
            at += 1
    return tuple(found)


def fits(steps: tuple[Token, ...], path: str) -> bool:
    """Whether a pattern fits a whole path."""
    here = _skipped(steps, {0})
    for character in path:
        after: set[int] = set()
        # Inside the name of a folder: only its slash leads on.
        within: set[int] = set()
        for at in here:
            if at == len(steps):
                continue
            kind, given = steps[at]
            if kind == "folders":
                within.add(at)
            elif kind == "deep" or (kind == "star" and character != "/"):
                after.add(at)
            if (
                (kind == "is" and given == character)
                or (kind == "one" and character != "/")
                or (kind == "folders" and character == "/")
                or (kind == "of" and character != "/" and _among(given, character))
            ):
                after.add(at + 1)
        here = _skipped(steps, after) | within
        if not here:
            return False
    return len(steps) in here


def _skipped(steps: tuple[Token, ...], here: set[int]) -> set[int]:
    """These states and those behind steps that may stand for nothing."""
    found = set(here)
    for start in here:
        at = start
        while at < len(steps) and (
            steps[at][0] in ("star", "deep")
            # "**/" stands for no folder where a name begins.
            or (steps[at][0] == "folders" and (at == 0 or steps[at - 1] == ("is", "/")))
        ):
            at += 1
            found.add(at)
    return found


def _among(given: str, character: str) -> bool:
    negated = given[:1] in ("!", "^")
    given = given[1:] if negated else given
    inside = False
    at = 0
    while at < len(given):
        if at + 2 < len(given) and given[at + 1] == "-":
            inside = inside or given[at] <= character <= given[at + 2]
            at += 3
        else:
            inside = inside or given[at] == character
            at += 1
    return inside != negated
