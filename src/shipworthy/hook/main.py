"""Where git starts the commit hook: looks through what is staged, says what it found, and answers with an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from shipworthy.git import GitError
from shipworthy.hook.staged import Listing, Staged, open_git
from shipworthy.text import visible

CLEAN, FOUND, CANNOT, BUG, INTERRUPTED = 0, 1, 2, 4, 130
"""Exit codes. git commits after the first only: what could not be looked into is not clean."""


def main() -> int:
    """Run the hook in the current folder; the exit code. Raises nothing."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character must not turn a finding into a crash.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # they are text files here
    try:
        return run(Path.cwd(), os.environ)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        from shipworthy.bugs import bug

        # No traceback: its lines and values may hold the secret.
        return _cannot(bug("looking for secrets", error), "", BUG)


def run(folder: Path, environment: Mapping[str, str], *, everything: bool = False) -> int:
    """Look, print, answer. `everything`: each file of the index, not only what a commit would bring in."""
    try:
        git = open_git(folder, environment)
        listing = Listing(git, environment, everything=everything)
        # git works on its answer while this loads.
        from shipworthy.hook.look import Look

        staged = listing.files()
        if not staged and not everything and environment.get("PRE_COMMIT"):
            # pre-commit starts a hook with nothing staged only when it was asked to look at all files.
            return run(folder, environment, everything=True)
        if not staged:
            return CLEAN
        _say_long(staged)
        looked = Look(git, _top(folder, environment)).at(staged)
    except GitError as error:
        return _cannot(f"what is staged could not be read: {error}", error.diagnostics)
    except OSError as error:
        return _cannot(f"this folder cannot be used: {error.strerror}", "")
    from shipworthy.hook.say import report

    lines = report(looked, everything=everything)
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
    return FOUND if looked.secrets else CANNOT if looked.unread else CLEAN


_MANY = 2_000


def _say_long(staged: list[Staged]) -> None:
    if len(staged) > _MANY and sys.stderr.isatty():
        sys.stderr.write(f"shipworthy: looking for secrets in {len(staged):,} files …\n")


def _top(folder: Path, environment: Mapping[str, str]) -> Path:
    from shipworthy.project.root import find_root

    named = environment.get("GIT_WORK_TREE")
    return (folder / named) if named else find_root(folder.absolute())


def _cannot(message: str, diagnostics: str, code: int = CANNOT) -> int:
    lines = [f"shipworthy: {visible(message, 600)}", "  Nobody looked for secrets, so this commit is blocked."]
    if diagnostics:
        lines.append(f"  {visible(diagnostics, 600)}")
    lines.append("  To commit all the same, without a look: git commit --no-verify")
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    return code
