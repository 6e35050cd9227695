"""What a repository is held to: the policy in it and the checklist that policy and project make of a packaged one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shipworthy.checklist import DocumentError, extend, load
from shipworthy.checklist.policy import Policy, apply, parse_policy
from shipworthy.checks import BUILT_IN
from shipworthy.model import Checklist
from shipworthy.project.safe import Missing, Unreadable, read_file

FOLDER = ".shipworthy"
MAX_BYTES = 1024 * 1024


class RulesError(Exception):
    """The repository's own policy or checklist cannot be used: file, line, key, and in `diagnostics` what to do."""

    def __init__(self, message: str, diagnostics: str) -> None:
        super().__init__(message)
        self.diagnostics = diagnostics


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The policy (all defaults where there is none) and the checklist in force."""

    policy: Policy
    checklist: Checklist


def read_record(root: Path, name: str) -> bytes | None:
    """The bytes of `.shipworthy/NAME`; None where there is none. Raises RulesError where it is no ordinary file."""
    try:
        return read_file(root, f"{FOLDER}/{name}", MAX_BYTES)
    except Missing:
        return None
    except Unreadable as error:
        raise RulesError(f"{FOLDER}/{name}: {error}", "Make it an ordinary, readable file.") from error


def read_rules(root: Path, given: Policy | None = None) -> Rules:
    """The rules of a work tree, under a policy given in place of its own where there is one. Raises RulesError."""
    try:
        data = read_record(root, "policy.toml") if given is None else None
        policy = given or (Policy() if data is None else parse_policy(data, f"{FOLDER}/policy.toml"))
        checklist = load(policy.checklist)
        extension = read_record(root, "checklist.toml")
        if extension is not None:
            checklist = extend(checklist, extension, f"{FOLDER}/checklist.toml", checks=BUILT_IN)
        return Rules(policy=policy, checklist=apply(policy, checklist))
    except DocumentError as error:
        raise RulesError(str(error), "See all problems with: shipworthy checklist lint") from error
