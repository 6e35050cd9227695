"""What the session holds on to: nothing that a run cut short, or a broken decisions file, no longer supports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shipworthy.assess.events import Done, Event, Failed, Judged, Planned
from shipworthy.model import PROJECT, ComponentOutcome, Finding, Level, Outcome, Status
from shipworthy.session import Session
from tests.support import git, make_repo, write

ITEM = "lockfile"
PLANNED = Planned(
    name="x", commit=None, branch=None, dirty=(), profile="solo", profile_reason="", components=(), items=(ITEM,)
)
PASSED = Judged(
    item=ITEM, outcomes=(ComponentOutcome(component=None, outcome=Outcome.passed("fine", ["x"])),), milliseconds=1
)


def session(folder: Path, *events: Event) -> Session:
    made = Session(make_repo(folder, {"a.py": "x = 1\n"}))
    for event in events:
        made.apply(event)
    return made


@pytest.mark.parametrize(
    "end",
    [Done(cancelled=True, advisories=None, milliseconds=1), Failed(message="it ended", diagnostics="")],
    ids=["cancelled", "failed"],
)
def test_a_second_run_cut_short_leaves_no_old_green(tmp_path: Path, end: Event) -> None:
    made = session(tmp_path, PLANNED, PASSED, Done(cancelled=False, advisories=None, milliseconds=1))
    assert made.result(ITEM).status is Status.PASS
    made.apply(PLANNED)
    made.apply(end)
    assert made.result(ITEM).status is Status.UNKNOWN


def test_a_decisions_file_that_broke_meanwhile_counts_for_nothing_and_is_named(tmp_path: Path) -> None:
    made = session(tmp_path, PLANNED, PASSED)
    write(tmp_path, {".shipworthy/decisions.toml": "[items.x]\ndecision = 3\n"})
    made.apply(PLANNED)
    assert made.decisions == {}
    assert made.failed is not None
    assert "decisions.toml" in made.failed.message


def test_what_was_said_beside_a_pass_holds_when_only_its_remark_is_left(tmp_path: Path) -> None:
    """An item that a person confirms: what the machine saw may age before what the person said does."""
    item = "branch-protected"
    remark = Finding.at(PROJECT, f"{item}/no-answers", "It counts for a day.", anchor="no-answers")
    other = Finding.at(PROJECT, f"{item}/direct-push", "It can be pushed to.", anchor="direct-push")

    def judged(outcome: Outcome) -> Judged:
        return Judged(item=item, outcomes=(ComponentOutcome(component=None, outcome=outcome),), milliseconds=1)

    made = session(tmp_path, PLANNED, judged(Outcome.passed("fine", ["x"], [remark])))
    git(tmp_path, "config", "user.email", "ada@example.org")
    made.attest(item, "I looked at the rules myself.", "", datetime.now(UTC).date() + timedelta(days=30))
    assert made.result(item).status is Status.ATTESTED
    made.apply(judged(Outcome.needs_you("not asked", [remark])))
    assert made.result(item).status is Status.ATTESTED
    made.apply(judged(Outcome.needs_you("not asked", [remark, other])))
    assert made.result(item).status is Status.NEEDS_YOU
    made.apply(judged(Outcome.failed("it can", [other])))
    assert made.result(item).status is Status.FAIL


@pytest.mark.parametrize(
    ("policy", "mine"),
    [('profile = "solo"\n', False), ('profile = "team"\n', True), ('profile = "solo"\napprovers = 1\n', True)],
)
def test_whether_somebody_else_has_to_accept_a_waiver(tmp_path: Path, policy: str, mine: bool) -> None:
    root = make_repo(tmp_path, {"a.py": "x = 1\n", ".shipworthy/policy.toml": policy})
    git(root, "config", "user.email", "ada@example.org")
    made = Session(root)
    results = {each.item.id: each for each in made.assessment().results}
    assert made.needs_approver(results[ITEM]) is mine
    less = next(each for each in results.values() if each.level is not Level.REQUIRED)
    assert not made.needs_approver(less)
