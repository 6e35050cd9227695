"""From a fixed app to a green pipeline with the real commands: init, enrol, sign, and CI that runs the checks again."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.fixed_demo import fixed_demo
from tests.readiness.signed import assess
from tests.setup.conftest import SETTINGS
from tests.setup.hosts import NOW, ROOT, Done, github_step, gitlab_job, load
from tests.setup.test_init import PROGRAM
from tests.support import git, write

from shipworthy.project import Project
from shipworthy.readiness import rules, sign
from shipworthy.readiness.keys import Keyring
from shipworthy.setup import templates
from shipworthy.setup.plan import COMPONENT, WORKFLOW

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs ssh-keygen")

ADA = "ada@example.org"


@dataclass(frozen=True)
class Made:
    """A remote whose pull request 1 is signed, and the author's clone."""

    folder: Path
    clone: Path
    head: str

    def checkout(self, ref: str, name: str, *, depth: int = 1) -> Path:
        place = self.folder / name
        git(self.folder, "init", "-q", name)
        git(place, "remote", "add", "origin", (self.folder / "origin.git").as_uri())
        if depth:
            git(place, "fetch", "-q", f"--depth={depth}", "origin", ref)
        else:
            git(place, "fetch", "-q", "origin", "+refs/heads/*:refs/remotes/origin/*", ref)
        git(place, "checkout", "-q", "--detach", self.head)
        return place


def run(folder: Path, *args: str) -> str:
    done = subprocess.run(
        [*PROGRAM, *args], cwd=folder, capture_output=True, text=True, timeout=120, check=False,
        stdin=subprocess.DEVNULL, env={**os.environ, "CI": "true"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("end-to-end")
    key = folder / "ada"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    clone = fixed_demo(folder / "clone")
    git(clone, "config", "user.email", ADA)
    git(clone, "config", "user.name", "Ada")
    run(clone, "init", "--ci", "none", "--yes")
    # One person, and a base all the same, which `init` offers to teams.
    write(clone, {WORKFLOW: templates.github(SETTINGS), COMPONENT: templates.gitlab(SETTINGS)})
    run(clone, "key", "trust", f"{key}.pub", "--as", ADA)
    run(clone, "policy", "lint")
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", "Let CI check readiness")
    git(folder, "clone", "-q", "--bare", str(clone), "origin.git")
    git(clone, "remote", "add", "origin", (folder / "origin.git").as_uri())
    git(clone, "fetch", "-q", "origin")
    git(clone, "checkout", "-q", "-b", "feature")
    for item in ("routes-protected", "spend-alert"):
        run(clone, "attest", item, "-m", "I looked and it is so", "--evidence", "README.md")
    run(clone, "sign", "--key", str(key), "--yes", "--commit", "--run-tests")
    git(clone, "push", "-q", "origin", "HEAD:refs/pull/1/head")
    return Made(folder, clone, git(clone, "rev-parse", "HEAD"))


def action(place: Path, head: str) -> Done:
    whole = load((ROOT / "action.yml").read_text())
    values = {f"inputs.{name}": str(each["default"]) for name, each in whole["inputs"].items()}
    values |= {"inputs.token": "", "github.event.repository.default_branch": "main", "github.sha": head}
    values |= {"github.event.pull_request.head.sha": head}
    steps = [each for each in whole["runs"]["steps"] if "run" in each]
    return [github_step(step, place, values) for step in steps][-1]


@pytest.mark.long
def test_the_action_runs_the_checks_again_on_a_shallow_clone(made: Made) -> None:
    done = action(made.checkout("refs/pull/1/head", "action"), made.head)
    assert done.code == 0, done.log
    assert "repeated here with the same answer" in done.summary


def test_the_workflow(made: Made) -> None:
    place = made.checkout("refs/pull/1/head", "workflow", depth=0)
    steps = load((place / WORKFLOW).read_text())["jobs"]["readiness"]["steps"]
    done = [github_step(step, place, {}) for step in steps if "run" in step][-1]
    assert done.code == 0, done.log
    assert "repeated here with the same answer" in done.summary


def test_the_gitlab_job(made: Made) -> None:
    place = made.checkout("refs/pull/1/head", "gitlab")
    done = gitlab_job((place / COMPONENT).read_text(), place, CI_COMMIT_SHA=made.head)
    assert done.code == 0, done.log
    assert 'failures="0" errors="0"' in done.summary


@pytest.mark.long
def test_an_outcome_that_does_not_hold_is_found_out(made: Made, tmp_path: Path) -> None:
    """The author, or an assistant with the key, signs what the checks do not say."""
    clone, now = tmp_path / "clone", NOW
    shutil.copytree(made.clone, clone, symlinks=True)
    git(clone, "checkout", "-q", "-b", "faked")
    write(clone, {"Dockerfile": "FROM python:3.12\nCMD uvicorn app.main:app --reload\n"})
    git(clone, "commit", "-q", "-a", "-m", "Debug in production")
    policy = (clone / ".shipworthy/policy.toml").read_bytes()
    signer = Keyring(repository=clone, home=tmp_path, environment={}, ask=None).choose(str(made.folder / "ada"))
    force = rules.in_force(policy, None)
    lie = assess(clone, policy, now=now, profile=force.profile)
    preparation = sign.prepare(Project.open(clone), lie, force.policy, "production", signer, now)
    armored = signer.sign(preparation.pae, rules.AUTHOR)
    sign.write(preparation, armored)
    sign.commit(preparation, armored)
    head = git(clone, "rev-parse", "HEAD")
    assert "READY" in run(clone, "verify", "--base", "refs/remotes/origin/main")
    done = action(clone, head)
    assert done.code == 1
    assert "re-run" in done.summary
