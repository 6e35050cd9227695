"""Who may sign as what, key by key, and why a key that is listed does not count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shipworthy.checklist.policy import Policy, Role
from shipworthy.readiness.allowed import ROLES, SignerLine, Signers
from shipworthy.readiness.signers import PublicKey

_SECURITY_KEY = "sk-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One line of `allowed_signers`, judged."""

    line: SignerLine
    person: str
    kind: str
    """The key's type as OpenSSH names it."""
    roles: tuple[Role, ...]
    """Ours, of those the line gives."""
    never: str | None
    """Why the key counts for nothing now; None where it does."""
    not_as: dict[Role, str]
    """Roles the line gives and the policy does not let this key fill, and why."""

    @property
    def counts_as(self) -> tuple[Role, ...]:
        """The roles in which a signature of this key counts now."""
        return () if self.never else tuple(role for role in self.roles if role not in self.not_as)


def listed(known: Signers, policy: Policy, now: datetime) -> tuple[Listed, ...]:
    """Every line, in the order of the file."""
    return tuple(_listed(line, known, policy, now) for line in known.lines)


def _listed(line: SignerLine, known: Signers, policy: Policy, now: datetime) -> Listed:
    key = PublicKey(blob=line.key)
    roles = tuple(role for role in Role if ROLES[role] in line.roles)
    never = "is revoked" if line.fingerprint in known.revoked else line.why_not(now)
    if key.problem is not None:
        never = key.problem[0]
    not_as: dict[Role, str] = {}
    if not key.kind.startswith(_SECURITY_KEY):
        for role in roles:
            if role in policy.touch or role in policy.pin:
                what = "a touch" if role in policy.touch else "a PIN"
                not_as[role] = f"the policy asks for {what}, which takes a security key"
    return Listed(
        line=line, person=known.person(line.principal), kind=key.kind, roles=roles, never=never, not_as=not_as
    )


def persons(lines: tuple[Listed, ...], role: Role) -> frozenset[str]:
    """The distinct people whose signature counts in a role now."""
    return frozenset(each.person for each in lines if role in each.counts_as)


def can_be_approved(lines: tuple[Listed, ...], approvers: int) -> bool:
    """Whether somebody can sign as author with that many other people left to approve."""
    approving = persons(lines, Role.APPROVER)
    return any(len(approving - {author}) >= approvers for author in persons(lines, Role.AUTHOR))
