"""What the readiness tests share: an assessment that is READY, a key in memory, and a repository signed with it."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.support import NOW, git, head, make_repo, template

from shipworthy.model import (
    Assessment,
    ComponentOutcome,
    Decides,
    Decision,
    DecisionKind,
    Item,
    Level,
    Outcome,
    Result,
)
from shipworthy.project import Project
from shipworthy.readiness import dsse, rules, sign, sshsig
from shipworthy.readiness.statement import Statement, dump
from shipworthy.readiness.tree import readiness_names
from shipworthy.readiness.verify import Asked, NotReady, TrustRoot, Verified, verify
from shipworthy.settle import settle

AUTHOR = "ada@example.org"
POLICY = b'profile = "solo"\nchecklist = "demo"\n'
FILES = {"app.py": "print('hello')\n", "src/util.py": "X = 1\n", ".shipworthy/policy.toml": POLICY}
PLAIN, SIGNED = (f".shipworthy/{name}" for name in readiness_names("production"))


@dataclass(frozen=True)
class Key:
    """An Ed25519 key that signs in memory, as a `Signer`."""

    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    label: str = "a test key"
    place: str = "memory"
    needs_passphrase: bool = False

    @property
    def fingerprint(self) -> str:
        return sshsig.fingerprint(sshsig.public_blob(self.private))

    def sign(self, pae: bytes, namespace: str) -> str:
        return sshsig.sign(self.private, pae, namespace)


def same_key(number: int) -> Key:
    """A key that is the same in every process: for the names of cases, which a parallel run compares."""
    return Key(Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))


def decision(item: str, kind: DecisionKind = DecisionKind.ATTESTED, now: datetime = NOW, **change: object) -> Decision:
    """A decision by the author, made yesterday, good for a month."""
    made = Decision(
        item=item,
        kind=kind,
        by=AUTHOR,
        at=now - timedelta(days=1),
        reason="I looked at it",
        evidence="docs/runbook.md",
        expires=now.date() + timedelta(days=30),
    )
    return replace(made, **change)  # type: ignore[arg-type]  # keywords of Decision


def passing(item: Item, profile: str, now: datetime) -> Result:
    """An item of a project in order: machines pass, people attest."""
    outcomes = ()
    if item.check is not None:
        outcomes = (ComponentOutcome(component=None, outcome=Outcome.passed("12 files", ["ci.yml:14 pytest"])),)
    said = None if item.check and item.decides is Decides.MACHINE else decision(item.id, now=now)
    return settle(item, item.level(profile), outcomes, said, now.date(), {})


def assess(
    folder: Path,
    policy: bytes | None = POLICY,
    checklist: bytes | None = None,
    *,
    now: datetime = NOW,
    profile: str = "solo",
    change: Callable[[Result], Result] = lambda result: result,
) -> Assessment:
    """An assessment of HEAD that is READY, unless `change` says otherwise."""
    force = rules.in_force(policy, checklist)
    results = [passing(item, profile, now) for item in force.checklist.items if item.level(profile) is not Level.NONE]
    return Assessment(
        name=folder.name,
        commit=head(folder),
        branch="main",
        dirty=(),
        checklist=force.checklist,
        profile=profile,
        profile_reason="set in policy.toml",
        components=(),
        results=tuple(map(change, results)),
        advisories="2026-11-20",
    )


def identify(folder: Path) -> Path:
    """Tell git in this repository who signs."""
    git(folder, "config", "user.email", AUTHOR)
    git(folder, "config", "user.name", "Ada")
    return folder


def repository(folder: Path, **more: str) -> Path:
    """A small repository with a policy, and an author."""
    if more:
        return identify(make_repo(folder, FILES | more))
    return Path(shutil.copytree(_repository(), folder, symlinks=True, dirs_exist_ok=True))


@functools.cache
def _repository() -> Path:
    return identify(make_repo(template() / "app", FILES))


@dataclass(frozen=True)
class Signed:
    """A repository with a committed readiness file."""

    folder: Path
    key: Key
    preparation: sign.Preparation

    def verify(self, now: datetime = NOW, **options: object) -> Verified:
        """Verify HEAD as CI does, trusting the key."""
        arguments = dict(options)
        folder = arguments.pop("folder", self.folder)
        trust = arguments.pop("trust", TrustRoot.pinned([self.key.fingerprint]))
        return verify(folder, trust, Asked(**arguments), now)  # type: ignore[arg-type]  # by keyword

    def restate(self, statement: Statement) -> None:
        """Commit another statement, validly signed with the same key."""
        self.replace_payload(dump(statement))

    def replace_payload(self, payload: bytes, *, plain: bytes | None = None, namespace: str = rules.AUTHOR) -> None:
        """Commit any bytes as payload, validly signed with the same key."""
        armored = self.key.sign(dsse.pae(dsse.PAYLOAD_TYPE, payload), namespace)
        entry = dsse.EnvelopeSignature(keyid="", sig=armored.encode())
        envelope = dsse.Envelope(payload_type=dsse.PAYLOAD_TYPE, payload=payload, signatures=(entry,))
        (self.folder / PLAIN).write_bytes(payload if plain is None else plain)
        self.replace_envelope(dsse.dump(envelope))

    def replace_envelope(self, data: bytes) -> None:
        """Commit any bytes as envelope."""
        (self.folder / SIGNED).write_bytes(data)
        git(self.folder, "add", "-A")
        git(self.folder, "commit", "-q", "-m", "replace")


def signed(folder: Path, *, now: datetime = NOW, key: Key | None = None) -> Signed:
    """A repository that verifies."""
    repository(folder)
    return sign_and_commit(folder, assess(folder, now=now), now=now, key=key)


def sign_and_commit(folder: Path, assessment: Assessment, *, now: datetime = NOW, key: Key | None = None) -> Signed:
    """Sign an assessment and commit it."""
    key = key or Key()
    policy = rules.in_force(POLICY, None).policy
    preparation = sign.prepare(Project.open(folder), assessment, policy, "production", key, now)
    armored = key.sign(preparation.pae, rules.AUTHOR)
    sign.write(preparation, armored)
    sign.commit(preparation, armored)
    return Signed(folder, key, preparation)


def day(offset: int, now: datetime = NOW) -> date:
    return now.date() + timedelta(days=offset)


def refused(made: Signed, step: str, **options: object) -> NotReady:
    with pytest.raises(NotReady) as caught:
        made.verify(**options)  # type: ignore[arg-type]  # by keyword
    assert caught.value.step == step, caught.value.reason
    assert caught.value.diagnostics
    return caught.value
