"""One item in full: state, evidence with its lines, why, fix, what passing looks like, what was looked at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from textual.content import Content

from shipworthy.coaching.deciding import again, nothing_found, verb
from shipworthy.coaching.words import (
    FACES,
    OUTCOME_STATUS,
    WAITING,
    Face,
    day,
    decides_words,
    heading,
    level_words,
    steps,
    took,
)
from shipworthy.model import Decides, Excerpt, Finding, OutcomeKind, Result, Status
from shipworthy.text import visible
from shipworthy.tui.widgets.lines import Line, Lines, Page
from shipworthy.tui.widgets.safe import BOLD, DIM, FAINT, joined, shown

_LOOKED_AT = 12
_REFERENCES = 8
_PAGES = 40
"""How many items are kept as they were drawn."""


class Subject(NamedTuple):
    """What the pane shows."""

    result: Result
    face: Face
    today: date
    milliseconds: int | None = None
    """How long its check took; None where none ran in this session."""
    number: int = 0
    """Which finding, from 0."""
    command: str | None = None
    """The project's command that a re-check would ask to run."""
    form: str = ""
    """The file of the item's form; empty where it has none."""


def item_lines(subject: Subject, width: int) -> Iterator[Line]:
    """Everything the pane says, at a width in cells (for the part of long source lines that is shown)."""
    result, item = subject.result, subject.result.item
    pending = subject.face.glyph == "…"
    yield Line(shown(item.title if pending else heading(result), BOLD))
    yield Line(_state(subject))
    yield Line(shown(item.id, FAINT))
    if not pending:
        yield from _components(result)
    yield from _decision(subject)
    if subject.face is WAITING:
        # What it said before, if anything, is about to be replaced, and what is there now is no evidence.
        yield from _section("Evidence", [Line(shown("Its check has not answered yet."))])
    else:
        yield from _evidence(subject, width)
        yield from _form(subject)
    yield from _section("Why it matters", [Line(shown(item.why, limit=2_000))])
    if not result.settled or result.status in (Status.WAIVED, Status.ATTESTED):
        yield from _fix(subject)
    looked = [path for each in result.outcomes for path in each.outcome.looked_at]
    if looked:
        more = len(looked) - _LOOKED_AT
        lines = [Line(shown(each, DIM), head=shown("· ", FAINT)) for each in looked[:_LOOKED_AT]]
        lines += [Line(shown(f"and {more} more", FAINT), head=Content("  "))] if more > 0 else []
        yield from _section("Looked at", lines)
    if item.references:
        yield from _section("References", [Line(shown(", ".join(item.references[:_REFERENCES]), DIM))])
    if not result.settled:
        yield Line()
        yield Line(joined(("y", "bold $primary"), (" copies this as a prompt for your AI assistant.", DIM)))


def _section(title: str, lines: list[Line]) -> Iterator[Line]:
    yield Line()
    yield Line(shown(title, "bold $secondary"))
    yield from lines


def _state(subject: Subject) -> Content:
    result = subject.result
    parts = [level_words(result.level), decides_words(result.item)]
    if subject.milliseconds is not None:
        parts.append(f"took {took(subject.milliseconds)}")
    return joined(
        (f"{subject.face.glyph} {subject.face.words}", f"bold {subject.face.style}"),
        ("  " + " · ".join(parts), DIM),
    )


def _components(result: Result) -> Iterator[Line]:
    if len(result.outcomes) < 2:
        return
    yield Line()
    for each in sorted(result.outcomes, key=lambda outcome: outcome.rank):
        face = FACES[OUTCOME_STATUS[each.outcome.kind]]
        yield Line(
            joined((f"{each.component or 'repository'}  ", ""), (each.outcome.summary, DIM)),
            head=joined((f"{face.glyph} {face.word:<8}", face.style)),
        )


def _decision(subject: Subject) -> Iterator[Line]:
    decision, result = subject.result.decision, subject.result
    if result.note:
        yield Line()
        yield Line(
            joined(("What was said does not count: ", "bold $warning"), (result.note, "$warning"), (".", "$warning"))
        )
        yield Line(shown(again(result.note), DIM))
    if decision is None:
        return
    until = f", until {day(decision.expires, subject.today)}" if decision.expires else ""
    lines = [
        Line(shown(f"by {decision.by} on {day(decision.at.date(), subject.today)}{until}", DIM)),
        Line(shown(f"“{decision.reason}”", limit=2_000)),
    ]
    if decision.evidence:
        lines.append(Line(joined(("Evidence  ", DIM), (decision.evidence, ""))))
    yield from _section(verb(decision), lines)


