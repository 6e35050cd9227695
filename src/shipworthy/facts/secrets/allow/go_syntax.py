"""Reads a regular expression in the syntax of Go's `regexp` (RE2) into a tree, as its documentation describes it.

Python's `re` reads another language (flags in the middle, `\\z`, `[[:alpha:]]`, `\\Q…\\E` differ), and what it accepts
may take for ever. What is not read here is refused: backreferences and look-around, which Go refuses too, and
Unicode classes by script.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

MAX_PATTERN = 20_000
"""Characters."""
MAX_DEPTH = 60
"""Groups in groups; a person's pattern has five."""
MAX_REPEAT = 1_000
"""As in Go."""
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}
_PERL = {
    "d": ((48, 57),),
    "w": ((48, 57), (65, 90), (95, 95), (97, 122)),
    "s": ((9, 10), (12, 13), (32, 32)),
}
_POSIX = {
    "alnum": ((48, 57), (65, 90), (97, 122)), "alpha": ((65, 90), (97, 122)), "ascii": ((0, 127),),
    "blank": ((9, 9), (32, 32)), "cntrl": ((0, 31), (127, 127)), "digit": ((48, 57),), "graph": ((33, 126),),
    "lower": ((97, 122),), "print": ((32, 126),), "punct": ((33, 47), (58, 64), (91, 96), (123, 126)),
    "space": ((9, 13), (32, 32)), "upper": ((65, 90),), "word": _PERL["w"],
    "xdigit": ((48, 57), (65, 70), (97, 102)),
}  # fmt: skip
_LAST = 0x10FFFF
_Ranges = tuple[tuple[int, int], ...]
Anchor = Literal["text-start", "text-end", "line-start", "line-end", "word", "no-word"]


class BadPattern(ValueError):
    """A pattern is not understood here; the message says why and quotes nothing of it, as it may hold a secret."""


@dataclass(frozen=True, slots=True)
class Characters:
    """One character of a set."""

    ranges: _Ranges
    classes: tuple[tuple[str, bool], ...] = ()
    """Unicode general categories ("Lu", "L"), and whether each is negated."""
    negated: bool = False
    fold: bool = False
    """Upper and lower case are the same."""

    def has(self, character: str) -> bool:
        """Whether the character is in the set."""
        tried = {character, character.lower(), character.upper()} if self.fold else {character}
        return any(len(each) == 1 and self._has(each) for each in tried) != self.negated

    def _has(self, character: str) -> bool:
        code = ord(character)
        return any(low <= code <= high for low, high in self.ranges) or any(
            unicodedata.category(character).startswith(name) != negated for name, negated in self.classes
        )


@dataclass(frozen=True, slots=True)
class At:
    """A place between two characters."""

    anchor: Anchor


@dataclass(frozen=True, slots=True)
class Sequence:
    """One after the other."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Any one of them."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """Again and again; `most` None is without end."""

    part: Node
    least: int
    most: int | None


Node = Characters | At | Sequence | Choice | Repeat


def check_length(pattern: str) -> None:
    """Raises BadPattern for a pattern longer than any person's."""
    if len(pattern) > MAX_PATTERN:
        raise BadPattern(f"longer than {MAX_PATTERN:,} characters")


