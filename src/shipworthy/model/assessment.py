"""Outcomes joined with what people said: a result per item, an assessment per source tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from shipworthy.model.component import Component
from shipworthy.model.item import Checklist, Decides, Item, Level
from shipworthy.model.outcome import OUTCOME_ORDER, Finding, Outcome


class Verdict(StrEnum):
    """There is no score: READY, or NOT READY and what is missing."""

    READY = "READY"
    NOT_READY = "NOT READY"


class DecisionKind(StrEnum):
    """What a person can say about an item."""

    ATTESTED = "attested"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person said: by whom, when, why, until when, and about exactly what.

    `findings` are the fingerprints it was made about; `subjects` maps evidence paths to the sha256 (hex) of their
    bytes at that time. A finding outside `findings` is not covered, a changed subject makes the decision stale.
    """

    item: str
    kind: DecisionKind
    by: str
    at: datetime
    reason: str
    """The statement of an attestation, the reason of a waiver."""
    evidence: str = ""
    expires: date | None = None
    findings: tuple[str, ...] = ()
    subjects: Mapping[str, str] = field(default_factory=dict)
    not_applicable: bool = False
    """A waiver that says the item does not apply here."""


class Status(StrEnum):
    """What an item shows once outcome and decision are joined."""

    PASS = "pass"  # noqa: S105 - a status, not a password
    FAIL = "fail"
    NEEDS_YOU = "needs-you"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"
    ATTESTED = "attested"
    WAIVED = "waived"

    @property
    def settled(self) -> bool:
        """Whether an item in this status stands in nobody's way."""
        return self in (Status.PASS, Status.NOT_APPLICABLE, Status.ATTESTED, Status.WAIVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentOutcome:
    """An outcome and whose it is: a component's root, or None for the repository as a whole."""

    component: str | None
    outcome: Outcome

    @property
    def rank(self) -> int:
        """Sorts the worst outcome first."""
        return OUTCOME_ORDER.index(self.outcome.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One item, judged and decided. `outcomes` is empty for an item no machine verifies."""

    item: Item
    level: Level
    status: Status
    outcomes: tuple[ComponentOutcome, ...] = ()
    decision: Decision | None = None
    """The decision that counts; None when there is none or the one there is does not count."""
    note: str = ""
    """Why a recorded decision does not count: expired, stale, does not cover a finding."""

    @property
    def worst(self) -> ComponentOutcome | None:
        """The outcome the item shows; None where no machine verified it."""
        if not self.outcomes:
            return None
        return min(self.outcomes, key=lambda each: each.rank)

    @property
    def component(self) -> str | None:
        """The component whose outcome is shown."""
        return self.worst.component if self.worst else None

    @property
    def summary(self) -> str:
        """One line for the list."""
        if self.decision is not None:
            return self.decision.reason
        if self.note:
            return self.note
        if self.worst is None:
            return "you say" if self.item.decides is Decides.PERSON else "not verified by machine yet: you say"
        return self.worst.outcome.summary

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Findings of all components, worst outcome first."""
        ordered = sorted(self.outcomes, key=lambda each: each.rank)
        return tuple(finding for each in ordered for finding in each.outcome.findings)

    @property
    def settled(self) -> bool:
        return self.status.settled


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """Everything known about one source tree under one checklist and profile."""

    name: str
    """The repository's folder name."""
    commit: str | None
    """HEAD, full hash; None without git or without a commit."""
    branch: str | None
    dirty: tuple[str, ...]
    """Paths that differ from HEAD, outside ignored files."""
    checklist: Checklist
    profile: str
    profile_reason: str
    components: tuple[Component, ...]
    results: tuple[Result, ...]
    advisories: str | None = None
    """The date of the advisory data used, YYYY-MM-DD."""

    @property
    def required(self) -> tuple[Result, ...]:
        return tuple(result for result in self.results if result.level is Level.REQUIRED)

    @property
    def open(self) -> tuple[Result, ...]:
        """Required items that are not settled."""
        return tuple(result for result in self.required if not result.settled)

    @property
    def verdict(self) -> Verdict:
        """READY only where something is required and every required item is settled."""
        return Verdict.READY if self.required and not self.open else Verdict.NOT_READY
