"""The patterns of CODEOWNERS, matched in time bounded by pattern times path.

Sources: GitHub, "About code owners": patterns as in gitignore files, without `!`, `[ ]` and an escaped leading `#`, and
`docs/*` does not reach into folders below. GitLab, "Code Owners syntax": a pattern without a leading slash matches at
any depth, one with a trailing slash everything below, and a plain name no folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shipworthy.sources.hosts.address import HostKind

MAX_PATTERN = 1_000
_DEEP = "**"
# One character of a segment: itself, or a set of characters and whether it takes those or all others.
_ANY = ""
_STAR = "*"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern by its segments; `**` stands for any number of folders."""

    segments: tuple[str, ...]
    folder: bool = False
    """Only what lies below a match counts, not the match itself."""
    below: bool = False
    """What lies below a match counts too."""
    sets: bool = False
    """Whether `[ ]` is a set of characters."""

    @property
    def plain(self) -> bool:
        """Whether it names one path, without any wildcard."""
        return not any(sign in segment for segment in self.segments for sign in "*?[\\")

    def matches(self, path: Sequence[str]) -> bool:
        """Whether a file matches, its path given as segments."""
        states = self._skip({0})
        for at, segment in enumerate(path):
            following: set[int] = set()
            for state in states:
                if state < len(self.segments):
                    wanted = self.segments[state]
                    if wanted == _DEEP:
                        following.add(state)
                    elif fits(wanted, segment, self.sets):
                        following.add(state + 1)
            states = self._skip(following)
            last = at == len(path) - 1
            if len(self.segments) in states and ((last and not self.folder) or (not last and self.below)):
                return True
            if not states:
                return False
        return False

    def _skip(self, states: set[int]) -> set[int]:
        """`**` may stand for no folder at all."""
        found = set(states)
        for state in sorted(states):
            at = state
            while at < len(self.segments) - 1 and self.segments[at] == _DEEP:
                at += 1
                found.add(at)
        return found


def compiled(pattern: str, kind: HostKind) -> Pattern:
    """A pattern as its host reads it; `pattern` is not empty."""
    return _gitlab(pattern) if kind is HostKind.GITLAB else _github(pattern)


def _segments(pattern: str) -> list[str]:
    """The parts between slashes; several `**` in a row are one."""
    parts = [each for each in pattern.split("/") if each]
    return [each for at, each in enumerate(parts) if each != _DEEP or parts[at - 1 : at] != [_DEEP]]


def _github(pattern: str) -> Pattern:
    folder = pattern.endswith("/")
    segments = _segments(pattern)
    anchored = pattern.startswith("/") or len(segments) > 1
    if not anchored:
        segments.insert(0, _DEEP)
    if segments and segments[-1] == _DEEP:
        return Pattern((*segments, "*"))
    # A last `*` behind a folder is the one wildcard that does not reach further down.
    below = not (anchored and segments[-1:] == ["*"]) or folder
    return Pattern(tuple(segments), folder=folder, below=below)


def _gitlab(pattern: str) -> Pattern:
    segments = _segments(pattern)
    if not pattern.startswith("/"):
        segments.insert(0, _DEEP)
    if pattern.endswith("/"):
        segments += [_DEEP, "*"]
    elif segments and segments[-1] == _DEEP:
        segments[-1] = "*"
    return Pattern(tuple(segments), sets=True)


def fits(pattern: str, text: str, sets: bool) -> bool:
    """Whether one segment fits: `*` any characters, `?` one, backslash as written; the last star is tried again."""
    tokens = _tokens(pattern, sets)
    at = token = 0
    star = back = -1
    while at < len(text):
        if token < len(tokens) and tokens[token] == _STAR:
            star, back, token = token, at, token + 1
        elif token < len(tokens) and _takes(tokens[token], text[at]):
            token, at = token + 1, at + 1
        elif star >= 0:
            back += 1
            token, at = star + 1, back
        else:
            return False
    return all(each == _STAR for each in tokens[token:])


_Token = str | tuple[bool, str]


def _takes(token: _Token, character: str) -> bool:
    if isinstance(token, tuple):
        negated, members = token
        return (character in members) is not negated
    # Two characters stand for one as it is written, so that it is not taken for a wildcard.
    return token == _ANY or token[-1] == character


def _tokens(pattern: str, sets: bool) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while at < len(pattern):
        here = pattern[at]
        if here == "\\" and at + 1 < len(pattern):
            at += 1
            found.append("\\" + pattern[at])
        elif here == "*":
            if not found or found[-1] != _STAR:
                found.append(_STAR)
        elif here == "?":
            found.append(_ANY)
        elif sets and here == "[" and (end := pattern.find("]", at + 2)) > 0:
            inner = pattern[at + 1 : end]
            negated = inner[0] in "^!"
            found.append((negated, _members(inner[1:] if negated else inner)))
            at = end
        else:
            found.append("\\" + here)
        at += 1
    return found


def _members(inner: str) -> str:
    members = ""
    at = 0
    while at < len(inner):
        if at + 2 < len(inner) and inner[at + 1] == "-":
            first, last = ord(inner[at]), ord(inner[at + 2])
            members += "".join(map(chr, range(first, min(last, first + 256) + 1)))
            at += 3
        else:
            members += inner[at]
            at += 1
    return members
