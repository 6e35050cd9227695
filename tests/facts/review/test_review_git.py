"""What git alone tells of review: counted over real commits, bounded, and never more than it shows."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from tests.support import NOW, make_repo

from shipworthy.assess.store import FactStore
from shipworthy.facts import Context
from shipworthy.facts.review import GIT_HISTORY, Review
from shipworthy.facts.review.people import assistant, count_people, is_bot
from shipworthy.facts.review.risky import area_of
from shipworthy.project import Project

ADA, GRACE = ("Ada", "ada@example.org"), ("Grace", "grace@example.org")


def commits(*rows: tuple[tuple[str, str], str, str | None, str]) -> bytes:
    """A stream for `git fast-import`: (author, date, path or None for a merge of `side`, message)."""
    out = ["blob\nmark :1\ndata 2\nx\n"]
    side = "commit refs/heads/side\nmark :2\ncommitter Ada <ada@example.org> {0}\ndata 4\nside\nM 100644 :1 side.py\n"
    out.append(side.format(stamp("2026-11-01")))
    for number, ((name, email), day, path, message) in enumerate(rows, 10):
        who = f"author {name} <{email}> {stamp(day)}\ncommitter {name} <{email}> {stamp(day)}\n"
        before = f"from :{number - 1}\n" if number > 10 else ""
        change = f"M 100644 :1 {path}\n" if path else "merge :2\n"
        text = message.encode()
        out.append(f"commit refs/heads/main\nmark :{number}\n{who}data {len(text)}\n{message}\n{before}{change}")
    return "\n".join(out).encode()


def stamp(day: str) -> str:
    from datetime import UTC, datetime

    return f"{int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())} +0000"


def review(folder: Path) -> Review:
    found = FactStore(Project.open(folder), Context(now=NOW, home=folder), [Review]).get(Review)
    assert isinstance(found, Review), found
    return found


def history(folder: Path, stream: bytes) -> Path:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    for args, given in (
        (["init", "-q", "-b", "main", str(folder)], b""),
        (["-C", str(folder), "fast-import", "--quiet"], stream),
        (["-C", str(folder), "reset", "-q", "--hard", "main"], b""),
    ):
        subprocess.run(["git", *args], input=given, env=environment, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = (
        (ADA, "2026-01-02", "old.py", "Long ago"),
        (ADA, "2026-11-02", "app/auth/login.py", "Sign in (#12)\n\nReviewed-by: Grace <grace@example.org>"),
        (GRACE, "2026-11-03", None, "Merge pull request #13 from acme/side"),
        (GRACE, "2026-11-04", None, "Merge branch 'main' of code.example:acme/shop"),
        (ADA, "2026-11-05", "app/a.py", "Straight in\n\nReviewed-by: Ada <ada@example.org>"),
        (ADA, "2026-11-06", "app/billing.py", "Bill\n\nCo-authored-by: Claude <noreply@anthropic.com>"),
        (("dependabot[bot]", "1+dependabot[bot]@users.noreply.github.com"), "2026-11-07", "r.txt", "Bump x (#14)"),
        (GRACE, "2026-11-08", "app/b.py", "Merged PR 15: more\n\nApproved-by: Helper[bot] <h@bots.example>"),
        (("Cursor Agent", "cursoragent@cursor.com"), "2026-11-09", ".github/workflows/ci.yml", "Add a job"),
    )  # fmt: skip
    return history(tmp_path_factory.mktemp("team"), commits(*rows))


def test_counts(team: Path) -> None:
    found = review(team)
    assert (found.branch, found.landed, found.merged, found.numbered, found.direct) == ("main", 8, 1, 3, 4)
    assert (found.signed_off, found.by_bots, found.people, found.commits) == (1, 1, 2, 8)
    assert found.assistants == {"Claude": 1, "Cursor": 1}
    assert [(each.area, each.commits, each.people, each.assisted) for each in found.risky] == [
        ("login and permissions", 1, 1, 0),
        ("payments", 1, 1, 1),
        ("pipeline", 1, 0, 1),
    ]
    assert found.whole
    assert found.gaps == ()
    assert found.lines()[1] == "git: 1 of them merges, 3 with a request's number, 4 with neither"


def test_a_cut_history_is_a_gap(team: Path, tmp_path: Path) -> None:
    args = ["git", "clone", "-q", "--depth=2", f"file://{team}", str(tmp_path / "shallow")]
    subprocess.run(args, check=True, capture_output=True)
    found = review(tmp_path / "shallow")
    assert not found.whole
    assert [each.subject for each in found.gaps] == [GIT_HISTORY]
    assert found.people == 1


def test_no_git_and_no_commit(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain/a.py").write_text("x\n")
    plain = review(tmp_path / "plain")
    assert (plain.in_git, plain.people, plain.gaps, plain.lines()) == (False, None, (), [])
    subprocess.run(["git", "init", "-q", str(tmp_path / "new")], check=True, capture_output=True)
    new = review(tmp_path / "new")
    assert (new.in_git, new.people, [each.subject for each in new.gaps]) == (True, None, [GIT_HISTORY])


def test_words_of_a_commit_cannot_look_like_another(tmp_path: Path) -> None:
    forged = "x\n\nCo-authored-by: \x01f00\x00Eve <eve@example.org>".replace("\x00", " ")
    stream = commits((ADA, "2026-11-02", "a.py", forged), (ADA, "2026-11-03", "b.py", "\x01" * 50 + " (#1)"))
    found = review(history(tmp_path, stream))
    assert found.people is None or (found.people, found.landed) == (1, 2)


@pytest.mark.parametrize(
    ("name", "email", "expected"),
    [
        ("Claude", "noreply@anthropic.com", "Claude"), ("claude opus 4", "x@example.org", "Claude"),
        ("Copilot", "198982749+Copilot@users.noreply.github.com", "Copilot"), ("x", "cursoragent@cursor.com", "Cursor"),
        ("Codex", "noreply@openai.com", "Codex"), ("devin-ai-integration[bot]", "x@users.noreply.github.com", "Devin"),
        ("Ada (aider)", "ada@example.org", "aider"), ("aider (gpt-5)", "noreply@aider.chat", "aider"),
        ("google-labs-jules[bot]", "x@users.noreply.github.com", "Jules"), ("gemini-code-assist[bot]", "x", "Gemini"),
        ("openhands", "openhands@all-hands.dev", "OpenHands"), ("Amp", "amp@ampcode.com", "Amp"),
        ("Claudette Ray", "c@example.org", None), ("Devin Smith", "devin@example.org", None),
        ("Marie Cursor", "m@example.org", None), ("Ada", "ada@example.org", None), ("Juniper", "j@example.org", None),
    ],
)  # fmt: skip
def test_assistants(name: str, email: str, expected: str | None) -> None:
    assert assistant(name, email) == expected


@pytest.mark.parametrize(
    ("name", "email", "expected"),
    [
        ("renovate[bot]", "x@users.noreply.github.com", True), ("dependabot", "support@github.com", True),
        ("GitHub", "x@users.noreply.github.com", False), ("project_12_bot", "x@noreply.code.example", True),
        ("deploy-bot", "deploy@example.org", True), ("Abbot", "abbot@example.org", False),
        ("Bo Tran", "bo@x.example", False),
    ],
)  # fmt: skip
def test_bots(name: str, email: str, expected: bool) -> None:
    assert is_bot(name, email) is expected


@pytest.mark.parametrize(
    ("signatures", "expected"),
    [
        ([], 0), ([ADA, GRACE], 2), ([("ada", "a@x.example"), ("ada l", "a@x.example")], 1),
        ([("ada", "a@x.example"), ("ada", "1+ada@users.noreply.github.com")], 1),
        ([("ada", "a@x.example"), ("ada", "a@home.example")], 2),
    ],
    ids=["nobody", "two", "two names", "the host's address", "two addresses"],
)  # fmt: skip
def test_people(signatures: list[tuple[str, str]], expected: int) -> None:
    assert count_people(signatures) == expected


@pytest.mark.parametrize(
    ("path", "area"),
    [
        ("app/auth/login.py", "login and permissions"), ("src/useAuth.ts", "login and permissions"),
        ("src/OAuthClient.java", "login and permissions"), ("app/author.py", None), ("app/session.py", None),
        ("api/billing/invoice.py", "payments"), ("src/stripeWebhook.ts", "payments"), ("app/subscription.py", None),
        ("db/migrations/0001_init.sql", "migrations"), ("alembic/versions/1_a.py", "migrations"),
        (".github/workflows/ci.yml", "pipeline"), (".gitlab-ci.yml", "pipeline"), ("Jenkinsfile", "pipeline"),
        ("CODEOWNERS", "pipeline"), ("main.tf", "infrastructure"), ("Dockerfile", "infrastructure"),
        ("web/Dockerfile.prod", "infrastructure"), ("docker-compose-dev.yml", "infrastructure"),
        ("k8s/app.yaml", "infrastructure"), ("tests/test_auth.py", None), ("docs/auth/login.py", None),
        ("auth/README.md", None), ("README.md", None), ("src/main.py", None),
    ],
)  # fmt: skip
def test_areas(path: str, area: str | None) -> None:
    assert area_of(path) == area


def test_the_main_branch_is_looked_at_not_the_one_checked_out(tmp_path: Path) -> None:
    folder = make_repo(tmp_path, {"a.py": "x\n"})
    subprocess.run(["git", "-C", str(folder), "checkout", "-q", "-b", "topic"], check=True)
    assert review(folder).branch == "topic"
    subprocess.run(["git", "-C", str(folder), "update-ref", "refs/remotes/origin/main", "main"], check=True)
    ref = ["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]
    subprocess.run(["git", "-C", str(folder), *ref], check=True)
    assert review(folder).branch == "main"
