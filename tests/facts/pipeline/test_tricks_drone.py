"""Tricks of Drone and Woodpecker files: which tests run on a change, can fail, and stand before a deploy."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.pipeline.pipeline_reading import read

from shipworthy.facts.pipeline import Kind
from shipworthy.facts.pipeline.gate import gates, overall
from shipworthy.facts.pipeline.inventory import tests_on_change as on_change

CODE = {"app.py": "x = 1\n", "web/a.js": "x\n", "tests/test_app.py": "def test_x(): pass\n"}
DEPLOY = "docker push registry.example/app"


def old(**steps: str) -> str:
    """A file of version 0.8: each step is its lines below the name."""
    rows = "".join(f"  {name}:\n    image: a\n" + _indented(text, 4) for name, text in steps.items())
    return "pipeline:\n" + rows


def one(*steps: str, head: str = "", name: str = "default") -> str:
    """One pipeline of version 1; a step is its lines, its name first."""
    return f"kind: pipeline\ntype: docker\nname: {name}\n{head}steps:\n" + "".join(_item(step) for step in steps)


def _indented(text: str, by: int) -> str:
    return "".join(" " * by + line + "\n" for line in text.split("\n") if line)


def _item(step: str) -> str:
    name, *rest = step.split("\n")
    return f"- name: {name}\n  image: a\n" + _indented("\n".join(rest), 2)


TEST = "test\ncommands: [pytest]"
SHIP = f"ship\ncommands: [{DEPLOY}]"
MAIN = "when: {branch: main, event: push}"

DRONE = [
    ("plain", one(TEST, SHIP), "yes", "yes"),
    ("the deploy stands first", one(SHIP, TEST), "yes", "no"),
    ("masked", one("t\ncommands: ['pytest || true']", SHIP), "no", "no"),
    ("tried again", one("t\ncommands: ['pytest || pytest --lf']", SHIP), "yes", "yes"),
    ("tried again as something else", one("t\ncommands: ['pytest || pytest -k fast']", SHIP), "unknown", "unknown"),
    ("piped, and sh has no pipefail", one("t\ncommands: ['pytest | tee log']", SHIP), "no", "no"),
    ("commands are one shell with errexit", one(f"t\ncommands: [pytest, '{DEPLOY}']"), "yes", "yes"),
    ("errexit is switched off", one("t\ncommands: [set +e, pytest, echo done]"), "no", "na"),
    ("failure is ignored", one("t\nfailure: ignore\ncommands: [pytest]", SHIP), "no", "no"),
    ("detached", one("t\ndetach: true\ncommands: [pytest]", SHIP), "no", "no"),
    ("runs only after a failure", one("t\ncommands: [pytest]\nwhen: {status: [failure]}"), "no", "na"),
    ("the deploy also runs after a failure", one(TEST, f"{SHIP}\nwhen: {{status: [success, failure]}}"), "yes", "no"),
    ("pushes to every branch", one("t\ncommands: [pytest]\nwhen: {event: push}"), "yes", "na"),
    (
        "pull requests only, by target",
        one("t\ncommands: [pytest]\nwhen: {event: pull_request, branch: main}"),
        "yes",
        "na",
    ),
    ("pushes to main only", one(f"t\ncommands: [pytest]\n{MAIN}"), "partial", "na"),
    ("a branch filter takes pull requests into it", one(TEST, head="trigger: {branch: [master]}\n"), "yes", "na"),
    ("tags only", one(TEST, head="trigger: {event: tag}\n"), "no", "na"),
    ("promotion only", one(TEST, head="trigger: {event: [promote]}\n"), "no", "na"),
    ("the clock only", one(TEST, head="trigger: {event: [cron], cron: [nightly]}\n"), "no", "na"),
    ("events left out", one(TEST, head="trigger: {event: {exclude: [pull_request, push]}}\n"), "no", "na"),
    (
        "some branches of a push",
        one(TEST, head="trigger: {event: push, branch: [main, 'feature/*']}\n"),
        "partial",
        "na",
    ),
    ("refs of pull requests", one(TEST, head="trigger: {ref: [refs/heads/main, 'refs/pull/*/head']}\n"), "yes", "na"),
    (
        "tests on changes, deploy on main without any",
        one("t\ncommands: [pytest]\nwhen: {event: pull_request}", f"{SHIP}\n{MAIN}"),
        "yes",
        "no",
    ),
    ("deploy on main after tests of all", one(TEST, f"{SHIP}\n{MAIN}"), "yes", "yes"),
    ("depends_on makes a graph", one(TEST, "build\ncommands: [ls]", f"{SHIP}\ndepends_on: [build]"), "yes", "no"),
    ("depends_on names the tests", one(f"{SHIP}\ndepends_on: [test]", TEST), "yes", "yes"),
    (
        "depends_on through another",
        one(TEST, "b\ncommands: [ls]\ndepends_on: [test]", f"{SHIP}\ndepends_on: [b]"),
        "yes",
        "yes",
    ),
    (
        "a plugin deploys",
        one(TEST, "p\nimage: plugins/docker:20\nsettings: {repo: a/b}").replace("  image: a\n  image", "  image"),
        "yes",
        "yes",
    ),
    (
        "a plugin that only builds",
        one("p\nimage: plugins/docker\nsettings: {dry_run: true}").replace("  image: a\n", ""),
        "no",
        "na",
    ),
    ("pipelines run side by side", one(TEST) + "---\n" + one(SHIP, name="ship"), "yes", "no"),
    ("pipelines in order", one(TEST, name="t") + "---\n" + one(SHIP, name="s", head="depends_on: [t]\n"), "yes", "yes"),
    (
        "the later pipeline also runs after a failure",
        one(TEST, name="t")
        + "---\n"
        + one(SHIP, name="s", head="depends_on: [t]\ntrigger: {status: [success, failure]}\n"),
        "yes",
        "no",
    ),
    (
        "an anchor in a document of no kind",
        "kind: none\nx: &t {commands: [pytest]}\n---\n" + one("a\ncommands: [ls]"),
        "no",
        "na",
    ),
    ("a tab at the end of a line", one("t\ncommands:\n- ls\t\n- pytest \t"), "yes", "na"),
    ("commented out", one("t\ncommands:\n- ls\n# - pytest"), "no", "na"),
    ("a step of that name that tests nothing", one("test\ncommands: [npm ci]"), "no", "na"),
    ("no clone", one(TEST, head="clone: {disable: true}\n"), "unknown", "na"),
    (
        "its own clone",
        one("c\ncommands: [git clone https://git.example/a .]", TEST, head="clone: {disable: true}\n"),
        "yes",
        "na",
    ),
    ("a template of the server", "kind: template\nload: x.star\n", "unknown", "na"),
    ("another repository only", one(TEST, head="trigger: {repo: [else/where]}\n"), "unknown", "na"),
    (
        "a service is no step",
        one("a\ncommands: [ls]") + "services:\n- name: t\n  image: a\n  commands: [pytest]\n",
        "no",
        "na",
    ),
    ("0.8: in the order written", old(test="commands: [pytest]", ship=f"commands: [{DEPLOY}]"), "yes", "yes"),
    (
        "0.8: a group runs side by side",
        old(test="group: a\ncommands: [pytest]", ship=f"group: a\ncommands: [{DEPLOY}]"),
        "yes",
        "no",
    ),
    (
        "0.8: behind a group",
        old(a="group: g\ncommands: [ls]", test="group: g\ncommands: [pytest]", ship=f"commands: [{DEPLOY}]"),
        "yes",
        "yes",
    ),
    (
        "0.8: settings beside the image",
        old(test="commands: [pytest]", p="repo: a/b").replace("p:\n    image: a", "p:\n    image: plugins/docker"),
        "yes",
        "yes",
    ),
    ("0.8: branches for all", old(test="commands: [pytest]") + "branches: [production]\n", "yes", "na"),
    ("0.8: kd, by its commands", old(ship="commands: [kd -f kube/app.yml]"), "no", "no"),
    ("0.8: deployments only", old(test="commands: [pytest]\nwhen: {event: deployment}"), "no", "na"),
    ("0.8: dollars are doubled", old(test="commands: ['pytest -k $${X}']"), "yes", "na"),
    ("0.8: empty", "pipeline: {}\n", "no", "na"),
    ("not YAML", "pipeline: [\n", "unknown", "na"),
]


@pytest.mark.parametrize(("text", "tests", "gated"), [row[1:] for row in DRONE], ids=[row[0] for row in DRONE])
def test_drone(tmp_path: Path, text: str, tests: str, gated: str) -> None:
    found = read(tmp_path, {**CODE, ".drone.yml": text})
    assert (on_change(found), overall(gates(found))) == (tests, gated)


def test_a_program_that_writes_the_pipeline_is_not_known(tmp_path: Path) -> None:
    found = read(tmp_path / "a", {".drone.star": "def main(ctx): return []\n"})
    assert on_change(found) == "unknown"
    # Where its result is kept in the repository, that is what runs.
    both = read(tmp_path / "b", {".drone.jsonnet": "{}\n", ".drone.yml": one(TEST)})
    assert on_change(both) == "yes"


def test_evidence_is_the_line_of_the_command(tmp_path: Path) -> None:
    rows = ["x: &t", "- ls", "- |", "  cd .", "  pytest -q", "---", "kind: pipeline", "steps:"]
    text = "\n".join([*rows, "- name: a", "  commands:", "  - ls", "  - pytest", ""])
    (leaf,) = read(tmp_path, {**CODE, ".drone.yml": text}).of(Kind.TEST)
    assert (leaf.path, leaf.line) == (".drone.yml", 12)


def flow(*steps: str, head: str = "") -> str:
    return f"{head}steps:\n" + "".join("  " + line + "\n" for step in steps for line in _item(step).splitlines())


EVENTS = "when: {event: [push, pull_request]}\n"
WOODPECKER = [
    ("plain", flow(TEST, SHIP), "yes", "yes"),
    ("events of the whole", flow(TEST, head=EVENTS), "yes", "na"),
    (
        "steps as a mapping",
        "steps:\n  test: {image: a, commands: [pytest]}\n  s: {image: a, commands: [" + DEPLOY + "]}\n",
        "yes",
        "yes",
    ),
    ("the older word", "pipeline:\n  test: {image: a, commands: [pytest]}\n", "yes", "na"),
    (
        "a list of conditions",
        flow("t\ncommands: [pytest]\nwhen:\n- {event: push, branch: main}\n- event: pull_request"),
        "yes",
        "na",
    ),
    (
        "a list of which none is for changes",
        flow("t\ncommands: [pytest]\nwhen:\n- event: manual\n- event: cron"),
        "no",
        "na",
    ),
    ("pushes to main only", flow(TEST, head="when: {event: push, branch: main}\n"), "partial", "na"),
    (
        "the default branch by its variable",
        flow(TEST, f"{SHIP}\nwhen: {{event: push, branch: '${{CI_REPO_DEFAULT_BRANCH}}'}}"),
        "yes",
        "yes",
    ),
    (
        "pushes to the default branch by its variable",
        flow(TEST, head="when: {event: push, branch: '${CI_REPO_DEFAULT_BRANCH}'}\n"),
        "partial",
        "na",
    ),
    ("closed pull requests", flow(TEST, head="when: {event: pull_request_closed}\n"), "no", "na"),
    ("paths of all code", flow(TEST, head="when: {path: ['**/*.py', '**/*.js']}\n"), "yes", "na"),
    ("paths of a part", flow(TEST, head="when: {path: 'web/**'}\n"), "partial", "na"),
    ("paths left out", flow(TEST, head="when: {path: {exclude: ['web/**']}}\n"), "partial", "na"),
    ("an expression", flow(TEST, head="when: {evaluate: 'CI_COMMIT_MESSAGE contains \"x\"'}\n"), "unknown", "na"),
    ("failure is ignored", flow("t\nfailure: ignore\ncommands: [pytest]", SHIP), "no", "no"),
    ("a graph with an empty list", flow(TEST, f"{SHIP}\ndepends_on: []"), "yes", "no"),
    ("a graph", flow(TEST, f"{SHIP}\ndepends_on: [test]"), "yes", "yes"),
    (
        "a plugin",
        flow(TEST, "p\nimage: woodpeckerci/plugin-docker-buildx:2\nsettings: {repo: a}").replace(
            "  image: a\n    image", "  image"
        ),
        "yes",
        "yes",
    ),
    ("branch says nothing about tags", flow(f"{SHIP}\nwhen: {{event: tag, branch: nothing}}"), "no", "no"),
    ("no clone", flow(TEST, head="skip_clone: true\n"), "unknown", "na"),
    ("old top-level branches", flow(TEST, head="branches: main\n"), "yes", "na"),
]


@pytest.mark.parametrize(
    ("text", "tests", "gated"), [row[1:] for row in WOODPECKER], ids=[row[0] for row in WOODPECKER]
)
def test_woodpecker(tmp_path: Path, text: str, tests: str, gated: str) -> None:
    found = read(tmp_path, {**CODE, ".woodpecker.yml": text})
    assert (on_change(found), overall(gates(found))) == (tests, gated)


@pytest.mark.parametrize(
    ("head", "gated"),
    [
        ("depends_on: [test]\n", "yes"),
        ("depends_on: [lint]\n", "no"),
        ("", "no"),
        ("depends_on: [test]\nruns_on: [success, failure]\n", "no"),
    ],
)
def test_workflows_of_a_folder_depend_on_each_other(tmp_path: Path, head: str, gated: str) -> None:
    files = {
        ".woodpecker/test.yaml": flow(TEST),
        ".woodpecker/lint.yml": flow("l\ncommands: [ruff check]"),
        ".woodpecker/ship.yml": flow(SHIP, head=head),
    }
    found = read(tmp_path, {**CODE, **files})
    assert (on_change(found), overall(gates(found))) == ("yes", gated)


def test_the_single_file_counts_for_nothing_beside_the_folder(tmp_path: Path) -> None:
    files = {".woodpecker.yml": flow(TEST), ".woodpecker/a.yml": flow("l\ncommands: [ls]")}
    assert on_change(read(tmp_path, {**CODE, **files})) == "no"


def test_local_is_about_runs_at_home(tmp_path: Path) -> None:
    text = old(test="commands: [php -d x=1 vendor/bin/phpunit]\nwhen: {local: false}")
    code = {"tests/AppTest.php": "<?php class AppTest extends TestCase { function testA() {} }\n"}
    assert on_change(read(tmp_path, {**code, ".drone.yml": text})) == "yes"
