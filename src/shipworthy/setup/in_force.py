"""Gathers what a policy puts in force: each value with where it comes from, and who may sign as what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shipworthy.checklist import ChecklistError
from shipworthy.checklist.document import Document
from shipworthy.checklist.policy import Policy, Role, parse_policy
from shipworthy.model import Decides, Item
from shipworthy.readiness.allowed import BadSigners, parse_revoked, parse_signers, signers
from shipworthy.readiness.answers import NotReady
from shipworthy.readiness.rules import InForce, in_force
from shipworthy.setup.people import Listed, listed, persons
from shipworthy.setup.rulebook import POLICY, REVOKED, SIGNERS, Rulebook

Plain = str | int | list[str]


class NotInForce(Exception):
    """Nothing is in force, because a file cannot be used: which and why, and in `diagnostics` what to do."""

    def __init__(self, message: str, diagnostics: str = "") -> None:
        super().__init__(message)
        self.diagnostics = diagnostics


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value in force."""

    key: str
    value: Plain
    line: int | None
    """Where the policy says it; None: it does not, and this is what holds then."""
    means: str
    """In plain words, one clause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What is in force."""

    file: str
    """The policy's name in messages."""
    there: bool
    """Whether there is a policy at all."""
    base: str | None
    force: InForce
    values: tuple[Value, ...]
    lines: tuple[Listed, ...]

    @property
    def authors(self) -> frozenset[str]:
        return persons(self.lines, Role.AUTHOR)

    @property
    def approvers(self) -> frozenset[str]:
        return persons(self.lines, Role.APPROVER)

    @property
    def machine(self) -> tuple[Item, ...]:
        """Required items that a check judges."""
        return tuple(item for item in self.force.required if item.check and item.decides is Decides.MACHINE)

    @property
    def person(self) -> tuple[Item, ...]:
        """Required items that take a person's word today."""
        return tuple(item for item in self.force.required if item not in self.machine)


def explain(book: Rulebook, now: datetime, base: str | None = None) -> Explained:
    """What `book` puts in force. Raises NotInForce."""
    try:
        policy = Policy() if book.policy is None else parse_policy(book.policy, book.file(POLICY))
        force = in_force(book.policy, book.checklist)
        known = signers(
            parse_signers(book.signers or b"", book.file(SIGNERS)),
            parse_revoked(book.revoked or b"", book.file(REVOKED)),
            dict(policy.people),
            book.file(SIGNERS),
        )
    except (ChecklistError, BadSigners, NotReady) as error:
        raise NotInForce(str(error), error.diagnostics or "See all: shipworthy policy lint") from error
    document = Document(book.policy or b"", book.file(POLICY))
    return Explained(
        file=book.file(POLICY),
        there=book.policy is not None,
        base=base,
        force=force,
        values=tuple(_values(force, document)),
        lines=listed(known, policy, now),
    )


def _values(force: InForce, document: Document) -> Iterator[Value]:
    policy, profile = force.policy, force.profile

    def value(key: str, what: Plain, means: str) -> Value:
        return Value(key=key, value=what, line=document.line((key,)) if key in document.table else None, means=means)

    yield value("profile", profile, "which items are required, and how many people sign")
    yield value("checklist", policy.checklist, "the packaged checklist it starts from")
    yield value("environments", list(policy.environments), "each has a readiness file of its own")
    yield value("approvers", force.approvers, "people besides the author who must sign")
    yield value("touch", sorted(policy.touch), "roles whose key must be a touched security key")
    yield value("pin", sorted(policy.pin), "roles whose security key must ask for its PIN")
    yield value("expiry_days", policy.expiry_days, "days a readiness file is valid at most")
    yield value("waiver_max_days", policy.waiver_max_days, "days a waiver is valid at most")
    yield value("attestation_max_days", policy.attestation_max_days, "days an attestation is valid at most")
    yield value("drift", policy.drift.value, "whether a later tree than the signed one can count")
    if policy.drift.value == "rerun" or "drift_max_age_days" in document.table:
        yield value("drift_max_age_days", policy.drift_max_age_days, "days after signing a later tree can count")
    if policy.critical:
        yield value("critical", list(policy.critical), "paths whose change always takes a new signature")
    yield value("advisory_max_age_days", policy.advisory_max_age_days, "how old vulnerability data may be")
    yield value("key_max_days", policy.key_max_days, "days a key is used at most")
    for item, level in policy.levels.items():
        yield Value(key=f"items.{item}", value=level.value, line=document.line(("items", item)), means="its level here")
    joined: dict[str, list[str]] = {}
    for address, person in policy.people.items():
        joined.setdefault(person, []).append(address)
    for person, addresses in joined.items():
        yield Value(key=f"people.{person}", value=addresses, line=document.line(("people", person)), means="one person")
