"""Reads `.shipworthy/policy.toml`: what a repository asks for, and the one place where a level can be relaxed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from shipworthy.checklist.document import Document, Problem, Section, nearest, one_of
from shipworthy.checklist.items import MAX_ITEMS, ChecklistError
from shipworthy.checklist.packaged import NAMES
from shipworthy.model import PROFILES, Checklist, Level

FILE = ".shipworthy/policy.toml"
MAX_DAYS = 3_650
ADVISORY_MAX_AGE_DAYS = 365
"""How old advisory data may be where the policy says nothing. Most of what is known of a release a year old was found
in that year, so "none known" from older data is no evidence."""
_EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a repository asks for. `Policy()` is what holds where there is no file."""

    profile: str | None = None
    """None: guess it."""
    checklist: str = NAMES[0]
    environment: str = "production"
    """Names the readiness files, so it is kebab-case."""
    advisory_max_age_days: int = ADVISORY_MAX_AGE_DAYS
    """How old advisory data may be, in days; older data proves nothing."""
    expiry_days: int = 90
    """How long a readiness file is valid."""
    waiver_max_days: int = 90
    attestation_max_days: int = 180
    levels: Mapping[str, Level] = field(default_factory=dict)
    """Item id -> the level it has in every profile, whatever the checklist says."""
    digest: str = _EMPTY
    """sha256 (hex) of the file's bytes."""
    file: str = FILE
    lines: Mapping[str, int | None] = field(default_factory=dict, compare=False, repr=False)
    """Item id -> the line its level stands at, for messages."""


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
    environment = top.kebab("environment", required=False, limit=40) or defaults.environment
    advisory = top.number("advisory_max_age_days", low=0, high=MAX_DAYS) if "advisory_max_age_days" in top else None
    days = {
        key: top.number(key, low=1, high=MAX_DAYS, default=getattr(defaults, key))
        for key in ("expiry_days", "waiver_max_days", "attestation_max_days")
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
        environment=environment,
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
