"""The nouns of shipworthy, one word each: frozen dataclasses, no input or output.

An `Item` of a checklist is judged by a check, which returns an `Outcome` with `Finding`s; a person's `Decision` may
settle it; a `Result` joins them for one item, and an `Assessment` is all results for one source tree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Decides(StrEnum):
    """Who decides an item. `both`: a machine can disprove, a person confirms."""

    MACHINE = "machine"
    BOTH = "both"
    PERSON = "person"


class Level(StrEnum):
    """How much a profile asks of an item."""

    REQUIRED = "required"
    SUGGESTED = "suggested"
    OPTIONAL = "optional"
    NONE = "none"


LEVEL_ORDER = (Level.NONE, Level.OPTIONAL, Level.SUGGESTED, Level.REQUIRED)


class Risk(StrEnum):
    """What an open item can cost; orders the coach's next step."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Verdict(StrEnum):
    """There is no score: READY, or NOT READY and what is missing."""

    READY = "READY"
    NOT_READY = "NOT READY"


PROFILES = ("solo", "team", "regulated", "internal", "library", "cli", "worker")


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A group of items on the screen."""

    id: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that must be true before production. `id` is the only name it has."""

    id: str
    area: str
    title: str
    failing_title: str
    why: str
    fix: tuple[str, ...]
    decides: Decides
    attest: str
    """What a person states when they attest; empty where nobody can."""
    not_applicable: str
    """When the item does not apply; empty where it always does."""
    references: tuple[str, ...]
    profiles: Mapping[str, Level]
    risk: Risk
    minutes: int
    """A typical time to fix, in minutes, shown with the next step."""
    check: str | None = None
    """The name of the check that judges it; None while no machine verifies it yet."""

    def level(self, profile: str) -> Level:
        """The level this profile asks for; a profile the item does not name asks for nothing."""
        return self.profiles.get(profile, Level.NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """Items in reading order. `digest` is the sha256 (hex) of every byte the checklist was read from."""

    name: str
    version: str
    title: str
    areas: tuple[Area, ...]
    items: tuple[Item, ...]
    digest: str

    def item(self, item_id: str) -> Item:
        """Raises KeyError where the checklist has no such item."""
        for item in self.items:
            if item.id == item_id:
                return item
        raise KeyError(item_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where evidence is: a file, a commit, a remote, or (all None) the project itself.

    `path` is relative to the repository root with "/" separators, `line` and `column` are 1-based.
    """

    path: str | None = None
    line: int | None = None
    column: int | None = None
    commit: str | None = None
    remote: str | None = None

    def __str__(self) -> str:
        where = self.path or self.remote or self.commit or "project"
        if self.line is not None:
            where += f":{self.line}"
        return where


PROJECT = Location()


class Severity(StrEnum):
    """How bad a finding is if it is true."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


class Confidence(StrEnum):
    """How sure the machine is. `review` never fails a required item by itself."""

    CERTAIN = "certain"
    LIKELY = "likely"
    REVIEW = "review"


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """Lines around a finding, secrets already masked. `first` is the 1-based number of lines[0]."""

    first: int
    lines: tuple[str, ...]


def fingerprint(rule: str, path: str | None, anchor: str) -> str:
    """A stable name for a finding: 16 hex digits over rule, path and an anchor that survives moved lines.

    `anchor` is what identifies the finding inside the file (a route, a setting's name, a package), never its line
    number and never a secret's value.
    """
    text = "\0".join((rule, path or "", anchor))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing a check saw. Build it with `Finding.at`, which fills the fingerprint."""

    rule: str
    message: str
    location: Location
    fingerprint: str
    severity: Severity = Severity.HIGH
    confidence: Confidence = Confidence.CERTAIN
    related: tuple[Location, ...] = ()
    remedy: str = ""
    excerpt: Excerpt | None = None

    @classmethod
    def at(
        cls,
        location: Location,
        rule: str,
        message: str,
        *,
        anchor: str,
        severity: Severity = Severity.HIGH,
        confidence: Confidence = Confidence.CERTAIN,
        related: Iterable[Location] = (),
        remedy: str = "",
    ) -> Finding:
        """A finding with its fingerprint made from rule, path and `anchor` (see `fingerprint`)."""
        return cls(
            rule=rule,
            message=message,
            location=location,
            fingerprint=fingerprint(rule, location.path, anchor),
            severity=severity,
            confidence=confidence,
            related=tuple(related),
            remedy=remedy,
        )


class OutcomeKind(StrEnum):
    """What a check can say."""

    PASS = "pass"  # noqa: S105 - an outcome, not a password
    FAIL = "fail"
    NEEDS_YOU = "needs-you"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"


# Worst first: an item shows the worst outcome of its components.
OUTCOME_ORDER = (
    OutcomeKind.FAIL,
    OutcomeKind.UNKNOWN,
    OutcomeKind.NEEDS_YOU,
    OutcomeKind.PASS,
    OutcomeKind.NOT_APPLICABLE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A check's answer: one line, the findings behind it, and what was looked at.

    An open outcome (fail, needs-you, unknown) always carries at least one finding, because decisions are bound to
    findings; a pass and a not-applicable carry what they rest on in `looked_at`. Raises ValueError otherwise.
    """

    kind: OutcomeKind
    summary: str
    findings: tuple[Finding, ...] = ()
    looked_at: tuple[str, ...] = ()
    """Evidence in words, one line each ("ci.yml:14 pytest", "412 files"). Never empty for pass."""

    def __post_init__(self) -> None:
        if self.kind in (OutcomeKind.FAIL, OutcomeKind.NEEDS_YOU, OutcomeKind.UNKNOWN) and not self.findings:
            raise ValueError(f"an outcome of {self.kind} needs a finding: {self.summary}")
        if self.kind in (OutcomeKind.PASS, OutcomeKind.NOT_APPLICABLE) and not self.looked_at:
            raise ValueError(f"an outcome of {self.kind} needs what it rests on: {self.summary}")

    @classmethod
    def passed(cls, summary: str, looked_at: Iterable[str], findings: Iterable[Finding] = ()) -> Outcome:
        """Positive evidence. `findings` are remarks that do not change the answer."""
        return cls(kind=OutcomeKind.PASS, summary=summary, findings=tuple(findings), looked_at=tuple(looked_at))

    @classmethod
    def failed(cls, summary: str, findings: Iterable[Finding], looked_at: Iterable[str] = ()) -> Outcome:
        return cls(kind=OutcomeKind.FAIL, summary=summary, findings=tuple(findings), looked_at=tuple(looked_at))

    @classmethod
    def needs_you(cls, summary: str, findings: Iterable[Finding], looked_at: Iterable[str] = ()) -> Outcome:
        return cls(kind=OutcomeKind.NEEDS_YOU, summary=summary, findings=tuple(findings), looked_at=tuple(looked_at))

    @classmethod
    def unknown(
        cls, summary: str, findings: Iterable[Finding] = (), *, looked_at: Iterable[str] = (), rule: str = "unknown"
    ) -> Outcome:
        """Could not tell. Without findings of its own, one on the project is made from the summary."""
        own = tuple(findings) or (Finding.at(PROJECT, rule, summary, anchor=summary, severity=Severity.INFO),)
        return cls(kind=OutcomeKind.UNKNOWN, summary=summary, findings=own, looked_at=tuple(looked_at))

    @classmethod
    def not_applicable(cls, summary: str, looked_at: Iterable[str]) -> Outcome:
        """Needs evidence: say in `looked_at` what was read and did not contain the subject."""
        return cls(kind=OutcomeKind.NOT_APPLICABLE, summary=summary, looked_at=tuple(looked_at))


class ComponentKind(StrEnum):
    """What a component is when it runs."""

    SERVICE = "service"
    """Answers requests over a network."""
    SITE = "site"
    """Runs in a browser: a front end or a static site."""
    WORKER = "worker"
    CLI = "cli"
    LIBRARY = "library"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One app or package in the repository. `root` is "." or a folder path without a trailing slash."""

    root: str
    kind: ComponentKind
    languages: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = ()
    manifests: tuple[str, ...] = ()

    def contains(self, path: str | None) -> bool:
        """Whether a path lies under this component's folder (nested components are the caller's business)."""
        return self.root == "." or (path is not None and (path == self.root or path.startswith(self.root + "/")))


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
