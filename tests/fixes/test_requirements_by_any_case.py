"""The first workflow installs from the requirements file there is, and says what to write where there is none."""

from __future__ import annotations

from pathlib import Path

from tests.fixes.fixing import applied, refusal
from tests.support import make_repo

TEST = "import flask\n\n\ndef test_a():\n    assert flask\n"


def test_a_name_in_capitals_is_installed_from(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"Requirements.txt": "flask==3.0.3\n", "test_a.py": TEST})
    applied("ci-runs-tests", root)
    text = (root / ".github/workflows/tests.yml").read_text()
    assert "pip install -r Requirements.txt pytest\n" in text


def test_what_is_declared_elsewhere_is_asked_for(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"deploy/requirements.txt": "flask==3.0.3\n", "test_a.py": TEST})
    assert "list them in a requirements.txt or pyproject.toml beside the tests" in refusal("ci-runs-tests", root)
