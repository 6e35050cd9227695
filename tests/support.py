"""What many tests share: a project made from a mapping of files, and one check run on it through the real engine."""

from __future__ import annotations

import atexit
import functools
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from shipworthy.assess.run import judge
from shipworthy.checks import check_named
from shipworthy.facts import Context
from shipworthy.model import Outcome
from shipworthy.project import Project
from tests.first_commit import NotPlain, first_commit

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FIRST_COMMIT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def git(folder: Path, *args: str) -> str:
    """git as a test needs it: fixed identity and date, no configuration of this machine."""
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"]
    # Else each commit starts another git that looks whether there is anything to tidy.
    identity += ["-c", "gc.auto=0", "-c", "maintenance.auto=false"]
    env = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_DATE": FIRST_COMMIT.isoformat(),
        "GIT_COMMITTER_DATE": FIRST_COMMIT.isoformat(),
    }
    done = subprocess.run(["git", *identity, *args], cwd=folder, env=env, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def head(folder: Path) -> str:
    """The commit that HEAD is, read from its file: asking git for it is a good part of what many tests would cost."""
    if not (folder / ".git").is_dir():
        return git(folder, "rev-parse", "HEAD")
    said = (folder / ".git/HEAD").read_text().strip()
    if not said.startswith("ref: "):
        return said
    ref = folder / ".git" / said.removeprefix("ref: ")
    return ref.read_text().strip() if ref.exists() else git(folder, "rev-parse", "HEAD")


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def template() -> Path:
    """A folder for what is made once and copied from then on; it is there until the tests end."""
    folder = Path(tempfile.mkdtemp(prefix="shipworthy-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@functools.cache
def _empty_repository() -> Path:
    """What `git init` makes, to be copied: sooner done than made anew."""
    folder = template()
    git(folder, "init", "-q", "-b", "main", "--template=")
    for name in ("info", "hooks"):
        (folder / ".git" / name).mkdir()
    return folder / ".git"


def make_repo(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """A git repository on branch main with one commit of these files."""
    write(folder, files)
    # One that is there already may be of another kind (sha256, a linked work tree).
    if not (folder / ".git").exists():
        try:
            first_commit(folder, "Ada <ada@example.org>", int(FIRST_COMMIT.timestamp()), "start")
        except NotPlain:
            shutil.copytree(_empty_repository(), folder / ".git")
        else:
            return folder
    git(folder, "add", "-A", "-f")
    git(folder, "commit", "-q", "--allow-empty", "-m", "start")
    return folder


def outcome_of(check: str, folder: Path, *, profile: str = "solo", context: Context | None = None) -> Outcome:
    """The worst outcome of one check on a folder, by the same engine that `shipworthy check` uses."""
    project = Project.open(folder)
    outcomes = judge(project, [(check, check_named(check))], context or Context(now=NOW, home=folder), profile)[check]
    return min(outcomes, key=lambda each: each.rank).outcome


def check_files(
    check: str, folder: Path, files: Mapping[str, str | bytes], *, profile: str = "solo", context: Context | None = None
) -> Outcome:
    """Make a repository of these files and run one check on it."""
    return outcome_of(check, make_repo(folder, files), profile=profile, context=context)
