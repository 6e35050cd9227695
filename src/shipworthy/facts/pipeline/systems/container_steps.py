"""Steps of Drone and Woodpecker, which run one after the other in containers: their order, commands and plugins.

Source: the systems' pages "Steps", "Parallelism", "Plugins" and "Workflow syntax". Commands are one shell, `set -e`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shipworthy.facts.pipeline.fact import YES, Link, Said, no, unsure, weakest
from shipworthy.facts.pipeline.neutral import could_test
from shipworthy.facts.pipeline.shell import Options
from shipworthy.facts.pipeline.systems import images
from shipworthy.facts.pipeline.systems.container_when import judged
from shipworthy.facts.pipeline.systems.occasions import Occasion
from shipworthy.facts.pipeline.systems.plan import Plan, PlannedJob, Script, Start, script_of
from shipworthy.project.yaml import line_of

ERREXIT = Options(errexit=True)
_FETCHES = re.compile(r"\bgit\s+(clone|fetch|pull|checkout|init)\b|\bsvn\s+(co|checkout)\b|curl|wget|\bgh\s+repo\b")


def unescaped(script: Script | None) -> Script | None:
    """Commands with `$$`, which the system turns into `$` before a shell sees it."""
    return replace(script, text=script.text.replace("$$", "$")) if script is not None else None


def id_of(text: Any, used: Iterable[str]) -> str:
    """A job's id: the name without "/", which would mean a called workflow, and unlike those used already."""
    name = " ".join(str(text).split()).replace("/", "-")[:80] or "step"
    taken = set(used)
    if name not in taken:
        return name
    return next(f"{name} {number}" for number in range(2, len(taken) + 3) if f"{name} {number}" not in taken)


def variables_of(node: Any) -> dict[str, tuple[str, ...]]:
    """Variables with known values from an `environment`, as a mapping or a list of NAME=value."""
    found: dict[str, tuple[str, ...]] = {}
    if isinstance(node, Mapping):
        for key, value in node.items():
            if isinstance(value, str | int | float) and "$" not in str(value):
                text = str(value).lower() if isinstance(value, bool) else str(value)
                found[str(key)] = (text,)
    elif isinstance(node, list):
        for each in node:
            name, sign, value = str(each).partition("=")
            if sign and "$" not in value:
                found[name] = (value,)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step. `needs`: ids of what comes before it in its pipeline; `outer`: of what its pipeline waits for."""

    id: str
    name: str
    path: str
    line: int
    node: Mapping[str, Any]
    needs: tuple[str, ...] = ()
    outer: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One pipeline (document or workflow file): its steps and what the whole of it is filtered by."""

    rules: tuple[Any, ...] = ()
    steps: tuple[Step, ...] = ()
    variables: Mapping[str, tuple[str, ...]]
    doubt: Said = YES
    """Why its steps may not have the code, so that what tests in them is not known."""


