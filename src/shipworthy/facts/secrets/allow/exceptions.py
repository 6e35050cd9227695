"""Reads `.shipworthy/secret-exceptions.toml`: secrets that may stand, by fingerprint, with who says so, why, how long.

Layout: one `[[exceptions]]` each, with `fingerprint`, `reason`, `by`, `on` and `expires`. The file is part of the tree
that gets signed, so a new exception takes an older signature its effect. An entry that is not understood whole, or has
expired, allows nothing; the others count.

The fingerprint of a random token is the same wherever it stands; that of a value somebody could guess is of rule, file
and name, so its exception covers whatever value stands there (a hash of it could be guessed offline). No salt is made
for an exception: it would change the very fingerprint that was just read. Where one is added later, older entries allow
nothing and say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shipworthy.checklist.document import Document, Problem, Section
from shipworthy.facts.secrets.allow.place import Allowed
from shipworthy.model import Location

EXCEPTIONS = ".shipworthy/secret-exceptions.toml"
MOST_EXCEPTIONS = 1_000
MAX_REASON = 2_000
MAX_DAYS = 366
"""At most a year: what is allowed for longer is forgotten."""
_FINGERPRINT = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretException:
    """One entry: this secret may stand until this day."""

    fingerprint: str
    reason: str
    by: str
    on: date
    expires: date
    """The last day it counts."""
    line: int | None = None
    """Where it stands in the file."""

    def why_not(self, today: date) -> str:
        """Why it does not count; empty where it does."""
        # A clock some hours ahead is no mistake; a day further is one that would lengthen the year.
        if self.on > today + timedelta(days=1):
            return "it is from a day that is still to come, so it allows nothing"
        if self.expires > self.on + timedelta(days=MAX_DAYS):
            return "it would count for more than a year, so it allows nothing"
        if self.expires < today:
            return f"it expired on {self.expires.isoformat()}, so it allows nothing"
        return ""


def is_fingerprint(text: str) -> bool:
    """Whether it is 16 hex digits."""
    return _FINGERPRINT.fullmatch(text) is not None


def read_exceptions(data: bytes) -> tuple[list[SecretException], list[Problem]]:
    """The entries that are understood, in the order of the file, and what is wrong with the others."""
    document = Document(data, EXCEPTIONS)
    found: list[SecretException] = []
    if not document.problems:
        top = document.top()
        top.schema(required=False)
        for section in top.sections("exceptions", required=False, most=MOST_EXCEPTIONS):
            entry = _entry(section)
            if entry is not None:
                found.append(entry)
        top.close()
    return found, document.problems


def _entry(section: Section) -> SecretException | None:
    fingerprint = section.text("fingerprint", limit=16)
    if fingerprint and not is_fingerprint(fingerprint):
        section.wrong("fingerprint", "is no fingerprint, so it allows nothing", "Copy it: shipworthy secret list")
    reason, by = section.text("reason", limit=MAX_REASON, multiline=True), section.text("by", limit=320)
    on, expires = _day(section, "on"), _day(section, "expires")
    if not section.close() or on is None or expires is None:
        return None
    from shipworthy.facts.secrets.mask import mask_words

    line = section.document.line(section.path)
    return SecretException(fingerprint=fingerprint, reason=mask_words(reason), by=by, on=on, expires=expires, line=line)


def _day(section: Section, key: str) -> date | None:
    value = section.raw(key)
    if value is None:
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    section.wrong(key, "must be a date, so it allows nothing", "Write it like 2027-02-20, without quotes.")
    return None


class Exceptions:
    """The entries that count today, and which of them fitted something."""

    def __init__(self, data: bytes, today: date) -> None:
        entries, self._problems = read_exceptions(data)
        self._counting: dict[str, SecretException] = {}
        self._used: set[str] = set()
        for each in entries:
            why = each.why_not(today)
            if not why and each.fingerprint in self._counting:
                why = "the same fingerprint stands further up, which is the one that counts"
            if why:
                self._problems.append(_problem(each, why, "Allow it anew, with a reason of today, or remove it."))
            else:
                self._counting[each.fingerprint] = each

    def allowed(self, identity: str) -> Allowed | None:
        """The permission for a fingerprint."""
        entry = self._counting.get(identity)
        if entry is None:
            return None
        self._used.add(identity)
        return Allowed(
            by="exception",
            reason=f"{entry.reason} ({entry.by}, {entry.on.isoformat()})",
            location=Location(path=EXCEPTIONS, line=entry.line),
            expires=entry.expires,
        )

    def problems(self, unsalted: Iterable[str], *, history: bool) -> list[Problem]:
        """What is wrong with the file, and entries that fitted nothing; `unsalted`: identities without the salt."""
        bare, found = set(unsalted), list(self._problems)
        for each in self._counting.values():
            if each.fingerprint in self._used or history:
                continue
            if each.fingerprint in bare:
                why = "it was written before .shipworthy/salt, which changed every fingerprint, so it allows nothing"
                found.append(_problem(each, why, "Allow the secret by what it has now: shipworthy secret list"))
            else:
                why = "no secret in the files has this fingerprint"
                found.append(_problem(each, why, "Remove it, unless it is for one in the history."))
        return sorted(found, key=lambda each: each.line or 0)


def _problem(entry: SecretException, message: str, remedy: str) -> Problem:
    key = f"exception {entry.fingerprint}"
    return Problem(file=EXCEPTIONS, line=entry.line, key=key, message=message, remedy=remedy)
