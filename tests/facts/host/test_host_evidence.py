"""The host is asked only where somebody wants it; answers count for a day, for one repository, and only if whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.host_answers import ADDRESS, NOT_TOLD, REMOTE, answers, asker, change
from tests.support import NOW, git, make_repo

from shipworthy.assess.store import FactStore
from shipworthy.facts import Context
from shipworthy.facts.host import CheckName, CheckNames, HostEvidence
from shipworthy.facts.host.kept import keep, recall
from shipworthy.project import Project
from shipworthy.sources.hosts.address import HostKind
from shipworthy.sources.hosts.client import HostError
from shipworthy.sources.hosts.model import CheckRun, Environment, HostAnswers, OwnerProblem
from shipworthy.sources.hosts.tokens import NoToken

FULL = answers(
    rules={"no_bypass": NOT_TOLD},
    changes=(change(7, NOT_TOLD, by_bot=True),),
    runs=(CheckRun(name="te\u202est", conclusion=""),),
    check_names=("test", "\ud800"),
    environments=(Environment(name="production", reviewed=True),),
    environments_missing="x",
    owners=(OwnerProblem(line=None, what="Unknown owner"), OwnerProblem(line=3, what="x")),
)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_repo(tmp_path_factory.mktemp("host") / "shop", {"a.py": "x = 1\n", "CODEOWNERS": "* @ada\n"})
    git(folder, "remote", "add", "origin", REMOTE)
    return folder


def evidence(folder: Path, context: Context) -> HostEvidence:
    found = FactStore(Project.open(folder), context, [HostEvidence]).get(HostEvidence)
    assert isinstance(found, HostEvidence), found
    return found


def test_what_is_kept_comes_back_whole(tmp_path: Path) -> None:
    keep(tmp_path, FULL)
    assert recall(tmp_path, ADDRESS, NOW) == (FULL, "")
    (kept,) = tmp_path.iterdir()
    assert kept.stat().st_mode & 0o077 == 0


TIMES = {"now": (0, True), "a day": (24, True), "more than a day": (24.1, False), "in the future": (-0.1, False)}


@pytest.mark.parametrize("name", TIMES)
def test_answers_count_for_a_day(name: str, tmp_path: Path) -> None:
    hours, counts = TIMES[name]
    keep(tmp_path, FULL)
    found, why = recall(tmp_path, ADDRESS, NOW + timedelta(hours=hours))
    assert (found is not None) is counts
    assert ("answers count for 24 hours" in why) is not counts


def test_of_another_repository_nothing_is_known(tmp_path: Path) -> None:
    keep(tmp_path, FULL)
    for other in (
        replace(ADDRESS, project="acme/other"),
        replace(ADDRESS, api="https://api.x.example"),
        replace(ADDRESS, kind=HostKind.GITLAB),
    ):
        assert recall(tmp_path, other, NOW) == (None, "")


def _flip(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"false", b"true"))


def _rewrite(path: Path) -> None:
    path.write_bytes(b'{"rules": {}}')


DAMAGE: dict[str, Callable[[Path], None]] = {
    "emptied": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-20]),
    "edited": _flip,
    "made up": _rewrite,
    "for others to write": lambda path: path.chmod(0o666),
    "a link": lambda path: (path.rename(path.with_suffix(".old")), path.symlink_to(path.with_suffix(".old")))[0],
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_answers_are_none(name: str, tmp_path: Path) -> None:
    keep(tmp_path, answers(rules={"no_bypass": NOT_TOLD}, changes=(change(by_bot=False),)))
    (kept,) = tmp_path.iterdir()
    DAMAGE[name](kept)
    found, why = recall(tmp_path, ADDRESS, NOW)
    assert found is None
    assert "damaged" in why


def test_asked_and_kept_for_the_next_look(repository: Path, tmp_path: Path) -> None:
    context = Context(now=NOW, home=tmp_path, host_dir=tmp_path / "cache")
    unasked = evidence(repository, context)
    assert (unasked.answers, unasked.why, unasked.failed) == (None, "GitHub was not asked", False)
    assert "check --host" in unasked.remedy
    assert evidence(repository, replace(context, ask_host=asker(answers()))).answers == answers()
    assert evidence(repository, context).answers == answers()
    old = evidence(repository, replace(context, now=NOW + timedelta(days=2)))
    assert old.answers is None
    assert "asked on 2026-11-22" in old.why


def test_nothing_is_kept_where_nothing_may_be(repository: Path, tmp_path: Path) -> None:
    asked = Context(now=NOW, home=tmp_path, ask_host=asker(answers()))
    assert evidence(repository, asked).answers == answers()
    assert evidence(repository, replace(asked, ask_host=None)).answers is None
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert evidence(repository, replace(asked, host_dir=blocked)).answers == answers()


@pytest.mark.parametrize("error", [HostError("it is down", "Wait."), NoToken("there is none", "Wait.")])
def test_a_host_that_could_not_be_asked(repository: Path, tmp_path: Path, error: Exception) -> None:
    keep(tmp_path / "cache", answers())
    context = Context(now=NOW, home=tmp_path, host_dir=tmp_path / "cache", ask_host=asker(error))
    found = evidence(repository, context)
    assert (found.answers, found.why, found.remedy, found.failed) == (None, str(error), "Wait.", True)


@pytest.mark.parametrize(
    "remote", ["", "/srv/git/shop.git", "https://code.example/a/b"], ids=["none", "path", "unknown"]
)
def test_no_host(tmp_path: Path, remote: str) -> None:
    folder = make_repo(tmp_path / "shop", {"a.py": "x = 1\n"})
    if remote:
        git(folder, "remote", "add", "origin", remote)
    found = evidence(folder, Context(now=NOW, home=tmp_path, ask_host=asker(AssertionError("asked"))))
    assert (found.address, found.answers, found.failed) == (None, None, True)


def test_owners_are_handed_over_where_the_host_has_no_question_for_them(tmp_path: Path) -> None:
    folder = make_repo(tmp_path / "shop", {"CODEOWNERS": "* @ada @acme/crew\n/a @ada\n"})
    git(folder, "remote", "add", "up", "git@gitlab.com:acme/shop.git")
    asked: list[object] = []

    def ask(*given: object) -> HostAnswers:
        asked.extend(given)
        return answers()

    evidence(folder, Context(now=NOW, home=tmp_path, ask_host=ask))  # type: ignore[arg-type]  # notes what it is given
    assert asked[3] == ("@ada", "@acme/crew")


WORKFLOW = """\
on: push
jobs:
  test:
    strategy: {matrix: {python: ["3.11"]}}
    runs-on: x
  lint: {name: Lint it, runs-on: x}
  named:
    name: test (${{ matrix.os }}) on ${{ matrix.db }}!
    strategy: {matrix: {os: [a]}}
  called: {uses: ./.github/workflows/other.yml}
