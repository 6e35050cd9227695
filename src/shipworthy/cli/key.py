"""`shipworthy key new | list | show | trust | revoke | rotate`: your signing key, and whose keys count here."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shipworthy.cli.common import CANNOT, asks, fail, print_lines, root_of
from shipworthy.home import home
from shipworthy.text import visible

if TYPE_CHECKING:
    from shipworthy.readiness.keys import Keyring
    from shipworthy.readiness.signers import PublicKey

MAX_PASSPHRASE = 4096
SIGNERS, REVOKED = ".shipworthy/allowed_signers", ".shipworthy/revoked_keys"
_COUNTS = (
    "It counts only once it is on the base branch.",
    "Where approvers are listed there already, one of those has to agree: they sign the change as approver.",
)


@click.group("key")
def command() -> None:
    """Make, list and show signing keys; say whose key this repository trusts, and whose no longer."""


_path = click.option("--path", metavar="PATH", help="The repository (default: the one you stand in).")
_stdin = click.option("--passphrase-stdin", is_flag=True, help="Read the new key's passphrase from standard input.")
_keep = click.option(
    "--keyring/--no-keyring", default=None, help="Keep the passphrase in your desktop's keyring, or not. Default: ask."
)


@contextmanager
def _explained() -> Iterator[None]:
    """Turns what can go wrong with keys into a message and an exit code."""
    from shipworthy.git import GitError
    from shipworthy.readiness.enrol import CannotEnrol
    from shipworthy.readiness.signers import KeyProblem

    try:
        yield
    except (KeyProblem, CannotEnrol, GitError) as error:
        fail(str(error), error.diagnostics)


def _keys(root: Path) -> Keyring:
    from shipworthy.readiness.keys import Keyring

    return Keyring(repository=root, home=home(), environment=dict(os.environ))


def _email(root: Path) -> str:
    from shipworthy.git import Git

    return Git(root).answer("config", "user.email") or ""


def _new_passphrase(*, stdin: bool) -> str:
    """The passphrase for a new key, from standard input, the variable, or typed twice."""
    from shipworthy.readiness.key_files import MIN_PASSPHRASE, check_passphrase
    from shipworthy.readiness.keys import PASSPHRASE

    given = os.environ.get(PASSPHRASE)
    if stdin:
        if sys.stdin.isatty():
            fail("standard input is a terminal", "Leave --passphrase-stdin out to type it unseen, or pipe it in.")
        raw = sys.stdin.buffer.readline(MAX_PASSPHRASE + 1)
        if len(raw) > MAX_PASSPHRASE:
            fail(f"the passphrase is longer than {MAX_PASSPHRASE:,} bytes", "Choose a shorter one.")
        given = raw.decode("utf-8", "surrogateescape").rstrip("\r\n")
    elif not given:
        if not asks():
            fail("a new key needs a passphrase, and nobody can be asked here", "Pipe it in: --passphrase-stdin")
        words = f"Passphrase for the new key, at least {MIN_PASSPHRASE} characters"
        given = str(click.prompt(words, hide_input=True, confirmation_prompt="Once more", err=True))
    check_passphrase(given)
    return given


def _keep_it(keys: Keyring, fingerprint: str, passphrase: str, wanted: bool | None) -> bool:
    """Offer the desktop's keyring; False where it was asked for and cannot be had."""
    from shipworthy.readiness import passphrases

    try:
        if wanted is None and asks():
            passphrases.usable()
            wanted = click.confirm("Keep the passphrase in your keyring?", default=True, err=True)
        if wanted:
            keys.keep(fingerprint, passphrase)
            print_lines(["passphrase   kept in your keyring"])
    except passphrases.KeyringUnavailable as error:
        click.echo(f"The passphrase is not kept, so you will be asked for it: {error}.", err=True)
        click.echo(f"  {error.diagnostics}", err=True)
        return not wanted
    return True


@command.command("new", short_help="Make a signing key of your own, under a passphrase.")
@_stdin
@_keep
@_path
def new(passphrase_stdin: bool, keyring: bool | None, path: str | None) -> None:
    """Make a signing key of your own: Ed25519, in OpenSSH format, under a passphrase. No key is ever overwritten."""
    root = root_of(path)
    with _explained():
        keys = _keys(root)
        if keys.has_generated:
            fail(f"{keys.own} exists already", "Use it: shipworthy key show. Or renew it: shipworthy key rotate")
        passphrase = _new_passphrase(stdin=passphrase_stdin)
        place = keys.generate(passphrase, _email(root) or "shipworthy")
        fingerprint = keys.choose("shipworthy").fingerprint
    print_lines([f"made         {visible(str(place), 300)}", f"fingerprint  {fingerprint}"])
    kept = _keep_it(keys, fingerprint, passphrase, keyring)
    print_lines(
        [
            f"alone        trust it in CI: SHIPWORTHY_TRUST={fingerprint}",
            "in a team    give a lead the line that this prints: shipworthy key show shipworthy",
        ]
    )
    if not kept:
        sys.exit(CANNOT)


