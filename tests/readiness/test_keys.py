"""Finding keys, generating one, signing without ssh-keygen, and keyrings that must not be trusted."""

from __future__ import annotations

import shutil
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from tests.support import git, make_repo, write

from shipworthy.readiness import sshsig
from shipworthy.readiness.keys import GENERATED, Ask, Keyring
from shipworthy.readiness.signers import KeyFile, KeyProblem, PublicKey, Signer, SshKeygen, look_into

SPACE, MESSAGE, PASSPHRASE = "shipworthy-author", b"message", "correct horse"
TOOLS = ("git", "sh")


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return make_repo(tmp_path / "app", {"a": "b"})


@pytest.fixture
def no_openssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PATH with git and without ssh-keygen."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found
        (folder / tool).symlink_to(found)
    monkeypatch.setenv("PATH", str(folder))


@pytest.fixture
def openssh() -> None:
    if not shutil.which("ssh-keygen") or not shutil.which("ssh-agent"):
        pytest.skip("needs ssh-keygen: OpenSSH is not on PATH")


def keys(repo: Path, home: Path, ask: Ask | None = None, **environment: str) -> Keyring:
    return Keyring(repository=repo, home=home, environment=environment, ask=ask)


def key_file(
    home: Path, name: str = "id_ed25519", *, kind: str = "ed25519", passphrase: str = "", pem: bool = False
) -> Path:
    """A private key's file and its public half, made without ssh-keygen."""
    makers = {
        "ed25519": ed25519.Ed25519PrivateKey.generate,
        "ecdsa": lambda: ec.generate_private_key(ec.SECP384R1()),
        "rsa": lambda: rsa.generate_private_key(65537, 2048),
        "short": lambda: rsa.generate_private_key(65537, 1024),
    }
    private = makers[kind]()
    form = serialization.PrivateFormat.TraditionalOpenSSL if pem else serialization.PrivateFormat.OpenSSH
    lock = serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    path = home / ".ssh" / name
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_bytes(private.private_bytes(serialization.Encoding.PEM, form, lock))
    path.chmod(0o600)
    line = PublicKey(blob=sshsig.public_blob(private)).line
    path.with_name(name + ".pub").write_text(f"{line} ada@laptop\n")
    return path


def valid(signer: Signer) -> bool:
    return sshsig.verify(signer.sign(MESSAGE, SPACE), MESSAGE, SPACE).fingerprint == signer.fingerprint


@pytest.mark.usefixtures("no_openssh")
@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
@pytest.mark.parametrize("passphrase", ["", PASSPHRASE])
def test_a_key_file_signs_without_ssh_keygen(repo: Path, tmp_path: Path, kind: str, passphrase: str) -> None:
    path = key_file(tmp_path, kind=kind, passphrase=passphrase)
    signer = keys(repo, tmp_path, lambda question: PASSPHRASE).choose(str(path))
    assert isinstance(signer, KeyFile)
    assert signer.needs_passphrase is bool(passphrase)
    assert valid(signer)


@pytest.mark.usefixtures("no_openssh")
@pytest.mark.parametrize("passphrase", ["", PASSPHRASE])
def test_the_older_form_of_a_key_file(repo: Path, tmp_path: Path, passphrase: str) -> None:
    path = key_file(tmp_path, kind="rsa", passphrase=passphrase, pem=True)
    assert valid(keys(repo, tmp_path, SHIPWORTHY_PASSPHRASE=PASSPHRASE).choose(str(path)))


@pytest.mark.usefixtures("openssh")
@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_ones_own_key_signs_through_ssh_keygen(repo: Path, tmp_path: Path, kind: str) -> None:
    path = key_file(tmp_path, kind=kind)
    for name in (path, path.with_name(path.name + ".pub")):
        signer = keys(repo, tmp_path).choose(str(name))
        assert isinstance(signer, SshKeygen)
        assert valid(signer)
    printed = subprocess.run(["ssh-keygen", "-lf", path], capture_output=True, text=True, check=True).stdout
    assert signer.fingerprint == printed.split()[1]


@pytest.mark.usefixtures("openssh")
def test_a_locked_key_is_opened_here_or_fails_without_a_prompt(repo: Path, tmp_path: Path) -> None:
    path = key_file(tmp_path, passphrase=PASSPHRASE)
    assert valid(keys(repo, tmp_path, lambda question: PASSPHRASE).choose(str(path)))
    assert valid(keys(repo, tmp_path, SHIPWORTHY_PASSPHRASE=PASSPHRASE).choose(str(path)))
    for asking in (keys(repo, tmp_path), keys(repo, tmp_path, lambda question: "wrong")):
        began = time.monotonic()
        with pytest.raises(KeyProblem) as caught:
            asking.choose(str(path)).sign(MESSAGE, SPACE)
        assert time.monotonic() - began < 5
        assert PASSPHRASE not in str(caught.value)
    with pytest.raises(KeyProblem, match="needs its passphrase"):
        keys(repo, tmp_path, lambda question: None).choose(str(path)).sign(MESSAGE, SPACE)


@pytest.fixture
def agent(openssh: None, tmp_path: Path) -> Iterator[str]:
    """The socket of an ssh-agent of our own."""
    socket = str(tmp_path / "agent")
    with subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL) as process:
        for _ in range(100):
            if Path(socket).exists():
                break
            time.sleep(0.02)
        yield socket
        process.terminate()


