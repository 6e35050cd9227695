"""Reads, checks and makes SSH signatures (SSHSIG, armored), the one kind of signature in a readiness file.

Format: PROTOCOL.sshsig, PROTOCOL.u2f and RFC 4253 section 6.6 of OpenSSH. It needs no ssh-keygen and imports nothing
of the rest of shipworthy. Every field has exactly one accepted encoding, so a signature has one spelling.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

PrivateKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

MAX_BYTES = 16 * 1024
"""The longest armored signature read; the largest real one (RSA 16384) is under 6 KiB."""
MIN_RSA_BITS, MAX_RSA_BITS, MAX_RSA_EXPONENT_BITS = 2048, 16384, 33
_MAGIC, _VERSION, _KEY_MAGIC = b"SSHSIG", 1, b"openssh-key-v1\0"
_BEGIN, _END, _WIDTH = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----", 70
_TOUCHED, _USER_VERIFIED = 0x01, 0x04
_DIGESTS = {"sha256": hashlib.sha256, "sha512": hashlib.sha512}
_RSA_HASHES: dict[str, hashes.HashAlgorithm] = {"rsa-sha2-256": hashes.SHA256(), "rsa-sha2-512": hashes.SHA512()}
_CURVES: dict[str, tuple[ec.EllipticCurve, hashes.HashAlgorithm]] = {
    "nistp256": (ec.SECP256R1(), hashes.SHA256()),
    "nistp384": (ec.SECP384R1(), hashes.SHA384()),
    "nistp521": (ec.SECP521R1(), hashes.SHA512()),
}
_SK_ED25519, _SK_ECDSA = "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"


class BadSignature(Exception):
    """Not a valid signature: malformed, of a refused kind, for another namespace, or over other bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A parsed signature, not yet checked."""

    key: bytes
    """The public key in SSH wire format."""
    namespace: str
    digest: str
    """`sha256` or `sha512`: how the message was hashed."""
    value: bytes
    """The inner signature in SSH wire format."""

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What a valid signature says. `touched` and `user_verified` are None for a key that is no security key."""

    fingerprint: str
    kind: str
    """The key's type, like `ssh-ed25519`."""
    touched: bool | None = None
    user_verified: bool | None = None


