"""A scan for secrets that stops a change: what is one, what loses its result, what is only a commit hook."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support import check_files

from shipworthy.model import OutcomeKind

PASS, FAIL, UNKNOWN, NEEDS_YOU = OutcomeKind.PASS, OutcomeKind.FAIL, OutcomeKind.UNKNOWN, OutcomeKind.NEEDS_YOU
CI = ".github/workflows/ci.yml"


def workflow(*steps: str, on: str = "[push, pull_request]", job: str = "") -> dict[str, str]:
    rows = "".join(f"      - {step}\n" for step in ("uses: actions/checkout@v4", *steps))
    return {CI: f"on: {on}\njobs:\n  scan:\n    runs-on: ubuntu-latest\n{job}    steps:\n{rows}", "a.py": "x = 1\n"}


def run(command: str, **more: str) -> dict[str, str]:
    return workflow(f"run: {command}", **more)


def hooks(*rows: str) -> str:
    return "repos:\n" + "".join(f"  - {row}\n" for row in rows)


GITLEAKS_HOOK = "{repo: https://github.com/gitleaks/gitleaks, rev: v8, hooks: [{id: gitleaks}]}"
DETECT_HOOK = (
    "{repo: https://github.com/Yelp/detect-secrets, rev: v1, hooks: [{id: detect-secrets, args: [--baseline, b]}]}"
)
PRIVATE_KEY_HOOK = "{repo: https://github.com/pre-commit/pre-commit-hooks, rev: v5, hooks: [{id: detect-private-key}]}"
HOOKS = ".pre-commit-config.yaml"
LEFTHOOK = "pre-commit:\n  jobs:\n    - run: gitleaks git --staged\n"
CALLED = "on: pull_request\njobs:\n  a:\n    uses: org/shared/.github/workflows/ci.yml@v1\n"
OWN_HOOK = "{repo: https://github.com/someone/shipworthy, rev: v1, hooks: [{id: shipworthy-secrets}]}"
EXTENDED = "[extend]\nuseDefault = true\n"


def pre_commit(hook: str, command: str = "pre-commit run --all-files", step: str = "") -> dict[str, str]:
    return {**workflow(step or f"run: {command}"), ".pre-commit-config.yaml": hooks(hook)}


GITLAB_CHANGE = "    - if: $CI_PIPELINE_SOURCE == 'merge_request_event'\n    - if: $CI_COMMIT_BRANCH\n"
CIRCLE = (
    "version: 2.1\njobs:\n  scan:\n    docker: [{image: x}]\n    steps: [checkout, {run: COMMAND}]\n"
    "workflows:\n  all:\n    jobs: [scan]\n"
)


@pytest.mark.parametrize(
    ("files", "expected", "says"),
    [
        # What is a scan.
        (run("gitleaks detect --redact"), PASS, "ci.yml:7 gitleaks"),
        (workflow("uses: gitleaks/gitleaks-action@v2"), PASS, "ci.yml:7 gitleaks/gitleaks-action@v2"),
        (workflow("uses: trufflesecurity/trufflehog@main"), PASS, "trufflehog"),
        (run("trufflehog filesystem . --fail"), PASS, "trufflehog"),
        (run("docker run --rm -v .:/repo zricethezav/gitleaks:v8 dir /repo"), PASS, "ci.yml:7"),
        (workflow("{uses: 'docker://zricethezav/gitleaks:v8', with: {args: dir .}}"), PASS, "ci.yml:7"),
        (
            run("git ls-files -z | xargs -0 detect-secrets-hook --baseline .secrets.baseline"),
            PASS,
            "detect-secrets-hook",
        ),
        ({**run("gitleaks git"), ".gitleaks.toml": f"{EXTENDED}[allowlist]\npaths = ['a/b.lock']\n"}, PASS, "gitleaks"),
        ({**run("gitleaks git"), ".gitleaks.toml": "[[rules]]\nid = 'a'\nregex = 'a{20}'\n"}, PASS, "gitleaks"),
        (
            {
                **run("gitleaks git -c ci/gitleaks.toml"),
                "ci/gitleaks.toml": EXTENDED,
                ".gitleaks.toml": "[allowlist]\npaths = ['a']\n",
            },
            PASS,
            "gitleaks",
        ),
        (run("gitleaks dir ./ --redact"), PASS, "gitleaks"),
        (run("gitleaks dir --report-path out/found.json"), PASS, "gitleaks"),
        (run("trufflehog filesystem --fail --results=verified ."), PASS, "trufflehog"),
        (run("npx secretlint '**/*'"), PASS, "secretlint"),
        (run("ggshield secret scan ci"), PASS, "ggshield"),
        (run("pipx run shipworthy check"), PASS, "shipworthy"),
        (run("shipworthy check --item=secrets-not-in-tree"), PASS, "shipworthy"),
        (run("shipworthy check --item known-vulns"), FAIL, "no scan"),
        (run("trivy fs --scanners vuln,secret --exit-code 1 ."), PASS, "trivy"),
        (run("semgrep scan --config p/secrets --error"), PASS, "semgrep"),
        (workflow("uses: super-linter/super-linter/slim@v7"), PASS, "super-linter"),
        (workflow("uses: oxsecurity/megalinter/flavors/python@v8"), PASS, "megalinter"),
        ({**run("make scan"), "Makefile": "scan:\n\tgitleaks dir .\n"}, PASS, "ci.yml:7 gitleaks <- Makefile:2"),
        (pre_commit(DETECT_HOOK), PASS, ".pre-commit-config.yaml:2"),
        (pre_commit(OWN_HOOK), PASS, ".pre-commit-config.yaml:2"),
        (pre_commit(DETECT_HOOK, step="uses: pre-commit/action@v3"), PASS, ".pre-commit-config.yaml:2"),
        (
            workflow(
                "{id: t, uses: trufflesecurity/trufflehog@main, continue-on-error: true}",
                "{if: steps.t.outcome == 'failure', run: exit 1}",
            ),
            PASS,
            "trufflehog",
        ),
        # What is none.
        (run("npm audit"), FAIL, "no scan for secrets"),
        (run("trivy fs --scanners vuln --exit-code 1 ."), FAIL, "no scan for secrets"),
        (run("trivy image --exit-code 1 app"), FAIL, "no scan for secrets"),
        (run("gitleaks version"), FAIL, "no scan for secrets"),
        (workflow("{uses: super-linter/super-linter@v7, env: {VALIDATE_PYTHON: true}}"), FAIL, "no scan for secrets"),
        (
            {**workflow("uses: oxsecurity/megalinter@v8"), ".mega-linter.yml": "DISABLE: [REPOSITORY]\n"},
            FAIL,
            "no scan for secrets",
        ),
        (pre_commit(PRIVATE_KEY_HOOK), FAIL, "no scan for secrets"),
        ({"a.py": "x = 1\n"}, FAIL, "no scan for secrets"),
        # Where it looks.
        (run("cd docs && gitleaks dir ."), UNKNOWN, "at docs only"),
        (workflow("{run: gitleaks dir ., working-directory: docs}"), UNKNOWN, "at docs only"),
        (run("gitleaks dir /tmp/empty"), UNKNOWN, "/tmp/empty"),
        (run("gitleaks dir ../empty"), UNKNOWN, "outside the repository"),
        (run('gitleaks dir "$(mktemp -d)"'), UNKNOWN, "which folder"),
        (run("gitleaks dir $GITHUB_WORKSPACE"), PASS, "gitleaks"),
        (run("gitleaks dir /github/workspace"), PASS, "gitleaks"),
        (run("gitleaks git docs"), PASS, "gitleaks"),
        (run("gitleaks stdin"), UNKNOWN, "piped to it"),
        (run("gitleaks git --log-opts=HEAD..HEAD"), UNKNOWN, "--log-opts"),
        (run("gitleaks git --log-opts='--since=1.day'"), UNKNOWN, "--log-opts"),
        (run("gitleaks git --log-opts='--all -- docs'"), UNKNOWN, "--log-opts"),
        (run("gitleaks git --log-opts='--all --full-history'"), PASS, "gitleaks"),
        (run("gitleaks git --log-opts=origin/main..HEAD"), PASS, "gitleaks"),
        (run("gitleaks git --enable-rule aws-access-token"), UNKNOWN, "some kinds"),
        (run("docker run -v $PWD:/repo zricethezav/gitleaks detect --no-git --source=/repo"), PASS, "gitleaks"),
        (run("docker run -v $PWD/docs:/repo zricethezav/gitleaks dir /repo"), UNKNOWN, "at docs only"),
        (run("docker run zricethezav/gitleaks dir /repo"), UNKNOWN, "mounted"),
        (run("docker run -v $PWD:/r trufflesecurity/trufflehog git file:///r --fail"), PASS, "trufflehog"),
        (run("trufflehog git https://host.example/x.git --fail"), UNKNOWN, "host.example"),
        (run("trufflehog s3 --bucket=x --fail"), UNKNOWN, "checked out"),
        (run("trufflehog git file://. --fail --no-fail"), FAIL, "--no-fail"),
        (run("trufflehog filesystem . --fail --only-verified --no-verification"), FAIL, "verifies nothing"),
        (run("trufflehog analyze github --fail"), FAIL, "no scan for secrets"),
        (workflow("{uses: trufflesecurity/trufflehog@main, with: {extra_args: --no-fail}}"), FAIL, "--no-fail"),
        (workflow("{uses: trufflesecurity/trufflehog@main, with: {base: main, head: main}}"), FAIL, "no commit"),
        (workflow("{uses: trufflesecurity/trufflehog@main, with: {extra_args: --only-verified}}"), PASS, "trufflehog"),
        (run("npx secretlint 'docs/**'"), UNKNOWN, "docs/**"),
        (run("npx secretlint --maskSecrets '**/*'"), PASS, "secretlint"),
        (run("docker run --mount type=bind,src=.,dst=/s zricethezav/gitleaks dir /s"), PASS, "gitleaks"),
        (run("docker run --mount=type=bind,source=./a,target=/s gitleaks/gitleaks dir /s"), UNKNOWN, "at a only"),
        (run("npx secretlint"), FAIL, "no file is named"),
        (run("npx secretlint --init"), FAIL, "no scan for secrets"),
        (run("ggshield secret scan path -r docs"), UNKNOWN, "at docs only"),
        (run("ggshield secret scan path -r ."), PASS, "ggshield"),
        (run("ggshield secret scan docker app"), UNKNOWN, "checked out"),
        (run("ggshield secret scan pre-push"), FAIL, "staged"),
        (run("ripsecrets docs"), UNKNOWN, "at docs only"),
        (run("ripsecrets --install-pre-commit"), FAIL, "no scan for secrets"),
        (run("kingfisher scan docs"), UNKNOWN, "at docs only"),
        (run("credsweeper --error --path docs"), UNKNOWN, "at docs only"),
        (run("2ms slack --token x"), UNKNOWN, "checked out"),
        (run("talisman --pattern='./docs/**'"), UNKNOWN, "docs/**"),
        (run("detect-secrets-hook --baseline b README.md"), UNKNOWN, "README.md only"),
        (run("detect-secrets-hook --baseline b $(git ls-files)"), PASS, "detect-secrets"),
        (run("git ls-files -z | xargs -0 detect-secrets-hook --exclude-files '.*'"), UNKNOWN, "--exclude-files"),
        (run("detect-secrets audit --fail-on-live b"), UNKNOWN, "list only"),
        (run("trivy fs --scanners secret --exit-code 1 docs"), UNKNOWN, "at docs only"),
        (run("trivy fs --scanners secret --exit-code 1 --skip-dirs '**' ."), UNKNOWN, "--skip-dirs"),
        (run("trivy fs --scanners secret --exit-code 1 --skip-dirs node_modules ."), PASS, "trivy"),
        (run("semgrep scan --config p/secrets --error docs"), UNKNOWN, "at docs only"),
        (run("semgrep --config p/secrets --error --include a"), UNKNOWN, "--include"),
        (run("checkov --enable-secret-scan-all-files -d docs"), UNKNOWN, "at docs only"),
        (run("checkov --enable-secret-scan-all-files -d . --framework terraform"), FAIL, "other things"),
        (run("checkov --enable-secret-scan-all-files -d . --skip-check CKV_SECRET_6"), UNKNOWN, "kinds of secrets out"),
        (run("shipworthy check docs"), UNKNOWN, "at docs only"),
        ({**run("make scan"), "Makefile": "scan:\n\tcd docs && gitleaks dir .\n"}, UNKNOWN, "at docs only"),
        (pre_commit(DETECT_HOOK.replace("s, a", "s, files: ^docs/, a")), UNKNOWN, "some files only"),
        (pre_commit(DETECT_HOOK.replace("s, a", "s, types: [markdown], a")), UNKNOWN, "some files only"),
        (pre_commit(DETECT_HOOK.replace("s, a", "s, exclude: '.*', a")), FAIL, "leaves out every file"),
        (pre_commit(DETECT_HOOK.replace("s, a", "s, exclude: '[.]lock$', a")), PASS, "pre-commit"),
        ({**run("pre-commit run -a"), HOOKS: "exclude: '.*'\n" + hooks(DETECT_HOOK)}, FAIL, "leaves out every file"),
        (pre_commit(DETECT_HOOK, "pre-commit run --files README.md"), UNKNOWN, "README.md only"),
        # What loses the result.
        (run("gitleaks detect || true"), FAIL, "hides its failure"),
        ({**run("gitleaks git"), ".gitleaks.toml": "[allowlist]\npaths = ['a/b.lock']\n"}, FAIL, "has no rules"),
        (
            {**workflow("uses: gitleaks/gitleaks-action@v2"), ".gitleaks.toml": "title = 'a'\n"},
            FAIL,
            "extend the built-in",
        ),
        ({**pre_commit(GITLEAKS_HOOK, "ls"), ".gitleaks.toml": "title = 'a'\n"}, FAIL, "has no rules"),
        ({**run("gitleaks git"), ".gitleaks.toml": f"{EXTENDED}[allowlist]\npaths = ['.*']\n"}, UNKNOWN, "passes over"),
        ({**run("gitleaks git"), ".gitleaks.toml": "[extend\n"}, UNKNOWN, "not valid TOML"),
        ({**run("gitleaks git -c ./ci/gitleaks.toml"), "ci/gitleaks.toml": "title = 'a'\n"}, FAIL, "has no rules"),
        ({**run("gitleaks git --config=ci/gitleaks.toml"), "ci/gitleaks.toml": EXTENDED}, PASS, "gitleaks"),
        ({**run("gitleaks git --config=.gitleaks.toml"), ".gitleaks.toml": EXTENDED}, PASS, "gitleaks"),
        ({**run("gitleaks git -c .gitleaks.toml"), ".gitleaks.toml": "title = 'x'\n"}, FAIL, "has no rules"),
        ({**run("gitleaks git -c ci/rules.toml"), "ci/rules.toml": "title = 'x'\n"}, FAIL, "ci/rules.toml has no"),
        (run("gitleaks git -c $RULES"), UNKNOWN, "configuration"),
        (
            {
                **workflow("{uses: gitleaks/gitleaks-action@v2, env: {GITLEAKS_CONFIG: .github/gitleaks.toml}}"),
                ".github/gitleaks.toml": "[allowlist]\npaths = ['a/b.lock']\n",
            },
            FAIL,
            "has no rules",
        ),
        (run("gitleaks dir src"), UNKNOWN, "at src only"),
        (run("gitleaks detect --no-git --source ./backend/"), UNKNOWN, "at backend only"),
        (run("trufflehog filesystem backend --fail"), UNKNOWN, "at backend only"),
        (run("gitleaks detect --exit-code 0"), FAIL, "exit code 0"),
        (run("gitleaks detect --exit-code=0"), FAIL, "exit code 0"),
        (run("trufflehog git file://. --only-verified"), FAIL, "without `--fail`"),
        (run("detect-secrets scan --baseline .secrets.baseline"), UNKNOWN, "writes a list"),
        (run("detect-secrets-hook --baseline .secrets.baseline"), FAIL, "no file is given"),
        (run("trivy fs ."), FAIL, "without `--exit-code 1`"),
        (run("gitleaks protect --staged"), FAIL, "staged changes"),
        (run("shipworthy hook run"), FAIL, "staged changes"),
        (workflow("{uses: gitleaks/gitleaks-action@v2, continue-on-error: true}"), FAIL, "continue-on-error"),
        (
            workflow("{uses: gitleaks/gitleaks-action@v2}", job="    continue-on-error: true\n"),
            FAIL,
            "continue-on-error",
        ),
        (workflow("{uses: gitguardian/ggshield-action@v1, with: {args: --exit-zero}}"), FAIL, "--exit-zero"),
        (workflow("{uses: reviewdog/action-detect-secrets@v0}"), FAIL, "fail_level"),
        (workflow("{uses: super-linter/super-linter@v7, env: {DISABLE_ERRORS: true}}"), FAIL, "DISABLE_ERRORS"),
        # When it runs.
        (run("gitleaks dir .", on="{schedule: [{cron: '0 0 * * *'}]}"), FAIL, "none on a proposed change"),
        (run("gitleaks dir .", on="{push: {branches: [main]}}"), FAIL, "none on a proposed change"),
        (run("gitleaks dir .", on="{pull_request: {paths: [docs/**]}}"), UNKNOWN, "not surely"),
        # Commit hooks.
        ({"a.py": "x\n", ".pre-commit-config.yaml": hooks(GITLEAKS_HOOK)}, NEEDS_YOU, "gitleaks as a commit hook only"),
        (pre_commit(GITLEAKS_HOOK), NEEDS_YOU, "staged changes"),
        (pre_commit(DETECT_HOOK, "pre-commit run"), NEEDS_YOU, "staged changes"),
        (pre_commit(DETECT_HOOK, "SKIP=detect-secrets pre-commit run --all-files"), NEEDS_YOU, "SKIP leaves it out"),
        (pre_commit(DETECT_HOOK, "pre-commit run --all-files ruff"), NEEDS_YOU, "commit hook"),
        ({"a.js": "x\n", ".husky/pre-commit": "npx --no-install gitleaks git --staged\n"}, NEEDS_YOU, "husky"),
        (
            {
                "a.js": "x\n",
                ".husky/pre-commit": "npx lint-staged\n",
                "package.json": '{"lint-staged": {"*": ["prettier --write", "secretlint"]}}\n',
            },
            NEEDS_YOU,
            "secretlint",
        ),
        (
            {"a.js": "x\n", "lefthook.yml": "pre-commit:\n  jobs:\n    - run: gitleaks git --staged\n"},
            NEEDS_YOU,
            "lefthook",
        ),
        (
            {
                "a.py": "x\n",
                ".pre-commit-config.yaml": hooks(
                    "{repo: local, hooks: [{id: x, name: x, language: system, entry: gitleaks protect --exit-code 0}]}"
                ),
            },
            FAIL,
            "exit code 0",
        ),
        # What is not known.
        (workflow("uses: someone/secret-scan@v1"), UNKNOWN, "not known here"),
        ({**run("python scan_secrets.py"), "scan_secrets.py": "import app\n"}, UNKNOWN, "not known here"),
        (
            {CI: "on: pull_request\njobs:\n  a:\n    uses: org/shared/.github/workflows/ci.yml@v1\n"},
            UNKNOWN,
            "lies outside",
        ),
        (
            {".gitlab-ci.yml": "scan:\n  script: [gitleaks dir .]\n  rules:\n" + GITLAB_CHANGE, "a.py": "x\n"},
            PASS,
            "gitleaks",
        ),
        (
            {
                ".gitlab-ci.yml": "scan:\n  script: [gitleaks dir .]\n  allow_failure: true\n  rules:\n"
                + GITLAB_CHANGE,
                "a.py": "x\n",
            },
            FAIL,
            "allow_failure",
        ),
        (
            {".circleci/config.yml": CIRCLE.replace("COMMAND", "gitleaks dir ."), "a.py": "x\n"},
            PASS,
            "gitleaks",
        ),
        (
            {".circleci/config.yml": CIRCLE.replace("COMMAND", "gitleaks dir . || true"), "a.py": "x\n"},
            FAIL,
            "hides its failure",
        ),
        (
            {
                "Jenkinsfile": "pipeline { agent any\n stages { stage('s') { steps { sh 'gitleaks dir .' } } } }\n",
                "a.py": "",
            },
            UNKNOWN,
            "not in this repository",
        ),
        ({"appveyor.yml": "x: 1\n", "a.py": "x\n"}, UNKNOWN, "AppVeyor is not read yet"),
        (
            {".gitlab-ci.yml": "include:\n  - template: Jobs/Secret-Detection.gitlab-ci.yml\n", "a.py": "x\n"},
            FAIL,
            "reports what it finds",
        ),
        ({**pre_commit(DETECT_HOOK), ".pre-commit-config.yaml": "repos: [\n"}, UNKNOWN, "could not be understood"),
        ({"a.py": "x\n", ".pre-commit-config.yaml": "repos: [\n"}, UNKNOWN, "not valid"),
        ({**run("gitleaks dir ."), ".pre-commit-config.yaml": "repos: [\n"}, PASS, "gitleaks"),
        (run("git secrets --scan"), UNKNOWN, "patterns"),
    ],
)
def test_secret_scan_gate(tmp_path: Path, files: dict[str, str], expected: OutcomeKind, says: str) -> None:
    outcome = check_files("secret-scan-gate", tmp_path, files)
    text = "\n".join([outcome.summary, *outcome.looked_at, *(finding.message for finding in outcome.findings)])
    assert outcome.kind is expected, text
    assert says in text


@pytest.mark.parametrize(
    ("starts", "said"), [("[push, pull_request]", False), ("{schedule: [{cron: '0 3 * * *'}]}", True)]
)
def test_what_a_workflow_has_is_not_asked_for(tmp_path: Path, starts: str, said: bool) -> None:
    outcome = check_files("secret-scan-gate", tmp_path, run("pytest", on=starts))
    remedy = outcome.findings[0].remedy
    assert outcome.kind is FAIL
    assert ("on: [push, pull_request]" in remedy) is said, remedy
