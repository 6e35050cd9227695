"""A gap is said once, with the best way on that is known, and that way on is printed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.support import make_repo

from shipworthy.assess.events import Judged
from shipworthy.assess.run import _gap_outcome
from shipworthy.facts import Gap
from shipworthy.model import PROJECT, ComponentOutcome, Finding, Location, Outcome, OutcomeKind
from shipworthy.report.text import TextReport
from shipworthy.session import Session

GAP = Gap(path="app/main.py", reason="answers requests; its routes are not read yet", line=3)


def test_a_check_that_says_more_of_a_gap_is_not_followed_by_less() -> None:
    place = Location(path=GAP.path, line=GAP.line)
    better = Finding.at(place, "not-read", GAP.reason, anchor="x", remedy="List its routes by hand.")
    other = Finding.at(place, "other", "Something else.", anchor="y")
    said = _gap_outcome([GAP], Outcome.unknown("x", [better, other]))
    assert said.kind is OutcomeKind.UNKNOWN
    assert said.findings == (better, other)
    twice = [GAP, replace(GAP, subject="flask")]
    told = _gap_outcome(twice, Outcome.passed("fine", ["x"]))
    assert [each.message for each in told.findings] == [GAP.reason]
    assert "more" not in told.summary


def test_a_way_on_is_printed_where_its_words_are_the_summary(tmp_path: Path) -> None:
    item = "route-inventory"
    made = Session(make_repo(tmp_path / "r", {"a.py": "x = 1\n"}))
    finding = Finding.at(PROJECT, "not-read", "Its routes are not read.", anchor="x", remedy="List them by hand.")
    outcome = Outcome.unknown(finding.message, [finding])
    made.apply(Judged(item=item, outcomes=(ComponentOutcome(component=None, outcome=outcome),), milliseconds=1))
    lines = list(TextReport().lines(made.assessment()))
    assert sum(finding.message in each for each in lines) == 1
    assert [each.strip() for each in lines if finding.remedy in each] == [f"→ {finding.remedy}"]
