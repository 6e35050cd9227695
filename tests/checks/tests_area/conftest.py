"""Both kinds of sandbox."""

from __future__ import annotations

import pytest
from run_projects import kernel_only

from shipworthy.facts.tests.running import sandbox


@pytest.fixture(params=[pytest.param("namespaces", marks=kernel_only), "guard"])
def isolation(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both kinds of sandbox; without the kernel's, the guard inside the process."""
    if request.param == "guard":
        monkeypatch.setattr(sandbox, "unavailable", lambda: "switched off by a test")
    return str(request.param)
