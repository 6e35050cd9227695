"""The secrets that stand in the repository's files: where, of which kind, how sure; their values are nowhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from shipworthy.checklist.document import Problem
from shipworthy.facts.base import Fact, FactReader, Facts, View
from shipworthy.facts.secrets.allow import Allowed, Lines, Permissions, Place, place_at
from shipworthy.facts.secrets.analyser import ARCHIVES, BINARIES, SecretsAnalyser, text_bytes
from shipworthy.facts.secrets.identity import LEAST_SALT, identity
from shipworthy.facts.secrets.in_names import Named, in_names
from shipworthy.facts.secrets.links import drop_mere_links
from shipworthy.facts.secrets.rules import load
from shipworthy.facts.secrets.scanner import GUESSABLE
from shipworthy.facts.secrets.within import Within
from shipworthy.model import Confidence, Location, Severity, fingerprint

SALT_FILE = ".shipworthy/salt"
"""The project's own salt for fingerprints, committed so that CI computes the same ones. Optional."""

_ASSIGNED = {
    "assigned-password": "a password",
    "assigned-signing": "a signing secret",
    "assigned-secret": "a secret",
    "assigned-key": "a key",
    "assigned-token": "a token",
    GUESSABLE: "a signing secret that can be guessed",
}
"""What is found by the name it was given to."""
_OTHER = {"supabase-service-role": "Supabase service_role key"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One place where a secret, or what looks like one, stands."""

    rule: str
    title: str
    """What it is, in words: "Stripe live secret key"."""
    provider: str
    confidence: Confidence
    severity: Severity
    location: Location
    end_column: int
    """1-based, behind its last character on the first line."""
    masked: str
    """A preview that gives nothing away: "sk_live_••••••••"."""
    identity: str
    """A fingerprint: of the token itself where it is random, else of rule, path and name."""
    name: str
    """The variable or setting it was given to; the provider for a token found by its form."""
    allowed: Allowed | None = None
    """The permission somebody wrote down for it; None where there is none."""
    too_wide: Allowed | None = None
    """A permission that would cover it and is not followed, because it covers nearly everything."""
    within: Within = Within.FILE

    @property
    def where(self) -> str:
        """The end of a sentence that `says` begins: "in this file"."""
        if self.within is Within.FILE:
            return "in this file"
        return "in the name of this file" if self.within is Within.NAME else f"in the {self.location.part}"

    @property
    def says(self) -> str:
        """The start of a sentence that `where` ends: "API_TOKEN is set to a token"."""
        what = _ASSIGNED.get(self.rule)
        if what is None:
            return f"{self.title} stands"
        if self.rule == GUESSABLE:
            return f"{self.name}: {what} stands"
        return f"{self.name.removeprefix('process.env.')} is set to {what}"

    @property
    def counts(self) -> bool:
        """Whether it is sure enough to fail a check, and nobody allowed it; doubts are for a person to look at."""
        return self.allowed is None and self.confidence is not Confidence.REVIEW


@dataclass(frozen=True, kw_only=True)
class Secrets(Fact):
    """Sightings in path and line order, and how much was looked at."""

    sightings: tuple[Sighting, ...] = ()
    files: int = 0
    """Text files looked at."""
    bytes: int = 0
    binaries: int = 0
    """Files without text: images, fonts, compiled code."""
    archives: int = 0
    """Archives, which are not opened."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """How many candidates each filter refused."""
    problems: tuple[Problem, ...] = ()
    """Permissions that allow nothing, or only part of what they say: expired, unreadable, fitting nothing."""

    @classmethod
    def reader(cls) -> FactReader[Any]:
        return SecretsReader()


class SecretsReader(FactReader[Secrets]):
    """Joins the records of all files."""

    def __init__(self) -> None:
        self._analyser = SecretsAnalyser()
        self.analysers = (self._analyser,)

    def read(self, view: View, facts: Facts) -> Secrets:
        records = view.records(self._analyser)
        drop_mere_links(view)
        salt = (view.read(SALT_FILE) or b"").strip()
        if salt and len(salt) < LEAST_SALT:
            view.gap(SALT_FILE, f"the salt is shorter than {LEAST_SALT} characters")
        left: Counter[str] = Counter()
        rows: dict[str, list[dict[str, Any]]] = {}
        held = dict(records.items())
        files = view.project.files
        total = sum(files[path].size for path in held)
        binaries = 0
        for path, record in held.items():
            if record is None:  # nearly all of them, so they must not cost anything
                continue
            if record["binary"]:
                binaries += 1
                total -= files[path].size
                continue
            if record["rows"]:
                rows[path] = record["rows"]
            if record["left"]:
                left.update(record["left"])
        sightings = [each for path in sorted(rows) for each in sightings_of(path, rows[path], salt)]
        permissions = Permissions.read(view)
        paths = list(files)
        named = {paths[each.number]: each for each in in_names(paths)}
        unsalted = _unsalted([*rows.values(), *(list(each.rows) for each in named.values())], salt)
        sightings = list(_judged(view, permissions, sightings, unsalted))
        if named:
            sightings = without_names(sightings, named)
            sightings += _in_names(permissions, named, salt, unsalted)
            sightings.sort(key=_place_of)
        skipped = [entry.suffix for entry in view.entries() if entry.path not in held and entry.problem is None]
        return Secrets(
            sightings=tuple(sightings),
            files=len(held) - binaries,
            bytes=total,
            binaries=binaries + sum(each in BINARIES for each in skipped),
            archives=sum(each in ARCHIVES for each in skipped),
            left_out=dict(left),
            problems=permissions.problems(),
            read=tuple(view.seen),
            gaps=tuple(view.gaps),
        )


def title_of(rule_id: str) -> str:
    """What a rule finds, in words. Raises KeyError for an unknown rule."""
    rule = load().by_id.get(rule_id)
    if rule is not None:
        return rule.title
    return _OTHER.get(rule_id) or _ASSIGNED[rule_id].partition(" ")[2].capitalize()


def sightings_of(path: str, rows: list[dict[str, Any]], salt: bytes) -> Iterator[Sighting]:
    """A sighting for each row of the analyser's record of a file at this path."""
    rules = load().by_id
    for row in rows:
        rule = rules.get(row["rule"])
        own = row["name"] or row["rule"]
        yield Sighting(
            rule=row["rule"],
            title=title_of(row["rule"]),
            provider=rule.provider if rule else "",
            confidence=Confidence(row["confidence"]),
            severity=rule.severity if rule else Severity.CRITICAL,
            location=Location(path=path, line=row["line"], column=row["column"]),
            end_column=row["end"],
            masked=row["masked"],
            identity=identity(row["token"], salt) if row["token"] else fingerprint(row["rule"], path, own),
            name=row["name"],
        )


def _unsalted(rows: Iterable[list[dict[str, Any]]], salt: bytes) -> dict[str, str]:
    """By identity, the one a token had before the project had a salt."""
    if not salt:
        return {}
    tokens = {row["token"] for each in rows for row in each if row["token"]}
    return {identity(token, salt): identity(token, b"") for token in tokens}


def _judged(
    view: View, permissions: Permissions, sightings: list[Sighting], unsalted: Mapping[str, str]
) -> Iterator[Sighting]:
    """The sightings with what is said of each. Records hold no value, so the few files that have one are read again."""
    for path, group in groupby(sightings, key=lambda each: each.location.path or ""):
        source = view.source(path)
        lines = Lines(text_bytes(source)) if source is not None else None
        for each in group:
            place = _place(lines, path, each)
            judged = permissions.judge(replace(place, unsalted=unsalted.get(each.identity, "")))
            yield replace(each, allowed=judged.allowed, too_wide=judged.too_wide)


def _in_names(
    permissions: Permissions, named: Mapping[str, Named], salt: bytes, unsalted: Mapping[str, str]
) -> Iterator[Sighting]:
    """What stands in names of files, with what is said of each."""
    for path, name in named.items():
        for each in sightings_of(name.shown, list(name.rows), salt):
            seen = replace(each, within=Within.NAME)
            place = Place(rule=each.rule, identity=each.identity, path=path, line=0, name=each.name)
            said = permissions.judge(replace(place, unsalted=unsalted.get(each.identity, "")))
            yield replace(seen, allowed=said.allowed, too_wide=said.too_wide)


def without_names(sightings: Iterable[Sighting], named: Mapping[str, Named]) -> list[Sighting]:
    """The sightings, their places without the tokens that stand in names of files."""
    shown = {path: name.shown for path, name in named.items()}
    return [
        replace(each, location=replace(each.location, path=shown.get(path, path)))
        for each in sightings
        for path in (each.location.path or "",)
    ]


def _place_of(each: Sighting) -> tuple[str, int, int]:
    return each.location.path or "", each.location.line or 0, each.location.column or 0


def _place(lines: Lines | None, path: str, each: Sighting) -> Place:
    where, span = each.location, None
    if lines is not None:
        span = lines.span(where.line or 0, where.column or 0, each.end_column)
    if lines is None or span is None:
        return Place(rule=each.rule, identity=each.identity, path=path, line=where.line or 0, name=each.name)
    return place_at(lines.data, *span, rule=each.rule, identity=each.identity, path=path, name=each.name)


def inventory(secrets: Secrets, *, review: bool = False) -> list[dict[str, object]]:
    """`shipworthy facts secrets`: one row a sighting, never a value; `review` adds those for a person to look at, and
    those that are allowed.

    Keys: file, line, kind, masked, fingerprint, commit (None: it stands in the tree), confidence, allowed: what
    allows it, None where nothing does; and within: what holds it, "file" or "file name" (which has no line).
    """
    return [
        {
            "file": each.location.path,
            "line": each.location.line,
            "kind": each.rule,
            "masked": each.masked,
            "fingerprint": each.identity,
            "commit": each.location.commit,
            "confidence": str(each.confidence),
            "allowed": each.allowed.by if each.allowed else None,
            "within": str(each.within),
        }
        for each in secrets.sightings
        if review or each.counts
    ]
