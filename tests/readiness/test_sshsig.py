"""SSH signatures: agreement with ssh-keygen in both directions, security keys' flags, and one accepted spelling."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from shipworthy.readiness import sshsig
from shipworthy.readiness.sshsig import BadSignature, PrivateKey

SPACE, MESSAGE = "shipworthy-author", b"DSSEv1 what is signed"
needs_ssh_keygen = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs ssh-keygen: it is not on PATH")

KINDS = [("ed25519", "256"), ("ecdsa", "256"), ("ecdsa", "384"), ("ecdsa", "521"), ("rsa", "2048"), ("rsa", "3072")]


def string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def mpint(number: int) -> bytes:
    return string(number.to_bytes(number.bit_length() // 8 + 1, "big"))


def keygen(*args: str, stdin: bytes = b"") -> str:
    done = subprocess.run(["ssh-keygen", *args], input=stdin, capture_output=True, check=True)
    return done.stdout.decode()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """A key file of every kind, made by ssh-keygen."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("needs ssh-keygen: it is not on PATH")
    folder = tmp_path_factory.mktemp("keys")
    found = {}
    for kind, bits in KINDS:
        found[kind, bits] = folder / f"{kind}{bits}"
        keygen("-q", "-t", kind, "-b", bits, "-N", "", "-f", str(found[kind, bits]))
    return found


def private(path: Path) -> PrivateKey:
    key = serialization.load_ssh_private_key(path.read_bytes(), None)
    assert isinstance(key, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
    return key


@pytest.mark.parametrize("kind", KINDS)
def test_what_ssh_keygen_signs_verifies_here(made: dict[tuple[str, str], Path], kind: tuple[str, str]) -> None:
    armored = keygen("-q", "-Y", "sign", "-n", SPACE, "-f", str(made[kind]), stdin=MESSAGE)
    signed = sshsig.verify(armored, MESSAGE, SPACE)
    assert signed.fingerprint == keygen("-lf", str(made[kind])).split()[1]
    assert (signed.touched, signed.user_verified) == (None, None)
    with pytest.raises(BadSignature):
        sshsig.verify(armored, MESSAGE + b".", SPACE)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_signed_here_verifies_with_ssh_keygen(
    made: dict[tuple[str, str], Path], kind: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "sig").write_text(sshsig.sign(private(made[kind]), MESSAGE, SPACE))
    (tmp_path / "signers").write_text(f'ada namespaces="{SPACE}" ' + made[kind].with_suffix(".pub").read_text())
    signature = str(tmp_path / "sig")
    keygen("-Y", "check-novalidate", "-n", SPACE, "-s", signature, stdin=MESSAGE)
    arguments = ("-Y", "verify", "-f", str(tmp_path / "signers"), "-I", "ada", "-n", SPACE, "-s", signature)
    assert "Good" in keygen(*arguments, stdin=MESSAGE)
    assert sshsig.verify((tmp_path / "sig").read_text(), MESSAGE, SPACE).kind


@needs_ssh_keygen
def test_sha256_as_message_digest(made: dict[tuple[str, str], Path]) -> None:
    key = str(made["ed25519", "256"])
    armored = keygen("-q", "-Y", "sign", "-O", "hashalg=sha256", "-n", SPACE, "-f", key, stdin=MESSAGE)
    assert sshsig.parse(armored).digest == "sha256"
    sshsig.verify(armored, MESSAGE, SPACE)


def parts(**change: bytes) -> str:
    """A valid Ed25519 signature with some of its fields replaced."""
    key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
    point = key.public_key().public_bytes_raw()
    digest = change.get("digest", b"sha512")
    space = change.get("space", SPACE.encode())
    covered = b"SSHSIG" + b"".join(map(string, (space, b"", digest, hashlib.sha512(MESSAGE).digest())))
    value = string(change.get("algorithm", b"ssh-ed25519")) + string(key.sign(covered)) + change.get("after", b"")
    blob = change.get("magic", b"SSHSIG") + change.get("version", b"\0\0\0\1")
    blob += string(change.get("key", string(b"ssh-ed25519") + string(point))) + string(space)
    blob += string(change.get("reserved", b"")) + string(digest) + string(value)
    return sshsig.armor(blob + change.get("end", b""))


def test_the_unchanged_parts_are_valid() -> None:
    assert sshsig.verify(parts(), MESSAGE, SPACE).kind == "ssh-ed25519"


POINT = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"magic": b"SSHSIX"}, "not an SSH signature"),
        ({"version": b"\0\0\0\2"}, "version"),
        ({"space": b""}, "namespace"),
        ({"space": b"git"}, "namespace"),
        ({"space": "schlüssel".encode()}, "ASCII"),
        ({"digest": b"sha1"}, "sha256 or sha512"),
        ({"digest": b"sha256"}, "does not fit"),
        ({"algorithm": b"rsa-sha2-512"}, "cannot sign with"),
        ({"key": string(b"ssh-dss") + string(b"x")}, "cannot sign with"),
        ({"key": string(b"ssh-ed25519") + string(POINT[:31])}, "not usable"),
        ({"key": string(b"ssh-ed25519") + string(POINT) + b"\0"}, "bytes follow"),
        ({"key": b"\xff\xff\xff\xff"}, "longer than"),
        ({"after": b"\0"}, "bytes follow"),
        ({"end": b"\0"}, "bytes follow"),
    ],
)
def test_a_field_that_is_not_what_it_should_be(change: dict[str, bytes], says: str) -> None:
    with pytest.raises(BadSignature, match=says):
        sshsig.verify(parts(**change), MESSAGE, SPACE)


