"""How long the pipeline files of a repository take to read: fifteen workflows, and a monorepo of a hundred CI files."""

from __future__ import annotations

import json
import statistics
import subprocess
import time
from pathlib import Path

WORKFLOWS, PACKAGES = 15, 60
_WORKFLOW = """\
name: Service {number}
on:
  push:
    branches: [main]
  pull_request:
    paths-ignore: ["docs/**"]
permissions:
  contents: read
concurrency: service-{number}
jobs:
  changes:
    runs-on: ubuntu-latest
    outputs:
      code: ${{{{ steps.filter.outputs.code }}}}
    steps:
      - uses: actions/checkout@v4
      - id: filter
        uses: dorny/paths-filter@v3
        with:
          filters: |
            code:
              - "packages/**"
  test:
    needs: changes
    if: needs.changes.outputs.code == 'true'
    runs-on: ${{{{ matrix.os }}}}
    strategy:
      matrix:
        os: [ubuntu-latest, macos-latest]
        version: ["3.11", "3.12", "3.13"]
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: ${{{{ matrix.version }}}}
      - name: Install
        run: |
          python -m pip install --require-hashes -r requirements.txt
          npm ci
      - name: Lint
        run: |
          set -o pipefail
          npm run lint --workspace packages/p{number:02}
          make lint | tee lint.log
      - name: Test
        run: |
          if [ "$RUNNER_OS" = "Linux" ]; then
            ./scripts/test.sh --service {number}
          else
            npm run test --workspace packages/p{number:02}
          fi
        env:
          DATABASE_URL: postgres://localhost/test
  deploy:
    needs: [test]
    if: github.ref == 'refs/heads/main'
    runs-on: ubuntu-latest
    environment: production
    steps:
      - uses: actions/checkout@v4
      - run: |
          docker build -t registry.example/service-{number}:${{{{ github.sha }}}} .
          docker push registry.example/service-{number}:${{{{ github.sha }}}}
          kubectl set image deployment/service-{number} app=registry.example/service-{number}:${{{{ github.sha }}}}
"""
_SCRIPT = """\
#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "$0")/.."
for part in unit api; do
  pytest -q "tests/$part" "$@"
done
"""
_GITLAB = """\
default:
  image: python:3.12
.base: &base
  before_script: [pip install -r requirements.txt]
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
test {number}:
  <<: *base
  stage: test
  script:
    - make test
deploy {number}:
  stage: deploy
  script: [kubectl apply -f k8s/{number}.yml]
  rules:
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
"""


def sample(folder: Path, *, monorepo: bool) -> Path:
    """A git repository with fifteen workflows; as a monorepo, with a hundred pipeline, package and build files."""
    flows = folder / ".github/workflows"
    flows.mkdir(parents=True)
    for number in range(WORKFLOWS):
        (flows / f"service{number:02}.yml").write_text(_WORKFLOW.format(number=number))
    scripts = folder / "scripts"
    scripts.mkdir()
    (scripts / "test.sh").write_text(_SCRIPT)
    (folder / "Makefile").write_text("lint:\n\truff check .\n\ntest: lint\n\tpytest -q\n")
    for number in range(PACKAGES if monorepo else WORKFLOWS):
        package = folder / f"packages/p{number:02}"
        package.mkdir(parents=True)
        runs = {"lint": "eslint .", "pretest": "npm run lint", "test": "vitest run", "build": "tsc -p ."}
        (package / "package.json").write_text(json.dumps({"name": f"p{number:02}", "scripts": runs}, indent=2))
    whole = {"name": "whole", "private": True, "workspaces": ["packages/*"], "scripts": {"test": "turbo run test"}}
    (folder / "package.json").write_text(json.dumps(whole, indent=2))
    (folder / "turbo.json").write_text('{"tasks": {"test": {"dependsOn": ["^build"]}, "build": {}, "lint": {}}}')
    if monorepo:
        included = folder / "ci"
        included.mkdir()
        for number in range(20):
            (included / f"part{number:02}.yml").write_text(_GITLAB.format(number=number))
        names = "".join(f"  - local: ci/part{number:02}.yml\n" for number in range(20))
        (folder / ".gitlab-ci.yml").write_text(f"include:\n{names}stages: [test, deploy]\n")
    git = ["git", "-c", "user.name=b", "-c", "user.email=b@bench.example"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "bench"]):
        subprocess.run([*git, *words], cwd=folder, check=True)
    return folder


def rows(scratch: Path, runs: int, program: str) -> list[tuple[str, str]]:
    """(what, figure): the reading alone, in this process after a first one, and the whole command."""
    found: list[tuple[str, str]] = []
    for name, goal in (("15 workflows", 300), ("monorepo of 100 CI and build files", 2_000)):
        folder = sample(scratch / f"pipeline-{goal}", monorepo=goal > 300)
        read = [_read(folder) for _ in range(runs + 1)][1:]
        whole = []
        for _ in range(runs):
            began = time.perf_counter()
            subprocess.run([program, "facts", "pipeline", str(folder)], capture_output=True, check=True)
            whole.append(time.perf_counter() - began)
        found.append((f"pipeline, {name}, read (goal {goal:,}), ms", f"{statistics.median(read) * 1e3:.0f}"))
        found.append((f"pipeline, {name}, whole command, ms", f"{statistics.median(whole) * 1e3:.0f}"))
    return found


def _read(folder: Path) -> float:
    from datetime import UTC, datetime

    from shipworthy.facts import Context, Facts, View
    from shipworthy.facts.pipeline.reader import PipelineReader
    from shipworthy.facts.scan import Scan
    from shipworthy.project import Project

    project = Project.open(folder)
    view = View(project, Context(now=datetime.now(UTC), home=folder), Scan(project, ()))
    began = time.perf_counter()
    found = PipelineReader().read(view, Facts({}))
    if not found.leaves or found.unread_systems or found.not_read:
        raise SystemExit(f"{folder}: the pipeline was not understood: {found.not_read} {found.unread_systems}")
    return time.perf_counter() - began
