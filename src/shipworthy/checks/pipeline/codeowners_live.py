"""Judges whether risky paths have owners."""

from __future__ import annotations

from shipworthy.checks.base import Check, CheckContext
from shipworthy.facts import Facts, Gap
from shipworthy.facts.codeowners import Codeowners, Mistake, OwnerRule, Unowned
from shipworthy.facts.host import HostEvidence
from shipworthy.facts.review import GIT_HISTORY, Review
from shipworthy.model import PROJECT, Confidence, Finding, Location, Outcome, Severity
from shipworthy.text import plural

_REMEDY = "Add a rule with an owner for login, payments, migrations, the pipeline and infrastructure."
SHOWN = 20


class CodeownersLive(Check):
    """Risky paths have owners who exist.

    A pass proves that the CODEOWNERS file which the host looks at reads without a mistake by that host's own rules
    (GitHub's, or GitLab's with its sections), that each pattern matches a file, and that every path that is risky
    by its name (login, payments, migrations, pipeline, infrastructure) has an owner by the rule that counts in the end.
    Where the host was asked within the last day, it also proves that the host knows every owner; where it was not, the
    answer says so. With fewer than two people in git it does not apply.

    It cannot see whether the branch rules ask for the owners' approval, risky code under a harmless name, or whether an
    owner still works here.
    """

    id = "codeowners-live"
    needs = (Codeowners, Review, HostEvidence)
    depends_on = "outside"

    def minds(self, gap: Gap) -> bool:
        return gap.subject != GIT_HISTORY

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        owners, review, host = facts[Codeowners], facts[Review], facts[HostEvidence]
        if review.whole and review.people is not None and review.people < 2:
            return Outcome.not_applicable("fewer than two people work here", review.lines())
        looked_at = [
            f"{owners.path or 'no CODEOWNERS file'}, read as {owners.kind.spoken} does",
            *(f"{area}: {plural(count, 'file')}" for area, count in owners.risky.items()),
            *review.lines(),
        ]
        found = self._failures(owners, host)
        if (review.people or 0) < 2:
            why = review.gaps[0].reason if review.gaps else "git does not tell how many people work here"
            return Outcome.unknown(f"how many people work here is not known: {why}", found, looked_at=looked_at)
        if found:
            return Outcome.failed(self._summary(owners, found), found, looked_at)
        if not owners.risky and owners.path is None:
            return Outcome.unknown("no path is risky by its name, and nobody owns anything", looked_at=looked_at)
        asked = host.answers is not None and not host.answers.owners_missing
        known = "all known to the host" if asked else "whether they exist was not looked up"
        remarks = [] if asked else [self._not_asked(owners, host)]
        return Outcome.passed(f"{plural(len(owners.owners), 'owner')} for all risky paths, {known}", looked_at, remarks)

    def _failures(self, owners: Codeowners, host: HostEvidence) -> list[Finding]:
        if owners.path is None:
            found = [self._ignored(each, owners) for each in owners.ignored[:SHOWN]]
            return [*found, *([self._none(owners)] if owners.risky else [])]
        found = [self._mistake(owners.path, each) for each in owners.mistakes[:SHOWN]]
        if not any(rule.owners for rule in owners.rules) and not found:
            message = "The file names no owner: every line is a comment or a rule without one."
            found.append(self._at(owners.path, None, "empty", message, anchor="empty"))
            return found
        found += [self._stale(owners.path, each) for each in owners.rules if each.stale][:SHOWN]
        found += [self._unowned(owners.path, each) for each in owners.unowned]
        for problem in host.answers.owners[:SHOWN] if host.answers else ():
            message = f"The host does not accept this owner or line: {problem.what}."
            found.append(
                self._at(owners.path, problem.line, "not-known", message, anchor=f"{problem.line} {problem.what}")
            )
        return found

    def _summary(self, owners: Codeowners, found: list[Finding]) -> str:
        if owners.path is None:
            return "nobody owns the risky paths" if owners.risky else "the file lies where the host does not look"
        rules = [each.rule.rpartition("/")[2] for each in found]
        if "empty" in rules:
            return f"{owners.path} names no owner"
        if owners.unowned:
            return f"nobody owns {', '.join(each.area for each in owners.unowned)}"
        return f"{owners.path}: {plural(len(found), 'line')} to correct"

    def _at(
        self,
        path: str | None,
        line: int | None,
        rule: str,
        message: str,
        *,
        anchor: str,
        remedy: str = _REMEDY,
        severity: Severity = Severity.MEDIUM,
    ) -> Finding:
        where = Location(path=path, line=line) if path else PROJECT
        return Finding.at(where, f"{self.id}/{rule}", message, anchor=anchor, remedy=remedy, severity=severity)

    def _none(self, owners: Codeowners) -> Finding:
        message = f"There is no CODEOWNERS file, so nobody in particular reviews {', '.join(owners.risky)}."
        return self._at(None, None, "none", message, anchor="none")

    def _ignored(self, path: str, owners: Codeowners) -> Finding:
        message = f"{owners.kind.spoken} does not look at this file."
        place = ".github/CODEOWNERS" if owners.kind.spoken == "GitHub" else ".gitlab/CODEOWNERS"
        return self._at(path, None, "elsewhere", message, anchor="elsewhere", remedy=f"Move it to {place}.")

    def _mistake(self, path: str, mistake: Mistake) -> Finding:
        message = f"The host leaves this line out: {mistake.why}."
        remedy = "Name accounts (@name), teams (@group/team) or e-mail addresses behind one pattern."
        return self._at(path, mistake.line, "mistake", message, anchor=mistake.why, remedy=remedy)

    def _stale(self, path: str, rule: OwnerRule) -> Finding:
        message = f"The pattern {rule.pattern} matches no file."
        remedy = "Correct it to where the files are now, or remove it."
        return self._at(path, rule.line, "stale", message, anchor=rule.pattern, remedy=remedy, severity=Severity.LOW)

    def _unowned(self, path: str, each: Unowned) -> Finding:
        more = f" and {len(each.paths) - 1} more" if len(each.paths) > 1 else ""
        message = f"No rule with an owner covers {each.area}: {each.paths[0]}{more}."
        return self._at(path, None, "unowned", message, anchor=each.area)

    def _not_asked(self, owners: Codeowners, host: HostEvidence) -> Finding:
        missing = host.answers.owners_missing if host.answers else host.why
        return Finding.at(
            Location(path=owners.path),
            f"{self.id}/not-looked-up",
            f"Whether these owners exist was not looked up: {missing}.",
            anchor="not-looked-up",
            severity=Severity.INFO,
            confidence=Confidence.REVIEW,
            remedy=host.remedy,
        )