@pytest.mark.parametrize(
    "spell",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: " " + text,
        lambda text: text.replace("BEGIN SSH", "BEGIN  SSH"),
        lambda text: text.replace("U1NIU0lH", "U1NI-U0lH"),
        lambda text: text.replace("=\n-----END", "\n-----END"),
        lambda text: text.replace("-----BEGIN SSH SIGNATURE-----\n", ""),
        lambda text: "",
        lambda text: "x" * 20_000,
    ],
)
def test_armor_that_ssh_keygen_refuses_too(spell: object) -> None:
    changed = spell(parts())  # type: ignore[operator]  # one of the functions above
    assert changed != parts()
    with pytest.raises(BadSignature):
        sshsig.verify(changed, MESSAGE, SPACE)


def test_no_single_bit_of_a_signature_can_change() -> None:
    """But for the last of the version: a verifier refuses later versions only (PROTOCOL.sshsig)."""
    blob = bytearray(sshsig.dearmor(parts()))
    for position in range(len(blob)):
        if position == 9:
            continue
        for bit in (0, 3, 7):
            blob[position] ^= 1 << bit
            with pytest.raises(BadSignature):
                sshsig.verify(sshsig.armor(bytes(blob)), MESSAGE, SPACE)
            blob[position] ^= 1 << bit


def security_key(flags: int, *, ecdsa: bool, counter: int = 7, claimed: int | None = None) -> str:
    """A signature as a FIDO key makes it (PROTOCOL.u2f), `claimed` flags written beside it."""
    application = b"ssh:"
    covered = b"SSHSIG" + b"".join(map(string, (SPACE.encode(), b"", b"sha512", hashlib.sha512(MESSAGE).digest())))
    tail = bytes([flags]) + counter.to_bytes(4, "big")
    inner = hashlib.sha256(application).digest() + tail + hashlib.sha256(covered).digest()
    if ecdsa:
        name = b"sk-ecdsa-sha2-nistp256@openssh.com"
        curve_key = ec.derive_private_key(7, ec.SECP256R1())
        form = (serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        key = string(name) + string(b"nistp256") + string(curve_key.public_key().public_bytes(*form))
        r, s = decode_dss_signature(curve_key.sign(inner, ec.ECDSA(hashes.SHA256())))
        raw = mpint(r) + mpint(s)
    else:
        name = b"sk-ssh-ed25519@openssh.com"
        edwards = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
        key = string(name) + string(POINT)
        raw = edwards.sign(inner)
    tail = bytes([flags if claimed is None else claimed]) + tail[1:]
    value = string(name) + string(raw) + tail
    fields = (key + string(application), SPACE.encode(), b"", b"sha512", value)
    return sshsig.armor(b"SSHSIG\0\0\0\1" + b"".join(map(string, fields)))


@pytest.mark.parametrize("ecdsa", [True, False])
@pytest.mark.parametrize(
    ("flags", "touched", "user_verified"), [(0, False, False), (1, True, False), (4, False, True), (5, True, True)]
)
def test_a_security_key_says_whether_it_was_touched(
    flags: int, touched: bool, user_verified: bool, ecdsa: bool
) -> None:
    signed = sshsig.verify(security_key(flags, ecdsa=ecdsa), MESSAGE, SPACE)
    assert (signed.touched, signed.user_verified) == (touched, user_verified)
    assert signed.kind.startswith("sk-")


@pytest.mark.parametrize("ecdsa", [True, False])
def test_a_touch_cannot_be_claimed_afterwards(ecdsa: bool) -> None:
    with pytest.raises(BadSignature):
        sshsig.verify(security_key(0, ecdsa=ecdsa, claimed=1), MESSAGE, SPACE)


def rsa_signature(bits: int, algorithm: bytes, digest: hashes.HashAlgorithm) -> str:
    key = rsa.generate_private_key(65537, bits)
    covered = b"SSHSIG" + b"".join(map(string, (SPACE.encode(), b"", b"sha512", hashlib.sha512(MESSAGE).digest())))
    value = string(algorithm) + string(key.sign(covered, padding.PKCS1v15(), digest))
    fields = (sshsig.public_blob(key), SPACE.encode(), b"", b"sha512", value)
    return sshsig.armor(b"SSHSIG\0\0\0\1" + b"".join(map(string, fields)))


@pytest.mark.parametrize(
    ("bits", "algorithm", "digest", "fine"),
    [
        (2048, b"rsa-sha2-256", hashes.SHA256(), True),
        (2048, b"rsa-sha2-512", hashes.SHA512(), True),
        (2048, b"rsa-sha2-512", hashes.SHA256(), False),
        (2048, b"ssh-rsa", hashes.SHA1(), False),
        (1024, b"rsa-sha2-512", hashes.SHA512(), False),
    ],
)
def test_rsa_only_long_and_only_with_sha2(
    bits: int, algorithm: bytes, digest: hashes.HashAlgorithm, fine: bool
) -> None:
    armored = rsa_signature(bits, algorithm, digest)
    if fine:
        assert sshsig.verify(armored, MESSAGE, SPACE).kind == "ssh-rsa"
    else:
        with pytest.raises(BadSignature):
            sshsig.verify(armored, MESSAGE, SPACE)


def test_an_integer_is_not_negative_and_not_endless() -> None:
    for raw in (b"\x80", b"\xff\x01", b"\x01" * 2049, b"\0" * 2050):
        with pytest.raises(BadSignature, match="an integer"):
            sshsig._Reader(string(raw)).mpint()
    for raw in (b"\0\x80", b"\0\0\x80", b"\0" * 2048 + b"\x80"):
        assert sshsig._Reader(string(raw)).mpint() == 128


def test_the_fingerprint_is_unpadded_base64() -> None:
    assert sshsig.fingerprint(b"x") == "SHA256:" + base64.b64encode(hashlib.sha256(b"x").digest()).decode().rstrip("=")
