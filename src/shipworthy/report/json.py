"""An Assessment as JSON, in the shape that `schema.json` beside this file publishes."""

from __future__ import annotations

import json
from typing import Any

from shipworthy.advice.next_step import next_step
from shipworthy.model import Assessment, Finding, Location, Outcome, Result

SCHEMA_VERSION = 1


def _text(value: str) -> str:
    # JSON escapes controls by itself; a lone surrogate (a byte that was not UTF-8) is not valid in it.
    return value.encode("utf-8", "backslashreplace").decode("utf-8")


def _location(location: Location) -> dict[str, Any]:
    return {
        "path": _text(location.path) if location.path is not None else None,
        "line": location.line,
        "column": location.column,
        "commit": location.commit,
        "remote": location.remote,
        **({"part": _text(location.part)} if location.part is not None else {}),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "message": _text(finding.message),
        "location": _location(finding.location),
        "related": [_location(each) for each in finding.related],
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "fingerprint": finding.fingerprint,
        "remedy": _text(finding.remedy),
    }


def _outcome(component: str | None, outcome: Outcome) -> dict[str, Any]:
    return {
        "component": component,
        "outcome": outcome.kind.value,
        "summary": _text(outcome.summary),
        "looked_at": [_text(each) for each in outcome.looked_at],
    }


def _item(result: Result) -> dict[str, Any]:
    decision = result.decision
    return {
        "id": result.item.id,
        "area": result.item.area,
        "title": _text(result.item.title),
        "level": result.level.value,
        "decides": result.item.decides.value,
        "component": result.component,
        "status": result.status.value,
        "settled": result.settled,
        "outcome": result.worst.outcome.kind.value if result.worst else None,
        "decision": None
        if decision is None
        else {
            "kind": decision.kind.value,
            "by": _text(decision.by),
            "at": decision.at.isoformat(),
            "reason": _text(decision.reason),
            "evidence": _text(decision.evidence),
            "expires": decision.expires.isoformat() if decision.expires else None,
            "not_applicable": decision.not_applicable,
        },
        "note": _text(result.note),
        "summary": _text(result.summary),
        "findings": [_finding(each) for each in result.findings],
        "outcomes": [_outcome(each.component, each.outcome) for each in result.outcomes],
    }


def document(assessment: Assessment) -> dict[str, Any]:
    """The whole assessment as JSON values."""
    step = next_step(assessment)
    return {
        "schema": SCHEMA_VERSION,
        "verdict": assessment.verdict.value,
        "name": _text(assessment.name),
        "commit": assessment.commit,
        "branch": assessment.branch,
        "dirty": len(assessment.dirty),
        "checklist": {
            "name": _text(assessment.checklist.name),
            "version": _text(assessment.checklist.version),
            "sha256": assessment.checklist.digest,
        },
        "profile": {"name": assessment.profile, "reason": _text(assessment.profile_reason)},
        "components": [
            {
                "root": _text(each.root),
                "kind": each.kind.value,
                "languages": list(each.languages),
                "frameworks": list(each.frameworks),
                "manifests": [_text(path) for path in each.manifests],
            }
            for each in assessment.components
        ],
        "advisories": assessment.advisories,
        "next": step.item.id if step else None,
        "items": [_item(each) for each in assessment.results],
    }


def render(assessment: Assessment) -> str:
    """The document as indented ASCII text, ending in a newline."""
    return json.dumps(document(assessment), indent=2) + "\n"
