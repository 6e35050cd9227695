"""Finds text of strangers that GitHub pastes into commands, through files that call each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shipworthy.facts.hardening.fact import Degree
from shipworthy.facts.hardening.sheet import Known, Place, Sheet, mapping, paths_in, target_of
from shipworthy.facts.hardening.taint import flows, is_foreign, is_insiders, resolved

ROUNDS = 6
"""How many files an input is followed through."""
MAX_SAME = 200
"""Of one expression that stands again and again in a script, the last that has a line of its own."""
_SCRIPTS: Mapping[str, tuple[str, ...]] = {
    "actions/github-script": ("script",),
    "azure/cli": ("inlinescript",),
    "azure/powershell": ("inlinescript",),
    "appleboy/ssh-action": ("script",),
    "nick-fields/retry": ("command", "on_retry_command"),
    "nick-invision/retry": ("command", "on_retry_command"),
    "addnab/docker-run-action": ("run",),
    "reactivecircus/android-emulator-runner": ("script",),
    "cloudflare/wrangler-action": ("command", "precommands", "postcommands"),
    "gradle/gradle-build-action": ("arguments",),
    "google-github-actions/ssh-compute": ("command",),
}
"""Actions and those of their inputs that they run (each one's own page)."""
_OUTPUTS: Mapping[str, str] = {
    "tj-actions/changed-files": r".*_files",
    "tj-actions/branch-names": r"(current_|head_ref_|ref_)?branch",
    "dorny/paths-filter": r".*_files",
    "jitterbit/get-changed-files": r".*",
    "trilom/file-changes-action": r"files.*",
    "xt0rted/pull-request-comment-branch": r"head_ref",
}
"""Actions that answer with names a stranger chose: of files and branches."""
_SAFE_TYPES = {"boolean", "number", "choice", "environment"}

Calls = dict[str, dict[str, tuple[str, ...]]]
"""By file, by path ("inputs.title"): what callers in the repository put there."""


def follow(sheets: Mapping[str, Sheet]) -> tuple[Calls, dict[str, set[str]]]:
    """What calls put into inputs, and by file the events that start it, through its callers too."""
    calls: Calls = {}
    events = {path: set(sheet.events) if sheet.is_workflow else set() for path, sheet in sheets.items()}
    for _ in range(ROUNDS):
        before = (repr(calls), repr({path: sorted(each) for path, each in events.items()}))
        for path, sheet in sheets.items():
            for place in sheet.places():
                target = target_of(place.uses, sheets)
                if target is None:
                    continue
                events[target] |= events[path] - {"workflow_call"}
                known = sheet.known(place, given_to(sheet, calls))
                for name, value in place.given.items():
                    paths = paths_in(value, known)
                    key = f"inputs.{str(name).lower()}"
                    rows = calls.setdefault(target, {})
                    rows[key] = tuple(dict.fromkeys((*rows.get(key, ()), *paths)))
        if before == (repr(calls), repr({path: sorted(each) for path, each in events.items()})):
            break
    return calls, events


def given_to(sheet: Sheet, calls: Calls) -> Known:
    """What stands behind the inputs and the jobs' outputs of a file."""
    found: dict[str, tuple[str, ...]] = {}
    for key, paths in calls.get(sheet.path, {}).items():
        # An input that no caller fills with text of strangers may still be filled from elsewhere.
        found[key] = (*paths, key)
    for name, row in mapping(sheet.data.get("inputs")).items():
        paths = paths_in(mapping(row).get("default"), {})
        key = f"inputs.{str(name).lower()}"
        if paths:
            found[key] = tuple(dict.fromkeys((*found.get(key, (key,)), *paths)))
    for id, job in sheet.jobs.items():
        for name, value in mapping(job.get("outputs")).items():
            found[f"needs.{id.lower()}.outputs.{str(name).lower()}"] = paths_in(value, {})
    return found


def pasted(sheet: Sheet, calls: Calls) -> None:
    """Adds every place where text of strangers becomes part of a command."""
    given = given_to(sheet, calls)
    safe = _safe_inputs(sheet)
    answers = {
        f"steps.{place.step['id'].lower()}.outputs.": _OUTPUTS[_name(place.uses)]
        for place in sheet.places()
        if place.step is not None and isinstance(place.step.get("id"), str) and _name(place.uses) in _OUTPUTS
    }
    for place in sheet.places():
        known = sheet.known(place, given)
        for node, key, text, where in _sinks(place):
            before: dict[str, int] = {}
            for flow in flows(text):
                nth = before[flow.text] = before.get(flow.text, -1) + 1
                paths = resolved(flow, known)
                line = sheet.line(node, key, flow.text, min(nth, MAX_SAME))
                foreign = next((path for path in paths if is_foreign(path) or _answered(path, answers)), None)
                what = " ".join(flow.text.split())[:2000]
                if foreign is not None:
                    told = "" if foreign in flow.paths else f"it holds `{foreign}`"
                    sheet.add("injection", Degree.DANGER, line, what, _within(told, where))
                elif any(is_insiders(path) and not (_is_input(path) and _last(path) in safe) for path in paths):
                    sheet.add("injection-input", Degree.REMARK, line, "inputs", f"`{what}` is the first")


def _within(told: str, where: str) -> str:
    return ", ".join(filter(None, [told, where and f"it stands in {where}"]))


def _name(uses: str) -> str:
    return uses.partition("@")[0].lower()


def _answered(path: str, answers: Mapping[str, str]) -> bool:
    return any(
        path.startswith(start) and re.fullmatch(pattern, path.removeprefix(start)) is not None
        for start, pattern in answers.items()
    )


def _is_input(path: str) -> bool:
    return path.startswith(("inputs.", "github.event.inputs."))


def _last(path: str) -> str:
    return path.rsplit(".", 1)[-1]


def _safe_inputs(sheet: Sheet) -> set[str]:
    """Names of inputs that cannot hold any text: yes or no, numbers, one of a list."""
    found: set[str] = set()
    loose: set[str] = set()
    for event in ("workflow_dispatch", "workflow_call"):
        for name, row in mapping(mapping(sheet.events.get(event)).get("inputs")).items():
            kind = str(mapping(row).get("type"))
            (found if kind in _SAFE_TYPES else loose).add(str(name).lower())
    return found - loose


def _sinks(place: Place) -> Iterator[tuple[Any, str, str, str]]:
    """(node, key, text, name of the input) for everything at a place that is run as a program."""
    if place.step is None:
        return
    for key in ("run", "shell"):
        if isinstance(place.step.get(key), str):
            yield place.step, key, place.step[key], ""
    wanted = _SCRIPTS.get(_name(place.uses), ())
    for key, value in place.given.items():
        if str(key).lower() in wanted and isinstance(value, str):
            yield place.given, key, value, f"`{key}` of {place.uses}"
