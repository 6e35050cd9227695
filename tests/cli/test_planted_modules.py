"""Nothing planted in a repository is ever imported: not by the command line, the coach's child or the coach."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support import make_repo
from tests.terminal import shipworthy as coach

from shipworthy.assess.client import child_command, child_environment
from shipworthy.assess.wire import Command, load

NAMES = [
    "json", "typing", "tomllib", "sqlite3", "asyncio", "logging", "random", "secrets", "sitecustomize", "usercustomize",
    "click", "textual", "httpx", "keyring", "tomlkit", "packaging", "safety", "ruamel", "tree_sitter", "rich",
    "shipworthy", "conftest", "cryptography", "bcrypt", "nodesemver",
]  # fmt: skip
OURS = ("asyncio", "tomllib", "click", "textual", "rich", "tree_sitter", "ruamel", "tomlkit")
"""Imported by no line but ours."""


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """A repository whose modules would leave a mark if any of them ran."""
    mark = f"open({str(tmp_path / 'ran')!r}, 'a').write(__file__ + chr(10))\n"
    files: dict[str, str] = {}
    for name in NAMES:
        files[f"{name}.py"] = mark
        files[f"lib/{name}/__init__.py"] = mark
    files["app.py"] = "import click\n"
    return make_repo(tmp_path / "repo", files)


def ran(planted: Path) -> list[str]:
    mark = planted.parent / "ran"
    return mark.read_text().splitlines() if mark.exists() else []


def shipworthy(*args: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / "shipworthy"
    return subprocess.run(
        [str(program), *args], cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True, text=True, timeout=120
    )


def test_the_marks_work(planted: Path) -> None:
    subprocess.run([sys.executable, "-c", "import conftest"], cwd=planted, check=True)
    assert ran(planted)


def take_away_what_python_starts_with(planted: Path) -> None:
    """What Python imports before any line of ours runs (its own modules, and shipworthy by name) is beyond us."""
    for name in ("json", "typing", "random", "secrets", "logging", "sitecustomize", "usercustomize", "shipworthy"):
        (planted / f"{name}.py").unlink()
        shutil.rmtree(planted / "lib" / name)


@pytest.mark.parametrize("args", [["check"], ["check", "--format", "json"], ["facts", "stack"], ["--help"]])
def test_the_command_line(planted: Path, args: list[str]) -> None:
    done = shipworthy(*args, cwd=planted)
    assert done.returncode in (0, 1), done.stderr
    assert ran(planted) == []


def test_the_command_line_with_the_repository_on_the_module_path(planted: Path) -> None:
    take_away_what_python_starts_with(planted)
    done = shipworthy("facts", "stack", cwd=planted, env={"PYTHONPATH": f".:{planted}:{planted}/lib"})
    assert done.returncode in (0, 1), done.stderr
    ours = [line for line in ran(planted) if Path(line).stem in OURS or Path(line).parent.name in OURS]
    assert ours == []


def open_and_leave(folder: Path, env: dict[str, str] | None = None) -> None:
    """Open the coach, wait for the whole examination, leave."""
    with coach(folder, env) as terminal:
        terminal.until("checked ")
        terminal.keys("q")
        assert terminal.ended() == 0


def test_the_coach(planted: Path) -> None:
    open_and_leave(planted)
    assert ran(planted) == []


@pytest.mark.long
def test_the_coach_with_the_repository_on_the_module_path(planted: Path) -> None:
    take_away_what_python_starts_with(planted)
    open_and_leave(planted, {"PYTHONPATH": f".:{planted}:{planted}/lib"})
    ours = [line for line in ran(planted) if Path(line).stem in OURS or Path(line).parent.name in OURS]
    assert ours == []


def test_the_child_process(planted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", f".:{planted}")
    monkeypatch.setenv("PYTHONSTARTUP", str(planted / "json.py"))
    monkeypatch.chdir(planted)
    child = subprocess.Popen(
        child_command(planted), stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/", env=child_environment()
    )
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(Command(do="run").dump())
    child.stdin.flush()
    seen = []
    for line in child.stdout:
        seen.append(type(load(line)).__name__)
        if seen[-1] in ("Done", "Failed"):
            break
    child.stdin.close()
    child.wait(timeout=20)
    child.stdout.close()
    assert seen[-1] == "Done"
    assert seen.count("Judged") >= 5
    assert ran(planted) == []
