"""A signed file goes stale by itself on the day a key is overdue: nothing changes but the verifier's clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.readiness.signed import NOW, assess, day, repository, sign_and_commit
from tests.support import outcome_of

from shipworthy.model import ComponentOutcome, OutcomeKind, Result
from shipworthy.readiness.verify import NotReady

ITEM = "routes-protected"
"""An item that machine and person decide, in the place of the one about keys."""


def test_a_signed_file_ends_when_the_first_key_is_overdue(tmp_path: Path) -> None:
    keys = f'[[keys]]\nname = "API_TOKEN"\nowner = "Ada"\ncreated = {day(-30)}\nrotate_by = {day(10)}\n'
    code = "import os\nT = os.environ['API_TOKEN']\n"
    folder = repository(tmp_path / "app", **{"main.py": code, ".shipworthy/keys.toml": keys})
    outcome = outcome_of("key-rotation", folder)
    assert (outcome.kind, outcome.until) == (OutcomeKind.PASS, day(10))

    def judged(result: Result) -> Result:
        rows = (ComponentOutcome(component=None, outcome=outcome),)
        return replace(result, outcomes=rows) if result.item.id == ITEM else result

    made = sign_and_commit(folder, assess(folder, change=judged))
    made.verify(NOW)
    made.verify(NOW + timedelta(days=10))
    with pytest.raises(NotReady) as caught:
        made.verify(NOW + timedelta(days=11))
    assert (caught.value.step, caught.value.reason) == ("items", f"{ITEM} passed until {day(10)}")
    assert "come due" in caught.value.diagnostics
