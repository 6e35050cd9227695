"""Judges whether strangers could use the pipeline."""

from __future__ import annotations

from collections.abc import Iterable

from shipworthy.checks.base import Check, CheckContext
from shipworthy.checks.pipeline.hardening_words import message, remedy, words_of
from shipworthy.facts import Facts
from shipworthy.facts.hardening import Degree, Engine, Hardening, Weakness
from shipworthy.facts.pipeline import NotRead, Pipeline
from shipworthy.model import Confidence, Finding, Location, Outcome, Severity
from shipworthy.text import plural

SHOWN = 200
_SEVERITY = {
    Degree.DANGER: Severity.HIGH,
    Degree.WEAK: Severity.MEDIUM,
    Degree.ASK: Severity.MEDIUM,
    Degree.REMARK: Severity.LOW,
}
_ORDER = list(_SEVERITY)


class CiHardened(Check):
    """Strangers cannot run code in the pipeline, or take its rights and secrets.

    A pass proves that every file of every CI system here was understood and that no rule of weight holds in one.
    GitHub: borrowed actions and workflows are pinned by a full commit hash (GitHub's own and those of the same owner
    may have a tag), the token's rights are stated and not `write-all`, no text a stranger chooses is pasted into a
    command (followed through `env`, inputs, called workflows and local actions), no workflow that holds secrets checks
    out a stranger's change, `secrets: inherit` stays inside. Everywhere: images have a digest or a version's tag, no
    script is run straight from the network, no settings are printed into the log, includes, orbs, plugins and templates
    of others are fixed. What is milder is a remark and stands in nobody's way: `actions/*` by tag, rights that every
    job shares, inputs in commands, a token left in a folder.

    Where zizmor is installed outside the repository it is run on copies of the GitHub files, offline and without any
    token (see `facts.hardening.zizmor`); what it finds with weight counts too, and its version is part of the evidence.
    Without it, or where it fails, the built-in rules decide alone.

    It cannot see the repository's and organisation's settings (default rights of the token, approval of strangers'
    runs, which variables are protected), what a pinned action does, scripts that lie in other files, or Groovy beyond
    an image's name.
    """

    id = "ci-hardened"
    needs = (Pipeline, Hardening)

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        pipeline, fact = facts[Pipeline], facts[Hardening]
        if not pipeline.systems:
            looked = f"{plural(pipeline.files, 'file')} listed, none of them the configuration of a CI system"
            return Outcome.not_applicable("there is no pipeline", [looked])
        seen = [*fact.files, *_told(fact.engine)]
        ordered = sorted(fact.weaknesses, key=lambda row: _ORDER.index(row.degree))
        found = [_finding(row) for row in ordered[:SHOWN]]
        doubts = [_doubt(each) for each in fact.not_understood]
        by_degree = {degree: [row for row in ordered if row.degree is degree] for degree in Degree}
        bad = [*by_degree[Degree.DANGER], *by_degree[Degree.WEAK]]
        if bad:
            return Outcome.failed(_summary(bad), [*found, *doubts], seen)
        if doubts or not fact.files:
            first = fact.not_understood[0] if fact.not_understood else None
            why = f"{first.path}: {first.reason}" if first else "no file of the pipeline could be read"
            return Outcome.unknown(f"not understood: {why}", [*found, *doubts], looked_at=seen)
        if by_degree[Degree.ASK]:
            return Outcome.needs_you(f"a person has to look: {_summary(by_degree[Degree.ASK])}", found, seen)
        remarks = f", {plural(len(ordered), 'remark')}" if ordered else ""
        return Outcome.passed(f"{plural(len(fact.files), 'file')} without a weak place{remarks}", seen, found)


def _told(engine: Engine | None) -> list[str]:
    """The other program, as evidence."""
    if engine is None:
        return []
    if engine.version:
        return [f"{engine.name} {engine.version}, offline, regular persona, medium severity and above"]
    return [f"built-in rules alone: {engine.name} {engine.said}"]


def _summary(rows: Iterable[Weakness]) -> str:
    counts: dict[str, int] = {}
    for row in rows:
        short = words_of(row.rule).short
        counts[short] = counts.get(short, 0) + 1 + len(row.more)
    return ", ".join(f"{short} ({count})" for short, count in list(counts.items())[:3]) + (
        f" and {len(counts) - 3} more kinds" if len(counts) > 3 else ""
    )


def _finding(row: Weakness) -> Finding:
    return Finding.at(
        Location(path=row.path, line=row.line),
        f"ci-hardened/{row.rule}",
        message(row),
        anchor=row.what,
        severity=_SEVERITY[row.degree],
        confidence=Confidence.REVIEW if row.degree is Degree.ASK else Confidence.CERTAIN,
        related=[Location(path=row.path, line=line) for line in row.more],
        remedy=remedy(row),
    )


def _doubt(each: NotRead) -> Finding:
    return Finding.at(
        Location(path=each.path, line=each.line),
        "ci-hardened/not-understood",
        f"This file of the pipeline could not be understood: {each.reason}.",
        anchor=each.path,
        severity=Severity.INFO,
        confidence=Confidence.REVIEW,
        remedy="Correct the file, or delete it if nothing uses it. If it is right, look it through and waive this.",
    )
