"""Our verifier and ssh-keygen give the same answer on spoiled signatures, but for the short list in `STRICTER`."""

from __future__ import annotations

import base64
import hashlib
import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from tests.readiness.spoil import BEGIN, Case, fields, joined, rearmor, spoiled, strings

from shipworthy.readiness import sshsig
from shipworthy.readiness.sshsig import BadSignature

SPACE, MESSAGE = "shipworthy-author", b"DSSEv1 what is signed"
KINDS = [("ed25519", "256"), ("ecdsa", "256"), ("ecdsa", "384"), ("ecdsa", "521"), ("rsa", "2048"), ("rsa", "3072")]
FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
ORDER = 2**252 + 27742317777372353535851937790883648493
"""Of the Ed25519 group (RFC 8032 section 5.1)."""
P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs ssh-keygen: it is not on PATH")


def openssh(case: Case, folder: Path) -> str | None:
    """The fingerprint of the key ssh-keygen says signed; None where it refuses."""
    (folder / "sig").write_bytes(case.armored)
    done = subprocess.run(
        ["ssh-keygen", "-Y", "check-novalidate", "-n", case.namespace, "-s", str(folder / "sig")],
        input=case.message, capture_output=True, timeout=30, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        return None
    found = FINGERPRINT.search(done.stdout.decode())
    assert found, done.stdout
    return found[0]


def ours(case: Case) -> str | None:
    try:
        return sshsig.verify(case.armored.decode("ascii", "replace"), case.message, case.namespace).fingerprint
    except BadSignature:
        return None


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    """Valid signatures of every kind of key, made by ssh-keygen and here, with both message digests."""
    folder, found = tmp_path_factory.mktemp("real"), []
    for kind, bits in KINDS:
        path = folder / f"{kind}{bits}"
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-b", bits, "-N", "", "-f", str(path)], check=True)
        for digest in ("sha256", "sha512"):
            signed = subprocess.run(
                ["ssh-keygen", "-q", "-Y", "sign", "-O", f"hashalg={digest}", "-n", SPACE, "-f", str(path)],
                input=MESSAGE, capture_output=True, check=True,
            )  # fmt: skip
            found.append(Case(signed.stdout, MESSAGE, SPACE))
        key = serialization.load_ssh_private_key(path.read_bytes(), None)
        assert isinstance(key, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
        found.append(Case(sshsig.sign(key, MESSAGE, SPACE).encode(), MESSAGE, SPACE))
    return found


def agree_on(count: int, seed: int, real: list[Case], folder: Path) -> None:
    rng, accepted = random.Random(seed), 0
    for turn in range(count):
        case = spoiled(rng, real)
        theirs, here = openssh(case, folder), ours(case)
        assert here == theirs, f"turn {turn} of seed {seed}: ours {here}, ssh-keygen's {theirs}: {case}"
        accepted += here is not None
    # A generator that spoils everything, or nothing, would prove little.
    assert count // 20 < accepted < count // 2, accepted


@pytest.mark.parametrize("seed", range(1))
def test_the_same_answer_on_spoiled_signatures(seed: int, real: list[Case], tmp_path: Path) -> None:
    agree_on(60, seed, real, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 110))
def test_the_same_answer_on_many_spoiled_signatures(seed: int, real: list[Case], tmp_path: Path) -> None:
    agree_on(1000, seed, real, tmp_path)


def covered(digest: str = "sha512") -> bytes:
    hashed = hashlib.new(digest, MESSAGE).digest()
    return b"SSHSIG" + joined([SPACE.encode(), b"", digest.encode(), hashed])


def signature(key: bytes, algorithm: bytes, raw: bytes, after: bytes = b"") -> Case:
    """A signature from its parts."""
    value = joined([algorithm, raw]) + after
    return Case(rearmor([key, SPACE.encode(), b"", b"sha512", value]), MESSAGE, SPACE)


def mpint(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


EDWARDS = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
GOOD = sshsig.sign(EDWARDS, MESSAGE, SPACE).encode()


def named(change: int, suffix: bytes) -> bytes:
    parts = fields(GOOD)
    parts[change] += suffix
    return rearmor(parts)


def inside(part: int, which: int, suffix: bytes) -> bytes:
    parts = fields(GOOD)
    inner = strings(parts[part])
    inner[which] += suffix
    parts[part] = joined(inner)
    return rearmor(parts)


@pytest.mark.parametrize(
    ("armored", "fine"),
    [
        (GOOD, True),
        (rearmor(fields(GOOD), version=0), True),
        (rearmor(fields(GOOD), version=2), False),
        (named(2, b"anything"), True),
        (named(1, b"\0"), True),
        (named(1, b"\0\0"), False),
        (named(3, b"\0"), True),
        (inside(0, 0, b"\0"), True),
        (inside(4, 0, b"\0"), True),
        (inside(4, 1, b"\0"), False),
        (rearmor(fields(GOOD), end=b"\0"), False),
        (GOOD + b"after", True),
        (GOOD + GOOD, True),
        (GOOD[:-1], True),
        (b"\n" + GOOD, False),
        (GOOD.replace(b"\n", b"\r\n"), False),
        (GOOD.replace(b"\n-----END", b"\r\n-----END"), True),
        (GOOD.replace(BEGIN + b"\n", BEGIN), False),
        (GOOD.replace(BEGIN + b"\n", BEGIN + b"\n\n\t"), True),
        (GOOD.replace(b"\n-----END", b"\0\n-----END"), True),
        (GOOD.replace(b"\n-----END", b"\0\0\n-----END"), False),
        (GOOD.replace(b"\n-----END", b"=\n-----END"), False),
        (GOOD.replace(b"\n-----END", b"-----END"), False),
        (GOOD.replace(b"=", b""), False),
    ],
)
def test_odd_spellings(armored: bytes, fine: bool, tmp_path: Path) -> None:
    case = Case(armored, MESSAGE, SPACE)
    assert (ours(case) is not None, openssh(case, tmp_path) is not None) == (fine, fine)
    assert ours(case) in (None, ours(Case(GOOD, MESSAGE, SPACE)))


@pytest.mark.parametrize("spell", [lambda n: b"\0" + n, lambda n: b"\0" * 1000 + n, lambda n: b"\0" * 2100 + n])
def test_a_key_written_oddly_keeps_its_fingerprint(spell: object, real: list[Case], tmp_path: Path) -> None:
    case = next(each for each in real if b"ssh-rsa" in fields(each.armored)[0])
    parts = fields(case.armored)
    kind, exponent, modulus = strings(parts[0])
    parts[0] = joined([kind, spell(exponent), modulus])  # type: ignore[operator]  # one of the functions above
    odd = Case(rearmor(parts), MESSAGE, SPACE)
    assert ours(odd) == openssh(odd, tmp_path)
    assert ours(odd) in (None, ours(case))


def test_an_rsa_signature_without_its_first_zero(tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    for turn in range(5000):
        message = b"%d" % turn
        parts = fields(sshsig.sign(key, message, SPACE).encode())
        algorithm, raw = strings(parts[4])
        if raw[0] == 0:
            break
    for short, fine in ((raw[1:], True), (raw, True), (b"\0" + raw, False)):
        parts[4] = joined([algorithm, short])
        case = Case(rearmor(parts), message, SPACE)
        assert (ours(case) is not None, openssh(case, tmp_path) is not None) == (fine, fine)


SMALL = (
    "01" + "00" * 31, "01" + "00" * 30 + "80", "00" * 32, "00" * 31 + "80", "ec" + "ff" * 30 + "7f",
    "ee" + "ff" * 30 + "7f", "ed" + "ff" * 30 + "7f", "ec" + "ff" * 31, "ed" + "ff" * 31, "ee" + "ff" * 31,
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
)  # fmt: skip


def test_points_of_small_order(tmp_path: Path) -> None:
    """Keys anybody can sign with, in all their encodings: no use to an attacker, but the answers must be the same."""
    for point in SMALL:
        for commitment in SMALL:
            key = joined([b"ssh-ed25519", bytes.fromhex(point)])
            case = signature(key, b"ssh-ed25519", bytes.fromhex(commitment) + bytes(32))
            assert ours(case) == openssh(case, tmp_path), (point, commitment)


def test_numbers_of_ecdsa(tmp_path: Path) -> None:
    """The mirror image (r, n-s) is a valid signature for both; numbers out of range are for neither."""
    key = ec.generate_private_key(ec.SECP256R1())
    r, s = decode_dss_signature(key.sign(covered(), ec.ECDSA(hashes.SHA256())))
    kind, curve, point = strings(sshsig.public_blob(key))
    usual = [mpint(r), mpint(s)]
    pressed = bytes([2 + (point[-1] & 1)]) + point[1:33]
    for raw, at, fine in [
        (usual, point, True), ([mpint(r), mpint(P256 - s)], point, True), ([mpint(r), mpint(P256 + s)], point, False),
        ([mpint(r), b""], point, False), ([b"", b""], point, False), ([b"\0\0" + mpint(r), mpint(s)], point, True),
        ([bytes(1900) + mpint(r), mpint(s)], point, True), ([bytes(2100) + mpint(r), mpint(s)], point, False),
        ([mpint(r), mpint(s), b""], point, False), ([b"\xff" + mpint(r)[1:], mpint(s)], point, False),
        (usual, pressed, False), (usual, bytes([6 + (point[-1] & 1)]) + point[1:], False), (usual, b"\0", False),
        (usual, point + b"\0", False), (usual, point[:-1], False), (usual, point[:-1] + bytes([point[-1] ^ 1]), False),
    ]:  # fmt: skip
        case = signature(joined([kind, curve, at]), kind, joined(raw))
        assert (ours(case) is not None, openssh(case, tmp_path) is not None) == (fine, fine), raw


def security_key(*, application: bytes = b"ssh:", after: bytes = b"") -> Case:
    inner = (
        hashlib.sha256(application.removesuffix(b"\0")).digest() + b"\1\0\0\0\7" + hashlib.sha256(covered()).digest()
    )
    name = b"sk-ssh-ed25519@openssh.com"
    key = joined([name, EDWARDS.public_key().public_bytes_raw(), application])
    return signature(key, name, EDWARDS.sign(inner), b"\1\0\0\0\7" + after)


@pytest.mark.parametrize(
    ("case", "fine"),
    [
        (security_key(), True), (security_key(application=b"ssh:\0"), True), (security_key(application=b""), True),
        (security_key(application=b"ssh\0:"), False), (security_key(after=b"\0"), False),
    ],
)  # fmt: skip
def test_security_keys(case: Case, fine: bool, tmp_path: Path) -> None:
    if openssh(security_key(), tmp_path) is None:
        pytest.skip("needs ssh-keygen with security keys: this one refuses a good signature")
    assert ours(case) == openssh(case, tmp_path)
    assert (ours(case) is not None) is fine


@pytest.mark.parametrize(
    ("usual", "written", "fine"),
    [
        (b"ssh-ed25519", b"ed25519", True), (b"ssh-ed25519", b"Ed25519", True), (b"ssh-ed25519", b"SSH-ED25519", False),
        (b"ssh-rsa", b"RSA", True), (b"ssh-rsa", b"rsa-sha2-256", True), (b"ssh-rsa", b"rsa-sha2-512", True),
        (b"ssh-rsa", b"RSA-sha2-512", False), (b"ecdsa-sha2-nistp256", b"ecdsa", False),
        (b"ecdsa-sha2-nistp256", b"ecdsa-sha2-nistp384", False),
    ],
)  # fmt: skip
def test_other_names_of_a_key_type(usual: bytes, written: bytes, fine: bool, real: list[Case], tmp_path: Path) -> None:
    case = next(each for each in real if strings(fields(each.armored)[0])[0] == usual)
    parts = fields(case.armored)
    parts[0] = joined([written, *strings(parts[0])[1:]])
    odd = Case(rearmor(parts), MESSAGE, SPACE)
    assert ours(odd) == openssh(odd, tmp_path)
    assert ours(odd) == (ours(case) if fine else None)


def short_rsa() -> Case:
    key = rsa.generate_private_key(65537, 1024)
    return Case(sshsig.sign(key, MESSAGE, SPACE).encode(), MESSAGE, SPACE)


def rsa_that_signs_everything() -> Case:
    """With the exponent 1 the padded digest is its own signature."""
    numbers = rsa.generate_private_key(65537, 2048).public_key().public_numbers()
    info = bytes.fromhex("3051300d060960864801650304020305000440") + hashlib.sha512(covered()).digest()
    padded = b"\0\1" + b"\xff" * (256 - 3 - len(info)) + b"\0" + info
    return signature(joined([b"ssh-rsa", b"\1", mpint(numbers.n)]), b"rsa-sha2-512", padded)


def rsa_of_a_long_exponent() -> Case:
    exponent = 2**40 + 1
    while True:
        numbers = rsa.generate_private_key(65537, 2048).private_numbers()
        try:
            secret = pow(exponent, -1, (numbers.p - 1) * (numbers.q - 1))
        except ValueError:
            continue
        modulus = numbers.p * numbers.q
        key = rsa.RSAPrivateNumbers(
            numbers.p, numbers.q, secret, secret % (numbers.p - 1), secret % (numbers.q - 1), numbers.iqmp,
            rsa.RSAPublicNumbers(exponent, modulus),
        ).private_key()  # fmt: skip
        raw = key.sign(covered(), padding.PKCS1v15(), hashes.SHA512())
        return signature(joined([b"ssh-rsa", mpint(exponent), mpint(modulus)]), b"rsa-sha2-512", raw)


def scalar_above_the_order() -> Case:
    parts = fields(GOOD)
    raw = strings(parts[4])[1]
    scalar = int.from_bytes(raw[32:], "little") + ORDER
    return signature(parts[0], b"ssh-ed25519", raw[:32] + scalar.to_bytes(32, "little"))


def dsa_key() -> Case:
    key = dsa.generate_private_key(1024)
    public = key.public_key().public_numbers()
    group = public.parameter_numbers
    r, s = decode_dss_signature(key.sign(covered(), hashes.SHA1()))
    blob = joined([b"ssh-dss", *map(mpint, (group.p, group.q, group.g, public.y))])
    return signature(blob, b"ssh-dss", r.to_bytes(20, "big") + s.to_bytes(20, "big"))


def certificate() -> Case:
    made = (
        serialization.SSHCertificateBuilder()
        .public_key(EDWARDS.public_key()).serial(1).type(serialization.SSHCertificateType.USER).key_id(b"ada")
        .valid_for_all_principals().valid_after(0).valid_before(2**64 - 1).sign(EDWARDS)
    )  # fmt: skip
    blob = base64.b64decode(made.public_bytes().split(b" ")[1])
    return signature(blob, b"ssh-ed25519", EDWARDS.sign(covered()))


def webauthn() -> Case:
    """As a browser makes it: over JSON that holds the digest (PROTOCOL.u2f)."""
    challenge = base64.urlsafe_b64encode(covered()).rstrip(b"=")
    client = (
        b'{"type":"webauthn.get","challenge":"' + challenge + b'","origin":"https://a.example","crossOrigin":false}'
    )
    inner = hashlib.sha256(b"ssh:").digest() + b"\1\0\0\0\7" + hashlib.sha256(client).digest()
    key = ec.derive_private_key(7, ec.SECP256R1())
    form = (serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    blob = joined([b"sk-ecdsa-sha2-nistp256@openssh.com", b"nistp256", key.public_key().public_bytes(*form), b"ssh:"])
    r, s = decode_dss_signature(key.sign(inner, ec.ECDSA(hashes.SHA256())))
    after = b"\1\0\0\0\7" + joined([b"https://a.example", client, b""])
    return signature(blob, b"webauthn-sk-ecdsa-sha2-nistp256@openssh.com", joined([mpint(r), mpint(s)]), after)


STRICTER = {
    "length": [Case(GOOD + b"x" * sshsig.MAX_BYTES, MESSAGE, SPACE)],
    "rsa key": [short_rsa, rsa_that_signs_everything, rsa_of_a_long_exponent],
    "ed25519 scalar": [scalar_above_the_order],
    "kinds": [dsa_key, certificate, webauthn],
}


@pytest.mark.parametrize(("name", "make"), [(name, make) for name, rows in STRICTER.items() for make in rows])
def test_where_we_refuse_more(name: str, make: object, tmp_path: Path) -> None:
    """Each really is accepted by the ssh-keygen here, or the list names something it need not."""
    case = make() if callable(make) else make
    assert isinstance(case, Case)
    assert ours(case) is None
    if openssh(case, tmp_path) is None:
        pytest.skip(f"this ssh-keygen refuses it too: {name}")


def test_the_list_is_complete_and_tested() -> None:
    assert STRICTER.keys() == sshsig.STRICTER.keys()
