"""`shipworthy fix` as a program: it shows, asks, applies, checks again and takes back, and never asks nobody."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pexpect
import pytest
from tests import program
from tests.facts.secrets.examples import drawn
from tests.fixes.fixing import contents
from tests.support import make_repo
from tests.terminal import SHIPWORTHY

LIVE = "sk" + "_live_" + drawn("an", 60, 11)
FILES = {
    "conf.py": f"STRIPE_KEY = '{LIVE}'\n",
    ".gitignore": "*.log\n",
    ".shipworthy/policy.toml": 'profile = "solo"\n',
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_repo(tmp_path / "app", FILES)


def run(root: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "HOME": str(root.parent), "NO_COLOR": "1", **variables}
    return program.run("fix", *words, cwd=root, env=env)


def test_it_shows_and_writes_nothing(root: Path) -> None:
    before = contents(root)
    done = run(root, "secrets-not-in-tree")
    assert done.returncode == 0, done.stderr
    assert '+STRIPE_KEY = os.environ["STRIPE_KEY"]' in done.stdout
    assert "! First replace what stands at conf.py:1" in done.stdout
    assert "Nothing is written" in done.stdout
    assert LIVE not in done.stdout + done.stderr
    assert contents(root) == before


@pytest.mark.parametrize("variables", [{"CI": "true"}, {}])
def test_nobody_to_ask_writes_nothing(root: Path, variables: dict[str, str]) -> None:
    before = contents(root)
    done = run(root, "secrets-not-in-tree", "--apply", **variables)
    assert done.returncode == 2
    assert "--apply --yes" in done.stderr
    assert contents(root) == before


def test_apply_checks_again_and_undo_takes_back(root: Path) -> None:
    done = run(root, "secrets-not-in-tree", "--apply", "--yes", CI="true")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no finding" in done.stdout
    assert (root / "conf.py").read_text() == 'import os\n\nSTRIPE_KEY = os.environ["STRIPE_KEY"]\n'
    done = run(root, "--undo")
    assert done.returncode == 0, done.stderr
    assert "Taken back, for secrets-not-in-tree: conf.py" in done.stdout
    assert "conf.py:1 is empty now" in done.stdout
    assert (root / "conf.py").read_text() == "STRIPE_KEY = ''\n"
    assert run(root, "--undo").returncode == 2


def test_a_folder_can_be_named(root: Path) -> None:
    done = run(root.parent, "secrets-not-in-tree", str(root), "--yes")
    assert done.returncode == 0, done.stderr
    assert run(root.parent, "--undo", str(root)).returncode == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "say which item to fix"),
        (("no-such-item",), 2, "has no item"),
        (("lockfile",), 3, "No fix by machine"),
        (("env-files-ignored",), 3, "nothing is open"),
        (("secrets-not-in-tree", "nowhere"), 2, "no such folder"),
        (("--undo",), 2, "no fix was applied"),
        (("--undo", "--yes"), 2, "--undo goes with a PATH only"),
    ],
)
def test_every_end_has_its_code(root: Path, words: tuple[str, ...], code: int, said: str) -> None:
    done = run(root, *words)
    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stdout + done.stderr


@pytest.mark.parametrize(("answer", "kept"), [("n", True), ("", True), ("y", False)])
def test_it_asks_on_a_terminal(root: Path, answer: str, kept: bool) -> None:
    env = {**os.environ, "HOME": str(root.parent), "TERM": "xterm", "CI": ""}
    words = ["fix", "secrets-not-in-tree", "--apply"]
    child = pexpect.spawn(SHIPWORTHY, words, cwd=str(root), env=env, encoding="utf-8", timeout=60, dimensions=(60, 160))
    child.expect_exact("Change 1 file?")
    child.sendline(answer)
    child.expect_exact("Nothing is written." if kept else "Applied.")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == (2 if kept else 0)
    assert (LIVE in (root / "conf.py").read_text()) is kept


def test_hostile_names_reach_no_terminal(tmp_path: Path) -> None:
    name = "\x1b]0;owned\x07\u202e.py"
    root = make_repo(tmp_path / "app", {name: f"STRIPE_KEY = '{LIVE}'\n"})
    done = run(root, "secrets-not-in-tree", "--yes")
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout
    assert LIVE not in (root / name).read_text()
