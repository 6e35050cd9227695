"""Whose keys there are: which one signs and why, whom the files here and on the base let sign, and since when."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from tests.readiness.signed import AUTHOR, Key
from tests.readiness.team import BASE, LEAD, Team, line, team
from tests.support import NOW, git, write

from shipworthy.readiness import sshsig
from shipworthy.readiness.allowed import AUTHOR as AUTHORS
from shipworthy.readiness.key_book import KeyBook, Listed, key_book
from shipworthy.readiness.keys import Keyring
from shipworthy.readiness.signers import PublicKey

SIGNERS, REVOKED = ".shipworthy/allowed_signers", ".shipworthy/revoked_keys"
STARTED = date(2026, 11, 20)
"""The date of every commit that `support.git` makes."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Team:
    return team(tmp_path_factory.mktemp("book") / "app")


@pytest.fixture
def made(template: Team, tmp_path: Path) -> Team:
    return template.copy(tmp_path / "app")


def public(key: Key) -> PublicKey:
    return PublicKey(blob=sshsig.public_blob(key.private))


def at_home(home: Path, name: str, key: Key) -> Path:
    """A person's key file, without a passphrase."""
    data = key.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    write(home / ".ssh", {name: data, f"{name}.pub": f"{public(key).line} {name}\n"})
    (home / ".ssh" / name).chmod(0o600)
    return home / ".ssh" / name


def book(made: Team, home: Path, base: str | None = BASE) -> KeyBook:
    return key_book(made.folder, Keyring(repository=made.folder, home=home, environment={}), base, NOW)


def people(found: KeyBook) -> dict[str, Listed]:
    return {each.fingerprint: each for each in found.people}


def test_who_i_am_among_those_who_may_sign(made: Team, tmp_path: Path) -> None:
    at_home(tmp_path, "id_ed25519", made.ada)
    at_home(tmp_path, "id_ecdsa", made.other)
    found = book(made, tmp_path)
    ada, lea = found.people
    assert (ada.address, ada.roles, ada.mine, ada.my_address, ada.why_not) == (AUTHOR, ("author",), True, True, "")
    assert (lea.address, lea.roles, lea.mine, lea.my_address) == (LEAD, ("author", "approver"), False, False)
    assert {(each.base, each.at_base) for each in found.people} == {("the same on origin/main", True)}
    assert [(each.since, each.at_least) for each in found.people] == [(STARTED, False)] * 2
    assert [each.signs for each in found.keys] == ["it is the first key in ~/.ssh that can be used", ""]
    assert found.signing is found.keys[0]
    assert [[each.address for each in key.listed or ()] for key in found.keys] == [[AUTHOR], []]
    assert found.keys[1].line == f'{AUTHOR} namespaces="{AUTHORS}" {public(made.other).line} id_ecdsa'


def test_the_configured_key_signs(made: Team, tmp_path: Path) -> None:
    at_home(tmp_path, "id_ed25519", made.ada)
    git(made.folder, "config", "user.signingkey", str(at_home(tmp_path, "work", made.lea)))
    found = book(made, tmp_path)
    assert [(each.fingerprint, each.signs) for each in found.keys] == [
        (made.lea.fingerprint, "git config user.signingkey names it"), (made.ada.fingerprint, ""),
    ]  # fmt: skip
    git(made.folder, "config", "user.signingkey", "0xDEADBEEF")
    found = book(made, tmp_path)
    assert found.keys[0].signs.startswith("it is the first key in ~/.ssh that can be used; git config")


def test_a_key_shipworthy_made_says_so_and_tells_nothing_of_its_private_half(made: Team, tmp_path: Path) -> None:
    keys = Keyring(repository=made.folder, home=tmp_path, environment={})
    keys.generate("correct horse", "ada")
    found = book(made, tmp_path)
    assert (found.has_generated, found.keys[0].generated, found.keys[0].signs) == (
        True, True, "shipworthy made it for you",
    )  # fmt: skip
    assert found.keys[0].passphrase == "with its passphrase"
    private = keys.own.read_text().splitlines()[1:-1]
    assert private
    assert not [row for row in private if row in str(found)]


def test_a_key_that_cannot_be_used_says_why(made: Team, tmp_path: Path) -> None:
    write(tmp_path / ".ssh", {"id_ed25519.pub": f"{public(made.ada).line} gone\n"})
    found = book(made, tmp_path)
    assert found.signing is None
    assert "private half" in found.keys[0].problem
    assert found.keys[0].remedy


