"""Why no workflow can be written for tests whose runner nobody knows, in words that say what to do."""

from __future__ import annotations

from pathlib import Path

from tests.fixes.fixing import refusal
from tests.support import make_repo


def test_a_script_that_runs_no_known_runner_is_named_without_one(tmp_path: Path) -> None:
    package = '{"name": "server", "scripts": {"test": "node test-api.js"}}'
    script = "const axios = require('axios');\naxios.get('/health').then(() => console.log('fine'));\n"
    root = make_repo(tmp_path / "app", {"server/package.json": package, "server/test-api.js": script})
    why = refusal("ci-runs-tests", root)
    assert "unknown" not in why
    assert why.startswith("the tests in server: its script test runs `node test-api.js`")
    assert "Have it call a test runner" in why
