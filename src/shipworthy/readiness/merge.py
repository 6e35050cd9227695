"""The tree a merge onto the base would have, computed by git without writing into the repository."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from shipworthy.git import Git, GitError
from shipworthy.readiness.answers import CouldNotEvaluate


@contextlib.contextmanager
def quarantine(git: Git, root: Path) -> Iterator[Git]:
    """git in the same repository, whose new objects go to a folder that is removed at the end. Raises GitError."""
    own = (root / git.text("rev-parse", "--git-path", "objects")).resolve()
    with tempfile.TemporaryDirectory(prefix="shipworthy-objects-") as folder:
        # The first variable is where git writes, the second where it also reads.
        yield Git(root, {"GIT_OBJECT_DIRECTORY": folder, "GIT_ALTERNATE_OBJECT_DIRECTORIES": _quoted(own)})


def _quoted(path: Path) -> str:
    """The variable is a list with colons; git takes a quoted entry literally."""
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def predicted_tree(git: Git, base: str, commit: str) -> str:
    """The id of the tree of merging `commit` into `base` (full ids), as hosts merge; a squash has the same.

    Raises CouldNotEvaluate where they do not merge cleanly or history is missing.
    """
    try:
        said = git.run("merge-tree", "--write-tree", "--no-messages", base, commit, ok=(0, 1)).decode(
            "ascii", "replace"
        )
    except GitError as error:
        raise CouldNotEvaluate(
            f"the merge could not be predicted: {error}",
            "It takes git 2.38 or later and the history of both sides: git fetch --unshallow",
        ) from error
    lines = said.splitlines()
    if len(lines) != 1:
        raise CouldNotEvaluate(
            "the commit does not merge cleanly onto the base", "Merge or rebase it by hand, examine and sign again."
        )
    return lines[0]
