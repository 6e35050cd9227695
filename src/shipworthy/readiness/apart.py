"""Checks a commit out into a temporary repository of its own, which borrows the objects of the one at hand."""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from pathlib import Path

from shipworthy.git import Git, GitError
from shipworthy.readiness.merge import predicted_tree
from shipworthy.readiness.trust import base_commit

CHECKOUT_SECONDS = 300.0
_LOGIN = re.compile(r"(?<=://)[^/?#]*@")


def check_out(root: Path, folder: Path, commit: str, merged_into: str | None = None) -> None:
    """The files of `commit` (full id), or of its merge into a ref, in the new `folder`, as git has them.

    No filter, hook, template or line-end setting of this machine or of the repository has a part in it, and nothing is
    written to the repository. Raises GitError, CouldNotEvaluate where a merge cannot be predicted.
    """
    source = Git(root)
    objects = (root / source.text("rev-parse", "--git-path", "objects")).resolve()
    shallow = root / source.text("rev-parse", "--git-path", "shallow")
    algorithm = source.text("rev-parse", "--show-object-format")
    folder.mkdir()
    git = Git(folder, {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"})
    git.run("init", "-q", "--template=", f"--object-format={algorithm}", "--initial-branch=checked")
    information = folder / ".git" / "objects" / "info"
    information.mkdir(parents=True, exist_ok=True)
    (information / "alternates").write_text(f"{objects}\n", encoding="utf-8")
    with suppress(FileNotFoundError):
        shutil.copyfile(shallow, folder / ".git" / "shallow")
    if merged_into is not None:
        base = base_commit(source, merged_into)
        if base is None:
            raise GitError(f"there is no {merged_into}")
        commit = commit_tree(git, predicted_tree(git, base, commit), base, commit)
    git.run("update-ref", "HEAD", commit)
    git.run("read-tree", "HEAD", timeout=CHECKOUT_SECONDS)
    git.run("checkout-index", "--all", "--force", "--quiet", timeout=CHECKOUT_SECONDS)
    # Whose name decisions and remarks would carry, and what the repository is called, stay the same.
    for key in ("user.name", "user.email", "remote.origin.url"):
        if value := source.answer("config", key):
            # Other users of the machine see what a program is started with; an address may hold a token.
            git.run("config", key, _LOGIN.sub("", value) if key.startswith("remote.") else value)


def commit_tree(git: Git, tree: str, *parents: str) -> str:
    """The id of a commit that only serves to be looked at."""
    who = {f"GIT_{role}_{part}": "shipworthy" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    options = [part for each in parents for part in ("-p", each)]
    return git.run("commit-tree", *options, "-m", "predicted", tree, env=who).decode("ascii").strip()
