"""The fast engine: all rules in one pass by Hyperscan, compiled once and kept in the user's cache folder.

A compiled database is machine code in all but name: loading one that somebody else wrote is unsafe. So it is read only
from where nobody else can have written (see `kept`), under a name made from the engine's version, the processor and the
rules.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from shipworthy.facts.secrets import kept, prefilter
from shipworthy.facts.secrets.context import context_of, may_be_plain, may_sign
from shipworthy.facts.secrets.engine import Candidates, Engine, reports_ends
from shipworthy.facts.secrets.rules import Rule, Rules, keep_rows

if TYPE_CHECKING:
    import hyperscan

_LAYOUT = b"shipworthy-hyperscan-5\n"
_FORMS, _SIGNING, _SUBJECTS = 10_000, 20_000, 30_000
"""Numbers in the database from here on are of `prefilter.ASSIGNMENTS`, `SIGNING` and `SUBJECTS`; others are rules."""
_MOST_ENDS = 40_000
_MOST_REPORTS = 100_000
"""More of one text, and every word in it is looked at instead."""


@dataclass(slots=True)
class Reports:
    """What the database said of one text."""

    ends: dict[int, list[int]]
    """By the number of a rule, where matches end."""
    words: list[tuple[int, int]]
    """Of assignments, the form, and of signs, the number; and where it ends."""
    cut: bool
    overrun: bool
    """There were more words than are listed."""

    def moved(self, by: int) -> Reports:
        """The same of a text in which it stands so many bytes further on."""
        if by == 0:
            return self
        ends = {number: [end + by for end in ends] for number, ends in self.ends.items()}
        return Reports(ends, [(number, end + by) for number, end in self.words], self.cut, self.overrun)

    def joined(self, before: Reports, same: int, tail: int, shift: int, once: frozenset[int]) -> Reports:
        """With what was said of the text before: up to byte `same` of it as it was, from `tail` on by `shift` further.

        What is said once of a whole text, such as its subject or that a rule of `once` matches, is kept wherever it
        stood.
        """
        ends = dict(self.ends)
        for number, places in before.ends.items():
            kept = {end if end <= same else end + shift for end in places if end <= same or end >= tail}
            if every := sorted(kept | set(ends.get(number, ()))) or (places if number in once else []):
                ends[number] = every
        words = set(self.words)
        for number, end in before.words:
            if number >= _SUBJECTS:
                words.add((number, end))
            elif end <= same or end >= tail:
                words.add((number, end if end <= same else end + shift))
        return Reports(ends, sorted(words, key=_second), self.cut, self.overrun)


_SILENT = Reports({}, [], False, False)
"""Of a text without any match, which nearly every text is; nobody changes it."""


def _second(pair: tuple[int, int]) -> int:
    return pair[1]


class HyperscanEngine:
    """One database of tokens by their own form, and of the words around what is known by its name.

    Rules for files of certain names are not in it: they are tried in every such file.
    """

    def __init__(self, rules: Rules, database: hyperscan.Database) -> None:
        self._rules = rules.rules
        self._by_file: dict[str, list[Rule]] = {}
        for rule in rules.rules:
            for name in rule.names:
                self._by_file.setdefault(name, []).append(rule)
        self.database = database
        self.once = frozenset(number for number, rule in enumerate(rules.rules) if not reports_ends(rule))
        """Rules of which only the first match in a text is told."""
        self._ends: dict[int, list[int]] = {}
        self._reports: list[tuple[int, int]] = []
        self._cut = self._overrun = False
        self._lock = Lock()

    def _report(self, number: int, start: int, end: int, flags: int, context: Any) -> None:
        if number >= _FORMS:
            if len(self._reports) < _MOST_REPORTS:
                self._reports.append((number, end))
            else:
                self._overrun = True
            return
        ends = self._ends.setdefault(number, [])
        if len(ends) < _MOST_ENDS:
            ends.append(end)
        else:
            self._cut = True

    def candidates(self, data: bytes, path: str) -> Candidates | None:
        return self.weighed(self.reports(data, path), path)

    def reports(self, data: bytes, path: str) -> Reports:
        """What the database says of a text that stands at a path."""
        # One scratch space, and whatever thread asks.
        with self._lock:
            try:
                self.database.scan(data, match_event_handler=self._report)
                if not self._ends and not self._reports:
                    return _SILENT
                said = Reports(self._ends, self._reports, self._cut, self._overrun)
            finally:
                if self._ends or self._reports:
                    self._ends, self._reports = {}, []
                    self._cut = self._overrun = False
        if said.words:
            said.words = list(_of_kind(said.words, data, path.rpartition("/")[2]))
        return said

    def weighed(self, said: Reports, path: str) -> Candidates | None:
        """What is worth trying of what the database said."""
        of_file = self._by_file.get(path[path.rfind("/") + 1 :])
        if not said.ends and not said.words and not of_file:
            return None
        rules = (*(self._rules[number] for number in sorted(said.ends)), *(of_file or ()))
        where = {rule.id: found for number, found in said.ends.items() if reports_ends(rule := self._rules[number])}
        if said.overrun:
            return Candidates(rules, where, None, None, said.cut)
        assigned: dict[int, list[int]] = {}
        signs: dict[str, list[int]] = {}
        for number, end in said.words:
            if number < _SIGNING:
                assigned.setdefault(number, []).append(end)
            else:
                signs.setdefault(_sign(number), []).append(end)
        signs_here = prefilter.signs(signs)
        if not rules and not assigned and not signs_here:
            return None
        context = context_of(path)
        # Most reports are of forms that are no assignment in the kind of file they stand in.
        if not context.generic:
            assigned.clear()
        elif not context.plain:
            for form in prefilter.PLAIN_ONLY:
                assigned.pop(form, None)
        if not context.signs:
            signs_here.clear()
        if not rules and not assigned and not signs_here:
            return None
        return Candidates(rules, where, assigned, signs_here, said.cut)


def _sign(number: int) -> str:
    if number >= _SUBJECTS:
        return prefilter.SUBJECTS[number - _SUBJECTS][1]
    return prefilter.SIGNING[number - _SIGNING][1]


def _of_kind(words: Iterable[tuple[int, int]], data: bytes, name: str) -> Iterator[tuple[int, int]]:
    """Of what was reported, what says something in a file of this name: the form or sign, and where it ends."""
    sign, plain = may_sign(name), may_be_plain(name)
    for number, end in words:
        if number >= _SIGNING:
            if sign:
                yield number, end
        else:
            for form in prefilter.forms_at(number - _FORMS, data, end):
                if plain or form not in prefilter.PLAIN_ONLY:
                    yield form, end


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
        database = hyperscan.loadb(data, hyperscan.HS_MODE_BLOCK)
        database.scratch = hyperscan.Scratch(database)
    except (OSError, ValueError, hyperscan.HyperscanError):
        return None
    return HyperscanEngine(rules, database)


def compiled_engine(rules: Rules) -> Engine | None:
    """The engine, compiled now and kept for the next time; None where there is no Hyperscan or it will not compile."""
    try:
        import hyperscan
    except ImportError:
        return None
    try:
        made = database(rules)
    except (hyperscan.HyperscanError, ValueError):
        return None
    with contextlib.suppress(OSError):  # without it, the next start compiles again
        kept.write(_path(rules), _LAYOUT, hyperscan.dumpb(made))
        keep_rows()
    return HyperscanEngine(rules, made)


def database(rules: Rules) -> hyperscan.Database:
    """Compiles all of it: one pass over a text takes less than several for its parts.

    Raises hyperscan.HyperscanError naming no rule: `tests` compile each rule on its own.
    """
    import hyperscan

    once, loose = hyperscan.HS_FLAG_SINGLEMATCH, hyperscan.HS_FLAG_PREFILTER
    rows = [
        (number, _expression(rule), loose if reports_ends(rule) else once | loose)
        for number, rule in enumerate(rules.rules)
        if not rule.names
    ]
    rows += [(number, _loose(each), 0) for number, (each, _) in enumerate(prefilter.ASSIGNMENTS, _FORMS)]
    rows += [(number, _loose(each), 0) for number, (each, _) in enumerate(prefilter.SIGNING, _SIGNING)]
    rows += [(number, _loose(each), once) for number, (each, _) in enumerate(prefilter.SUBJECTS, _SUBJECTS)]
    ids, expressions, flags = zip(*rows, strict=True)
    made = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    made.compile(expressions=expressions, ids=ids, flags=flags)
    return made


def _expression(rule: Rule) -> bytes:
    return _loose(rule.outline or rule.prefilter or rule.compiled.pattern.decode("ascii"))


def _loose(pattern: str) -> bytes:
    return prefilter.loosened(pattern).encode("ascii")


def _path(rules: Rules) -> Path:
    import hyperscan

    version: str = hyperscan.__version__  # type: ignore[attr-defined]  # its stubs leave it out
    parts = [version, *_machine(), rules.digest, kept.program()]
    name = hashlib.blake2b("\0".join(parts).encode("utf-8"), digest_size=12).hexdigest()
    return kept.folder() / f"hyperscan-{name}.db"


def _machine() -> tuple[str, str]:
    """Its name, and what its processor can do, as far as Linux tells: a database compiled for more would crash."""
    try:
        with Path("/proc/cpuinfo").open(encoding="ascii", errors="replace") as lines:
            told = next((line.rstrip() for line in lines if line.startswith(("flags", "Features"))), "")
        return os.uname().machine, told
    except OSError:
        import platform  # a millisecond of the start, and not needed on Linux

        return platform.machine(), platform.processor()
