"""env-files-ignored: git's own answer, tracked files, images, packages."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.secrets.examples import drawn
from tests.support import check_files, outcome_of, write

from shipworthy.model import OutcomeKind

CHECK = "env-files-ignored"
APP = "import os\nA = os.environ['API_TOKEN']\n"
IGNORE = ".env\n.env.*\n!.env.example\n*.pem\n"
LIVE = "sk" + "_live_" + drawn("an", 60, 12)
IMAGE = {"Dockerfile": "FROM a\nCOPY . .\n"}
NEXT = '{"name": "a", "private": true, "dependencies": {"next": "15.0.0"}}'


@pytest.mark.parametrize(
    ("files", "kind", "rules"),
    [
        ({"a.py": APP, ".gitignore": IGNORE}, "pass", set()),
        ({"a.py": APP, ".gitignore": IGNORE, ".env.example": "API_TOKEN=\n"}, "pass", set()),
        ({"a.py": APP}, "fail", {"env-file-not-ignored"}),
        ({"a.py": APP, ".gitignore": "node_modules\n"}, "fail", {"env-file-not-ignored"}),
        ({"package.json": NEXT, "a.js": "process.env.A_URL", ".gitignore": ".env\n"}, "fail", {"env-file-not-ignored"}),
        ({"package.json": NEXT, "a.js": "process.env.A_URL", ".gitignore": ".env*\n"}, "pass", set()),
        ({"a.py": APP, ".gitignore": IGNORE, ".env": "PORT=1\n"}, "fail", {"env-file-tracked"}),
        ({"a.py": APP, ".gitignore": IGNORE, ".env.development": "PORT=1\n"}, "pass", set()),
        ({"a.py": APP, ".gitignore": IGNORE, ".env.development": "API_TOKEN=ab12\n"}, "fail", {"env-file-tracked"}),
        ({"a.py": APP, ".gitignore": IGNORE, ".env.example": f"STRIPE={LIVE}\n"}, "fail", {"secret-file-committed"}),
        ({"a.py": APP, ".gitignore": IGNORE, **IMAGE}, "fail", {"env-file-in-image"}),
        ({"a.py": APP, ".gitignore": IGNORE, **IMAGE, ".dockerignore": ".env*\n"}, "pass", set()),
        ({"b/a.py": APP, ".gitignore": "/.env\n", "b/.env.example": "A_B=\n"}, "fail", {"env-file-not-ignored"}),
        ({"a.py": "print(1)\n"}, "not-applicable", set()),
        ({"a.js": "process.env.NODE_ENV"}, "not-applicable", set()),
    ],
)  # fmt: skip
def test_outcomes(tmp_path: Path, files: dict[str, str], kind: str, rules: set[str]) -> None:
    outcome = check_files(CHECK, tmp_path / "p", files)
    assert outcome.kind == kind
    if kind == "fail":
        assert {finding.rule for finding in outcome.findings} == rules


def test_outside_git_nothing_says_what_is_ignored(tmp_path: Path) -> None:
    folder = write(tmp_path / "p", {"a.py": APP, ".gitignore": IGNORE})
    assert outcome_of(CHECK, folder).kind is OutcomeKind.UNKNOWN


def test_a_rule_of_one_machine_is_named_as_such(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    check_files(CHECK, folder, {"a.py": APP})
    (folder / ".git/info").mkdir(exist_ok=True)
    (folder / ".git/info/exclude").write_text(".env\n")
    outcome = outcome_of(CHECK, folder)
    assert outcome.kind is OutcomeKind.FAIL
    assert "only by a rule on this machine" in outcome.findings[0].message


def test_the_deciding_rule_is_evidence(tmp_path: Path) -> None:
    outcome = check_files(CHECK, tmp_path / "p", {"a.py": APP, ".gitignore": IGNORE})
    assert outcome.summary == ".env ignored by .gitignore:1"
    assert ".env ignored by .gitignore:1 .env" in outcome.looked_at
