"""Finds where rules match: a prefilter on literals, then each rule's pattern. Replaceable: see `Engine`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Protocol

from shipworthy.facts.secrets.rules import Rule, Rules, load

_WORD_BYTES = bytes(c if (chr(c).isalnum() and c < 128) or c in b"_-" else 0x20 for c in range(256))
_LEAST_WORD, _MOST_WORD = 14, 2_000
_BACK, _AHEAD = 400, 2_000
_LONG_AHEAD = 20_000
_MOST_HITS = 2_000
"""How often a rule is tried in one file; more is noise, and bounds the time a hostile file can take."""


class Engine(Protocol):
    """Gives every place where a rule's pattern matches, in any order, possibly more than once."""

    def matches(self, data: bytes, name: str) -> Iterator[tuple[Rule, re.Match[bytes]]]:
        """`data` is UTF-8 text with newlines; `name` the file's name without its folder."""
        ...


class PatternEngine:
    """Python's `re` behind a prefilter: most files hold no keyword and cost little more than one look.

    The literals are looked for in the file's distinct words, a fifth of its size, and only then in the file.
    """

    def __init__(self, rules: Rules) -> None:
        self._words = [(needle, rule) for rule in rules.rules if rule.gate == "word" for needle in rule.needles]
        # One pattern a rule: joined they would share one pass, but Python's `re` tries alternatives one by one.
        self._shapes = [
            (re.compile(needle), rule) for rule in rules.rules if rule.gate == "shape" for needle in rule.needles
        ]
        self._literals = [
            (_anchor(needle), needle, rule)
            for rule in rules.rules
            if rule.gate in ("text", "exact", "whole")
            for needle in rule.needles
        ]

    def matches(self, data: bytes, name: str) -> Iterator[tuple[Rule, re.Match[bytes]]]:
        words = set(data.translate(_WORD_BYTES).split())
        long = b"\n".join(word for word in words if _LEAST_WORD <= len(word) <= _MOST_WORD and _could_be_token(word))
        if long:
            hit = {rule.id: rule for needle, rule in self._words if needle in long}
            hit |= {rule.id: rule for pattern, rule in self._shapes if pattern.search(long)}
            for rule in hit.values():
                yield from self._whole(rule, data, name)
        low = data.lower()
        anchors = b"\n".join(words).lower()
        done: set[str] = set()
        for anchor, needle, rule in self._literals:
            if rule.id in done or anchor not in anchors:
                continue
            text = low if rule.gate == "text" else data
            if needle not in text:
                continue
            done.add(rule.id)
            yield from self._whole(rule, data, name) if rule.gate == "whole" else self._near(rule, data, text, name)

    def _whole(self, rule: Rule, data: bytes, name: str) -> Iterator[tuple[Rule, re.Match[bytes]]]:
        if rule.names and name not in rule.names:
            return
        for number, match in enumerate(rule.compiled.finditer(data)):
            if number >= _MOST_HITS:
                return
            yield rule, match

    def _near(self, rule: Rule, data: bytes, text: bytes, name: str) -> Iterator[tuple[Rule, re.Match[bytes]]]:
        if rule.names and name not in rule.names:
            return
        done = 0
        for start, end in _windows(rule, text)[:_MOST_HITS]:
            for match in rule.compiled.finditer(data, max(start, done), end):
                done = max(done, match.end())
                yield rule, match


def _could_be_token(word: bytes) -> bool:
    """Short random words mix cases, hold a digit or are letters alone; most others are names such as `user_settings`.

    Letters alone: one in 27 AWS key ids (16 of A-Z and 2-7) has no digit.
    """
    if len(word) >= 30 or not (word.islower() or word.isupper()):
        return True
    return word.isalpha() or word.translate(None, b"0123456789") != word


def _anchor(needle: bytes) -> bytes:
    """The longest part of a keyword that lies within one word."""
    return max(re.findall(rb"[a-z0-9_-]+", needle.lower()), key=len, default=b"")


def _windows(rule: Rule, text: bytes) -> list[tuple[int, int]]:
    """Where a rule is tried: around each keyword, merged, from the line's start to a border well behind."""
    ahead = _LONG_AHEAD if rule.shape == "pem" else _AHEAD
    spans: list[tuple[int, int]] = []
    for needle in rule.needles:
        position = text.find(needle)
        while position >= 0 and len(spans) < _MOST_HITS * 2:
            line = text.rfind(b"\n", max(0, position - _BACK), position) + 1
            start = line or max(0, position - _BACK)
            end = position + len(needle) + ahead
            if rule.shape != "pem":
                newline = text.find(b"\n", position + len(needle) + 300, end)
                end = newline if newline >= 0 else end
            spans.append((start, min(end, len(text))))
            position = text.find(needle, position + len(needle))
    spans.sort()
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1] and end - merged[-1][0] < 4 * _LONG_AHEAD:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


@cache
def engine() -> Engine:
    """The engine over the built-in rules."""
    return PatternEngine(load())
