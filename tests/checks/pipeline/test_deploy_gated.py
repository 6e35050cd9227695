"""deploy-gated: nothing is deployed unless the tests passed first; deploy-from-pipeline: and by nobody's own login."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support import check_files

from shipworthy.model import Outcome, OutcomeKind

PASS, FAIL, UNKNOWN = OutcomeKind.PASS, OutcomeKind.FAIL, OutcomeKind.UNKNOWN
NEEDS_YOU, NA = OutcomeKind.NEEDS_YOU, OutcomeKind.NOT_APPLICABLE
CI, DEPLOY = ".github/workflows/ci.yml", ".github/workflows/deploy.yml"
CODE = {"app.py": "x = 1\n"}
TEST = "  test:\n    runs-on: x\n    steps: [{run: pytest}]\n"
PUSH = "on: {push: {branches: [main]}}\njobs:\n"
TAG = "on: {push: {tags: ['v*']}}\njobs:\n"


CALLS = (
    f"add a job that calls {CI} (`uses: ./{CI}`, with `workflow_call` among its triggers), and let job deploy need it."
)
SEND = "  send: {needs: test, runs-on: x, steps: [{run: npm publish}]}\n"


def job(*keys: str, run: str = "fly deploy") -> str:
    return "  deploy:\n" + "".join(f"    {key}\n" for key in keys) + f"    runs-on: x\n    steps: [{{run: {run}}}]\n"


def found(folder: Path, item: str, files: dict[str, str]) -> Outcome:
    return check_files(item, folder / "repo", {**CODE, **files})


@pytest.mark.parametrize(
    ("files", "kind", "summary"),
    [
        (
            {CI: PUSH + TEST + job("needs: test")},
            PASS,
            "1 deploy waits for tests: ci.yml:9 fly deploy <- needs test:3 <- ci.yml:5 pytest",
        ),
        ({CI: PUSH + TEST + job()}, FAIL, "ci.yml:8 waits for no test"),
        ({CI: PUSH + TEST + job("needs: test", "if: always()")}, FAIL, "ci.yml:10 waits for no test"),
        ({CI: "on: push\njobs:\n" + TEST, DEPLOY: PUSH + job()}, FAIL, "deploy.yml:5 waits for no test"),
        ({CI: PUSH + job()}, FAIL, "ci.yml:5 waits for no test"),
        ({CI: TAG + TEST + job()}, NEEDS_YOU, None),
        ({CI: "on: workflow_dispatch\njobs:\n" + TEST + job()}, NEEDS_YOU, None),
        ({CI: TAG + TEST + job("needs: test")}, PASS, None),
        ({CI: "on: {schedule: [{cron: '0 1 * * *'}]}\njobs:\n" + job()}, FAIL, None),
        ({CI: PUSH + TEST + job("needs: test"), DEPLOY: TAG + job()}, NEEDS_YOU, None),
        ({CI: PUSH + TEST + job(), DEPLOY: TAG + job()}, FAIL, None),
        ({CI: PUSH + TEST.replace("pytest", "pytest, if: vars.T") + job("needs: test")}, UNKNOWN, None),
        ({CI: PUSH + "  test:\n    uses: o/r/.github/workflows/t.yml@v1\n" + job("needs: test")}, UNKNOWN, None),
        ({CI: PUSH + TEST + job("needs: test"), DEPLOY: PUSH + "  a: {uses: o/r/.github/workflows/cd.yml@v1}\n"},
         UNKNOWN, None),
        ({CI: PUSH + TEST + job("needs: test"), DEPLOY: PUSH + "  a: {uses: o/r/.github/workflows/lint.yml@v1}\n"},
         PASS, None),
        ({CI: PUSH + TEST + job("needs: test"), DEPLOY: PUSH + "  a: {uses: o/r/.github/workflows/review-app.yml@1}\n"},
         UNKNOWN, None),
        ({CI: PUSH + TEST + job("needs: test"), DEPLOY: PUSH + "  a: {uses: o/r/.github/workflows/pinned.yml@v1}\n"},
         PASS, None),
        ({CI: PUSH + TEST + job("needs: test"), DEPLOY: "jobs: ["}, UNKNOWN, None),
        ({CI: PUSH + TEST + job("needs: test"), ".semaphore/semaphore.yml": "a: 1\n"}, UNKNOWN, None),
        ({CI: "on: pull_request\njobs:\n" + job()}, UNKNOWN, None),
        ({CI: "on: pull_request\njobs:\n" + job("environment: preview")}, PASS, None),
        ({CI: PUSH + TEST}, NEEDS_YOU, "no deploy found: say where it starts"),
        ({}, NEEDS_YOU, None),
        ({"vercel.json": "{}"}, NEEDS_YOU, None),
        ({"vercel.json": "{}", CI: PUSH + TEST + job("needs: test", run="vercel --prod")}, PASS, None),
        ({"vercel.json": "{}", CI: PUSH + TEST + job("needs: test")}, NEEDS_YOU, None),
        ({"render.yaml": "services: [{autoDeployTrigger: commit}]\n", CI: PUSH + TEST}, FAIL, None),
        ({"render.yaml": "services: [{autoDeployTrigger: checksPass}]\n", CI: PUSH + TEST}, PASS, None),
        ({"render.yaml": "services: [{autoDeployTrigger: checksPass}]\n"}, UNKNOWN, None),
    ],
)  # fmt: skip
def test_gated(tmp_path: Path, files: dict[str, str], kind: OutcomeKind, summary: str | None) -> None:
    outcome = found(tmp_path, "deploy-gated", files)
    assert outcome.kind is kind, outcome
    assert summary is None or outcome.summary == summary


def test_no_code_is_not_applicable(tmp_path: Path) -> None:
    for item in ("deploy-gated", "deploy-from-pipeline"):
        assert check_files(item, tmp_path / item, {"README.md": "x\n"}).kind is NA


@pytest.mark.parametrize(
    ("files", "place", "remedy"),
    [
        ({CI: PUSH + TEST + job()}, f"{CI}:8", f"In {CI}, let job deploy need job test (`needs: [test]`)."),
        (
            {CI: PUSH + TEST + job("needs: test", "if: always()")},
            f"{CI}:10",
            f"In {CI}, let job deploy need job test (`needs: [test]`) and no condition that runs it anyway.",
        ),
        (
            {CI: "on: push\njobs:\n" + TEST, DEPLOY: PUSH + job()},
            f"{DEPLOY}:5",
            f"In {DEPLOY}, {CALLS}",
        ),
        (  # A workflow that publishes is none to call for its tests.
            {".github/workflows/a.yml": PUSH + TEST + SEND, CI: "on: push\njobs:\n" + TEST, DEPLOY: PUSH + job()},
            f"{DEPLOY}:5",
            f"In {DEPLOY}, {CALLS}",
        ),
        (
            {".github/workflows/a.yml": PUSH + TEST + SEND, DEPLOY: PUSH + job()},
            f"{DEPLOY}:5",
            f"In {DEPLOY}, run the tests of a.yml:5 in a job or stage before deploy.",
        ),
        (  # Nor is a file of another system.
            {".travis.yml": "language: python\nscript: pytest\n", DEPLOY: PUSH + job()},
            f"{DEPLOY}:5",
            f"In {DEPLOY}, run the tests of .travis.yml:2 in a job or stage before deploy.",
        ),
    ],
)
def test_the_remedy_names_file_and_job(tmp_path: Path, files: dict[str, str], place: str, remedy: str) -> None:
    (finding,) = found(tmp_path, "deploy-gated", files).findings
    assert (str(finding.location), finding.remedy) == (place, remedy)


@pytest.mark.parametrize(
    ("on", "keys", "message"),
    [
        ("{push: {tags: ['v*']}}", [], "starts when a tag is pushed, and tags can be cut from any commit:"),
        ("release", [], "starts when a release is made, and releases can be cut from any commit:"),
        ("workflow_dispatch", [], "starts by hand, whether or not the commit passed its tests:"),
        (
            "{push: {branches: [main]}}",
            [],
            "starts by itself (on every push to the main branch) without passing tests:",
        ),
        (
            "{push: {branches: [main]}}",
            ["if: contains(github.event.head_commit.message, 'release')"],
            "starts by itself (on a push to the main branch that asks for it) without passing tests:",
        ),
        (
            "push",
            ["if: startsWith(github.ref, 'refs/heads/live/')"],
            "starts by itself (on a push to a branch with such a name) without passing tests:",
        ),
    ],
    ids=["tag", "release", "by-hand", "landing", "message", "branch"],
)
def test_the_message_says_how_it_starts(tmp_path: Path, on: str, keys: list[str], message: str) -> None:
    (finding,) = found(tmp_path, "deploy-gated", {CI: f"on: {on}\njobs:\n{TEST}{job(*keys)}"}).findings
    assert f"`fly deploy` {message}" in finding.message


@pytest.mark.parametrize(
    "text",
    [
        PUSH + "  a: {needs: a, runs-on: x, steps: [{run: pytest}, {run: fly deploy}]}\n" + TEST,
        PUSH
        + "  a: {needs: b, runs-on: x, steps: [{run: pytest}]}\n"
        + "  b: {needs: a, runs-on: x, steps: [{run: fly deploy}]}\n",
        PUSH
        + "  'a/b': {runs-on: x, steps: [{run: pytest}]}\n"
        + "  a: {needs: 'a/b', if: always(), runs-on: x, steps: [{run: fly deploy}]}\n",
        PUSH + TEST + job("needs: test", "if: " + "(" * 200 + "always()" + ")" * 200),
    ],
    ids=["itself", "circle", "slash", "deep"],
)
def test_hostile_workflows_never_pass(tmp_path: Path, text: str) -> None:
    assert found(tmp_path, "deploy-gated", {CI: text}).kind in (FAIL, UNKNOWN, NEEDS_YOU)


@pytest.mark.parametrize(
    ("files", "kind", "rules"),
    [
        ({CI: PUSH + TEST + job("needs: test")}, NEEDS_YOU, ["who"]),
        ({"vercel.json": "{}"}, NEEDS_YOU, ["who"]),
        ({}, NEEDS_YOU, ["who"]),
        ({"package.json": '{"scripts": {"deploy": "vercel --prod"}}'}, FAIL, ["by-hand"]),
        ({"deploy.sh": "ssh u@h 'cd a && git pull'\n"}, FAIL, ["pulled-on-the-server"]),
        ({"deploy.sh": "ssh u@h 'cd a && git pull'\n", CI: PUSH + job()}, NEEDS_YOU, ["pulled-on-the-server"]),
        ({"deploy.sh": "rsync -a . u@h:/a\n", CI: PUSH + job(run="./deploy.sh")}, NEEDS_YOU, ["who"]),
        ({CI: PUSH + job(run="ssh u@h 'cd a && git pull'")}, NEEDS_YOU, ["pulled-on-the-server"]),
        ({CI: "jobs: ["}, UNKNOWN, ["not-valid"]),
        ({"package.json": '{"scripts": {"deploy": "vercel"}}', CI: "jobs: ["}, UNKNOWN, ["by-hand", "not-valid"]),
    ],
)
def test_from_the_pipeline(tmp_path: Path, files: dict[str, str], kind: OutcomeKind, rules: list[str]) -> None:
    outcome = found(tmp_path, "deploy-from-pipeline", files)
    assert (outcome.kind, [each.rule.partition("/")[2] for each in outcome.findings]) == (kind, rules)
