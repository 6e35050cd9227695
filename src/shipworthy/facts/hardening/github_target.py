"""Finds where a workflow that strangers can start, and that holds secrets, checks out what they wrote.

Source: the code host's "Events that trigger workflows" (`pull_request_target`, `workflow_run`, `issue_comment`: they
run the workflow of the default branch with its secrets and a token that may write).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shipworthy.facts.hardening.fact import Degree
from shipworthy.facts.hardening.github_text import Calls, given_to
from shipworthy.facts.hardening.sheet import Known, Place, Sheet, mapping, paths_in
from shipworthy.facts.hardening.taint import flows
from shipworthy.facts.pipeline.tree import rows

OPEN = ("pull_request_target", "issue_comment", "workflow_run")
"""Events that a stranger causes and that have the repository's secrets."""
MAX_NEEDS = 6
_CODE = re.compile(
    r"github\.(head_ref|event\.(pull_request\.(head(\..+)?|merge_commit_sha)"
    r"|workflow_run\.(head_(sha|branch|commit\.id|repository(\..+)?)|pull_requests\..+)))"
)
_ELSEWHERE = re.compile(r"(steps|needs)\..+\.outputs\..+|inputs\..+")
_GIT = re.compile(r"\bgit\b.*\b(checkout|switch|pull|merge|reset|clone|worktree)\b")
_FETCH = re.compile(r"\bgit\b.*\b(fetch|pull|clone)\b")
_GH = re.compile(r"\bgh\s+(pr\s+checkout|co)\b")
_OWN = r"github\.(event\.repository\.\w+(\.\w+)?|repository\w*)"
_HEAD = r"github\.event\.(pull_request\.head\.repo|workflow_run\.head_repository)\.(full_name|id|owner\.\w+|name)"
_KNOWN = re.compile(
    rf"{_HEAD}=={_OWN}|{_HEAD}=='[^']+'|{_OWN}=={_HEAD}|!github\.event\.pull_request\.head\.repo\.fork"
    r"|head\.repo\.fork(==false|!=true|=='false')|pull_request\.merged(==true|=='true'|$)"
    r"|github\.event_name=='(push|schedule|workflow_dispatch|release|pull_request|merge_group|workflow_call)'"
    r"|workflow_run\.event(=='(push|schedule|workflow_dispatch|release|merge_group)'|!='pull_request')|^false$"
)
_SOMEBODY = re.compile(
    r"author_association|(^|[^!])contains\(.*(actor|login)|(actor|login)==|==github\.(actor|triggering_actor|event\.[a-z_.]+login)"
    r"|event\.label\.name|pull_request\.labels|event\.action=='labeled'|permission"
)
_EITHER = re.compile(f"{_KNOWN.pattern}|{_SOMEBODY.pattern}")


class Targets:
    """Looks through files with what is known about all of them. `starts`: file -> events, callers' ones included."""

    def __init__(self, sheets: Mapping[str, Sheet], calls: Calls, starts: Mapping[str, set[str]]) -> None:
        self._calls = calls
        self._starts = starts
        self._by_name = {
            str(sheet.data.get("name") or path): sheet for path, sheet in sheets.items() if sheet.is_workflow
        }

    def look(self, sheet: Sheet) -> bool:
        """Adds every such checkout; whether there is one that nobody holds back."""
        events = self._open(sheet)
        if not events:
            return False
        given = given_to(sheet, self._calls)
        danger = False
        for place in sheet.places():
            known = sheet.known(place, given)
            for node, key, what, sure in _checkouts(place, known):
                degree = self._degree(sheet, place, events, sure=sure)
                if degree is None:
                    continue
                danger = danger or degree is Degree.DANGER
                line = sheet.line(node, key, what.split("\n")[0])
                sheet.add("target-checkout", degree, line, " ".join(what.split())[:2000], f"it starts on `{events[0]}`")
        return danger

    def _open(self, sheet: Sheet) -> list[str]:
        events = [event for event in OPEN if event in self._starts.get(sheet.path, ())]
        if "workflow_run" in events and self._only_landed(sheet):
            events.remove("workflow_run")
        return events

    def _only_landed(self, sheet: Sheet) -> bool:
        """Whether every workflow that it follows lies here and is never started by a pull request."""
        names = [str(each) for each in rows(mapping(sheet.events.get("workflow_run")).get("workflows"))]
        after = [self._by_name.get(name) for name in names]
        return bool(after) and all(
            each is not None and not any(event.startswith(("pull_request", "issue")) for event in each.events)
            for each in after
        )

    def _degree(self, sheet: Sheet, place: Place, events: list[str], *, sure: bool) -> Degree | None:
        conditions = list(_conditions(sheet, place))
        if any(holds(condition, _KNOWN) for condition in conditions):
            return None
        environment = "environment" in place.job
        types = {str(each) for each in rows(mapping(sheet.events.get(events[0])).get("types"))}
        asked = environment or types == {"labeled"} or any(holds(each, _EITHER) for each in conditions)
        return Degree.ASK if asked or not sure else Degree.DANGER


