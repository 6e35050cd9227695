"""Prepares, writes and commits a readiness file; headless, so that command line and coach do the same.

What is signed is the tree of the commit still to be made: HEAD with exactly the record files of `.shipworthy/` as they
lie on disk. Anything else that differs from HEAD is refused, because the signature would not cover what was examined.
The commit is made from those very bytes without running hooks: a hook that rewrites a file would break the signature.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from shipworthy import __version__
from shipworthy.checklist.policy import Policy
from shipworthy.git import Git
from shipworthy.model import Assessment, Verdict
from shipworthy.project import Project
from shipworthy.readiness import dsse, rules, sshsig
from shipworthy.readiness.allowed import (
    REVOKED_FILE,
    SIGNERS_FILE,
    BadSigners,
    Signers,
    parse_revoked,
    parse_signers,
    signers,
)
from shipworthy.readiness.answers import BadTrust, CouldNotEvaluate
from shipworthy.readiness.answers import NotReadyToSign as NotReadyToSign
from shipworthy.readiness.answers import Refused as Refused
from shipworthy.readiness.apart import commit_tree
from shipworthy.readiness.commit import command_for, commit_files
from shipworthy.readiness.context import is_environment, repository_name
from shipworthy.readiness.merge import predicted_tree, quarantine
from shipworthy.readiness.records import MAX_RECORD, RECORDS, Change, changes, refuse_unclean, uncovered
from shipworthy.readiness.replace import replace
from shipworthy.readiness.signers import Signer
from shipworthy.readiness.statement import Statement, dump, parse, state
from shipworthy.readiness.tree import FOLDER, Objects, Snapshot, readiness_names, snapshot, source_tree
from shipworthy.readiness.trust import JUDGED, TrustRoot, read_trust
from shipworthy.text import visible

MAX_PAYLOAD = 700 * 1024
"""So that its envelope, in base64 and with signatures, stays below the 1 MiB a verifier reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """Exactly what will be signed, and what the commit will contain."""

    root: Path
    head: str
    snapshot: Snapshot
    environment: str
    statement: Statement
    payload: bytes
    changes: tuple[Change, ...]
    uncovered: tuple[str, ...]
    """In words, what the signature does not cover."""
    approvers: int = 0
    """How many other people have to sign before it counts."""
    merged: bool = False
    """The tree is that of a merge still to come."""
    unlisted: bool = False
    """There is a list of who may sign, and this key is not on it as the author's."""

    @property
    def pae(self) -> bytes:
        """The bytes to hand to the signer, for the namespace `rules.AUTHOR`."""
        return dsse.pae(dsse.PAYLOAD_TYPE, self.payload)

    @property
    def files(self) -> tuple[str, ...]:
        """Paths from the root that signing writes."""
        own = [change.name for change in self.changes if change.written]
        return tuple(f"{FOLDER}/{name}" for name in (*own, *readiness_names(self.environment)))

    @property
    def records(self) -> tuple[str, ...]:
        """Paths from the root of the other files that have to be in the same commit."""
        return tuple(f"{FOLDER}/{change.name}" for change in self.changes if not change.written)

    @property
    def message(self) -> str:
        """The commit's message."""
        return f"Sign the {self.environment} readiness file"

    @property
    def commit_command(self) -> str:
        """What a person types to make the same commit."""
        names = [path.removeprefix(f"{FOLDER}/") for path in (*self.records, *self.files)]
        return command_for(tuple(names), self.message)


