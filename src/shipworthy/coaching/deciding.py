"""What a person is asked, and told, when they say that an item is true or accept that it is not."""

from __future__ import annotations

from datetime import date

from shipworthy.coaching.words import heading, primary
from shipworthy.model import Decides, Decision, DecisionKind, OutcomeKind, Result, Status
from shipworthy.text import plural

ATTEST_DAYS = 90
WAIVE_DAYS = 30
ATTEST_REASON = "Say how you know. That sentence is signed with your name."
WAIVE_REASON = "Give the reason. It is signed with your name."
APPROVER = "Name the approver who accepts it: here nobody waives a required item for themselves."
APPROVER_HINT = "their e-mail address; it counts once they approve"
_COMMAND = "shipworthy "
WRITTEN = "Written down in .shipworthy/decisions.toml. Press u to take it back."


def statement(result: Result) -> str:
    """What a person says who attests the item."""
    return result.item.attest or f"{result.item.title}."


def acceptance(result: Result) -> tuple[str, str]:
    """What a person accepts who waives the item, and what that covers."""
    # The title alone would read as if what nobody has shown were accepted as true.
    what = f"{heading(result)}." if result.status is Status.FAIL else f"this may not be true: {heading(result)}."
    if not result.findings:
        return what, "Nothing was found so far; what is found later is not covered."
    return what, f"It covers {plural(len(result.findings), 'finding')}, and no new one."


def seen_file(result: Result) -> str:
    """The file a machine saw, as evidence to offer; "" where none did: then it would be a claim, and no fact."""
    finding = primary(result)
    return (finding.location.path or "") if finding and result.item.decides is Decides.BOTH else ""


def form_words(result: Result, form: str) -> str:
    """What is said of the item's form where it is not complete; `form` is its file, "" where the item has none."""
    worst = result.worst
    if not form or worst is None or worst.outcome.kind is OutcomeKind.PASS:
        return ""
    return f"It has a short form that is not complete: Esc, then F. It is kept in {form}."


def with_day(reason: str, when: str, today: date) -> str:
    """The reason, after the day it was so; `when` may be empty. Raises DateError."""
    # Only here: the rest is loaded before the first picture.
    from shipworthy.coaching.when import past

    return f"{past(when, today).isoformat()}: {reason}" if when else reason


def verb(decision: Decision) -> str:
    """ "Said", "Waived" or "Said not to apply"."""
    if decision.not_applicable:
        return "Said not to apply"
    return "Said" if decision.kind is DecisionKind.ATTESTED else "Waived"


def nothing_found(result: Result) -> str:
    """What stands in place of evidence where there are no findings; "" where what a person said stands there."""
    if result.worst is not None:
        return result.worst.outcome.summary
    if result.decision is not None or result.note:
        return ""
    if result.item.decides is Decides.PERSON:
        return "No machine can know this. You can: a attests it."
    return "No machine has judged this yet. What you attest counts instead."


def again(note: str) -> str:
    """What to do about words that do not count, where the note that says why names no command for it."""
    return "Take it back with u." if _COMMAND in note else "Say it again with a or w, or take it back with u."
