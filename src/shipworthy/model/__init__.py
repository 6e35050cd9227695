"""The nouns of shipworthy, one word each: frozen dataclasses, no input or output.

An `Item` of a checklist is judged by a check, which returns an `Outcome` with `Finding`s; a person's `Decision` may
settle it; a `Result` joins them for one item, and an `Assessment` is all results for one source tree.
"""

from __future__ import annotations

from shipworthy.model.assessment import Assessment, ComponentOutcome, Decision, DecisionKind, Result, Status, Verdict
from shipworthy.model.component import Component, ComponentKind
from shipworthy.model.item import LEVEL_ORDER, PROFILES, Area, Checklist, Decides, Item, Level, Risk
from shipworthy.model.outcome import (
    OUTCOME_ORDER,
    PROJECT,
    Ask,
    Confidence,
    Excerpt,
    Finding,
    Location,
    Outcome,
    OutcomeKind,
    Severity,
    fingerprint,
)

__all__ = [
    "LEVEL_ORDER",
    "OUTCOME_ORDER",
    "PROFILES",
    "PROJECT",
    "Area",
    "Ask",
    "Assessment",
    "Checklist",
    "Component",
    "ComponentKind",
    "ComponentOutcome",
    "Confidence",
    "Decides",
    "Decision",
    "DecisionKind",
    "Excerpt",
    "Finding",
    "Item",
    "Level",
    "Location",
    "Outcome",
    "OutcomeKind",
    "Result",
    "Risk",
    "Severity",
    "Status",
    "Verdict",
    "fingerprint",
]
