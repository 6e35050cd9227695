"""Decides whether a commit may be deployed, from its signed readiness file and nothing but that commit.

The steps come in a fixed order and the first that fails is named. Everything is read from the commit, never from the
work tree; nothing is fetched. It imports no check, no fact, no screen and no network.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shipworthy.checklist import ChecklistError
from shipworthy.checklist.policy import parse_policy
from shipworthy.git import Git, GitError
from shipworthy.model import DecisionKind
from shipworthy.readiness import dsse, rules, sshsig
from shipworthy.readiness.context import ENVIRONMENT, repository_name
from shipworthy.readiness.rules import NotReady
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
from shipworthy.text import visible

__all__ = ["BadTrust", "CouldNotEvaluate", "NoReadinessFile", "NotReady", "TrustRoot", "Verified", "verify"]

MAX_BYTES = dsse.MAX_BYTES
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_SIGN = "Sign it: shipworthy sign"


class NoReadinessFile(Exception):
    """The commit holds no readiness file for this environment."""

    def __init__(self, path: str, commit: str) -> None:
        super().__init__(f"{path} is not in commit {commit[:12]}")
        self.diagnostics = f"{_SIGN}, and commit what it wrote."


class CouldNotEvaluate(Exception):
    """Neither ready nor not ready can be said: why, and in `diagnostics` what to do."""

    def __init__(self, message: str, diagnostics: str) -> None:
        super().__init__(message)
        self.diagnostics = diagnostics


class BadTrust(ValueError):
    """A trust root that is not written as one."""


@dataclass(frozen=True, slots=True)
class TrustRoot:
    """Whose signatures count. Here: fingerprints pinned outside the repository, and the commit's own policy.

    Whoever holds such a key vouches for the whole tree, policy included; that is why the policy may come from it.
    """

    fingerprints: frozenset[str] = frozenset()

    @classmethod
    def pinned(cls, fingerprints: Iterable[str]) -> TrustRoot:
        """From `SHA256:…` as `ssh-keygen -lf` prints them. Raises BadTrust."""
        found = frozenset(fingerprints)
        for each in found:
            if not _FINGERPRINT.fullmatch(each):
                raise BadTrust(f"{visible(each, 80)} is not a fingerprint: SHA256: and 43 characters")
        return cls(found)

    def accepts(self, fingerprint: str, role: str) -> bool:
        """Whether this key may sign in this role (a namespace)."""
        return role == rules.AUTHOR and fingerprint in self.fingerprints


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was verified of a commit."""

    commit: str
    statement: Statement
    signed: sshsig.Signed
    self_waived: tuple[StatedItem, ...]
    """Required items that the author waived for themselves."""
    attested: tuple[StatedItem, ...]
    not_compared: tuple[str, ...]
    """Parts of the signed context nothing here could be compared with, in words."""


def verify(
    root: Path,
    trust: TrustRoot,
    environment: str | None,
    at: str,
    now: datetime,
    *,
    repo: str | None = None,
    ref: str | None = None,
) -> Verified:
    """Verifies commit `at` of the repository at `root`.

    `environment` None: the one the commit's policy names. `repo` None: what the remote `origin` says, if it is on a
    host. Raises NotReady, NoReadinessFile or CouldNotEvaluate.
    """
    try:
        return _verify(root, trust, environment, at, now, repo, ref)
    except OddTree as error:
        raise NotReady("file", str(error), "Commit ordinary files there, and sign again.") from error
    except MissingObject as error:
        raise CouldNotEvaluate(str(error), "Fetch the commit with its files: git fetch --depth 1 origin …") from error
    except GitError as error:
        raise CouldNotEvaluate(str(error), error.diagnostics or "Check the repository: git fsck") from error


