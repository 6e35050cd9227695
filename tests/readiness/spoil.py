"""Spoils SSH signatures in every way there is a place for: in a field, in the bytes, in the armor, in what is asked."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from shipworthy.readiness import sshsig

BEGIN, END = b"-----BEGIN SSH SIGNATURE-----", b"-----END SSH SIGNATURE-----"
WORDS = (
    b"", b"\0", b"sha256", b"sha512", b"sha1", b"SHA512", b"git", b"shipworthy-author", b"shipworthy-approver",
    b"ssh-ed25519", b"ssh-rsa", b"rsa-sha2-256", b"rsa-sha2-512", b"ssh-dss", b"ecdsa-sha2-nistp256",
    b"ecdsa-sha2-nistp384", b"ecdsa-sha2-nistp521", b"nistp256", b"nistp384", b"nistp521",
    b"ssh-ed25519-cert-v01@openssh.com", b"sk-ssh-ed25519@openssh.com", b"rsa-sha2-512-cert-v01@openssh.com",
    b"\x01\x00\x01", b"\x80", b"\xff" * 8, "schlüssel".encode(),
)  # fmt: skip
ODD = b" \t\n\v\f\r\0=-_+/AZaz09\x1c\x7f\x80\xa0\xff"


@dataclass(frozen=True)
class Case:
    """One question to two verifiers: may this text stand as a signature over this message for this namespace?"""

    armored: bytes
    message: bytes
    namespace: str
    how: tuple[str, ...] = ()


def string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def strings(data: bytes) -> list[bytes]:
    """The strings of a blob; what does not fit a string is the last one."""
    found = []
    while data:
        size = int.from_bytes(data[:4], "big")
        if len(data) < 4 + size:
            return [*found, data]
        found.append(data[4 : 4 + size])
        data = data[4 + size :]
    return found


def joined(parts: list[bytes]) -> bytes:
    return b"".join(map(string, parts))


def fields(armored: bytes) -> list[bytes]:
    """Key, namespace, reserved, digest and value of a real signature."""
    return strings(sshsig.dearmor(armored.decode())[10:])


def rearmor(parts: list[bytes], *, magic: bytes = b"SSHSIG", version: int = 1, end: bytes = b"") -> bytes:
    return sshsig.armor(magic + version.to_bytes(4, "big") + joined(parts) + end).encode()


def _bytes(rng: random.Random, data: bytes) -> bytes:
    """Any bytes, with one thing changed."""
    at = rng.randrange(len(data) + 1)
    match rng.randrange(9):
        case 0 | 1 if at < len(data):
            return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]
        case 2:
            return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
        case 3:
            return data[:at] + data[at + 1 :]
        case 4:
            return data[:at] + bytes([rng.choice(ODD)]) + data[at:]
        case 5:
            return data[:at]
        case 6:
            return data + rng.randbytes(rng.randrange(1, 9))
        case 7:
            return data[at:]
        case _:
            return data[:at] + data[at : at + 8] + data[at:]


def _number(rng: random.Random, data: bytes) -> bytes:
    """A number's bytes in another spelling, or another number."""
    zeros = b"\0" * rng.choice((1, 1, 2, 66, 1500, 2100))
    return rng.choice((zeros + data, data.lstrip(b"\0"), data + b"\0", b"\x80" + data, b"\xff" + data[1:]))


