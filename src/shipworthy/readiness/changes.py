"""What changed since a sign-off, sorted as a person reads it: what people say, then what turned, then the rest."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from shipworthy import __version__
from shipworthy.checklist.policy import Policy
from shipworthy.git import Git
from shipworthy.model import Assessment, Checklist, OutcomeKind
from shipworthy.readiness.answers import NoReadinessFile, Refused
from shipworthy.readiness.compare import (
    MACHINE,
    Comparison,
    ItemChange,
    SignOff,
    compare,
    compared,
    last_sign_off,
)
from shipworthy.readiness.drift import critical
from shipworthy.readiness.records import on_disk
from shipworthy.readiness.rules import CLOCK_SKEW
from shipworthy.readiness.statement import StatedItem, Statement, state
from shipworthy.readiness.tree import FOLDER, Objects, readiness_names, snapshot
from shipworthy.readiness.trust import MAX_BYTES, Trusted, TrustRoot, read_trust
from shipworthy.settle import self_settled
from shipworthy.text import plural, visible

_OUTCOME = "outcome"
_SHALLOW = "This clone is shallow, so a sign-off further back is not seen. Fetch it: git fetch --unshallow"


class Changes(NamedTuple):
    """A comparison, sorted. Each item that differs stands in one or more of the groups, or is counted in `quiet`."""

    found: Comparison
    claims: tuple[ItemChange, ...]
    """What a person says about the item: what is new, then what has ended, then what reads otherwise."""
    opened: tuple[ItemChange, ...]
    """Settled then, open now."""
    settled: tuple[ItemChange, ...]
    """Open then, settled now."""
    others: tuple[ItemChange, ...]
    """New or gone, or another answer of the machine that settles as much as before."""
    quiet: int
    """How many have the same answer from other evidence."""
    critical: frozenset[str]
    """Those of the changed paths that no policy lets change without a new sign-off."""
    titles: Mapping[str, str]
    """Item id -> title; an item that the checklist in force does not have is missing."""
    accepted: str
    """Whose signatures make the earlier one count here, in words."""
    now: str
    """What the earlier one is compared with, in words."""
    ended: Mapping[str, str] = {}
    """Item id -> why what was said about it counts no longer, where that is known."""
    notes: tuple[str, ...] = ()
    """What is not in the comparison, and why."""

    @property
    def nothing(self) -> bool:
        """Whether nothing at all is known to have changed, and everything could be compared."""
        found = self.found
        return not (found.items or found.terms or found.inventories or self.notes) and found.paths == ()


def sort(
    found: Comparison,
    checklist: Checklist,
    policies: Iterable[Policy],
    *,
    accepted: str,
    now: str,
    ended: Mapping[str, str] | None = None,
    notes: Iterable[str] = (),
) -> Changes:
    """Puts what differs into groups; a path is critical where any of `policies` says so."""
    decides = {item.id: item.decides for item in checklist.items}

    def green(item: StatedItem | None) -> bool:
        if item is None:
            return False
        if item.said is not None:
            return True
        if item.id in decides:
            return self_settled(decides[item.id], item.outcome)
        return item.outcome in (OutcomeKind.PASS, OutcomeKind.NOT_APPLICABLE)

    claims: list[ItemChange] = []
    opened: list[ItemChange] = []
    settled: list[ItemChange] = []
    others: list[ItemChange] = []
    quiet = 0
    for each in found.items:
        was, is_now = each.before, each.after
        said = [name for name in each.fields if name not in (_OUTCOME, MACHINE)]
        one_side = was is None or is_now is None
        if said or (one_side and ((was and was.said) or (is_now and is_now.said))):
            claims.append(each)
        if not one_side and green(was) != green(is_now):
            (settled if green(is_now) else opened).append(each)
        elif one_side or _OUTCOME in each.fields:
            others.append(each)
        quiet += each.quiet
    paths = found.paths or ()
    joined = Policy(critical=tuple(dict.fromkeys(glob for each in policies for glob in each.critical)))
    return Changes(
        found=found, claims=tuple(sorted(claims, key=_new_first)), opened=tuple(opened), settled=tuple(settled),
        others=tuple(others),
        quiet=quiet, critical=frozenset(path for path in paths if critical([path], joined)),
        titles={item.id: item.title for item in checklist.items}, accepted=accepted, now=now, ended=ended or {},
        notes=tuple(notes),
    )  # fmt: skip


def _new_first(each: ItemChange) -> int:
    if each.before is None or each.before.said is None:
        return 0
    return 1 if each.after is None or each.after.said is None else 2


def since_sign_off(root: Path, assessment: Assessment, policy: Policy, base: str | None, now: datetime) -> Changes:
    """What an examination finds here and now, compared with the last sign-off of the policy's first environment.

    `base`: a full ref that says whose signatures it takes; None: the signature of the author it names suffices.
    Raises Refused where there is nothing to compare with, BadTrust, CouldNotEvaluate and NotReady where who may sign
    cannot be read, GitError, MissingObject, OddTree.
    """
    git, environment = _top(root), policy.environment
    objects = Objects(git)
    head = git.answer("rev-parse", "--verify", "-q", "HEAD^{commit}")
    if head is None:
        raise Refused("there is no commit yet, so nothing was ever signed off", "Commit your files first.")
    here = snapshot(objects, head)
    trusted = None if base is None else read_trust(git, objects, TrustRoot.from_base(base), here)
    commits = (head, trusted.base.commit) if trusted and trusted.base else (head,)
    # As late as a file may be issued that a verifier takes.
    present = _present(assessment, policy, now + CLOCK_SKEW)
    last = last_sign_off(git, objects, commits, present, trusted)
    if last is None:
        raise _none(git, objects, commits, present, trusted)
    before = last.statement
    after = replace(
        present, tree=before.tree, repo=before.repo, ref=before.ref, author=before.author, author_key=before.author_key,
        expires=before.expires, inventories=before.inventories,
    )  # fmt: skip
    shallow = _shallow(git)
    paths, why = None, f"no commit here holds the files that were signed then{'. ' + _SHALLOW if shallow else ''}"
    if last.source is not None:
        paths, why = _changed_here(git, last.source, environment), ""
    notes = list(_notes(git, root, environment, here.record(readiness_names(environment)[1], MAX_BYTES)))
    if trusted is not None:
        newer = last_sign_off(git, objects, commits, present, None)
        if newer is not None and newer.statement.issued > before.issued:
            said = newer.statement
            notes.append(
                f"A newer file, signed by {said.author} on {said.issued:%Y-%m-%d %H:%M} UTC, is not accepted: "
                f"it is without all the signatures that {_short(trusted.root.base or '')} asks for."
            )
    if before.expires < now:
        notes.append(f"That sign-off ended on {before.expires:%Y-%m-%d}: it lets nothing be deployed any more.")
    if before.inventories:
        notes.append("The lists that were signed for are compared at the next signing.")
    ended = {each.item.id: each.note for each in assessment.results if each.note}
    dirty = f" and {plural(len(assessment.dirty), 'changed file')}" if assessment.dirty else ""
    return sort(
        compare(before, after, commit=last.commit, paths=paths, why_no_paths=why),
        assessment.checklist,
        [policy, *([trusted.policy] if trusted else [])],
        accepted=_accepted(trusted),
        now=f"what is here now: commit {head[:7]}{dirty}",
        ended=ended,
        notes=notes,
    )  # fmt: skip


def between_sign_offs(root: Path, checklist: Checklist, policy: Policy) -> Changes:
    """The signed file that lies here compared with the sign-off before it, as `shipworthy diff` does.

    Raises Refused where one of the two is missing, NotReady where one is not what its author signed, GitError,
    MissingObject, OddTree.
    """
    git = _top(root)
    try:
        found = compared(root, policy.environment, None)
    except NoReadinessFile as error:
        advice = _SHALLOW if _shallow(git) else "Sign once more after a change; then the two can be compared."
        raise Refused(f"one of the two is missing: {error}", advice) from error
    after = found.after
    return sort(
        found, checklist, [policy], accepted="signed by its author; who else must sign is not asked",
        now=f"the file signed on {after.issued:%Y-%m-%d %H:%M} UTC by {after.author}",
        notes=[_SHALLOW] if found.paths is None and _shallow(git) else [],
    )  # fmt: skip


def of_review(found: Comparison, checklist: Checklist, policy: Policy, base: str | None) -> Changes:
    """What a file under review changes, for the one who reviews it."""
    after = found.after
    whose = f"signed as {_short(base)} asks" if base else "signed with keys you trust"
    return sort(
        found, checklist, [policy], accepted=whose,
        now=f"the file under review, signed on {after.issued:%Y-%m-%d %H:%M} UTC by {after.author}",
    )  # fmt: skip


def _top(root: Path) -> Git:
    """git at the top of its repository. Raises Refused elsewhere."""
    git = Git(root)
    top = git.answer("rev-parse", "--show-toplevel")
    if top is None:
        raise Refused(
            "this folder is not in a git repository, so nothing was ever signed off",
            "Sign-offs are commits: git init, commit your files, then sign with s.",
        )
    if os.path.realpath(top) != os.path.realpath(root):
        raise Refused(
            f"sign-offs are about a whole repository, and this is a folder in it: {visible(root.name, 120)}",
            "Open the coach at the top of the repository.",
        )
    return git


def _present(assessment: Assessment, policy: Policy, issued: datetime) -> Statement:
    """What would be stated now; the fields that only a signature gives are empty."""
    return state(
        assessment, tree="", repo="", ref="", environment=policy.environment, tool_version=__version__,
        policy_digest=policy.digest, author="", author_key="", issued=issued, expires=issued,
    )  # fmt: skip


def _shallow(git: Git) -> bool:
    return git.answer("rev-parse", "--is-shallow-repository") == "true"


def _short(base: str) -> str:
    return base.removeprefix("refs/remotes/").removeprefix("refs/heads/")


def _accepted(trusted: Trusted | None) -> str:
    if trusted is None or trusted.root.base is None:
        return "signed by its author; who else must sign is unknown here"
    return f"with every signature that {_short(trusted.root.base)} asks for"


def _none(git: Git, objects: Objects, commits: tuple[str, ...], present: Statement, trusted: Trusted | None) -> Refused:
    """Why there is nothing to compare with, and what to do."""
    name = f"{FOLDER}/{readiness_names(present.environment)[1]}"
    waiting: SignOff | None = None if trusted is None else last_sign_off(git, objects, commits, present, None)
    if waiting is not None and trusted is not None:
        said = waiting.statement
        return Refused(
            f"no sign-off for {present.environment} is accepted yet: the newest file is signed by "
            f"{visible(said.author, 120)} on {said.issued:%Y-%m-%d}, without all that "
            f"{_short(trusted.root.base or '')} asks for",
            "Somebody else has to review and approve it: V here in their clone, or shipworthy review.",
        )
    if _shallow(git):
        return Refused(
            f"no accepted sign-off for {present.environment} is seen in the history that this clone has", _SHALLOW
        )
    return Refused(
        f"there is no sign-off for {present.environment} yet: no commit here has a validly signed {name}",
        "Settle what is open, then press s to sign and commit it. From then on this shows what changed since.",
    )


def _changed_here(git: Git, source: str, environment: str) -> tuple[str, ...]:
    """Paths of the work tree that differ from a commit, new ones too, without the readiness files. Raises GitError."""
    own = {f"{FOLDER}/{name}" for name in readiness_names(environment)}
    # What lies inside a submodule is not looked at: its own configuration could name programs to run.
    raw = git.run("diff", "--name-only", "-z", "--no-renames", "--ignore-submodules=dirty", source, "--")
    raw += git.run("ls-files", "--others", "--exclude-standard", "-z")
    found = raw.decode("utf-8", "surrogateescape").split("\0")
    return tuple(sorted({path for path in found if path and path not in own}))


def _notes(git: Git, root: Path, environment: str, committed: bytes | None) -> Iterable[str]:
    """What a reader of the comparison has to know besides it."""
    name = readiness_names(environment)[1]
    try:
        lying = on_disk(root, name)
    except Refused as error:
        yield str(error)
    else:
        if lying is not None and lying != committed:
            yield f"{FOLDER}/{name} is not committed as it lies here; a sign-off counts once it is committed."
    tagged = git.run("ls-files", "-v", "-z").decode("utf-8", "surrogateescape").split("\0")
    hidden = sum(bool(row) and (row[0].islower() or row[0] == "S") for row in tagged)
    if hidden:
        yield (
            f"git is told not to look at {plural(hidden, 'file')} (assume-unchanged or skip-worktree): "
            "whether they changed cannot be told."
        )
