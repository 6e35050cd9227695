"""Tricks of Bitbucket Pipelines: which tests run on a change, can fail, and stand before a deploy."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.pipeline.pipeline_reading import read

from shipworthy.facts.pipeline import Kind
from shipworthy.facts.pipeline.gate import gates, overall
from shipworthy.facts.pipeline.inventory import inventory
from shipworthy.facts.pipeline.inventory import tests_on_change as on_change
from shipworthy.facts.update_bots import UpdateBots

CODE = {"app.py": "x = 1\n", "web/a.js": "x\n", "tests/test_app.py": "def test_x(): pass\n"}
S3 = "pipe: atlassian/aws-s3-deploy:1.1.0"


def step(*commands: str, more: str = "") -> str:
    """A step as one flow mapping."""
    return f"- step: {{{more + ', ' if more else ''}script: [{', '.join(commands)}]}}\n"


TEST, LINT = step("pytest"), step("ruff check")
SHIP = step(f"{{{S3}}}")


def of(**parts: str | dict[str, str]) -> str:
    """A file with these pipelines: a list of steps, or lists by pattern."""
    text = "pipelines:\n"
    for kind, part in parts.items():
        kind = kind.replace("_", "-")
        if isinstance(part, str):
            text += f"  {kind}:\n" + _indented(part, 4)
        else:
            text += f"  {kind}:\n" + "".join(f"    {key!r}:\n" + _indented(rows, 6) for key, rows in part.items())
    return text


def _indented(text: str, by: int) -> str:
    return "".join(" " * by + line + "\n" for line in text.split("\n") if line)


MANUAL = step(f"{{{S3}}}", more="trigger: manual")
ANCHORED = """
definitions:
  steps:
    - step: &test {name: t, script: [pytest]}
    - step: &unused {script: [vitest run]}
    - step: &ship {name: s, script: [{pipe: 'atlassian/heroku-deploy:2.1.4'}]}
