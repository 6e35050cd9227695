"""One examination from start to end: open the project, read its rules, guess the profile, judge, report as events."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from shipworthy.assess.cache import cache_dir, record_cache
from shipworthy.assess.depends import Change
from shipworthy.assess.events import Changed, Done, Event, Failed, Judged, Planned, Progress
from shipworthy.assess.memory import Memory, withheld
from shipworthy.assess.profile import authors, guess
from shipworthy.assess.rules import Rules, RulesError, read_rules
from shipworthy.assess.run import Cancelled, Emit, judge
from shipworthy.assess.store import FactStore
from shipworthy.checklist.policy import Policy
from shipworthy.checks import Check, check_named
from shipworthy.facts import Context
from shipworthy.facts.scan import RecordCache
from shipworthy.facts.stack import Stack
from shipworthy.git import GitError
from shipworthy.model import LEVEL_ORDER, Level
from shipworthy.project import Project, ProjectError

MAX_DIRTY = 1_000
MAX_PATHS = 50
"""So many changed paths are named; the rest is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """What an examination is given by a process that stays and watches."""

    memory: Memory
    project: Project | None = None
    """The project as it was just listed; None: list it."""
    change: Change | None = None
    """What an examination of its own begins with: what it touches is judged besides `only`."""
    opened: Callable[[Project], None] = lambda project: None
    """Told of the project when it was listed, before any file is read."""
    everything: bool = False
    """Whether all items are judged after the change, whatever it touches."""
    run_nothing: str = ""
    """Why nothing of the project's is run, as words that go on with "after this was run"; "": it may be."""


def dirty(project: Project) -> tuple[str, ...]:
    """Paths that differ from HEAD or that git does not know, sorted; empty outside git."""
    if project.git is None:
        return ()
    try:
        raw = project.git.run("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--", ".")
    except GitError:
        return ("(git could not say what changed)",)
    rows = raw.decode("utf-8", "surrogateescape").split("\0")
    return tuple(sorted(row[3:] for row in rows if len(row) > 3)[:MAX_DIRTY])


def planned_checks(rules: Rules, profile: str, only: tuple[str, ...] | None) -> list[tuple[str, Check]]:
    """(item id, check) in the order they are judged: required first, within a level as the checklist has them."""
    wanted = [
        item
        for item in rules.checklist.items
        if item.check and item.level(profile) is not Level.NONE and (only is None or item.id in only)
    ]
    # What runs the project's own code comes last: everything else should be on the screen by then.
    found = [(item, check_named(item.check or "")) for item in wanted]
    found.sort(key=lambda pair: (pair[1].depends_on == "run", pair[1].late, -LEVEL_ORDER.index(pair[0].level(profile))))
    return [(item.id, check) for item, check in found]


def examine(
    root: Path,
    outside: Context,
    emit: Emit,
    *,
    only: tuple[str, ...] | None = None,
    cancelled: Cancelled = lambda: False,
    use_cache: bool = True,
    profile: str | None = None,
    policy: Policy | None = None,
    resident: Resident | None = None,
) -> None:
    """Examine the repository at `root`; everything there is to say is said in events. Never raises but on Ctrl-C.

    `profile` overrides the policy's and the guess; `policy` takes the place of the repository's own.
    """
    try:
        project = resident.project if resident and resident.project else Project.open(root)
        if resident and not resident.project:
            resident.opened(project)
        rules = read_rules(project.root, policy)
    except (ProjectError, RulesError) as error:
        emit(Failed(message=str(error), diagnostics=error.diagnostics))
        return
    outside = replace(
        outside,
        advisory_max_age_days=rules.policy.advisory_max_age_days,
        key_max_days=rules.policy.key_max_days,
    )
    if resident and resident.run_nothing:
        outside = withheld(outside)
    outside = replace(
        outside, stopped=cancelled, progress=lambda done, total, what: emit(Progress(done=done, total=total, what=what))
    )
    if not use_cache:
        _examine(project, rules, outside, emit, only, cancelled, None, profile, resident)
        return
    outside = replace(outside, cache_dir=cache_dir(outside.environment, outside.home))
    with record_cache(cache_dir(outside.environment, outside.home), project.root) as cache:
        _examine(project, rules, outside, emit, only, cancelled, cache, profile, resident)


