"""update-bot: someone or something proposes updates for every ecosystem."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support import check_files

from shipworthy.model import OutcomeKind

PASS, FAIL, UNKNOWN, NA = OutcomeKind.PASS, OutcomeKind.FAIL, OutcomeKind.UNKNOWN, OutcomeKind.NOT_APPLICABLE
BOT = ".github/dependabot.yml"
NPM = {"package.json": '{"dependencies": {"a": "1"}}'}
WEB = {"web/package.json": NPM["package.json"]}
CI = {".github/workflows/ci.yml": "on: push\njobs: {a: {runs-on: x, steps: [{run: echo}]}}\n"}


def dependabot(*entries: str) -> dict[str, str]:
    return {BOT: "version: 2\nupdates:\n" + "".join(f"  - {{{entry}}}\n" for entry in entries)}


def entry(ecosystem: str, folder: str = "/", more: str = "") -> str:
    return f"package-ecosystem: {ecosystem}, directory: {folder}, schedule: {{interval: weekly}}{more}"


IGNORED = ", ignore: [{dependency-name: '*'}]"
SCHEDULED = "on: {{schedule: [{{cron: '0 0 * * 1'}}]}}\njobs: {{a: {{runs-on: x, steps: [{{run: {}}}]}}}}\n"


@pytest.mark.parametrize(
    ("files", "kind", "summary"),
    [
        ({**NPM, **dependabot(entry("npm"))}, PASS, "dependabot: npm"),
        ({**NPM, **CI, **dependabot(entry("npm"), entry("github-actions"))}, PASS, "dependabot: github-actions, npm"),
        ({**NPM, **CI, **dependabot(entry("npm"))}, FAIL, "dependabot leaves out github-actions"),
        ({"requirements.txt": "a==1\n", **dependabot(entry("uv"))}, PASS, "dependabot: pip"),
        ({"requirements.txt": "a==1\n", **dependabot(entry("npm"))}, FAIL, "dependabot leaves out pip"),
        ({**WEB, **dependabot(entry("npm", "/web"))}, PASS, "dependabot: npm"),
        (
            {**WEB, **dependabot(entry("npm", "/api"))},
            FAIL,
            "dependabot leaves out npm",
        ),
        ({**NPM, **dependabot(entry("npm", more=", open-pull-requests-limit: 0"))}, FAIL, "nothing proposes updates"),
        (
            {**NPM, **dependabot(entry("npm", more=IGNORED))},
            FAIL,
            "nothing proposes updates",
        ),
        ({**NPM, BOT: "version: 2\nupdates: []\n"}, FAIL, "nothing proposes updates"),
        ({**NPM, "renovate.json": "{}"}, PASS, "renovate: npm"),
        ({**NPM, ".github/renovate.json5": "{\n  // all\n  extends: ['config:base'],\n}"}, PASS, "renovate: npm"),
        ({**NPM, "renovate.json": '{"enabled": false}'}, FAIL, "nothing proposes updates"),
        ({**NPM, "renovate.json": '{"enabledManagers": ["npm"]}'}, PASS, "renovate: npm"),
        ({**NPM, "renovate.json": '{"enabledManagers": ["dockerfile"]}'}, FAIL, "renovate leaves out npm"),
        ({**NPM, "renovate.json": '{"npm": {"enabled": false}}'}, FAIL, "renovate leaves out npm"),
        ({**NPM, ".dependabot/config.yml": "version: 1\n"}, FAIL, "nothing proposes updates"),
        ({"requirements.txt": "a\n", ".pyup.yml": "update: all\n"}, PASS, "pyup: pip"),
        ({"requirements.txt": "a\n", ".pyup.yml": "update: false\n"}, FAIL, "nothing proposes updates"),
        ({**NPM}, FAIL, "nothing proposes updates"),
        ({"requirements/base.txt": "a==1\n"}, FAIL, "nothing proposes updates"),
        ({"setup.cfg": "[options]\ninstall_requires = a\n"}, FAIL, "nothing proposes updates"),
        ({"setup.cfg": "[flake8]\n"}, NA, "no dependency manifest"),
        ({"README.md": "x\n"}, NA, "no dependency manifest"),
        ({"tests/fixtures/a/package.json": NPM["package.json"]}, NA, "no dependency manifest"),
        ({"package.json": '{"name": "x"}'}, NA, "no dependency manifest"),
        ({**NPM, BOT: "updates: [\n"}, UNKNOWN, None),
        ({**NPM, "renovate.json": "{nonsense"}, UNKNOWN, None),
        ({**NPM, BOT: "[" * 400}, UNKNOWN, None),
        ({**NPM, BOT: "updates: {a: b}\n"}, FAIL, "nothing proposes updates"),
        ({**NPM, BOT: "- 1\n- 2\n"}, FAIL, "nothing proposes updates"),
        ({**NPM, BOT: "updates: [1, {directory: 3, package-ecosystem: []}]\n"}, FAIL, None),
    ],
)
def test_outcomes(tmp_path: Path, files: dict[str, str], kind: OutcomeKind, summary: str | None) -> None:
    found = check_files("update-bot", tmp_path / "repo", files)
    assert found.kind is kind, (found.summary, [each.message for each in found.findings])
    if summary is not None:
        assert found.summary == summary


def test_a_scheduled_job_that_raises_locked_versions_counts(tmp_path: Path) -> None:
    job = {".github/workflows/up.yml": SCHEDULED.format("uv lock --upgrade")}
    files = {"pyproject.toml": '[project]\ndependencies = ["a"]\n', **job, **dependabot(entry("github-actions"))}
    assert check_files("update-bot", tmp_path / "yes", files).kind is PASS
    files[".github/workflows/up.yml"] = SCHEDULED.format("uv lock")
    assert check_files("update-bot", tmp_path / "no", files).kind is FAIL


def test_a_workspace_takes_its_packages_along(tmp_path: Path) -> None:
    files = {**NPM, "packages/a/package.json": NPM["package.json"], **dependabot(entry("npm"))}
    assert check_files("update-bot", tmp_path / "repo", files).kind is PASS


def test_a_part_that_is_off_is_named(tmp_path: Path) -> None:
    files = {**NPM, **dependabot(entry("npm", more=", open-pull-requests-limit: 0"))}
    finding = check_files("update-bot", tmp_path / "repo", files).findings[0]
    assert (str(finding.location), finding.rule) == (f"{BOT}:3", "update-bot/off")
