"""Makes the fix for an item, from the files as they are now; a maker for each item that has one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from shipworthy.assess.cache import cache_dir, record_cache
from shipworthy.assess.rules import read_rules
from shipworthy.assess.run import judge_check
from shipworthy.assess.store import FactStore
from shipworthy.checks import check_named
from shipworthy.facts import Context
from shipworthy.fixes.desk import Desk
from shipworthy.fixes.files import read_now
from shipworthy.fixes.model import Fix, FixError, NoFix, digest
from shipworthy.fixes.table import MAKERS, why_none
from shipworthy.model import Item, OutcomeKind
from shipworthy.project import Project

EXTRA: dict[str, tuple[str, ...]] = {
    "workflow": ("shipworthy.facts.tests:TestSuites", "shipworthy.facts.dependencies:Dependencies"),
    "literals": ("shipworthy.facts.stack:Stack",),
    "env_example": ("shipworthy.facts.stack:Stack",),
}
"""Facts a maker needs beside those of the check."""


def propose(item: Item, root: Path, context: Context) -> Fix | NoFix:
    """The fix for one item, judged afresh. Raises ProjectError and RulesError, as an examination reports them."""
    why = why_none(item)
    if why is not None:
        return NoFix(item=item.id, why=why)
    project = Project.open(root)
    rules = read_rules(project.root)
    assert item.check is not None  # noqa: S101 - why_none said so
    context = replace(context, advisory_max_age_days=rules.policy.advisory_max_age_days)
    check = check_named(item.check)
    module = import_module(f"shipworthy.fixes.{MAKERS[item.check]}")
    extra = []
    for name in EXTRA.get(MAKERS[item.check], ()):
        where, _, kind = name.partition(":")
        extra.append(getattr(import_module(where), kind))
    kinds = [*check.needs, *(kind for kind in extra if kind not in check.needs)]
    with record_cache(cache_dir(context.environment, context.home), project.root) as cache:
        store = FactStore(project, context, kinds, cache)
        outcomes = judge_check(check, store, context, rules.policy.profile or "solo")
        known, _, missing = store.facts(kinds)
    if missing is not None:
        return NoFix(item=item.id, why=f"it could not be examined: {missing}")
    open_ones = [each.outcome for each in outcomes if each.outcome.kind not in _SETTLED]
    if not open_ones:
        return NoFix(item=item.id, why="nothing is open here: there is nothing to fix.")
    findings = tuple(finding for each in open_ones for finding in each.findings)
    make: Callable[[Desk], Fix | NoFix] = module.make
    return make(Desk(item=item.id, project=project, findings=findings, known=known))


_SETTLED = (OutcomeKind.PASS, OutcomeKind.NOT_APPLICABLE)


def shown(fix: Fix, root: Path) -> tuple[str, ...]:
    """The fix as lines of a diff (see `show.diff`). Raises FixError where a file changed in the meantime."""
    from shipworthy.fixes.show import diff

    def read(path: str) -> bytes:
        data = read_now(root, path)
        before = next(each.before for each in fix.edits if each.path == path)
        if data is None or digest(data) != before:
            raise FixError(f"{path} changed just now", "Look at the fix again.")
        return data

    return diff(fix, read)
