"""The line mode as the program in a real terminal: from opening to a written attestation; and who is never asked."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pexpect
import pytest
from tests.support import git, make_repo
from tests.terminal import SHIPWORTHY

ITEM = "backup-restored"
_ESCAPE = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f]")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small app whose owner git knows."""
    folder = make_repo(
        tmp_path_factory.mktemp("plain") / "app", {"app.py": "print('hello')\n", "requirements.txt": "flask==3.0.3\n"}
    )
    git(folder, "config", "user.name", "Ada")
    git(folder, "config", "user.email", "ada@example.org")
    return folder


def opened(app: Path, *args: str, **environment: str) -> pexpect.spawn:
    env = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", **environment}
    return pexpect.spawn(
        SHIPWORTHY, list(args), cwd=str(app), env=env, encoding="utf-8", timeout=60, dimensions=(24, 80), echo=False
    )


def ended(child: pexpect.spawn) -> tuple[int | None, str]:
    child.expect(pexpect.EOF)
    said = child.before or ""
    child.close()
    return child.exitstatus, said


def test_from_opening_to_a_written_attestation(app: Path) -> None:
    child = opened(app, "--plain")
    heard: list[str] = []

    def hear(words: str) -> None:
        child.expect_exact(words)
        heard.append((child.before or "") + words)

    hear("NOT READY.")
    hear("by number:")
    hear("[n, next open item]: ")
    assert re.search(r"^\d+\. NEEDS YOU", "".join(heard), re.M)
    child.sendline("authz-negative-tests")
    hear("NEEDS YOU, required.")
    hear("[n, next open item]: ")
    child.sendline("a")
    hear("How I know (Enter alone gives up): ")
    child.sendline("I looked at all of it myself.")
    hear("[not said]: ")
    child.sendline("")
    hear("[none]: ")
    child.sendline("")
    hear("[90 days]: ")
    child.sendline("30")
    hear("[1 no]: ")
    child.sendline("2")
    hear("Press u to take it back.")
    hear("is now: SAID BY A PERSON.")
    hear("[n, next open item]: ")
    child.sendeof()
    code, rest = ended(child)
    assert code == 0
    assert rest.endswith("Left. Everything decided is already written down.\r\n")
    assert not _ESCAPE.search("".join(heard) + rest)
    (said,) = tomllib.loads((app / ".shipworthy/decisions.toml").read_text())["items"].values()
    assert (said["decision"], said["by"], said["reason"]) == (
        "attested", "ada@example.org", "I looked at all of it myself.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("args", "environment"),
    [(["coach"], {"TERM": "dumb"}), (["coach", "--plain"], {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0"})],
    ids=["dumb", "ascii"],
)
def test_ctrl_c_leaves_with_130(app: Path, args: list[str], environment: dict[str, str]) -> None:
    child = opened(app, *args, **environment)
    child.expect_exact("Your answer")
    heard = child.before or ""
    child.sendintr()
    code, rest = ended(child)
    assert code == 130
    assert "Left. Everything decided is already written down." in rest
    assert not _ESCAPE.search(heard)
    assert (heard + rest).isascii() or "LC_ALL" not in environment


@pytest.mark.parametrize(("args", "environment"), [(["--plain"], {"CI": "true", "TERM": "dumb"})])
def test_ci_is_never_asked_even_in_a_terminal(app: Path, args: list[str], environment: dict[str, str]) -> None:
    child = opened(app, *args, **environment)
    code, said = ended(child)
    assert code == 1
    assert "NOT READY" in said
    for words in ("Your answer", "Choose"):
        assert words not in said


def test_a_pipe_is_never_asked(app: Path) -> None:
    done = subprocess.run(
        [SHIPWORTHY, "--plain"], cwd=app, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout[:9], "Your answer" in done.stdout) == (1, "NOT READY", False)


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["--plain", "check"], 2, "--plain goes with the coach alone: shipworthy --plain, not with check"),
        (["coach", "--plain", "nowhere"], 2, "no such folder"),
        (["--help"], 0, "the coach in numbered lines"),
    ],
)
def test_how_it_is_asked_for(app: Path, args: list[str], code: int, says: str) -> None:
    found, said = ended(opened(app, *args))
    assert (found, says in " ".join(said.split())) == (code, True), said


def test_the_line_mode_loads_no_screen() -> None:
    code = "import sys, shipworthy.plain.opening, shipworthy.plain.acts, shipworthy.plain.signing\n"
    code += "print([each for each in ('textual', 'rich', 'httpx', 'keyring') if each in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "[]\n"
