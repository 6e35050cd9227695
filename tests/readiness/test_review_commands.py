"""The second person's commands as typed: exit codes, what CI never prompts for, and a session at a terminal."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.readiness.pair import BASE, BOTH, LEAD, PLAIN, SIGNED, Pair, pair
from tests.readiness.signed import Key
from tests.readiness.test_keys import key_file
from tests.support import git

from shipworthy import approval
from shipworthy.cli import approve, review, show
from shipworthy.readiness import dsse, rules
from shipworthy.readiness.answers import CouldNotEvaluate, NotReady
from shipworthy.readiness.review import Review
from shipworthy.readiness.signers import PublicKey
from shipworthy.report.verification import Again


@pytest.fixture
def two(tmp_path: Path, own_home: Path) -> Pair:
    """Signed a moment ago; the lead's listed key is a file in their home."""
    made = pair(tmp_path)
    made.now = datetime.now(UTC)
    public = PublicKey.parse((key_file(own_home)).with_suffix(".pub").read_text())
    assert public is not None
    made.made.base({".shipworthy/allowed_signers": made.made.listed + row(public)})
    made.made.commit({"app.py": "print('new')\n"})
    made.made.signed([(made.made.ada, rules.AUTHOR)], now=made.now)
    git(made.lead, "fetch", "-q", "origin", f"+{BASE}:{BASE}", "+work:refs/remotes/origin/work")
    git(made.lead, "reset", "-q", "--hard", "refs/remotes/origin/work")
    git(made.lead, "update-ref", BASE, git(made.made.folder, "rev-parse", BASE))
    return made


def row(public: PublicKey) -> str:
    return f'lou@example.org namespaces="{rules.APPROVER}" {public.line}\n'


@pytest.fixture
def agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    """The re-run agrees; what it really says of such a small project, `test_the_rerun_here_decides` tells."""
    monkeypatch.setattr(approval, "again", lambda found: Again(repeated=10, left_out=("known-vulns",)))


def look(two: Pair, *args: str) -> Result:
    return CliRunner().invoke(review.command, [str(two.lead), "--base", BASE, *args])


def countersign(two: Pair, *args: str) -> Result:
    return CliRunner().invoke(approve.command, [str(two.lead), "--base", BASE, *args])


def test_from_review_to_ready(two: Pair, agrees: None) -> None:
    first = look(two)
    assert first.exit_code == 1, first.output
    assert "2 still to answer: routes-protected, spend-alert" in first.output
    assert "not repeated here (they need a run or the outside world): known-vulns" in first.output
    early = countersign(two, "--yes")
    assert early.exit_code == 2
    assert "have not answered routes-protected, spend-alert" in early.output
    assert look(two, "--accept", BOTH[0]).exit_code == 1
    done = look(two, "--accept", BOTH[1], "--format", "json")
    assert done.exit_code == 0, done.output
    data = json.loads(done.output)
    assert [claim["answer"] for claim in data["claims"]] == ["accepted", "accepted"]
    assert (data["accepted"], data["missing"], data["rerun"]["notRepeated"]) == (True, 1, ["known-vulns"])
    signed = countersign(two, "--yes", "--commit")
    assert signed.exit_code == 0, signed.output
    assert "as approver lou@example.org" in signed.output
    assert "the commit will contain exactly" in signed.output
    assert "it is READY, approved by 1 person" in signed.output
    assert git(two.lead, "diff", "--name-only", "HEAD^", "HEAD") == SIGNED
    assert "approved already by lou@example.org" in look(two).output


def test_sending_back_in_the_review(two: Pair, agrees: None) -> None:
    done = look(two, "--accept", BOTH[0], "--send-back", BOTH[1], "--remark", "where?")
    assert done.exit_code == 1, done.output
    assert "you sent back: spend-alert" in done.output
    assert countersign(two, "--yes").exit_code == 2


