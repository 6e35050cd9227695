"""Every test runs with its own home, so that nothing of this machine's user is read or written."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

INHERITED = (
    *("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "SSH_AUTH_SOCK", "VISUAL", "EDITOR"),
    *("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE"),
    *("SHIPWORTHY_TRUST", "SHIPWORTHY_PASSPHRASE"),
    # A suite run by a CI system must meet the same product as one run by hand: with CI set, nobody is ever asked.
    *("CI", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_REF", "GITHUB_EVENT_NAME", "GITHUB_BASE_REF", "GITLAB_CI"),
)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Started in the background by a shell; programs under test would inherit it, and Ctrl-C would do nothing.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh home and no inherited variable that shipworthy reads."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in INHERITED:
        monkeypatch.delenv(name, raising=False)
    return home
