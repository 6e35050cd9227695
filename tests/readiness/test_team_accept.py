"""What keeps the source tree keeps the file, under a base; and what a later or merged tree may still be covered by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from tests.readiness.signed import AUTHOR, PLAIN, SIGNED
from tests.readiness.team import BASE, LEAD, POLICY, Team, line, team
from tests.support import NOW, git

from shipworthy.readiness.allowed import APPROVER
from shipworthy.readiness.allowed import AUTHOR as AUTHORS
from shipworthy.readiness.verify import CouldNotEvaluate

POLICY_FILE = ".shipworthy/policy.toml"
RERUN = POLICY + b'drift = "rerun"\ncritical = ["src/pay/**"]\n'


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Team:
    return team(tmp_path_factory.mktemp("team") / "app")


@pytest.fixture
def made(template: Team, tmp_path: Path) -> Team:
    return template.copy(tmp_path / "app")


def cloned(made: Team, *options: str) -> Path:
    """A clone whose remote's main is the base and whose HEAD is the branch."""
    folder = made.folder.parent / "clone"
    git(made.folder, "config", "uploadpack.allowFilter", "true")
    git(made.folder, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(made.folder, "clone", "-q", "--branch", "work", *options, made.folder.as_uri(), str(folder))
    shallow = ("--depth", "1") if "--depth" in options else ()
    git(folder, "fetch", "-q", *shallow, "origin", "+refs/heads/main:refs/remotes/origin/main")
    return folder


def amended(made: Team) -> Path:
    git(made.folder, "commit", "-q", "--amend", "-m", "other words")
    return made.folder


def squashed(made: Team) -> Path:
    git(made.folder, "checkout", "-q", "--detach", BASE)
    git(made.folder, "merge", "-q", "--squash", "work")
    git(made.folder, "commit", "-q", "-m", "squashed")
    return made.folder


def merged(made: Team) -> Path:
    git(made.folder, "checkout", "-q", "--detach", BASE)
    git(made.folder, "merge", "-q", "--no-ff", "-m", "merged", "work")
    return made.folder


def merged_and_deployed(made: Team) -> Path:
    folder = merged(made)
    git(folder, "update-ref", BASE, "HEAD")
    return folder


def cherry_picked(made: Team) -> Path:
    git(made.folder, "checkout", "-q", "--detach", BASE)
    git(made.folder, "cherry-pick", f"{BASE}..work")
    return made.folder


def linked(made: Team) -> Path:
    git(made.folder, "worktree", "add", "-q", "--detach", "../linked")
    return made.folder.parent / "linked"


def sparse(made: Team) -> Path:
    folder = cloned(made)
    git(folder, "sparse-checkout", "set", "--no-cone", "/src/")
    return folder


def bare(made: Team) -> Path:
    folder = made.folder.parent / "bare.git"
    git(made.folder, "clone", "-q", "--bare", made.folder.as_uri(), str(folder))
    git(folder, "symbolic-ref", "HEAD", "refs/heads/work")
    git(folder, "update-ref", BASE, "refs/heads/main")
    return folder


@pytest.mark.parametrize(
    "keep",
    [
        lambda made: made.folder, amended, squashed, merged, merged_and_deployed, cherry_picked, linked, sparse, bare,
        lambda made: cloned(made), lambda made: cloned(made, "--depth", "1"),
        lambda made: cloned(made, "--filter=blob:none"), lambda made: cloned(made, "-c", "core.autocrlf=true"),
    ],
    ids=[
        "as it is", "amended", "squashed", "merged", "merged and deployed", "cherry-picked", "linked worktree",
        "sparse", "bare", "clone", "depth 1", "blob:none", "autocrlf",
    ],
)  # fmt: skip
def test_accepted(made: Team, keep: Callable[[Team], Path]) -> None:
    statement = made.signed()
    assert made.verify(folder=keep(made)).statement == statement


def test_a_sha256_repository(tmp_path: Path) -> None:
    """Git makes one only anew, so the files of a team are committed into it."""
    one = team(tmp_path / "one")
    git(tmp_path, "init", "-q", "--object-format=sha256", "--initial-branch=main", "two")
    two = Team(tmp_path / "two", ada=one.ada, lea=one.lea)
    git(two.folder, "config", "user.email", AUTHOR)
    git(two.folder, "config", "user.name", "Ada")
    two.commit({"app.py": "1\n", POLICY_FILE: POLICY, ".shipworthy/allowed_signers": one.listed})
    git(two.folder, "update-ref", BASE, "HEAD")
    two.commit({"app.py": "2\n"})
    assert len(two.signed().tree) == 64
    assert two.verify()


def test_signed_in_a_clone_of_a_fork(made: Team) -> None:
    """The file is for the repository whose base judges it, not for the fork it was written in."""
    git(made.folder, "remote", "add", "origin", "git@git.example:ada/app-fork.git")
    git(made.folder, "remote", "add", "upstream", "git@git.example:acme/app.git")
    base = "refs/remotes/upstream/main"
    git(made.folder, "update-ref", base, BASE)
    assert made.signed(base=base).repo == "acme/app"
    assert made.verify(base=base)
    made.signed()
    made.refused("context", "signed for ada/app-fork", base=base)


def test_countersigned_later(made: Team) -> None:
    statement = made.signed([(made.ada, AUTHORS)])
    made.refused("approval")
    payload = (made.folder / PLAIN).read_bytes()
    made.put(payload)
    assert made.verify().statement == statement


@pytest.mark.parametrize("merge", [merged, squashed])
def test_a_predicted_merge(made: Team, merge: Callable[[Team], Path]) -> None:
    """The base moved on; what is signed is the tree the merge will have."""
    git(made.folder, "checkout", "-q", "main")
    made.commit({"other.py": "1\n"})
    git(made.folder, "update-ref", BASE, "HEAD")
    git(made.folder, "checkout", "-q", "work")
    tree = _source_tree_of_merge(made)
    from dataclasses import replace

    before = set((made.folder / ".git/objects").rglob("*"))
    made.signed(restate=lambda statement: replace(statement, tree=tree))
    after = set((made.folder / ".git/objects").rglob("*"))
    assert before != after, "the commit itself is new"
    made.refused("source tree")
    assert made.verify(predict_merge=True)
    assert set((made.folder / ".git/objects").rglob("*")) == after, "predicting writes nothing"
    assert made.verify(folder=merge(made))


def _source_tree_of_merge(made: Team) -> str:
    """By git alone, in a clone."""
    folder = made.folder.parent / "predict"
    git(made.folder, "clone", "-q", made.folder.as_uri(), str(folder))
    git(folder, "config", "user.email", AUTHOR)
    git(folder, "config", "user.name", "Ada")
    git(folder, "checkout", "-q", "--detach", "origin/main")
    git(folder, "merge", "-q", "--no-ff", "-m", "m", "origin/work")
    # Signing adds this record, so the merge will have it.
    (folder / ".shipworthy" / ".gitattributes").write_text("* -text\n")
    git(folder, "add", "-A", "-f")
    return git(folder, "write-tree")


def test_a_merge_that_conflicts_or_has_no_base(made: Team) -> None:
    made.signed()
    git(made.folder, "checkout", "-q", "main")
    made.commit({"app.py": "print('conflict')\n"})
    git(made.folder, "update-ref", BASE, "HEAD")
    git(made.folder, "checkout", "-q", "work")
    with pytest.raises(CouldNotEvaluate, match="does not merge cleanly"):
        made.verify(predict_merge=True)
    git(made.folder, "checkout", "-q", "--orphan", "alone")
    made.commit({})
    git(made.folder, "update-ref", BASE, "HEAD")
    with pytest.raises(CouldNotEvaluate, match="could not be predicted"):
        made.verify(predict_merge=True, at="work")


def test_drift_is_covered_only_where_nothing_critical_changed(made: Team) -> None:
    made.base({POLICY_FILE: RERUN, "docs/runbook.md": "restore\n"})
    made.signed()
    signed = git(made.folder, "rev-parse", "HEAD")
    made.commit({"src/util.py": "X = 2\n", "a/b.py": "1\n"})
    found = made.verify()
    assert found.drifted is not None
    assert (found.drifted.signed_commit, found.drifted.changed) == (signed, ("a/b.py", "src/util.py"))
    later = NOW + timedelta(days=15)
    made.refused("source tree", "more than 14 days ago", now=later)


@pytest.mark.parametrize(
    "path",
    [
        "src/pay/card.py", "SRC/Pay/x.py", "requirements.txt", "api/requirements-dev.txt", "web/package-lock.json",
        ".github/workflows/ci.yml", ".gitlab-ci.yml", ".shipworthy/decisions.toml", "pyproject.toml",
    ],
)  # fmt: skip
def test_drift_over_a_critical_path(made: Team, path: str) -> None:
    made.base({POLICY_FILE: RERUN})
    made.signed()
    made.commit({path: "changed\n"})
    assert path in made.refused("source tree").reason


def test_drift_under_an_attestation(made: Team) -> None:
    """docs/runbook.md is what the attestations of this team name as evidence."""
    made.base({POLICY_FILE: RERUN, "docs/runbook.md": "restore\n"})
    made.signed()
    made.commit({"docs/runbook.md": "do not restore\n"})
    made.refused("source tree", "rests on it")


def test_drift_from_a_tree_nobody_signed(made: Team) -> None:
    made.base({POLICY_FILE: RERUN})
    made.signed()
    git(made.folder, "reset", "-q", "--soft", BASE)
    made.commit({"src/util.py": "X = 3\n"})
    made.refused("source tree", "does not descend")
    made.base({POLICY_FILE: POLICY})
    made.signed()
    made.commit({"src/util.py": "X = 2\n"})
    made.refused("source tree", "holds other files")


@pytest.mark.parametrize("trick", ["replace", "grafts", "assume-unchanged", "skip-worktree", "environment"])
def test_git_is_not_talked_into_it(made: Team, trick: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made.signed()
    good = git(made.folder, "rev-parse", "HEAD")
    bad = made.commit({"app.py": "print('evil')\n"})
    if trick == "replace":
        git(made.folder, "replace", bad, good)
    elif trick == "grafts":
        (made.folder / ".git/info/grafts").write_text(f"{bad} {good}\n")
    elif trick == "environment":
        other = made.folder.parent / "other"
        git(made.folder, "worktree", "add", "-q", "--detach", str(other), good)
        monkeypatch.setenv("GIT_DIR", str(other / ".git"))
        monkeypatch.setenv("GIT_WORK_TREE", str(other))
        monkeypatch.setenv("GIT_REPLACE_REF_BASE", "refs/heads/")
        monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
        monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.worktree")
        monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(other))
    else:
        git(made.folder, "checkout", "-q", good, "--", "app.py")
        git(made.folder, "update-index", f"--{trick}", "app.py")
    made.refused("source tree", at=bad)


def test_an_approver_may_be_author_and_author_nobody_else(made: Team) -> None:
    """Roles are per line: a lead who writes needs another approver."""
    made.base({".shipworthy/allowed_signers": made.listed + line("tom@example.org", made.other, APPROVER)})
    git(made.folder, "config", "user.email", LEAD)
    made.ada, lea = made.lea, made.ada
    statement = made.signed([(made.ada, AUTHORS), (made.other, APPROVER)], change=_as(LEAD))
    assert statement.author == LEAD
    assert [each.address for each in made.verify().approvals] == ["tom@example.org"]
    made.put((made.folder / PLAIN).read_bytes(), [(made.ada, AUTHORS), (lea, APPROVER)])
    made.refused("approval", "may not sign as approver")
    assert (made.folder / SIGNED).exists()


def _as(who: str) -> Callable[..., object]:
    from dataclasses import replace

    def change(result: object) -> object:
        said = getattr(result, "decision", None)
        return result if said is None else replace(result, decision=replace(said, by=who))  # type: ignore[type-var]

    return change
