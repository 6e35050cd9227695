"""The second person's part as command line and coach do it: look, answer, re-run, countersign, or send back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from shipworthy.assess.context import state_dir
from shipworthy.checklist.document import KEBAB
from shipworthy.checklist.policy import Role
from shipworthy.decisions.read import DecisionsError, without_secrets
from shipworthy.decisions.remarks import MAX_WORDS, NAME, Remark, add, clear
from shipworthy.facts.tests.consent import repository_identity
from shipworthy.git import Git
from shipworthy.home import home
from shipworthy.project import Project
from shipworthy.readiness import dsse, people, sshsig
from shipworthy.readiness.allowed import APPROVER, SIGNERS_FILE
from shipworthy.readiness.answered import Answered, Answers, Reply
from shipworthy.readiness.answers import Refused
from shipworthy.readiness.commit import command_for, commit_files
from shipworthy.readiness.records import on_disk, refuse_differing
from shipworthy.readiness.replace import replace as replace_files
from shipworthy.readiness.review import Approver, Review, approver, payload_digest, remarks_on_disk
from shipworthy.readiness.signers import Signer
from shipworthy.readiness.statement import Statement, parse
from shipworthy.readiness.tree import FOLDER, Objects, Snapshot, readiness_names, snapshot
from shipworthy.readiness.trust import Trusted, TrustRoot
from shipworthy.readiness.verify import Verified, verify
from shipworthy.report.verification import Again
from shipworthy.rerun import Told, rerun
from shipworthy.text import visible


def default_base(root: Path) -> str | None:
    """The remote's default branch as this clone knows it, where it lists who may sign; else None.

    Which branch that is, this clone's owner set when cloning; no commit under review can change it.
    """
    git = Git(root)
    ref = git.answer("symbolic-ref", "-q", "refs/remotes/origin/HEAD")
    if not ref or git.answer("cat-file", "-e", f"{ref}:{FOLDER}/{SIGNERS_FILE}") is None:
        return None
    return ref


def answers_of(review: Review) -> Answers:
    """The answers kept on this machine for exactly this statement in this clone."""
    return _answers(review.root, review.payload)


def _answers(root: Path, payload: str) -> Answers:
    return Answers(state=state_dir(home()), repository=repository_identity(Project.open(root)), payload=payload)


def answer(review: Review, answers: Answers, item: str, reply: Reply, remark: str, now: datetime) -> Answered:
    """Keep a reply to a claim. Raises Refused where nobody claimed that, or it cannot be kept."""
    if item not in {claim.id for claim in review.claims}:
        names = ", ".join(claim.id for claim in review.claims) or "nothing"
        raise Refused(f"nobody decided {visible(item, 60)} in this file", f"What people decided: {names}")
    text = _words(item, remark) if reply is Reply.SENT_BACK else ""
    answered = Answered(item=item, reply=reply, at=now, remark=text)
    try:
        answers.keep(answered)
    except (OSError, ValueError) as error:
        raise Refused(f"your answer could not be kept: {error}", f"Make {answers.state} writable.") from error
    return answered


def _words(item: str, text: str) -> str:
    """A remark's text. Raises Refused."""
    text = text.strip()
    if not text or len(text) > MAX_WORDS:
        raise Refused(
            f"{visible(item, 60)} cannot be sent back with a remark of {len(text):,} characters",
            f"Say what has to change: --remark TEXT, at most {MAX_WORDS:,} characters.",
        )
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Refused("the remark holds a character that is not Unicode", "Write it with other characters.") from error
    if without_secrets(text) != text:
        raise Refused("the remark looks like it holds a secret", "Say where it is kept, never what it is.")
    return text


def again(
    review: Review, told: Told = lambda item, worse: None, cancelled: Callable[[], bool] = lambda: False
) -> Again:
    """Re-run what the tree alone decides, here. Raises NotReady where an answer is worse, CouldNotEvaluate."""
    base = review.trust.base if review.asked.predict_merge else None
    return rerun(review.root, review.found, merged_into=base, told=told, cancelled=cancelled)


@dataclass(slots=True, kw_only=True)
class Plan:
    """Exactly what will be countersigned, by whom, and what the commit will contain."""

    review: Review
    signer: Signer
    approver: Approver
    head: Snapshot
    trusted: Trusted
    """The review's, with this very key pinned where keys are."""
    after: bytes | None
    """The envelope with the signature; it is there beforehand where an earlier approval was cut short."""

    @property
    def name(self) -> str:
        """The envelope, below `.shipworthy/`."""
        return readiness_names(self.review.statement.environment)[1]

    @property
    def pae(self) -> bytes:
        """The bytes to sign, in the namespace `allowed.APPROVER`."""
        envelope = self.review.checked.envelope
        return dsse.pae(envelope.payload_type, envelope.payload)

    @property
    def who(self) -> str:
        return self.approver.address or self.approver.person

    @property
    def message(self) -> str:
        return f"Approve the {self.review.statement.environment} readiness file"

    @property
    def commit_command(self) -> str:
        return command_for((self.name,), self.message)


