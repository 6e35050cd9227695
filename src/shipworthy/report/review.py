"""What an approver looks at, on paper: what people claim first, what a machine found last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shipworthy.model import DecisionKind, OutcomeKind
from shipworthy.readiness.answered import Answered, Reply
from shipworthy.readiness.review import Review, remark_line
from shipworthy.readiness.statement import StatedItem
from shipworthy.report import comparison
from shipworthy.report.verification import Again
from shipworthy.text import plural, visible

MAX_FINDINGS = 5
MAX_WORDS = 20_000
"""As long as a reason can be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """A review with what was answered and what the re-run here said."""

    review: Review
    answers: Mapping[str, Answered | None]
    again: Again | None = None
    problem: str = ""
    """Why the re-run disagrees or could not be made; empty where it agrees."""

    @property
    def accepted(self) -> bool:
        """Whether nothing stands between the approver and a signature."""
        replies = [self.answers.get(claim.id) for claim in self.review.claims]
        return (
            self.again is not None
            and not self.problem
            and all(each is not None and each.reply is Reply.ACCEPTED for each in replies)
        )

    @property
    def open(self) -> tuple[str, ...]:
        """Claims without an answer."""
        return tuple(claim.id for claim in self.review.claims if self.answers.get(claim.id) is None)


def head_lines(review: Review) -> list[str]:
    """What it is about, and who stands behind it so far."""
    found, statement = review.found, review.statement
    signed = found.signed
    rows = [
        f"REVIEW  {visible(statement.repo, 120)} for {visible(statement.environment, 60)}, commit {found.commit[:12]}",
        f"  signed by {visible(statement.author, 120)} with {signed.fingerprint} ({signed.kind})",
        f"  issued {statement.issued:%Y-%m-%d %H:%M} UTC, expires {statement.expires:%Y-%m-%d %H:%M} UTC",
        f"  policy and signers from {found.base}" if found.base else "  policy from the commit itself, keys pinned",
    ]
    rows += [
        f"  approved already by {visible(each.address or each.person, 120)} with {each.signed.fingerprint}"
        for each in found.approvals
    ]
    rows.append(f"  {_missing(review)}")
    if found.changed_rules:
        names = ", ".join(f".shipworthy/{name}" for name in found.changed_rules)
        rows.append(
            f"  IT CHANGES THE RULES THEMSELVES: {names}. Read that change: git diff {found.base or ''}".rstrip()
        )
    if found.drifted is not None:
        rows.append(
            f"  {plural(len(found.drifted.changed), 'path')} changed since commit {found.drifted.signed_commit[:12]}, "
            "which was signed"
        )
    if found.not_compared:
        rows.append(f"  signed for, not compared here: {visible(', '.join(found.not_compared), 300)}")
    if found.uncounted:
        rows.append(f"  other signatures that do not count: {visible('; '.join(found.uncounted), 400)}")
    return rows


def _missing(review: Review) -> str:
    if review.missing <= 0:
        return "nobody else has to approve it"
    names = f", {visible(', '.join(review.waiting), 300)} among them" if review.waiting else ""
    return f"NOT READY until {plural(review.missing, 'more person', 'more people')} approved it{names}"


def claim_lines(review: Review, item: StatedItem) -> list[str]:
    """One thing somebody said: their words, what they rest on, and what the machine had said."""
    said = item.said
    assert said is not None  # noqa: S101 - a claim is an item somebody decided
    waived = said.kind is DecisionKind.WAIVED
    word = "waived as not applicable" if said.not_applicable else said.kind.value
    rows = [f"{visible(item.id, 60)}  {word} by {visible(said.by, 120)} until {said.expires:%Y-%m-%d}"]
    # All of them: what is cut off cannot be accepted.
    rows += [f"    | {visible(row, MAX_WORDS)}" for row in said.words.split("\n")]
    if said.named:
        rows.append(f"    evidence: {visible(said.named, MAX_WORDS)}")
    elif not waived:
        rows.append("    evidence: none named")
    outcome = item.outcome.value if item.outcome else "no machine checks it"
    rows.append(f"    the machine had said: {outcome}" + (f", {visible(item.summary, 200)}" if item.summary else ""))
    if said.findings:
        shown = ", ".join(visible(each, 40) for each in said.findings[:MAX_FINDINGS])
        more = f" and {len(said.findings) - MAX_FINDINGS} more" if len(said.findings) > MAX_FINDINGS else ""
        rows.append(f"    about {plural(len(said.findings), 'finding')}: {shown}{more}")
    if waived and review.checked.trusted.signers.person(said.by) != review.author:
        rows.append(f"    it counts once {visible(said.by, 120)} approves")
    return rows


