"""Files of GitLab CI for the tests of this folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.facts.pipeline.pipeline_reading import read

from shipworthy.facts.pipeline import Pipeline

CI = ".gitlab-ci.yml"
CODE = {"src/app.py": "x = 1\n", "tests/test_app.py": "def test(): assert 1\n", "web/a.js": "1\n", "docs/a.md": "a\n"}
TEST = "test: {script: pytest}\n"


def pipeline(folder: Path, text: str, more: Mapping[str, str] | None = None) -> Pipeline:
    return read(folder, {**CODE, **(more or {}), CI: text})


def rules(*rows: str, script: str = "pytest") -> str:
    """The job `test` with these rules."""
    return f"test:\n  script: {script}\n  rules:\n" + "".join(f"    - {row}\n" for row in rows)