def parse(pattern: str) -> Node:
    """The tree of a pattern. Raises BadPattern."""
    check_length(pattern)
    reader = _Reader(pattern)
    node = reader.choice(frozenset(), 0)
    if reader.rest:
        raise BadPattern("a closing bracket too many")
    return node


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    @property
    def rest(self) -> bool:
        return self.at < len(self.text)

    def peek(self, words: str) -> bool:
        return self.text.startswith(words, self.at)

    def take(self, words: str) -> bool:
        if self.peek(words):
            self.at += len(words)
            return True
        return False

    def next(self) -> str:
        if not self.rest:
            raise BadPattern("it ends in the middle")
        self.at += 1
        return self.text[self.at - 1]

    def until(self, closing: str) -> str:
        end = self.text.find(closing, self.at)
        if end < 0:
            raise BadPattern("it ends in the middle")
        found, self.at = self.text[self.at : end], end + len(closing)
        return found

    def choice(self, flags: frozenset[str], depth: int) -> Node:
        """Up to the closing bracket. Flags set on the way hold to the end of the group, across its choices."""
        if depth > MAX_DEPTH:
            raise BadPattern(f"more than {MAX_DEPTH} groups in each other")
        rows: list[tuple[Node, ...]] = []
        parts: list[Node] = []
        while self.rest and not self.peek(")"):
            if self.take("|"):
                rows.append(tuple(parts))
                parts = []
            elif self.take("(?"):
                flags, inner = self.flagged(flags, depth)
                parts += [inner] if inner is not None else []
            elif self.take(r"\Q"):
                end = self.text.find(r"\E", self.at)
                quoted = self.text[self.at :] if end < 0 else self.until(r"\E")
                self.at = len(self.text) if end < 0 else self.at
                parts += [_one(each, flags) for each in quoted]
            elif self.text[self.at] in "*+?":
                self.repeat(parts, self.next())
            elif (bounds := self.bounds()) is not None:
                self.again(parts, *bounds)
            else:
                parts.append(self.atom(flags, depth))
        rows.append(tuple(parts))
        return Sequence(rows[0]) if len(rows) == 1 else Choice(tuple(Sequence(row) for row in rows))

    def flagged(self, flags: frozenset[str], depth: int) -> tuple[frozenset[str], Node | None]:
        """What follows `(?`: flags for the rest of the group, or a group."""
        if self.take("P<") or (self.peek("<") and not self.peek("<=") and not self.peek("<!") and self.take("<")):
            self.until(">")
            return flags, self.closed(flags, depth)
        off, own = False, set(flags)
        while True:
            sign = self.next()
            if sign == "-":
                off = True
            elif sign in "imsU":
                (own.discard if off else own.add)(sign)
            elif sign == ")":
                return frozenset(own), None
            elif sign == ":":
                return flags, self.closed(frozenset(own), depth)
            else:
                raise BadPattern("a group that Go does not know either (look-around, condition)")

    def closed(self, flags: frozenset[str], depth: int) -> Node:
        inner = self.choice(flags, depth + 1)
        if not self.take(")"):
            raise BadPattern("a bracket is not closed")
        return inner

    def repeat(self, parts: list[Node], sign: str) -> None:
        self.again(parts, *{"*": (0, None), "+": (1, None), "?": (0, 1)}[sign])

    def bounds(self) -> tuple[int, int | None] | None:
        """`{2,5}`, `{2,}` or `{2}`; anything else with such a bracket is text, as in Go."""
        if not self.peek("{"):
            return None
        end = self.text.find("}", self.at, self.at + 12)
        low, comma, high = self.text[self.at + 1 : max(end, 0)].partition(",")
        if end < 0 or not (low.isascii() and low.isdigit()) or not (high == "" or (high.isascii() and high.isdigit())):
            return None
        self.at = end + 1
        least, most = int(low), int(high) if high else None if comma else int(low)
        if max(least, most or 0) > MAX_REPEAT or (most is not None and most < least):
            raise BadPattern(f"a repetition that Go refuses (more than {MAX_REPEAT:,}, or the wrong way round)")
        return least, most

    def again(self, parts: list[Node], least: int, most: int | None) -> None:
        self.take("?")  # lazy: which match comes first is nothing that is asked here
        if not parts:
            raise BadPattern("a repetition of nothing")
        if isinstance(parts[-1], Repeat):
            raise BadPattern("a repetition of a repetition, which Go refuses too")
        parts[-1] = Repeat(parts[-1], least, most)

    def atom(self, flags: frozenset[str], depth: int) -> Node:
        sign = self.next()
        if sign == "(":
            return self.closed(flags, depth)
        if sign == "[":
            return self.brackets(flags)
        if sign == ".":
            return Characters(((0, _LAST),)) if "s" in flags else Characters(((10, 10),), negated=True)
        if sign == "^":
            return At("line-start" if "m" in flags else "text-start")
        if sign == "$":
            return At("line-end" if "m" in flags else "text-end")
        if sign != "\\":
            return _one(sign, flags)
        sign = self.next()
        anchors: dict[str, Anchor] = {"A": "text-start", "z": "text-end", "b": "word", "B": "no-word"}
        if sign in anchors:
            return At(anchors[sign])
        ranges, classes = self.escaped(sign)
        return Characters(ranges, classes, fold="i" in flags)

    def escaped(self, sign: str) -> tuple[_Ranges, tuple[tuple[str, bool], ...]]:
        """What a backslash and `sign` stand for, inside brackets and outside."""
        if sign.lower() in _PERL:
            ranges = _PERL[sign.lower()]
            return (ranges if sign.islower() else _others(ranges)), ()
        if sign in "pP":
            name = self.until("}") if self.take("{") else self.next()
            negated = (sign == "P") != name.startswith("^")
            name = name.removeprefix("^")
            if len(name) > 2 or not name or name[0] not in "CLMNPSZ":
                raise BadPattern("a Unicode class by script, which is not known here")
            return (), ((name, negated),)
        if sign == "x":
            digits = self.until("}") if self.take("{") else self.next() + self.next()
            return (_code(digits, 16),), ()
        if sign in "01234567":
            if sign != "0" and not (self.rest and self.text[self.at] in "01234567"):
                raise BadPattern("a backreference, which Go does not know either")
            digits = sign
            while len(digits) < 3 and self.rest and self.text[self.at] in "01234567":
                digits += self.next()
            return (_code(digits, 8),), ()
        if sign in _ESCAPES:
            return ((ord(_ESCAPES[sign]),) * 2,), ()
        if sign.isascii() and sign.isalnum():
            raise BadPattern("an escape that is not known")
        return ((ord(sign), ord(sign)),), ()

    def brackets(self, flags: frozenset[str]) -> Characters:
        negated = self.take("^")
        ranges: list[tuple[int, int]] = []
        classes: list[tuple[str, bool]] = []
        first = True
        while first or not self.peek("]"):
            first = False
            if self.take("[:"):
                name = self.until(":]")
                known = _POSIX.get(name.removeprefix("^"))
                if known is None:
                    raise BadPattern("a character class that is not known")
                ranges += _others(known) if name.startswith("^") else known
                continue
            low = self.member(ranges, classes)
            if low is None:
                continue
            high: int | None = low
            if self.peek("-") and not self.peek("-]"):
                self.next()
                high = self.member([], [])
            if high is None or high < low:
                raise BadPattern("a range the wrong way round")
            ranges.append((low, high))
        self.next()
        return Characters(tuple(ranges), tuple(classes), negated, "i" in flags)

    def member(self, ranges: list[tuple[int, int]], classes: list[tuple[str, bool]]) -> int | None:
        """One character between brackets; None for an escape that stands for many, which is added instead."""
        sign = self.next()
        if sign != "\\":
            return ord(sign)
        many, named = self.escaped(self.next())
        if len(many) == 1 and many[0][0] == many[0][1] and not named:
            return many[0][0]
        ranges += many
        classes += named
        return None


def _one(character: str, flags: frozenset[str]) -> Characters:
    return Characters(((ord(character), ord(character)),), fold="i" in flags)


def _code(digits: str, base: int) -> tuple[int, int]:
    try:
        code = int(digits, base) if digits.isalnum() and len(digits) <= 8 else _LAST + 1
    except ValueError:
        code = _LAST + 1
    if code > _LAST:
        raise BadPattern("a character's number that there is not")
    return code, code


def _others(ranges: _Ranges) -> _Ranges:
    found: list[tuple[int, int]] = []
    start = 0
    for low, high in sorted(ranges):
        if low > start:
            found.append((start, low - 1))
        start = high + 1
    return (*found, (start, _LAST))