def prepare(
    project: Project,
    assessment: Assessment,
    policy: Policy,
    environment: str,
    signer: Signer,
    now: datetime,
    *,
    ref: str | None = None,
    base: str | None = None,
    merged: bool = False,
    repo: str | None = None,
) -> Preparation:
    """Everything up to the signature.

    `base`: a full ref whose policy and signers it will be judged by; None: those of the commit itself. `ref` (full):
    where it will be deployed from; by default the base's branch, the remote's default branch, or the current one.
    `repo`: by default what the base's remote, or `origin`, is called on its host; else the folder's name.
    `merged`: sign the tree that merging the commit into the base will have, which `assessment` has to be about.
    Raises Refused (NotReadyToSign where the verdict is why), GitError, MissingObject, OddTree.
    """
    if not is_environment(environment):
        raise Refused(f"{visible(environment, 60)} cannot be an environment's name", "Use small letters and digits.")
    # Where there is no policy yet, the one that signing writes will name it.
    if environment not in policy.environments and policy.digest != Policy().digest:
        raise Refused(
            f"the policy names the environment {', '.join(policy.environments)}, not {visible(environment, 60)}",
            f"Add it to environments in {FOLDER}/policy.toml.",
        )
    if assessment.verdict is not Verdict.READY:
        count = len(assessment.open)
        raise NotReadyToSign(
            f"NOT READY: {count} required item{'' if count == 1 else 's'} open", "See them with: shipworthy check"
        )
    git = project.git
    if git is None:
        raise Refused("not a git repository: there is no tree to sign", "Run: git init, then commit your files.")
    head = refuse_unclean(git, project, assessment, environment)
    found = snapshot(Objects(git), head)
    written = changes(project.root, found, policy, assessment, environment, guess=base is None)
    data = {change.name: change.data for change in written}
    judged = {name: data[name] if name in data else found.record(name, MAX_RECORD) for name in JUDGED}
    try:
        root = TrustRoot() if base is None else TrustRoot.from_base(base)
        trusted = None if base is None else read_trust(git, found.objects, root, found)
        policy_bytes = judged["policy.toml"] if trusted is None else trusted.policy_bytes
        force = rules.in_force(policy_bytes, judged["checklist.toml"])
        held = None if trusted is None else rules.in_force(trusted.policy_bytes, trusted.checklist_bytes)
        known = trusted.signers if trusted else _signers(judged, force.policy)
    except (rules.NotReady, BadTrust, BadSigners, CouldNotEvaluate) as error:
        raise Refused(str(error), error.diagnostics) from error
    if force.checklist != assessment.checklist or force.profile != assessment.profile:
        raise Refused("policy or checklist is not the one it was examined under", "Examine and sign again.")
    author = git.answer("config", "user.email")
    if not author or not git.answer("config", "user.name"):
        raise Refused("git does not know who you are", "Run: git config user.email YOU@EXAMPLE.ORG (and user.name)")
    statement = state(
        assessment,
        tree=_merged_tree(project.root, found, data, root.base, force.policy)
        if merged
        else source_tree(found, force.policy.environments, data),
        repo=repo or repository_name(git, root.remote) or project.name,
        ref=ref or root.branch or target(git),
        environment=environment,
        tool_version=__version__,
        policy_digest=force.policy.digest,
        author=author,
        author_key=signer.fingerprint,
        issued=now,
        expires=now + timedelta(days=force.policy.expiry_days),
    )
    payload = dump(statement)
    if len(payload) > MAX_PAYLOAD:
        raise Refused(
            f"the statement is longer than {MAX_PAYLOAD // 1024:,} KiB", "Fix some findings before waiving the rest."
        )
    try:
        # Read back as a verifier will, so that nothing is signed that would be refused.
        parsed = parse(payload)
        by = rules.expected(parsed, force, known)
        rules.judge(parsed, force, by, environment, now)
        if held is not None:
            rules.check_required(parsed, held, by, now)
    except rules.NotReady as error:
        raise NotReadyToSign(str(error), error.diagnostics) from error
    except dsse.Malformed as error:
        raise Refused(f"the statement would not be accepted: {error}", "This is a bug, please report it.") from error
    return Preparation(
        root=project.root, head=head, snapshot=found, environment=environment, statement=statement, payload=payload,
        changes=written, uncovered=uncovered(project), approvers=force.approvers,
        merged=merged, unlisted=bool(known.lines) and not _listed(known, author, signer.fingerprint),
    )  # fmt: skip


