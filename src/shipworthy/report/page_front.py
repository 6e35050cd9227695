"""What stands around the items: verdict, next step, areas, people's words, signature; and at the end the gaps."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from shipworthy.advice.next_step import next_step, sentence
from shipworthy.model import Assessment, Decides, Level, Result, Status, Verdict
from shipworthy.report.html import Html, Inside, anchor, cell, el, joined, prose, table, text
from shipworthy.report.page_items import MAX_FINDINGS, chip, mark, of_area, said
from shipworthy.report.page_signed import SignatureState, Worth
from shipworthy.report.words import title_of
from shipworthy.text import plural

_COLUMNS = (Status.FAIL, Status.UNKNOWN, Status.NEEDS_YOU)
_WORTH = {
    Worth.VERIFIED: Status.PASS,
    Worth.UNPROVEN: Status.UNKNOWN,
    Worth.REFUSED: Status.FAIL,
    Worth.ABSENT: Status.NOT_APPLICABLE,
    Worth.UNKNOWN: Status.UNKNOWN,
}
_SAID = ("Item", "Said", "By", "Words and evidence", "Until")
_MAX_PATHS = 30
_MAX_COMPONENTS = 60


def front(assessment: Assessment, at: datetime, signatures: tuple[SignatureState, ...]) -> Html:
    """From the verdict to the components; it opens `<main>`, which the caller closes."""
    return joined(
        (
            _verdict(assessment, at, signatures),
            Html("<main>\n"),
            _summary(assessment),
            _open(assessment),
            _words(assessment),
            _signatures(signatures),
            _components(assessment),
        )
    )


def back(assessment: Assessment, at: datetime, version: str) -> Html:
    """What was examined, with what, and what that does not cover."""
    return joined((_about(assessment, at, version), _uncovered(assessment)))


def _section(name: str, title: str, *inside: Inside) -> Html:
    return el("section", el("h2", title, id=f"{name}-title"), *inside, id=name, aria_labelledby=f"{name}-title")


def _verdict(assessment: Assessment, at: datetime, signatures: tuple[SignatureState, ...]) -> Html:
    ready = assessment.verdict is Verdict.READY
    status = Status.PASS if ready else Status.FAIL
    heading = el(
        "h1",
        el("span", mark(status), " ", assessment.verdict.value, class_=f"verdict {status.value}"),
        " ",
        el("span", text(assessment.name, 120), class_="name"),
    )
    return el(
        "header",
        el("p", "Production readiness", class_="kicker"),
        heading,
        el("p", _counts(assessment), class_="counts"),
        el("p", el("strong", "Next: "), *_next(assessment, signatures), class_="next"),
        el("p", *_place(assessment), f" · {at:%Y-%m-%d %H:%M} UTC", class_="small"),
        class_="top",
    )


def _place(assessment: Assessment) -> list[Inside]:
    if assessment.commit is None:
        return ["No commit"]
    branch = (" on ", el("code", text(assessment.branch, 200))) if assessment.branch else ()
    return ["Commit ", el("code", assessment.commit[:12]), *branch, f", {_tree(assessment)}"]


def _counts(assessment: Assessment) -> str:
    if not assessment.required:
        return "No item is required by this profile, so there is nothing to be ready by."
    settled = len(assessment.required) - len(assessment.open)
    tallies = {status: sum(1 for each in assessment.open if each.status is status) for status in _COLUMNS}
    fail, unknown, person = tallies[Status.FAIL], tallies[Status.UNKNOWN], tallies[Status.NEEDS_YOU]
    parts = [
        f"{fail} {'fails' if fail == 1 else 'fail'}" if fail else "",
        f"{unknown} could not be checked" if unknown else "",
        f"{person} {'needs' if person == 1 else 'need'} a person" if person else "",
    ]
    rest = ", ".join(part for part in parts if part)
    return f"{settled} of {plural(len(assessment.required), 'required item')} settled" + (f"; {rest}." if rest else ".")


def _next(assessment: Assessment, signatures: tuple[SignatureState, ...]) -> list[Inside]:
    step = next_step(assessment)
    if step is not None:
        return [el("a", text(sentence(step)), href="#" + anchor("item", step.item.id))]
    if assessment.verdict is not Verdict.READY:
        return ["choose a profile that requires something, in ", el("code", ".shipworthy/policy.toml")]
    if assessment.dirty or assessment.commit is None:
        return ["commit what is examined here, then sign it: ", el("code", "shipworthy sign")]
    worths = {each.worth for each in signatures}
    if worths == {Worth.VERIFIED}:
        return ["nothing: this commit is signed, and the signature holds."]
    if Worth.UNKNOWN in worths:
        return ["find out why ", el("a", "the signature", href="#signature"), " could not be checked."]
    if worths and worths <= {Worth.VERIFIED, Worth.UNPROVEN}:
        return ["this commit is signed; whether the key counts says ", el("code", "shipworthy verify")]
    return ["everything required is settled, so it can be signed: ", el("code", "shipworthy sign")]


def _tree(assessment: Assessment) -> str:
    if assessment.dirty:
        return plural(len(assessment.dirty), "uncommitted change")
    return "as committed" if assessment.commit else "not known, there is no commit"


def _about(assessment: Assessment, at: datetime, version: str) -> Html:
    checklist = assessment.checklist
    rows: list[tuple[str, Inside]] = [
        ("Commit", el("code", assessment.commit) if assessment.commit else "none"),
        ("Branch", text(assessment.branch, 200) if assessment.branch else "none"),
        ("Work tree", _tree(assessment)),
        ("Profile", text(f"{assessment.profile}: {assessment.profile_reason}", 300)),
        (
            "Checklist",
            joined((text(f"{checklist.name} {checklist.version}", 120), Html("<br>"), _digest(checklist.digest))),
        ),
        ("Advisory data", f"of {assessment.advisories}" if assessment.advisories else "not used"),
        ("Made", el("time", f"{at:%Y-%m-%d %H:%M} UTC", datetime=f"{at:%Y-%m-%dT%H:%M:%SZ}")),
        ("Tool", f"shipworthy {version}"),
    ]
    pairs = (el("div", el("dt", name), el("dd", value)) for name, value in rows)
    return _section("about", "What was examined", el("dl", *pairs, class_="facts"))


def _digest(digest: str) -> Html:
    return el("code", f"sha256 {digest}", class_="digest")


def _summary(assessment: Assessment) -> Html:
    heads = ("Area", "Required", "Settled", "Fail", "Could not check", "Need a person", "Waived")
    rows: list[list[Html]] = []
    for area in assessment.checklist.areas:
        own = of_area(area, assessment)
        if not own:
            continue
        required = [each for each in own if each.level is Level.REQUIRED]
        link = el("a", text(area.title, 120), href="#" + anchor("area", area.id))
        cells = [_count("Required", len(required)), _count("Settled", sum(1 for each in required if each.settled))]
        for head, status in zip(heads[3:], (*_COLUMNS, Status.WAIVED), strict=True):
            cells.append(_count(head, sum(1 for each in required if each.status is status), status))
        rows.append([el("th", link, scope="row"), *cells])
    others = [each for each in assessment.results if each.level is not Level.REQUIRED]
    note = None
    if others:
        settled = sum(1 for each in others if each.settled)
        words = f"Suggested and optional, and in nobody's way: {settled} of {plural(len(others), 'item')} settled."
        note = el("p", words, class_="small")
    return _section("summary", "Summary", table("Required items by area", heads, rows), note)


def _count(head: str, number: int, status: Status | None = None) -> Html:
    if not number:
        return cell(head, "0", class_="number none")
    if status is None:
        return cell(head, str(number), class_="number")
    return cell(head, mark(status), f" {number}", class_=f"number {status.value}")


def _open(assessment: Assessment) -> Html:
    if not assessment.open:
        return _section("open", "What is open", el("p", "No required item is open."))
    order = {status: place for place, status in enumerate(_COLUMNS)}
    ordered = sorted(assessment.open, key=lambda each: order[each.status])
    return _section("open", "What is open", el("ul", *map(_row, ordered), class_="rows"))


def _row(result: Result) -> Html:
    link = el("a", text(title_of(result), 300), href="#" + anchor("item", result.item.id))
    told = result.worst is not None or result.note
    summary = el("span", prose(result.summary, 160), class_="small") if told else None
    return el("li", chip(result.status), " ", el("span", link, " ", summary))


def _words(assessment: Assessment) -> Html:
    title = "What people said"
    rows = [each for each in assessment.results if each.decision is not None]
    void = [each for each in assessment.results if each.note]
    if not rows and not void:
        return _section("said", title, el("p", "Nothing: no item rests on a person's word or is waived."))
    parts: list[Html] = []
    if rows:
        parts.append(table("Attested and waived", _SAID, map(_said_row, rows)))
    if void:
        parts += [
            el("p", "Said, and not counted:"),
            el("ul", *(el("li", _link(each), ": ", text(each.note, 400)) for each in void)),
        ]
    return _section("said", title, *parts)


def _said_row(result: Result) -> list[Html]:
    decision = result.decision
    assert decision is not None  # noqa: S101 - only decided items come here
    evidence = joined((Html("<br>"), "Evidence: ", text(decision.evidence, 300))) if decision.evidence else None
    until = decision.expires.isoformat() if decision.expires else "no end"
    return [
        el("th", _link(result), scope="row"),
        cell(_SAID[1], said(decision)),
        cell(_SAID[2], text(decision.by, 120)),
        cell(_SAID[3], text(decision.reason, 600), evidence),
        cell(_SAID[4], until, class_="date"),
    ]


def _link(result: Result) -> Html:
    return el("a", text(result.item.title, 200), href="#" + anchor("item", result.item.id))


def _components(assessment: Assessment) -> Html | None:
    if not assessment.components:
        return None
    heads = ("Component", "Kind", "Languages", "Frameworks")
    rows = (
        [
            el("th", "top folder" if each.root == "." else el("code", text(each.root, 200)), scope="row"),
            cell("Kind", each.kind.value),
            cell("Languages", text(", ".join(each.languages) or "none seen", 200)),
            cell("Frameworks", text(", ".join(each.frameworks) or "none seen", 200)),
        ]
        for each in assessment.components[:_MAX_COMPONENTS]
    )
    more = len(assessment.components) - _MAX_COMPONENTS
    rest = el("p", f"And {more} more.", class_="small") if more > 0 else None
    return _section("components", "Components", table("Apps and packages found", heads, rows), rest)


def _signatures(signatures: tuple[SignatureState, ...]) -> Html:
    if not signatures:
        return _section("signature", "Signature", el("p", "Not looked at: this is not a git repository with a commit."))
    return _section("signature", "Signature", *(part for each in signatures for part in _signature(each)))


def _signature(state: SignatureState) -> Iterable[Html]:
    glyph = mark(_WORTH[state.worth])
    yield el("h3", text(state.environment, 60))
    yield el(
        "p", el("span", glyph, " ", state.worth.value, class_=f"state {_WORTH[state.worth].value}"), " ",
        text(state.words, 600),
    )  # fmt: skip
    if state.remedy:
        yield el("p", "To do: ", text(state.remedy, 400), class_="small")
    if state.rows:
        pairs = (el("div", el("dt", name), el("dd", text(value, 300))) for name, value in state.rows)
        yield el("dl", *pairs, class_="facts")


def _uncovered(assessment: Assessment) -> Html:
    """What this page says nothing about."""
    points: list[Html] = []
    if assessment.dirty:
        paths = ", ".join(assessment.dirty[:_MAX_PATHS])
        more = len(assessment.dirty) - _MAX_PATHS
        words = f"{paths}{f' and {more} more' if more > 0 else ''}"
        points.append(
            el("li", "The files differ from the commit named above: ", el("span", text(words), class_="paths"))
        )
    points += _listed(assessment, "Could not be checked, and not counted as settled: ", Status.UNKNOWN)
    alone = [each for each in assessment.results if each.item.check is None and each.item.decides is not Decides.PERSON]
    if alone:
        points.append(el("li", "Not verified by a machine yet, so they rest on people: ", _linked(alone)))
    asked = {each.item.id for each in assessment.results}
    absent = [item.id for item in assessment.checklist.items if item.id not in asked]
    if absent:
        words = f"Not asked for by the profile {assessment.profile}: {', '.join(absent[:80])}."
        points.append(el("li", text(words)))
    if assessment.advisories:
        words = f"Vulnerabilities that became known after {assessment.advisories}, the date of the advisory data."
        points.append(el("li", words))
    cut = sum(max(0, len(each.findings) - MAX_FINDINGS) for each in assessment.results)
    if cut:
        words = f"{plural(cut, 'finding')} beyond the first {MAX_FINDINGS} of an item: "
        points.append(el("li", words, el("code", "shipworthy report --format json"), " lists all."))
    points += [
        el("li", "Files git ignores, the contents of submodules, and of files kept in LFS."),
        el("li", "The running system. A pass says what its evidence says: what was found in files, or what a test run "
                 "or a service answered where the evidence names one."),
        el("li", "Whether what a person said is true. The page shows who said it, with which evidence, until when."),
        el("li", "Secrets: no value is on this page, bullets (••••••••) stand in its place."),
    ]  # fmt: skip
    return _section("uncovered", "What this page does not cover", el("ul", *points))


def _listed(assessment: Assessment, words: str, status: Status) -> list[Html]:
    rows = [each for each in assessment.results if each.status is status]
    return [el("li", words, _linked(rows))] if rows else []


def _linked(results: list[Result]) -> Html:
    return joined((_link(each) for each in results), ", ")
