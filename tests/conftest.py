"""Every test runs with its own home, so that nothing of this machine's user is read or written."""

from __future__ import annotations

import itertools
import re
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


NUMBER = itertools.count()
LONGEST_NAME = 100


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """No long text is the name of a case: names go through the environment, between processes and into logs."""
    return f"{argname}-{len(val)}" if isinstance(val, str | bytes) and len(val) > LONGEST_NAME else None


def new_folder(factory: pytest.TempPathFactory, name: str) -> Path:
    """An empty folder. `mktemp` lists all the earlier ones for a free number, which thousands of tests make slow."""
    folder = factory.getbasetemp() / "each" / f"{name}{next(NUMBER)}"
    try:
        folder.mkdir(mode=0o700)
    except FileNotFoundError:
        folder.parent.mkdir(mode=0o700)
        folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As pytest's own, sooner made."""
    return new_folder(tmp_path_factory, re.sub(r"\W", "_", request.node.name)[:30])


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh home and no inherited variable that shipworthy reads."""
    home = new_folder(tmp_path_factory, "home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in INHERITED:
        monkeypatch.delenv(name, raising=False)
    return home
