"""The CI files that `shipworthy init` writes, run as scripts on checkouts as GitHub and GitLab make them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from tests.setup.conftest import SETTINGS
from tests.setup.hosts import Done, Host, github_step, gitlab_job, load, programs
from tests.support import check_files, git, write

from shipworthy.setup import templates
from shipworthy.setup.plan import COMPONENT, WORKFLOW

SOLO = replace(SETTINGS, profile="solo", base=False)
HEAD, MERGE = "refs/merge-requests/1/head", "refs/merge-requests/1/merge"
SHELLS = [shell for shell in ("bash", "dash") if Path(f"/bin/{shell}").exists()]


def base_file(served: Host, path: str) -> str:
    """A CI file as the protected base has it."""
    return git(served.remote, "show", f"refs/heads/main:{path}") + "\n"


def workflow(served: Host, place: Path, text: str | None = None, **values: str) -> Done:
    text = text or base_file(served, WORKFLOW)
    # The made-up outcomes of these commits are not what the checks say; test_end_to_end runs them again.
    assert " --rerun" in text
    job = load(text.replace(" --rerun", ""))["jobs"]["readiness"]
    for step in job["steps"]:
        if "run" in step:
            done = github_step(step, place, values)
            if done.code:
                break
    return done


def at_head(served: Host, ref: str = "refs/pull/1/head") -> Path:
    """What the workflow's own checkout step gives: all branches, and the head of the pull request."""
    return served.checkout(ref, depth=0, name=f"at-{len(list(served.folder.iterdir()))}")


def test_the_workflow_is_hardened() -> None:
    for settings in (SETTINGS, SOLO):
        text = templates.github(settings).decode()
        whole: Any = load(text)
        assert whole["permissions"] == {"contents": "read"}
        assert whole["concurrency"]["group"]
        assert set(whole["on"]) == {"pull_request", "push"}
        job = whole["jobs"]["readiness"]
        assert job["timeout-minutes"] <= 15
        assert "permissions" not in job
        assert "@@" not in text
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")
            if "uses" in step:
                assert re.search(r"@[0-9a-f]{40}$", step["uses"])
        checkout = job["steps"][0]["with"]
        assert checkout["persist-credentials"] is False
        assert checkout["ref"] == "${{ github.event.pull_request.head.sha || github.sha }}"
        env = job["steps"][-1]["env"]
        assert env == ({"SHIPWORTHY_BASE": "refs/remotes/origin/main"} if settings.base else {
            "SHIPWORTHY_TRUST": "${{ vars.SHIPWORTHY_TRUST }}"
        })  # fmt: skip


def test_it_does_not_count_as_a_test_and_hides_none(tmp_path: Path) -> None:
    """Beside a pipeline that is in order it changes no verdict; alone it is no pipeline that tests."""
    tests = "on: [push, pull_request]\njobs:\n  t:\n    runs-on: x\n    steps:\n      - run: pytest\n"
    files = {"app.py": "X = 1\n", "tests/test_app.py": "def test_x():\n    assert 1 + 1 == 2\n",
             "pyproject.toml": '[project]\nname = "app"\nversion = "1"\ndependencies = ["pytest"]\n'}  # fmt: skip
    ours = {WORKFLOW: templates.github(SETTINGS)}
    for check in ("ci-on-every-change", "ci-runs-tests"):
        with_tests = {**files, ".github/workflows/test.yml": tests}
        before = check_files(check, tmp_path / f"{check}-a", with_tests).kind
        assert check_files(check, tmp_path / f"{check}-b", {**with_tests, **ours}).kind is before
    alone = check_files("ci-runs-tests", tmp_path / "alone", {**files, **ours}).kind
    assert alone is check_files("ci-runs-tests", tmp_path / "none", files).kind


def test_github_pull_request_and_push(served: Host) -> None:
    done = workflow(served, at_head(served))
    assert done.code == 0, done.log
    assert f"commit {served.tip('refs/pull/1/head')[:12]}" in done.summary
    assert "shipworthy==" in programs(served.folder)[1].read_text()
    served.merge(served.tip("refs/pull/1/head"))
    assert workflow(served, at_head(served, "refs/heads/main")).code == 0


