"""The fix for deploys that wait for no test, and for tests whose failure is hidden: exact lines, judged again."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fixes.fixing import applied, changed, contents, refusal, state
from tests.support import make_repo

from shipworthy.fixes.undo import undo

CI = ".github/workflows/ci.yml"
LAB = ".gitlab-ci.yml"
CODE = {"app.py": "x = 1\n"}
PUSH = "on: {push: {branches: [main]}}\njobs:\n"
TEST = "  test:\n    runs-on: x\n    steps:\n      - run: pytest\n"
DEPLOYS = "    runs-on: x\n    steps:\n      - run: fly deploy\n"
BUILD = "  build:\n    runs-on: x\n    steps:\n      - run: tar c .\n"
ON_LAB = (
    "stages: [build, test, deploy]\nbuild:\n  stage: build\n  script: tar c .\ntest:\n  stage: test\n  script: pytest\n"
)


def job(*lines: str) -> str:
    return "  deploy:\n" + "".join(f"    {line}\n" for line in lines) + DEPLOYS


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (CI, PUSH + TEST + job(), PUSH + TEST + job("needs: [test]")),
        (CI, PUSH + TEST + BUILD + job("needs: build  # x"), PUSH + TEST + BUILD + job("needs: [build, test]  # x")),
        (CI, PUSH + TEST + BUILD + job("needs: [build]"), PUSH + TEST + BUILD + job("needs: [build, test]")),
        (CI, PUSH + TEST + job("needs: []"), PUSH + TEST + job("needs: [test]")),
        (
            CI,
            PUSH + TEST + BUILD + job("needs:", "  - build"),
            PUSH + TEST + BUILD + job("needs:", "  - build", "  - test"),
        ),
        (CI, (PUSH + TEST + job()).replace("\n", "\r\n"), (PUSH + TEST + job("needs: [test]")).replace("\n", "\r\n")),
        (CI, (PUSH + job() + TEST).rstrip("\n"), (PUSH + job("needs: [test]") + TEST).rstrip("\n")),
        (
            CI,
            PUSH + TEST.replace("pytest", "pytest || true") + job("needs: test"),
            PUSH + TEST + job("needs: test"),
        ),
        (
            CI,
            PUSH + TEST.replace("    steps", "    continue-on-error: true\n    steps") + job("needs: test"),
            PUSH + TEST + job("needs: test"),
        ),
        (
            LAB,
            ON_LAB + "deploy:\n  stage: deploy\n  needs: [build]\n  script: fly deploy\n",
            ON_LAB + "deploy:\n  stage: deploy\n  needs: [build, test]\n  script: fly deploy\n",
        ),
    ],
)
def test_the_hole_is_closed(tmp_path: Path, path: str, text: str, expected: str) -> None:
    root = make_repo(tmp_path / "app", {**CODE, path: text.encode()})
    before = contents(root)
    _, outcome = applied("deploy-gated", root)
    assert {name: new for name, (_, new) in changed(before, root).items()} == {path: expected.encode()}
    assert outcome.kind == "pass", outcome.findings
    undo(root, state(root))
    assert not changed(before, root)


@pytest.mark.parametrize(
    ("path", "text", "why"),
    [
        (CI, PUSH + job(), "no job of the file surely runs the tests"),
        (CI, PUSH + TEST + job("if: always()"), "starts whatever the jobs it needs say"),
        (CI, PUSH + TEST.replace("  test:", "  test:\n    needs: deploy") + job(), "no job of the file surely"),
        (CI, PUSH + TEST.replace("  test:", "  test:\n    if: vars.T") + job(), "no job of the file surely"),
        (CI, PUSH + TEST + "  deploy: {runs-on: x, steps: [{run: fly deploy}]}\n", "no machine changes"),
        (LAB, ON_LAB.replace("test, deploy", "deploy, test") + "deploy:\n  stage: deploy\n  script: fly deploy\n",
         "no job of the file surely"),
        (CI, PUSH + TEST.replace("pytest", "pytest || notify") + job("needs: test"), ""),
    ],
)  # fmt: skip
def test_left_to_a_person(tmp_path: Path, path: str, text: str, why: str) -> None:
    assert why in refusal("deploy-gated", make_repo(tmp_path / "app", {**CODE, path: text}))


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({CI: "on: [push, pull_request]\njobs:\n" + TEST.replace("pytest", "pytest -q || true")},
         {CI: "on: [push, pull_request]\njobs:\n" + TEST.replace("pytest", "pytest -q")}),
        ({CI: "on: [push, pull_request]\njobs:\n" + TEST + "        continue-on-error: true\n"},
         {CI: "on: [push, pull_request]\njobs:\n" + TEST}),
        ({CI: "on: [push, pull_request]\njobs:\n" + TEST.replace("pytest", "make t"),
          "Makefile": "t:\n\tpytest || true\n"},
         {"Makefile": "t:\n\tpytest\n"}),
        ({CI: "on: [push, pull_request]\njobs:\n" + TEST.replace("pytest", "npm test"),
          "package.json": '{\n"scripts": {\n"test": "vitest run || true"\n}}\n'},
         {"package.json": '{\n"scripts": {\n"test": "vitest run"\n}}\n'}),
    ],
)  # fmt: skip
def test_a_failure_counts_again(tmp_path: Path, files: dict[str, str], expected: dict[str, str]) -> None:
    root = make_repo(tmp_path / "app", {**CODE, **files})
    before = contents(root)
    _, outcome = applied("ci-runs-tests", root)
    assert {name: new for name, (_, new) in changed(before, root).items()} == {
        k: v.encode() for k, v in expected.items()
    }
    assert outcome.kind == "pass", outcome.findings