"""


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> tuple[CheckName, ...]:
    folder = make_repo(tmp_path_factory.mktemp("names"), {".github/workflows/ci.yml": WORKFLOW})
    found = FactStore(Project.open(folder), Context(now=NOW, home=folder), [CheckNames]).get(CheckNames)
    assert isinstance(found, CheckNames)
    return found.names


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("test", False), ("test (3.11)", True), ("Lint it", True), ("lint", False), ("called / unit", True),
        ("called", False), ("test (a) on b!", True), ("test (a) on b", False), ("other", False),
    ],
)  # fmt: skip
def test_names_of_checks(names: tuple[CheckName, ...], name: str, fits: bool) -> None:
    assert any(each.fits(name) for each in names) is fits


def test_a_name_needs_all_its_pieces_in_order() -> None:
    name = CheckName(path="a", line=1, pieces=("a", "b", "c"))
    assert [each for each in ("abc", "a1b2c", "acb", "ab", "ac", "xabc") if name.fits(each)] == ["abc", "a1b2c"]


@pytest.mark.parametrize("text", ["jobs: [", "on: push\n", "\t"], ids=["broken", "no jobs", "tab"])
def test_a_workflow_that_is_none_is_a_gap(tmp_path: Path, text: str) -> None:
    folder = make_repo(tmp_path, {".github/workflows/ci.yml": text})
    found = FactStore(Project.open(folder), Context(now=NOW, home=tmp_path), [CheckNames]).get(CheckNames)
    assert isinstance(found, CheckNames)
    assert found.gaps
