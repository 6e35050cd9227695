"""The checklists that come with shipworthy: complete, clean, in one style, and loaded from wherever they lie."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from shipworthy.checklist import NAMES, ChecklistError, lint_file, load, packaged_bytes
from shipworthy.checks import BUILT_IN
from shipworthy.model import PROFILES, Decides, Item, Level

CHECKOUT = Path(__file__).parents[2]
IDS = {
    "pipeline": """ci-on-every-change ci-runs-tests deploy-gated deploy-from-pipeline branch-protected
        review-by-another-human codeowners-live ci-hardened lint-types-in-ci""",
    "tests": """tests-pass tests-assert tests-not-skipped tests-cover-risky-code tests-catch-faults authz-negative-tests
        smoke-test""",
    "secrets": """secrets-not-in-tree secrets-not-in-history env-files-ignored no-secret-in-client secret-store
        key-inventory key-rotation secret-scan-gate""",
    "dependencies": """lockfile known-vulns deps-intended frozen-install update-bot runtime-supported
        licence-and-sbom""",
    "access": """route-inventory routes-protected ownership-checked row-level-security debug-surface-closed
        auth-rate-limited cors-locked session-safe webhooks-verified""",
    "data": """input-validated injection-safe uploads-bounded errors-dont-leak migrations-managed backup-restored
        data-map llm-input-untrusted""",
    "signals": """logs-structured logs-no-sensitive error-tracking health-check alert-reaches-human spend-alert""",
    "load": """outbound-timeouts work-bounded load-checked graceful-stop""",
    "release": """config-parity environments-separated rollback-rehearsed artefact-pinned live-surface
        release-traceable""",
    "context": """threat-model architecture-map third-party-inventory ai-authorship-review assistant-guardrails
        incident-plan""",
}
# Per item the levels for solo, team, regulated, internal, library, cli, worker: required, suggested, optional, none.
LEVELS = dict(zip("rso-", (Level.REQUIRED, Level.SUGGESTED, Level.OPTIONAL, Level.NONE), strict=True))
ASKED = """
ci-on-every-change rrrrrrr    ci-runs-tests rrrrrrr          deploy-gated rrrrrrr           deploy-from-pipeline srrsrrr
branch-protected srrsrrr      review-by-another-human orrsrsr codeowners-live -srosos       ci-hardened srrsrss
lint-types-in-ci ssrssss      tests-pass rrrrrrr             tests-assert rrrrrrr           tests-not-skipped srrsrss
tests-cover-risky-code srrssss tests-catch-faults ssrosos    authz-negative-tests rrrr---   smoke-test ssrsoss
secrets-not-in-tree rrrrrrr   secrets-not-in-history rrrrrrr env-files-ignored rrrrssr      no-secret-in-client rrrr---
secret-store rrrrssr          key-inventory rrrrsor          key-rotation srrsoor           secret-scan-gate srrssss
lockfile rrrrssr              known-vulns rrrrrrr            deps-intended rrrrrrr          frozen-install srrsssr
update-bot ssrssss            runtime-supported srrsssr      licence-and-sbom oororso       route-inventory rrrr--s
routes-protected rrrr--s      ownership-checked rrrs---      row-level-security rrrr---     debug-surface-closed rrrr--s
auth-rate-limited rrrs--s     cors-locked rrrs---            session-safe rrrr---           webhooks-verified rrrr--s
input-validated rrrrssr       injection-safe rrrrrrr         uploads-bounded rrrs--s        errors-dont-leak rrrsssr
migrations-managed srrs--s    backup-restored srrs--s        data-map ssrsoos               llm-input-untrusted rrrsssr
logs-structured osrsoos       logs-no-sensitive rrrrssr      error-tracking srrs-or         health-check srrs--s
alert-reaches-human srrs--r   spend-alert rrrs-sr            outbound-timeouts srrsssr      work-bounded ssrooos
load-checked osro--s          graceful-stop osro--s          config-parity rrrrssr
environments-separated srrs--s
rollback-rehearsed srrssos    artefact-pinned ssrssss        live-surface srro---           release-traceable ssrssss
threat-model rrrssos          architecture-map srrso-s       third-party-inventory rrrroor  ai-authorship-review rrrssss
assistant-guardrails ssrssss  incident-plan srrssos
"""
REFERENCES = re.compile(
    r"ASVS 5\.0 \d{1,2}\.\d{1,2}\.\d{1,2}|OSPS-(AC|BR|DO|GV|LE|QA|SA|VM)-\d\d\.\d\d|CWE-\d{1,4}|CVE-\d{4}-\d{4,6}"
    r"|SSDF (PO|PS|PW|RV)\.\d|OWASP A(0[1-9]|10):2025|OWASP API(10|[1-9]):2023|OWASP LLM(0[1-9]|10):2025"
    r"|12-factor [IVX]+|arXiv \d{4}\.\d{5}"
    r"|Scorecard (Branch-Protection|CI-Tests|Code-Review|Dangerous-Workflow|Dependency-Update-Tool|License"
    r"|Pinned-Dependencies|SAST|SBOM|Security-Policy|Token-Permissions|Vulnerabilities)"
    r"|Mercari [A-Za-z][A-Za-z -]+|SRE launch checklist: [a-z/ -]+"
)
PRODUCTION = load("production")
each_item = pytest.mark.parametrize("item", PRODUCTION.items, ids=lambda item: item.id)


def test_all_seventy_items_in_their_areas_and_in_order() -> None:
    expected = [(area, item) for area, items in IDS.items() for item in items.split()]
    assert [(item.area, item.id) for item in PRODUCTION.items] == expected
    assert len(expected) == 70
    assert [area.id for area in PRODUCTION.areas] == list(IDS)


def test_levels_are_those_agreed_on() -> None:
    words = ASKED.split()
    asked = dict(zip(words[::2], words[1::2], strict=True))
    assert {item.id: [item.profiles.get(name) for name in PROFILES] for item in PRODUCTION.items} == {
        item: [LEVELS[letter] for letter in letters] for item, letters in asked.items()
    }


def test_each_check_judges_the_item_of_its_name() -> None:
    assert {item.check: item.id for item in PRODUCTION.items if item.check} == {name: name for name in BUILT_IN}


@pytest.mark.parametrize("name", NAMES)
def test_no_problem(name: str) -> None:
    assert lint_file(packaged_bytes(name), f"{name}.toml", checks=BUILT_IN) == []


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_requires_something(profile: str) -> None:
    required = [item for item in PRODUCTION.items if item.level(profile) is Level.REQUIRED]
    assert len(required) >= 10
    assert any(item.check for item in required)


@each_item
def test_style(item: Item) -> None:
    assert 10 <= len(item.title) <= 60
    assert 10 <= len(item.failing_title) <= 60
    for text in (item.title, item.failing_title):
        assert not text.endswith((".", "!", "?"))
        assert text[0].isupper()
    assert item.why.endswith(".")
    assert 1 <= len(re.findall(r"[.!?](?= [A-Z\"]|$)", item.why)) <= 3
    assert len(item.why) <= 240
    assert 2 <= len(item.fix) <= 5
    assert len(set(item.fix)) == len(item.fix)
    assert all(step.endswith((".", ")")) and len(step) <= 200 for step in item.fix)
    assert item.not_applicable == "" or (item.not_applicable.endswith(".") and len(item.not_applicable) <= 120)
    assert 5 <= item.minutes <= 120


@each_item
def test_attestations_are_said_by_a_person_where_one_can_say_it(item: Item) -> None:
    only_the_machine = item.decides is Decides.MACHINE and item.check is not None
    assert (item.attest == "") == only_the_machine
    assert only_the_machine or (item.attest.startswith("I ") and item.attest.endswith(".") and len(item.attest) <= 160)


@each_item
def test_references_have_one_form(item: Item) -> None:
    assert item.references
    assert len(set(item.references)) == len(item.references)
    assert [each for each in item.references if not REFERENCES.fullmatch(each)] == []


def test_the_demo_waits_for_exactly_two_words_of_a_person() -> None:
    demo = load("demo")
    assert len(demo.items) == 12
    assert all(item.level("solo") is Level.REQUIRED for item in demo.items)
    assert [item.id for item in demo.items if item.decides is not Decides.MACHINE or item.check is None] == [
        "routes-protected",
        "spend-alert",
    ]
    assert {area.id for area in demo.areas} == {item.area for item in demo.items}
    wordings = {item.id: item.why for item in PRODUCTION.items}
    assert all(wordings[item.id] == item.why for item in demo.items)
    assert demo.name == "demo"


def test_digests_can_be_recomputed() -> None:
    plain = hashlib.sha256(packaged_bytes("production")).hexdigest()
    assert PRODUCTION.digest == plain
    second = hashlib.sha256(packaged_bytes("demo")).hexdigest()
    assert load("demo").digest == hashlib.sha256(f"{plain}\n{second}\n".encode()).hexdigest()


def test_names_are_the_files_there_are() -> None:
    assert {file.stem for file in (CHECKOUT / "checklists").iterdir()} == set(NAMES)
    assert all(load(name).name == name for name in NAMES)
    for name in ("", "solo", "../production", "production.toml"):
        with pytest.raises(ChecklistError, match="no checklist called"):
            load(name)


LOAD = "from shipworthy.checklist import load; print(load('production').digest, load('demo').digest)"


def layout(folder: Path, checklists: str | None) -> subprocess.CompletedProcess[str]:
    """Import a copy of the package from a folder laid out like an installation, and load from it."""
    package = folder / "shipworthy"
    shutil.copytree(
        CHECKOUT / "src" / "shipworthy",
        package,
        ignore=lambda at, names: {"tui", "facts", "checks", "__pycache__"} & set(names),
    )
    if checklists:
        shutil.copytree(CHECKOUT / "checklists", folder / checklists)
    return subprocess.run(
        [sys.executable, "-c", LOAD], cwd=folder, capture_output=True, text=True, env={"PYTHONPATH": str(folder)}
    )


def test_loading_from_the_wheels_layout(tmp_path: Path) -> None:
    done = layout(tmp_path, "shipworthy/_checklists")
    assert done.stdout.split() == [PRODUCTION.digest, load("demo").digest], done.stderr


def test_a_damaged_installation_says_so(tmp_path: Path) -> None:
    done = layout(tmp_path, "checklists")
    assert done.returncode == 1
    assert "production.toml: is missing from this installation" in done.stderr


@pytest.mark.long
def test_the_wheel_holds_them(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(tmp_path), str(CHECKOUT)],
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for name in NAMES:
            assert archive.read(f"shipworthy/_checklists/{name}.toml") == packaged_bytes(name)
