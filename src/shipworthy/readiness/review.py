"""What an approver looks at before signing: a verified file, what people claim in it, and what they answered so far.

A review goes through every step of verification as if the people the claims name approve too. It is no verdict: whether
a commit may be deployed, only `verify` says.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shipworthy.decisions.read import DecisionsError
from shipworthy.decisions.remarks import NAME, Remark, read_remarks
from shipworthy.git import Git
from shipworthy.model import DecisionKind
from shipworthy.readiness import people, rules
from shipworthy.readiness.allowed import APPROVER
from shipworthy.readiness.answers import Refused
from shipworthy.readiness.compare import Comparison, since
from shipworthy.readiness.statement import StatedItem, Statement
from shipworthy.readiness.tree import FOLDER, MissingObject, Objects, OddTree, Snapshot, snapshot
from shipworthy.readiness.trust import MAX_BYTES, Trusted, TrustRoot
from shipworthy.readiness.verify import Asked, Checked, Verified, steps
from shipworthy.text import visible


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A readiness file that is in order but for approvals still to be made."""

    root: Path
    trust: TrustRoot
    asked: Asked
    checked: Checked
    claims: tuple[StatedItem, ...]
    """Every item somebody decided, waivers first."""
    waiting: tuple[str, ...]
    """People whose word is in it and counts only once they approve."""
    remarks: tuple[Remark, ...]
    """What was sent back earlier and still stands in the commit."""
    remarks_problem: str
    """Why the remarks of the commit cannot be read; empty where they can."""
    since: Comparison | None
    """What changed since the last sign-off; None where there is none."""

    @property
    def found(self) -> Verified:
        return self.checked.verified

    @property
    def statement(self) -> Statement:
        return self.checked.verified.statement

    @property
    def payload(self) -> str:
        """sha256 (hex) of the exact bytes that are signed."""
        return payload_digest(self.checked.verified.payload)

    @property
    def missing(self) -> int:
        """How many people still have to approve, at least."""
        need = max(self.checked.force.approvers, len(self.waiting) + len(self.found.approvals), self._rules_change)
        return need - len(self.found.approvals)

    @property
    def _rules_change(self) -> int:
        """A change of the rules themselves takes an approver, where another person is listed as one."""
        known, own = self.checked.trusted.signers, self.author
        others = {known.person(line.principal) for line in known.lines if APPROVER in line.roles} - {own}
        return int(bool(self.checked.trusted.changed and others))

    @property
    def author(self) -> str:
        """The person behind the author's signature."""
        return self.checked.trusted.signers.person(self.statement.author)


def payload_digest(payload: bytes) -> str:
    """What an answer and a remark are bound to: sha256 (hex) of the exact bytes that are signed."""
    return hashlib.sha256(payload).hexdigest()


def review(root: Path, trust: TrustRoot, asked: Asked, now: datetime) -> Review:
    """Reads a commit for an approver. Raises as `verify` does, but for approvals that are still missing."""

    def named(statement: Statement, force: rules.InForce, trusted: Trusted) -> frozenset[str]:
        return rules.expected(statement, force, trusted.signers).approvers

    checked = steps(root, trust, asked, now, as_if=named)
    found, trusted = checked.verified, checked.trusted
    statement = found.statement
    said = [item for item in statement.items if item.said is not None]
    claims = sorted(said, key=lambda item: item.said is not None and item.said.kind is DecisionKind.ATTESTED)
    have = people.distinct(found.approvals)
    waiting = named(statement, checked.force, trusted) - have
    git = Git(root)
    objects = Objects(git)
    bases = () if trusted.base is None else (trusted.base.commit,)
    remarks, problem = commit_remarks(snapshot(objects, found.commit))
    return Review(
        root=root, trust=trust, asked=asked, checked=checked, claims=tuple(claims), waiting=tuple(sorted(waiting)),
        remarks=remarks, remarks_problem=problem,
        since=since(git, objects, found.commit, statement, bases, trusted),
    )  # fmt: skip


def commit_remarks(found: Snapshot) -> tuple[tuple[Remark, ...], str]:
    """The remarks a commit holds, or why they cannot be read."""
    try:
        return read_remarks(found.record(NAME, MAX_BYTES) or b"", f"{FOLDER}/{NAME}"), ""
    except (DecisionsError, OddTree, MissingObject) as error:
        return (), str(error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approver:
    """Who a key approves as."""

    person: str
    address: str
    """Empty for a pinned key that no line names."""


def approver(review: Review, fingerprint: str, email: str | None, now: datetime) -> Approver:
    """Who approves with a key. `email`: whom git names. Raises Refused where that signature would count for nothing."""
    trusted, statement = review.checked.trusted, review.statement
    known, where = trusted.signers, trusted.root.base or f"{FOLDER}/allowed_signers"
    someone_else = "Somebody else has to look: their key, on their machine."
    if fingerprint in (statement.author_key, review.found.signed.fingerprint):
        raise Refused("this is the author's own key, and nobody approves their own work", someone_else)
    if fingerprint in known.revoked:
        raise Refused(f"the key {fingerprint} is revoked in {where}", "Approve with another key: --key KEY")
    if email and known.person(email) == review.author:
        raise Refused(
            f"git says you are {visible(email, 120)}, the author, and nobody approves their own work",
            f"{someone_else} If you are not: git config user.email YOU@EXAMPLE.ORG",
        )
    lines = known.of(fingerprint)
    if not lines and trusted.base is None:
        return Approver(person=fingerprint, address="")
    if not lines:
        raise Refused(
            f"{where} does not list the key {fingerprint}: its signature would count for nothing",
            "Choose another with --key, or get enrolled as approver: shipworthy key trust, merged by an admin.",
        )
    fitting = [line for line in lines if APPROVER in line.roles]
    if not fitting and trusted.base is not None:
        raise Refused(
            f"{where} lists {lines[0].principal} ({fingerprint}), and not as approver",
            'An admin has to add "shipworthy-approver" to the namespaces of that line first.',
        )
    why = [(line, line.why_not(now) or line.why_not(statement.issued)) for line in fitting or lines]
    usable = [line for line, reason in why if reason is None]
    if not usable:
        raise Refused(f"the key of {why[0][0].principal} {why[0][1]}", "Approve with a key that is valid: --key KEY")
    person = known.person(usable[0].principal)
    if person == review.author:
        raise Refused(f"{usable[0].principal} is the author, and nobody approves their own work", someone_else)
    return Approver(person=person, address=usable[0].principal)


def remarks_on_disk(root: Path) -> tuple[Remark, ...]:
    """The remarks of the work tree. Raises Refused where they cannot be read."""
    from shipworthy.readiness.records import on_disk

    try:
        return read_remarks(on_disk(root, NAME) or b"", f"{FOLDER}/{NAME}")
    except DecisionsError as error:
        raise Refused(str(error), error.diagnostics) from error


def remark_lines(root: Path) -> list[str]:
    """The remarks of the work tree for a person; what cannot be read is said too."""
    with suppress(Refused):
        return [remark_line(each) for each in remarks_on_disk(root)]
    return [f"{FOLDER}/{NAME} cannot be read: see shipworthy review"]


def remark_line(remark: Remark) -> str:
    """One remark in one line."""
    who = f"remark by {visible(remark.by, 120)} on {remark.at:%Y-%m-%d}"
    return f"{who} about {visible(remark.item, 60)}: {visible(remark.text, 400)}"
