"""Why a command of the coach has no effect now, in words a person can act on; the same letters hold everywhere."""

from __future__ import annotations

from collections.abc import Set

from shipworthy.model import Assessment, DecisionKind, OutcomeKind, Result
from shipworthy.model.form_files import FORM_FILES
from shipworthy.settle import allowed

ON_ITEM = ("recheck", "attest", "waive", "undo", "copy", "edit", "fix", "form")
"""Commands about one item."""
_ASKED_BY = {"key-rotation": "key-inventory", "secrets-not-in-history": "key-inventory"}
"""Items without a form of their own whose answers stand in another item's."""


def refusal(action: str, result: Result) -> str:
    """Why one of `ON_ITEM` cannot do anything about this item; empty where it can."""
    if action == "attest":
        return why_not_attest(result)
    if action == "waive":
        return why_not_waive(result)
    if action == "recheck" and result.item.check is None:
        return "No machine checks this item: what you say counts. Press a to attest."
    if action == "undo" and result.decision is None and not result.note:
        return "Nothing was said about this item."
    if action == "fix":
        return why_not_fix(result)
    if action == "form" and result.item.id not in FORM_FILES:
        other = _ASKED_BY.get(result.item.id)
        return f"The form of {other} asks this: press F on that item." if other else "This item has no form to fill in."
    if action == "edit" and not any(each.location.path for each in result.findings):
        return "This item has no file to open."
    return ""


def why_not_sign(assessment: Assessment, waiting: Set[str] = frozenset()) -> str:
    """Why this cannot be signed; empty where it can. `waiting`: ids of items that are judged right now."""
    # What is being judged may come out settled: signing waits for it.
    if not assessment.required or any(each.item.id not in waiting for each in assessment.open):
        return "Only a READY assessment can be signed: settle what is open first."
    return ""


def why_not_attest(result: Result) -> str:
    """Why an attestation cannot settle the item; empty where it can."""
    worst = result.worst.outcome.kind if result.worst else None
    if DecisionKind.ATTESTED in allowed(result.item.decides, worst):
        return ""
    if worst is OutcomeKind.FAIL:
        return "The machine found a failure, and saying otherwise cannot undo it. Fix it, or waive it with w."
    if result.settled:
        return "The machine settled this item by itself: there is nothing to say."
    return "Only a machine can decide this item. Fix it, or waive it with w."


def why_not_fix(result: Result) -> str:
    """Why no machine has a fix for the item; empty where it may have one."""
    from shipworthy.fixes.table import why_none

    if result.item.check in FORM_FILES:
        return "No fix by machine: only a person knows it. F asks what there is to know."
    why = why_none(result.item)
    if why is not None:
        return f"No fix by machine: {why}"
    worst = result.worst.outcome.kind if result.worst else None
    if worst in (OutcomeKind.PASS, OutcomeKind.NOT_APPLICABLE):
        return "Nothing is open here, so there is nothing to fix."
    return ""


def why_not_waive(result: Result) -> str:
    """Why a waiver cannot settle the item; empty where it can."""
    worst = result.worst.outcome.kind if result.worst else None
    if DecisionKind.WAIVED in allowed(result.item.decides, worst):
        return ""
    return "The item is settled: there is nothing to waive."
