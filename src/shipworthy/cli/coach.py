"""`shipworthy coach`, which is also `shipworthy` alone: the coach in a terminal, the check's report anywhere else."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shipworthy.cli.common import fail, root_of

if TYPE_CHECKING:
    from shipworthy.assess.client import ChildEngine
    from shipworthy.session import Session


def is_screen() -> bool:
    """Whether this is a terminal that can show and steer the coach."""
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return all(stream is not None and stream.isatty() for stream in streams) and os.environ.get("TERM") != "dumb"


def open_coach(root: Path, *, theme: str = "dark", ascii_only: bool | None = None) -> int:
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
        return launch(session, engine, theme=theme, ascii_only=ascii_only, first_time=first_time)
    except SessionError as error:
        fail(error.message, error.diagnostics)


@click.command("coach")
@click.argument("path", required=False)
@click.option("--theme", type=click.Choice(["dark", "light", "contrast"]), default="dark", help="The colours.")
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw with ASCII only (found out by itself otherwise).")
@click.option("--plain", is_flag=True, help="Print what `shipworthy check` prints; always so where no screen is.")
def command(path: str | None, theme: str, ascii_only: bool, plain: bool) -> None:
    """Open the coach on the repository at PATH (default: the one you stand in)."""
    root = root_of(path)
    if plain or not is_screen():
        from shipworthy.cli.check import run_check

        sys.exit(run_check(root))
    sys.exit(open_coach(root, theme=theme, ascii_only=ascii_only or None))
