"""Who signed: valid signatures turned into distinct people in their roles. A key id in the file decides nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from shipworthy.checklist.policy import Policy, Role
from shipworthy.readiness import dsse, sshsig
from shipworthy.readiness.allowed import ROLES, Signers
from shipworthy.readiness.trust import Trusted
from shipworthy.text import visible


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A valid signature by a key that may sign in this role."""

    role: Role
    person: str
    """Whom the key belongs to (see `Signers.person`); a pinned key that no line names: its fingerprint."""
    address: str
    """The address its line names; empty for a pinned key that no line names."""
    signed: sshsig.Signed


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The signatures of an envelope that count, and in words why others do not."""

    signatures: tuple[Signature, ...]
    reasons: tuple[str, ...]

    def of(self, role: Role) -> tuple[Signature, ...]:
        return tuple(each for each in self.signatures if each.role is role)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedBy:
    """The people behind a statement, as its items are judged by."""

    author: str
    approvers: frozenset[str] = frozenset()
    signers: Signers = field(default_factory=Signers)

    def person(self, address: str) -> str:
        return self.signers.person(address)


def count(envelope: dsse.Envelope, trusted: Trusted, now: datetime) -> Counted:
    """Every signature over the payload that counts now, before anything in the payload is looked at."""
    message = dsse.pae(envelope.payload_type, envelope.payload)
    found: list[Signature] = []
    reasons: list[str] = []
    for each in envelope.signatures:
        armored = each.sig.decode("ascii", "replace")
        try:
            role = _role(sshsig.parse(armored).namespace)
            signed = sshsig.verify(armored, message, ROLES[role])
        except (sshsig.BadSignature, _NoRole) as error:
            reasons.append(str(error))
            continue
        answer = _whose(signed, role, trusted, now)
        if isinstance(answer, str):
            reasons.append(answer)
        else:
            found.append(answer)
    return Counted(signatures=tuple(found), reasons=tuple(dict.fromkeys(reasons)))


class _NoRole(Exception):
    pass


def _role(namespace: str) -> Role:
    for role in Role:
        if ROLES[role] == namespace:
            return role
    raise _NoRole(f"signed for the namespace {namespace!r}, which is no role")


def _whose(signed: sshsig.Signed, role: Role, trusted: Trusted, now: datetime) -> Signature | str:
    """The signature with its person, or why it does not count."""
    key, known = signed.fingerprint, trusted.signers
    if key in known.revoked:
        return f"the key {key} is revoked"
    if odd := _not_present(signed, role, trusted.policy):
        return odd
    lines = known.of(key)
    fitting = [line for line in lines if ROLES[role] in line.roles]
    if trusted.base is None:
        if key not in trusted.root.fingerprints:
            return f"signed by {key}, which is not trusted here"
        if not lines:
            return Signature(role=role, person=key, address="", signed=signed)
        # The pin gives the role; what else the commit says of its own signers can only take away.
        fitting = fitting or list(lines)
    if not lines:
        return f"signed by {key}, which {trusted.root.base} does not list"
    if not fitting:
        return f"{lines[0].principal} ({key}) may not sign as {role}"
    why = [line.why_not(now) for line in fitting]
    if all(why):
        return f"the key of {fitting[0].principal} ({key}) {why[0]}"
    address = next(line.principal for line, reason in zip(fitting, why, strict=True) if reason is None)
    return Signature(role=role, person=known.person(address), address=address, signed=signed)


def _not_present(signed: sshsig.Signed, role: Role, policy: Policy) -> str | None:
    """Whether the policy asks for a touch or a PIN that the signature does not prove. ssh-keygen does not ask."""
    if role in policy.touch and not signed.touched:
        return f"{signed.fingerprint} signed as {role} without the touch of a security key"
    if role in policy.pin and not signed.user_verified:
        return f"{signed.fingerprint} signed as {role} without the PIN of a security key"
    return None


def counted_then(counted: Counted, signers: Signers, issued: datetime) -> Counted:
    """What counts of signatures that count now, by keys that also did when the statement was issued."""
    why = {each: _not_then(each, signers, issued) for each in counted.signatures}
    return Counted(
        signatures=tuple(each for each, reason in why.items() if reason is None),
        reasons=(*counted.reasons, *(reason for reason in why.values() if reason is not None)),
    )


def _not_then(signature: Signature, signers: Signers, issued: datetime) -> str | None:
    """Why a key did not count when the statement was issued; None where it did."""
    known = signers.of(signature.signed.fingerprint)
    lines = [line for line in known if ROLES[signature.role] in line.roles] or known
    why = [line.why_not(issued) for line in lines]
    if lines and all(why):
        return f"the key of {signature.address} {why[0]}, and the file was issued on {issued:%Y-%m-%d %H:%M} UTC"
    return None


def distinct(signatures: Iterable[Signature]) -> frozenset[str]:
    """The people behind signatures: two keys of one person are one."""
    return frozenset(each.person for each in signatures)


def shown(people: Iterable[str]) -> str:
    """People in a message."""
    return visible(", ".join(sorted(people)), 300)