def has_code(steps: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a step brings the code itself, where the system does not."""
    return any(
        _FETCHES.search(f"{each.get('commands')} {each.get('image')}") or "git" in str(each.get("image"))
        for each in steps
    )


def named_steps(node: Any) -> list[tuple[str, Mapping[str, Any], int]]:
    """(name, step, line) of steps that are a list, or a mapping from names."""
    found = []
    if isinstance(node, Mapping):
        for name, step in node.items():
            if isinstance(step, Mapping):
                found.append((str(name), step, line_of(node, name) or 1))
    elif isinstance(node, list):
        for index, step in enumerate(node):
            if isinstance(step, Mapping):
                found.append((str(step.get("name", f"step {index + 1}")), step, line_of(node, index) or 1))
    return found


def ordered(
    node: Any, path: str, prefix: str, used: set[str], outer: Sequence[str], *, empty_counts: bool
) -> tuple[Step, ...]:
    """The steps of a pipeline with what comes before each: all earlier ones, or by `depends_on`, or by `group`.

    `empty_counts`: whether an empty `depends_on` makes the order explicit too (Woodpecker).
    """
    rows = named_steps(node)
    ids: list[str] = []
    for name, _, _ in rows:
        ids.append(id_of(f"{prefix}{name}", used))
        used.add(ids[-1])
    explicit = any(step.get("depends_on") or (empty_counts and "depends_on" in step) for _, step, _ in rows)
    by_name: dict[str, int] = {}
    for number, (name, _, _) in enumerate(rows):
        by_name.setdefault(name, number)
    found = []
    for number, (name, step, line) in enumerate(rows):
        if explicit:
            before = _closure(number, rows, by_name)
        else:
            group = step.get("group")
            first = number
            while group and first and rows[first - 1][1].get("group") == group:
                first -= 1
            before = list(range(first))
        found.append(
            Step(
                id=ids[number],
                name=name,
                path=path,
                line=line,
                node=step,
                needs=tuple(ids[each] for each in before),
                outer=tuple(outer),
            )
        )
    return tuple(found)


def _closure(number: int, rows: Sequence[tuple[str, Mapping[str, Any], int]], by_name: Mapping[str, int]) -> list[int]:
    found: dict[int, None] = {}
    waiting = [number]
    while waiting:
        wanted = rows[waiting.pop()][1].get("depends_on")
        for name in wanted if isinstance(wanted, list) else [wanted]:
            other = by_name.get(str(name))
            if other is not None and other != number and other not in found:
                found[other] = None
                waiting.append(other)
    return list(found)


def put(plan: Plan, group: Group, every: Sequence[tuple[Start, Occasion]]) -> None:
    """Puts a pipeline's steps down in every start."""
    for step in group.steps:
        alone = step.node.get("detach") is True
        ignored = str(step.node.get("failure", "")) == "ignore" or step.node.get("ignore_failure") is True
        fails = no("it runs in the background") if alone else no("`failure: ignore`") if ignored else group.doubt
        for start, occasion in every:
            outer = [judged(plan, rules, occasion, step=False) for rules in group.rules]
            own = judged(plan, step.node.get("when"), occasion, step=True)
            runs = weakest(*(each.runs for each in outer), own.runs)
            # One that also runs after a failure waits for nothing; what its pipeline waits for is asked on its own.
            needs = [
                *(() if own.after_failure else step.needs),
                *(() if any(each.after_failure for each in outer) else step.outer),
            ]
            job = start.job(step.id, step.line, needs=needs, runs=runs, fails=fails, steps=1)
            _body(job, step, group)


def _body(job: PlannedJob, step: Step, group: Group) -> None:
    node, path = step.node, step.path
    variables = {**group.variables, **variables_of(node.get("environment"))}
    image = str(node.get("image", ""))
    link = Link(path, line_of(node, "image") or step.line, f"{step.name}: {image}"[:80])
    if node.get("commands"):
        job.script(unescaped(script_of(path, node, "commands")), options=ERREXIT, variables=variables)
        return
    command = node.get("entrypoint") or node.get("command")
    words = [str(each) for each in command] if isinstance(command, list) else str(command or "").split()
    if words:
        job.command(words, link, variables=variables)
        return
    settings = node.get("settings")
    given = {**node, **settings} if isinstance(settings, Mapping) else node
    kind = images.kind_of(image, given)
    if kind is not None:
        job.note(kind, (images.name_of(image),), (link,))
    elif images.starts_others(image):
        job.lose("it starts builds of other repositories", (link,), anything=True)
    elif not images.is_harmless(image) and could_test(images.name_of(image)):
        job.lose(f"what the image {images.name_of(image)} runs is not known", (link,))


def shared_doubt(node: Any, steps: Any) -> Said:
    """Doubt over every step where the system is told not to fetch the code and no step does."""
    if has_code(step for _, step, _ in named_steps(steps)):
        return YES
    return unsure("the code is not checked out") if node is True else YES
