"""Runs checks on a project: judges per component, keeps unknown from being green."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from shipworthy.assess.events import Event, Judged, Started
from shipworthy.assess.excerpts import Excerpts
from shipworthy.assess.store import FactStore
from shipworthy.bugs import bug
from shipworthy.checks import Check, CheckContext
from shipworthy.facts import Context, Facts, Gap, Stopped
from shipworthy.facts.scan import OverTime, time_limit
from shipworthy.facts.stack import Stack
from shipworthy.model import (
    PROJECT,
    Component,
    ComponentOutcome,
    Finding,
    Location,
    Outcome,
    Severity,
)
from shipworthy.project import Project

CHECK_SECONDS = 20.0
"""How long one check may judge one component. Facts are read before, so this is generous."""

Emit = Callable[[Event], None]
Cancelled = Callable[[], bool]


def _gap_outcome(gaps: Sequence[Gap], was: Outcome) -> Outcome:
    """Unknown, because something relevant could not be read; the check's own answer is kept as a remark."""
    # Several facts may have met the same one.
    gaps = list({(each.path, each.line, each.reason): each for each in gaps}.values())
    findings = [
        Finding.at(
            Location(path=gap.path, line=gap.line) if gap.path else PROJECT,
            "could-not-read",
            gap.reason,
            anchor=gap.reason,
            severity=Severity.INFO,
            remedy="" if gap.subject else "Make it readable, or say in a waiver what you looked at instead.",
        )
        for gap in gaps[:50]
    ]
    # A check may have said of the same gap what it means for the item: that way on is the better one.
    told = {(each.location.path, each.location.line, each.message) for each in was.findings if each.remedy}
    findings = [each for each in findings if (each.location.path, each.location.line, each.message) not in told]
    first = gaps[0]
    place = Location(path=first.path, line=first.line) if first.path else "repository"
    more = f" (and {len(gaps) - 1} more)" if len(gaps) > 1 else ""
    return Outcome.unknown(
        f"{place}: {first.reason}{more}",
        [*findings, *was.findings],
        looked_at=[*was.looked_at, f"without the gap: {was.kind}, {was.summary}"],
        asks=was.asks,
    )


def _judge_one(check: Check, store: FactStore, context: CheckContext) -> Outcome:
    known, gaps, missing = store.facts(check.needs)
    if missing is not None:
        return Outcome.unknown(missing)
    try:
        with time_limit(CHECK_SECONDS):
            outcome = check.check(Facts(known), context)
    except OverTime as error:
        return Outcome.unknown(f"judging {error}")
    except Exception as error:
        return Outcome.unknown(bug(f"check {check.id}", error), rule="bug")
    # A gap outside every component (compose, CI beside them) may be about any of them.
    relevant = [
        gap
        for gap in gaps
        if check.minds(gap)
        and (
            gap.path is None
            or context.covers(gap.path)
            or not any(each.contains(gap.path) for each in context.components)
        )
    ]
    # A failure that was seen stays one: what could not be read cannot undo it. Everything else is unknown.
    if relevant and outcome.kind not in check.stands:
        return _gap_outcome(relevant, outcome)
    return outcome


def judge_check(check: Check, store: FactStore, outside: Context, profile: str) -> tuple[ComponentOutcome, ...]:
    """One check's outcomes: one for the repository, or one per component."""
    stack = store.get(Stack)
    if isinstance(stack, str):
        return (ComponentOutcome(component=None, outcome=Outcome.unknown(stack)),)
    assert isinstance(stack, Stack)  # noqa: S101 - the store keys facts by their own type
    scopes: Sequence[Component | None] = stack.components if check.scope == "component" else (None,)
    return tuple(
        ComponentOutcome(
            component=scope.root if scope else None,
            outcome=_judge_one(
                check,
                store,
                CheckContext(outside=outside, profile=profile, components=stack.components, component=scope),
            ),
        )
        for scope in scopes
    )


def judge(
    project: Project,
    checks: Sequence[tuple[str, Check]],
    outside: Context,
    profile: str,
    *,
    store: FactStore | None = None,
    emit: Emit = lambda event: None,
    cancelled: Cancelled = lambda: False,
) -> dict[str, tuple[ComponentOutcome, ...]]:
    """Outcomes by item id, for (item id, check) pairs. Emits Started and Judged for each.

    Cancelled items are absent from the answer: an item without an outcome is never settled by one.
    """
    store = store or FactStore(project, outside, [kind for _, check in checks for kind in check.needs])
    excerpts = Excerpts(project)
    outcomes: dict[str, tuple[ComponentOutcome, ...]] = {}
    for item, check in checks:
        if cancelled():
            break
        started = time.monotonic()
        emit(Started(item=item))
        try:
            judged = judge_check(check, store, outside, profile)
        except Stopped:
            break
        outcomes[item] = excerpts.add(judged)
        milliseconds = round((time.monotonic() - started) * 1000)
        emit(Judged(item=item, outcomes=outcomes[item], milliseconds=milliseconds))
    return outcomes
