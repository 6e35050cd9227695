"""What the checks of all forms share: missing, broken, incomplete, out of step with the code, or written down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from shipworthy.checks.base import Check, CheckContext
from shipworthy.facts import Fact, Facts
from shipworthy.facts.forms import (
    Flaw,
    Form,
    FormFact,
    Named,
    Question,
    Source,
    Written,
    found_in,
    lacking,
    parts_named,
)
from shipworthy.facts.forms.found import mentions
from shipworthy.facts.routes import Routes
from shipworthy.facts.stack import Part, Stack
from shipworthy.model import PROJECT, Confidence, Finding, Location, Outcome, OutcomeKind, Severity
from shipworthy.text import plural

READ = frozenset({"python", "javascript", "typescript"})
"""Languages in which the things a form names would have been seen."""


class FormCheck(Check):
    """Judges one form's file. Its summaries are few words, for the right end of a line; the findings say the rest.

    Where there is none, a person is asked, as for an item that no machine judges; nothing is said about the code.
    A file that is incomplete, or does not name what the code names, fails. A pass proves no more than that the form is
    complete, not too old, and names what was found; whether it is true is for the person who attests the item.
    """

    file: ClassVar[type[FormFact]]
    stands = frozenset({OutcomeKind.FAIL, OutcomeKind.NEEDS_YOU})

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        fact = facts[self.file]
        form = fact.form()
        known: dict[type[Fact], Fact] = {kind: facts[kind] for kind in self.needs}
        if fact.gaps:
            return not_understood(fact, form)
        found = {question.id: found_in(question.sources, known) for question in form.questions if question.sources}
        if fact.written is None:
            return _nothing_written(form, found)
        flaws = lacking(form, fact.written.answers, context.outside.now.date(), fact.written)
        looked_at = [f"{form.file}: {plural(len(form.questions), 'question')}", *_seen(found)]
        strange = [(*each, _waiting(*each, fact.written)) for each in _strange(form, fact.written, found)]
        # A row that waits is told of once, with the place in the code.
        told = {line for _, _, line in strange if line is not None}
        findings = [_not_named(*each, form, fact.written) for each in strange]
        findings += [_lacks(flaw, form) for flaw in flaws if flaw.rule != "not-confirmed" or flaw.line not in told]
        unnamed = [named.name for named, _, line in strange if line is None]
        if unnamed:
            more = f" and {len(unnamed) - 3} more" if len(unnamed) > 3 else ""
            names = ", ".join(unnamed[:3])
            return Outcome.failed(f"form: lacks {names}{more}", findings, looked_at)
        if flaws:
            return Outcome.failed(f"form: {len(findings)} missing", findings, looked_at)
        unseen = list(_unseen(form, known))
        if unseen:
            return Outcome.unknown(unseen[0].message, unseen, looked_at=looked_at)
        gone = list(_gone(form, fact.written, found))
        return Outcome.passed("form done: you say", looked_at, gone)


_Found = Mapping[str, tuple[Named, ...]]


def command(form: Form) -> str:
    """How a person fills the form in."""
    return f"shipworthy form {form.id}"


def not_understood(fact: FormFact, form: Form) -> Outcome:
    """For a file that has gaps."""
    findings = [
        Finding.at(
            Location(path=gap.path, line=gap.line),
            "form-not-understood",
            gap.reason,
            anchor=gap.reason,
            severity=Severity.MEDIUM,
            remedy=f"Mend the file by hand; what it should look like: {command(form)} --template",
        )
        for gap in fact.gaps
    ]
    return Outcome.unknown(f"{findings[0].location}: {fact.gaps[0].reason}", findings)


def _nothing_written(form: Form, found: _Found) -> Outcome:
    finding = Finding.at(
        PROJECT,
        "nothing-written",
        f"Nobody has written this down where it can be held against the code: there is no {form.file} that git knows.",
        anchor=form.id,
        severity=Severity.INFO,
        confidence=Confidence.REVIEW,
        remedy=f"Answer a few questions: {command(form)}. Or say in an attestation how you know.",
    )
    return Outcome.needs_you("no form yet", [finding], _seen(found))


def _seen(found: _Found) -> list[str]:
    return [f"{each.what}: {each.location}" for named in found.values() for each in named]


def _lacks(flaw: Flaw, form: Form) -> Finding:
    return Finding.at(
        Location(path=flaw.file, line=flaw.line),
        f"form-{flaw.rule}",
        f"{flaw.message}.",
        anchor=flaw.anchor,
        severity=Severity.MEDIUM,
        remedy=f"{flaw.remedy} ({command(form)})",
    )


def _strange(form: Form, written: Written, found: _Found) -> Iterator[tuple[Named, Question]]:
    for question in form.questions:
        if question.sources:
            for named, is_named in parts_named(question, form, written.answers, found[question.id]):
                if not is_named:
                    yield named, question


def _waiting(named: Named, question: Question, written: Written) -> int | None:
    """The line of a row that names the thing and that nobody has confirmed."""
    rows = written.answers.table(question.id)
    first = question.columns[0].id
    if not mentions(named, "\n".join(row.cell(first) for row in rows if not row.confirmed)):
        return None
    for number, row in enumerate(rows):
        if not row.confirmed and mentions(named, row.cell(first)):
            return written.line(question.id, number)
    return None


def _not_named(named: Named, question: Question, line: int | None, form: Form, written: Written) -> Finding:
    says = "does not name it" if line is None else "has a row for it that nobody has confirmed"
    do = "Add a row for it" if line is None else "Fill its row in and say that it is so"
    return Finding.at(
        named.location,
        "not-in-form",
        f"The {named.what} is in the code, and {form.file} {says}.",
        anchor=named.name,
        severity=Severity.MEDIUM,
        related=[Location(path=form.file, line=line or written.line(question.id)), *named.related],
        remedy=f"{do}: {command(form)}",
    )


def _gone(form: Form, written: Written, found: _Found) -> Iterator[Finding]:
    """Remarks on rows that came from the code and that nothing in it explains any more."""
    for question in form.questions:
        if not question.sources:
            continue
        for number, row in enumerate(written.answers.table(question.id)):
            name = row.cell(question.columns[0].id)
            if row.found and not any(mentions(each, name) for each in found[question.id]):
                yield Finding.at(
                    Location(path=form.file, line=written.line(question.id, number)),
                    "no-longer-found",
                    f'"{name[:80]}" was once found in the code and is not found any more.',
                    anchor=name,
                    severity=Severity.INFO,
                    confidence=Confidence.REVIEW,
                    remedy="Take the row out if it is gone.",
                )


def _unseen(form: Form, known: Mapping[type[Fact], Fact]) -> Iterator[Finding]:
    """Why the code may name more than was seen."""
    sources = {source for question in form.questions for source in question.sources}
    stack, routes = known.get(Stack), known.get(Routes)
    if sources and isinstance(stack, Stack):
        strange = sorted(stack.names(Part.LANGUAGE) - READ)
        if strange:
            yield _cannot_see(f"written in {', '.join(strange)} too: what that code uses is not read yet", form)
    if Source.ROUTES in sources and isinstance(routes, Routes):
        with_routes = {route.component for route in routes.routes}
        for name, component in sorted(routes.frameworks):
            if component not in with_routes:
                yield _cannot_see(f"{name} is used in {component}, but no route was found there", form)
        for route in routes.routes:
            if route.path is None:
                yield _cannot_see(
                    f"the full path of the route for {route.handler} is not known, or only at run time",
                    form,
                    Location(path=route.file, line=route.line),
                )


def _cannot_see(why: str, form: Form, location: Location = PROJECT) -> Finding:
    return Finding.at(
        location,
        "cannot-compare",
        why,
        anchor=why,
        severity=Severity.INFO,
        remedy=f"Compare it by hand, and name {form.file} as the evidence when you attest.",
    )
