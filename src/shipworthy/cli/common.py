"""What several commands share: where to look, how to print, how to fail."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

from shipworthy.text import visible

NOT_READY = 1
CANNOT = 2
"""Usage, configuration, or a repository that cannot be examined."""


def fail(message: str, diagnostics: str = "", code: int = CANNOT) -> NoReturn:
    """Say on stderr what happened and what to do, and exit."""
    lines = [f"shipworthy: {visible(message, 600)}\n"]
    if diagnostics:
        lines.append(f"  {visible(diagnostics, 600)}\n")
    sys.stderr.write("".join(lines))
    sys.exit(code)


def asks() -> bool:
    """Whether there is a person to ask: a terminal, and no CI system, which must never be left waiting."""
    return sys.stdin.isatty() and sys.stderr.isatty() and not os.environ.get("CI")


def typed(prompt: str, **options: Any) -> str:
    """What is typed behind a prompt on stderr, as `click.prompt` asks with its `options`. Raises click.Abort."""
    import click  # not for the coach's start

    try:
        return str(click.prompt(prompt, err=True, **options))
    except click.Abort:
        # Left in the middle of a line, on which the shell's own prompt would come to stand.
        sys.stderr.write("\n")
        raise


def root_of(path: str | None) -> Path:
    """The folder named, or the top of the repository the caller stands in; absolute, for other processes to find it."""
    from shipworthy.project.root import find_root

    try:
        return Path(path).absolute() if path else find_root(Path.cwd())
    except OSError as error:
        fail(f"the current folder cannot be used: {error.strerror}", "Change to a folder that exists.")


def wants_color(stream_is_terminal: bool) -> bool:
    """NO_COLOR over FORCE_COLOR over CLICOLOR over whether it is a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR") or os.environ.get("CLICOLOR_FORCE"):
        return True
    if os.environ.get("CLICOLOR") == "0" or os.environ.get("TERM") == "dumb":
        return False
    return stream_is_terminal


def wants_unicode() -> bool:
    """Whether standard output can show the glyphs."""
    encoding = (getattr(sys.stdout, "encoding", None) or "ascii").lower().replace("-", "")
    return encoding in ("utf8", "utf16", "utf_8") and os.environ.get("TERM") != "linux"


def print_lines(lines: Iterable[str]) -> None:
    """Print; a reader that went away (`| head`) ends the program quietly, as is the custom."""
    try:
        for line in lines:
            sys.stdout.write(line + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except UnicodeEncodeError:
        for line in lines:
            sys.stdout.write(line.encode("ascii", "backslashreplace").decode() + "\n")
