"""An Assessment as plain text for a terminal or a log: every text from the repository is made visible first."""

from __future__ import annotations

from collections.abc import Iterator

from shipworthy.advice.next_step import next_step, sentence
from shipworthy.model import Assessment, Finding, Level, Result, Status
from shipworthy.report.words import ASCII_GLYPHS, GLYPHS, WORDS, counts, title_of
from shipworthy.text import plural, visible

MAX_FINDINGS = 5
"""Findings shown per item; the rest is counted."""
_SHORT = 40
"""A remedy up to so many characters is said again where the finding before has the same."""
_STYLES = {
    Status.PASS: "32",
    Status.ATTESTED: "32",
    Status.FAIL: "31;1",
    Status.UNKNOWN: "33",
    Status.NEEDS_YOU: "36",
    Status.WAIVED: "35",
    Status.NOT_APPLICABLE: "2",
}


class TextReport:
    """Lines of text. `color` adds ANSI colours, `unicode` picks the glyph set."""

    def __init__(self, *, color: bool = False, unicode: bool = True, verbose: bool = False) -> None:
        self._color = color
        self._glyphs = GLYPHS if unicode else ASCII_GLYPHS
        self._dash = "·" if unicode else "-"
        self._arrow = "→" if unicode else "->"
        self._verbose = verbose

    def _paint(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._color else text

    def lines(self, assessment: Assessment) -> Iterator[str]:
        """The whole report, line by line without line ends."""
        yield from self.head(assessment)
        yield ""
        for area in assessment.checklist.areas:
            required = [each for each in assessment.required if each.item.area == area.id]
            if required:
                yield self._paint(visible(area.title, 120), "1")
                for result in required:
                    yield from self.item(result)
        yield from self._rest(assessment)
        yield ""
        yield from self.foot(assessment)

    def head(self, assessment: Assessment) -> Iterator[str]:
        """The verdict, what was examined, and under which profile."""
        verdict = self._paint(assessment.verdict.value, "32;1" if assessment.verdict.value == "READY" else "31;1")
        where = f"{visible(assessment.name, 80)}"
        if assessment.commit:
            where += f" @ {assessment.commit[:7]}"
        if assessment.dirty:
            where += f" + {plural(len(assessment.dirty), 'uncommitted change')}"
        yield f"{verdict}  {counts(assessment).replace('·', self._dash)}   {where}"
        yield (
            f"Checklist {visible(assessment.checklist.name, 60)} {visible(assessment.checklist.version, 20)}, "
            f"profile {assessment.profile}: {visible(assessment.profile_reason, 200)}"
        )
        if len(assessment.components) > 1:
            names = ", ".join(f"{visible(each.root, 60)} ({each.kind})" for each in assessment.components[:12])
            more = len(assessment.components) - 12
            yield f"Components: {names}{f' and {more} more' if more > 0 else ''}"

    def item(self, result: Result) -> Iterator[str]:
        """One item: its state, its title, its summary; findings and fix where it is open."""
        glyph = self._paint(self._glyphs[result.status], _STYLES[result.status])
        word = self._paint(f"{WORDS[result.status]:<15}", _STYLES[result.status])
        component = f" [{visible(result.component, 60)}]" if result.component not in (None, ".") else ""
        yield f"  {glyph} {word} {visible(title_of(result), 200)}{component}  {self._paint(result.item.id, '2')}"
        if result.status is Status.NEEDS_YOU and not result.findings and not self._verbose:
            return  # nothing was found: the title says it all, and the foot says how to answer
        yield f"      {visible(result.summary, 200)}"
        if result.decision is not None:
            said = result.decision
            yield f"      {said.kind} by {visible(said.by, 80)} until {said.expires}"
        if result.settled:
            return
        shown = result.findings if self._verbose else result.findings[:MAX_FINDINGS]
        before = ""
        for finding in shown:
            lines = list(self._finding(finding, result, before))
            yield from lines
            before = finding.remedy if lines else before
        if len(result.findings) > len(shown):
            yield f"        and {len(result.findings) - len(shown)} more (--verbose lists them)"
        if result.status is Status.FAIL:
            yield f"      Why: {visible(result.item.why)}"
            for number, step in enumerate(result.item.fix, 1):
                yield f"      Fix {number}: {visible(step)}"
        elif result.item.attest and result.status is Status.NEEDS_YOU:
            yield f"      You say: {visible(result.item.attest)}"
            yield f"      With: shipworthy attest {result.item.id}"

    def _finding(self, finding: Finding, result: Result, before: str) -> Iterator[str]:
        where = f"{visible(str(finding.location), 120)}  " if finding.location.named else ""
        if where or finding.message != result.summary:
            yield f"        {where}{visible(finding.message, 300)}"
        elif not finding.remedy:
            return
        if finding.excerpt and finding.location.line:
            index = finding.location.line - finding.excerpt.first
            if 0 <= index < len(finding.excerpt.lines):
                yield f"          {finding.location.line} | {visible(finding.excerpt.lines[index].strip(), 120)}"
        if finding.remedy:
            same = len(finding.remedy) > _SHORT and finding.remedy == before
            yield f"          {self._arrow} {'as above' if same else visible(finding.remedy, 500)}"

    def _rest(self, assessment: Assessment) -> Iterator[str]:
        """Suggested and optional items, folded to counts unless asked for."""
        for level in (Level.SUGGESTED, Level.OPTIONAL):
            rows = [each for each in assessment.results if each.level is level]
            if not rows:
                continue
            settled = sum(1 for each in rows if each.settled)
            failing = sum(1 for each in rows if each.status is Status.FAIL)
            yield ""
            fails = f", {failing} fail" if failing else ""
            yield self._paint(f"{level.value.capitalize()}: {settled} of {len(rows)} settled{fails}", "1")
            if self._verbose:
                for result in rows:
                    yield from self.item(result)
            else:
                for result in rows:
                    if result.status is Status.FAIL:
                        glyph = self._paint(self._glyphs[result.status], _STYLES[result.status])
                        title, summary = visible(title_of(result), 200), visible(result.summary, 120)
                        yield f"  {glyph} {title}: {summary}  {result.item.id}"

    def foot(self, assessment: Assessment) -> Iterator[str]:
        """What the data was, and the one next step."""
        if assessment.advisories:
            yield f"Advisory data of {assessment.advisories}."
        step = next_step(assessment)
        if step is not None:
            yield f"Start with: {sentence(step)}"
            if any(each.status is Status.NEEDS_YOU for each in assessment.open):
                yield "Answer what only you can say: shipworthy attest ITEM, shipworthy waive ITEM, or in the coach."
        elif assessment.verdict.value == "READY":
            yield "Everything required is settled. Next: shipworthy sign"
        else:
            yield "No item is required by this profile, so there is nothing to be ready by."
