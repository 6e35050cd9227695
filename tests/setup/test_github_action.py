"""The action's steps as scripts: what judges a pull request is the base's, whatever the pull request brings along."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.readiness.signed import PLAIN, SIGNED, Key
from tests.setup.hosts import NOW, ROOT, Done, Host, github_step, load, programs
from tests.support import git, write

from shipworthy.readiness.allowed import AUTHOR

ACTION = load((ROOT / "action.yml").read_text())
STEPS: dict[str, Any] = {each["name"]: each for each in ACTION["runs"]["steps"]}
MERGE = "refs/pull/1/merge"


def act(served: Host, place: Path, inputs: dict[str, str] | None = None, *, head: str = "", **more: str) -> Done:
    """Both steps, as the action runs them; what is installed for a host serves its other checkouts too."""
    values = {f"inputs.{name}": str(each.get("default", "")) for name, each in ACTION["inputs"].items()}
    # The made-up outcomes of these commits are not what the checks say; test_end_to_end runs them again.
    values["inputs.rerun"] = "false"
    values |= {f"inputs.{name}": value for name, value in (inputs or {}).items()}
    assert set(values) == {f"inputs.{name}" for name in ACTION["inputs"]}
    values |= {
        "inputs.token": (inputs or {}).get("token", "made-up"),
        "github.event.repository.default_branch": "main",
        "github.event.pull_request.head.sha": head,
        "github.sha": git(place, "rev-parse", "HEAD"),
    }
    if not (place.parent / "temp").exists():
        installed = github_step(STEPS["Install shipworthy"], place, values, **more)
        assert installed.code == 0, installed.log
    return github_step(STEPS["Verify"], place, values, **more)


def test_nothing_is_pasted_into_a_script() -> None:
    for step in STEPS.values():
        assert "${{" not in step.get("run", "")
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"])
    text = (ROOT / "action.yml").read_text()
    assert set(re.findall(r"github\.event\.[a-z_.]+", text)) == {
        "github.event.repository.default_branch", "github.event.pull_request.head.sha",
    }  # fmt: skip
    assert STEPS["Verify"]["env"]["BASE"] == "${{ inputs.base }}"
    assert all(each.get("description") for each in ACTION["inputs"].values())


@pytest.mark.parametrize("depth", [1, 2, 0])
def test_a_pull_request_is_judged_at_its_head(served: Host, depth: int) -> None:
    head = served.tip("refs/pull/1/head")
    place = served.checkout(MERGE, depth=depth)
    done = act(served, place, head=head)
    assert done.code == 0, done.log
    assert f"commit {head[:12]}" in done.summary
    assert "policy and signers from refs/remotes/origin/main" in done.summary
    assert "✅ shipworthy: READY" in done.summary
    assert "exit-code=0" in done.outputs
    shallow = git(place, "rev-parse", "--is-shallow-repository")
    assert shallow == ("true" if depth else "false")
    history = git(place, "rev-list", "--count", "refs/remotes/origin/main")
    assert history == ("1" if depth else "2")


def test_the_merge_that_the_host_makes_was_signed_by_nobody(served: Host) -> None:
    """Once the base moves, the tree of the merge is another; GITHUB_SHA is that merge."""
    git(served.team.folder, "checkout", "-q", "main")
    served.team.commit({"other.py": "X = 1\n"})
    served.push("refs/heads/main")
    git(served.team.folder, "checkout", "-q", "work")
    head = served.pull_request()
    place = served.checkout(MERGE)
    assert act(served, place, head="").code == 1
    assert act(served, place, head=head).code == 0
    assert act(served, place, {"predict-merge": "true", "depth": "0"}, head=head).code == 1


def test_pushes_to_the_base_and_other_branches(served: Host) -> None:
    head = served.push("refs/heads/work")
    assert act(served, served.checkout("refs/heads/work", name="one")).code == 0
    served.merge(head)
    assert act(served, served.checkout("refs/heads/main", name="two")).code == 0


def test_unsigned_changed_and_gone(served: Host) -> None:
    unsigned = served.checkout("refs/heads/main", name="one")
    done = act(served, unsigned)
    assert (done.code, "NO READINESS FILE" in done.summary, "exit-code=3" in done.outputs) == (3, True, True)
    served.team.commit({"app.py": "print('after signing')\n"})
    head = served.pull_request()
    done = act(served, served.checkout(MERGE, name="two"), head=head)
    assert (done.code, "source tree" in done.summary) == (1, True)
    assert done.log.count("\n::error") == 1
    gone = act(served, served.checkout(MERGE, name="three"), head="0" * 39 + "1")
    assert (gone.code, "could not be fetched" in gone.summary) == (4, True)


def test_a_fork_that_brings_its_own_rules(served: Host) -> None:
    fork, _ = served.hostile()
    head = served.pull_request(fork)
    done = act(served, served.checkout(MERGE), head=head)
    assert done.code == 1
    assert "refs/remotes/origin/main does not list" in done.log


def test_the_forks_rules_would_have_let_it_through(served: Host) -> None:
    """What the test above relies on: judged by itself, the same commit is READY."""
    fork, keys = served.hostile()
    served.push("refs/heads/evil", fork)
    place = served.checkout("refs/heads/evil")
    assert act(served, place, {"trust": keys}).code == 0
    assert act(served, place).code == 1


def test_an_old_or_planted_copy_of_the_base_does_not_judge(served: Host) -> None:
    fork, _ = served.hostile()
    head = served.pull_request(fork)
    place = served.checkout(MERGE, depth=2)
    git(place, "update-ref", "refs/remotes/origin/main", head)
    git(served.remote, "tag", "main", head)
    git(place, "tag", "main", head)
    assert act(served, place, head=head).code == 1
    git(place, "update-ref", "refs/remotes/origin/main", head)
    git(place, "remote", "set-url", "origin", str(served.folder / "nowhere"))
    done = act(served, place, head=head)
    assert (done.code, "could not be fetched" in done.summary, "exit-code=4" in done.outputs) == (4, True, True)


def test_a_base_is_written_out(served: Host) -> None:
    bases = [
        "main", "refs/heads/main", "refs/remotes/origin/", "refs/remotes/origin/*", "refs/remotes/origin/-x",
        "refs/remotes/origin/a..b", "refs/remotes/origin/main:refs/heads/x", "refs/remotes/origin/$(touch pwned)",
        "refs/remotes/origin/x\n::error::y", "refs/remotes/origin/x y", "refs/remotes/up/main",
    ]  # fmt: skip
    place, head = served.checkout(MERGE), served.tip("refs/pull/1/head")
    for base in bases:
        done = act(served, place, {"base": base}, head=head)
        assert (base, done.code) == (base, 2), done.log
        assert "refs/remotes/origin/BRANCH" in done.summary, base
        assert not list(served.folder.rglob("pwned")), base


def test_no_input_runs_or_passes(served: Host) -> None:
    hostile = [
        {"environment": "x; touch pwned"}, {"at": "$(touch pwned)"}, {"at": "--help"}, {"rerun": "`touch pwned`"},
        {"path": "$(touch pwned)"}, {"path": "-"}, {"depth": "1 --upload-pack=x"}, {"trust": "'; touch pwned"},
        {"predict-merge": "yes"}, {"environment": "--rerun"}, {"at": "no-such-branch"},
    ]  # fmt: skip
    head = served.tip("refs/pull/1/head")
    for number, inputs in enumerate(hostile):
        done = act(served, served.checkout(MERGE, name=f"workspace-{number}"), inputs, head=head)
        assert done.code in (2, 4), (inputs, done.log)
        assert not list(served.folder.rglob("pwned")), inputs


@pytest.mark.long
def test_pinned_keys_and_environments(served: Host) -> None:
    head, place = served.tip("refs/pull/1/head"), served.checkout(MERGE)
    ada, lea = served.team.ada.fingerprint, served.team.lea.fingerprint
    assert act(served, place, {"trust": f"{ada} {lea}"}, head=head).code == 0
    assert act(served, place, {"trust": Key().fingerprint}, head=head).code == 1
    assert act(served, place, {"trust": ada, "base": "refs/remotes/origin/main"}, head=head).code == 2
    assert act(served, place, {"environment": "production"}, head=head).code == 0
    assert act(served, place, {"environment": "staging"}, head=head).code == 3
    assert act(served, place, {"at": head}).code == 0


def test_what_an_earlier_step_left_in_the_environment_does_not_count(served: Host) -> None:
    fork, keys = served.hostile()
    head = served.pull_request(fork)
    left = {"SHIPWORTHY_TRUST": keys, "SHIPWORTHY_BASE": "refs/remotes/here"}
    assert act(served, served.checkout(MERGE), head=head, **left).code == 1


def test_no_default_branch_is_no_answer(served: Host) -> None:
    place = served.checkout(MERGE)
    act(served, place)
    values = dict.fromkeys(re.findall(r"\$\{\{ (.*?) \}\}", str(STEPS["Verify"]["env"])), "") | {"inputs.depth": "1"}
    done = github_step(STEPS["Verify"], place, values | {"inputs.path": "."})
    assert (done.code, "default branch" in done.summary) == (4, True)


def test_the_token_reaches_git_alone(served: Host) -> None:
    """Not the command line, not the configuration, not the log, and not shipworthy."""
    folder = programs(served.folder)[0]
    (folder / "git").write_text(
        f'#!/bin/sh\n[ "$1" != fetch ] || env >>"{served.folder}/fetch.env"\necho "$*" >>"{served.folder}/git.args"\n'
        'exec /usr/bin/git "$@"\n'
    )
    (folder / "git").chmod(0o755)
    place = served.checkout(MERGE)
    done = act(served, place, {"token": "made-up-token"}, head=served.tip("refs/pull/1/head"))
    assert done.code == 0
    seen = (served.folder / "fetch.env").read_text()
    assert "GIT_CONFIG_KEY_1=http.https://git.example/.extraheader" in seen
    header = re.search(r"GIT_CONFIG_VALUE_1=Authorization: Basic (\S+)", seen)
    assert header is not None
    for text in ((served.folder / "git.args").read_text(), (place / ".git/config").read_text(), done.log, done.summary):
        assert "made-up-token" not in text
        assert header[1] not in text


def test_files_of_the_pull_request_are_not_run(served: Host) -> None:
    """Python would import them from where it stands; git would run the hooks of a repository it is told to trust."""
    evil = "import pathlib; pathlib.Path('pwned').touch()\n"
    planted = {f"{name}.py": evil for name in ("venv", "pip", "shipworthy", "sitecustomize", "json", "click")}
    served.team.commit({**planted, "sub/.gitkeep": ""})
    served.team.signed(now=NOW)
    head = served.pull_request()
    place = served.checkout(MERGE)
    assert act(served, place, head=head).code == 0
    log = programs(served.folder)[1].read_text()
    assert f"in {served.folder / 'temp'}\n" in log
    assert not list(served.folder.rglob("pwned"))
    write(place, {"sub/x": ""})
    assert act(served, place, {"path": "sub"}, head=head).code == 0


@pytest.mark.parametrize(
    ("version", "asked"),
    [
        ("", ["--require-hashes -r", "--no-deps"]), ("1.2.3", ["shipworthy==1.2.3"]),
        ("1.2.3rc1", ["shipworthy==1.2.3rc1"]),
        ("1.*", None), ("1.2 --index-url=x", None), (">=1", None), ("$(touch pwned)", None),
    ],
)  # fmt: skip
def test_one_exact_version_is_installed(tmp_path: Path, version: str, asked: list[str] | None) -> None:
    place = tmp_path / "workspace"
    place.mkdir()
    done = github_step(STEPS["Install shipworthy"], place, {"inputs.version": version})
    log = programs(tmp_path)[1].read_text()
    assert done.code == (0 if asked else 2)
    rows = [row for row in log.splitlines() if row.startswith("pip ")]
    assert len(rows) == len(asked or [])
    for row, words in zip(rows, asked or [], strict=True):
        assert row.startswith("pip -I -m pip install --quiet --disable-pip-version-check ")
        assert words in row
        assert "index-url" not in row
    assert not list(tmp_path.rglob("pwned"))


def test_a_second_signature_by_the_author_is_no_approval(served: Host) -> None:
    served.team.signed([(served.team.ada, AUTHOR)], now=NOW)
    head = served.pull_request()
    done = act(served, served.checkout(MERGE), head=head)
    assert (done.code, "approval" in done.summary) == (1, True)


@pytest.mark.long
def test_a_predicted_merge_takes_history(served: Host) -> None:
    """What was signed is the tree the merge will have, and a base that was fetched at depth 1 cannot tell it."""
    clone = served.team.folder
    git(clone, "checkout", "-q", "main")
    served.team.commit({"other.py": "X = 1\n"})
    served.push("refs/heads/main")
    git(clone, "checkout", "-q", "work")
    predicted = served.folder / "predicted"
    git(clone, "clone", "-q", clone.as_uri(), str(predicted))
    git(predicted, "config", "user.email", "ada@example.org")
    git(predicted, "config", "user.name", "Ada")
    git(predicted, "merge", "-q", "--no-ff", "-m", "Merge", "origin/main")
    git(predicted, "rm", "-q", PLAIN, SIGNED)
    tree = git(predicted, "write-tree")
    served.team.signed(now=NOW, restate=lambda statement: replace(statement, tree=tree))
    head, place = served.pull_request(), served.checkout(MERGE)
    assert act(served, place, head=head).code == 1
    assert act(served, place, {"predict-merge": "true"}, head=head).code == 4
    done = act(served, place, {"predict-merge": "true", "depth": "0"}, head=head)
    assert done.code == 0, done.log
