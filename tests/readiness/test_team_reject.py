"""What must be refused although every signature in the file is a real one, each by its named reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.readiness.signed import AUTHOR, Key, day
from tests.readiness.team import BASE, LEAD, POLICY, Team, line, team, waived
from tests.support import NOW, git

from shipworthy.readiness.allowed import APPROVER
from shipworthy.readiness.allowed import AUTHOR as AUTHORS
from shipworthy.readiness.statement import dump, end_of
from shipworthy.readiness.verify import BadTrust, CouldNotEvaluate, TrustRoot

OWN_ITEM = """
schema = 1
extends = "demo"
[[area]]
id = "ours"
title = "Our own"
[[item]]
id = "our-own"
area = "ours"
title = "Ours is done"
failing_title = "Ours is open"
why = "It matters."
fix = ["Do it."]
decides = "person"
attest = "I did it."
not_applicable = ""
risk = "high"
minutes = 10
references = []
profiles = { team = "required" }
"""
SIGNERS, REVOKED, POLICY_FILE = (f".shipworthy/{name}" for name in ("allowed_signers", "revoked_keys", "policy.toml"))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Team:
    return team(tmp_path_factory.mktemp("team") / "app")


@pytest.fixture
def made(template: Team, tmp_path: Path) -> Team:
    return template.copy(tmp_path / "app")


def test_author_and_approver(made: Team) -> None:
    made.signed()
    found = made.verify()
    assert [each.address for each in found.approvals] == [LEAD]
    assert found.base == BASE
    assert found.statement.ref == "refs/heads/main"
    assert found.not_compared[1:] == ()


def test_nobody_approved(made: Team) -> None:
    made.signed([(made.ada, AUTHORS)])
    made.refused("approval", "approved by 0 of 1 person")


def test_the_author_approves(made: Team) -> None:
    made.base({SIGNERS: line(AUTHOR, made.ada, AUTHORS, APPROVER) + line(LEAD, made.lea, APPROVER)})
    made.signed([(made.ada, AUTHORS), (made.ada, APPROVER)])
    made.refused("approval", "the author does not count as approver")


def test_two_keys_of_one_person(made: Team) -> None:
    """One address with two keys, and two addresses that the policy joins."""
    both = line(AUTHOR, made.ada, AUTHORS) + line(AUTHOR, made.other, APPROVER) + line(LEAD, made.lea, APPROVER)
    made.base({SIGNERS: both})
    made.signed([(made.ada, AUTHORS), (made.other, APPROVER)])
    made.refused("approval", "the author does not count as approver")
    home = "ada@home.example"
    joined = line(AUTHOR, made.ada, AUTHORS) + line(home, made.other, APPROVER) + line(LEAD, made.lea, APPROVER)
    made.base({SIGNERS: joined, POLICY_FILE: POLICY + f'[people]\nada = ["{AUTHOR}", "{home}"]\n'.encode()})
    made.signed([(made.ada, AUTHORS), (made.other, APPROVER)])
    made.refused("approval", "the author does not count as approver")


def test_a_threshold_counts_people_not_keys(made: Team) -> None:
    second, third = Key(), Key()
    listed = made.listed + line(LEAD, second, APPROVER) + line("tom@example.org", third, APPROVER)
    made.base({SIGNERS: listed, POLICY_FILE: POLICY + b"approvers = 2\n"})
    made.signed([(made.ada, AUTHORS), (made.lea, APPROVER), (second, APPROVER)])
    made.refused("approval", "approved by 1 of 2 people")
    # One key under two keyids.
    statement = made.state().statement
    made.put(dump(statement), [(made.ada, AUTHORS), (made.lea, APPROVER), (made.lea, APPROVER)], ["a", "b", "c"])
    made.refused("approval", "approved by 1 of 2 people")
    made.signed([(made.ada, AUTHORS), (made.lea, APPROVER), (third, APPROVER)])
    assert len(made.verify().approvals) == 2


def test_the_wrong_namespace(made: Team) -> None:
    made.signed([(made.lea, APPROVER), (made.ada, APPROVER)])
    made.refused("signature", f"{AUTHOR} ({made.ada.fingerprint}) may not sign as approver")
    for namespace in ("git", "file", "shipworthy-approver2"):
        made.signed([(made.ada, AUTHORS), (made.lea, namespace)])
        made.refused("approval", "which is no role")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (',valid-before="20260101Z"', "was valid until 2026-01-01"),
        (',valid-after="20270601Z"', "is valid only from 2027-06-01"),
    ],
)
@pytest.mark.parametrize("who", ["author", "approver"])
def test_a_key_out_of_its_time(made: Team, options: str, says: str, who: str) -> None:
    mine, hers = (options, "") if who == "author" else ("", options)
    listed = line(AUTHOR, made.ada, AUTHORS, options=mine) + line(LEAD, made.lea, APPROVER, options=hers)
    made.base({SIGNERS: listed})
    made.signed()
    made.refused("signature" if who == "author" else "approval", says)


def test_valid_now_but_not_at_issue_and_the_reverse(made: Team) -> None:
    later = NOW + timedelta(days=10)
    made.base(
        {SIGNERS: line(AUTHOR, made.ada, AUTHORS, options=',valid-after="20261125Z"') + line(LEAD, made.lea, APPROVER)}
    )
    made.signed(now=NOW)
    made.refused("signature", "the file was issued on", now=later)
    made.base(
        {SIGNERS: line(AUTHOR, made.ada, AUTHORS, options=',valid-before="20261125Z"') + line(LEAD, made.lea, APPROVER)}
    )
    made.signed(now=NOW)
    assert made.verify(NOW)
    made.refused("signature", "was valid until 2026-11-25", now=later)


def test_an_approver_enrolled_later_takes_nothing_away(made: Team) -> None:
    listed = made.listed + line("tom@example.org", made.other, APPROVER, options=',valid-after="20261125Z"')
    made.base({SIGNERS: listed})
    made.signed([(made.ada, AUTHORS), (made.lea, APPROVER), (made.other, APPROVER)])
    later = NOW + timedelta(days=10)
    assert [each.address for each in made.verify(later).approvals] == [LEAD]
    made.signed([(made.ada, AUTHORS), (made.other, APPROVER)])
    made.refused("approval", "the file was issued on", now=later)


@pytest.mark.parametrize("who", ["ada", "lea"])
def test_a_revoked_key(made: Team, who: str) -> None:
    key = getattr(made, who)
    made.base({REVOKED: " ".join(line("x@y.example", key, "a").split()[2:]) + "\n"})
    made.signed()
    made.refused("signature" if who == "ada" else "approval", "is revoked")


def test_keys_and_policy_of_the_pull_request_count_for_nothing(made: Team) -> None:
    made.commit({SIGNERS: made.listed + line("mal@example.org", made.other, AUTHORS, APPROVER)})
    made.signed([(made.ada, AUTHORS), (made.other, APPROVER)])
    made.refused("approval", "which refs/remotes/origin/main does not list")
    made.commit({SIGNERS: made.listed, POLICY_FILE: POLICY + b"approvers = 0\n"})
    made.signed([(made.ada, AUTHORS)])
    made.refused("approval", "approved by 0 of 1 person")


def test_a_change_of_policy_is_judged_by_the_one_before(made: Team) -> None:
    made.commit({POLICY_FILE: POLICY + b'[items]\nlockfile = "none"\n'})
    made.signed()
    made.refused("policy", "another policy.toml")
    made.signed(base=BASE)
    assert made.verify().changed_rules == ("policy.toml",)


def test_changed_rules_take_an_approver_even_alone(made: Team) -> None:
    solo = POLICY.replace(b"team", b"solo")
    made.base({POLICY_FILE: solo})
    made.signed([(made.ada, AUTHORS)])
    assert made.verify().approvals == ()
    made.commit({SIGNERS: made.listed + line("mal@example.org", made.other, AUTHORS)})
    made.signed([(made.ada, AUTHORS)])
    made.refused("approval", "it changes .shipworthy/allowed_signers")
    made.signed()
    assert made.verify().changed_rules == ("allowed_signers",)
    # Where the base lists no approver at all, its author answers alone.
    made.base({POLICY_FILE: solo, SIGNERS: line(AUTHOR, made.ada, AUTHORS)})
    made.commit({POLICY_FILE: solo + b"expiry_days = 30\n"})
    made.signed([(made.ada, AUTHORS)], base=BASE)
    assert made.verify().changed_rules == ("policy.toml",)


def test_a_weaker_profile_or_checklist_than_the_base_asks(made: Team) -> None:
    made.signed(restate=lambda s: replace(s, profile="solo"))
    made.refused("policy", "the policy asks for team")
    made.base({".shipworthy/checklist.toml": OWN_ITEM})
    made.signed()
    assert made.verify()
    made.commit({".shipworthy/checklist.toml": None})
    made.signed()
    made.refused("items", "our-own is missing")


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"repo": "acme/other"}, "signed for"),
        ({"ref": "refs/heads/release"}, "signed for refs/heads/main, not for refs/heads/release"),
        ({"environment": "staging"}, ""),
    ],
)
def test_another_repository_ref_or_environment(made: Team, asked: dict[str, str], says: str) -> None:
    made.signed()
    if "environment" in asked:
        for name in ("json", "dsse.json"):
            data = (made.folder / f".shipworthy/readiness.production.{name}").read_bytes()
            made.commit({f".shipworthy/readiness.staging.{name}": data})
    made.refused("context", says, **asked)


def test_two_environments_do_not_lend_each_other_their_files(made: Team) -> None:
    made.base({POLICY_FILE: POLICY + b'environments = ["production", "staging"]\n'})
    made.signed()
    assert made.verify()
    for name in ("json", "dsse.json"):
        data = (made.folder / f".shipworthy/readiness.production.{name}").read_bytes()
        made.commit({f".shipworthy/readiness.staging.{name}": data})
    assert made.verify(), "the other environment's files are no part of the signed tree"
    made.refused("context", "signed for production, not for staging", environment="staging")


def test_the_base_of_another_branch(made: Team) -> None:
    git(made.folder, "update-ref", "refs/remotes/origin/release", BASE)
    made.signed()
    made.refused("context", "not for refs/heads/release", base="refs/remotes/origin/release")


@pytest.mark.parametrize(
    ("change", "step", "says"),
    [
        (lambda s: replace(s, issued=NOW + timedelta(minutes=6)), "dates", "future"),
        (lambda s: replace(s, expires=NOW - timedelta(days=1), issued=NOW - timedelta(days=9)), "dates", "expired"),
        (lambda s: replace(s, author=LEAD), "signature", "names lea@example.org as author"),
        (lambda s: replace(s, author_key="SHA256:" + "A" * 43), "signature", "not one who validly signed"),
        (lambda s: replace(s, items=s.items[1:]), "items", "is missing"),
    ],
)
def test_a_statement_that_says_otherwise(made: Team, change: Callable[..., object], step: str, says: str) -> None:
    made.signed(restate=change)  # type: ignore[arg-type]  # lambdas over a Statement
    made.refused(step, says)


def test_who_waives_and_attests(made: Team) -> None:
    made.signed(change=waived("spend-alert", LEAD))
    found = made.verify()
    assert [(each.id, each.said.by) for each in found.waived if each.said] == [("spend-alert", LEAD)]
    assert found.self_waived == ()
    waive = made.state(change=waived("spend-alert", LEAD)).statement

    def by(who: str, **more: object) -> None:
        rows = [
            replace(row, said=replace(row.said, by=who, **more)) if row.id == "spend-alert" and row.said else row
            for row in waive.items
        ]
        made.signed(restate=lambda s: replace(s, items=tuple(rows)))

    by(AUTHOR)
    made.refused("items", "was waived by its own author")
    by("tom@example.org")
    made.refused("items", "did not sign this")
    by(LEAD, words=" ")
    made.refused("items", "without a reason")
    by(LEAD, expires=end_of(day(91)))
    made.refused("items", "longer than the policy's 90 days")
    by(LEAD, expires=end_of(day(-1)))
    made.refused("items", "was waived until")
    by(LEAD, not_applicable=True, words="")
    made.refused("items", "without a reason")


def test_a_waiver_by_an_approver_who_did_not_sign(made: Team) -> None:
    second = Key()
    made.base({SIGNERS: made.listed + line("tom@example.org", second, APPROVER)})
    made.signed([(made.ada, AUTHORS), (second, APPROVER)], change=waived("spend-alert", LEAD))
    made.refused("items", "by lea@example.org, who did not sign this")


def test_a_revert_brings_the_old_file_back(made: Team) -> None:
    made.signed(now=NOW)
    first = git(made.folder, "rev-parse", "HEAD")
    git(made.folder, "update-ref", BASE, "HEAD")
    made.commit({"app.py": "print('second')\n"})
    later = NOW + timedelta(days=2)
    made.signed(now=later)
    git(made.folder, "update-ref", BASE, "HEAD")
    assert made.verify(later)
    made.refused("rollback", "for another tree", now=later, at=first)
    # The very same state, reverted to on the base itself.
    git(made.folder, "rm", "-q", "-r", ".")
    git(made.folder, "checkout", first, "--", ".")
    git(made.folder, "commit", "-q", "-m", "Revert")
    made.refused("rollback", "for another tree", now=later)
    git(made.folder, "update-ref", BASE, "HEAD")
    made.refused("rollback", "for another tree", now=later)
    assert made.verify(later, allow_rollback=True)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ada@example.org KEY\n", "no namespaces="),
        ('*@example.org namespaces="shipworthy-author" KEY\n', "not one plain address"),
        ('ada@example.org namespaces="shipworthy-*" KEY\n', "wildcard"),
        ('ada@example.org cert-authority,namespaces="shipworthy-author" KEY\n', "cert-authority"),
        (
            'a@example.org namespaces="shipworthy-author" KEY\nb@example.org namespaces="shipworthy-approver" KEY\n',
            "is also",
        ),
    ],
)
def test_a_base_whose_signers_are_loose(made: Team, text: str, says: str) -> None:
    key = " ".join(line("x@y.example", made.ada, "a").split()[2:])
    made.base({SIGNERS: text.replace("KEY", key)})
    made.commit({".shipworthy/readiness.production.dsse.json": "{}"})
    with pytest.raises(BadTrust, match=says.replace("*", r"\*")):
        made.verify()


def test_a_base_that_cannot_be_used(made: Team) -> None:
    made.signed()
    with pytest.raises(CouldNotEvaluate, match="there is no refs/remotes/origin/none"):
        made.verify(base="refs/remotes/origin/none")
    made.base({POLICY_FILE: "nonsense"})
    with pytest.raises(BadTrust, match="not valid TOML"):
        made.verify()
    made.base({POLICY_FILE: POLICY, SIGNERS: "# nobody\n"})
    made.commit({".shipworthy/readiness.production.dsse.json": "{}"})
    with pytest.raises(CouldNotEvaluate, match="lists nobody"):
        made.verify()


@pytest.mark.parametrize(
    "ref", ["main", "origin/main", "HEAD", "refs", "refs/heads/../x", "--all", "refs/heads/ x", ""]
)
def test_a_base_is_a_full_ref(ref: str) -> None:
    with pytest.raises(BadTrust):
        TrustRoot.from_base(ref)


def test_touch_and_pin_are_proved_or_refused(made: Team) -> None:
    made.base({POLICY_FILE: POLICY + b'touch = ["approver"]\n'})
    made.signed()
    made.refused("approval", "without the touch of a security key")
    made.base({POLICY_FILE: POLICY + b'pin = ["author"]\n'})
    made.signed()
    made.refused("signature", "without the PIN of a security key")
