"""A team's repository: a base that lists who may sign, a branch the author signs, and an approver."""

from __future__ import annotations

import base64
import functools
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pytest
from tests.readiness.signed import AUTHOR, FILES, PLAIN, SIGNED, Key, assess, decision
from tests.support import NOW, git, head, make_repo, template, write

from shipworthy.model import DecisionKind, Result
from shipworthy.project import Project
from shipworthy.readiness import dsse, rules, sign, sshsig
from shipworthy.readiness.allowed import APPROVER
from shipworthy.readiness.allowed import AUTHOR as AUTHORS
from shipworthy.readiness.statement import Statement, dump
from shipworthy.readiness.verify import Asked, NotReady, TrustRoot, Verified, verify

BASE = "refs/remotes/origin/main"
LEAD = "lea@example.org"
POLICY = b'profile = "team"\nchecklist = "demo"\n'
Signature = tuple[Key, str]


def line(address: str, key: Key, *roles: str, options: str = "") -> str:
    """A line of allowed_signers."""
    blob = sshsig.public_blob(key.private)
    return f'{address} namespaces="{",".join(roles)}"{options} ssh-ed25519 {base64.b64encode(blob).decode()}\n'


@dataclass
class Team:
    """`folder`: a clone that stands on the branch `work`; the base is what the remote's main says."""

    folder: Path
    ada: Key = field(default_factory=Key)
    lea: Key = field(default_factory=Key)
    other: Key = field(default_factory=Key)
    """A key nobody lists."""

    @property
    def listed(self) -> str:
        return line(AUTHOR, self.ada, AUTHORS) + line(LEAD, self.lea, AUTHORS, APPROVER)

    def base(self, files: dict[str, str | bytes | None]) -> None:
        """Change the base, and start the branch anew from it."""
        git(self.folder, "checkout", "-q", "main")
        self.commit(files)
        git(self.folder, "update-ref", BASE, "HEAD")
        git(self.folder, "checkout", "-q", "-B", "work")

    def commit(self, files: dict[str, str | bytes | None]) -> str:
        """Commit on the branch that is checked out; None removes a file."""
        for name, data in files.items():
            if data is None:
                (self.folder / name).unlink()
            else:
                write(self.folder, {name: data})
        git(self.folder, "add", "-A", "-f")
        git(self.folder, "commit", "-q", "--allow-empty", "-m", "change")
        return head(self.folder)

    def state(
        self, now: datetime = NOW, change: Callable[[Result], Result] = lambda result: result, base: str | None = None
    ) -> sign.Preparation:
        """What the author would sign now."""

        def read(name: str) -> bytes | None:
            path = self.folder / ".shipworthy" / name
            return path.read_bytes() if path.exists() else None

        policy = read("policy.toml")
        if base is not None:
            policy = git(self.folder, "show", f"{base}:.shipworthy/policy.toml").encode() + b"\n"
        extra = read("checklist.toml")
        force = rules.in_force(policy, extra)
        assessment = assess(self.folder, policy, extra, now=now, profile=force.profile, change=change)
        return sign.prepare(
            Project.open(self.folder), assessment, force.policy, force.policy.environment, self.ada, now, base=base
        )

    def signed(
        self,
        signatures: Sequence[Signature] | None = None,
        *,
        now: datetime = NOW,
        change: Callable[[Result], Result] = lambda result: result,
        base: str | None = None,
        restate: Callable[[Statement], Statement] = lambda statement: statement,
    ) -> Statement:
        """Sign as these keys in these roles (default: author and approver) and commit, as `shipworthy sign` does."""
        preparation = self.state(now, change, base)
        statement = restate(preparation.statement)
        for each in preparation.changes:
            path = self.folder / ".shipworthy" / each.name
            path.unlink(missing_ok=True) if each.data is None else write(path.parent, {each.name: each.data})
        self.put(dump(statement), signatures)
        return statement

    def put(self, payload: bytes, signatures: Sequence[Signature] | None = None, keyids: Sequence[str] = ()) -> None:
        """Commit a payload with these signatures over it."""
        if signatures is None:
            signatures = [(self.ada, AUTHORS), (self.lea, APPROVER)]
        message = dsse.pae(dsse.PAYLOAD_TYPE, payload)
        rows = [
            dsse.EnvelopeSignature(
                keyid=keyids[number] if keyids else key.fingerprint, sig=key.sign(message, role).encode("ascii")
            )
            for number, (key, role) in enumerate(signatures)
        ]
        envelope = dsse.Envelope(payload_type=dsse.PAYLOAD_TYPE, payload=payload, signatures=tuple(rows))
        self.commit({PLAIN: payload, SIGNED: dsse.dump(envelope)})

    def verify(self, now: datetime = NOW, *, base: str = BASE, folder: Path | None = None, **asked: object) -> Verified:
        """As the protected workflow does."""
        return verify(folder or self.folder, TrustRoot.from_base(base), Asked(**asked), now)  # type: ignore[arg-type]  # by keyword

    def refused(self, step: str, says: str = "", now: datetime = NOW, **asked: object) -> NotReady:
        """Verification fails at this step and says this."""
        with pytest.raises(NotReady) as caught:
            self.verify(now, **asked)  # type: ignore[arg-type]  # by keyword
        assert (caught.value.step, says in caught.value.reason) == (step, True), caught.value.reason
        assert caught.value.diagnostics
        return caught.value

    def copy(self, folder: Path) -> Team:
        shutil.copytree(self.folder, folder, symlinks=True)
        return replace(self, folder=folder)


def team(folder: Path, policy: bytes = POLICY) -> Team:
    """A team whose branch `work` is not signed yet."""
    return _team(policy).copy(folder)


@functools.cache
def _team(policy: bytes) -> Team:
    folder = template() / "app"
    made = Team(folder)
    make_repo(folder, {**FILES, ".shipworthy/policy.toml": policy, ".shipworthy/allowed_signers": made.listed})
    git(folder, "config", "user.email", AUTHOR)
    git(folder, "config", "user.name", "Ada")
    git(folder, "update-ref", BASE, "HEAD")
    git(folder, "checkout", "-q", "-b", "work")
    made.commit({"app.py": "print('new')\n"})
    return made


def waived(item: str, by: str, **more: object) -> Callable[[Result], Result]:
    """The item waived by somebody, whatever the machine says."""

    def change(result: Result) -> Result:
        if result.item.id != item:
            return result
        said = decision(item, DecisionKind.WAIVED, by=by, evidence="", findings=("f" * 16,), **more)
        return replace(result, decision=said)

    return change


def envelope(made: Team) -> dict[str, object]:
    """The committed envelope."""
    found = json.loads((made.folder / SIGNED).read_bytes())
    assert isinstance(found, dict)
    return found
