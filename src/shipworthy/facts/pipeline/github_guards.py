"""Jobs that collect the results of others: with which of them such a job surely fails, told by its own steps.

Branch rules can name one job only, so that many workflows have a last one with `if: always()` that looks at
`needs.*.result` and fails by itself. What needs it then waits for all that it looked at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from shipworthy.facts.pipeline.actions import name_of
from shipworthy.facts.pipeline.expressions import condition, fill
from shipworthy.facts.pipeline.github_place import options_of, texts
from shipworthy.facts.pipeline.shell import Options, Script
from shipworthy.facts.pipeline.tree import rows
from shipworthy.facts.pipeline.values import HOLE, Open, Unknown, text_of, truth

_LOOKS = re.compile(r"\bneeds\b\s*(\.|\[|\))|toJSON\(\s*needs", re.I)
_ENDS_WELL = re.compile(r"\bexit\b(?!\s+[\"']?[1-9])")
_ALL = "re-actors/alls-green"
_END = "end-of-this-script"
_MOST_NEEDS = 30


_Guards = tuple[frozenset[tuple[str, str]], bool]


def guarded(job: Mapping[str, Any], needs: Sequence[str], env: Any) -> _Guards:
    """The (need, result) with which the job surely fails, and whether its steps look at results in other ways too.

    For a job that starts although one that it needs failed. `env` is the workflow's.
    """
    steps = [
        step
        for step in rows(job.get("steps"))
        if isinstance(step, Mapping) and _LOOKS.search(str({**step, "env": [step.get("env"), job.get("env")]}))
    ]
    if not steps or len(needs) > _MOST_NEEDS or "continue-on-error" in job:
        return frozenset(), bool(steps)
    found = {
        (need, result)
        for need in needs
        for result in ("failure", "skipped")
        if all(
            any(_fails(step, job, {**dict.fromkeys(needs, other), need: result}, env) for step in steps)
            for other in ("success", "skipped")
        )
    }
    return frozenset(found), not all((need, "failure") in found for need in needs)


def _fails(step: Mapping[str, Any], job: Mapping[str, Any], results: Mapping[str, str], env: Mapping[str, Any]) -> bool:
    """Whether a step surely runs, and surely fails, with these results."""
    answers = {"success()": True, "always()": True, "failure()": False, "cancelled()": False}
    context: dict[str, Any] = {
        "github": Open("github"),
        "needs": {need: {"result": result, "outputs": Unknown("outputs")} for need, result in results.items()},
        **{name: (lambda _args, value=value: value) for name, value in answers.items()},
    }
    for given in (env, job.get("env"), step.get("env")):
        context["env"] = Open("env", {**context.get("env", {}), **texts(given, context)})
    asked = step.get("if")
    if "continue-on-error" in step or (asked is not None and truth(condition(str(asked), context)) is not True):
        return False
    if isinstance(step.get("uses"), str):
        return name_of(step["uses"]) == _ALL and _not_all(texts(step.get("with"), context), results)
    run = fill(step.get("run"), context)
    options = options_of(str(step.get("shell", "")))
    if not isinstance(run, str) or options is None:
        return False
    variables = {name: (text_of(value),) for name, value in context["env"].items()}
    return _ends(run, options, variables)


def _not_all(given: Mapping[str, Any], results: Mapping[str, str]) -> bool:
    """Whether that action fails: it wants every result to be a success, but for those that are named."""
    names = {key: re.split(r"[\s,]+", text_of(given.get(key, ""))) for key in ("allowed-failures", "allowed-skips")}
    if any(HOLE in name for each in names.values() for name in each):
        return False
    allowed = {"failure": names["allowed-failures"], "skipped": names["allowed-skips"]}
    return any(result in allowed and need not in allowed[result] for need, result in results.items())


def _ends(run: str, options: Options, variables: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a script surely ends with a failure: what stands behind it is never reached."""
    if _ENDS_WELL.search(run):
        return False
    for text in (f"{run}\n{_END}", f"{run.rstrip()} && {_END}"):
        calls = [
            call
            for call in Script(text, options=options, variables=variables, exists=lambda _path: True).calls
            if call.words[:1] == (_END,)
        ]
        if calls and all(call.runs.no for call in calls):
            return True
    return False
