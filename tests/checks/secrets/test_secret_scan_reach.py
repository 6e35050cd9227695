"""secret-scan-gate: what there is to look at, which changes start it, and what the scanner's files leave."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.checks.secrets.test_secret_scan_gate import CI, CIRCLE, EXTENDED, GITLAB_CHANGE, run, workflow
from tests.support import check_files

from shipworthy.model import OutcomeKind

PASS, FAIL, UNKNOWN = OutcomeKind.PASS, OutcomeKind.FAIL, OutcomeKind.UNKNOWN
GITLEAKS = "uses: gitleaks/gitleaks-action@v2"
NOTHING = "nothing to look at"


def steps(*rows: str) -> dict[str, str]:
    listed = "".join(f"      - {row}\n" for row in rows)
    return {CI: f"on: pull_request\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n{listed}", "a.py": "x = 1\n"}


def checkout(more: str) -> str:
    return f"{{uses: actions/checkout@v4, {more}}}"


def filtered(filters: str) -> dict[str, str]:
    files = run("gitleaks dir .", on=f"{{pull_request: {{{filters}}}}}")
    return {**files, "src/b.py": "y = 1\n", "README.md": "a\n", "docs/a.md": "a\n", "logo.png": "a", "LICENSE": "a\n"}


def gitlab(variables: str) -> dict[str, str]:
    text = f"scan:\n  variables: {variables}\n  script: [gitleaks dir .]\n  rules:\n{GITLAB_CHANGE}"
    return {".gitlab-ci.yml": text, "a.py": "x\n"}


def circle(first: str) -> dict[str, str]:
    text = CIRCLE.replace("COMMAND", "gitleaks dir .").replace("checkout,", first)
    return {".circleci/config.yml": text, "a.py": "x\n"}


def azure(first: str) -> dict[str, str]:
    return {"azure-pipelines.yml": f"pr: ['*']\nsteps:\n- {first}\n- script: gitleaks dir .\n", "a.py": "x\n"}


@pytest.mark.parametrize(
    ("files", "expected", "says"),
    [
        (steps("run: gitleaks dir ."), FAIL, NOTHING),
        (steps(GITLEAKS), FAIL, NOTHING),
        (steps("uses: trufflesecurity/trufflehog@main"), FAIL, NOTHING),
        (steps("{uses: 'docker://zricethezav/gitleaks:v8', with: {args: dir .}}"), FAIL, NOTHING),
        (steps(GITLEAKS, "uses: actions/checkout@v4"), FAIL, NOTHING),
        (steps(checkout("if: false"), GITLEAKS), FAIL, NOTHING),
        (steps(checkout("with: {path: x}"), "run: gitleaks dir ."), PASS, "gitleaks"),
        (steps(checkout("with: {sparse-checkout: docs}"), GITLEAKS), UNKNOWN, "only docs is checked out"),
        (steps(checkout("if: inputs.x"), GITLEAKS), FAIL, NOTHING),
        (steps(checkout("if: vars.X"), GITLEAKS), UNKNOWN, "vars.X"),
        (steps("run: git clone https://host.example/a .", "run: gitleaks dir ."), PASS, "gitleaks"),
        (steps("run: curl -sSfL https://host.example/a | tar xz", "run: gitleaks dir ."), UNKNOWN, "brings"),
        (steps("uses: someone/checkout@v1", GITLEAKS), UNKNOWN, "brings"),
        (
            {
                **steps("uses: actions/checkout@v4", "uses: ./.github/scan"),
                ".github/scan/action.yml": f"runs:\n  using: composite\n  steps:\n    - {GITLEAKS}\n",
            },
            PASS,
            "gitleaks",
        ),
        (gitlab("{GIT_STRATEGY: none}"), UNKNOWN, "not checked out"),
        (gitlab("{GIT_STRATEGY: clone}"), PASS, "gitleaks"),
        (circle(""), UNKNOWN, "not checked out"),
        (circle("attach_workspace: {at: .},"), PASS, "gitleaks"),
        (circle("checkout,"), PASS, "gitleaks"),
        (azure("checkout: none"), UNKNOWN, "not checked out"),
        (azure("checkout: self"), PASS, "gitleaks"),
        # Which changes start it.
        (filtered("paths-ignore: ['**.md']"), UNKNOWN, "README.md and 1 more"),
        (filtered("paths-ignore: ['docs/**']"), UNKNOWN, "docs/a.md alone"),
        (filtered("paths: ['**.py']"), UNKNOWN, "keeps it from starting"),
        (filtered("paths: ['src/**']"), UNKNOWN, "a.py"),
        (filtered("paths: ['**']"), PASS, "gitleaks"),
        (filtered("paths-ignore: ['website/**', LICENSE, '**.png']"), PASS, "gitleaks"),
        (
            {**filtered("paths-ignore: ['**.md']"), ".github/workflows/b.yml": filtered("paths: ['**.md']")[CI]},
            PASS,
            "gitleaks",
        ),
        (
            {**filtered("paths-ignore: ['**.md']"), ".github/workflows/b.yml": run("gitleaks dir .")[CI]},
            PASS,
            "gitleaks",
        ),
        (
            {**run("gitleaks dir .", on="{push: {}, pull_request: {paths-ignore: ['**.md']}}"), "README.md": "a"},
            PASS,
            "gitleaks",
        ),
    ],
)
def test_what_is_there_to_look_at(tmp_path: Path, files: dict[str, str], expected: OutcomeKind, says: str) -> None:
    outcome = check_files("secret-scan-gate", tmp_path, files)
    text = "\n".join([outcome.summary, *outcome.looked_at, *(finding.message for finding in outcome.findings)])
    assert outcome.kind is expected, text
    assert says in text


def configured(text: str, **more: str) -> dict[str, str]:
    files = {name.replace("_toml", ".toml"): each for name, each in more.items()}
    return {**run("gitleaks git"), ".gitleaks.toml": text, **files}


HOG = "trufflehog filesystem . --fail "
CODE = {f"src/{number}.py": "x = 1\n" for number in range(12)}
WIDE = EXTENDED + "[allowlist]\npaths = ['.*']\n"
BASE = "[extend]\npath = 'base.toml'\n"


@pytest.mark.parametrize(
    ("files", "expected", "says"),
    [
        (configured(BASE), UNKNOWN, "base.toml, which is not here"),
        (configured(BASE, base_toml=EXTENDED), PASS, "gitleaks"),
        (configured(BASE, base_toml="title = 'x'\n"), FAIL, "base.toml has no rules"),
        (configured(BASE, base_toml=WIDE), UNKNOWN, "passes over most"),
        (configured(BASE, base_toml=BASE), UNKNOWN, "more than gitleaks follows"),
        (configured(BASE + "[[rules]]\nid = 'a'\nregex = 'a{20}'\n", base_toml="title = 'x'\n"), PASS, "gitleaks"),
        (configured("[extend]\nurl = 'https://host.example/a.toml'\n"), UNKNOWN, "at an address"),
        (configured("[extend]\nuseDefault = false\n"), FAIL, "has no rules"),
        (configured("[extend]\nuseDefault = 'yes'\n"), UNKNOWN, "neither true nor false"),
        (configured("[Extend]\nusedefault = true\n"), PASS, "gitleaks"),
        (configured("[[rules]]\nid = 'a'\n"), FAIL, "has no rules"),
        ({**run("gitleaks git -c ci/rules.toml"), "ci/rules.toml": EXTENDED}, PASS, "gitleaks"),
        (run("gitleaks git -c ci/rules.toml"), UNKNOWN, "was not read"),
        ({**run(HOG + "-x out.txt"), "out.txt": ".*\n"}, UNKNOWN, "passes over most"),
        ({**run(HOG + "--exclude-paths=out.txt"), "out.txt": "^src/\n", **CODE}, UNKNOWN, "passes over most"),
        ({**run(HOG + "-x out.txt"), "out.txt": "^node_modules/\n\n[.]lock$\n", **CODE}, PASS, "trufflehog"),
        ({**run(HOG + "-x out.txt"), "out.txt": "(\n"}, UNKNOWN, "could not be understood"),
        (run(HOG + "-x out.txt"), UNKNOWN, "is not here"),
        (run(HOG + "-x $LIST"), UNKNOWN, "was not read"),
        ({**run(HOG + "--include-paths in.txt"), "in.txt": "^src/\n"}, UNKNOWN, "leaves files"),
        ({**run(HOG + "-i in.txt"), "in.txt": ".*\n"}, PASS, "trufflehog"),
        (
            {
                **workflow("{uses: trufflesecurity/trufflehog@main, with: {extra_args: --exclude-paths out.txt}}"),
                "out.txt": ".*\n",
            },
            UNKNOWN,
            "passes over most",
        ),
        (run("trufflehog git file://. --fail --exclude-globs='*'"), UNKNOWN, "--exclude-globs"),
        (run(HOG + "--include-detectors=aws"), UNKNOWN, "some kinds"),
        (run("trufflehog git file://. --fail --max-depth=1"), UNKNOWN, "--max-depth"),
    ],
)
def test_what_the_files_of_a_scanner_leave(
    tmp_path: Path, files: dict[str, str], expected: OutcomeKind, says: str
) -> None:
    outcome = check_files("secret-scan-gate", tmp_path, files)
    text = "\n".join([outcome.summary, *outcome.looked_at, *(finding.message for finding in outcome.findings)])
    assert outcome.kind is expected, text
    assert says in text
