"""Tricks of Travis CI files: does a test run on every change, and does a deploy wait for it?

The expected answers are read out of Travis CI's pages on the job lifecycle, languages, matrices, stages and deploys.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.pipeline.pipeline_reading import read

from shipworthy.facts.pipeline import Kind, inventory
from shipworthy.facts.pipeline.fact import Answer, Said
from shipworthy.facts.pipeline.gate import gates, overall
from shipworthy.facts.pipeline.systems.refs import Patterns
from shipworthy.facts.pipeline.systems.travis_conditions import judged
from shipworthy.facts.pipeline.values import Ordinary

CODE = {
    "app.py": "x = 1\n",
    "tests/test_app.py": "def test(): assert 1\n",
    "a.test.js": "1\n",
    "spec/app_spec.rb": "describe 1\n",
    "test/app_test.exs": "test\n",
    "tests/AppTest.php": "<?php\n",
    "src/test/java/AppTest.java": "class AppTest {}\n",
    "tests/app.rs": "#[test]\nfn a() {}\n",
    "web/package.json": '{"scripts": {"test": "jest"}}',
    "web/b.test.js": "1\n",
    "ship.sh": '#!/bin/sh\nif [ "$TRAVIS_BRANCH" = production ]; then vercel deploy --prod; fi\n',
    "deploy.sh": "#!/bin/sh\nvercel deploy --prod\n",
}
NODE = {"package.json": '{"scripts": {"test": "jest"}}'}
PY = "language: python\n"
SHIP = "deploy: {provider: heroku, app: x}\n"

TRICKS: dict[str, tuple[str, str, str]] = {
    "script": (PY + "script: pytest\n", "yes", "na"),
    "list": (PY + "script:\n  - flake8\n  - pytest\n", "yes", "na"),
    "a later line hides nothing": (PY + "script:\n  - pytest\n  - echo done\n", "yes", "na"),
    "one line hides what comes first in it": (PY + "script: pytest; echo done\n", "no", "na"),
    "a block is one command": (PY + "script: |\n  pytest\n  echo done\n", "no", "na"),
    "a block with set -e": (PY + "script: |\n  set -e\n  pytest\n  echo done\n", "yes", "na"),
    "set -e stays on": (PY + "before_script: set -e\nscript: |\n  pytest\n  echo done\n", "yes", "na"),
    "masked": (PY + "script: pytest || true\n", "no", "na"),
    "a pipe": (PY + "script: pytest | tee out\n", "no", "na"),
    "a pipe with pipefail": (PY + "script:\n  - set -o pipefail\n  - pytest | tee out\n", "yes", "na"),
    "skip": (PY + "script: skip\n", "no", "na"),
    "in install": (PY + "install: pytest\nscript: echo\n", "yes", "na"),
    "in before_script": (PY + "before_script: pytest\nscript: echo\n", "yes", "na"),
    "in after_success": (PY + "script: echo\nafter_success: pytest\n", "no", "na"),
    "in after_script": (PY + "script: echo\nafter_script: pytest\n", "no", "na"),
    "in after_failure": (PY + "script: echo\nafter_failure: pytest\n", "no", "na"),
    "cd stays": (PY + "before_script: cd web\nscript: npm test\n", "yes", "na"),
    "export stays": (PY + "before_script: export RUN=pytest\nscript: $RUN\n", "yes", "na"),
    "ends early": (PY + "before_script: exit 0\nscript: pytest\n", "no", "na"),
    "ends early for pushes": (
        PY + 'before_script: if [ "$TRAVIS_PULL_REQUEST" = "false" ]; then travis_terminate 0; fi\nscript: pytest\n',
        "yes",
        "na",
    ),
    "commented out": (PY + "script:\n  - flake8\n#  - pytest\n", "no", "na"),
    "an anchor is nothing": (PY + "x: &t\n  - pytest\nscript: echo\n", "no", "na"),
    "an anchor that is used": (PY + "x: &t\n  - pytest\nscript: *t\n", "yes", "na"),
    "an environment variable decides": (
        PY + "env: [CMD=pytest, CMD=flake8]\nscript: $CMD\n", "yes", "na",
    ),
    "global environment": (PY + "env:\n  global: [CMD=pytest]\n  jobs: [A=1, A=2]\nscript: $CMD\n", "yes", "na"),
    "a mapping as environment": (PY + "env: {CMD: flake8}\nscript: if [ $CMD = pytest ]; then pytest; fi\n",
                                 "no", "na"),
    "python has no default": (PY, "no", "na"),
    "generic has none": ("language: generic\n", "no", "na"),
    "rust": ("language: rust\n", "yes", "na"),
    "elixir": ("language: elixir\n", "yes", "na"),
    "php": ("language: php\n", "yes", "na"),
    "julia": ("language: julia\n", "yes", "na"),
    "node without package.json or Makefile": ("language: node_js\n", "unknown", "na"),
    "all may fail": (PY + "python: ['3.7']\njobs: {allow_failures: [{python: '3.7'}]}\nscript: pytest\n", "no", "na"),
    "one may fail": (
        PY + "python: ['3.7', nightly]\nmatrix: {allow_failures: [{python: nightly}], fast_finish: true}\n"
        "script: pytest\n", "yes", "na",
    ),
    "the testing one may fail": (
        PY + "env: [T=pytest, T=flake8]\nmatrix: {allow_failures: [{env: T=pytest}]}\nscript: $T\n", "no", "na",
    ),
    "excluded": (
        PY + "env: [T=pytest, T=flake8]\njobs: {exclude: [{env: T=pytest}]}\nscript: $T\n", "no", "na",
    ),
    "tasks that are not followed": (PY + "script: grunt test\n", "unknown", "na"),
    "rake with several tasks": ("script: bundle exec rake db:create db:test:prepare spec\n", "yes", "na"),
    "rake with a tool's task": ("script: bundle exec rake knapsack:rspec\n", "yes", "na"),
    "rake with a task of its own": ("script: rake ci\n", "unknown", "na"),
    "rake that prepares": ("script: rake db:test:prepare lint\n", "no", "na"),
    "tasks that only build": (PY + "script: gulp build\n", "no", "na"),
    "a script that looks at the branch": (PY + "script: pytest\nafter_success: ./ship.sh\n", "yes", "yes"),
    "what only another job sets is empty": (
        PY + "env: [T=flake8, A=1]\nscript:\n  - if [ -z \"$T\" ]; then pytest; fi\n", "yes", "na",
    ),
    "not followed where it fails nothing": (PY + "script: echo\nafter_script: ./run-tests\n", "no", "na"),
    "included": (PY + "jobs:\n  include:\n    - script: flake8\n    - script: pytest\n", "yes", "na"),
    "what is included replaces a single job": (
        PY + "python: '3.7'\nscript: pytest\njobs:\n  include:\n    - script: flake8\n", "no", "na",
    ),
    "what is included joins a matrix": (
        PY + "python: ['3.7', '3.8']\nscript: pytest\njobs:\n  include:\n    - script: flake8\n", "yes", "na",
    ),
    "if false": (PY + "if: false\nscript: pytest\n", "no", "na"),
    "only pushes": (PY + "if: type = push\nscript: pytest\n", "yes", "na"),
    "only pushes to one branch": (PY + "if: type = push AND branch = master\nscript: pytest\n", "partial", "na"),
    "only pull requests": (PY + "if: type = pull_request\nscript: pytest\n", "yes", "na"),
    "only the clock": (PY + "if: type = cron\nscript: pytest\n", "no", "na"),
    "only tags": (PY + "if: tag IS present\nscript: pytest\n", "no", "na"),
    "no tags": (PY + "if: tag IS blank\nscript: pytest\n", "yes", "na"),
    "either": (PY + "if: (type = pull_request AND branch IN (master, dev)) OR tag =~ ^v\nscript: pytest\n",
               "yes", "na"),
    "a message": (PY + 'if: commit_message !~ /skip tests/\nscript: pytest\n', "yes", "na"),
    "a message that asks": (PY + "if: commit_message =~ /run tests/\nscript: pytest\n", "unknown", "na"),
    "not understood": (PY + "if: $BRANCH = master\nscript: pytest\n", "unknown", "na"),
    "a job's condition": (
        PY + "jobs:\n  include:\n    - script: flake8\n    - script: pytest\n"
        "      if: branch = other AND type = push\n",
        "no", "na",
    ),
    "branches: only": (PY + "branches: {only: [master]}\nscript: pytest\n", "yes", "na"),
    "branches: another": (PY + "branches: {only: [gh-pages]}\nscript: pytest\n", "partial", "na"),
    "branches: a pattern": (PY + "branches: {only: [main, '/^v[0-9]/']}\nscript: pytest\n", "yes", "na"),
    "branches: except": (PY + "branches: {except: [/.*/]}\nscript: pytest\n", "no", "na"),
    "a misspelt key is the default": (PY + "scripts: pytest\n", "no", "na"),
    "imports": ("import: other/repo:x.yml\n" + PY + "script: echo\n", "unknown", "na"),
    "not valid": ("language: [\n", "unknown", "na"),
    "deploys after the tests": (PY + "script: pytest\n" + SHIP, "yes", "yes"),
    "deploys after no tests": (PY + "script: echo\n" + SHIP, "no", "no"),
    "deploys after tests that are hidden": (PY + "script: pytest || true\n" + SHIP, "no", "no"),
    "deploys tags": (PY + "script: pytest\ndeploy: {provider: pypi, on: {tags: true}}\n", "yes", "yes"),
    "deploys a branch": (
        PY + "script: pytest\ndeploy:\n  - {provider: script, script: bash deploy.sh, on: {branch: production}}\n",
        "yes", "yes",
    ),
    "deploys where tests do not run": (
        PY + "script: if [ \"$TRAVIS_PULL_REQUEST\" != \"false\" ]; then pytest; fi\n" + SHIP, "yes", "no",
    ),
    "deploys in a condition that never holds": (
        PY + "env: {A: '1'}\nscript: pytest\ndeploy: {provider: npm, on: {condition: $A = 2}}\n", "yes", "na",
    ),
    "deploys in the script": (PY + "script:\n  - pytest\n  - ./deploy.sh\n", "yes", "no"),
    "deploys in the script's one line": (PY + "script: pytest && ./deploy.sh\n", "yes", "yes"),
    "deploys in the script with set -e": (PY + "before_script: set -e\nscript:\n  - pytest\n  - ./deploy.sh\n",
                                        "yes", "yes"),
    "deploys after success": (PY + "script: pytest\nafter_success: ./deploy.sh\n", "yes", "yes"),
    "deploys after whatever": (PY + "script: pytest\nafter_script: ./deploy.sh\n", "yes", "no"),
    "tests before the script gate it": (PY + "install: pytest\nscript: ./deploy.sh\n", "yes", "yes"),
    "a stage gates the next": (
        PY + "jobs:\n  include:\n    - stage: test\n      script: pytest\n    - stage: ship\n"
        "      script: ./deploy.sh\n", "yes", "yes",
    ),
    "a stage that comes first waits for nothing": (
        PY + "stages: [ship, test]\njobs:\n  include:\n    - stage: test\n      script: pytest\n    - stage: ship\n"
        "      script: ./deploy.sh\n", "yes", "no",
    ),
    "jobs of one stage do not wait": (
        PY + "jobs:\n  include:\n    - script: pytest\n    - script: ./deploy.sh\n", "yes", "no",
    ),
    "a stage without a name goes on with the last": (
        PY + "jobs:\n  include:\n    - stage: test\n      script: pytest\n    - stage: ship\n      script: echo\n"
        "    - script: ./deploy.sh\n", "yes", "yes",
    ),
    "a stage that may fail gates nothing": (
        PY + "jobs:\n  include:\n    - stage: test\n      script: pytest\n      allow_failure: true\n"
        "    - stage: ship\n      script: ./deploy.sh\n", "no", "no",
    ),
    "a stage's condition": (
        PY + "stages: [test, {name: ship, if: branch = production}]\njobs:\n  include:\n    - stage: test\n"
        "      script: pytest\n    - stage: ship\n      script: ./deploy.sh\n", "yes", "yes",
    ),
    "deploys in each job of a matrix": (
        PY + "env: [T=pytest, T=flake8]\nscript: $T\n" + SHIP, "yes", "partial",
    ),
    "deploys in one job of a matrix": (
        PY + "python: ['3.7', '3.8']\nscript: pytest\ndeploy: {provider: pypi, on: {tags: true, python: '3.8'}}\n",
        "yes", "yes",
    ),
}  # fmt: skip


@pytest.mark.parametrize("trick", TRICKS)
def test_tricks(tmp_path: Path, trick: str) -> None:
    text, answer, gate = TRICKS[trick]
    pipeline = read(tmp_path, {**CODE, ".travis.yml": text})
    assert (inventory.tests_on_change(pipeline), overall(gates(pipeline))) == (answer, gate)


@pytest.mark.parametrize(
    ("language", "more", "answer"),
    [
        ("node_js", NODE, "yes"),
        ("node_js", {**NODE, "yarn.lock": ""}, "yes"),
        ("node_js", {"package.json": '{"scripts": {"test": "exit 0"}}'}, "no"),
        ("ruby", {"Gemfile": "", "Rakefile": "task default: [:spec]\n"}, "yes"),
        ("ruby", {"Rakefile": "task :default => :lint\n"}, "no"),
        ("", {"Rakefile": "task :default => 'test'\n"}, "yes"),
        ("go", {"Makefile": "all:\n\techo\n"}, "no"),
        ("go", {"x_test.go": "package x\n"}, "yes"),
        ("java", {"build.gradle": ""}, "yes"),
        ("java", {"pom.xml": "<project/>"}, "yes"),
        ("c", {"Makefile": ".PHONY: test\ntest:\n\tprove t\n"}, "yes"),
    ],
)
def test_defaults_depend_on_the_files(tmp_path: Path, language: str, more: dict[str, str], answer: str) -> None:
    text = f"language: {language}\n" if language else "sudo: false\n"
    pipeline = read(tmp_path, {**CODE, **more, ".travis.yml": text})
    assert inventory.tests_on_change(pipeline) == answer


def test_the_line_of_the_evidence_is_that_of_the_command(tmp_path: Path) -> None:
    text = PY + "install: true\nscript:\n  - flake8\n  - pytest -q\n"
    leaf = read(tmp_path, {**CODE, ".travis.yml": text}).of(Kind.TEST)[0]
    assert (leaf.path, leaf.line) == (".travis.yml", 5)


def test_lists_of_lists_end(tmp_path: Path) -> None:
    lists = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 9))
    text = f"language: python\nl0: &l0 [pytest, echo]\n{lists}script: *l8\nenv: *l8\n"
    found = read(tmp_path, {".travis.yml": text})
    assert inventory.tests_on_change(found) == "unknown"
    assert "aliases" in found.not_read[0].reason


KNOWN = {"type": "push", "branch": "main", "tag": "", "commit_message": Ordinary("m"), "env A": "1", "fork": False}


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ("branch = main", Answer.YES),
        ('branch = "main"', Answer.YES),
        ("branch != main", Answer.NO),
        ("branch =~ /^ma/ && NOT type = cron", Answer.YES),
        ("branch !~ ^(main|dev)$", Answer.NO),
        ("NOT (branch = dev OR branch = main)", Answer.NO),
        ("branch NOT IN (dev, test)", Answer.YES),
        ("tag IS NOT present", Answer.YES),
        ("env(A) = 1", Answer.YES),
        ("env(B) IS present", Answer.UNKNOWN),
        ("fork = false", Answer.YES),
        ("commit_message =~ x", Answer.UNKNOWN),
        ("NOT commit_message =~ x", Answer.YES),
        ("concat(a, b) = ab", Answer.YES),
        ("branch = main AND", Answer.UNKNOWN),
        ("(" * 100 + "branch = main" + ")" * 100, Answer.UNKNOWN),
        ("branch =~ (a+)+$", Answer.NO),
    ],
)
def test_conditions(condition: str, answer: Answer) -> None:
    said: Said = judged(condition, KNOWN, Patterns(), "it")
    assert said.answer is answer
