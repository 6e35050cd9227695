"""Keeps the passphrase of a generated key in the desktop's keyring, and only in one that really keeps secrets.

keyring silently chooses a plaintext file when `keyrings.alt` is installed, its null backend drops writes, and a
desktop prompt may never return. So backends are looked at first, writes are read back, and every wait is bounded.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol, TypeVar

SERVICE = "shipworthy"
SECONDS = 20.0
"""How long a keyring may take, a person answering its prompt included."""
_SYSTEM = tuple(f"keyring.backends.{name}" for name in ("macOS", "SecretService", "libsecret", "kwallet", "Windows"))
"""The stores of operating systems that keyring itself knows. Of any other one nothing is known, so none is used."""
_CHAIN, _FAIL, _NULL = (f"keyring.backends.{name}" for name in ("chainer", "fail", "null"))
_INSTALL = "Install a keyring (GNOME Keyring or KWallet)"
_OTHERWISE = (
    "or type the passphrase each time (SHIPWORTHY_PASSPHRASE where nobody can type), or sign with your own SSH key "
    "from the ssh agent."
)

T = TypeVar("T")


class KeyringUnavailable(Exception):
    """The keyring cannot be used: why, and in `diagnostics` the ways on."""

    def __init__(self, message: str, remedy: str = _INSTALL) -> None:
        super().__init__(message)
        self.diagnostics = f"{remedy}, {_OTHERWISE}"


class Store(Protocol):
    """A keyring's backend, as far as it is used here."""

    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


def bounded(work: Callable[[threading.Event], T], seconds: float = SECONDS) -> T:
    """What `work` returns. Raises KeyringUnavailable when it fails or takes longer than `seconds`.

    `work` gets an event that is set once nobody waits for it any more: from then on it must change nothing.
    """
    answers: list[T] = []
    problems: list[KeyringUnavailable] = []
    given_up = threading.Event()

    def run() -> None:
        try:
            answers.append(work(given_up))
        except KeyringUnavailable as error:
            problems.append(error)
        except BaseException as error:
            # Neither kept nor quoted: a backend's message, and the frames it comes from, may hold what it was given.
            problems.append(_failed(error))

    # A daemon, because a prompt that never returns must not keep the program from ending.
    thread = threading.Thread(target=run, daemon=True, name="keyring")
    thread.start()
    try:
        thread.join(seconds)
    finally:
        given_up.set()
    if answers:
        return answers[0]
    if problems:
        raise problems[0]
    raise KeyringUnavailable(
        f"the keyring did not answer within {seconds:g} s: it may be waiting for you in another window",
        "Answer or close its prompt and try again",
    )


def _failed(error: BaseException) -> KeyringUnavailable:
    """In our own words what a backend raised, told by the names of its types: their texts are not looked at."""
    names = {kind.__name__ for kind in type(error).__mro__}
    if names & {"KeyringLocked", "InitError"}:
        return KeyringUnavailable("the keyring is locked, and was not unlocked", "Unlock your keyring and try again")
    if "NoKeyringError" in names:
        return KeyringUnavailable("there is no keyring here")
    if "PasswordSetError" in names:
        return KeyringUnavailable("the keyring did not take the passphrase", "Unlock your keyring and try again")
    if isinstance(error, ImportError):
        return KeyringUnavailable("the keyring library does not load", "Install shipworthy again")
    return KeyringUnavailable(f"the keyring failed ({type(error).__name__})", "Check your desktop's keyring")


def safe_store(backend: object) -> Store:
    """The backend to use. Raises KeyringUnavailable for one that keeps nothing, or not safely.

    A chain is never used as such, since it would write to whichever member takes it: its first safe member is.
    """
    members = [backend]
    if _within(backend, _CHAIN):
        members = list(getattr(backend, "backends", ()))
        if not members:
            raise KeyringUnavailable("there is no keyring here (keyring found no backend)")
    problems: list[KeyringUnavailable] = []
    for member in members:
        problem = _why_not(member)
        if problem is None:
            return member  # type: ignore[return-value]  # one of keyring's own backends
        problems.append(problem)
    raise problems[0]


def _within(backend: object, *modules: str) -> bool:
    module = type(backend).__module__
    return any(module == name or module.startswith(name + ".") for name in modules)


def _why_not(backend: object) -> KeyringUnavailable | None:
    module = type(backend).__module__
    if _within(backend, *_SYSTEM):
        return None
    if _within(backend, _FAIL):
        return KeyringUnavailable("there is no keyring here (keyring found no backend)")
    if _within(backend, _NULL):
        return KeyringUnavailable(
            "keyring is switched off: its null backend forgets what it is given",
            "Take null out of PYTHON_KEYRING_BACKEND or keyringrc.cfg",
        )
    if _within(backend, "keyrings.alt") or "plaintext" in f"{module}.{type(backend).__name__}".lower():
        return KeyringUnavailable(
            f"keyring chose {module}, which keeps passwords in a file that others can read",
            f"Uninstall keyrings.alt. {_INSTALL}",
        )
    return KeyringUnavailable(
        f"keyring chose {module}, which is not a keyring of the operating system", f"Unset it. {_INSTALL}"
    )


def _store() -> Store:
    import keyring

    return safe_store(keyring.get_keyring())


def remembered(fingerprint: str, seconds: float = SECONDS) -> str | None:
    """The passphrase kept for a key; None where none is. Raises KeyringUnavailable."""
    return bounded(lambda given_up: _store().get_password(SERVICE, fingerprint), seconds)


def remember(fingerprint: str, passphrase: str, seconds: float = SECONDS) -> None:
    """Keep the passphrase of a key, and make sure it was kept. Raises KeyringUnavailable."""

    def work(given_up: threading.Event) -> None:
        store = _store()
        if given_up.is_set():
            return
        store.set_password(SERVICE, fingerprint, passphrase)
        if store.get_password(SERVICE, fingerprint) != passphrase:
            raise KeyringUnavailable("the keyring did not keep what it was given", "Check your desktop's keyring")

    bounded(work, seconds)


def usable(seconds: float = SECONDS) -> None:
    """Raises KeyringUnavailable where there is no keyring to keep a passphrase in. It may still be locked."""
    bounded(lambda given_up: _store(), seconds)


def forget(fingerprint: str, seconds: float = SECONDS) -> None:
    """Take a key's passphrase out of the keyring, if it is there. Raises KeyringUnavailable."""

    def work(given_up: threading.Event) -> None:
        store = _store()
        if not given_up.is_set() and store.get_password(SERVICE, fingerprint) is not None:
            store.delete_password(SERVICE, fingerprint)

    bounded(work, seconds)
