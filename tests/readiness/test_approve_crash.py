"""Killing an approval at any moment: nothing but the envelope changes, and approving again just works."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.readiness.pair import BASE, SIGNED, Pair, accepted, listed, pair, ready
from tests.readiness.test_sign_crash import killed_at, strays
from tests.support import git

from shipworthy import approval
from shipworthy.readiness import dsse, rules
from shipworthy.readiness.answered import Reply


@pytest.fixture
def two(tmp_path: Path) -> Pair:
    return accepted(tmp_path)


@pytest.mark.long
def test_killed_at_every_call_while_writing(two: Pair) -> None:
    before, calls, review = two.files(), 0, two.look()
    while True:
        (two.lead / SIGNED).write_bytes(before[1])
        made = two.plan(found=review)
        if not killed_at(calls, lambda made=made: approval.approve(made, two.now)):  # type: ignore[misc]  # bound now
            break
        calls += 1
        found = two.files()
        assert found[0] == before[0]
        assert dsse.parse(found[1]).signatures[:1] == dsse.parse(before[1]).signatures
        # Simply approving again works from wherever it stopped.
        approval.approve(two.plan(found=review), two.now)
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
    kill_often(4, 1, recent, own_home)


@pytest.mark.long
def test_approve_killed_at_many_random_moments(recent: Pair, own_home: Path) -> None:
    kill_often(100, 2, recent, own_home)
