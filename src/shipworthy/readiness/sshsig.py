"""Reads, checks and makes SSH signatures (SSHSIG, armored), the one kind of signature in a readiness file.

Format: PROTOCOL.sshsig, PROTOCOL.u2f and RFC 4253 section 6.6 of OpenSSH. It needs no ssh-keygen and imports nothing
of the rest of shipworthy. It accepts and refuses what `ssh-keygen -Y check-novalidate` of OpenSSH 9.2 does, odd
spellings included, because two verifiers that disagree are one too many; `STRICTER` lists where it refuses more.
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
STRICTER = {
    "length": f"the armored text is longer than {MAX_BYTES:,} characters",
    "rsa key": "an RSA key below 2048 bits, or an exponent that is even, below 3 or above 33 bits",
    "ed25519 scalar": "the second half of an Ed25519 signature is not below the group's order (RFC 8032 section 5.1.7)",
    "kinds": "DSA keys, certificates in place of keys, and signatures that a browser made (webauthn)",
}
"""All that is refused here though ssh-keygen accepts it. Nothing is accepted here that ssh-keygen refuses."""
_MAX_INTEGER = 16384 // 8
_MAGIC, _VERSION, _KEY_MAGIC = b"SSHSIG", 1, b"openssh-key-v1\0"
_BEGIN, _END, _WIDTH = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----", 70
_WHITE = dict.fromkeys(map(ord, " \t\n\v\f\r"))
_TOUCHED, _USER_VERIFIED = 0x01, 0x04
_DIGESTS = {"sha256": hashlib.sha256, "sha512": hashlib.sha512}
_RSA_HASHES: dict[str, hashes.HashAlgorithm] = {"rsa-sha2-256": hashes.SHA256(), "rsa-sha2-512": hashes.SHA512()}
_CURVES: dict[str, tuple[ec.EllipticCurve, hashes.HashAlgorithm]] = {
    "nistp256": (ec.SECP256R1(), hashes.SHA256()),
    "nistp384": (ec.SECP384R1(), hashes.SHA384()),
    "nistp521": (ec.SECP521R1(), hashes.SHA512()),
}
_ALIASES = {
    "rsa": "ssh-rsa", "rsa-sha2-256": "ssh-rsa", "rsa-sha2-512": "ssh-rsa", "ed25519": "ssh-ed25519",
    "ed25519-sk": "sk-ssh-ed25519@openssh.com",
    "webauthn-sk-ecdsa-sha2-nistp256@openssh.com": "sk-ecdsa-sha2-nistp256@openssh.com",
}  # fmt: skip
_SHORT = ("rsa", "ed25519", "ed25519-sk")
_SK_ED25519, _SK_ECDSA = "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"


class BadSignature(Exception):
    """Not a valid signature: malformed, of a refused kind, for another namespace, or over other bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A parsed signature, not yet checked."""

    key: bytes
    """The public key in SSH wire format, as it was written."""
    namespace: str
    digest: str
    """`sha256` or `sha512`: how the message was hashed."""
    value: bytes
    """The inner signature in SSH wire format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What a valid signature says. `touched` and `user_verified` are None for a key that is no security key."""

    fingerprint: str
    """Of the key in its usual encoding, however it was written here."""
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

    def text(self) -> bytes:
        """A C string: OpenSSH drops one NUL at its end and refuses any other."""
        raw = self.string()
        raw = raw[:-1] if raw.endswith(b"\0") else raw
        if b"\0" in raw:
            raise BadSignature("a name contains a NUL")
        return raw

    def word(self) -> str:
        try:
            return self.text().decode("ascii")
        except UnicodeDecodeError as error:
            raise BadSignature("a name is not ASCII") from error

    def mpint(self) -> int:
        """An integer that is not negative (RFC 4251 section 5); OpenSSH drops zeros in front."""
        raw = self.string()
        if raw[:1] >= b"\x80":
            raise BadSignature("an integer is negative")
        if len(raw) > _MAX_INTEGER + (raw[:1] == b"\0"):
            raise BadSignature("an integer is too long")
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
    """The signature's bytes. Raises BadSignature.

    As in OpenSSH the text starts with the first line of the armor, white space between the base64 characters counts
    for nothing, and so does all that follows the armor. Padding and its bits have to be right.
    """
    if len(armored) > MAX_BYTES:
        raise BadSignature("too long")
    inner, end, _ = armored.removeprefix(_BEGIN + "\n").partition("\n" + _END)
    if not armored.startswith(_BEGIN + "\n") or not end:
        raise BadSignature("not an armored SSH signature")
    text = inner.removesuffix("\0").translate(_WHITE)
    try:
        blob = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise BadSignature("the armor does not hold base64") from error
    if base64.b64encode(blob).decode("ascii") != text:
        raise BadSignature("the armor's base64 is not padded as it should be")
    return blob


def parse(armored: str) -> Signature:
    """Takes an armored signature apart. Raises BadSignature; whether it is valid only `verify` says."""
    reader = _Reader(dearmor(armored))
    if reader.take(len(_MAGIC)) != _MAGIC:
        raise BadSignature("not an SSH signature")
    if reader.number() > _VERSION:
        raise BadSignature("an SSH signature of a later version")
    key, namespace = reader.string(), reader.word()
    reader.string()  # Reserved: to be ignored, and always empty in what is signed.
    digest, value = reader.word(), reader.string()
    reader.end()
    if not namespace:
        raise BadSignature("without a namespace")
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
    kind, algorithm = _kind(key.word()), value.word()
    raw = value.string()
    # An RSA key names the hash in place of its kind, and never SHA-1 (the algorithm "ssh-rsa").
    if algorithm not in (_RSA_HASHES if kind == "ssh-rsa" else (kind,)):
        raise BadSignature(f"a key of type {kind!r} cannot sign with {algorithm!r}")
    flags: int | None = None
    usual = _string(kind.encode("ascii"))
    if kind == "ssh-rsa":
        exponent, modulus = key.mpint(), key.mpint()
        key.end()
        usual += _mpint(exponent) + _mpint(modulus)
        _check_rsa(exponent, modulus, raw, covered, _RSA_HASHES[algorithm])
    elif kind in ("ssh-ed25519", _SK_ED25519):
        point = key.string()
        usual += _string(point)
        if kind == _SK_ED25519:
            covered, flags, application = _security_key(key, value, covered)
            usual += _string(application)
        key.end()
        ed25519.Ed25519PublicKey.from_public_bytes(point).verify(raw, covered)
    elif kind == _SK_ECDSA or kind.removeprefix("ecdsa-sha2-") in _CURVES:
        curve, point = key.word(), key.string()
        usual += _string(curve.encode("ascii")) + _string(point)
        if kind == _SK_ECDSA:
            covered, flags, application = _security_key(key, value, covered)
            usual += _string(application)
        key.end()
        if curve != ("nistp256" if kind == _SK_ECDSA else kind.removeprefix("ecdsa-sha2-")):
            raise BadSignature("the key's curve is not the one its type names")
        _check_ecdsa(curve, point, raw, covered)
    else:
        raise BadSignature(f"keys of type {kind!r} are not accepted")
    value.end()
    touched, user_verified = (None, None) if flags is None else (bool(flags & _TOUCHED), bool(flags & _USER_VERIFIED))
    return Signed(fingerprint=fingerprint(usual), kind=kind, touched=touched, user_verified=user_verified)


def _kind(name: str) -> str:
    """A key's type by its usual name; OpenSSH's sshkey_type_from_name also takes these, short ones in any case."""
    short = name.lower()
    return _ALIASES.get(short if short in _SHORT else name, name)


def _security_key(key: _Reader, value: _Reader, covered: bytes) -> tuple[bytes, int, bytes]:
    """What a security key signs in place of the message itself, its flags, and its application (PROTOCOL.u2f)."""
    application, flags, counter = key.text(), value.take(1), value.take(4)
    signed = hashlib.sha256(application).digest() + flags + counter + hashlib.sha256(covered).digest()
    return signed, flags[0], application


def _check_rsa(exponent: int, modulus: int, raw: bytes, covered: bytes, digest: hashes.HashAlgorithm) -> None:
    bits = modulus.bit_length()
    if not MIN_RSA_BITS <= bits <= MAX_RSA_BITS or exponent.bit_length() > MAX_RSA_EXPONENT_BITS:
        raise BadSignature(f"an RSA key of {bits} bits is not accepted")
    width = (bits + 7) // 8
    if len(raw) > width:
        raise BadSignature("the signature is longer than the key")
    # Some implementations drop zeros in front (OpenSSH's ssh-rsa.c puts them back too).
    raw = raw.rjust(width, b"\0")
    rsa.RSAPublicNumbers(exponent, modulus).public_key().verify(raw, covered, padding.PKCS1v15(), digest)


def _check_ecdsa(curve: str, point: bytes, raw: bytes, covered: bytes) -> None:
    if point[:1] != b"\x04":
        raise BadSignature("the key's point is not in its usual form")
    parts = _Reader(raw)
    der = encode_dss_signature(parts.mpint(), parts.mpint())
    parts.end()
    group, digest = _CURVES[curve]
    ec.EllipticCurvePublicKey.from_encoded_point(group, point).verify(der, covered, ec.ECDSA(digest))


def is_usual(key: bytes) -> bool:
    """Whether a public key in wire format is of a kind accepted here and written as keys usually are, to the end.

    Only then can its fingerprint be the one `verify` names.
    """
    reader = _Reader(key)
    try:
        name = reader.string()
        kind, usual = name.decode("ascii", "replace"), _string(name)
        if kind == "ssh-rsa":
            usual += _mpint(reader.mpint()) + _mpint(reader.mpint())
        elif kind in ("ssh-ed25519", _SK_ED25519):
            usual += _string(reader.take(4 + 32)[4:])
        elif kind == _SK_ECDSA or kind.removeprefix("ecdsa-sha2-") in _CURVES:
            curve = reader.string()
            group, _ = _CURVES[curve.decode("ascii", "replace")]
            usual += _string(curve) + _string(b"\x04" + reader.take(5 + (group.key_size + 7) // 8 * 2)[5:])
            if curve.decode() != ("nistp256" if kind == _SK_ECDSA else kind.removeprefix("ecdsa-sha2-")):
                return False
        else:
            return False
        if kind in (_SK_ED25519, _SK_ECDSA):
            usual += _string(reader.text())
        reader.end()
    except (BadSignature, KeyError):
        return False
    return usual == key


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
