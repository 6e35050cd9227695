"""Ways in which a pipeline may start, with the branch or tag it runs for: what filters on them are tried against.

A filter is judged by names it has to decide about: names as people give them to branches of a change, and each name
and pattern that the file itself writes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from shipworthy.facts.pipeline.fact import YES, Answer, Said, no
from shipworthy.facts.pipeline.globs import matches
from shipworthy.facts.pipeline.systems.plan import NotUnderstood
from shipworthy.facts.pipeline.triggers import DEFAULT_BRANCHES

FEATURES = ("feature/new-page", "fix-login", "bugfix/AB-12", "hotfix/crash", "jane/topic", "chore/deps/raise-all")
TAGS = ("v1.2.3", "1.2.3", "release-7")
MAX_NAMES = 24
MAX_BRACES = 64
_WILD = re.compile(r"[*?\[{(|+^$\\]")
_BRACES = re.compile(r"\{([^{}]*)\}")


def share(names: Sequence[str], takes: Callable[[str], bool], why: str) -> Said:
    """Yes where all names are taken, no where none is, else partial; `why` says what the filter is."""
    taken = [name for name in names if takes(name)]
    if len(taken) == len(names):
        return YES
    if not taken:
        return no(why)
    missed = next(name for name in names if name not in taken)
    return Said(Answer.PARTIAL, f"{why}, which leaves out branches such as {missed}")


def expanded(pattern: str) -> list[str]:
    """A pattern without its `{a,b}`: one for each choice."""
    found, waiting = list[str](), [pattern]
    while waiting and len(found) + len(waiting) <= MAX_BRACES:
        here = waiting.pop(0)
        match = _BRACES.search(here)
        if match is None:
            found.append(here)
        else:
            waiting += [here[: match.start()] + part.strip() + here[match.end() :] for part in match[1].split(",")]
    if waiting:
        raise NotUnderstood("a pattern of branches has too many choices in braces")
    return found


def fits(patterns: Iterable[str], name: str) -> bool:
    """Whether one of the patterns (`*` within a part, `**` across, `{a,b}`) takes the name."""
    return any(matches(each, name) for pattern in patterns for each in expanded(pattern))


def is_plain(pattern: str) -> bool:
    """Whether it names one branch, not a pattern."""
    return not _WILD.search(pattern)


def texts(value: Any) -> list[str]:
    """A text, or the texts of a list."""
    rows = value if isinstance(value, list) else [value]
    return [str(each) for each in rows if isinstance(each, str | int | float) and not isinstance(each, bool)]


def example(pattern: str) -> str:
    """A name that the pattern takes, where its wildcards are simple."""
    return re.sub(r"\*+|\?", "x", expanded(pattern)[0] if expanded(pattern) else pattern)[:100]


def landing_of(branch: str | None, written: Iterable[str]) -> str:
    """The branch that changes land on: the known one, else the first usual name that the file writes, else "main"."""
    if branch:
        return branch
    names = {each for pattern in written for each in expanded(pattern) if is_plain(each)}
    usual = ("main", "master", *DEFAULT_BRANCHES)
    return next((name for name in usual if name in names), "main")


def others(landing: str, written: Iterable[str]) -> list[str]:
    """Further branches that the file writes about: plain names, and an example of each pattern no change fits."""
    found: dict[str, None] = {}
    for pattern in (each for raw in written for each in expanded(raw)):
        name = pattern if is_plain(pattern) else example(pattern)
        if name and name != landing and name not in FEATURES and not any(fits([pattern], each) for each in FEATURES):
            found[name] = None
    return list(found)


@dataclass(frozen=True, slots=True)
class Occasion:
    """A way to start: `name` of the scenario, the system's `event`, and what the branch or tag may be called."""

    name: str
    event: str
    on_change: Said
    branches: tuple[str, ...]
    refs: tuple[str, ...]
