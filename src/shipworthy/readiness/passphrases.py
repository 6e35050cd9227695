"""Keeps the passphrase of a generated key in the desktop's keyring, and only in one that really keeps secrets.

keyring silently chooses a plaintext file when `keyrings.alt` is installed, its null backend drops writes, and a
desktop prompt may never return. So backends are looked at first, writes are read back, and every wait is bounded.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

SERVICE = "shipworthy"
SECONDS = 20.0
"""How long a keyring may take, a person answering its prompt included."""
_REFUSED = ("keyring.backends.fail", "keyring.backends.null", "keyrings.alt")

T = TypeVar("T")


class KeyringUnavailable(Exception):
    """The keyring cannot be used: why, and in `diagnostics` the way on."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.diagnostics = "Type the passphrase when asked, or set SHIPWORTHY_PASSPHRASE for this one command."


def bounded(work: Callable[[], T], seconds: float = SECONDS) -> T:
    """What `work` returns. Raises KeyringUnavailable when it fails or takes longer than `seconds`."""
    answers: list[T] = []
    problems: list[Exception] = []

    def run() -> None:
        try:
            answers.append(work())
        except Exception as error:
            problems.append(error)

    # A daemon, because a prompt that never returns must not keep the program from ending.
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if answers:
        return answers[0]
    if problems and isinstance(problems[0], KeyringUnavailable):
        raise problems[0]
    if problems:
        # Only the type: a backend's message may quote what it was given.
        raise KeyringUnavailable(f"the keyring failed ({type(problems[0]).__name__})") from None
    raise KeyringUnavailable(f"the keyring did not answer within {seconds:g} s")


def refuse_unsafe(backend: object) -> None:
    """Raises KeyringUnavailable for a backend that keeps nothing, or keeps it in the clear."""
    module = type(backend).__module__
    if any(module == name or module.startswith(name + ".") for name in _REFUSED) or "plaintext" in module.lower():
        raise KeyringUnavailable(f"there is no safe keyring here (keyring chose {module})")
    if module.startswith("keyring.backends.chainer"):
        members = list(getattr(backend, "backends", ()))
        if not members:
            raise KeyringUnavailable("there is no keyring here")
        for member in members:
            refuse_unsafe(member)


def remembered(fingerprint: str, seconds: float = SECONDS) -> str | None:
    """The passphrase kept for a key; None where none is. Raises KeyringUnavailable."""

    def work() -> str | None:
        import keyring

        refuse_unsafe(keyring.get_keyring())
        return keyring.get_password(SERVICE, fingerprint)

    return bounded(work, seconds)


def remember(fingerprint: str, passphrase: str, seconds: float = SECONDS) -> None:
    """Keep the passphrase of a key, and make sure it was kept. Raises KeyringUnavailable."""

    def work() -> None:
        import keyring

        refuse_unsafe(keyring.get_keyring())
        keyring.set_password(SERVICE, fingerprint, passphrase)
        if keyring.get_password(SERVICE, fingerprint) != passphrase:
            raise KeyringUnavailable("the keyring did not keep what it was given")

    bounded(work, seconds)
