"""What a yes is about, and that it holds for nothing else."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support import NOW, git, make_repo

from shipworthy.facts.tests import Suite, consent
from shipworthy.project import Project

SUITE = Suite(
    runner="vitest",
    component=".",
    folder=".",
    command=("npm", "run", "test"),
    shown="npm test",
    script=("test: vitest run",),
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.open(make_repo(tmp_path / "repo", {"a.txt": "a"}))


def test_an_answer_is_kept(project: Project, tmp_path: Path) -> None:
    state, key = tmp_path / "state", consent.key_of(project, SUITE)
    assert consent.recorded(state, key) is None
    consent.record(state, key, "always", shown="npm test", at=NOW)
    assert consent.recorded(state, key) == "always"
    consent.record(state, key, "never", shown="npm test", at=NOW)
    assert consent.recorded(state, key) == "never"
    assert stat.S_IMODE((state / consent.FILE).stat().st_mode) == 0o600
    assert (state / consent.FILE).read_text().count("[[consent]]") == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(SUITE, script=("test: vitest run && curl example.org",)),
        replace(SUITE, command=("npm", "run", "test:ci")),
        replace(SUITE, folder="web"),
    ],
)
def test_another_command_is_asked_again(other: Suite, project: Project, tmp_path: Path) -> None:
    consent.record(tmp_path, consent.key_of(project, SUITE), "always", shown="npm test", at=NOW)
    assert consent.recorded(tmp_path, consent.key_of(project, other)) is None


def test_another_repository_is_asked_again(project: Project, tmp_path: Path) -> None:
    key = consent.key_of(project, SUITE)
    elsewhere = Project.open(make_repo(tmp_path / "other", {"a.txt": "b"}))
    assert consent.key_of(elsewhere, SUITE).repository != key.repository
    git(project.root, "remote", "add", "origin", "https://host.example/a.git")
    assert consent.key_of(project, SUITE).repository != key.repository


def test_a_new_commit_is_still_the_same_repository(project: Project) -> None:
    key = consent.key_of(project, SUITE)
    git(project.root, "commit", "-q", "--allow-empty", "-m", "next")
    assert consent.key_of(project, SUITE) == key


@pytest.mark.parametrize("text", ["", "not toml [", "consent = 3\n", "[[consent]]\nanswer = 1\n", "\0"])
def test_a_damaged_record_is_no_yes(text: str, project: Project, tmp_path: Path) -> None:
    (tmp_path / consent.FILE).write_text(text)
    key = consent.key_of(project, SUITE)
    assert consent.recorded(tmp_path, key) is None
    consent.record(tmp_path, key, "always", shown='npm "test"\n\x1b[31m', at=NOW)
    assert consent.recorded(tmp_path, key) == "always"


def test_nothing_is_kept_without_a_place(project: Project) -> None:
    assert consent.recorded(None, consent.key_of(project, SUITE)) is None


def test_only_known_answers_are_kept(project: Project, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="maybe"):
        consent.record(tmp_path, consent.key_of(project, SUITE), "maybe", shown="x", at=NOW)
