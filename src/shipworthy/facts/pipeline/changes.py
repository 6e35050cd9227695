"""Workflows that choose their jobs by the changed files: which files to try, and what the well-known filters answer.

A condition such as `needs.changes.outputs.src == 'true'` is judged by trying: one file at a time is taken to have
changed, and the jobs are walked with that. Only what runs for every file tried covers every change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from shipworthy.facts.pipeline.actions import name_of
from shipworthy.facts.pipeline.expressions import fill
from shipworthy.facts.pipeline.github_parallel import steps_in
from shipworthy.facts.pipeline.globs import lets_by, matches
from shipworthy.facts.pipeline.tree import rows
from shipworthy.facts.pipeline.triggers import Start
from shipworthy.facts.pipeline.values import Open, Unknown
from shipworthy.project.yaml import BadData, load_yaml

MAX_TRIED = 12
MAX_PATH = 120
_BY_CHANGES = re.compile(r"paths-filter|changed-files|--name-only|skip-duplicate-actions|uses:\s*[\"']?\./\.github/")
_FILTERS = ("dorny/paths-filter", "aurornz/paths-filter", "step-security/paths-filter")
_CHANGED = ("tj-actions/changed-files", "step-security/changed-files")
_SKIPS = ("fkirc/skip-duplicate-actions",)


def chooses_by_changes(text: str) -> bool:
    """Whether a workflow's text may decide by changed files."""
    return bool(_BY_CHANGES.search(text)) and "outputs" in text


def _filters(data: Any) -> dict[str, list[str]]:
    """Filter name -> patterns, from the YAML text of a paths filter."""
    if isinstance(data, str):
        data = _filters_in(data)
    found: dict[str, list[str]] = {}
    for name, patterns in data.items() if isinstance(data, Mapping) else ():
        found[str(name)] = [str(each) for each in _flat(patterns)]
    return found


@lru_cache(maxsize=256)
def _filters_in(text: str) -> Any:
    try:
        return next(iter(load_yaml(text.encode("utf-8", "replace"))), None)
    except BadData:
        return None


def _flat(value: Any, depth: int = 0) -> Iterator[Any]:
    """Patterns as the action takes them: lists in lists, and `added|modified: pattern` mappings."""
    for each in rows(value) or [value]:
        if isinstance(each, list) and depth < 5:
            yield from _flat(each, depth + 1)
        elif isinstance(each, Mapping):
            for inner in each.values():
                yield from _flat(inner, depth + 1)
        elif each is not None:
            yield each


def _steps(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    jobs = data.get("jobs")
    for job in jobs.values() if isinstance(jobs, Mapping) else ():
        if isinstance(job, Mapping):
            yield from steps_in(job)


def tried(data: Mapping[str, Any], files: Sequence[str]) -> list[str]:
    """Files to try, few but unlike each other: by the filters they fit, by top folder, by ending."""
    patterns: list[list[str]] = []
    for step in _steps(data):
        given = step.get("with")
        if name_of(str(step.get("uses", ""))) in (*_FILTERS, *_CHANGED) and isinstance(given, Mapping):
            patterns += _filters(given.get("filters") or given.get("files_yaml")).values()
            patterns += [str(given["files"]).split()] if isinstance(given.get("files"), str) else []
    chosen: dict[Any, str] = {}
    for path in files:
        if len(path) <= MAX_PATH:
            fits = tuple(any(matches(pattern, path) for pattern in each) for each in patterns[:20])
            chosen.setdefault((fits, path.partition("/")[0] if "/" in path else "."), path)
    spread = list(chosen.values())
    if len(spread) <= MAX_TRIED:
        return spread
    # One for each way of fitting the filters first, then as many folders as there is room for.
    first: dict[Any, str] = {}
    for (fits, _), path in chosen.items():
        first.setdefault(fits, path)
    kept = list(first.values())[:MAX_TRIED]
    rest = [path for path in spread if path not in kept]
    stride = max(len(rest) // max(MAX_TRIED - len(kept), 1), 1)
    return [*kept, *rest[::stride]][:MAX_TRIED]


def with_changes(starts: Sequence[Start], files: Sequence[str]) -> list[Start]:
    """Each start with the first file, and the first start with every other file."""
    found = [replace(start, changed=files[0]) for start in starts]
    return [*found, *(replace(starts[0], changed=path) for path in files[1:])]


def outputs(step: Mapping[str, Any], context: Mapping[str, Any], changed: str | None) -> Any:
    """The outputs of an action; known ones where it is a filter of changed files."""
    name = name_of(str(step.get("uses", "")))
    given = step.get("with")
    given = given if isinstance(given, Mapping) else {}
    if name in _SKIPS and not ({"paths", "paths_ignore", "paths_filter"} & set(given)):
        # It skips only what has passed before with the same content.
        return Open("outputs", {"should_skip": "false"})
    if changed is None or name not in (*_FILTERS, *_CHANGED):
        return Open("outputs")
    if name in _FILTERS:
        if "predicate-quantifier" in given:
            return Open("outputs")
        filters = _filters(fill(given.get("filters"), context))
        return Open("outputs", {key: "true" if _any(each, changed) else "false" for key, each in filters.items()})
    known: dict[str, Any] = {}
    if isinstance(given.get("files"), str):
        known["any_changed"] = known["any_modified"] = "true" if lets_by(given["files"].split(), changed) else "false"
    elif not {"files_ignore", "files_yaml"} & set(given):
        known["any_changed"] = known["any_modified"] = "true"
    for key, each in _filters(given.get("files_yaml")).items():
        known[f"{key}_any_changed"] = known[f"{key}_any_modified"] = "true" if lets_by(each, changed) else "false"
    if "files_ignore" in given:
        known = {key: Unknown(key) for key in known}
    return Open("outputs", known)


def _any(patterns: Sequence[str], path: str) -> bool:
    """A filter of paths-filter holds if any pattern fits; one with `!` fits what the pattern does not."""
    return any(not matches(each[1:], path) if each.startswith("!") else matches(each, path) for each in patterns)
