"""`shipworthy check`: examine a repository and print the verdict, as text or JSON."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from shipworthy.cli.common import NOT_READY, print_lines, root_of, wants_color, wants_unicode
from shipworthy.cli.examined import examined


def run_check(
    root: Path,
    *,
    format: str = "text",
    items: tuple[str, ...] = (),
    profile: str | None = None,
    run_tests: bool = False,
    use_cache: bool = True,
    verbose: bool = False,
    ask_host: bool = False,
) -> int:
    """Examine and print; the exit code. With `items`, only those are judged and decide the code."""
    session = examined(root, items=items, profile=profile, run_tests=run_tests, use_cache=use_cache, ask_host=ask_host)
    assessment = session.assessment()
    chosen = [each for each in assessment.results if each.item.id in items]
    if format == "json":
        from shipworthy.report.json import render

        sys.stdout.write(render(assessment))
    else:
        from shipworthy.report.text import TextReport

        report = TextReport(
            color=wants_color(sys.stdout.isatty()), unicode=wants_unicode(), verbose=verbose or bool(items)
        )
        lines = [line for each in chosen for line in report.item(each)] if items else list(report.lines(assessment))
        print_lines(lines)
    if items:
        return 0 if chosen and all(each.settled for each in chosen) else NOT_READY
    return 0 if assessment.verdict.value == "READY" else NOT_READY


@click.command("check")
@click.argument("path", required=False)
@click.option("--format", type=click.Choice(["text", "json"]), default="text", help="How to print.")
@click.option("--item", "items", multiple=True, metavar="ID", help="Judge only this item (may be given again).")
@click.option("--profile", metavar="NAME", help="Judge by this profile instead of the policy's or the guessed one.")
@click.option("--run-tests", is_flag=True, help="Say yes to running the project's own tests in a copy of the tree.")
@click.option(
    "--host", is_flag=True, help="Ask the code host (GitHub, GitLab) for its rules and reviews; needs a token."
)
@click.option("--no-cache", is_flag=True, help="Read every file again.")
@click.option("--verbose", "-v", is_flag=True, help="List every finding and every suggested item.")
def command(
    path: str | None,
    format: str,
    items: tuple[str, ...],
    profile: str | None,
    run_tests: bool,
    host: bool,
    no_cache: bool,
    verbose: bool,
) -> None:
    """Examine the repository at PATH (default: the one you stand in) and print the verdict.

    Exit 0 only when READY (with --item: when those items are settled), 1 when not, 2 when it cannot be examined.
    """
    sys.exit(
        run_check(
            root_of(path),
            format=format,
            items=items,
            profile=profile,
            run_tests=run_tests,
            use_cache=not no_cache,
            verbose=verbose,
            ask_host=host,
        )
    )
