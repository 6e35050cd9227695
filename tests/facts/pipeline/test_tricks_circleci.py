"""Tricks of CircleCI configurations: does a test run on every change, and does a deploy wait for it?

The expected answers are read out of CircleCI's configuration reference and the pages of its orbs.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.pipeline.pipeline_reading import read

from shipworthy.facts.pipeline import Kind, inventory
from shipworthy.facts.pipeline.gate import gates, overall
from shipworthy.facts.pipeline.systems import circleci_steps

CODE = {
    "app.py": "x = 1\n",
    "tests/test_app.py": "def test(): assert 1\n",
    "web/index.js": "1\n",
    "package.json": '{"scripts": {"test": "jest", "check": "exit 0"}}',
    "web/package.json": '{"scripts": {"test": "jest"}}',
    "a.test.js": "1\n",
    "web/b.test.js": "1\n",
    "ci/skip.sh": "git diff --quiet && circleci-agent step halt\n",
}
ON = "  on:\n    docker: [{image: x}]\n    steps:\n"
TEST = "  test:\n    docker: [{image: x}]\n    steps: [checkout, {run: pytest}]\n"
SHIP = "  ship:\n    docker: [{image: x}]\n    steps: [checkout, {run: vercel deploy --prod}]\n"
BOTH = "version: 2.1\njobs:\n" + TEST + SHIP


def build(steps: str, version: str = "2.1", more: str = "") -> str:
    """A configuration of the one job `build`."""
    return f"version: {version}\n{more}jobs:\n  build:\n    docker: [{{image: x}}]\n    steps:\n" + "".join(
        f"      {line}\n" for line in steps.split("\n")
    )


def flow(jobs: str, more: str = "", head: str = BOTH) -> str:
    """Both jobs with a workflow whose `jobs` are given, and `more` lines of the workflow."""
    rows = "".join(f"      {line}\n" for line in jobs.split("\n"))
    return head + "workflows:\n  main:\n" + "".join(f"    {x}\n" for x in more.split("\n") if x) + "    jobs:\n" + rows


def only(branch: str) -> str:
    return f"{{branches: {{only: {branch}}}}}"


GATED = "- test\n- ship: {requires: [test], filters: {branches: {only: main}}}"
STEPS = {
    "text": ("- run: pytest", "yes"),
    "mapping": ("- run:\n    name: x\n    command: pytest", "yes"),
    "several lines": ("- run: |\n    echo\n    pytest\n    echo", "yes"),
    "masked by or": ("- run: pytest || true", "no"),
    "pipe: pipefail is on": ("- run: pytest | tee out.txt", "yes"),
    "pipe: a shell of its own has none": ("- run: {command: pytest | tee x, shell: /bin/bash}", "no"),
    "plain bash has no errexit": ('- run: {command: "pytest\\necho done", shell: /bin/bash}', "no"),
    "a shell with -e": ('- run: {command: "pytest\\necho done", shell: /bin/sh -e}', "yes"),
    "a shebang counts": ('- run: "#!/bin/bash\\npytest\\necho"', "no"),
    "another program as shell": ("- run: {command: 'import pytest; pytest.main()', shell: python3}", "unknown"),
    "in the background": ("- run: {command: pytest, background: true}", "no"),
    "only after a failure": ("- run: {command: pytest, when: on_fail}", "no"),
    "always": ("- run: {command: pytest, when: always}", "yes"),
    "commented out": ("- checkout\n# - run: pytest", "no"),
    "another folder": ("- run: {command: npm test, working_directory: web}", "yes"),
    "folder from home": ("- checkout\n- run: {command: npm test, working_directory: ~/project/web}", "yes"),
    "cd from home": ("- checkout\n- run: cd ~/project/web && npm test", "yes"),
    "script that ends at once": ("- run: npm run check", "no"),
    "split tests": ('- run: |\n    T=$(circleci tests glob "tests/*.py" | circleci tests split)\n    pytest $T', "yes"),
    "split tests piped on": (
        '- run: circleci tests glob "t/*.py" | circleci tests split --split-by=timings | xargs -n 5 pytest',
        "yes",
    ),
    "tests run": ('- run: circleci tests glob "x/*.py" | circleci tests run --command="xargs pytest" --verbose', "yes"),
    "halted": ("- run: circleci-agent step halt\n- run: pytest", "no"),
    "halted perhaps": ("- run: if [ -f x.skip ]; then circleci-agent step halt; fi\n- run: pytest", "unknown"),
    "halted perhaps by a script": ("- run: bash ci/skip.sh\n- run: pytest", "unknown"),
    "halted for main only": (
        '- run: |\n    if [ "$CIRCLE_BRANCH" == "main" ]; then\n      circleci step halt\n    fi\n- run: pytest',
        "yes",
    ),
    "for main only, in the shell": ('- run: if [ "${CIRCLE_BRANCH}" == "main" ]; then pytest; fi', "partial"),
    "only for tags, in the shell": ('- run: if [ -n "$CIRCLE_TAG" ]; then pytest; fi', "no"),
    "only with a pull request": ('- run: if [ -n "$CIRCLE_PULL_REQUEST" ]; then pytest; fi', "unknown"),
    "results alone": ("- store_test_results: {path: test-results}", "no"),
    "old deploy step": ("- deploy: {command: pytest}", "yes"),
    "a list is not expanded": ("- when: {condition: true, steps: [{run: pytest}]}", "yes"),
    "condition false": ("- when: {condition: false, steps: [{run: pytest}]}", "no"),
    "unless": ("- unless: {condition: false, steps: [{run: pytest}]}", "yes"),
    "not a step": ("- run:\n  name: x\n  command: pytest", "unknown"),
    "nobody knows the command": ("- nothing-here", "unknown"),
}


@pytest.mark.parametrize("trick", STEPS)
def test_steps(tmp_path: Path, trick: str) -> None:
    steps, answer = STEPS[trick]
    pipeline = read(tmp_path, {**CODE, ".circleci/config.yml": build(steps)})
    assert inventory.tests_on_change(pipeline) == answer


JOBS = {
    "only build runs": ("version: 2\njobs:\n" + TEST, "no", "na"),
    "no workflows": (build("- run: pytest") + "workflows:\n", "yes", "na"),
    "build on one branch": (build("- run: pytest") + "    branches: {only: [main]}\n", "partial", "na"),
    "workflow is no key": (BOTH + "workflow:\n  main:\n    jobs: [test, ship]\n", "no", "na"),
    "an anchor is no job": ("version: 2\nx: &t\n  steps: [{run: pytest}]\njobs: {}\n", "no", "na"),
    "an anchor that is used": (
        "version: 2\nx: &t\n  steps: [{run: pytest}]\njobs:\n  build:\n    <<: *t\n    docker: []\n", "yes", "na",
    ),
    "names and mappings": (flow("- test\n- ship: {context: prod}"), "yes", "no"),
    "requires": (flow(GATED), "yes", "yes"),
    "requires through another": (
        flow("- test\n- hold: {type: approval, requires: [test]}\n- ship: {requires: [hold]}"), "yes", "yes",
    ),
    "an approval is no test": (flow("- test\n- hold: {type: approval}\n- ship: {requires: [hold]}"), "yes", "no"),
    "tests behind an approval": (flow("- hold: {type: approval}\n- test: {requires: [hold]}"), "partial", "na"),
    "requires one that failed": (flow("- test\n- ship: {requires: [{test: failed}]}"), "yes", "na"),
    "requires whatever it came to": (flow("- test\n- ship: {requires: [{test: [success, failed]}]}"), "yes", "no"),
    "tests on main alone": (flow(f"- test: {{filters: {only('main')}}}"), "partial", "na"),
    "main ignored": (flow("- test: {filters: {branches: {ignore: main}}}"), "yes", "na"),
    "all ignored": (flow("- test: {filters: {branches: {ignore: /.*/}}}"), "no", "na"),
    "a pattern matches the whole name": (flow(f"- test: {{filters: {only('/ma/')}}}"), "partial", "na"),
    "all branches": (flow(f"- test: {{filters: {only('/.*/')}}}"), "yes", "na"),
    "all but main": (flow(f"- test: {{filters: {only('/^(?!main$).*/')}}}"), "yes", "na"),
    "feature branches": (flow(f"- test: {{filters: {only('/feature-.*/')}}}"), "partial", "na"),
    "ships from a branch without tests": (
        flow(f"- test: {{filters: {only('main')}}}\n- ship: {{filters: {only('production')}}}"), "partial", "no",
    ),
    "ships from a branch with tests": (flow("- test\n- ship: {requires: [test], filters: " + only("production") + "}"),
                                       "yes", "yes"),
    "release branches gated": (
        flow(f"- test: {{filters: {only('/release-.*/')}}}\n"
             f"- ship: {{requires: [test], filters: {only('/release-.*/')}}}"), "partial", "yes",
    ),
    "tag without a filter on the tests": (
        flow("- test\n- ship: {requires: [test], filters: {tags: {only: /v.*/}, branches: {ignore: /.*/}}}"),
        "yes", "na",
    ),
    "tag with a filter on the tests": (
        flow("- test: {filters: {tags: {only: /.*/}}}\n"
             "- ship: {requires: [test], filters: {tags: {only: /^v.*/}, branches: {ignore: /.*/}}}"), "yes", "yes",
    ),
    "tag alone": (flow("- test\n- ship: {filters: {tags: {only: /v.*/}, branches: {ignore: /.*/}}}"), "yes", "no"),
    "when false": (flow("- test", "when: false"), "no", "na"),
    "when a parameter": (
        flow("- test", "when: << pipeline.parameters.go >>",
             "version: 2.1\nparameters: {go: {type: boolean, default: true}}\njobs:\n" + TEST), "yes", "na",
    ),
    "when a parameter that is off": (
        flow("- test\n- ship", "when: << pipeline.parameters.go >>",
             "version: 2.1\nparameters: {go: {type: boolean, default: false}}\njobs:\n" + TEST + SHIP), "no", "no",
    ),
    "when by hand, gated": (
        flow("- test\n- ship: {requires: [test]}", "when: << pipeline.parameters.go >>",
             "version: 2.1\nparameters: {go: {type: boolean, default: false}}\njobs:\n" + TEST + SHIP), "no", "yes",
    ),
    "unless a parameter": (
        flow("- test", "unless: << pipeline.parameters.go >>",
             "version: 2.1\nparameters: {go: {type: boolean, default: false}}\njobs:\n" + TEST), "yes", "na",
    ),
    "when not main": (flow("- test", "when: {not: {equal: [main, << pipeline.git.branch >>]}}"), "yes", "na"),
    "when main": (flow("- test", "when: {equal: [main, << pipeline.git.branch >>]}"), "partial", "na"),
    "when and, or, matches": (
        flow("- test", "when:\n  and:\n    - or: [true, false]\n    - not:\n        matches:\n"
             "          {pattern: ^release, value: << pipeline.git.branch >>}"), "yes", "na",
    ),
    "when an expression": (
        flow("- test", 'when: pipeline.git.branch != "main" and not pipeline.git.branch starts-with "docs-"'),
        "yes", "na",
    ),
    "filter that is an expression": (
        flow("- test\n- ship: {requires: [test], filters: 'pipeline.git.branch == \"main\"'}"), "yes", "yes",
    ),
    "scheduled": (
        flow("- test", "triggers:\n  - schedule: {cron: '0 0 * * *', filters: {branches: {only: [main]}}}"), "no", "na",
    ),
    "scheduled pipeline": (
        flow("- test", "when: {equal: [scheduled_pipeline, << pipeline.trigger_source >>]}"), "no", "na",
    ),
    "not for the scheduled pipeline": (
        flow("- test", "unless: {equal: [scheduled_pipeline, << pipeline.trigger_source >>]}"), "yes", "na",
    ),
    "two workflows": (
        BOTH + "workflows:\n  a: {jobs: [test]}\n  b: {jobs: [ship]}\n", "yes", "no",
    ),
    "a job that nobody calls": (flow("- ship"), "no", "no"),
    "matrix": (
        ("version: 2.1\njobs:\n  test:\n    parameters: {cmd: {type: string}}\n    docker: []\n"
        "    steps: [{run: << parameters.cmd >>}]\nworkflows:\n  main:\n    jobs:\n"
        "      - test:\n          name: test-<< matrix.cmd >>\n"
        "          matrix: {parameters: {cmd: [pytest, mypy]}}\n"),
        "yes", "na",
    ),
    "requires all of a matrix": (
        "version: 2.1\njobs:\n  test:\n    parameters: {v: {type: string}}\n    docker: []\n"
        "    steps: [{run: pytest}]\n" + SHIP + "workflows:\n  main:\n    jobs:\n"
        "      - test: {matrix: {parameters: {v: ['1', '2']}}}\n      - ship: {requires: [test]}\n",
        "yes", "yes",
    ),
    "matrix with another value": (
        ("version: 2.1\njobs:\n  one:\n    parameters: {go: {type: boolean, default: false}}\n    docker: []\n"
        "    steps: [{when: {condition: << parameters.go >>, steps: [{run: pytest}]}}]\n"
        "workflows:\n  main:\n    jobs: [{one: {go: false}}]\n"), "no", "na",
    ),
    "steps before the deploy": (flow("- ship: {pre-steps: [{run: pytest}]}"), "yes", "yes"),
    "steps after the deploy": (flow("- ship: {post-steps: [{run: pytest}]}"), "yes", "no"),
    "deploys although tests fail": (
        build("- run: pytest\n- run: {command: vercel deploy --prod, when: always}"), "yes", "no",
    ),
    "deploys behind the tests": (build("- run: pytest\n- run: vercel deploy --prod"), "yes", "yes"),
    "deploys for main in the shell": (
        build('- run: pytest\n- run: |\n    if [ "${CIRCLE_BRANCH}" == "production" ]; then\n'
              "      vercel deploy --prod\n    fi"), "yes", "yes",
    ),
    "requires a job that is not there": (flow("- test\n- ship: {requires: [tests]}"), "yes", "no"),
    "another way to write the name": (flow("- test: {name: unit}\n- ship: {requires: [unit]}"), "yes", "yes"),
}  # fmt: skip


@pytest.mark.parametrize("trick", JOBS)
def test_workflows(tmp_path: Path, trick: str) -> None:
    text, answer, gate = JOBS[trick]
    pipeline = read(tmp_path, {**CODE, ".circleci/config.yml": text})
    assert (inventory.tests_on_change(pipeline), overall(gates(pipeline))) == (answer, gate)


PARTS = {
    "command": (
        build("- go", more="commands:\n  go:\n    steps: [{run: pytest}]\n"), "yes", "na",
    ),
    "command with a default": (
        build("- go", more="commands:\n  go:\n    parameters: {c: {type: string, default: pytest}}\n"
              "    steps: [{run: {command: << parameters.c >> -q}}]\n"), "yes", "na",
    ),
    "command with another value": (
        build("- go: {c: echo}", more="commands:\n  go:\n    parameters: {c: {type: string, default: pytest}}\n"
              "    steps: [{run: << parameters.c >>}]\n"), "no", "na",
    ),
    "steps as a parameter": (
        build("- go:\n    inner:\n      - run: pytest",
              more="commands:\n  go:\n    parameters: {inner: {type: steps, default: []}}\n"
              "    steps: [{steps: << parameters.inner >>}]\n"), "yes", "na",
    ),
    "a command that calls itself": (
        build("- go", more="commands:\n  go:\n    steps: [go]\n"), "unknown", "na",
    ),
    "version 2 has no parameters": (
        build("- run: << parameters.x >>", "2"), "no", "na",
    ),
    "executor's shell": (
        ("version: 2.1\nexecutors:\n  e:\n    docker: []\n    shell: /bin/bash\njobs:\n  build:\n    executor: e\n"
        '    steps: [{run: "pytest\\necho"}]\n'), "no", "na",
    ),
    "folder of the job": (
        ("version: 2.1\njobs:\n  build:\n    docker: []\n    working_directory: ~/repo/web\n"
        "    steps: [{checkout: {path: ~/repo}}, {run: npm test}]\n"), "yes", "na",
    ),
    "inline orb": (
        build("- my/go", more="orbs:\n  my:\n    commands:\n      go:\n        steps: [{run: pytest}]\n"), "yes", "na",
    ),
    "orb: node/test": (
        "version: 2.1\norbs: {node: circleci/node@5.1}\nworkflows:\n  main:\n    jobs:\n      - node/test\n",
        "yes", "na",
    ),
    "orb: node/test with a script that tests nothing": (
        ("version: 2.1\norbs: {node: circleci/node@5.1}\nworkflows:\n  main:\n    jobs:\n"
        "      - node/test: {run-command: check}\n"), "no", "na",
    ),
    "orb: node/test in a folder": (
        ("version: 2.1\norbs: {n: circleci/node@5.1}\nworkflows:\n  main:\n    jobs:\n"
        "      - n/test: {app-dir: ~/project/web, pkg-manager: yarn}\n"), "yes", "na",
    ),
    "orb: node/run": (
        ("version: 2.1\norbs: {node: circleci/node@5.1}\nworkflows:\n  main:\n    jobs:\n"
        "      - node/run: {yarn-run: test}\n"), "yes", "na",
    ),
    "orb: python/test gates heroku": (
        ("version: 2.1\norbs: {python: circleci/python@2, heroku: circleci/heroku@2}\nworkflows:\n  main:\n    jobs:\n"
        "      - python/test\n      - heroku/deploy-via-git: {requires: [python/test]}\n"), "yes", "yes",
    ),
    "orb: aws-ecs without tests": (
        ("version: 2.1\norbs: {aws-ecs: circleci/aws-ecs@3}\nworkflows:\n  main:\n    jobs:\n"
        "      - aws-ecs/deploy_service_update: {cluster: x}\n"), "no", "no",
    ),
    "orb: quiet": (
        build("- slack/notify: {template: test_failed}", more="orbs: {slack: circleci/slack@4}\n"), "no", "na",
    ),
    "orb: not known, tests by its name": (
        build("- x/run-tests", more="orbs: {x: acme/tools@1}\n"), "unknown", "na",
    ),
    "orb: not known, nothing of tests": (build("- x/install", more="orbs: {x: acme/tools@1}\n"), "no", "na"),
    "orb: cypress": (
        "version: 2.1\norbs: {cypress: cypress-io/cypress@3}\nworkflows:\n  main:\n    jobs:\n      - cypress/run\n",
        "yes", "na",
    ),
    "setup: made at run time": (
        build("- run: ./make.sh\n- continuation/continue: {configuration_path: made.yml}",
              more="setup: true\norbs: {continuation: circleci/continuation@1}\n"), "unknown", "na",
    ),
    "format 1.0": ("machine: {}\ntest: {override: [pytest]}\n", "unknown", "na"),
    "not valid": ("version: 2.1\njobs: [\n", "unknown", "na"),
    "no version": ("jobs:\n" + TEST, "unknown", "na"),
}  # fmt: skip


@pytest.mark.parametrize("trick", PARTS)
def test_parts(tmp_path: Path, trick: str) -> None:
    text, answer, gate = PARTS[trick]
    pipeline = read(tmp_path, {**CODE, ".circleci/config.yml": text})
    assert (inventory.tests_on_change(pipeline), overall(gates(pipeline))) == (answer, gate)


FILTERED = """\
version: 2.1
setup: true
orbs: {path-filtering: circleci/path-filtering@1}
workflows:
  all:
    jobs:
      - path-filtering/filter:
          config-path: .circleci/more.yml
          mapping: |
            MAPPING
