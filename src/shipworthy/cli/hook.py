"""`shipworthy hook`: a git hook that looks for secrets in what is about to be committed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from shipworthy.cli.common import CANNOT, NOT_READY, fail
from shipworthy.text import visible

if TYPE_CHECKING:
    from shipworthy.hook.place import HookError, Spot


@click.group("hook")
def command() -> None:
    """A git hook that looks for secrets in what is about to be committed, and blocks the commit that has one."""


@command.command("install")
def install() -> None:
    """Put the hook into this repository. Another hook is never touched: then it says what to add there."""
    from shipworthy.hook import place

    spot = _spot()
    try:
        done = place.install(spot)
    except place.HookError as error:
        _refuse(error)
    words = {
        "installed": "The hook is in place",
        "updated": "The hook is up to date now",
        "unchanged": "It is in place",
    }
    click.echo(f"{words[done]}: {visible(str(spot.file), 400)}")
    _prepare()
    if done != "unchanged":
        click.echo("Every commit here is looked through for secrets first. One without a look: git commit --no-verify")


@command.command("uninstall")
def uninstall() -> None:
    """Take the hook away. One that is not ours stays."""
    from shipworthy.hook import place

    spot = _spot()
    try:
        done = place.uninstall(spot)
    except place.HookError as error:
        _refuse(error)
    click.echo(f"Deleted: {visible(str(spot.file), 400)}" if done else "There is no hook of ours here.")


@command.command("status")
def status() -> None:
    """Say whether git would start the hook here; exit 0 only if so."""
    from shipworthy.hook import place

    spot = _spot()
    try:
        state = place.look(spot)
    except place.HookError as error:
        _refuse(error)
    where = visible(str(spot.file), 400)
    if state.kind == "none":
        _say(f"No commit hook: {where}", "To put it there: shipworthy hook install", NOT_READY)
    if not state.runs:
        _say(f"The hook is not executable, so git passes it over: {where}", f"chmod +x {where}", NOT_READY)
    if state.kind == "foreign" and not state.calls_ours:
        whose = f"a hook of {state.manager}" if state.manager else "another hook"
        _say(
            f"There is {whose}, and it does not name ours: {where}",
            "shipworthy hook install says what to add.",
            NOT_READY,
        )
    if state.kind == "foreign":
        _say(f"Another hook names ours: {where}", "Whether it comes that far, only a try shows.", 0)
    if state.kind == "changed":
        _say(f"Our hook was changed by hand: {where}", "Whether it still looks, only a try shows.", NOT_READY)
    if not Path(state.python).is_file():
        python = visible(state.python, 400)
        _say(f"The hook blocks every commit: {python} is gone", "To put it right: shipworthy hook install", NOT_READY)
    _say(f"The hook is in place: {where}", "", 0)


@command.command("run")
@click.option("--all", "everything", is_flag=True, help="Look at every file of the index, not only at what is new.")
def run(everything: bool) -> None:
    """Look for secrets in what is staged: the lines a commit would bring in. Exit 1 where there is one."""
    import os

    from shipworthy.hook.main import run as look

    sys.exit(look(Path.cwd(), os.environ, everything=everything))


def _prepare() -> None:
    """Compile the fast engine now, which takes a second, so that no commit waits for the slow one."""
    from shipworthy.facts.secrets.engine import WORTH_COMPILING, expect

    expect(WORTH_COMPILING)


def _spot() -> Spot:
    from shipworthy.git import GitError
    from shipworthy.hook.place import find

    try:
        return find(Path.cwd())
    except GitError as error:
        fail(str(error), error.diagnostics or "Change to a folder of a git repository with files.")
    except OSError as error:
        fail(f"the current folder cannot be used: {error.strerror}", "Change to a folder that exists.")


def _refuse(error: HookError) -> NoReturn:
    lines = [f"shipworthy: {visible(str(error), 600)}\n", *(f"  {visible(step, 600)}\n" for step in error.steps)]
    sys.stderr.write("".join(lines))
    sys.exit(CANNOT)


def _say(message: str, advice: str, code: int) -> NoReturn:
    click.echo(message)
    if advice:
        click.echo(f"  {advice}")
    sys.exit(code)
