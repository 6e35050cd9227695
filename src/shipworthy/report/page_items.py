"""The areas of the page: every item with its state, who decides, why, its evidence, what people said, and its fix."""

from __future__ import annotations

from collections.abc import Iterator

from shipworthy.model import (
    Area,
    Assessment,
    ComponentOutcome,
    Decides,
    Decision,
    DecisionKind,
    Excerpt,
    Finding,
    Item,
    Level,
    Location,
    OutcomeKind,
    Result,
    Status,
)
from shipworthy.report.html import Html, anchor, code, el, joined, prose, text
from shipworthy.report.words import GLYPHS, title_of
from shipworthy.text import plural

MAX_FINDINGS = 50
"""Shown per item; the rest is counted, and JSON lists it."""
MAX_LOOKED_AT = 12
_LINE = 400
_LONG = 1_000
WORDS = {
    Status.PASS: "pass",
    Status.ATTESTED: "attested",
    Status.FAIL: "fail",
    Status.NEEDS_YOU: "needs a person",
    Status.UNKNOWN: "could not check",
    Status.WAIVED: "waived",
    Status.NOT_APPLICABLE: "does not apply",
}
"""States for a reader who is not the one asked: the coach's "you" is "a person" here."""
_DECIDES = {
    Decides.MACHINE: "a machine decides",
    Decides.BOTH: "a machine looks, a person confirms",
    Decides.PERSON: "a person decides",
}
_OF_OUTCOME = {
    OutcomeKind.PASS: Status.PASS,
    OutcomeKind.FAIL: Status.FAIL,
    OutcomeKind.NEEDS_YOU: Status.NEEDS_YOU,
    OutcomeKind.UNKNOWN: Status.UNKNOWN,
    OutcomeKind.NOT_APPLICABLE: Status.NOT_APPLICABLE,
}
_LEVELS = (Level.REQUIRED, Level.SUGGESTED, Level.OPTIONAL)


def chip(status: Status) -> Html:
    """A state as glyph and word."""
    glyph = el("span", GLYPHS[status], aria_hidden="true")
    return el("span", glyph, " ", WORDS[status], class_=f"state {status.value}")


def mark(status: Status) -> Html:
    """A state's glyph alone, for a place where the word stands beside it."""
    return el("span", GLYPHS[status], class_=f"mark {status.value}", aria_hidden="true")


def areas(assessment: Assessment) -> Html:
    """All items by area, required ones first."""
    return joined(_area(area, assessment) for area in assessment.checklist.areas)


def of_area(area: Area, assessment: Assessment) -> list[Result]:
    """The results of an area: required, suggested, optional, each in the checklist's order."""
    own = [each for each in assessment.results if each.item.area == area.id]
    return sorted(own, key=lambda each: _LEVELS.index(each.level))


def _area(area: Area, assessment: Assessment) -> Html | None:
    rows = of_area(area, assessment)
    if not rows:
        return None
    name = anchor("area", area.id)
    heading = el("h2", text(area.title, 200), id=f"{name}-title")
    return el("section", heading, *map(_item, rows), id=name, class_="area", aria_labelledby=f"{name}-title")


def _item(result: Result) -> Html:
    item, name = result.item, anchor("item", result.item.id)
    small = [_LEVEL_WORDS[result.level], _decides(item), f"{item.risk.value} risk"]
    parts = [
        el("header", chip(result.status), el("h3", text(title_of(result), 300), id=f"{name}-title")),
        el("p", el("code", item.id), " · ", " · ".join(small), class_="small"),
        el("p", prose(item.why, _LONG), class_="why"),
        _decision(result),
        _evidence(result),
        _fix(result),
        el("p", "References: ", text(", ".join(item.references[:12]), _LONG), class_="small refs")
        if item.references
        else None,
    ]
    kind = f"item {result.status.value}" + (" settled" if result.settled else "")
    return el("article", *parts, id=name, class_=kind, aria_labelledby=f"{name}-title")


_LEVEL_WORDS = {Level.REQUIRED: "required", Level.SUGGESTED: "suggested", Level.OPTIONAL: "optional"}


def _decides(item: Item) -> str:
    if item.check is None and item.decides is not Decides.PERSON:
        return "no machine verifies it yet, so a person decides"
    return _DECIDES[item.decides]


def said(decision: Decision) -> str:
    """The verb of a decision."""
    if decision.not_applicable:
        return "Waived as not applicable"
    return "Attested" if decision.kind is DecisionKind.ATTESTED else "Waived"


def _decision(result: Result) -> Html | None:
    decision = result.decision
    if decision is None:
        return (
            el("p", el("strong", "What was said does not count: "), text(result.note), class_="note")
            if (result.note)
            else None
        )
    until = f", until {decision.expires.isoformat()}" if decision.expires else ""
    who = el("p", el("strong", said(decision)), f" by {decision.by} on {decision.at:%Y-%m-%d}{until}")
    parts = [who, el("blockquote", el("p", text(decision.reason)))]
    if decision.evidence:
        parts.append(el("p", "Evidence: ", text(decision.evidence)))
    bound = [f"{path} (sha256 {digest[:12]}…)" for path, digest in list(decision.subjects.items())[:6]]
    if decision.findings:
        bound.insert(0, plural(len(decision.findings), "finding"))
    if bound:
        parts.append(el("p", "Bound to: ", text(", ".join(bound)), class_="small"))
    return el("div", *parts, class_="said")


