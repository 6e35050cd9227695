"""Makes the fix for `ci-hardened`: read rights for a workflow that needs no more, known pins, no token left behind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from shipworthy.facts.hardening import Hardening, Weakness
from shipworthy.facts.pipeline import Kind, Pipeline
from shipworthy.facts.pipeline.words import words
from shipworthy.fixes.desk import Desk, listed
from shipworthy.fixes.lines import line_end, line_span
from shipworthy.fixes.model import Fix, NoFix, Splice, edited
from shipworthy.project.yaml import BadData, line_of, load_yaml

_READS_ONLY = words(
    """
    actions/checkout actions/setup-python actions/setup-node actions/setup-java actions/setup-go actions/setup-dotnet
    actions/cache actions/cache/restore actions/cache/save actions/upload-artifact actions/download-artifact
    astral-sh/setup-uv pnpm/action-setup oven-sh/setup-bun denoland/setup-deno ruby/setup-ruby dtolnay/rust-toolchain
    swatinem/rust-cache snok/install-poetry shivammathur/setup-php subosito/flutter-action erlef/setup-beam
    codecov/codecov-action
    """
)
"""Actions that write nothing with the job's token (each one's own page)."""
_WRITES = re.compile(
    r"GITHUB_TOKEN|github\.token|GH_TOKEN|ghcr\.io|\bgh\s|\bgit\s+(push|tag)|semantic-release|api\.github\.com|id-token",
    re.I,
)
_KINDS = (Kind.DEPLOY, Kind.PUBLISH, Kind.PUSH, Kind.GITOPS, Kind.UPDATE)
_PINNED = re.compile(rb"uses:[ ]+[\"']?([\w./-]{1,200})@([0-9a-f]{40})[\"']?[ ]+#[ ]*(v?[\w.-]{1,60})[ ]*\r?$", re.M)
_GIT = re.compile(r"\bgit\b|\bgh\b|submodule")
_CHECKOUT = re.compile(rb"([ ]*)(-[ ]+)?uses:[ ]+[\"']?actions/checkout@[^\r\n]+")


def make(desk: Desk) -> Fix | NoFix:
    """Only what surely changes nothing else; a pin only where this repository pins the same version elsewhere."""
    fact = desk.fact(Hardening)
    makers: dict[str, Callable[[Desk, Weakness], str]] = {
        "no-permissions": _limited,
        "unpinned-action": _pinned,
        "left-token": _forgotten,
    }
    done: list[str] = []
    for row in fact.weaknesses:
        if row.rule in makers and not row.engine:
            told = makers[row.rule](desk, row)
            if told and told not in done:
                done.append(told)
    if done:
        desk.note("Push it on a branch and look at its first run before you merge it.")
    return desk.result(f"{listed(done)}.")


def _top(data: bytes) -> Mapping[str, Any] | None:
    try:
        top = next(iter(load_yaml(data)), None)
    except BadData:
        return None
    return top if isinstance(top, Mapping) and isinstance(top.get("jobs"), Mapping) else None


def _steps(job: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    steps = job.get("steps")
    yield from (step for step in steps if isinstance(step, Mapping)) if isinstance(steps, list) else ()


def _name(step: Mapping[str, Any]) -> str:
    return str(step.get("uses", "")).partition("@")[0].lower()


def _limited(desk: Desk, row: Weakness) -> str:
    """`permissions: contents: read` above the jobs, where no job without rights of its own needs more."""
    data = desk.read(row.path)
    top = _top(data) if data is not None else None
    if data is None or top is None:
        return ""
    why = _needs_more(desk, row.path, top)
    if why:
        desk.refuse(f"{row.path}: which rights it needs is yours to say: {why}.")
        return ""
    line = line_of(top, "jobs")
    span = line_span(data, line) if line else None
    if span is None or not data[span[0] :].startswith(b"jobs:"):
        desk.refuse(f"{row.path} is written in a way that no machine changes.")
        return ""
    end = line_end(data)
    splice = Splice(span[0], span[0], b"permissions:" + end + b"  contents: read" + end + end)
    after = _top(edited(row.path, data, [splice]).data)
    if after is None or after.get("permissions") != {"contents": "read"} or after["jobs"] != top["jobs"]:
        desk.refuse(f"{row.path} is written in a way that no machine changes.")
        return ""
    desk.change(row.path, splice)
    return f"Give {row.path} the right to read only"


def _needs_more(desk: Desk, path: str, top: Mapping[str, Any]) -> str:
    """Why a workflow may need more than to read the code; "" where nothing in it does."""
    pipeline = desk.fact(Pipeline)
    if _WRITES.search(str(top.get("env", ""))):
        return "its `env:` holds a token"
    for id, job in top["jobs"].items():
        if not isinstance(job, Mapping) or "permissions" in job:
            continue
        if not isinstance(job.get("steps"), list):
            return f"job {id} calls another workflow"
        for step in _steps(job):
            if "uses" in step and _name(step) not in _READS_ONLY:
                return f"what {str(step['uses'])[:80]} does with the token is not known here"
        if _WRITES.search(str(job)):
            return f"job {id} uses a token, GitHub's command or its registry"
        for leaf in pipeline.leaves:
            if leaf.workflow == path and leaf.job == id and leaf.kind in _KINDS:
                return f"`{leaf.text}` in job {id} may write"
        if any(each.workflow == path and each.job == id for each in pipeline.opaque):
            return f"not all that job {id} runs could be followed"
    return ""


def _pinned(desk: Desk, row: Weakness) -> str:
    """The commit that another line of this repository's workflows names for the same version."""
    name, _, ref = row.what.partition("@")
    known: set[bytes] = set()
    for path in desk.fact(Hardening).files:
        data = desk.read(path)
        for match in _PINNED.finditer(data or b""):
            if match[1].decode() == name and match[3].decode() == ref:
                known.add(match[2])
    data = desk.read(row.path)
    if len(known) != 1 or data is None:
        desk.refuse(f"{row.path}: the commit behind {row.what} is not known here: its Releases page shows it.")
        return ""
    pattern = re.compile(rb"([ ]*(?:-[ ]+)?uses:[ ]+)" + re.escape(row.what.encode()) + rb"[ ]*")
    changed = False
    for line in (row.line, *row.more):
        span = line_span(data, line)
        place = pattern.fullmatch(data[span[0] : span[1]]) if span else None
        if span is None or place is None:
            desk.refuse(f"{row.path}:{line} is written in a way that no machine changes.")
            continue
        new = name.encode() + b"@" + next(iter(known)) + b" # " + ref.encode()
        desk.change(row.path, Splice(span[0] + place.end(1), span[1], new))
        changed = True
    return f"Pin {row.what} in {row.path} as elsewhere here" if changed else ""


