"""Countersigning: who may, what has to be answered first, what exactly is written, and that no crash breaks it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.readiness.pair import BASE, BOTH, LEAD, PLAIN, SIGNED, Key, Pair, accepted, line, listed, pair, ready
from tests.readiness.signed import AUTHOR
from tests.readiness.team import waived
from tests.support import git, write

from shipworthy import approval
from shipworthy.git import GitError
from shipworthy.readiness import dsse, rules
from shipworthy.readiness.answered import Reply
from shipworthy.readiness.answers import NotReady, Refused
from shipworthy.readiness.trust import TrustRoot
from shipworthy.readiness.verify import verify


@pytest.fixture
def two(tmp_path: Path) -> Pair:
    return accepted(tmp_path)


def test_a_second_signature_over_the_same_bytes(two: Pair) -> None:
    before, parent = two.files(), git(two.lead, "rev-parse", "HEAD")
    assert two.approve() == git(two.lead, "rev-parse", "HEAD")
    after = two.files()
    assert after[0] == before[0]
    held, found = (dsse.parse(data) for data in (before[1], after[1]))
    assert (found.payload, found.payload_type) == (held.payload, held.payload_type)
    assert found.signatures[:-1] == held.signatures
    assert len(found.signatures) == 2
    # The commit holds exactly the envelope, by the person git names.
    assert git(two.lead, "diff", "--name-only", parent, "HEAD").split() == [SIGNED]
    assert git(two.lead, "log", "-1", "--format=%an <%ae>|%s|%P").split("|") == [
        f"Lea <{LEAD}>", "Approve the production readiness file", parent,
    ]  # fmt: skip
    assert git(two.lead, "status", "--porcelain") == ""
    ready(two)


def test_a_waiver_counts_once_the_lead_it_names_approved(tmp_path: Path) -> None:
    two = pair(tmp_path, waived("spend-alert", LEAD))
    two.accept()
    two.made.refused("approval")
    two.approve()
    found = verify(two.lead, TrustRoot.from_base(BASE), two.look().asked, two.now)
    assert [item.id for item in found.waived] == ["spend-alert"]
    assert found.self_waived == ()


@pytest.mark.parametrize("left", BOTH)
def test_every_claim_has_to_be_accepted(tmp_path: Path, left: str) -> None:
    two = pair(tmp_path)
    two.refused("have not answered routes-protected, spend-alert")
    found = two.accept(*(item for item in BOTH if item != left))
    two.refused(f"have not answered {left} yet")
    approval.answer(found, approval.answers_of(found), left, Reply.SENT_BACK, "why?", two.now)
    two.refused(f"you sent {left} back")
    two.accept(left)
    two.approve()
    ready(two)


def test_an_answer_to_an_earlier_statement_does_not_count(two: Pair) -> None:
    two.now += timedelta(hours=1)
    two.made.signed([(two.made.ada, rules.AUTHOR)], now=two.now)
    two.pull()
    two.refused("have not answered")


def stranger(two: Pair) -> Key:
    return two.made.other


def the_author(two: Pair) -> Key:
    return two.made.ada


def author_only(two: Pair) -> Key:
    return listed(two, lambda key: line("bo@example.org", key, rules.AUTHOR))


def second_key_of_the_author(two: Pair) -> Key:
    return listed(two, lambda key: line(AUTHOR, key, rules.APPROVER))


def run_out(two: Pair) -> Key:
    return listed(two, lambda key: line("bo@example.org", key, rules.APPROVER, options=',valid-before="20200101Z"'))


def not_yet(two: Pair) -> Key:
    return listed(two, lambda key: line("bo@example.org", key, rules.APPROVER, options=',valid-after="20400101Z"'))


@pytest.mark.parametrize(
    ("whose", "says"),
    [
        (stranger, "does not list the key"),
        (the_author, "the author's own key"),
        (author_only, "and not as approver"),
        (second_key_of_the_author, "is the author, and nobody approves"),
        (run_out, "was valid until"),
        (not_yet, "is valid only from"),
    ],
)
def test_who_may_not_approve(two: Pair, whose: Callable[[Pair], Key], says: str) -> None:
    key = whose(two)
    # A base that lists one more key changes nothing of the statement: answers stay.
    two.refused(says, key)


def test_nobody_approves_as_the_author_in_git(two: Pair) -> None:
    git(two.lead, "config", "user.email", AUTHOR.upper())
    two.refused("git says you are")


def test_a_revoked_key(two: Pair) -> None:
    public = two.made.listed.splitlines()[1].split(" ", 2)[2]
    git(two.lead, "checkout", "-q", "--detach", BASE)
    write(two.lead, {".shipworthy/revoked_keys": public + "\n"})
    git(two.lead, "add", "-A")
    git(two.lead, "commit", "-q", "-m", "revoke")
    git(two.lead, "update-ref", BASE, "HEAD")
    git(two.lead, "checkout", "-q", "work")
    two.refused("is revoked")


def test_a_touch_the_policy_asks_for(tmp_path: Path) -> None:
    two = pair(tmp_path, policy=b'profile = "team"\nchecklist = "demo"\ntouch = ["approver"]\n')
    two.accept()
    two.refused("without the touch of a security key")


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"app.py": "x\n"}, "app.py differs"),
        ({"new.py": "x\n"}, "new.py differs"),
        ({PLAIN: "{}"}, "differs from HEAD"),
        ({".shipworthy/decisions.toml": "# x\n"}, "decisions.toml differs"),
        ({SIGNED: "{}"}, "git checkout HEAD"),
    ],
)
def test_a_dirty_tree(two: Pair, files: dict[str, str | bytes], says: str) -> None:
    found = two.look()
    write(two.lead, files)
    before = two.files()
    with pytest.raises(Refused) as caught:
        two.plan(found=found)
    assert says in f"{caught.value} {caught.value.diagnostics}"
    assert two.files() == before


def test_a_changed_tree(two: Pair) -> None:
    found = two.look()
    git(two.lead, "commit", "-q", "--allow-empty", "-m", "later")
    with pytest.raises(Refused, match="HEAD is not the commit"):
        two.plan(found=found)
    made = two.plan()
    approval.approve(made, two.now)
    git(two.lead, "commit", "-q", "--allow-empty", "-m", "meanwhile")
    head = git(two.lead, "rev-parse", "HEAD")
    with pytest.raises(Refused, match="HEAD moved"):
        approval.commit(made)
    assert git(two.lead, "rev-parse", "HEAD") == head


def test_once_is_enough(two: Pair) -> None:
    two.approve()
    two.accept()
    two.refused("has approved this already")


def test_two_approvers(tmp_path: Path) -> None:
    two = pair(tmp_path, policy=b'profile = "team"\nchecklist = "demo"\napprovers = 2\n')
    bo = listed(two, lambda key: line("bo@example.org", key, rules.APPROVER))
    assert two.look().missing == 2
    two.accept()
    at = two.approve()
    with pytest.raises(NotReady, match="approved by 1 of 2 people"):
        approval.worth(two.plan(bo), at, two.now)
    two.approve(bo)
    found = verify(two.lead, TrustRoot.from_base(BASE), two.look().asked, two.now)
    assert [each.person for each in found.approvals] == ["bo@example.org", LEAD]


def test_an_approval_whose_commit_failed_is_finished(two: Pair) -> None:
    lock = two.lead / ".git/index.lock"
    made = two.plan()
    approval.approve(made, two.now)
    lock.touch()
    with pytest.raises(GitError):
        approval.commit(made)
    lock.unlink()
    written = two.files()
    again = two.plan()
    assert again.after == written[1]
    approval.approve(again, two.now)
    approval.commit(again)
    assert two.files() == written
    ready(two)


def test_what_somebody_else_left_there_is_not_taken_over(two: Pair) -> None:
    held = dsse.parse(two.files()[1])
    for key, role in ((two.made.other, rules.APPROVER), (two.made.lea, rules.AUTHOR), (two.made.ada, rules.APPROVER)):
        sig = key.sign(dsse.pae(held.payload_type, held.payload), role).encode()
        entry = dsse.EnvelopeSignature(keyid=two.made.lea.fingerprint, sig=sig)
        (two.lead / SIGNED).write_bytes(dsse.dump(replace(held, signatures=(*held.signatures, entry))))
        with pytest.raises(Refused, match="differs from HEAD"):
            two.plan()


def test_a_signer_that_signs_something_else_is_noticed(two: Pair) -> None:
    class Liar(Key):
        def sign(self, pae: bytes, namespace: str) -> str:
            return super().sign(pae + b" ", namespace)

    class Role(Key):
        def sign(self, pae: bytes, namespace: str) -> str:
            return super().sign(pae, rules.AUTHOR)

    before = two.files()
    for kind in (Liar, Role):
        with pytest.raises(Refused, match="not valid"):
            two.approve(kind(private=two.made.lea.private))
        assert two.files() == before


def test_with_pinned_keys(tmp_path: Path) -> None:
    two = pair(tmp_path)
    trust = TrustRoot.pinned([two.made.ada.fingerprint])
    found = two.look(trust)
    two.accept(found=found)
    made = two.plan(found=found)
    approval.approve(made, two.now)
    at = approval.commit(made)
    assert approval.worth(made, at, two.now).approvals
    with pytest.raises(NotReady, match="which is not trusted here"):
        verify(two.lead, trust, found.asked, two.now)


def test_hooks_do_not_run(two: Pair, tmp_path: Path) -> None:
    for name in ("pre-commit", "post-commit", "commit-msg", "reference-transaction", "post-index-change"):
        hook = two.lead / ".git/hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\n")
        hook.chmod(0o755)
    two.approve()
    assert not (tmp_path / "ran").exists()
    ready(two)
