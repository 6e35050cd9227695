"""Reads `.shipworthy/policy.toml`: what a repository asks for, and the one place where a level can be relaxed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from shipworthy.checklist.document import KEBAB, Document, Problem, Section, nearest, one_of, shown
from shipworthy.checklist.items import MAX_ITEMS, ChecklistError
from shipworthy.checklist.packaged import NAMES
from shipworthy.model import PROFILES, Checklist, Level

FILE = ".shipworthy/policy.toml"
MAX_DAYS = 3_650
ADVISORY_MAX_AGE_DAYS = 365
"""How old advisory data may be where the policy says nothing. Most of what is known of a release a year old was found
in that year, so "none known" from older data is no evidence."""
KEY_MAX_DAYS = 365
"""How long a key may be used where the policy says nothing. Source: NIST SP 800-57 part 1 revision 5, table 1, which
suggests one to two years for keys that authenticate; the shorter is taken."""
TWO_PEOPLE = ("team", "regulated")
"""Profiles that take a second person: an approver countersigns, and nobody waives a required item for themselves."""
MAX_ENVIRONMENTS, MAX_APPROVERS, MAX_PEOPLE, MAX_ADDRESSES, MAX_GLOBS = 8, 10, 500, 10, 200
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}", re.ASCII)
_EMPTY = hashlib.sha256(b"").hexdigest()


class Drift(StrEnum):
    """What counts where the tree to deploy is not the tree that was signed."""

    EXACT = "exact"
    """Nothing: it has to be that very tree."""
    RERUN = "rerun"
    """A later tree, if every automatic check passes again and nothing critical changed."""


class Role(StrEnum):
    """In which capacity somebody signs."""

    AUTHOR = "author"
    APPROVER = "approver"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a repository asks for. `Policy()` is what holds where there is no file."""

    profile: str | None = None
    """None: guess it."""
    checklist: str = NAMES[0]
    environments: tuple[str, ...] = ("production",)
    """Each has its own two readiness files, which the name is part of; the first is meant where none is named."""
    approvers: int | None = None
    """How many people besides the author must sign. None: one in the profiles of `TWO_PEOPLE`, none in the others."""
    touch: frozenset[Role] = frozenset()
    """Roles in which a signature counts only from a security key that was touched."""
    pin: frozenset[Role] = frozenset()
    """Roles in which a signature counts only from a security key that asked for its PIN."""
    people: Mapping[str, str] = field(default_factory=dict)
    """An address in small letters -> the person it belongs to, for people with more than one."""
    drift: Drift = Drift.EXACT
    drift_max_age_days: int = 14
    """How long after signing a later tree may still be covered."""
    critical: tuple[str, ...] = ()
    """Globs of paths that must not change between the signed tree and a later one."""
    advisory_max_age_days: int = ADVISORY_MAX_AGE_DAYS
    """How old advisory data may be, in days; older data proves nothing."""
    key_max_days: int = KEY_MAX_DAYS
    """How long a key may be used before another takes its place, in days."""
    expiry_days: int = 90
    """How long a readiness file is valid."""
    waiver_max_days: int = 90
    attestation_max_days: int = 180
    levels: Mapping[str, Level] = field(default_factory=dict)
    """Item id -> the level it has in every profile, whatever the checklist says."""
    digest: str = _EMPTY
    """sha256 (hex) of the file's bytes; that of nothing where there is no file."""
    file: str = FILE
    lines: Mapping[str, int | None] = field(default_factory=dict, compare=False, repr=False)
    """Item id -> the line its level stands at, for messages."""

    @property
    def environment(self) -> str:
        """The environment meant where none is named."""
        return self.environments[0]

    def approvers_of(self, profile: str) -> int:
        """How many people besides the author must sign under a profile."""
        if self.approvers is not None:
            return self.approvers
        return 1 if profile in TWO_PEOPLE else 0


def parse_policy(data: bytes, file: str = FILE) -> Policy:
    """A policy from the bytes of its file. Raises ChecklistError with every problem; an unknown key is one."""
    document = Document(data, file)
    policy = _read(document, data)
    if policy is None:
        raise ChecklistError(document.problems)
    return policy


def lint_policy(data: bytes, file: str = FILE, checklist: Checklist | None = None) -> list[Problem]:
    """Every problem of a policy, in the order of the file; with `checklist` also item ids it does not have."""
    document = Document(data, file)
    policy = _read(document, data)
    if policy is None or checklist is None:
        return document.problems
    return _strangers(policy, checklist)


