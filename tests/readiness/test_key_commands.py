"""`shipworthy key` as a person types it: in a terminal, in a pipe, in CI; and a kept passphrase in the coach's API."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import types
from pathlib import Path

import pexpect
import pytest
from tests import program
from tests.readiness.signed import POLICY, assess, repository
from tests.readiness.test_passphrases import Backend, Installed, backend
from tests.support import NOW, git

from shipworthy import signing
from shipworthy.assess.signing import SessionError
from shipworthy.readiness import sshsig
from shipworthy.readiness.allowed import parse_revoked, parse_signers
from shipworthy.readiness.keys import Keyring
from shipworthy.readiness.rules import AUTHOR, in_force
from shipworthy.readiness.signers import KeyFile, PublicKey

PASSPHRASE, NEW = "correct horse", "battery staple"
PROGRAM = [sys.executable, "-P", "-c", "from shipworthy.cli.main import main; main()"]
OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f bob@desk"


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return repository(tmp_path / "app")


def run(app: Path, *args: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return program.run("key", *args, cwd=app, env={**os.environ, **environment}, typed=typed)


def new(app: Path, home: Path) -> Path:
    done = run(app, "new", "--passphrase-stdin", typed=f"{PASSPHRASE}\n")
    assert done.returncode == 0, done.stderr
    return home / ".config/shipworthy/keys/author_ed25519"


def fingerprint(app: Path, key: str = "shipworthy") -> str:
    return run(app, "show", key).stdout.split("fingerprint  ")[1].split()[0]


def signers(app: Path) -> str:
    return (app / ".shipworthy/allowed_signers").read_text()


@pytest.mark.parametrize("typed", [f"{PASSPHRASE}\n", PASSPHRASE, f"{PASSPHRASE}\r\n", f"{PASSPHRASE}\nmore\n"])
def test_a_new_key_from_a_pipe(app: Path, own_home: Path, typed: str) -> None:
    done = run(app, "new", "--passphrase-stdin", typed=typed, CI="true")
    assert (done.returncode, done.stderr) == (0, "")
    path = own_home / ".config/shipworthy/keys/author_ed25519"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(each.name for each in path.parent.iterdir()) == ["author_ed25519", "author_ed25519.pub"]
    assert fingerprint(app) in done.stdout
    assert path.with_name("author_ed25519.pub").read_text().endswith(" ada@example.org\n")
    found = Keyring(repository=app, home=own_home, environment={}, ask=lambda question: PASSPHRASE)
    signer = found.choose("shipworthy")
    assert sshsig.verify(signer.sign(b"x", AUTHOR), b"x", AUTHOR).fingerprint == signer.fingerprint
    held = path.read_bytes()
    again = run(app, "new", "--passphrase-stdin", typed=typed)
    assert again.returncode == 2
    assert "exists already" in again.stderr
    assert path.read_bytes() == held


@pytest.mark.parametrize(
    ("args", "typed", "says"),
    [
        ([], "", "nobody can be asked"),
        ([], f"{PASSPHRASE}\n{PASSPHRASE}\n", "nobody can be asked"),
        (["--passphrase-stdin"], "", "without a passphrase"),
        (["--passphrase-stdin"], "\n", "without a passphrase"),
        (["--passphrase-stdin"], "seven77\n", "fewer than 8"),
        (["--passphrase-stdin"], "x" * 5000, "longer than"),
    ],
)
def test_no_key_is_made_without_a_passphrase(app: Path, own_home: Path, args: list[str], typed: str, says: str) -> None:
    done = run(app, "new", *args, typed=typed)
    assert done.returncode == 2
    assert says in done.stderr
    assert "seven77" not in done.stderr
    assert not list(own_home.rglob("author_ed25519*"))


def test_a_keyring_that_was_asked_for_and_is_not_there(app: Path, own_home: Path) -> None:
    environment = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    done = run(app, "new", "--passphrase-stdin", "--keyring", typed=f"{PASSPHRASE}\n", **environment)
    assert done.returncode == 2
    assert "made " in done.stdout
    assert "null backend" in done.stderr
    assert "type the passphrase each time" in done.stderr
    assert PASSPHRASE not in done.stdout + done.stderr
    assert not list(own_home.rglob("*.keyring"))


def terminal(app: Path, *args: str, **environment: str) -> pexpect.spawn:
    return pexpect.spawn(
        PROGRAM[0], [*PROGRAM[1:], "key", *args], cwd=str(app), env={**os.environ, "TERM": "xterm", **environment},
        encoding="utf-8", timeout=30,
    )  # fmt: skip


def ended(child: pexpect.spawn) -> tuple[int | None, str]:
    child.expect(pexpect.EOF)
    said = child.before or ""
    child.close()
    return child.exitstatus, said


def test_a_new_key_in_a_terminal(app: Path, own_home: Path) -> None:
    child = terminal(app, "new", PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")
    child.expect("Passphrase for the new key, at least 8 characters")
    child.sendline(PASSPHRASE)
    child.expect("Once more")
    child.sendline("another horse")
    child.expect("do not match")
    child.expect("Passphrase for the new key")
    child.sendline(PASSPHRASE)
    child.expect("Once more")
    child.sendline(PASSPHRASE)
    code, said = ended(child)
    assert code == 0
    assert "fingerprint  SHA256:" in said
    assert "no keyring here" in said
    assert "horse" not in said
    assert (own_home / ".config/shipworthy/keys/author_ed25519").exists()


@pytest.mark.parametrize("given", ["CI", "interrupt"])
def test_a_terminal_that_is_not_asked_or_interrupts(app: Path, own_home: Path, given: str) -> None:
    child = terminal(app, "new", **({"CI": "true"} if given == "CI" else {}))
    if given == "CI":
        code, said = ended(child)
        assert code == 2
        assert "nobody can be asked" in said
    else:
        child.expect("Passphrase for the new key")
        child.sendintr()
        assert ended(child)[0] == 130
    assert not list(own_home.rglob("author_ed25519*"))


def test_trust_list_and_revoke(app: Path, own_home: Path) -> None:
    new(app, own_home)
    own = fingerprint(app)
    trusted = run(app, "trust", "shipworthy", "--as", "ada@example.org", "--role", "author", "--role", "approver")
    assert trusted.returncode == 0, trusted.stderr
    for words in ("only once it is on the base branch", "one of those has to agree"):
        assert words in trusted.stdout
    bob = ("trust", OTHER, "--as", "bob@example.org", "--from", "2020-01-01")
    assert run(app, *bob, "--until", "2020-01-02").returncode == 2
    assert run(app, *bob, "--until", "tomorrow").returncode == 2
    assert run(app, *bob).returncode == 0
    assert [(line.principal, line.fingerprint == own) for line in parse_signers(signers(app).encode())] == [
        ("ada@example.org", True), ("bob@example.org", False),
    ]  # fmt: skip
    twice = run(app, "trust", own, "--as", "ada@example.org")
    assert (twice.returncode, "listed already" in twice.stderr) == (2, True)
    taken = run(app, "trust", own, "--as", "eve@example.org")
    assert (taken.returncode, "ada@example.org's already" in taken.stderr) == (2, True)
    listed = run(app, "list").stdout
    assert "your shipworthy key (the default)" in listed
    assert "here: ada@example.org as author and approver (line 1)" in listed
    row = json.loads(run(app, "list", "--format", "json").stdout)["keys"][0]
    assert (row["fingerprint"], row["usable"], row["revoked"]) == (own, True, False)
    assert row["listed"][0]["roles"] == ["author", "approver"]
    before = signers(app)
    revoked = run(app, "revoke", "Ada@Example.org")
    assert revoked.returncode == 0
    assert "stops verifying" in revoked.stdout
    assert parse_revoked((app / ".shipworthy/revoked_keys").read_bytes()) == {own}
    assert signers(app) == before
    assert "revoked already" in run(app, "revoke", own).stdout
    assert "here: REVOKED" in run(app, "list").stdout
    assert run(app, "revoke", "nobody@example.org").returncode == 2


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("none.pub", "no key, fingerprint or file"),
        ("SHA256:" + "A" * 43, "was found here"),
        ("", "no SSH key was found"),
        ("app.py", "holds no key"),
        ("ssh-ed25519 AAAA", "no key, fingerprint or file"),
        ("shipworthy", "made no key here"),
    ],
)
def test_a_key_that_is_none(app: Path, key: str, says: str) -> None:
    done = run(app, "trust", key, "--as", "ada@example.org")
    assert done.returncode == 2
    assert says in done.stderr
    assert not (app / ".shipworthy/allowed_signers").exists()


def test_a_file_of_signers_that_cannot_be_read_makes_trust_unknown(app: Path, own_home: Path) -> None:
    new(app, own_home)
    (app / ".shipworthy/allowed_signers").write_text("* ssh-ed25519 AAAA\n")
    done = run(app, "list")
    assert done.returncode == 2
    assert "here: unknown" in done.stdout
    assert "allowed_signers:1" in done.stderr
    made = json.loads(run(app, "list", "--format", "json").stdout)
    assert made["problem"]
    assert (made["keys"][0]["revoked"], made["keys"][0]["listed"]) == (None, None)
    assert run(app, "rotate", "--passphrase-stdin", typed=f"{NEW}\n").returncode == 2
    assert not list(own_home.rglob("*.old-*")), "nothing is made where the line could not be handed over"


def test_show_gives_the_line_that_trust_writes(app: Path, own_home: Path) -> None:
    new(app, own_home)
    shown = run(app, "show").stdout
    assert run(app, "trust", "shipworthy", "--as", "ada@example.org").returncode == 0
    assert f"\n  {signers(app)}" in shown
    git(app, "config", "user.email", "")
    assert "YOU@EXAMPLE.ORG" in run(app, "show", GIT_CONFIG_GLOBAL=os.devnull).stdout


def test_rotating_keeps_the_old_key_and_hands_its_line_over(app: Path, own_home: Path) -> None:
    path = new(app, own_home)
    old, held = fingerprint(app), path.read_bytes()
    assert run(app, "trust", "shipworthy", "--as", "ada@example.org", "--role", "approver").returncode == 0
    done = run(app, "rotate", "--passphrase-stdin", "--until", "2099-01-01", typed=f"{NEW}\n")
    assert (done.returncode, done.stderr) == (0, "")
    now = fingerprint(app)
    first, second = parse_signers(signers(app).encode())
    assert (first.fingerprint, f"{first.valid_before:%Y-%m-%d %H:%M}") == (old, "2099-01-01 23:59")
    assert (second.fingerprint, second.principal, second.roles) == (now, first.principal, first.roles)
    assert second.valid_before is None
    (aside,) = (each for each in path.parent.glob("*.old-*") if each.suffix != ".pub")
    assert aside.read_bytes() == held
    assert stat.S_IMODE(aside.stat().st_mode) == 0o600
    assert str(aside) in done.stdout
    found = Keyring(repository=app, home=own_home, environment={}, ask=lambda question: NEW)
    assert found.choose("shipworthy").sign(b"x", AUTHOR)
    old_keys = Keyring(repository=app, home=own_home, environment={}, ask=lambda question: PASSPHRASE)
    assert old_keys.choose(str(aside)).fingerprint == old
    assert old_keys.choose(str(aside)).sign(b"x", AUTHOR)
    # In another repository that lists the old key, where no new key is to be made.
    other = repository(app.parent / "other")
    public = aside.with_name(f"{aside.name}.pub")
    assert run(other, "trust", str(public), "--as", "ada@example.org").returncode == 0
    assert run(other, "rotate", "--replaces", old).returncode == 0
    assert [line.fingerprint for line in parse_signers(signers(other).encode())] == [old, now]
    assert fingerprint(app) == now
    assert run(other, "rotate", "--replaces", "SHA256:none").returncode == 2


def test_rotating_without_a_key_or_a_line(app: Path, own_home: Path) -> None:
    none = run(app, "rotate", "--passphrase-stdin", typed=f"{NEW}\n")
    assert (none.returncode, "shipworthy key new" in none.stderr) == (2, True)
    new(app, own_home)
    past = run(app, "rotate", "--passphrase-stdin", "--until", "2020-01-01", typed=f"{NEW}\n")
    assert (past.returncode, "is over" in past.stderr) == (2, True)
    done = run(app, "rotate", "--passphrase-stdin", typed=f"{NEW}\n")
    assert done.returncode == 0
    assert "change SHIPWORTHY_TRUST" in done.stdout
    assert not (app / ".shipworthy/allowed_signers").exists()


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Backend:
    found, module = Installed(), types.ModuleType("keyring")
    module.get_keyring = found.get_keyring  # type: ignore[attr-defined]  # a stand-in
    monkeypatch.setitem(sys.modules, "keyring", module)
    return found.backend


def test_the_coach_is_told_to_ask_only_where_it_must(app: Path, installed: Backend) -> None:
    policy = in_force(POLICY, None).policy
    made = signing.make_key(app, PASSPHRASE, "ada")
    plan, prepared = signing.plan(assess(app), app, policy, "shipworthy", NOW)
    assert plan.needs_passphrase
    with pytest.raises(SessionError, match="needs its passphrase"):
        signing.sign(prepared, None)
    signing.keep_passphrase(app, made, PASSPHRASE)
    plan, prepared = signing.plan(assess(app), app, policy, "shipworthy", NOW)
    assert not plan.needs_passphrase
    assert PASSPHRASE not in repr(prepared)
    assert signing.sign(prepared, None).fingerprint == made
    installed.kept["shipworthy", made] = "outdated"
    plan, prepared = signing.plan(assess(app), app, policy, "shipworthy", NOW)
    assert plan.needs_passphrase
    assert signing.sign(prepared, PASSPHRASE).fingerprint == made


def test_the_coach_is_told_why_a_passphrase_is_not_kept(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("keyring")
    module.get_keyring = lambda: backend("keyrings.alt.file")  # type: ignore[attr-defined]  # a stand-in
    monkeypatch.setitem(sys.modules, "keyring", module)
    made = signing.make_key(app, PASSPHRASE, "ada")
    with pytest.raises(SessionError, match="not kept") as caught:
        signing.keep_passphrase(app, made, PASSPHRASE)
    assert "Uninstall keyrings.alt" in caught.value.diagnostics
    assert signing.plan(assess(app), app, in_force(POLICY, None).policy, "shipworthy", NOW)[0].needs_passphrase


@pytest.mark.parametrize("step", ["create", "replace"])
def test_a_disk_that_fills_up_leaves_no_half_key(
    app: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    from shipworthy.readiness import key_files
    from shipworthy.readiness.signers import KeyProblem

    found = Keyring(repository=app, home=own_home, environment={}, ask=lambda question: PASSPHRASE)
    found.generate(PASSPHRASE, "ada")
    held = {path.name: path.read_bytes() for path in found.folder.iterdir()}
    before = found.choose("shipworthy").fingerprint

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(key_files, step, full)
    with pytest.raises(KeyProblem, match="No space left"):
        found.rotate(NEW, "ada")
    now = {path.name: path.read_bytes() for path in found.folder.iterdir()}
    assert {name: now[name] for name in held} == held
    signer = found.choose("shipworthy")
    assert isinstance(signer, KeyFile)
    assert signer.fingerprint == before
    assert signer.sign(b"x", AUTHOR)
    monkeypatch.undo()
    found.rotate(NEW, "ada")
    assert found.choose("shipworthy").fingerprint != before


def test_a_public_line_is_one_line() -> None:
    assert PublicKey.parse(f"# mine\n\n{OTHER}\n") == PublicKey.parse(OTHER)
    assert PublicKey.parse(f"{OTHER}\n{OTHER}") is None
