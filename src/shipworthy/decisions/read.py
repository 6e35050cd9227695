"""Reads `.shipworthy/decisions.toml` strictly: a decision that is not understood whole does not count."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from shipworthy.checklist.document import KEBAB, Document, DocumentError, Problem, Section, shown
from shipworthy.model import Decision, DecisionKind

MAX_DECISIONS = 1_000
MAX_REASON = 20_000
MAX_FINDINGS = 10_000
MAX_SUBJECTS = 1_000


class DecisionsError(DocumentError):
    """Decisions cannot be read, written or made as asked: where, what is wrong, and in `diagnostics` what to do."""


def read(data: bytes, file: str) -> dict[str, Decision]:
    """The decisions of a file by item id, expired ones too (see `settle.why_not`).

    Layout: one table `[items.ITEM]` each, with `decision`, `by`, `at` and `reason`, and where they apply `evidence`,
    `expires`, `findings`, `not_applicable` and a table `subjects`. Raises DecisionsError with every problem: one
    decision with an unknown key or an impossible date makes the whole file unusable, so that nothing counts by mistake.
    """
    document = Document(data, file)
    found = _decisions(document)
    if document.problems:
        raise DecisionsError(document.problems)
    return found


def lint(data: bytes, file: str) -> list[Problem]:
    """Every problem that keeps `read` from reading, in the order of the file."""
    document = Document(data, file)
    _decisions(document)
    return document.problems


def _decisions(document: Document) -> dict[str, Decision]:
    """What is sound; the problems are in the document."""
    if document.problems:
        return {}
    top = document.top()
    top.schema(required=False)
    items = top.section("items", required=False)
    found: dict[str, Decision] = {}
    if items is not None and len(items.table) > MAX_DECISIONS:
        top.wrong("items", f"has more than {MAX_DECISIONS:,} decisions", "Remove those of items that are gone.")
    elif items is not None:
        for item in items.table:
            if not KEBAB.fullmatch(item) or len(item) > 60:
                items.wrong(item, "is no item's id", "Use the id the checklist shows, such as routes-protected.")
                continue
            section = items.section(item)
            decision = _decision(item, section) if section is not None else None
            if decision is not None:
                found[item] = decision
    top.close()
    return found


def _decision(item: str, section: Section) -> Decision | None:
    kind = section.choice("decision", DecisionKind)
    by = section.text("by", limit=320)
    at = moment(section)
    reason = section.text("reason", limit=MAX_REASON, multiline=True)
    evidence = section.text("evidence", limit=MAX_REASON, required=False, empty=True, multiline=True)
    expires = _day(section)
    findings = section.texts("findings", required=False, most=MAX_FINDINGS, limit=100)
    not_applicable = section.raw("not_applicable", required=False)
    if not_applicable is not None and not isinstance(not_applicable, bool):
        section.wrong(
            "not_applicable", f"must be true or false, is {shown(not_applicable)}", "Write true, or remove it."
        )
    elif not_applicable and kind is DecisionKind.ATTESTED:
        section.wrong("not_applicable", "can only be waived, not attested", 'Write `decision = "waived"`.')
    subjects = _subjects(section)
    if not section.close() or kind is None or at is None:
        return None
    return Decision(
        item=item,
        kind=kind,
        by=by,
        at=at,
        # What is read here is shown, reported and signed.
        reason=without_secrets(reason),
        evidence=without_secrets(evidence),
        expires=expires,
        findings=tuple(findings),
        subjects=subjects,
        not_applicable=not_applicable is True,
    )


def without_secrets(text: str) -> str:
    """What a person wrote, with the secrets in it masked."""
    from shipworthy.facts.secrets.mask import mask_words

    return mask_words(text)


def moment(section: Section) -> datetime | None:
    """The key `at`, in UTC; None where it is none, which the document then says."""
    value = section.raw("at")
    if value is None:
        return None
    if isinstance(value, datetime) and value.tzinfo is not None:
        try:
            return value.astimezone(UTC)
        except OverflowError:
            section.wrong("at", "is no moment the calendar has", "Write it like 2026-11-22T12:00:00Z.")
            return None
    section.wrong("at", f"must be a date and time with its zone, is {_temporal(value)}", "Write 2026-11-22T12:00:00Z.")
    return None


def _day(section: Section) -> date | None:
    value = section.raw("expires", required=False)
    if value is None:
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    section.wrong("expires", f"must be a date, is {_temporal(value)}", "Write it like 2027-02-20, without quotes.")
    return None


def _temporal(value: object) -> str:
    if isinstance(value, datetime):
        return "a date and time" if value.tzinfo is not None else "a date and time without its zone"
    return "a date" if isinstance(value, date) else shown(value)


def _subjects(section: Section) -> dict[str, str]:
    table = section.section("subjects", required=False)
    if table is None:
        return {}
    if len(table.table) > MAX_SUBJECTS:
        section.wrong("subjects", f"has more than {MAX_SUBJECTS:,} entries", "Remove some.")
        return {}
    for path, digest in table.table.items():
        if not is_digest(digest):
            table.wrong(path, "must be a sha256 in 64 hex digits", "Say it again: shipworthy attest or waive.")
    section.sound = section.sound and table.sound
    return dict(table.table)


def is_digest(value: Any) -> bool:
    """Whether it is a sha256 in lower-case hex."""
    return isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")
