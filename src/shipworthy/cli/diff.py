"""`shipworthy diff`: what changed since the last sign-off."""

from __future__ import annotations

import json
import sys

import click

from shipworthy.cli.common import fail, print_lines, root_of
from shipworthy.cli.lead import failing


@click.command("diff")
@click.argument("path", required=False)
@click.option("--against", metavar="REF", help="Compare with the file of this commit. Default: the last one signed.")
@click.option("--environment", metavar="NAME", help="Of which file? Default: the first the policy names.")
@click.option("--format", type=click.Choice(["human", "json"]), default="human", help="How to print.")
def command(path: str | None, against: str | None, environment: str | None, format: str) -> None:
    """Show what changed between the readiness file at PATH and the sign-off before it.

    It compares what is written in two validly signed files; whether either may be deployed, only verify says.

    Exit 0 compared · 1 a file is damaged or not signed by the author it names · 2 usage · 3 no readiness file, or no
    earlier sign-off · 4 git failed.
    """
    from shipworthy.assess.rules import RulesError, read_rules
    from shipworthy.readiness.compare import compared
    from shipworthy.report import comparison

    root = root_of(path)
    with failing("compare"):
        try:
            environment = environment or read_rules(root).policy.environment
        except RulesError as error:
            fail(str(error), error.diagnostics)
        found = compared(root, environment, against)
        if format == "json":
            print_lines([json.dumps(comparison.as_data(found), indent=2)])
        else:
            print_lines(comparison.lines(found))
    sys.exit(0)
