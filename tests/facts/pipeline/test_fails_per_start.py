"""A failure that counts in one start and is tolerated in another: each deploy is judged by its own start."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.pipeline.pipeline_reading import read

from shipworthy.facts.pipeline.gate import gates, overall
from shipworthy.facts.pipeline.inventory import tests_on_change as answer_of

CODE = {"src/app.py": "x = 1\n", "tests/test_app.py": "def test(): assert 1\n"}
GITHUB = """\
on: {{push: {{branches: [main]}}, pull_request: }}
jobs:
  test:
    runs-on: ubuntu-latest
    continue-on-error: ${{{{ github.event_name == '{tolerant}' }}}}
    steps: [{{run: pytest}}]
  deploy:
    needs: test
    if: github.event_name == 'push'
    runs-on: ubuntu-latest
    steps: [{{run: fly deploy}}]
"""
STEP = """\
on: {{push: {{branches: [main]}}, pull_request: }}
jobs:
  all:
    runs-on: ubuntu-latest
    steps:
      - run: pytest
        continue-on-error: ${{{{ github.event_name == '{tolerant}' }}}}
      - run: fly deploy
        if: github.event_name == 'push'
"""
ALWAYS = """\
on: {{push: {{branches: [main]}}, pull_request: }}
jobs:
  all:
    runs-on: ubuntu-latest
    steps:
      - run: pytest
      - run: fly deploy
        if: github.event_name == '{tolerant}' && always() || success()
"""
GITLAB = """\
stages: [test, deploy]
test:
  stage: test
  script: pytest
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
      allow_failure: {merge}
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
      allow_failure: {landing}
deploy:
  stage: deploy
  script: kubectl apply -f k8s
  rules:
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
"""
AZURE = """\
trigger: [main]
pr: ['*']
stages:
  - stage: Test
    jobs:
      - job: unit
        continueOnError: ${{{{ {when}(variables['Build.Reason'], 'PullRequest') }}}}
        steps: [{{script: pytest}}]
  - stage: Deploy
    condition: and(succeeded(), ne(variables['Build.Reason'], 'PullRequest'))
    jobs:
      - job: web
        steps: [{{script: kubectl apply -f k8s}}]
"""
TRAVIS = """\
language: minimal
jobs:
  include:
    - stage: test
      env: A=1
      script: pytest
    - stage: deploy
      if: type = push AND branch = main
      script: kubectl apply -f k8s
  allow_failures:
    - env: A=1
      if: {when}
"""
ROWS = [
    ("pull_request-tolerant", ".github/workflows/ci.yml", GITHUB.format(tolerant="pull_request"), "partial", "yes"),
    ("push-tolerant", ".github/workflows/ci.yml", GITHUB.format(tolerant="push"), "yes", "no"),
    ("step-pull_request", ".github/workflows/ci.yml", STEP.format(tolerant="pull_request"), "partial", "yes"),
    ("step-push", ".github/workflows/ci.yml", STEP.format(tolerant="push"), "yes", "no"),
    ("always-on-push", ".github/workflows/ci.yml", ALWAYS.format(tolerant="push"), "yes", "no"),
    ("gitlab-merge", ".gitlab-ci.yml", GITLAB.format(merge="true", landing="false"), "partial", "yes"),
    ("gitlab-landing", ".gitlab-ci.yml", GITLAB.format(merge="false", landing="true"), "yes", "no"),
    ("azure-pr", "azure-pipelines.yml", AZURE.format(when="eq"), "partial", "yes"),
    ("azure-landing", "azure-pipelines.yml", AZURE.format(when="ne"), "yes", "no"),
    ("travis-pr", ".travis.yml", TRAVIS.format(when="type = pull_request"), "yes", "yes"),
    ("travis-landing", ".travis.yml", TRAVIS.format(when="type = push AND branch = main"), "yes", "no"),
]


@pytest.mark.parametrize(("path", "text", "tests", "gate"), [pytest.param(*row[1:], id=row[0]) for row in ROWS])
def test_tolerance_of_one_start(tmp_path: Path, path: str, text: str, tests: str, gate: str) -> None:
    found = read(tmp_path, {**CODE, path: text})
    assert not found.not_read
    assert answer_of(found) == tests
    assert overall([each for each in gates(found) if not each.preview]) == gate
