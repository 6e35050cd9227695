"""config-parity: what is read is listed, or has a default; what cannot be told is not green."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support import check_files

CHECK = "config-parity"
SECRET = "q7" * 3 + "-Vd9" * 4 + "xK2w"
LOCAL = "import os\nA = os.getenv('A_URL', 'http://localhost:1')\n"
LOCAL_ENV = "A_URL=http://localhost:1\n"
LISTED = {".env.example": "SHOP_TOKEN=\n"}
APP = "import os\nA = os.environ['SHOP_TOKEN']\nB = os.getenv('SHOP_URL', 'x-1')\n"


@pytest.mark.parametrize(
    ("files", "kind", "rules"),
    [
        ({"a.py": APP, ".env.example": "SHOP_TOKEN=\n"}, "pass", set()),
        ({"a.py": APP, "README.md": "Set `SHOP_TOKEN` first.\n"}, "pass", set()),
        ({"a.py": APP, "compose.yaml": "services:\n  a:\n    environment:\n      - SHOP_TOKEN\n"}, "pass", set()),
        ({"a.py": APP}, "fail", {"setting-not-listed"}),
        ({"a.py": APP, ".env": "SHOP_TOKEN=\n"}, "pass", set()),
        ({"a.py": APP, ".env": f"SHOP_TOKEN={SECRET}\n"}, "pass", {"setting-list-leaves"}),
        ({"a.py": APP, ".env": f"SHOP_TOKEN=\nSHOP_API_KEY={SECRET}\n"}, "pass", {"setting-list-leaves"}),
        ({"a.py": APP, **LISTED, ".env": f"SHOP_TOKEN={SECRET}\n"}, "pass", set()),
        ({"a.py": APP, ".env.example": "SHOP_TOKENS=\n"}, "fail", {"setting-not-listed"}),
        ({"a.py": APP, ".env.example": "SHOP_TOKEN=\nOLD_ONE=\n"}, "pass", {"setting-stale"}),
        ({"a.py": "import os\nA = os.environ['PATH']\n"}, "pass", set()),
        ({"a.ts": "const a = process.env.VERCEL_URL"}, "pass", set()),
        ({"a.py": "x = 1\n"}, "not-applicable", set()),
        ({"tests/test_a.py": APP, "a.py": "x = 1\n"}, "not-applicable", set()),
        ({"a.py": "import os\nA = os.environ[name()]\n"}, "unknown", {"setting-name-computed"}),
        ({"a.ts": "const e = schema.parse(process.env)"}, "unknown", {"setting-name-computed"}),
        ({"a.py": APP + "C = os.environ[name()]\n"}, "fail", {"setting-not-listed", "setting-name-computed"}),
        ({"a.py": "import os\nA = os.getenv('DATA_DIR', '/home/ada/data')\n"}, "fail", {"tied-to-one-machine"}),
        ({"a.py": LOCAL}, "pass", {"localhost-default"}),
        ({"settings/production.py": LOCAL}, "fail", {"tied-to-one-machine"}),
        ({"a.py": APP, **LISTED, ".env.production": LOCAL_ENV}, "fail", {"tied-to-one-machine"}),
        ({"a.py": "import os\nA = os.getenv('SHOP_\x1b[2J')\n"}, "unknown", {"setting-name-computed"}),
    ],
)  # fmt: skip
def test_outcomes(tmp_path: Path, files: dict[str, str], kind: str, rules: set[str]) -> None:
    outcome = check_files(CHECK, tmp_path / "p", files)
    assert outcome.kind == kind
    assert {finding.rule for finding in outcome.findings} == rules


def test_a_file_that_has_to_leave_git_is_named(tmp_path: Path) -> None:
    """The advice of env-files-ignored turns this item red, so it is said before."""
    outcome = check_files(CHECK, tmp_path / "p", {"a.py": APP, ".env": f"SHOP_TOKEN={SECRET}\n"})
    assert outcome.findings[0].message.startswith("Only .env names SHOP_TOKEN")
    assert outcome.findings[0].remedy.startswith("Add SHOP_TOKEN= with a placeholder to .env.example before")


def test_the_summary_adds_up(tmp_path: Path) -> None:
    outcome = check_files(CHECK, tmp_path / "p", {"a.py": APP, **LISTED})
    assert outcome.summary == "2 settings: 1 listed, 1 with a default"


def test_the_remedy_names_the_example_there_is(tmp_path: Path) -> None:
    outcome = check_files(CHECK, tmp_path / "p", {"a.py": APP, "env.example": "OTHER_ONE=\n"})
    assert outcome.summary == "1 setting not listed"
    assert "env.example" in outcome.findings[0].remedy
