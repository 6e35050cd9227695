"""What changed since the last accepted sign-off, sorted for a person; and why there is sometimes nothing to compare."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.readiness.signed import assess
from tests.readiness.team import BASE, POLICY, Team, team, waived
from tests.support import NOW, git, make_repo, write

from shipworthy.assess.signing import SessionError
from shipworthy.checklist.policy import Policy, parse_policy
from shipworthy.model import Assessment, ComponentOutcome, Outcome, Result, Status
from shipworthy.readiness import rules
from shipworthy.readiness.allowed import AUTHOR as AUTHORS
from shipworthy.readiness.answers import Refused
from shipworthy.readiness.changes import Changes, between_sign_offs, since_sign_off
from shipworthy.session import Session

LATER = NOW + timedelta(hours=1)
Change = Callable[[Result], Result]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Team:
    """Signed and approved once."""
    made = team(tmp_path_factory.mktemp("changes") / "app")
    made.signed()
    return made


@pytest.fixture
def made(template: Team, tmp_path: Path) -> Team:
    return template.copy(tmp_path / "app")


def now_of(made: Team, change: Change = lambda result: result, policy: bytes = POLICY) -> Assessment:
    return assess(made.folder, policy, now=NOW, profile=rules.in_force(policy, None).profile, change=change)


def since(made: Team, change: Change = lambda result: result, *, base: str | None = BASE) -> Changes:
    return since_sign_off(made.folder, now_of(made, change), parse_policy(POLICY), base, LATER)


def failing(item: str) -> Change:
    def change(result: Result) -> Result:
        if result.item.id != item:
            return result
        outcome = ComponentOutcome(component=None, outcome=Outcome.unknown("it timed out"))
        return replace(result, outcomes=(outcome,), status=Status.UNKNOWN, decision=None)

    return change


def unsaid(item: str) -> Change:
    """What was said does not count any more."""

    def change(result: Result) -> Result:
        if result.item.id != item:
            return result
        return replace(result, decision=None, status=Status.NEEDS_YOU, note="expired on 2026-11-01")

    return change


def first(made: Team, *, said: bool) -> str:
    """An item that somebody attested, or that a machine alone settled."""
    return next(
        each.item.id for each in now_of(made).results if (each.decision is not None) is said and (said or each.outcomes)
    )


def test_nothing_changed(made: Team) -> None:
    found = since(made)
    assert found.nothing, found
    assert found.found.paths == ()
    assert (found.claims, found.opened, found.settled, found.others) == ((), (), (), ())
    assert found.accepted == "with every signature that origin/main asks for"


def test_files_here_count_committed_or_not_and_critical_ones_are_marked(made: Team) -> None:
    made.commit({"app.py": "print('newer')\n"})
    write(made.folder, {"Dockerfile": "FROM x\n", "src/util.py": "X = 3\n", "ignored.log": "x"})
    write(made.folder, {".git/info/exclude": "*.log\n"})
    found = since(made)
    assert found.found.paths == ("Dockerfile", "app.py", "src/util.py")
    assert found.critical == {"Dockerfile"}
    assert not found.nothing


def test_what_either_policy_calls_critical_is(made: Team) -> None:
    """The one that lies here, and the one on the base."""
    signed = git(made.folder, "rev-parse", "HEAD")
    made.base({".shipworthy/policy.toml": POLICY + b'critical = ["a/**"]\n'})
    git(made.folder, "checkout", "-q", "-B", "work", signed)
    write(made.folder, {"a/x": "1", "b/x": "1", "c/x": "1"})
    mine = replace(parse_policy(POLICY), critical=("b/**",))
    found = since_sign_off(made.folder, now_of(made), mine, BASE, LATER)
    assert {"a/x", "b/x"} <= found.critical
    assert "c/x" not in found.critical


def test_a_filter_of_the_repository_is_not_run_for_it(made: Team, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    write(made.folder, {".gitattributes": "*.py filter=own\n"})
    git(made.folder, "config", "filter.own.clean", f"touch {ran}; cat")
    write(made.folder, {"app.py": "print('other')\n"})
    assert since(made).found.paths == (".gitattributes", "app.py")
    assert not ran.exists()


def test_what_turned_open_is_named(made: Team) -> None:
    item = first(made, said=False)
    found = since(made, failing(item))
    assert [each.id for each in found.opened] == [item]
    assert (found.claims, found.settled) == ((), ())
    assert "verdict" in [name for name, _, _ in found.found.terms]


def test_what_a_person_said_ended(made: Team) -> None:
    item = first(made, said=True)
    found = since(made, unsaid(item))
    assert [each.id for each in found.claims] == [item] == [each.id for each in found.opened]
    assert found.ended == {item: "expired on 2026-11-01"}


def test_a_new_waiver_comes_first_and_settles(made: Team) -> None:
    """The machine was not sure when it was signed; now somebody waives it."""
    item = first(made, said=True)
    found = since(made, waived(item, "lea@example.org"))
    assert [each.id for each in found.claims] == [item]
    assert "decision" in found.claims[0].fields
    assert found.opened == ()


def test_a_file_that_nobody_approved_is_no_accepted_sign_off(made: Team) -> None:
    made.commit({"app.py": "print('newer')\n"})
    made.signed([(made.ada, AUTHORS)], now=NOW + timedelta(minutes=5))
    accepted = since(made)
    assert accepted.found.before.issued == NOW
    assert ["A newer file, signed by ada@example.org on 2026-11-22 12:05" in each for each in accepted.notes] == [True]
    # Without a base nobody says that it takes a second one.
    alone = since(made, base=None)
    assert alone.found.before.issued == NOW + timedelta(minutes=5)
    assert "who else must sign is unknown here" in alone.accepted


def test_a_signed_file_that_is_not_committed_is_told(made: Team) -> None:
    write(made.folder, {".shipworthy/readiness.production.dsse.json": "{}"})
    found = since(made)
    assert ["is not committed" in each for each in found.notes] == [True]
    assert not found.nothing


def test_a_sign_off_that_ended_is_told(made: Team) -> None:
    found = since_sign_off(made.folder, now_of(made), parse_policy(POLICY), BASE, NOW + timedelta(days=91))
    assert ["ended on 2027-02-20" in each for each in found.notes] == [True]


def test_files_git_is_told_not_to_look_at_are_told(made: Team) -> None:
    git(made.folder, "update-index", "--assume-unchanged", "app.py")
    found = since(made)
    assert ["cannot be told" in each for each in found.notes] == [True]
    assert not found.nothing


def test_where_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    plain = write(tmp_path / "plain", {"a": "b"})
    repo = make_repo(tmp_path / "app", {"a": "b", "sub/c": "d"})
    empty = tmp_path / "empty"
    empty.mkdir()
    git(empty, "init", "-q", "-b", "main")
    assessment = assess(repo)
    for folder, says in [
        (plain, "not in a git repository"), (empty, "no commit yet"), (repo, "there is no sign-off for production yet"),
        (repo / "sub", "a folder in it: sub"),
    ]:  # fmt: skip
        with pytest.raises(Refused, match=says) as caught:
            since_sign_off(folder, assessment, Policy(), None, NOW)
        assert caught.value.diagnostics


def test_a_sign_off_that_waits_for_its_approver_is_named(tmp_path: Path) -> None:
    made = team(tmp_path / "app")
    made.signed([(made.ada, AUTHORS)])
    with pytest.raises(Refused, match="on 2026-11-22, without all that origin/main asks for"):
        since(made)


def test_a_shallow_clone_says_so(made: Team, tmp_path: Path) -> None:
    """It has one commit: with the signed file in it the files then cannot be told, without it nothing can."""
    clone = tmp_path / "clone"
    made.commit({"app.py": "print('newer')\n"})
    git(tmp_path, "clone", "-q", "--depth", "1", "--branch", "work", made.folder.as_uri(), str(clone))
    found = since_sign_off(clone, now_of(made), parse_policy(POLICY), None, LATER)
    assert found.found.paths is None
    assert "git fetch --unshallow" in found.found.why_no_paths
    assert not found.nothing
    shutil.rmtree(clone)
    made.commit({".shipworthy/readiness.production.dsse.json": None})
    git(tmp_path, "clone", "-q", "--depth", "1", "--branch", "work", made.folder.as_uri(), str(clone))
    with pytest.raises(Refused) as caught:
        since_sign_off(clone, now_of(made), parse_policy(POLICY), None, LATER)
    assert "git fetch --unshallow" in caught.value.diagnostics


def test_the_last_two_sign_offs(made: Team) -> None:
    checklist = rules.in_force(POLICY, None).checklist
    with pytest.raises(Refused, match="one of the two is missing"):
        between_sign_offs(made.folder, checklist, parse_policy(POLICY))
    made.commit({"uv.lock": "x\n"})
    made.signed(now=LATER)
    found = between_sign_offs(made.folder, checklist, parse_policy(POLICY))
    assert (found.found.paths, found.critical) == (("uv.lock",), {"uv.lock"})
    assert "signed on 2026-11-22 13:00" in found.now


def test_a_session_says_it_as_one_of_its_errors(tmp_path: Path) -> None:
    session = Session(make_repo(tmp_path / "app", {"a": "b"}))
    with pytest.raises(SessionError, match="no sign-off for production yet") as caught:
        session.since_sign_off(session.assessment())
    assert "press s" in caught.value.diagnostics
    with pytest.raises(SessionError):
        session.between_sign_offs()
