"""Programs of the repository that an interpreter is given: found without their ending, and asked what they may do."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.pipeline.pipeline_reading import read, workflow

from shipworthy.facts.pipeline.gate import hidden_deploys

NETLIFY = "const client = new Api(token)\nawait client.deploy(site, folder)\n"


@pytest.mark.parametrize(
    ("run", "files", "hidden"),
    [
        ("npx ts-node --project tools/tsconfig.json tools/deploy --site x", {"tools/deploy.ts": NETLIFY}, True),
        ("node -r dotenv/config tools/deploy", {"tools/deploy/index.js": NETLIFY}, True),
        ("node tools/deploy.js", {"tools/deploy.js": NETLIFY}, True),
        ("npx tsx tools/deploy", {"tools/deploy.mts": "ghpages.publish('dist')\n"}, True),
        ("node tools/deploy", {"tools/deploy.js": "console.log('deployment docs')\n"}, False),
        ("node tools/other", {"tools/deploy.js": NETLIFY}, False),
        ("python tools/ship.py", {"tools/ship.py": "subprocess.run(['twine', 'upload', 'dist/*'])\n"}, True),
    ],
)
def test_programs_that_may_deploy(tmp_path: Path, run: str, files: dict[str, str], hidden: bool) -> None:
    found = read(tmp_path, {"tools/tsconfig.json": "{}", **files, ".github/workflows/ci.yml": workflow(run)})
    assert bool(hidden_deploys(found)) is hidden