def plan(review: Review, answers: Answers, signer: Signer, now: datetime) -> Plan:
    """Everything up to the signature but the re-run. Raises Refused, GitError."""
    root, found, git = review.root, review.found, Git(review.root)
    name = readiness_names(review.statement.environment)[1]
    head = refuse_differing(git, root, (name,))
    if head != found.commit:
        raise Refused("HEAD is not the commit that was reviewed", "Look again: shipworthy review")
    if found.drifted is not None:
        raise Refused(
            "HEAD holds other files than the ones that were signed",
            f"Approve the commit that was signed: git checkout {found.drifted.signed_commit[:12]}",
        )
    email = git.answer("config", "user.email")
    who = approver(review, signer.fingerprint, email, now)
    _all_accepted(review, answers)
    if not email or not git.answer("config", "user.name"):
        raise Refused("git does not know who you are", "Run: git config user.email YOU@EXAMPLE.ORG (and user.name)")
    trusted, envelope = _with_key(review.checked.trusted, signer.fingerprint), review.checked.envelope
    if who.person in people.distinct(people.count(envelope, trusted, now).of(Role.APPROVER)):
        raise Refused(f"{who.address or who.person} has approved this already", "See: shipworthy show")
    if len(envelope.signatures) >= dsse.MAX_SIGNATURES:
        raise Refused(f"it holds {dsse.MAX_SIGNATURES} signatures already", "The author has to sign anew.")
    made = Plan(
        review=review, signer=signer, approver=who, head=snapshot(Objects(git), head), trusted=trusted, after=None
    )
    disk = on_disk(root, name)
    if disk != review.checked.data:
        made.after = _cut_short(made, disk, now)
    return made


def _all_accepted(review: Review, answers: Answers) -> None:
    replies = {claim.id: answers.read(claim.id) for claim in review.claims}
    back = [name for name, each in replies.items() if each is not None and each.reply is Reply.SENT_BACK]
    if back:
        raise Refused(
            f"you sent {', '.join(back)} back", "Tell the author: shipworthy send-back, or accept it after all."
        )
    left = [name for name, each in replies.items() if each is None]
    if left:
        raise Refused(
            f"you have not answered {', '.join(left[:5])}{' …' if len(left) > 5 else ''} yet, for exactly this file",
            "Look at each claim: shipworthy review",
        )


def _with_key(trusted: Trusted, fingerprint: str) -> Trusted:
    """With pinned keys the workflow has to pin this one too, which the person is told."""
    if trusted.base is not None:
        return trusted
    return replace(trusted, root=TrustRoot(trusted.root.fingerprints | {fingerprint}))


def _cut_short(made: Plan, disk: bytes | None, now: datetime) -> bytes:
    """The envelope an earlier, interrupted approval by this very key left on disk. Raises Refused for any other."""
    held = made.review.checked.envelope
    try:
        found = dsse.parse(disk or b"")
        if found.payload == held.payload and found.signatures[:-1] == held.signatures:
            return _valid(made, found, now)
    except (dsse.Malformed, Refused):
        pass
    raise Refused(f"{FOLDER}/{made.name} differs from HEAD", f"Put it back: git checkout HEAD -- {FOLDER}/{made.name}")


def _valid(made: Plan, envelope: dsse.Envelope, now: datetime) -> bytes:
    """The file's bytes. Raises Refused unless the last signature is this approver's and counts."""
    last = envelope.signatures[-1]
    try:
        signed = sshsig.verify(last.sig.decode("ascii", "replace"), made.pae, APPROVER)
    except sshsig.BadSignature as error:
        raise Refused(f"the signature that was made is not valid: {error}", "Approve again, or with --key.") from error
    counted = people.count(replace(envelope, signatures=(last,)), made.trusted, now)
    if signed.fingerprint != made.signer.fingerprint or made.approver.person not in people.distinct(
        counted.of(Role.APPROVER)
    ):
        raise Refused(
            f"the signature would count for nothing: {'; '.join(counted.reasons) or 'it is another key'}",
            "Approve again, as the reason says.",
        )
    data = dsse.dump(envelope)
    if len(data) > dsse.MAX_BYTES:
        raise Refused("the envelope would be larger than what is read", "The author has to sign anew.")
    return data


