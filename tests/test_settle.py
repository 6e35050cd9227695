"""Who settles what: the table of the design, row by row, and every way a decision stops counting."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from shipworthy.model import (
    PROJECT,
    ComponentOutcome,
    Decides,
    Decision,
    DecisionKind,
    Finding,
    Item,
    Level,
    Outcome,
    OutcomeKind,
    Risk,
    Status,
)
from shipworthy.model.outcome import fingerprint
from shipworthy.settle import settle

TODAY = date(2026, 11, 22)
FINDING = Finding.at(PROJECT, "rule", "message", anchor="a")
OTHER = Finding.at(PROJECT, "rule", "message", anchor="b")
OUTCOMES = {
    "pass": Outcome.passed("fine", ["evidence"]),
    "fail": Outcome.failed("bad", [FINDING]),
    "unknown": Outcome.unknown("no idea", [FINDING]),
    "needs-you": Outcome.needs_you("say", [FINDING]),
    "not-applicable": Outcome.not_applicable("none here", ["all read"]),
}


def item(decides: str) -> Item:
    return Item(
        id="an-item", area="a", title="t", failing_title="f", why="w", fix=("x",), decides=Decides(decides),
        attest="I say so.", not_applicable="", references=(), profiles={}, risk=Risk.HIGH, minutes=5,
    )  # fmt: skip


def said(kind: DecisionKind) -> Decision:
    return Decision(
        item="an-item", kind=kind, by="ada@example.org", at=datetime(2026, 11, 1, tzinfo=UTC), reason="because",
        expires=date(2026, 12, 1), findings=(FINDING.fingerprint,),
    )  # fmt: skip


def status(decides: str, outcome: str | None, decision: Decision | None) -> Status:
    outcomes = (ComponentOutcome(component=None, outcome=OUTCOMES[outcome]),) if outcome else ()
    return settle(item(decides), Level.REQUIRED, outcomes, decision, TODAY, {}).status


@pytest.mark.parametrize(
    ("decides", "outcome", "alone", "attested", "waived"),
    [
        ("machine", "pass", "pass", "pass", "pass"),
        ("machine", "not-applicable", "not-applicable", "not-applicable", "not-applicable"),
        ("machine", "fail", "fail", "fail", "waived"),
        ("machine", "unknown", "unknown", "unknown", "waived"),
        ("machine", "needs-you", "needs-you", "needs-you", "waived"),
        ("machine", None, "needs-you", "attested", "waived"),
        ("both", "pass", "needs-you", "attested", "waived"),
        ("both", "needs-you", "needs-you", "attested", "waived"),
        ("both", "fail", "fail", "fail", "waived"),
        ("both", "unknown", "unknown", "attested", "waived"),
        ("both", "not-applicable", "not-applicable", "not-applicable", "not-applicable"),
        ("person", None, "needs-you", "attested", "waived"),
    ],
)
def test_table(decides: str, outcome: str | None, alone: str, attested: str, waived: str) -> None:
    assert status(decides, outcome, None) == alone
    assert status(decides, outcome, said(DecisionKind.ATTESTED)) == attested
    assert status(decides, outcome, said(DecisionKind.WAIVED)) == waived


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"expires": date(2026, 11, 21)}, "expired on 2026-11-21"),
        ({"expires": None}, "no expiry"),
        ({"at": datetime(2026, 11, 23, tzinfo=UTC)}, "future"),
        ({"reason": "  "}, "no reason"),
        ({"findings": ()}, "1 finding appeared"),
        ({"findings": (OTHER.fingerprint,)}, "1 finding appeared"),
        ({"subjects": {"docs/x.md": "00"}}, "docs/x.md changed"),
    ],
)
def test_a_decision_that_no_longer_counts_leaves_the_item_open(change: dict[str, object], words: str) -> None:
    decision = replace(said(DecisionKind.WAIVED), **change)
    outcomes = (ComponentOutcome(component=None, outcome=OUTCOMES["fail"]),)
    result = settle(item("machine"), Level.REQUIRED, outcomes, decision, TODAY, {"docs/x.md": "11"})
    assert result.status is Status.FAIL
    assert not result.settled
    assert words in result.note


def test_the_last_day_still_counts() -> None:
    decision = replace(said(DecisionKind.WAIVED), expires=TODAY)
    assert settle(
        item("machine"),
        Level.REQUIRED,
        (ComponentOutcome(component=None, outcome=OUTCOMES["fail"]),),
        decision,
        TODAY,
        {},
    ).settled


def test_the_worst_component_decides() -> None:
    outcomes = tuple(ComponentOutcome(component=name, outcome=OUTCOMES[name]) for name in ("pass", "not-applicable"))
    assert settle(item("machine"), Level.REQUIRED, outcomes, None, TODAY, {}).status is Status.PASS
    outcomes += (ComponentOutcome(component="api", outcome=OUTCOMES["unknown"]),)
    result = settle(item("machine"), Level.REQUIRED, outcomes, None, TODAY, {})
    assert (result.status, result.component) == (Status.UNKNOWN, "api")


@pytest.mark.parametrize("kind", [OutcomeKind.FAIL, OutcomeKind.NEEDS_YOU, OutcomeKind.UNKNOWN])
def test_an_open_outcome_without_a_finding_cannot_be_made(kind: OutcomeKind) -> None:
    with pytest.raises(ValueError, match="needs a finding"):
        Outcome(kind=kind, summary="bad")


@pytest.mark.parametrize("kind", [OutcomeKind.PASS, OutcomeKind.NOT_APPLICABLE])
def test_a_green_outcome_without_evidence_cannot_be_made(kind: OutcomeKind) -> None:
    with pytest.raises(ValueError, match="rests on"):
        Outcome(kind=kind, summary="fine")


@pytest.mark.parametrize("kind", [each for each in OutcomeKind if each is not OutcomeKind.PASS])
def test_only_a_pass_has_a_last_day(kind: OutcomeKind) -> None:
    with pytest.raises(ValueError, match="has no last day"):
        replace(OUTCOMES[kind.value], until=TODAY)
    assert replace(OUTCOMES["pass"], until=TODAY).until == TODAY


@pytest.mark.parametrize(
    "odd", [chr(0xD800), chr(0xDCFF), chr(0xDFFF) + " x", "plain"], ids=["high", "byte", "low", "plain"]
)
def test_any_text_has_a_fingerprint(odd: str) -> None:
    """JSON can hold half of a character, and a file name bytes that are no text."""
    names = {fingerprint("rule", odd, "a"), fingerprint("rule", "a", odd), fingerprint("rule", None, odd + "b")}
    assert len(names) == 3
    assert all(len(name) == 16 for name in names)
