"""`key-rotation`: every key has a good day by which it is replaced; the day of the examination decides."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from tests.facts.secrets.examples import drawn
from tests.support import NOW, check_files, make_repo, outcome_of, write

from shipworthy.facts import Context
from shipworthy.model import Outcome, OutcomeKind

FILE = ".shipworthy/keys.toml"
APP = {"app.py": "import os\nK = os.environ['STRIPE_SECRET_KEY']\n"}
LIVE = "sk" + "_live_" + drawn("an", 60, 12)
PASS, FAIL, YOU, UNKNOWN = OutcomeKind.PASS, OutcomeKind.FAIL, OutcomeKind.NEEDS_YOU, OutcomeKind.UNKNOWN


def key(name: str = "STRIPE_SECRET_KEY", **cells: str) -> str:
    """A row; dates are written as dates."""
    dates = "".join(f"{column} = {day}\n" for column, day in cells.items())
    return f'[[keys]]\nname = "{name}"\nowner = "Ada"\n{dates}'


def on(day: str, folder: Path) -> Outcome:
    now = datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)
    return outcome_of("key-rotation", folder, context=Context(now=now, home=folder))


GOOD = key(created="2026-11-01", rotate_by="2027-01-31")


@pytest.mark.parametrize(
    ("rows", "kind", "says"),
    [
        (GOOD, PASS, "1 key, next by 2027-01-31: you say"),
        (key(rotate_by="2026-11-22"), PASS, "next by 2026-11-22"),
        (key(rotate_by="2027-11-22"), PASS, "next by 2027-11-22"),
        (key(created="2026-11-22", rotate_by="2027-11-22"), PASS, ""),
        (GOOD + key("MORE_API_KEY", rotate_by="2026-12-24"), PASS, "2 keys, next by 2026-12-24"),
        (GOOD + key(rotate_by="2027-03-01"), PASS, "1 key, next by 2027-01-31"),
        (GOOD + key("NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY") + key("CROWDIN_PROJECT_ID"), PASS, "1 key,"),
        (key(rotate_by="2026-11-21"), FAIL, "key-overdue"),
        (key(created="2024-11-01", rotate_by="2026-11-21"), FAIL, "key-overdue"),
        (GOOD + key("MORE_API_KEY", rotate_by="2025-01-01"), FAIL, "1 key overdue"),
        (GOOD + key("CROWDIN_PROJECT_ID", rotate_by="2025-01-01"), FAIL, "key-overdue"),
        (key(), FAIL, "no-rotation-date"),
        (key(rotate_by='""'), FAIL, "no-rotation-date"),
        (key(rotate_by='"never"'), FAIL, "is no day"),
        (key(created="2026-11-01"), FAIL, "no-rotation-date"),
        (key(rotate_by="2027-11-23"), FAIL, "rotation-too-late"),
        (key(created="2026-01-01", rotate_by="2027-01-02"), FAIL, "rotation-too-late"),
        (key(created="2026-11-23", rotate_by="2027-01-31"), FAIL, "key-made-when"),
        (key(created='"soon"', rotate_by="2027-01-31"), FAIL, "key-made-when"),
        (key(created="2026-11-22", rotate_by="2026-11-22"), FAIL, "key-made-when"),
        (GOOD + "confirmed = false\n", FAIL, "is used here"),
        (key("OTHER_API_KEY", rotate_by="2027-01-31"), FAIL, "STRIPE_SECRET_KEY is used here"),
        ("checked = 2026-11-20\n", FAIL, "is used here"),
        ('[[rotation]]\nfingerprint = "0123456789abcdef"\nrotated = 2026-11-20\nby = "Ada"\n', YOU, "no list"),
        ("# nothing\n", YOU, "no list"),
        (key(rotate_by="2027-01-31T10:00:00"), UNKNOWN, "keys.toml:4"),
        (key(rotate="2027-01-31"), UNKNOWN, "keys.toml:4"),
        (GOOD + "\x00", UNKNOWN, "keys.toml"),
    ],
)
def test_the_dates_decide(tmp_path: Path, rows: str, kind: OutcomeKind, says: str) -> None:
    found = outcome_of("key-rotation", write(tmp_path, {**APP, FILE: rows}))
    assert found.kind is kind, found.summary
    told = " ".join([found.summary, *(f"{each.rule} {each.message}" for each in found.findings)])
    assert says in told
    assert all(each.remedy for each in found.findings)


def test_a_pass_ends_by_itself_on_its_last_day(tmp_path: Path) -> None:
    folder = write(tmp_path, {**APP, FILE: GOOD + key("MORE_API_KEY", rotate_by="2026-12-24")})
    found = on("2026-11-22", folder)
    assert (found.kind, found.until) == (PASS, date(2026, 12, 24))
    assert on("2026-12-24", folder).kind is PASS
    late = on("2026-12-25", folder)
    assert (late.kind, late.until) == (FAIL, None)
    assert late.findings[0].message == "MORE_API_KEY was to be replaced by 2026-12-24, 1 day ago."
    assert str(late.findings[0].location) == f"{FILE}:9"


@pytest.mark.parametrize(("most", "kind"), [(None, PASS), (91, PASS), (90, FAIL)])
def test_the_policy_says_how_long_a_key_is_used(tmp_path: Path, most: int | None, kind: OutcomeKind) -> None:
    folder = write(tmp_path, {**APP, FILE: GOOD})
    found = outcome_of("key-rotation", folder, context=Context(now=NOW, home=folder, key_max_days=most))
    assert found.kind is kind
    assert kind is PASS or "91 days after it was made; 90 are the most" in found.findings[0].message


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({"app.py": "print(1)\n"}, OutcomeKind.NOT_APPLICABLE),
        ({"app.py": "import os\nprint(os.environ[input()])\n"}, YOU),
        ({"app.py": "import stripe\n", "requirements.txt": "stripe==11.0.0\n"}, YOU),
        ({"app.py": "print(1)\n", ".gitlab-ci.yml": "test:\n  script: [pytest]\n"}, YOU),
        ({"app.py": "print(1)\n", "main.go": "package main\n", "go.mod": "module x\n"}, YOU),
        ({"README.md": "# Nothing\n"}, YOU),
        (APP, YOU),
        ({"app.py": "from openai import OpenAI\nc = OpenAI()\n"}, YOU),
        ({"app.py": f"KEY = '{LIVE}'\n"}, YOU),
        ({"app.py": "print(1)\n", "app.json": f'{{"expo": {{"extra": {{"key": "{LIVE}"}}}}}}\n'}, YOU),
        ({"app.py": "print(1)\n", "tests/test_app.py": f"KEY = '{LIVE}'\n"}, OutcomeKind.NOT_APPLICABLE),
    ],
    ids=[
        "none",
        "computed",
        "service",
        "other CI",
        "other language",
        "no code",
        "a key",
        "a client",
        "written in code",
        "written in a file",
        "written in a test",
    ],
)
@pytest.mark.parametrize("item", ["key-inventory", "key-rotation"])
def test_without_a_list_somebody_is_asked_unless_there_is_no_key(
    tmp_path: Path, item: str, files: dict[str, str], kind: OutcomeKind
) -> None:
    assert check_files(item, tmp_path, files).kind is kind


def test_a_list_from_before_there_were_dates_is_whole_but_for_them(tmp_path: Path) -> None:
    old = (
        'checked = 2026-11-10\n\n[[keys]]\nname = "STRIPE_SECRET_KEY"\npurpose = "cards"\nowner = "Ada"\n'
        'rights = "all"\nkept = "Fly"\nfound = "app.py:2"\nconfirmed = true\n\n[[keys]]\nname = "WHO_USERNAME"\n'
        'purpose = "x"\nowner = "Ada"\nrights = "none"\nkept = "GitHub"\nfound = ".github/workflows/a.yml:1"\n'
        "confirmed = true\n"
    )
    workflow = "on: push\njobs:\n  a:\n    steps:\n      - run: x ${{ secrets.WHO_USERNAME }}\n"
    folder = make_repo(tmp_path, {**APP, ".github/workflows/a.yml": workflow, FILE: old})
    found = outcome_of("key-inventory", folder)
    assert (found.kind, found.findings) == (PASS, ())
    assert [each.rule for each in outcome_of("key-rotation", folder).findings] == ["no-rotation-date"]


def test_keys_of_another_ci_system_are_asked_for_in_a_remark(tmp_path: Path) -> None:
    row = key() + 'purpose = "x"\nrights = "x"\nkept = "x"\n'
    files = {**APP, FILE: "checked = 2026-11-20\n" + row, ".gitlab-ci.yml": "test:\n  script: [pytest]\n"}
    found = check_files("key-inventory", tmp_path, files)
    assert (found.kind, [each.rule for each in found.findings]) == (PASS, ["keys-elsewhere"])
