"""Makes a commit of exactly the given files of `.shipworthy/`, whatever lies in the index and the work tree beside.

No hook runs: one that rewrites a file would break what was signed. It is made with plumbing in an index of its own, as
the person git names, signed where their git is set to; HEAD moves last.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from shipworthy.git import Git, GitError
from shipworthy.readiness.answers import Refused
from shipworthy.readiness.records import on_disk
from shipworthy.readiness.tree import FOLDER, REGULAR, Snapshot

COMMIT_SECONDS = 120.0
"""How long making the commit may take, signing it with the person's own key included."""
_RUNS_PROGRAM = r"^gpg\.(.*\.)?(program|defaultkeycommand)$"


def commit_files(root: Path, found: Snapshot, files: Mapping[str, bytes | None], message: str) -> str:
    """Commits these files (name below `.shipworthy/` -> bytes, None: gone) on top of `found`; the commit's full id.

    Raises Refused and leaves HEAD alone where HEAD is not `found` or a file on disk is not these bytes; GitError.
    """
    git = Git(root)
    for name, data in files.items():
        if on_disk(root, name) != data:
            raise Refused(f"{FOLDER}/{name} changed since it was written", "Look again, and start anew.")
    options = commit_signing(git)
    rows = b""
    for name, data in files.items():
        mode, oid = "0", "0" * len(found.commit)
        if data is not None:
            mode, oid = REGULAR, found.objects.oid("blob", data)
            git.run("hash-object", "-w", "--stdin", "--no-filters", stdin=data)
        rows += f"{mode} {oid}\t{FOLDER}/{name}\0".encode()
    with tempfile.TemporaryDirectory(prefix="shipworthy-") as folder:
        env = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        git.run("read-tree", found.commit, env=env)
        git.run("update-index", "-z", "--index-info", stdin=rows, env=env)
        tree = git.run("write-tree", "--missing-ok", env=env).decode("ascii").strip()
    if tree != found.edited(files):
        raise Refused("the commit would not hold exactly what it should", "Look again, and start anew.")
    raw = git.run(
        "commit-tree", tree, "-p", found.commit, *options, stdin=message.encode("utf-8"), timeout=COMMIT_SECONDS
    )
    new = raw.decode("ascii").strip()
    # The index first: should it be locked, HEAD has not moved yet.
    git.run("update-index", "-z", "--index-info", stdin=rows)
    try:
        git.run("update-ref", "-m", f"commit: {message}", "HEAD", new, found.commit)
    except GitError as error:
        raise Refused(f"HEAD moved meanwhile: {error}", "Look again, and start anew.") from error
    return new


def command_for(names: tuple[str, ...], message: str) -> str:
    """What a person types to make the same commit. Every path is one of ours, so nothing needs quoting."""
    paths = " ".join(f"{FOLDER}/{name}" for name in names)
    return f'git add -f -- {paths} && git commit -m "{message}" -- {paths}'


def commit_signing(git: Git) -> list[str]:
    """`-S` where the person's git signs commits. A signing program that the repository itself names is not run."""
    if git.answer("config", "--type=bool", "--get", "commit.gpgsign") != "true":
        return []
    named = git.answer("config", "--show-scope", "--name-only", "--get-regexp", _RUNS_PROGRAM) or ""
    # With its scope, because a list of the repository's own file alone leaves out what that includes.
    if any(row.startswith(("local", "worktree")) for row in named.splitlines()):
        raise Refused("the repository's own configuration names a program to sign with", "Make the commit yourself.")
    return ["-S"]
