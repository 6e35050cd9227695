"""What a made-up app changed since its sign-off, and whose keys it knows; every text of it may be a payload."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from made_up import CHECKLIST, FINGERPRINT

from shipworthy.checklist.policy import Policy
from shipworthy.model import DecisionKind, OutcomeKind, Verdict
from shipworthy.readiness.changes import Changes, sort
from shipworthy.readiness.compare import compare
from shipworthy.readiness.key_book import KeyBook, Listed, OwnKey
from shipworthy.readiness.statement import Said, StatedItem, Statement

SIGNED = datetime(2026, 11, 12, 9, 30, tzinfo=UTC)
COMMIT = "8caf24" + "0" * 34
OTHER = "SHA256:" + "L" * 43
OLD = "SHA256:" + "O" * 43
LINE = 'ada@example.org namespaces="shipworthy-author" ssh-ed25519 ' + "A" * 68 + " ada"


def said(kind: DecisionKind, words: str, until: datetime, **more: Any) -> Said:
    return Said(kind=kind, by="ada@example.org", words=words, expires=until, **more)


def item(name: str, outcome: OutcomeKind | None, summary: str = "", said: Said | None = None) -> StatedItem:
    return StatedItem(id=name, outcome=outcome, summary=summary, evidence="0" * 64 if outcome else None, said=said)


ALARM = said(DecisionKind.WAIVED, "Launch is invite-only.", datetime(2026, 12, 20, tzinfo=UTC))
BACKUP = said(DecisionKind.ATTESTED, "Restored it.", datetime(2026, 12, 1, tzinfo=UTC), named="docs/runbook.md")
TESTED = said(DecisionKind.ATTESTED, "By hand.", datetime(2026, 11, 20, tzinfo=UTC))
THEN = (
    item("ci-runs-tests", OutcomeKind.PASS, "ci.yml:14 pytest"),
    item("deploy-gated", OutcomeKind.PASS, "deploy.yml:9 needs test"),
    item("branch-protected", OutcomeKind.UNKNOWN, "no access to the host's settings"),
    item("authz-negative-tests", OutcomeKind.NEEDS_YOU, "3 of 9 write routes have one", TESTED),
    item("backup-restored", None, said=BACKUP),
    item("errors-alert-someone", OutcomeKind.NEEDS_YOU, "no alerting found"),
    item("gone-item", OutcomeKind.PASS, "it was there"),
)
NOW = (
    item("ci-runs-tests", OutcomeKind.PASS, "ci.yml:14 pytest"),
    item("deploy-gated", OutcomeKind.FAIL, "deploy.yml:9 waits for nothing"),
    item("branch-protected", OutcomeKind.PASS, "two rules"),
    item("authz-negative-tests", OutcomeKind.NEEDS_YOU, "3 of 9 write routes have one"),
    item("backup-restored", None, said=replace(BACKUP, words="Restored it twice.")),
    item("errors-alert-someone", OutcomeKind.NEEDS_YOU, "no alerting found", ALARM),
    item("known-vulns", OutcomeKind.PASS, "38 packages, none"),
)


def statement(items: tuple[StatedItem, ...], issued: datetime, **more: Any) -> Statement:
    known: dict[str, Any] = {
        "tree": "1" * 40, "repo": "ada/todo-app", "ref": "refs/heads/main", "environment": "production",
        "profile": "solo", "tool_version": "0.1.0", "checklist_name": "production", "checklist_version": "1.2",
        "checklist_digest": "2" * 64, "policy_digest": "3" * 64, "author": "ada@example.org",
        "author_key": FINGERPRINT, "expires": datetime(2027, 2, 1, tzinfo=UTC), "verdict": Verdict.READY,
    }  # fmt: skip
    return Statement(items=items, issued=issued, **(known | more))


def changes(paths: tuple[str, ...] | None = ("Dockerfile", "app/api.py", "uv.lock"), **more: Any) -> Changes:
    """Something of every kind."""
    found = compare(
        statement(THEN, SIGNED, inventories={"publicRoutes": ("GET /", "GET /old")}),
        statement(
            NOW, datetime(2026, 11, 22, 10, tzinfo=UTC), profile="team", verdict=Verdict.NOT_READY,
            inventories={"publicRoutes": ("GET /", "GET /new")},
        ),
        commit=COMMIT, paths=paths, why_no_paths="" if paths is not None else "no commit here holds those files",
    )  # fmt: skip
    known: dict[str, Any] = {
        "accepted": "with every signature that origin/main asks for", "now": "what is here now: commit 4f2a91c",
        "ended": {"authz-negative-tests": "expired on 2026-11-20"},
        "notes": ("git is told not to look at 1 file (assume-unchanged or skip-worktree).",),
    }  # fmt: skip
    return sort(found, CHECKLIST, [Policy()], **(known | more))


def unchanged() -> Changes:
    """Nothing at all."""
    found = compare(statement(THEN, SIGNED), statement(THEN, SIGNED), commit=COMMIT, paths=())
    return sort(found, CHECKLIST, [Policy()], accepted="signed by the author it names", now="what is here now")


def hostile_changes(text: str) -> Changes:
    """Every text is the payload."""

    def spoil(one: StatedItem) -> StatedItem:
        bad = replace(one.said, by=text, words=text, named=text) if one.said else None
        return replace(one, id=f"{one.id}{text}", summary=text, said=bad)

    author = {"author": text, "repo": text, "environment": text, "checklist_name": text}
    found = compare(
        statement(tuple(map(spoil, THEN)), SIGNED, inventories={"keys": (text,)}),
        statement(tuple(map(spoil, NOW)), SIGNED, inventories={"keys": (f"b{text}",)}, **author),
        commit=text, paths=(text, f"{text}/Dockerfile"),
    )  # fmt: skip
    return sort(
        found,
        CHECKLIST,
        [Policy()],
        accepted=text,
        now=text,
        notes=[text],
        ended={each.id: text for each in found.items},
    )


def listed(address: str, fingerprint: str, **more: Any) -> Listed:
    known: dict[str, Any] = {
        "person": "", "roles": ("author",), "valid_after": None, "valid_before": None, "revoked": False, "why_not": "",
        "line": 1, "mine": False, "my_address": False, "base": "the same on origin/main", "at_base": True,
        "since": date(2026, 10, 3),
    }  # fmt: skip
    return Listed(address=address, fingerprint=fingerprint, **(known | more))


ADA = listed("ada@example.org", FINGERPRINT, mine=True, my_address=True, valid_before=datetime(2027, 3, 1, tzinfo=UTC))
LEA = listed("lea@example.org", OTHER, roles=("author", "approver"), line=2, person="lea", at_least=True)
BEN = listed("ben@example.org", OLD, revoked=True, why_not="is revoked", line=3)


def own(**more: Any) -> OwnKey:
    known: dict[str, Any] = {
        "fingerprint": FINGERPRINT, "kind": "ssh-ed25519", "label": "ada-laptop", "place": "in the ssh agent",
        "generated": False, "problem": "", "remedy": "", "signs": "git config user.signingkey names it",
        "passphrase": "", "listed": (ADA,), "public": LINE.split(maxsplit=2)[2], "line": LINE,
    }  # fmt: skip
    return OwnKey(**(known | more))


def book(**more: Any) -> KeyBook:
    """Two keys, and three people."""
    spare = own(
        fingerprint="SHA256:" + "S" * 43, label="~/.ssh/id_rsa", place="~/.ssh/id_rsa", signs="", listed=(),
        problem="is an RSA key of 1024 bits: too short", remedy="Use an Ed25519 key.", line="", public="",
    )  # fmt: skip
    known: dict[str, Any] = {
        "keys": (own(), spare), "people": (ADA, LEA, BEN), "problem": "", "advice": "", "email": "ada@example.org",
        "base": "refs/remotes/origin/main", "base_problem": "", "has_generated": False,
    }  # fmt: skip
    return KeyBook(**(known | more))


def hostile_book(text: str) -> KeyBook:
    """Every text is the payload."""
    bad = listed(text, text, person=text, why_not=text, base=text, roles=(text,))
    keys = own(
        fingerprint=text, kind=text, label=text, place=text, signs=text, passphrase=text, listed=(bad,), public=text,
        line=text,
    )  # fmt: skip
    broken = keys._replace(problem=text, remedy=text, signs="", listed=None)
    people = (bad, bad._replace(why_not="", line=0), bad._replace(address="", revoked=True))
    return book(keys=(keys, broken), people=people, email=text, base=text, problem=text, advice=f"{text}\n{text}")
