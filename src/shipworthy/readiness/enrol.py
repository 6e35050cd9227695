"""Writes `allowed_signers` and `revoked_keys`: who may sign in which role, and which key no longer counts.

Lines that are not meant are left as they are, byte by byte, and every new text is read back by the strict reader before
it replaces the old one. None of it counts before it is on the base branch: verification reads these files from there.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from shipworthy.project import Missing, Unreadable, read_file
from shipworthy.readiness.allowed import (
    REVOKED_FILE,
    ROLES,
    SIGNERS_FILE,
    BadSigners,
    SignerLine,
    parse_revoked,
    parse_signers,
)
from shipworthy.readiness.replace import replace
from shipworthy.readiness.signers import PublicKey
from shipworthy.readiness.tree import FOLDER
from shipworthy.text import visible

MAX_FILE = 1024 * 1024
_MAX_COMMENT = 100


class CannotEnrol(Exception):
    """A key cannot be listed or revoked: why, and in `diagnostics` what to do. Nothing was written."""

    def __init__(self, message: str, diagnostics: str = "") -> None:
        super().__init__(message)
        self.diagnostics = diagnostics


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """What the two files say as they lie on disk."""

    lines: tuple[SignerLine, ...] = ()
    revoked: frozenset[str] = frozenset()

    def of(self, fingerprint: str) -> tuple[SignerLine, ...]:
        """The lines of a key."""
        return tuple(line for line in self.lines if line.fingerprint == fingerprint)

    def belonging_to(self, address: str) -> tuple[SignerLine, ...]:
        """The lines of an address, in whatever letters it is written."""
        return tuple(line for line in self.lines if line.principal.casefold() == address.casefold())


def enrolled(root: Path) -> Enrolled:
    """Who is listed, and whose key is revoked. Raises CannotEnrol where a file cannot be read."""
    return Enrolled(
        lines=_signers(_on_disk(root, SIGNERS_FILE), SIGNERS_FILE),
        revoked=_revoked(_on_disk(root, REVOKED_FILE), REVOKED_FILE),
    )


def signer_line(
    key: PublicKey,
    principal: str,
    roles: Iterable[str],
    valid_after: datetime | None = None,
    valid_before: datetime | None = None,
) -> str:
    """One line of `allowed_signers`. `roles` are namespaces; times are aware. Raises CannotEnrol."""
    names = frozenset(roles)
    # Ours first, and author before approver, as they are spoken of.
    ordered = [name for name in ROLES.values() if name in names] + sorted(names - set(ROLES.values()))
    options = [f'namespaces="{",".join(ordered)}"']
    options += [
        f'{name}="{_stamp(when)}"'
        for name, when in (("valid-after", valid_after), ("valid-before", valid_before))
        if when is not None
    ]
    if key.problem is not None:
        raise CannotEnrol(f"the key {key.problem[0]}", key.problem[1])
    if re.search(r"[^!-~]", principal):
        raise CannotEnrol(f"{visible(principal, 80)} is not one plain address", "Write it like ada@example.org.")
    line = f"{principal} {','.join(options)} {key.line} {_comment(key.comment)}".rstrip()
    read = _signers(line.encode("ascii", "replace"), "the new line")
    if len(read) != 1 or (read[0].principal, read[0].key, read[0].roles) != (principal, key.blob, names):
        raise CannotEnrol(f"{visible(principal, 80)} is not one plain address", "Write it like ada@example.org.")
    return line


def trust(
    root: Path,
    key: PublicKey,
    principal: str,
    roles: Iterable[str],
    *,
    valid_after: datetime | None = None,
    valid_before: datetime | None = None,
    now: datetime,
) -> str:
    """List a key under an address; the line that was added. Raises CannotEnrol."""
    line = signer_line(key, principal, roles, valid_after, valid_before)
    if valid_before is not None and valid_before <= now:
        raise CannotEnrol(f"it would have ended already, on {valid_before:%Y-%m-%d}", "Give a later --until.")
    if key.fingerprint in enrolled(root).revoked:
        raise CannotEnrol(f"{key.fingerprint} is revoked", "A revoked key stays out: use another.")

    def add(data: bytes) -> bytes:
        for each in _signers(data, SIGNERS_FILE):
            where = f"{FOLDER}/{SIGNERS_FILE}:{each.line}"
            if each.key == key.blob and each.principal.casefold() != principal.casefold():
                raise CannotEnrol(
                    f"{where}: this key is {each.principal}'s already",
                    "One key belongs to one person.",
                )
            if each.key == key.blob:
                raise CannotEnrol(f"{where}: this key is listed already", f"To change it, make the line: {line}")
            if each.principal != principal and each.principal.casefold() == principal.casefold():
                raise CannotEnrol(
                    f"{where}: {each.principal} is written in other letters there", f"Write --as {each.principal}"
                )
        return _appended(data, [line])

    _change(root, SIGNERS_FILE, add, _signers)
    return line


def revoke(root: Path, keys: Iterable[PublicKey], now: datetime) -> tuple[str, ...]:
    """List keys as revoked; the fingerprints of those that were not yet. Their lines stay. Raises CannotEnrol."""
    wanted = {key.fingerprint: key for key in keys}
    added: list[str] = []

    def add(data: bytes) -> bytes:
        held = _revoked(data, REVOKED_FILE)
        added[:] = [name for name in wanted if name not in held]
        words = (f"{_comment(wanted[name].comment)} revoked {now:%Y-%m-%d}".strip() for name in added)
        return _appended(data, [f"{wanted[name].line} {said}" for name, said in zip(added, words, strict=True)])

    _change(root, REVOKED_FILE, add, _revoked)
    return tuple(added)


def hand_over(root: Path, old: str, new: PublicKey, until: datetime, now: datetime) -> tuple[str, ...]:
    """End the lines of the key with the fingerprint `old` at `until`, and list `new` in the same roles.

    Only lines that count now are handed over, and an end that was set for them stays. The lines that were added; none
    where no line of the old key counts. Raises CannotEnrol.
    """
    added: list[str] = []

    def change(data: bytes) -> bytes:
        lines = _signers(data, SIGNERS_FILE)
        taken = next((each for each in lines if each.key == new.blob), None)
        if taken is not None:
            raise CannotEnrol(f"{FOLDER}/{SIGNERS_FILE}:{taken.line}: the new key is listed already", "Nothing to do.")
        rows, ending = data.split(b"\n"), [each for each in lines if each.fingerprint == old and not each.why_not(now)]
        added.clear()
        for each in ending:
            key = PublicKey(blob=each.key, comment=each.comment)
            end = until if each.valid_before is None else min(until, each.valid_before)
            kept = signer_line(key, each.principal, each.roles, each.valid_after, end)
            carriage = b"\r" if rows[each.line - 1].endswith(b"\r") else b""
            rows[each.line - 1] = kept.encode("ascii") + carriage
            added.append(signer_line(new, each.principal, each.roles, None, each.valid_before))
        return _appended(b"\n".join(rows), added)

    _change(root, SIGNERS_FILE, change, _signers)
    return tuple(added)


def end_now(now: datetime) -> datetime:
    """The last second before now, because a line still counts at the very time it ends."""
    return now.replace(microsecond=0) - timedelta(seconds=1)


def _stamp(when: datetime) -> str:
    """UTC with its Z: without it ssh-keygen takes the time zone of the machine that reads it."""
    return f"{when:%Y%m%dZ}" if f"{when:%H%M%S}" == "000000" else f"{when:%Y%m%d%H%M%SZ}"


def _comment(text: str) -> str:
    """A key's comment as it may stand in a line: plain, short, one line."""
    words = " ".join("".join(each if " " <= each <= "~" else " " for each in text).split())
    return words[:_MAX_COMMENT].rstrip()


