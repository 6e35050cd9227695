"""When a statement is enough: policy, checklist and times are the verifier's own, never the statement's.

Signing asks the same functions before it signs, so that nothing is signed that verification would refuse.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shipworthy.checklist import ChecklistError, extend, load
from shipworthy.checklist.policy import TWO_PEOPLE, Policy, apply, parse_policy
from shipworthy.model import Checklist, DecisionKind, Item, Level, OutcomeKind, Verdict
from shipworthy.readiness.allowed import APPROVER as APPROVER
from shipworthy.readiness.allowed import AUTHOR as AUTHOR
from shipworthy.readiness.allowed import Signers
from shipworthy.readiness.answers import NotReady as NotReady
from shipworthy.readiness.context import same_repository
from shipworthy.readiness.people import SignedBy
from shipworthy.readiness.statement import Said, StatedItem, Statement, end_of
from shipworthy.readiness.tree import FOLDER
from shipworthy.settle import allowed, self_settled
from shipworthy.text import plural, visible

PROFILE = "solo"
"""The profile of a policy that names none."""
CLOCK_SKEW = timedelta(minutes=5)
_OPEN = (OutcomeKind.FAIL, OutcomeKind.UNKNOWN, OutcomeKind.NEEDS_YOU)
_AGAIN = "Examine and sign again: shipworthy sign"


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """What a commit is held to: a policy, and the checklist it makes of the packaged one and the project's own."""

    policy: Policy
    checklist: Checklist

    @property
    def profile(self) -> str:
        return self.policy.profile or PROFILE

    @property
    def approvers(self) -> int:
        """How many people besides the author must sign."""
        return self.policy.approvers_of(self.profile)

    @property
    def two_people(self) -> bool:
        """Whether nobody waives a required item for themselves."""
        return self.approvers > 0 or self.profile in TWO_PEOPLE

    @property
    def required(self) -> tuple[Item, ...]:
        return tuple(item for item in self.checklist.items if item.level(self.profile) is Level.REQUIRED)


def in_force(policy_bytes: bytes | None, checklist_bytes: bytes | None) -> InForce:
    """From the bytes of `policy.toml` and `checklist.toml` (None: no such file). Raises NotReady."""
    try:
        policy = Policy() if policy_bytes is None else parse_policy(policy_bytes, f"{FOLDER}/policy.toml")
        checklist = load(policy.checklist)
        if checklist_bytes is not None:
            checklist = extend(checklist, checklist_bytes, f"{FOLDER}/checklist.toml")
        return InForce(policy=policy, checklist=apply(policy, checklist))
    except ChecklistError as error:
        raise NotReady("policy", str(error), error.diagnostics) from error


def check_context(statement: Statement, environment: str, repo: str | None, ref: str | None) -> None:
    """It was signed for this environment, repository and ref; `repo` and `ref` None: not compared. Raises NotReady."""
    step = "context"
    if statement.environment != environment:
        raise NotReady(step, f"signed for {visible(statement.environment, 60)}, not for {environment}", _AGAIN)
    if repo is not None and not same_repository(statement.repo, repo):
        raise NotReady(step, f"signed for {visible(statement.repo, 120)}, and this is {visible(repo, 120)}", _AGAIN)
    if ref is not None and statement.ref != ref:
        raise NotReady(step, f"signed for {visible(statement.ref, 120)}, not for {visible(ref, 120)}", _AGAIN)


def check_policy(statement: Statement, force: InForce) -> None:
    """It was made under this very policy, profile and checklist. Raises NotReady."""
    step = "policy"
    if statement.environment not in force.policy.environments:
        raise NotReady(
            step, f"the policy names the environment {', '.join(force.policy.environments)}, no other",
            f'Add "{visible(statement.environment, 60)}" to environments in {FOLDER}/policy.toml and sign again.',
        )  # fmt: skip
    if statement.policy_digest != force.policy.digest:
        raise NotReady(
            step, "signed under another policy.toml than the one it is judged by",
            "Sign again; where the commit changes the policy, sign under the one before: shipworthy sign --base REF",
        )  # fmt: skip
    if statement.profile != force.profile:
        raise NotReady(
            step, f"signed for the profile {visible(statement.profile, 40)}, the policy asks for {force.profile}",
            f'Set profile = "…" in {FOLDER}/policy.toml and sign again.',
        )  # fmt: skip
    if statement.checklist_digest != force.checklist.digest:
        raise NotReady(
            step,
            f"signed under the checklist {visible(statement.checklist_name, 60)} "
            f"{visible(statement.checklist_version, 40)}; held against "
            f"{force.checklist.name} {force.checklist.version}, which reads otherwise",
            "Use the same version of shipworthy to sign and to verify, then sign again.",
        )


def check_dates(statement: Statement, force: InForce, now: datetime) -> None:
    """It is valid now, and for no longer than the policy allows. Raises NotReady."""
    step = "dates"
    if statement.issued > now + CLOCK_SKEW:
        raise NotReady(step, f"issued in the future: {_day(statement.issued)}", "Check the clocks, then sign again.")
    if statement.expires <= now:
        raise NotReady(step, f"expired on {_day(statement.expires)}", _AGAIN)
    if not statement.issued < statement.expires <= statement.issued + timedelta(days=force.policy.expiry_days):
        raise NotReady(step, f"valid for longer than the policy's {force.policy.expiry_days} days", _AGAIN)


