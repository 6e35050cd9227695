"""Opens the coach on a screen or in lines, or prints the check's report. Nothing here may delay the first picture."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.cli.common import fail, root_of

if TYPE_CHECKING:
    from shipworthy.assess.client import ChildEngine
    from shipworthy.session import Session


def is_talked_to() -> bool:
    """Whether a person can be asked line by line, and hears the answers: no CI system, no pipe."""
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return all(stream is not None and stream.isatty() for stream in streams) and not os.environ.get("CI")


def is_screen() -> bool:
    """Whether a person steers the coach in this terminal: a CI system must never wait for one."""
    return is_talked_to() and os.environ.get("TERM") != "dumb"


def open_coach(root: Path, *, theme: str = "dark", ascii_only: bool | None = None, watch: bool = True) -> int:
    """Open the coach on a folder and wait until the person leaves; the exit code."""
    from shipworthy.assess.signing import SessionError
    from shipworthy.tui.launch import launch

    def session() -> Session:
        from shipworthy.session import Session

        return Session(root)

    def engine() -> ChildEngine:
        from shipworthy.assess.client import ChildEngine

        return ChildEngine(root)

    first_time = not (root / ".shipworthy").exists()
    try:
        return launch(session, engine, theme=theme, ascii_only=ascii_only, first_time=first_time, watch=watch)
    except SessionError as error:
        fail(error.message, error.diagnostics)


def open_lines(root: Path, *, ascii_only: bool | None = None) -> int:
    """Open the coach in numbered lines and wait until the person leaves; the exit code."""
    from shipworthy.assess.signing import SessionError
    from shipworthy.plain.opening import converse

    try:
        return converse(root, ascii_only=ascii_only)
    except SessionError as error:
        fail(error.message, error.diagnostics)


def coach(
    path: str | None,
    *,
    theme: str = "dark",
    ascii_only: bool | None = None,
    plain: bool = False,
    watch: bool = True,
) -> int:
    """What `shipworthy coach` does, and `shipworthy` alone; the exit code.

    `path` None is the repository the caller stands in; `plain` asks for lines in place of the screen; without `watch`
    the screen examines nothing before it is asked for. Where nobody can be asked, the report of `check` is printed.
    """
    root = root_of(path)
    if not plain and is_screen():
        return open_coach(root, theme=theme, ascii_only=ascii_only, watch=watch)
    if is_talked_to():
        return open_lines(root, ascii_only=ascii_only)
    from shipworthy.cli.check import run_check

    return run_check(root)
