"""`verify` and `sign` on their own: what a cold process imports, that it opens no socket, how much memory it takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.readiness.signed import Signed, repository, signed
from tests.readiness.test_keys import key_file

MEBIBYTES = 100
NEVER = ("textual", "httpx", "keyring", "safety")
ROOMS = tuple(f"shipworthy.{room}" for room in ("checks", "facts", "project", "assess", "tui", "sources", "decisions"))

# What a process does when it ends is all there is to see of it: the commands end by sys.exit.
WATCHED = textwrap.dedent(
    """
    import atexit, json, os, resource, socket, sys
    opened = []
    def watch(event, arguments):
        if event.startswith("socket.") and event != "socket.gethostname":
            opened.append(event)
            os.write(2, b"SOCKET " + event.encode() + b"\\n")
            os._exit(99)
    sys.addaudithook(watch)
    def report():
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
        print(json.dumps({"modules": sorted(sys.modules), "mebibytes": used}), file=sys.stderr)
    atexit.register(report)
    """
)
COMMAND = WATCHED + "from shipworthy.cli.main import main\nmain()\n"
SIGN = WATCHED + textwrap.dedent(
    """
    import datetime
    from shipworthy.cli import sign
    from shipworthy.project import Project
    from tests.readiness.signed import POLICY, assess, rules
    now = datetime.datetime.now(datetime.UTC)
    policy = rules.in_force(POLICY, None).policy
    sign.assess_for_signing = lambda root, **asked: (Project.open(root), assess(root, now=now), policy)
    sys.argv.remove("sign")
    sign.command(sys.argv[1:])
    """
)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    return signed(tmp_path_factory.mktemp("alone") / "app", now=datetime.now(UTC))


def watched(program: str, *arguments: str) -> tuple[int, str, dict[str, object]]:
    """Exit code, what was printed, and the report. A shell in between: a process inherits its parent's peak memory."""
    top = str(Path(__file__).parents[2])
    command = ["sh", "-c", '"$@"; exit $?', "sh", sys.executable, "-c", program, *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL, cwd=top,
        env={**os.environ, "PYTHONPATH": top, "CI": "true"},
    )  # fmt: skip
    said, _, last = done.stderr.rstrip("\n").rpartition("\n")
    assert done.returncode != 99, done.stderr
    return done.returncode, done.stdout + said, json.loads(last)


def loaded(report: dict[str, object], names: tuple[str, ...]) -> list[str]:
    modules = report["modules"]
    assert isinstance(modules, list)
    return [each for each in modules if any(each == name or each.startswith(f"{name}.") for name in names)]


def test_the_watch_notices(tmp_path: Path) -> None:
    """The watch itself works: a socket ends the process, an import is seen."""
    done = subprocess.run(
        [sys.executable, "-c", WATCHED + "socket.create_connection(('127.0.0.1', 9))"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 99
    assert "SOCKET" in done.stderr
    code, _, report = watched(WATCHED + "import shipworthy.project")
    assert code == 0
    assert loaded(report, ROOMS)


@pytest.mark.parametrize("form", ["human", "json", "junit", "github"])
def test_verify_needs_little(fresh: Signed, form: str) -> None:
    code, said, report = watched(
        COMMAND, "verify", str(fresh.folder), "--trust", fresh.key.fingerprint, "--format", form
    )
    assert code == 0, said
    assert loaded(report, ("shipworthy.readiness.verify",))
    assert loaded(report, (*NEVER, *ROOMS)) == []
    assert isinstance(report["mebibytes"], float)
    assert report["mebibytes"] <= MEBIBYTES


@pytest.mark.parametrize("trust", [(), ("--trust", "SHA256:" + "A" * 43)])
def test_refusing_needs_little(fresh: Signed, trust: tuple[str, ...]) -> None:
    code, said, report = watched(COMMAND, "verify", str(fresh.folder), *trust)
    assert code == (1 if trust else 4), said
    assert loaded(report, (*NEVER, *ROOMS)) == []
    assert isinstance(report["mebibytes"], float)
    assert report["mebibytes"] <= MEBIBYTES


def test_sign_opens_no_socket(tmp_path: Path, own_home: Path) -> None:
    folder = repository(tmp_path / "app")
    key_file(own_home)
    code, said, report = watched(SIGN, "sign", str(folder), "--yes", "--commit")
    assert code == 0, said
    assert "and it verifies" in said
    assert loaded(report, ("textual", "httpx", "keyring", "shipworthy.tui")) == []
    # The examination before it, for real: this project is not ready, and nobody was asked over a network.
    code, said, report = watched(
        WATCHED + "from shipworthy.cli.main import main\nmain()\n", "sign", str(folder), "--yes"
    )
    assert code == 1, said
    assert "NOT READY" in said
    assert loaded(report, ("textual", "httpx", "keyring", "shipworthy.tui")) == []
