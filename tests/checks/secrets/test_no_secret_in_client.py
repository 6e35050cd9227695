"""no-secret-in-client: what is sent to browsers and phones, and what gets into it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.checks.secrets.client_carried_cases import CARRIED
from tests.checks.secrets.client_cases import FAILING, TOKEN, cases
from tests.checks.secrets.client_open_cases import OTHERS
from tests.checks.secrets.client_written_cases import NOT_WRITTEN, WRITTEN
from tests.support import check_files

from shipworthy.model import OutcomeKind

CHECK = "no-secret-in-client"
_FAILING, _OTHERS = [*cases(FAILING), *cases(CARRIED), *cases(WRITTEN)], [*cases(OTHERS), *cases(NOT_WRITTEN)]


@pytest.mark.parametrize(("files", "rule"), [row[1:] for row in _FAILING], ids=[row[0] for row in _FAILING])
def test_what_gets_into_the_client_fails(tmp_path: Path, files: dict[str, str], rule: str) -> None:
    outcome = check_files(CHECK, tmp_path / "p", files)
    assert outcome.kind is OutcomeKind.FAIL, outcome
    assert rule in {finding.rule for finding in outcome.findings}, outcome.findings
    assert TOKEN not in repr(outcome)


@pytest.mark.parametrize(("files", "kind"), [row[1:] for row in _OTHERS], ids=[row[0] for row in _OTHERS])
def test_other_outcomes(tmp_path: Path, files: dict[str, str], kind: str) -> None:
    outcome = check_files(CHECK, tmp_path / "p", files)
    assert outcome.kind == kind, outcome
    assert outcome.looked_at or outcome.findings
