"""The commit that signing offers: exactly what was signed, or none at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.readiness.signed import AUTHOR, FILES, NOW, PLAIN, POLICY, SIGNED, Key, assess, repository
from tests.support import git, make_repo, write

from shipworthy.git import GitError
from shipworthy.model import Result
from shipworthy.project import Project
from shipworthy.readiness import rules, sign
from shipworthy.readiness.sign import Preparation, Refused
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


@pytest.mark.parametrize("path", [PLAIN, SIGNED, ".shipworthy/decisions.toml"])
def test_no_commit_of_anything_but_what_was_signed(tmp_path: Path, path: str) -> None:
    folder = repository(tmp_path / "app")
    write(folder, {".shipworthy/decisions.toml": "# said\n"})
    preparation = prepare(folder)
    armored = KEY.sign(preparation.pae, rules.AUTHOR)
    sign.write(preparation, armored)
    write(folder, {path: "other\n"})
    head = git(folder, "rev-parse", "HEAD")
    with pytest.raises(Refused, match="changed since"):
        sign.commit(preparation, armored)
    assert git(folder, "rev-parse", "HEAD") == head


def test_no_commit_on_a_head_that_moved(tmp_path: Path) -> None:
    folder = repository(tmp_path / "app")
    preparation = prepare(folder)
    armored = KEY.sign(preparation.pae, rules.AUTHOR)
    sign.write(preparation, armored)
    git(folder, "commit", "-q", "--allow-empty", "-m", "later")
    head = git(folder, "rev-parse", "HEAD")
    with pytest.raises(Refused, match="HEAD moved"):
        sign.commit(preparation, armored)
    assert git(folder, "rev-parse", "HEAD") == head


def test_a_locked_index_leaves_head_alone(tmp_path: Path) -> None:
    folder = repository(tmp_path / "app")
    preparation = prepare(folder)
    head = git(folder, "rev-parse", "HEAD")
    (folder / ".git/index.lock").touch()
    with pytest.raises(GitError):
        finish(preparation)
    assert git(folder, "rev-parse", "HEAD") == head
    (folder / ".git/index.lock").unlink()
    finish(preparation)
    verifies(folder)


def test_hooks_do_not_run_and_other_files_stay_out(tmp_path: Path) -> None:
    folder = repository(tmp_path / "app")
    preparation = prepare(folder)
    for name in ("pre-commit", "post-commit", "commit-msg", "reference-transaction", "post-index-change"):
        hook = folder / ".git/hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\n")
        hook.chmod(0o755)
    finish(preparation)
    write(folder, {"late.py": "x\n"})
    assert not (tmp_path / "ran").exists()
    verifies(folder)


def test_a_signing_program_of_the_repository_is_not_run(tmp_path: Path) -> None:
    folder = repository(tmp_path / "app")
    git(folder, "config", "commit.gpgsign", "true")
    git(folder, "config", "gpg.program", f"touch {tmp_path}/ran")
    preparation = prepare(folder)
    with pytest.raises(Refused, match="names a program"):
        finish(preparation)
    assert not (tmp_path / "ran").exists()


def test_a_detached_head_and_a_linked_worktree(tmp_path: Path) -> None:
    folder = repository(tmp_path / "app")
    git(folder, "worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    preparation = prepare(tmp_path / "linked")
    assert preparation.statement.ref == "HEAD"
    finish(preparation)
    verifies(tmp_path / "linked")
    assert not (folder / PLAIN).exists()


def test_sha256_repositories(tmp_path: Path) -> None:
    folder = tmp_path / "app"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main", "--object-format=sha256")
    make_repo(folder, FILES)
    git(folder, "config", "user.email", AUTHOR)
    git(folder, "config", "user.name", "Ada")
    write(folder, {".shipworthy/decisions.toml": "# said\n"})
    preparation = prepare(folder)
    assert len(preparation.statement.tree) == 64
    finish(preparation)
    verifies(folder)


def test_a_record_that_is_gone_is_gone_from_the_commit(tmp_path: Path) -> None:
    folder = repository(tmp_path / "app", **{".shipworthy/keys.toml": "# keys\n"})
    (folder / ".shipworthy/keys.toml").unlink()
    preparation = prepare(folder)
    assert [(change.name, change.word) for change in preparation.changes] == [
        ("keys.toml", "removed"),
        (".gitattributes", "new"),
    ]
    finish(preparation)
    assert git(folder, "ls-files", ".shipworthy/keys.toml") == ""
    verifies(folder)


def test_the_repository_is_named_by_its_remote_without_credentials(tmp_path: Path) -> None:
    folder = repository(tmp_path / "app")
    git(folder, "remote", "add", "origin", "https://ada:pass@git.example/acme/shop.git")
    preparation = prepare(folder)
    assert preparation.statement.repo == "acme/shop"
    assert b"pass@" not in preparation.payload


def test_a_repository_whose_path_cannot_be_told_from_two(tmp_path: Path) -> None:
    """In a linked work tree git names its folder in full; with a line break in it, what is under way is not guessed."""
    folder = repository(tmp_path / "a\nb")
    git(folder, "worktree", "add", "-q", str(tmp_path / "linked"))
    with pytest.raises(Refused, match="line break"):
        prepare(tmp_path / "linked")
