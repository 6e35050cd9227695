"""`shipworthy prompt`: what to give an AI assistant about an open item, bounded and without any secret."""

from __future__ import annotations

import sys

import click

from shipworthy.cli.common import CANNOT, fail, print_lines, root_of
from shipworthy.cli.examined import examined


@click.command("prompt")
@click.argument("item", required=False)
@click.argument("path", required=False)
@click.option("--all", "every", is_flag=True, help="One text for all required items that are open, worst first.")
@click.option("--profile", metavar="NAME", help="Judge by this profile instead of the policy's or the guessed one.")
@click.option("--run-tests", is_flag=True, help="Say yes to running the project's own tests in a copy of the tree.")
def command(item: str | None, path: str | None, every: bool, profile: str | None, run_tests: bool) -> None:
    """Print a prompt for an AI assistant about ITEM of the repository at PATH (default: the one you stand in).

    It holds the findings with their lines, what has to become true, what not to touch, and the command that proves it.
    Text of the repository is fenced and called data; secrets are masked. With --all: shipworthy prompt --all [PATH].

    Exit 0 printed, 2 no such item, or it cannot be examined.
    """
    if every:
        if path is not None:
            fail("--all takes no item", "Either: shipworthy prompt ITEM [PATH], or: shipworthy prompt --all [PATH]")
        path, item = item, None
    elif item is None:
        fail("which item?", "Name one (shipworthy check lists them), or give --all.", CANNOT)
    session = examined(root_of(path), items=(item,) if item is not None else (), profile=profile, run_tests=run_tests)
    if item is None:
        from shipworthy.advice.prompt import prompts

        text = prompts(session.assessment())
    else:
        text = session.prompt(item)
    print_lines(text.removesuffix("\n").split("\n"))
    sys.exit(0)
