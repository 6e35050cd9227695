"""Countersigning: who may, what has to be answered first, what exactly is written, and that no crash breaks it."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.readiness.pair import BASE, BOTH, LEAD, PLAIN, SIGNED, Key, Pair, line, pair
from tests.readiness.signed import AUTHOR
from tests.readiness.team import waived
from tests.readiness.test_sign_crash import killed_at, strays
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
    made = pair(tmp_path)
    made.accept()
    return made


def ready(two: Pair) -> None:
    found = verify(two.lead, TrustRoot.from_base(BASE), two.look().asked, two.now)
    assert [each.person for each in found.approvals] == [LEAD]


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


def listed(two: Pair, row: Callable[[Key], str]) -> Key:
    """Another key, which the base lists by this row."""
    key = Key()
    text = two.made.listed + row(key)
    git(two.lead, "checkout", "-q", "--detach", BASE)
    write(two.lead, {".shipworthy/allowed_signers": text})
    git(two.lead, "commit", "-q", "-a", "-m", "enrol")
    git(two.lead, "update-ref", BASE, "HEAD")
    git(two.lead, "checkout", "-q", "work")
    return key


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


# Crashes.


def test_killed_at_every_call_while_writing(two: Pair) -> None:
    before, calls = two.files(), 0
    while True:
        (two.lead / SIGNED).write_bytes(before[1])
        made = two.plan()
        if not killed_at(calls, lambda made=made: approval.approve(made, two.now)):  # type: ignore[misc]  # bound now
            break
        calls += 1
        found = two.files()
        assert found[0] == before[0]
        assert dsse.parse(found[1]).signatures[:1] == dsse.parse(before[1]).signatures
        # Simply approving again works from wherever it stopped.
        approval.approve(two.plan(), two.now)
        assert len(dsse.parse(two.files()[1]).signatures) == 2
        assert strays(two.lead) == []
    assert calls > 8
    approval.commit(two.plan())
    ready(two)


def test_killed_while_an_answer_is_kept(tmp_path: Path) -> None:
    two, calls = pair(tmp_path), 0
    found = two.accept("routes-protected")
    answers = approval.answers_of(found)
    while killed_at(calls, lambda: approval.answer(found, answers, "spend-alert", Reply.SENT_BACK, "why?", two.now)):
        calls += 1
        kept = answers.read("routes-protected")
        assert kept is not None
        assert kept.reply is Reply.ACCEPTED
        other = answers.read("spend-alert")
        assert other is None or other.remark == "why?"
    assert calls > 8
    last = answers.read("spend-alert")
    assert last is not None
    assert last.remark == "why?"


PROGRAM = """
import sys
from datetime import UTC, datetime
from shipworthy import approval
from shipworthy.cli import approve
from shipworthy.report.verification import Again
approval.again = lambda review: Again(repeated=0, left_out=())  # other tests run the checks
approve.command(sys.argv[1:])
"""


def kill_often(times: int, seed: int, two: Pair, home: Path) -> None:
    """Start the command again and again, kill it at random moments, and look at what is there."""
    (home / ".ssh").mkdir(exist_ok=True)
    key = home / ".ssh" / "lea"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lea", "-f", str(key)], check=True)
    kind, blob = (home / ".ssh/lea.pub").read_text().split()[:2]
    listed(two, lambda _: f'lea2@example.org namespaces="{rules.APPROVER}" {kind} {blob}\n')
    two.accept()
    start = git(two.lead, "rev-parse", "HEAD")
    before = two.files()
    top = str(Path(__file__).parents[2])
    env = {**os.environ, "PYTHONPATH": top, "HOME": str(home), "CI": "true"}
    command = [sys.executable, "-c", PROGRAM, str(two.lead), "--base", BASE, "--key", str(key), "--yes", "--commit"]

    def run() -> subprocess.Popen[str]:
        return subprocess.Popen(
            command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip

    def gone(session: int) -> None:
        """Wait for the git or ssh-keygen that it left running."""
        while True:
            try:
                os.killpg(session, 0)
            except ProcessLookupError:
                return
            time.sleep(0.01)

    began = time.monotonic()
    whole = run()
    said = whole.communicate(timeout=60)[0]
    assert whole.returncode == 0, said
    assert "it is READY, approved by 1 person" in said
    seconds, rng, killed = time.monotonic() - began, random.Random(seed), 0
    for turn in range(times):
        git(two.lead, "reset", "-q", "--hard", start)
        running = run()
        time.sleep(rng.uniform(0.2, 1.0) * seconds)
        running.kill()
        said = running.communicate(timeout=60)[0]
        gone(running.pid)
        killed += running.returncode == -signal.SIGKILL
        assert running.returncode in (0, -signal.SIGKILL), (turn, said)
        (two.lead / ".git/index.lock").unlink(missing_ok=True)
        found = two.files()
        assert found[0] == before[0]
        assert dsse.parse(found[1]).signatures[:1] == dsse.parse(before[1]).signatures
        # Whatever was left, running it once more ends in the approved commit.
        if git(two.lead, "rev-parse", "HEAD") == start and turn % 3 == 0:
            again = run()
            said = again.communicate(timeout=60)[0]
            assert again.returncode == 0, (turn, said)
            assert strays(two.lead) == []
            assert git(two.lead, "diff", "--name-only", start, "HEAD").split() == [SIGNED]
            assert git(two.lead, "status", "--porcelain") == ""
    assert killed > times // 3, killed


@pytest.fixture
def recent(tmp_path: Path) -> Pair:
    """Signed a moment ago, by the real clock."""
    from datetime import UTC, datetime

    if shutil.which("ssh-keygen") is None:
        pytest.skip("needs ssh-keygen: OpenSSH is not on PATH")
    two = pair(tmp_path)
    two.now = datetime.now(UTC)
    two.made.signed([(two.made.ada, rules.AUTHOR)], now=two.now)
    two.pull()
    return two


def test_approve_killed_at_random_moments(recent: Pair, own_home: Path) -> None:
    kill_often(6, 1, recent, own_home)


@pytest.mark.long
def test_approve_killed_at_many_random_moments(recent: Pair, own_home: Path) -> None:
    kill_often(100, 2, recent, own_home)
