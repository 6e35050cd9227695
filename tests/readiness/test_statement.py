"""The statement: the same bytes every time, the fields of the format, and one strict reading."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.readiness.signed import AUTHOR, NOW, assess
from tests.support import make_repo

from shipworthy.model import (
    PROJECT,
    ComponentOutcome,
    DecisionKind,
    Finding,
    Location,
    Outcome,
    OutcomeKind,
    Result,
    Status,
    Verdict,
)
from shipworthy.readiness.dsse import Malformed
from shipworthy.readiness.statement import Said, StatedItem, Statement, dump, evidence_digest, parse, state

UNTIL = datetime(2026, 12, 22, 23, 59, 59, tzinfo=UTC)
SAID = Said(kind=DecisionKind.ATTESTED, by=AUTHOR, words="so it is", expires=UNTIL, named="docs/x.md")
WAIVED = Said(
    kind=DecisionKind.WAIVED, by=AUTHOR, words="later", expires=UNTIL, findings=("aa11",), not_applicable=True
)
ITEMS = (
    StatedItem(id="passes", outcome=OutcomeKind.PASS, summary="12 files", evidence="a" * 64),
    StatedItem(id="person-says", outcome=None, said=SAID),
    StatedItem(id="open", outcome=None),
    StatedItem(id="confirmed", outcome=OutcomeKind.NEEDS_YOU, summary="?", evidence="b" * 64, said=SAID),
    StatedItem(id="waived", outcome=OutcomeKind.FAIL, summary="3 open", evidence="c" * 64, said=WAIVED),
    StatedItem(id="due", outcome=OutcomeKind.PASS, summary="2 keys", evidence="a" * 64, said=SAID, until=UNTIL),
)
WHOLE = Statement(
    tree="d" * 40,
    repo="acme/app",
    ref="refs/heads/main",
    environment="production",
    profile="solo",
    tool_version="1",
    checklist_name="demo",
    checklist_version="2",
    checklist_digest="e" * 64,
    policy_digest="f" * 64,
    author=AUTHOR,
    author_key="SHA256:x",
    issued=NOW,
    expires=UNTIL,
    verdict=Verdict.READY,
    items=ITEMS,
    inventories={"publicRoutes": ("GET /",)},
    advisories="2026-11-20",
)


def test_it_comes_back_as_it_was_written() -> None:
    assert parse(dump(WHOLE)) == WHOLE
    assert dump(parse(dump(WHOLE))) == dump(WHOLE)


def test_it_reads_as_the_format_says() -> None:
    whole = json.loads(dump(WHOLE))
    assert whole["_type"] == "https://in-toto.io/Statement/v1"
    assert whole["subject"] == [{"name": "source", "digest": {"gitTree": "d" * 40}}]
    assert whole["predicateType"] == "urn:shipworthy:readiness:v1"
    body = whole["predicate"]
    assert body["context"] == {
        "repo": "acme/app", "ref": "refs/heads/main", "environment": "production", "profile": "solo",
    }  # fmt: skip
    assert body["author"] == {"id": AUTHOR, "key": "SHA256:x"}
    assert (body["issuedAt"], body["expiresAt"]) == ("2026-11-22T12:00:00Z", "2026-12-22T23:59:59Z")
    items = {row["id"]: row for row in body["items"]}
    assert items["person-says"] == {
        "id": "person-says", "outcome": None, "decision": "attested", "by": AUTHOR, "statement": "so it is",
        "evidence": "docs/x.md", "expiresAt": "2026-12-22T23:59:59Z",
    }  # fmt: skip
    assert items["waived"] == {
        "id": "waived", "outcome": "fail", "summary": "3 open", "evidence": {"sha256": "c" * 64},
        "decision": "waived", "by": AUTHOR, "reason": "later", "findings": ["aa11"], "notApplicable": True,
        "expiresAt": "2026-12-22T23:59:59Z",
    }  # fmt: skip
    assert items["passes"] == {
        "id": "passes", "outcome": "pass", "summary": "12 files", "evidence": {"sha256": "a" * 64},
    }  # fmt: skip
    assert items["due"]["outcomeExpiresAt"] == "2026-12-22T23:59:59Z"


def test_the_bytes_are_ascii_and_sorted_for_a_diff() -> None:
    data = dump(replace(WHOLE, repo="acme/\u202eüx\x1b[31m"))
    assert data.isascii()
    assert b"\x1b" not in data
    assert data.endswith(b"}\n")
    assert data == (json.dumps(json.loads(data), indent=2, sort_keys=True) + "\n").encode()


def predicate(change: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], object]:
    return lambda whole: change(whole["predicate"])


def item(number: int, **change: object) -> Callable[[dict[str, Any]], object]:
    return lambda whole: whole["predicate"]["items"][number].update(change)


@pytest.mark.parametrize(
    "change",
    [
        lambda whole: whole.update(_type="https://in-toto.io/Statement/v0.1"),
        lambda whole: whole.update(predicateType="https://slsa.dev/provenance/v1"),
        lambda whole: whole.update(extra=1),
        lambda whole: whole.update(predicate=[]),
        lambda whole: whole.update(subject=[]),
        lambda whole: whole.update(subject=whole["subject"] * 2),
        lambda whole: whole["subject"][0].update(name="other"),
        lambda whole: whole["subject"][0].update(uri="x"),
        lambda whole: whole["subject"][0]["digest"].update(gitCommit="a" * 40),
        lambda whole: whole["subject"][0].update(digest={"gitTree": "D" * 40}),
        lambda whole: whole["subject"][0].update(digest={"gitTree": "d" * 41}),
        lambda whole: whole["subject"][0].update(digest={"gitTree": 1}),
        predicate(lambda body: body.pop("policy")),
        predicate(lambda body: body.update(extra=1)),
        predicate(lambda body: body.update(verdict="ready")),
        predicate(lambda body: body.update(verdict=["READY"])),
        predicate(lambda body: body.update(items={})),
        predicate(lambda body: body.update(items=[1])),
        predicate(lambda body: body.update(issuedAt="2026-02-30T00:00:00Z")),
        predicate(lambda body: body.update(expiresAt="2026-12-22")),
        predicate(lambda body: body.update(expiresAt="2026-12-22T00:00:00+00:00")),
        predicate(lambda body: body.update(expiresAt="２026-12-22T00:00:00Z")),
        predicate(lambda body: body.update(expiresAt="2026-12-22T23:59:60Z")),
        predicate(lambda body: body.update(expiresAt=1)),
        predicate(lambda body: body["context"].update(repo=None)),
        predicate(lambda body: body["context"].pop("ref")),
        predicate(lambda body: body["checklist"].update(digest={"sha256": "e" * 63})),
        predicate(lambda body: body["checklist"].update(digest={"sha256": "e" * 64, "sha1": ""})),
        predicate(lambda body: body["policy"].update(digest={})),
        predicate(lambda body: body["tool"].update(name="other")),
        predicate(lambda body: body["author"].update(key=1)),
        predicate(lambda body: body["inventories"].update(secrets=["x"])),
        predicate(lambda body: body["inventories"].update(keys="x")),
        predicate(lambda body: body["inventories"].update(advisorySnapshot=1)),
        item(0, outcome="passed"),
        item(0, outcome=["pass"]),
        item(0, outcome=None),
        item(0, id=1),
        item(0, evidence="x"),
        item(0, evidence={"sha256": "A" * 64}),
        item(0, evidence={"sha256": "a" * 64, "named": "x"}),
        item(0, summary=1),
        item(0, extra=1),
        item(0, by=AUTHOR),
        item(1, decision="approved"),
        item(1, decision=["attested"]),
        item(1, expiresAt="never"),
        item(1, reason="x"),
        item(1, evidence=1),
        item(1, statement=None),
        item(2, evidence="x"),
        item(1, outcomeExpiresAt="2026-12-22T23:59:59Z"),
        item(3, outcomeExpiresAt="2026-12-22T23:59:59Z"),
        item(4, statement="x"),
        item(5, outcomeExpiresAt="2026-12-22"),
        item(5, outcomeExpiresAt="never"),
        item(5, outcomeExpiresAt=None),
        item(4, findings="x"),
        item(4, findings=[1]),
        item(4, notApplicable=1),
        item(4, evidence={"sha256": "c" * 64, "named": "x"}),
    ],
)
def test_anything_but_the_schema_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    whole = json.loads(dump(WHOLE))
    change(whole)
    with pytest.raises(Malformed):
        parse(json.dumps(whole).encode())


def test_an_assessment_becomes_a_statement(tmp_path: Path) -> None:
    folder = make_repo(tmp_path / "app", {"app.py": "x\n"})
    assessment = assess(folder)
    made = state(
        assessment,
        tree="d" * 40,
        repo="acme/app",
        ref="refs/heads/main",
        environment="production",
        tool_version="1",
        policy_digest="f" * 64,
        author=AUTHOR,
        author_key="SHA256:x",
        issued=NOW.replace(microsecond=5),
        expires=UNTIL,
    )
    assert parse(dump(made)) == made
    assert [each.id for each in made.items] == [result.item.id for result in assessment.results]
    assert made.issued.microsecond == 0
    assert made.verdict is Verdict.READY
    said = {each.id: each.said for each in made.items if each.said}
    assert said["spend-alert"].expires == UNTIL
    assert set(said) == {"routes-protected", "spend-alert"}


def result(*findings: Finding, looked_at: str = "a.py", summary: str = "one") -> Result:
    outcome = Outcome.passed(summary, [looked_at], findings)
    rows = (ComponentOutcome(component="app", outcome=outcome),)
    checked = next(item for item in assess_items() if item.check)
    return Result(item=checked, level=checked.level("solo"), status=Status.PASS, outcomes=rows)


def assess_items() -> Any:
    from shipworthy.checklist import load

    return load("demo").items


def test_a_file_from_before_there_was_a_last_day_is_read() -> None:
    whole = json.loads(dump(WHOLE))
    del whole["predicate"]["items"][5]["outcomeExpiresAt"]
    assert parse(json.dumps(whole).encode()).items[5] == replace(ITEMS[5], until=None)


def test_the_earliest_last_day_of_all_components_is_stated(tmp_path: Path) -> None:
    assessment = assess(make_repo(tmp_path / "app", {"app.py": "x\n"}))
    first, *rest = assessment.results
    outcomes = tuple(
        ComponentOutcome(component=name, outcome=Outcome.passed("one", ["a.py"], until=until))
        for name, until in (("a", date(2026, 12, 30)), ("b", date(2026, 12, 22)), ("c", None))
    )
    changed = replace(assessment, results=(replace(first, outcomes=outcomes), *rest))
    made = state(
        changed, tree="d" * 40, repo="r", ref="refs/heads/main", environment="production", tool_version="1",
        policy_digest="f" * 64, author=AUTHOR, author_key="SHA256:x", issued=NOW, expires=UNTIL,
    )  # fmt: skip
    assert [each.until for each in made.items if each.until] == [UNTIL]
    assert parse(dump(made)) == made


def test_the_evidence_digest_names_what_was_seen() -> None:
    finding = Finding.at(PROJECT, "rule", "words", anchor="x")
    moved = Finding.at(Location(path="a.py", line=3), "rule", "words", anchor="x")
    digests = [
        evidence_digest(each)
        for each in (
            result(), result(looked_at="b.py"), result(summary="two"), result(finding), result(moved),
            result(finding, moved),
        )
    ]  # fmt: skip
    assert len(set(digests)) == len(digests)
    assert evidence_digest(result(finding)) == digests[3]
