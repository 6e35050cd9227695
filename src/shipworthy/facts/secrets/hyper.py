"""The fast engine: all rules in one pass by Hyperscan, compiled once and kept in the user's cache folder.

A compiled database is machine code in all but name: loading one that somebody else wrote is unsafe. So it is read only
from where nobody else can have written (see `kept`), under a name made from the engine's version, the processor and the
rules.
"""

from __future__ import annotations

import contextlib
import hashlib
import platform
import struct
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from shipworthy.facts.secrets import kept, prefilter
from shipworthy.facts.secrets.context import context_of
from shipworthy.facts.secrets.engine import Candidates, Engine, reports_ends
from shipworthy.facts.secrets.rules import Rule, Rules, keep_rows

if TYPE_CHECKING:
    import hyperscan

_LAYOUT = b"shipworthy-hyperscan-1\n"
_LENGTHS = struct.Struct(">QQ")
_SIGNING = 1_000
"""Numbers from here on are of `prefilter.SIGNING`, smaller ones of `prefilter.ASSIGNMENTS`."""
_MOST_ENDS = 40_000
_MOST_REPORTS = 100_000
"""More of one text, and every word in it is looked at instead."""


class HyperscanEngine:
    """Two databases: tokens by their own form, and the words around what is known by its name.

    Rules for files of certain names are in neither: they are tried in every such file.
    """

    def __init__(self, rules: Rules, tokens: hyperscan.Database, words: hyperscan.Database) -> None:
        self._rules = rules.rules
        self._by_file: dict[str, list[Rule]] = {}
        for rule in rules.rules:
            for name in rule.names:
                self._by_file.setdefault(name, []).append(rule)
        self._tokens, self._words = tokens, words
        self._lock = Lock()

    def candidates(self, data: bytes, path: str) -> Candidates | None:
        of_file = self._by_file.get(path.rpartition("/")[2])
        found: dict[int, list[int]] = {}
        reports: list[tuple[int, int]] = []
        cut: list[int] = []

        def token(number: int, start: int, end: int, flags: int, context: Any) -> None:
            ends = found.setdefault(number, [])
            if len(ends) < _MOST_ENDS:
                ends.append(end)
            else:
                cut.append(number)

        def word(number: int, start: int, end: int, flags: int, context: Any) -> bool | None:
            reports.append((number, end))
            return len(reports) > _MOST_REPORTS or None

        # One scratch space each, and whatever thread asks.
        with self._lock:
            self._tokens.scan(data, match_event_handler=token)
            overrun = False
            try:
                self._words.scan(data, match_event_handler=word)
            except _terminated():
                overrun = True
        if not found and not reports and not of_file:
            return None
        rules = (*(self._rules[number] for number in sorted(found)), *(of_file or ()))
        where = {rule.id: ends for number, ends in found.items() if reports_ends(rule := self._rules[number])}
        if overrun:
            return Candidates(rules, where, None, True, bool(cut))
        assigned: dict[int, list[int]] = {}
        signs: set[str] = set()
        for number, end in reports:
            if number < _SIGNING:
                assigned.setdefault(number, []).append(end)
            else:
                signs |= prefilter.SIGNING[number - _SIGNING][1]
        signing = prefilter.signs(signs)
        if not rules and not assigned and not signing:
            return None
        context = context_of(path)
        # Most reports are of forms that are no assignment in the kind of file they stand in.
        if not context.generic:
            assigned.clear()
        elif not context.plain:
            for form in prefilter.PLAIN_ONLY:
                assigned.pop(form, None)
        signing = signing and context.signs
        if not rules and not assigned and not signing:
            return None
        return Candidates(rules, where, assigned, signing, bool(cut))


def _terminated() -> type[Exception]:
    import hyperscan

    found: type[Exception] = hyperscan.ScanTerminated
    return found


def stored_engine(rules: Rules) -> Engine | None:
    """The engine from the cache; None where it is not there, not to be trusted, or of another machine or version."""
    try:
        import hyperscan
    except ImportError:
        return None
    path = _path(rules)
    try:
        data = kept.read(path, _LAYOUT)
        if data is None:
            return None
        databases = []
        first, second = _LENGTHS.unpack_from(data)
        for start, length in ((_LENGTHS.size, first), (_LENGTHS.size + first, second)):
            database = hyperscan.loadb(data[start : start + length], hyperscan.HS_MODE_BLOCK)
            database.scratch = hyperscan.Scratch(database)
            databases.append(database)
    except (OSError, ValueError, struct.error, hyperscan.HyperscanError):
        return None
    return HyperscanEngine(rules, *databases)


def compiled_engine(rules: Rules) -> Engine | None:
    """The engine, compiled now and kept for the next time; None where there is no Hyperscan or it will not compile."""
    try:
        import hyperscan
    except ImportError:
        return None
    try:
        tokens, words = databases(rules)
    except (hyperscan.HyperscanError, ValueError):
        return None
    parts = [hyperscan.dumpb(tokens), hyperscan.dumpb(words)]
    with contextlib.suppress(OSError):  # without it, the next start compiles again
        kept.write(_path(rules), _LAYOUT, _LENGTHS.pack(*map(len, parts)) + b"".join(parts))
        keep_rows()
    return HyperscanEngine(rules, tokens, words)


def databases(rules: Rules) -> tuple[hyperscan.Database, hyperscan.Database]:
    """Compiles both. Raises hyperscan.HyperscanError naming no rule: `tests` compile each rule on its own."""
    import hyperscan

    once, loose = hyperscan.HS_FLAG_SINGLEMATCH, hyperscan.HS_FLAG_PREFILTER
    tokens = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    anywhere = [(number, rule) for number, rule in enumerate(rules.rules) if not rule.names]
    tokens.compile(
        expressions=[_expression(rule) for _, rule in anywhere],
        ids=[number for number, _ in anywhere],
        flags=[loose if reports_ends(rule) else once | loose for _, rule in anywhere],
    )
    words = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    signing = [expression for expression, _ in prefilter.SIGNING]
    words.compile(
        expressions=[each.encode("ascii") for each in (*prefilter.ASSIGNMENTS, *signing)],
        ids=[*range(len(prefilter.ASSIGNMENTS)), *range(_SIGNING, _SIGNING + len(signing))],
        flags=[0] * len(prefilter.ASSIGNMENTS) + [once] * len(signing),
    )
    return tokens, words


def _expression(rule: Rule) -> bytes:
    return prefilter.loosened(rule.outline or rule.compiled.pattern.decode("ascii")).encode("ascii")


def _path(rules: Rules) -> Path:
    import hyperscan

    parts = [
        hyperscan.__version__,  # type: ignore[attr-defined]  # its stubs leave it out
        platform.machine(), _processor(), rules.digest, *prefilter.ASSIGNMENTS,
        *(expression for expression, _ in prefilter.SIGNING),
    ]  # fmt: skip
    name = hashlib.blake2b("\0".join(parts).encode("utf-8"), digest_size=12).hexdigest()
    return kept.folder() / f"hyperscan-{name}.db"


def _processor() -> str:
    """What the processor can do, as far as Linux tells: a database compiled for more than that would crash."""
    try:
        with Path("/proc/cpuinfo").open(encoding="ascii", errors="replace") as lines:
            return next((line.rstrip() for line in lines if line.startswith(("flags", "Features"))), "")
    except OSError:
        return platform.processor()