def fingerprint(key: bytes) -> str:
    """`SHA256:…` of a public key in wire format, as `ssh-keygen -lf` prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode("ascii").rstrip("=")


class _Reader:
    """Takes SSH wire fields off a byte string. Raises BadSignature when they do not fit."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def take(self, count: int) -> bytes:
        if count > len(self._data):
            raise BadSignature("a field is longer than what follows")
        taken, self._data = self._data[:count], self._data[count:]
        return taken

    def number(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def string(self) -> bytes:
        return self.take(self.number())

    def word(self) -> str:
        try:
            return self.string().decode("ascii")
        except UnicodeDecodeError as error:
            raise BadSignature("a name is not ASCII") from error

    def mpint(self) -> int:
        """A positive integer in its shortest form (RFC 4251 section 5)."""
        raw = self.string()
        if not raw or raw[0] & 0x80 or raw == b"\0" or (raw[0] == 0 and not raw[1:2] >= b"\x80"):
            raise BadSignature("an integer is not positive or not in its shortest form")
        return int.from_bytes(raw, "big")

    def end(self) -> None:
        if self._data:
            raise BadSignature("bytes follow the last field")


def openssh_header(data: bytes) -> tuple[str, bytes]:
    """Cipher and public key of an OpenSSH private key file's bytes (PROTOCOL.key). Raises BadSignature."""
    reader = _Reader(data)
    if reader.take(len(_KEY_MAGIC)) != _KEY_MAGIC:
        raise BadSignature("not an OpenSSH private key")
    cipher = reader.word()
    reader.string(), reader.string()
    if reader.number() != 1:
        raise BadSignature("not exactly one key")
    return cipher, reader.string()


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _mpint(number: int) -> bytes:
    return _string(number.to_bytes(number.bit_length() // 8 + 1, "big"))


def armor(blob: bytes) -> str:
    """The armored text, lines of 70 characters as ssh-keygen writes them."""
    text = base64.b64encode(blob).decode("ascii")
    lines = [text[start : start + _WIDTH] for start in range(0, len(text), _WIDTH)]
    return "\n".join([_BEGIN, *lines, _END, ""])


def dearmor(armored: str) -> bytes:
    """The signature's bytes. Raises BadSignature unless the text is exactly what `armor` writes."""
    if len(armored) > MAX_BYTES:
        raise BadSignature("too long")
    lines = armored.split("\n")
    try:
        blob = base64.b64decode("".join(lines[1:-2]), validate=True)
    except ValueError as error:
        raise BadSignature("the armor does not hold base64") from error
    if armor(blob) != armored:
        raise BadSignature("the armor is not written as ssh-keygen writes it")
    return blob


def parse(armored: str) -> Signature:
    """Takes an armored signature apart. Raises BadSignature; whether it is valid only `verify` says."""
    reader = _Reader(dearmor(armored))
    if reader.take(len(_MAGIC)) != _MAGIC:
        raise BadSignature("not an SSH signature")
    if reader.number() != _VERSION:
        raise BadSignature("an SSH signature of another version")
    key, namespace, reserved, digest, value = (
        reader.string(), reader.word(), reader.string(), reader.word(), reader.string()
    )  # fmt: skip
    reader.end()
    if not namespace:
        raise BadSignature("without a namespace")
    if reserved:
        raise BadSignature("the reserved field is not empty")
    if digest not in _DIGESTS:
        raise BadSignature("the message was hashed with something other than sha256 or sha512")
    return Signature(key=key, namespace=namespace, digest=digest, value=value)


def _covered(message: bytes, namespace: str, digest: str) -> bytes:
    """The bytes the inner signature is made over."""
    hashed = _DIGESTS[digest](message).digest()
    return _MAGIC + b"".join(map(_string, (namespace.encode("ascii"), b"", digest.encode("ascii"), hashed)))


def verify(armored: str, message: bytes, namespace: str) -> Signed:
    """Who signed `message` for `namespace`. Raises BadSignature when nobody validly did."""
    signature = parse(armored)
    if signature.namespace != namespace:
        raise BadSignature(f"signed for the namespace {signature.namespace!r}, not {namespace!r}")
    covered = _covered(message, namespace, signature.digest)
    try:
        return _check(signature, covered)
    except InvalidSignature as error:
        raise BadSignature("the signature does not fit these bytes and this key") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadSignature("the key is not usable") from error


def _check(signature: Signature, covered: bytes) -> Signed:
    key, value = _Reader(signature.key), _Reader(signature.value)
    kind, algorithm = key.word(), value.word()
    raw = value.string()
    # An RSA key names the hash in place of its kind, and never SHA-1 (the algorithm "ssh-rsa").
    if algorithm not in (_RSA_HASHES if kind == "ssh-rsa" else (kind,)):
        raise BadSignature(f"a key of type {kind!r} cannot sign with {algorithm!r}")
    flags: int | None = None
    if kind == "ssh-rsa":
        exponent, modulus = key.mpint(), key.mpint()
        key.end()
        _check_rsa(exponent, modulus, raw, covered, _RSA_HASHES[algorithm])
    elif kind in ("ssh-ed25519", _SK_ED25519):
        point = key.string()
        if kind == _SK_ED25519:
            covered, flags = _security_key(key.string(), value, covered)
        key.end()
        ed25519.Ed25519PublicKey.from_public_bytes(point).verify(raw, covered)
    elif kind == _SK_ECDSA or kind.removeprefix("ecdsa-sha2-") in _CURVES:
        curve, point = key.word(), key.string()
        if kind == _SK_ECDSA:
            covered, flags = _security_key(key.string(), value, covered)
        key.end()
        if curve != ("nistp256" if kind == _SK_ECDSA else kind.removeprefix("ecdsa-sha2-")):
            raise BadSignature("the key's curve is not the one its type names")
        _check_ecdsa(curve, point, raw, covered)
    else:
        raise BadSignature(f"keys of type {kind!r} are not accepted")
    value.end()
    touched, user_verified = (None, None) if flags is None else (bool(flags & _TOUCHED), bool(flags & _USER_VERIFIED))
    return Signed(fingerprint=signature.fingerprint, kind=kind, touched=touched, user_verified=user_verified)


def _security_key(application: bytes, value: _Reader, covered: bytes) -> tuple[bytes, int]:
    """What a security key signs in place of the message itself, and its flags (PROTOCOL.u2f)."""
    flags, counter = value.take(1), value.take(4)
    return hashlib.sha256(application).digest() + flags + counter + hashlib.sha256(covered).digest(), flags[0]


def _check_rsa(exponent: int, modulus: int, raw: bytes, covered: bytes, digest: hashes.HashAlgorithm) -> None:
    bits = modulus.bit_length()
    if not MIN_RSA_BITS <= bits <= MAX_RSA_BITS or exponent.bit_length() > MAX_RSA_EXPONENT_BITS:
        raise BadSignature(f"an RSA key of {bits} bits is not accepted")
    if len(raw) != (bits + 7) // 8:
        raise BadSignature("the signature's length does not fit the key")
    rsa.RSAPublicNumbers(exponent, modulus).public_key().verify(raw, covered, padding.PKCS1v15(), digest)


def _check_ecdsa(curve: str, point: bytes, raw: bytes, covered: bytes) -> None:
    if point[:1] != b"\x04":
        raise BadSignature("the key's point is not in its usual form")
    parts = _Reader(raw)
    der = encode_dss_signature(parts.mpint(), parts.mpint())
    parts.end()
    group, digest = _CURVES[curve]
    ec.EllipticCurvePublicKey.from_encoded_point(group, point).verify(der, covered, ec.ECDSA(digest))


def public_blob(key: PrivateKey) -> bytes:
    """The public half of a private key in wire format."""
    line = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return base64.b64decode(line.split(b" ")[1])


def sign(key: PrivateKey, message: bytes, namespace: str) -> str:
    """An armored signature, the same as `ssh-keygen -Y sign -n NAMESPACE` makes with this key."""
    blob, digest = public_blob(key), "sha512"
    covered = _covered(message, namespace, digest)
    kind = _Reader(blob).word()
    algorithm = kind
    if isinstance(key, ed25519.Ed25519PrivateKey):
        raw = key.sign(covered)
    elif isinstance(key, rsa.RSAPrivateKey):
        algorithm = "rsa-sha2-512"
        raw = key.sign(covered, padding.PKCS1v15(), _RSA_HASHES[algorithm])
    else:
        r, s = decode_dss_signature(key.sign(covered, ec.ECDSA(_CURVES[kind.removeprefix("ecdsa-sha2-")][1])))
        raw = _mpint(r) + _mpint(s)
    value = _string(algorithm.encode("ascii")) + _string(raw)
    fields = (blob, namespace.encode("ascii"), b"", digest.encode("ascii"), value)
    return armor(_MAGIC + _VERSION.to_bytes(4, "big") + b"".join(map(_string, fields)))