def _field(rng: random.Random, parts: list[bytes], other: list[bytes]) -> bytes:
    """The signature's bytes with one of its fields, or a field of its key or value, changed."""
    parts, magic, version, end = list(parts), b"SSHSIG", 1, b""
    at = rng.randrange(len(parts))
    match rng.randrange(13):
        case 0:
            parts[at] = rng.choice(WORDS)
        case 1:
            parts[at] = other[at]
        case 2:
            parts[at] += rng.choice((b"\0", b"\0\0", b"x", b" "))
        case 3:
            parts[at] = _bytes(rng, parts[at])
        case 4:
            second = rng.randrange(len(parts))
            parts[at], parts[second] = parts[second], parts[at]
        case 5:
            parts[2] = rng.randbytes(rng.randrange(1, 40))
        case 6:
            version = rng.choice((0, 2, 256, 2**31, 2**32 - 1))
        case 7:
            magic = rng.choice((b"SSHSIX", b"sshsig", b"", b"SSHSIG\0", b"openssh-key-v1\0"))
        case 8:
            end = rng.choice((b"\0", b"\0\0\0\0", rng.randbytes(5)))
        case 9:
            blob = magic + version.to_bytes(4, "big") + joined(parts)
            starts = [10 + len(joined(parts[:index])) for index in range(len(parts))]
            start = rng.choice(starts)
            size = rng.choice((0, 1, 2**31, 2**32 - 1, len(blob), int.from_bytes(blob[start : start + 4], "big") + 1))
            return blob[:start] + size.to_bytes(4, "big") + blob[start + 4 :]
        case _:
            at = rng.choice((0, 4))
            inner = strings(parts[at])
            which = rng.randrange(len(inner))
            if at == 4 and which == 1 and inner[0].startswith(b"ecdsa") and rng.random() < 0.7:
                numbers = strings(inner[1])
                turn = rng.randrange(len(numbers))
                numbers[turn] = rng.choice((_number, _bytes))(rng, numbers[turn])
                inner[1] = joined(numbers)
            else:
                change: Callable[[], bytes] = rng.choice(
                    (
                        lambda: rng.choice(WORDS),
                        lambda: _number(rng, inner[which]),
                        lambda: _bytes(rng, inner[which]),
                        lambda: inner[which] + b"\0",
                        lambda: rng.choice(strings(other[at])),
                    )
                )
                inner[which] = change()
            parts[at] = joined(inner) + rng.choice((b"", b"", b"", b"\0", string(b"")))
    return magic + version.to_bytes(4, "big") + joined(parts) + end


def _armor(rng: random.Random, text: bytes) -> bytes:
    lines = text.split(b"\n")
    at = rng.randrange(len(lines))
    match rng.randrange(14):
        case 0:
            return text.replace(b"\n", b"\r\n")
        case 1:
            return text + rng.choice((text, b"\n", b"garbage", b"\0", b"\xff", BEGIN, END))
        case 2:
            return rng.choice((b"\n", b" ", b"\xef\xbb\xbf", b"x", text)) + text
        case 3:
            return b"\n".join(lines[:at] + lines[at + 1 :])
        case 4:
            return b"\n".join([*lines[:at], lines[at], *lines[at:]])
        case 5:
            return b"\n".join([*lines[:at], rng.choice((b"", b" ", b"\t\t", b"Comment: x", b"====")), *lines[at:]])
        case 6:
            return b"\n".join([lines[0], b"".join(lines[1:-2]), *lines[-2:]])
        case 7:
            return text.replace(b"\n", bytes([rng.choice(ODD)]), rng.randrange(1, 3))
        case 8:
            return text.replace(*rng.choice(((b"=", b""), (b"=", b"\n="), (b"\n-----END", b"=\n-----END"))))
        case 9:
            return text.replace(
                *rng.choice(((b"+", b"-"), (b"/", b"_"), (b"SSH SIG", b"SSH  SIG"), (b"-----", b"----")))
            )
        case 10:
            place = text.rindex(b"\n" + END)
            return text[:place] + bytes([rng.choice(ODD)]) + text[place:]
        case _:
            return _bytes(rng, text)


def spoiled(rng: random.Random, real: list[Case]) -> Case:
    """One of the real cases with one to three things changed; about one in twenty is left as it was."""
    case, other = rng.choice(real), rng.choice(real)
    if rng.random() < 0.05:
        return case
    while True:
        how = tuple(level for level in ("asked", "field", "blob", "armor") if rng.random() < 0.3)
        if how:
            break
    found = replace(case, how=how)
    if "field" in how:
        found = replace(found, armored=sshsig.armor(_field(rng, fields(case.armored), fields(other.armored))).encode())
    if "blob" in how:
        blob = _bytes(rng, sshsig.dearmor(found.armored.decode()))
        found = replace(found, armored=sshsig.armor(blob).encode())
    if "armor" in how:
        found = replace(found, armored=_armor(rng, found.armored))
    if "asked" in how:
        if rng.random() < 0.5:
            return replace(found, message=_bytes(rng, found.message))
        spaces = ("git", "shipworthy-approver", "shipworthy", found.namespace + " ", found.namespace.upper())
        return replace(found, namespace=rng.choice(spaces))
    return found
