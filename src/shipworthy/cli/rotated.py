"""`shipworthy rotated`: records that a leaked key was replaced, which is what makes its leak dealt with."""

from __future__ import annotations

from datetime import UTC, date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from shipworthy.cli.common import fail, root_of
from shipworthy.text import visible

if TYPE_CHECKING:
    from shipworthy.facts.forms import Form
    from shipworthy.facts.secrets import Sighting

ITEM = "key-inventory"
"""The item whose form holds the rotations."""
_LIST = "List what was found: shipworthy facts secrets --history"


@click.command("rotated")
@click.argument("fingerprint")
@click.option("--on", "day", metavar="YYYY-MM-DD", required=True, help="When the old key stopped working, or: today.")
@click.option("--by", metavar="WHO", help="Who replaced it (default: you, by git's user.email).")
@click.option("--name", default="", help="The setting's name: STRIPE_SECRET_KEY.")
@click.option("--note", default="", help="Anything else to know, such as a ticket; never the key.")
@click.option("--path", metavar="PATH", help="The repository (default: the one you stand in).")
def command(fingerprint: str, day: str, by: str | None, name: str, note: str, path: str | None) -> None:
    """Record that the leaked key with this FINGERPRINT was replaced where it was issued.

    It is written into .shipworthy/keys.toml. A key that leaked counts as dealt with only by a day after the leak, and
    what is left of it in the code or its history can then do no harm.
    """
    from shipworthy.assess.signing import SessionError
    from shipworthy.facts.forms import FormError, Row, form_of
    from shipworthy.facts.rotations import QUESTION
    from shipworthy.forms.store import add, opened
    from shipworthy.session import Session

    root = root_of(path)
    form = form_of(ITEM)
    assert form is not None  # noqa: S101 - the table of forms holds it
    try:
        # First of all: what cannot be written need not be looked for.
        held = opened(root, form).table(QUESTION)
        who = by if by is not None else Session(root).email()
        cells = {
            "fingerprint": fingerprint.strip().lower(),
            "rotated": _day(day),
            "by": who,
            "name": name,
            "note": note,
        }
        _check(form, cells)
        written = any(row.cell("fingerprint") == cells["fingerprint"] for row in held)
        doubt = _must_count(root, cells["fingerprint"], date.fromisoformat(cells["rotated"]), known=written)
        saved = add(root, form, QUESTION, Row(cells={key: text for key, text in cells.items() if text}))
    except (FormError, SessionError) as error:
        fail(str(error), error.diagnostics)
    click.echo(f"Recorded in {form.file}: {cells['fingerprint']} replaced on {cells['rotated']} by {visible(who, 200)}")
    if saved.ignored:
        click.echo(f"git ignores {form.file}, so nobody else sees it: take it out of .gitignore.", err=True)
    else:
        click.echo("Commit it; it is part of what gets signed.")
    if doubt:
        click.echo(visible(doubt, 400), err=True)


def _day(text: str) -> str:
    return datetime.now(UTC).date().isoformat() if text.casefold() == "today" else text


def _check(form: Form, cells: dict[str, str]) -> None:
    """Ends the program for a cell that would not count."""
    from shipworthy.facts.forms.complete import flaws_of
    from shipworthy.facts.rotations import QUESTION

    today: date = datetime.now(UTC).date()
    for column in form.question(QUESTION).columns:
        for flaw in flaws_of(column, cells[column.id], today):
            fail(flaw.message, f"{flaw.remedy} {_LIST}" if column.id == "fingerprint" else flaw.remedy)


def _must_count(root: Path, fingerprint: str, day: date, *, known: bool) -> str:
    """Ends the program where no finding has this fingerprint. Raises FormError where the day is not after the leak.

    What of the history could not be read to tell, as a sentence.
    `known`: an earlier row names the fingerprint, so its finding may be gone.
    """
    from shipworthy.facts.secret_history import SecretHistory
    from shipworthy.facts.secrets import Secrets
    from shipworthy.forms.rotated import must_count, unread
    from shipworthy.project import ProjectError
    from shipworthy.reading import facts_of

    try:
        secrets, history = facts_of(root, Secrets, SecretHistory)
    except ProjectError as error:
        fail(str(error), error.diagnostics)
    facts = [each for each in (secrets, history) if isinstance(each, Secrets | SecretHistory)]
    found = {each.identity: each for fact in facts for each in fact.sightings}
    if fingerprint not in found and not known:
        for fact in (secrets, history):
            if isinstance(fact, str):
                fail(fact, "Nothing was recorded; try again.")
        _unknown(fingerprint, found, next((fact.gaps[0].reason for fact in facts[::-1] if fact.gaps), ""))
    must_count(fingerprint, day, history)
    return unread(history)


def _unknown(fingerprint: str, found: dict[str, Sighting], gap: str) -> NoReturn:
    close = [found[each] for each in get_close_matches(fingerprint, found, n=3, cutoff=0.7)]
    meant = "; ".join(f"{each.identity} at {each.location} ({each.title})" for each in close)
    advice = [f"Did you mean {meant}?"] if meant else []
    advice += [f"Not all could be looked at: {gap}."] if gap else []
    fail(f"no secret with the fingerprint {fingerprint} was found", " ".join([*advice, _LIST]))
