"""Decides what `shipworthy init` would write into a repository, and says of what exists already what to do about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from shipworthy.checklist import DocumentError
from shipworthy.checklist.policy import Policy, parse_policy
from shipworthy.project import Missing, Unreadable, read_file
from shipworthy.setup import templates
from shipworthy.setup.look import GITHUB, GITLAB, GITLAB_FILE, POLICY_FILE, Surroundings
from shipworthy.setup.templates import Settings
from shipworthy.text import visible

MAX_BYTES = 1024 * 1024
MAX_COMPARED = 16 * 1024
"""Bytes of a file whose difference is still shown."""
WORKFLOW, COMPONENT = ".github/workflows/readiness.yml", ".gitlab/readiness.yml"
ATTRIBUTES = ".shipworthy/.gitattributes"
_COMPARE = "Compare the two; or move yours away and run shipworthy init again. It should verify against"


class State(StrEnum):
    """What becomes of a file."""

    NEW = "write"
    """It is not there and would be written."""
    SAME = "keep"
    """It is there and says what it should."""
    YOURS = "yours"
    """It is there and says something else: left to a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """One file."""

    path: str
    """Below the repository, with slashes."""
    data: bytes
    """What it should say."""
    what: str
    """What it is for, in a few words."""
    state: State
    todo: str = ""
    """What a person should do where it is theirs."""
    held: bytes | None = None
    """What it says now, where that can be read."""

    def difference(self) -> Iterator[str]:
        """From what it says to what it should, a line each, safe to show."""
        if self.held is None:
            return
        if len(self.held) > MAX_COMPARED:
            yield f"It is larger than {MAX_COMPARED // 1024:,} KiB and not compared."
            return
        old, new = (each.decode("utf-8", "replace").splitlines() for each in (self.held, self.data))
        for line in difflib.unified_diff(old, new, f"{self.path} as it is", f"{self.path} as it could be", lineterm=""):
            yield visible(line, 200)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would be written."""

    settings: Settings
    ci: str | None
    files: tuple[Proposed, ...]

    @property
    def new(self) -> tuple[Proposed, ...]:
        return tuple(each for each in self.files if each.state is State.NEW)

    @property
    def yours(self) -> tuple[Proposed, ...]:
        return tuple(each for each in self.files if each.state is State.YOURS)


def make_plan(root: Path, around: Surroundings, settings: Settings, ci: str | None) -> Plan:
    """What to write into the work tree at `root`. Nothing is written."""
    proposed = [_policy(root, settings)]
    proposed.append(_attributes(root))
    if ci == GITHUB:
        proposed.append(_workflow(root, around, settings))
    elif ci == GITLAB:
        proposed += _gitlab(root, around, settings)
    return Plan(settings=settings, ci=ci, files=tuple(proposed))


def _held(root: Path, path: str) -> bytes | None:
    """The bytes of a file; None where there is none. Raises Unreadable."""
    try:
        return read_file(root, path, MAX_BYTES)
    except Missing:
        return None


def _proposed(root: Path, path: str, data: bytes, what: str, todo: str) -> Proposed:
    try:
        held = _held(root, path)
    except Unreadable as error:
        return Proposed(
            path=path, data=data, what=what, state=State.YOURS, todo=f"It is {error}: make it an ordinary file."
        )
    if held is None:
        return Proposed(path=path, data=data, what=what, state=State.NEW)
    if held.replace(b"\r\n", b"\n") == data:
        return Proposed(path=path, data=data, what=what, state=State.SAME, held=held)
    return Proposed(path=path, data=data, what=what, state=State.YOURS, todo=todo, held=held)


def _policy(root: Path, settings: Settings) -> Proposed:
    """A policy that is there is a person's decision; only what it lacks or cannot mean is theirs to mend."""
    found = _proposed(root, POLICY_FILE, templates.policy(settings), "what this repository asks for", "")
    if found.held is None:
        return found
    try:
        held = parse_policy(found.held)
    except DocumentError:
        todo = "It has mistakes: shipworthy policy lint"
    else:
        todo = _wants(held, settings)
    same = Proposed(path=found.path, data=found.held, what=found.what, state=State.SAME, held=found.held)
    if not todo:
        return same
    return Proposed(path=found.path, data=found.held, what=found.what, state=State.YOURS, todo=todo, held=found.held)


def _wants(held: Policy, settings: Settings) -> str:
    if held.profile is None:
        return f'It names no profile, and verification guesses none: add profile = "{settings.profile}".'
    if held.profile != settings.profile:
        return (
            f'It says profile = "{held.profile}", you asked for "{settings.profile}": change it there if you mean it.'
        )
    if settings.environment and settings.environment not in held.environments:
        return f'Add "{settings.environment}" to environments.'
    return ""


def _attributes(root: Path) -> Proposed:
    found = _proposed(
        root, ATTRIBUTES, templates.attributes(), "signed bytes stay as they are", "Add the lines that are missing."
    )
    if found.held is None:
        return found
    held = {line.strip() for line in found.held.splitlines()}
    wanted = [line for line in found.data.splitlines() if line and not line.startswith(b"#")]
    if all(line in held for line in wanted):
        return Proposed(path=found.path, data=found.held, what=found.what, state=State.SAME, held=found.held)
    return found


def _workflow(root: Path, around: Surroundings, settings: Settings) -> Proposed:
    what = f"verifies each pull request, and each push to {settings.branch}"
    todo = f"{_COMPARE} {settings.branch}."
    found = _proposed(root, WORKFLOW, templates.github(settings), what, todo)
    if found.state is State.NEW and around.verifies:
        return Proposed(
            path=around.verifies, data=b"", what="runs shipworthy verify already", state=State.SAME, held=b""
        )
    return found


def _gitlab(root: Path, around: Surroundings, settings: Settings) -> Iterator[Proposed]:
    what = "verifies each merge request" if settings.merge_requests else "verifies each branch"
    todo = f"{_COMPARE} {settings.branch}."
    yield _proposed(root, COMPONENT, templates.gitlab(settings), f"{what}, and {settings.branch}", todo)
    entry = _proposed(root, GITLAB_FILE, templates.gitlab_ci(), "the pipeline, which includes it", "")
    if entry.held is None:
        yield entry
        return
    if around.includes:
        yield Proposed(path=GITLAB_FILE, data=entry.held, what=entry.what, state=State.SAME, held=entry.held)
        return
    yield Proposed(
        path=GITLAB_FILE,
        data=entry.held,
        what=entry.what,
        state=State.YOURS,
        held=entry.held,
        todo=f"Add to its include: - local: {COMPONENT}, and needs: [readiness] to the job that deploys.",
    )