def _forgotten(desk: Desk, row: Weakness) -> str:
    """`persist-credentials: false`, where no later step of the job asks git for anything."""
    data = desk.read(row.path)
    top = _top(data) if data is not None else None
    for id, job in top["jobs"].items() if data is not None and top is not None else ():
        steps = list(_steps(job)) if isinstance(job, Mapping) else []
        at = next((at for at, step in enumerate(steps) if line_of(step, "uses") == row.line), None)
        if at is None or data is None or top is None:
            continue
        step, later = steps[at], steps[at + 1 :]
        known = all("uses" not in each or _name(each) in _READS_ONLY for each in later)
        if not known or any(_GIT.search(str(each.get("run", ""))) for each in later) or "make" in str(later):
            desk.refuse(f"{row.path}: a later step of job {id} may need the token that the checkout leaves.")
            return ""
        splice = _without_token(data, step, row.line)
        after = _top(edited(row.path, data, [splice]).data) if splice else None
        wanted = {**(step.get("with") or {}), "persist-credentials": False}
        if splice is None or after is None or dict(list(_steps(after["jobs"][id]))[at]["with"]) != wanted:
            break
        desk.change(row.path, splice)
        return f"Leave no token behind at {row.path}:{row.line}"
    desk.refuse(f"{row.path}:{row.line} is written in a way that no machine changes.")
    return ""


def _without_token(data: bytes, step: Mapping[str, Any], line: int) -> Splice | None:
    span = line_span(data, line)
    match = _CHECKOUT.fullmatch(data[span[0] : span[1]]) if span else None
    if span is None or match is None:
        return None
    end, indent = line_end(data), b" " * (len(match[1]) + len(match[2] or b""))
    given = step.get("with")
    if given is None and "with" not in step:
        return Splice(span[1], span[1], end + indent + b"with:" + end + indent + b"  persist-credentials: false")
    first = next(iter(given), None) if isinstance(given, Mapping) else None
    own, at = line_of(given, first), line_of(step, "with")
    place = line_span(data, own) if own and at and own > at else None
    if place is None or "persist-credentials" in (given or {}):
        return None
    text = data[place[0] : place[1]]
    inner = text[: len(text) - len(text.lstrip(b" "))]
    return Splice(place[0], place[0], inner + b"persist-credentials: false" + end)
