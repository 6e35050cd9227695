"""Judges whether somebody who did not write a change approves it."""

from __future__ import annotations

from shipworthy.checks.base import Check, CheckContext
from shipworthy.checks.pipeline.host_words import about, ages, not_told, without_answers
from shipworthy.facts import Facts, Gap
from shipworthy.facts.host import HostEvidence
from shipworthy.facts.review import GIT_HISTORY, Review
from shipworthy.model import Finding, Outcome, OutcomeKind, Severity
from shipworthy.sources.hosts.model import Change, HostAnswers
from shipworthy.text import plural

_REMEDY = "Require one approval in the branch rules, and drop approvals when new commits arrive."
SHOWN = 10


class ReviewByAnotherHuman(Check):
    """A person who did not write the change approves it.

    A pass proves that within the last day the code host said so: its rules ask for at least one approval, which is void
    once the change goes on, and nobody may merge without; and each of the last merged requests (up to 30) was approved
    in its final state by an account that is no bot and belongs to none of its authors and co-authors. It fails where no
    approval is required and requests were in fact merged without one. What could not be told is unknown.

    For a person working alone (the profile “solo”, with one author in git) it does not apply: somebody outside
    countersigns the readiness file instead. Git's own history (trailers, assistants) is shown, and never passes. It
    cannot see how carefully anybody read, or two accounts of one person.
    """

    id = "review-by-another-human"
    needs = (HostEvidence, Review)
    depends_on = "outside"
    stands = frozenset({OutcomeKind.FAIL, OutcomeKind.NEEDS_YOU})

    def minds(self, gap: Gap) -> bool:
        # Solo and what git shows are judged here, where it is known whether the host's answers do without them.
        return gap.subject != GIT_HISTORY and not (gap.path or "").endswith("CODEOWNERS")

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        host, review = facts[HostEvidence], facts[Review]
        if context.profile == "solo" and review.whole and review.people == 1:
            return Outcome.not_applicable("one person works here: somebody outside countersigns", review.lines())
        if not review.in_git:
            return Outcome.unknown("not a git repository, so nothing tells how changes are reviewed")
        answers = host.answers
        if answers is None:
            return without_answers(self.id, host, review, "who approved what")
        return self._judged(host, answers, [*host.lines(), self._share(answers), *review.lines()])

    def _judged(self, host: HostEvidence, answers: HostAnswers, looked_at: list[str]) -> Outcome:
        rules, changes = answers.rules, answers.changes
        missed = [each for each in changes if each.reviewed.holds is False]
        unsure = [each for each in changes if each.reviewed.holds is None]
        if rules.approval.holds is False and any(not each.by_bot for each in missed):
            required = about(self.id, host, "not-required", "No approval is required before a merge.", remedy=_REMEDY)
            return Outcome.failed(
                f"no approval is required, and {len(missed)} of the last {len(changes)} had none that counts",
                [required, *(self._change(host, each) for each in missed[:SHOWN])],
                looked_at,
            )
        unknown = not_told(
            self.id,
            host,
            (
                ("an approval is required", rules.approval),
                ("it is void after new commits", rules.fresh_approval),
                ("that holds for administrators", rules.no_review_bypass),
            ),
        )
        if answers.changes_missing:
            message = f"The last changes are not known: {answers.changes_missing}."
            unknown.append(about(self.id, host, "no-changes", message, severity=Severity.INFO))
        unknown += [self._change(host, each) for each in unsure[:SHOWN]]
        aging = ages(self.id, host)
        if unknown:
            unknown.append(aging)
            return Outcome.unknown("the host did not tell everything", unknown, looked_at=looked_at)
        open_ = [*self._rules(host, answers), *(self._change(host, each) for each in missed[:SHOWN])]
        if not changes:
            message = "No request was merged yet, so nothing shows how changes are reviewed."
            open_.append(about(self.id, host, "none-merged", message, severity=Severity.INFO))
        if open_:
            return Outcome.needs_you(open_[0].message.rstrip("."), [*open_, aging], looked_at)
        return Outcome.passed(f"required, and so in the last {len(changes)} merged", looked_at, [aging])

    def _share(self, answers: HostAnswers) -> str:
        held = sum(each.reviewed.holds is True for each in answers.changes)
        return f"{held} of the last {plural(len(answers.changes), 'merged request')} approved by another person"

    def _rules(self, host: HostEvidence, answers: HostAnswers) -> list[Finding]:
        rules = answers.rules
        if not rules.approval.holds:
            message = "Changes are approved, but no rule asks for it."
            return [about(self.id, host, "not-required", message, remedy=_REMEDY, severity=Severity.MEDIUM)]
        found = []
        if not rules.fresh_approval.holds:
            message = "An approval still counts after the change went on."
            found.append(about(self.id, host, "stale-approval", message, remedy=_REMEDY, severity=Severity.MEDIUM))
        if not rules.no_review_bypass.holds:
            message = "Administrators, or those on a list, may merge without an approval."
            remedy = "Take the exceptions out, or say who they are and why they are needed."
            found.append(about(self.id, host, "bypass", message, remedy=remedy, severity=Severity.MEDIUM))
        return found

    def _change(self, host: HostEvidence, change: Change) -> Finding:
        who = "A bot's request" if change.by_bot else "Request"
        unsure = change.reviewed.holds is None
        return about(
            self.id,
            host,
            "not-told" if unsure else "not-reviewed",
            f"{who} {change.number}, merged on {change.merged:%Y-%m-%d}: {change.reviewed.why}.",
            remedy="Have somebody else read it now.",
            severity=Severity.INFO if unsure else Severity.MEDIUM,
            anchor=str(change.number),
        )
