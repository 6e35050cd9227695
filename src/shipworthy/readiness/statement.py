"""What is signed: an in-toto Statement v1 about a source tree, built from an Assessment and read back strictly.

Format: in-toto attestation framework, Statement v1; the predicate is our own, `urn:shipworthy:readiness:v1`. A reader
takes every decision from these fields and from nothing else in the file. It holds no secret's value, because an
Assessment holds none.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from shipworthy.model import Assessment, Decision, DecisionKind, Level, OutcomeKind, Result, Verdict
from shipworthy.readiness.dsse import Malformed, load_json

TYPE = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:shipworthy:readiness:v1"
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_HEX = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_WHEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a person said about an item."""

    kind: DecisionKind
    by: str
    words: str
    """The statement of an attestation, the reason of a waiver."""
    expires: datetime
    findings: tuple[str, ...] = ()
    """Fingerprints it was made about."""
    named: str = ""
    """The evidence an attestation names."""
    not_applicable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedItem:
    """One item of the statement. `outcome` is None where no machine verified it."""

    id: str
    outcome: OutcomeKind | None
    summary: str = ""
    evidence: str | None = None
    """sha256 (hex) over what the machine looked at and found (see `evidence_digest`); None without an outcome."""
    said: Said | None = None
    until: datetime | None = None
    """Of a pass that a day will undo: when it ends to be one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Everything the signature covers. Times are UTC with whole seconds."""

    tree: str
    repo: str
    ref: str
    environment: str
    profile: str
    tool_version: str
    checklist_name: str
    checklist_version: str
    checklist_digest: str
    policy_digest: str
    author: str
    author_key: str
    issued: datetime
    expires: datetime
    verdict: Verdict
    items: tuple[StatedItem, ...]
    inventories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Lists a person signs for: `publicRoutes`, `keys`, `thirdParties`. A list that was not made is absent."""
    advisories: str | None = None
    """The date of the advisory data, YYYY-MM-DD."""


INVENTORIES = ("publicRoutes", "keys", "thirdParties")


def end_of(day: date) -> datetime:
    """A decision counts through the whole of its last day, in UTC."""
    return datetime.combine(day, time(23, 59, 59), UTC)


def evidence_digest(result: Result) -> str:
    """sha256 (hex) over the machine's outcomes: per component its kind, summary, what was looked at and found."""
    rows = [
        [
            each.component,
            each.outcome.kind,
            each.outcome.summary,
            list(each.outcome.looked_at),
            [[finding.fingerprint, finding.rule, str(finding.location)] for finding in each.outcome.findings],
        ]
        for each in result.outcomes
    ]
    text = json.dumps(rows, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _named(decision: Decision) -> str:
    """The evidence, and every file it rests on that the evidence is not itself (a place in it counts as it)."""
    own = decision.evidence.partition("#")[0].strip()
    rest = (path for path in decision.subjects if path != own)
    return ", ".join(part for part in (decision.evidence, *rest) if part)


def _stated(result: Result) -> StatedItem:
    decision, worst, said = result.decision, result.worst, None
    days = [each.outcome.until for each in result.outcomes if each.outcome.until is not None]
    if decision is not None and decision.expires is not None:
        said = Said(
            kind=decision.kind,
            by=decision.by,
            words=decision.reason,
            expires=end_of(decision.expires),
            findings=decision.findings,
            named=_named(decision),
            not_applicable=decision.not_applicable,
        )
    return StatedItem(
        id=result.item.id,
        outcome=worst.outcome.kind if worst else None,
        summary=worst.outcome.summary if worst else "",
        evidence=evidence_digest(result) if worst else None,
        said=said,
        until=end_of(min(days)) if days and worst and worst.outcome.kind is OutcomeKind.PASS else None,
    )


def state(
    assessment: Assessment,
    *,
    tree: str,
    repo: str,
    ref: str,
    environment: str,
    tool_version: str,
    policy_digest: str,
    author: str,
    author_key: str,
    issued: datetime,
    expires: datetime,
    inventories: Mapping[str, tuple[str, ...]] | None = None,
) -> Statement:
    """The statement of an assessment: every item its profile asks for at any level, in the checklist's order."""
    return Statement(
        tree=tree,
        repo=repo,
        ref=ref,
        environment=environment,
        profile=assessment.profile,
        tool_version=tool_version,
        checklist_name=assessment.checklist.name,
        checklist_version=assessment.checklist.version,
        checklist_digest=assessment.checklist.digest,
        policy_digest=policy_digest,
        author=author,
        author_key=author_key,
        issued=issued.astimezone(UTC).replace(microsecond=0),
        expires=expires.astimezone(UTC).replace(microsecond=0),
        verdict=assessment.verdict,
        items=tuple(_stated(result) for result in assessment.results if result.level is not Level.NONE),
        inventories=dict(inventories or {}),
        advisories=assessment.advisories,
    )


def _item_json(item: StatedItem) -> dict[str, Any]:
    found: dict[str, Any] = {"id": item.id, "outcome": item.outcome.value if item.outcome else None}
    if item.outcome is not None:
        found |= {"summary": item.summary, "evidence": {"sha256": item.evidence}}
    if item.until is not None:
        found["outcomeExpiresAt"] = item.until.strftime(_TIME)
    said = item.said
    if said is None:
        return found
    found |= {"decision": said.kind.value, "by": said.by, "expiresAt": said.expires.strftime(_TIME)}
    if said.findings:
        found["findings"] = list(said.findings)
    if said.kind is DecisionKind.WAIVED:
        found["reason"] = said.words
        if said.not_applicable:
            found["notApplicable"] = True
        return found
    found["statement"] = said.words
    if item.outcome is None:
        found["evidence"] = said.named
    elif said.named:
        found["evidence"]["named"] = said.named
    return found


def dump(statement: Statement) -> bytes:
    """The payload: sorted keys, indented, ASCII, one newline at the end. The same statement gives the same bytes."""
    inventories: dict[str, Any] = {name: list(rows) for name, rows in statement.inventories.items()}
    if statement.advisories:
        inventories["advisorySnapshot"] = statement.advisories
    whole = {
        "_type": TYPE,
        "subject": [{"name": "source", "digest": {"gitTree": statement.tree}}],
        "predicateType": PREDICATE,
        "predicate": {
            "context": {
                "repo": statement.repo,
                "ref": statement.ref,
                "environment": statement.environment,
                "profile": statement.profile,
            },
            "tool": {"name": "shipworthy", "version": statement.tool_version},
            "checklist": {
                "name": statement.checklist_name,
                "version": statement.checklist_version,
                "digest": {"sha256": statement.checklist_digest},
            },
            "policy": {"digest": {"sha256": statement.policy_digest}},
            "author": {"id": statement.author, "key": statement.author_key},
            "issuedAt": statement.issued.strftime(_TIME),
            "expiresAt": statement.expires.strftime(_TIME),
            "verdict": statement.verdict.value,
            "items": [_item_json(item) for item in statement.items],
            "inventories": inventories,
        },
    }
    return (json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=True) + "\n").encode("ascii")


