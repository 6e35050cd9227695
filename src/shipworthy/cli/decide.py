"""`shipworthy attest | waive | undo`: what only a person can say, from the command line."""

from __future__ import annotations

from datetime import date, timedelta

import click

from shipworthy.assess.signing import SessionError
from shipworthy.cli.common import fail, root_of
from shipworthy.session import Session
from shipworthy.text import visible


def _examined(path: str | None, item: str) -> Session:
    """A session in which the item was just judged, so that the decision is bound to what is true now."""
    from shipworthy.assess.context import default_context
    from shipworthy.assess.examine import examine

    root = root_of(path)
    try:
        session = Session(root)
        session.known(item)
        examine(root, default_context(consent=session.consent()), session.apply, only=(item,))
    except SessionError as error:
        fail(str(error), error.diagnostics)
    if session.failed is not None:
        fail(session.failed.message, session.failed.diagnostics)
    return session


def _until(text: str | None, days: int | None, most: int, today: date) -> date:
    if text is not None:
        try:
            return date.fromisoformat(text)
        except ValueError:
            fail(f"--until {text!r} is not a date", "Write it as YYYY-MM-DD.")
    return today + timedelta(days=days if days is not None else min(90, most))


_path = click.option("--path", metavar="PATH", help="The repository (default: the one you stand in).")
_item = click.argument("item")
_until_option = click.option("--until", metavar="YYYY-MM-DD", help="When it stops counting (default: in 90 days).")
_days = click.option("--days", type=click.IntRange(1, 3650), help="When it stops counting, in days from today.")


@click.command("attest")
@_item
@click.option("--reason", "-m", required=True, help="What you say, in your own words.")
@click.option("--evidence", "-e", default="", help="What it rests on: a file in the repository, a link, a date.")
@_until_option
@_days
@_path
def attest(item: str, reason: str, evidence: str, until: str | None, days: int | None, path: str | None) -> None:
    """Say that ITEM is true. It is recorded in .shipworthy/decisions.toml under your git identity."""
    session = _examined(path, item)
    expires = _until(until, days, session.rules.policy.attestation_max_days, session.today)
    try:
        session.attest(item, reason, evidence, expires)
    except SessionError as error:
        fail(str(error), error.diagnostics)
    click.echo(f"Said: {visible(item)} by {visible(session.email())} until {expires}")


@click.command("waive")
@_item
@click.option("--reason", "-m", required=True, help="Why it may stay open, or why it does not apply.")
@click.option("--not-applicable", is_flag=True, help="Say that the item does not apply here.")
@click.option("--evidence", "-e", default="", help="What it rests on: a file in the repository, a link, a date.")
@click.option("--by", metavar="LEAD@EMAIL", help="The approver who accepts it; it counts only once they approve.")
@_until_option
@_days
@_path
def waive(
    item: str,
    reason: str,
    not_applicable: bool,
    evidence: str,
    by: str | None,
    until: str | None,
    days: int | None,
    path: str | None,
) -> None:
    """Accept that ITEM is open, until a date. A finding that appears later is not covered.

    Where two people decide (profile team), no author waives a required item alone: name who accepts it with --by.
    """
    session = _examined(path, item)
    expires = _until(until, days, session.rules.policy.waiver_max_days, session.today)
    try:
        session.waive(item, reason, expires, evidence=evidence, not_applicable=not_applicable, by=by)
    except SessionError as error:
        fail(str(error), error.diagnostics)
    if by is not None:
        click.echo(f"Waived: {visible(item)} in the name of {visible(by)} until {expires}")
        click.echo("It counts only once they approve the signed file: shipworthy review, then shipworthy approve.")
        return
    click.echo(f"Waived: {visible(item)} by {visible(session.email())} until {expires}")
    if note := session.result(item).note:
        click.echo(f"It does not count: {visible(note, 400)}", err=True)


@click.command("undo")
@_item
@_path
def undo(item: str, path: str | None) -> None:
    """Take back what was attested or waived about ITEM."""
    try:
        session = Session(root_of(path))
        if not session.undo(item):
            fail(f"nothing was said about {item}", "See what was: .shipworthy/decisions.toml")
    except SessionError as error:
        fail(str(error), error.diagnostics)
    click.echo(f"Taken back: {visible(item)}")


commands = {"attest": attest, "waive": waive, "undo": undo}
