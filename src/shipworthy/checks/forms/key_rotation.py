"""Judges `key-rotation`: every key has a day by which it is replaced, and none is overdue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from shipworthy.checklist.policy import KEY_MAX_DAYS
from shipworthy.checks.base import Check, CheckContext
from shipworthy.checks.forms.base import command, not_understood
from shipworthy.checks.forms.key_inventory import no_keys, said
from shipworthy.facts import Facts
from shipworthy.facts.forms import KeysFile, Row, Written
from shipworthy.facts.keys import Keys
from shipworthy.facts.keys.inventory import QUESTION, row_of
from shipworthy.facts.keys.names import guarded
from shipworthy.facts.secrets import Secrets
from shipworthy.facts.stack import Stack
from shipworthy.model import PROJECT, Confidence, Finding, Location, Outcome, OutcomeKind, Severity
from shipworthy.text import plural, visible

_GIVE = "Give it a day by which another key takes its place; 90 days from now is a good start."
_REPLACE = "Make a new key, switch over to it, revoke the old one, then write down the new dates."


class KeyRotation(Check):
    """A pass proves that each key listed or found has a day by which it is replaced, that none of these days is past,
    and that none is later than the policy's `key_max_days` (a year) after the key was made, or after today where nobody
    wrote down when that was.

    Evidence: the dates in `.shipworthy/keys.toml`, the keys found in the code and its workflows, and the day of the
    examination. What is public, or only an id, needs none. The pass ends by itself on the first of the days, in a
    signed file too. It cannot see the provider's own list: that a key was really replaced is what the person attests.
    """

    id = "key-rotation"
    needs = (KeysFile, Keys, Secrets, Stack)
    stands = frozenset({OutcomeKind.FAIL, OutcomeKind.NEEDS_YOU})

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        file, keys = facts[KeysFile], facts[Keys]
        if file.gaps:
            return not_understood(file, file.form())
        if not said(file) or file.written is None:
            nothing = no_keys(keys, facts[Stack], facts[Secrets])
            return _no_list() if nothing is None else Outcome.not_applicable("no key is used", nothing)
        today, most = context.outside.now.date(), context.outside.key_max_days or KEY_MAX_DAYS
        rows: dict[str, Row] = {}
        days: dict[str, date] = {}
        findings: list[Finding] = []
        for number, row in enumerate(file.written.answers.table(QUESTION)):
            name = row.cell("name")
            if not row.confirmed or (not guarded(name) and not row.cell("rotate_by")):
                continue
            rows.setdefault(name, row)
            wrong = list(_wrong(row, number, file.written, today, most))
            findings += wrong
            if not wrong:
                # Of two rows for one name, the earlier day comes first.
                by = date.fromisoformat(row.cell("rotate_by"))
                days[name] = min(by, days.get(name, by))
        findings += [_not_listed(key.name, key.places[0]) for key in keys.keys if key.guarded and not row_of(key, rows)]
        looked_at = [f"{name}: replace by {day}" for name, day in sorted(days.items(), key=lambda each: each[1])]
        if findings:
            findings.sort(key=lambda each: each.rule != "key-overdue")
            overdue = sum(each.rule == "key-overdue" for each in findings)
            what = (
                f"{plural(overdue, 'key')} overdue"
                if overdue
                else f"{plural(len(findings), 'key')} without a good date"
            )
            return Outcome.failed(what, findings, looked_at)
        if not days:
            return _no_list()
        first = min(days.values())
        return Outcome.passed(f"{plural(len(days), 'key')}, next by {first}: you say", looked_at, until=first)


def _wrong(row: Row, number: int, written: Written, today: date, most: int) -> Iterator[Finding]:
    """What keeps the dates of a key from being good ones."""
    name, form = row.cell("name"), written.form
    shown = visible(name, 80)

    def finding(rule: str, column: str, message: str, remedy: str, severity: Severity = Severity.MEDIUM) -> Finding:
        place = Location(path=form.file, line=written.line(QUESTION, number, column))
        remedy = f"{remedy} ({command(form)})"
        return Finding.at(place, rule, f"{shown} {message}.", anchor=name, severity=severity, remedy=remedy)

    made, by = _day(row.cell("created")), _day(row.cell("rotate_by"))
    if row.cell("created") and (made is None or made > today):
        why = "no day" if made is None else f"in the future: {made}"
        yield finding("key-made-when", "created", f"was made on a day that is {why}", "Write when it was issued.")
        made = None
    if by is None:
        says = "has no day by which it is replaced"
        if row.cell("rotate_by"):
            says = "is to be replaced on what is no day"
        yield finding("no-rotation-date", "rotate_by", says, _GIVE)
        return
    start = made or today
    if by < today:
        late = plural((today - by).days, "day")
        yield finding("key-overdue", "rotate_by", f"was to be replaced by {by}, {late} ago", _REPLACE, Severity.HIGH)
    elif by <= start and made is not None:
        yield finding("key-made-when", "rotate_by", f"is to be replaced by {by}, and was made on {made}", _GIVE)
    elif (by - start).days > most:
        since = "after it was made" if made else "from today, and nobody wrote down when it was made"
        message = f"is to be replaced {(by - start).days} days {since}; {most} are the most"
        yield finding("rotation-too-late", "rotate_by", message, "Write an earlier day, and replace it by then.")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _not_listed(name: str, place: Location) -> Finding:
    form = KeysFile.form()
    return Finding.at(
        place,
        "no-rotation-date",
        f"{visible(name, 80)} is used here, and {form.file} does not say by when it is replaced.",
        anchor=name,
        severity=Severity.MEDIUM,
        related=[Location(path=form.file)],
        remedy=f"{_GIVE} ({command(form)})",
    )


def _no_list() -> Outcome:
    form = KeysFile.form()
    finding = Finding.at(
        PROJECT,
        "no-rotation-dates",
        f"Nobody has written down by when each key is replaced: there is no list of keys in {form.file}.",
        anchor=form.id,
        severity=Severity.INFO,
        confidence=Confidence.REVIEW,
        remedy=f"List the keys with their dates: {command(form)}. Or say in an attestation when each was replaced.",
    )
    return Outcome.needs_you("no list of keys yet", [finding])
