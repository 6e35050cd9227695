"""A job's matrix: the combinations of values it runs with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from math import prod
from typing import Any

from shipworthy.facts.pipeline.expressions import fill
from shipworthy.facts.pipeline.values import Open, Unknown

MAX_COMBINATIONS = 256
"""The code host itself makes no more of one matrix."""


def _filled(value: Any, context: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _filled(each, context) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, context) for each in value]
    return fill(value, context)


def _fits(combination: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(key in combination and combination[key] == value for key, value in wanted.items())


def combinations(strategy: Any, context: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """What `matrix.*` is in each run of the job: one empty mapping without a matrix.

    The code host refuses more than `MAX_COMBINATIONS`; of those one more is told, so that it shows.

    A value that is computed at run time is Unknown; so is every value of a matrix that is computed as a whole.
    """
    matrix = strategy.get("matrix") if isinstance(strategy, Mapping) else None
    if matrix is None:
        return [{}]
    matrix = _filled(matrix, context)
    if not isinstance(matrix, Mapping):
        return [Open("matrix")]
    axes: dict[str, list[Any]] = {}
    for key, values in matrix.items():
        if key in ("include", "exclude"):
            continue
        axes[str(key)] = values if isinstance(values, list) else [Unknown(f"matrix.{key}")]
    include, exclude = matrix.get("include"), matrix.get("exclude")
    found: list[dict[str, Any]] = []
    if axes:
        if prod(map(len, axes.values())) > 4 * MAX_COMBINATIONS:
            # Whatever is excluded: too many to go through.
            return [Open("matrix")]
        for values in product(*axes.values()):
            combination = dict(zip(axes, values, strict=True))
            left_out = isinstance(exclude, list) and any(
                isinstance(each, Mapping) and _fits(combination, each) for each in exclude
            )
            if not left_out:
                found.append(combination)
    if isinstance(include, list):
        _include(found, include, axes)
    elif include is not None and not axes:
        return [Open("matrix")]
    return found[: MAX_COMBINATIONS + 1]


def _include(found: list[dict[str, Any]], include: list[Any], axes: Mapping[str, list[Any]]) -> None:
    """Rows of `include` extend the combinations they fit, or stand for themselves."""
    original = [dict(each) for each in found]
    for row in include[: MAX_COMBINATIONS + 1]:
        if not isinstance(row, Mapping):
            continue
        own = {key: value for key, value in row.items() if key in axes}
        fitting = [at for at, each in enumerate(original) if _fits(each, own)]
        if fitting:
            for at in fitting:
                found[at].update({key: value for key, value in row.items() if key not in axes})
        else:
            found.append(dict(row))