def apply(policy: Policy, checklist: Checklist) -> Checklist:
    """`checklist` with the policy's levels, in every profile. The digest stays that of the checklist's own bytes.

    Raises ChecklistError where the policy names an item that does not exist: a slip of the pen must not relax or
    tighten nothing in silence.
    """
    if problems := _strangers(policy, checklist):
        raise ChecklistError(problems)
    return replace(
        checklist,
        items=tuple(
            replace(item, profiles=dict.fromkeys(PROFILES, policy.levels[item.id]))
            if item.id in policy.levels
            else item
            for item in checklist.items
        ),
    )


def _strangers(policy: Policy, checklist: Checklist) -> list[Problem]:
    known = {item.id for item in checklist.items}
    return [
        Problem(
            file=policy.file,
            line=policy.lines.get(item_id),
            key=f"items.{item_id}",
            message=f"the checklist {checklist.name} has no such item",
            remedy=nearest(item_id, known),
        )
        for item_id in policy.levels
        if item_id not in known
    ]


def _read(document: Document, data: bytes) -> Policy | None:
    if document.problems:
        return None
    top = document.top()
    top.schema(required=False)
    defaults = Policy()
    profile = _known(top, "profile", PROFILES)
    checklist = _known(top, "checklist", NAMES) or defaults.checklist
    environments = _environments(top) or defaults.environments
    approvers = top.number("approvers", low=0, high=MAX_APPROVERS) if "approvers" in top else None
    touch, pin = (_roles(top, key) for key in ("touch", "pin"))
    people = _people(top)
    drift = (top.choice("drift", Drift) if "drift" in top else None) or defaults.drift
    critical = tuple(top.texts("critical", most=MAX_GLOBS, limit=MAX_GLOBS, required=False))
    advisory = top.number("advisory_max_age_days", low=0, high=MAX_DAYS) if "advisory_max_age_days" in top else None
    days = {
        key: top.number(key, low=1, high=MAX_DAYS, default=getattr(defaults, key))
        for key in ("expiry_days", "waiver_max_days", "attestation_max_days", "drift_max_age_days", "key_max_days")
    }
    levels: dict[str, Level] = {}
    items = top.section("items", required=False)
    if items is not None:
        if len(items.table) > MAX_ITEMS:
            top.wrong("items", f"has more than {MAX_ITEMS:,} entries", "Remove some.")
        else:
            for key in items.table:
                level = items.member(key, items.raw(key), Level)
                if level is not None:
                    levels[key] = level
    if not top.close() or document.problems:
        return None
    return Policy(
        profile=profile,
        checklist=checklist,
        environments=environments,
        approvers=approvers,
        touch=touch,
        pin=pin,
        people=people,
        drift=drift,
        critical=critical,
        advisory_max_age_days=ADVISORY_MAX_AGE_DAYS if advisory is None else advisory,
        levels=levels,
        digest=hashlib.sha256(data).hexdigest(),
        file=document.file,
        lines={key: document.line(("items", key)) for key in levels},
        **{key: value for key, value in days.items() if value is not None},
    )


def _known(top: Section, key: str, names: tuple[str, ...]) -> str | None:
    """The value of a key that names one of `names`; None where it is missing or another."""
    if key not in top:
        return None
    value = top.text(key)
    if value and value not in names:
        top.wrong(key, f"is not a known {key}", f"Use {one_of(names)}.")
        return None
    return value or None


def _environments(top: Section) -> tuple[str, ...]:
    key = "environments"
    names = top.texts(key, most=MAX_ENVIRONMENTS, limit=40, required=False, least=1)
    for name in names:
        if name and not KEBAB.fullmatch(name):
            top.wrong(key, f"{shown(name)} is no name in kebab-case", "Use lower-case letters, digits and hyphens.")
    if len(set(names)) != len(names):
        top.wrong(key, "names an environment twice", "Name each once.")
    return tuple(names)


def _roles(top: Section, key: str) -> frozenset[Role]:
    named = top.texts(key, most=len(Role), required=False)
    return frozenset(role for each in named if (role := top.member(key, each, Role)) is not None)


def _people(top: Section) -> dict[str, str]:
    """Address in small letters -> person."""
    found: dict[str, str] = {}
    section = top.section("people", required=False)
    if section is None:
        return found
    if len(section.table) > MAX_PEOPLE:
        top.wrong("people", f"has more than {MAX_PEOPLE:,} entries", "Remove some.")
        return found
    for name in section.table:
        if "@" in name:
            section.wrong(name, "is an address, not a person's name", 'Write NAME = ["ada@example.org", ...].')
        for address in section.texts(name, most=MAX_ADDRESSES, limit=255, least=1):
            small = address.casefold()
            if not _ADDRESS.fullmatch(address):
                section.wrong(name, f"{shown(address)} is no plain address", "Write it like ada@example.org.")
            # An address has an @, so no person's name can be mistaken for one.
            elif found.setdefault(small, name) != name:
                section.wrong(name, f"{shown(address)} belongs to somebody else too", "Give it to one person.")
    top.sound = top.sound and section.sound
    return found