def _merged_tree(
    root: Path, found: Snapshot, data: Mapping[str, bytes | None], base: str | None, policy: Policy
) -> str:
    """The source tree of the merge of the commit still to be made into the base; nothing is written here for it."""
    if base is None:
        raise Refused("a merge into what?", "--predict-merge needs --base, the branch to merge into.")
    with quarantine(Git(root), root) as git, tempfile.TemporaryDirectory(prefix="shipworthy-") as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        git.run("read-tree", found.commit, env=index)
        for name, held in data.items():
            path = f"{FOLDER}/{name}"
            if held is None:
                git.run("update-index", "--force-remove", path, env=index)
                continue
            blob = git.run("hash-object", "-w", "--stdin", "--no-filters", stdin=held).decode("ascii").strip()
            git.run("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", env=index)
        tree = git.run("write-tree", env=index).decode("ascii").strip()
        objects = Objects(git)
        onto = objects.commit(base)
        try:
            merged = predicted_tree(git, onto, commit_tree(git, tree, found.commit))
        except CouldNotEvaluate as error:
            raise Refused(str(error), error.diagnostics) from error
        return source_tree(snapshot(objects, found.commit, merged), policy.environments)


def target(git: Git) -> str:
    """The full ref a commit made here is for: the remote's default branch, else the current one, else HEAD.

    A clone knows the default branch; where a fetch alone made the remote's refs, main and then master is taken for it.
    """
    prefix = "refs/remotes/origin/"
    remote = git.answer("symbolic-ref", "-q", f"{prefix}HEAD") or ""
    for name in (remote, f"{prefix}main", f"{prefix}master"):
        if name.startswith(prefix) and git.answer("rev-parse", "--verify", "-q", name):
            return f"refs/heads/{name.removeprefix(prefix)}"
    return git.answer("symbolic-ref", "-q", "HEAD") or "HEAD"


def _signers(judged: Mapping[str, bytes | None], policy: Policy) -> Signers:
    return signers(
        parse_signers(judged[SIGNERS_FILE] or b""), parse_revoked(judged[REVOKED_FILE] or b""), dict(policy.people)
    )


def _listed(known: Signers, author: str, fingerprint: str) -> bool:
    """Whether this key may sign as this author; revoked keys may not."""
    lines = [line for line in known.of(fingerprint) if rules.AUTHOR in line.roles]
    return fingerprint not in known.revoked and known.person(author) in {known.person(each.principal) for each in lines}


def envelope(preparation: Preparation, armored: str) -> bytes:
    """The envelope's bytes. Raises Refused unless the signature is valid, by the author's key, over this payload."""
    try:
        signed = sshsig.verify(armored, preparation.pae, rules.AUTHOR)
    except sshsig.BadSignature as error:
        raise Refused(f"the signature that was made is not valid: {error}", "Sign again, or with --key.") from error
    if signed.fingerprint != preparation.statement.author_key:
        raise Refused("the signature was made with another key than the one named", "Sign again.")
    return dsse.dump(
        dsse.Envelope(
            payload_type=dsse.PAYLOAD_TYPE,
            payload=preparation.payload,
            signatures=(dsse.EnvelopeSignature(keyid=signed.fingerprint, sig=armored.encode("ascii")),),
        )
    )


def _files(preparation: Preparation, armored: str) -> dict[str, bytes]:
    payload, signed = readiness_names(preparation.environment)
    return {payload: preparation.payload, signed: envelope(preparation, armored)}


def write(preparation: Preparation, armored: str) -> tuple[str, ...]:
    """Writes the readiness files, and the record files that signing adds; their paths from the root. Raises Refused.

    The envelope goes before the payload file: it holds the payload, so whichever of the two a crash leaves old, what
    was signed is not lost. Verification refuses such a pair, and signing again mends it.
    """
    own = {change.name: change.data for change in preparation.changes if change.written and change.data is not None}
    files = own | dict(reversed(_files(preparation, armored).items()))
    try:
        replace(preparation.root / FOLDER, files, sweep=RECORDS)
    except OSError as error:
        raise Refused(
            f"{FOLDER}/ could not be written: {error.strerror}", "Make it a folder you may write to, not a link."
        ) from error
    return preparation.files


def commit(preparation: Preparation, armored: str) -> str:
    """Makes the commit of exactly the listed files, as the person git names, signed where git is set to; its full id.

    No hook runs. Raises Refused and leaves HEAD alone where HEAD or a file is no longer what was signed; GitError.
    """
    wanted: dict[str, bytes | None] = {change.name: change.data for change in preparation.changes}
    wanted |= _files(preparation, armored)
    return commit_files(preparation.root, preparation.snapshot, wanted, preparation.message)
