"""Decides whether a commit may be deployed, from its signed readiness file and a trust root.

The steps come in a fixed order and the first that fails is named. Everything is read from commits, never from the
work tree; nothing is fetched. It imports no check, no fact, no screen and no network.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shipworthy.checklist import ChecklistError
from shipworthy.checklist.policy import Drift, Role, parse_policy
from shipworthy.git import Git, GitError
from shipworthy.model import DecisionKind
from shipworthy.readiness import dsse, people, rules, sshsig
from shipworthy.readiness.allowed import APPROVER
from shipworthy.readiness.answers import BadTrust, CouldNotEvaluate, NoReadinessFile, NotReady
from shipworthy.readiness.context import ENVIRONMENT, repository_name
from shipworthy.readiness.drift import Drifted, drifted
from shipworthy.readiness.history import later
from shipworthy.readiness.merge import predicted_tree, quarantine
from shipworthy.readiness.people import Counted, SignedBy
from shipworthy.readiness.statement import StatedItem, Statement, parse
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
from shipworthy.readiness.trust import Trusted, TrustRoot, base_commit, read_trust
from shipworthy.text import plural, visible

__all__ = ["Asked", "BadTrust", "CouldNotEvaluate", "NoReadinessFile", "NotReady", "TrustRoot", "Verified", "verify"]

MAX_BYTES = dsse.MAX_BYTES
_SIGN = "Sign it: shipworthy sign"
_APPROVE = "An approver has to look and sign: shipworthy review, then shipworthy approve"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was verified of a commit."""

    commit: str
    statement: Statement
    payload: bytes
    policy_bytes: bytes | None
    """The policy it was judged by; None: there is none."""
    checklist_bytes: bytes | None
    """The commit's own `checklist.toml`."""
    signed: sshsig.Signed
    """The author's signature."""
    approvals: tuple[people.Signature, ...]
    """One signature of each approver that counts."""
    base: str | None
    """The ref that policy and signers were read from; None with pinned keys."""
    self_waived: tuple[StatedItem, ...]
    """Required items that the author waived for themselves."""
    waived: tuple[StatedItem, ...]
    """Required items that an approver waived."""
    attested: tuple[StatedItem, ...]
    changed_rules: tuple[str, ...]
    """Records that decide how commits are judged and that this commit changes."""
    drifted: Drifted | None
    """A later tree than the signed one: only ready once every automatic check passed again on it."""
    not_compared: tuple[str, ...]
    """Parts of the signed context nothing here could be compared with, in words."""
    uncounted: tuple[str, ...]
    """Why other signatures in the file count for nothing, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the caller wants to know. `environment` None: the first the policy names; `repo` None: what the remote
    of the base says, else `origin`, if it is on a host; `ref` None: the branch of the base, where the base is one."""

    environment: str | None = None
    at: str = "HEAD"
    repo: str | None = None
    ref: str | None = None
    predict_merge: bool = False
    """Judge the tree that merging the commit into the base would have."""
    allow_rollback: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What went through every step, with what it was held against."""

    verified: Verified
    envelope: dsse.Envelope
    data: bytes
    """The envelope's file."""
    trusted: Trusted
    force: rules.InForce


AsIf = Callable[[Statement, rules.InForce, Trusted], frozenset[str]]
"""People who are taken to approve although they have not: for a reviewer's eyes, never for a verdict."""


def verify(root: Path, trust: TrustRoot, asked: Asked, now: datetime) -> Verified:
    """Verifies a commit of the repository at `root`.

    Raises NotReady, NoReadinessFile, CouldNotEvaluate, or BadTrust where the trust root's own files cannot be used.
    """
    return steps(root, trust, asked, now).verified


def steps(root: Path, trust: TrustRoot, asked: Asked, now: datetime, as_if: AsIf | None = None) -> Checked:
    """Every step of verification; raises as `verify` does.

    With `as_if` the number of approvers is not judged and its people count as approvers where items are: what comes
    back then says that everything else is in order, and not that anything may be deployed.
    """
    try:
        git = Git(root)
        if git.answer("rev-parse", "--git-dir") is None:
            raise CouldNotEvaluate(f"{root} is not a git repository", "Name the repository: shipworthy verify PATH")
        if not asked.predict_merge:
            return _steps(git, None, trust, asked, now, as_if)
        with quarantine(git, root) as apart:
            return _steps(apart, _predicted(apart, trust, asked), trust, asked, now, as_if)
    except OddTree as error:
        raise NotReady("file", str(error), "Commit ordinary files there, and sign again.") from error
    except MissingObject as error:
        raise CouldNotEvaluate(str(error), "Fetch the commit with its files: git fetch --depth 1 origin …") from error
    except GitError as error:
        raise CouldNotEvaluate(str(error), error.diagnostics or "Check the repository: git fsck") from error