"""
TRICKS = [
    ("default", of(default=TEST + SHIP), "yes", "yes"),
    ("the deploy stands first", of(default=SHIP + TEST), "yes", "no"),
    ("masked", of(default=step("pytest || true") + SHIP), "no", "no"),
    ("a pipe without pipefail", of(default=step("pytest | tee log") + SHIP), "no", "no"),
    ("with pipefail", of(default=step("set -o pipefail", "pytest | tee log") + SHIP), "yes", "yes"),
    ("one script, in order", of(default=step("pytest", f"{{{S3}}}")), "yes", "yes"),
    ("one script, the deploy first", of(default=step(f"{{{S3}}}", "pytest")), "yes", "no"),
    ("errexit is off", of(default=step("set +e", "pytest", "echo done")), "no", "na"),
    ("a failure is ignored", of(default=step("pytest", more="on-fail: {strategy: ignore}") + SHIP), "no", "no"),
    ("after-script cannot fail", of(default=step("ls", more="after-script: [pytest]") + SHIP), "no", "no"),
    ("after-script runs after a failure", of(default=step("pytest", more=f"after-script: [{{{S3}}}]")), "yes", "no"),
    ("main only", of(branches={"main": TEST + SHIP}), "partial", "yes"),
    ("main deploys, others test", of(default=TEST, branches={"main": SHIP}), "yes", "no"),
    ("main tests and deploys, others test", of(default=TEST, branches={"main": TEST + SHIP}), "yes", "yes"),
    ("every branch", of(branches={"**": TEST, "main": SHIP}), "yes", "no"),
    ("default behind a pattern for all", of(default=TEST, branches={"**": LINT}), "no", "na"),
    ("a star takes no slash", of(branches={"*": TEST}), "partial", "na"),
    ("some branches", of(branches={"feature/*": TEST}), "partial", "na"),
    ("some branches run others", of(default=TEST, branches={"feature/*": LINT}), "partial", "na"),
    ("some branches run tests of their own", of(default=TEST, branches={"feature/*": TEST}), "yes", "na"),
    ("a brace pattern", of(branches={"{main,develop}": TEST + SHIP}), "partial", "yes"),
    ("release branches are no changes", of(default=LINT, branches={"release/*": TEST}), "no", "na"),
    ("pull requests", of(pull_requests={"**": TEST}, branches={"main": SHIP}), "yes", "no"),
    ("pull requests of some", of(pull_requests={"feature/*": TEST}), "partial", "na"),
    (
        "pull requests of some, others by default",
        of(default=TEST, branches={"feature/*": LINT}, pull_requests={"feature/*": TEST}),
        "yes",
        "na",
    ),
    ("by hand", of(custom={"tests": TEST}), "no", "na"),
    ("tags", of(tags={"v*": TEST + SHIP}), "no", "yes"),
    ("a manual step deploys after tests", of(default=TEST + MANUAL), "yes", "yes"),
    ("a manual step tests", of(default=LINT + step("pytest", more="trigger: manual")), "no", "na"),
    (
        "tests behind a manual step, before the deploy",
        of(branches={"main": step("pytest", more="trigger: manual") + SHIP}),
        "no",
        "yes",
    ),
    ("parallel, then deploy", of(default="- parallel:\n" + _indented(TEST + LINT, 2) + SHIP), "yes", "yes"),
    (
        "deploy beside the tests",
        of(default="- parallel:\n    fail-fast: true\n    steps:\n" + _indented(TEST + SHIP, 4)),
        "yes",
        "no",
    ),
    (
        "stages",
        of(
            default="- stage:\n    name: a\n    steps:\n"
            + _indented(TEST, 4)
            + "- stage:\n    deployment: production\n    steps:\n"
            + _indented(SHIP, 4)
        ),
        "yes",
        "yes",
    ),
    ("a manual stage", of(default="- stage:\n    trigger: manual\n    steps:\n" + _indented(TEST, 4)), "no", "na"),
    (
        "changed paths of a part",
        of(default=step("pytest", more="condition: {changesets: {includePaths: ['web/**']}}") + SHIP),
        "partial",
        "partial",
    ),
    (
        "changed paths of all code",
        of(default=step("pytest", more="condition: {changesets: {includePaths: ['**.py', '**.js']}}")),
        "yes",
        "na",
    ),
    (
        "anchors, of which one is unused",
        ANCHORED + of(default="- step: *test\n- step:\n    <<: *ship\n    deployment: production\n"),
        "yes",
        "yes",
    ),
    ("only anchors", ANCHORED + of(default=LINT), "no", "na"),
    ("imported", "pipelines:\n  default:\n    import: shared:main:tests\n", "unknown", "na"),
    ("no clone", of(default=step("pytest", more="clone: {enabled: false}")), "unknown", "na"),
    ("no clone, and a deploy", of(branches={"main": step(f"{{{S3}}}", more="clone: {enabled: false}")}), "no", "no"),
    ("a login is no test", of(branches={"main": step("eval $(aws ecr get-login)", f"{{{S3}}}")}), "no", "no"),
    ("what is evaluated is not known", of(branches={"main": step("eval $(cat x)", f"{{{S3}}}")}), "no", "unknown"),
    (
        "a deployment whose command is not known",
        of(default=TEST + step("./push.sh", more="deployment: production")),
        "yes",
        "yes",
    ),
    (
        "a deployment without tests",
        of(branches={"main": step("curl -X POST $HOOK", more="deployment: staging")}),
        "no",
        "no",
    ),
    (
        "deployment gives tests their variables",
        of(default=step("npm ci", "pytest", more="deployment: test")),
        "yes",
        "na",
    ),
    ("notify", of(default=TEST + step("{pipe: 'atlassian/slack-notify:2.0.0'}")), "yes", "na"),
    (
        "triggers without a condition",
        of(custom={"t": TEST}) + "triggers:\n  repository-push:\n    - pipelines: [t]\n",
        "yes",
        "na",
    ),
    (
        "triggers with a condition",
        of(custom={"t": TEST}) + "triggers:\n  repository-push:\n    - condition: x == y\n      pipelines: [t]\n",
        "unknown",
        "na",
    ),
    ("misspelt", "pipeline:\n  default:\n" + _indented(TEST, 4), "unknown", "na"),
    (
        "of the wrong types",
        "pipelines:\n  default: 5\n  branches: {main: [1, {step: {script: 1.5}}], x: !y z}\n",
        "no",
        "na",
    ),
    ("not YAML", "pipelines: [\n", "unknown", "na"),
]


@pytest.mark.parametrize(("text", "tests", "gated"), [row[1:] for row in TRICKS], ids=[row[0] for row in TRICKS])
def test_bitbucket(tmp_path: Path, text: str, tests: str, gated: str) -> None:
    found = read(tmp_path, {**CODE, "bitbucket-pipelines.yml": text})
    assert (on_change(found), overall(gates(found))) == (tests, gated)


@pytest.mark.parametrize(
    ("pipe", "kind"),
    [
        ("atlassian/ecs-deploy:1.0.0", Kind.DEPLOY),
        ("atlassian/npm-publish:1.2.3", Kind.PUBLISH),
        ("atlassian/aws-ecr-push-image:1.2.2", Kind.PUBLISH),
        ("microsoft/azure-web-apps-deploy:1.0.3", Kind.DEPLOY),
        ("sonarsource/sonarcloud-scan:1.4.0", Kind.SCAN),
        ("atlassian/git-secrets-scan:0.5.1", Kind.SCAN),
        ("atlassian/email-notify:0.3.11", None),
        ("atlassian/aws-cloudfront-invalidate:0.6.0", None),
        ("else/deploy-check:1", None),
    ],
)
def test_pipes(tmp_path: Path, pipe: str, kind: Kind | None) -> None:
    found = read(tmp_path, {"bitbucket-pipelines.yml": of(default=step(f"{{pipe: '{pipe}'}}"))})
    assert [leaf.kind for leaf in found.leaves] == ([kind] if kind else [])
    assert bool(found.opaque) is pipe.startswith("else")


def test_evidence_is_the_line_behind_the_anchor(tmp_path: Path) -> None:
    rows = [
        "definitions:",
        "  steps:",
        "    - step: &t",
        "        script:",
        "          - ls",
        "          - pytest",
        "pipelines:",
    ]
    text = "\n".join([*rows, "  default:", "    - step:", "        <<: *t", "        name: x", ""])
    table = inventory(read(tmp_path, {**CODE, "bitbucket-pipelines.yml": text}), UpdateBots())
    assert table["test_evidence"] == [["bitbucket-pipelines.yml", 6]]
