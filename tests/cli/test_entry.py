"""How the program begins: without arguments, without a screen, without a folder to stand in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

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


ENDING = """
import atexit, sys, threading, time
from shipworthy.cli import main
sys.argv = ["shipworthy", *sys.argv[2:]]
def late():
    time.sleep(0.5)
    atexit.register(print, "at the end")
    print("a thread's word")
threading.Thread(target=late).start()
getattr(main, {entry!r})()
"""


def _ended(entry: str, *args: str, **given: Any) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-P", "-c", ENDING.format(entry=entry), "-", *args]
    return subprocess.run(command, timeout=60, check=False, **given)


@pytest.mark.parametrize("args", [["--version"], ["facts", "nonsense"], ["check", "/nowhere"]])
def test_leaving_at_once_loses_nothing(args: list[str]) -> None:
    ways = [_ended(entry, *args, capture_output=True) for entry in ("main", "program")]
    assert ways[0].stdout.endswith(b"a thread's word\nat the end\n")
    assert (ways[1].returncode, ways[1].stdout, ways[1].stderr) == (ways[0].returncode, ways[0].stdout, ways[0].stderr)


def test_nobody_reads_what_it_says() -> None:
    codes, errors = [], []
    for entry in ("main", "program"):
        reading, writing = os.pipe()
        os.close(reading)
        done = _ended(entry, "--version", stdout=writing, stderr=subprocess.PIPE)
        os.close(writing)
        codes.append(done.returncode)
        errors.append(done.stderr)
    assert codes[0] == codes[1] != 0
    assert b"BrokenPipe" in errors[0]
    assert errors[0] == errors[1]
