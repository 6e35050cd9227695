"""Signing as the coach and the command line do it: what an examination says, with the person's key, as a commit."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shipworthy.assess.signing import SessionError, Signed, SigningPlan
from shipworthy.checklist.policy import Policy
from shipworthy.git import GitError
from shipworthy.home import home
from shipworthy.model import Assessment
from shipworthy.project import Project, ProjectError
from shipworthy.readiness import rules
from shipworthy.readiness import sign as readiness
from shipworthy.readiness.keys import Keyring
from shipworthy.readiness.passphrases import KeyringUnavailable
from shipworthy.readiness.signers import KeyFile, KeyProblem, Signer
from shipworthy.readiness.tree import MissingObject, OddTree


class NoKey(SessionError):
    """There is no key to sign with; one can be generated."""


class Passphrase:
    """Answers the key's question once the person typed something; asked before, it says so."""

    def __init__(self) -> None:
        self.typed: str | None = None

    def __call__(self, question: str) -> str | None:
        return self.typed


@dataclass(slots=True)
class Prepared:
    """What was shown and is waiting for a signature or a commit."""

    preparation: readiness.Preparation
    signer: Signer
    passphrase: Passphrase
    armored: str | None = None

    @property
    def payload(self) -> bytes:
        return self.preparation.payload


def keys_of(root: Path, passphrase: Passphrase) -> Keyring:
    """Where a person's keys are looked for; a key's question gets `passphrase`."""
    return Keyring(repository=root, home=home(), environment=dict(os.environ), ask=passphrase)


def plan(
    assessment: Assessment, root: Path, policy: Policy, key: str | None, now: datetime
) -> tuple[SigningPlan, Prepared]:
    """What would be signed, and what is needed to do it. Raises SessionError, NoKey."""
    passphrase = Passphrase()
    keyring = keys_of(root, passphrase)
    try:
        signer = keyring.choose(key)
    except KeyProblem as error:
        raise NoKey(str(error), error.diagnostics) from error
    try:
        preparation = readiness.prepare(Project.open(root), assessment, policy, policy.environment, signer, now)
    except (readiness.Refused, ProjectError) as error:
        raise SessionError(str(error), error.diagnostics) from error
    except (GitError, MissingObject, OddTree) as error:
        raise SessionError(f"git could not tell what to sign: {error}", "Repair the repository: git fsck") from error
    shown = SigningPlan(
        assessment=assessment,
        payload=preparation.payload,
        files=preparation.files,
        records=preparation.records,
        key_label=signer.label,
        key_fingerprint=signer.fingerprint,
        key_place=signer.place,
        needs_passphrase=asks_passphrase(signer),
    )
    return shown, Prepared(preparation=preparation, signer=signer, passphrase=passphrase)


def asks_passphrase(signer: Signer) -> bool:
    """Whether a person has to type the passphrase: it is neither in the variable nor, fitting, in the keyring."""
    return signer.needs_passphrase and not (isinstance(signer, KeyFile) and signer.opens_silently)


def make_key(root: Path, passphrase: str, comment: str) -> str:
    """Generate shipworthy's own key under a passphrase; its fingerprint. Raises SessionError."""
    keyring = keys_of(root, Passphrase())
    try:
        keyring.generate(passphrase, comment)
        return keyring.choose("shipworthy").fingerprint
    except KeyProblem as error:
        raise SessionError(str(error), error.diagnostics) from error


def keep_passphrase(root: Path, fingerprint: str, passphrase: str) -> None:
    """Keep the passphrase of shipworthy's own key in the desktop's keyring, so that signing asks no more.

    May wait for the keyring's own prompt. Raises SessionError: it is not kept, and what else can be done.
    """
    try:
        keys_of(root, Passphrase()).keep(fingerprint, passphrase)
    except KeyringUnavailable as error:
        raise SessionError(f"the passphrase is not kept: {error}", error.diagnostics) from None


def sign(prepared: Prepared, passphrase: str | None) -> Signed:
    """Sign and write. Raises SessionError and writes nothing where the key says no."""
    prepared.passphrase.typed = passphrase
    try:
        prepared.armored = prepared.signer.sign(prepared.preparation.pae, rules.AUTHOR)
        files = readiness.write(prepared.preparation, prepared.armored)
    except (KeyProblem, readiness.Refused) as error:
        raise SessionError(str(error), error.diagnostics) from error
    finally:
        prepared.passphrase.typed = None
    return Signed(
        files=files,
        fingerprint=prepared.signer.fingerprint,
        commit_command=prepared.preparation.commit_command,
    )


def commit(prepared: Prepared) -> str:
    """Make exactly the commit that was signed for; its full id. Raises SessionError."""
    if prepared.armored is None:
        raise SessionError("nothing was signed yet", "Sign first.")
    try:
        return readiness.commit(prepared.preparation, prepared.armored)
    except readiness.Refused as error:
        raise SessionError(str(error), error.diagnostics) from error
    except GitError as error:
        raise SessionError(f"git could not make the commit: {error}", prepared.preparation.commit_command) from error
