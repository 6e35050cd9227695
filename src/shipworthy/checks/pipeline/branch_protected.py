"""Judges whether the main branch takes changes by request only."""

from __future__ import annotations

from shipworthy.checks.base import Check, CheckContext
from shipworthy.checks.pipeline.host_words import about, ages, not_told, without_answers
from shipworthy.facts import Facts, Gap
from shipworthy.facts.host import CheckNames, HostEvidence
from shipworthy.facts.review import GIT_HISTORY, Review
from shipworthy.model import Finding, Outcome, OutcomeKind, Severity
from shipworthy.sources.hosts.address import HostKind
from shipworthy.sources.hosts.model import BranchRules, HostAnswers, Rule

_REMEDY = "Turn on a rule for the main branch: require a pull request, block forced pushes and deletion, for everybody."


class BranchProtected(Check):
    """The main branch refuses direct and forced pushes.

    A pass proves that within the last day the code host itself said so, for administrators too: nothing lands on the
    default branch but by a pull or merge request, it cannot be pushed to by force or deleted, nobody may bypass that, a
    red change is not merged, and every required check is one that a job of the repository, or something else, reports.
    GitHub's rulesets and branch protection are joined; of several protected branches of GitLab the most permissive
    counts. What the token may not read is unknown, with the permission that is missing.

    Without the host's answers, git's history is shown to a person: how many commits were merges or carry a request's
    number. It never passes by that. It cannot see whether rules were off for a while, or what owners of the host do.
    """

    id = "branch-protected"
    needs = (HostEvidence, Review, CheckNames)
    depends_on = "outside"
    stands = frozenset({OutcomeKind.FAIL, OutcomeKind.NEEDS_YOU})

    def minds(self, gap: Gap) -> bool:
        return gap.subject != GIT_HISTORY and not (gap.path or "").endswith("CODEOWNERS")

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        host, review = facts[HostEvidence], facts[Review]
        if not review.in_git:
            return Outcome.not_applicable("not a git repository", ["no .git in this folder or above it"])
        answers = host.answers
        if answers is None:
            return without_answers(self.id, host, review, "whether the main branch refuses a push")
        looked_at = [*host.lines(), *review.lines()]
        rules = answers.rules
        named = (
            ("changes land by request only", rules.change_request),
            ("forced pushes are refused", rules.no_force_push),
            ("it cannot be deleted", rules.no_deletion),
        )
        broken = [self._broken(host, number, rule) for number, (_, rule) in enumerate(named) if rule.holds is False]
        if broken:
            return Outcome.failed(f"{answers.branch}: {broken[0].message}", broken, looked_at)
        unknown = not_told(self.id, host, (*named, ("that holds for administrators", rules.no_bypass)))
        aging = ages(self.id, host)
        if unknown:
            unknown.append(aging)
            return Outcome.unknown(f"{answers.branch}: not all of its rules were told", unknown, looked_at=looked_at)
        open_ = [*self._bypass(host, rules.no_bypass), *self._checks(host, answers, facts[CheckNames])]
        if open_:
            return Outcome.needs_you(f"{answers.branch} is protected, but look at this", [*open_, aging], looked_at)
        return Outcome.passed(f"{answers.branch} takes changes by request only, for everybody", looked_at, [aging])

    def _broken(self, host: HostEvidence, number: int, rule: Rule) -> Finding:
        name, message = (
            ("direct-push", "changes can be pushed to it without a request"),
            ("forced-push", "it can be pushed to by force"),
            ("deletion", "it can be deleted"),
        )[number]
        return about(self.id, host, name, f"{message} ({rule.why})", remedy=_REMEDY)

    def _bypass(self, host: HostEvidence, rule: Rule) -> list[Finding]:
        if rule.holds:
            return []
        message = "The rules do not hold for everybody: administrators, or those on a list, may push past them."
        remedy = "Take the exceptions out, or say who they are and why they are needed."
        return [about(self.id, host, "bypass", message, remedy=remedy, severity=Severity.MEDIUM)]

    def _checks(self, host: HostEvidence, answers: HostAnswers, names: CheckNames) -> list[Finding]:
        rules: BranchRules = answers.rules
        if rules.green_only.holds is not True:
            why = f" ({rules.green_only.why})" if rules.green_only.why else ""
            message = f"A change whose pipeline is red can be merged: no check is required{why}."
            remedy = "Require the checks that must be green before a merge."
            return [about(self.id, host, "no-required-check", message, remedy=remedy, severity=Severity.MEDIUM)]
        if answers.address.kind is not HostKind.GITHUB:
            return []
        seen = set(answers.check_names)
        drifted = [
            name for name in rules.checks if name not in seen and not any(each.fits(name) for each in names.names)
        ]
        return [
            about(
                self.id,
                host,
                "no-job-for-check",
                f"The required check “{name}” is reported by no job: it blocks all changes, or is merged past.",
                remedy="Require the name that the job has now (a pull request shows it), or give the job its old name.",
                severity=Severity.MEDIUM,
                anchor=name,
            )
            for name in drifted[:20]
        ]
