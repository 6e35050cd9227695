"""What a review lets through, what it shows, and how answers are kept: never for another statement."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.readiness.pair import BASE, BOTH, LEAD, PLAIN, SIGNED, Pair, pair
from tests.readiness.signed import AUTHOR
from tests.readiness.team import waived
from tests.support import git, write

from shipworthy import approval
from shipworthy.model import DecisionKind
from shipworthy.readiness import rules
from shipworthy.readiness.answered import Answers, Reply
from shipworthy.readiness.answers import CouldNotEvaluate, NoReadinessFile, NotReady, Refused
from shipworthy.readiness.statement import Statement, dump
from shipworthy.readiness.trust import TrustRoot
from shipworthy.report import review as report


@pytest.fixture
def two(tmp_path: Path) -> Pair:
    return pair(tmp_path)


def test_everything_but_the_approval_is_in_order(two: Pair) -> None:
    found = two.look()
    assert [claim.id for claim in found.claims] == list(BOTH)
    assert (found.missing, found.waiting) == (1, ())
    assert found.found.approvals == ()
    assert found.since is None
    # The very same file is not ready for anybody else.
    two.made.refused("approval", "approved by 0 of 1 person")


def test_waivers_come_first_and_name_who_has_to_approve(tmp_path: Path) -> None:
    found = pair(tmp_path, waived("spend-alert", LEAD)).look()
    assert [claim.id for claim in found.claims] == ["spend-alert", "routes-protected"]
    assert (found.missing, found.waiting) == (1, (LEAD,))
    text = "\n".join(report.people_lines(report.Reviewed(review=found, answers={})))
    assert f"waived by {LEAD}" in text
    assert f"it counts once {LEAD} approves" in text
    assert "I looked at it" in text


def test_a_waiver_by_the_author_is_not_let_through(tmp_path: Path) -> None:
    """Signing refuses it, so it is put into a validly signed file by hand."""
    two = pair(tmp_path)

    def own(statement: Statement) -> Statement:
        rows = [
            replace(item, said=replace(item.said, kind=DecisionKind.WAIVED, named=""))
            if item.id == "spend-alert" and item.said
            else item
            for item in statement.items
        ]
        return replace(statement, items=tuple(rows))

    two.made.signed([(two.made.ada, rules.AUTHOR)], restate=own)
    two.pull()
    with pytest.raises(NotReady, match="waived by its own author") as caught:
        two.look()
    assert caught.value.step == "items"


@pytest.mark.parametrize(
    ("spoil", "step"),
    [
        ({"app.py": "print('other')\n"}, "source tree"),
        ({PLAIN: b"{}"}, "payload file"),
        ({SIGNED: b"{}"}, "envelope"),
        ({".shipworthy/remarks.toml": ""}, "source tree"),
    ],
)
def test_what_verification_refuses_is_no_review(two: Pair, spoil: dict[str, str | bytes], step: str) -> None:
    write(two.lead, spoil)
    git(two.lead, "add", "-A", "-f")
    git(two.lead, "commit", "-q", "-m", "spoil")
    with pytest.raises(NotReady) as caught:
        two.look()
    assert caught.value.step == step


def test_a_stranger_signed_it(two: Pair) -> None:
    two.made.put(two.files()[0], [(two.made.other, rules.AUTHOR)])
    two.pull()
    with pytest.raises(NotReady, match="does not list"):
        two.look()


def test_only_an_approver_signed_it(two: Pair) -> None:
    two.made.put(two.files()[0], [(two.made.lea, rules.APPROVER)])
    two.pull()
    with pytest.raises(NotReady, match="only an approver signed it"):
        two.look()


def test_expired(two: Pair) -> None:
    two.now += timedelta(days=91)
    with pytest.raises(NotReady) as caught:
        two.look()
    assert caught.value.step == "dates"


def test_without_a_file_or_a_trust_root(two: Pair) -> None:
    with pytest.raises(CouldNotEvaluate, match="no trust root"):
        two.look(TrustRoot())
    with pytest.raises(NoReadinessFile):
        two.look(at="HEAD^")


def test_the_base_a_clone_knows(two: Pair) -> None:
    git(two.lead, "symbolic-ref", "refs/remotes/origin/HEAD", BASE)
    assert approval.default_base(two.lead) == BASE
    git(two.lead, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/none")
    assert approval.default_base(two.lead) is None


def test_an_answer_belongs_to_one_statement_in_one_clone(two: Pair, tmp_path: Path) -> None:
    found = two.accept("spend-alert")
    answers = approval.answers_of(found)
    kept = answers.read("spend-alert")
    assert kept is not None
    assert kept.reply is Reply.ACCEPTED
    assert answers.read("routes-protected") is None
    assert replace(answers, repository="other").read("spend-alert") is None
    assert replace(answers, payload="0" * 64).read("spend-alert") is None
    # Somebody else's file in its place says nothing either.
    other = replace(answers, payload="0" * 64)
    other.folder.mkdir(parents=True)
    (other.folder / "spend-alert.json").write_bytes((answers.folder / "spend-alert.json").read_bytes())
    assert other.read("spend-alert") is None
    # The author signs again: everything is asked anew.
    two.now += timedelta(hours=1)
    two.made.signed([(two.made.ada, rules.AUTHOR)], now=two.now)
    two.pull()
    again = two.look()
    assert again.payload != found.payload
    assert approval.answers_of(again).read("spend-alert") is None


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"item": "a"}', b"\xff", b'{"item": 1}', b"x" * 70_000, b'{"reply": "accepted"}']
)
def test_a_damaged_answer_is_none(tmp_path: Path, data: bytes) -> None:
    answers = Answers(state=tmp_path, repository="r", payload="0" * 64)
    answers.folder.mkdir(parents=True)
    (answers.folder / "a.json").write_bytes(data)
    assert answers.read("a") is None
    assert answers.read("../a") is None


def test_only_claims_are_answered_and_with_words(two: Pair) -> None:
    found = two.look()
    answers = approval.answers_of(found)
    for item, reply, text, says in (
        ("lockfile", Reply.ACCEPTED, "", "nobody decided lockfile"),
        ("../../x", Reply.ACCEPTED, "", "nobody decided"),
        ("spend-alert", Reply.SENT_BACK, " ", "with a remark of 0"),
        ("spend-alert", Reply.SENT_BACK, "x" * 5_000, "with a remark of 5,000"),
        ("spend-alert", Reply.SENT_BACK, "\udc80", "not Unicode"),
    ):
        with pytest.raises(Refused, match=says):
            approval.answer(found, answers, item, reply, text, two.now)
    assert [answers.read(item) for item in BOTH] == [None, None]


def test_since_the_last_sign_off_counts_accepted_ones_only(two: Pair) -> None:
    """A file that only its author signed must not make a claim look old."""
    later = two.now + timedelta(hours=1)
    two.made.signed([(two.made.ada, rules.AUTHOR)], now=later)
    two.pull()
    two.now = later
    assert two.look().since is None
    two.accept()
    two.approve()
    git(two.made.folder, "pull", "-q", str(two.lead), "work")
    two.made.commit({"src/new.py": "X = 2\n"})
    two.now = later + timedelta(hours=1)
    two.made.signed([(two.made.ada, rules.AUTHOR)], now=two.now)
    two.pull()
    since = two.look().since
    assert since is not None
    assert since.before.issued == later
    assert since.paths == ("src/new.py",)


def test_what_is_shown_never_speaks_to_the_terminal(tmp_path: Path) -> None:
    two = pair(tmp_path)
    evil = "\x1b]0;x\x07\u202e\r::error::\nyour answer: accepted"

    def say(statement: Statement) -> Statement:
        rows = [
            replace(item, summary=evil if item.outcome else "", said=item.said and replace(item.said, words=evil))
            for item in statement.items
        ]
        return replace(statement, items=tuple(rows))

    two.made.signed([(two.made.ada, rules.AUTHOR)], restate=say)
    two.pull()
    found = two.look()
    shown = report.Reviewed(review=found, answers=dict.fromkeys(BOTH), again=two.reran)
    rows = [*report.head_lines(found), *report.people_lines(shown), *report.since_lines(found)]
    rows += report.machine_lines(shown)
    assert not any(each in "\n".join(rows) for each in "\x1b\x07\u202e\r")
    assert not any("\n" in row or row.strip().startswith(("::", "your answer: accepted")) for row in rows)
    assert json.loads(json.dumps(report.as_data(shown)))["claims"][0]["words"] == evil
    assert not shown.accepted


@pytest.mark.parametrize(
    ("again", "problem", "accepted"), [(True, "", True), (False, "", False), (True, "worse", False)]
)
def test_nothing_is_accepted_without_a_rerun_that_agrees(two: Pair, again: bool, problem: str, accepted: bool) -> None:
    found = two.accept()
    answers = approval.answers_of(found)
    shown = report.Reviewed(
        review=found, answers={item: answers.read(item) for item in BOTH}, again=two.reran if again else None,
        problem=problem,
    )  # fmt: skip
    assert shown.accepted is accepted
    assert found.statement.author == AUTHOR
    assert len(dump(found.statement)) == len(two.files()[0])
