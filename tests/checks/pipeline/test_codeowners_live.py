"""codeowners-live: the file that counts, read by its host's rules, held against the files and the people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.host_answers import REMOTE, answers
from tests.support import NOW, git, make_repo, outcome_of, write

from shipworthy.assess.store import FactStore
from shipworthy.checks.base import CheckContext
from shipworthy.checks.pipeline.codeowners_live import CodeownersLive
from shipworthy.facts import Context, Facts, Gap
from shipworthy.facts.codeowners import Codeowners
from shipworthy.facts.host import HostEvidence
from shipworthy.facts.review import GIT_HISTORY, Review
from shipworthy.model import Outcome, OutcomeKind
from shipworthy.project import Project
from shipworthy.sources.hosts.model import HostAnswers, OwnerProblem

PASS, FAIL, UNKNOWN = OutcomeKind.PASS, OutcomeKind.FAIL, OutcomeKind.UNKNOWN
APP = {"app/auth/login.py": "x\n", "app/main.py": "x\n"}


def judged(folder: Path) -> Outcome:
    context = Context(now=NOW, home=folder)
    return outcome_of("codeowners-live", folder, profile="team", context=context)


def team(folder: Path, files: dict[str, str]) -> Path:
    make_repo(folder, files)
    git(folder, "remote", "add", "origin", REMOTE)
    git(folder, "commit", "-q", "--allow-empty", "-m", "more", "--author=Grace <grace@example.org>")
    return folder


def by_files(folder: Path, found: HostAnswers | None = None, review: Review | None = None) -> Outcome:
    """Judged by the files of a folder, on which two people work."""
    context = Context(now=NOW, home=folder)
    owners = FactStore(Project.open(folder), context, [Codeowners], stack=False).get(Codeowners)
    assert isinstance(owners, Codeowners)
    host = HostEvidence(answers=found, why="x")
    facts = Facts({Codeowners: owners, HostEvidence: host, Review: review or Review(people=2)})
    return CodeownersLive().check(facts, CheckContext(outside=context, profile="team", components=()))


ROWS: dict[str, tuple[dict[str, str], OutcomeKind, list[str]]] = {
    "all is well": ({"CODEOWNERS": "* @ada\n"}, PASS, ["not-looked-up"]),
    "no file": ({}, FAIL, ["none"]),
    "only comments": ({"CODEOWNERS": "# * @ada\n\n"}, FAIL, ["empty"]),
    "empty": ({"CODEOWNERS": ""}, FAIL, ["empty"]),
    "rules without owners": ({"CODEOWNERS": "*\n"}, FAIL, ["empty"]),
    "one line is wrong": ({"CODEOWNERS": "* @ada\n/app/ grace\n"}, FAIL, ["mistake"]),
    "a stale pattern": ({"CODEOWNERS": "* @ada\n/gone/ @ada\n"}, FAIL, ["stale"]),
    "login is left out": ({"CODEOWNERS": "/app/main.py @ada\n/CODEOWNERS @ada\n"}, FAIL, ["unowned"]),
    "taken back": ({"CODEOWNERS": "* @ada\n/app/auth/\n"}, FAIL, ["unowned"]),
    "elsewhere": ({"src/CODEOWNERS": "* @ada\n"}, FAIL, ["elsewhere", "none"]),
}


@pytest.mark.parametrize("name", ROWS)
def test_files(name: str, tmp_path: Path) -> None:
    files, kind, found = ROWS[name]
    outcome = by_files(write(tmp_path, {**APP, **files}))
    assert outcome.kind is kind, outcome.summary
    assert [each.rule.partition("/")[2] for each in outcome.findings] == found


def test_findings_name_their_line(tmp_path: Path) -> None:
    (finding,) = by_files(write(tmp_path, {**APP, "CODEOWNERS": "# x\n* @ada\n/gone/ @ada\n"})).findings
    assert str(finding.location) == "CODEOWNERS:3"


@pytest.fixture(scope="module")
def owned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return team(tmp_path_factory.mktemp("owned"), {**APP, "CODEOWNERS": "* @ada\n"})


HOST: dict[str, tuple[dict[str, Any], OutcomeKind, str]] = {
    "known": ({}, PASS, "all known to the host"),
    "unknown owner": ({"owners": (OwnerProblem(line=1, what="Unknown owner"),)}, FAIL, "1 line to correct"),
    "not told": ({"owners_missing": "no permission"}, PASS, "was not looked up"),
}


@pytest.mark.parametrize("name", HOST)
def test_owners_at_the_host(owned: Path, name: str) -> None:
    other, kind, said = HOST[name]
    outcome = by_files(owned, answers(**other))
    assert outcome.kind is kind
    assert said in outcome.summary


CUT = (Gap(path=None, reason="cut off", subject=GIT_HISTORY),)
PEOPLE: dict[str, tuple[Review, OutcomeKind]] = {
    "one": (Review(people=1), OutcomeKind.NOT_APPLICABLE),
    "one, but history is cut": (Review(people=1, gaps=CUT), UNKNOWN),
    "two, though history is cut": (Review(people=2, gaps=CUT), PASS),
    "no git": (Review(in_git=False), UNKNOWN),
}


@pytest.mark.parametrize("name", PEOPLE)
def test_people(owned: Path, name: str) -> None:
    review, kind = PEOPLE[name]
    assert by_files(owned, review=review).kind is kind


def test_through_the_engine(owned: Path, tmp_path: Path) -> None:
    assert judged(owned).kind is PASS
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{owned}", "shallow")
    assert judged(tmp_path / "shallow").kind is UNKNOWN


def test_nothing_risky_and_nobody_owns_anything(tmp_path: Path) -> None:
    assert by_files(write(tmp_path, {"app/main.py": "x\n"})).kind is UNKNOWN


def test_hostile_text_ends(tmp_path: Path) -> None:
    text = "\x1b[2J @ada\n" + "*a" * 400 + " @ada\n[" + "x" * 300 + "\n* @ada\n"
    assert by_files(write(tmp_path, {**APP, "CODEOWNERS": text})).kind is FAIL
