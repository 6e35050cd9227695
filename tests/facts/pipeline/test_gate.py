"""Whether a deploy waits for tests: one row a trick, each answer read from the code host's documentation."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.pipeline.pipeline_reading import read

from shipworthy.facts.pipeline.gate import Gate, gates, overall

CI, DEPLOY, CALLED = ".github/workflows/ci.yml", ".github/workflows/d.yml", ".github/workflows/called.yml"
PUSH = "on: {push: {branches: [main]}}\njobs:\n"
BY_HAND = "on: workflow_dispatch\njobs:\n"
TEST = "  test:\n    runs-on: x\n    steps: [{run: pytest}]\n"
MAYBE = TEST.replace("pytest", "pytest, if: vars.T")
CALLS = "  ci: {uses: ./.github/workflows/called.yml}\n"
MATRIX = "    strategy: {matrix: {include: [{x: a}, {x: b}]}}\n"


def job(*keys: str, name: str = "deploy", run: str = "fly deploy") -> str:
    return f"  {name}:\n" + "".join(f"    {key}\n" for key in keys) + f"    runs-on: x\n    steps: [{{run: {run}}}]\n"


def steps(*given: str, job: str = "") -> str:
    return f"  deploy:\n{job}    runs-on: x\n    steps:\n" + "".join(f"      - {each}\n" for each in given)


def needing(condition: str) -> str:
    return PUSH + TEST + job("needs: test", f'if: "{condition}"')


def collecting(*step: str, job_keys: str = "    needs: [test, other]\n    if: always()\n") -> str:
    rows = "".join(f"      - {each}\n" for each in step)
    other = job(name="other", run="tar c .")
    waiting = job("needs: all", "if: \"!cancelled() && needs.all.result == 'success'\"")
    return PUSH + TEST + other + "  all:\n" + job_keys + "    runs-on: x\n    steps:\n" + rows + waiting


TRICKS = [
    # Conditions of a job that needs the tests.
    (needing("github.ref == 'refs/heads/main'"), "yes"),
    (needing("success()"), "yes"),
    (needing("always()"), "no"),
    (needing("!cancelled()"), "no"),
    (needing("failure() || success()"), "no"),
    (needing("!failure()"), "yes"),
    (needing("!failure() && !cancelled()"), "yes"),
    (needing("always() && needs.test.result == 'success'"), "yes"),
    (needing("always() && needs.test.result != 'failure'"), "yes"),
    (needing("always() && (needs.test.result == 'success' || needs.test.result == 'skipped')"), "yes"),
    (needing("always() && (needs.test.result == 'success' || needs.test.result == 'failure')"), "no"),
    (needing("always() && !contains(needs.*.result, 'failure')"), "yes"),
    (needing("always() && contains(needs.*.result, 'success')"), "yes"),
    (needing("${{ always() }} && needs.test.result == 'success'"), "unknown"),
    # Tests that may be skipped.
    (PUSH + job("if: vars.T", name="test", run="pytest") + job("needs: test"), "yes"),
    (PUSH + job("if: vars.T", name="test", run="pytest") + job("needs: test", 'if: "!failure()"'), "unknown"),
    (
        PUSH + job("if: vars.T", name="test", run="pytest")
        + job("needs: test", 'if: "always() && needs.test.result != \'failure\'"'),
        "unknown",
    ),
    (
        PUSH + job("if: vars.T", name="test", run="pytest")
        + job("needs: test", 'if: "always() && needs.test.result == \'success\'"'),
        "yes",
    ),
    (PUSH + MAYBE + job("needs: test"), "unknown"),
    (PUSH + MAYBE + job("needs: test", "if: vars.T"), "yes"),
    (PUSH + MAYBE.replace("runs-on", "if: vars.T\n    runs-on") + job("needs: test"), "yes"),
    (PUSH + "  test:\n    if: false\n    runs-on: x\n    steps: [{run: pytest}]\n" + job("needs: test"), "na"),
    (BY_HAND + MAYBE.replace("vars.T", "'!inputs.skip'") + job("needs: test"), "unknown"),
    # The way over other jobs.
    (PUSH + TEST + job("needs: test", name="b", run="tar c .") + job("needs: b"), "yes"),
    # A failure goes on along the whole chain, also past a job that ran all the same.
    (PUSH + TEST + job("needs: test", "if: always()", name="b", run="tar c .") + job("needs: b"), "yes"),
    (PUSH + TEST + job("needs: test", "if: always()", name="b", run="tar c .") + job("needs: b", "if: success()"),
     "yes"),
    (PUSH + TEST + job("needs: test", "if: always()", name="b", run="tar c .") + job("needs: b", "if: always()"), "no"),
    (
        PUSH + TEST + job("needs: test", "if: always()", name="b", run="tar c .")
        + job("needs: b", 'if: "!cancelled() && needs.b.result == \'success\'"'),
        "no",
    ),
    (
        PUSH + TEST + job("needs: test", "if: always()", name="b", run="tar c .")
        + job("needs: b", name="c", run="tar c .") + job("needs: c", "if: '!failure()'"),
        "yes",
    ),
    (
        PUSH + TEST + job("needs: test", "if: always()", name="b", run="tar c .")
        + job("needs: b", name="c", run="tar c .") + job("needs: c", "if: '!cancelled()'"),
        "no",
    ),
    (
        PUSH + TEST + job("needs: test", name="b", run="tar c .")
        + job("needs: b", 'if: "always() && needs.b.result == \'success\'"'),
        "yes",
    ),
    (PUSH + TEST + job("needs: test", name="b", run="tar c .") + job("needs: b", 'if: "!failure()"'), "yes"),
    (PUSH + TEST + job("needs: [b]") + job(name="b", run="tar c ."), "no"),
    (PUSH + TEST + job("needs: [deploy]", name="x", run="tar c .") + job("needs: [x]"), "na"),
    (PUSH + job("continue-on-error: true", name="test", run="pytest") + job("needs: test"), "no"),
    (PUSH + job("continue-on-error: '${{ vars.X }}'", name="test", run="pytest") + job("needs: test"), "unknown"),
    (PUSH + job(name="test", run="curl --fail localhost") + job("needs: test"), "no"),
    (PUSH + job(name="test", run="ruff check") + job("needs: test"), "no"),
    # Steps of the same job.
    (PUSH + steps("run: pytest", "run: fly deploy"), "yes"),
    (PUSH + steps("run: fly deploy", "run: pytest"), "no"),
    (PUSH + steps("run: pytest && fly deploy"), "yes"),
    (PUSH + steps("run: fly deploy && pytest"), "no"),
    (PUSH + steps("run: pytest; fly deploy"), "yes"),
    (PUSH + steps("{run: pytest; fly deploy, shell: 'bash {0}'}"), "no"),
    (PUSH + steps("{run: pytest, continue-on-error: true}", "run: fly deploy"), "no"),
    (PUSH + steps("run: pytest", "{run: fly deploy, if: always()}"), "no"),
    (PUSH + steps("run: pytest", "{run: fly deploy, if: success()}"), "yes"),
    (PUSH + steps("run: pytest", "{run: fly deploy, if: '!cancelled()'}"), "no"),
    (PUSH + steps("{run: pytest, if: vars.T}", "run: fly deploy"), "unknown"),
    (PUSH + steps("{run: pytest, if: vars.T}", "{run: fly deploy, if: vars.T}"), "yes"),
    (PUSH + steps("{run: pytest, if: vars.T}", "{run: fly deploy, if: vars.D}"), "unknown"),
    (PUSH + steps("{run: pytest, if: vars.T}", "{run: fly deploy, if: vars.T && vars.D}"), "unknown"),
    (PUSH + steps("run: if [ \"$A\" ]; then pytest; fly deploy; fi"), "yes"),
    (PUSH + steps("run: if [ \"$A\" ]; then pytest; else fly deploy; fi"), "unknown"),
    (PUSH + steps("run: if [ \"$A\" ]; then pytest; fi; A=$(x); if [ \"$A\" ]; then fly deploy; fi"), "unknown"),
    (PUSH + steps("run: '[ $A ] || exit 0; pytest'", "run: '[ $B ] || exit 0; fly deploy'"), "unknown"),
    (PUSH + steps("run: '[ $A ] || exit 0; pytest; fly deploy'"), "yes"),
    (PUSH + steps("run: ./test.sh", "run: fly deploy"), "unknown"),
    (PUSH + steps("run: fly deploy", "run: ./test.sh"), "no"),
    (PUSH + steps("{id: t, run: pytest, continue-on-error: true}",
                  "{run: fly deploy, if: steps.t.conclusion == 'success'}"), "no"),
    # Matrices.
    (PUSH + steps("run: pytest", "run: fly deploy", job=MATRIX), "yes"),
    (PUSH + steps("{run: pytest, if: matrix.x == 'a'}", "run: fly deploy", job=MATRIX), "no"),
    (
        PUSH
        + steps("{run: pytest, if: matrix.x == 'a'}", "{run: fly deploy, if: matrix.x == 'b'}", job=MATRIX),
        "no",
    ),
    (
        PUSH
        + steps("{run: pytest, if: matrix.x == 'a'}", "{run: fly deploy, if: matrix.x == 'a'}", job=MATRIX),
        "yes",
    ),
    (PUSH + job(MATRIX.strip(), name="test", run="pytest, if: matrix.x == 'a'") + job("needs: test"), "yes"),
    # Ways it starts.
    (
        "on: {push: {branches: [main]}, workflow_dispatch: }\njobs:\n"
        + job("if: github.event_name == 'push'", name="test", run="pytest") + job("needs: test"),
        "yes",
    ),
    (
        "on: {push: {branches: [main]}, workflow_dispatch: }\njobs:\n"
        + job("if: github.event_name == 'push'", name="test", run="pytest")
        + job("needs: test", "if: '!failure()'"),
        "partial",
    ),
    (
        "on: [push, pull_request]\njobs:\n" + job("if: github.event_name == 'push'", name="test", run="pytest")
        + job("needs: test"),
        "yes",
    ),
    (
        "on: [push, pull_request]\njobs:\n" + TEST
        + job("if: github.event_name == 'pull_request'", name="preview") + job("needs: test"),
        "yes",
    ),
    (
        "on: {push: {branches: [main]}, pull_request: }\njobs:\n" + TEST
        + job("if: github.event_name == 'pull_request'", name="preview")
        + job("needs: test", "if: github.event_name == 'push'"),
        "yes",
    ),
    ("on: {pull_request: {types: [closed]}}\njobs:\n" + job("if: github.event.pull_request.merged == true"), "no"),
    (PUSH + TEST + job("needs: test", "environment: production"), "yes"),
    (PUSH + TEST + job("environment: production"), "no"),
    # Jobs that collect the results of others.
    (collecting("{run: exit 1, if: \"contains(needs.*.result, 'failure')\"}"), "yes"),
    (collecting("{run: exit 1, if: \"needs.test.result != 'success'\"}"), "yes"),
    (collecting("{run: exit 1, if: \"needs.other.result != 'success'\"}"), "unknown"),
    (collecting("{run: exit 1, if: \"needs.test.result == 'success'\"}"), "unknown"),
    (collecting("{run: exit 0, if: \"contains(needs.*.result, 'failure')\"}"), "unknown"),
    (collecting("{run: exit 1, continue-on-error: true, if: \"contains(needs.*.result, 'failure')\"}"), "unknown"),
    (collecting("run: '[ \"${{ needs.test.result }}\" = success ] || exit 1'"), "yes"),
    (collecting("run: 'if [[ \"${{ needs.test.result }}\" != \"success\" ]]; then exit 1; fi'"), "yes"),
    (collecting("run: 'if [[ \"${{ needs.test.result }}\" == \"failure\" ]]; then exit 1; fi'"), "yes"),
    (collecting("{env: {R: '${{ needs.test.result }}'}, run: 'if [ \"$R\" != success ]; then exit 1; fi'}"), "yes"),
    (collecting("run: 'echo ${{ needs.test.result }}'"), "unknown"),
    (collecting("run: 'echo ${{ needs.test.result }} # done'"), "unknown"),
    (collecting("run: echo done"), "no"),
    (collecting("{uses: re-actors/alls-green@release/v1, with: {jobs: '${{ toJSON(needs) }}'}}"), "yes"),
    (collecting("{uses: re-actors/alls-green@v1, with: {jobs: '${{ toJSON(needs) }}', allowed-failures: test}}"),
     "unknown"),
    (collecting("{uses: re-actors/alls-green@v1, with: {jobs: '${{ toJSON(needs) }}', allowed-skips: test}}"),
     "yes"),
]  # fmt: skip


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> list[Gate]:
    """Every row as a workflow of its own, read in one go."""
    files = {f".github/workflows/w{row}.yml": text for row, (text, _) in enumerate(TRICKS)}
    return gates(read(tmp_path_factory.mktemp("gates"), files))


@pytest.mark.parametrize(("row", "answer"), list(enumerate(answer for _, answer in TRICKS)))
def test_tricks(once: list[Gate], row: int, answer: str) -> None:
    found = [gate for gate in once if gate.leaf.workflow.endswith(f"/w{row}.yml")]
    assert overall(found) == answer, TRICKS[row][0]


CALLED_TEST = "on: workflow_call\njobs:\n" + TEST
CALLED_MAYBE = "on: workflow_call\njobs:\n  test: {runs-on: x, if: vars.T, steps: [{run: pytest}]}\n"
CALLED_DEPLOY = "on: workflow_call\njobs:\n" + job()


@pytest.mark.parametrize(
    ("text", "called", "answer"),
    [
        (PUSH + CALLS + job("needs: ci"), CALLED_TEST, "yes"),
        (PUSH + CALLS + job(), CALLED_TEST, "no"),
        (PUSH + CALLS + job("needs: ci", "if: always()"), CALLED_TEST, "no"),
        (PUSH + CALLS + job("needs: ci"), CALLED_MAYBE, "unknown"),
        (PUSH + CALLS.replace("}", ", if: vars.T}") + job("needs: ci"), CALLED_TEST, "yes"),
        (PUSH + TEST + CALLS.replace("}", ", needs: test}"), CALLED_DEPLOY, "yes"),
        (PUSH + TEST + CALLS.replace("}", ", needs: test, if: always()}"), CALLED_DEPLOY, "no"),
        (PUSH + CALLS, CALLED_TEST + job("needs: test"), "yes"),
        (PUSH + CALLS, CALLED_TEST + job(), "no"),
        (PUSH + CALLS.replace("./.github/workflows/called.yml", "o/r/.github/workflows/t.yml@v1") + job("needs: ci"),
         CALLED_TEST, "unknown"),
        (PUSH + CALLS.replace("./.github/workflows/called.yml", "o/r/.github/workflows/t.yml@v1") + job(),
         CALLED_TEST, "no"),
    ],
)  # fmt: skip
def test_called_workflows(tmp_path: Path, text: str, called: str, answer: str) -> None:
    assert overall(gates(read(tmp_path, {CI: text, CALLED: called}))) == answer


AFTER = "on: {workflow_run: {workflows: [CI], types: [completed]}}\njobs:\n"
ASKED = "if: \"github.event.workflow_run.conclusion == 'success'\""


@pytest.mark.parametrize(
    ("ci", "deploys", "answer"),
    [
        (TEST, AFTER + job(ASKED), "yes"),
        (TEST, AFTER + job(), "no"),
        (TEST, AFTER + job(ASKED.replace("==", "!=")), "no"),
        (TEST, AFTER + job(ASKED.replace("== 'success'", "!= 'failure'")), "no"),
        (TEST, AFTER + job('if: "github.event.workflow_run.conclusion == \'success\' || vars.X"'), "no"),
        (TEST, AFTER + job('if: "github.event.workflow_run.conclusion == \'success\' && vars.X"'), "yes"),
        (TEST, AFTER + job(ASKED, name="b", run="tar c .") + job("needs: b"), "yes"),
        (TEST, AFTER + job(ASKED, name="b", run="tar c .") + job("needs: b", "if: always()"), "no"),
        (TEST, AFTER + steps("{run: fly deploy, " + ASKED + "}"), "yes"),
        (job(name="test", run="ruff check"), AFTER + job(ASKED), "no"),
        (job(name="test", run="pytest || true"), AFTER + job(ASKED), "no"),
        (job("if: vars.T", name="test", run="pytest"), AFTER + job(ASKED), "unknown"),
        (job("if: github.event_name == 'pull_request'", name="test", run="pytest") + job(name="b", run="tar c ."),
         AFTER + job(ASKED), "no"),
        (job("if: github.event_name == 'push'", name="test", run="pytest") + job(name="b", run="tar c ."),
         AFTER + job(ASKED[:-1] + " && github.event.workflow_run.event == 'push'\""), "yes"),
        (TEST, AFTER.replace("[CI]", "[CI, Lint]") + job(ASKED), "no"),
        (TEST, AFTER.replace("[CI]", "[Other]") + job(ASKED), "no"),
    ],
)  # fmt: skip
def test_after_another_workflow(tmp_path: Path, ci: str, deploys: str, answer: str) -> None:
    files = {
        CI: "name: CI\non: [push, pull_request]\njobs:\n" + ci,
        DEPLOY: deploys,
        ".github/workflows/lint.yml": "name: Lint\non: push\njobs:\n" + job(name="x", run="tar c ."),
    }
    assert overall(gates(read(tmp_path, files))) == answer


@pytest.mark.parametrize(
    ("text", "proof"),
    [
        (
            PUSH + TEST + job("needs: test", name="build", run="tar c .") + job("needs: build"),
            "ci.yml:13 fly deploy <- needs build:6 <- test:3 <- ci.yml:5 pytest",
        ),
        (
            PUSH + TEST + job(name="pre", run="tar c .") + job("needs: pre", name="build", run="tar c .")
            + job("needs: build"),
            "ci.yml:16 fly deploy <- needs build:9 <- pre:6; no test step on any path (tests: ci.yml:5)",
        ),
        (PUSH + job(), "ci.yml:5 fly deploy; no test step on any path, and none anywhere"),
        (
            PUSH + TEST + job("needs: test", "if: always()"),
            ("ci.yml:10 fly deploy <- needs test:3; `pytest` at ci.yml:5 does not hold it: "
             "it starts although job test failed"),
        ),
        (PUSH + steps("run: pytest", "run: fly deploy"), "ci.yml:7 fly deploy <- ci.yml:6 pytest"),
        (
            PUSH + steps("run: pytest || true", "run: fly deploy"),
            "ci.yml:7 fly deploy; `pytest` at ci.yml:6 does not hold it: `|| true` hides its failure",
        ),
    ],
)  # fmt: skip
def test_the_line_that_says_why(tmp_path: Path, text: str, proof: str) -> None:
    assert [gate.proof for gate in gates(read(tmp_path, {CI: text}))] == [proof]
