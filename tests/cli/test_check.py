"""`shipworthy check` as people and CI run it: verdicts, exit codes, JSON by its schema, and every bad input."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from tests import program
from tests.fixed_demo import fixed_demo
from tests.support import git, make_repo, write

import shipworthy
from shipworthy.demo.make import make_demo

SHIPWORTHY = str(Path(sys.executable).parent / "shipworthy")
SCHEMA = json.loads((Path(shipworthy.__file__).parent / "report/schema.json").read_text())


def run(*args: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return program.run(*args, cwd=cwd, env={**os.environ, **(env or {})})


def test_the_demo_has_its_faults_and_json_follows_the_schema(tmp_path: Path) -> None:
    folder = make_demo(tmp_path / "lemonade")
    done = run("check", "--format", "json", cwd=folder)
    assert done.returncode == 1
    document = json.loads(done.stdout)
    jsonschema.validate(document, SCHEMA)
    assert document["verdict"] == "NOT READY"
    status = {each["id"]: each["status"] for each in document["items"]}
    failing = {item for item, now in status.items() if now == "fail"}
    assert failing == {
        "ci-on-every-change", "ci-runs-tests", "tests-not-skipped", "secrets-not-in-tree", "env-files-ignored",
        "known-vulns", "routes-protected", "debug-surface-closed", "health-check",
    }  # fmt: skip
    assert status["spend-alert"] == "needs-you"
    assert document["advisories"] == "2024-10-10"
    assert "sk_live_" + "51" not in done.stdout


def test_the_fixed_demo_waits_for_two_words_and_is_then_ready(tmp_path: Path) -> None:
    folder = fixed_demo(tmp_path / "lemonade")
    document = json.loads(run("check", "--format", "json", cwd=folder).stdout)
    assert [each["id"] for each in document["items"] if not each["settled"]] == ["routes-protected", "spend-alert"]
    for item in ("routes-protected", "spend-alert"):
        said = run("attest", item, "-m", "I looked and it is so", "-e", "README.md", cwd=folder)
        assert said.returncode == 0, said.stderr
    ready = run("check", cwd=folder)
    assert ready.returncode == 0
    assert ready.stdout.startswith("READY  12 of 12 settled")
    # Another open route appears: what was said about the list does not cover it.
    main = folder / "app/main.py"
    main.write_text(main.read_text() + '\n\n@app.get("/about")\ndef about() -> str:\n    return "us"\n')
    again = run("check", cwd=folder)
    assert again.returncode == 1
    assert "stale: 1 finding appeared after it was said" in again.stdout
    write(folder, {"README.md": "changed"})
    assert "stale: README.md changed" in run("check", "--item", "spend-alert", cwd=folder).stdout
    assert run("undo", "spend-alert", cwd=folder).returncode == 0
    assert run("undo", "spend-alert", cwd=folder).returncode == 2


def test_an_attestation_cannot_cover_a_failure_and_a_waiver_can(tmp_path: Path) -> None:
    folder = make_demo(tmp_path / "lemonade")
    refused = run("attest", "health-check", "-m", "it is fine", cwd=folder)
    assert refused.returncode == 2
    assert not (folder / ".shipworthy/decisions.toml").exists()
    assert run("waive", "health-check", "-m", "No users before May", "--days", "30", cwd=folder).returncode == 0
    assert run("check", "--item", "health-check", cwd=folder).returncode == 0
    assert run("waive", "health-check", "-m", "long", "--days", "3000", cwd=folder).returncode == 2
    nearest = run("waive", "health-chek", "-m", "x", cwd=folder)
    assert "health-check" in nearest.stderr


def bare(folder: Path) -> Path:
    folder.mkdir()
    git(folder, "init", "-q", "--bare")
    return folder


def empty(folder: Path) -> Path:
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    return folder


def hostile_names(folder: Path) -> Path:
    make_repo(folder, {"new\nline.py": "x", "\x1b]0;owned\x07.py": "import os\nos.environ['A']\n", "‮evil.py": "y"})
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to(".")
    (folder / "self").symlink_to("self")
    with (folder / "big.bin").open("wb") as stream:
        stream.truncate(1 << 30)
    return folder


BAD: list[tuple[str, Callable[[Path], Path], int, str]] = [
    ("absent", lambda folder: folder, 2, "no such folder"),
    ("a file", lambda folder: write(folder, {"f": ""}) / "f", 2, "not a folder"),
    ("bare", bare, 2, "bare git repository"),
    ("no commits", empty, 1, "NOT READY"),
    ("no git", lambda folder: write(folder, {"a.py": "x = 1\n"}), 1, "NOT READY"),
    ("invalid policy", lambda folder: make_repo(folder, {".shipworthy/policy.toml": "x = ["}), 2, "policy.toml:1"),
    (
        "unknown profile",
        lambda folder: make_repo(folder, {".shipworthy/policy.toml": '\nprofile = "hobby"'}),
        2,
        "policy.toml:2: profile",
    ),
    (
        "unknown check",
        lambda folder: make_repo(
            folder,
            {
                ".shipworthy/checklist.toml": 'schema = 1\nextends = "production"\n[[item]]\nid = "mine"\n'
                'area = "tests"\ntitle = "t"\nfailing_title = "f"\nwhy = "w"\nfix = ["x"]\ndecides = "machine"\n'
                'attest = ""\nnot_applicable = ""\nreferences = []\nrisk = "low"\nminutes = 5\ncheck = "nope"\n'
                'profiles = { solo = "required" }\n'
            },
        ),
        2,
        "checklist.toml:16: item.mine.check: is not a known check",
    ),
    (
        "invalid decisions",
        lambda folder: make_repo(folder, {".shipworthy/decisions.toml": "[items.x]\ndecision = 3\n"}),
        2,
        "decisions.toml",
    ),
    (
        "broken files",
        lambda folder: make_repo(
            folder,
            {"package.json": "{", "pyproject.toml": "[", ".github/workflows/ci.yml": "on: [\n\t- x", "a.py": "def ("},
        ),
        1,
        "NOT READY",
    ),
    ("hostile names", hostile_names, 1, "NOT READY"),
]


@pytest.mark.parametrize(("name", "make", "code", "words"), BAD, ids=[row[0] for row in BAD])
def test_bad_input(name: str, make: Callable[[Path], Path], code: int, words: str, tmp_path: Path) -> None:
    done = run("check", str(make(tmp_path / "x")), cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert words in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "a bug" not in done.stdout
    for text in (done.stdout, done.stderr):
        assert not set(text) & set(map(chr, [*range(10), *range(11, 32), 127, *range(128, 160), 0x202E]))


def test_a_read_only_home_costs_nothing(tmp_path: Path) -> None:
    folder = make_repo(tmp_path / "r", {"a.py": "x = 1\n"})
    write(tmp_path, {"home": "a file where the home should be"})
    done = run("check", cwd=folder, env={"HOME": str(tmp_path / "home")})
    assert done.returncode == 1
    assert done.stdout.startswith("NOT READY")


def test_detached_head(tmp_path: Path) -> None:
    folder = make_repo(tmp_path / "r", {"a.py": "x = 1\n"})
    git(folder, "checkout", "-q", "--detach")
    document = json.loads(run("check", "--format", "json", cwd=folder).stdout)
    assert document["branch"] is None
    assert document["commit"] == git(folder, "rev-parse", "HEAD")


@pytest.mark.parametrize(
    "delay", [pytest.param(0.05, marks=pytest.mark.long), 0.3, pytest.param(0.8, marks=pytest.mark.long)]
)
def test_an_interrupt_ends_it_at_once_and_is_never_a_pass(tmp_path: Path, delay: float) -> None:
    folder = make_repo(tmp_path / "r", {f"a{number}.py": "import os\n" * 300 for number in range(300)})
    child = subprocess.Popen([SHIPWORTHY, "check"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(delay)
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=20)
    assert child.returncode in (130, 1, -signal.SIGINT), said
    if delay > 0.2:
        assert b"Traceback" not in said
    assert run("check", cwd=folder).returncode == 1


def test_facts_are_json_for_every_area(tmp_path: Path) -> None:
    folder = make_demo(tmp_path / "lemonade")
    for area in ("stack", "routes", "pipeline", "dependencies", "secrets", "env", "tests", "third-parties"):
        done = run("facts", area, str(folder), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout), area
        assert "sk_live_" + "51" not in done.stdout
