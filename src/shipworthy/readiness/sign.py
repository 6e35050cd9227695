"""Prepares, writes and commits a readiness file; headless, so that command line and coach do the same.

What is signed is the tree of the commit still to be made: HEAD with exactly the record files of `.shipworthy/` as they
lie on disk. Anything else that differs from HEAD is refused, because the signature would not cover what was examined.
The commit is made from those very bytes without running hooks: a hook that rewrites a file would break the signature.
"""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from shipworthy import __version__
from shipworthy.checklist.policy import Policy
from shipworthy.git import Git, GitError
from shipworthy.model import Assessment, Verdict
from shipworthy.project import Missing, Project, Unreadable, read_file
from shipworthy.readiness import dsse, rules, sshsig
from shipworthy.readiness.context import is_environment, repository_name
from shipworthy.readiness.replace import leftover, replace
from shipworthy.readiness.signers import Signer
from shipworthy.readiness.statement import Statement, dump, parse, state
from shipworthy.readiness.tree import FOLDER, Objects, Snapshot, readiness_names, snapshot, source_tree
from shipworthy.text import visible

RECORDS = (
    "policy.toml", "decisions.toml", "keys.toml", "remarks.toml", "checklist.toml", "allowed_signers", "revoked_keys",
    ".gitattributes",
)  # fmt: skip
"""The files of `.shipworthy/` that a commit made for signing may contain, beside the readiness files."""
MAX_RECORD = 1024 * 1024
MAX_PAYLOAD = 700 * 1024
"""So that its envelope, in base64 and with signatures, stays below the 1 MiB a verifier reads."""
COMMIT_SECONDS = 120.0
"""How long making the commit may take, signing it with the person's own key included."""
_ATTRIBUTES = b"* -text\n"
_UNDER_WAY = {
    "MERGE_HEAD": "a merge", "CHERRY_PICK_HEAD": "a cherry-pick", "REVERT_HEAD": "a revert",
    "rebase-merge": "a rebase", "rebase-apply": "a rebase", "BISECT_LOG": "a bisect",
}  # fmt: skip
_RUNS_PROGRAM = r"^gpg\.(.*\.)?(program|defaultkeycommand)$"


class Refused(Exception):
    """It cannot be signed or committed as things are: why, and in `diagnostics` what to do."""

    def __init__(self, message: str, diagnostics: str = "") -> None:
        super().__init__(message)
        self.diagnostics = diagnostics


class NotReadyToSign(Refused):
    """The verdict is NOT READY, or it would not survive verification."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A record file that the commit will contain with other bytes than HEAD has."""

    name: str
    """Below `.shipworthy/`."""
    data: bytes | None
    """None: the file is gone."""
    word: str
    """`new`, `changed` or `removed`."""
    written: bool = False
    """Signing itself writes it; the person did not."""


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
        """What a person types to make the same commit. Every path is one of ours, so nothing needs quoting."""
        paths = " ".join((*self.records, *self.files))
        return f'git add -f -- {paths} && git commit -m "{self.message}" -- {paths}'


