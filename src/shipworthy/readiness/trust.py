"""Whom a verifier trusts: keys pinned outside the repository, or what a protected ref of it says.

With a base, policy, checklist additions and signers all come from that ref, so that a change of them is judged by the
ones before it. With pinned keys they come from the commit itself: whoever holds such a key vouches for all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from shipworthy.checklist import ChecklistError
from shipworthy.checklist.policy import Policy, parse_policy
from shipworthy.git import Git
from shipworthy.readiness.allowed import (
    REVOKED_FILE,
    SIGNERS_FILE,
    BadSigners,
    Signers,
    parse_revoked,
    parse_signers,
    signers,
)
from shipworthy.readiness.answers import BadTrust, CouldNotEvaluate, NotReady
from shipworthy.readiness.tree import FOLDER, Objects, Snapshot, snapshot
from shipworthy.text import visible

MAX_BYTES = 1024 * 1024
JUDGED = ("policy.toml", "checklist.toml", SIGNERS_FILE, REVOKED_FILE)
"""The records that decide how a commit is judged. A change of one is judged by the base's."""
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_FULL_REF = re.compile(r"refs(?:/[A-Za-z0-9._+@#=-]+)+", re.ASCII)


@dataclass(frozen=True, slots=True)
class TrustRoot:
    """Where trust comes from, as the caller names it: fingerprints, or a full ref. Neither: nobody is trusted."""

    fingerprints: frozenset[str] = frozenset()
    base: str | None = None

    @classmethod
    def pinned(cls, fingerprints: Iterable[str]) -> TrustRoot:
        """From `SHA256:…` as `ssh-keygen -lf` prints them. Raises BadTrust."""
        found = frozenset(fingerprints)
        for each in found:
            if not _FINGERPRINT.fullmatch(each):
                raise BadTrust(
                    f"{visible(each, 80)} is not a fingerprint: SHA256: and 43 characters",
                    "Print one: ssh-keygen -lf KEY.pub",
                )
        return cls(found)

    @classmethod
    def from_base(cls, ref: str) -> TrustRoot:
        """From a full ref like `refs/remotes/origin/main`. Raises BadTrust.

        A short name is refused: which of a branch, a tag and a remote branch it means, whoever can push may choose.
        """
        if not _FULL_REF.fullmatch(ref) or ".." in ref:
            raise BadTrust(
                f"{visible(ref, 120)} is not a full ref",
                "Write it out in the protected workflow: --base refs/remotes/origin/main",
            )
        return cls(base=ref)

    @property
    def remote(self) -> str:
        """The remote whose repository is meant: in a clone of a fork, the base is usually not `origin`'s."""
        kind, _, name = (self.base or "").removeprefix("refs/").partition("/")
        remote, _, branch = name.partition("/")
        return remote if kind == "remotes" and branch else "origin"

    @property
    def branch(self) -> str | None:
        """The branch (full ref) that a base stands for: what a file has to be signed for. None where unclear."""
        if self.base is None:
            return None
        kind, _, name = self.base.removeprefix("refs/").partition("/")
        if kind == "heads":
            return self.base
        remote, _, branch = name.partition("/")
        return f"refs/heads/{branch}" if kind == "remotes" and remote and branch else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """A trust root, read."""

    root: TrustRoot
    signers: Signers
    policy: Policy
    policy_bytes: bytes | None
    checklist_bytes: bytes | None
    base: Snapshot | None
    """The commit of the base; None with pinned keys."""
    changed: tuple[str, ...]
    """Records of `JUDGED` that the commit holds otherwise than its base."""


def read_trust(git: Git, objects: Objects, root: TrustRoot, found: Snapshot) -> Trusted:
    """Reads what `root` names, for the commit `found`.

    Raises BadTrust where signers, or the policy of a base, cannot be used, NotReady where the commit's own policy
    cannot, CouldNotEvaluate where there is no trust root, MissingObject.
    """
    base: Snapshot | None = None
    if root.base is not None:
        commit = base_commit(git, root.base)
        if not commit:
            raise CouldNotEvaluate(
                f"there is no {root.base} here", f"Fetch it first: {_fetch(root.base)}, or correct --base."
            )
        base = snapshot(objects, commit)
    source = base or found
    where = f"{root.base}:{FOLDER}" if base else FOLDER
    policy_bytes = source.record("policy.toml", MAX_BYTES)
    try:
        policy = Policy() if policy_bytes is None else parse_policy(policy_bytes, f"{where}/policy.toml")
        known = signers(
            parse_signers(source.record(SIGNERS_FILE, MAX_BYTES) or b"", f"{where}/{SIGNERS_FILE}"),
            parse_revoked(source.record(REVOKED_FILE, MAX_BYTES) or b"", f"{where}/{REVOKED_FILE}"),
            dict(policy.people),
            f"{where}/{SIGNERS_FILE}",
        )
    except ChecklistError as error:
        if base is None:
            raise NotReady("policy", str(error), error.diagnostics) from error
        raise BadTrust(str(error), error.diagnostics) from error
    except BadSigners as error:
        raise BadTrust(str(error), error.diagnostics) from error
    if base is None and not root.fingerprints:
        raise CouldNotEvaluate(
            "no trust root: nobody's signature is trusted yet",
            "Alone: --trust SHA256:…, the fingerprint `shipworthy sign` prints (or SHIPWORTHY_TRUST). As a team: "
            "--base refs/remotes/origin/main, a protected branch that holds .shipworthy/allowed_signers.",
        )
    if base is not None and not known.lines:
        raise CouldNotEvaluate(
            f"{root.base} lists nobody who may sign ({FOLDER}/{SIGNERS_FILE})",
            "Enrol the first people: shipworthy key trust, and have an admin merge it; until then: --trust SHA256:…",
        )
    changed = (
        ()
        if base is None
        else tuple(name for name in JUDGED if base.records.get(_raw(name)) != found.records.get(_raw(name)))
    )
    return Trusted(
        root=root, signers=known, policy=policy, policy_bytes=policy_bytes, base=base, changed=changed,
        checklist_bytes=source.record("checklist.toml", MAX_BYTES),
    )  # fmt: skip


def base_commit(git: Git, ref: str) -> str | None:
    """The full id of the commit that exactly this full ref names; None where there is no such ref.

    Asked for a name, git goes on to look for it below `refs/tags/` and `refs/heads/`, where whoever can push may have
    put one: a tag can be called `refs/remotes/origin/main`.
    """
    found = git.answer("show-ref", "--verify", "--hash", ref)
    return (git.answer("rev-parse", "--verify", "-q", f"{found}^{{commit}}") or None) if found else None


def _raw(name: str) -> bytes:
    return name.encode("ascii")


def _fetch(ref: str) -> str:
    kind, _, name = ref.removeprefix("refs/").partition("/")
    remote, _, branch = name.partition("/")
    if kind == "remotes" and branch:
        return f"git fetch --depth 1 {remote} +refs/heads/{branch}:{ref}"
    return f"git fetch --depth 1 origin +{ref}:{ref}"
