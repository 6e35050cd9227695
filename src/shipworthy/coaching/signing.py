"""What a signature would cover, row by row: counts first, every human claim and waiver in full."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from shipworthy.assess.signing import Signed, SigningPlan
from shipworthy.coaching.words import day
from shipworthy.model import Result, Status

_GROUPS = (
    (Status.PASS, "Checked by shipworthy"),
    # What is open all the same, before what may be a long list.
    (Status.WAIVED, "Waived"),
    (Status.ATTESTED, "Said by you"),
    (Status.NOT_APPLICABLE, "Does not apply"),
)


class Row(NamedTuple):
    """A name, a text, and what is said more quietly after it. Without a name it goes on with the row before."""

    name: str
    text: str
    aside: str = ""
    number: int | None = None
    """How many items the name stands for; None where it stands for none."""


def covered(plan: SigningPlan, today: date) -> Iterator[Row]:
    """The items of the plan, by who settled them."""
    assessment = plan.assessment
    for status, title in _GROUPS:
        found = [each for each in assessment.required if each.status is status]
        if not found:
            yield Row(title, "", "none", 0)
        elif status is Status.PASS:
            yield Row(title, f"all pass at {(assessment.commit or 'no commit')[:7]}", number=len(found))
        else:
            for position, each in enumerate(found):
                name, many = (title, len(found)) if position == 0 else ("", None)
                yield Row(name, each.item.title, _said(each, today), many)


def terms(plan: SigningPlan) -> Iterator[Row]:
    """Under which checklist and profile, with which key, and what it writes."""
    assessment = plan.assessment
    checklist = assessment.checklist
    yield Row("Checklist", f"{checklist.name} {checklist.version}", f"sha256 {checklist.digest[:12]}…")
    yield Row("Profile", assessment.profile, assessment.profile_reason)
    yield Row("Key", plan.key_label, f"{plan.key_fingerprint}  {plan.key_place}")
    for number, path in enumerate(plan.files):
        yield Row("Writes" if number == 0 else "", path)
    if plan.records:
        yield Row("With", ", ".join(plan.records), "in the same commit")


def signed_words(signed: Signed, commit: str) -> str:
    """What was signed; `commit` is the id of the commit made for it, or "" where none was."""
    return f"Signed with {signed.fingerprint[:20]}…" + (f", committed as {commit[:7]}." if commit else ".")


def _said(result: Result, today: date) -> str:
    decision = result.decision
    if decision is None:
        return result.summary
    until = f" to {day(decision.expires, today)}" if decision.expires else ""
    return f"“{decision.reason}”{until}"