def approve(made: Plan, now: datetime) -> None:
    """Sign and write the envelope; the payload file is not touched. Raises KeyProblem, Refused, and writes nothing."""
    held = made.review.checked.envelope
    if made.after is None:
        armored = made.signer.sign(made.pae, APPROVER)
        entry = dsse.EnvelopeSignature(keyid=made.signer.fingerprint, sig=armored.encode("ascii"))
        made.after = _valid(made, replace(held, signatures=(*held.signatures, entry)), now)
    root = made.review.root
    disk = on_disk(root, made.name)
    if disk not in (made.review.checked.data, made.after):
        raise Refused(f"{FOLDER}/{made.name} changed meanwhile", "Look again: shipworthy review")
    try:
        replace_files(root / FOLDER, {made.name: made.after})
    except OSError as error:
        raise Refused(f"{FOLDER}/{made.name} could not be written: {error.strerror}", "Free some space.") from error


def commit(made: Plan) -> str:
    """Commit exactly the envelope; its full id. Raises Refused, GitError."""
    if made.after is None:
        raise Refused("nothing was signed yet", "Approve first.")
    return commit_files(made.review.root, made.head, {made.name: made.after}, made.message)


def worth(made: Plan, at: str, now: datetime) -> Verified:
    """What a commit with the signature is worth, as the workflow will judge it. Raises as `verify` does."""
    return verify(made.review.root, made.trusted.root, replace(made.review.asked, at=at), now)


# Sending back.


def sent_back(review: Review, answers: Answers) -> list[tuple[str, str]]:
    """(item, remark) of every claim that was answered so in the review."""
    found = [answers.read(claim.id) for claim in review.claims]
    return [(each.item, each.remark) for each in found if each is not None and each.reply is Reply.SENT_BACK]


def stated(root: Path, environment: str) -> tuple[Statement, str]:
    """What the readiness file of HEAD says, and the digest of its payload. Raises Refused, GitError, OddTree."""
    objects = Objects(Git(root))
    data = snapshot(objects, objects.commit("HEAD")).record(readiness_names(environment)[1], dsse.MAX_BYTES)
    if data is None:
        raise Refused(f"HEAD holds no readiness file for {environment}", "Check out the commit that was signed.")
    try:
        payload = dsse.parse(data).payload
        return parse(payload), payload_digest(payload)
    except dsse.Malformed as error:
        raise Refused(f"the readiness file of HEAD cannot be read: {error}", "The author has to sign anew.") from error


def kept_back(root: Path, environment: str) -> list[tuple[str, str]]:
    """(item, remark) of what was sent back in a review of HEAD's file on this machine, and is not in the file yet."""
    statement, payload = stated(root, environment)
    kept = _answers(root, payload)
    there = {(each.item, each.text) for each in remarks_on_disk(root)}
    found = [kept.read(item.id) for item in statement.items if item.said is not None]
    rows = [(each.item, each.remark) for each in found if each is not None and each.reply is Reply.SENT_BACK]
    return [row for row in rows if row not in there]


def send_back(root: Path, rows: Iterable[tuple[str, str]], environment: str, now: datetime) -> tuple[Remark, ...]:
    """Write (item, text) as remarks, as the person git names. Raises Refused, GitError, OddTree."""
    statement, payload = stated(root, environment)
    by = Git(root).answer("config", "user.email")
    if not by:
        raise Refused("git does not know who you are", "Run: git config user.email YOU@EXAMPLE.ORG")
    known = {item.id for item in statement.items if KEBAB.fullmatch(item.id)}
    remarks: list[Remark] = []
    for item, text in rows:
        if item not in known:
            raise Refused(f"the signed file has no item {visible(item, 60)}", "See them with: shipworthy show")
        at = now.replace(microsecond=0)
        remarks.append(Remark(item=item, by=by, at=at, payload=payload, text=_words(item, text)))
    if not remarks:
        raise Refused("there is nothing to send back", "Name it: shipworthy send-back ITEM --remark TEXT")
    try:
        add(root / FOLDER / NAME, remarks)
    except DecisionsError as error:
        raise Refused(str(error), error.diagnostics) from error
    return tuple(remarks)


def clear_remarks(root: Path, items: Iterable[str]) -> tuple[Remark, ...]:
    """Take the remarks about these items out, as answered; those that were there. Raises Refused."""
    try:
        return clear(root / FOLDER / NAME, items)
    except DecisionsError as error:
        raise Refused(str(error), error.diagnostics) from error


SEND_BACK_MESSAGE = "Send the readiness file back with remarks"
SEND_BACK_COMMAND = command_for((NAME,), SEND_BACK_MESSAGE)


def commit_remarks(root: Path) -> str:
    """Commit exactly the remarks as they lie on disk; the commit's full id. Raises Refused, GitError, OddTree."""
    objects = Objects(Git(root))
    data = on_disk(root, NAME)
    if data is None:
        raise Refused(f"there is no {FOLDER}/{NAME}", "Send something back first.")
    return commit_files(root, snapshot(objects, objects.commit("HEAD")), {NAME: data}, SEND_BACK_MESSAGE)
