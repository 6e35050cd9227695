"""The fix for a pipeline that strangers could use: rights, pins known from elsewhere, a token left behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fixes.fixing import applied, changed, contents, refusal, state
from tests.support import make_repo

from shipworthy.fixes.undo import undo

CI, OTHER = ".github/workflows/ci.yml", ".github/workflows/other.yml"
PIN = "a" * 40
READ = "permissions:\n  contents: read\n\n"


def flow(*steps: str, top: str = "", job: str = "") -> str:
    rows = "".join(f"      - {each}\n" for each in steps)
    return f"on: push\n{top}jobs:\n  one:\n    runs-on: x\n{job}    steps:\n{rows}"


UPLOAD = "uses: actions/upload-artifact@v3\n        with: {path: .}"
OUT = "uses: actions/checkout@v4"
CHECKED = f"uses: acme/a@{PIN} # v1"


@pytest.mark.parametrize(
    ("files", "kind", "expected"),
    [
        ({CI: flow(OUT, "run: pytest")}, "pass",
         {CI: flow(OUT, "run: pytest", top=READ)}),
        ({CI: flow("run: pytest").replace("\n", "\r\n")}, "pass",
         {CI: flow("run: pytest", top=READ).replace("\n", "\r\n")}),
        ({CI: flow("uses: acme/a@v1", CHECKED, top=READ)}, "pass", {CI: flow(CHECKED, CHECKED, top=READ)}),
        ({CI: flow("uses: acme/a@v1", "uses: acme/a@v1", top=READ), OTHER: flow(CHECKED, top=READ)}, "pass",
         {CI: flow(CHECKED, CHECKED, top=READ)}),
        ({CI: flow(OUT, UPLOAD)}, "pass",
         {CI: flow(f"{OUT}\n        with:\n          persist-credentials: false", UPLOAD, top=READ)}),
        ({CI: flow("uses: actions/checkout@v4\n        with:\n          fetch-depth: 0", UPLOAD)}, "pass",
         {CI: flow("uses: actions/checkout@v4\n        with:\n          persist-credentials: false\n"
                   "          fetch-depth: 0", UPLOAD, top=READ)}),
        ({CI: flow(OUT, "run: git fetch", UPLOAD)}, "pass",
         {CI: flow(OUT, "run: git fetch", UPLOAD, top=READ)}),
    ],
    ids=["permissions", "crlf", "pin-beside", "pin-elsewhere", "token", "token-with", "token-needed"],
)  # fmt: skip
def test_fixes(tmp_path: Path, files: dict[str, str], kind: str, expected: dict[str, str]) -> None:
    root = make_repo(tmp_path / "app", {**files, "app.py": "x = 1\n"})
    before = contents(root)
    _, outcome = applied("ci-hardened", root)
    assert {path: new for path, (_, new) in changed(before, root).items()} == {
        path: text.encode() for path, text in expected.items()
    }
    assert outcome.kind == kind, outcome.summary
    undo(root, state(root))
    assert changed(before, root) == {}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (flow("run: git push"), "uses a token"),
        (flow("{run: x, env: {T: '${{ secrets.GITHUB_TOKEN }}'}}"), "uses a token"),
        (flow("run: fly deploy"), "`fly deploy` in job one may write"),
        (flow(CHECKED), "acme/a@"),
        (flow("run: make", top="env: {GH_TOKEN: x}\n"), "holds a token"),
        ("on: push\njobs: {one: {uses: ./.github/workflows/x.yml}}\n", "calls another workflow"),
        (flow("uses: acme/a@v1", top=READ), "is not known here"),
        (flow("uses: acme/a@v1", f"uses: acme/a@{PIN} # v2", top=READ), "is not known here"),
        (flow("uses: acme/a@v1", CHECKED, f"uses: acme/a@{'b' * 40} # v1", top=READ), "is not known here"),
        (flow("{uses: acme/a@v1}", CHECKED, top=READ), "no machine changes"),
        ("{on: push, jobs: {one: {runs-on: x, steps: [{run: pytest}]}}}\n", "no machine changes"),
        (flow("run: echo ${{ github.head_ref }}", top=READ), "judgement"),
    ],
)
def test_left_to_a_person(tmp_path: Path, text: str, why: str) -> None:
    root = make_repo(tmp_path / "app", {CI: text, "app.py": "x = 1\n"})
    assert why in refusal("ci-hardened", root)
