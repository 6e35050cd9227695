"""What the checks that rest on the code host have in common: what they say without its answers, and its rules."""

from __future__ import annotations

from collections.abc import Iterable

from shipworthy.facts.host import HOURS, HostEvidence
from shipworthy.facts.review import DAYS, Review
from shipworthy.model import PROJECT, Confidence, Finding, Location, Outcome, Severity
from shipworthy.sources.hosts.model import Rule
from shipworthy.text import plural


def without_answers(item: str, host: HostEvidence, review: Review, question: str) -> Outcome:
    """What can be said when the host did not answer: git's evidence for a person, never that it passes."""
    looked_at = review.lines()
    remedy = f"{host.remedy} Or look at the settings of your code host yourself, and attest what you saw.".lstrip()
    message = f"{host.why[:1].upper()}{host.why[1:]}, and git alone does not tell {question}."
    if host.failed:
        return Outcome.unknown(host.why, [_open(item, message, remedy)], looked_at=looked_at)
    finding = _open(item, message, remedy)
    if not review.whole:
        # Nothing is left then to show a person.
        why = review.gaps[0].reason if review.gaps else "git tells nothing of the past"
        return Outcome.unknown(f"{host.why}, and {why}", [finding], looked_at=looked_at)
    return Outcome.needs_you(f"{host.why}; {_came(review)}", [finding], looked_at)


def _came(review: Review) -> str:
    if not review.landed:
        return f"git has no commit of the last {DAYS} days"
    by_request = review.merged + review.numbered
    return f"of {plural(review.landed, 'recent commit')} in git, {by_request} came as a merge or by a request's number"


def ages(item: str, host: HostEvidence) -> Finding:
    """A remark beside every answer: that it counts for a day, and what a person says is about the time after too."""
    return _open(item, f"The host's answers count for {HOURS} hours; then it has to be asked again.", host.remedy)


def _open(item: str, message: str, remedy: str) -> Finding:
    # One fingerprint, whatever the reason: what a person said stays said when the answers age or the reason changes.
    return Finding.at(
        PROJECT,
        f"{item}/no-answers",
        message,
        anchor="no-answers",
        severity=Severity.INFO,
        confidence=Confidence.REVIEW,
        remedy=remedy,
    )


def about(
    item: str,
    host: HostEvidence,
    rule: str,
    message: str,
    *,
    anchor: str = "",
    remedy: str = "",
    severity: Severity = Severity.HIGH,
) -> Finding:
    """A finding at the host. `anchor` tells several of one rule apart."""
    where = Location(remote=str(host.address)) if host.address else PROJECT
    return Finding.at(where, f"{item}/{rule}", message, anchor=anchor or rule, severity=severity, remedy=remedy)


def not_told(item: str, host: HostEvidence, rules: Iterable[tuple[str, Rule]]) -> list[Finding]:
    """A finding for each reason why the host did not tell a rule."""
    reasons: dict[str, list[str]] = {}
    for name, rule in rules:
        if rule.holds is None:
            reasons.setdefault(rule.why, []).append(name)
    return [
        about(
            item,
            host,
            "not-told",
            f"The host did not tell whether {', '.join(names)}: {why}.",
            remedy="Give the token this permission and ask again (check --host), or look at the rules yourself.",
            severity=Severity.INFO,
            anchor=why,
        )
        for why, names in reasons.items()
    ]
