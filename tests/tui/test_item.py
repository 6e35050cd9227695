"""What the item's page says, section by section."""

from __future__ import annotations

from dataclasses import replace

import pytest
from driving import WIDE, coach
from fake import FakeSession
from made_up import DECIDED, EXPIRED, MASKED, OUTCOMES, TODAY, a_finding
from test_list import judged

from shipworthy.coaching.words import WAITING, face_of
from shipworthy.model import ComponentOutcome, Location, Outcome, Result
from shipworthy.tui.widgets.item import ItemPane, Subject, item_lines


def result_of(session: FakeSession, item: str) -> Result:
    return next(each for each in session.assessment().results if each.item.id == item)


def page(result: Result, *, width: int = 100, waiting: bool = False, **changes: object) -> list[str]:
    """The page's lines, before they are wrapped."""
    face = WAITING if waiting else face_of(result, set(), set())
    subject = Subject(result=result, face=face, today=TODAY, **changes)  # type: ignore[arg-type]  # passed on
    return [(line.head + line.text).plain.rstrip() for line in item_lines(subject, width)]


def test_a_failing_item_in_full() -> None:
    result = result_of(judged(FakeSession()), "secrets-not-in-tree")
    assert page(result, milliseconds=84) == [
        "A live-looking secret is in the files",
        "✘ FAIL  required · a machine decides · took 84 ms",
        "secrets-not-in-tree",
        "",
        "Evidence  1 of 2   ] next  [ back",
        "app/settings.py:12   critical, certain",
        "  10 │ DEBUG = False",
        "  11 │",
        f'▸ 12 │ STRIPE_KEY = "{MASKED}"',
        '  13 │ ALLOWED_HOSTS = ["*"]',
        "  14 │ DATABASES = load_databases()",
        "A Stripe key for real payments is written in this file.",
        "→ Revoke it at Stripe first; then read it from the environment.",
        "",
        "Why it matters",
        (
            "Anyone who can read this repository can charge your customers' cards. "
            "Git keeps the key after you delete the line."
        ),
        "",
        "Fix",
        "1  Revoke the key at Stripe. Do this first.",
        "2  Put the new key into your host's secret store.",
        '3  In app/settings.py, read it: STRIPE_KEY = os.environ["STRIPE_KEY"].',
        "",
        "It passes when",
        "✔ No live-looking secret in the files.",
        "r checks just this again.",
        "",
        "Looked at",
        "· 412 files",
        "· 96 kinds of secrets",
        "",
        "References",
        "ASVS 13.3.1, CWE-798",
        "",
        "y copies this as a prompt for your AI assistant.",
    ]


@pytest.mark.parametrize(
    ("remedy", "rows"),
    [
        (
            "1. Revoke it at Stripe. 2. Put the new one into the store (see 3. of its manual). 3. Remove it.",
            [
                "→ 1  Revoke it at Stripe.",
                "  2  Put the new one into the store (see 3. of its manual).",
                "  3  Remove it.",
            ],
        ),
        (
            "If it guards anything: 1. Revoke it. 2. Remove it.",
            ["→ If it guards anything:", "  1  Revoke it.", "  2  Remove it."],
        ),
        ("Update to 2.0. 2. is the least.", ["→ Update to 2.0. 2. is the least."]),
        ("1. Revoke it, and that is all.", ["→ 1. Revoke it, and that is all."]),
    ],
)
def test_what_has_an_order_stands_a_step_a_line(remedy: str, rows: list[str]) -> None:
    outcome = Outcome.failed("one", [a_finding("app.py", 1, "A key.", remedy=remedy)])
    lines = page(result_of(judged(FakeSession(), {"secrets-not-in-tree": outcome}), "secrets-not-in-tree"))
    start = lines.index(rows[0])
    assert lines[start : start + len(rows) + 1] == [*rows, ""]


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("ci-runs-tests", ["✔ PASS  required · a machine decides", "ci.yml:14 pytest"]),
        (
            "authz-negative-tests",
            ["? NEEDS YOU  required · a machine looks, you confirm", "a if you can say: Every route"],
        ),
        ("known-vulns", ["! COULD NOT CHECK  required · a machine decides", "the advisory data is 40 days old"]),
        ("debug-routes-off", ["– DOES NOT APPLY  required · a machine decides", "no debug routes"]),
        ("backup-restored", ["? NEEDS YOU  required · you decide", "No machine can know this. You can: a attests it."]),
        (
            "errors-alert-someone",
            [
                "~ WAIVED  required · a machine looks, you confirm",
                "by Ada Lovelace <ada@example.org> on 20 Nov, until 20 Dec",
                "“Launch is invite-only, ten people, all in one chat.”",
            ],
        ),
        ("lint-types-in-ci", ["✘ FAIL  optional · a machine decides", "the project   high, certain"]),
    ],
)
def test_every_state(item: str, said: list[str]) -> None:
    text = "\n".join(page(result_of(judged(FakeSession()), item)))
    for words in said:
        assert words in text


