"""Keyrings that must not be trusted, that are locked, or that never answer; and what is kept in those that can be."""

from __future__ import annotations

import sys
import threading
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support import make_repo

from shipworthy.readiness import passphrases, sshsig
from shipworthy.readiness.keys import Ask, Keyring
from shipworthy.readiness.passphrases import KeyringUnavailable
from shipworthy.readiness.signers import KeyFile, KeyProblem, Signer

SPACE, MESSAGE, PASSPHRASE = "shipworthy-author", b"message", "correct horse"
SAFE = "keyring.backends.SecretService"


class Backend:
    """A keyring backend that keeps what it is given."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.drops = False
        self.calls = 0
        self.before: Callable[[], object] = lambda: None
        self.backends: tuple[Backend, ...] = ()

    def get_password(self, service: str, name: str) -> str | None:
        self.calls += 1
        self.before()
        return self.kept.get((service, name))

    def set_password(self, service: str, name: str, value: str) -> None:
        self.before()
        if not self.drops:
            self.kept[service, name] = value

    def delete_password(self, service: str, name: str) -> None:
        del self.kept[service, name]


def backend(module: str, name: str = "Keyring") -> Backend:
    found = type(name, (Backend,), {"__module__": module})()
    assert isinstance(found, Backend)
    return found


class Installed:
    """The keyring library with a backend that a test sets."""

    def __init__(self) -> None:
        self.backend = backend(SAFE)

    def get_keyring(self) -> Backend:
        return self.backend


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Installed:
    found = Installed()
    module = types.ModuleType("keyring")
    module.get_keyring = found.get_keyring  # type: ignore[attr-defined]  # a stand-in
    monkeypatch.setitem(sys.modules, "keyring", module)
    return found


@pytest.fixture
def hanging() -> Iterator[Callable[[], object]]:
    """Waits until the test is over."""
    over = threading.Event()
    yield over.wait
    over.set()


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return make_repo(tmp_path / "app", {"a": "b"})


def keys(repo: Path, ask: Ask | None = None, **environment: str) -> Keyring:
    return Keyring(repository=repo, home=repo.parent, environment=environment, ask=ask)


def valid(signer: Signer) -> bool:
    return sshsig.verify(signer.sign(MESSAGE, SPACE), MESSAGE, SPACE).fingerprint == signer.fingerprint


def raises(name: str, *, module: str = "keyring.errors", said: str = PASSPHRASE) -> Callable[[], object]:
    """A backend's way to fail: an exception of this name, which quotes the passphrase."""
    kind = type(name, (Exception,), {"__module__": module})

    def fail() -> None:
        raise kind(said)

    return fail


WORK: list[Callable[[], object]] = [
    lambda: passphrases.remembered("x"),
    lambda: passphrases.remember("x", PASSPHRASE),
    lambda: passphrases.forget("x"),
]


@pytest.mark.parametrize(
    ("module", "says", "way_on"),
    [
        ("keyring.backends.fail", "no keyring here", "Install a keyring"),
        ("keyring.backends.null", "forgets what it is given", "PYTHON_KEYRING_BACKEND"),
        ("keyrings.alt.file", "others can read", "Uninstall keyrings.alt"),
        ("keyrings.alt.Gnome", "others can read", "Uninstall keyrings.alt"),
        ("somewhere.PlaintextKeyring", "others can read", "Install a keyring"),
        ("somewhere.cloud", "not a keyring of the operating system", "Install a keyring"),
        ("keyring.backends.macOSish", "not a keyring of the operating system", "Install a keyring"),
    ],
)
def test_backends_that_keep_nothing_or_not_safely(installed: Installed, module: str, says: str, way_on: str) -> None:
    installed.backend = backend(module)
    for work in WORK:
        with pytest.raises(KeyringUnavailable, match=says) as caught:
            work()
        assert way_on in caught.value.diagnostics
        assert "type the passphrase each time" in caught.value.diagnostics
        assert "your own SSH key" in caught.value.diagnostics
    assert installed.backend.calls == 0
    assert installed.backend.kept == {}


@pytest.mark.parametrize("module", ["SecretService", "libsecret", "kwallet", "macOS", "macOS.api", "Windows"])
def test_the_stores_of_operating_systems_are_used(installed: Installed, module: str) -> None:
    installed.backend = backend(f"keyring.backends.{module}")
    passphrases.remember("x", PASSPHRASE)
    assert passphrases.remembered("x") == PASSPHRASE
    assert passphrases.remembered("y") is None
    passphrases.forget("x")
    passphrases.forget("x")
    assert installed.backend.kept == {}


