"""Reads the files that decide how a commit is judged, from the work tree or from a base: policy, checklist, signers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shipworthy.assess.rules import FOLDER, RulesError, read_record
from shipworthy.git import Git, GitError
from shipworthy.readiness.answers import BadTrust
from shipworthy.readiness.tree import MissingObject, Objects, OddTree, snapshot
from shipworthy.readiness.trust import JUDGED, MAX_BYTES, TrustRoot

POLICY, CHECKLIST, SIGNERS, REVOKED = JUDGED


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """The bytes of each file; None where there is no such file."""

    where: str
    """What stands before a file's name in messages: `.shipworthy`, or `refs/…:.shipworthy`."""
    policy: bytes | None = None
    checklist: bytes | None = None
    signers: bytes | None = None
    revoked: bytes | None = None
    names: frozenset[str] = frozenset()
    """Every file of the folder."""

    def file(self, name: str) -> str:
        """A file's name in messages."""
        return f"{self.where}/{name}"


def read_rulebook(root: Path, base: str | None = None) -> Rulebook:
    """What the work tree says, or a full ref. Raises RulesError."""
    return _of_work_tree(root) if base is None else _of_ref(root, base)


def _of_work_tree(root: Path) -> Rulebook:
    held = {name: read_record(root, name) for name in JUDGED}
    folder = root / FOLDER
    try:
        names = frozenset(each.name for each in folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        names = frozenset()
    except OSError as error:
        raise RulesError(f"{FOLDER} cannot be listed: {error.strerror}", "Give yourself read permission.") from error
    return _rulebook(FOLDER, held, names)


def _of_ref(root: Path, base: str) -> Rulebook:
    try:
        TrustRoot.from_base(base)
        git = Git(root)
        objects = Objects(git)
        found = snapshot(objects, objects.commit(base))
        held = {name: found.record(name, MAX_BYTES) for name in JUDGED}
    except BadTrust as error:
        raise RulesError(str(error), error.diagnostics) from error
    except MissingObject as error:
        raise RulesError(str(error), "Fetch it first: git fetch origin") from error
    except OddTree as error:
        raise RulesError(f"{base}: {error}", "Commit ordinary files there.") from error
    except GitError as error:
        raise RulesError(str(error), error.diagnostics or "Name a git repository.") from error
    names = frozenset(name.decode("utf-8", "replace") for name in found.records)
    return _rulebook(f"{base}:{FOLDER}", held, names)


def _rulebook(where: str, held: dict[str, bytes | None], names: frozenset[str]) -> Rulebook:
    return Rulebook(
        where=where, policy=held[POLICY], checklist=held[CHECKLIST], signers=held[SIGNERS], revoked=held[REVOKED],
        names=names,
    )  # fmt: skip
