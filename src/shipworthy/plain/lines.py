"""What the line mode says of a repository and of an item: words in place of glyphs, colours and columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from shipworthy.advice.next_step import sentence
from shipworthy.coaching.deciding import again, nothing_found, statement, verb
from shipworthy.coaching.words import (
    FACES,
    OUTCOME_STATUS,
    aside,
    day,
    decides_words,
    effort,
    heading,
    level_words,
    steps,
    took,
)
from shipworthy.model import Assessment, Decides, Excerpt, Finding, Level, Location, Result, Status, Verdict
from shipworthy.report.words import counts
from shipworthy.text import plural, visible

_SHORT = 300
_LONG = 2_000
_PLACES = 4
"""Of further evidence, named on an item."""
_LOOKED_AT = 4
_COMPONENTS = 8
QUOTE = "| "
"""In front of a line that is quoted as it is."""


def _stop(text: str, limit: int = _SHORT) -> str:
    """The text as a sentence."""
    shown = visible(text.strip(), limit)
    return shown if shown.endswith((".", "!", "?", "…", ":")) or not shown else f"{shown}."


def verdict_line(assessment: Assessment) -> str:
    """The verdict in one breath, and what it is about."""
    where = visible(assessment.name, 80)
    where += f" at {assessment.commit[:7]}" if assessment.commit else ", without a commit"
    if assessment.dirty:
        where += f", {plural(len(assessment.dirty), 'uncommitted change')}"
    return f"{assessment.verdict.value}. {counts(assessment).replace(' · ', ', ')}. {where}."


def about_lines(assessment: Assessment) -> Iterator[str]:
    """Under which profile, and what was found to examine."""
    yield f"Profile {visible(assessment.profile, 40)}: {_stop(assessment.profile_reason)}"
    if len(assessment.components) > 1:
        named = [f"{visible(each.root, 60)} ({each.kind.value})" for each in assessment.components[:_COMPONENTS]]
        more = len(assessment.components) - len(named)
        yield f"Components: {', '.join(named)}{f' and {more} more' if more > 0 else ''}."


def step_line(assessment: Assessment, step: Result | None, numbers: Mapping[str, int]) -> str:
    """The one thing to do first."""
    if step is not None:
        return f"Next: item {numbers[step.item.id]}. {sentence(step)}"
    if assessment.verdict is Verdict.READY:
        return "Next: everything required is settled. Press s to sign."
    return "This profile requires nothing of this repository."


def _beside(result: Result, today: date, *, several: bool) -> str:
    """Where to look, until when, or why."""
    beside, others = aside(result, today, several), f" +{len(result.findings) - 1}"
    if result.status is Status.FAIL and beside.endswith(others):
        beside = f"{beside.removesuffix(others)} and {len(result.findings) - 1} more"
    return _stop(beside, 160)


def row(result: Result, number: int, today: date, *, several: bool) -> str:
    """One item in a list."""
    face = FACES[result.status]
    required = "" if result.level is Level.REQUIRED else f", {level_words(result.level)}"
    return (
        f"{number}. {face.words}{required}. {_stop(heading(result))} {_beside(result, today, several=several)}".rstrip()
    )


def folded_line(assessment: Assessment) -> str:
    """What the list of open items leaves out; "" where it leaves out nothing."""
    parts = [f"{sum(each.settled for each in assessment.required)} required are settled"] if assessment.required else []
    for level in (Level.SUGGESTED, Level.OPTIONAL):
        found = [each for each in assessment.results if each.level is level]
        failing = sum(each.status is Status.FAIL for each in found)
        if found:
            parts.append(f"{len(found)} {level.value}" + (f", of which {failing} fail" if failing else ""))
    if not parts:
        return ""
    fails = ", or type / fail for what fails" if any(each.status is Status.FAIL for each in assessment.open) else ""
    return f"Not in this list: {'; '.join(parts)}. Press f to hear everything{fails}."


def item_lines(
    result: Result, number: int, today: date, *, finding: int = 0, milliseconds: int | None = None, command: str = ""
) -> Iterator[str]:
    """One item in full; lines that begin with `QUOTE` are code.

    `finding` is which piece of evidence, from 0; `command` what a re-check would ask to run.
    """
    item = result.item
    yield f"Item {number}, {FACES[result.status].words}, {level_words(result.level)}. {_stop(heading(result))}"
    looked = f" Checked in {took(milliseconds)}." if milliseconds is not None else ""
    yield f"{visible(item.id, 80)}, {decides_words(item)}.{looked}"
    yield from _components(result)
    yield from _decision(result, today)
    yield from evidence_lines(result, finding)
    yield f"Why: {_stop(item.why, _LONG)}"
    if not result.settled or result.status in (Status.WAIVED, Status.ATTESTED):
        yield from _fix(result, command)
    seen = [each for found in result.outcomes for each in found.outcome.looked_at]
    if seen:
        more = len(seen) - _LOOKED_AT
        named = "; ".join(visible(each, 160) for each in seen[:_LOOKED_AT])
        yield f"Looked at: {named}{f'; and {more} more' if more > 0 else ''}."


def _components(result: Result) -> Iterator[str]:
    if len(result.outcomes) < 2:
        return
    for each in sorted(result.outcomes, key=lambda outcome: outcome.rank):
        words = FACES[OUTCOME_STATUS[each.outcome.kind]].words
        yield f"In {visible(each.component or 'the repository', 80)}: {words}. {_stop(each.outcome.summary)}"


def _decision(result: Result, today: date) -> Iterator[str]:
    if result.note:
        yield f"What was said does not count: {_stop(result.note)} {again(result.note)}"
    decision = result.decision
    if decision is None:
        return
    until = f", until {day(decision.expires, today)}" if decision.expires else ""
    yield f"{verb(decision)} by {visible(decision.by, 120)} on {day(decision.at.date(), today)}{until}:"
    yield f"“{visible(decision.reason, _LONG)}”"
    if decision.evidence:
        yield f"Evidence: {visible(decision.evidence)}"


def where(location: Location) -> str:
    """A place in words."""
    if location.line is not None and location.path is not None:
        return f"{visible(location.path)}, line {location.line}"
    return visible(str(location)) if location.named else "the project"


def evidence_lines(result: Result, number: int) -> Iterator[str]:
    """One piece of evidence with its code, and where there is more."""
    findings = result.findings
    if not findings:
        if words := nothing_found(result):
            yield f"{'Found' if result.worst else 'Evidence'}: {_stop(words)}"
        return
    number = min(number, len(findings) - 1)
    shown = findings[number]
    many = f" {number + 1} of {len(findings)}" if len(findings) > 1 else ""
    yield f"Evidence{many}: {where(shown.location)}. {shown.severity.value}, {shown.confidence.value}."
    if shown.excerpt is not None:
        yield from _code(shown, shown.excerpt)
    yield _stop(shown.message, _LONG)
    if shown.remedy:
        words, numbered = steps(shown.remedy)
        yield f"What to do: {_stop(words, _LONG)}".rstrip()
        yield from (f"{number}. {_stop(step, _LONG)}" for number, step in enumerate(numbered, 1))
    if shown.related:
        yield f"See also: {', '.join(where(each) for each in shown.related[:4])}."
    yield from _others(findings, number)


def _others(findings: tuple[Finding, ...], number: int) -> Iterator[str]:
    if len(findings) < 2:
        return
    places = dict.fromkeys(where(each.location) for each in (*findings[number + 1 :], *findings[:number]))
    named = "; ".join(list(places)[:_PLACES])
    more = len(places) - _PLACES
    rest = f"; and {plural(more, 'other place')}" if more > 0 else ""
    yield f"More evidence: {named}{rest}. Press ] for the next piece."


def _code(finding: Finding, excerpt: Excerpt) -> Iterator[str]:
    for offset, text in enumerate(excerpt.lines):
        number = excerpt.first + offset
        here = ", here" if number == finding.location.line else ""
        yield f"{QUOTE}{number}{here}: {visible(text, 400)}"


def _fix(result: Result, command: str) -> Iterator[str]:
    item = result.item
    if item.fix:
        yield "Fix:"
        yield from (f"{number}. {_stop(step, _LONG)}" for number, step in enumerate(item.fix, 1))
    yield f"It passes when: {_stop(item.title)}"
    if item.decides is not Decides.PERSON and item.check and command:
        yield f"Checking it again asks first, because it runs `{visible(command)}`."
    if item.attest and item.decides is not Decides.MACHINE:
        yield f"Press a if you can say: {_stop(statement(result), _LONG)}"
    if item.not_applicable and result.status is not Status.NOT_APPLICABLE:
        yield f"Does not apply when: {_stop(item.not_applicable, _LONG)}"


def short_line(result: Result, number: int, today: date, *, several: bool) -> str:
    """An item as it stands now, after something was done about it."""
    time = "" if result.settled else f" {effort(result.item.minutes).capitalize()}."
    beside = f"What was said does not count: {_stop(result.note)}" if result.note else ""
    beside = beside or _beside(result, today, several=several)
    return f"Item {number} is now: {FACES[result.status].words}.{f' {beside}' if beside else ''}{time}"
