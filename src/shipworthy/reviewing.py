"""The second person's desk: what the review screen shows, the answers, the re-run, and the countersignature.

It knows nothing of screens, as `session` does not. Whatever goes wrong is a SessionError with what to do about it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path

from shipworthy import approval
from shipworthy.assess.rules import RulesError, read_rules
from shipworthy.assess.signing import SessionError
from shipworthy.bugs import bug
from shipworthy.git import Git, GitError
from shipworthy.model import DecisionKind, OutcomeKind
from shipworthy.project import ProjectError
from shipworthy.readiness.answered import Reply
from shipworthy.readiness.answers import BadTrust, CouldNotEvaluate, NoReadinessFile, NotReady, Refused
from shipworthy.readiness.changes import of_review
from shipworthy.readiness.review import Review, remark_line, remarks_on_disk, review
from shipworthy.readiness.seen import Claim, Countersign, Head, Machine, Rerun, RerunState, Since, Worth
from shipworthy.readiness.signers import KeyProblem, SshKeygen
from shipworthy.readiness.statement import StatedItem
from shipworthy.readiness.tree import FOLDER, MissingObject, OddTree
from shipworthy.readiness.trust import TrustRoot
from shipworthy.readiness.verify import Asked
from shipworthy.report import comparison
from shipworthy.signing import Passphrase, asks_passphrase, keys_of
from shipworthy.text import plural

_OWN = "this is your own sign-off, and nobody approves their own work"
_OTHER = "Somebody else has to look, in their own clone: shipworthy review"


@contextmanager
def _said() -> Iterator[None]:
    """Every expected error as a SessionError, which has the original one as its cause."""
    try:
        yield
    except NotReady as error:
        raise SessionError(f"{error.step}: {error.reason}", error.diagnostics) from error
    except NoReadinessFile as error:
        raise SessionError(str(error), "There is nothing to review: check out the commit that was signed.") from error
    except (Refused, KeyProblem, BadTrust, CouldNotEvaluate, ProjectError, RulesError) as error:
        raise SessionError(str(error), error.diagnostics) from error
    except OddTree as error:
        raise SessionError(str(error), "The author has to commit ordinary files there.") from error
    except (GitError, MissingObject) as error:
        raise SessionError(str(error), "Fetch the commit with its files: git fetch origin") from error


def open_desk(
    root: Path, trust: TrustRoot | None = None, asked: Asked | None = None, *, others_only: bool = False
) -> Desk:
    """The desk for the commit of `asked` (default: HEAD). Raises SessionError.

    `trust` None: the remote's default branch as this clone knows it. `others_only`: not for one's own sign-off.
    """
    with _said():
        if not root.is_dir() or Git(root).answer("rev-parse", "--git-dir") is None:
            raise CouldNotEvaluate(f"{root} is not a git repository", "Name the repository: shipworthy review PATH")
        asked = asked or Asked()
        if others_only:
            environment = asked.environment or read_rules(root).policy.environment
            statement, _ = approval.stated(root, environment)
            if statement.author == Git(root).answer("config", "user.email"):
                raise Refused(_OWN, _OTHER)
        base = None if trust else approval.default_base(root)
        if trust is None and base is None:
            raise BadTrust(
                "this clone knows no branch that lists who may sign",
                "Name one, or the author's key: shipworthy review --base REF, or --trust SHA256:…",
            )
        desk = Desk(review(root, trust or TrustRoot.from_base(base or ""), asked, datetime.now(UTC)))
        if others_only and desk.head.own:
            raise Refused(_OWN, _OTHER)
        return desk


def desk_of(read: Callable[[], Review]) -> Desk:
    """The desk for a review that `read` makes. Raises SessionError; what `read` raised is its cause."""
    with _said():
        return Desk(read())


class Desk:
    """A review in progress. What it shows is asked for afresh; `again` and `plan` take a while."""

    def __init__(self, found: Review, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._review = found
        self._clock = clock
        self._answers = approval.answers_of(found)
        self._titles = {item.id: item.title for item in found.checked.force.checklist.items}
        self._passphrase = Passphrase()
        self._plan: approval.Plan | None = None
        self._stopped = threading.Event()
        self.rerun = Rerun()
        self.committed = ""
        """The full id of the commit with the countersignature; empty until there is one."""

    @property
    def today(self) -> date:
        return self._clock().date()

    @property
    def payload(self) -> bytes:
        """The exact bytes that were signed and would be countersigned."""
        return self._review.found.payload

    @cached_property
    def head(self) -> Head:
        found, statement = self._review.found, self._review.statement
        return Head(
            name=statement.repo,
            environment=statement.environment,
            commit=found.commit,
            author=statement.author,
            fingerprint=found.signed.fingerprint,
            key_kind=found.signed.kind,
            listed=f"{found.base} lists it" if found.base else "trusted by its fingerprint, which you gave",
            issued=statement.issued.date(),
            expires=statement.expires.date(),
            missing=self._missing(),
            approved=tuple(each.address or each.person for each in found.approvals),
            alarms=tuple(self._alarms()),
            remarks=tuple(self._remarks()),
            own=self._own(),
        )

    def _missing(self) -> str:
        count, waiting = self._review.missing, self._review.waiting
        if count <= 0:
            return "nobody else has to approve it"
        names = f", {', '.join(waiting)} among them" if waiting else ""
        return f"NOT READY until {plural(count, 'more person', 'more people')} approved it{names}"

    def _alarms(self) -> Iterator[str]:
        found = self._review.found
        if found.changed_rules:
            names = ", ".join(f"{FOLDER}/{name}" for name in found.changed_rules)
            yield f"It changes the rules themselves: {names}. Read that change: git diff {found.base or ''}".rstrip()
        if found.drifted is not None:
            changed = plural(len(found.drifted.changed), "path")
            yield f"{changed} changed since commit {found.drifted.signed_commit[:12]}, which was signed."
        if found.not_compared:
            yield f"Signed for, and not compared here: {', '.join(found.not_compared)}."
        if found.uncounted:
            yield f"Other signatures in it do not count: {'; '.join(found.uncounted)}."

    def _remarks(self) -> Iterator[str]:
        for each in self._review.remarks:
            yield remark_line(each)
        if self._review.remarks_problem:
            yield self._review.remarks_problem

    def _own(self) -> str:
        try:
            email = Git(self._review.root).answer("config", "user.email")
        except GitError:
            return ""
        known = self._review.checked.trusted.signers
        return _OWN if email and known.person(email) == self._review.author else ""

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What people said, waivers first, each with the answer kept on this machine."""
        return tuple(self._claim(item) for item in self._review.claims)

    def _claim(self, item: StatedItem) -> Claim:
        said = item.said
        assert said is not None  # noqa: S101 - a claim is an item somebody decided
        waived = said.kind is DecisionKind.WAIVED
        answered = self._answers.read(item.id)
        other = waived and self._review.checked.trusted.signers.person(said.by) != self._review.author
        machine = item.outcome.value if item.outcome else "no machine checks it"
        return Claim(
            id=item.id,
            title=self._titles.get(item.id, item.id),
            kind="n/a" if said.not_applicable else "waived" if waived else "said",
            by=said.by,
            words=said.words,
            evidence=said.named,
            until=said.expires.date(),
            machine=machine + (f": {item.summary}" if item.summary else ""),
            findings=said.findings,
            waits=f"It counts once {said.by} approves." if other else "",
            reply=answered.reply if answered else None,
            remark=answered.remark if answered else "",
        )

    @cached_property
    def machines(self) -> tuple[Machine, ...]:
        """What machines found, the open ones first."""
        settled = (OutcomeKind.PASS, OutcomeKind.NOT_APPLICABLE)
        found = [
            Machine(id=item.id, title=self._titles.get(item.id, item.id), outcome=item.outcome, summary=item.summary)
            for item in self._review.statement.items
            if item.outcome is not None
        ]
        return tuple(sorted(found, key=lambda each: each.outcome in settled))

    @cached_property
    def since(self) -> Since:
        """What changed since the last sign-off."""
        found = self._review.since
        if found is None:
            return Since(
                "no earlier sign-off: all of it is new",
                ("No earlier file with all the signatures it takes is seen here: all of it is new.",),
            )
        loud = [each for each in found.items if not each.quiet]
        parts = [f"since {found.before.issued:%d %b %Y}", plural(len(loud), "item differs", "items differ")]
        parts.append(f"{found.unchanged} unchanged")
        if found.terms:
            parts.append(f"other {', '.join(name for name, _, _ in found.terms)}")
        parts.append("files: cannot be told" if found.paths is None else f"{plural(len(found.paths), 'path')} changed")
        force, base = self._review.checked.force, self._review.found.base
        changes = of_review(found, force.checklist, force.policy, base)
        return Since(" · ".join(parts), tuple(comparison.lines(found)), changes)

    # Answers

    def accept(self, item: str) -> None:
        """Keep that a claim is accepted. Raises SessionError."""
        with _said():
            approval.answer(self._review, self._answers, item, Reply.ACCEPTED, "", self._clock())

    def send_back(self, item: str, remark: str) -> None:
        """Keep that a claim is not accepted, and what has to change. Raises SessionError."""
        with _said():
            approval.answer(self._review, self._answers, item, Reply.SENT_BACK, remark, self._clock())

    def tell_author(self) -> str:
        """Write what was sent back as remarks and commit exactly them; the commit's full id. Raises SessionError."""
        with _said():
            rows = approval.sent_back(self._review, self._answers)
            there = {(each.item, each.text) for each in remarks_on_disk(self._review.root)}
            new = [row for row in rows if row not in there]
            if new or not rows:
                approval.send_back(self._review.root, new, self._review.statement.environment, self._clock())
            return approval.commit_remarks(self._review.root)

    # The re-run

    def again(self) -> Rerun:
        """Repeat here what the tree alone decides; `rerun` says meanwhile how far it is. It raises nothing."""
        self._stopped.clear()
        items: dict[str, str] = {}
        self.rerun = Rerun(RerunState.RUNNING)

        def told(item: str, worse: str | None) -> None:
            items[item] = worse or ""
            self.rerun = self.rerun._replace(items=dict(items))

        try:
            done = approval.again(self._review, told, self._stopped.is_set)
        except NotReady as error:
            self._ended(RerunState.WORSE, error.reason, error.diagnostics)
        except CouldNotEvaluate as error:
            self._ended(RerunState.UNMADE, str(error), error.diagnostics)
        except Exception as error:
            self._ended(RerunState.UNMADE, bug("the re-run", error), "Do not approve before it was made.")
        else:
            words = f"{plural(done.repeated, 'check')} repeated here with the same answer"
            self.rerun = Rerun(RerunState.AGREES, words, items=dict(items), left_out=done.left_out)
        return self.rerun

    def _ended(self, state: RerunState, words: str, advice: str) -> None:
        self.rerun = self.rerun._replace(state=state, words=words, advice=advice)

    def stop(self) -> None:
        """Nobody waits for the re-run any more; it ends soon, and counts as not made."""
        self._stopped.set()

    # Countersigning

    @property
    def why_not(self) -> str:
        """Why it cannot be countersigned now; empty where nothing here stands in the way."""
        if self.committed:
            return "You approved it already."
        if own := self.head.own:
            return f"{own[0].upper()}{own[1:]}."
        if self.rerun.state in (RerunState.WAITING, RerunState.RUNNING):
            return "The checks are still running here."
        if self.rerun.state is RerunState.WORSE:
            return f"Do not approve: {self.rerun.words}"
        if self.rerun.state is not RerunState.AGREES:
            return f"The checks could not be repeated here: {self.rerun.words}"
        claims = self.claims
        if back := [each.id for each in claims if each.reply is Reply.SENT_BACK]:
            return f"You sent back: {', '.join(back)}."
        if left := [each.id for each in claims if each.reply is None]:
            return f"{plural(len(left), 'claim')} without your answer: {', '.join(left)}."
        return ""

    def plan(self, key: str | None = None) -> Countersign:
        """What would be countersigned, with a key as `readiness.keys.Keyring.choose` takes it. Raises SessionError."""
        if words := self.why_not:
            raise SessionError(words, "See what is open, and answer it.")
        with _said():
            signer = keys_of(self._review.root, self._passphrase).choose(key)
            made = approval.plan(self._review, self._answers, signer, self._clock())
        self._plan = made
        return Countersign(
            who=made.who,
            key_label=signer.label,
            key_fingerprint=signer.fingerprint,
            key_place=signer.place,
            needs_passphrase=made.after is None and asks_passphrase(signer),
            needs_touch=isinstance(signer, SshKeygen) and signer.key.kind.startswith("sk-"),
            resumed=made.after is not None,
            file=f"{FOLDER}/{made.name}",
            commit_command=made.commit_command,
        )

    def approve(self, passphrase: str | None = None) -> None:
        """Sign exactly what was planned, and write it. Raises SessionError, and then nothing is written."""
        made = self._planned()
        if words := self.why_not:
            raise SessionError(words, "Look at it again.")
        self._passphrase.typed = passphrase
        try:
            with _said():
                approval.approve(made, self._clock())
        finally:
            self._passphrase.typed = None

    def commit(self) -> str:
        """Make exactly the commit that was planned; its full id. Raises SessionError."""
        made = self._planned()
        with _said():
            self.committed = approval.commit(made)
        return self.committed

    def worth(self) -> Worth:
        """What the commit is worth now. Raises SessionError where that cannot be told."""
        made = self._planned()
        with _said():
            try:
                found = approval.worth(made, self.committed or "HEAD", self._clock())
            except NotReady as error:
                return Worth(False, f"{error.step}: {error.reason}", error.diagnostics)
        words = f"approved by {plural(len(found.approvals), 'person', 'people')}"
        advice = ""
        if made.trusted.base is None:
            pins = ",".join(sorted(made.trusted.root.fingerprints))
            advice = f"The workflow has to trust your key too: SHIPWORTHY_TRUST={pins}"
        return Worth(True, words, advice)

    def _planned(self) -> approval.Plan:
        if self._plan is None:
            raise SessionError("nothing was planned yet", "Open the countersign screen again.")
        return self._plan