def test_without_a_commit_it_counts_for_nothing_and_says_so(two: Pair, agrees: None) -> None:
    two.accept()
    done = countersign(two, "--yes")
    assert done.exit_code == 0, done.output
    assert "commit it, or it counts for nothing" in done.output
    assert git(two.lead, "status", "--porcelain").split() == ["M", SIGNED]
    again = countersign(two, "--yes", "--commit")
    assert again.exit_code == 0, again.output
    assert "an earlier approval was not committed" in again.output
    assert len(dsse.parse(two.files()[1]).signatures) == 2


def test_the_rerun_here_decides(two: Pair) -> None:
    """The file says that CI runs the tests; this small project has none, which the checks see."""
    shown = look(two, "--accept", BOTH[0], "--accept", BOTH[1])
    assert shown.exit_code == 1, shown.output
    assert "RE-RUN HERE: " in shown.output
    assert "do not approve" in shown.output
    before = two.files()
    done = countersign(two, "--yes", "--commit")
    assert done.exit_code == 1, done.output
    assert "re-run: " in done.output
    assert two.files() == before


@pytest.mark.parametrize(("error", "code"), [(NotReady("re-run", "x", "y"), 1), (CouldNotEvaluate("x", "y"), 4)])
def test_a_rerun_that_fails(two: Pair, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int) -> None:
    def fails(found: Review) -> Again:
        raise error

    monkeypatch.setattr(approval, "again", fails)
    two.accept()
    assert look(two).exit_code == code
    assert countersign(two, "--yes").exit_code == code


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["--trust", "SHA256:" + "A" * 43], 2, "two different trust roots"),
        (["--accept", "lockfile"], 2, "nobody decided lockfile"),
        (["--send-back", "spend-alert"], 2, "one --remark"),
        (["--accept", "spend-alert", "--send-back", "spend-alert", "--remark", "x"], 2, "at once"),
        (["--environment", "A/b"], 2, "cannot be an environment"),
        (["--environment", "staging"], 3, "not in commit"),
        (["--at", "nowhere"], 4, "no commit nowhere"),
        (["--ref", "refs/heads/other"], 1, "context: "),
    ],
)
def test_usage(two: Pair, agrees: None, args: list[str], code: int, says: str) -> None:
    done = look(two, *args)
    assert done.exit_code == code, done.output
    assert says in done.output
    assert "Traceback" not in done.output


def test_without_a_base_the_clone_says_which_is_the_default_branch(two: Pair, agrees: None) -> None:
    git(two.lead, "symbolic-ref", "--delete", "refs/remotes/origin/HEAD")
    none = CliRunner().invoke(review.command, [str(two.lead)])
    assert none.exit_code == 4
    assert "no trust root" in none.output
    git(two.lead, "symbolic-ref", "refs/remotes/origin/HEAD", BASE)
    found = CliRunner().invoke(review.command, [str(two.lead)])
    assert f"policy and signers from {BASE}" in found.output


def test_outside_a_repository(tmp_path: Path) -> None:
    for command in (review.command, approve.command):
        for place, code in ((tmp_path, 4), (tmp_path / "none", 2)):
            done = CliRunner().invoke(command, [str(place), *(["--yes"] if command is approve.command else [])])
            assert done.exit_code == code, done.output
            assert "Traceback" not in done.output


def test_another_tree_may_be_that_of_the_merge(two: Pair) -> None:
    git(two.lead, "rm", "-q", "app.py")
    git(two.lead, "commit", "-q", "-m", "change")
    done = look(two)
    assert done.exit_code == 1
    assert "source tree: " in done.output
    assert "--predict-merge" in done.output


def test_nobody_is_asked_without_a_terminal(two: Pair, agrees: None) -> None:
    two.accept()
    done = countersign(two)
    assert done.exit_code == 2
    assert "--yes" in done.output


PROGRAM = """
import importlib, sys
from shipworthy import approval
from shipworthy.report.verification import Again
approval.again = lambda review: Again(repeated=10, left_out=())
importlib.import_module("shipworthy.cli." + sys.argv[1]).command(sys.argv[2:])
"""