def _predicted(git: Git, trust: TrustRoot, asked: Asked) -> str:
    objects = Objects(git)
    if trust.base is None:
        raise CouldNotEvaluate("a merge into what?", "--predict-merge needs --base, the branch to merge into.")
    base = base_commit(git, trust.base)
    if base is None:
        raise MissingObject(f"there is no {trust.base}")
    return predicted_tree(git, base, objects.commit(asked.at))


def _steps(git: Git, tree: str | None, trust: TrustRoot, asked: Asked, now: datetime, as_if: AsIf | None) -> Checked:
    objects = Objects(git)
    found = snapshot(objects, objects.commit(asked.at), tree)
    try:
        trusted = read_trust(git, objects, trust, found)
    except CouldNotEvaluate:
        # Where nobody signed anything, that is what to say first.
        _file(found, asked.environment or _environment(found))
        raise
    environment = asked.environment or trusted.policy.environment
    plain_name, signed_name = readiness_names(environment)
    # 1. A regular file of at most 1 MiB.
    data = _file(found, environment)
    if environment not in trusted.policy.environments:
        raise NotReady(
            "context", f"the policy names the environment {', '.join(trusted.policy.environments)}, no other",
            f'Add "{environment}" to environments in {FOLDER}/policy.toml and sign again.',
        )  # fmt: skip
    # 2. Strict JSON and base64. 3. The payload's type.
    try:
        envelope = dsse.parse(data)
    except dsse.Malformed as error:
        raise NotReady("envelope", f"{FOLDER}/{signed_name}: {error}", _SIGN) from error
    if envelope.payload_type != dsse.PAYLOAD_TYPE:
        raise NotReady("payload type", f"not {dsse.PAYLOAD_TYPE}", _SIGN)
    # 4. and 5. Signatures and the people behind them, before anything in the payload is looked at.
    counted = people.count(envelope, trusted, now)
    force = rules.in_force(trusted.policy_bytes, found.record("checklist.toml", MAX_BYTES))
    _enough(counted, force.approvers if as_if is None else 0)
    # 6. The same bytes, parsed.
    try:
        statement = parse(envelope.payload)
    except dsse.Malformed as error:
        raise NotReady("statement", str(error), _SIGN) from error
    counted = people.counted_then(counted, trusted.signers, statement.issued)
    author, approvals = _roles(counted, statement, trusted)
    if as_if is None:
        _approved(approvals, counted, force, trusted, author)
    # 7. The tree of the commit to deploy.
    drift = _tree(git, objects, found, statement, trusted, now)
    # 8. to 11. Context, policy, dates, items.
    here, ref = asked.repo or repository_name(git, trust.remote), asked.ref or trust.branch
    rules.check_context(statement, environment, here, ref)
    rules.check_policy(statement, force)
    rules.check_dates(statement, force, now)
    _no_rollback(git, objects, found, statement, trusted, asked)
    # A pinned key that no line names takes the author's own address on its word; else the two are the same.
    own, approvers = trusted.signers.person(statement.author), people.distinct(approvals)
    if as_if is not None:
        approvers |= as_if(statement, force, trusted) - {own, author.person}
    by = SignedBy(author=own, approvers=approvers, signers=trusted.signers)
    # What the base asks for counts too: a checklist of the commit's own may add to it and never take away.
    held = rules.in_force(trusted.policy_bytes, trusted.checklist_bytes)
    rules.check_items(statement, force, by, now)
    rules.check_required(statement, held, by, now)
    # 12. What a reviewer reads is what was signed.
    if found.record(plain_name, MAX_BYTES) != envelope.payload:
        raise NotReady("payload file", f"{FOLDER}/{plain_name} is not what was signed", _SIGN)
    required = {item.id for item in (*force.required, *held.required)}
    said = [item for item in statement.items if item.id in required and item.said is not None]
    waived = [each for each in said if each.said and each.said.kind is DecisionKind.WAIVED]
    verified = Verified(
        commit=found.commit,
        statement=statement,
        payload=envelope.payload,
        policy_bytes=trusted.policy_bytes,
        checklist_bytes=found.record("checklist.toml", MAX_BYTES),
        signed=author.signed,
        approvals=approvals,
        base=trust.base,
        self_waived=tuple(each for each in waived if each.said and by.person(each.said.by) == by.author),
        waived=tuple(each for each in waived if each.said and by.person(each.said.by) != by.author),
        attested=tuple(each for each in said if each.said and each.said.kind is DecisionKind.ATTESTED),
        changed_rules=trusted.changed,
        drifted=drift,
        not_compared=tuple(
            f"{what} {visible(value, 120)}"
            for what, value, known in (("repository", statement.repo, here), ("ref", statement.ref, ref))
            if known is None
        ),
        uncounted=counted.reasons,
    )
    return Checked(verified=verified, envelope=envelope, data=data, trusted=trusted, force=force)


