"""A passphrase given in the environment reaches nobody but the signer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shipworthy import git
from shipworthy.assess.client import child_environment
from shipworthy.readiness.keys import PASSPHRASE


@pytest.mark.parametrize("environment", [git.environment, child_environment])
def test_children_do_not_inherit_it(environment: Callable[[], dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSPHRASE, "correct horse")
    monkeypatch.setenv("LANG", "C")
    assert "correct horse" not in environment().values()
    assert environment()["LANG"] == "C"
