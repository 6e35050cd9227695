"""smoke-test: one end-to-end check runs against the built app."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.pipeline.pipeline_reading import workflow
from tests.support import outcome_of, write

from shipworthy.model import OutcomeKind

PASS, ASKS, UNKNOWN, NA = OutcomeKind.PASS, OutcomeKind.NEEDS_YOU, OutcomeKind.UNKNOWN, OutcomeKind.NOT_APPLICABLE
CI = ".github/workflows/ci.yml"
APP = {"app.py": "x = 1\n"}
UP = "docker run -d -p 8000:8000 app\n"
DEPLOY = "{push: {branches: [main]}}"


def judged(folder: Path, files: dict[str, str]) -> tuple[OutcomeKind, str]:
    found = outcome_of("smoke-test", write(folder, {**APP, **files}))
    return found.kind, found.summary


@pytest.mark.parametrize(
    ("run", "kind"),
    [
        (UP + "curl -f http://localhost:8000/", PASS),
        (UP + "curl --fail --retry 9 http://localhost:8000/health", PASS),
        (UP + "curl -sSf -o /dev/null http://127.0.0.1:8000/", PASS),
        (UP + "curl -fsS localhost:8000 | grep Welcome", ASKS),
        (UP + "set -o pipefail\ncurl -fsS localhost:8000 | grep Welcome", PASS),
        (UP + "curl http://localhost:8000/", ASKS),
        (UP + "curl -H 'Accept: fine' http://localhost:8000/", ASKS),
        (UP + "curl -f http://localhost:8000/ || true", ASKS),
        (UP + "# curl -f http://localhost:8000/", ASKS),
        (UP + "echo curl -f http://localhost:8000/", ASKS),
        (UP + "curl -f http://localhost:9200/", ASKS),
        (UP + "wget -q --spider http://localhost:8000/", PASS),
        (UP + "npx wait-on http://localhost:8000", PASS),
        ("docker compose up -d --wait", PASS),
        ("docker compose up -d", ASKS),
        ("npx playwright test", PASS),
        ("npx playwright test --list", ASKS),
        ("npx cypress run --component", ASKS),
        ("curl -fsSL https://tools.example/install.sh | sh", ASKS),
        ("curl -fsSL https://example.example/", ASKS),
        ("kubectl rollout status deployment/app", PASS),
        ("pytest", ASKS),
    ],
)
def test_on_every_change(tmp_path: Path, run: str, kind: OutcomeKind) -> None:
    found = judged(tmp_path / "repo", {CI: workflow(run)})
    assert found[0] is kind, found


@pytest.mark.parametrize(
    ("run", "kind"),
    [
        ("flyctl deploy\ncurl -f https://shop.example/", PASS),
        ("flyctl deploy\ncurl -f https://shop.example/health", PASS),
        ("flyctl deploy\ncurl -f $URL/health", PASS),
        ("flyctl deploy\ncurl https://shop.example/health", ASKS),
        ("flyctl deploy\ncurl -f https://shop.example/ || true", ASKS),
        ("curl -f https://shop.example/\nflyctl deploy", ASKS),
        ("flyctl deploy\nif [ $X ]; then curl -f https://shop.example/; fi", ASKS),
        ("flyctl deploy\ncurl -f https://github.com/x/y/releases", ASKS),
        ("flyctl deploy\ncurl -f -d text=done https://chat.example/", ASKS),
        ("flyctl deploy\nnpx newman run api.json", PASS),
        ("kubectl apply -f k8s\nkubectl rollout status deploy/app", PASS),
        ("kubectl apply -f k8s", ASKS),
        ("if [ $X ]; then\n  flyctl deploy\n  curl -f https://shop.example/\nfi", PASS),
        ("if [ $X ]; then flyctl deploy; fi\ncurl -f https://shop.example/", PASS),
        ("helm upgrade app ./chart --install --atomic", PASS),
        ("helm upgrade app ./chart --install", ASKS),
        ("flyctl deploy\ncurl -f https://shop.example/\nflyctl deploy -c other.toml", ASKS),
    ],
)
def test_after_a_deploy(tmp_path: Path, run: str, kind: OutcomeKind) -> None:
    found = judged(tmp_path / "repo", {CI: workflow(run, on=DEPLOY)})
    assert found[0] is kind, found


@pytest.mark.parametrize(("needs", "kind"), [("needs: ship\n", PASS), ("", ASKS)])
def test_a_job_after_the_deploy(tmp_path: Path, needs: str, kind: OutcomeKind) -> None:
    jobs = workflow("flyctl deploy", on=DEPLOY).replace("one:", "ship:")
    jobs += f"  ask:\n    runs-on: x\n    {needs}\n    steps:\n      - run: curl -f https://shop.example/\n"
    assert judged(tmp_path / "repo", {CI: jobs})[0] is kind


def test_not_applicable_and_open(tmp_path: Path) -> None:
    assert outcome_of("smoke-test", write(tmp_path / "one", {"README.md": "# x\n"})).kind is NA
    assert judged(tmp_path / "two", {"appveyor.yml": "x: 1\n"})[0] is UNKNOWN
    assert judged(tmp_path / "three", {}) == (ASKS, "no step asks the built app")
