"""What a repository is held to: the policy in it and the checklist that policy and project make of a packaged one."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from shipworthy.checklist import ChecklistError, extend, load
from shipworthy.checklist.policy import Policy, apply, parse_policy
from shipworthy.checks import BUILT_IN
from shipworthy.model import Checklist

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
    folder = root / FOLDER
    path = folder / name
    try:
        if stat.S_ISLNK(os.lstat(folder).st_mode):
            raise RulesError(f"{FOLDER} is a symlink", "Make it an ordinary folder.")
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RulesError(
            f"{FOLDER}/{name} cannot be read: {error.strerror}", "Make it an ordinary, readable file."
        ) from error
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise RulesError(f"{FOLDER}/{name} is not an ordinary file", "Replace it by an ordinary file.")
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise RulesError(f"{FOLDER}/{name} is larger than {MAX_BYTES // 1024} KiB", "Make it smaller.")
    return data


def read_rules(root: Path) -> Rules:
    """The rules of a work tree. Raises RulesError."""
    try:
        data = read_record(root, "policy.toml")
        policy = Policy() if data is None else parse_policy(data, f"{FOLDER}/policy.toml")
        checklist = load(policy.checklist)
        extension = read_record(root, "checklist.toml")
        if extension is not None:
            checklist = extend(checklist, extension, f"{FOLDER}/checklist.toml", checks=BUILT_IN)
        return Rules(policy=policy, checklist=apply(policy, checklist))
    except ChecklistError as error:
        raise RulesError(str(error), "See all problems with: shipworthy checklist lint") from error
