"""`shipworthy checklist lint | show` as a person calls it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shipworthy.checklist import load
from shipworthy.cli.group import cli

FOLDER, ONLY = ".shipworthy", "Only a policy relaxes."
HEAD = 'schema = 1\nextends = "production"\n'


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".shipworthy").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*args: str) -> Result:
    return CliRunner().invoke(cli, ["checklist", *args])


def test_lint_of_nothing_is_lint_of_the_packaged_ones(repo: Path) -> None:
    done = run("lint")
    assert (done.exit_code, done.stdout) == (0, "No problem in production.toml, demo.toml\n")


def test_lint_finds_the_repositorys_own_files_from_a_subfolder(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repo / ".shipworthy/checklist.toml").write_text(HEAD + '[[item]]\nid = "lockfile"\nprofiles = { solo = "none" }\n')
    (repo / ".shipworthy/policy.toml").write_text('profile = "solo"\n[items]\nlockfil = "none"\n')
    (repo / "src").mkdir()
    monkeypatch.chdir(repo / "src")
    done = run("lint")
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        f'{FOLDER}/checklist.toml:5: item.lockfile.profiles: lowers "solo" from required to none. {ONLY}',
        ".shipworthy/policy.toml:3: items.lockfil: the checklist production has no such item. Did you mean lockfile?",
    ]
    assert done.stderr == "2 problems in .shipworthy/checklist.toml, .shipworthy/policy.toml\n"


def test_lint_finds_a_broken_decision(repo: Path) -> None:
    (repo / ".shipworthy/decisions.toml").write_text('[items.lockfile]\ndecision = "waived"\nexpires = "soon"\n')
    done = run("lint")
    assert done.exit_code == 1
    assert ".shipworthy/decisions.toml:3: items.lockfile.expires: must be a date" in done.stdout
    assert "production.toml" not in done.output


def test_a_policy_may_name_an_item_the_repository_adds(repo: Path) -> None:
    item = load("production").item("spend-alert")
    own = (
        f'{HEAD}[[item]]\nid = "own"\narea = "data"\ntitle = "A"\nfailing_title = "B"\nwhy = "C"\nfix = ["D"]\n'
        f'decides = "person"\nattest = "{item.attest}"\nnot_applicable = ""\nrisk = "low"\nminutes = 5\n'
        'references = []\nprofiles = { solo = "optional" }\n'
    )
    (repo / ".shipworthy/checklist.toml").write_text(own)
    (repo / ".shipworthy/policy.toml").write_text('profile = "solo"\n[items]\nown = "required"\n')
    assert run("lint").exit_code == 0
    shown = json.loads(run("show", "--format", "json").stdout)
    assert shown["profile"] == "solo"
    (mine,) = [each for each in shown["items"] if each["id"] == "own"]
    assert mine["profiles"]["solo"] == "required"
    assert len(shown["items"]) == 71


@pytest.mark.parametrize(
    ("name", "text", "code", "words"),
    [
        ("mine.toml", HEAD, 0, "No problem in mine.toml"),
        ("mine.toml", "schema = 1\nextends = 'x'\n", 1, "mine.toml:2: extends:"),
        ("policy.toml", "profile = 'solo'\n", 0, "No problem"),
        ("policy.toml", "roles = 1\n", 1, "policy.toml:1: roles: is not a known key"),
        (".shipworthy/checklist.toml", HEAD + "name = 'own'\n", 1, "can add items and make them stricter"),
        (".shipworthy/checklist.toml", "schema = 1\n", 1, "`extends` is missing"),
        ("decisions.toml", "[items.x]\nby = 1\n", 1, "decisions.toml:2: items.x.by: must be a text, is 1"),
        ("a\x1b[31m.toml", "x = \n", 1, "a␛[31m.toml:1: not valid TOML"),
        ("mine.toml", '"\\u001b]0;x\\u0007" = 1\n', 1, "␛]0;x␇: is not a known key"),
    ],
)
def test_lint_of_a_named_file(name: str, text: str, code: int, words: str, repo: Path) -> None:
    (repo / name).write_text(text)
    done = run("lint", name)
    assert done.exit_code == code
    assert words in done.stdout
    assert "\x1b" not in done.output


def test_files_that_cannot_be_read_are_not_problems_but_errors(repo: Path) -> None:
    os.mkfifo(repo / "pipe")
    for name, words in (
        ("gone.toml", "no such file"),
        (".shipworthy", "not an ordinary file"),
        ("pipe", "not an ordinary"),
    ):
        done = run("lint", name)
        assert done.exit_code == 2
        assert words in done.stderr
    (repo / ".shipworthy/policy.toml").mkdir()
    for args in (["lint"], ["show"]):
        assert run(*args).exit_code == 2


def test_show(repo: Path) -> None:
    done = run("show")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0] == "Production readiness: production 1.0, 70 items"
    assert load("production").digest in done.stdout
    assert all(item.id in done.stdout for item in load("production").items)
    library = run("show", "--profile", "library").stdout
    assert "routes-protected" not in library
    assert "  required   machine        ci-runs-tests " in library
    (repo / ".shipworthy/policy.toml").write_text('checklist = "demo"\nprofile = "solo"\n')
    assert "Profile solo: 12 required, 0 suggested, 0 optional" in run("show").stdout
    (repo / ".shipworthy/policy.toml").write_text("checklist = 1\n")
    assert run("show").exit_code == 2
