"""Tokens in the names of files: found by their form alone, masked wherever the name is shown."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from tests.facts.secrets.examples import drawn
from tests.support import NOW, make_repo, outcome_of, write

from shipworthy.assess.store import FactStore
from shipworthy.facts import Context
from shipworthy.facts.secrets import Secrets, inventory
from shipworthy.facts.secrets.in_names import in_names
from shipworthy.facts.secrets.within import Within
from shipworthy.project import Project

LIVE = "sk" + "_live_" + drawn("an", 60, 31)
GITHUB = "gh" + "p_" + drawn("an", 36, 32)
HIDDEN = "sk_live_••••••••"
LONG = "abcdefgh/" * 40
"""Folders without a sign but letters, as text in base64 has them."""


def secrets_of(folder: Path) -> Secrets:
    found = FactStore(Project.open(folder), Context(now=NOW, home=folder), [Secrets]).get(Secrets)
    assert isinstance(found, Secrets)
    return found


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (f"keys/{LIVE}.txt", f"keys/{HIDDEN}.txt"),
        (f"{LIVE}/a/b.png", f"{HIDDEN}/a/b.png"),
        (f"a/old-{LIVE}-{LIVE[:-1]}9", f"a/old-{HIDDEN}-{HIDDEN}"),
        (f"a\n{LIVE}", f"a {HIDDEN}"),
        (LONG + LIVE, LONG + HIDDEN),
        ("assets/" + drawn("hex", 64, 1) + ".js", None),
        (drawn("hex", 40, 2), None),
        ("6f1c2b1e-7d0a-4c1b-9a53-0d0f7d2c4b11.png", None),
        ("a/" + drawn("an", 40, 3), None),
        (f"password={drawn('pw', 14, 4)}", None),
        ("sk_live_your_key_here.txt", None),
        ("\udcff.py", None),
        ("", None),
    ],
)  # fmt: skip
def test_only_what_a_provider_made_counts(name: str, shown: str | None) -> None:
    found = list(in_names(["src/a.py", name, "src/b.py"]))
    assert [(each.number, each.shown) for each in found] == ([] if shown is None else [(1, shown)])
    assert LIVE not in repr(found)


def test_a_name_is_found_wherever_it_stands_among_many() -> None:
    names = [f"src/part{number}/file_{number}.py" for number in range(70_000)]
    for place in (0, 3_999, 4_000, 69_999):
        assert [each.number for each in in_names([*names[:place], LIVE, *names[place + 1 :]])] == [place]


def test_more_names_than_are_kept_of_one_file_are_all_told() -> None:
    names = [f"{LIVE[:-4]}{number:04}" for number in range(1_500)]
    assert [each.number for each in in_names(names)] == list(range(1_500))


def test_it_has_the_identity_of_the_same_token_in_a_file(tmp_path: Path) -> None:
    folder = make_repo(tmp_path / "p", {"a.py": f"k = '{LIVE}'\n", f"keys/{LIVE}.txt": "x\n", f"{LIVE}.png": b"\0"})
    found = secrets_of(folder)
    assert {each.identity for each in found.sightings} == {found.sightings[0].identity}
    assert [(str(each.location), each.within) for each in found.sightings] == [
        ("a.py:1", Within.FILE),
        (f"keys/{HIDDEN}.txt", Within.NAME),
        (f"{HIDDEN}.png", Within.NAME),
    ]
    assert LIVE not in json.dumps(inventory(found))


def test_a_finding_in_such_a_file_does_not_show_its_name(tmp_path: Path) -> None:
    folder = make_repo(tmp_path / "p", {f"{LIVE}.py": f"k = '{GITHUB}'\n"})
    assert {each.location.path for each in secrets_of(folder).sightings} == {f"{HIDDEN}.py"}


def test_the_check_fails_and_says_what_to_do(tmp_path: Path) -> None:
    outcome = outcome_of("secrets-not-in-tree", make_repo(tmp_path / "p", {f"keys/{LIVE}.txt": "x\n"}))
    (finding,) = outcome.findings
    assert outcome.kind == "fail"
    assert "stands in the name of this file: sk_live_" in finding.message
    assert "3. Rename the file." in finding.remedy
    assert LIVE not in repr(outcome)


@pytest.mark.parametrize("by", ["exception", "path"])
def test_it_may_be_allowed(tmp_path: Path, by: str) -> None:
    folder = make_repo(tmp_path / "p", {f"keys/{LIVE}.txt": "x\n", "a.py": "x = 1\n"})
    (found,) = secrets_of(folder).sightings
    row = f'reason = "a try"\nby = "a@example.org"\non = {NOW.date()}\nexpires = {NOW.date().replace(day=28)}\n'
    files = {
        "exception": {".shipworthy/secret-exceptions.toml": f'[[exceptions]]\nfingerprint = "{found.identity}"\n{row}'},
        "path": {".gitleaks.toml": "[allowlist]\npaths = ['''^keys/''']\n"},
    }
    write(folder, files[by])
    assert [each.allowed is not None for each in secrets_of(folder).sightings] == [True]


def test_many_names_cost_next_to_nothing() -> None:
    names = [f"packages/part{number % 97}/src/module_{number}/index.ts" for number in range(21_000)]
    list(in_names(names[:10]))
    began = time.perf_counter()
    assert list(in_names(names)) == []
    assert time.perf_counter() - began < 2  # 4 ms; without the compiled engine, 80
