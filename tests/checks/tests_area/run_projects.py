"""Small projects that run, for the tests of tests-pass."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests.support import NOW, make_repo, outcome_of

from shipworthy.facts import Context
from shipworthy.facts.tests.running import sandbox
from shipworthy.model import Outcome

BASE = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
NODE = shutil.which("node")
PATH = os.pathsep.join([str(BASE.parent), *([str(Path(NODE).parent)] if NODE else []), "/usr/bin", "/bin"])
needs_node = pytest.mark.skipif(NODE is None, reason="needs Node.js on PATH")
kernel_only = pytest.mark.skipif(bool(sandbox.unavailable()), reason=f"needs namespaces: {sandbox.unavailable()}")

HEAD = "import os, socket, sys, time, unittest\nfrom app import add\n\n\nclass A(unittest.TestCase):\n"
GOOD = HEAD + "    def test_add(self):\n        self.assertEqual(add(1, 2), 3)\n"
APP = "def add(a, b):\n    return a + b\n"


def yes(command: str, why: str) -> bool:
    return True


def run(
    folder: Path,
    files: Mapping[str, str | bytes],
    *,
    consent: Callable[[str, str], bool] | None = yes,
    environment: Mapping[str, str] | None = None,
) -> Outcome:
    make_repo(folder, files)
    return rerun(folder, consent=consent, environment=environment)


def rerun(
    folder: Path,
    *,
    consent: Callable[[str, str], bool] | None = yes,
    environment: Mapping[str, str] | None = None,
) -> Outcome:
    context = Context(now=NOW, home=folder, environment={"PATH": PATH, **(environment or {})}, run_consent=consent)
    return outcome_of("tests-pass", folder, context=context)


def unittest_project(body: str) -> dict[str, str]:
    return {"app.py": APP, "tests/__init__.py": "", "tests/test_a.py": HEAD + body}


guard_is_long = pytest.mark.parametrize(
    "isolation",
    [pytest.param("namespaces", marks=kernel_only), pytest.param("guard", marks=pytest.mark.long)],
    indirect=True,
)
