"""The table of health routes and of what asks for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support import check_files

from shipworthy.model import OutcomeKind

PASS, FAIL, UNKNOWN, NOT = OutcomeKind.PASS, OutcomeKind.FAIL, OutcomeKind.UNKNOWN, OutcomeKind.NOT_APPLICABLE
APP = {
    "requirements.txt": "fastapi\n",
    "main.py": "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/health')\ndef health():\n    return {}\n",
}
EXPRESS = {"package.json": '{"private": true, "dependencies": {"express": "4"}}'}


def docker(check: str) -> dict[str, str]:
    return {"Dockerfile": f"FROM a\n{check}\nCMD uvicorn main:app\n"}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (APP | docker("HEALTHCHECK CMD curl -f http://localhost:8000/health"), PASS),
        (APP | docker("HEALTHCHECK CMD curl -f localhost:8000/health || exit 1"), PASS),
        (APP | docker("HEALTHCHECK NONE"), FAIL),
        (APP | docker("# HEALTHCHECK CMD curl -f http://localhost:8000/health"), FAIL),
        (APP | docker("HEALTHCHECK CMD curl -f http://localhost:8000/other"), FAIL),
        (APP | docker("HEALTHCHECK CMD nc -z localhost 8000"), FAIL),
        (APP | docker("HEALTHCHECK CMD ./gone"), UNKNOWN),
        (APP | docker("HEALTHCHECK CMD python hc.py") | {"hc.py": "get('http://localhost:8000/health')\n"}, PASS),
        (APP, FAIL),
        (EXPRESS | {"a.js": "app.get('/healthz', (q, s) => s.end())\n"}, FAIL),
        (
            EXPRESS | {"a.js": "app.get('/healthz', (q, s) => 0)\n"} | docker("HEALTHCHECK CMD curl http://a/healthz"),
            PASS,
        ),
        (EXPRESS | {"a.js": "// app.get('/healthz', f)\n"} | docker("HEALTHCHECK CMD curl http://a/healthz"), UNKNOWN),
        (EXPRESS | {"a.js": "let a = 1\n"}, FAIL),
        ({"go.mod": "module x\n", "main.go": "package main\n"}, UNKNOWN),
        ({"a.py": "print(1)\n"}, NOT),
    ],
)
def test_health(tmp_path: Path, files: dict[str, str], expected: OutcomeKind) -> None:
    assert check_files("health-check", tmp_path, files).kind is expected
