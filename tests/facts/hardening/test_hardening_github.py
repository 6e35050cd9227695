"""Weak places of GitHub workflows and actions: one row a trick, the answer as the code host's manual has it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.hardening.hardening_reading import CI, PIN, READ, read, steps, told

TITLE = "${{ github.event.issue.title }}"
RUN = "{workflow_run: {workflows: [%s]}}"
HEAD = "${{ github.event.pull_request.head.sha }}"
CHECKOUT = f"{{uses: actions/checkout@{PIN} # v4.2.2\n         , with: {{ref: '{HEAD}'}}}}"
AFTER = CHECKOUT.replace("pull_request.head.sha", "workflow_run.head_sha")
TARGET = "pull_request_target"
NEW = "# v1.2"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (steps(f"uses: acme/a@{PIN} {NEW}", "run: make"), []),
        (steps("uses: acme/a@v1"), ["unpinned-action danger 7"]),
        (steps("uses: acme/a@v1", "uses: acme/a@v1", "uses: acme/b/c@main"),
         ["unpinned-action danger 7,8", "unpinned-action danger 9"]),
        (steps("uses: acme/a@abc1234"), ["unpinned-action danger 7"]),
        (steps("uses: acme/a"), ["unpinned-action danger 7"]),
        (steps("uses: actions/checkout@v4", "uses: github/codeql-action/init@v3"), ["own-by-tag remark 7,8"]),
        (steps(f"uses: acme/a@{PIN}"), ["no-version-comment remark 7"]),
        (steps("uses: docker://alpine:3.20"), ["unpinned-action weak 7"]),
        (steps(f"uses: docker://alpine@sha256:{'a' * 64}"), []),
        (steps("uses: ./.github/actions/gone"), []),
        (steps("# uses: acme/a@v1", "run: make"), []),
        (f"on: push\n{READ}jobs:\n  a: {{uses: acme/w/.github/workflows/x.yml@v1}}\n", ["unpinned-workflow danger 4"]),
        (f"on: push\n{READ}jobs:\n  a:\n    uses: acme/w/.github/workflows/x.yml@v1\n    secrets: inherit\n",
         ["secrets-inherit danger 6", "unpinned-workflow danger 5"]),
        (f"on: push\n{READ}jobs:\n  a:\n    uses: acme/w/.github/workflows/x.yml@{PIN} {NEW}\n    secrets: inherit\n",
         ["secrets-inherit remark 6"]),
        (f"on: push\n{READ}jobs:\n  a:\n    uses: ./.github/workflows/x.yml\n    secrets: inherit\n", []),
        (f"on: push\n{READ}jobs:\n  a: {{uses: slsa-framework/slsa-github-generator/.github/workflows/g.yml@v2.1.0}}\n",
         ["own-by-tag remark 4"]),
        (steps("run: make", top=""), ["no-permissions weak 2"]),
        (steps("run: make", top="", job="    permissions: {contents: read}\n"), []),
        (steps("run: make", top="permissions: write-all\n"), ["write-all danger 2"]),
        (steps("run: make", job="    permissions: write-all\n"), ["write-all danger 6"]),
        (steps("run: make", top="permissions: {}\n"), []),
        (steps("run: make", top="permissions: {contents: write}\n"), []),
        (steps("run: make", top="permissions: {contents: write}\n") + "  two: {runs-on: x, steps: [{run: make}]}\n",
         ["broad-permissions remark 2"]),
        (steps("run: make", on="workflow_call", top=""), []),
        (steps("run: make", job="    permissions: {}\n", top="") + "  two: {runs-on: x, steps: [{run: make}]}\n",
         ["no-permissions weak 8"]),
        (steps("run: make", job="    container: node\n"), ["unpinned-image weak 6"]),
        (steps("run: make", job="    container: {image: 'node:latest'}\n"), ["unpinned-image weak 6"]),
        (steps("run: make", job="    container: node:22\n"), []),
        (steps("run: make", job="    services: {db: {image: postgres}}\n"), ["unpinned-image remark 6"]),
        (steps("run: make", job="    container: ${{ matrix.i }}\n    strategy: {matrix: {i: ['node:20', node]}}\n"),
         ["unpinned-image weak 6"]),
        (steps("run: make", job="    container: ${{ inputs.image }}\n"), ["unpinned-image ask 6"]),
        (steps("run: make", job="    env: {ACTIONS_ALLOW_UNSECURE_COMMANDS: true}\n"), ["unsecure-commands weak 6"]),
        (steps('run: echo "::set-env name=A::b"'), ["old-command remark 7"]),
        (steps("run: make", job="    runs-on: [self-hosted, linux]\n").replace("    runs-on: ubuntu-latest\n", ""),
         ["self-hosted remark 5"]),
        (steps("run: gh pr merge\n        if: github.actor == 'dependabot[bot]'", on=TARGET),
         ["bot-condition weak 8", "open-trigger remark 1"]),
        (steps("run: gh pr merge\n        if: github.actor == 'dependabot[bot]'"), []),
        (steps(f"uses: actions/checkout@{PIN} {NEW}", "{uses: actions/upload-artifact@v3, with: {path: .}}"),
         ["left-token remark 7", "own-by-tag remark 8"]),
        (steps("uses: actions/checkout@v4", "{uses: actions/upload-artifact@v4, with: {path: .}}"),
         ["own-by-tag remark 7,8"]),
        (steps("run: curl -sL https://x.example/i.sh | bash"), ["pipe-to-shell weak 7"]),
        (steps("run: |\n          make\n          printenv"), ["secret-in-log remark 9"]),
    ],
)  # fmt: skip
def test_rules(tmp_path: Path, text: str, expected: list[str]) -> None:
    found = read(tmp_path, {CI: text})
    assert (told(found.weaknesses), found.not_understood, found.files) == (expected, (), (CI,))


@pytest.mark.parametrize(
    ("run", "dangerous"),
    [
        (f"echo {TITLE}", True),
        ("echo ${{github.event.issue.title}}", True),
        ("echo ${{ GitHub.Event.Issue['Title'] }}", True),
        ("echo ${{ github['event'].issue.body }}", True),
        ("echo ${{ github.event.pull_request.head.ref }}", True),
        ("echo ${{ github.event.pull_request.head.label }}", True),
        ("echo ${{ github.head_ref }}", True),
        ("echo ${{ github.head_ref || github.ref_name }}", True),
        ("echo ${{ github.event.comment.body }}", True),
        ("echo ${{ github.event.review.body }}", True),
        ("echo ${{ github.event.commits[0].message }}", True),
        ("echo ${{ join(github.event.commits.*.message, ' ') }}", True),
        ("echo ${{ github.event.head_commit.author.name }}", True),
        ("echo ${{ github.event.pages[0].page_name }}", True),
        ("echo ${{ github.event.discussion.title }}", True),
        ("echo ${{ github.event.workflow_run.head_branch }}", True),
        ("echo '${{ toJSON(github.event) }}'", True),
        ("echo '${{ toJson(github) }}'", True),
        ("echo ${{ format('{0}', github.event.issue.title) }}", True),
        ("echo ${{ github.event_name == 'issues' && github.event.issue.title || 'x' }}", True),
        ("echo ${{ github.event.issue.title", False),
        ("echo ${{ github.event.issue.title && 'yes' || 'no' }}", False),
        ("echo ${{ github.event.issue.title == 'x' }}", False),
        ("echo ${{ contains(github.event.issue.title, 'x') }}", False),
        ("echo ${{ github.event.issue.number }} ${{ github.sha }}", False),
        ("echo ${{ github.event.pull_request.head.sha }}", False),
        ("echo '${{ github.event }}'", False),
        ("echo $TITLE", False),
        ("echo ${{ github.event.issue['title'", False),
        ("echo ${{ !github.event.issue.title }}", False),
        ("echo ${{ github.event.issue.title ]] }}", True),
    ],
)
def test_which_expressions_bring_in_text_of_strangers(tmp_path: Path, run: str, dangerous: bool) -> None:
    found = read(tmp_path, {CI: steps(f"run: |\n          make\n          {run}", on="issues")})
    assert told(found.weaknesses) == (["injection danger 9"] if dangerous else [])


ACTION = "runs:\n  using: composite\n  steps:\n    - {shell: bash, run: 'echo ${{ inputs.title }}'}\n"
INPUTS = "inputs: {title: {required: true}}\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({CI: steps(f"{{run: 'echo $T', env: {{T: '{TITLE}'}}}}")}, []),
        ({CI: steps(f"{{run: 'echo ${{{{ env.T }}}}', env: {{T: '{TITLE}'}}}}")}, ["ci.yml injection danger 7"]),
        ({CI: steps("run: echo ${{ env.T }}", top=READ + f"env: {{T: '{TITLE}'}}\n")}, ["ci.yml injection danger 8"]),
        ({CI: steps("run: echo ${{ env.T }}", top=READ + "env: {T: x}\n")}, []),
        ({CI: steps(f"{{uses: actions/github-script@{PIN}, with: {{script: 'log(`{TITLE}`)'}}}} {NEW}")},
         ["ci.yml injection danger 7"]),
        ({CI: steps(f"{{uses: actions/github-script@{PIN}, with: {{other: '{TITLE}'}}}} {NEW}")}, []),
        ({CI: steps(f"{{uses: tj-actions/changed-files@{PIN}, id: f}} {NEW}",
                    "run: echo ${{ steps.f.outputs.all_changed_files }}")}, ["ci.yml injection danger 8"]),
        ({CI: steps("run: echo ${{ inputs.v }}", on="{workflow_dispatch: {inputs: {v: {type: string}}}}")},
         ["ci.yml injection-input remark 7"]),
        ({CI: steps("run: echo ${{ inputs.v }}", on="{workflow_dispatch: {inputs: {v: {type: boolean}}}}")}, []),
        ({CI: steps("run: echo ${{ github.ref_name }}")}, ["ci.yml injection-input remark 7"]),
        ({CI: steps(f"{{uses: ./.github/actions/say, with: {{title: '{TITLE}'}}}}"),
          ".github/actions/say/action.yml": INPUTS + ACTION}, ["action.yml injection danger 5"]),
        ({CI: steps("{uses: ./.github/actions/say, with: {title: hello}}"),
          ".github/actions/say/action.yml": INPUTS + ACTION}, ["action.yml injection-input remark 5"]),
        ({CI: f"on: issues\n{READ}jobs:\n  a: {{uses: ./.github/workflows/w.yml, with: {{v: '{TITLE}'}}}}\n",
          ".github/workflows/w.yml": steps("run: echo ${{ inputs.v }}",
                                           on="{workflow_call: {inputs: {v: {type: string}}}}")},
         ["w.yml injection danger 7"]),
        ({CI: steps("id: t", on="issues", job=f"    outputs: {{t: '{TITLE}'}}\n")
          + "  two:\n    needs: one\n    runs-on: x\n    steps: [{run: 'echo ${{ needs.one.outputs.t }}'}]\n"},
         ["ci.yml injection danger 12"]),
        ({CI: steps("run: make"), "sub/action.yml": "runs: {using: docker, image: 'docker://a:1'}\n"},
         ["action.yml unpinned-action weak 1"]),
        ({CI: steps("run: make"), "tests/fixtures/action.yml": "runs: {using: composite, steps: [{uses: a/b@v1}]}\n"},
         []),
    ],
)  # fmt: skip
def test_text_is_followed_through_files(tmp_path: Path, files: dict[str, str], expected: list[str]) -> None:
    found = read(tmp_path, files)
    assert [f"{row.path.rpartition('/')[2]} {row.rule} {row.degree} {row.line}" for row in found.weaknesses] == expected


SAME = "github.event.pull_request.head.repo.full_name == github.repository"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (steps(CHECKOUT, on=TARGET), "danger"),
        (steps(CHECKOUT, on="pull_request"), ""),
        (steps(CHECKOUT, on="[push, pull_request_target]"), "danger"),
        (steps(CHECKOUT, on="issue_comment"), "danger"),
        (steps(CHECKOUT, on=TARGET, job=f"    if: {SAME}\n"), ""),
        (steps(CHECKOUT, on=TARGET, job=f"    if: {SAME} || github.actor == 'x'\n"), "ask"),
        (steps(CHECKOUT, on=TARGET, job=f"    if: {SAME} || true\n"), "danger"),
        (steps(CHECKOUT, on=TARGET, job=f"    if: (success() || failure()) && {SAME}\n"), ""),
        (steps(CHECKOUT, on=TARGET, job="    if: '!github.event.pull_request.head.repo.fork'\n"), ""),
        (steps(CHECKOUT, on=TARGET, job="    if: github.event.pull_request.merged\n"), ""),
        (steps(CHECKOUT, on=TARGET, job="    if: contains(github.event.pull_request.labels.*.name, 'ok')\n"), "ask"),
        (steps(CHECKOUT, on="{pull_request_target: {types: [labeled]}}"), "ask"),
        (steps(CHECKOUT, on=TARGET, job="    environment: outside\n"), "ask"),
        (steps(CHECKOUT.replace("head.sha", "base.sha"), on=TARGET), ""),
        (steps(CHECKOUT.replace(HEAD, "refs/pull/${{ github.event.number }}/merge"), on=TARGET), "danger"),
        (steps(CHECKOUT.replace(HEAD, "${{ github.head_ref }}"), on=TARGET), "danger"),
        (steps(CHECKOUT.replace(HEAD, "${{ env.H }}"), on=TARGET, job=f"    env: {{H: '{HEAD}'}}\n"), "danger"),
        (steps(CHECKOUT.replace(f"ref: '{HEAD}'", "repository: '${{ github.event.pull_request.head.repo.full_name }}'"),
               on=TARGET), "danger"),
        (steps(CHECKOUT.replace(HEAD, "${{ steps.x.outputs.sha }}"), on="issue_comment"), "ask"),
        (steps("run: gh pr checkout ${{ github.event.issue.number }}", on="issue_comment"), "danger"),
        (steps("run: '# gh pr checkout 1'", on="issue_comment"), ""),
        (steps("run: |\n          git fetch origin pull/${{ github.event.number }}/head:pr\n          git checkout pr",
               on=TARGET), "danger"),
        (steps(f"{{run: git fetch && git checkout \"$H\", env: {{H: '{HEAD}'}}}}", on=TARGET), "danger"),
        (steps("run: git fetch && git checkout main", on=TARGET), ""),
        (steps(AFTER, on=RUN % "x"),
         "danger"),
        (steps(AFTER, on=RUN % "x",
               job="    if: github.event.workflow_run.event == 'push'\n"), ""),
        (steps(AFTER,
               on=RUN % "landed"), ""),
        (steps(AFTER,
               on=RUN % "landed, proposed"), "danger"),
    ],
)  # fmt: skip
def test_checkouts_of_strangers_code_beside_secrets(tmp_path: Path, text: str, expected: str) -> None:
    files = {
        CI: text,
        ".github/workflows/landed.yml": "name: landed\n" + steps("run: make", on="push"),
        ".github/workflows/proposed.yml": "name: proposed\n" + steps("run: make", on="pull_request"),
    }
    found = [row for row in read(tmp_path, files).weaknesses if row.rule == "target-checkout"]
    assert [row.degree for row in found] == ([expected] if expected else [])


@pytest.mark.parametrize("text", ["a: [\n", "on: push\n", "- x\n", "", "on: push\njobs: [a]\n", "\0"])
def test_files_that_are_not_understood(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, {CI: text, ".github/workflows/ok.yml": steps("run: make")})
    assert [row.path for row in found.not_understood] == [CI]
    assert found.files == (".github/workflows/ok.yml",)
