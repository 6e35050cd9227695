"""`shipworthy coach`, which is also `shipworthy` alone: the coach in a terminal, the check's report anywhere else."""

from __future__ import annotations

import sys

import click

from shipworthy.cli.opening import coach


@click.command("coach")
@click.argument("path", required=False)
@click.option("--theme", type=click.Choice(["dark", "light", "contrast"]), default="dark", help="The colours.")
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw with ASCII only (found out by itself otherwise).")
@click.option("--plain", is_flag=True, help="Print what `shipworthy check` prints; always so where no screen is.")
@click.option("--no-watch", is_flag=True, help="Do not re-check by itself what a changed file touches.")
def command(path: str | None, theme: str, ascii_only: bool, plain: bool, no_watch: bool) -> None:
    """Open the coach on the repository at PATH (default: the one you stand in)."""
    sys.exit(coach(path, theme=theme, ascii_only=ascii_only or None, plain=plain, watch=not no_watch))