def answer_words(answered: Answered | None) -> str:
    """An answer, or that there is none."""
    if answered is None:
        return "none yet"
    words = f"{answered.reply.value} on {answered.at:%Y-%m-%d}"
    return f"{words}: {visible(answered.remark, 400)}" if answered.remark else words


def people_lines(shown: Reviewed) -> list[str]:
    """What people say, and what was sent back before."""
    review = shown.review
    rows = ["", f"PEOPLE SAY  {plural(len(review.claims), 'claim')}, {len(shown.open)} without your answer"]
    for claim in review.claims:
        rows += [f"  {row}" for row in claim_lines(review, claim)]
        rows.append(f"      your answer: {answer_words(shown.answers.get(claim.id))}")
    if review.remarks or review.remarks_problem:
        rows += ["", "SENT BACK EARLIER  and not cleared by the author"]
        rows += [f"  {remark_line(each)}" for each in review.remarks]
        rows += [f"  {visible(review.remarks_problem, 400)}"] if review.remarks_problem else []
    return rows


def since_lines(review: Review) -> list[str]:
    """What changed since the last sign-off."""
    if review.since is None:
        return ["", "CHANGED  no earlier file with all the signatures it takes is seen here: all of it is new"]
    return ["", "CHANGED", *(f"  {row}" for row in comparison.lines(review.since))]


def machine_lines(shown: Reviewed) -> list[str]:
    """What machines found, and whether the re-run here agrees."""
    review = shown.review
    judged = [item for item in review.statement.items if item.outcome is not None]
    rows = ["", f"MACHINES SAY  {plural(len(judged), 'item')}"]
    if shown.problem:
        rows.append(f"  RE-RUN HERE: {visible(shown.problem, 600)}")
    elif shown.again is not None:
        rows.append(f"  re-run here: {plural(shown.again.repeated, 'check')} with the same answer")
        if shown.again.left_out:
            rows.append(f"  not repeated here (they need a run or the outside world): {_names(shown.again.left_out)}")
    settled = [item for item in judged if item.outcome in (OutcomeKind.PASS, OutcomeKind.NOT_APPLICABLE)]
    for item in [each for each in judged if each not in settled] + settled:
        kind = item.outcome.value if item.outcome else ""
        rows.append(f"  {kind:<15} {visible(item.id, 60):<28} {visible(item.summary, 120)}".rstrip())
    return rows


def _names(names: tuple[str, ...]) -> str:
    return visible(", ".join(names), 600)


def as_data(shown: Reviewed) -> dict[str, Any]:
    """For a machine."""
    review, found, statement = shown.review, shown.review.found, shown.review.statement
    return {
        "commit": found.commit,
        "payload": review.payload,
        "sourceTree": statement.tree,
        "repo": statement.repo,
        "environment": statement.environment,
        "profile": statement.profile,
        "base": found.base,
        "author": {"id": statement.author, "key": found.signed.fingerprint, "kind": found.signed.kind},
        "approvers": [{"person": each.person, "key": each.signed.fingerprint} for each in found.approvals],
        "missing": review.missing,
        "waitingFor": list(review.waiting),
        "changedRules": list(found.changed_rules),
        "claims": [_claim(item, shown.answers.get(item.id)) for item in review.claims],
        "remarks": [
            {"item": each.item, "by": each.by, "at": each.at.isoformat(), "payload": each.payload, "text": each.text}
            for each in review.remarks
        ],
        "remarksProblem": review.remarks_problem,
        "since": None if review.since is None else comparison.as_data(review.since),
        "machine": [
            {"item": item.id, "outcome": item.outcome.value, "summary": item.summary}
            for item in statement.items
            if item.outcome is not None
        ],
        "rerun": None
        if shown.again is None
        else {"repeated": shown.again.repeated, "notRepeated": list(shown.again.left_out)},
        "rerunProblem": shown.problem,
        "accepted": shown.accepted,
    }


def _claim(item: StatedItem, answered: Answered | None) -> dict[str, Any]:
    said = item.said
    assert said is not None  # noqa: S101 - a claim is an item somebody decided
    return {
        "item": item.id, "decision": said.kind.value, "notApplicable": said.not_applicable, "by": said.by,
        "words": said.words, "evidence": said.named, "expiresAt": said.expires.isoformat(),
        "findings": list(said.findings), "outcome": item.outcome.value if item.outcome else None,
        "summary": item.summary, "answer": answered.reply.value if answered else None,
        "remark": answered.remark if answered else "",
    }  # fmt: skip