def _evidence(result: Result) -> Html | None:
    blocks: list[Html] = []
    left, several = MAX_FINDINGS, len(result.outcomes) > 1
    for each in sorted(result.outcomes, key=lambda outcome: outcome.rank):
        blocks.append(el("div", *_outcome(each, several, left), class_="outcome"))
        left = max(0, left - len(each.outcome.findings))
    if len(result.findings) > MAX_FINDINGS:
        rest = plural(len(result.findings) - MAX_FINDINGS, "more finding")
        blocks.append(el("p", f"And {rest}: ", el("code", f"shipworthy check --item {result.item.id}"), class_="small"))
    if not blocks:
        return None
    if result.settled and not result.findings:
        return joined(blocks)
    count = f" ({plural(len(result.findings), 'finding')})" if result.findings else ""
    remarks = result.status in (Status.PASS, Status.NOT_APPLICABLE)
    heading = f"Evidence, with {plural(len(result.findings), 'remark')}" if remarks else f"Evidence{count}"
    return el("details", el("summary", heading), *blocks, open=True)


def _outcome(each: ComponentOutcome, several: bool, room: int) -> Iterator[Html]:
    outcome = each.outcome
    if several or each.component not in (None, "."):
        where = el("code", text(each.component, 200)) if each.component else "repository"
        yield el(
            "p", chip(_OF_OUTCOME[outcome.kind]), " ", where, ": ", prose(outcome.summary, 400), class_="component"
        )
    else:
        yield el("p", prose(outcome.summary, 400), class_="summary")
    shown = [finding for finding in outcome.findings if not _says_nothing_new(finding, outcome.summary)][:room]
    if shown:
        before: Location | None = None
        rows = []
        for finding in shown:
            # The same lines twice would hide what is different.
            rows.append(_finding(finding, again=finding.location == before))
            before = finding.location
        yield el("ul", *rows, class_="findings")
    if outcome.looked_at:
        looked = [text(row, 300) for row in outcome.looked_at[:MAX_LOOKED_AT]]
        more = len(outcome.looked_at) - len(looked)
        looked += [text(f"and {more:,} more")] if more > 0 else []
        yield el("p", "Looked at: ", joined(looked, " · "), class_="small")


def _says_nothing_new(finding: Finding, summary: str) -> bool:
    where = finding.location
    return not where.named and finding.message == summary


def _finding(finding: Finding, *, again: bool) -> Html:
    where = finding.location
    place = text(str(where), 300) if where.named else text("the project as a whole")
    sure = f"{finding.severity.value} · {finding.confidence.value}"
    parts = [
        el("p", el("code", place, class_="place"), " ", el("span", sure, class_="small"), class_="where"),
        el("p", prose(finding.message, _LONG)),
    ]
    if finding.excerpt and not again:
        parts.append(_code(finding.excerpt, where.line))
    if finding.remedy:
        arrow = el("span", "→", aria_hidden="true")
        parts.append(el("p", arrow, " ", prose(finding.remedy, _LONG), class_="remedy"))
    if finding.related:
        others = ", ".join(str(each) for each in finding.related[:4])
        more = f" and {len(finding.related) - 4} more" if len(finding.related) > 4 else ""
        parts.append(el("p", "See also: ", text(others + more, 600), class_="small"))
    return el("li", *parts)


def _code(excerpt: Excerpt, marked: int | None) -> Html:
    rows = []
    for number, line in enumerate(excerpt.lines, excerpt.first):
        hit = number == marked
        gutter = el("span", f"{'▸' if hit else ' '}{number:>5} ", class_="number")
        rows.append(el("span", gutter, code(line, _LINE), Html("\n"), class_="line hit" if hit else "line"))
    return el("pre", el("code", *rows))


def _fix(result: Result) -> Html | None:
    item = result.item
    if result.status in (Status.PASS, Status.NOT_APPLICABLE):
        return None
    parts: list[Html] = []
    if item.fix:
        parts += [el("h4", "Fix"), el("ol", *(el("li", prose(step, _LONG)) for step in item.fix[:30]))]
    # Only a failing title hides what should be true.
    passes = [el("p", text(item.title.rstrip("."), 300), ".")] if result.status is Status.FAIL else []
    if item.check and item.decides is not Decides.PERSON:
        passes.append(el("p", "Check again: ", el("code", f"shipworthy check --item {item.id}")))
    if item.attest and item.decides is not Decides.MACHINE:
        passes.append(el("p", "A person states: ", el("q", text(item.attest, _LONG))))
    if passes:
        parts += [el("h4", "It passes when" if result.status is Status.FAIL else "It is settled when"), *passes]
    if item.not_applicable:
        parts.append(el("p", "Does not apply when: ", text(item.not_applicable, _LONG), class_="small"))
    return el("div", *parts, class_="fix")