def _conditions(sheet: Sheet, place: Place) -> Iterator[str]:
    """The conditions of a step, of its job and of the jobs that it needs."""
    if place.step is not None and place.step.get("if") is not None:
        yield str(place.step["if"])
    seen: set[str] = set()
    waiting = [(place.id, 0)]
    while waiting:
        id, deep = waiting.pop()
        job = sheet.jobs.get(id)
        if job is None or id in seen or deep > MAX_NEEDS:
            continue
        seen.add(id)
        condition = str(job.get("if", ""))
        if condition:
            yield condition
        if "always(" not in condition.replace(" ", ""):
            needs = job.get("needs")
            waiting += [(str(each), deep + 1) for each in (needs if isinstance(needs, list) else [needs])]


def holds(condition: str, pattern: re.Pattern[str]) -> bool:
    """Whether a condition cannot be true without a part that fits `pattern`: one of `&&`, each of `||`."""
    plain = re.sub(r"\s+|^\$\{\{|\}\}$", "", condition.strip())[:4000]
    return _holds(plain.removeprefix("${{").removesuffix("}}"), pattern, 0)


def _holds(text: str, pattern: re.Pattern[str], deep: int) -> bool:
    if deep > 20:
        return False
    either = _split(text, "||")
    if len(either) > 1:
        return all(_holds(each, pattern, deep + 1) for each in either)
    both = _split(text, "&&")
    if len(both) > 1:
        return any(_holds(each, pattern, deep + 1) for each in both)
    if text.startswith("(") and text.endswith(")"):
        return _holds(text[1:-1], pattern, deep + 1)
    return pattern.search(text) is not None


def _split(text: str, sign: str) -> list[str]:
    parts, depth, at, start, quoted = [], 0, 0, 0, False
    while at < len(text):
        here = text[at]
        if here == "'":
            quoted = not quoted
        elif not quoted:
            depth += (here == "(") - (here == ")")
            if depth == 0 and text.startswith(sign, at):
                parts.append(text[start:at])
                at += len(sign)
                start = at
                continue
        at += 1
    return [*parts, text[start:]]


def _checkouts(place: Place, known: Known) -> Iterator[tuple[Any, str, str, bool]]:
    """(node, key, what stands there, whether it is surely a stranger's code)."""
    if place.step is None:
        return
    if place.uses.lower().startswith("actions/checkout@"):
        for key in ("ref", "repository"):
            value = place.given.get(key)
            if not isinstance(value, str):
                continue
            paths = paths_in(value, known)
            if any(_CODE.fullmatch(path) for path in paths) or ("pull/" in value and paths):
                yield place.given, key, value, True
                break
            if any(_ELSEWHERE.fullmatch(path) and not path.startswith("inputs.") for path in paths):
                yield place.given, key, value, False
                break
    run = place.step.get("run")
    if isinstance(run, str):
        yield from ((place.step, "run", what, True) for what in _by_command(run, known))


def _by_command(run: str, known: Known) -> Iterator[str]:
    names = [
        path.removeprefix("env.")
        for path, behind in known.items()
        if path.startswith("env.") and any(_CODE.fullmatch(each) for each in behind)
    ]
    variable = re.compile(r"\$\{?(" + "|".join(map(re.escape, names)) + r")\b", re.I) if names else None
    moves = _GIT.search(run) is not None
    for line in run.split("\n")[:5000]:
        text = line.strip()[:2000]
        if text.startswith("#"):
            continue
        if _GH.search(text):
            yield text
            return
        if not moves or not (_GIT.search(text) or _FETCH.search(text)):
            continue
        paths = [path for flow in flows(text) for path in flow.paths]
        paths = [each for path in paths for each in known.get(path, (path,))]
        numbered = re.search(r"\bpull/", text) is not None
        if numbered or any(_CODE.fullmatch(path) for path in paths) or (variable is not None and variable.search(text)):
            yield text
            return
