"""Whether a `condition:` of a stage, job or step holds, and whether it still asks that what came before succeeded.

Source: the system's page "Specify conditions": a custom condition replaces `succeeded()`, so that without it a stage,
job or step also starts after a failure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shipworthy.facts.pipeline.fact import YES, Said, no, unsure
from shipworthy.facts.pipeline.systems.azure_expressions import Scope, Status, evaluate
from shipworthy.facts.pipeline.values import HOLE, Open, Unknown, text_of, truth

_PASSED = ("Succeeded", "SucceededWithIssues")


def state_of(runs: Said) -> Any:
    """The result of a stage or job that nothing went wrong in."""
    return "Succeeded" if runs.yes else "Skipped" if runs.no else Unknown("whether it ran")


def statuses(results: Mapping[str, Any], own: str = "Succeeded") -> dict[str, Status]:
    """The status functions over the results of what came before; `own`: of the job so far, for its steps."""

    def named(arguments: Sequence[Any]) -> list[Any]:
        if not arguments:
            return [*results.values(), own]
        known = {name.lower(): value for name, value in results.items()}
        return [known.get(text_of(each).lower(), Unknown(text_of(each))) for each in arguments]

    def succeeded(arguments: Sequence[Any]) -> Any:
        values = named(arguments)
        if any(isinstance(each, str) and each not in _PASSED for each in values):
            return False
        return next((each for each in values if isinstance(each, Unknown)), True)

    def failed(arguments: Sequence[Any]) -> Any:
        values = named(arguments)
        if "Failed" in values:
            return True
        return next((each for each in values if isinstance(each, Unknown)), False)

    return {
        "succeeded": succeeded,
        "failed": failed,
        "succeededorfailed": lambda _arguments: True,
        "always": lambda _arguments: True,
        "canceled": lambda _arguments: False,
    }


def _evaluated(condition: Any, scope: Scope, results: Mapping[str, Any], own: str) -> Any:
    if isinstance(condition, str):
        if "$(" in condition or HOLE in condition:
            return Unknown(" ".join(condition.split())[:80].replace(HOLE, "…"))
        variables = scope.names.get("variables")
        if isinstance(variables, dict):
            scope = scope.having(variables=Open("variables", {**variables, "Agent.JobStatus": own}))
        known = {name: Open(name, {"result": value}) for name, value in results.items()}
        return evaluate(
            condition, scope.having(dependencies=Open("dependencies", known)).judging(statuses(results, own))
        )
    return condition


def judged(condition: Any, scope: Scope, results: Mapping[str, Any], what: str) -> Said:
    """How surely a condition lets `what` run when nothing failed before it."""
    value = _evaluated(condition, scope, results, "Succeeded")
    holds = truth(value)
    shown = " ".join(text_of(condition).split())[:80].replace(HOLE, "…")
    if holds is None:
        on = value.what if isinstance(value, Unknown) else "something"
        why = f"{what} runs only if {shown}"
        return unsure(why if on in shown else f"{why} ({on} is not known here)", text_of(condition).replace(HOLE, "…"))
    return YES if holds else no(f"{what} has `condition: {shown}`")


def wants_success(condition: Any, scope: Scope) -> bool:
    """Whether a step with this condition surely stays out after a failure in its job."""
    return truth(_evaluated(condition, scope, {}, "Failed")) is False


def wanted(condition: Any, scope: Scope, results: Mapping[str, Any]) -> list[str]:
    """Of what came before, that which must have succeeded: with it failed, the condition surely does not hold."""
    if condition is None:
        return list(results)
    return [
        name
        for name in results
        if truth(_evaluated(condition, scope, {**results, name: "Failed"}, "Succeeded")) is False
    ]