def _appended(data: bytes, lines: list[str]) -> bytes:
    if not lines:
        return data
    gap = b"" if not data or data.endswith(b"\n") else b"\n"
    return data + gap + "".join(f"{line}\n" for line in lines).encode("ascii")


def _signers(data: bytes, name: str) -> tuple[SignerLine, ...]:
    try:
        return parse_signers(data, f"{FOLDER}/{name}" if name == SIGNERS_FILE else name)
    except BadSigners as error:
        raise CannotEnrol(str(error), error.diagnostics) from error


def _revoked(data: bytes, name: str) -> frozenset[str]:
    try:
        return parse_revoked(data, f"{FOLDER}/{name}")
    except BadSigners as error:
        raise CannotEnrol(str(error), error.diagnostics) from error


def _on_disk(root: Path, name: str) -> bytes:
    try:
        return read_file(root, f"{FOLDER}/{name}", MAX_FILE)
    except Missing:
        return b""
    except Unreadable as error:
        raise CannotEnrol(f"{FOLDER}/{name}: {error}", "Make it an ordinary, readable file.") from error


def _change(root: Path, name: str, change: Callable[[bytes], bytes], read: Callable[[bytes, str], object]) -> None:
    """Read, change and replace a file while no other shipworthy does."""
    try:
        with _locked(root):
            data = _on_disk(root, name)
            new = change(data)
            if new != data:
                read(new, name)
                replace(root / FOLDER, {name: new})
    except OSError as error:
        raise CannotEnrol(
            f"{FOLDER}/{name} could not be written: {error.strerror}",
            f"Make {FOLDER} a folder you may write to, not a link.",
        ) from error


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    """The root is locked, not `.shipworthy`: `replace` locks that one for itself, after what was read here."""
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
