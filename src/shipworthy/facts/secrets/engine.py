"""Finds where secrets could stand, with the engine at hand, and tries the rules there. Engines differ in speed only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from shipworthy.facts.secrets.rules import Rule, Rules, load

WORTH_COMPILING = 12_000_000
"""Bytes from which on compiling for the fast engine (two seconds, once a machine) is quicker than doing without."""
_WORD_BYTES = bytes(c if (chr(c).isalnum() and c < 128) or c in b"_-" else 0x20 for c in range(256))
_LEAST_WORD, _MOST_WORD = 14, 2_000
_BACK, _AHEAD = 400, 2_000
_LONG_AHEAD = 20_000
_LEAST_NAMED, _NAMED_AHEAD = 60, 440
_LONGEST, _BORDER = 4_000, 1
_MOST_TRIES = 20_000
"""How often a rule is tried in one file: bounds the time a hostile file can take. What lies beyond is told."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """What is worth trying in one text. What is not among it cannot match there."""

    rules: tuple[Rule, ...]
    ends: Mapping[str, list[int]]
    """By rule, where matches of some of them end, in bytes (see `reports_ends`); others are tried near keywords."""
    assigned: Mapping[int, list[int]] | None
    """Where assignments may end, in bytes, by form (see `prefilter`); None: near every word of a secret's name."""
    signing: Mapping[str, list[int]] | None
    """Where code may sign with a literal, in bytes, by sign (see `prefilter.SIGNING`); None: anywhere."""
    cut: bool = False
    """There was more than the engine could tell of."""


class Engine(Protocol):
    """Tells what is worth trying. Every engine leads to the same findings."""

    def candidates(self, data: bytes, path: str) -> Candidates | None:
        """`data` is UTF-8 text with newlines, `path` its file's. None where nothing can match."""
        ...


class PatternEngine:
    """Python's own means behind a first look at the distinct words, a fifth of a file. Needs nothing; a few MB/s."""

    def __init__(self, rules: Rules) -> None:
        self._words = [(needle, rule) for rule in rules.rules if rule.gate == "word" for needle in rule.needles]
        # One pattern a rule: joined they would share one pass, but Python's `re` tries alternatives one by one.
        self._shapes = [
            (re.compile(needle), rule) for rule in rules.rules if rule.gate == "shape" for needle in rule.needles
        ]
        self._literals = [
            (_anchor(needle), rule)
            for rule in rules.rules
            if rule.gate in ("text", "exact", "whole")
            for needle in rule.needles
        ]

    def candidates(self, data: bytes, path: str) -> Candidates | None:
        words = set(data.translate(_WORD_BYTES).split())
        long = b"\n".join(word for word in words if _LEAST_WORD <= len(word) <= _MOST_WORD and _could_be_token(word))
        anchors = b"\n".join(words).lower()
        hit = {rule.id: rule for needle, rule in self._words if needle in long}
        hit |= {rule.id: rule for pattern, rule in self._shapes if pattern.search(long)}
        hit |= {rule.id: rule for anchor, rule in self._literals if anchor in anchors}
        return Candidates(tuple(hit.values()), {}, None, None)


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


def matches(candidates: Candidates, data: bytes, name: str, cut: list[str]) -> Iterator[tuple[Rule, re.Match[bytes]]]:
    """Every place where one of the rules matches; `name` is the file's name without its folder.

    A rule that was not tried everywhere because there are too many places is named in `cut`.
    """
    low: bytes | None = None
    for rule in candidates.rules:
        if rule.names and name not in rule.names:
            continue
        if (ends := candidates.ends.get(rule.id)) is not None:
            yield from _tried(rule, data, _outlined(rule, ends, data) if rule.outline else _ended(ends), cut)
            continue
        if low is None and rule.gate == "text":
            low = data.lower()
        if rule.gate in ("word", "text", "exact"):
            spans = _windows(rule, low if rule.gate == "text" and low is not None else data, cut)
            yield from _tried(rule, data, spans, cut)
        elif rule.gate != "whole" or any(needle in data for needle in rule.needles):
            every = (match for first in rule.compiled.finditer(data) for match in _with_the_next(rule, first, data))
            for number, match in enumerate(every):
                if number >= _MOST_TRIES:
                    cut.append(rule.id)
                    break
                yield rule, match


