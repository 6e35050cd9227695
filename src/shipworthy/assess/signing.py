"""What a person sees before and after signing, and the one error a session raises."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from shipworthy.model import Assessment


class SessionError(Exception):
    """Something a person asked for could not be done: what happened, and in `diagnostics` what to do about it."""

    def __init__(self, message: str, diagnostics: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.diagnostics = diagnostics


class SigningPlan(NamedTuple):
    """Exactly what would be signed, and with which key."""

    assessment: Assessment
    """What `payload` states."""
    payload: bytes
    """The bytes that get signed."""
    files: tuple[str, ...]
    """Paths, relative to the root, that signing writes."""
    records: tuple[str, ...]
    """Other `.shipworthy/` files that have to be in the same commit."""
    key_label: str
    key_fingerprint: str
    """As `ssh-keygen -lf` prints it: SHA256:…"""
    key_place: str
    """Where the key is, in words: "in the ssh agent"."""
    needs_passphrase: bool


class Signed(NamedTuple):
    """What signing did."""

    files: tuple[str, ...]
    fingerprint: str
    commit_command: str
    """What a person types to make exactly the commit that was signed for."""
