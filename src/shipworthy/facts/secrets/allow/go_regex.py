"""Matches a regular expression in Go's syntax in time that grows with the text alone: hostile patterns are safe.

A permission file is written by whoever writes the repository. Python's `re` backtracks: `(a+)+$` takes for ever on
thirty characters, a filter for nested repetitions would still let `.*.*.*.*x` through, and a time limit by signal works
on the main thread only. So all states a pattern can be in are followed at once (Thompson's way, which RE2 takes too);
how much that may cost in all is counted, so the same files give the same answer on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable

from shipworthy.facts.secrets.allow.go_syntax import (
    At,
    BadPattern,
    Characters,
    Choice,
    Node,
    Repeat,
    Sequence,
    check_length,
    parse,
)

MAX_STATES = 5_000
MOST_WORK = 3_000_000
"""Steps that all patterns of a repository may take together: a few seconds. A character is one step."""
_LOOK = 8
"""What it costs to look at a state for the first time: for the same states and character the answer is remembered."""
_STATE = 60
"""What a state costs in steps, so that many large patterns together stay within some tens of megabytes."""
MAX_KEPT = 10_000
"""Answers remembered for one pattern."""
_EDGE, _NEWLINE, _WORD, _OTHER = range(4)
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-/ ,:;=@%&!'\"<>~`")


class OverWork(Exception):
    """The patterns of a repository took more steps than they may."""


class Work:
    """How many steps are left."""

    def __init__(self, left: int = MOST_WORK) -> None:
        self.left = left

    def take(self, steps: int) -> None:
        """Raises OverWork when none are left."""
        self.left -= steps
        if self.left < 0:
            raise OverWork(f"more than {MOST_WORK:,} steps of matching")


class GoRegex:
    """One compiled pattern. Raises BadPattern where it cannot be read or is too large, OverWork where all are."""

    def __init__(self, pattern: str, work: Work) -> None:
        self._work = work
        check_length(pattern)
        self._literal = pattern if pattern and set(pattern) <= _PLAIN else None
        self._states: list[tuple[Characters | At | None, tuple[int, ...]]] = []
        """What has to be there, and the states behind it; (None, …) goes on without anything."""
        self._emitted = 0
        self._start = 0 if self._literal is not None else self._emit(parse(pattern), -1)
        self._answers: dict[int, bool] = {}
        self._closed: dict[tuple[frozenset[int], int, int], tuple[bool, tuple[int, ...]]] = {}
        self._stepped: dict[tuple[tuple[int, ...], str], frozenset[int]] = {}

    def search(self, text: str) -> bool:
        """Whether it matches anywhere in the text. Raises OverWork."""
        if self._literal is not None:
            self._work.take(1 + len(text) // 100)
            return self._literal in text
        # By its hash alone: the text may be a secret, which nothing here may hold on to.
        key = hash(text)
        if key not in self._answers:
            if len(self._answers) >= MAX_KEPT:
                self._answers.clear()
            self._answers[key] = self._found(text)
        return self._answers[key]

    def _found(self, text: str) -> bool:
        self._work.take(1 + len(text))
        here = frozenset({self._start})
        before = _EDGE
        for character in text:
            kind = _kind(character)
            found, states = self._close(here, before, kind)
            if found:
                return True
            here = self._step(states, character)
            before = kind
        return self._close(here, before, _EDGE)[0]

    def _close(self, here: frozenset[int], before: int, after: int) -> tuple[bool, tuple[int, ...]]:
        """Whether a match ends here, and the states that wait for a character."""
        key = (here, before, after)
        known = self._closed.get(key)
        if known is not None:
            return known
        seen, todo, waiting, found = set(here), list(here), list[int](), False
        while todo:
            state = todo.pop()
            if state < 0:
                found = True
                continue
            want, following = self._states[state]
            if isinstance(want, Characters):
                waiting.append(state)
            elif want is None or _holds(want, before, after):
                todo += [each for each in following if each not in seen]
                seen.update(following)
        self._work.take(_LOOK * len(seen))
        if len(self._closed) >= MAX_KEPT:
            self._closed.clear()
        self._closed[key] = answer = (found, tuple(sorted(waiting)))
        return answer

    def _step(self, states: tuple[int, ...], character: str) -> frozenset[int]:
        key = (states, character)
        known = self._stepped.get(key)
        if known is not None:
            return known
        self._work.take(_LOOK * len(states))
        reached = {self._start}
        for state in states:
            want, following = self._states[state]
            if isinstance(want, Characters) and want.has(character):
                reached.update(following)
        if len(self._stepped) >= MAX_KEPT:
            self._stepped.clear()
        self._stepped[key] = answer = frozenset(reached)
        return answer

    def _add(self, want: Characters | At | None, following: Iterable[int]) -> int:
        if len(self._states) >= MAX_STATES:
            raise BadPattern(f"it takes more than {MAX_STATES:,} states")
        self._work.take(_STATE)
        self._states.append((want, tuple(following)))
        return len(self._states) - 1

    def _emit(self, node: Node, behind: int) -> int:
        """Add the node's states; where it begins. `behind` is what follows it (-1: the match is complete)."""
        self._emitted += 1
        if self._emitted > 5 * MAX_STATES:
            raise BadPattern(f"it takes more than {MAX_STATES:,} states")
        if isinstance(node, Characters | At):
            return self._add(node, (behind,))
        if isinstance(node, Sequence):
            for part in reversed(node.parts):
                behind = self._emit(part, behind)
            return behind
        if isinstance(node, Choice):
            return self._add(None, [self._emit(part, behind) for part in node.parts])
        return self._emit_repeat(node, behind)

    def _emit_repeat(self, node: Repeat, behind: int) -> int:
        start = behind
        if node.most is None:
            start = self._add(None, ())
            self._states[start] = (None, (self._emit(node.part, start), behind))
        else:
            for _ in range(node.most - node.least):
                start = self._add(None, (self._emit(node.part, start), behind))
        for _ in range(node.least):
            start = self._emit(node.part, start)
        return start


def _kind(character: str) -> int:
    if character == "\n":
        return _NEWLINE
    return _WORD if character == "_" or (character.isascii() and character.isalnum()) else _OTHER


def _holds(at: At, before: int, after: int) -> bool:
    if at.anchor == "text-start":
        return before == _EDGE
    if at.anchor == "text-end":
        return after == _EDGE
    if at.anchor == "line-start":
        return before in (_EDGE, _NEWLINE)
    if at.anchor == "line-end":
        return after in (_EDGE, _NEWLINE)
    return ((before == _WORD) != (after == _WORD)) == (at.anchor == "word")