def test_github_fork_that_changes_rules_and_workflow(served: Host) -> None:
    fork, keys = served.hostile()
    served.pull_request(fork)
    place = at_head(served)
    done = workflow(served, place)
    assert done.code == 1
    assert "does not list" in done.summary
    assert "jobs: {}" in (place / WORKFLOW).read_text()
    solo = templates.github(SOLO).decode()
    assert workflow(served, place, solo, **{"vars.SHIPWORTHY_TRUST": keys}).code == 0
    assert workflow(served, place, solo, **{"vars.SHIPWORTHY_TRUST": served.team.ada.fingerprint}).code == 1


def test_github_without_a_variable_there_is_no_answer(served: Host) -> None:
    done = workflow(served, at_head(served), templates.github(SOLO).decode(), **{"vars.SHIPWORTHY_TRUST": ""})
    assert (done.code, "no trust root" in done.summary) == (4, True)


@pytest.mark.parametrize("branch", ["main", "release/1.x", "c++", "v@2", "a#b", "x=y"])
def test_branches_are_written_as_they_are(branch: str) -> None:
    settings = replace(SETTINGS, branch=branch)
    whole = load(templates.github(settings).decode())
    assert whole["jobs"]["readiness"]["steps"][-1]["env"]["SHIPWORTHY_BASE"] == f"refs/remotes/origin/{branch}"
    assert whole["on"]["push"]["branches"] == [branch.replace("+", "\\+")]
    spec = load(templates.gitlab(settings).decode().split("\n---\n")[0])["spec"]["inputs"]["base"]
    assert spec["default"] == f"refs/remotes/origin/{branch}"
    assert re.search(spec["regex"], spec["default"])


@pytest.mark.parametrize("name", ["", "a b", "a'b", 'a"b', "a..b", "-a", "a\nb", "é", "a/", "/a", "a:b", "a$(b)"])
def test_other_branches_are_refused(name: str) -> None:
    assert not templates.is_branch(name)


def gitlab(served: Host, place: Path, shell: str = "bash", text: str | None = None, **more: str) -> Done:
    commit = git(place, "rev-parse", "HEAD")
    text = text or base_file(served, COMPONENT)
    return gitlab_job(text, place, shell, {"rerun": "false"}, **{"CI_COMMIT_SHA": commit, **more})


def cases(report: str) -> tuple[int, int]:
    """Failures and errors."""
    suite = ElementTree.fromstring(report).find("testsuite")
    assert suite is not None
    return int(suite.get("failures", "")), int(suite.get("errors", ""))


@pytest.mark.parametrize(
    ("shell", "depth"),
    [pytest.param(shell, depth, marks=() if (shell, depth) == ("dash", 1) else pytest.mark.long)
     for shell in SHELLS for depth in (1, 0)],
)  # fmt: skip
def test_gitlab_detached_merge_request_pipeline(served: Host, shell: str, depth: int) -> None:
    place = served.checkout(HEAD, depth=depth)
    done = gitlab(served, place, shell, CI_MERGE_REQUEST_PROJECT_ID="7", CI_PIPELINE_SOURCE="merge_request_event")
    assert done.code == 0, done.log
    assert "policy and signers from refs/remotes/origin/main" in done.log
    assert cases(done.summary) == (0, 0)
    assert git(place, "rev-parse", "--is-shallow-repository") == ("true" if depth == 1 else "false")


@pytest.mark.long
def test_gitlab_merged_results_are_judged_at_the_head(served: Host) -> None:
    git(served.team.folder, "checkout", "-q", "main")
    served.team.commit({"other.py": "X = 1\n"})
    served.push("refs/heads/main")
    git(served.team.folder, "checkout", "-q", "work")
    head = served.pull_request()
    place = served.checkout(MERGE)
    assert gitlab(served, place).code == 1
    assert gitlab(served, place, CI_MERGE_REQUEST_SOURCE_BRANCH_SHA=head).code == 0
    assert gitlab(served, place, CI_MERGE_REQUEST_SOURCE_BRANCH_SHA="0" * 39 + "1").code == 4