@command.command("list", short_help="List the keys you can sign with, and what counts here.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@_path
def list_keys(form: str, path: str | None) -> None:
    """List the keys you can sign with here, and what this repository's files say of each."""
    from shipworthy.cli.key_list import key_lines, key_row
    from shipworthy.readiness.enrol import CannotEnrol, Enrolled, enrolled

    root = root_of(path)
    problem: CannotEnrol | None = None
    with _explained():
        keys = _keys(root)
        survey = keys.survey()
        try:
            known = enrolled(root)
        except CannotEnrol as error:
            known, problem = Enrolled(), error
    rows = [key_row(keys, each, None if problem else known) for each in survey]
    default = next((row for row in rows if row["usable"]), None)
    if form == "json":
        import json

        said = str(problem) if problem else None
        print_lines([json.dumps({"schema": 1, "keys": rows, "problem": said}, indent=2)])
    elif not rows:
        print_lines(["No SSH key was found here.", "Make one for shipworthy: shipworthy key new"])
    else:
        print_lines(line for row in rows for line in key_lines(row, default=row is default))
        print_lines([f"Read from {SIGNERS} as it lies here; CI reads the one on the base branch."])
    if problem is not None:
        fail(f"whether a key is trusted cannot be told: {problem}", problem.diagnostics)


@command.command("show", short_help="Show a public key and the line a lead needs.")
@click.argument("key", required=False)
@_path
def show(key: str | None, path: str | None) -> None:
    """Show the public half of KEY (a file, a SHA256:… fingerprint, `shipworthy`; default: the one you sign with)."""
    from shipworthy.readiness.allowed import AUTHOR
    from shipworthy.readiness.enrol import signer_line

    root = root_of(path)
    with _explained():
        found = _public(_keys(root), key)
        email = _email(root)
        line = signer_line(found, email or "YOU@EXAMPLE.ORG", [AUTHOR])
    lines = [
        f"public key   {visible(f'{found.line} {found.comment}'.strip(), 2000)}",
        f"fingerprint  {found.fingerprint}",
        f"Give a lead this line for {SIGNERS}:",
        f"  {line}",
    ]
    if not email:
        lines.append("  git does not know who you are: write the address of your commits in place of YOU@EXAMPLE.ORG")
    print_lines([*lines, *_COUNTS])


def _public(keys: Keyring, wanted: str | None) -> PublicKey:
    """The public key that is meant: a line itself, a fingerprint of a key here, a file, or `shipworthy`."""
    from shipworthy.readiness.keys import read_small
    from shipworthy.readiness.signers import KeyFile, KeyProblem, PublicKey, SshKeygen

    literal = PublicKey.parse(wanted) if wanted else None
    if wanted and literal is None and wanted != "shipworthy" and not wanted.startswith("SHA256:"):
        data = read_small(keys.path(wanted))
        literal = PublicKey.parse(data.decode("utf-8", "replace")) if data else None
        if data is None:
            from shipworthy.facts.secrets.mask import mask_words

            shown = mask_words(wanted)
            raise KeyProblem(f"{shown} is no key, fingerprint or file here", "Name a .pub file, or a SHA256:…")
    if literal is not None:
        return literal
    if wanted is not None and wanted.startswith("SHA256:"):
        here = [each.key for each in keys.survey() if each.key is not None and each.key.fingerprint == wanted]
        if not here:
            raise KeyProblem(f"no key {wanted} was found here", "Name the .pub file that its owner gives you.")
        return here[0]
    signer = keys.choose(wanted)
    if not isinstance(signer, SshKeygen | KeyFile):
        raise KeyProblem(f"{signer.label} does not tell its public half", "Name its .pub file.")
    return signer.key


def _day(text: str | None, option: str, *, last: bool) -> datetime | None:
    """A day as a time: its first second, or its last one."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        fail(f"{option} {text!r} is not a date", "Write it as YYYY-MM-DD.")
    return datetime.combine(day, time(23, 59, 59) if last else time(), UTC)


@command.command("trust", short_help="Add a key to .shipworthy/allowed_signers.")
@click.argument("key")
@click.option("--as", "email", metavar="EMAIL", required=True, help="Whose key it is: the address of their commits.")
@click.option(
    "--role", "roles", type=click.Choice(["author", "approver"]), multiple=True, default=("author",),
    show_default=True, help="What they may sign as. Repeat it for both.",
)  # fmt: skip
@click.option("--from", "since", metavar="YYYY-MM-DD", help="The first day on which the key counts.")
@click.option("--until", metavar="YYYY-MM-DD", help="The last day on which the key counts.")
@_path
def trust(key: str, email: str, roles: tuple[str, ...], since: str | None, until: str | None, path: str | None) -> None:
    """Add KEY (a .pub file, the public line itself, or a SHA256:… found here) to .shipworthy/allowed_signers."""
    from shipworthy.readiness.allowed import ROLES
    from shipworthy.readiness.enrol import trust as enlist

    root = root_of(path)
    after, before = _day(since, "--from", last=False), _day(until, "--until", last=True)
    with _explained():
        line = enlist(
            root, _public(_keys(root), key), email, [ROLES[role] for role in roles],
            valid_after=after, valid_before=before, now=datetime.now(UTC),
        )  # fmt: skip
    print_lines([f"added to {SIGNERS}:", f"  {line}", "Commit it.", *_COUNTS])


@command.command("revoke", short_help="Add a key to .shipworthy/revoked_keys.")
@click.argument("key")
@_path
def revoke(key: str, path: str | None) -> None:
    """Add KEY (a fingerprint, a .pub file, or an address: every key of it) to .shipworthy/revoked_keys."""
    from shipworthy.readiness.enrol import enrolled
    from shipworthy.readiness.enrol import revoke as strike
    from shipworthy.readiness.signers import PublicKey

    root = root_of(path)
    with _explained():
        known = enrolled(root)
        lines = known.of(key) or known.belonging_to(key)
        wanted = [PublicKey(blob=line.key, comment=line.principal) for line in lines] or [_public(_keys(root), key)]
        added = strike(root, wanted, datetime.now(UTC))
    if not added:
        print_lines(["revoked already:", *(f"  {name}" for name in dict.fromkeys(k.fingerprint for k in wanted))])
        return
    lines_of = [f"  {name}  {', '.join(line.principal for line in known.of(name)) or 'not listed'}" for name in added]
    print_lines(
        [
            f"added to {REVOKED}:", *lines_of,
            "Every file signed with it stops verifying, those signed before today too: sign what is deployed again.",
            f"Its line in {SIGNERS} stays, so that it can be read who signed what.",
            "Commit it.", *_COUNTS,
        ]
    )  # fmt: skip


@command.command("rotate", short_help="Make a new key in place of the one made earlier.")
@click.option("--until", metavar="YYYY-MM-DD", help="The last day on which the old key counts. Default: it ends now.")
@click.option("--replaces", metavar="SHA256:…", help="Make no key: list the one made earlier in place of this one.")
@_stdin
@_keep
@_path
def rotate(
    until: str | None, replaces: str | None, passphrase_stdin: bool, keyring: bool | None, path: str | None
) -> None:
    """Make a new signing key in place of the one shipworthy made, and hand its line in this repository over.

    The old private key is kept under another name. In your other repositories hand over with --replaces.
    """
    from shipworthy.readiness.enrol import CannotEnrol, end_now, enrolled, hand_over

    root, now = root_of(path), datetime.now(UTC)
    end = _day(until, "--until", last=True) or end_now(now)
    if until is not None and end < now:
        fail(f"--until {until} is over", "Give a later day, or leave it out: then the old key ends now.")
    with _explained():
        keys = _keys(root)
        own = _public(keys, "shipworthy")
        # Read first: nothing is made where the repository's file could not be changed afterwards.
        listed = enrolled(root).of(replaces or own.fingerprint)
        old, lines, passphrase = replaces or own.fingerprint, [], ""
        if replaces is None:
            passphrase = _new_passphrase(stdin=passphrase_stdin)
            aside = keys.rotate(passphrase, _email(root) or "shipworthy")
            own = _public(keys, "shipworthy")
            lines = [f"made         {visible(str(keys.own), 300)}", f"old key      kept as {visible(str(aside), 300)}"]
        elif not listed:
            fail(f"{visible(replaces, 80)} is not listed in {SIGNERS}", "See who is: shipworthy key list")
        print_lines([*lines, f"fingerprint  {own.fingerprint}"])
        try:
            added = hand_over(root, old, own, end, now) if listed else ()
        except CannotEnrol as error:
            again = f"{error.diagnostics} Then: shipworthy key rotate --replaces {old}"
            fail(f"the new key is made, but its line is not written: {error}", again)
    kept = replaces is not None or _keep_it(keys, own.fingerprint, passphrase, keyring)
    print_lines(_handed_over(old, own.fingerprint, added, end, listed=bool(listed)))
    if not kept:
        sys.exit(CANNOT)


def _handed_over(old: str, new: str, added: tuple[str, ...], end: datetime, *, listed: bool) -> list[str]:
    if not added:
        why = "its line does not count any more" if listed else f"{SIGNERS} does not list it"
        return [
            f"No line was handed over: {why}.",
            f"Where CI trusts the old key itself, change SHIPWORTHY_TRUST to {new}",
        ]
    return [
        f"added to {SIGNERS}:", *(f"  {line}" for line in added),
        f"The old key {old} ends there on {end:%Y-%m-%d %H:%M:%S} UTC: what it signed stops verifying then.",
        "Until this change is on the base branch the old key is the one that counts; then sign anew.",
        "Commit it.", *_COUNTS,
        f"In other repositories that list the old key: shipworthy key rotate --replaces {old}",
    ]  # fmt: skip
