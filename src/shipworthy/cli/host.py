"""Puts together who asks the code host for `check --host`: this environment, the keyring, and gh or glab."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.home import home

if TYPE_CHECKING:
    from shipworthy.sources.hosts.model import Asker

_SECONDS = 5.0


def asker(root: Path) -> Asker:
    """Asks with the tokens of whoever started the program."""
    from shipworthy.sources.hosts.asking import HostAsker

    return HostAsker(dict(os.environ), from_keyring, root, home())


def from_keyring(account: str) -> str | None:
    """What the desktop's keyring keeps for an account; None where it keeps nothing, or cannot be asked."""
    from shipworthy.readiness.passphrases import KeyringUnavailable, remembered

    try:
        return remembered(account, _SECONDS)
    except KeyringUnavailable:
        return None