def test_passed_items_give_no_advice() -> None:
    text = "\n".join(page(result_of(judged(FakeSession()), "ci-runs-tests")))
    assert "Fix" not in text
    assert "assistant" not in text


def test_an_attested_item_shows_who_said_what_until_when() -> None:
    text = "\n".join(page(result_of(judged(FakeSession(decisions=dict(DECIDED))), "backup-restored")))
    assert "✔ SAID BY A PERSON" in text
    assert "on 18 Nov, until 16 Feb 2027" in text
    assert "Evidence  docs/runbook.md" in text


def test_an_expired_decision_says_so() -> None:
    text = "\n".join(page(result_of(judged(FakeSession(decisions={EXPIRED.item: EXPIRED})), "backup-restored")))
    assert "What was said does not count: expired on 2026-11-01." in text
    assert "✔ SAID" not in text


def test_a_waiting_item_shows_no_evidence() -> None:
    text = "\n".join(page(result_of(judged(FakeSession()), "secrets-not-in-tree"), waiting=True))
    assert "… WAITING" in text
    assert "Its check has not answered yet." in text
    assert "settings.py:12" not in text
    assert text.startswith("No live-looking secret")


def test_outcomes_of_several_components_worst_first() -> None:
    outcomes = (
        ComponentOutcome(component="web", outcome=Outcome.passed("no route", ["3 files"])),
        ComponentOutcome(component="api", outcome=OUTCOMES["write-routes-need-login"]),
    )
    result = replace(result_of(judged(FakeSession()), "write-routes-need-login"), outcomes=outcomes)
    lines = page(result)
    assert lines[4:6] == ["✘ fail    api  3 open routes", "✔ pass    web  no route"]


def test_the_second_piece_of_evidence() -> None:
    lines = page(result_of(judged(FakeSession()), "secrets-not-in-tree"), number=1)
    assert "Evidence  2 of 2   ] next  [ back" in lines
    assert "web/src/pay.ts:3   critical, likely" in lines


def test_a_command_that_would_run_is_named() -> None:
    result = result_of(judged(FakeSession(), {"tests-pass": OUTCOMES["lint-types-in-ci"]}), "tests-pass")
    text = "\n".join(page(result, command="npm test"))
    assert "It asks first, because it runs npm test." in text


def test_a_long_line_shows_the_column_that_matters() -> None:
    code = "x" * 300 + "NEEDLE" + "y" * 60
    finding = a_finding("min.js", 1, "Found.", 1, (code,))
    finding = replace(finding, location=Location(path="min.js", line=1, column=301))
    result = result_of(judged(FakeSession(), {"lockfile": Outcome.failed("x", [finding])}), "lockfile")
    line = next(each for each in page(result, width=60) if each.startswith("▸"))
    assert "NEEDLE" in line


def test_many_references_and_much_evidence_are_cut() -> None:
    outcome = Outcome.passed("many", [f"file {number}" for number in range(100)])
    result = result_of(judged(FakeSession(), {"lockfile": outcome}), "lockfile")
    assert "  and 88 more" in page(result)


async def test_a_recheck_keeps_the_place_and_shows_the_new_result() -> None:
    async with coach(size=WIDE) as driver:
        await driver.press("right_square_bracket")
        assert "2 of 2" in driver.text
        driver.engine.outcomes["secrets-not-in-tree"] = Outcome.passed("no finding", ["412 files"])
        await driver.press("r")
        await driver.until("✔ PASS")
        assert "no finding" in driver.main.query_one(ItemPane).plain
        assert "2 block · 2 need you · 1 unknown · 7 of 12 settled" in driver.lines[0]
