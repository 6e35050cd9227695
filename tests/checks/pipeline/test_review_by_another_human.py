"""review-by-another-human: rules and what was merged lately, both; nothing from git passes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.host_answers import NO, NOT_TOLD, REMOTE, YES, answers, asker, change
from tests.support import NOW, git, make_repo, outcome_of

from shipworthy.checks.base import CheckContext
from shipworthy.checks.pipeline.review_by_another_human import ReviewByAnotherHuman
from shipworthy.facts import Context, Facts
from shipworthy.facts.host import HostEvidence
from shipworthy.facts.review import Review
from shipworthy.model import Outcome, OutcomeKind
from shipworthy.sources.hosts.model import HostAnswers, Rule

PASS, FAIL, YOU, UNKNOWN = OutcomeKind.PASS, OutcomeKind.FAIL, OutcomeKind.NEEDS_YOU, OutcomeKind.UNKNOWN


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_repo(tmp_path_factory.mktemp("review"), {"a.py": "x = 1\n"})
    git(folder, "remote", "add", "origin", REMOTE)
    return folder


def judged(folder: Path, found: HostAnswers | None, profile: str = "team") -> Outcome:
    context = Context(now=NOW, home=folder, ask_host=asker(found) if found else None)
    return outcome_of("review-by-another-human", folder, profile=profile, context=context)


def by_facts(found: HostAnswers) -> Outcome:
    """Judged without a repository."""
    facts = Facts({HostEvidence: HostEvidence(address=found.address, answers=found), Review: Review(people=2)})
    return ReviewByAnotherHuman().check(facts, CheckContext(outside=Context(now=NOW), profile="team", components=()))


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


def test_solo(repository: Path, tmp_path: Path) -> None:
    assert judged(repository, None, "solo").kind is OutcomeKind.NOT_APPLICABLE
    assert judged(repository, None).kind is YOU
    two = make_repo(tmp_path, {"a.py": "x = 1\n"})
    git(two, "commit", "-q", "--allow-empty", "-m", "more", "--author=Grace <grace@example.org>")
    assert judged(two, None, "solo").kind is YOU


def test_solo_is_not_believed_where_history_is_cut(repository: Path, tmp_path: Path) -> None:
    git(repository, "commit", "-q", "--allow-empty", "-m", "more")
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{repository}", "shallow")
    assert judged(tmp_path / "shallow", None, "solo").kind is UNKNOWN


def test_without_git(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    assert {judged(tmp_path, None, profile).kind for profile in ("solo", "team")} == {UNKNOWN}
