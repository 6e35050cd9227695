"""A session and an engine without a repository behind them: decisions in memory, a script of events, a fixed day."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

import looked_up
import made_up_forms
from made_up import CHECKLIST, COMMIT, COMPONENT, FINGERPRINT, ITEMS, OUTCOMES, TODAY, WAIVED
from made_up_fix import OFFER

from shipworthy.assess.events import Changed, Done, Event, Failed, Judged, Planned, Progress, Started, Watching
from shipworthy.assess.signing import SessionError, Signed, SigningPlan
from shipworthy.fixes import Fix, NoFix
from shipworthy.fixes.offer import Offer
from shipworthy.fixes.undo import Undone
from shipworthy.forming import FormChanged, Opened
from shipworthy.forms import Answers, Form, Saved
from shipworthy.model import (
    Assessment,
    Checklist,
    Component,
    ComponentOutcome,
    Decision,
    DecisionKind,
    Item,
    Outcome,
    Result,
    Risk,
)
from shipworthy.model.form_files import FORM_FILES
from shipworthy.readiness.changes import Changes
from shipworthy.readiness.key_book import KeyBook
from shipworthy.settle import settle
from shipworthy.signing import NoKey

T = TypeVar("T")


@dataclass
class FakeSession:
    """Keeps outcomes and decisions in memory and settles them by the real table."""

    checklist: Checklist = CHECKLIST
    decisions: dict[str, Decision] = field(default_factory=lambda: {WAIVED.item: WAIVED})
    root: Path = Path("/nowhere/todo-app")
    profile: str = "solo"
    profile_reason: str = "one author in the git history"
    today: date = TODAY
    name: str = "todo-app"
    dirty: tuple[str, ...] = ("app/settings.py",)
    components: tuple[Component, ...] = (COMPONENT,)
    passphrase: str | None = None
    no_key: bool = False
    no_keyring: bool = False
    running: set[str] = field(default_factory=set)
    pending: set[str] = field(default_factory=set)
    commands: dict[str, str] = field(default_factory=lambda: {"tests-pass": "python -m pytest -q"})
    calls: list[tuple[object, ...]] = field(default_factory=list)
    allowed: set[str] = field(default_factory=set)
    offers: dict[str, Offer | NoFix] = field(default_factory=lambda: {OFFER.fix.item: OFFER})
    applied: list[str] = field(default_factory=list)
    fix_error: SessionError | None = None
    changes: Changes | SessionError = field(default_factory=looked_up.changes)
    before: Changes | SessionError = field(default_factory=looked_up.unchanged)
    book: KeyBook | SessionError = field(default_factory=looked_up.book)
    approver_needed: bool = False
    drafts: dict[str, Answers] = field(default_factory=dict)
    forms: dict[str, Opened | SessionError] = field(default_factory=lambda: {"backup-restored": made_up_forms.backup()})
    written: dict[str, Answers] = field(default_factory=dict)
    """What was saved, by item id."""
    save_error: SessionError | None = None
    ignored: bool = False
    unread: str = ""
    slow: threading.Event | None = None
    """What looking back and at keys waits for."""

    def __post_init__(self) -> None:
        self.outcomes: dict[str, tuple[ComponentOutcome, ...]] = {}

    def apply(self, event: Event) -> None:
        if isinstance(event, Changed):
            self.pending |= set(event.items)
        elif isinstance(event, Planned):
            self.pending = set(event.items)
            self.running = set()
        elif isinstance(event, Started):
            self.pending.discard(event.item)
            self.running.add(event.item)
        elif isinstance(event, Judged):
            self.pending.discard(event.item)
            self.running.discard(event.item)
            self.outcomes[event.item] = event.outcomes
        elif isinstance(event, Done | Failed):
            self.running, self.pending = set(), set()

    def _result(self, item: Item) -> Result:
        return settle(
            item, item.level(self.profile), self.outcomes.get(item.id, ()), self.decisions.get(item.id), self.today, {}
        )

    def assessment(self) -> Assessment:
        return Assessment(
            name=self.name,
            commit=COMMIT,
            branch="main",
            dirty=self.dirty,
            checklist=self.checklist,
            profile=self.profile,
            profile_reason=self.profile_reason,
            components=self.components,
            results=tuple(self._result(item) for item in self.checklist.items),
        )

    def _decide(
        self, item: str, kind: DecisionKind, reason: str, evidence: str, expires: date, na: bool = False
    ) -> None:
        if (expires - self.today).days > 365:
            raise SessionError("At most 365 days.", "Choose an earlier day.")
        findings = tuple(each.fingerprint for each in self._result(self.checklist.item(item)).findings)
        self.decisions[item] = Decision(
            item=item,
            kind=kind,
            by=self.author(),
            at=datetime(2026, 11, 22, 10, 0, tzinfo=UTC),
            reason=reason,
            evidence=evidence,
            expires=expires,
            findings=findings,
            not_applicable=na,
        )

    def attest(self, item: str, reason: str, evidence: str, expires: date) -> None:
        self._decide(item, DecisionKind.ATTESTED, reason, evidence, expires)
        self.calls.append(("attest", item, reason, evidence, expires))

    def waive(
        self, item: str, reason: str, expires: date, *, not_applicable: bool = False, by: str | None = None
    ) -> None:
        self._decide(item, DecisionKind.WAIVED, reason, "", expires, not_applicable)
        self.calls.append(("waive", item, reason, expires, not_applicable, *([by] if by else [])))

    def needs_approver(self, result: Result) -> bool:
        return self.approver_needed

    def undo(self, item: str) -> bool:
        self.calls.append(("undo", item))
        return self.decisions.pop(item, None) is not None

    def author(self) -> str:
        return "Ada Lovelace <ada@example.org>"

    def consent_needed(self, item: str) -> str | None:
        return self.commands.get(item)

    def allow(self, command: str) -> None:
        self.allowed.add(command)

    def remember_consent(self, command: str) -> None:
        self.calls.append(("remember", command))
        self.allow(command)
        self.commands = {item: each for item, each in self.commands.items() if each != command}

    def propose_fix(self, item: str) -> Offer | NoFix:
        self.calls.append(("propose_fix", item))
        return self.offers.get(item) or NoFix(item=item, why="it takes judgement.")

    def apply_fix(self, fix: Fix) -> None:
        if self.fix_error is not None:
            raise self.fix_error
        self.calls.append(("apply_fix", fix.item))
        self.applied.append(fix.item)

    def undo_fix(self) -> Undone:
        if not self.applied:
            raise SessionError("no fix was applied here", "There is nothing to take back.")
        self.calls.append(("undo_fix",))
        notes = ("app/settings.py:12 is empty now.",)
        return Undone(item=self.applied.pop(), paths=("app/settings.py",), notes=notes)

    def signing(self) -> SigningPlan:
        if self.no_key:
            raise NoKey("There is no key to sign with.", "Make one: ssh-keygen -t ed25519")
        return SigningPlan(
            assessment=self.assessment(),
            payload=b'{\n  "_type": "https://in-toto.io/Statement/v1",\n  "verdict": "READY"\n}\n',
            files=(".shipworthy/readiness.production.json", ".shipworthy/readiness.production.dsse.json"),
            records=(".shipworthy/decisions.toml",),
            key_label="ada-laptop",
            key_fingerprint=FINGERPRINT,
            key_place="in the ssh agent",
            needs_passphrase=self.passphrase is not None,
        )

    def keep_passphrase(self, fingerprint: str, passphrase: str) -> None:
        if self.no_keyring:
            raise SessionError("There is no keyring here.", "Type the passphrase each time.")
        self.calls.append(("keep", fingerprint, len(passphrase)))

    def make_key(self, passphrase: str) -> str:
        if len(passphrase) < 8:
            raise SessionError("This passphrase is too short.", "Take at least 8 characters.")
        self.calls.append(("make_key", len(passphrase)))
        self.no_key, self.passphrase = False, passphrase
        return FINGERPRINT

    def sign(self, plan: SigningPlan, passphrase: str | None) -> Signed:
        if passphrase != self.passphrase:
            raise SessionError("The passphrase does not fit the key.", "Try again.")
        self.calls.append(("sign", plan.payload))
        return Signed(
            files=plan.files, fingerprint=FINGERPRINT, commit_command='git add .shipworthy && git commit -m "Sign off"'
        )

    def commit(self, signed: Signed) -> str:
        self.calls.append(("commit", signed.files))
        return "8caf24" + "0" * 34

    def _looked(self, found: T | SessionError) -> T:
        if self.slow is not None:
            self.slow.wait(10)
        if isinstance(found, SessionError):
            raise found
        return found

    def since_sign_off(self, assessment: Assessment) -> Changes:
        self.calls.append(("since_sign_off", len(assessment.results)))
        return self._looked(self.changes)

    def between_sign_offs(self) -> Changes:
        self.calls.append(("between_sign_offs",))
        return self._looked(self.before)

    def key_book(self) -> KeyBook:
        self.calls.append(("key_book",))
        return self._looked(self.book)

    def form_file(self, item: str) -> str:
        return FORM_FILES.get(item, "") if item in self.forms else ""

    def form_there(self, item: str) -> bool:
        return item in self.written

    def open_form(self, item: str, stop: threading.Event) -> Opened:
        self.calls.append(("open_form", item))
        if self.slow is not None:
            self.slow.wait(10)
        if stop.is_set():
            raise SessionError("looking at the code was stopped", "Try again.")
        found = self.forms[item]
        if isinstance(found, SessionError):
            raise found
        return found

    def save_form(self, form: Form, answers: Answers, held: Answers | None) -> Saved:
        if isinstance(self.save_error, FormChanged) and held is None:
            self.save_error = None
        if self.save_error is not None:
            raise self.save_error
        self.calls.append(("save_form", form.id))
        self.written[form.id] = answers
        return Saved(path=form.file, changed=True, ignored=self.ignored, unread=self.unread)

    def keep_draft(self, form: Form, answers: Answers, held: Answers) -> bool:
        self.drafts[form.id] = answers
        return True

    def drop_draft(self, form: Form) -> None:
        self.drafts.pop(form.id, None)

    def next_step(self) -> Result | None:
        waiting = self.running | self.pending
        order = [Risk.CRITICAL, Risk.HIGH, Risk.MEDIUM, Risk.LOW]
        found = [each for each in self.assessment().open if each.item.id not in waiting]
        return min(found, key=lambda each: (order.index(each.item.risk), each.item.minutes), default=None)

    def prompt(self, item: str) -> str:
        result = self._result(self.checklist.item(item))
        lines = [
            f"# {result.item.failing_title}",
            "",
            *(f"- {each.location}: {each.message}" for each in result.findings),
        ]
        return "\n".join([*lines, "", *result.item.fix, "", f"It passes when: {result.item.title}."])


class FakeEngine:
    """Reports what a mapping of outcomes says, at once, or up to `hold` items and then waits."""

    def __init__(
        self,
        outcomes: Mapping[str, Outcome] = OUTCOMES,
        *,
        items: Sequence[Item] = ITEMS,
        components: tuple[Component, ...] = (COMPONENT,),
        hold: int | None = None,
        failed: Failed | None = None,
        error: Exception | None = None,
        delay: float = 0,
    ) -> None:
        self.outcomes = dict(outcomes)
        self.items = items
        self.components = components
        self.hold = hold
        self.failed = failed
        self.error = error
        self.delay = delay
        self.calls: list[tuple[object, ...]] = []
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()

    async def start(self) -> None:
        self.calls.append(("start",))
        if self.error is not None:
            raise self.error

    async def run(self, only: tuple[str, ...] | None = None, consent: frozenset[str] = frozenset()) -> None:
        self.calls.append(("run", only, consent))
        for event in self._script(only):
            if self.delay:
                await asyncio.sleep(self.delay)
            self._queue.put_nowait(event)

    def _script(self, only: tuple[str, ...] | None) -> list[Event]:
        if self.failed is not None:
            return [self.failed]
        wanted = [each.check for each in self.items if each.check and (only is None or each.id in only)]
        events: list[Event] = [
            Planned(
                name="todo-app",
                commit=COMMIT,
                branch="main",
                dirty=(),
                profile="solo",
                profile_reason="one author in the git history",
                components=self.components,
                items=tuple(wanted),
            ),
            Progress(done=212, total=412, what="reading files"),
        ]
        for number, item in enumerate(wanted):
            events.append(Started(item=item))
            if number == self.hold:
                return [*events, Progress(done=300, total=412, what="reading files")]
            if item in self.outcomes:
                root = self.components[-1].root if len(self.components) > 1 else None
                outcomes = (ComponentOutcome(component=root, outcome=self.outcomes[item]),)
                events.append(Judged(item=item, outcomes=outcomes, milliseconds=84))
        return [*events, Done(cancelled=False, advisories="2026-11-20", milliseconds=3200)]

    async def watch(self, on: bool) -> None:
        self.calls.append(("watch", on))
        self._queue.put_nowait(Watching(on=on))

    def change(self, event: Changed, *, hold: bool = False) -> None:
        """Examine again by itself, as far as saying so, or (without `hold`) to the end."""
        script = self._script(event.items)
        for each in (event, *(script[:1] if hold else script)):
            self._queue.put_nowait(each)

    async def cancel(self) -> None:
        self.calls.append(("cancel",))
        self._queue.put_nowait(Done(cancelled=True, advisories=None, milliseconds=1200))

    @property
    def said_all(self) -> bool:
        """Whether everything that was asked for was reported and taken."""
        return (("run", None, frozenset()) in self.calls and self._queue.empty()) or self.error is not None

    async def events(self) -> AsyncIterator[Event]:
        while (event := await self._queue.get()) is not None:
            yield event

    def end(self) -> None:
        """End without a word, as a killed process would."""
        self._queue.put_nowait(None)

    async def stop(self) -> None:
        self.calls.append(("stop",))
        self._queue.put_nowait(None)
