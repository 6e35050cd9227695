"""review-by-another-human: rules and what was merged lately, both; nothing from git passes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.host_answers import NO, NOT_TOLD, REMOTE, YES, answers, asker, change
from tests.support import NOW, git, make_repo, outcome_of

from shipworthy.checks.base import CheckContext
from shipworthy.checks.pipeline.review_by_another_human import ReviewByAnotherHuman
from shipworthy.facts import Context, Facts, Gap
from shipworthy.facts.host import HostEvidence
from shipworthy.facts.review import GIT_HISTORY, Review
from shipworthy.model import Outcome, OutcomeKind
from shipworthy.sources.hosts.model import HostAnswers, Rule

PASS, FAIL, YOU, UNKNOWN = OutcomeKind.PASS, OutcomeKind.FAIL, OutcomeKind.NEEDS_YOU, OutcomeKind.UNKNOWN


def by_facts(found: HostAnswers | None, review: Review | None = None, profile: str = "team") -> Outcome:
    """Judged without a repository."""
    host = HostEvidence(answers=found, why="GitHub was not asked")
    facts = Facts({HostEvidence: host, Review: review or Review(people=2)})
    context = CheckContext(outside=Context(now=NOW), profile=profile, components=())
    return ReviewByAnotherHuman().check(facts, context)


NOBODY = Rule(False, "nobody approved it")
FREE = {"approval": NO, "fresh_approval": NO}
ROWS: dict[str, tuple[dict[str, Any], OutcomeKind, list[str]]] = {
    "all is well": ({}, PASS, []),
    "not required, and not done": (
        {"rules": FREE, "changes": (change(1), change(2, NOBODY))}, FAIL, ["not-required", "not-reviewed"],
    ),
    "not required, but always done": ({"rules": FREE}, YOU, ["not-required"]),
    "not required, only a bot's was not": (
        {"rules": FREE, "changes": (change(1), change(2, NOBODY, by_bot=True))}, YOU, ["not-required", "not-reviewed"],
    ),
    "required, but not done": ({"changes": (change(1, NOBODY), change(2))}, YOU, ["not-reviewed"]),
    "required, nothing merged": ({"changes": ()}, YOU, ["none-merged"]),
    "old approvals count": ({"rules": {"fresh_approval": NO}}, YOU, ["stale-approval"]),
    "some may do without": ({"rules": {"no_review_bypass": NO}}, YOU, ["bypass"]),
    "whether it is required is not told": ({"rules": {"approval": NOT_TOLD}}, UNKNOWN, ["not-told"]),
    "who may bypass is not told": ({"rules": {"no_review_bypass": NOT_TOLD}}, UNKNOWN, ["not-told"]),
    "the changes are not known": ({"changes": (), "changes_missing": "no permission"}, UNKNOWN, ["no-changes"]),
    "one of them could not be told": ({"changes": (change(1), change(2, NOT_TOLD))}, UNKNOWN, ["not-told"]),
    "not required, not told what was done": ({"rules": FREE, "changes": (change(1, NOT_TOLD),)}, UNKNOWN, ["not-told"]),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_rules_and_changes(name: str) -> None:
    other, kind, found = ROWS[name]
    outcome = by_facts(answers(**other))
    assert outcome.kind is kind, outcome.summary
    aging = [] if kind is FAIL else ["no-answers"]
    assert [each.rule.partition("/")[2] for each in outcome.findings] == [*found, *aging]


def test_the_share_is_evidence() -> None:
    found = answers(changes=(change(1), change(2, NOBODY), change(3, YES)))
    assert "2 of the last 3 merged requests approved by another person" in by_facts(found).looked_at


CUT = (Gap(path=None, reason="cut off", subject=GIT_HISTORY),)
WITHOUT: dict[str, tuple[str, Review, OutcomeKind]] = {
    "solo, one person": ("solo", Review(people=1), OutcomeKind.NOT_APPLICABLE),
    "team, one person": ("team", Review(people=1), YOU),
    "solo, two people": ("solo", Review(people=2), YOU),
    "solo, only programs": ("solo", Review(people=0), YOU),
    "solo, history is cut": ("solo", Review(people=1, gaps=CUT), UNKNOWN),
    "team, history is cut": ("team", Review(people=2, gaps=CUT), UNKNOWN),
    "solo, no git": ("solo", Review(in_git=False), UNKNOWN),
    "team, no git": ("team", Review(in_git=False), UNKNOWN),
}


@pytest.mark.parametrize("name", WITHOUT)
def test_without_the_host(name: str) -> None:
    profile, review, kind = WITHOUT[name]
    assert by_facts(None, review, profile).kind is kind


def test_through_the_engine(tmp_path: Path) -> None:
    folder = make_repo(tmp_path, {"a.py": "x = 1\n"})
    git(folder, "remote", "add", "origin", REMOTE)
    context = Context(now=NOW, home=folder, ask_host=asker(answers()))
    assert outcome_of("review-by-another-human", folder, profile="team", context=context).kind is PASS
