"""`shipworthy coach`, also `shipworthy` alone: on a screen or in lines; where nobody can be asked, a report."""

from __future__ import annotations

import sys

import click

from shipworthy.cli.opening import coach


@click.command("coach")
@click.argument("path", required=False)
@click.option("--theme", type=click.Choice(["dark", "light", "contrast"]), default="dark", help="The colours.")
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw with ASCII only (found out by itself otherwise).")
@click.option("--plain", is_flag=True, help="Ask and answer in numbered lines, as a screen reader needs it.")
@click.option("--no-watch", is_flag=True, help="Do not re-check by itself what a changed file touches.")
def command(path: str | None, theme: str, ascii_only: bool, plain: bool, no_watch: bool) -> None:
    """Open the coach on the repository at PATH (default: the one you stand in).

    With --plain, or where TERM is dumb, it talks in numbered lines that never move or change: the same commands, by the
    same letters, Enter for the safest answer, Ctrl-D to leave. Where nobody can be asked (a pipe, CI), it prints what
    `shipworthy check` prints.
    """
    sys.exit(coach(path, theme=theme, ascii_only=ascii_only or None, plain=plain, watch=not no_watch))