def prepare(
    project: Project,
    assessment: Assessment,
    policy: Policy,
    environment: str,
    signer: Signer,
    now: datetime,
    *,
    ref: str | None = None,
) -> Preparation:
    """Everything up to the signature. `ref` (full) defaults to the current branch.

    Raises Refused (NotReadyToSign where the verdict is why), GitError, MissingObject, OddTree.
    """
    if not is_environment(environment):
        raise Refused(f"{visible(environment, 60)} cannot be an environment's name", "Use small letters and digits.")
    if assessment.verdict is not Verdict.READY:
        count = len(assessment.open)
        raise NotReadyToSign(
            f"NOT READY: {count} required item{'' if count == 1 else 's'} open", "See them with: shipworthy check"
        )
    git = project.git
    if git is None:
        raise Refused("not a git repository: there is no tree to sign", "Run: git init, then commit your files.")
    head = _refuse_unclean(git, project, assessment, environment)
    found = snapshot(Objects(git), head)
    changes = _changes(project.root, found, policy, assessment, environment)
    data = {change.name: change.data for change in changes}
    policy_bytes, checklist_bytes = (
        data[name] if name in data else found.record(name, MAX_RECORD) for name in ("policy.toml", "checklist.toml")
    )
    try:
        force = rules.in_force(policy_bytes, checklist_bytes)
    except rules.NotReady as error:
        raise Refused(str(error), error.diagnostics) from error
    if force.checklist != assessment.checklist or force.profile != assessment.profile:
        raise Refused("policy or checklist is not the one it was examined under", "Examine and sign again.")
    author = git.answer("config", "user.email")
    if not author or not git.answer("config", "user.name"):
        raise Refused("git does not know who you are", "Run: git config user.email YOU@EXAMPLE.ORG (and user.name)")
    statement = state(
        assessment,
        tree=source_tree(found, [environment], data),
        repo=repository_name(git) or project.name,
        ref=ref or git.answer("symbolic-ref", "-q", "HEAD") or "HEAD",
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
        rules.judge(parse(payload), force, environment, now)
    except rules.NotReady as error:
        raise NotReadyToSign(str(error), error.diagnostics) from error
    except dsse.Malformed as error:
        raise Refused(f"the statement would not be accepted: {error}", "This is a bug, please report it.") from error
    return Preparation(
        root=project.root, head=head, snapshot=found, environment=environment, statement=statement, payload=payload,
        changes=changes, uncovered=_uncovered(project),
    )  # fmt: skip


def _refuse_unclean(git: Git, project: Project, assessment: Assessment, environment: str) -> str:
    """HEAD's full id. Raises Refused unless HEAD with the record files is what was examined."""
    top = git.answer("rev-parse", "--show-toplevel")
    if top is None or Path(top).resolve() != project.root.resolve():
        raise Refused(f"{project.root} is not the top of its repository", "Sign the repository, not a folder in it.")
    head = git.answer("rev-parse", "--verify", "-q", "HEAD^{commit}")
    if head is None:
        raise Refused("there is no commit yet", "Commit your files first.")
    if head != assessment.commit:
        raise Refused("HEAD moved while it was examined", "Examine and sign again.")
    for name, what in _UNDER_WAY.items():
        if (project.root / git.text("rev-parse", "--git-path", name)).exists():
            raise Refused(f"{what} is under way", "Finish or abort it first.")
    tagged = git.run("ls-files", "-v", "-z").decode("utf-8", "surrogateescape").split("\0")
    hidden = [row[2:] for row in tagged if row and (row[0].islower() or row[0] == "S")]
    if hidden:
        raise Refused(
            f"git is told not to look at {_some(hidden)} (assume-unchanged or skip-worktree)",
            "Undo it: git update-index --no-assume-unchanged --no-skip-worktree PATH; end a sparse checkout.",
        )
    allowed = {f"{FOLDER}/{name}" for name in RECORDS}
    allowed |= {f"{FOLDER}/{name}" for name in readiness_names(environment)}
    raw = git.run(
        "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=dirty"
    )
    rows = raw.decode("utf-8", "surrogateescape").split("\0")
    # What a crash left behind is no part of the tree, and the next write takes it away.
    strays = {f"?? {FOLDER}/{leftover(name)}" for name in (*RECORDS, *readiness_names(environment))}
    dirty = [row[3:] for row in rows if row and row not in strays and (row[3:] not in allowed or _unmerged(row[:2]))]
    if dirty:
        raise Refused(f"{_some(dirty)} differs from HEAD", "Commit it, or put it away, or ignore it (.gitignore).")
    return head


def _unmerged(status: str) -> bool:
    return "U" in status or status in ("AA", "DD")


def _some(paths: list[str]) -> str:
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return visible(paths[0], 120) + more


def _changes(
    root: Path, found: Snapshot, policy: Policy, assessment: Assessment, environment: str
) -> tuple[Change, ...]:
    """What the commit has to contain for its record files to be the ones on disk, and those that signing adds."""
    changes: list[Change] = []
    for name in RECORDS:
        held = found.record(name, MAX_RECORD)
        wanted = on_disk = _on_disk(root, name)
        if name == "policy.toml":
            wanted = _policy(on_disk, policy, assessment, environment)
        if name == ".gitattributes":
            wanted = on_disk or b""
            if _ATTRIBUTES.strip() not in wanted.splitlines():
                wanted += (b"" if wanted.endswith(b"\n") or not wanted else b"\n") + _ATTRIBUTES
        if wanted != held:
            word = "removed" if wanted is None else "new" if held is None else "changed"
            changes.append(Change(name=name, data=wanted, word=word, written=wanted != on_disk))
    return tuple(changes)


def _on_disk(root: Path, name: str) -> bytes | None:
    try:
        return read_file(root, f"{FOLDER}/{name}", MAX_RECORD)
    except Missing:
        return None
    except Unreadable as error:
        raise Refused(f"{FOLDER}/{name}: {error}", "Make it an ordinary, readable file.") from error


def _policy(data: bytes | None, policy: Policy, assessment: Assessment, environment: str) -> bytes:
    """The policy's bytes, with what was used where it does not say so itself: a verifier guesses nothing."""
    if data is not None and (policy.profile is not None or assessment.profile == rules.PROFILE):
        return data
    said = f'profile = "{assessment.profile}"\n'
    if data is not None:
        return said.encode() + data
    if environment != policy.environment:
        said += f'environment = "{environment}"\n'
    return f'{said}checklist = "{policy.checklist}"\n'.encode()


def _uncovered(project: Project) -> tuple[str, ...]:
    notes = ["files git ignores"]
    modules = [entry for entry in project.files.values() if entry.problem and "submodule" in entry.problem]
    if modules:
        notes.append(f"the contents of {_some([entry.path for entry in modules])} (submodule)")
    with contextlib.suppress(Unreadable):
        if ".gitattributes" in project.files and b"filter=lfs" in project.read(".gitattributes"):
            notes.append("the contents of files kept in LFS")
    return tuple(notes)


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
    git, objects = Git(preparation.root), preparation.snapshot.objects
    wanted: dict[str, bytes | None] = {change.name: change.data for change in preparation.changes}
    wanted |= _files(preparation, armored)
    for name, data in wanted.items():
        if _on_disk(preparation.root, name) != data:
            raise Refused(f"{FOLDER}/{name} changed since it was signed", "Sign again.")
    options = _commit_signing(git)
    rows = b""
    for name, data in wanted.items():
        mode, oid = ("0", "0" * len(preparation.head)) if data is None else ("100644", objects.oid("blob", data))
        if data is not None:
            git.run("hash-object", "-w", "--stdin", "--no-filters", stdin=data)
        rows += f"{mode} {oid}\t{FOLDER}/{name}\0".encode()
    with tempfile.TemporaryDirectory(prefix="shipworthy-") as folder:
        env = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        git.run("read-tree", preparation.head, env=env)
        git.run("update-index", "-z", "--index-info", stdin=rows, env=env)
        tree = git.run("write-tree", "--missing-ok", env=env).decode("ascii").strip()
    if tree != preparation.snapshot.edited(wanted):
        raise Refused("the commit would not be the one that was signed", "Sign again.")
    made = git.run(
        "commit-tree",
        tree,
        "-p",
        preparation.head,
        *options,
        stdin=preparation.message.encode(),
        timeout=COMMIT_SECONDS,
    )
    new = made.decode("ascii").strip()
    # The index first: should it be locked, HEAD has not moved yet.
    git.run("update-index", "-z", "--index-info", stdin=rows)
    try:
        git.run("update-ref", "-m", f"commit: {preparation.message}", "HEAD", new, preparation.head)
    except GitError as error:
        raise Refused(f"HEAD moved meanwhile: {error}", "Sign again.") from error
    return new


def _commit_signing(git: Git) -> list[str]:
    """`-S` where the person's git signs commits. A signing program that the repository itself names is not run."""
    if git.answer("config", "--type=bool", "--get", "commit.gpgsign") != "true":
        return []
    if git.answer("config", "--local", "--name-only", "--get-regexp", _RUNS_PROGRAM):
        raise Refused("the repository's own configuration names a program to sign with", "Make the commit yourself.")
    return ["-S"]
