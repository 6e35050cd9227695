"""Tricks of Buildkite's pipeline files: which tests run on a change, can fail, and stand before a deploy."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.pipeline.pipeline_reading import read

from shipworthy.facts.pipeline import Kind
from shipworthy.facts.pipeline.gate import gates, overall
from shipworthy.facts.pipeline.inventory import tests_on_change as on_change
from shipworthy.facts.pipeline.systems.buildkite_if import holds

CODE = {"app.py": "x = 1\n", "web/a.js": "x\n", "tests/test_app.py": "def test_x(): pass\n"}
SHIP = "{command: docker push registry.example/app, key: ship}"
TEST = "{command: pytest, key: test}"


def of(*steps: str, head: str = "") -> str:
    return head + "steps:\n" + "".join(f"  - {step}\n" for step in steps)


def but(step: str, more: str) -> str:
    """A step with a further key."""
    return step[:-1] + f", {more}}}"


TRICKS = [
    ("plain", of(TEST, "wait", SHIP), "yes", "yes"),
    ("without a wait they run side by side", of(TEST, SHIP), "yes", "no"),
    ("wait as a mapping", of(TEST, "{wait: null}", SHIP), "yes", "yes"),
    ("a wait that goes on", of(TEST, "{wait: null, continue_on_failure: true}", SHIP), "yes", "no"),
    (
        "a later wait stops it after all",
        of(TEST, "{wait: null, continue_on_failure: true}", "{command: ls}", "wait", SHIP),
        "yes",
        "yes",
    ),
    (
        "a wait on main only, as the deploy",
        of(TEST, "{wait: null, if: build.branch == 'main'}", but(SHIP, "branches: main")),
        "yes",
        "yes",
    ),
    ("depends_on", of(TEST, but(SHIP, "depends_on: test")), "yes", "yes"),
    (
        "depends_on something else passes the wait by",
        of("{command: ls, key: a}", TEST, "wait", but(SHIP, "depends_on: a")),
        "yes",
        "no",
    ),
    (
        "depends_on in a list, through another",
        of(TEST, "{command: ls, key: a, depends_on: [{step: test}]}", but(SHIP, "depends_on: [a]")),
        "yes",
        "yes",
    ),
    ("a failure of it is allowed", of(TEST, but(SHIP, "depends_on: [{step: test, allow_failure: true}]")), "yes", "no"),
    ("any failure is allowed", of(TEST, but(SHIP, "depends_on: test, allow_dependency_failure: true")), "yes", "no"),
    ("soft_fail", of(but(TEST, "soft_fail: true"), "wait", SHIP), "no", "no"),
    ("soft_fail for the status 1", of(but(TEST, "soft_fail: [{exit_status: 1}]"), "wait", SHIP), "no", "no"),
    ("soft_fail for a lost agent", of(but(TEST, "soft_fail: [{exit_status: 137}]"), "wait", SHIP), "yes", "yes"),
    ("masked", of("{command: 'pytest || true'}"), "no", "na"),
    ("a pipe without pipefail", of("{command: 'pytest | tee log'}"), "no", "na"),
    ("commands are one shell with errexit", of("{commands: [pytest, docker push registry.example/app]}"), "yes", "yes"),
    ("skipped", of(but(TEST, "skip: true")), "no", "na"),
    ("skipped with a reason", of(but(TEST, "skip: flaky")), "no", "na"),
    ("if false", of(but(TEST, "if: 'false'")), "no", "na"),
    ("pull requests", of(but(TEST, "if: build.pull_request.id != null")), "yes", "na"),
    ("no pull requests", of(but(TEST, "if: build.pull_request.id == null && build.branch == 'main'")), "partial", "na"),
    ("main only", of(but(TEST, "branches: main"), "wait", but(SHIP, "branches: main")), "partial", "yes"),
    ("all but main", of(but(TEST, "branches: '!main'"), "wait", but(SHIP, "branches: main")), "yes", "no"),
    ("some branches", of(but(TEST, "branches: 'main feature/*'")), "partial", "na"),
    ("tags", of(but(TEST, "if: 'build.tag =~ /^v[0-9]/'")), "no", "na"),
    ("not for one message", of(but(TEST, "if: build.message !~ /skip tests/")), "yes", "na"),
    ("only for one message", of(but(TEST, "if: build.message =~ /run tests/")), "no", "na"),
    ("a condition on a variable", of(but(TEST, "if: build.env('X') == '1'")), "unknown", "na"),
    ("a block before the tests", of("{block: go}", TEST), "no", "na"),
    ("a block before the deploy", of(TEST, "{block: go}", SHIP), "yes", "yes"),
    (
        "a block on main only",
        of("{block: go, branches: main}", TEST, "wait", but(SHIP, "branches: main")),
        "yes",
        "yes",
    ),
    ("an input holds only what depends on it", of("{input: go, key: go}", TEST), "yes", "na"),
    ("what depends on an input", of("{input: go, key: go}", but(TEST, "depends_on: go")), "no", "na"),
    ("a group", of("{group: all, key: all, steps: [" + TEST + "]}", but(SHIP, "depends_on: all")), "yes", "yes"),
    ("a filtered group", of("{group: all, if: build.branch == 'main', steps: [" + TEST + "]}"), "partial", "na"),
    ("a trigger", of("{trigger: other}"), "unknown", "na"),
    ("a matrix", of("{command: '{{matrix}}', matrix: [pytest, ruff check]}"), "yes", "na"),
    (
        "a matrix of parts",
        of("{command: 'tox -e py && pytest {{matrix.os}}', matrix: {setup: {os: [a, b]}}}"),
        "yes",
        "na",
    ),
    ("docker with its own command", of("{plugins: [{docker#v5.0.0: {image: a, command: [pytest, -q]}}]}"), "yes", "na"),
    ("docker around a command", of("{command: pytest, plugins: [{'docker#v5.0.0': {image: a}}]}"), "yes", "na"),
    ("docker-compose push", of(TEST, "wait", "{plugins: [{docker-compose#v4.0.0: {push: app}}]}"), "yes", "yes"),
    ("a plugin that deploys", of(TEST, "{plugins: ['ecs-deploy#v1.0.0']}"), "yes", "no"),
    ("steps by changed folders", of("{plugins: [{monorepo-diff#v1.0.0: {watch: []}}]}"), "unknown", "na"),
    ("steps a program writes", of("{command: './make-steps.sh | buildkite-agent pipeline upload'}"), "unknown", "na"),
    ("changed files of a part", of(but(TEST, "if_changed: 'web/**'")), "partial", "na"),
    ("changed files of all code, in braces", of(but(TEST, "if_changed: ['**.{py,js}']")), "yes", "na"),
    ("anchors", "x: &t {command: pytest}\n" + of("{<<: *t, label: a}"), "yes", "na"),
    ("only an anchor", "x: &t {command: pytest}\n" + of("{command: ls}"), "no", "na"),
    ("commented out", of("{command: ls} # {command: pytest}"), "no", "na"),
    ("a list without steps:", "- command: pytest\n", "yes", "na"),
    ("not YAML", "steps: [\n", "unknown", "na"),
]


@pytest.mark.parametrize(("text", "tests", "gated"), [row[1:] for row in TRICKS], ids=[row[0] for row in TRICKS])
def test_buildkite(tmp_path: Path, text: str, tests: str, gated: str) -> None:
    found = read(tmp_path, {**CODE, ".buildkite/pipeline.yml": text})
    assert (on_change(found), overall(gates(found))) == (tests, gated)


def test_when_builds_start_is_not_in_the_repository(tmp_path: Path) -> None:
    found = read(tmp_path, {**CODE, ".buildkite/pipeline.yml": of(TEST)})
    (start,) = [each for each in found.workflows[0].scenarios if each.outside]
    assert start.name == "change"
    assert not any(leaf.on_change.yes for leaf in found.leaves)


def test_a_file_that_a_step_uploads_stands_where_the_step_does(tmp_path: Path) -> None:
    files = {
        ".buildkite/pipeline.yml": of(
            TEST, "wait", "{command: buildkite-agent pipeline upload .buildkite/pipeline.deploy.yml}"
        ),
        ".buildkite/pipeline.deploy.yml": of(SHIP),
    }
    found = read(tmp_path, {**CODE, **files})
    (leaf,) = found.of(Kind.PUBLISH)
    assert (leaf.path, leaf.line) == (".buildkite/pipeline.deploy.yml", 2)
    assert overall(gates(found)) == "yes"


def test_a_script_that_uploads(tmp_path: Path) -> None:
    files = {
        ".buildkite/pipeline.yml": of("{command: ./steps.sh}"),
        "steps.sh": "#!/bin/sh\nset -e\nbuildkite-agent pipeline upload .buildkite/more.yml\n",
        ".buildkite/more.yml": of(TEST),
    }
    assert on_change(read(tmp_path / "a", {**CODE, **files})) == "yes"
    assert (
        on_change(read(tmp_path / "b", {**CODE, **files, "steps.sh": "cat <<X | buildkite-agent pipeline upload\nX\n"}))
        == "unknown"
    )
    assert on_change(read(tmp_path / "c", {".buildkite/pipeline.sh": "echo steps:\n"})) == "unknown"


def test_a_service_of_a_compose_file(tmp_path: Path) -> None:
    files = {
        ".buildkite/pipeline.yml": of("{plugins: [{docker-compose#v4.0.0: {run: app}}]}"),
        "docker-compose.yml": "services:\n  app:\n    command: pytest -q\n",
    }
    (leaf,) = read(tmp_path, {**CODE, **files}).of(Kind.TEST)
    assert (leaf.chain[-1].path, leaf.chain[-1].line) == ("docker-compose.yml", 3)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("build.branch == 'main'", False),
        ('build.branch != "main" && build.tag == null', True),
        ("build.branch =~ /^FEATURE\\//i", True),
        ("!(build.branch == 'main') || false", True),
        ("build.env('X') == 'y'", None),
        ("build.env('X') == 'y' || build.branch == 'feature/a'", True),
        ("build.branch =~ /^(a+)+$/", None),
        ("build.branch ==", None),
        ("(" * 60 + "true" + ")" * 60, None),
        ("build.pull_request.labels includes 'go'", False),
        ("pipeline.slug == 'x'", None),
    ],
)
def test_conditions(text: str, answer: bool | None) -> None:
    from shipworthy.facts.pipeline.systems.buildkite_if import ORDINARY

    values = {"build.branch": "feature/a", "build.tag": None, "build.pull_request.labels": ORDINARY}
    assert holds(text, values) is answer


@pytest.mark.parametrize(
    ("path", "command", "tests"),
    [
        ("run.sh", "run.sh", "yes"),
        ("ci/run.sh", "/ci/run.sh", "yes"),
        ("ci/run.sh", "ci/run.sh", "yes"),
        ("ci/run.sh", "run.sh", "no"),
    ],
)
def test_a_command_that_is_a_file(tmp_path: Path, path: str, command: str, tests: str) -> None:
    files = {".buildkite/pipeline.yml": of(f"{{command: {command}}}"), path: "#!/bin/sh -e\npytest\n"}
    assert on_change(read(tmp_path, {**CODE, **files})) == tests


def test_another_file_of_the_folder_may_be_a_pipeline(tmp_path: Path) -> None:
    files = {".buildkite/release.yml": of(TEST, SHIP), ".buildkite/compose.yml": "services: {}\n"}
    found = read(tmp_path, {**CODE, **files})
    assert (on_change(found), overall(gates(found))) == ("unknown", "no")


def test_a_pipeline_for_the_night_says_nothing_of_changes(tmp_path: Path) -> None:
    night = {".buildkite/pipeline-nightly.yml": of(TEST)}
    assert (
        on_change(read(tmp_path / "a", {**CODE, **night, ".buildkite/pipeline.yml": of("{command: ls}")})) == "unknown"
    )
    assert on_change(read(tmp_path / "b", {**CODE, **night})) == "yes"


def test_tests_of_an_android_variant(tmp_path: Path) -> None:
    code = {"app/src/test/java/AppTest.java": "class AppTest { @Test void a() {} }\n"}
    found = read(tmp_path, {**code, ".buildkite/pipeline.yml": of("{command: ./gradlew testDebug}")})
    assert on_change(found) == "yes"
