"""`shipworthy facts secrets --history`: what stands in old commits, as JSON without values."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.facts.secret_history.histories import LIVE, Commit, history
from tests.support import git

from shipworthy.cli.facts import command

COMMITS = [Commit(files={"a.py": f"k = '{LIVE}'\n"}), Commit(files={"a.py": "x\n"})]


def test_one_row_a_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = history(tmp_path / "p", COMMITS)
    done = CliRunner().invoke(command, ["secrets", "--history", str(folder)])
    (row,) = json.loads(done.stdout)
    assert (row["file"], row["line"], row["commit"]) == ("a.py", 1, git(folder, "rev-parse", "main~1"))
    assert row["committed"] == "2026-01-01T12:00:00+00:00"
    assert LIVE not in done.output
    assert list((tmp_path / "cache/shipworthy").glob("history-*.sqlite"))


def test_what_is_not_known_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    history(tmp_path / "p", COMMITS)
    git(tmp_path, "clone", "-q", "--depth=1", (tmp_path / "p").as_uri(), "shallow")
    done = CliRunner().invoke(command, ["secrets", "--history", str(tmp_path / "shallow")])
    assert "git fetch --unshallow" in done.stderr


def test_other_areas_have_no_history(tmp_path: Path) -> None:
    done = CliRunner().invoke(command, ["routes", "--history", str(tmp_path)])
    assert (done.exit_code, "secrets only" in done.output) == (2, True)
