"""`known-vulns`: a pass needs every version known, none of them in an advisory, and says how old the data is."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.facts.dependencies.lock_samples import NPM3, UV
from tests.support import check_files, make_repo, outcome_of

from shipworthy.assess.run import judge
from shipworthy.checks import check_named
from shipworthy.facts import Context
from shipworthy.model import OutcomeKind, Severity
from shipworthy.project import Project

HASH = " --hash=sha256:" + "0" * 64
PYPROJECT = (
    '[project]\nname = "shop"\nversion = "0.1.0"\ndependencies = ["flask>=2"]\n[dependency-groups]\ndev = ["pytest"]\n'
)
CLEAN_UV = UV.replace('"2.0.1"', '"3.0.3"')
PACKAGE = '{"name": "shop", "dependencies": {"left-pad": "^1.3.0"}, "devDependencies": {"mocha": "^9.0.0"}}\n'


def context(tmp_path: Path, limit: int | None = None, year: int = 2024) -> Context:
    return Context(now=datetime(year, 11, 22, tzinfo=UTC), home=tmp_path, advisory_max_age_days=limit)


def lock(dependencies: dict[str, str], development: dict[str, str] | None = None) -> dict[str, str]:
    """package.json and package-lock.json of exact versions."""
    development = development or {}
    packages = {
        f"node_modules/{name}": {"version": version, "integrity": "x"} for name, version in dependencies.items()
    }
    packages |= {
        f"node_modules/{name}": {"version": version, "integrity": "x", "dev": True}
        for name, version in development.items()
    }
    asked = {"dependencies": dependencies, "devDependencies": development}
    return {
        "package.json": json.dumps({"name": "shop", **asked}, indent=1),
        "package-lock.json": json.dumps({"lockfileVersion": 3, "packages": {"": asked, **packages}}, indent=1),
    }


@pytest.mark.parametrize(
    ("files", "summary"),
    [
        ({"pyproject.toml": PYPROJECT, "uv.lock": CLEAN_UV}, "none known as of 2024-10-10 (PyPI, 43 days old)"),
        ({"requirements.txt": f"flask==3.0.3{HASH}\n"}, "none known as of 2024-10-10 (PyPI, 43 days old)"),
    ],
)
def test_pass_names_the_date_of_the_data(files: dict[str, str], summary: str, tmp_path: Path) -> None:
    outcome = check_files("known-vulns", tmp_path / "repo", files, context=context(tmp_path))
    assert outcome.kind is OutcomeKind.PASS, outcome
    assert outcome.summary.startswith(summary)
    assert any("advisories to 20" in each for each in outcome.looked_at)


def test_data_that_is_a_part_passes_nothing(tmp_path: Path) -> None:
    outcome = check_files(
        "known-vulns", tmp_path / "repo", lock({"left-pad": "1.3.0"}), context=context(tmp_path, year=2026)
    )
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert [(each.rule, each.location.path) for each in outcome.findings] == [("partial-data", "package-lock.json")]
    assert "`npm audit`" in outcome.findings[0].remedy
    assert "a small part of what is published" in outcome.looked_at[0]
    assert "(npm, part of the data, " in outcome.summary


@pytest.mark.parametrize(
    ("limit", "year", "kind"),
    [(None, 2026, "pass"), (60, 2024, "pass"), (30, 2024, "unknown"), (365, 2026, "unknown"), (0, 2024, "unknown")],
)
def test_old_data(limit: int | None, year: int, kind: str, tmp_path: Path) -> None:
    files = {"pyproject.toml": PYPROJECT, "uv.lock": CLEAN_UV}
    outcome = check_files("known-vulns", tmp_path / "repo", files, context=context(tmp_path, limit, year))
    assert outcome.kind == kind
    if year == 2026 and limit is None:
        assert "2 years old" in outcome.summary
    if kind == "unknown":
        assert "`pip-audit`" in outcome.findings[0].remedy


@pytest.mark.parametrize(
    ("files", "path", "line", "name"),
    [
        ({"requirements.txt": f"click==8.1.0{HASH}\ndjango==4.0.5{HASH}\n"}, "requirements.txt", 2, "django 4.0.5"),
        ({"requirements.txt": "django==4.0.5\n"}, "requirements.txt", 1, "django 4.0.5"),
        ({"requirements.txt": "Django<2\n"}, "requirements.txt", 1, "django, in every version"),
        ({"pyproject.toml": PYPROJECT.replace("flask", "django"), "uv.lock": CLEAN_UV.replace('"flask"', '"django"')
          .replace('"3.0.3"', '"4.0.5"')}, "uv.lock", 3, "django 4.0.5"),
        (lock({"lodash": "4.17.20"}), "package-lock.json", 10, "lodash 4.17.20"),
        ({"package.json": '{"dependencies": {"lodash": "4.17.20"}}'}, "package.json", 1, "lodash 4.17.20"),
        ({"package.json": '{"dependencies": {"mine": "npm:lodash@4.17.20"}}'}, "package.json", 1, "lodash 4.17.20"),
    ],
)  # fmt: skip
def test_fail_names_the_place_and_the_fix(
    files: dict[str, str], path: str, line: int, name: str, tmp_path: Path
) -> None:
    outcome = check_files("known-vulns", tmp_path / "repo", files, context=context(tmp_path))
    assert outcome.kind is OutcomeKind.FAIL, outcome
    finding = outcome.findings[0]
    assert (finding.rule, finding.location.path, finding.location.line) == ("known-vulnerability", path, line)
    assert finding.message.startswith(name)
    assert "CVE-" in finding.message
    assert finding.remedy.startswith(("Upgrade ", "No fixed version"))
    assert outcome.summary.startswith(name)


def test_several_advisories_of_one_package_name_one_version(tmp_path: Path) -> None:
    """Else somebody upgrades as often as there are advisories."""
    files = {"requirements.txt": f"langchain==0.0.150{HASH}\n"}
    outcome = check_files("known-vulns", tmp_path / "repo", files, context=context(tmp_path))
    remedies = {each.remedy for each in outcome.findings if each.rule == "known-vulnerability"}
    assert len(outcome.findings) > 5
    assert len(remedies) == 1
    assert re.fullmatch(r"Upgrade langchain to [0-9.]+ or later, which fixes all [0-9]+ known here\.", *remedies)


def test_a_fix_that_another_advisory_concerns_is_not_called_one_for_all(tmp_path: Path) -> None:
    """The highest of the fixed versions may lie in a later range of another advisory: then each names its own."""
    outcome = check_files("known-vulns", tmp_path / "repo", lock({"ember": "1.3.0"}), context=context(tmp_path))
    remedies = [each.remedy for each in outcome.findings if each.rule == "known-vulnerability"]
    assert len(remedies) > 1
    assert not any("known here" in each for each in remedies)


def test_a_package_of_two_files_is_one_finding(tmp_path: Path) -> None:
    files = {"requirements.txt": f"django==4.0.5{HASH}\n", "requirements-web.txt": f"django==4.0.5{HASH}\n"}
    outcome = check_files("known-vulns", tmp_path / "repo", files, context=context(tmp_path))
    prints = [finding.fingerprint for finding in outcome.findings]
    assert len(prints) == len(set(prints))
    assert outcome.findings[0].related[0].path == "requirements.txt"


def test_the_fingerprint_survives_moved_lines_and_a_useless_upgrade(tmp_path: Path) -> None:
    first = check_files("known-vulns", tmp_path / "a", {"requirements.txt": f"django==4.0.4{HASH}\n"})
    second = check_files("known-vulns", tmp_path / "b", {"requirements.txt": f"# moved\n\ndjango==4.0.5{HASH}\n"})
    assert {each.fingerprint for each in second.findings} <= {each.fingerprint for each in first.findings}


@pytest.mark.parametrize(
    ("files", "kind", "severities"),
    [
        # Development only: remarks, one level lower.
        (
            lock({"left-pad": "1.3.0"}, {"lodash": "4.17.20"}),
            OutcomeKind.UNKNOWN,
            {Severity.HIGH, Severity.MEDIUM, Severity.LOW},
        ),
        (
            {"requirements.txt": f"flask==3.0.3{HASH}\n"} | lock({}, {"lodash": "4.17.20"}),
            OutcomeKind.PASS,
            {Severity.MEDIUM, Severity.LOW},
        ),
        (
            {"requirements.txt": f"flask==3.0.3{HASH}\n", "requirements-dev.txt": f"black==23.3.0{HASH}\n"},
            OutcomeKind.PASS,
            {Severity.MEDIUM},
        ),
        # A site that declares nothing else ships what its bundler takes from them.
        (lock({}, {"lodash": "4.17.20", "vue": "3.5.0"}), OutcomeKind.FAIL, {Severity.HIGH, Severity.MEDIUM}),
    ],
)  # fmt: skip
def test_development_only(files: dict[str, str], kind: OutcomeKind, severities: set[Severity], tmp_path: Path) -> None:
    outcome = check_files("known-vulns", tmp_path / "repo", files, context=context(tmp_path))
    assert outcome.kind is kind, outcome
    assert {finding.severity for finding in outcome.findings} == severities


@pytest.mark.parametrize(
    ("files", "rule"),
    [
        ({"requirements.txt": "flask\n"}, "unpinned"),
        ({"requirements.txt": "flask>=2\nclick==8.0\n"}, "unpinned"),
        ({"requirements.txt": "# mine\nflask==3.0.3\n"}, "unpinned"),
        ({"package.json": PACKAGE}, "unpinned"),
        ({"package.json": PACKAGE, "package-lock.json": ""}, "could-not-read"),
        ({"package.json": PACKAGE, "package-lock.json": "{}"}, "could-not-read"),
        ({"package.json": PACKAGE, "package-lock.json": NPM3[:400]}, "could-not-read"),
        ({"package.json": PACKAGE, "package-lock.json": '{"lockfileVersion": 3, "packages": {"": {}}}'}, "out-of-step"),
        ({"pyproject.toml": PYPROJECT, "uv.lock": "version = 1\n"}, "out-of-step"),
        ({"pyproject.toml": PYPROJECT.replace(">=2", ">=1"), "uv.lock": CLEAN_UV}, "out-of-step"),
        ({"requirements.txt": f"x @ git+https://host.example/x.git@{'a' * 40}{HASH}\n"}, "no-version"),
        ({"requirements.txt": f"flask==not.a.version{HASH}\n"}, "no-version"),
        ({"requirements.txt": f"flask=={'9' * 400}{HASH}\n"}, "no-version"),
        ({"Cargo.toml": "[package]\n"}, "not-read"),
        ({"app.py": "import flask\n"}, "undeclared"),
    ],
)
def test_unknown(files: dict[str, str], rule: str, tmp_path: Path) -> None:
    outcome = check_files("known-vulns", tmp_path / "repo", files, context=context(tmp_path))
    assert outcome.kind is OutcomeKind.UNKNOWN, outcome
    assert rule in {finding.rule for finding in outcome.findings}


def test_not_applicable(tmp_path: Path) -> None:
    files = {"package.json": '{"name": "a"}', "index.js": "import fs from 'fs'\n"}
    assert check_files("known-vulns", tmp_path / "repo", files).kind is OutcomeKind.NOT_APPLICABLE


def test_a_vulnerable_lock_stays_a_failure_where_something_else_is_unreadable(tmp_path: Path) -> None:
    files = {"requirements.txt": f"django==4.0.5{HASH}\n?\n", "Cargo.toml": ""}
    outcome = check_files("known-vulns", tmp_path / "repo", files)
    assert outcome.kind is OutcomeKind.FAIL
    assert {"could-not-read", "not-read"} <= {finding.rule for finding in outcome.findings}


@pytest.mark.parametrize(
    ("own_code", "kinds"),
    [
        ({"src/index.js": ""}, {".": "fail", "api": "not-applicable", "web": "not-applicable"}),
        # Nothing lies beside the members: the first of them answers for the lock above.
        ({}, {"api": "fail", "web": "not-applicable"}),
    ],
)
def test_a_workspace_is_judged_once(own_code: dict[str, str], kinds: dict[str, str], tmp_path: Path) -> None:
    files = lock({"lodash": "4.17.20"})
    document = json.loads(files["package-lock.json"])
    for name in ("api", "web"):
        document["packages"][name] = {"dependencies": {"lodash": "4.17.20"}}
        files[f"{name}/package.json"] = json.dumps({"name": name, "dependencies": {"lodash": "4.17.20"}})
        files[f"{name}/a.js"] = ""
    files["package-lock.json"] = json.dumps(document)
    folder = make_repo(tmp_path / "repo", {**files, **own_code})
    found = judge(Project.open(folder), [("known-vulns", check_named("known-vulns"))], context(tmp_path), "solo")
    assert {each.component: each.outcome.kind.value for each in found["known-vulns"]} == kinds
    assert outcome_of("known-vulns", folder).kind is OutcomeKind.FAIL
