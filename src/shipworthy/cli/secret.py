"""`shipworthy secret list | allow | undo`: the secrets that were found, and which of them may stand, until when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from shipworthy.cli.common import fail, print_lines, root_of
from shipworthy.text import visible

if TYPE_CHECKING:
    from shipworthy.facts.secrets import Secrets, Sighting
    from shipworthy.facts.secrets.allow.exceptions import SecretException

_DAYS = 90


@click.group("secret")
def command() -> None:
    """List the secrets that were found; let one stand, by its fingerprint, with a reason and until a date."""


_path = click.option("--path", metavar="PATH", help="The repository (default: the one you stand in).")
_fingerprint = click.argument("fingerprint")


def _found(root: Path) -> Secrets:
    from shipworthy.facts.secrets import Secrets
    from shipworthy.project import ProjectError
    from shipworthy.reading import facts_of

    try:
        (found,) = facts_of(root, Secrets)
    except ProjectError as error:
        fail(str(error), error.diagnostics)
    if isinstance(found, str):
        fail(found, "Nothing is known of the secrets here.")
    assert isinstance(found, Secrets)  # noqa: S101 - what was asked for
    return found


@command.command("list")
@_path
def list_(path: str | None) -> None:
    """List every secret in the files with its fingerprint, and what allows it. No value is shown."""
    root = root_of(path)
    found = _found(root)
    print_lines(_lines(found, _exceptions(root)))
    for gap in found.gaps:
        place = f"{gap.path}:{gap.line}" if gap.line else gap.path or "the repository"
        click.echo(visible(f"could not read {place}: {gap.reason}", 300), err=True)


def _lines(found: Secrets, said: dict[int | None, SecretException]) -> Iterator[str]:
    for each in found.sightings:
        yield visible(f"{each.identity}  {each.location}  {each.title}  {each.masked}", 400) + f"  {_state(each, said)}"
    if not found.sightings:
        yield "no secret was found in the files"
    for problem in found.problems:
        yield visible(str(problem), 400)


def _state(each: Sighting, said: dict[int | None, SecretException]) -> str:
    if each.allowed is not None:
        where = visible(f"{each.allowed.by} ({each.allowed.location})", 200)
        until = f" until {each.allowed.expires}" if each.allowed.expires else ""
        own = said.get(each.allowed.location.line) if each.allowed.by == "exception" else None
        who = f", says {visible(own.by, 100)} on {own.on}" if own else ""
        reason = visible(own.reason if own else each.allowed.reason, 300)
        return f"allowed by {where}{until}{who}" + (f": {reason}" if reason else "")
    wide = f" ({each.too_wide.location} covers nearly everything, so it is not followed)" if each.too_wide else ""
    return visible(("not allowed" if each.counts else "for you to look at") + wide, 300)


def _exceptions(root: Path) -> dict[int | None, SecretException]:
    """Our own exceptions, by their lines in the file; what is wrong with it the fact says."""
    from shipworthy.checklist.document import MAX_BYTES
    from shipworthy.facts.secrets.allow.exceptions import EXCEPTIONS, read_exceptions
    from shipworthy.project.safe import Unreadable, read_file

    try:
        entries, _ = read_exceptions(read_file(root, EXCEPTIONS, MAX_BYTES))
    except Unreadable:
        return {}
    return {each.line: each for each in entries}


def _until(text: str | None, days: int | None, today: date) -> date:
    if text is None:
        return today + timedelta(days=days if days is not None else _DAYS)
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"--until {text!r} is not a date", "Write it as YYYY-MM-DD.")


@command.command("allow")
@_fingerprint
@click.option("--reason", "-m", required=True, help="Why it may stand where it is.")
@click.option("--until", metavar="YYYY-MM-DD", help=f"The last day it may (default: in {_DAYS} days; a year at most).")
@click.option("--days", type=click.IntRange(1, 365), help="The last day it may, in days from today.")
@click.option("--in-history", is_flag=True, help="It stands in the history alone, so it is not in the files.")
@_path
def allow(
    fingerprint: str, reason: str, until: str | None, days: int | None, in_history: bool, path: str | None
) -> None:
    """Let the secret with this FINGERPRINT stand, wherever it stands, until a date.

    It is recorded in .shipworthy/secret-exceptions.toml under your git identity, and stays visible in every report.
    """
    from shipworthy.decisions.read import DecisionsError
    from shipworthy.decisions.secret_exceptions import record_exception
    from shipworthy.facts.secrets.allow.exceptions import EXCEPTIONS, SecretException, is_fingerprint

    root, today = root_of(path), datetime.now(UTC).date()
    expires = _until(until, days, today)
    if not is_fingerprint(fingerprint):
        _no_fingerprint()
    by = _email(root)
    entry = SecretException(fingerprint=fingerprint, reason=_sound(reason), by=by, on=today, expires=expires)
    if expires <= today or entry.why_not(today):
        fail(f"until {expires} cannot be: it lies in the past, or more than a year ahead", "Choose another day.")
    here = [] if in_history else [each for each in _found(root).sightings if each.identity == fingerprint]
    if not here and not in_history:
        fail(
            f"no secret in the files has the fingerprint {fingerprint}",
            "See those that are there: shipworthy secret list. For one in the history: --in-history",
        )
    try:
        record_exception(root / EXCEPTIONS, entry)
    except DecisionsError as error:
        fail(str(error), error.diagnostics)
    click.echo(f"Allowed: {fingerprint} by {visible(by)} until {expires}")
    if here and _by_place(here[0]):
        place = visible(f"{here[0].location.path} under the name {here[0].name or here[0].rule}", 300)
        click.echo(f"No hash is kept of a value that could be guessed, so this covers any that stands in {place}.")
    click.echo(f"It is part of what is signed: commit {EXCEPTIONS}, and sign again.")


def _by_place(each: Sighting) -> bool:
    """Whether its fingerprint is of rule, file and name, and so the same for another value."""
    from shipworthy.model import fingerprint

    return each.identity == fingerprint(each.rule, each.location.path, each.name or each.rule)


def _no_fingerprint() -> NoReturn:
    # Not what was typed: a secret pasted in its place would stand in the log.
    fail("this is no fingerprint: it has 16 hex digits", "Copy it: shipworthy secret list")


def _email(root: Path) -> str:
    from shipworthy.git import Git, GitError

    try:
        email = Git(root).answer("config", "user.email")
    except GitError as error:
        fail(str(error), error.diagnostics)
    if not email:
        fail("it is not known who says it", "Tell git who you are: git config user.email YOU@EXAMPLE.ORG")
    return email


def _sound(reason: str) -> str:
    """The reason, if it can be written into a file that is committed."""
    from shipworthy.checklist.document import not_one_line
    from shipworthy.facts.secrets.allow.exceptions import MAX_REASON
    from shipworthy.facts.secrets.scanner import scan

    reason = reason.strip()
    if not reason:
        fail("no reason is given", "Say in a sentence why it may stand.")
    if len(reason) > MAX_REASON:
        fail(f"the reason has more than {MAX_REASON:,} characters", "Shorten it, and link to the rest.")
    if wrong := not_one_line(reason):
        fail(f"the reason {wrong[0]}", wrong[1])
    if scan("reason.txt", reason.encode("utf-8", "replace")).hits:
        fail("the reason holds what looks like a secret", "Say it without the secret: the file is committed.")
    return reason


@command.command("undo")
@_fingerprint
@_path
def undo(fingerprint: str, path: str | None) -> None:
    """Take back that the secret with this FINGERPRINT may stand."""
    from shipworthy.decisions.read import DecisionsError
    from shipworthy.decisions.secret_exceptions import remove_exception
    from shipworthy.facts.secrets.allow.exceptions import EXCEPTIONS, is_fingerprint

    if not is_fingerprint(fingerprint):
        _no_fingerprint()
    try:
        gone = remove_exception(root_of(path) / EXCEPTIONS, fingerprint)
    except DecisionsError as error:
        fail(str(error), error.diagnostics)
    if not gone:
        fail(f"no exception for {visible(fingerprint, 60)} is written down", f"See what is: {EXCEPTIONS}")
    click.echo(f"Taken back: {visible(fingerprint, 60)}")
