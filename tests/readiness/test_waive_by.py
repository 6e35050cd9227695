"""A waiver in a lead's name: who may be named, what counts before they approved, and what does not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.readiness.pair import LEAD
from tests.readiness.signed import AUTHOR
from tests.readiness.team import Team, team, waived
from tests.support import git, outcome_of, write

from shipworthy.assess.events import Judged
from shipworthy.cli import decide
from shipworthy.cli import sign as sign_command
from shipworthy.model import ComponentOutcome, Status
from shipworthy.readiness.answers import NotReadyToSign
from shipworthy.session import Session

DECISIONS = ".shipworthy/decisions.toml"
WAIVED = """\
[items.spend-alert]
decision = "waived"
by = "{by}"
at = {today}T00:00:00Z
reason = "no paid service"
expires = {year}-{day}
findings = ["{finding}"]
"""


@pytest.fixture
def made(tmp_path: Path) -> Team:
    return team(tmp_path / "app")


def run(made: Team, *args: str) -> Result:
    return CliRunner().invoke(decide.waive, ["spend-alert", "-m", "no paid service", "--path", str(made.folder), *args])


def status(made: Team) -> tuple[Status, str]:
    session = Session(made.folder)
    asked = ComponentOutcome(component=None, outcome=outcome_of("spend-alert", made.folder))
    session.apply(Judged(item="spend-alert", outcomes=(asked,), milliseconds=1))
    result = session.result("spend-alert")
    return result.status, result.note


def test_in_the_name_of_a_lead(made: Team) -> None:
    done = run(made, "--by", LEAD)
    assert done.exit_code == 0, done.output
    assert "counts only once they approve" in done.output
    assert Session(made.folder).decisions["spend-alert"].by == LEAD
    assert "profile" not in done.output


@pytest.mark.parametrize("profile", ["team", "regulated"])
@pytest.mark.parametrize(
    ("by", "says"),
    [
        (AUTHOR, "names yourself"),
        (AUTHOR.upper(), "names yourself"),
        ("bo@example.org", "not listed as approver"),
        ("*", "not listed as approver"),
        ("", "not listed as approver"),
        ("\x1b[2Jx@example.org", "not listed as approver"),
    ],
)
def test_who_may_not_be_named(made: Team, by: str, says: str, profile: str) -> None:
    write(made.folder, {".shipworthy/policy.toml": f'profile = "{profile}"\nchecklist = "demo"\n'})
    done = run(made, "--by", by)
    assert done.exit_code == 2, done.output
    assert says in done.output
    assert "\x1b" not in done.output
    assert not (made.folder / DECISIONS).exists()


def test_alone_there_is_nobody_to_name(made: Team) -> None:
    write(made.folder, {".shipworthy/policy.toml": 'profile = "solo"\nchecklist = "demo"\n'})
    done = run(made, "--by", LEAD)
    assert done.exit_code == 2
    assert "asks for no approver" in done.output
    assert run(made).exit_code == 0
    assert status(made) == (Status.WAIVED, "")
    # Unless the policy asks for an approver all the same.
    write(made.folder, {".shipworthy/policy.toml": 'profile = "solo"\nchecklist = "demo"\napprovers = 1\n'})
    assert run(made, "--by", LEAD).exit_code == 0


@pytest.mark.parametrize("listed", ["all", "nobody", "broken"])
@pytest.mark.parametrize(
    ("by", "counts"), [(LEAD, True), (LEAD.upper(), True), (AUTHOR, False), ("bo@example.org", False)]
)
def test_the_session_settles_what_signing_expects(made: Team, by: str, counts: bool, listed: str) -> None:
    """The same table as `rules.expected`: what is shown as settled is what can be signed."""
    if listed == "nobody":
        made.commit({".shipworthy/allowed_signers": ""})
        counts = by != AUTHOR
    now = datetime.now(UTC)
    asked = outcome_of("spend-alert", made.folder)
    text = WAIVED.format(by=by, today=now.date(), year=now.year + 1, day="01-15", finding=asked.findings[0].fingerprint)
    made.commit({DECISIONS: text})
    if listed == "broken":
        write(made.folder, {".shipworthy/allowed_signers": "* x\n"})
        found, note = status(made)
        assert found is Status.NEEDS_YOU
        assert "cannot be told" in note
        return
    found, note = status(made)
    assert (found is Status.WAIVED, note == "") == (counts, counts)
    if not counts:
        assert "--by" in note
        with pytest.raises(NotReadyToSign):
            made.state(change=waived("spend-alert", by))
        return
    statement = made.state(change=waived("spend-alert", by)).statement
    assert [item.said.by for item in statement.items if item.said and item.id == "spend-alert"] == [by]


def test_without_by_it_says_that_it_does_not_count(made: Team) -> None:
    done = run(made)
    assert done.exit_code == 0, done.output
    assert "It does not count" in done.output
    assert "--by" in done.output


def test_the_plan_says_whose_waiver_it_is(made: Team) -> None:
    rows = "\n".join(sign_command.plan_lines(made.state(change=waived("spend-alert", LEAD)), made.ada))
    assert f"waived by {LEAD} (counts once they approve) spend-alert: " in rows
    own = "\n".join(sign_command.plan_lines(made.state(), made.ada))
    assert "counts once they approve" not in own
    assert "    attested spend-alert: " in own


def test_git_knows_nobody(made: Team) -> None:
    git(made.folder, "config", "--unset", "user.email")
    done = run(made, "--by", LEAD)
    assert done.exit_code == 2
    assert "user.email" in done.output
