"""Makes a decision out of what a person said, or says why it cannot be one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import PurePosixPath

from shipworthy.checklist.document import Problem
from shipworthy.decisions.read import MAX_FINDINGS, MAX_REASON, MAX_SUBJECTS, DecisionsError, is_digest, without_secrets
from shipworthy.model import Decision, DecisionKind, Item, OutcomeKind
from shipworthy.settle import allowed
from shipworthy.text import visible


def propose(
    item: Item,
    kind: DecisionKind,
    *,
    by: str,
    reason: str,
    expires: date,
    now: datetime,
    max_days: int,
    outcome: OutcomeKind | None,
    evidence: str = "",
    findings: Iterable[str] = (),
    subjects: Mapping[str, str] | None = None,
    not_applicable: bool = False,
) -> Decision:
    """A decision that would count now.

    `outcome` is the worst one of the item as it was just judged, None where no machine judges it; `findings` are the
    fingerprints of its open findings; `subjects` maps paths to the sha256 (hex) of their bytes. `expires` lies after
    today (UTC) and at most `max_days` ahead. Raises DecisionsError, whose key is the item's id.
    """
    if now.tzinfo is None:
        raise ValueError("`now` needs a time zone")
    decision = Decision(
        item=item.id,
        kind=kind,
        by=by.strip(),
        at=now.astimezone(UTC).replace(microsecond=0),
        reason=reason.strip(),
        evidence=evidence.strip(),
        expires=expires,
        findings=tuple(dict.fromkeys(findings)),
        subjects=dict(subjects or {}),
        not_applicable=not_applicable,
    )
    wrong = (
        _not_allowed(item, decision, outcome)
        or _incomplete(decision)
        or _secret(decision)
        or _expiry(decision, max_days)
    )
    if wrong is not None:
        message, remedy = wrong
        raise DecisionsError([Problem(file="", line=None, key=item.id, message=message, remedy=remedy)])
    return decision


_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_Wrong = tuple[str, str] | None
"""What is wrong and what to do about it."""


def _secret(decision: Decision) -> _Wrong:
    """What is said is committed, shown and signed."""
    for text, what in ((decision.reason, "what you say"), (decision.evidence, "the evidence")):
        if without_secrets(text) != text:
            return f"{what} looks like a secret, so nothing was written", "Say where it is kept, never what it is."
    return None


def _not_allowed(item: Item, decision: Decision, outcome: OutcomeKind | None) -> _Wrong:
    """Whether this kind of decision can settle the item at all, by `settle.allowed` and the item's own texts."""
    if item.check is not None and outcome is None:
        return "a check judges it and has not yet", "Have it checked first: what you say is bound to what it finds."
    kinds = allowed(item.decides, outcome)
    if not kinds:
        return "it is settled already, so there is nothing to say", "Go on to the next item."
    attested = decision.kind is DecisionKind.ATTESTED
    if attested and not (decision.kind in kinds and item.attest):
        if outcome is OutcomeKind.FAIL:
            return "the machine found a failure, which no attestation can settle", "Fix it, or waive it with a reason."
        return "only the machine's answer counts here, nobody can attest it", "Fix it, or waive it with a reason."
    if attested and decision.not_applicable:
        return "that it does not apply is waived, not attested", "Waive it as not applicable."
    if attested and outcome is OutcomeKind.UNKNOWN and not (decision.evidence or decision.subjects):
        return "the machine could not tell, so what you looked at has to be named", "Name it as the evidence."
    if decision.not_applicable and not item.not_applicable:
        return "it applies to every project", "Fix it, or waive it with a reason."
    return None


def _incomplete(decision: Decision) -> _Wrong:
    if not decision.by:
        return "it is not known who says it", "Tell git who you are: git config user.email YOU@EXAMPLE.ORG"
    if len(decision.by) > 320 or not decision.by.isprintable():
        return "who says it is no name or address", "Use your e-mail address."
    if not decision.reason:
        return "no reason is given", "Say in a sentence how you know, or why it may stay open."
    if max(len(decision.reason), len(decision.evidence)) > MAX_REASON:
        return f"more than {MAX_REASON:,} characters", "Shorten it, and link to the rest."
    if len(decision.findings) > MAX_FINDINGS or len(decision.subjects) > MAX_SUBJECTS:
        return "too many findings or files for one decision", "Fix some first."
    for path, digest in decision.subjects.items():
        if not is_digest(digest) or not path or path.startswith("/") or ".." in PurePosixPath(path).parts:
            return "a file it rests on is not named by its path in the repository", "Name a file of this project."
    try:
        "".join((decision.reason, decision.evidence, *decision.subjects, *decision.findings)).encode("utf-8")
    except UnicodeEncodeError:
        return "a text or file name is not Unicode", "Write it with other characters."
    for text, what in ((decision.reason, "what you say"), (decision.evidence, "the evidence")):
        if (unseen := _unseen(text)) is not None:
            where = text.index(unseen) + 1
            return (
                f"{what} holds a character that cannot be seen, {visible(unseen)} as its {_ordinal(where)} character",
                "Take it out, and say it again; nothing was written.",
            )
    return None


def _unseen(text: str) -> str | None:
    """The first control character, or one that reorders what is read; a new line and a tab are none.

    Whoever signs has to read what stands there, in a terminal and in a file.
    """
    return next((each for each in text if each not in "\n\r\t" and _CONTROLS.match(each)), None)


def _ordinal(number: int) -> str:
    tail = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number % 100 not in (11, 12, 13) else "th"
    return f"{number:,}{tail}"


def _expiry(decision: Decision, max_days: int) -> _Wrong:
    today = decision.at.date()
    if decision.expires is None or decision.expires <= today:
        return "its expiry does not lie in the future", "Choose a later day."
    if decision.expires > today + timedelta(days=max_days):
        last = today + timedelta(days=max_days)
        return f"it may count for {max_days} days at most, until {last.isoformat()}", "Choose an earlier day."
    return None
