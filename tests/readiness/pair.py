"""An author's and a lead's clone of one remote, signed by the author, with answers kept in a folder of the test."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pytest
from tests.readiness.signed import PLAIN, SIGNED, Key
from tests.readiness.team import BASE, LEAD, POLICY, Team, line, team
from tests.support import NOW, git, template, write

from shipworthy import approval
from shipworthy.model import Result
from shipworthy.readiness import rules
from shipworthy.readiness.answered import Reply
from shipworthy.readiness.answers import Refused
from shipworthy.readiness.review import Review, review
from shipworthy.readiness.trust import TrustRoot
from shipworthy.readiness.verify import Asked, verify
from shipworthy.report.verification import Again

__all__ = ["BASE", "LEAD", "PLAIN", "SIGNED", "Key", "Pair", "accepted", "line", "listed", "pair", "ready"]
BOTH = ("routes-protected", "spend-alert")


@dataclass
class Pair:
    """`made` holds the author's clone and all keys; `lead` is the other clone, on the signed commit."""

    made: Team
    lead: Path
    now: datetime = NOW
    reran: Again = field(default_factory=lambda: Again(repeated=10, left_out=()))

    def look(self, trust: TrustRoot | None = None, **asked: object) -> Review:
        return review(self.lead, trust or TrustRoot.from_base(BASE), Asked(**asked), self.now)  # type: ignore[arg-type]  # by keyword

    def accept(self, *items: str, found: Review | None = None) -> Review:
        found = found or self.look()
        answers = approval.answers_of(found)
        for item in items or BOTH:
            approval.answer(found, answers, item, Reply.ACCEPTED, "", self.now)
        return found

    def plan(self, key: Key | None = None, found: Review | None = None) -> approval.Plan:
        found = found or self.look()
        return approval.plan(found, approval.answers_of(found), key or self.made.lea, self.now)

    def approve(self, key: Key | None = None) -> str:
        made = self.plan(key)
        approval.approve(made, self.now)
        return approval.commit(made)

    def refused(self, says: str, key: Key | None = None) -> Refused:
        head, files = git(self.lead, "rev-parse", "HEAD"), self.files()
        with pytest.raises(Refused, match=says) as caught:
            self.approve(key)
        assert caught.value.diagnostics
        assert (git(self.lead, "rev-parse", "HEAD"), self.files()) == (head, files)
        return caught.value

    def files(self) -> tuple[bytes, bytes]:
        return (self.lead / PLAIN).read_bytes(), (self.lead / SIGNED).read_bytes()

    def pull(self) -> None:
        """The lead takes over what the author committed."""
        git(self.lead, "pull", "-q", str(self.made.folder), "work")


def pair(folder: Path, change: Callable[[Result], Result] | None = None, policy: bytes = POLICY) -> Pair:
    """The author signed the branch `work`; the lead has it checked out, and nobody approved yet."""
    if change is not None:
        return _made(folder, policy, change)
    source = _unchanged(policy)
    two = Pair(made=source.made.copy(folder / "author"), lead=folder / "lead")
    shutil.copytree(source.lead, two.lead, symlinks=True)
    git(two.lead, "config", "remote.origin.url", str(two.made.folder))
    return two


def accepted(folder: Path) -> Pair:
    """The same, and the lead accepted every claim."""
    two = pair(folder)
    # What the lead would see is what is seen in the clone that theirs is a copy of.
    two.accept(found=replace(_seen(), root=two.lead))
    return two


@functools.cache
def _unchanged(policy: bytes) -> Pair:
    return _made(template(), policy, lambda result: result)


@functools.cache
def _seen() -> Review:
    return _unchanged(POLICY).look()


def _made(folder: Path, policy: bytes, change: Callable[[Result], Result]) -> Pair:
    made = team(folder / "author", policy)
    made.signed([(made.ada, rules.AUTHOR)], change=change)
    git(folder, "clone", "-q", "--branch", "work", str(made.folder), str(folder / "lead"))
    lead = folder / "lead"
    git(lead, "config", "user.email", LEAD)
    git(lead, "config", "user.name", "Lea")
    git(lead, "config", "commit.gpgsign", "false")
    return Pair(made=made, lead=lead)


def ready(two: Pair) -> None:
    """HEAD of the lead's clone is READY, with their approval."""
    found = verify(two.lead, TrustRoot.from_base(BASE), two.look().asked, two.now)
    assert [each.person for each in found.approvals] == [LEAD]


def listed(two: Pair, row: Callable[[Key], str]) -> Key:
    """Another key, which the base lists by this row."""
    key = Key()
    text = two.made.listed + row(key)
    git(two.lead, "checkout", "-q", "--detach", BASE)
    write(two.lead, {".shipworthy/allowed_signers": text})
    git(two.lead, "commit", "-q", "-a", "-m", "enrol")
    git(two.lead, "update-ref", BASE, "HEAD")
    git(two.lead, "checkout", "-q", "work")
    return key
