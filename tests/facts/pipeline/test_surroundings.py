"""What stands beside a command and decides over it: make's flags and `.IGNORE`, pytest's settings file."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.pipeline.pipeline_reading import read, workflow

from shipworthy.facts.pipeline.inventory import tests_on_change as answer_of

CODE = {"app.py": "x = 1\n", "tests/test_app.py": "def test(): assert 1\n"}
MAKE = "test:\n\tpytest\n"


@pytest.mark.parametrize(
    ("run", "files", "expected"),
    [
        ("make test", {"Makefile": MAKE}, "yes"),
        ("make test", {"Makefile": ".IGNORE:\n" + MAKE}, "no"),
        ("make test", {"Makefile": ".IGNORE: test\n" + MAKE}, "no"),
        ("make test", {"Makefile": ".IGNORE: lint\n" + MAKE}, "yes"),
        ("make test", {"Makefile": ".IGNORE: lint\n.IGNORE:\n" + MAKE}, "no"),
        ("make test", {"Makefile": "MAKEFLAGS += -i\n" + MAKE}, "no"),
        ("make test", {"Makefile": "MAKEFLAGS += --no-print-directory -j4\n" + MAKE}, "yes"),
        ("MAKEFLAGS=i make test", {"Makefile": MAKE}, "no"),
        ("MAKEFLAGS=-ki make test", {"Makefile": MAKE}, "no"),
        ("MAKEFLAGS=-k make test", {"Makefile": MAKE}, "yes"),
        ("pytest", {"pytest.ini": "[pytest]\naddopts = --collect-only\n"}, "no"),
        ("pytest", {"pytest.ini": "[pytest]\naddopts =\n    -q\n    --co\n"}, "no"),
        ("pytest", {"pytest.ini": "[pytest]\naddopts = -q\n"}, "yes"),
        ("pytest", {"pytest.ini": "", "setup.cfg": "[tool:pytest]\naddopts = --co\n"}, "yes"),
        ("pytest", {"setup.cfg": "[tool:pytest]\naddopts = --co\n[x]\ny = 1\n"}, "no"),
        ("pytest", {"setup.cfg": "[other]\naddopts = --co\n"}, "yes"),
        ("pytest", {"tox.ini": "[pytest]\naddopts = --co\n"}, "no"),
        ("pytest", {"pyproject.toml": "[tool.pytest.ini_options]\naddopts = \"-q --collect-only\"\n"}, "no"),
        ("pytest", {"pyproject.toml": "[tool.pytest.ini_options]\naddopts = [\n  \"-q\",\n  \"--co\",\n]\n"}, "no"),
        ("pytest", {"pyproject.toml": "[tool.other]\naddopts = \"--co\"\n"}, "yes"),
        ("cd tests && pytest", {"pytest.ini": "[pytest]\naddopts = --co\n"}, "no"),
    ],
)  # fmt: skip
def test_surroundings(tmp_path: Path, run: str, files: dict[str, str], expected: str) -> None:
    assert answer_of(read(tmp_path, {**CODE, **files, ".github/workflows/ci.yml": workflow(run)})) == expected
