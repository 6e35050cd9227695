"""`shipworthy demo`: the weekend app, examined; in a terminal the coach opens on it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import click

from shipworthy.cli.common import fail


@click.command("demo")
@click.option("--into", metavar="DIR", help="Make the app in this new folder and keep it.")
@click.option("--plain", is_flag=True, help="Print the check instead of opening the coach.")
def command(into: str | None, plain: bool) -> None:
    """Make a small app with faults and open the coach on it; without a terminal, print what the check says.

    No network, no account. The keys in the app are made up and open nothing.
    """
    from shipworthy.cli.check import run_check
    from shipworthy.cli.opening import is_screen, open_coach
    from shipworthy.demo.make import make_demo
    from shipworthy.git import GitError

    folder = Path(into).absolute() if into else Path(tempfile.mkdtemp(prefix="shipworthy-demo-")) / "lemonade"
    try:
        make_demo(folder)
    except FileExistsError as error:
        fail(str(error), "Name a folder that does not exist yet.")
    except (GitError, OSError) as error:
        fail(f"the demo could not be made: {error}", getattr(error, "diagnostics", ""))
    if is_screen() and not plain:
        open_coach(folder)
        click.echo(f"The demo app is in {folder}\nGo on: cd {folder} && shipworthy")
        return
    run_check(folder)
    if into:
        click.echo(f"\nThe demo app is in {folder}")
    else:
        shutil.rmtree(folder.parent, ignore_errors=True)
        click.echo("\nTo fix it yourself: shipworthy demo --into DIR, or run shipworthy demo in a terminal.")
