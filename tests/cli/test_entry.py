"""How the program begins: without arguments, without a screen, without a folder to stand in."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from tests.terminal import SHIPWORTHY


@pytest.mark.parametrize("args", ["", "coach", "check"])
def test_a_folder_that_is_gone(tmp_path: Path, args: str) -> None:
    planted = tmp_path / "repo" / "lib"
    planted.mkdir(parents=True)
    (planted / "click.py").write_text("raise SystemExit('planted')\n")
    gone = tmp_path / "repo" / "gone"
    gone.mkdir()
    done = subprocess.run(
        ["/bin/sh", "-c", f'rmdir "$PWD"; exec "{SHIPWORTHY}" {args}'],
        cwd=gone,
        env={**os.environ, "PYTHONPATH": str(planted)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "shipworthy: the current folder cannot be used: No such file or directory\n  Change to a folder that exists.\n"
    )


def test_the_shells_completion_is_answered() -> None:
    # It comes without arguments, as the coach does.
    done = subprocess.run(
        [SHIPWORTHY],
        env={**os.environ, "_SHIPWORTHY_COMPLETE": "bash_complete", "COMP_WORDS": "shipworthy ch", "COMP_CWORD": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.split() == ["plain,check", "plain,checklist"]


def test_without_a_screen_it_prints_the_report(tmp_path: Path) -> None:
    alone, check = (
        subprocess.run([SHIPWORTHY, *args], cwd=tmp_path, capture_output=True, text=True, timeout=120)
        for args in ([], ["check"])
    )
    assert (alone.returncode, alone.stdout.splitlines()[0]) == (check.returncode, check.stdout.splitlines()[0])
    assert alone.stdout.startswith("NOT READY")
