"""Writes the files of a key that shipworthy makes: whole or not at all, and never over another key."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from shipworthy.readiness import sshsig
from shipworthy.readiness.signers import KeyProblem, PublicKey, encoded

MIN_PASSPHRASE = 8
"""Characters. It is all that stands between a stolen file and the key."""


def beside(path: Path, extension: str) -> Path:
    """The file that belongs to a key's: `author_ed25519.pub`."""
    return path.with_name(f"{path.name}.{extension}")


def check_passphrase(passphrase: str) -> None:
    """Raises KeyProblem for one that is too short or no text."""
    if not passphrase:
        raise KeyProblem("a key without a passphrase is not made", "Choose a passphrase.")
    if len(passphrase) < MIN_PASSPHRASE:
        raise KeyProblem(f"the passphrase has fewer than {MIN_PASSPHRASE} characters", "Choose a longer one.")
    encoded(passphrase)


def make(path: Path, passphrase: str, comment: str) -> None:
    """Makes an Ed25519 key at `path` and its public half beside it. Raises KeyProblem; then nothing was made."""
    if _taken(path) or _taken(beside(path, "pub")):
        raise KeyProblem(f"{path} exists already", "Use it, renew it (shipworthy key rotate), or move it away first.")
    private, public = _generated(passphrase, comment)
    with _explained(path):
        _folder(path.parent)
        create(path, private, 0o600)
        replace(beside(path, "pub"), public, 0o644)


def renew(path: Path, old: str, passphrase: str, comment: str) -> Path:
    """Makes a new key at `path`; the one with the fingerprint `old` is kept under the name returned. Raises KeyProblem.

    A crash leaves the old key at `path` or the new one, never none: the old one gets its second name first.
    """
    private, public = _generated(passphrase, comment)
    name = "".join(each for each in old.removeprefix("SHA256:") if each.isalnum())[:12]
    aside = path.with_name(f"{path.name}.old-{name}")
    with _explained(path):
        _folder(path.parent)
        data = path.read_bytes()
        if not _taken(aside):
            create(aside, data, 0o600)
        elif aside.read_bytes() != data:
            raise KeyProblem(f"{aside} exists already and holds something else", "Move it away first.")
        with suppress(FileNotFoundError):
            replace(beside(aside, "pub"), beside(path, "pub").read_bytes(), 0o644)
        replace(path, private, 0o600)
        replace(beside(path, "pub"), public, 0o644)
        with suppress(FileNotFoundError):
            beside(path, "keyring").unlink()  # the note was about the old key
    return aside


def create(path: Path, data: bytes, mode: int) -> None:
    """A new file that appears whole or not at all. Raises FileExistsError, OSError."""
    with _temporary(path, data, mode) as temporary:
        try:
            os.link(temporary, path)
        except FileExistsError:
            raise
        except OSError:
            # A file system without hard links: the name is taken first, then filled in one step.
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode))
            temporary.replace(path)
        _settle(path.parent)


def replace(path: Path, data: bytes, mode: int) -> None:
    """Put a file in place of the one at `path`, in one step. Raises OSError."""
    with _temporary(path, data, mode) as temporary:
        temporary.replace(path)
        _settle(path.parent)


def _taken(path: Path) -> bool:
    return os.path.lexists(path)


def _folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)


def _settle(folder: Path) -> None:
    with suppress(OSError):  # not every file system can; the file itself is on disk
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _temporary(path: Path, data: bytes, mode: int) -> Iterator[Path]:
    """A file beside `path` that holds `data`, on disk. Gone afterwards."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(descriptor, mode)
            stream.write(data)
            stream.flush()
            os.fsync(descriptor)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        raise KeyProblem(f"{path} exists already", "Use it, or move it away first.") from error
    except OSError as error:
        raise KeyProblem(f"{path} could not be written: {error.strerror}", "Check the folder.") from error


def _generated(passphrase: str, comment: str) -> tuple[bytes, bytes]:
    """A new private key under a passphrase, and its public line."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    check_passphrase(passphrase)
    private = Ed25519PrivateKey.generate()
    data = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.BestAvailableEncryption(encoded(passphrase)),
    )
    words = " ".join("".join(each if each.isprintable() else " " for each in comment).split())
    line = f"{PublicKey(blob=sshsig.public_blob(private)).line} {words}".strip()
    return data, f"{line}\n".encode("utf-8", "replace")
