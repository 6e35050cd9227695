"""The record files of a repository: what the commit made for signing contains, and that nothing else differs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from shipworthy.checklist.policy import Policy
from shipworthy.git import Git
from shipworthy.model import Assessment
from shipworthy.project import Missing, Project, Unreadable, read_file
from shipworthy.readiness import rules
from shipworthy.readiness.answers import Refused
from shipworthy.readiness.replace import leftover
from shipworthy.readiness.tree import FOLDER, Snapshot, readiness_names
from shipworthy.text import visible

RECORDS = (
    "policy.toml", "decisions.toml", "secret-exceptions.toml", "keys.toml", "remarks.toml", "checklist.toml",
    "allowed_signers", "revoked_keys", ".gitattributes",
)  # fmt: skip
"""The files of `.shipworthy/` that a commit made for signing may contain, beside the readiness files."""
MAX_RECORD = 1024 * 1024
_ATTRIBUTES = b"* -text\n"
_UNDER_WAY = {
    "MERGE_HEAD": "a merge", "CHERRY_PICK_HEAD": "a cherry-pick", "REVERT_HEAD": "a revert",
    "rebase-merge": "a rebase", "rebase-apply": "a rebase", "BISECT_LOG": "a bisect",
}  # fmt: skip


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


def refuse_unclean(git: Git, project: Project, assessment: Assessment, environment: str) -> str:
    """HEAD's full id. Raises Refused unless HEAD with the record files is what was examined."""
    names = (*RECORDS, *readiness_names(environment))
    return refuse_differing(git, project.root, names, examined=assessment.commit)


def refuse_differing(git: Git, root: Path, names: Iterable[str], *, examined: str | None = None) -> str:
    """HEAD's full id. Raises Refused where anything but these files of `.shipworthy/` differs from HEAD.

    `examined`: the commit (full id) HEAD has to be; None: any.
    """
    names = tuple(names)
    top = git.answer("rev-parse", "--show-toplevel")
    if top is None or Path(top).resolve() != root.resolve():
        raise Refused(f"{root} is not the top of its repository", "Name the repository, not a folder in it.")
    head = git.answer("rev-parse", "--verify", "-q", "HEAD^{commit}")
    if head is None:
        raise Refused("there is no commit yet", "Commit your files first.")
    if examined is not None and head != examined:
        raise Refused("HEAD moved while it was examined", "Examine and sign again.")
    asked = [each for name in _UNDER_WAY for each in ("--git-path", name)]
    places = git.run("rev-parse", *asked).decode("utf-8", "surrogateescape").removesuffix("\n").split("\n")
    if len(places) != len(_UNDER_WAY):
        raise Refused("the path of this repository has a line break in it", "Move it to a folder without one.")
    for place, what in zip(places, _UNDER_WAY.values(), strict=True):
        if (root / place).exists():
            raise Refused(f"{what} is under way", "Finish or abort it first.")
    tagged = git.run("ls-files", "-v", "-z").decode("utf-8", "surrogateescape").split("\0")
    hidden = [row[2:] for row in tagged if row and (row[0].islower() or row[0] == "S")]
    if hidden:
        raise Refused(
            f"git is told not to look at {_some(hidden)} (assume-unchanged or skip-worktree)",
            "Undo it: git update-index --no-assume-unchanged --no-skip-worktree PATH; end a sparse checkout.",
        )
    allowed = {f"{FOLDER}/{name}" for name in names}
    raw = git.run(
        "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=dirty"
    )
    rows = raw.decode("utf-8", "surrogateescape").split("\0")
    # What a crash left behind is no part of the tree, and the next write takes it away.
    strays = {f"?? {FOLDER}/{leftover(name)}" for name in (*RECORDS, *names)}
    dirty = [row[3:] for row in rows if row and row not in strays and (row[3:] not in allowed or _unmerged(row[:2]))]
    if dirty:
        raise Refused(f"{_some(dirty)} differs from HEAD", "Commit it, or put it away, or ignore it (.gitignore).")
    return head


def _unmerged(status: str) -> bool:
    return "U" in status or status in ("AA", "DD")


def _some(paths: list[str]) -> str:
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return visible(paths[0], 120) + more


def changes(
    root: Path, found: Snapshot, policy: Policy, assessment: Assessment, environment: str, *, guess: bool
) -> tuple[Change, ...]:
    """What the commit has to contain for its record files to be the ones on disk, and those that signing adds."""
    changes: list[Change] = []
    for name in RECORDS:
        held = found.record(name, MAX_RECORD)
        wanted = here = on_disk(root, name)
        if name == "policy.toml" and guess:
            wanted = _policy(here, policy, assessment, environment)
        if name == ".gitattributes":
            wanted = here or b""
            if _ATTRIBUTES.strip() not in wanted.splitlines():
                wanted += (b"" if wanted.endswith(b"\n") or not wanted else b"\n") + _ATTRIBUTES
        if wanted != held:
            word = "removed" if wanted is None else "new" if held is None else "changed"
            changes.append(Change(name=name, data=wanted, word=word, written=wanted != here))
    return tuple(changes)


def on_disk(root: Path, name: str) -> bytes | None:
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
        said += f'environments = ["{environment}"]\n'
    return f'{said}checklist = "{policy.checklist}"\n'.encode()


def uncovered(project: Project) -> tuple[str, ...]:
    notes = ["files git ignores"]
    modules = [entry for entry in project.files.values() if entry.problem and "submodule" in entry.problem]
    if modules:
        notes.append(f"the contents of {_some([entry.path for entry in modules])} (submodule)")
    with contextlib.suppress(Unreadable):
        if ".gitattributes" in project.files and b"filter=lfs" in project.read(".gitattributes"):
            notes.append("the contents of files kept in LFS")
    return tuple(notes)
