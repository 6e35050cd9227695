"""Reads the allow-lists of `.gitleaks.toml`, as gitleaks' README ("Configuration") describes them.

Global ones (`[allowlist]`, `[[allowlists]]`, with `targetRules`) and those of a rule (`[rules.allowlist]`,
`[[rules.allowlists]]`). What a file extends is not followed. No message quotes a pattern: it may be the secret itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from shipworthy.checklist.document import Document, KeyPath, Problem
from shipworthy.facts.secrets.allow.criteria import Criteria, Patterns, told_by_id
from shipworthy.facts.secrets.allow.go_regex import GoRegex, OverWork, Work
from shipworthy.facts.secrets.allow.go_syntax import BadPattern
from shipworthy.facts.secrets.allow.place import Allowed
from shipworthy.facts.secrets.allow.wide import wide_line, wide_path, wide_value, wide_word
from shipworthy.model import Location

GITLEAKS_TOML = ".gitleaks.toml"
MOST_PATTERNS = 5_000
MOST_LISTS = 500
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_TARGETS = ("secret", "match", "line")


class GitleaksToml:
    """The allow-lists of one file, and what of it is not followed."""

    def __init__(self, data: bytes, work: Work, own: list[str]) -> None:
        self._document = Document(data, GITLEAKS_TOML)
        self._work = work
        self._own = own
        self._left = MOST_PATTERNS
        self._made: dict[str, GoRegex] = {}
        self.lists: tuple[Criteria, ...] = ()
        self.problems_of_form = bool(self._document.problems)
        """It is no TOML: gitleaks refuses to start."""
        if not self.problems_of_form:
            self.lists = tuple(self._lists())

    @property
    def problems(self) -> list[Problem]:
        """What allows nothing, in the order of the file."""
        return self._document.problems

    @property
    def without_rules(self) -> bool:
        """Whether it has no rules and extends none: then gitleaks looks for nothing at all."""
        top = self._document.table
        extend = _get(top, "extend")[1]
        extends = extend if isinstance(extend, dict) else {}
        more = any(_get(extends, key)[1] for key in ("usedefault", "path", "url"))
        return not self.problems_of_form and not more and next(_rows((), top, "rules"), None) is None

    @property
    def passes_over_most(self) -> Location | None:
        """Where a list for all rules begins that covers nearly everything; None without one."""
        for each in self.lists:
            wide = [bool(part and part.wide) for part in (each.paths, each.regexes) if part is not None]
            if each.rules is None and not each.both and any(wide):
                return each.gives.location
        return None

    def _lists(self) -> Iterator[Criteria]:
        top = self._document.table
        key, extend = _get(top, "extend")
        if extend is not None:
            self._document.problem(
                (key,),
                "allow-lists of what it extends are not read here, so they allow nothing",
                "Write the entries you need into this file, or allow the secret by its fingerprint.",
            )
        patterns = dict(self._rule_patterns())
        for path, table in self._tables((), top):
            yield from self._criteria(path, table, None, patterns)
        for number, (path, rule) in enumerate(_rows((), top, "rules")):
            if number >= MOST_LISTS:
                self._document.problem(path, f"more than {MOST_LISTS} rules, the rest is not read", "Remove some.")
                return
            name = _get(rule, "id")[1]
            for place, table in self._tables(path, rule):
                yield from self._criteria(place, table, [name] if isinstance(name, str) else [], patterns)

    def _rule_patterns(self) -> Iterator[tuple[str, str]]:
        for _, rule in list(_rows((), self._document.table, "rules"))[:MOST_LISTS]:
            name, regex = _get(rule, "id")[1], _get(rule, "regex")[1]
            if isinstance(name, str) and isinstance(regex, str) and not told_by_id(name):
                yield name, regex

    def _tables(self, path: KeyPath, table: Mapping[str, Any]) -> Iterator[tuple[KeyPath, Mapping[str, Any]]]:
        key, single = _get(table, "allowlist")
        if isinstance(single, dict):
            yield (*path, key), single
        for number, row in enumerate(_rows(path, table, "allowlists")):
            if number >= MOST_LISTS:
                self._document.problem(row[0], f"more than {MOST_LISTS} lists, the rest is not read", "Remove some.")
                return
            yield row

    def _criteria(
        self, path: KeyPath, table: Mapping[str, Any], rules: list[str] | None, patterns: Mapping[str, str]
    ) -> Iterator[Criteria]:
        targets = self._texts(path, table, "targetrules")
        if targets is not None and rules is None:
            rules = targets
        target, both = self._word(path, table, "regextarget", "secret"), self._word(path, table, "condition", "or")
        if target not in _TARGETS or both not in ("or", "and", "||", "&&"):
            self._document.problem(path, "it has a condition or target that is not known", "Use what gitleaks names.")
            return
        commits, words = self._texts(path, table, "commits"), self._words(path, table)
        wide_regex = wide_value if target == "secret" else wide_line
        said = _get(table, "description")[1]
        yield Criteria(
            gives=Allowed(
                by=GITLEAKS_TOML,
                reason=said if isinstance(said, str) else "",
                location=Location(path=GITLEAKS_TOML, line=self._document.line(path)),
            ),
            both=both in ("and", "&&"),
            commits=None if commits is None else frozenset(each.lower() for each in commits if _commit(each)),
            paths=self._patterns(path, table, "paths", lambda each: wide_path(each, self._own)),
            regexes=self._patterns(path, table, "regexes", wide_regex),
            target=target,
            words=None if words is None else tuple(each.lower() for each in words if not wide_word(each)),
            wide_words=tuple(each.lower() for each in words or () if wide_word(each)),
            rules=None if rules is None else frozenset(each.lower() for each in rules),
            own=tuple(self._compiled(path, [patterns[each] for each in rules or () if each in patterns])),
        )

    def _patterns(
        self, path: KeyPath, table: Mapping[str, Any], key: str, wide: Callable[[GoRegex], bool]
    ) -> Patterns | None:
        texts = self._texts(path, table, key)
        if texts is None:
            return None
        found: dict[bool, list[GoRegex]] = {True: [], False: []}
        for each in self._compiled((*path, _get(table, key)[0]), texts):
            found[wide(each)].append(each)
        return Patterns(tuple(found[False]), tuple(found[True]))

    def _compiled(self, path: KeyPath, texts: list[str]) -> Iterator[GoRegex]:
        for number, text in enumerate(texts):
            self._left -= 1
            if self._left == -1:
                self._refuse((*path, number), f"more than {MOST_PATTERNS:,} patterns and words in the file")
            if self._left < 0:
                continue
            try:
                if text not in self._made:
                    self._made[text] = GoRegex(text, self._work)
                yield self._made[text]
            except BadPattern as error:
                self._refuse((*path, number), str(error))
            except OverWork as error:
                self._left = -1
                self._refuse((*path, number), f"{error}; neither can those behind it")

    def _refuse(self, path: KeyPath, why: str) -> None:
        message = f"a pattern cannot be used, so it allows nothing: {why}"
        self._document.problem(path, message, "Write fewer or simpler patterns.")

    def _words(self, path: KeyPath, table: Mapping[str, Any]) -> list[str] | None:
        words = self._texts(path, table, "stopwords")
        if words is not None:
            room = max(0, self._left)
            self._left -= len(words)
            if len(words) > room:
                self._refuse(path, f"more than {MOST_PATTERNS:,} patterns and words in the file")
                words = words[:room]
        return words

    def _texts(self, path: KeyPath, table: Mapping[str, Any], wanted: str) -> list[str] | None:
        """A list of texts; None where there is none, or an empty one, which gitleaks takes for none."""
        key, value = _get(table, wanted)
        if value is None or value == []:
            return None
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            self._document.problem((*path, key), "it is no list of texts, so it allows nothing", 'Write ["…"].')
            return []
        return value

    def _word(self, path: KeyPath, table: Mapping[str, Any], wanted: str, default: str) -> str:
        value = _get(table, wanted)[1]
        if value in (None, ""):
            return default
        return value.lower() if isinstance(value, str) else ""


def _commit(text: str) -> bool:
    return _COMMIT.fullmatch(text.lower()) is not None


def _get(table: Mapping[str, Any], wanted: str) -> tuple[str, Any]:
    """A key, whatever its case (gitleaks does not mind), as it is written, and its value."""
    for key, value in table.items():
        if key.lower() == wanted:
            return key, value
    return wanted, None


def _rows(path: KeyPath, table: Mapping[str, Any], wanted: str) -> Iterator[tuple[KeyPath, Mapping[str, Any]]]:
    key, rows = _get(table, wanted)
    if isinstance(rows, list):
        for number, row in enumerate(rows):
            if isinstance(row, dict):
                yield (*path, key, number), row