def _verify(
    root: Path,
    trust: TrustRoot,
    environment: str | None,
    at: str,
    now: datetime,
    repo: str | None,
    ref: str | None,
) -> Verified:
    git = Git(root)
    if git.answer("rev-parse", "--git-dir") is None:
        raise CouldNotEvaluate(f"{root} is not a git repository", "Name the repository: shipworthy verify PATH")
    objects = Objects(git)
    found = snapshot(objects, objects.commit(at))
    environment = environment or _environment(found)
    plain_name, signed_name = readiness_names(environment)
    # 1. A regular file of at most 1 MiB.
    data = found.record(signed_name, MAX_BYTES)
    if data is None:
        raise NoReadinessFile(f"{FOLDER}/{signed_name}", found.commit)
    if not trust.fingerprints:
        raise CouldNotEvaluate(
            "no trust root: nobody's signature is trusted yet",
            "Give the signer's fingerprint, which `shipworthy sign` prints: --trust SHA256:… or SHIPWORTHY_TRUST.",
        )
    # 2. Strict JSON and base64. 3. The payload's type.
    try:
        envelope = dsse.parse(data)
    except dsse.Malformed as error:
        raise NotReady("envelope", f"{FOLDER}/{signed_name}: {error}", _SIGN) from error
    if envelope.payload_type != dsse.PAYLOAD_TYPE:
        raise NotReady("payload type", f"not {dsse.PAYLOAD_TYPE}", _SIGN)
    # 4. and 5. Signatures, before anything in the payload is looked at.
    signed = _signed(envelope, trust)
    # 6. The same bytes, parsed.
    try:
        statement = parse(envelope.payload)
    except dsse.Malformed as error:
        raise NotReady("statement", str(error), _SIGN) from error
    author = next((each for each in signed if each.fingerprint == statement.author_key), None)
    if author is None:
        raise NotReady("signature", "the author it names is not the one who signed", _SIGN)
    # 7. The tree of the commit to deploy.
    if statement.tree != source_tree(found, [environment]):
        raise NotReady(
            "source tree", f"commit {found.commit[:12]} holds other files than the ones signed",
            "The source changed after it was signed: examine and sign again.",
        )  # fmt: skip
    # 8. to 11. Context, policy, dates, items.
    here = repo or repository_name(git)
    rules.check_context(statement, environment, here, ref)
    force = rules.in_force(found.record("policy.toml", MAX_BYTES), found.record("checklist.toml", MAX_BYTES))
    rules.check_policy(statement, force)
    rules.check_dates(statement, force, now)
    rules.check_items(statement, force, now)
    # 12. What a reviewer reads is what was signed.
    if found.record(plain_name, MAX_BYTES) != envelope.payload:
        raise NotReady("payload file", f"{FOLDER}/{plain_name} is not what was signed", _SIGN)
    required = {item.id for item in force.required}
    said = [item for item in statement.items if item.id in required and item.said is not None]
    return Verified(
        commit=found.commit,
        statement=statement,
        signed=author,
        self_waived=tuple(each for each in said if each.said and each.said.kind is DecisionKind.WAIVED),
        attested=tuple(each for each in said if each.said and each.said.kind is DecisionKind.ATTESTED),
        not_compared=tuple(
            f"{what} {visible(value, 120)}"
            for what, value, known in (("repository", statement.repo, here), ("ref", statement.ref, ref))
            if known is None
        ),
    )


def _environment(found: Snapshot) -> str:
    """The environment the commit's policy names. A policy that cannot be read is judged later, at its own step."""
    try:
        return parse_policy(found.record("policy.toml", MAX_BYTES) or b"").environment
    except ChecklistError:
        return ENVIRONMENT


def _signed(envelope: dsse.Envelope, trust: TrustRoot) -> list[sshsig.Signed]:
    """The valid author signatures by trusted keys, at least one; the keyid is not looked at. Raises NotReady."""
    message = dsse.pae(envelope.payload_type, envelope.payload)
    trusted: list[sshsig.Signed] = []
    reasons: list[str] = []
    for each in envelope.signatures:
        try:
            signed = sshsig.verify(each.sig.decode("ascii", "replace"), message, rules.AUTHOR)
        except sshsig.BadSignature as error:
            reasons.append(str(error))
            continue
        if trust.accepts(signed.fingerprint, rules.AUTHOR):
            trusted.append(signed)
        else:
            reasons.append(f"signed by {signed.fingerprint}, which is not trusted here")
    if not trusted:
        why = visible("; ".join(dict.fromkeys(reasons)), 400) or "nobody signed it"
        raise NotReady("signature", why, "Sign it with a trusted key, or correct --trust.")
    return trusted
