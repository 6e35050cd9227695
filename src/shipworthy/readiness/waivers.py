"""Whose waiver can count at all, as an author can know before anybody approved; the same rule as `rules.expected`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from shipworthy.checklist.policy import TWO_PEOPLE, Policy
from shipworthy.git import Git, GitError
from shipworthy.model import Result
from shipworthy.readiness.allowed import (
    APPROVER,
    REVOKED_FILE,
    SIGNERS_FILE,
    BadSigners,
    Signers,
    parse_revoked,
    parse_signers,
    signers,
)
from shipworthy.readiness.answers import Refused
from shipworthy.readiness.records import on_disk
from shipworthy.readiness.tree import FOLDER
from shipworthy.settle import settle
from shipworthy.text import visible

_NAME_ONE = "shipworthy waive --by LEAD@…"


def two_people(policy: Policy, profile: str) -> bool:
    """Whether nobody waives a required item for themselves (see `rules.InForce.two_people`)."""
    return policy.approvers_of(profile) > 0 or profile in TWO_PEOPLE


def _signers(root: Path, policy: Policy) -> Signers:
    """Who may sign, as the work tree lists them. Raises BadSigners, Refused."""
    lines = parse_signers(on_disk(root, SIGNERS_FILE) or b"", f"{FOLDER}/{SIGNERS_FILE}")
    revoked = parse_revoked(on_disk(root, REVOKED_FILE) or b"", f"{FOLDER}/{REVOKED_FILE}")
    return signers(lines, revoked, dict(policy.people))


def counted(result: Result, root: Path, policy: Policy, profile: str) -> Result:
    """A waived required item as it is where nobody waives one for themselves: open, with a note, if that is so."""
    if result.decision is None or not two_people(policy, profile):
        return result
    why = _why_void(root, policy, result.decision.by)
    if why is None:
        return result
    # Settled anew without the decision: one place says what is open.
    return replace(settle(result.item, result.level, result.outcomes, None, result.decision.at.date(), {}), note=why)


def _why_void(root: Path, policy: Policy, by: str) -> str | None:
    """Why a waiver by `by` cannot count; None where it may.

    Where nobody is listed yet, only the author, whom git names here, is known not to count.
    """
    try:
        known = _signers(root, policy)
    except (BadSigners, Refused) as error:
        return f"whether {visible(by, 120)} may waive cannot be told: {error}"
    listed = {line.principal.casefold() for line in known.lines if APPROVER in line.roles}
    if known.lines:
        if by.casefold() in listed:
            return None
        return f"waived by {visible(by, 120)}, whom {FOLDER}/{SIGNERS_FILE} does not list as approver: {_NAME_ONE}"
    try:
        me = Git(root).answer("config", "user.email")
    except GitError:
        me = None
    if me and known.person(by) == known.person(me):
        return f"waived by its own author, and here that takes an approver: {_NAME_ONE}"
    return None


def own_counts(root: Path, policy: Policy, profile: str, me: str) -> bool:
    """Whether a required item that the person of the address `me` waives would count."""
    return not two_people(policy, profile) or _why_void(root, policy, me) is None


def accepting(root: Path, policy: Policy, profile: str, by: str, me: str) -> str:
    """The address of an approver who is said to accept a waiver. Raises Refused where their word could not count."""
    by = by.strip()
    if not two_people(policy, profile):
        raise Refused(
            f"the profile {profile} asks for no approver, so nobody else's word would count",
            f"Waive it yourself, without --by; or set approvers = 1 in {FOLDER}/policy.toml.",
        )
    try:
        known = _signers(root, policy)
    except BadSigners as error:
        raise Refused(str(error), error.diagnostics) from error
    if known.person(by) == known.person(me):
        raise Refused("--by names yourself, and nobody approves their own work", "Name the approver who accepts it.")
    listed = sorted({line.principal for line in known.lines if APPROVER in line.roles})
    if known.lines and by.casefold() not in {each.casefold() for each in listed}:
        names = ", ".join(listed) or "nobody"
        raise Refused(
            f"{visible(by, 120)} is not listed as approver in {FOLDER}/{SIGNERS_FILE}",
            f"Listed as approvers: {names}. Others have to be enrolled first: shipworthy key trust.",
        )
    return by
