"""The jobs of a Travis CI build: its matrix, what is included and excluded, stages, and which jobs may fail.

Source: Travis CI's pages "Build matrix", "Build stages" and its build config reference ("Matrix expansion").
"""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shipworthy.facts.pipeline.systems.plan import NotUnderstood
from shipworthy.facts.pipeline.systems.travis_tables import EXPAND
from shipworthy.facts.pipeline.values import HOLE
from shipworthy.project.yaml import line_of

MAX_COMBINATIONS = 500
_ROOT_ONLY = frozenset({"jobs", "matrix", "import", "stages", "notifications", "version", "branches", "if"})
Env = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class TravisJob:
    """One job after the matrix is expanded. `nodes` gives for each key the mapping it is written in."""

    given: dict[str, Any]
    nodes: dict[str, Any]
    line: int
    env: Env = ()
    stage: str = "test"
    may_fail: bool = False
    id: str = ""
    unset: frozenset[str] = frozenset()
    """Names of variables that jobs of this file set, whether or not this one does."""
    told_apart: bool = True
    """It stands for itself alone; else for all versions that no command looks at."""


def env_of(row: Any) -> Env:
    """The variables of one row of `env`: a text like a shell's assignments, or a mapping."""
    if isinstance(row, Mapping):
        return tuple((str(key), HOLE if isinstance(value, Mapping) else _text(value)) for key, value in row.items()
                     if key != "secure")  # fmt: skip
    if isinstance(row, list):
        return tuple(pair for each in row if not isinstance(each, list) for pair in env_of(each))
    if not isinstance(row, str):
        return ()
    try:
        words = shlex.split(row)
    except ValueError:
        words = row.split()
    pairs = [word.partition("=") for word in words if "=" in word]
    return tuple((name, HOLE if "$" in value else value) for name, _, value in pairs)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _envs(data: Mapping[str, Any]) -> tuple[Env, list[Any] | None]:
    """(global variables, rows of the matrix) of the top-level `env`."""
    env = data.get("env")
    if isinstance(env, Mapping) and {"global", "matrix", "jobs"} & set(env):
        rows = env.get("jobs", env.get("matrix"))
        return env_of(env.get("global")), None if rows is None else _list(rows)
    return (), None if env is None else _list(env)


def jobs_of(data: Mapping[str, Any], condition: Any) -> list[TravisJob]:
    """Every job of the file. `condition(node, job)` says whether an exclusion's or allowance's `if` may hold."""
    settings = [data[key] for key in ("jobs", "matrix") if isinstance(data.get(key), (Mapping, list))]
    included: list[Any] = []
    for each in settings:
        rows = each if isinstance(each, list) else each.get("include")
        included += rows if isinstance(rows, list) else [rows] if isinstance(rows, Mapping) else []
    included = [each for each in included if isinstance(each, Mapping)]
    fixed, rows = _envs(data)
    keys = [key for key in data if key in EXPAND and key != "env" and data[key] is not None]
    values = [_list(data[key]) for key in keys] + ([rows] if rows is not None else [])
    shared = {key: value for key, value in data.items() if key not in EXPAND and key not in _ROOT_ONLY}
    first = {key: each[0] for key, each in zip(keys, values, strict=False) if each}
    nodes = dict.fromkeys(data, data)
    jobs: list[TravisJob] = []
    line = line_of(data, "script") or line_of(data, "language") or 1
    products = list(itertools.islice(itertools.product(*values), MAX_COMBINATIONS + 1)) if values else []
    if len(products) > MAX_COMBINATIONS:
        raise NotUnderstood(f"it has more than {MAX_COMBINATIONS} combinations")
    if not (len(products) == 1 and included):
        for product in products:
            own = dict(zip(keys, product, strict=False))
            env = env_of(product[-1]) if rows is not None else ()
            jobs.append(TravisJob({**shared, **own}, nodes, line, (*fixed, *env)))
    stage = ""
    for entry in included:
        stage = str(entry.get("stage") or stage)
        given = {**shared, **first, **{key: value for key, value in entry.items() if value is not None}}
        job = TravisJob(given, {**nodes, **dict.fromkeys(entry, entry)}, line_of(entry) or line)
        job.env = (*fixed, *env_of(entry.get("env")))
        job.stage = stage or "test"
        jobs.append(job)
    if not jobs:
        jobs = [TravisJob({**shared, **first}, nodes, line, fixed)]
    excluded = _rows(settings, "exclude")
    allowed = _rows(settings, "allow_failures")
    jobs = [job for job in jobs if not any(_fits(row, job, fixed) and condition(row, job) for row in excluded)]
    for job in jobs:
        job.may_fail = job.given.get("allow_failure") is True or any(
            _fits(row, job, fixed) and condition(row, job) for row in allowed
        )
    return jobs


def _rows(settings: Sequence[Any], key: str) -> list[Mapping[str, Any]]:
    found: list[Any] = []
    for each in settings:
        rows = each.get(key) if isinstance(each, Mapping) else None
        found += rows if isinstance(rows, list) else [rows]
    return [row for row in found if isinstance(row, Mapping)]


def _fits(row: Mapping[str, Any], job: TravisJob, fixed: Env) -> bool:
    """Whether a job has everything that a row of `exclude` or `allow_failures` names."""
    for key, value in row.items():
        if key == "if":
            continue
        if key == "env":
            wanted = env_of(value)
            if tuple(pair for pair in job.env if pair not in fixed) != wanted:
                return False
        elif key == "stage":
            if str(value).lower() != job.stage.lower():
                return False
        elif [_text(each) for each in _list(job.given.get(key))] != [_text(each) for each in _list(value)]:
            return False
    return True


def distinct(jobs: Sequence[TravisJob], told_apart: bool) -> list[TravisJob]:
    """One job of each kind: versions of a language make no difference where no command looks at them."""
    kept: dict[Any, TravisJob] = {}
    for job in jobs:
        versions = tuple(sorted((key, _text(value)) for key, value in job.given.items() if key in EXPAND))
        written = tuple(sorted((key, id(node)) for key, node in job.nodes.items()))
        os = _text(job.given.get("os", "linux"))
        key = (job.env, job.may_fail, job.stage, written, os == "windows", versions if told_apart else ())
        job.told_apart = told_apart
        kept.setdefault(key, job)
    return list(kept.values())


def stage_order(data: Mapping[str, Any], jobs: Sequence[TravisJob]) -> list[str]:
    """Names of the stages, in lower case, in the order they run."""
    rows = data.get("stages")
    names = [str(row.get("name", "") if isinstance(row, Mapping) else row).lower() for row in _list(rows) if row]
    return list(dict.fromkeys([*names, *(job.stage.lower() for job in jobs)]))


def stage_conditions(data: Mapping[str, Any]) -> dict[str, Any]:
    """The `if` of each stage that has one, by its name in lower case."""
    return {
        str(row.get("name", "")).lower(): row["if"]
        for row in _list(data.get("stages"))
        if isinstance(row, Mapping) and "if" in row
    }
