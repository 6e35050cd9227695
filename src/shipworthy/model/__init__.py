"""The nouns of shipworthy, one word each: frozen dataclasses, no input or output.

An `Item` of a checklist is judged by a check, which returns an `Outcome` with `Finding`s; a person's `Decision` may
settle it; a `Result` joins them for one item, and an `Assessment` is all results for one source tree.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shipworthy.model.assessment import (
        Assessment,
        ComponentOutcome,
        Decision,
        DecisionKind,
        Result,
        Status,
        Verdict,
    )
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

_HOMES = {
    "Area": "item",
    "Ask": "outcome",
    "Assessment": "assessment",
    "Checklist": "item",
    "Component": "component",
    "ComponentKind": "component",
    "ComponentOutcome": "assessment",
    "Confidence": "outcome",
    "Decides": "item",
    "Decision": "assessment",
    "DecisionKind": "assessment",
    "Excerpt": "outcome",
    "Finding": "outcome",
    "Item": "item",
    "LEVEL_ORDER": "item",
    "Level": "item",
    "Location": "outcome",
    "OUTCOME_ORDER": "outcome",
    "Outcome": "outcome",
    "OutcomeKind": "outcome",
    "PROFILES": "item",
    "PROJECT": "outcome",
    "Result": "assessment",
    "Risk": "item",
    "Severity": "outcome",
    "Status": "assessment",
    "Verdict": "assessment",
    "fingerprint": "outcome",
}


def __getattr__(name: str) -> Any:
    # Making the dataclasses of all four takes a tenth of the time a commit hook has; it needs those of one.
    if name in _HOMES:
        found = globals()[name] = getattr(import_module(f"shipworthy.model.{_HOMES[name]}"), name)
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
