"""`shipworthy init`: shows first, writes only what is new, each file whole, never through a link or over a file."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest
from tests import program
from tests.support import git, make_repo, write

import shipworthy
from shipworthy.checklist.policy import parse_policy
from shipworthy.model import PROFILES
from shipworthy.readiness.replace import leftover
from shipworthy.setup import templates
from shipworthy.setup.plan import ATTRIBUTES, COMPONENT, WORKFLOW
from shipworthy.setup.templates import Settings
from shipworthy.setup.write import write_new

POLICY, GITLAB = ".shipworthy/policy.toml", ".gitlab-ci.yml"
PROGRAM = [sys.executable, "-P", "-c", "from shipworthy.cli.main import main; main()"]
APP = {"app.py": "from fastapi import FastAPI\napp = FastAPI()\n", "requirements.txt": "fastapi==0.115.0\n"}
ACTIONS = {".github/workflows/test.yml": "on: push\njobs: {}\n"}
MERGE_REQUESTS = 'test:\n  script: pytest\n  rules:\n    - if: $CI_PIPELINE_SOURCE == "merge_request_event"\n'


def run(folder: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    done = program.run("init", *args, cwd=folder, env={**os.environ, **env})
    assert "Traceback" not in done.stderr
    return done


def written(folder: Path) -> set[str]:
    return set(git(folder, "ls-files", "--others", "--exclude-standard").splitlines())


def test_github_from_nothing_to_all_in_place(tmp_path: Path) -> None:
    folder = make_repo(tmp_path / "app", {**APP, **ACTIONS})
    dry = run(folder, "--dry-run")
    assert (dry.returncode, written(folder)) == (0, set())
    done = run(folder, "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert written(folder) == {POLICY, ATTRIBUTES, WORKFLOW}
    for name in written(folder):
        data = (folder / name).read_text()
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o644
        for line in data.splitlines():
            assert f"  | {line}".rstrip() in dry.stdout.splitlines()
    policy = parse_policy((folder / POLICY).read_bytes())
    assert policy.profile == "solo"
    assert "one person wrote the recent commits" in (folder / POLICY).read_text()
    assert "SHIPWORTHY_TRUST" in (folder / WORKFLOW).read_text()
    again = run(folder)
    assert (again.returncode, "All is in place already." in again.stdout) == (0, True)
    assert git(folder, "check-attr", "text", "diff", "--", ".shipworthy/readiness.production.json").splitlines() == [
        ".shipworthy/readiness.production.json: text: unset",
        ".shipworthy/readiness.production.json: diff: shipworthy",
    ]


def test_what_a_person_has_to_do_is_said(tmp_path: Path) -> None:
    folder = make_repo(tmp_path / "app", {**APP, **ACTIONS})
    said = run(folder, "--profile", "team", "--yes").stdout
    for words in (
        "Rulesets",
        "`readiness`",
        "CODEOWNERS",
        "/.shipworthy/",
        "key trust",
        "--role approver",
        "up to date",
    ):
        assert words in said
    gitlab = run(make_repo(tmp_path / "lab", APP), "--ci", "gitlab", "--yes").stdout
    for words in ("Protected branches", "CODEOWNERS", "SHIPWORTHY_TRUST", "pipelines must succeed"):
        assert words in gitlab
    none = run(make_repo(tmp_path / "none", APP), "--ci", "none", "--yes").stdout
    assert "shipworthy verify --base refs/remotes/origin/main" in none


@pytest.mark.parametrize(
    ("files", "remote", "ci", "expected"),
    [
        (ACTIONS, None, None, {WORKFLOW}),
        ({GITLAB: MERGE_REQUESTS}, None, None, {COMPONENT}),
        ({}, "https://github.example/a/b.git", None, {WORKFLOW}),
        ({}, "git@gitlab.example:a/b.git", None, {COMPONENT, GITLAB}),
        ({}, "https://code.example/github/gitlab.git", None, set()),
        ({}, None, None, set()),
        ({"Jenkinsfile": "x"}, None, None, set()),
        ({**ACTIONS, GITLAB: MERGE_REQUESTS}, "git@gitlab.example:a/b.git", None, {COMPONENT}),
        (ACTIONS, None, "gitlab", {COMPONENT, GITLAB}),
        (ACTIONS, None, "none", set()),
    ],
)
def test_whose_ci(
    tmp_path: Path, files: dict[str, str], remote: str | None, ci: str | None, expected: set[str]
) -> None:
    folder = make_repo(tmp_path / "app", {**APP, **files})
    if remote:
        git(folder, "remote", "add", "origin", remote)
    run(folder, "--yes", *(["--ci", ci] if ci else []))
    assert written(folder) - {POLICY, ATTRIBUTES} == expected


def test_both_systems_take_a_word(tmp_path: Path) -> None:
    folder = make_repo(tmp_path / "app", {**APP, **ACTIONS, GITLAB: MERGE_REQUESTS})
    done = run(folder, "--yes")
    assert (done.returncode, "--ci github or --ci gitlab" in done.stderr, written(folder)) == (2, True, set())


@pytest.mark.parametrize(
    ("pipeline", "rules"),
    [(MERGE_REQUESTS, "merge_request_event"), ("test:\n  script: pytest\n", "$CI_COMMIT_BRANCH\n"),
     ("# merge_request_event\ntest:\n  script: pytest\n", "$CI_COMMIT_BRANCH\n")],
)  # fmt: skip
def test_gitlab_joins_the_kind_of_pipeline_that_is_there(tmp_path: Path, pipeline: str, rules: str) -> None:
    """A job for merge requests alone would get a pipeline without the tests, and that one would decide."""
    folder = make_repo(tmp_path / "app", {**APP, GITLAB: pipeline})
    done = run(folder, "--yes")
    assert done.returncode == 1
    assert "Add to its include: - local: .gitlab/readiness.yml" in done.stdout
    assert rules in (folder / COMPONENT).read_text()
    assert (folder / GITLAB).read_text() == pipeline
    write(folder, {GITLAB: f"include:\n  - local: {COMPONENT}\n{pipeline}"})
    assert run(folder).returncode == 0


def test_what_is_there_stays_and_differs_is_shown(tmp_path: Path) -> None:
    mine = {WORKFLOW: "name: mine\n", ATTRIBUTES: "*.toml text\n", POLICY: "# mine\nexpiry_days = 5\n"}
    folder = make_repo(tmp_path / "app", {**APP, **mine})
    done = run(folder, "--ci", "github", "--yes")
    assert done.returncode == 1
    assert written(folder) == set()
    for name, text in mine.items():
        assert (folder / name).read_text() == text
    assert "-name: mine" in done.stdout
    assert "+* -text" in done.stdout
    assert 'add profile = "solo"' in done.stdout


@pytest.mark.parametrize(
    "text",
    ["\x1b[2J\u202e\n", "a\n" * 500_000, "\0" * 100, "name: \x1b]0;x\x07\n"],
    ids=["escapes", "long", "nul", "title"],
)
def test_a_hostile_file_is_shown_and_not_obeyed(tmp_path: Path, text: str) -> None:
    folder = make_repo(tmp_path / "app", {**APP, WORKFLOW: text})
    done = run(folder, "--ci", "github", "--yes")
    assert done.returncode == 1
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout
    assert len(done.stdout) < 40_000
    assert (folder / WORKFLOW).read_text() == text


def test_a_policy_of_ones_own_is_kept(tmp_path: Path) -> None:
    policy = 'profile = "team"\nchecklist = "demo"\n'
    folder = make_repo(tmp_path / "app", {**APP, **ACTIONS, POLICY: policy, ATTRIBUTES: "# x\n* -text\r\nreadiness.*.json diff=shipworthy"})  # fmt: skip # noqa: E501
    done = run(folder, "--yes")
    assert (done.returncode, (folder / POLICY).read_text()) == (0, policy)
    assert "profile team (set in .shipworthy/policy.toml)" in done.stdout
    assert "SHIPWORTHY_BASE: 'refs/remotes/origin/main'" in (folder / WORKFLOW).read_text()
    assert run(folder, "--profile", "solo").returncode == 1
    assert 'Add "staging"' in run(folder, "--environment", "staging").stdout
    write(folder, {POLICY: "="})
    assert "shipworthy policy lint" in run(folder).stdout


def test_a_workflow_that_verifies_already(tmp_path: Path) -> None:
    for number, step in enumerate(("run: shipworthy verify --trust x", "uses: acme/shipworthy@" + "a" * 40)):
        own = f"on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - {step}\n"
        folder = make_repo(tmp_path / f"app{number}", {**APP, ".github/workflows/own.yml": own})
        done = run(folder, "--yes")
        assert (done.returncode, WORKFLOW in written(folder)) == (0, False)
        assert ".github/workflows/own.yml: runs shipworthy verify already" in done.stdout


def test_nobody_to_ask(tmp_path: Path) -> None:
    folder = make_repo(tmp_path / "app", {**APP, **ACTIONS})
    done = run(folder)
    assert (done.returncode, "--yes" in done.stderr, written(folder)) == (2, True, set())
    assert "write  .shipworthy/policy.toml" in done.stdout
    assert f"To write: {POLICY}, {ATTRIBUTES}, {WORKFLOW}" in done.stdout


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--environment", "../x"], "environment's name"), (["--environment", "Prod"], "environment's name"),
        (["--branch", "a b"], "cannot be written"), (["--branch", "x'\n- run: evil"], "cannot be written"),
        (["--branch", "-x"], "cannot be written"),
    ],
)  # fmt: skip
def test_words_that_cannot_be_written(tmp_path: Path, args: list[str], says: str) -> None:
    folder = make_repo(tmp_path / "app", {**APP, **ACTIONS})
    done = run(folder, "--yes", *args)
    assert (done.returncode, says in done.stderr, written(folder)) == (2, True, set())


def test_hostile_branches_and_folders(tmp_path: Path) -> None:
    folder = make_repo(tmp_path / "app", APP)
    git(folder, "checkout", "-q", "-b", "x'$(touch${IFS}pwned)")
    assert run(folder, "--yes").returncode == 2
    git(folder, "checkout", "-q", "--detach")
    assert "--branch main" in run(folder, "--yes").stderr
    assert run(folder, "--yes", "--branch", "main").returncode == 0
    plain = write(tmp_path / "plain", APP)
    assert "git init" in run(plain, "--yes").stderr
    assert not list(tmp_path.rglob("pwned"))


@pytest.mark.parametrize("linked", [".shipworthy", ".github", ".github/workflows"])
def test_links_are_not_followed(tmp_path: Path, linked: str) -> None:
    folder = make_repo(tmp_path / "app", APP)
    outside = tmp_path / "outside"
    (outside / "workflows").mkdir(parents=True)
    (folder / linked).parent.mkdir(exist_ok=True)
    (folder / linked).symlink_to(outside)
    done = run(folder, "--ci", "github", "--yes")
    assert done.returncode in (1, 2)
    assert [path for path in outside.rglob("*") if path.is_file()] == []


def test_a_subfolder_means_its_repository(tmp_path: Path) -> None:
    folder = make_repo(tmp_path / "app", {**APP, **ACTIONS, "src/x.py": ""})
    assert run(folder / "src", "--yes").returncode == 0
    assert (folder / POLICY).exists()
    assert not (folder / "src/.shipworthy").exists()


def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    write(tmp_path, {"a/b": "mine", f"a/{leftover('c')}": "stray"})
    with pytest.raises(FileExistsError):
        write_new(tmp_path, "a/b", b"theirs")
    write_new(tmp_path, "a/c", b"whole")
    (tmp_path / "d").symlink_to("nowhere")
    with pytest.raises(FileExistsError):
        write_new(tmp_path, "d", b"x")
    assert (tmp_path / "a/b").read_text() == "mine"
    assert (tmp_path / "a/c").read_text() == "whole"
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["b", "c"]


def test_without_hard_links_it_looks_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(1, "no hard links here")

    monkeypatch.setattr(os, "link", refuse)
    write_new(tmp_path, "a", b"one")
    with pytest.raises(FileExistsError):
        write_new(tmp_path, "a", b"two")
    assert (tmp_path / "a").read_bytes() == b"one"


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_new(tmp_path, ".shipworthy/policy.toml", b"x")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("step", ["mkdir", "open", "fchmod", "fsync", "link", "unlink"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_interruption_leaves_the_file_whole_or_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    whole, real = b"x" * 10_000, getattr(os, step)

    def interrupted(*args: object, **kwargs: object) -> object:
        if when == "after":
            with contextlib.suppress(OSError):
                real(*args, **kwargs)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(os, step, interrupted)
        with pytest.raises(KeyboardInterrupt):
            write_new(tmp_path, "a/b.toml", whole)
    if (tmp_path / "a/b.toml").exists():
        assert (tmp_path / "a/b.toml").read_bytes() == whole
        (tmp_path / "a/b.toml").unlink()
    write_new(tmp_path, "a/b.toml", whole)
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.toml"]


@pytest.mark.parametrize("profile", PROFILES)
def test_the_policy_it_writes_says_what_it_means(profile: str) -> None:
    settings = Settings(branch="main", profile=profile, reason="you said so", base=True, environment="live")
    text = templates.policy(settings).decode()
    policy = parse_policy(text.encode())
    assert (policy.profile, policy.environments) == (profile, ("live",))
    assert "# You said so.\n" in text
    # Every line that is commented out is one the policy takes, and shows the value that holds anyway.
    defaults = re.sub(r"^# (approvers|\w+_days|drift) =", r"\1 =", text, flags=re.M)
    same = parse_policy(defaults.encode())
    assert same.approvers_of(profile) == policy.approvers_of(profile)
    for key in ("expiry_days", "waiver_max_days", "attestation_max_days", "drift", "drift_max_age_days"):
        assert getattr(same, key) == getattr(policy, key)
    every = re.sub(r"^# (\[?[A-Za-z_-]+\]?(?: = .*)?)$", r"\1", text, flags=re.M)
    assert parse_policy(every.encode()).people == {"ada@example.org": "Ada", "ada@work.example": "Ada"}


def test_in_a_terminal_it_shows_and_asks(tmp_path: Path) -> None:
    folder = make_repo(tmp_path / "app", {**APP, **ACTIONS})
    env = {name: value for name, value in os.environ.items() if name != "CI"}

    def answer(word: str) -> tuple[str, int | None]:
        child = pexpect.spawn(
            PROGRAM[0], [*PROGRAM[1:], "init"], cwd=str(folder), env=env, encoding="utf-8", timeout=60,
            dimensions=(50, 200),
        )  # fmt: skip
        child.expect(r"Write 3 files\? \[y/N\]")
        shown = child.before
        assert written(folder) == set()
        child.sendline(word) if word else child.sendintr()
        child.expect(pexpect.EOF)
        child.close()
        return shown or "", child.exitstatus

    shown, code = answer("n")
    assert "persist-credentials: false" in shown
    assert (code, written(folder)) == (2, set())
    assert answer("")[1] == 130
    assert answer("y")[1] == 0
    assert written(folder) == {POLICY, ATTRIBUTES, WORKFLOW}


def test_the_version_is_this_one() -> None:
    assert Settings(branch="main", profile="solo", reason="", base=True).version == shipworthy.__version__