def _fields(value: Any, where: str, keys: str, optional: str = "") -> dict[str, Any]:
    """An object with exactly these keys (blank-separated names), `optional` ones allowed."""
    wanted = set(keys.split())
    if not isinstance(value, dict) or not wanted <= value.keys() <= wanted | set(optional.split()):
        raise Malformed(f"{where} does not have exactly the keys {keys.strip()}")
    return value


def _text(value: Any, where: str, pattern: re.Pattern[str] | None = None) -> str:
    if not isinstance(value, str) or (pattern is not None and not pattern.fullmatch(value)):
        raise Malformed(f"{where} is not what it should be")
    return value


def _texts(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise Malformed(f"{where} is not a list")
    return tuple(_text(each, where) for each in value)


def _time(value: Any, where: str) -> datetime:
    try:
        return datetime.strptime(_text(value, where, _WHEN), _TIME).replace(tzinfo=UTC)
    except ValueError as error:
        raise Malformed(f"{where} is not a date: it counts as expired") from error


def _digest(value: Any, where: str) -> str:
    return _text(_fields(value, where, "sha256")["sha256"], where, _SHA256)


def _said(row: dict[str, Any], where: str) -> Said | None:
    if "decision" not in row:
        return None
    try:
        kind = DecisionKind(_text(row["decision"], f"{where}.decision"))
    except ValueError as error:
        raise Malformed(f"{where}.decision is not a decision") from error
    words = "statement" if kind is DecisionKind.ATTESTED else "reason"
    evidence = row.get("evidence", "")
    if isinstance(evidence, dict) and row["outcome"] is not None:
        evidence = evidence.get("named", "")
    not_applicable = row.get("notApplicable", False)
    if not isinstance(not_applicable, bool):
        raise Malformed(f"{where}.notApplicable is not true or false")
    return Said(
        kind=kind,
        by=_text(row.get("by"), f"{where}.by"),
        words=_text(row.get(words), f"{where}.{words}"),
        expires=_time(row.get("expiresAt"), f"{where}.expiresAt"),
        findings=_texts(row.get("findings", []), f"{where}.findings"),
        named=_text(evidence, f"{where}.evidence"),
        not_applicable=not_applicable,
    )


def _item(value: Any, number: int) -> StatedItem:
    where = f"item {number}"
    optional = "summary evidence"
    if isinstance(value, dict) and value.get("outcome") == OutcomeKind.PASS:
        # Only a pass has an end; a file from before there were such ends has none.
        optional += " outcomeExpiresAt"
    if isinstance(value, dict) and "decision" in value:
        words = "statement" if value["decision"] == DecisionKind.ATTESTED else "reason notApplicable"
        optional += f" decision by expiresAt findings {words}"
    row = _fields(value, where, "id outcome", optional)
    said = _said(row, where)
    item_id = _text(row["id"], f"{where}.id")
    if row["outcome"] is None:
        if "summary" in row or ("evidence" in row and (said is None or said.kind is not DecisionKind.ATTESTED)):
            raise Malformed(f"{where} has evidence of a machine but no outcome")
        return StatedItem(id=item_id, outcome=None, said=said)
    try:
        outcome = OutcomeKind(_text(row["outcome"], f"{where}.outcome"))
    except ValueError as error:
        raise Malformed(f"{where}.outcome is not an outcome") from error
    attested = said is not None and said.kind is DecisionKind.ATTESTED
    evidence = _fields(row.get("evidence"), f"{where}.evidence", "sha256", "named" if attested else "")
    return StatedItem(
        id=item_id,
        outcome=outcome,
        summary=_text(row.get("summary"), f"{where}.summary"),
        evidence=_text(evidence["sha256"], f"{where}.evidence", _SHA256),
        said=said,
        until=_time(row["outcomeExpiresAt"], f"{where}.outcomeExpiresAt") if "outcomeExpiresAt" in row else None,
    )


def parse(payload: bytes) -> Statement:
    """Reads a payload. Raises Malformed for anything but this very schema; unknown keys are refused."""
    whole = _fields(load_json(payload), "the statement", "_type subject predicateType predicate")
    if whole["_type"] != TYPE:
        raise Malformed("_type is not in-toto Statement v1")
    if whole["predicateType"] != PREDICATE:
        raise Malformed(f"predicateType is not {PREDICATE}")
    subjects = whole["subject"]
    if not isinstance(subjects, list) or len(subjects) != 1:
        raise Malformed("subject is not exactly one source tree")
    subject = _fields(subjects[0], "subject", "name digest")
    if subject["name"] != "source":
        raise Malformed("subject is not the source")
    body = _fields(
        whole["predicate"],
        "predicate",
        "context tool checklist policy author issuedAt expiresAt verdict items inventories",
    )
    context = _fields(body["context"], "context", "repo ref environment profile")
    tool = _fields(body["tool"], "tool", "name version")
    checklist = _fields(body["checklist"], "checklist", "name version digest")
    author = _fields(body["author"], "author", "id key")
    inventories = _fields(body["inventories"], "inventories", "", " ".join((*INVENTORIES, "advisorySnapshot")))
    if not isinstance(body["items"], list):
        raise Malformed("items is not a list")
    if body["verdict"] not in tuple(Verdict):
        raise Malformed("verdict is not a verdict")
    if tool["name"] != "shipworthy":
        raise Malformed("tool is not shipworthy")
    advisories = inventories.get("advisorySnapshot")
    return Statement(
        tree=_text(_fields(subject["digest"], "subject.digest", "gitTree")["gitTree"], "subject.digest", _HEX),
        repo=_text(context["repo"], "context.repo"),
        ref=_text(context["ref"], "context.ref"),
        environment=_text(context["environment"], "context.environment"),
        profile=_text(context["profile"], "context.profile"),
        tool_version=_text(tool["version"], "tool.version"),
        checklist_name=_text(checklist["name"], "checklist.name"),
        checklist_version=_text(checklist["version"], "checklist.version"),
        checklist_digest=_digest(checklist["digest"], "checklist.digest"),
        policy_digest=_digest(_fields(body["policy"], "policy", "digest")["digest"], "policy.digest"),
        author=_text(author["id"], "author.id"),
        author_key=_text(author["key"], "author.key"),
        issued=_time(body["issuedAt"], "issuedAt"),
        expires=_time(body["expiresAt"], "expiresAt"),
        verdict=Verdict(body["verdict"]),
        items=tuple(_item(value, number) for number, value in enumerate(body["items"], start=1)),
        inventories={name: _texts(inventories[name], name) for name in INVENTORIES if name in inventories},
        advisories=None if advisories is None else _text(advisories, "advisorySnapshot"),
    )
