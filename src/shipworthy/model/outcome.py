"""What a check answers: an outcome with findings, each at exactly one place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where evidence is: a file, a commit, a remote, or (all None) the project itself.

    `path` is relative to the repository root with "/" separators, `line` and `column` are 1-based. `part` says in words
    what is meant where it is no file's text: "message of tag v1.0", of which `line` is one then.
    """

    path: str | None = None
    line: int | None = None
    column: int | None = None
    commit: str | None = None
    remote: str | None = None
    part: str | None = None

    @property
    def named(self) -> bool:
        """Whether it is anything but the project itself."""
        return bool(self.path or self.part or self.remote or self.commit)

    def __str__(self) -> str:
        where = self.path or self.part or self.remote or self.commit or "project"
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
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


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
class Ask:
    """A command of the project's own that a check would run and that nobody said yes to.

    `repository` and `digest` (sha256, hex) name this repository in this place and this command with its scripts: what
    a remembered yes is about.
    """

    command: str
    repository: str
    digest: str


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
    asks: tuple[Ask, ...] = ()
    """What a person may allow, to get a better answer."""
    until: date | None = None
    """Of a pass that a day will undo though nothing changes, such as a date that comes due: the last day it is true."""

    def __post_init__(self) -> None:
        if self.kind in (OutcomeKind.FAIL, OutcomeKind.NEEDS_YOU, OutcomeKind.UNKNOWN) and not self.findings:
            raise ValueError(f"an outcome of {self.kind} needs a finding: {self.summary}")
        if self.kind in (OutcomeKind.PASS, OutcomeKind.NOT_APPLICABLE) and not self.looked_at:
            raise ValueError(f"an outcome of {self.kind} needs what it rests on: {self.summary}")
        if self.until is not None and self.kind is not OutcomeKind.PASS:
            raise ValueError(f"an outcome of {self.kind} has no last day: {self.summary}")

    @classmethod
    def passed(
        cls, summary: str, looked_at: Iterable[str], findings: Iterable[Finding] = (), *, until: date | None = None
    ) -> Outcome:
        """Positive evidence. `findings` are remarks that do not change the answer; `until` is as in the class."""
        return cls(
            kind=OutcomeKind.PASS, summary=summary, findings=tuple(findings), looked_at=tuple(looked_at), until=until
        )

    @classmethod
    def failed(cls, summary: str, findings: Iterable[Finding], looked_at: Iterable[str] = ()) -> Outcome:
        return cls(kind=OutcomeKind.FAIL, summary=summary, findings=tuple(findings), looked_at=tuple(looked_at))

    @classmethod
    def needs_you(cls, summary: str, findings: Iterable[Finding], looked_at: Iterable[str] = ()) -> Outcome:
        return cls(kind=OutcomeKind.NEEDS_YOU, summary=summary, findings=tuple(findings), looked_at=tuple(looked_at))

    @classmethod
    def unknown(
        cls,
        summary: str,
        findings: Iterable[Finding] = (),
        *,
        looked_at: Iterable[str] = (),
        rule: str = "unknown",
        asks: Iterable[Ask] = (),
    ) -> Outcome:
        """Could not tell. Without findings of its own, one on the project is made from the summary."""
        own = tuple(findings) or (Finding.at(PROJECT, rule, summary, anchor=summary, severity=Severity.INFO),)
        return cls(
            kind=OutcomeKind.UNKNOWN, summary=summary, findings=own, looked_at=tuple(looked_at), asks=tuple(asks)
        )

    @classmethod
    def not_applicable(cls, summary: str, looked_at: Iterable[str]) -> Outcome:
        """Needs evidence: say in `looked_at` what was read and did not contain the subject."""
        return cls(kind=OutcomeKind.NOT_APPLICABLE, summary=summary, looked_at=tuple(looked_at))