@pytest.mark.long
def test_gitlab_branches_and_unsigned_ones(served: Host) -> None:
    head = served.push("refs/heads/work")
    assert gitlab(served, served.checkout("refs/heads/work", name="one")).code == 0
    done = gitlab(served, served.checkout("refs/heads/main", name="two"))
    assert (done.code, cases(done.summary)) == (3, (1, 0))
    served.merge(head)
    assert gitlab(served, served.checkout("refs/heads/main", name="three")).code == 0


def test_gitlab_people_who_bring_their_own_rules(served: Host) -> None:
    fork, keys = served.hostile()
    head = served.pull_request(fork)
    place = served.checkout(HEAD, depth=20)
    git(place, "update-ref", "refs/remotes/origin/main", head)
    set_by_the_attacker = {"SHIPWORTHY_TRUST": keys, "SHIPWORTHY_BASE": "refs/remotes/here", "CI_DEFAULT_BRANCH": "x"}
    done = gitlab(served, place, **set_by_the_attacker)
    assert (done.code, cases(done.summary)) == (1, (1, 0))
    pinned = templates.gitlab(SOLO).decode()
    assert gitlab(served, place, text=pinned, SHIPWORTHY_TRUST=keys).code == 0
    assert gitlab(served, place, text=pinned, SHIPWORTHY_TRUST=served.team.ada.fingerprint).code == 1
    assert gitlab(served, place, text=pinned).code == 4


def test_gitlab_a_pipeline_in_the_fork_gives_no_answer(served: Host) -> None:
    done = gitlab(served, served.checkout(HEAD), CI_MERGE_REQUEST_PROJECT_ID="1", CI_PROJECT_ID="7")
    assert (done.code, "runs in a fork" in done.log) == (4, True)


def test_gitlab_an_old_base_does_not_judge(served: Host) -> None:
    place = served.checkout(HEAD, depth=20)
    git(place, "update-ref", "refs/remotes/origin/main", "HEAD")
    git(place, "remote", "set-url", "origin", str(served.folder / "nowhere"))
    done = gitlab(served, place)
    assert (done.code, "could not be fetched" in done.log) == (4, True)


@pytest.mark.long
def test_gitlab_files_of_the_merge_request_are_not_run(served: Host) -> None:
    place = served.checkout(HEAD)
    evil = "import pathlib; pathlib.Path('pwned').touch()\n"
    write(place, {f"{name}.py": evil for name in ("venv", "pip", "shipworthy", "sitecustomize", "click")})
    assert gitlab(served, place).code == 0
    assert f"in {place}\n" not in programs(served.folder)[1].read_text()
    assert not list(served.folder.rglob("pwned"))


def test_gitlab_what_the_component_says() -> None:
    text = templates.gitlab(replace(SETTINGS, environment="staging")).decode()
    head, body = text.split("\n---\n")
    spec = load(head)["spec"]["inputs"]
    used = set(re.findall(r"\$\[\[ inputs\.([a-z-]+) \]\]", body))
    assert used == set(spec)
    assert spec["environment"]["default"] == "staging"
    assert "@@" not in text
    job = load(body)["readiness"]
    assert job["artifacts"] == {
        "when": "always", "expire_in": "30 days", "paths": ["shipworthy.xml"], "reports": {"junit": "shipworthy.xml"}
    }  # fmt: skip
    assert job["timeout"]
    assert job["inherit"] == {"default": ["tags"]}
    branches = load(templates.gitlab(replace(SETTINGS, merge_requests=False)).decode().split("\n---\n")[1])
    assert branches["readiness"]["rules"] == [{"if": "$CI_COMMIT_BRANCH"}]
    entry = load(templates.gitlab_ci().decode())
    assert entry["include"] == [{"local": f"{COMPONENT}"}]
