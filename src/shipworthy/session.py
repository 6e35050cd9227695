"""The headless core of the coach and the command line: events in, an Assessment out, decisions written.

It knows nothing of screens. What it shows is always computed afresh from the newest outcomes and the decisions file.
The coach imports it before its first picture, so what only some actions need is imported by them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.assess.consents import Consents
from shipworthy.assess.rules import FOLDER, Rules, RulesError, read_record, read_rules
from shipworthy.assess.signing import SessionError, Signed, SigningPlan
from shipworthy.fixing import Fixing
from shipworthy.forming import Forming
from shipworthy.model import (
    Assessment,
    Checklist,
    ComponentOutcome,
    Decides,
    Decision,
    DecisionKind,
    Level,
    Outcome,
    OutcomeKind,
    Result,
    Status,
)
from shipworthy.overview import Overview
from shipworthy.project.safe import Unreadable, read_file
from shipworthy.settle import settle

if TYPE_CHECKING:
    from shipworthy.assess.events import Event, Failed, Planned
    from shipworthy.checklist.policy import Policy
    from shipworthy.signing import Prepared

OPEN = (OutcomeKind.FAIL, OutcomeKind.UNKNOWN, OutcomeKind.NEEDS_YOU)


class Session(Fixing, Forming, Overview):
    """One repository under examination. Raises SessionError where its own rules cannot be read."""

    def __init__(
        self,
        root: Path,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        policy: Policy | None = None,
    ) -> None:
        """`policy`: one to judge by in place of the repository's own."""
        if not root.is_dir():
            kind = "not a folder" if root.exists() else "no such folder"
            raise SessionError(f"{root}: {kind}", "Name the repository's folder.")
        self.root = root
        self._clock = clock
        self._policy = policy
        self._planned: Planned | None = None
        self._outcomes: dict[str, tuple[ComponentOutcome, ...]] = {}
        self._advisories: str | None = None
        self.running: set[str] = set()
        self.pending: set[str] = set()
        self.milliseconds: dict[str, int] = {}
        self.failed: Failed | None = None
        self._consents = Consents()
        self._prepared: Prepared | None = None
        self.reload()

    def reload(self) -> None:
        """Read policy, checklist and decisions again."""
        try:
            self.rules: Rules = read_rules(self.root, self._policy)
            self.decisions: dict[str, Decision] = self._read_decisions()
        except RulesError as error:
            raise SessionError(str(error), error.diagnostics) from error

    def _read_decisions(self) -> dict[str, Decision]:
        data = read_record(self.root, "decisions.toml")
        if data is None:
            return {}
        from shipworthy import decisions

        try:
            return decisions.read(data, f"{FOLDER}/decisions.toml")
        except decisions.DecisionsError as error:
            raise SessionError(str(error), "Repair the line named, or remove that decision.") from error

    @property
    def checklist(self) -> Checklist:
        """The checklist in force."""
        return self.rules.checklist

    @property
    def today(self) -> date:
        """The date decisions are judged by, in UTC."""
        return self._clock().date()

    @property
    def profile(self) -> str:
        """The profile in force; the policy's, or solo, until an examination guessed one."""
        return self._planned.profile if self._planned else self.rules.policy.profile or "solo"

    @property
    def profile_reason(self) -> str:
        return self._planned.profile_reason if self._planned else "not examined yet"

    def apply(self, event: Event) -> None:
        """Take one event of an examination in."""
        from shipworthy.assess.events import Changed, Done, Failed, Judged, Planned, Started

        if isinstance(event, Changed):
            self.pending.update(event.items)
        elif isinstance(event, Planned):
            self._planned = event
            self.failed = None
            self.pending = set(event.items)
            try:
                self.reload()
            except SessionError as error:
                # Broken while we looked away: what it said counts for nothing until it is mended.
                self.decisions = {}
                self.failed = Failed(message=str(error), diagnostics=error.diagnostics)
        elif isinstance(event, Started):
            self.running.add(event.item)
        elif isinstance(event, Judged):
            self._outcomes[event.item] = event.outcomes
            self.milliseconds[event.item] = event.milliseconds
            self.running.discard(event.item)
            self.pending.discard(event.item)
        elif isinstance(event, Done):
            self._cut_short()
            self._advisories = event.advisories or self._advisories
        elif isinstance(event, Failed):
            self._cut_short()
            self.failed = event

    def _cut_short(self) -> None:
        """A run is over: what it planned and did not judge is not known any more, whatever an earlier run said."""
        for item in self.pending:
            self._outcomes.pop(item, None)
        self.running.clear()
        self.pending.clear()

    def assessment(self) -> Assessment:
        """All results as they stand. An item a machine has not judged yet is unknown, never green."""
        planned = self._planned
        results = tuple(
            self._result(item.id) for item in self.checklist.items if item.level(self.profile) is not Level.NONE
        )
        return Assessment(
            name=planned.name if planned else self.root.name,
            commit=planned.commit if planned else None,
            branch=planned.branch if planned else None,
            dirty=planned.dirty if planned else (),
            checklist=self.checklist,
            profile=self.profile,
            profile_reason=self.profile_reason,
            components=planned.components if planned else (),
            results=results,
            advisories=self._advisories,
        )

    def _result(self, item_id: str) -> Result:
        item = self.checklist.item(item_id)
        outcomes = self._outcomes.get(item_id, ())
        if item.check and not outcomes:
            outcomes = (ComponentOutcome(component=None, outcome=Outcome.unknown("not examined yet")),)
        decision = self.decisions.get(item_id)
        subjects = {path: self._digest(path) for path in decision.subjects} if decision else {}
        result = settle(item, item.level(self.profile), outcomes, decision, self.today, subjects)
        if result.status is not Status.WAIVED or result.level is not Level.REQUIRED:
            return result
        from shipworthy.readiness.waivers import counted

        return counted(result, self.root, self.rules.policy, self.profile)

    def _digest(self, path: str) -> str | None:
        """sha256 (hex) of a file of the repository; None where it cannot be read."""
        from shipworthy.project.project import MAX_BYTES

        try:
            return hashlib.sha256(read_file(self.root, path, MAX_BYTES)).hexdigest()
        except Unreadable:
            return None

    def known(self, item: str) -> None:
        """Raises SessionError, with the nearest ids, where the checklist has no such item."""
        ids = [each.id for each in self.checklist.items]
        if item not in ids:
            import difflib

            near = difflib.get_close_matches(item, ids, 3)
            raise SessionError(
                f"the checklist has no item {item!r}",
                f"Did you mean {' or '.join(near)}?" if near else "List them: shipworthy checklist show",
            )

    def result(self, item: str) -> Result:
        """Raises KeyError where the checklist has no such item."""
        return self._result(item)

    def author(self) -> str:
        """ "Name <mail>" from the person's git configuration. Raises SessionError where git knows nobody."""
        return f"{self._config('user.name')} <{self._config('user.email')}>"

    def email(self) -> str:
        """The address decisions are recorded under. Raises SessionError."""
        return self._config("user.email")

    def _config(self, key: str) -> str:
        from shipworthy.git import Git, GitError

        try:
            value = Git(self.root).answer("config", key)
        except GitError as error:
            raise SessionError(str(error), error.diagnostics) from error
        if not value:
            raise SessionError(f"git does not know your {key}", f"Say who you are: git config {key} ...")
        return value

    def attest(self, item: str, reason: str, evidence: str, expires: date) -> None:
        """Record that the person says the item is true. Raises SessionError."""
        self._decide(item, DecisionKind.ATTESTED, reason, evidence, expires, not_applicable=False)

    def waive(
        self, item: str, reason: str, expires: date, *, evidence: str = "", not_applicable: bool = False,
        by: str | None = None,
    ) -> None:  # fmt: skip
        """Record that the person accepts the item as open, or as not applicable. Raises SessionError.

        `by`: the address of the approver who accepts it in their place; it counts once they approve.
        """
        self._decide(item, DecisionKind.WAIVED, reason, evidence, expires, not_applicable=not_applicable, by=by)

    def _decide(
        self,
        item_id: str,
        kind: DecisionKind,
        reason: str,
        evidence: str,
        expires: date,
        *,
        not_applicable: bool,
        by: str | None = None,
    ) -> None:
        from shipworthy import decisions

        self.known(item_id)
        result = self._result(item_id)
        outcome = result.worst.outcome.kind if result.worst else None
        if item_id in self.running or item_id in self.pending or (result.item.check and item_id not in self._outcomes):
            raise SessionError(
                f"{item_id} has not been checked yet", "Wait for its result: what you say is bound to what it finds."
            )
        cap = (
            self.rules.policy.attestation_max_days
            if kind is DecisionKind.ATTESTED
            else self.rules.policy.waiver_max_days
        )
        findings = tuple(
            finding.fingerprint
            for each in result.outcomes
            # A pass that a person confirms may be open again before that ends: what stood beside it was seen too.
            if each.outcome.kind in OPEN or result.item.decides is Decides.BOTH
            for finding in each.outcome.findings
        )
        try:
            decision = decisions.propose(
                result.item,
                kind,
                by=self.email() if by is None else self._approver(by),
                reason=reason,
                evidence=evidence,
                expires=expires,
                findings=findings,
                subjects=self._subjects(evidence, item_id if kind is DecisionKind.ATTESTED else ""),
                now=self._clock(),
                outcome=outcome,
                max_days=cap,
                not_applicable=not_applicable,
            )
            decisions.record(self.root / FOLDER / "decisions.toml", decision)
        except decisions.DecisionsError as error:
            raise SessionError(str(error), error.diagnostics) from error
        self.reload()

    def _approver(self, by: str) -> str:
        """The address of an approver who accepts a waiver. Raises SessionError where their word could not count."""
        from shipworthy.readiness.answers import Refused
        from shipworthy.readiness.waivers import accepting

        try:
            return accepting(self.root, self.rules.policy, self.profile, by, self.email())
        except Refused as error:
            raise SessionError(str(error), error.diagnostics) from error

    def _subjects(self, evidence: str, item: str) -> dict[str, str]:
        """The repository's file the evidence names, and the item's form: when one changes, the decision goes stale."""
        from shipworthy.facts.forms.table import form_of

        form = form_of(item)
        paths = [evidence.partition("#")[0].strip(), form.file if form else ""]
        digests = {path: self._digest(path) for path in paths if path}
        return {path: digest for path, digest in digests.items() if digest}

    def undo(self, item: str) -> bool:
        """Take back what was said; False where nothing was. Raises SessionError."""
        from shipworthy import decisions

        try:
            removed = decisions.remove(self.root / FOLDER / "decisions.toml", item)
        except decisions.DecisionsError as error:
            raise SessionError(str(error), error.diagnostics) from error
        self.reload()
        return removed

    @property
    def allowed(self) -> set[str]:
        """Commands of the project the person said yes to in this session."""
        return self._consents.allowed

    def consent_needed(self, item: str) -> str | None:
        """The project's command that judging this item would run and nobody said yes to; None if none."""
        return next((ask.command for ask in self._consents.open(self._outcomes.get(item, ()))), None)

    def allow(self, command: str) -> None:
        """The person said yes to this command, for as long as this session lasts."""
        self.allowed.add(command)

    def remember_consent(self, command: str) -> None:
        """The person said: always, for this command in this repository. Raises SessionError."""
        outcomes = [each for found in self._outcomes.values() for each in found]
        self._consents.remember(command, outcomes, self._clock())

    def consent(self, *, always: bool = False) -> Callable[[str, str], bool]:
        """Whether a command of the project may run: asked by the reader that would run it, with (command, why)."""
        return self._consents.answer(always=always)

    def next_step(self) -> Result | None:
        """The open item to start with."""
        from shipworthy.advice.next_step import next_step

        return next_step(self.assessment())

    def prompt(self, item: str) -> str:
        """A bounded prompt for an assistant about one item, without any secret's value."""
        from shipworthy.advice.prompt import prompt

        return prompt(self._result(item))

    def signing(self, key: str | None = None) -> SigningPlan:
        """What signing would sign, after a fresh examination without the cache; it takes as long as that does.

        `key` as in `readiness.keys.Keyring.choose`. Raises SessionError when not READY, when something is dirty, or
        without a key (then it is a NoKey).
        """
        from shipworthy.assess.once import examine_afresh
        from shipworthy.signing import plan

        fresh = Session(self.root, self._clock)
        try:
            examine_afresh(self.root, self.allowed, fresh.apply)
        except OSError as error:
            raise SessionError(f"the examination could not be started: {error.strerror}", "Try again.") from error
        if fresh.failed is not None:
            raise SessionError(fresh.failed.message, fresh.failed.diagnostics)
        made, self._prepared = plan(fresh.assessment(), self.root, self.rules.policy, key, self._clock())
        return made

    def make_key(self, passphrase: str) -> str:
        """Generate a signing key under a passphrase; its fingerprint. Raises SessionError."""
        from shipworthy.signing import make_key

        return make_key(self.root, passphrase, self.email())

    def keep_passphrase(self, fingerprint: str, passphrase: str) -> None:
        """Keep the passphrase of that key in the desktop's keyring. Raises SessionError."""
        from shipworthy.signing import keep_passphrase

        keep_passphrase(self.root, fingerprint, passphrase)

    def sign(self, plan: SigningPlan, passphrase: str | None) -> Signed:
        """Sign exactly what the plan shows and write the two files. Raises SessionError."""
        from shipworthy.signing import sign

        if self._prepared is None or self._prepared.payload != plan.payload:
            raise SessionError("this is not what was shown last", "Open the sign screen again.")
        return sign(self._prepared, passphrase)

    def commit(self, signed: Signed) -> str:
        """Make exactly the commit that was signed for; its id. Raises SessionError."""
        from shipworthy.signing import commit

        if self._prepared is None:
            raise SessionError("nothing was signed yet", "Sign first.")
        return commit(self._prepared)
