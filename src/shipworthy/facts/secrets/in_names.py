"""Finds provider tokens in the names of files and refs, of which there are many: all are looked at as one text.

Hashes, UUIDs and random words are what names are made of, so nothing counts here but a token that a provider made, told
by its form alone and for certain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice
from typing import Any

from shipworthy.facts.secrets.analyser import row_of
from shipworthy.facts.secrets.engine import engine
from shipworthy.facts.secrets.identity import masked
from shipworthy.facts.secrets.rules import Rule, load
from shipworthy.facts.secrets.scanner import Hit, judged
from shipworthy.model import Confidence

_AT_ONCE = 4_000
"""Names in one text. With 30,000, a history of 48,903 commits took 107 MB in place of 87."""
_AS = "names.py"
"""The list is judged as code, where a form is neither an example nor a stand-in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A name that holds tokens."""

    number: int
    """Its place among the names."""
    shown: str
    """The name with its tokens masked."""
    rows: tuple[dict[str, Any], ...]
    """As the analyser of secrets makes them, without line and column."""


def in_names(names: Iterable[str]) -> Iterator[Named]:
    """Those of the names that hold a token, in their order."""
    every, first = iter(names), 0
    while part := list(islice(every, _AT_ONCE)):
        yield from _of(part, first)
        first += len(part)


def _of(names: Sequence[str], first: int) -> Iterator[Named]:
    text = "\n".join(names)
    if text.count("\n") >= len(names):
        text = "\n".join(name.replace("\n", " ") for name in names)
    written = text.encode("utf-8", "surrogateescape")
    # A folder is no part of what stands in it: a long path would be taken for text in base64.
    data = written.replace(b"/", b" ")
    candidates = engine().candidates(data, _AS)
    rules = tuple(rule for rule in candidates.rules if _sure(rule)) if candidates else ()
    if candidates is None or not rules:
        return
    found = judged(_AS, data, replace(candidates, rules=rules, assigned={}, signing={}))
    if found.cut and len(names) > 1:
        middle = len(names) // 2
        yield from _of(names[:middle], first)
        yield from _of(names[middle:], first + middle)
        return
    hits = [hit for hit in found.hits if hit.confidence is Confidence.CERTAIN and not hit.guessable]
    for number, group in groupby(hits, key=lambda hit: data.count(b"\n", 0, hit.start)):
        yield _named(first + number, written, data, list(group))


def _named(number: int, written: bytes, data: bytes, hits: list[Hit]) -> Named:
    start = data.rfind(b"\n", 0, hits[0].start) + 1
    end = data.find(b"\n", start)
    shown, at = "", start
    for hit in hits:
        before = written[at : hit.start].decode("utf-8", "surrogateescape")
        shown += before + masked(load().by_id.get(hit.rule), hit.value, guessable=False)
        at = hit.end
    shown += written[at : end if end >= 0 else None].decode("utf-8", "surrogateescape")
    rows = tuple(row_of(hit, data) | {"line": None, "column": None, "end": 0} for hit in hits)
    return Named(number=number, shown=shown, rows=rows)


def _sure(rule: Rule) -> bool:
    """Whether what it finds is a token by its form alone: no name beside it is needed, and it is no UUID."""
    return (
        rule.shape == "token"
        and rule.issued
        and rule.confidence is Confidence.CERTAIN
        and not (rule.has_value or rule.uuid or rule.names)
    )