def _with_the_next(rule: Rule, first: re.Match[bytes], data: bytes) -> Iterator[re.Match[bytes]]:
    match: re.Match[bytes] | None = first
    for _ in range(_MOST_TRIES):
        if match is None:
            break
        yield match
        match = rule.following.match(data, match.end()) if rule.following else None


def _tried(
    rule: Rule, data: bytes, spans: list[tuple[int, int]], cut: list[str]
) -> Iterator[tuple[Rule, re.Match[bytes]]]:
    done = 0
    if len(spans) > _MOST_TRIES:
        cut.append(rule.id)
    for start, end in spans[:_MOST_TRIES]:
        for first in rule.compiled.finditer(data, max(start, done), end):
            for match in _with_the_next(rule, first, data):
                done = max(done, match.end())
                yield rule, match


def reports_ends(rule: Rule) -> bool:
    """Whether an engine that sees a match's end says where: of names, and of tokens with borders of their own."""
    return bool(rule.outline) or not (rule.raw or rule.has_value or rule.gate == "whole")


def _ended(ends: list[int]) -> list[tuple[int, int]]:
    """Where tokens that end here began, at the earliest."""
    spans: list[tuple[int, int]] = []
    for place in ends:
        if spans and place - _LONGEST <= spans[-1][1]:
            spans[-1] = (spans[-1][0], place + _BORDER)
        else:
            spans.append((max(0, place - _LONGEST), place + _BORDER))
    return spans


def _outlined(rule: Rule, ends: list[int], data: bytes) -> list[tuple[int, int]]:
    """The lines on which an outline ends; a value may follow on the next, or as far behind as the rule says."""
    spans: list[tuple[int, int]] = []
    least = max(_LEAST_NAMED, rule.below)
    for place in ends:
        if spans and place + least <= spans[-1][1]:
            continue
        first = place - rule.above
        line = data.rfind(b"\n", max(0, first - _BACK), max(0, first)) + 1
        end = data.find(b"\n", place + least, place + least + _NAMED_AHEAD)
        spans.append((line or max(0, first - _BACK), end if end >= 0 else min(len(data), place + least + _NAMED_AHEAD)))
    return spans


def _windows(rule: Rule, text: bytes, cut: list[str]) -> list[tuple[int, int]]:
    """Where a rule is tried: around each keyword, merged, from the line's start to a border well behind."""
    ahead = _LONG_AHEAD if rule.shape == "pem" else _AHEAD
    spans: list[tuple[int, int]] = []
    for needle in rule.needles:
        position = text.find(needle)
        while position >= 0 and len(spans) <= _MOST_TRIES * 2:
            line = text.rfind(b"\n", max(0, position - _BACK), position) + 1
            start = line or max(0, position - _BACK)
            end = position + len(needle) + ahead
            if rule.shape != "pem":
                newline = text.find(b"\n", position + len(needle) + 300, end)
                end = newline if newline >= 0 else end
            spans.append((start, min(end, len(text))))
            position = text.find(needle, position + len(needle))
        if position >= 0:
            cut.append(rule.id)
    spans.sort()
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1] and end - merged[-1][0] < 4 * _LONG_AHEAD:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


@cache
def pattern_engine() -> PatternEngine:
    """The engine that needs nothing, over the built-in rules."""
    return PatternEngine(load())


class _Chosen:
    engine: Engine | None = None


def engine() -> Engine:
    """The fast engine where it is compiled already, else the one that needs nothing."""
    if _Chosen.engine is None:
        from shipworthy.facts.secrets.hyper import stored_engine

        _Chosen.engine = stored_engine(load()) or pattern_engine()
    return _Chosen.engine


def expect(size: int) -> None:
    """Told before many bytes come: compiles for the fast engine where that is worth it and has not been done."""
    if size >= WORTH_COMPILING and isinstance(engine(), PatternEngine):
        from shipworthy.facts.secrets.hyper import compiled_engine

        _Chosen.engine = compiled_engine(load()) or pattern_engine()
