"""Chooses the one open item to start with: by what it can cost, then by what is known, then by how long it takes."""

from __future__ import annotations

from shipworthy.model import Assessment, Result, Risk, Status
from shipworthy.text import visible

_RISKS = (Risk.CRITICAL, Risk.HIGH, Risk.MEDIUM, Risk.LOW)
# A failure is work to do now; what a machine could not tell comes next; a person's word can wait for both.
_STATUSES = (Status.FAIL, Status.UNKNOWN, Status.NEEDS_YOU)


def next_step(assessment: Assessment) -> Result | None:
    """The open required item to start with; None where none is open."""
    if not assessment.open:
        return None
    return min(
        assessment.open,
        key=lambda result: (
            _STATUSES.index(result.status),
            _RISKS.index(result.item.risk),
            result.item.minutes,
        ),
    )


def sentence(result: Result) -> str:
    """One line for a person: what is wrong, where, and about how long it takes."""
    if result.status is Status.FAIL:
        what = result.item.failing_title
    elif result.status is Status.UNKNOWN:
        what = f"{result.item.title}: could not be checked"
    else:
        what = f"{result.item.title}: your word is needed"
    located = next((each.location for each in result.findings if each.location.path), None)
    where = f" ({located})" if located and result.status is not Status.NEEDS_YOU else ""
    return visible(f"{what}{where}. About {result.item.minutes} minutes.", 300)
