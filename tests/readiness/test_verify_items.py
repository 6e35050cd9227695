"""Verification judges the items itself: a validly signed file that says too little is still not ready."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.readiness.signed import AUTHOR, NOW, PLAIN, POLICY, SIGNED, Signed, day, refused
from tests.support import git, write

from shipworthy.model import DecisionKind, OutcomeKind, Verdict
from shipworthy.readiness import rules
from shipworthy.readiness.people import SignedBy
from shipworthy.readiness.statement import Said, StatedItem, Statement, end_of
from shipworthy.readiness.verify import NotReady

Change = Callable[[Statement], Statement]


def item(name: str, **change: Any) -> Change:
    """The statement with one item changed; `said__x` changes what a person said."""

    def apply(statement: Statement) -> Statement:
        rows = []
        for row in statement.items:
            if row.id == name:
                inner = {key.removeprefix("said__"): value for key, value in change.items() if key.startswith("said__")}
                outer = {key: value for key, value in change.items() if not key.startswith("said__")}
                if inner and row.said:
                    outer["said"] = replace(row.said, **inner)
                row = replace(row, **outer)
            rows.append(row)
        return replace(statement, items=tuple(rows))

    return apply


def said(kind: DecisionKind, **change: Any) -> Said:
    made = Said(kind=kind, by=AUTHOR, words="because", expires=end_of(day(10)), findings=("aa",), named="docs/x.md")
    return replace(made, **change)


BY = SignedBy(author=AUTHOR)
WAIVED, ATTESTED = said(DecisionKind.WAIVED, named=""), said(DecisionKind.ATTESTED)
FAIL, UNKNOWN, YOU, NONE = OutcomeKind.FAIL, OutcomeKind.UNKNOWN, OutcomeKind.NEEDS_YOU, OutcomeKind.NOT_APPLICABLE
MACHINE, BOTH, PERSON = "lockfile", "routes-protected", "spend-alert"


def without(name: str) -> Change:
    return lambda statement: replace(statement, items=tuple(row for row in statement.items if row.id != name))


def added(row: StatedItem) -> Change:
    return lambda statement: replace(statement, items=(*statement.items, row))


@pytest.mark.parametrize(
    ("change", "step", "says"),
    [
        (lambda s: replace(s, tree="0" * 40), "source tree", ""),
        (lambda s: replace(s, environment="staging"), "context", "signed for staging"),
        (lambda s: replace(s, profile="library"), "policy", "profile"),
        (lambda s: replace(s, policy_digest="0" * 64), "policy", "another policy"),
        (lambda s: replace(s, checklist_digest="0" * 64), "policy", "checklist"),
        (lambda s: replace(s, issued=NOW + timedelta(minutes=6)), "dates", "future"),
        (lambda s: replace(s, expires=NOW), "dates", "expired"),
        (lambda s: replace(s, expires=NOW + timedelta(days=91)), "dates", "longer"),
        (lambda s: replace(s, issued=NOW - timedelta(days=5), expires=NOW - timedelta(days=1)), "dates", "expired"),
        (lambda s: replace(s, verdict=Verdict.NOT_READY), "items", "NOT READY"),
        (lambda s: replace(s, items=()), "items", "missing"),
        (without(MACHINE), "items", "lockfile is missing"),
        (without(PERSON), "items", "spend-alert is missing"),
        (added(StatedItem(id=PERSON, outcome=None, said=ATTESTED)), "items", "twice"),
        (added(StatedItem(id="made-up", outcome=None, said=ATTESTED)), "items", "no item made-up"),
        (item(MACHINE, outcome=FAIL), "items", "open: fail"),
        (item(MACHINE, outcome=UNKNOWN), "items", "open: unknown"),
        (item(MACHINE, outcome=YOU), "items", "open: needs-you"),
        (item(MACHINE, outcome=FAIL, said=ATTESTED), "items", "cannot be attested"),
        (item(MACHINE, outcome=UNKNOWN, said=ATTESTED), "items", "cannot be attested"),
        (item(MACHINE, outcome=None, summary="", evidence=None, said=ATTESTED), "items", "a check judges it"),
        (item(MACHINE, outcome=None, summary="", evidence=None), "items", "a check judges it"),
        (item(MACHINE, outcome=FAIL, said=replace(WAIVED, findings=())), "items", "without naming the findings"),
        (item(MACHINE, until=NOW), "items", "lockfile passed until 2026-11-22"),
        (item(MACHINE, until=NOW, said=WAIVED), "items", "passed until"),
        (item(BOTH, until=end_of(day(-1))), "items", "routes-protected passed until 2026-11-21"),
        (item(BOTH, said=None), "items", "open: pass"),
        (item(BOTH, outcome=FAIL, said=ATTESTED), "items", "cannot be attested"),
        (item(BOTH, outcome=UNKNOWN, said=replace(ATTESTED, named=" ")), "items", "what was looked at"),
        (item(BOTH, outcome=YOU, said=replace(ATTESTED, findings=())), "items", "without naming the findings"),
        (item(PERSON, said=None), "items", "open: pass"),
        (item(PERSON, said__by="bob@example.org"), "items", "did not sign"),
        (item(PERSON, said__words="  "), "items", "without a reason"),
        (item(PERSON, said__expires=NOW), "items", "until 2026-11-22"),
        (item(PERSON, said__expires=end_of(day(181))), "items", "longer than the policy's 180"),
        (item(PERSON, said=replace(WAIVED, expires=end_of(day(91)))), "items", "longer than the policy's 90"),
        (item(PERSON, said=replace(WAIVED, by="bob@example.org")), "items", "did not sign"),
    ],
)
def test_validly_signed_and_still_not_ready(repo: Signed, change: Change, step: str, says: str) -> None:
    repo.restate(change(repo.preparation.statement))
    assert says in refused(repo, step).reason


@pytest.mark.parametrize(
    "change",
    [
        lambda s: replace(s, issued=NOW + timedelta(minutes=4)),
        item(MACHINE, until=NOW + timedelta(seconds=1)),
        item(BOTH, until=end_of(day(0))),
        item(MACHINE, outcome=NONE),
        item(MACHINE, outcome=FAIL, said=WAIVED),
        item(MACHINE, outcome=UNKNOWN, said=WAIVED),
        item(BOTH, outcome=NONE, said=None),
        item(BOTH, outcome=YOU, said=ATTESTED),
        item(BOTH, outcome=UNKNOWN, said=ATTESTED),
        item(BOTH, outcome=FAIL, said=WAIVED),
        item(PERSON, said=WAIVED),
        item(PERSON, said__by=AUTHOR.upper()),
        item(PERSON, said__expires=end_of(day(180))),
    ],
)
def test_validly_signed_and_ready(repo: Signed, change: Change) -> None:
    statement = change(repo.preparation.statement)
    repo.restate(statement)
    found = repo.verify()
    waived = [row.id for row in statement.items if row.said and row.said.kind is DecisionKind.WAIVED]
    assert [row.id for row in found.self_waived] == waived


def test_an_invalid_date_is_expired(repo: Signed) -> None:
    payload = repo.preparation.payload
    expires = b'"expiresAt": "2027-02-20T12:00:00Z"'
    assert expires in payload
    repo.replace_payload(payload.replace(expires, b'"expiresAt": "2027-02-30T12:00:00Z"'))
    assert "counts as expired" in refused(repo, "statement").reason


def test_it_expires_by_itself(repo: Signed) -> None:
    assert repo.verify(now=NOW + timedelta(days=29))
    assert "attested until 2026-12-22" in refused(repo, "items", now=NOW + timedelta(days=31)).reason
    refused(repo, "dates", now=NOW + timedelta(days=90))
    refused(repo, "dates", now=NOW - timedelta(days=1))


def test_replayed_elsewhere(repo: Signed) -> None:
    assert repo.verify(repo="acme/app")
    assert repo.verify(ref="refs/heads/main")
    refused(repo, "context", repo="acme/other")
    refused(repo, "context", ref="refs/heads/release")
    git(repo.folder, "remote", "add", "origin", "git@git.example:acme/other.git")
    refused(repo, "context")
    git(repo.folder, "remote", "set-url", "origin", "git@git.example:acme/app.git")
    assert repo.verify().not_compared == ("ref refs/heads/main",)


def test_copied_to_another_environment(repo: Signed) -> None:
    for name in ("json", "dsse.json"):
        data = (repo.folder / f".shipworthy/readiness.production.{name}").read_bytes()
        write(repo.folder, {f".shipworthy/readiness.staging.{name}": data})
    git(repo.folder, "rm", "-q", "--cached", PLAIN, SIGNED)
    git(repo.folder, "add", ".shipworthy/readiness.staging.json", ".shipworthy/readiness.staging.dsse.json")
    git(repo.folder, "commit", "-q", "-m", "copied")
    assert "the policy names" in refused(repo, "context", environment="staging").reason


@pytest.mark.parametrize("profile", ["team", "regulated"])
def test_two_people_waive_nothing_for_themselves(repo: Signed, profile: str) -> None:
    force = rules.in_force(f'profile = "{profile}"\nchecklist = "demo"\n'.encode(), None)
    row = next(each for each in repo.preparation.statement.items if each.id == PERSON)
    lone = next(each for each in force.checklist.items if each.id == PERSON)
    waived = replace(row, said=WAIVED)
    why = rules.why_open(lone, waived, repo.preparation.statement, force, BY, NOW)
    assert why is not None
    assert "approver" in why[0]


@pytest.mark.parametrize(
    ("change", "decided", "says"),
    [
        ({"attest": ""}, ATTESTED, "only a machine's answer"),
        ({"not_applicable": ""}, replace(WAIVED, not_applicable=True), "applies to every project"),
    ],
)
def test_what_the_item_itself_does_not_allow(repo: Signed, change: dict[str, str], decided: Said, says: str) -> None:
    force = rules.in_force(POLICY, None)
    lone = next(each for each in force.checklist.items if each.id == PERSON)
    statement = repo.preparation.statement
    row = replace(next(each for each in statement.items if each.id == PERSON), said=decided)
    assert rules.why_open(replace(lone, attest="x", not_applicable="x"), row, statement, force, BY, NOW) is None
    why = rules.why_open(replace(lone, **change), row, statement, force, BY, NOW)  # type: ignore[arg-type]  # texts of Item
    assert why is not None
    assert says in why[0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"outcome": OutcomeKind.PASS, "summary": "x", "evidence": "a" * 64}, "no check judges it"),
        ({"said": None}, "open: not decided"),
    ],
)
def test_an_item_that_no_check_judges(repo: Signed, change: dict[str, Any], says: str) -> None:
    force = rules.in_force(POLICY, None)
    lone = replace(next(each for each in force.checklist.items if each.id == PERSON), check=None)
    statement = repo.preparation.statement
    row = replace(next(each for each in statement.items if each.id == PERSON), outcome=None, summary="", evidence=None)
    assert rules.why_open(lone, row, statement, force, BY, NOW) is None
    why = rules.why_open(lone, replace(row, **change), statement, force, BY, NOW)
    assert why is not None
    assert says in f"{lone.id} is {why[0]}"


def test_a_policy_that_cannot_be_read_is_not_ready(repo: Signed) -> None:
    with pytest.raises(NotReady) as caught:
        rules.in_force(b"profile = 1", None)
    assert caught.value.step == "policy"
    with pytest.raises(NotReady):
        rules.in_force(None, b"[[item]]\n")
