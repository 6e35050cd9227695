"""Remembers on this machine what the user said about running a repository's command: always, or never."""

from __future__ import annotations

import hashlib
import os
import tempfile
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shipworthy.facts.tests.kinds import Suite
from shipworthy.facts.tests.quote import masked
from shipworthy.git import GitError
from shipworthy.model import Ask
from shipworthy.project import Project
from shipworthy.text import visible

FILE = "consent.toml"
MAX_BYTES = 1024 * 1024
ANSWERS = ("always", "never")


@dataclass(frozen=True, slots=True)
class ConsentKey:
    """What a yes is about, as two sha256 digests (hex): this repository in this place, and this very command."""

    repository: str
    command: str


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def repository_identity(project: Project) -> str:
    """A digest of where the repository lies, its first commits and its origin.

    Another repository put in the same place, or this one in another place, is asked about again.
    """
    parts = [os.path.realpath(project.root)]
    if project.git is not None:
        try:
            parts += sorted(project.git.text("rev-list", "--max-parents=0", "HEAD").split())
        except GitError:
            parts.append("no commit")
        parts.append(project.git.answer("config", "--get", "remote.origin.url") or "no origin")
    return _digest(parts)


def command_text(suite: Suite) -> str:
    """The command as a person would type it from the repository's root; what is asked about. Secrets are masked."""
    shown = masked(suite.shown, 600)
    return shown if suite.folder == "." else f"cd {suite.folder} && {shown}"


def key_of(project: Project, suite: Suite) -> ConsentKey:
    """The key of a suite: its command, and the text of every script it goes through. A changed script asks again."""
    return ConsentKey(repository_identity(project), _digest([suite.folder, *suite.command, "scripts", *suite.script]))


def ask_of(project: Project, suite: Suite) -> Ask:
    """What a yes to running this suite would be about."""
    key = key_of(project, suite)
    return Ask(command=command_text(suite), repository=key.repository, digest=key.command)


def recorded(state_dir: Path | None, key: ConsentKey) -> str | None:
    """ "always", "never", or None where nothing is recorded (or the record cannot be read)."""
    for row in _rows(state_dir):
        if row.get("repository") == key.repository and row.get("command") == key.command:
            answer = row.get("answer")
            return answer if answer in ANSWERS else None
    return None


def record(state_dir: Path, key: ConsentKey, answer: str, *, shown: str, at: datetime) -> None:
    """Keep an answer, in place of an earlier one about the same key. Raises OSError, and ValueError for another answer.

    The file holds digests, the command and the day; readable by its owner only.
    """
    if answer not in ANSWERS:
        raise ValueError(f"{answer!r} is none of {', '.join(ANSWERS)}")
    rows = [r for r in _rows(state_dir) if (r.get("repository"), r.get("command")) != (key.repository, key.command)]
    rows.append(
        {
            "repository": key.repository,
            "command": key.command,
            "answer": answer,
            "shown": visible(shown, 200),
            "at": at.date().isoformat(),
        }
    )
    lines = ["# What you said about running tests. Delete a block, and shipworthy asks again.", ""]
    for row in rows:
        lines.append("[[consent]]")
        lines += [f"{name} = {_quoted(str(value))}" for name, value in row.items()]
        lines.append("")
    state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, name = tempfile.mkstemp(dir=state_dir, prefix=".consent-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write("\n".join(lines))
        Path(name).replace(state_dir / FILE)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _quoted(text: str) -> str:
    """A TOML basic string; `visible` has taken the control characters out already."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _rows(state_dir: Path | None) -> list[dict[str, object]]:
    if state_dir is None:
        return []
    try:
        with (state_dir / FILE).open("rb") as stream:
            data = stream.read(MAX_BYTES)
        found = tomllib.loads(data.decode("utf-8"))
    except (OSError, ValueError, RecursionError):
        # An unreadable record is no record: the user is asked again.
        return []
    rows = found.get("consent")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
