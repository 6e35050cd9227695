"""`shipworthy check`: examine a repository and print the verdict, as text or JSON."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from shipworthy.cli.common import NOT_READY, fail, print_lines, root_of, wants_color, wants_unicode


class _Ticker:
    """One line of progress on a terminal's stderr, nothing elsewhere."""

    def __init__(self) -> None:
        self._on = sys.stderr.isatty()
        self._last = 0.0

    def show(self, text: str) -> None:
        if self._on and time.monotonic() - self._last > 0.1:
            self._last = time.monotonic()
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()

    def clear(self) -> None:
        if self._on:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def run_check(
    root: Path,
    *,
    format: str = "text",
    items: tuple[str, ...] = (),
    profile: str | None = None,
    run_tests: bool = False,
    use_cache: bool = True,
    verbose: bool = False,
) -> int:
    """Examine and print; the exit code. With `items`, only those are judged and decide the code."""
    from shipworthy.assess.context import default_context
    from shipworthy.assess.events import Event, Progress, Started
    from shipworthy.assess.examine import examine
    from shipworthy.assess.signing import SessionError
    from shipworthy.model import PROFILES
    from shipworthy.session import Session

    if profile is not None and profile not in PROFILES:
        fail(f"unknown profile {profile!r}", f"Known: {', '.join(PROFILES)}")
    ticker = _Ticker()
    try:
        session = Session(root)
        for item in items:
            session.known(item)
    except SessionError as error:
        fail(str(error), error.diagnostics)

    def emit(event: Event) -> None:
        session.apply(event)
        if isinstance(event, Progress):
            ticker.show(f"{event.what} {event.done:,} of {event.total:,}")
        elif isinstance(event, Started):
            ticker.show(f"checking {event.item}")

    try:
        examine(
            root,
            default_context(consent=session.consent(always=run_tests)),
            emit,
            only=items or None,
            use_cache=use_cache,
            profile=profile,
        )
    finally:
        ticker.clear()
    if session.failed is not None:
        fail(session.failed.message, session.failed.diagnostics)
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
@click.option("--no-cache", is_flag=True, help="Read every file again.")
@click.option("--verbose", "-v", is_flag=True, help="List every finding and every suggested item.")
def command(
    path: str | None,
    format: str,
    items: tuple[str, ...],
    profile: str | None,
    run_tests: bool,
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
        )
    )
