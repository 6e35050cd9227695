"""Branches and tags that a pipeline file tells apart: for each, a name to try its filters with, and what starts there.

CircleCI and Travis CI filter by name or by a regular expression between slashes. Instead of reasoning about patterns, a
reader tries its filters with one name for each kind of branch the file speaks of, so every answer is exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from shipworthy.facts.pipeline.fact import YES, Answer, Said, no
from shipworthy.facts.pipeline.systems.plan import LANDED, ON_TAG
from shipworthy.facts.pipeline.triggers import DEFAULT_BRANCHES
from shipworthy.facts.secrets.allow.go_regex import GoRegex, OverWork, Work
from shipworthy.facts.secrets.allow.go_syntax import At, BadPattern, Characters, Choice, Node, Repeat, parse
from shipworthy.facts.secrets.allow.go_syntax import Sequence as Parts

MAX_REFS = 24
MAX_NAME = 100
_WORK = 400_000
_ORDINARY = ("some-change", "fix-1", "quux", "7-of-9")
_ORDINARY_TAGS = ("v1.2.3", "1.2.3", "some-tag")
_INTEGRATED = frozenset({"main", "master", "trunk", "develop", "development", "dev"})
"""Names under which changes are brought together, whatever the default branch is."""
_TRIED = "x1a0vVXA-./_"


@dataclass(frozen=True, slots=True)
class Ref:
    """A branch or tag whose push starts the pipeline. `branch` is None where no name for its pattern was found."""

    name: str
    branch: str | None = ""
    tag: str | None = ""
    on_change: Said = YES
    default: bool = False
    """It is the branch that changes land on."""

    @property
    def is_tag(self) -> bool:
        return self.tag != ""


@dataclass(slots=True)
class Patterns:
    """Matches the regular expressions of one file, in time that is bounded for all of them together."""

    _work: Work = field(default_factory=lambda: Work(_WORK))

    def search(self, pattern: str, text: str) -> bool | None:
        """Whether it matches anywhere in the text; None where it is not understood."""
        try:
            ahead, rest = _lookaheads(pattern)
            for refused in ahead:
                if GoRegex(f"^(?:{refused})", self._work).search(text):
                    return False
            return GoRegex(("^" if ahead else "") + rest, self._work).search(text)
        except (BadPattern, OverWork):
            return None

    def full(self, pattern: str, text: str) -> bool | None:
        """Whether it matches the whole text; None where it is not understood."""
        ahead, rest = _lookaheads(pattern)
        looks = "".join(f"(?!{each})" for each in ahead)
        return self.search(f"{'^' if looks else ''}{looks}^(?:{rest})$", text)


def _lookaheads(pattern: str) -> tuple[list[str], str]:
    """What negative lookaheads at the very beginning refuse, and the rest of the pattern."""
    found: list[str] = []
    rest = pattern
    while rest.removeprefix("^").startswith("(?!"):
        body = rest.removeprefix("^")
        depth, at = 0, 0
        while at < len(body):
            if body[at] == "\\":
                at += 1
            elif body[at] == "(":
                depth += 1
            elif body[at] == ")":
                depth -= 1
                if not depth:
                    break
            at += 1
        if at >= len(body):
            break
        found.append(body[3:at])
        rest = body[at + 1 :]
    return found, rest


def sample(pattern: str) -> str | None:
    """A short text that a pattern may match; None where none is found."""
    try:
        text = _sample(parse(_lookaheads(pattern)[1]), 0)
    except BadPattern:
        return None
    return text if text is not None and 0 < len(text) <= MAX_NAME else None


def _sample(node: Node, depth: int) -> str | None:
    if depth > MAX_NAME or isinstance(node, At):
        return "" if isinstance(node, At) else None
    if isinstance(node, Characters):
        printable = (chr(code) for code in range(33, 127))
        return next((each for each in (*_TRIED, *printable) if node.has(each)), None)
    if isinstance(node, Choice):
        return _sample(node.parts[0], depth + 1) if node.parts else ""
    if isinstance(node, Repeat):
        times = max(node.least, 1) if node.most is None else node.least
        one = _sample(node.part, depth + 1) if times else ""
        return None if one is None or times > MAX_NAME else (one * times)[: MAX_NAME + 1]
    if isinstance(node, Parts):
        parts = [_sample(part, depth + 1) for part in node.parts]
        return None if None in parts else "".join(part for part in parts if part)[: MAX_NAME + 1]
    return None


def landing_branch(named: Sequence[str], known: str | None) -> str:
    """The branch changes land on: the one git knows, unless the file names only another usual one; else `main`."""
    usual = [each for each in DEFAULT_BRANCHES if each in named]
    if known is not None and (known in named or not _INTEGRATED & set(usual)):
        return known
    return usual[0] if usual else "main"


def ordinary(patterns: Iterable[str], names: Iterable[str], fits: Patterns, *, tag: bool = False) -> str:
    """A name for a branch (or tag) that nobody wrote a filter for: the fewest patterns fit it."""
    every, taken = list(patterns), set(names)
    tried = [each for each in (_ORDINARY_TAGS if tag else _ORDINARY) if each not in taken] or ["some-other-name"]
    return min(tried, key=lambda each: sum(fits.full(pattern, each) is not False for pattern in every))


def branches_of(named: Sequence[str], patterns: Sequence[str], known: str | None, fits: Patterns) -> list[Ref]:
    """The branches to try: an ordinary change, the one changes land on, then those the file names or describes.

    `named`: plain names; `patterns`: regular expressions that match the whole name.
    """
    landing = landing_branch(named, known)
    other = ordinary(patterns, named, fits)
    refs = [Ref("change", branch=other), Ref("landing", branch=landing, on_change=LANDED, default=True)]
    for name in dict.fromkeys([*named, *([known] if known else [])]):
        if name not in (landing, other) and 0 < len(name) <= MAX_NAME:
            after = no(f"starts only after a change has landed on {name}")
            refs.append(Ref(f"branch {name}", branch=name, on_change=after))
    for pattern in dict.fromkeys(patterns):
        if fits.full(pattern, other):
            continue
        text = sample(pattern)
        if text is not None and not fits.full(pattern, text):
            text = None
        if text is None or all(ref.branch != text for ref in refs):
            said = Said(Answer.PARTIAL, f"only for branches like {pattern[:40]}")
            refs.append(Ref(f"branches like {pattern[:40]}", branch=text, on_change=said))
    return refs


def tags_of(named: Sequence[str], patterns: Sequence[str], fits: Patterns) -> list[Ref]:
    """The tags to try: one for each name or pattern the file has for tags, and an ordinary one."""
    tried = [ordinary(patterns, named, fits, tag=True), *named]
    for pattern in patterns:
        text = sample(pattern)
        if not any(fits.full(pattern, each) for each in tried):
            tried.append(text if text is not None and fits.full(pattern, text) else "")
    refs: list[Ref] = []
    for name in dict.fromkeys(tried):
        scenario = "tag" if not refs else f"tag like {name or '?'}"
        refs.append(Ref(scenario, tag=name or None, on_change=ON_TAG))
    return refs