def check_items(statement: Statement, force: InForce, by: SignedBy, now: datetime) -> None:
    """Every required item is settled, by the verifier's own account. Raises NotReady."""
    step = "items"
    stated = {item.id: item for item in statement.items}
    if len(stated) != len(statement.items):
        raise NotReady(step, "an item stands in it twice", _AGAIN)
    known = {item.id for item in force.checklist.items}
    strange = next((name for name in stated if name not in known), None)
    if strange is not None:
        raise NotReady(step, f"the checklist has no item {visible(strange, 60)}", _AGAIN)
    check_required(statement, force, by, now)
    if statement.verdict is not Verdict.READY:
        raise NotReady(step, f"it says {statement.verdict.value}", "Settle what is open, then sign again.")


def check_required(statement: Statement, force: InForce, by: SignedBy, now: datetime) -> None:
    """Every item a policy and a checklist require is settled. Raises NotReady."""
    step = "items"
    stated = {item.id: item for item in statement.items}
    if not force.required:
        raise NotReady(step, f"the profile {force.profile} requires nothing", "A checklist must require something.")
    problems: list[tuple[str, str, str]] = []
    for item in force.required:
        found = stated.get(item.id)
        open_because = ("is missing", _AGAIN) if found is None else why_open(item, found, statement, force, by, now)
        if open_because is not None:
            problems.append((item.id, *open_because))
    if problems:
        item_id, why, remedy = problems[0]
        more = f" (and {plural(len(problems) - 1, 'more item')} open)" if len(problems) > 1 else ""
        raise NotReady(step, f"{item_id} {why}{more}", remedy)


def why_open(
    item: Item, stated: StatedItem, statement: Statement, force: InForce, by: SignedBy, now: datetime
) -> tuple[str, str] | None:
    """Why a required item is not settled and what to do; None where it is (the table of `shipworthy.settle`)."""
    if item.check is None and stated.outcome is not None:
        return "claims a machine's outcome, and no check judges it", _AGAIN
    if item.check is not None and stated.outcome is None:
        return "has no machine's outcome, and a check judges it", _AGAIN
    if stated.until is not None and stated.until <= now:
        return f"passed until {_day(stated.until)}", "Set right what has come due, then examine and sign again."
    if self_settled(item.decides, stated.outcome):
        return None
    outcome = stated.outcome.value if stated.outcome else "not decided"
    said = stated.said
    if said is None:
        return f"is open: {outcome}", "Fix it, or decide it: shipworthy attest, shipworthy waive"
    if said.kind not in allowed(item.decides, stated.outcome):
        return f"is {outcome}, and cannot be {said.kind.value}", "Fix it, or waive it: shipworthy waive"
    if said.kind is DecisionKind.ATTESTED and not item.attest:
        return "was attested, and only a machine's answer counts for it", "Fix it, or waive it: shipworthy waive"
    if said.not_applicable and not item.not_applicable:
        return "was waived as not applicable, and it applies to every project", "Fix it, or waive it with a reason."
    if stated.outcome in _OPEN and not said.findings:
        return f"was {said.kind.value} without naming the findings", _AGAIN
    if said.kind is DecisionKind.ATTESTED and stated.outcome is OutcomeKind.UNKNOWN and not said.named.strip():
        return "was attested without naming what was looked at", "Attest it again with --evidence."
    return _why_void(said, statement, force, by, now)


def _why_void(said: Said, statement: Statement, force: InForce, by: SignedBy, now: datetime) -> tuple[str, str] | None:
    """Why what a person said does not count now."""
    attested = said.kind is DecisionKind.ATTESTED
    who = by.person(said.by)
    if who not in {by.author, *by.approvers}:
        return (
            f"was {said.kind.value} by {visible(said.by, 120)}, who did not sign this",
            "Whoever says it signs it: say it again yourself, or set git's user.email to that address if it is yours.",
        )
    if not attested and force.two_people and who not in by.approvers:
        return (
            "was waived by its own author, and here that takes an approver",
            "Fix it, or name who accepts it: shipworthy waive --by LEAD@…; it counts once they approve.",
        )
    if not said.words.strip():
        return f"was {said.kind.value} without a reason", "Say it again with a reason."
    if said.expires <= now:
        return f"was {said.kind.value} until {_day(said.expires)}", "Look again and say it again, then sign again."
    days = force.policy.attestation_max_days if attested else force.policy.waiver_max_days
    if said.expires > end_of(statement.issued.date() + timedelta(days=days)):
        return f"was {said.kind.value} for longer than the policy's {days} days", "Say it again with an earlier date."
    return None


def judge(statement: Statement, force: InForce, by: SignedBy, environment: str, now: datetime) -> None:
    """All of it but repository and ref, in verification's order. Raises NotReady."""
    check_context(statement, environment, None, None)
    check_policy(statement, force)
    check_dates(statement, force, now)
    check_items(statement, force, by, now)


def expected(statement: Statement, force: InForce, signers: Signers) -> SignedBy:
    """Who will have signed once everybody it names did: what an author can know before an approver signs.

    An approver a waiver names is expected where that address is listed as one, or where nobody is listed at all.
    """
    author = signers.person(statement.author)
    named = {item.said.by for item in statement.items if item.said is not None} if force.two_people else set()
    listed = {line.principal.casefold() for line in signers.lines if APPROVER in line.roles}
    approvers = {signers.person(each) for each in named if not signers.lines or each.casefold() in listed}
    return SignedBy(author=author, approvers=frozenset(approvers - {author}), signers=signers)


def _day(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%d")
