"""Runs checks on a project: reads needed facts once, judges per component, keeps unknown from being green."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from shipworthy.assess.depends import Account, NotedView
from shipworthy.assess.events import Event, Judged, Started
from shipworthy.assess.excerpts import Excerpts
from shipworthy.bugs import bug
from shipworthy.checks import Check, CheckContext
from shipworthy.facts import Analyser, Context, Fact, FactReader, Facts, Gap, Stopped, View
from shipworthy.facts.scan import OverTime, RecordCache, Scan, time_limit
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

FACT_SECONDS = 120.0
"""How long reading one kind of fact may take, beside the shared pass (which has limits of its own)."""
CHECK_SECONDS = 20.0
"""How long one check may judge one component. Facts are read before, so this is generous."""

Emit = Callable[[Event], None]
Cancelled = Callable[[], bool]


_READERS: dict[type[Fact], FactReader[Any]] = {}


def reader_of(kind: type[Fact]) -> FactReader[Any]:
    """The reader of a kind; one is enough for all projects, since a reader keeps nothing between reads."""
    if kind not in _READERS:
        _READERS[kind] = kind.reader()
    return _READERS[kind]


def _closure(kinds: Iterable[type[Fact]]) -> list[type[Fact]]:
    """The kinds and all they build on, each after what it needs."""
    ordered: list[type[Fact]] = []

    def add(kind: type[Fact]) -> None:
        if kind not in ordered:
            for needed in type(reader_of(kind)).needs:
                add(needed)
            ordered.append(kind)

    for kind in kinds:
        add(kind)
    return ordered


class FactStore:
    """Reads each kind of fact at most once, when it is first asked for. A reader's failure is kept as a reason."""

    def __init__(
        self,
        project: Project,
        context: Context,
        planned: Iterable[type[Fact]],
        cache: RecordCache | None = None,
        progress: Callable[[int, int], None] | None = None,
        *,
        note: bool = False,
        stack: bool = True,
    ) -> None:
        """`note`: keep account of what each fact was made from. `stack`: whether the stack will be asked for too."""
        self._accounts: dict[type[Fact], Account] | None = {} if note else None
        self._project = project
        self._context = context
        analysers: list[Analyser] = []
        for kind in _closure([*([Stack] if stack else []), *planned]):
            analysers += reader_of(kind).analysers
        self._scan = Scan(project, analysers, cache, progress)
        self._known: dict[type[Fact], Fact] = {}
        self._broken: dict[type[Fact], str] = {}

    def get(self, kind: type[Fact]) -> Fact | str:
        """The fact, or the reason why there is none."""
        if kind not in self._known and kind not in self._broken:
            self._read(kind)
        return self._known.get(kind) or self._broken[kind]

    def _read(self, kind: type[Fact]) -> None:
        reader = reader_of(kind)
        needed: dict[type[Fact], Fact] = {}
        for other in type(reader).needs:
            found = self.get(other)
            if isinstance(found, str):
                self._broken[kind] = found
                return
            needed[other] = found
        view = self._view(kind)
        try:
            # The pass over all files has its own limits and may belong to many kinds, so it is outside this one.
            for analyser in reader.analysers:
                self._scan.of(analyser)
            with time_limit(type(reader).seconds or FACT_SECONDS):
                self._known[kind] = reader.read(view, Facts(needed))
        except OverTime as error:
            self._broken[kind] = f"reading {kind.__name__.lower()} facts {error}"
        except Exception as error:
            self._broken[kind] = bug(f"reading {kind.__name__.lower()} facts", error)

    def _view(self, kind: type[Fact]) -> View:
        if self._accounts is None:
            return View(self._project, self._context, self._scan)
        account = self._accounts[kind] = Account()
        return NotedView(self._project, self._context, self._scan, account)

    def accounts(self, kinds: Iterable[type[Fact]]) -> tuple[Account, ...]:
        """What these kinds and all they build on but the stack were made from; opaque where that is not known."""
        if self._accounts is None:
            raise ValueError("no account was kept: build the store with note=True")
        found: list[Account] = []
        for kind in _closure(kinds):
            if kind is Stack:
                continue
            account = self._accounts.get(kind) or Account()
            # Where reading failed or was not come to, nobody knows what it would have asked for.
            account.opaque = account.opaque or kind not in self._known
            found.append(account)
        return tuple(found)

    def read_so_far(self) -> tuple[Fact, ...]:
        """Every fact read until now."""
        return tuple(self._known.values())

    def facts(self, kinds: Sequence[type[Fact]]) -> tuple[dict[type[Fact], Fact], list[Gap], str | None]:
        """The facts of these kinds, the gaps in them and in what they build on, and why one is missing, if so."""
        known: dict[type[Fact], Fact] = {}
        for kind in kinds:
            found = self.get(kind)
            if isinstance(found, str):
                return known, [], found
            known[kind] = found
        gaps = [gap for kind in _closure(kinds) if (fact := self._known.get(kind)) for gap in fact.gaps]
        return known, gaps, None


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