@pytest.mark.parametrize(
    ("members", "used"),
    [
        ([], None),
        (["keyrings.alt.file"], None),
        (["keyrings.alt.file", "keyring.backends.null"], None),
        (["keyring.backends.kwallet"], 0),
        (["keyring.backends.kwallet", "keyrings.alt.file"], 0),
        (["keyrings.alt.file", "keyring.backends.kwallet"], 1),
        (["somewhere.cloud", "keyring.backends.null", SAFE], 2),
    ],
)
def test_of_a_chain_only_the_first_safe_member_is_used(
    installed: Installed, members: list[str], used: int | None
) -> None:
    chain = installed.backend = backend("keyring.backends.chainer", "ChainerBackend")
    chain.backends = tuple(map(backend, members))
    if used is None:
        with pytest.raises(KeyringUnavailable):
            passphrases.remember("x", PASSPHRASE)
    else:
        passphrases.remember("x", PASSPHRASE)
        assert passphrases.remembered("x") == PASSPHRASE
    kept = [bool(member.kept) for member in chain.backends]
    assert kept == [position == used for position in range(len(members))]
    assert chain.kept == {}


def test_what_is_dropped_is_noticed(installed: Installed) -> None:
    installed.backend.drops = True
    with pytest.raises(KeyringUnavailable, match="did not keep"):
        passphrases.remember("x", PASSPHRASE)
    installed.backend.kept["shipworthy", "x"] = "an older one"
    with pytest.raises(KeyringUnavailable, match="did not keep"):
        passphrases.remember("x", PASSPHRASE)


@pytest.mark.parametrize(
    ("failure", "says", "way_on"),
    [
        (raises("KeyringLocked"), "is locked", "Unlock your keyring"),
        (raises("InitError"), "is locked", "Unlock your keyring"),
        (raises("NoKeyringError"), "no keyring here", "Install a keyring"),
        (raises("PasswordSetError"), "did not take", "Unlock your keyring"),
        (raises("DBusException", module="dbus"), r"failed \(DBusException\)", "Check your desktop"),
        (raises("SystemExit", module="builtins"), r"failed \(SystemExit\)", "Check your desktop"),
    ],
)
def test_a_backend_that_fails(installed: Installed, failure: Callable[[], object], says: str, way_on: str) -> None:
    installed.backend.before = failure
    for work in WORK:
        with pytest.raises(KeyringUnavailable, match=says) as caught:
            work()
        assert way_on in caught.value.diagnostics
        error: BaseException | None = caught.value
        while error is not None:
            assert PASSPHRASE not in f"{error!s}{error!r}"
            error = error.__cause__ or error.__context__


def test_a_library_that_does_not_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(KeyringUnavailable, match="does not load"):
        passphrases.remembered("x")


def test_a_prompt_that_never_returns(installed: Installed, hanging: Callable[[], object]) -> None:
    installed.backend.before = hanging
    for work in (
        lambda: passphrases.remembered("x", seconds=0.05),
        lambda: passphrases.remember("x", PASSPHRASE, seconds=0.05),
    ):
        with pytest.raises(KeyringUnavailable, match="did not answer within") as caught:
            work()
        assert "close its prompt" in caught.value.diagnostics


