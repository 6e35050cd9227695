"""What an approver sees of a review: plain values for a screen, which reads nothing else of a readiness file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from shipworthy.model import OutcomeKind

if TYPE_CHECKING:
    from shipworthy.readiness.answered import Reply
    from shipworthy.readiness.changes import Changes


class Claim(NamedTuple):
    """Something a person said, and what was answered to it."""

    id: str
    title: str
    kind: str
    """said, waived or n/a."""
    by: str
    words: str
    """In full; may hold line breaks."""
    evidence: str
    """What an attestation names; empty where nothing is named."""
    until: date
    machine: str
    """What the machine had said."""
    findings: tuple[str, ...]
    """Fingerprints it was said about."""
    waits: str
    """Why it does not count yet; empty where it does."""
    reply: Reply | None
    remark: str
    """What has to change, where it was sent back."""

    @property
    def accepted(self) -> bool:
        return self.reply is not None and self.reply.value == "accepted"

    @property
    def sent_back(self) -> bool:
        return self.reply is not None and self.reply.value == "sent back"


class Machine(NamedTuple):
    """What a machine found when it was signed."""

    id: str
    title: str
    outcome: OutcomeKind
    summary: str


class Head(NamedTuple):
    """What is under review, and who stands behind it so far."""

    name: str
    environment: str
    commit: str
    """Full id."""
    author: str
    fingerprint: str
    key_kind: str
    listed: str
    """Why this key counts here, in words."""
    issued: date
    expires: date
    missing: str
    """Who still has to approve, in words."""
    approved: tuple[str, ...]
    """Who approved it already."""
    alarms: tuple[str, ...]
    """What has to be looked at before anything else."""
    remarks: tuple[str, ...]
    """What was sent back earlier and still stands."""
    own: str
    """Why this person cannot approve it: it is their own; empty where it is not."""


class Since(NamedTuple):
    """What changed since the last sign-off: in a few words, and line by line."""

    brief: str
    lines: tuple[str, ...]
    changes: Changes | None = None
    """The same, sorted; None where there is no earlier sign-off."""


class RerunState(StrEnum):
    """How far the re-run here is."""

    WAITING = "waiting"
    RUNNING = "running"
    AGREES = "agrees"
    WORSE = "worse"
    UNMADE = "unmade"
    """It could not be made, so nothing is known of it."""


class Rerun(NamedTuple):
    """The re-run here. `items`: by item id, why its answer is worse, or an empty text for the same answer."""

    state: RerunState = RerunState.WAITING
    words: str = ""
    advice: str = ""
    items: Mapping[str, str] = {}
    left_out: tuple[str, ...] = ()
    """Items that need a run or the outside world, and are not repeated."""


class Countersign(NamedTuple):
    """Exactly what would be countersigned, and with which key."""

    who: str
    key_label: str
    key_fingerprint: str
    key_place: str
    needs_passphrase: bool
    needs_touch: bool
    resumed: bool
    """Whether the signature is there already: an earlier approval was cut short."""
    file: str
    """The one path, relative to the root, that changes."""
    commit_command: str


class Worth(NamedTuple):
    """What the commit is worth, as the workflow will judge it."""

    ready: bool
    words: str
    advice: str = ""
