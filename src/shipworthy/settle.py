"""Joins a machine's outcomes with a person's decision: the table of who settles what, in one place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from shipworthy.model import (
    OUTCOME_ORDER,
    ComponentOutcome,
    Decides,
    Decision,
    DecisionKind,
    Item,
    Level,
    OutcomeKind,
    Result,
    Status,
)


def allowed(decides: Decides, outcome: OutcomeKind | None) -> frozenset[DecisionKind]:
    """Which decisions may settle an item.

    `outcome` None means no machine judged it: then nobody but a person can say, whoever decides in the end. It is the
    one table for the coach, the signed file and its verification.
    """
    both = frozenset({DecisionKind.ATTESTED, DecisionKind.WAIVED})
    waiver = frozenset({DecisionKind.WAIVED})
    if outcome is None:
        return both
    if outcome is OutcomeKind.NOT_APPLICABLE:
        return frozenset()
    if decides is Decides.MACHINE:
        return frozenset() if outcome is OutcomeKind.PASS else waiver
    return waiver if outcome is OutcomeKind.FAIL else both


def self_settled(decides: Decides, outcome: OutcomeKind | None) -> bool:
    """Whether the machine's outcome settles the item without a person."""
    if outcome is OutcomeKind.NOT_APPLICABLE:
        return decides is not Decides.PERSON
    return outcome is OutcomeKind.PASS and decides is Decides.MACHINE


def why_not(
    decision: Decision,
    item: Item,
    outcome: OutcomeKind | None,
    findings: Iterable[str],
    today: date,
    subjects: Mapping[str, str | None],
) -> str | None:
    """Why a decision does not count now; None where it does.

    `findings` are the fingerprints of the open outcomes, `subjects` the sha256 of each evidence path today (None for
    a path that is gone).
    """
    if decision.kind not in allowed(item.decides, outcome):
        if outcome is OutcomeKind.FAIL:
            return "attested, but the machine found a failure: fix it or waive it"
        return "an attestation cannot settle this item: fix it or waive it"
    if decision.kind is DecisionKind.ATTESTED and not item.attest:
        return "there is nothing a person could attest about this item: waive it"
    if decision.expires is None:
        return "no expiry date: say it again with one"
    if decision.expires < today:
        return f"expired on {decision.expires.isoformat()}"
    if decision.at.date() > today:
        return f"dated in the future: {decision.at.date().isoformat()}"
    if not decision.reason.strip():
        return "no reason given"
    uncovered = set(findings) - set(decision.findings)
    if uncovered and outcome is not None:
        return f"stale: {len(uncovered)} finding{'s' if len(uncovered) > 1 else ''} appeared after it was said"
    for path, digest in decision.subjects.items():
        if subjects.get(path) != digest:
            return f"stale: {path} changed since it was said"
    return None


_STATUS = {
    OutcomeKind.PASS: Status.PASS,
    OutcomeKind.FAIL: Status.FAIL,
    OutcomeKind.NEEDS_YOU: Status.NEEDS_YOU,
    OutcomeKind.UNKNOWN: Status.UNKNOWN,
    OutcomeKind.NOT_APPLICABLE: Status.NOT_APPLICABLE,
}


def settle(
    item: Item,
    level: Level,
    outcomes: tuple[ComponentOutcome, ...],
    decision: Decision | None,
    today: date,
    subjects: Mapping[str, str | None],
) -> Result:
    """One item's result. `subjects` is as in `why_not`."""
    kinds = [each.outcome.kind for each in outcomes]
    worst = min(kinds, key=OUTCOME_ORDER.index) if kinds else None
    if self_settled(item.decides, worst):
        assert worst is not None  # noqa: S101 - for the type checker: None never settles itself
        return Result(item=item, level=level, status=_STATUS[worst], outcomes=outcomes)
    # A machine's pass on an item that both decide still waits for the person.
    open_status = Status.NEEDS_YOU if worst in (None, OutcomeKind.PASS, OutcomeKind.NOT_APPLICABLE) else _STATUS[worst]
    if decision is None:
        return Result(item=item, level=level, status=open_status, outcomes=outcomes)
    findings = [
        finding.fingerprint
        for each in outcomes
        if each.outcome.kind in (OutcomeKind.FAIL, OutcomeKind.UNKNOWN, OutcomeKind.NEEDS_YOU)
        for finding in each.outcome.findings
    ]
    reason = why_not(decision, item, worst, findings, today, subjects)
    if reason is not None:
        return Result(item=item, level=level, status=open_status, outcomes=outcomes, note=reason)
    status = Status.ATTESTED if decision.kind is DecisionKind.ATTESTED else Status.WAIVED
    return Result(item=item, level=level, status=status, outcomes=outcomes, decision=decision)
