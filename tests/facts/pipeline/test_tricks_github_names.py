"""Deploys on GitHub that start for a name somebody chooses: a tag, a branch, a person, words in a commit message.

Expected answers are read out of the code host's "Contexts" (`github.ref`, `github.actor`, `github.event`) and "Events
that trigger workflows".
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.pipeline.test_tricks_github import DEPLOY, T, answers, flow, job, one, step

MAIN = "{push: {branches: [main]}}"
TAGS = "{push: {tags: ['*']}}"
CLOCK = "{schedule: [{cron: '0 1 * * *'}, {cron: '0 2 * * *'}]}"
ASKED = "contains(github.event.head_commit.message, '#release')"


def only(condition: str, on: str = "push", **keys: str) -> str:
    """A workflow that tests, and deploys where the condition holds."""
    return flow(on, t=T, d=job(DEPLOY, **keys, **{"if": f'"{condition}"'}))


ROWS: list[tuple[str, str, str]] = [
    ("message", only(ASKED, MAIN), "no"),
    ("message-everywhere", only(ASKED), "no"),
    ("message-after-tests", only(ASKED, MAIN, needs="t"), "yes"),
    ("message-starts", only("startsWith(github.event.head_commit.message, 'release')", MAIN), "no"),
    ("message-is", only("github.event.head_commit.message == 'release'", MAIN), "no"),
    ("message-beside-a-gate", only(ASKED, MAIN, needs="t") + "  r:\n" + job(DEPLOY, **{"if": f'"{ASKED}"'}), "partial"),
    (
        "message-skips-the-tests",
        one(step("run: pytest", "if: \"!contains(github.event.head_commit.message, 'skip')\""), DEPLOY, on=MAIN),
        "unknown",
    ),
    ("person", only("github.actor == 'me'", MAIN), "no"),
    ("person-after-tests", only("github.actor == 'me'", MAIN, needs="t"), "yes"),
    ("person-by-hand", only("github.actor == 'me'", "workflow_dispatch"), "no"),
    ("not-the-robot-after-tests", only("github.actor != 'dependabot[bot]'", MAIN, needs="t"), "yes"),
    ("clock", only("github.event.schedule == '0 1 * * *'", CLOCK), "no"),
    ("clock-after-tests", only("github.event.schedule == '0 1 * * *'", CLOCK, needs="t"), "yes"),
    ("clock-of-another-start", only("github.event.schedule == '0 1 * * *'", MAIN), "na"),
    ("tag", only("startsWith(github.ref, 'refs/tags/v')"), "no"),
    ("tag-after-tests", only("startsWith(github.ref, 'refs/tags/v')", needs="t"), "yes"),
    ("tag-of-any", only("startsWith(github.ref, 'refs/tags/v')", TAGS), "no"),
    ("tag-by-name", only("startsWith(github.ref_name, 'v')", TAGS), "no"),
    ("tag-with-a-word", only("contains(github.ref, 'beta')", TAGS), "no"),
    ("tag-that-ends", only("endsWith(github.ref, '.0')", TAGS), "no"),
    ("tag-itself", only("github.ref == 'refs/tags/live'", TAGS), "no"),
    ("tag-is-no-branch", only("github.ref == 'refs/heads/main'", TAGS), "na"),
    ("tag-is-not-below-the-branches", only("startsWith(github.ref, 'refs/heads/')", TAGS), "na"),
    ("tag-holds-no-branch", only("contains(github.ref, 'refs/heads/')", TAGS), "na"),
    ("branch", only("github.ref == 'refs/heads/production'"), "no"),
    ("branch-by-name", only("github.ref_name == 'production'"), "no"),
    ("branch-after-tests", only("github.ref == 'refs/heads/production'", needs="t"), "yes"),
    ("branches", only("startsWith(github.ref, 'refs/heads/release/')"), "no"),
]


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_what_a_deploy_that_is_asked_for_waits_for(tmp_path: Path, text: str, expected: str) -> None:
    assert answers(tmp_path, text, {})[1] == expected


@pytest.mark.parametrize(("on", "expected"), [(MAIN, "partial"), ("[push, pull_request]", "yes")], ids=["main", "all"])
def test_a_message_may_skip_tests_that_run_otherwise(tmp_path: Path, on: str, expected: str) -> None:
    text = one("pytest", on=on, **{"if": "\"!contains(github.event.head_commit.message, '[skip ci]')\""})
    assert answers(tmp_path, text, {})[0] == expected
