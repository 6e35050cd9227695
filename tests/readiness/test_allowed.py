"""Signers and revoked keys: one meaning per line, everything looser is refused, and ssh-keygen reads it the same."""

from __future__ import annotations

import base64
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shipworthy.readiness import sshsig
from shipworthy.readiness.allowed import (
    APPROVER,
    AUTHOR,
    BadSigners,
    parse_revoked,
    parse_signers,
    signers,
)

# The same keys in every process, so that the names of the cases are too.
PRIVATE, SECOND = (Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2))
BLOB = sshsig.public_blob(PRIVATE)
KEY = f"ssh-ed25519 {base64.b64encode(BLOB).decode()}"
OTHER = f"ssh-ed25519 {base64.b64encode(sshsig.public_blob(SECOND)).decode()}"
BOTH = f'namespaces="{AUTHOR},{APPROVER}"'


def strict(text: str) -> BadSigners:
    with pytest.raises(BadSigners) as caught:
        signers(parse_signers(text.encode()), frozenset(), {})
    assert caught.value.diagnostics
    return caught.value


def test_a_line() -> None:
    text = f'# people\n\nAda@example.org {BOTH},valid-after="20260101Z",valid-before="202701020304Z" {KEY} ada home\r\n'
    (line,) = parse_signers(text.encode())
    assert (line.principal, line.key, line.line, line.comment) == ("Ada@example.org", BLOB, 3, "ada home")
    assert line.roles == {AUTHOR, APPROVER}
    assert line.valid_after == datetime(2026, 1, 1, tzinfo=UTC)
    assert line.valid_before == datetime(2027, 1, 2, 3, 4, tzinfo=UTC)
    assert line.fingerprint == sshsig.fingerprint(BLOB)


@pytest.mark.parametrize(
    ("when", "counts"),
    [
        (datetime(2025, 12, 31, 23, 59, tzinfo=UTC), False),
        (datetime(2026, 1, 1, tzinfo=UTC), True),
        (datetime(2026, 6, 1, tzinfo=UTC), True),
        (datetime(2027, 1, 1, 0, 0, 1, tzinfo=UTC), False),
    ],
)
def test_validity(when: datetime, counts: bool) -> None:
    text = f'a@example.org {BOTH},valid-after="20260101Z",valid-before="20270101Z" {KEY}'
    (line,) = parse_signers(text.encode())
    assert (line.why_not(when) is None) == counts


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"a@example.org {KEY}", "no namespaces="),
        (f"a@example.org ssh-rsa {KEY.split()[1]}", "no namespaces="),
        (f'a@example.org valid-after="20260101Z" {KEY}', "no namespaces="),
        (f'a@example.org namespaces="" {KEY}', "stands twice or has no value"),
        (f'a@example.org namespaces="shipworthy-*" {KEY}', "wildcard"),
        (f'a@example.org namespaces="!git,shipworthy-author" {KEY}', "wildcard"),
        (f"a@example.org {BOTH},{BOTH} {KEY}", "twice"),
        (f"a@example.org cert-authority,{BOTH} {KEY}", "cert-authority"),
        (f"a@example.org CERT-AUTHORITY,{BOTH} {KEY}", "cert-authority"),
        (f"*@example.org {BOTH} {KEY}", "not one plain address"),
        (f"?@example.org {BOTH} {KEY}", "not one plain address"),
        (f"a@example.org,b@example.org {BOTH} {KEY}", "not one plain address"),
        (f'"a@example.org" {BOTH} {KEY}', "not one plain address"),
        (f"!a@example.org {BOTH} {KEY}", "not one plain address"),
        (f"ada {BOTH} {KEY}", "not one plain address"),
        (f"аda@example.org {BOTH} {KEY}", "not ASCII"),
        (f"a@example.org {BOTH}\x0b {KEY}", "control character"),
        (f"a@example.org {BOTH} {KEY[:-1]}", "base64"),
        (f"a@example.org {BOTH} {KEY.replace('ssh-ed25519', 'ssh-rsa')}", "not a key of the type"),
        (f"a@example.org {BOTH} ssh-ed25519", "no public key"),
        (f"a@example.org {BOTH},no-touch-required {KEY}", "not known"),
        (f'a@example.org {BOTH},valid-after="20260101" {KEY}', "not a time in UTC"),
        (f'a@example.org {BOTH},valid-after="20261301Z" {KEY}', "not a time in UTC"),
        (f'a@example.org {BOTH},valid-after="٢٠٢٦٠١٠١Z" {KEY}', "not ASCII"),
        (f'a@example.org {BOTH},valid-after="20270101Z",valid-before="20260101Z" {KEY}', "not before"),
        (f"a@example.org {BOTH} {KEY}\nb@example.org {BOTH} {KEY}", "is also a@example.org's"),
        (f"a@example.org {BOTH} {KEY}\nA@example.org {BOTH} {KEY}", "twice"),
        ("x" * 20_000, "not one plain address"),
        ("\n" * 3_000, "more than 2,000 lines"),
    ],
)
def test_refused(text: str, says: str) -> None:
    assert says in str(strict(text))


def test_two_addresses_of_one_person() -> None:
    lines = parse_signers(
        f"a@example.org {BOTH} {KEY}\nB@example.org {BOTH} {KEY}\nc@example.org {BOTH} {OTHER}".encode()
    )
    found = signers(lines, frozenset(), {"a@example.org": "ada", "b@example.org": "ada"})
    assert {found.person(line.principal) for line in found.of(lines[0].fingerprint)} == {"ada"}
    assert found.person("C@Example.org") == "c@example.org"


def test_revoked() -> None:
    assert parse_revoked(f"# gone\n{KEY} ada\n\n{OTHER}\n".encode()) == {
        sshsig.fingerprint(BLOB), sshsig.fingerprint(base64.b64decode(OTHER.split()[1])),
    }  # fmt: skip
    assert parse_revoked(b"") == frozenset()


@pytest.mark.parametrize("data", [b"SSHKRL\n\0", b"SHA256:abc", b"\xff", KEY.encode()[:-1], b"serial: 5"])
def test_unreadable_revocation(data: bytes) -> None:
    with pytest.raises(BadSigners):
        parse_revoked(data)


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs ssh-keygen")
def test_ssh_keygen_reads_the_same(tmp_path: Path) -> None:
    (tmp_path / "signers").write_text(f'ada@example.org {BOTH},valid-after="20260101Z" {KEY} ada\n')
    (tmp_path / "sig").write_text(sshsig.sign(PRIVATE, b"message", APPROVER))
    (tmp_path / "none").write_text(f"{OTHER}\n")
    (tmp_path / "revoked").write_text(f"# gone\n{KEY} ada\n")
    assert parse_signers((tmp_path / "signers").read_bytes())
    command = ["ssh-keygen", "-Y", "verify", "-f", "signers", "-I", "ada@example.org", "-n", APPROVER, "-s", "sig"]
    for revoked, expected in (("none", 0), ("revoked", 255)):
        done = subprocess.run(
            [*command, "-r", revoked], input=b"message", cwd=tmp_path, capture_output=True, check=False
        )
        assert done.returncode == expected, done.stdout + done.stderr
