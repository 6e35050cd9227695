"""secrets-not-in-tree: fails on what is sure, passes with a count, and says what it left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.secrets.examples import drawn
from tests.support import check_files, make_repo, outcome_of, write

from shipworthy.model import OutcomeKind

CHECK = "secrets-not-in-tree"
LIVE = "sk" + "_live_" + drawn("an", 60, 11)
PASSWORD = drawn("pw", 12, 11)
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("files", "kind", "summary"),
    [
        ({"a.py": "x = 1\n", "b.md": "# Hi\n"}, "pass", "2 files, no finding"),
        ({"a.py": f"k = '{LIVE}'\n"}, "fail", "a.py:1"),
        ({"a.py": f"k = '{LIVE}'\n", "b.env": f"DB_PASSWORD={PASSWORD}\n"}, "fail", "a.py:1 and 1 more"),
        ({"tests/test_a.py": f"password = '{PASSWORD}'\n"}, "pass", "1 file, 1 place to look at"),
        ({"a.py": "k = os.environ['STRIPE_SECRET_KEY']\n"}, "pass", "1 file, no finding"),
        ({".env.example": "STRIPE_SECRET_KEY=sk_live_your_key_here\n"}, "pass", "1 file, no finding"),
        ({"logo.png": b"\x89PNG\0"}, "unknown", "there was no text file to look at"),
    ],
)
def test_outcomes(tmp_path: Path, files: dict[str, str | bytes], kind: str, summary: str) -> None:
    outcome = check_files(CHECK, tmp_path / "p", files)
    assert (outcome.kind, outcome.summary) == (kind, summary)


def test_the_same_token_twice_is_one_finding_with_both_places(tmp_path: Path) -> None:
    outcome = check_files(CHECK, tmp_path / "p", {"a.py": f"k = '{LIVE}'\n", "b.py": f"\nk = '{LIVE}'\n"})
    (finding,) = outcome.findings
    assert [str(finding.location), *map(str, finding.related)] == ["a.py:1", "b.py:2"]


def test_nothing_of_an_outcome_holds_the_value(tmp_path: Path) -> None:
    outcome = check_files(CHECK, tmp_path / "p", {"a.py": f"k = '{LIVE}'\npassword = '{PASSWORD}'\n"})
    assert LIVE not in repr(outcome)
    assert PASSWORD not in repr(outcome)
    assert "sk_live_••••••••" in outcome.findings[0].message


def test_messages_say_a_thing_once(tmp_path: Path) -> None:
    token = drawn("an", 40, 12)
    files = {".env": f"API_TOKEN={token}\n", "b.py": f"k = '{LIVE}'\n", "c.py": f"DB_PASSWORD = '{PASSWORD}'\n"}
    messages = [finding.message for finding in check_files(CHECK, tmp_path / "p", files).findings]
    assert messages == [
        "API_TOKEN is set to a token in this file: ••••••••",
        "Stripe or Clerk live secret key stands in this file: sk_live_••••••••",
        "DB_PASSWORD is set to a password in this file: ••••••••",
    ]


@pytest.mark.parametrize("prefix", ["VITE_", "NEXT_PUBLIC_", "REACT_APP_", "EXPO_PUBLIC_", ""])
def test_a_key_named_for_the_browser_is_not_to_be_stored_under_that_name(tmp_path: Path, prefix: str) -> None:
    outcome = check_files(CHECK, tmp_path / "p", {".env": f"{prefix}API_SECRET={drawn('an', 40, 13)}\n"})
    (finding,) = outcome.findings
    assert (f"under a name without {prefix}, for your server:" in finding.remedy) == bool(prefix)
    assert ("2. Put the new one into the store or environment." in finding.remedy) != bool(prefix)
    assert len(finding.remedy) <= 300


def test_a_guessable_signing_secret_is_for_review(tmp_path: Path) -> None:
    outcome = check_files(CHECK, tmp_path / "p", {"settings.py": "SECRET_KEY = 'changeme'\n"})
    assert (outcome.kind, outcome.summary) == ("pass", "1 file, 1 place to look at")
    assert (
        outcome.findings[0].message == "SECRET_KEY: a signing secret that can be guessed stands in this file: ••••••••"
    )


def test_it_says_what_was_left_out(tmp_path: Path) -> None:
    outcome = check_files(CHECK, tmp_path / "p", {"a.py": "x = 1\n", "a.zip": b"PK\3\4", "b.png": b"\x89PNG\0"})
    assert outcome.kind is OutcomeKind.PASS
    assert "left out: 1 archive, not opened" in outcome.looked_at
    assert "left out: 1 file without text" in outcome.looked_at


@pytest.mark.parametrize("damage", ["large", "missing", "cut"])
def test_what_could_not_be_read_is_unknown(tmp_path: Path, damage: str) -> None:
    folder = make_repo(tmp_path / "p", {"a.py": "x = 1\n" * 50, "b.py": "y = 1\n"})
    if damage == "large":
        write(folder, {"big.json": b"1" * (9 * 1024 * 1024)})
    elif damage == "missing":
        (folder / "a.py").unlink()
    else:
        (folder / "a.py").write_text("x = 1\nx =")
    assert outcome_of(CHECK, folder).kind is OutcomeKind.UNKNOWN


def test_hostile_names_and_text_are_taken(tmp_path: Path) -> None:
    outcome = check_files(
        CHECK, tmp_path / "p", {"a\x1b[2J.py": f"k = '{LIVE}'\u202e\n", "b.py": "\x00" * 10, "c.py": "'" * 100_000}
    )
    assert outcome.kind is OutcomeKind.FAIL


def test_shipworthy_itself_holds_no_secret() -> None:
    outcome = outcome_of(CHECK, ROOT)
    sure = [f"{finding.location} {finding.rule}" for finding in outcome.findings if finding.confidence != "review"]
    assert [each for each in sure if "could-not-read" not in each] == []
    assert outcome.kind is not OutcomeKind.FAIL