def test_what_only_lies_here_does_not_count_on_the_base_yet(made: Team, tmp_path: Path) -> None:
    ends = line(AUTHOR, made.ada, AUTHORS, options=',valid-before="20261101Z"')
    new = line("new@example.org", made.other, AUTHORS)
    write(made.folder, {SIGNERS: ends + new, REVOKED: f"{public(made.lea).line}\n"})
    found = people(book(made, tmp_path))
    ada, lea, other = (found[each.fingerprint] for each in (made.ada, made.lea, made.other))
    assert (ada.why_not, ada.base) == (
        "was valid until 2026-11-01 00:00 UTC", "origin/main lists it with other roles or dates, and those count",
    )  # fmt: skip
    assert (other.base, other.since) == ("not on origin/main yet, so it does not count there", None)
    assert (ada.at_base, lea.at_base, other.at_base) == (False, False, False)
    assert (lea.revoked, lea.why_not, lea.line) == (True, "is revoked", 0)
    assert lea.base == "only origin/main lists it; it counts there"


@pytest.mark.parametrize(
    ("here", "there", "says", "at_base"),
    [
        (True, False, "does not have it as revoked yet, so it still counts there", False),
        (False, True, "origin/main has it as revoked", False),
        (True, True, "origin/main has it as revoked", True),
    ],
)
def test_revoked_in_either_place_is_revoked(
    made: Team, tmp_path: Path, here: bool, there: bool, says: str, at_base: bool
) -> None:
    row = f"{public(made.lea).line}\n"
    made.base({SIGNERS: made.listed, REVOKED: row if there else "# none\n"})
    write(made.folder, {REVOKED: row if here else ""})
    found = people(book(made, tmp_path))[made.lea.fingerprint]
    assert (found.revoked, found.why_not, found.at_base) == (True, "is revoked", at_base)
    assert says in found.base


def test_a_revoked_key_that_no_line_names(made: Team, tmp_path: Path) -> None:
    write(made.folder, {REVOKED: f"{public(made.other).line}\n"})
    last = book(made, tmp_path).people[-1]
    assert (last.address, last.fingerprint, last.revoked, last.base) == (
        "", made.other.fingerprint, True, "not revoked on origin/main yet",
    )  # fmt: skip


def test_a_file_that_cannot_be_read_lets_nobody_count(made: Team, tmp_path: Path) -> None:
    at_home(tmp_path, "id_ed25519", made.ada)
    write(made.folder, {SIGNERS: "* ssh-ed25519 AAAA\n"})
    found = book(made, tmp_path)
    assert found.people == ()
    assert ".shipworthy/allowed_signers:1" in found.problem
    assert found.advice
    assert [each.listed for each in found.keys] == [None]


def test_without_a_base_or_with_a_broken_one(made: Team, tmp_path: Path) -> None:
    assert {(each.base, each.at_base) for each in book(made, tmp_path, None).people} == {("", None)}
    found = book(made, tmp_path, "refs/remotes/origin/gone")
    assert found.base_problem == "it is not here"
    assert all("cannot be told" in each.base and each.at_base is None for each in found.people)


def test_since_when_a_key_is_listed(made: Team, tmp_path: Path) -> None:
    """Taken out and put back: it counts from then on. In a shallow clone nobody knows how long before."""
    made.base({SIGNERS: line(LEAD, made.lea, AUTHORS)})
    git(made.folder, "checkout", "-q", "main")
    write(made.folder, {SIGNERS: made.listed})
    git(made.folder, "add", "-A")
    git(made.folder, "commit", "-q", "-m", "back")
    seconds = int((NOW + timedelta(days=1)).timestamp())
    tree = git(made.folder, "rev-parse", "HEAD^{tree}")
    raw = git(made.folder, "cat-file", "commit", "HEAD").replace(
        git(made.folder, "show", "-s", "--format=%ct", "HEAD"), str(seconds)
    )
    assert tree in raw
    write(tmp_path, {"commit": f"{raw}\n"})
    late = git(made.folder, "hash-object", "-t", "commit", "-w", str(tmp_path / "commit"))
    git(made.folder, "update-ref", BASE, late)
    found = people(book(made, tmp_path))
    assert (found[made.ada.fingerprint].since, found[made.lea.fingerprint].since) == (date(2026, 11, 23), STARTED)
    git(tmp_path, "clone", "-q", "--depth", "1", "--branch", "work", made.folder.as_uri(), str(tmp_path / "clone"))
    clone = Keyring(repository=tmp_path / "clone", home=tmp_path, environment={})
    assert [each.at_least for each in key_book(tmp_path / "clone", clone, None, NOW).people] == [True]
