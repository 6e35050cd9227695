"""What a job leaves running on a machine of the project's own, and when that is the deploy."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.pipeline.pipeline_reading import read

from shipworthy.facts.pipeline import Kind
from shipworthy.facts.pipeline.gate import gates, overall

FILES = {
    "app.py": "x = 1\n",
    "tests/test_app.py": "def test(): assert 1\n",
    "package.json": '{"scripts": {"start": "vite", "lint": "eslint ."}}',
    "deliver.sh": "npm start &\nsleep 1\necho $! > .pidfile\n",
    "compose.yaml": "services:\n  web:\n    build: .\n",
}


def jenkins(stage: str, run: str, *, tests: str = "stage('Test') { steps { sh 'pytest' } }\n") -> dict[str, str]:
    deploys = f"stage('{stage}') {{ steps {{ sh '{run}' }} }}\n"
    return {"Jenkinsfile": f"pipeline {{\n agent any\n stages {{\n{tests}{deploys} }}\n}}\n"}


def github(job: str, run: str, machine: str = "self-hosted") -> dict[str, str]:
    text = (
        f"on: {{push: {{branches: [main]}}}}\njobs:\n  {job}:\n    runs-on: {machine}\n    steps:\n      - run: {run}\n"
    )
    return {".github/workflows/d.yml": text}


STARTED = [
    ("script-in-the-background", jenkins("Deliver", "./deliver.sh"), "yes"),
    ("before-the-tests", jenkins("Deliver", "./deliver.sh", tests=""), "no"),
    ("in-the-background", jenkins("Deploy", "npm start &"), "yes"),
    ("hung-up", jenkins("Deploy to production", "nohup java -jar app.jar &"), "yes"),
    ("containers", jenkins("Deploy", "docker compose up -d"), "yes"),
    ("a-stage-of-another-name", jenkins("Preview", "npm start &"), "na"),
    ("products-are-no-production", jenkins("Product tests", "npm start &"), "na"),
    ("a-stage-with-tests-behind-it", jenkins("Deploy", "npm start & pytest"), "na"),
    ("in-the-foreground", jenkins("Deploy", "npm run lint"), "na"),
    ("something-small", jenkins("Deploy", "sleep 5 &"), "na"),
    ("a-service", jenkins("X", "sudo systemctl restart shop"), "yes"),
    ("a-service-of-the-old-kind", jenkins("X", "service shop restart"), "yes"),
    ("a-service-the-job-needs", jenkins("X", "systemctl start docker"), "na"),
    ("a-look-at-a-service", jenkins("X", "systemctl status shop"), "na"),
    ("pm2", jenkins("X", "pm2 reload shop"), "yes"),
    ("pm2-list", jenkins("X", "pm2 list"), "na"),
    ("own-runner", github("x", "pm2 restart shop"), "no"),
    ("own-runner-in-the-background", github("deploy", "npm start &"), "no"),
    ("own-runner-with-another-aim", github("x", "npm start &"), "na"),
    ("a-machine-that-is-thrown-away", github("deploy", "npm start &", "ubuntu-latest"), "na"),
    ("a-service-of-a-machine-that-is-thrown-away", github("deploy", "pm2 restart shop", "ubuntu-latest"), "na"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [row[1:] for row in STARTED], ids=[row[0] for row in STARTED])
def test_what_is_left_running(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    found = read(tmp_path, {**FILES, **files})
    assert overall(gates(found)) == expected
    assert not {leaf.kind for leaf in found.leaves} & {Kind.UP, Kind.LEFT}