def _file(found: Snapshot, environment: str) -> bytes:
    """The envelope's bytes. Raises NoReadinessFile."""
    name = readiness_names(environment)[1]
    data = found.record(name, MAX_BYTES)
    if data is None:
        raise NoReadinessFile(f"{FOLDER}/{name}", found.commit)
    return data


def _environment(found: Snapshot) -> str:
    """The first environment the commit's policy names, where nothing better is known."""
    try:
        return parse_policy(found.record("policy.toml", MAX_BYTES) or b"").environment
    except ChecklistError:
        return ENVIRONMENT


def _enough(counted: Counted, need: int) -> None:
    """An author, and as many other people as needed. Raises NotReady."""
    why = visible("; ".join(counted.reasons), 400)
    authors, approvers = (people.distinct(counted.of(role)) for role in (Role.AUTHOR, Role.APPROVER))
    if not authors:
        why = why or ("only an approver signed it" if approvers else "nobody signed it")
        raise NotReady("signature", why, "Sign it with a trusted key, or correct --trust or --base.")
    if len(approvers) < need:
        raise NotReady("approval", _too_few(len(approvers), need, why), _APPROVE)


def _too_few(have: int, need: int, why: str) -> str:
    return f"approved by {have} of {plural(need, 'person', 'people')}" + (f" ({why})" if why else "")


def _roles(
    counted: Counted, statement: Statement, trusted: Trusted
) -> tuple[people.Signature, tuple[people.Signature, ...]]:
    """The author the statement names, and one signature of each other person who approves. Raises NotReady."""
    author = next((each for each in counted.of(Role.AUTHOR) if each.signed.fingerprint == statement.author_key), None)
    if author is None:
        why = "; ".join(["the author it names is not one who validly signed", *counted.reasons])
        raise NotReady("signature", visible(why, 400), "Sign it with the author's own key, valid when it is issued.")
    named = trusted.signers.person(statement.author)
    # A pinned key that no line names takes its person on its own word.
    if author.address and author.person != named:
        raise NotReady(
            "signature", f"it names {visible(statement.author, 120)} as author, and {author.address} signed it", _SIGN
        )
    self_names = {author.person, named}
    approvals = {each.person: each for each in reversed(counted.of(Role.APPROVER)) if each.person not in self_names}
    return author, tuple(approvals[name] for name in sorted(approvals))


def _approved(
    approvals: tuple[people.Signature, ...],
    counted: Counted,
    force: rules.InForce,
    trusted: Trusted,
    author: people.Signature,
) -> None:
    """Enough people other than the author, and one in any case where the rules themselves change. Raises NotReady."""
    reasons = list(counted.reasons)
    if len(people.distinct(counted.of(Role.APPROVER))) > len(approvals):
        reasons.append("the author does not count as approver")
    if len(approvals) < force.approvers:
        raise NotReady(
            "approval", _too_few(len(approvals), force.approvers, visible("; ".join(reasons), 400)), _APPROVE
        )
    others = {trusted.signers.person(line.principal) for line in trusted.signers.lines if APPROVER in line.roles} - {
        author.person
    }
    if trusted.changed and others and not approvals:
        raise NotReady(
            "approval",
            f"it changes {', '.join(f'{FOLDER}/{name}' for name in trusted.changed)}, which takes an approver "
            f"{trusted.root.base} lists",
            _APPROVE,
        )


def _tree(
    git: Git, objects: Objects, found: Snapshot, statement: Statement, trusted: Trusted, now: datetime
) -> Drifted | None:
    if statement.tree == source_tree(found, trusted.policy.environments):
        return None
    if trusted.policy.drift is Drift.RERUN:
        return drifted(git, objects, found, statement, trusted.policy, now)
    raise NotReady(
        "source tree", f"commit {found.commit[:12]} holds other files than the ones signed",
        "The source changed after it was signed: examine and sign again.",
    )  # fmt: skip


def _no_rollback(
    git: Git, objects: Objects, found: Snapshot, statement: Statement, trusted: Trusted, asked: Asked
) -> None:
    if asked.allow_rollback:
        return
    # Without a base, the commit's own past is all there is to look at.
    branch = trusted.base or found
    other = later(git, objects, branch.commit, statement, statement.environment)
    if other is not None:
        raise NotReady(
            "rollback",
            f"{trusted.root.base or 'its history'} held a file issued on {other.issued:%Y-%m-%d %H:%M} UTC, after this "
            f"one ({statement.issued:%Y-%m-%d %H:%M}), for another tree",
            "An older state came back. Sign it anew, or let the workflow say --allow-rollback for once.",
        )