def test_a_key_that_only_the_agent_has(repo: Path, tmp_path: Path, agent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", agent)
    path = key_file(tmp_path / "away")
    subprocess.run(["ssh-add", "-q", path], check=True, capture_output=True)
    found = keys(repo, tmp_path, SSH_AUTH_SOCK=agent)
    signer = found.choose(None)
    assert signer.place == "in the ssh agent"
    path.unlink()
    assert valid(signer)
    git(repo, "config", "user.signingkey", f"key::{path.with_name('id_ed25519.pub').read_text().strip()}")
    assert found.choose(None).fingerprint == signer.fingerprint
    assert found.choose(signer.fingerprint).fingerprint == signer.fingerprint
    git(repo, "config", "user.signingkey", str(path.with_name("id_ed25519.pub")))
    assert valid(found.choose(None))


def test_the_order_in_which_keys_are_offered(repo: Path, tmp_path: Path) -> None:
    configured = key_file(tmp_path, "work")
    key_file(tmp_path, "id_ecdsa", kind="ecdsa")
    key_file(tmp_path, "id_ed25519")
    found = keys(repo, tmp_path)
    assert [each.label for each in found.offers()] == ["~/.ssh/id_ed25519", "~/.ssh/id_ecdsa"]
    found.generate(PASSPHRASE, "ada")
    git(repo, "config", "user.signingkey", "~/.ssh/work.pub")
    labels = ["~/.ssh/work", "your shipworthy key", "~/.ssh/id_ed25519", "~/.ssh/id_ecdsa"]
    assert [each.label for each in found.offers()] == labels
    assert found.choose(None).label == "~/.ssh/work"
    assert found.choose("shipworthy").label == "your shipworthy key"
    git(repo, "config", "user.signingkey", str(configured))
    assert found.choose(None).label == "~/.ssh/work"


def test_a_key_named_from_where_one_stands(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = key_file(tmp_path, "work")
    monkeypatch.chdir(file.parent)
    assert valid(keys(repo, tmp_path).choose("work"))
    (file.parent / "below").mkdir()
    monkeypatch.chdir(file.parent / "below")
    assert valid(keys(repo, tmp_path).choose("../work"))


@pytest.mark.parametrize(
    "value", ["0xDEADBEEF", "ada@example.org", "/nonexistent", "key::nonsense", "../x", "/dev/zero"]
)
def test_a_configured_key_that_is_no_ssh_key_is_passed_over(repo: Path, tmp_path: Path, value: str) -> None:
    git(repo, "config", "user.signingkey", value)
    with pytest.raises(KeyProblem, match="no SSH key was found"):
        keys(repo, tmp_path).choose(None)


@pytest.mark.parametrize("value", ["deploy", "./deploy", "deploy.pub"])
def test_a_configured_key_is_not_looked_for_in_the_repository(
    repo: Path, tmp_path: Path, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_file(tmp_path / "away", "deploy").rename(repo / "deploy")
    (tmp_path / "away/.ssh/deploy.pub").rename(repo / "deploy.pub")
    git(repo, "config", "user.signingkey", value)
    monkeypatch.chdir(repo)
    assert keys(repo, tmp_path).offers() == []


@pytest.mark.parametrize("content", [b"", b"text", b"-----BEGIN OPENSSH " + b"PRIVATE KEY-----\nAAAA\n", b"\0" * 100])
def test_files_that_hold_no_key(repo: Path, tmp_path: Path, content: bytes) -> None:
    assert look_into(content) is None
    write(tmp_path, {"key": content})
    with pytest.raises(KeyProblem, match="holds no key"):
        keys(repo, tmp_path).choose(str(tmp_path / "key"))


@pytest.mark.usefixtures("no_openssh")
def test_a_short_rsa_key_is_refused(repo: Path, tmp_path: Path) -> None:
    path = key_file(tmp_path, kind="short")
    with pytest.raises(KeyProblem, match="too short"):
        keys(repo, tmp_path).choose(str(path)).sign(MESSAGE, SPACE)


@pytest.mark.usefixtures("no_openssh")
def test_a_generated_key(repo: Path, tmp_path: Path) -> None:
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return PASSPHRASE

    found = keys(repo, tmp_path, ask, XDG_CONFIG_HOME=str(tmp_path / "config"))
    assert not found.has_generated
    path = found.generate(PASSPHRASE, "ada")
    assert path == tmp_path / "config/shipworthy/keys" / GENERATED
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert found.has_generated
    private = look_into(path.read_bytes())
    assert private is not None
    assert private.encrypted
    assert valid(found.choose("shipworthy"))
    assert asked == ["Passphrase of your shipworthy key"]
    with pytest.raises(KeyProblem, match="exists already"):
        found.generate(PASSPHRASE, "ada")
    with pytest.raises(KeyProblem, match="without a passphrase"):
        keys(repo, tmp_path).generate("", "ada")


@pytest.mark.usefixtures("openssh")
def test_a_generated_key_is_an_openssh_key(repo: Path, tmp_path: Path) -> None:
    found = keys(repo, tmp_path)
    path = found.generate(PASSPHRASE, "ada")
    command = ["ssh-keygen", "-y", "-P", PASSPHRASE, "-f", str(path)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    public = PublicKey.parse(printed)
    assert public is not None
    assert public.fingerprint == found.choose("shipworthy").fingerprint


def test_a_relative_configuration_folder_is_ignored(repo: Path, tmp_path: Path) -> None:
    assert keys(repo, tmp_path, XDG_CONFIG_HOME="config").folder == tmp_path / ".config/shipworthy/keys"