def _examine(
    project: Project,
    rules: Rules,
    outside: Context,
    emit: Emit,
    only: tuple[str, ...] | None,
    cancelled: Cancelled,
    cache: RecordCache | None,
    profile: str | None,
    resident: Resident | None,
) -> None:
    began = time.monotonic()

    def progress(done: int, total: int) -> None:
        emit(Progress(done=done, total=total, what="reading files"))

    # Which checks run depends on the profile, which is guessed from the stack: plan the readers of every item first.
    some = None if resident and resident.change else only
    candidates = {item.check for item in rules.checklist.items if item.check and (some is None or item.id in some)}
    kinds = [kind for name in sorted(candidates) for kind in check_named(name).needs]
    store = FactStore(project, outside, kinds, cache, progress, note=resident is not None)
    stack = store.get(Stack)
    if isinstance(stack, str):
        emit(Failed(message=stack, diagnostics="Run `shipworthy facts stack` to see more, and report this."))
        return
    assert isinstance(stack, Stack)  # noqa: S101 - the store keys facts by their own type
    chosen, reason = profile or rules.policy.profile, "set on the command line" if profile else "set in policy.toml"
    if chosen is None:
        chosen, reason = guess(stack.components, authors(project))
    if resident:
        only = _touched(resident, rules, chosen, stack, project, only, emit)
    checks = planned_checks(rules, chosen, only)
    if resident:
        emit = _remembering(resident, store, stack, checks, emit)
    emit(
        Planned(
            name=project.name,
            commit=project.head.commit,
            branch=project.head.branch,
            dirty=dirty(project),
            profile=chosen,
            profile_reason=reason,
            components=stack.components,
            items=tuple(item for item, _ in checks),
        )
    )
    done = judge(project, checks, outside, chosen, store=store, emit=emit, cancelled=cancelled)
    emit(
        Done(
            cancelled=len(done) < len(checks),
            advisories=_advisories(store),
            milliseconds=round((time.monotonic() - began) * 1000),
        )
    )


def _touched(
    resident: Resident,
    rules: Rules,
    profile: str,
    stack: Stack,
    project: Project,
    only: tuple[str, ...] | None,
    emit: Emit,
) -> tuple[str, ...] | None:
    """Ids of the items to judge; None for all. What a change has touched is told."""
    change = resident.change
    if change is None:
        return None if resident.memory.another_plan(rules, profile) else only
    items = resident.memory.affected(change, stack) | set(only or ())
    every = resident.everything or resident.memory.another_plan(rules, profile)
    if every:
        items |= {item for item, _ in planned_checks(rules, profile, None)}
    emit(
        Changed(
            paths=change.paths[:MAX_PATHS],
            total=len(change.paths),
            items=tuple(sorted(items)),
            moved=change.moved,
            branch=project.head.branch,
        )
    )
    return None if every else tuple(sorted(items))


def _remembering(
    resident: Resident, store: FactStore, stack: Stack, checks: list[tuple[str, Check]], emit: Emit
) -> Emit:
    """`emit`, with every outcome entered into the memory, and none that rests on a run of other files."""
    by_item = dict(checks)
    memory = resident.memory
    memory.run_items |= {item for item, check in checks if check.depends_on == "run"}

    def told(event: Event) -> None:
        if isinstance(event, Planned):
            memory.forget(event.items)
        elif isinstance(event, Judged):
            if resident.run_nothing and event.item in memory.run_items:
                event = memory.without_running(event, resident.run_nothing)
            accounts = store.accounts(by_item[event.item].needs)
            memory.judged(event, accounts, stack, withheld=bool(resident.run_nothing))
        emit(event)

    return told


def _advisories(store: FactStore) -> str | None:
    """The date of the oldest advisory data that a check of this run was judged by."""
    from shipworthy.facts.dependencies import Dependencies, KnownVulnerabilities

    read = store.read_so_far()
    known = next((fact for fact in read if isinstance(fact, KnownVulnerabilities)), None)
    held = next((fact for fact in read if isinstance(fact, Dependencies)), None)
    if known is None or held is None:
        return None
    used = {package.ecosystem for package in held.packages}
    dates = [each.date for each in known.snapshots if each.ecosystem in used or not used]
    return min(dates).isoformat() if dates else None