"""
MORE = """\
version: 2.1
parameters:
  py: {type: boolean, default: false}
jobs:
  test:
    docker: []
    steps: [{run: pytest}]
workflows:
  main:
    when: << pipeline.parameters.py >>
    jobs: [test]
"""


@pytest.mark.parametrize(
    ("mapping", "answer"),
    [
        (".* py true", "yes"),
        ("(app|tests/.*)\\.py py true", "partial"),
        ("nothing py true", "no"),
        ("x.py py true .circleci/more.yml", "unknown"),
        ("<< pipeline.parameters.m >>", "unknown"),
    ],
)
def test_continued_by_changed_files(tmp_path: Path, mapping: str, answer: str) -> None:
    files = {**CODE, ".circleci/config.yml": FILTERED.replace("MAPPING", mapping), ".circleci/more.yml": MORE}
    pipeline = read(tmp_path, files)
    assert inventory.tests_on_change(pipeline) == answer
    assert all(leaf.path == ".circleci/more.yml" for leaf in pipeline.of(Kind.TEST))


def test_the_line_of_the_evidence_is_that_of_the_command(tmp_path: Path) -> None:
    text = build("- checkout\n- run:\n    name: x\n    command: |\n      echo\n      pytest -q")
    leaf = read(tmp_path, {**CODE, ".circleci/config.yml": text}).of(Kind.TEST)[0]
    assert (leaf.path, leaf.line) == (".circleci/config.yml", 1 + text[: text.index("pytest")].count("\n"))


def test_a_misspelt_key_is_named(tmp_path: Path) -> None:
    pipeline = read(tmp_path, {".circleci/config.yml": BOTH + "workflow:\n  main:\n    jobs: [test]\n"})
    assert ["`workflow:` is no key" in each.reason for each in pipeline.not_read] == [True]


def test_jobs_of_a_setup_are_not_those_it_goes_on_with(tmp_path: Path) -> None:
    setup = FILTERED.replace("MAPPING", ".* py true").replace("workflows:", "jobs:\n" + TEST + "workflows:")
    more = MORE.replace("pytest", "vercel deploy --prod")
    setup = setup.replace("    jobs:\n      - path", "    jobs:\n      - test\n      - path")
    pipeline = read(tmp_path, {**CODE, ".circleci/config.yml": setup, ".circleci/more.yml": more})
    assert (inventory.tests_on_change(pipeline), overall(gates(pipeline))) == ("yes", "no")


def test_a_long_row_of_jobs_is_no_endless_walk(tmp_path: Path) -> None:
    rows = "".join(f"      - test: {{name: t{n}, requires: [t{n + 1}]}}\n" for n in range(220))
    text = "version: 2.1\njobs:\n" + TEST + "workflows:\n  main:\n    jobs:\n" + rows + "      - test: {name: t220}\n"
    pipeline = read(tmp_path, {".circleci/config.yml": text})
    assert any("more than" in each.reason for each in pipeline.not_read)


def test_hostile_patterns_and_commands_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circleci_steps, "MAX_STEPS", 500)
    hostile = f"(a+)+{'(b|b)*' * 20}$"
    calls = "".join(f"  c{n}:\n    steps: [{', '.join([f'c{n + 1}'] * 9)}]\n" for n in range(9))
    text = f"version: 2.1\ncommands:\n{calls}  c9:\n    steps: [{{run: pytest}}]\njobs:\n  test:\n    docker: []\n"
    text += "    steps: [c0]\n"
    text += f"workflows:\n  main:\n    jobs: [{{test: {{filters: {{branches: {{only: '/{hostile}/'}}}}}}}}]\n"
    assert inventory.tests_on_change(read(tmp_path, {".circleci/config.yml": text})) in ("unknown", "partial")
