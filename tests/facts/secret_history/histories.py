"""Makes repositories with a past: commits with their own dates, parents and refs, in one call of git."""

from __future__ import annotations

import functools
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.facts.secrets.examples import drawn
from tests.support import git, template

from shipworthy.assess.store import FactStore
from shipworthy.facts import Context
from shipworthy.facts.secret_history import SecretHistory
from shipworthy.project import Project

LIVE = "sk" + "_live_" + drawn("an", 60, 21)
OTHER = "sk" + "_live_" + drawn("an", 60, 22)
PASSWORD = drawn("pw", 12, 21)


@dataclass(frozen=True, kw_only=True)
class Commit:
    """One commit: what it changes (None: removes), when, on which ref, and what it is made from besides that ref."""

    files: Mapping[str, str | bytes | None]
    when: str = "1767268800 +0000"
    """As git has it: 2026-01-01 12:00 in London."""
    authored: str = ""
    ref: str = "refs/heads/main"
    start: str = ""
    """Where a new ref begins: another ref."""
    merge: str = ""
    message: str | bytes = "."


@functools.cache
def _empty() -> Path:
    folder = template()
    git(folder, "init", "-q", "-b", "main", "--template=")
    (folder / ".git/info").mkdir()
    return folder


def history(folder: Path, commits: Sequence[Commit], *, work_tree: bool = True) -> Path:
    """A repository of these commits, or the one that is there with these added; `main` is checked out."""
    if not (folder / ".git").exists():
        shutil.copytree(_empty(), folder)
    script: list[bytes] = []
    begun = set(git(folder, "for-each-ref", "--format=%(refname)").split())
    for commit in commits:
        start = commit.start or (f"{commit.ref}^0" if commit.ref in begun else "")
        head = f"commit {commit.ref}\nauthor A <a@example.org> {commit.authored or commit.when}\n"
        script.append(f"{head}committer C <c@example.org> {commit.when}\n".encode())
        said = commit.message.encode() if isinstance(commit.message, str) else commit.message
        script.append(f"data {len(said)}\n".encode() + said + b"\n")
        if start:
            script.append(f"from {start}\n".encode())
        if commit.merge:
            script.append(f"merge {commit.merge}\n".encode())
        for path, content in commit.files.items():
            if content is None:
                script.append(f"D {path}\n".encode())
                continue
            data = content.encode() if isinstance(content, str) else content
            script.append(f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n")
        begun.discard(commit.ref)
    subprocess.run(
        ["git", "fast-import", "--quiet", "--date-format=raw-permissive"],
        cwd=folder,
        input=b"".join(script),
        check=True,
    )
    if work_tree:
        git(folder, "reset", "-q", "--hard")
    return folder


def read(folder: Path, *, cache: Path | None = None, context: Context | None = None) -> SecretHistory:
    """The fact, by the engine's own way."""
    context = context or Context(home=folder.parent, cache_dir=cache)
    found = FactStore(Project.open(folder), context, [SecretHistory]).get(SecretHistory)
    assert isinstance(found, SecretHistory), found
    return found


def shown(fact: SecretHistory, folder: Path) -> list[str]:
    """Sightings as "PATH:LINE REF~N", newest first, where N counts from the tip that names the commit most shortly."""
    names = [git(folder, "name-rev", "--name-only", each.location.commit or "") for each in fact.sightings]
    return [f"{each.location} {name}" for each, name in zip(fact.sightings, names, strict=True)]