def test_at_a_terminal(two: Pair, own_home: Path) -> None:
    import pexpect

    env = {key: value for key, value in os.environ.items() if key != "CI"}
    env |= {"PYTHONPATH": str(Path(__file__).parents[2]), "HOME": str(own_home)}

    def start(name: str, **more: str) -> pexpect.spawn[str]:
        plain = ["--plain"] if name == "review" else []
        arguments = ["-c", PROGRAM, name, str(two.lead), "--base", BASE, *plain]
        return pexpect.spawn(sys.executable, arguments, env=env | more, timeout=30, encoding="utf-8")

    child = start("review")
    child.expect("MACHINES SAY")
    child.expect("accept, send back, or skip")
    child.sendline("a")
    child.expect("spend-alert  attested by")
    child.expect("accept, send back, or skip")
    child.sendline("b")
    child.expect("What has to change")
    child.sendline("where is the mail?")
    child.expect("you sent back: spend-alert")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 1
    two.accept("spend-alert")
    quiet = start("review", CI="true")
    quiet.expect("every claim is accepted")
    quiet.expect(pexpect.EOF)
    quiet.close()
    assert quiet.exitstatus == 0
    for answer, signatures in (("n", 1), ("y", 2)):
        child = start("approve")
        child.expect("the commit will contain exactly")
        child.expect("Approve this")
        child.sendline(answer)
        if answer == "y":
            child.expect("Make exactly this commit")
            child.sendline("y")
            child.expect("it is READY")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == (0 if answer == "y" else 2)
        assert len(dsse.parse(two.files()[1]).signatures) == signatures


def test_show_names_every_signature_and_its_role(two: Pair) -> None:
    held = dsse.parse(two.files()[1])
    pae = dsse.pae(held.payload_type, held.payload)
    rows = [
        (two.made.lea, rules.APPROVER, pae),
        (Key(), rules.AUTHOR, pae),
        (Key(), "git", pae),
        (Key(), rules.APPROVER, pae + b" "),
    ]
    more = [dsse.EnvelopeSignature(keyid="", sig=key.sign(data, role).encode()) for key, role, data in rows]
    envelope = dsse.Envelope(payload_type=held.payload_type, payload=held.payload, signatures=(*held.signatures, *more))
    (two.lead / SIGNED).write_bytes(dsse.dump(envelope))
    done = CliRunner().invoke(show.command, [str(two.lead / SIGNED)])
    assert done.exit_code == 0
    said = [line for line in done.output.splitlines() if line.startswith("signature")]
    assert said[0] == f"signature    as author by {two.made.ada.fingerprint} (ssh-ed25519, the author it names)"
    assert said[1] == f"signature    as approver by {two.made.lea.fingerprint} (ssh-ed25519)"
    assert "the author it names" not in said[2]
    assert said[3].startswith("signature    as git by")
    assert said[4].startswith("signature    NOT VALID")


def test_show_as_textconv_on_both_files_and_past_a_damaged_one(two: Pair) -> None:
    two.made.commit({SIGNED: b"{\x1b[2J", PLAIN: b"\xff\x00"})
    folder = two.made.folder
    (folder / ".git/info").mkdir(exist_ok=True)
    (folder / ".git/info/attributes").write_text(".shipworthy/readiness.*.json diff=shipworthy\n")
    program = f"{sys.executable} -P -c 'from shipworthy.cli.main import main; main()' show --textconv"
    git(folder, "config", "diff.shipworthy.textconv", program)
    for path in (PLAIN, SIGNED):
        said = git(folder, "log", "-p", "-2", "--", path)
        assert "+NOT A READINESS FILE" in said
        assert "+READY  author" in said
        assert "\x1b" not in said
    bare = CliRunner().invoke(show.command, [str(folder / SIGNED)])
    assert bare.exit_code == 1
    assert LEAD not in bare.output
