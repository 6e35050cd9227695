"""secrets-not-in-history: every secret that was ever committed fails until it is recorded as replaced since."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.facts.secret_history.histories import LIVE, OTHER, PASSWORD, Commit, history, read
from tests.support import NOW, git, make_repo, outcome_of, write

from shipworthy.assess.run import judge
from shipworthy.checks import check_named
from shipworthy.facts import Context
from shipworthy.model import Confidence, Outcome, OutcomeKind, Severity
from shipworthy.project import Project

CHECK = "secrets-not-in-history"
KEY = f"k = '{LIVE}'\n"
GIVEN = f"db_password = '{PASSWORD}'\n"
CLEAN = "x = 1\n"
NOON, LATE, WEST = "1782907200 +0000", "1782948600 +0000", "1782948600 -0800"
"""2026-07-01 12:00 in London; 23:30 there; the same moment as WEST sees it, at 15:30."""


def judged(folder: Path, *days: str) -> Outcome:
    """The outcome, with the one secret of the history recorded as replaced on these days."""
    (found,) = {each.identity for each in read(folder).sightings}
    rows = [f'[[rotation]]\nfingerprint = "{found}"\nrotated = {day}\nby = "Ada"\n' for day in days]
    if rows:
        write(folder, {".shipworthy/keys.toml": "".join(rows)})
    return outcome_of(CHECK, folder)


@pytest.mark.parametrize(
    ("commits", "kind", "summary"),
    [
        ([Commit(files={"a.py": CLEAN})], "pass", "1 commit, no finding"),
        ([Commit(files={"a.py": KEY}), Commit(files={"a.py": CLEAN})], "fail", "a.py:1 in "),
        ([Commit(files={"a.py": KEY})], "fail", "a.py:1 in "),
        ([Commit(files={"a.py": KEY, "b.py": f"k = '{OTHER}'\n"})], "fail", "and 1 more"),
        (
            [Commit(files={"tests/test_a.py": GIVEN}), Commit(files={"tests/test_a.py": None})],
            "pass",
            "1 place to look at",
        ),
        ([Commit(files={"a.py": KEY.replace("\n", "  # gitleaks:allow\n")})], "pass", "1 commit, no finding"),
    ],
)
def test_outcomes(tmp_path: Path, commits: list[Commit], kind: str, summary: str) -> None:
    outcome = outcome_of(CHECK, history(tmp_path / "p", commits))
    assert outcome.kind == kind
    assert summary in outcome.summary


@pytest.mark.parametrize(
    ("text", "when", "rotated", "kind"),
    [
        pytest.param(KEY, NOON, ["2026-07-02"], "pass", id="the day after"),
        pytest.param(KEY, NOON, ["2026-07-01"], "pass", id="the same day: it is the value that leaked"),
        pytest.param(KEY, NOON, ["2026-06-30"], "fail", id="the day before"),
        pytest.param(KEY, NOON, ["2026-06-30", "2026-07-02"], "pass", id="the latest one counts"),
        pytest.param(KEY, WEST, ["2026-07-01"], "pass", id="the same day where it was committed"),
        pytest.param(GIVEN, NOON, ["2026-07-02"], "pass", id="a chosen one: the day after"),
        pytest.param(GIVEN, NOON, ["2026-07-01"], "fail", id="a chosen one: the same day may be of the one before"),
        pytest.param(GIVEN, LATE, ["2026-07-02"], "pass", id="a chosen one: the day after, by any calendar"),
        pytest.param(KEY, NOON, [], "fail", id="never"),
    ],
)
def test_a_rotation_counts_when_it_came_after(
    tmp_path: Path, text: str, when: str, rotated: list[str], kind: str
) -> None:
    folder = history(
        tmp_path / "p", [Commit(files={"a.py": text}, when=when), Commit(files={"a.py": CLEAN}, when=when)]
    )
    outcome = judged(folder, *rotated)
    assert outcome.kind == kind
    if kind == "pass":
        assert outcome.summary == "2 commits, 1 secret replaced since"
        assert [finding.severity for finding in outcome.findings] == [Severity.INFO]
    elif rotated:
        assert "which is not after commit" in outcome.findings[0].message


@pytest.mark.parametrize(
    ("commits", "kind"),
    [
        pytest.param(
            [Commit(files={"a.py": "# edited\n" + KEY}, when="1785000000 +0000")], "pass", id="an edit around it"
        ),
        pytest.param([Commit(files={"a.py": None, "b.py": KEY}, when="1785000000 +0000")], "pass", id="a move"),
        pytest.param([Commit(files={"b.py": KEY}, when="1785000000 +0000")], "fail", id="a copy"),
        pytest.param(
            [Commit(files={"a.py": CLEAN}), Commit(files={"a.py": KEY}, when="1785000000 +0000")], "fail", id="put back"
        ),
        pytest.param(
            [Commit(files={"b.py": KEY}, when=NOON, authored="1785000000 +0000")], "fail", id="the later time counts"
        ),
        pytest.param(
            [Commit(files={"b.py": KEY}, when="1785000000 +0000", ref="refs/heads/dev", start="refs/heads/main")],
            "fail",
            id="on another branch",
        ),
    ],
)
def test_it_has_to_come_after_the_last_commit_that_brought_it_in(
    tmp_path: Path, commits: list[Commit], kind: str
) -> None:
    folder = history(tmp_path / "p", [Commit(files={"a.py": KEY}, when=NOON), *commits])
    assert judged(folder, "2026-07-10").kind == kind


def test_a_finding_names_the_commit_and_shows_nothing_of_todays_file(tmp_path: Path) -> None:
    folder = history(tmp_path / "p", [Commit(files={"a.py": KEY}, when=NOON), Commit(files={"a.py": CLEAN})])
    commit = git(folder, "rev-parse", "main~1")
    context = Context(now=NOW, home=tmp_path)
    (each,) = judge(Project.open(folder), [(CHECK, check_named(CHECK))], context, "solo")[CHECK]
    (finding,) = each.outcome.findings
    assert finding.message == (
        f"Stripe or Clerk live secret key stands in this file as of commit {commit[:10]} of 2026-07-01: "
        "sk_live_••••••••"
    )
    assert (finding.location.commit, finding.location.line, finding.excerpt) == (commit, 1, None)
    assert finding.confidence is not Confidence.REVIEW
    assert LIVE not in repr(each.outcome)


@pytest.mark.parametrize("secret", [False, True])
def test_half_a_history_is_never_green(tmp_path: Path, secret: bool) -> None:
    history(tmp_path / "p", [Commit(files={"a.py": CLEAN}), Commit(files={"a.py": KEY if secret else "y = 2\n"})])
    git(tmp_path, "clone", "-q", "--depth=1", (tmp_path / "p").as_uri(), "shallow")
    outcome = outcome_of(CHECK, tmp_path / "shallow")
    assert outcome.kind == ("fail" if secret else "unknown")
    if not secret:
        assert "git fetch --unshallow" in outcome.summary
    else:
        assert any("git fetch --unshallow" in line for line in outcome.looked_at)


def test_no_history_is_no_question(tmp_path: Path) -> None:
    write(tmp_path / "plain", {"a.py": KEY})
    assert outcome_of(CHECK, tmp_path / "plain").kind is OutcomeKind.NOT_APPLICABLE
    git(make_repo(tmp_path / "p", {"a.py": CLEAN}), "update-ref", "-d", "refs/heads/main")
    assert outcome_of(CHECK, tmp_path / "p").kind is OutcomeKind.NOT_APPLICABLE


def test_without_git_nobody_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_repo(tmp_path / "p", {"a.py": CLEAN})
    monkeypatch.setenv("PATH", str(tmp_path))
    assert outcome_of(CHECK, folder).kind is OutcomeKind.UNKNOWN


def test_a_pass_that_rests_on_an_exception_ends_with_it(tmp_path: Path) -> None:
    folder = history(tmp_path / "p", [Commit(files={"a.py": KEY}), Commit(files={"a.py": CLEAN})])
    (found,) = {each.identity for each in read(folder).sightings}
    ends = NOW.date() + timedelta(days=30)
    row = f'reason = "a try"\nby = "a@example.org"\non = {NOW.date()}\nexpires = {ends}\n'
    write(folder, {".shipworthy/secret-exceptions.toml": f'[[exceptions]]\nfingerprint = "{found}"\n{row}'})
    outcome = outcome_of(CHECK, folder)
    assert (outcome.kind, outcome.until) == ("pass", ends)


def test_a_finding_names_the_command_that_records_the_replacement(tmp_path: Path) -> None:
    folder = history(tmp_path / "p", [Commit(files={"a.py": KEY}), Commit(files={"a.py": CLEAN})])
    (finding,) = outcome_of(CHECK, folder).findings
    assert finding.remedy.endswith(f"Record it: shipworthy rotated {finding.fingerprint} --on YYYY-MM-DD")