def test_a_backend_found_too_late_is_not_written_to(installed: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Choosing a backend may hang as well; once it was said that nothing is kept, nothing is."""
    found, release, done = installed.backend, threading.Event(), threading.Event()

    def late() -> Backend:
        release.wait(30)
        done.set()
        return found

    monkeypatch.setattr(sys.modules["keyring"], "get_keyring", late)
    with pytest.raises(KeyringUnavailable, match="did not answer"):
        passphrases.remember("x", PASSPHRASE, seconds=0.05)
    release.set()
    assert done.wait(30)
    for thread in threading.enumerate():
        if thread.name == "keyring":
            thread.join(30)
    assert found.kept == {}


def test_the_real_null_and_fail_backends_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    from keyring.backends import chainer, fail, null

    for real in (fail.Keyring(), null.Keyring(), chainer.ChainerBackend()):  # type: ignore[no-untyped-call]  # keyring
        monkeypatch.setattr(keyring, "get_keyring", lambda real=real: real)
        with pytest.raises(KeyringUnavailable):
            passphrases.remember("SHA256:none", PASSPHRASE)


def test_the_real_keyring_library_offers_nothing_unsafe_here() -> None:
    """Whatever the machine has: a passphrase that was never kept is none, or the error says what to do."""
    found, advice = None, "none needed"
    try:
        found = passphrases.remembered("SHA256:none")
    except KeyringUnavailable as error:
        advice = error.diagnostics
    assert found is None
    assert advice


def generated(repo: Path, ask: Ask | None = None, **environment: str) -> tuple[Keyring, KeyFile]:
    found = keys(repo, ask, **environment)
    if not found.has_generated:
        found.generate(PASSPHRASE, "ada")
    signer = found.choose("shipworthy")
    assert isinstance(signer, KeyFile)
    return found, signer


def test_a_kept_passphrase_signs_without_asking(repo: Path, installed: Installed) -> None:
    found, signer = generated(repo)
    assert not signer.opens_silently
    assert installed.backend.calls == 0, "no keyring is asked for what was never put into it"
    with pytest.raises(KeyProblem, match="needs its passphrase"):
        signer.sign(MESSAGE, SPACE)
    found.keep(signer.fingerprint, PASSPHRASE)
    assert installed.backend.kept == {("shipworthy", signer.fingerprint): PASSPHRASE}
    again = generated(repo)[1]
    assert again.opens_silently
    assert valid(again)
    assert PASSPHRASE not in repr(again) + repr(found)
    found.let_go(signer.fingerprint)
    assert installed.backend.kept == {}
    assert not generated(repo)[1].opens_silently


def lock(installed: Installed) -> None:
    installed.backend.before = raises("KeyringLocked")


def empty(installed: Installed) -> None:
    installed.backend.kept.clear()


def outdated(installed: Installed) -> None:
    for key in installed.backend.kept:
        installed.backend.kept[key] = "an older one"


def gone(installed: Installed) -> None:
    installed.backend = backend("keyring.backends.fail")


@pytest.mark.parametrize(
    ("happens", "says"),
    [
        (lock, "the keyring is locked"), (empty, "the keyring holds none"), (outdated, "the keyring holds another one"),
        (gone, "no keyring here"),
    ],
)  # fmt: skip
def test_where_the_keyring_has_it_no_more_a_person_is_asked(
    repo: Path, installed: Installed, happens: Callable[[Installed], None], says: str
) -> None:
    found, signer = generated(repo)
    found.keep(signer.fingerprint, PASSPHRASE)
    happens(installed)
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return PASSPHRASE

    asking = generated(repo, ask)[1]
    assert not asking.opens_silently
    calls = installed.backend.calls
    assert valid(asking)
    assert installed.backend.calls == calls, "a keyring that failed is not asked twice"
    assert len(asked) == 1
    assert says in asked[0]
    with pytest.raises(KeyProblem, match=says) as caught:
        generated(repo)[1].sign(MESSAGE, SPACE)
    assert "SHIPWORTHY_PASSPHRASE" in caught.value.diagnostics


def test_the_variable_goes_before_the_keyring_and_is_not_gone_past(repo: Path, installed: Installed) -> None:
    found, signer = generated(repo)
    found.keep(signer.fingerprint, PASSPHRASE)
    assert valid(generated(repo, SHIPWORTHY_PASSPHRASE=PASSPHRASE)[1])
    wrong = generated(repo, lambda question: PASSPHRASE, SHIPWORTHY_PASSPHRASE="wrong horse")[1]
    with pytest.raises(KeyProblem, match="wrong passphrase in SHIPWORTHY_PASSPHRASE") as caught:
        wrong.sign(MESSAGE, SPACE)
    assert "wrong horse" not in f"{caught.value} {caught.value.diagnostics}"
    assert installed.backend.calls == 1, "read back once, never looked up"


@pytest.mark.parametrize(("answers", "opens"), [(["a", "b", PASSPHRASE], True), (["a", "b", "c"], False)])
def test_a_passphrase_may_be_typed_three_times(repo: Path, answers: list[str], opens: bool) -> None:
    left = list(answers)
    found = Keyring(
        repository=repo, home=repo.parent, environment={}, ask=lambda question: left.pop(0), tries=3
    )  # fmt: skip
    found.generate(PASSPHRASE, "ada")
    signer = found.choose("shipworthy")
    if opens:
        assert valid(signer)
    else:
        with pytest.raises(KeyProblem, match="wrong passphrase"):
            signer.sign(MESSAGE, SPACE)
    assert left == []


def test_a_passphrase_that_is_no_text_is_not_quoted(repo: Path) -> None:
    with pytest.raises(KeyProblem, match="no text") as caught:
        keys(repo).generate("horse\udcff horse", "ada")
    assert "horse" not in str(caught.value)
    assert not keys(repo).has_generated


def test_no_program_that_is_started_sees_the_passphrase(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ssh-add and ssh-keygen are ours to call; what they call in turn is not."""
    seen = tmp_path / "seen"
    for name in ("ssh-add", "ssh-keygen"):
        tool = tmp_path / "bin" / name
        tool.parent.mkdir(exist_ok=True)
        tool.write_text(f'#!/bin/sh\necho "$0 $*" >> "{seen}"\nenv >> "{seen}"\nexit 1\n')
        tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("SHIPWORTHY_PASSPHRASE", PASSPHRASE)
    found, signer = generated(repo, SHIPWORTHY_PASSPHRASE=PASSPHRASE, SSH_AUTH_SOCK=str(tmp_path / "none"))
    assert valid(signer)
    plain = tmp_path / ".ssh/id_ed25519"
    plain.parent.mkdir()
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    plain.write_bytes(
        Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
        )
    )
    with pytest.raises(KeyProblem):
        found.choose(str(plain)).sign(MESSAGE, SPACE)
    said = seen.read_text()
    assert "ssh-add" in said
    assert "ssh-keygen -Y sign" in said
    assert PASSPHRASE not in said
