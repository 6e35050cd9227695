"""branch-protected: the host's answers decide; git's history is shown and never passes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.host_answers import ADDRESS, NO, NOT_TOLD, REMOTE, answers, asker
from tests.support import NOW, git, make_repo, outcome_of

from shipworthy.checks.base import CheckContext
from shipworthy.checks.pipeline.branch_protected import BranchProtected
from shipworthy.facts import Context, Facts
from shipworthy.facts.host import CheckName, CheckNames, HostEvidence
from shipworthy.facts.review import Review
from shipworthy.model import Outcome, OutcomeKind
from shipworthy.sources.hosts.address import HostKind
from shipworthy.sources.hosts.model import HostAnswers

PASS, FAIL, YOU, UNKNOWN = OutcomeKind.PASS, OutcomeKind.FAIL, OutcomeKind.NEEDS_YOU, OutcomeKind.UNKNOWN
WORKFLOW = "on: push\njobs:\n  test: {runs-on: x, steps: []}\n"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_repo(tmp_path_factory.mktemp("branch"), {".github/workflows/ci.yml": WORKFLOW, "a.py": "x = 1\n"})
    git(folder, "remote", "add", "origin", REMOTE)
    return folder


def judged(folder: Path, found: HostAnswers | None, profile: str = "team") -> Outcome:
    context = Context(now=NOW, home=folder, ask_host=asker(found) if found else None)
    return outcome_of("branch-protected", folder, profile=profile, context=context)


def by_facts(found: HostAnswers) -> Outcome:
    """Judged without a repository."""
    names = CheckNames(names=(CheckName(path="ci.yml", line=3, pieces=("test",)),))
    host = HostEvidence(address=found.address, answers=found)
    facts = Facts({HostEvidence: host, Review: Review(people=2), CheckNames: names})
    return BranchProtected().check(facts, CheckContext(outside=Context(now=NOW), profile="team", components=()))


ROWS: dict[str, tuple[dict[str, Any], OutcomeKind, list[str]]] = {
    "all is well": ({}, PASS, []),
    "direct pushes": ({"change_request": NO}, FAIL, ["direct-push"]),
    "forced pushes": ({"no_force_push": NO}, FAIL, ["forced-push"]),
    "deletion": ({"no_deletion": NO}, FAIL, ["deletion"]),
    "two of them": ({"change_request": NO, "no_deletion": NO}, FAIL, ["direct-push", "deletion"]),
    "one no outweighs what is not told": ({"change_request": NO, "no_bypass": NOT_TOLD}, FAIL, ["direct-push"]),
    "a rule is not told": ({"no_force_push": NOT_TOLD}, UNKNOWN, ["not-told"]),
    "who may bypass is not told": ({"no_bypass": NOT_TOLD}, UNKNOWN, ["not-told"]),
    "administrators may": ({"no_bypass": NO}, YOU, ["bypass"]),
    "no check is required": ({"green_only": NO, "checks": ()}, YOU, ["no-required-check"]),
    "whether one is, is not told": ({"green_only": NOT_TOLD, "checks": ()}, YOU, ["no-required-check"]),
    "a check that no job reports": ({"checks": ("test", "tests")}, YOU, ["no-job-for-check"]),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_rules(name: str) -> None:
    rules, kind, found = ROWS[name]
    outcome = by_facts(answers(rules=rules))
    assert outcome.kind is kind, outcome.summary
    aging = [] if kind is FAIL else ["no-answers"]
    assert [each.rule.partition("/")[2] for each in outcome.findings] == [*found, *aging]
    assert outcome.looked_at[0] == "github.com/acme/shop asked on 2026-11-22 12:00 UTC about main"


def test_what_is_missing_is_said() -> None:
    finding, _ = by_facts(answers(rules={"no_bypass": NOT_TOLD})).findings
    assert "Administration: read" in finding.message


def test_a_check_that_something_else_reports() -> None:
    found = answers(rules={"checks": ("test", "ci/other")}, check_names=("ci/other",))
    assert by_facts(found).kind is PASS


def test_gitlab_names_no_checks() -> None:
    address = replace(ADDRESS, kind=HostKind.GITLAB)
    assert by_facts(answers(address=address, rules={"checks": ()})).kind is PASS


def test_without_the_host_git_is_shown_and_a_person_says(repository: Path) -> None:
    outcome = judged(repository, None)
    assert outcome.kind is YOU
    assert (
        outcome.summary == "GitHub was not asked; of 1 recent commit in git, 0 came as a merge or by a request's number"
    )
    assert "check --host" in outcome.findings[0].remedy
    assert outcome.findings[0].remedy.endswith(
        "Or look at the settings of your code host yourself, and attest what you saw."
    )
    assert any(line.startswith("git: 1 commit reached main") for line in outcome.looked_at)


def test_what_a_person_said_stays_said_when_answers_age_or_the_host_is_down() -> None:
    unasked, down = HostEvidence(why="GitHub was not asked"), HostEvidence(why="it is down", failed=True)
    facts = {Review: Review(people=2), CheckNames: CheckNames()}
    context = CheckContext(outside=Context(now=NOW), profile="team", components=())
    found = [BranchProtected().check(Facts({HostEvidence: host, **facts}), context) for host in (unasked, down)]
    found.append(by_facts(answers()))
    assert [each.kind for each in found] == [YOU, UNKNOWN, PASS]
    assert (
        found[1].findings[0].message
        == "It is down, and git alone does not tell whether the main branch refuses a push."
    )
    assert len({finding.fingerprint for each in found for finding in each.findings}) == 1


def test_a_workflow_that_cannot_be_read(tmp_path: Path) -> None:
    folder = make_repo(tmp_path, {".github/workflows/ci.yml": "jobs: ["})
    git(folder, "remote", "add", "origin", REMOTE)
    assert judged(folder, answers(check_names=("test",))).kind is UNKNOWN


def test_not_a_git_repository(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    assert judged(tmp_path, None).kind is OutcomeKind.NOT_APPLICABLE


def test_a_cut_history_leaves_nothing_to_show(repository: Path, tmp_path: Path) -> None:
    git(repository, "commit", "-q", "--allow-empty", "-m", "more")
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{repository}", "shallow")
    git(tmp_path / "shallow", "remote", "set-url", "origin", REMOTE)
    assert judged(tmp_path / "shallow", None).kind is UNKNOWN
    assert judged(tmp_path / "shallow", answers()).kind is PASS