def _evidence(subject: Subject, width: int) -> Iterator[Line]:
    findings = subject.result.findings
    worst = subject.result.worst
    if not findings:
        if words := nothing_found(subject.result):
            yield from _section("Evidence" if worst is None else "Found", [Line(shown(words))])
        return
    number = min(subject.number, len(findings) - 1)
    finding = findings[number]
    yield Line()
    many = f"  {number + 1} of {len(findings)}" if len(findings) > 1 else ""
    keys = (
        joined(("   ] ", "bold $primary"), ("next", DIM), ("  [ ", "bold $primary"), ("back", DIM))
        if many
        else Content("")
    )
    yield Line(joined(("Evidence", "bold $secondary"), (many, DIM)) + keys, wrap=False)
    where = str(finding.location) if finding.location.named else ""
    sure = f"{finding.severity.value}, {finding.confidence.value}"
    yield Line(joined((where or "the project", BOLD), (f"   {sure}", FAINT)))
    if finding.excerpt is not None:
        yield from _code(finding, finding.excerpt, width)
    yield Line(shown(finding.message, limit=2_000))
    if finding.related:
        others = ", ".join(str(each) for each in finding.related[:4])
        more = len(finding.related) - 4
        yield Line(joined(("See also  ", DIM), (others + (f" and {more} more" if more > 0 else ""), DIM)))
    if finding.remedy:
        yield from _remedy(finding.remedy)


def _remedy(remedy: str) -> Iterator[Line]:
    """What to do; steps that have an order, each on a line of its own."""
    words, numbered = steps(remedy)
    arrow = joined(("→ ", "bold $success"))
    if words:
        yield Line(shown(words, limit=2_000), head=arrow)
    for number, step in enumerate(numbered, 1):
        before = Content("  ") if words or number > 1 else arrow
        yield Line(shown(step, limit=2_000), head=before + joined((f"{number}  ", "bold $success")))


def _form(subject: Subject) -> Iterator[Line]:
    """The key that asks what only a person knows."""
    if subject.form:
        worst = subject.result.worst
        done = worst is not None and worst.outcome.kind is OutcomeKind.PASS
        words = " opens what was written down: " if done else " answers a few questions, kept in "
        yield Line(joined(("F", "bold $primary"), (words, DIM), (subject.form, DIM)))


def _code(finding: Finding, excerpt: Excerpt, width: int) -> Iterator[Line]:
    gutter = len(str(excerpt.first + len(excerpt.lines)))
    room = max(width - gutter - 6, 10)
    column = finding.location.column or 1
    start = column - room // 2 if column > room else 0
    for offset, text in enumerate(excerpt.lines):
        number = excerpt.first + offset
        marked = number == finding.location.line
        code = visible(text[start:])
        yield Line(
            Content.assemble((code, BOLD)) if marked else Content(code),
            head=joined((f"{'▸' if marked else ' '} {number:>{gutter}} │ ", "bold $error" if marked else FAINT)),
            kind="marked" if marked else "code",
            wrap=False,
        )


def _fix(subject: Subject) -> Iterator[Line]:
    item, result = subject.result.item, subject.result
    if item.fix:
        numbered = [
            Line(shown(step, limit=2_000), head=joined((f"{number}  ", "bold $primary")))
            for number, step in enumerate(item.fix, 1)
        ]
        yield from _section("Fix", numbered)
    passing = [Line(shown(item.title + "."), head=joined(("✔ ", "$success")))]
    if item.decides is not Decides.PERSON and item.check:
        runs = f" It asks first, because it runs {subject.command}." if subject.command else ""
        passing.append(Line(joined(("r", "bold $primary"), (f" checks just this again.{runs}", DIM))))
    if item.attest and item.decides is not Decides.MACHINE:
        passing.append(Line(joined(("a", "bold $primary"), (" if you can say: ", DIM), (item.attest, ""))))
    if item.not_applicable and result.status is not Status.NOT_APPLICABLE:
        passing.append(Line(joined(("Does not apply when: ", DIM), (item.not_applicable, DIM))))
    yield from _section("It passes when", passing)


class ItemPane(Lines):
    """Shows a `Subject`; keeps what it showed, as people go up and down."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._subject: Subject | None = None
        self._pages: dict[str, tuple[Subject, Page]] = {}
        """By item id, the latest last."""

    def show(self, subject: Subject | None) -> None:
        """Draw it, from the top unless it is the item already shown."""
        before, self._subject = self._subject, subject
        if subject == before and self._width:
            return
        same = bool(subject and before and subject.result.item.id == before.result.item.id)
        keep_place = same and subject is not None and before is not None and subject.number == before.number
        self._turn_to(self._page_of(subject, self._measured()), keep_place=keep_place)

    def prepare(self, subject: Subject) -> bool:
        """Make ready to show it; False where it was, or where what is shown now is still to be laid out."""
        if self._look is None or self.room.width != self._width:
            return False
        was = self._pages.get(subject.result.item.id)
        page = self._page_of(subject, self._width)
        if was and was[1] is page and page.drawn:
            return False
        self._prepare(page)
        return True

    def notify_style_update(self) -> None:
        self._pages.clear()
        super().notify_style_update()

    def _page_of(self, subject: Subject | None, width: int) -> Page:
        if subject is None:
            return Page.of((), width)
        kept = self._pages.pop(subject.result.item.id, None)
        if kept is None or kept[0] != subject or kept[1].width != width:
            kept = subject, Page.of(item_lines(subject, width), width)
        self._pages[subject.result.item.id] = kept
        if len(self._pages) > _PAGES:
            del self._pages[next(iter(self._pages))]
        return kept[1]

    def _lay_out(self) -> None:
        # Source lines are cut to the width, so another width needs other lines.
        self._turn_to(self._page_of(self._subject, self._measured()), keep_place=True)
