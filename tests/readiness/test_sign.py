"""Signing: what it refuses, that it signs the tree of the commit it makes, and that nothing else is in that commit."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.readiness.signed import AUTHOR, FILES, NOW, PLAIN, POLICY, SIGNED, Key, assess, decision, repository, signed
from tests.support import git, write

from shipworthy.model import DecisionKind, Result
from shipworthy.project import Project
from shipworthy.readiness import rules, sign
from shipworthy.readiness.sign import NotReadyToSign, Preparation, Refused
from shipworthy.readiness.tree import OddTree
from shipworthy.readiness.verify import Asked, TrustRoot, verify

KEY = Key()


def prepare(
    folder: Path, policy: bytes | None = POLICY, change: Callable[[Result], Result] = lambda result: result
) -> Preparation:
    held = rules.in_force(policy, None).policy
    assessment = assess(folder, policy, change=change)
    return sign.prepare(Project.open(folder), assessment, held, held.environment, KEY, NOW)


def finish(preparation: Preparation) -> str:
    armored = KEY.sign(preparation.pae, rules.AUTHOR)
    sign.write(preparation, armored)
    return sign.commit(preparation, armored)


def verifies(folder: Path) -> None:
    verify(folder, TrustRoot.pinned([KEY.fingerprint]), Asked(), NOW)


def test_the_commit_holds_exactly_the_listed_files(tmp_path: Path) -> None:
    folder = repository(tmp_path / "app")
    write(folder, {".shipworthy/decisions.toml": "# said\n", ".shipworthy/keys.toml": "# keys\n"})
    preparation = prepare(folder)
    assert preparation.records == (".shipworthy/decisions.toml", ".shipworthy/keys.toml")
    assert preparation.files == (".shipworthy/.gitattributes", PLAIN, SIGNED)
    before = git(folder, "rev-parse", "HEAD")
    made = finish(preparation)
    assert git(folder, "rev-parse", "HEAD", "HEAD^").split() == [made, before]
    changed = set(git(folder, "diff", "--name-only", "HEAD^", "HEAD").split())
    assert changed == {*preparation.records, *preparation.files}
    assert git(folder, "log", "-1", "--format=%an %ae %s") == f"Ada {AUTHOR} Sign the production readiness file"
    assert git(folder, "status", "--porcelain") == ""
    for path in (PLAIN, SIGNED):
        assert stat.S_IMODE((folder / path).stat().st_mode) == 0o644
        assert git(folder, "check-attr", "text", "--", path).endswith("unset")
    verifies(folder)


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    folder = repository(tmp_path / "app")
    assert prepare(folder).payload == prepare(folder).payload


def test_signing_again_changes_only_the_readiness_files(tmp_path: Path) -> None:
    made = signed(tmp_path / "app", key=KEY)
    preparation = prepare(made.folder)
    assert (preparation.changes, preparation.files) == ((), (PLAIN, SIGNED))
    assert preparation.statement.tree == made.preparation.statement.tree
    os.truncate(made.folder / PLAIN, 0)
    finish(preparation)
    verifies(made.folder)


def test_the_printed_command_makes_a_commit_that_verifies(tmp_path: Path) -> None:
    folder = repository(tmp_path / "app")
    write(folder, {".shipworthy/decisions.toml": "# said\r\n", ".gitignore": "later\n"})
    git(folder, "add", ".gitignore")
    git(folder, "commit", "-q", "-m", "ignore")
    git(folder, "config", "core.autocrlf", "true")
    preparation = prepare(folder)
    sign.write(preparation, KEY.sign(preparation.pae, rules.AUTHOR))
    import subprocess

    subprocess.run(preparation.commit_command, shell=True, cwd=folder, check=True, capture_output=True)
    verifies(folder)


def test_a_policy_is_written_where_there_is_none(tmp_path: Path) -> None:
    folder = repository(tmp_path / "app")
    git(folder, "rm", "-q", ".shipworthy/policy.toml")
    git(folder, "commit", "-q", "-m", "none")
    preparation = prepare(folder, policy=None)
    assert ".shipworthy/policy.toml" in preparation.files
    finish(preparation)
    assert (folder / ".shipworthy/policy.toml").read_bytes() == b'profile = "solo"\nchecklist = "production"\n'
    verifies(folder)


def test_the_profile_is_added_to_a_policy_that_names_none(tmp_path: Path) -> None:
    policy = b'checklist = "demo"\n'
    folder = repository(tmp_path / "app", **{".shipworthy/policy.toml": policy.decode()})
    held = rules.in_force(policy, None).policy
    finish(sign.prepare(Project.open(folder), assess(folder, policy, profile="cli"), held, "production", KEY, NOW))
    assert (folder / ".shipworthy/policy.toml").read_bytes() == b'profile = "cli"\n' + policy
    verifies(folder)


def test_the_other_environment_goes_into_the_policy_that_is_written(tmp_path: Path) -> None:
    folder = repository(tmp_path / "app")
    git(folder, "rm", "-q", ".shipworthy/policy.toml")
    git(folder, "commit", "-q", "-m", "none")
    held = rules.in_force(None, None).policy
    finish(sign.prepare(Project.open(folder), assess(folder, None), held, "staging", KEY, NOW))
    assert (folder / ".shipworthy/readiness.staging.dsse.json").exists()
    verifies(folder)


def dirty(folder: Path) -> None:
    write(folder, {"app.py": "changed\n"})


def staged(folder: Path) -> None:
    write(folder, {"app.py": "changed\n"})
    git(folder, "add", "app.py")
    write(folder, {"app.py": FILES["app.py"]})


def untracked(folder: Path) -> None:
    write(folder, {"new.py": "x\n"})


def other_record(folder: Path) -> None:
    write(folder, {".shipworthy/notes.md": "x\n"})


def other_environment(folder: Path) -> None:
    write(folder, {".shipworthy/readiness.staging.json": "{}\n"})


def assume_unchanged(folder: Path) -> None:
    git(folder, "update-index", "--assume-unchanged", "app.py")
    write(folder, {"app.py": "hidden\n"})


def skip_worktree(folder: Path) -> None:
    git(folder, "update-index", "--skip-worktree", "app.py")


def merging(folder: Path) -> None:
    (folder / ".git/MERGE_HEAD").write_text(git(folder, "rev-parse", "HEAD") + "\n")


def rebasing(folder: Path) -> None:
    (folder / ".git/rebase-merge").mkdir()


def nobody(folder: Path) -> None:
    git(folder, "config", "--unset", "user.email")


def linked_record(folder: Path) -> None:
    (folder / ".shipworthy/decisions.toml").symlink_to("../app.py")


def record_folder(folder: Path) -> None:
    (folder / ".shipworthy/keys.toml").mkdir()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (dirty, "app.py differs"), (staged, "app.py differs"), (untracked, "new.py differs"),
        (other_record, "notes.md differs"), (other_environment, "staging.json differs"),
        (assume_unchanged, "told not to look at app.py"), (skip_worktree, "told not to look at app.py"),
        (merging, "a merge is under way"), (rebasing, "a rebase is under way"), (nobody, "who you are"),
        (linked_record, "decisions.toml"), (record_folder, "keys.toml"),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path: Path, spoil: Callable[[Path], None], says: str) -> None:
    folder = repository(tmp_path / "app")
    spoil(folder)
    with pytest.raises(Refused, match=says) as caught:
        prepare(folder)
    assert caught.value.diagnostics
    assert not (folder / PLAIN).exists()


def test_ignored_files_are_named_as_not_covered(tmp_path: Path) -> None:
    folder = repository(tmp_path / "app", **{".gitignore": "*.log\n", ".gitattributes": "*.bin filter=lfs\n"})
    write(folder, {"x.log": "x"})
    assert prepare(folder).uncovered == ("files git ignores", "the contents of files kept in LFS")


def test_outside_git_in_a_folder_below_and_without_a_commit(tmp_path: Path) -> None:
    folder = repository(tmp_path / "app")
    held, assessment = rules.in_force(POLICY, None).policy, assess(folder)

    def attempt(path: Path) -> None:
        sign.prepare(Project.open(path), assessment, held, "production", KEY, NOW)

    with pytest.raises(Refused, match="not the top"):
        attempt(folder / "src")
    with pytest.raises(Refused, match="not a git repository"):
        attempt(write(tmp_path / "plain", FILES))
    empty = tmp_path / "empty"
    empty.mkdir()
    git(empty, "init", "-q")
    with pytest.raises(Refused, match="no commit yet"):
        attempt(empty)
    git(folder, "commit", "-q", "--allow-empty", "-m", "later")
    with pytest.raises(Refused, match="HEAD moved"):
        attempt(folder)


def open_item(result: Result) -> Result:
    from shipworthy.model import Status

    return replace(result, status=Status.FAIL) if result.item.id == "lockfile" else result


def by_someone_else(result: Result) -> Result:
    if result.item.id != "spend-alert":
        return result
    return replace(result, decision=decision("spend-alert", by="bob@example.org"))


def for_too_long(result: Result) -> Result:
    if result.item.id != "spend-alert":
        return result
    return replace(result, decision=decision("spend-alert", expires=NOW.date() + timedelta(days=400)))


def waived(result: Result) -> Result:
    if result.item.id != "spend-alert":
        return result
    return replace(result, decision=decision("spend-alert", DecisionKind.WAIVED, expires=NOW.date()))


@pytest.mark.parametrize(
    ("change", "says"),
    [(open_item, "1 required item open"), (by_someone_else, "who did not sign"), (for_too_long, "longer than")],
)
def test_nothing_is_signed_that_would_not_verify(tmp_path: Path, change: Callable[[Result], Result], says: str) -> None:
    with pytest.raises(NotReadyToSign, match=says):
        prepare(repository(tmp_path / "app"), change=change)


def test_a_decision_counts_through_its_last_day(tmp_path: Path) -> None:
    preparation = prepare(repository(tmp_path / "app"), change=waived)
    assert preparation.statement.items[-2].said is not None


def test_another_checklist_than_the_one_examined_under(tmp_path: Path) -> None:
    folder = repository(tmp_path / "app")
    write(
        folder,
        {".shipworthy/checklist.toml": 'schema = 1\nextends = "demo"\n[[item]]\nid = "lockfile"\nfix = ["Ask Bob."]\n'},
    )
    with pytest.raises(Refused, match="not the one it was examined under"):
        prepare(folder)


def test_a_link_in_place_of_a_readiness_file_is_refused(tmp_path: Path) -> None:
    folder = repository(tmp_path / "app")
    (folder / PLAIN).symlink_to("../app.py")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "link")
    with pytest.raises(OddTree, match="not a regular file"):
        prepare(folder)


def test_writing_never_goes_through_a_link(tmp_path: Path) -> None:
    folder = repository(tmp_path / "app")
    preparation = prepare(folder)
    armored = KEY.sign(preparation.pae, rules.AUTHOR)
    victim = write(tmp_path / "elsewhere", {"readiness.production.json": "mine\n"})
    (folder / PLAIN).symlink_to(victim / "readiness.production.json")
    sign.write(preparation, armored)
    assert (victim / "readiness.production.json").read_text() == "mine\n"
    assert not (folder / PLAIN).is_symlink()
    os.rename(folder / ".shipworthy", folder / "moved")  # noqa: PTH104 - as an attacker would
    (folder / ".shipworthy").symlink_to(victim)
    with pytest.raises(Refused):
        sign.write(preparation, armored)
    assert (victim / "readiness.production.json").read_text() == "mine\n"


def test_a_signature_that_is_not_the_authors_is_not_written(tmp_path: Path) -> None:
    folder = repository(tmp_path / "app")
    preparation = prepare(folder)
    bad = [
        Key().sign(preparation.pae, rules.AUTHOR), KEY.sign(preparation.pae, "git"), KEY.sign(b"x", rules.AUTHOR), "",
    ]  # fmt: skip
    for armored in bad:
        with pytest.raises(Refused):
            sign.write(preparation, armored)
    assert not (folder / PLAIN).exists()
    assert not (folder / ".shipworthy/.gitattributes").exists()
