"""What a `when` of a declarative stage answers in one setting.

Source: the Jenkins handbook, "Pipeline Syntax", "when".
"""

from __future__ import annotations

from collections.abc import Sequence

from shipworthy.facts.pipeline.fact import YES, Said, no, strongest, unsure, weakest
from shipworthy.facts.pipeline.systems.jenkins_text import plain_text
from shipworthy.facts.pipeline.systems.jenkins_tree import Called, Group, call_of
from shipworthy.facts.pipeline.systems.jenkins_when import (
    NOT_CONDITIONS,
    Scope,
    branch_said,
    evaluate,
    shown,
    turned,
)
from shipworthy.facts.pipeline.systems.plan import Plan
from shipworthy.facts.pipeline.values import HOLE, equal, truth

_CAUSES = {"UserIdCause": "hand", "TimerTrigger": "clock", "TimerTriggerCause": "clock"}


def when_said(link: Called | None, scope: Scope, plan: Plan) -> Said:
    """How surely a stage with this `when` runs."""
    return YES if link is None else weakest(*_rows(link.block, scope, plan))


def _rows(block: Group | None, scope: Scope, plan: Plan) -> list[Said]:
    calls = [call_of(statement) for statement in block.statements] if block is not None else []
    return [
        _one(call.links[0], scope, plan) if call is not None else unsure("a condition is not understood")
        for call in calls
        if call is None or call.links[0].name not in NOT_CONDITIONS
    ]


def _one(link: Called, scope: Scope, plan: Plan) -> Said:
    name, setting = link.name, scope.setting
    if name in ("allOf", "not", "anyOf"):
        rows = _rows(link.block, scope, plan)
        if name == "anyOf":
            return strongest(rows, no("its `when` lists nothing"))
        return turned(weakest(*rows)) if name == "not" else weakest(*rows)
    if name == "branch":
        return branch_said(_given(link, "pattern", scope), setting, _word(link, "comparator") or "GLOB")
    if name == "changeRequest":
        return _request(link, scope)
    if name == "buildingTag":
        return YES if setting.kind == "tag" else no("only when a tag is built")
    if name == "tag":
        return YES if setting.kind == "tag" else no("only when a tag is built")
    if name == "changeset":
        pattern = _given(link, "pattern", scope)
        if HOLE in pattern or _word(link, "comparator") in ("REGEXP", "EQUALS"):
            return unsure("only for some changed files")
        return plan.paths([pattern], key="changeset")
    if name == "triggeredBy":
        cause = _given(link, "cause", scope)
        by = _CAUSES.get(cause)
        if by is None:
            return unsure(f"only if {cause} started it".replace(HOLE, "…"))
        return YES if setting.by == by else no(f"only if {cause} started it")
    if name == "isRestartedRun":
        return no("only when somebody restarts it")
    return _compared(link, scope)


def _compared(link: Called, scope: Scope) -> Said:
    if link.name == "environment":
        name, wanted = _given(link, "name", scope), _given(link, "value", scope)
        label, holds = f"{name} is {wanted}", truth(equal(scope.look_up(f"env.{name}"), wanted))
    elif link.name == "equals":
        left, right = link.named.get("expected", []), link.named.get("actual", [])
        label, holds = shown(right), truth(equal(evaluate(left, scope), evaluate(right, scope)))
    elif link.name == "expression" and link.block is not None and len(link.block.statements) == 1:
        items = link.block.statements[0]
        label, holds = shown(items), truth(evaluate(items, scope))
    else:
        return unsure(f"only if its `{link.name}` holds")
    label = label.replace(HOLE, "…")
    return unsure(f"only if {label}") if holds is None else YES if holds else no(f"only if {label}")


def _request(link: Called, scope: Scope) -> Said:
    """`changeRequest()`, perhaps with a filter such as `target: 'main'`."""
    if scope.setting.kind != "request":
        return no("only for change requests")
    if set(link.named) - {"target", "comparator"}:
        return unsure("only for some change requests")
    if "target" in link.named and plain_text(link.named["target"], scope) not in scope.landing:
        return unsure("only for change requests into one branch")
    return YES


def _given(link: Called, key: str, scope: Scope) -> str:
    """A text that is given by name or as the only argument."""
    rows: Sequence[Sequence[object]] = link.args
    if key in link.named:
        return plain_text(link.named[key], scope)
    return plain_text(link.args[0], scope) if rows else HOLE


def _word(link: Called, key: str) -> str:
    items = link.named.get(key, [])
    return str(getattr(items[0], "text", "")).upper() if items else ""
