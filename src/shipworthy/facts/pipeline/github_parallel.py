"""The order of a job's steps where some run at the same time: `parallel`, `background`, `wait`, `wait-all`, `cancel`.

Source: the code host's "Workflow syntax" (steps that run in the background) and its announcement of 25 June 2026.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, cast

from shipworthy.facts.pipeline.fact import YES, Kind, Said, unsure, weakest
from shipworthy.facts.pipeline.resolve import Found, Lost
from shipworthy.facts.pipeline.tree import rows

MAX_STEPS = 1_000
CONTROLS = ("wait", "wait-all", "cancel", "parallel")
"""Keys of a step that runs nothing itself."""
_DEPLOYS = (Kind.DEPLOY, Kind.PUBLISH)


@dataclass(slots=True)
class Laid:
    """A step, the position it starts at, and the position at whose end it has surely ended. They differ where it runs
    beside others: nothing that starts in between waits for it."""

    step: Mapping[str, Any]
    starts: int
    ends: int
    fails: Said = YES


def laid_out(steps: Sequence[Any]) -> list[Laid]:
    """The steps in the order they are written, groups opened."""
    found: list[Laid] = []
    running: list[Laid] = []
    at = 0
    for step in steps:
        if not isinstance(step, Mapping):
            continue
        if "parallel" in step:
            inner = [each for each in rows(step["parallel"]) if isinstance(each, Mapping)]
            found += [Laid(_with_condition(each, step.get("if")), at, at + 1) for each in inner]
            at += 2
            continue
        if "wait" in step or "wait-all" in step or "cancel" in step:
            named = step.get("wait", step.get("cancel"))
            names = {str(each) for each in (named if isinstance(named, list) else [named])}
            for each in list(running):
                if "wait-all" in step or str(each.step.get("id")) in names:
                    each.ends = at
                    if "cancel" in step:
                        each.fails = unsure("it is cancelled before its end")
                    running.remove(each)
        laid = Laid(step, at, at)
        found.append(laid)
        if step.get("background") is True or str(step.get("background", "")).startswith("$"):
            running.append(laid)
        at += 1
    for each in running:
        each.ends = at
        each.fails = unsure("nothing waits for this step in the background")
    return found


def _with_condition(step: Mapping[str, Any], condition: Any) -> Mapping[str, Any]:
    """A step of a group that has a condition itself. The copy keeps the lines of its keys."""
    if condition is None:
        return step
    both: Any = copy(step)
    own = step.get("if")
    both["if"] = condition if own is None else f"({_plain(condition)}) && ({_plain(own)})"
    return cast(Mapping[str, Any], both)


def _plain(condition: Any) -> str:
    """A condition without the `${{ }}` around it."""
    text = str(condition).strip()
    return text[3:-2].strip() if text.startswith("${{") and text.endswith("}}") else text


def steps_in(job: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Every step of a job (or of a composite action), those of `parallel` groups included."""
    return [laid.step for laid in laid_out(rows(job.get("steps")))]


def placed(what: Found | Lost, laid: Laid) -> tuple[int, Found | Lost]:
    """Position and row of what a step comes down to: a deploy counts from its start, all else from its end."""
    if isinstance(what, Lost):
        return laid.ends, what
    step = laid.starts if what.kind in _DEPLOYS else laid.ends
    return step, what if laid.fails.yes else replace(what, fails=weakest(what.fails, laid.fails))
