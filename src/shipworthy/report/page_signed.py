"""What the signed readiness files at HEAD are worth: judged where the caller says whom to trust, else described."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from shipworthy.checklist import ChecklistError
from shipworthy.checklist.policy import Policy, parse_policy
from shipworthy.git import Git, GitError
from shipworthy.readiness import dsse, rules, sshsig
from shipworthy.readiness.answers import BadTrust, CouldNotEvaluate, NoReadinessFile, NotReady
from shipworthy.readiness.statement import Statement, parse
from shipworthy.readiness.tree import (
    FOLDER,
    MissingObject,
    Objects,
    OddTree,
    Snapshot,
    readiness_names,
    snapshot,
    source_tree,
)
from shipworthy.readiness.trust import TrustRoot


class Worth(StrEnum):
    """What can be said of a signature. Only `verified` is a yes."""

    VERIFIED = "verified"
    UNPROVEN = "not judged"
    """Intact, and nobody said here whose key counts."""
    REFUSED = "does not hold"
    ABSENT = "not signed"
    UNKNOWN = "could not check"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureState:
    """One environment's readiness file at HEAD."""

    environment: str
    worth: Worth
    words: str
    """One sentence for a person. It may quote the repository."""
    remedy: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    """(label, value) of what the file says; values may quote it."""


def signature_states(root: Path, now: datetime, trust: TrustRoot | None) -> tuple[SignatureState, ...]:
    """One for each environment of the policy at HEAD. `trust` None: describe, and judge nobody's key. Never raises
    for what a repository holds."""
    try:
        objects = Objects(Git(root))
        found = snapshot(objects, objects.commit("HEAD"))
        policy = parse_policy(found.record("policy.toml", dsse.MAX_BYTES) or b"")
    except (GitError, MissingObject, OddTree, ChecklistError) as error:
        return (SignatureState(environment="any", worth=Worth.UNKNOWN, words=f"HEAD could not be read: {error}"),)
    return tuple(_state(root, found, each, policy, now, trust) for each in policy.environments)


def _state(
    root: Path, found: Snapshot, environment: str, policy: Policy, now: datetime, trust: TrustRoot | None
) -> SignatureState:
    name = f"{FOLDER}/{readiness_names(environment)[1]}"

    def said(worth: Worth, words: str, remedy: str = "", rows: Iterable[tuple[str, str]] = ()) -> SignatureState:
        return SignatureState(environment=environment, worth=worth, words=words, remedy=remedy, rows=tuple(rows))

    try:
        data = found.record(readiness_names(environment)[1], dsse.MAX_BYTES)
        if data is None:
            return said(Worth.ABSENT, f"HEAD holds no {name}: nobody has signed for this.", "shipworthy sign")
        envelope = dsse.parse(data)
        statement = parse(envelope.payload)
        signed, broken = _signatures(envelope)
        rows = _rows(statement, signed)
        if trust is not None:
            return _judged(root, environment, now, trust, rows)
        wrong = broken or _wrong(found, statement, environment, policy, now)
    except dsse.Malformed as error:
        return said(Worth.REFUSED, f"{name} is damaged or edited: {error}.", "shipworthy sign")
    except (OddTree, MissingObject, GitError) as error:
        return said(Worth.UNKNOWN, f"{name} could not be read: {error}.")
    if wrong:
        return said(Worth.REFUSED, f"{wrong[0].upper()}{wrong[1:]}.", "shipworthy sign", rows)
    return said(
        Worth.UNPROVEN,
        "The signature fits the file, and the file fits this tree. Whether that key counts is not judged here.",
        "shipworthy verify --base REF (or --trust SHA256:…)",
        rows,
    )


def _signatures(envelope: dsse.Envelope) -> tuple[list[str], str]:
    """Who signed as what, in words, and what is wrong with one of them (empty: nothing)."""
    message = dsse.pae(envelope.payload_type, envelope.payload)
    signed: list[str] = []
    broken = "" if envelope.payload_type == dsse.PAYLOAD_TYPE else "the envelope holds something else"
    for each in envelope.signatures:
        armored = each.sig.decode("ascii", "replace")
        try:
            namespace = sshsig.parse(armored).namespace
            made = sshsig.verify(armored, message, namespace)
        except sshsig.BadSignature as error:
            broken = broken or f"a signature does not fit: {error}"
            continue
        role = {rules.AUTHOR: "author", rules.APPROVER: "approver"}.get(namespace, f"something else ({namespace})")
        touch = {True: ", with a touch", False: ", without a touch", None: ""}[made.touched]
        signed.append(f"as {role} by {made.fingerprint} ({made.kind}{touch})")
    return signed, broken or ("" if signed else "it carries no signature")


def _rows(statement: Statement, signed: Iterable[str]) -> list[tuple[str, str]]:
    return [
        ("It says", statement.verdict.value),
        ("Author", statement.author),
        *(("Signature", each) for each in signed),
        ("Repository and ref", f"{statement.repo}, {statement.ref}"),
        ("Valid", f"{statement.issued:%Y-%m-%d %H:%M} to {statement.expires:%Y-%m-%d %H:%M} UTC"),
        ("Checklist", f"{statement.checklist_name} {statement.checklist_version}, profile {statement.profile}"),
        ("Signed with", f"shipworthy {statement.tool_version}"),
        ("Source tree", statement.tree),
    ]


def _wrong(found: Snapshot, statement: Statement, environment: str, policy: Policy, now: datetime) -> str:
    """Why the file says nothing about HEAD, as far as that shows without knowing whom to trust."""
    if statement.environment != environment:
        return f"it was signed for {statement.environment}, not for {environment}"
    if source_tree(found, policy.environments) != statement.tree:
        return "the source changed after it was signed"
    if statement.expires <= now:
        return f"it expired on {statement.expires:%Y-%m-%d}"
    if statement.issued > now + rules.CLOCK_SKEW:
        return "it is dated in the future"
    return "" if statement.verdict.value == "READY" else f"it says {statement.verdict.value}"


def _judged(
    root: Path, environment: str, now: datetime, trust: TrustRoot, rows: list[tuple[str, str]]
) -> SignatureState:
    from shipworthy.readiness.verify import Asked, verify

    worth, remedy = Worth.UNKNOWN, ""
    try:
        found = verify(root, trust, Asked(environment=environment), now)
        if found.drifted is None:
            worth, words = Worth.VERIFIED, "Signature, people, tree, policy, dates and items hold for this commit."
        else:
            words = "The source changed a little since it was signed: it holds only once every check passes again."
            remedy = "shipworthy verify --rerun"
        if found.approvals:
            rows = [*rows, ("Approved by", ", ".join(each.address or each.person for each in found.approvals))]
    except NotReady as error:
        worth, words, remedy = Worth.REFUSED, f"{error.step}: {error.reason}", error.diagnostics
    except NoReadinessFile as error:
        worth, words, remedy = Worth.ABSENT, str(error), error.diagnostics
    except (CouldNotEvaluate, BadTrust) as error:
        words, remedy = str(error), error.diagnostics
    rows = [*rows, ("Trusted by", trust.base or "keys named on the command line")]
    return SignatureState(environment=environment, worth=worth, words=words, remedy=remedy, rows=tuple(rows))
