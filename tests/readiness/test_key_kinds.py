"""Keys of every kind and form that ssh-keygen makes: signing from the file and from an agent, or a clear refusal."""

from __future__ import annotations

import base64
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.readiness.test_sshsig import MESSAGE, SPACE, security_key, string
from tests.support import NOW, git, make_repo, write

from shipworthy.readiness import enrol, sshsig
from shipworthy.readiness.keys import Ask, Keyring
from shipworthy.readiness.signers import KeyFile, KeyProblem, PublicKey, Signer, SshKeygen

if not shutil.which("ssh-keygen") or not shutil.which("ssh-agent"):
    pytest.skip("needs ssh-keygen: OpenSSH is not on PATH", allow_module_level=True)

PASSPHRASE = "correct horse"
SOME = ("ed25519", "ecdsa-521", "rsa-2048")
GOOD = (*SOME, "ecdsa-256", "ecdsa-384", "rsa-3072", "rsa-4096")
BAD = {"dsa": "is a DSA key", "rsa-1024": "1024 bits: too short"}
FORMS = ("RFC4716", "PEM", "PKCS8")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the keys lie that `copy` made so far, each in a file named after its kind."""
    return tmp_path_factory.mktemp("kinds")


def make(made: Path, kind: str) -> None:
    """A key without a passphrase and in OpenSSH's own form."""
    name, _, bits = kind.partition("-")
    size = ["-b", bits] if bits else []
    done = subprocess.run(
        ["ssh-keygen", "-q", "-t", name, *size, "-N", "", "-C", f"my {kind}", "-f", made / kind],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    # Newer OpenSSH makes no DSA keys any more; what it does make must be judged.
    assert done.returncode == 0 or kind == "dsa", done.stderr


def copy(made: Path, folder: Path, kind: str, form: str = "RFC4716", passphrase: str = "") -> Path:
    """A copy of a key in another form or under a passphrase, with its public half beside it."""
    if not (made / kind).exists():
        make(made, kind)
    if not (made / kind).exists():
        pytest.skip(f"this ssh-keygen makes no {kind} key")
    folder.mkdir(exist_ok=True, parents=True)
    for name in (kind, f"{kind}.pub"):
        shutil.copy2(made / name, folder / name)
    form_option = [] if form == "RFC4716" else ["-m", form]
    if form_option or passphrase:
        # One round of the slow hash that a passphrase goes through: 24 are for those who try many.
        command = [
            "ssh-keygen",
            "-q",
            "-p",
            "-a",
            "1",
            *form_option,
            "-P",
            "",
            "-N",
            passphrase,
            "-f",
            str(folder / kind),
        ]
        subprocess.run(command, check=True, capture_output=True)
    return folder / kind


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return make_repo(tmp_path / "app", {"a": "b"})


def keys(repo: Path, ask: Ask | None = None, **environment: str) -> Keyring:
    return Keyring(repository=repo, home=repo.parent, environment=environment, ask=ask)


def valid(signer: Signer, made: Path, kind: str, folder: Path) -> bool:
    """Whether its signature is good here and to ssh-keygen, by the key that was meant."""
    armored = signer.sign(MESSAGE, SPACE)
    public = PublicKey.parse((made / f"{kind}.pub").read_text())
    assert public is not None
    here = sshsig.verify(armored, MESSAGE, SPACE)
    return here.fingerprint == signer.fingerprint == public.fingerprint and accepted(armored, folder)


def accepted(armored: str, folder: Path) -> bool:
    """What ssh-keygen says of a signature."""
    (folder / "sig").write_text(armored)
    command = ["ssh-keygen", "-Y", "check-novalidate", "-n", SPACE, "-s", str(folder / "sig")]
    return subprocess.run(command, input=MESSAGE, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", [*SOME, *(pytest.param(kind, marks=pytest.mark.long) for kind in GOOD[len(SOME) :])])
def test_every_kind_in_every_form(made: Path, repo: Path, tmp_path: Path, kind: str, form: str) -> None:
    path = copy(made, tmp_path / "plain", kind, form)
    signer = keys(repo).choose(str(path))
    assert isinstance(signer, SshKeygen)
    assert not signer.needs_passphrase
    assert valid(signer, made, kind, tmp_path)
    locked = copy(made, tmp_path / "locked", kind, form, PASSPHRASE)
    signer = keys(repo, lambda question: PASSPHRASE).choose(str(locked))
    assert isinstance(signer, KeyFile)
    assert signer.needs_passphrase
    assert not signer.opens_silently
    assert valid(signer, made, kind, tmp_path)
    with pytest.raises(KeyProblem, match="wrong passphrase") as caught:
        keys(repo, lambda question: "wrong horse").choose(str(locked)).sign(MESSAGE, SPACE)
    assert "horse" not in f"{caught.value} {caught.value.diagnostics}"
    with pytest.raises(KeyProblem):
        keys(repo).choose(str(locked)).sign(MESSAGE, SPACE)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["ed25519", "ecdsa-521", "rsa-2048"])
def test_the_same_without_ssh_keygen(
    made: Path, repo: Path, tmp_path: Path, kind: str, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [copy(made, tmp_path / "plain", kind, form), copy(made, tmp_path / "locked", kind, form, PASSPHRASE)]
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "git").symlink_to(shutil.which("git") or "git")
    with monkeypatch.context() as only_git:
        only_git.setenv("PATH", str(tools))
        signers = [keys(repo, lambda question: PASSPHRASE).choose(str(path)) for path in paths]
        assert all(isinstance(signer, KeyFile) for signer in signers)
        armored = [signer.sign(MESSAGE, SPACE) for signer in signers]
    assert all(accepted(each, tmp_path) for each in armored)


@pytest.mark.parametrize("passphrase", ["", PASSPHRASE])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", BAD)
def test_kinds_that_are_refused(made: Path, repo: Path, kind: str, form: str, passphrase: str) -> None:
    """By their name, when they are the default, and beside a good one."""
    path = copy(made, repo.parent / "away", kind, form, passphrase)
    for wanted in (path, path.with_name(path.name + ".pub")):
        with pytest.raises(KeyProblem, match=BAD[kind]) as caught:
            keys(repo, lambda question: PASSPHRASE).choose(str(wanted))
        assert "Ed25519" in caught.value.diagnostics
    git(repo, "config", "user.signingkey", str(path))
    found = keys(repo)
    with pytest.raises(KeyProblem, match=f"no SSH key was found.*{BAD[kind]}"):
        found.choose(None)
    assert found.offers() == []
    copy(made, repo.parent / ".ssh", "ed25519").rename(repo.parent / ".ssh/id_ed25519")
    assert found.choose(None).label == "~/.ssh/id_ed25519"
    assert [each.signer is None for each in found.survey()] == [True, False]


@pytest.mark.parametrize(("kind", "form"), [("rsa-2048", "PEM"), ("ecdsa-256", "PKCS8")])
def test_an_encrypted_older_form_without_its_public_half_says_so(
    made: Path, repo: Path, tmp_path: Path, kind: str, form: str
) -> None:
    path = copy(made, tmp_path, kind, form, PASSPHRASE)
    path.with_name(path.name + ".pub").unlink()
    with pytest.raises(KeyProblem, match="its public half is not beside it") as caught:
        keys(repo, lambda question: PASSPHRASE).choose(str(path))
    assert "ssh-keygen -y" in caught.value.diagnostics


def test_a_public_half_of_another_key_is_not_believed(made: Path, repo: Path, tmp_path: Path) -> None:
    path = copy(made, tmp_path, "ed25519")
    other = copy(made, tmp_path / "other", "ecdsa-256")
    shutil.copy2(other.with_name("ecdsa-256.pub"), path.with_name("ed25519.pub"))
    with pytest.raises(KeyProblem, match="public half of another key"):
        keys(repo).choose(str(path))
    older = copy(made, tmp_path / "older", "rsa-2048", "PEM", PASSPHRASE)
    other = copy(made, tmp_path / "other", "rsa-3072")
    shutil.copy2(other.with_name("rsa-3072.pub"), older.with_name("rsa-2048.pub"))
    with pytest.raises(KeyProblem, match="does not hold the key"):
        keys(repo, lambda question: PASSPHRASE).choose(str(older)).sign(MESSAGE, SPACE)


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The socket of an ssh-agent of our own."""
    socket = tmp_path / "agent"
    with subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL) as process:
        for _ in range(500):
            if socket.exists():
                break
            time.sleep(0.02)
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        yield str(socket)
        process.terminate()


def add(path: Path) -> None:
    subprocess.run(["ssh-add", "-q", str(path)], check=True, capture_output=True, stdin=subprocess.DEVNULL)


def test_every_kind_from_an_agent(made: Path, repo: Path, tmp_path: Path, agent: str) -> None:
    for kind in (*SOME, "rsa-1024"):
        add(copy(made, tmp_path / "away", kind))
    shutil.rmtree(tmp_path / "away")
    found = keys(repo, SSH_AUTH_SOCK=agent)
    assert [each.label for each in found.offers()] == [f"my {kind}" for kind in SOME]
    for kind, signer in zip(SOME, found.offers(), strict=True):
        assert signer.place == "in the ssh agent"
        assert valid(signer, made, kind, tmp_path)
    refused = [each for each in found.survey() if each.signer is None]
    assert [each.problem for each in refused] == ["is an RSA key of 1024 bits: too short"]
    assert refused[0].key is not None
    with pytest.raises(KeyProblem, match="too short"):
        found.choose(refused[0].key.fingerprint)


def test_an_encrypted_key_that_the_agent_has_open(made: Path, repo: Path, tmp_path: Path, agent: str) -> None:
    path = copy(made, tmp_path / "away", "ed25519")
    add(path)
    locked = copy(made, tmp_path / "locked", "ed25519", "RFC4716", PASSPHRASE)
    signer = keys(repo, SSH_AUTH_SOCK=agent).choose(str(locked))
    assert not signer.needs_passphrase
    assert valid(signer, made, "ed25519", tmp_path)


def test_an_agent_that_is_gone_is_no_agent(made: Path, repo: Path, tmp_path: Path) -> None:
    copy(made, tmp_path / ".ssh", "ed25519").rename(tmp_path / ".ssh/id_ed25519")
    assert keys(repo, SSH_AUTH_SOCK=str(tmp_path / "none")).choose(None).label == "~/.ssh/id_ed25519"


def test_certificates_are_passed_over_and_refused_by_name(made: Path, repo: Path, tmp_path: Path, agent: str) -> None:
    path = copy(made, tmp_path / ".ssh", "ed25519").rename(tmp_path / ".ssh/id_ed25519")
    path.with_name("ed25519.pub").rename(path.with_name("id_ed25519.pub"))
    authority = [
        "ssh-keygen",
        "-q",
        "-s",
        str(copy(made, tmp_path / "authority", "ecdsa-256")),
        "-I",
        "ada",
        "-n",
        "ada",
    ]
    subprocess.run([*authority, str(path.with_name("id_ed25519.pub"))], check=True, capture_output=True)
    certificate = path.with_name("id_ed25519-cert.pub")
    add(path)
    listed = subprocess.run(["ssh-add", "-L"], check=True, capture_output=True, text=True).stdout
    assert "-cert-v01@openssh.com" in listed
    git(repo, "config", "user.signingkey", str(certificate))
    found = keys(repo, SSH_AUTH_SOCK=agent)
    assert [each.key.kind for each in found.survey() if each.key] == ["ssh-ed25519"]
    assert valid(found.choose(None), made, "ed25519", tmp_path)
    with pytest.raises(KeyProblem, match="is a certificate"):
        found.choose(str(certificate))


def sk_public(kind: str) -> bytes:
    """A security key's public half in wire format."""
    if kind.startswith("sk-ssh-ed25519"):
        point = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()
        fields = [kind.encode(), point, b"ssh:"]
    else:
        public = ec.derive_private_key(7, ec.SECP256R1()).public_key()
        point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        fields = [kind.encode(), b"nistp256", point, b"ssh:"]
    return b"".join(map(string, fields))


@pytest.mark.parametrize("kind", ["sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"])
@pytest.mark.parametrize("flags", [0, 1, 4, 5])
def test_a_security_key_is_listed_and_its_touch_is_read(tmp_path: Path, kind: str, flags: int) -> None:
    """ssh-keygen takes a signature without a touch as well: that it was touched only the bits say."""
    key = PublicKey(blob=sk_public(kind), comment="my token")
    assert key.problem is None
    enrol.trust(tmp_path, key, "ada@example.org", [SPACE], now=NOW)
    armored = security_key(flags, ecdsa="ecdsa" in kind)
    (tmp_path / "sig").write_text(armored)
    command = [
        "ssh-keygen", "-Y", "verify", "-f", str(tmp_path / ".shipworthy/allowed_signers"), "-I", "ada@example.org",
        "-n", SPACE, "-s", str(tmp_path / "sig"),
    ]  # fmt: skip
    done = subprocess.run(command, input=MESSAGE, capture_output=True, text=False, check=False)
    assert done.returncode == 0, done.stderr
    signed = sshsig.verify(armored, MESSAGE, SPACE)
    assert (signed.fingerprint, signed.kind) == (key.fingerprint, kind)
    assert (signed.touched, signed.user_verified) == (bool(flags & 1), bool(flags & 4))


@pytest.mark.parametrize("kind", ["sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"])
def test_a_security_keys_file_is_left_to_ssh_keygen(
    repo: Path, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = sk_public(kind)
    raw = (
        b"openssh-key-v1\0" + b"".join(map(string, (b"none", b"none", b""))) + b"\0\0\0\1" + string(blob) + string(b"")
    )
    words = "OPENSSH " + "PRIVATE KEY"
    text = f"-----BEGIN {words}-----\n{base64.b64encode(raw).decode()}\n-----END {words}-----\n"
    path = write(tmp_path / ".ssh", {"id_ed25519_sk": text}) / "id_ed25519_sk"
    signer = keys(repo, lambda question: PASSPHRASE).choose(None)
    assert isinstance(signer, SshKeygen)
    assert signer.fingerprint == sshsig.fingerprint(blob)
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "git").symlink_to(shutil.which("git") or "git")
    monkeypatch.setenv("PATH", str(tools))
    with pytest.raises(KeyProblem, match="is a security key's"):
        keys(repo).choose(str(path))
